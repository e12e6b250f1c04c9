/* Ports: datagrams, shares, badges, the notice, ends. */
#include "fixture.h"
#include "kernel/core.h"

START_TEST(datagram_arrives)
{
	struct process *child = spawn_child("vfs");
	struct receipt receipt;
	const uint64_t words[8] = {1, 2, 3, 4, 5, 6, 7, 8};

	child->number = 4;
	ck_assert_uint_eq(call_with(child, SYS_PORT_SEND, (const uint64_t[6]){init_of(child)}, words, 64), 0);
	receipt = receive(fixture.init, home_of(fixture.init));
	ck_assert_uint_eq(receipt.kind, RECEIPT_DATAGRAM);
	ck_assert_uint_eq(receipt.bits, 0);
	ck_assert_uint_eq(receipt.badge, badge_make(7, 0));
	ck_assert_uint_eq(receipt.process, child->id);
	ck_assert_uint_eq(receipt.number, 4);
	ck_assert_uint_eq(receipt.handle, home_of(fixture.init));
	ck_assert_mem_eq(receipt.datagram, words, sizeof(words));
	receive_nothing(fixture.init, home_of(fixture.init));
}
END_TEST

START_TEST(datagram_length)
{
	const uint64_t words[9] = {0};
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	const uint64_t arguments[6] = {port};
	const size_t lengths[] = {0, 63, 65, 72};

	for (size_t at = 0; at < sizeof(lengths) / sizeof(lengths[0]); at++) {
		ck_assert_uint_eq(call_with(fixture.init, SYS_PORT_SEND, arguments, words, lengths[at]),
		                  error_result(E_INVAL));
	}
	receive_nothing(fixture.init, port);
}
END_TEST

START_TEST(order_is_kept)
{
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);

	for (uint64_t word = 0; word < DATAGRAMS_PER_SENDER; word++)
		ck_assert_uint_eq(send_word(fixture.init, port, word), 0);
	for (uint64_t word = 0; word < DATAGRAMS_PER_SENDER; word++)
		ck_assert_uint_eq(receive(fixture.init, port).datagram[0], word);
}
END_TEST

START_TEST(rights_are_needed)
{
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	handle_t bare = (handle_t)call_succeeds(fixture.init, SYS_CAP_DUPLICATE, port, 0);

	ck_assert_uint_eq(send_word(fixture.init, bare, 1), error_result(E_NO_RIGHTS));
	call_fails(E_NO_RIGHTS, fixture.init, SYS_PORT_RECEIVE, bare, DEADLINE_POLL);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_PORT_DERIVE, bare, 3);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_LANE_OPEN, bare, 0, 1, 0);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_LANE_ACCEPT, bare, 1);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_LANE_REFUSE, bare, 1);
	/* What it is anybody may ask who has it. */
	ck_assert_uint_eq(call(fixture.init, SYS_PORT_INFO, bare), call(fixture.init, SYS_PORT_INFO, port));
}
END_TEST

START_TEST(badge_cannot_be_changed)
{
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	handle_t badged = (handle_t)call_succeeds(fixture.init, SYS_PORT_DERIVE, port, 99);
	handle_t maker, made;

	ck_assert_uint_eq(handle_find(fixture.init, badged)->capability.rights, RIGHT_SEND | RIGHT_TRANSFER);
	call_fails(E_NO_RIGHTS, fixture.init, SYS_PORT_DERIVE, badged, 1);
	/* DERIVE without RECEIVE: what init has of a service's port. */
	maker = (handle_t)call_succeeds(fixture.init, SYS_CAP_DUPLICATE, port, RIGHT_SEND | RIGHT_DERIVE);
	made = (handle_t)call_succeeds(fixture.init, SYS_PORT_DERIVE, maker, UINT64_MAX);
	ck_assert_uint_eq(send_word(fixture.init, made, 1), 0);
	ck_assert_uint_eq(receive(fixture.init, port).badge, UINT64_MAX);
}
END_TEST

START_TEST(full_port_and_space)
{
	struct process *sender = spawn_child("sender"), *other = spawn_child("other");
	handle_t port = home_of(fixture.init);
	struct receipt receipt;

	for (uint64_t word = 0; word < DATAGRAMS_PER_SENDER; word++)
		ck_assert_uint_eq(send_word(sender, init_of(sender), word), 0);
	ck_assert_uint_eq(send_word(sender, init_of(sender), 99), error_result(E_PORT_FULL));
	ck_assert_uint_eq(send_word(sender, init_of(sender), 99), error_result(E_PORT_FULL));
	/* Its share, nobody else's. */
	ck_assert_uint_eq(send_word(other, init_of(other), 1), 0);
	receive_nothing(sender, home_of(sender));
	receive(fixture.init, port);
	receipt = receive(sender, home_of(sender));
	ck_assert_uint_eq(receipt.kind, RECEIPT_SPACE);
	ck_assert_uint_eq(receipt.handle, init_of(sender));
	ck_assert_uint_eq(receipt.object, fixture.kernel->init_port->id);
	receive_nothing(sender, home_of(sender));
	/* Told once; again only after it was full again. */
	receive(fixture.init, port);
	receive_nothing(sender, home_of(sender));
	ck_assert_uint_eq(send_word(sender, init_of(sender), 5), 0);
	ck_assert_uint_eq(send_word(sender, init_of(sender), 6), 0);
	ck_assert_uint_eq(send_word(sender, init_of(sender), 7), error_result(E_PORT_FULL));
}
END_TEST

START_TEST(space_is_sticky)
{
	struct process *sender = spawn_child("sender");
	handle_t port = home_of(fixture.init);

	for (int turn = 0; turn < 3; turn++) {
		while (send_word(sender, init_of(sender), 1) == 0)
			continue;
		receive(fixture.init, port);
	}
	/* Full three times, room three times, told once. */
	ck_assert_uint_eq(receive(sender, home_of(sender)).kind, RECEIPT_SPACE);
	receive_nothing(sender, home_of(sender));
}
END_TEST

START_TEST(space_after_the_handle_was_dropped)
{
	struct process *sender = spawn_child("sender");
	handle_t send = (handle_t)call_succeeds(sender, SYS_CAP_DUPLICATE, home_of(sender), RIGHT_SEND);
	struct receipt receipt;

	while (send_word(sender, send, 1) == 0)
		continue;
	call_succeeds(sender, SYS_CAP_DROP, send);
	ck_assert_uint_eq(receive(sender, home_of(sender)).kind, RECEIPT_DATAGRAM);
	/* Its own port: the event waits in front of the datagrams that are left. */
	receipt = receive(sender, home_of(sender));
	if (receipt.kind == RECEIPT_DATAGRAM)
		receipt = receive(sender, home_of(sender));
	ck_assert_uint_eq(receipt.kind, RECEIPT_SPACE);
	ck_assert_uint_eq(receipt.handle, 0);
}
END_TEST

START_TEST(turns_are_fair)
{
	struct process *children[4];
	handle_t port = home_of(fixture.init);
	unsigned datagrams = 0, events = 0;

	for (int at = 0; at < 4; at++)
		children[at] = spawn_child("child");
	for (int at = 0; at < 4; at++) {
		ck_assert_uint_eq(send_word(children[at], init_of(children[at]), 1), 0);
		call_succeeds(children[at], SYS_LANE_OPEN, init_of(children[at]), 1, 1, 0);
	}
	for (int at = 0; at < 4; at++) {
		if (receive(fixture.init, port).kind == RECEIPT_DATAGRAM)
			datagrams++;
		else
			events++;
	}
	ck_assert_uint_eq(datagrams, 2);
	ck_assert_uint_eq(events, 2);
}
END_TEST

START_TEST(notice_is_set_before_the_ring)
{
	struct process *child = spawn_child("vfs");
	unsigned wakes = side_of(fixture.init)->wakes;

	ck_assert(!side_notice(fixture.init, home_of(fixture.init)));
	send_word(child, init_of(child), 1);
	ck_assert(side_notice(fixture.init, home_of(fixture.init)));
	ck_assert_uint_eq(side_of(fixture.init)->wakes, wakes + 1);
	send_word(child, init_of(child), 2);
	receive(fixture.init, home_of(fixture.init));
	ck_assert(side_notice(fixture.init, home_of(fixture.init)));
	receive(fixture.init, home_of(fixture.init));
	ck_assert(!side_notice(fixture.init, home_of(fixture.init)));
}
END_TEST

/* Who waits at the port has it at once: nothing is kept for it, so nothing can be lacking. */
START_TEST(who_waits_is_given_it_at_once)
{
	struct process *receiver = spawn_child("receiver"), *sender = spawn_child("sender");
	handle_t port = (handle_t)call_succeeds(receiver, SYS_PORT_ALLOCATE);
	handle_t badged = (handle_t)call_succeeds(receiver, SYS_PORT_DERIVE, port, 99);
	handle_t send = share(receiver, badged, sender, RIGHT_SEND);
	uint64_t used = sender->account->used.memory;
	struct receipt receipt;

	ck_assert_uint_eq(call(receiver, SYS_PORT_RECEIVE, port, DEADLINE_NEVER), SYSCALL_BLOCKED);
	fixture.machine.fail_at = fixture.machine.requests + 1;
	ck_assert_uint_eq(send_word(sender, send, 1), 0);
	fixture.machine.fail_at = 0;
	ck_assert_uint_eq(side_of(receiver)->completions, 1);
	ck_assert_uint_eq(side_of(receiver)->result, 0);
	ck_assert_uint_eq(receiver->written, sizeof(receipt));
	memcpy(&receipt, receiver->buffer, sizeof(receipt));
	ck_assert_uint_eq(receipt.kind, RECEIPT_DATAGRAM);
	ck_assert_uint_eq(receipt.badge, 99);
	ck_assert_uint_eq(receipt.process, sender->id);
	ck_assert_uint_eq(receipt.handle, port);
	ck_assert_uint_eq(receipt.datagram[0], 1);
	ck_assert(!side_notice(receiver, port));
	ck_assert_uint_eq(sender->account->used.memory, used);
	/* Nobody waits any more, and who waits elsewhere does not count: the next ones are kept, in order. */
	ck_assert_uint_eq(send_word(sender, send, 2), 0);
	ck_assert_uint_eq(call(receiver, SYS_PORT_RECEIVE, home_of(receiver), DEADLINE_NEVER), SYSCALL_BLOCKED);
	ck_assert_uint_eq(send_word(sender, send, 3), 0);
	ck_assert_uint_eq(side_of(receiver)->completions, 1);
	ck_assert(side_notice(receiver, port));
	ck_assert_uint_eq(handle_find(receiver, port)->capability.port->datagram_count, 2);
}
END_TEST

START_TEST(ended_port)
{
	struct process *sender = spawn_child("sender");
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	handle_t send = share(fixture.init, port, sender, RIGHT_SEND | RIGHT_DERIVE | RIGHT_TRANSFER);
	struct receipt receipt;

	while (send_word(sender, send, 1) == 0)
		continue;
	call_succeeds(fixture.init, SYS_CAP_DROP, port);
	/* The handle stays one; there is nothing behind it. */
	ck_assert_uint_eq(send_word(sender, send, 1), error_result(E_PORT_INVALID));
	call_fails(E_PORT_INVALID, sender, SYS_PORT_DERIVE, send, 1);
	call_fails(E_PORT_INVALID, sender, SYS_PORT_INFO, send);
	call_fails(E_PORT_INVALID, sender, SYS_LANE_OPEN, send, 0, 1, 0);
	/* Who was waiting for room finds out. */
	receipt = receive(sender, home_of(sender));
	ck_assert_uint_eq(receipt.kind, RECEIPT_SPACE);
	ck_assert_uint_eq(receipt.handle, send);
	call_succeeds(sender, SYS_CAP_DUPLICATE, send, RIGHT_SEND);
	call_succeeds(sender, SYS_CAP_DROP, send);
}
END_TEST

START_TEST(ended_port_clears_its_notice)
{
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);

	send_word(fixture.init, port, 1);
	ck_assert(side_notice(fixture.init, port));
	call_succeeds(fixture.init, SYS_CAP_DROP, port);
	ck_assert(!side_notice(fixture.init, port));
}
END_TEST

START_TEST(datagrams_of_the_dead_arrive)
{
	struct process *sender = spawn_child("sender");
	uint64_t id = sender->id;
	struct receipt receipt;

	while (send_word(sender, init_of(sender), 7) == 0)
		continue;
	kernel_process_exited(fixture.kernel, sender, 0);
	kernel_check(fixture.kernel);
	for (unsigned seen = 0; seen < DATAGRAMS_PER_SENDER;) {
		receipt = receive(fixture.init, home_of(fixture.init));
		if (receipt.kind != RECEIPT_DATAGRAM)
			continue;
		ck_assert_uint_eq(receipt.process, id);
		seen++;
	}
}
END_TEST

START_TEST(port_info_is_unique)
{
	handle_t one = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE), two;
	uint64_t id = call_succeeds(fixture.init, SYS_PORT_INFO, one);

	call_succeeds(fixture.init, SYS_CAP_DROP, one);
	two = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	ck_assert_uint_ne(call_succeeds(fixture.init, SYS_PORT_INFO, two), id);
}
END_TEST

RUN_SUITE("port", datagram_arrives, datagram_length, order_is_kept, rights_are_needed,
          badge_cannot_be_changed, full_port_and_space, space_is_sticky, space_after_the_handle_was_dropped,
          turns_are_fair, notice_is_set_before_the_ring, who_waits_is_given_it_at_once, ended_port,
          ended_port_clears_its_notice, datagrams_of_the_dead_arrive, port_info_is_unique);
