/* Handles: stale, forged and foreign ones, duplicates, worn-out slots. */
#include "fixture.h"
#include "kernel/core.h"

START_TEST(born_with)
{
	struct process *child = spawn_child("vfs");
	const struct start_block *block = start_of(child);

	ck_assert_uint_eq(block->home, home_of(child));
	ck_assert_uint_eq(block->init, init_of(child));
	ck_assert_uint_eq(handle_find(child, block->home)->capability.rights,
	                  RIGHT_SEND | RIGHT_RECEIVE | RIGHT_DERIVE | RIGHT_TRANSFER);
	ck_assert_uint_eq(handle_find(child, block->init)->capability.rights, RIGHT_SEND);
	ck_assert_uint_eq(handle_find(child, block->init)->capability.badge, badge_make(7, 0));
}
END_TEST

START_TEST(zero_is_no_handle)
{
	call_fails(E_CAP_INVALID, fixture.init, SYS_CAP_DROP, 0);
	call_fails(E_CAP_INVALID, fixture.init, SYS_CAP_DUPLICATE, 0, 0);
	call_fails(E_CAP_INVALID, fixture.init, SYS_PORT_INFO, 0);
}
END_TEST

START_TEST(stale_handle_is_caught)
{
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE), other;

	call_succeeds(fixture.init, SYS_CAP_DROP, port);
	call_fails(E_CAP_INVALID, fixture.init, SYS_CAP_DROP, port);
	call_fails(E_CAP_INVALID, fixture.init, SYS_PORT_INFO, port);
	/* Once around the free slots: the slot comes again under another name. */
	for (uint32_t turn = 0; turn < HANDLE_CHUNK; turn++) {
		other = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
		ck_assert_uint_ne(other, port);
		call_succeeds(fixture.init, SYS_CAP_DROP, other);
	}
	call_fails(E_CAP_INVALID, fixture.init, SYS_PORT_INFO, port);
}
END_TEST

START_TEST(freed_slots_queue)
{
	handle_t first = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE), second;

	call_succeeds(fixture.init, SYS_CAP_DROP, first);
	second = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	/* At the tail: a slot is not used again while others are fresher. */
	ck_assert_uint_ne(first & HANDLE_INDEX_MASK, second & HANDLE_INDEX_MASK);
}
END_TEST

START_TEST(forged_handles)
{
	handle_t home = home_of(fixture.init);

	call_fails(E_CAP_INVALID, fixture.init, SYS_PORT_INFO, home + (1u << HANDLE_INDEX_BITS));
	call_fails(E_CAP_INVALID, fixture.init, SYS_PORT_INFO, home | 1ull << 32);
	call_fails(E_CAP_INVALID, fixture.init, SYS_PORT_INFO, UINT64_MAX);
	call_fails(E_CAP_INVALID, fixture.init, SYS_PORT_INFO, UINT32_MAX);
	/* An index beyond the table, a generation of a slot that was never used. */
	call_fails(E_CAP_INVALID, fixture.init, SYS_PORT_INFO, 1u << HANDLE_INDEX_BITS | HANDLE_INDEX_MASK);
	call_fails(E_CAP_INVALID, fixture.init, SYS_PORT_INFO, 1u << HANDLE_INDEX_BITS | (HANDLE_CHUNK - 1));
}
END_TEST

START_TEST(foreign_handle)
{
	struct process *child = spawn_child("vfs");
	handle_t port = 0;

	/* One that init has and whose slot the child has never used. */
	for (int turn = 0; turn < 8; turn++)
		port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	call_succeeds(fixture.init, SYS_PORT_INFO, port);
	call_fails(E_CAP_INVALID, child, SYS_PORT_INFO, port);
}
END_TEST

START_TEST(wrong_kind)
{
	handle_t memory = (handle_t)call_succeeds(fixture.init, SYS_VM_ALLOCATE, 4096, MEMORY_SHARED);
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	handle_t spawn = authority_of_init(AUTHORITY_SPAWN);

	call_fails(E_PORT_INVALID, fixture.init, SYS_PORT_SEND, memory);
	call_fails(E_PORT_INVALID, fixture.init, SYS_PORT_RECEIVE, memory);
	call_fails(E_PORT_INVALID, fixture.init, SYS_PORT_DERIVE, memory, 1);
	call_fails(E_PORT_INVALID, fixture.init, SYS_PORT_INFO, spawn);
	call_fails(E_PORT_INVALID, fixture.init, SYS_LANE_OPEN, memory, 0, 1, 0);
	call_fails(E_PORT_INVALID, fixture.init, SYS_LANE_ACCEPT, memory, 1);
	call_fails(E_PORT_INVALID, fixture.init, SYS_LANE_REFUSE, memory, 1);
	call_fails(E_CAP_INVALID, fixture.init, SYS_VM_DEALLOCATE, port);
	call_fails(E_CAP_INVALID, fixture.init, SYS_MEMORY_MAP, port, RIGHT_READ);
	call_fails(E_CAP_INVALID, fixture.init, SYS_LANE_INFO, port);
	call_fails(E_CAP_INVALID, fixture.init, SYS_LANE_ATTACH, port);
	call_fails(E_CAP_INVALID, fixture.init, SYS_LANE_CLOSE, port, 0);
	call_fails(E_CAP_INVALID, fixture.init, SYS_CAP_MOVE, port, memory, 0);
	call_fails(E_CAP_INVALID, fixture.init, SYS_CAP_ACCEPT, port, 1);
	call_fails(E_CAP_INVALID, fixture.init, SYS_WAIT, port, DEADLINE_POLL);
	call_fails(E_CAP_INVALID, fixture.init, SYS_PROCESS_KILL, port, 0);
	call_fails(E_CAP_INVALID, fixture.init, SYS_PROCESS_EXCEPTION, port);
	/* An authority for something else. */
	call_fails(E_CAP_INVALID, fixture.init, SYS_SCHED_SPAWN, authority_of_init(AUTHORITY_CONSOLE));
	call_fails(E_CAP_INVALID, fixture.init, SYS_CONSOLE, spawn);
	call_fails(E_CAP_INVALID, fixture.init, SYS_INSPECT, spawn, INSPECT_PORTS, 0);
	call_fails(E_CAP_INVALID, fixture.init, SYS_SCHED_SWITCH, spawn, 1);
	call_fails(E_CAP_INVALID, fixture.init, SYS_SCHED_TABLE, spawn, memory);
	call_fails(E_CAP_INVALID, fixture.init, SYS_ANNOUNCE, spawn, ANNOUNCE_SERVICES_UP);
}
END_TEST

START_TEST(authority_without_execute)
{
	struct process *child = spawn_child("vfs");
	handle_t console = share(fixture.init, authority_of_init(AUTHORITY_CONSOLE), child, RIGHT_TRANSFER);

	call_fails(E_NO_RIGHTS, child, SYS_CONSOLE, console);
}
END_TEST

START_TEST(duplicate_narrows)
{
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	handle_t send =
		(handle_t)call_succeeds(fixture.init, SYS_CAP_DUPLICATE, port, RIGHT_SEND | RIGHT_TRANSFER);
	handle_t bare;

	ck_assert_uint_eq(call(fixture.init, SYS_PORT_INFO, port), call(fixture.init, SYS_PORT_INFO, send));
	call_fails(E_NO_RIGHTS, fixture.init, SYS_PORT_RECEIVE, send, DEADLINE_POLL);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_PORT_DERIVE, send, 1);
	/* Not more than it has, no RECEIVE at all, no bits that mean nothing. */
	call_fails(E_NO_RIGHTS, fixture.init, SYS_CAP_DUPLICATE, send, RIGHT_SEND | RIGHT_DERIVE);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_CAP_DUPLICATE, port, RIGHT_RECEIVE);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_CAP_DUPLICATE, port, RIGHT_SEND | 1ull << 40);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_CAP_DUPLICATE, port, 1 << 8);
	bare = (handle_t)call_succeeds(fixture.init, SYS_CAP_DUPLICATE, send, RIGHT_SEND);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_CAP_DUPLICATE, bare, RIGHT_SEND);
	/* A duplicate goes alone. */
	call_succeeds(fixture.init, SYS_CAP_DROP, send);
	call_succeeds(fixture.init, SYS_PORT_INFO, port);
	call_succeeds(fixture.init, SYS_PORT_INFO, bare);
}
END_TEST

START_TEST(duplicate_keeps_the_badge)
{
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	handle_t badged = (handle_t)call_succeeds(fixture.init, SYS_PORT_DERIVE, port, 42);
	handle_t copy = (handle_t)call_succeeds(fixture.init, SYS_CAP_DUPLICATE, badged, RIGHT_SEND);

	ck_assert_uint_eq(send_word(fixture.init, copy, 1), 0);
	ck_assert_uint_eq(receive(fixture.init, port).badge, 42);
}
END_TEST

START_TEST(lane_is_not_duplicated)
{
	struct process *client = spawn_child("client"), *server = spawn_child("server");
	struct connection connection = connect_lane(client, server, 1);

	call_fails(E_NO_RIGHTS, client, SYS_CAP_DUPLICATE, connection.client, 0);
	call_fails(E_NO_RIGHTS, server, SYS_CAP_DUPLICATE, connection.server, RIGHT_READ);
}
END_TEST

START_TEST(home_port_cannot_be_dropped)
{
	struct process *child = spawn_child("vfs");

	call_fails(E_NO_RIGHTS, child, SYS_CAP_DROP, home_of(child));
	call_fails(E_NO_RIGHTS, fixture.init, SYS_CAP_DROP, home_of(fixture.init));
	/* A duplicate of it can. */
	call_succeeds(child, SYS_CAP_DROP,
	              call_succeeds(child, SYS_CAP_DUPLICATE, home_of(child), RIGHT_SEND));
}
END_TEST

START_TEST(worn_out_slot_is_retired)
{
	struct process *child = spawn_child("vfs");
	handle_t port = (handle_t)call_succeeds(child, SYS_PORT_ALLOCATE), last;
	uint32_t index = port & HANDLE_INDEX_MASK;
	struct handle_slot *slot = handle_slot_at(&child->handles, index);

	/* As if it had been used a quarter of a million times. */
	slot->generation = HANDLE_GENERATION_MAXIMUM;
	last = handle_of_slot(slot, index);
	slot->capability.port->receive = last;
	call_succeeds(child, SYS_PORT_INFO, last);
	call_succeeds(child, SYS_CAP_DROP, last);
	ck_assert_uint_eq(child->handles.retired, 1);
	call_fails(E_CAP_INVALID, child, SYS_PORT_INFO, last);
	/* No later handle lies there, and none is zero. */
	for (uint32_t turn = 0; turn < 3 * HANDLE_CHUNK; turn++) {
		handle_t other = (handle_t)call_succeeds(child, SYS_PORT_ALLOCATE);

		ck_assert_uint_ne(other, 0);
		ck_assert_uint_ne(other & HANDLE_INDEX_MASK, index);
		call_succeeds(child, SYS_CAP_DROP, other);
	}
}
END_TEST

START_TEST(table_grows_to_its_limit)
{
	struct spawn spawn = spawn_request("vfs");
	struct process *child;
	handle_t port, handle;
	uint32_t count = 0;
	uint64_t result;

	/* More quota than there are indices: the table itself is the limit. */
	fixture.kernel->root.limit.handles = 3 * HANDLE_COUNT_LIMIT;
	spawn.quota.handles = 2 * HANDLE_COUNT_LIMIT;
	handle = (handle_t)succeeded(spawn_with(fixture.init, authority_of_init(AUTHORITY_SPAWN), &spawn));
	child = handle_find(fixture.init, handle)->capability.process;
	port = home_of(child);
	for (;;) {
		uint64_t length = 0;

		result = kernel_syscall(fixture.kernel, child, SYS_CAP_DUPLICATE,
		                        (const uint64_t[6]){port, RIGHT_SEND}, &length);
		if (result_is_error(result))
			break;
		count++;
	}
	ck_assert_uint_eq(result, error_result(E_QUOTA));
	ck_assert_uint_eq(count, HANDLE_COUNT_LIMIT - 2);
	kernel_check(fixture.kernel);
}
END_TEST

RUN_SUITE("handle", born_with, zero_is_no_handle, stale_handle_is_caught, freed_slots_queue, forged_handles,
          foreign_handle, wrong_kind, authority_without_execute, duplicate_narrows, duplicate_keeps_the_badge,
          lane_is_not_duplicated, home_port_cannot_be_dropped, worn_out_slot_is_retired,
          table_grows_to_its_limit);
