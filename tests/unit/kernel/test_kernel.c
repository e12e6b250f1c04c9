/* The dispatcher, the small calls, printing, making and ending a kernel. */
#include "fixture.h"
#include "kernel/core.h"

START_TEST(unknown_calls)
{
	static const uint64_t unknown[] = {0,    11,         15,        SYS_INTERRUPT_BIND + 1,
	                                   1000, UINT32_MAX, UINT64_MAX};

	for (size_t at = 0; at < sizeof(unknown) / sizeof(unknown[0]); at++)
		call_fails(E_INVALID_SYSCALL, fixture.init, unknown[at], 1, 2, 3, 4, 5, 6);
}
END_TEST

START_TEST(lengths)
{
	uint64_t length = KERNEL_BUFFER_SIZE + 1;
	const uint64_t none[6] = {0};

	ck_assert_uint_eq(kernel_syscall(fixture.kernel, fixture.init, SYS_TIME, none, &length),
	                  error_result(E_INVAL));
	ck_assert_uint_eq(length, 0);
	length = UINT64_MAX;
	ck_assert_uint_eq(kernel_syscall(fixture.kernel, fixture.init, SYS_CONSOLE, none, &length),
	                  error_result(E_INVAL));
	length = KERNEL_BUFFER_SIZE;
	ck_assert_uint_eq(kernel_syscall(fixture.kernel, fixture.init, SYS_TIME, none, &length),
	                  fixture.machine.time);
}
END_TEST

START_TEST(announce)
{
	handle_t control = authority_of_init(AUTHORITY_CONTROL);

	ck_assert_uint_eq(call(fixture.init, SYS_ANNOUNCE, control, ANNOUNCE_SERVICES_UP), 0);
	ck_assert_int_eq(fixture.machine.announcement, ANNOUNCE_SERVICES_UP);
	ck_assert_uint_eq(call_with(fixture.init, SYS_ANNOUNCE, (const uint64_t[6]){control, ANNOUNCE_FAILED},
	                            "no\x1b[2J image", 12), 0);
	ck_assert_str_eq(fixture.machine.announced, "no?[2J image");
	call_fails(E_INVAL, fixture.init, SYS_ANNOUNCE, control, 0);
	call_fails(E_INVAL, fixture.init, SYS_ANNOUNCE, control, 3);
	ck_assert_uint_eq(fixture.machine.announcements, 2);
}
END_TEST

START_TEST(printing)
{
	char text[400];

	fixture.machine.console_length = 0;
	kernel_print(fixture.kernel, "%s is %u", "this", 4);
	ck_assert_mem_eq(fixture.machine.console, "[kernel] this is 4\n", 19);
	/* What is too long is cut, and still a line. */
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	fixture.machine.console_length = 0;
	kernel_print(fixture.kernel, "%s", text);
	ck_assert_uint_lt(fixture.machine.console_length, 300);
	ck_assert_int_eq(fixture.machine.console[fixture.machine.console_length - 1], '\n');
	ck_assert_ptr_null(memchr(fixture.machine.console, '\0', fixture.machine.console_length));
}
END_TEST

START_TEST(time_and_state)
{
	struct process *child = spawn_child("vfs");

	ck_assert_int_eq(child->state, PROCESS_STARTING);
	fixture.machine.time = 123456789;
	ck_assert_uint_eq(call(child, SYS_TIME), 123456789);
	ck_assert_int_eq(child->state, PROCESS_RUNNING);
}
END_TEST

START_TEST(two_kernels)
{
	struct machine machine;
	struct kernel *other;

	machine_init(&machine);
	other = kernel_create(&machine, &quota_total, &credentials_owner);
	ck_assert_int_eq(kernel_start_init(other, &fixture.manifest), E_OK);
	ck_assert_uint_eq(other->init->id, fixture.init->id);
	kernel_check(other);
	kernel_destroy(other);
	machine_check_empty(&machine);
}
END_TEST

START_TEST(create_refuses)
{
	struct credentials many = credentials_owner;
	struct machine machine;

	many.group_count = LANE_GROUPS_MAXIMUM + 1;
	machine_init(&machine);
	ck_assert_ptr_null(kernel_create(&machine, &quota_total, &many));
	for (uint64_t fail = 1; fail <= 2; fail++) {
		machine_init(&machine);
		machine.fail_at = fail;
		ck_assert_ptr_null(kernel_create(&machine, &quota_total, &credentials_owner));
		machine_check_empty(&machine);
	}
}
END_TEST

START_TEST(destroy_ends_everything)
{
	struct process *client = spawn_child("client"), *server = spawn_child("server");
	struct connection connection = connect_lane(client, server, 2);

	/* Something of everything is under way. */
	call_succeeds(server, SYS_CAP_MOVE, connection.server,
	              call_succeeds(server, SYS_PORT_DERIVE, connection.port, 1), RIGHT_SEND);
	while (send_word(client, connection.send, 1) == 0)
		continue;
	call_succeeds(client, SYS_LANE_OPEN, connection.send, 1, 1, 0);
	call_succeeds(client, SYS_VM_ALLOCATE, 4096, MEMORY_SHARED);
	ck_assert_uint_eq(call(server, SYS_PORT_RECEIVE, home_of(server), SECOND), SYSCALL_BLOCKED);
	kernel_process_exited(fixture.kernel, spawn_child("dead"), 1);
	call_succeeds(fixture.init, SYS_PROCESS_KILL, handle_of_child(client), 1);
	/* The teardown counts the bytes. */
}
END_TEST

RUN_SUITE("kernel", unknown_calls, lengths, announce, printing, time_and_state, two_kernels,
          create_refuses, destroy_ends_everything);
