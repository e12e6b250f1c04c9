/* Capabilities handed over a lane, and cookies. */
#include "fixture.h"
#include "kernel/core.h"

static struct process *client, *server;
static struct connection lane;

static void connected(uint32_t depth)
{
	client = spawn_child("client");
	server = spawn_child("server");
	lane = connect_lane(client, server, depth);
}

/* A handle of `process` for SEND to a port of its own. */
static handle_t sendable(struct process *process)
{
	handle_t port = (handle_t)call_succeeds(process, SYS_PORT_ALLOCATE);

	return (handle_t)call_succeeds(process, SYS_PORT_DERIVE, port, 5);
}

START_TEST(move_and_accept)
{
	handle_t send, got;
	uint64_t cookie;
	uint32_t client_used, server_used;

	connected(4);
	send = sendable(server);
	server_used = server->account->used.handles;
	client_used = client->account->used.handles;
	cookie = call_succeeds(server, SYS_CAP_MOVE, lane.server, send, RIGHT_SEND);
	/* Gone, and still paid for. */
	call_fails(E_CAP_INVALID, server, SYS_PORT_INFO, send);
	ck_assert_uint_eq(server->account->used.handles, server_used);
	got = (handle_t)call_succeeds(client, SYS_CAP_ACCEPT, lane.client, cookie);
	ck_assert_uint_eq(server->account->used.handles, server_used - 1);
	ck_assert_uint_eq(client->account->used.handles, client_used + 1);
	ck_assert_uint_eq(handle_find(client, got)->capability.rights, RIGHT_SEND);
	ck_assert_uint_eq(handle_find(client, got)->capability.badge, 5);
	ck_assert_uint_eq(send_word(client, got, 1), 0);
	/* Once. */
	call_fails(E_CAP_INVALID, client, SYS_CAP_ACCEPT, lane.client, cookie);
}
END_TEST

START_TEST(cookies_are_the_other_ends)
{
	struct connection other;
	uint64_t cookie;

	connected(4);
	other = connect_lane(client, server, 4);
	cookie = call_succeeds(server, SYS_CAP_MOVE, lane.server, sendable(server), RIGHT_SEND);
	call_fails(E_CAP_INVALID, server, SYS_CAP_ACCEPT, lane.server, cookie);
	call_fails(E_CAP_INVALID, client, SYS_CAP_ACCEPT, other.client, cookie);
	call_fails(E_CAP_INVALID, client, SYS_CAP_ACCEPT, lane.client, cookie + 1);
	call_fails(E_CAP_INVALID, client, SYS_CAP_ACCEPT, lane.client, 0);
	call_fails(E_CAP_INVALID, client, SYS_CAP_ACCEPT, lane.client, UINT64_MAX);
	call_succeeds(client, SYS_CAP_ACCEPT, lane.client, cookie);
}
END_TEST

START_TEST(cookies_are_never_repeated)
{
	uint64_t last = 0;

	connected(1);
	for (int turn = 0; turn < 20; turn++) {
		struct process *from = turn % 3 == 0 ? client : server, *to = turn % 3 == 0 ? server : client;
		handle_t mine = turn % 3 == 0 ? lane.client : lane.server,
			 theirs = turn % 3 == 0 ? lane.server : lane.client;
		handle_t copy = (handle_t)call_succeeds(from, SYS_CAP_DUPLICATE, home_of(from),
		                                        RIGHT_SEND | RIGHT_TRANSFER);
		uint64_t cookie = call_succeeds(from, SYS_CAP_MOVE, mine, copy, RIGHT_SEND);

		ck_assert_uint_gt(cookie, last);
		last = cookie;
		call_succeeds(to, SYS_CAP_DROP, call_succeeds(to, SYS_CAP_ACCEPT, theirs, cookie));
	}
}
END_TEST

START_TEST(rights)
{
	handle_t port, send, bare;

	connected(4);
	port = (handle_t)call_succeeds(server, SYS_PORT_ALLOCATE);
	/* RECEIVE never moves, asked for or not; nor does a lane; nor what lacks TRANSFER. */
	call_fails(E_NO_RIGHTS, server, SYS_CAP_MOVE, lane.server, port, RIGHT_RECEIVE);
	call_fails(E_NO_RIGHTS, server, SYS_CAP_MOVE, lane.server, port, RIGHT_SEND);
	call_fails(E_NO_RIGHTS, server, SYS_CAP_MOVE, lane.server, lane.server, 0);
	bare = (handle_t)call_succeeds(server, SYS_CAP_DUPLICATE, port, RIGHT_SEND);
	call_fails(E_NO_RIGHTS, server, SYS_CAP_MOVE, lane.server, bare, RIGHT_SEND);
	send = (handle_t)call_succeeds(server, SYS_CAP_DUPLICATE, port, RIGHT_SEND | RIGHT_TRANSFER);
	call_fails(E_NO_RIGHTS, server, SYS_CAP_MOVE, lane.server, send, RIGHT_SEND | RIGHT_DERIVE);
	call_fails(E_NO_RIGHTS, server, SYS_CAP_MOVE, lane.server, send, 1ull << 35);
	call_fails(E_CAP_INVALID, server, SYS_CAP_MOVE, lane.server, 12345678, RIGHT_SEND);
	/* Nothing of that took it away. */
	call_succeeds(server, SYS_CAP_MOVE, lane.server, send, RIGHT_SEND);
}
END_TEST

START_TEST(every_kind_moves)
{
	struct process *child;
	handle_t memory, got;

	client = spawn_child("client");
	lane = connect_lane(client, fixture.init, 8);
	child = spawn_child("child");
	memory = (handle_t)call_succeeds(fixture.init, SYS_VM_ALLOCATE, 4096, MEMORY_SHARED);
	got = (handle_t)call_succeeds(
		client, SYS_CAP_ACCEPT, lane.client,
		call_succeeds(fixture.init, SYS_CAP_MOVE, lane.server, memory, RIGHT_READ));
	call_succeeds(client, SYS_MEMORY_MAP, got, RIGHT_READ);
	call_fails(E_NO_RIGHTS, client, SYS_MEMORY_MAP, got, RIGHT_READ | RIGHT_WRITE);
	got = (handle_t)call_succeeds(client, SYS_CAP_ACCEPT, lane.client,
	                              call_succeeds(fixture.init, SYS_CAP_MOVE, lane.server,
	                                            handle_of_child(child), RIGHT_DESTROY));
	call_fails(E_NO_RIGHTS, client, SYS_PROCESS_EXCEPTION, got);
	call_succeeds(client, SYS_PROCESS_KILL, got, 3);
	got = (handle_t)call_succeeds(client, SYS_CAP_ACCEPT, lane.client,
	                              call_succeeds(fixture.init, SYS_CAP_MOVE, lane.server,
	                                            authority_of_init(AUTHORITY_CONSOLE), RIGHT_EXECUTE));
	call_succeeds(client, SYS_CONSOLE, got);
	call_fails(E_CAP_INVALID, fixture.init, SYS_CONSOLE, authority_of_init(AUTHORITY_CONSOLE));
}
END_TEST

START_TEST(depth_bounds_each_end)
{
	handle_t send;

	connected(2);
	send = sendable(server);
	for (int turn = 0; turn < 2; turn++) {
		handle_t copy =
			(handle_t)call_succeeds(server, SYS_CAP_DUPLICATE, send, RIGHT_SEND | RIGHT_TRANSFER);

		call_succeeds(server, SYS_CAP_MOVE, lane.server, copy, RIGHT_SEND);
	}
	call_fails(E_QUOTA, server, SYS_CAP_MOVE, lane.server, send, RIGHT_SEND);
	call_succeeds(server, SYS_PORT_INFO, send);
	/* The other end has its own. */
	call_succeeds(client, SYS_CAP_MOVE, lane.client, sendable(client), RIGHT_SEND);
}
END_TEST

START_TEST(only_on_an_accepted_lane)
{
	handle_t opening, send;

	connected(2);
	opening = (handle_t)call_succeeds(client, SYS_LANE_OPEN, lane.send, 1, 1, 0);
	send = sendable(client);
	call_fails(E_BUSY, client, SYS_CAP_MOVE, opening, send, RIGHT_SEND);
	call_fails(E_BUSY, client, SYS_CAP_ACCEPT, opening, 1);
	call_succeeds(server, SYS_CAP_DROP, lane.server);
	call_fails(E_PEER_DEAD, client, SYS_CAP_MOVE, lane.client, send, RIGHT_SEND);
	call_fails(E_PEER_DEAD, client, SYS_CAP_ACCEPT, lane.client, 1);
	call_succeeds(client, SYS_PORT_INFO, send);
}
END_TEST

START_TEST(closing_frees_what_is_parked)
{
	handle_t memory;
	uint32_t used;

	connected(4);
	memory = (handle_t)call_succeeds(client, SYS_VM_ALLOCATE, 8192, MEMORY_SHARED);
	used = client->account->used.handles;
	call_succeeds(client, SYS_CAP_MOVE, lane.client, memory, RIGHT_READ);
	ck_assert_uint_eq(client->account->used.memory, 8192 + lane_size(4, 4096));
	call_succeeds(server, SYS_CAP_DROP, lane.server);
	ck_assert_uint_eq(client->account->used.handles, used - 1);
	ck_assert_uint_eq(client->account->used.memory, lane_size(4, 4096));
}
END_TEST

START_TEST(death_frees_what_is_parked)
{
	struct process *dead;

	connected(4);
	call_succeeds(client, SYS_CAP_MOVE, lane.client, sendable(client), RIGHT_SEND);
	call_succeeds(server, SYS_CAP_MOVE, lane.server, sendable(server), RIGHT_SEND);
	dead = client;
	kernel_process_exited(fixture.kernel, dead, 0);
	kernel_check(fixture.kernel);
	ck_assert_uint_eq(server->account->used.handles, server->handles.used);
}
END_TEST

START_TEST(accept_within_quota)
{
	uint64_t cookie;

	connected(4);
	cookie = call_succeeds(server, SYS_CAP_MOVE, lane.server, sendable(server), RIGHT_SEND);
	client->own_account.limit.handles = client->own_account.used.handles;
	call_fails(E_QUOTA, client, SYS_CAP_ACCEPT, lane.client, cookie);
	/* It has waited. */
	client->own_account.limit.handles++;
	call_succeeds(client, SYS_CAP_ACCEPT, lane.client, cookie);
}
END_TEST

START_TEST(ended_port_moves_as_it_is)
{
	handle_t port, send, got;

	connected(4);
	port = (handle_t)call_succeeds(server, SYS_PORT_ALLOCATE);
	send = (handle_t)call_succeeds(server, SYS_PORT_DERIVE, port, 1);
	call_succeeds(server, SYS_CAP_DROP, port);
	got = (handle_t)call_succeeds(client, SYS_CAP_ACCEPT, lane.client,
	                              call_succeeds(server, SYS_CAP_MOVE, lane.server, send, RIGHT_SEND));
	ck_assert_uint_eq(send_word(client, got, 1), error_result(E_PORT_INVALID));
}
END_TEST

START_TEST(mapping_is_taken_away)
{
	handle_t memory;

	connected(4);
	memory = (handle_t)call_succeeds(client, SYS_VM_ALLOCATE, 4096, MEMORY_SHARED);
	call_succeeds(client, SYS_MEMORY_MAP, memory, RIGHT_READ);
	call_succeeds(client, SYS_CAP_MOVE, lane.client, memory, RIGHT_READ);
	ck_assert_uint_eq(side_of(client)->unmaps, 1);
}
END_TEST

RUN_SUITE("transit", move_and_accept, cookies_are_the_other_ends, cookies_are_never_repeated, rights,
          every_kind_moves, depth_bounds_each_end, only_on_an_accepted_lane, closing_frees_what_is_parked,
          death_frees_what_is_parked, accept_within_quota, ended_port_moves_as_it_is, mapping_is_taken_away);
