/* Lanes: opening, refusing, closing, and who is told what. */
#include "fixture.h"
#include "kernel/core.h"

static struct process *client, *server;
static handle_t port, to_port;

static void two_processes(void)
{
	client = spawn_child("client");
	server = spawn_child("server");
	client->number = 9;
	server->number = 4;
	port = (handle_t)call_succeeds(server, SYS_PORT_ALLOCATE);
	to_port =
		share(server, (handle_t)call_succeeds(server, SYS_PORT_DERIVE, port, 77), client, RIGHT_SEND);
}

static handle_t open_lane(void)
{
	return (handle_t)call_succeeds(client, SYS_LANE_OPEN, to_port, 2 | 3 << 16, 8, 8192);
}

static struct lane_info info_of(struct process *process, handle_t lane)
{
	struct lane_info info;

	ck_assert_uint_eq(call(process, SYS_LANE_INFO, lane), 0);
	ck_assert_uint_eq(last_written, sizeof(info));
	memcpy(&info, process->buffer, sizeof(info));
	return info;
}

static void dies(struct process *process)
{
	kernel_process_exited(fixture.kernel, process, 0);
	kernel_check(fixture.kernel);
}

START_TEST(open_and_accept)
{
	struct receipt receipt;
	struct lane_info info;
	handle_t mine, theirs;

	two_processes();
	mine = open_lane();
	receipt = receive(server, port);
	ck_assert_uint_eq(receipt.kind, RECEIPT_LANE);
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_OPENED);
	ck_assert_uint_eq(receipt.badge, 77);
	ck_assert_uint_eq(receipt.process, client->id);
	ck_assert_uint_eq(receipt.number, 9);
	ck_assert_uint_eq(receipt.handle, 0);
	info = info_of(client, mine);
	ck_assert_uint_eq(info.state, LANE_OPENING);
	ck_assert_uint_eq(info.peer, 0);
	call_fails(E_BUSY, client, SYS_LANE_ATTACH, mine);
	theirs = (handle_t)call_succeeds(server, SYS_LANE_ACCEPT, port, receipt.object);
	receipt = receive(client, home_of(client));
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_ACCEPTED);
	ck_assert_uint_eq(receipt.handle, mine);
	ck_assert_uint_eq(receipt.process, server->id);
	ck_assert_uint_eq(receipt.number, 4);
	info = info_of(server, theirs);
	ck_assert_uint_eq(info.id, receipt.object);
	ck_assert_uint_eq(info.badge, 77);
	ck_assert_uint_eq(info.peer, client->id);
	ck_assert_uint_eq(info.peer_number, 9);
	ck_assert_uint_eq(info.protocol, 2);
	ck_assert_uint_eq(info.version, 3);
	ck_assert_uint_eq(info.depth, 8);
	ck_assert_uint_eq(info.area, 8192);
	ck_assert_uint_eq(info.state, LANE_ACCEPTED);
	ck_assert_uint_eq(info.is_client, 0);
	ck_assert_uint_eq(info.uid, 1000);
	ck_assert_uint_eq(info.gid, 1001);
	ck_assert_uint_eq(info.group_count, 2);
	ck_assert_uint_eq(info.groups[1], 27);
	ck_assert_uint_eq(info_of(client, mine).is_client, 1);
	ck_assert_uint_eq(info_of(client, mine).peer, server->id);
	ck_assert_uint_eq(client->account->used.memory, lane_size(8, 8192));
	ck_assert_uint_eq(server->account->used.memory, 0);
}
END_TEST

START_TEST(attach_either_end)
{
	struct connection connection;
	const uint64_t *addresses;

	two_processes();
	connection = connect_lane(client, server, 4);
	ck_assert_uint_eq(call(client, SYS_LANE_ATTACH, connection.client), 0);
	ck_assert_ptr_eq(fixture.machine.attach_peer, server);
	addresses = client->buffer;
	ck_assert_uint_eq(addresses[0], 0x1000);
	ck_assert_uint_eq(addresses[1], 0x2000);
	ck_assert_uint_eq(call(server, SYS_LANE_ATTACH, connection.server), 0);
	ck_assert_ptr_eq(fixture.machine.attach_peer, client);
	call_fails(E_BUSY, server, SYS_LANE_ATTACH, connection.server);
	connection = connect_lane(client, server, 4);
	fixture.machine.attach_error = E_NOMEM;
	call_fails(E_NOMEM, server, SYS_LANE_ATTACH, connection.server);
	fixture.machine.attach_error = E_OK;
	call_succeeds(server, SYS_LANE_ATTACH, connection.server);
}
END_TEST

START_TEST(closing_detaches)
{
	struct connection first, second;

	two_processes();
	first = connect_lane(client, server, 1);
	second = connect_lane(client, server, 1);
	call_succeeds(client, SYS_LANE_ATTACH, first.client);
	call_succeeds(server, SYS_LANE_ATTACH, first.server);
	call_succeeds(client, SYS_LANE_ATTACH, second.client);
	call_succeeds(server, SYS_LANE_CLOSE, first.server, E_OK);
	ck_assert_uint_eq(side_of(server)->detaches, 1);
	/* The other end keeps what it mapped until it closes, too. */
	ck_assert_uint_eq(side_of(client)->detaches, 0);
	call_succeeds(client, SYS_CAP_DROP, first.client);
	ck_assert_uint_eq(side_of(client)->detaches, 1);
	/* Nothing was mapped, or it goes with the address space. */
	call_succeeds(server, SYS_LANE_CLOSE, second.server, E_OK);
	ck_assert_uint_eq(side_of(server)->detaches, 1);
	dies(client);
	ck_assert_uint_eq(fixture.machine.detaches, 2);
}
END_TEST

START_TEST(geometry)
{
	two_processes();
	call_fails(E_INVAL, client, SYS_LANE_OPEN, to_port, 1, 0, 0);
	call_fails(E_INVAL, client, SYS_LANE_OPEN, to_port, 1, 3, 0);
	call_fails(E_INVAL, client, SYS_LANE_OPEN, to_port, 1, 2 * LANE_DEPTH_MAXIMUM, 0);
	call_fails(E_INVAL, client, SYS_LANE_OPEN, to_port, 1, 1ull << 32, 0);
	call_fails(E_INVAL, client, SYS_LANE_OPEN, to_port, 1, 1, 4095);
	call_fails(E_INVAL, client, SYS_LANE_OPEN, to_port, 1, 1, 1ull << 32);
	call_fails(E_INVAL, client, SYS_LANE_OPEN, to_port, 1, 1, (uint64_t)LANE_AREA_MAXIMUM + 4096);
	call_fails(E_INVAL, client, SYS_LANE_OPEN, to_port, 1ull << 32, 1, 0);
	call_fails(E_QUOTA, client, SYS_LANE_OPEN, to_port, 1, 1, LANE_AREA_MAXIMUM);
	call_succeeds(client, SYS_LANE_OPEN, to_port, UINT32_MAX, LANE_DEPTH_MAXIMUM, 0);
}
END_TEST

START_TEST(accept_only_what_is_pending)
{
	struct receipt receipt;
	handle_t other;

	two_processes();
	open_lane();
	receipt = receive(server, port);
	other = (handle_t)call_succeeds(server, SYS_PORT_ALLOCATE);
	call_fails(E_CAP_INVALID, server, SYS_LANE_ACCEPT, port, receipt.object + 1);
	call_fails(E_CAP_INVALID, server, SYS_LANE_ACCEPT, port, 0);
	call_fails(E_CAP_INVALID, server, SYS_LANE_ACCEPT, other, receipt.object);
	call_succeeds(server, SYS_LANE_ACCEPT, port, receipt.object);
	call_fails(E_CAP_INVALID, server, SYS_LANE_ACCEPT, port, receipt.object);
	call_fails(E_CAP_INVALID, server, SYS_LANE_REFUSE, port, receipt.object);
}
END_TEST

START_TEST(accept_before_the_event_was_read)
{
	struct connection connection;

	two_processes();
	open_lane();
	/* Ids are no secret. */
	connection.server =
		(handle_t)call_succeeds(server, SYS_LANE_ACCEPT, port, fixture.kernel->next_lane - 1);
	receive_nothing(server, port);
	call_succeeds(server, SYS_LANE_CLOSE, connection.server, E_OK);
}
END_TEST

START_TEST(refuse)
{
	struct receipt receipt;
	handle_t lane;

	two_processes();
	lane = open_lane();
	receipt = receive(server, port);
	ck_assert_uint_eq(call(server, SYS_LANE_REFUSE, port, receipt.object), 0);
	receipt = receive(client, home_of(client));
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_CLOSED);
	ck_assert_uint_eq(receipt.value, E_REFUSED);
	ck_assert_uint_eq(receipt.handle, lane);
	ck_assert_uint_eq(info_of(client, lane).state, LANE_CLOSED);
	ck_assert_uint_eq(info_of(client, lane).reason, E_REFUSED);
	call_fails(E_PEER_DEAD, client, SYS_LANE_ATTACH, lane);
	ck_assert_uint_eq(client->account->used.lanes, 1);
	call_succeeds(client, SYS_CAP_DROP, lane);
	ck_assert_uint_eq(client->account->used.lanes, 0);
}
END_TEST

START_TEST(close_tells_the_server)
{
	struct connection connection;
	struct receipt receipt;

	two_processes();
	connection = connect_lane(client, server, 1);
	call_fails(E_INVAL, client, SYS_LANE_CLOSE, connection.client, E_LAST + 1);
	ck_assert_uint_eq(call(client, SYS_LANE_CLOSE, connection.client, E_VIOLATION), 0);
	call_fails(E_CAP_INVALID, client, SYS_LANE_CLOSE, connection.client, E_OK);
	receipt = receive(server, connection.port);
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_CLOSED);
	ck_assert_uint_eq(receipt.value, E_VIOLATION);
	ck_assert_uint_eq(receipt.handle, connection.server);
	ck_assert_uint_eq(receipt.object, connection.id);
	/* The opener pays until the server has closed, too. */
	ck_assert_uint_eq(client->account->used.lanes, 1);
	ck_assert_uint_eq(client->account->used.memory, lane_size(1, 4096));
	call_succeeds(server, SYS_LANE_ATTACH, connection.server);
	call_succeeds(server, SYS_LANE_CLOSE, connection.server, E_OK);
	ck_assert_uint_eq(client->account->used.lanes, 0);
	ck_assert_uint_eq(client->account->used.memory, 0);
	receive_nothing(client, home_of(client));
}
END_TEST

START_TEST(close_tells_the_client)
{
	struct connection connection;
	struct receipt receipt;

	two_processes();
	connection = connect_lane(client, server, 1);
	call_succeeds(server, SYS_CAP_DROP, connection.server);
	receipt = receive(client, home_of(client));
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_CLOSED);
	ck_assert_uint_eq(receipt.value, E_PEER_DEAD);
	ck_assert_uint_eq(receipt.process, server->id);
	/* What was published can still be drained. */
	call_succeeds(client, SYS_LANE_ATTACH, connection.client);
}
END_TEST

START_TEST(accepted_and_closed_are_told_together)
{
	handle_t lane;
	struct receipt receipt;

	two_processes();
	open_lane();
	lane = (handle_t)call_succeeds(server, SYS_LANE_ACCEPT, port, receive(server, port).object);
	call_succeeds(server, SYS_LANE_CLOSE, lane, E_TIMED_OUT);
	receipt = receive(client, home_of(client));
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_ACCEPTED | EVENT_LANE_CLOSED);
	ck_assert_uint_eq(receipt.value, E_TIMED_OUT);
	receive_nothing(client, home_of(client));
}
END_TEST

START_TEST(pending_lane_disappears_with_its_opener)
{
	uint64_t id;

	two_processes();
	open_lane();
	id = receive(server, port).object;
	open_lane();
	dies(client);
	receive_nothing(server, port);
	call_fails(E_CAP_INVALID, server, SYS_LANE_ACCEPT, port, id);
	ck_assert(list_empty(&fixture.kernel->lanes));
}
END_TEST

START_TEST(pending_lane_is_dropped)
{
	handle_t lane;

	two_processes();
	lane = open_lane();
	call_succeeds(client, SYS_CAP_DROP, lane);
	receive_nothing(server, port);
	ck_assert_uint_eq(client->account->used.lanes, 0);
}
END_TEST

START_TEST(port_ends_with_pending_lanes)
{
	struct receipt receipt;
	handle_t lane;

	two_processes();
	lane = open_lane();
	call_succeeds(server, SYS_CAP_DROP, port);
	receipt = receive(client, home_of(client));
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_CLOSED);
	ck_assert_uint_eq(receipt.value, E_PEER_DEAD);
	ck_assert_uint_eq(receipt.handle, lane);
	receive_nothing(client, home_of(client));
}
END_TEST

START_TEST(accepted_lane_outlives_its_port)
{
	struct connection one, two;
	struct receipt receipt;

	two_processes();
	one = connect_lane(client, server, 1);
	two = connect_lane(client, server, 1);
	/* One closed before the port ends and not yet heard of, one after. */
	call_succeeds(client, SYS_LANE_CLOSE, one.client, E_CANCELLED);
	call_succeeds(server, SYS_CAP_DROP, one.port);
	receipt = receive(server, home_of(server));
	ck_assert_uint_eq(receipt.handle, one.server);
	ck_assert_uint_eq(receipt.value, E_CANCELLED);
	call_succeeds(server, SYS_CAP_DROP, two.port);
	ck_assert_uint_eq(info_of(client, two.client).state, LANE_ACCEPTED);
	call_succeeds(client, SYS_LANE_CLOSE, two.client, E_BUSY);
	receipt = receive(server, home_of(server));
	ck_assert_uint_eq(receipt.handle, two.server);
	ck_assert_uint_eq(receipt.value, E_BUSY);
}
END_TEST

START_TEST(server_dies)
{
	struct connection connection;
	struct receipt receipt;

	two_processes();
	connection = connect_lane(client, server, 1);
	call_succeeds(fixture.init, SYS_CAP_DROP, handle_of_child(server));
	dies(server);
	receipt = receive(client, home_of(client));
	ck_assert_uint_eq(receipt.value, E_PEER_DEAD);
	ck_assert_uint_eq(receipt.handle, connection.client);
	call_succeeds(client, SYS_LANE_ATTACH, connection.client);
	/* Its record goes with the last lane to it, and its exit event. */
	ck_assert_uint_eq(receive(fixture.init, home_of(fixture.init)).handle, 0);
	ck_assert_uint_eq(fixture.machine.processes, 3);
	call_succeeds(client, SYS_CAP_DROP, connection.client);
	ck_assert_uint_eq(fixture.machine.processes, 2);
}
END_TEST

START_TEST(client_dies)
{
	struct connection connection;
	struct receipt receipt;

	two_processes();
	connection = connect_lane(client, server, 1);
	dies(client);
	receipt = receive(server, connection.port);
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_CLOSED);
	ck_assert_uint_eq(receipt.value, E_PEER_DEAD);
	ck_assert_uint_eq(receipt.handle, connection.server);
	/* Its parent pays for what the server keeps. */
	ck_assert_uint_eq(fixture.kernel->root.used.lanes, quota_child.lanes + 1);
	call_succeeds(server, SYS_CAP_DROP, connection.server);
	ck_assert_uint_eq(fixture.kernel->root.used.lanes, quota_child.lanes);
}
END_TEST

START_TEST(both_die)
{
	two_processes();
	connect_lane(client, server, 1);
	open_lane();
	dies(server);
	dies(client);
	ck_assert(list_empty(&fixture.kernel->lanes));
}
END_TEST

START_TEST(lane_to_oneself)
{
	struct connection connection;

	two_processes();
	connection = connect_lane(server, server, 2);
	call_succeeds(server, SYS_LANE_CLOSE, connection.client, E_OK);
	ck_assert_uint_eq(receive(server, connection.port).handle, connection.server);
	connection = connect_lane(server, server, 2);
	dies(server);
	ck_assert(list_empty(&fixture.kernel->lanes));
}
END_TEST

START_TEST(accept_can_fail_and_be_repeated)
{
	struct receipt receipt;

	two_processes();
	open_lane();
	receipt = receive(server, port);
	fixture.machine.fail_at = fixture.machine.requests + 2; /* the platform's memory */
	call_fails(E_NOMEM, server, SYS_LANE_ACCEPT, port, receipt.object);
	server->own_account.limit.handles = server->own_account.used.handles;
	call_fails(E_QUOTA, server, SYS_LANE_ACCEPT, port, receipt.object);
	server->own_account.limit.handles++;
	call_succeeds(server, SYS_LANE_ACCEPT, port, receipt.object);
}
END_TEST

RUN_SUITE("lane", open_and_accept, attach_either_end, closing_detaches, geometry, accept_only_what_is_pending,
          accept_before_the_event_was_read, refuse, close_tells_the_server, close_tells_the_client,
          accepted_and_closed_are_told_together, pending_lane_disappears_with_its_opener,
          pending_lane_is_dropped, port_ends_with_pending_lanes, accepted_lane_outlives_its_port, server_dies,
          client_dies, both_die, lane_to_oneself, accept_can_fail_and_be_repeated);
