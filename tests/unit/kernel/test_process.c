/* Processes: blocking calls in virtual time, ends, exceptions. */
#include "fixture.h"
#include "kernel/core.h"

static struct process *child;

static void a_child(void)
{
	child = spawn_child("vfs");
}

static void blocks(uint64_t number, uint64_t first, uint64_t deadline)
{
	ck_assert_uint_eq(call(child, number, first, deadline), SYSCALL_BLOCKED);
	ck_assert_uint_eq(side_of(child)->completions, 0);
}

static void completed(unsigned times, uint64_t result)
{
	ck_assert_uint_eq(side_of(child)->completions, times);
	ck_assert_uint_eq(side_of(child)->result, result);
	kernel_check(fixture.kernel);
}

START_TEST(receive_polls)
{
	a_child();
	call_fails(E_WOULD_BLOCK, child, SYS_PORT_RECEIVE, home_of(child), DEADLINE_POLL);
	call_fails(E_TIMED_OUT, child, SYS_PORT_RECEIVE, home_of(child), 1);
	call_fails(E_TIMED_OUT, child, SYS_PORT_RECEIVE, home_of(child), fixture.machine.time);
}
END_TEST

START_TEST(receive_blocks_until_a_datagram)
{
	struct receipt receipt;
	handle_t send;

	a_child();
	send = share(child, home_of(child), fixture.init, RIGHT_SEND);
	blocks(SYS_PORT_RECEIVE, home_of(child), DEADLINE_NEVER);
	ck_assert_uint_eq(fixture.machine.timer, DEADLINE_NEVER);
	ck_assert_uint_eq(send_word(fixture.init, send, 31), 0);
	completed(1, 0);
	ck_assert_uint_eq(child->written, sizeof(receipt));
	memcpy(&receipt, child->buffer, sizeof(receipt));
	ck_assert_uint_eq(receipt.datagram[0], 31);
	ck_assert_uint_eq(receipt.process, fixture.init->id);
	receive_nothing(child, home_of(child));
}
END_TEST

START_TEST(receive_blocks_until_an_event)
{
	struct process *client;
	struct receipt receipt;

	a_child();
	client = spawn_child("client");
	share(child, home_of(child), client, RIGHT_SEND);
	blocks(SYS_PORT_RECEIVE, home_of(child), 5 * SECOND);
	call_succeeds(client, SYS_LANE_OPEN, share(child, home_of(child), client, RIGHT_SEND), 1, 1, 0);
	completed(1, 0);
	memcpy(&receipt, child->buffer, sizeof(receipt));
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_OPENED);
	ck_assert_uint_eq(fixture.machine.timer, DEADLINE_NEVER);
}
END_TEST

START_TEST(receive_is_for_its_port)
{
	handle_t other, send;

	a_child();
	other = (handle_t)call_succeeds(child, SYS_PORT_ALLOCATE);
	send = share(child, other, fixture.init, RIGHT_SEND);
	blocks(SYS_PORT_RECEIVE, home_of(child), DEADLINE_NEVER);
	send_word(fixture.init, send, 1);
	ck_assert_uint_eq(side_of(child)->completions, 0);
	ck_assert(side_notice(child, other));
	ck_assert_uint_eq(side_of(child)->wakes, 1);
}
END_TEST

START_TEST(receive_times_out)
{
	a_child();
	blocks(SYS_PORT_RECEIVE, home_of(child), 5 * SECOND);
	ck_assert_uint_eq(fixture.machine.timer, 5 * SECOND);
	machine_pass(&fixture.machine, fixture.kernel, 5 * SECOND - 1);
	ck_assert_uint_eq(side_of(child)->completions, 0);
	machine_pass(&fixture.machine, fixture.kernel, 5 * SECOND);
	completed(1, error_result(E_TIMED_OUT));
	ck_assert_uint_eq(child->written, 0);
	ck_assert_uint_eq(fixture.machine.timer, DEADLINE_NEVER);
}
END_TEST

START_TEST(tick_before_time)
{
	a_child();
	blocks(SYS_PORT_RECEIVE, home_of(child), 5 * SECOND);
	/* The timer has gone off early, and is spent. */
	fixture.machine.timer = DEADLINE_NEVER;
	kernel_tick(fixture.kernel);
	ck_assert_uint_eq(side_of(child)->completions, 0);
	ck_assert_uint_eq(fixture.machine.timer, 5 * SECOND);
}
END_TEST

START_TEST(deadlines_in_order)
{
	struct process *others[3];
	const uint64_t deadlines[3] = {3 * SECOND, 1 * SECOND, 2 * SECOND};

	a_child();
	for (int at = 0; at < 3; at++) {
		others[at] = spawn_child("other");
		ck_assert_uint_eq(call(others[at], SYS_WAIT, 0, deadlines[at]), SYSCALL_BLOCKED);
	}
	ck_assert_uint_eq(fixture.machine.timer, SECOND);
	machine_pass(&fixture.machine, fixture.kernel, 2 * SECOND);
	ck_assert_uint_eq(side_of(others[0])->completions, 0);
	ck_assert_uint_eq(side_of(others[1])->completions, 1);
	ck_assert_uint_eq(side_of(others[2])->completions, 1);
	ck_assert_uint_eq(fixture.machine.timer, 3 * SECOND);
	kernel_process_exited(fixture.kernel, others[0], 0);
	ck_assert_uint_eq(fixture.machine.timer, DEADLINE_NEVER);
}
END_TEST

START_TEST(blocked_process_has_no_second_call)
{
	a_child();
	blocks(SYS_PORT_RECEIVE, home_of(child), DEADLINE_NEVER);
	call_fails(E_BUSY, child, SYS_TIME);
	call_fails(E_BUSY, child, SYS_EXIT, 0);
}
END_TEST

START_TEST(debugger_puts_deadlines_off)
{
	a_child();
	call_fails(E_TIMED_OUT, child, SYS_WAIT, 0, 1);
	ck_assert_uint_eq(call(child, SYS_DEADLINE_CHECK), 0);
	fixture.machine.traced = true;
	ck_assert_uint_eq(call(child, SYS_DEADLINE_CHECK), fixture.machine.time + TRACED_DELAY);
	blocks(SYS_WAIT, 0, 1);
	ck_assert_uint_eq(fixture.machine.timer, 1);
	machine_pass(&fixture.machine, fixture.kernel, SECOND);
	ck_assert_uint_eq(side_of(child)->completions, 0);
	ck_assert_uint_gt(fixture.machine.timer, SECOND);
	ck_assert_uint_le(fixture.machine.timer, SECOND + TRACED_DELAY);
	fixture.machine.traced = false;
	machine_pass(&fixture.machine, fixture.kernel, SECOND + TRACED_DELAY);
	completed(1, error_result(E_TIMED_OUT));
}
END_TEST

START_TEST(wait_until_rung)
{
	struct process *peer;
	struct connection lane;

	a_child();
	peer = spawn_child("peer");
	lane = connect_lane(peer, child, 1);
	/* What came before has rung already: once. */
	ck_assert_uint_eq(call(child, SYS_WAIT, 0, DEADLINE_NEVER), 0);
	call_fails(E_WOULD_BLOCK, child, SYS_WAIT, 0, DEADLINE_POLL);
	blocks(SYS_WAIT, 0, DEADLINE_NEVER);
	ck_assert_uint_eq(call(peer, SYS_WAIT, 0, DEADLINE_POLL), 0);
	call_fails(E_WOULD_BLOCK, peer, SYS_WAIT, lane.client, DEADLINE_POLL);
	completed(1, 0);
	/* And the other way: it rings its peer, then sleeps. */
	ck_assert_uint_eq(call(child, SYS_WAIT, lane.server, DEADLINE_NEVER), SYSCALL_BLOCKED);
	ck_assert_uint_eq(call(peer, SYS_WAIT, lane.client, DEADLINE_NEVER), 0);
	completed(2, 0);
	/* A ring before the sleep is not lost. */
	call_succeeds(peer, SYS_CAP_DROP, lane.client);
	ck_assert_uint_eq(call(child, SYS_WAIT, lane.server, DEADLINE_NEVER), 0);
}
END_TEST

START_TEST(wait_ends_with_an_event)
{
	handle_t send;

	a_child();
	send = share(child, home_of(child), fixture.init, RIGHT_SEND);
	blocks(SYS_WAIT, 0, DEADLINE_NEVER);
	send_word(fixture.init, send, 1);
	completed(1, 0);
	ck_assert(side_notice(child, home_of(child)));
	receive(child, home_of(child));
}
END_TEST

START_TEST(exit_and_event)
{
	struct receipt receipt;
	handle_t handle;

	a_child();
	child->number = 4;
	handle = handle_of_child(child);
	ck_assert_uint_eq(call(child, SYS_EXIT, 0x1234), SYSCALL_BLOCKED);
	ck_assert(side_of(child)->killed);
	call_fails(E_CANCELLED, child, SYS_TIME);
	receive_nothing(fixture.init, home_of(fixture.init));
	/* Killed is how the machine sees it; it had said 0x34. */
	kernel_process_exited(fixture.kernel, child, 256 + 9);
	receipt = receive(fixture.init, home_of(fixture.init));
	ck_assert_uint_eq(receipt.kind, RECEIPT_PROCESS);
	ck_assert_uint_eq(receipt.bits, EVENT_PROCESS_EXITED);
	ck_assert_uint_eq(receipt.value, 0x34);
	ck_assert_uint_eq(receipt.handle, handle);
	ck_assert_uint_eq(receipt.number, 4);
	call_fails(E_PROCESS_NOT_FOUND, fixture.init, SYS_PROCESS_KILL, handle, 0);
	ck_assert_uint_eq(fixture.machine.processes, 2);
	call_succeeds(fixture.init, SYS_CAP_DROP, handle);
	ck_assert_uint_eq(fixture.machine.processes, 1);
}
END_TEST

START_TEST(stopping_is_told_at_home)
{
	struct receipt receipt;

	a_child();
	kernel_stop_process(fixture.kernel, child);
	/* Told twice it is one event. */
	kernel_stop_process(fixture.kernel, child);
	receipt = receive(child, home_of(child));
	ck_assert_uint_eq(receipt.kind, RECEIPT_STOP);
	receive_nothing(child, home_of(child));
	/* Who dies with it unread takes it along. */
	kernel_stop_process(fixture.kernel, child);
	kernel_process_exited(fixture.kernel, child, 0);
	receipt = receive(fixture.init, home_of(fixture.init));
	ck_assert_uint_eq(receipt.kind, RECEIPT_PROCESS);
}
END_TEST

START_TEST(crash)
{
	a_child();
	kernel_process_exited(fixture.kernel, child, 256 + 11);
	ck_assert_uint_eq(receive(fixture.init, home_of(fixture.init)).value, 256 + 11);
	/* The machine says so once; twice changes nothing. */
	kernel_process_exited(fixture.kernel, child, 0);
	receive_nothing(fixture.init, home_of(fixture.init));
}
END_TEST

START_TEST(kill)
{
	handle_t handle;

	a_child();
	handle = handle_of_child(child);
	blocks(SYS_WAIT, 0, SECOND);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_PROCESS_KILL,
	           call_succeeds(fixture.init, SYS_CAP_DUPLICATE, handle, RIGHT_READ), 0);
	call_succeeds(fixture.init, SYS_PROCESS_KILL, handle, 77);
	call_succeeds(fixture.init, SYS_PROCESS_KILL, handle, 78);
	/* Its call ends with it. */
	ck_assert_uint_eq(side_of(child)->completions, 0);
	ck_assert_uint_eq(fixture.machine.timer, DEADLINE_NEVER);
	kernel_process_exited(fixture.kernel, child, 256 + 9);
	ck_assert_uint_eq(receive(fixture.init, home_of(fixture.init)).value, 77);
}
END_TEST

START_TEST(dead_and_rung)
{
	struct process *peer;
	struct connection lane;

	/* Nothing reaches who was told to end: the platform's assertions look for it. */
	a_child();
	peer = spawn_child("peer");
	lane = connect_lane(peer, child, 1);
	call_succeeds(fixture.init, SYS_PROCESS_KILL, handle_of_child(child), 0);
	call(peer, SYS_WAIT, lane.client, DEADLINE_POLL);
	send_word(peer, share(child, home_of(child), peer, RIGHT_SEND), 1);
	call_succeeds(peer, SYS_CAP_DROP, lane.client);
	kernel_process_exited(fixture.kernel, child, 0);
}
END_TEST

START_TEST(exception)
{
	struct exception_record record = {
		.vector = 14, .signal = 11, .address = 0xdead, .rip = 0x401000, .process = 999,
		.backtrace_count = 1000,
	};
	const struct exception_record *seen;
	struct receipt receipt;

	a_child();
	call_fails(E_WOULD_BLOCK, fixture.init, SYS_PROCESS_EXCEPTION, handle_of_child(child));
	kernel_process_exception(fixture.kernel, child, &record);
	kernel_check(fixture.kernel);
	ck_assert_ptr_nonnull(strstr(fixture.machine.console, "[kernel] exception 14 in vfs"));
	record.vector = EXCEPTION_SIGNAL;
	kernel_process_exception(fixture.kernel, child, &record);
	ck_assert_ptr_nonnull(strstr(fixture.machine.console, "[kernel] signal 11 sent to vfs"));
	record.vector = 14;
	kernel_process_exception(fixture.kernel, child, &record);
	receipt = receive(fixture.init, home_of(fixture.init));
	ck_assert_uint_eq(receipt.bits, EVENT_PROCESS_EXCEPTION);
	ck_assert_uint_eq(receipt.process, child->id);
	ck_assert_uint_eq(call(fixture.init, SYS_PROCESS_EXCEPTION, handle_of_child(child)), 0);
	ck_assert_uint_eq(last_written, sizeof(record));
	seen = fixture.init->buffer;
	ck_assert_uint_eq(seen->vector, 14);
	ck_assert_uint_eq(seen->process, child->id);
	ck_assert_uint_eq(seen->backtrace_count, BACKTRACE_MAXIMUM);
	/* Both at once, when nobody looked in between. */
	kernel_process_exception(fixture.kernel, child, &record);
	kernel_process_exited(fixture.kernel, child, 256 + 11);
	receipt = receive(fixture.init, home_of(fixture.init));
	ck_assert_uint_eq(receipt.bits, EVENT_PROCESS_EXCEPTION | EVENT_PROCESS_EXITED);
	ck_assert_uint_eq(receipt.value, 256 + 11);
	/* Of the dead, too. */
	ck_assert_uint_eq(call(fixture.init, SYS_PROCESS_EXCEPTION, receipt.handle), 0);
	kernel_process_exception(fixture.kernel,
	                         handle_find(fixture.init, receipt.handle)->capability.process, &record);
	receive_nothing(fixture.init, home_of(fixture.init));
}
END_TEST

START_TEST(exception_needs_read)
{
	handle_t blind;

	a_child();
	blind = (handle_t)call_succeeds(fixture.init, SYS_CAP_DUPLICATE, handle_of_child(child),
	                                RIGHT_DESTROY);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_PROCESS_EXCEPTION, blind);
}
END_TEST

START_TEST(ids_are_never_reused)
{
	uint64_t last = 0;

	for (int turn = 0; turn < 5; turn++) {
		a_child();
		ck_assert_uint_gt(child->id, last);
		last = child->id;
		ck_assert_ptr_eq(kernel_process_find(fixture.kernel, last), child);
		kernel_process_exited(fixture.kernel, child, 0);
		ck_assert_ptr_null(kernel_process_find(fixture.kernel, last));
	}
}
END_TEST

RUN_SUITE("process", receive_polls, receive_blocks_until_a_datagram, receive_blocks_until_an_event,
          receive_is_for_its_port, receive_times_out, tick_before_time, deadlines_in_order,
          blocked_process_has_no_second_call, debugger_puts_deadlines_off, wait_until_rung,
          wait_ends_with_an_event, exit_and_event, stopping_is_told_at_home, crash, kill,
          dead_and_rung, exception, exception_needs_read, ids_are_never_reused);
