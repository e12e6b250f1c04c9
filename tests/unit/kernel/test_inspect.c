/* What people see. */
#include "fixture.h"
#include "kernel/core.h"

static struct inspect_reply reply;

static uint64_t inspect(enum inspect what, uint64_t cursor)
{
	uint64_t next = call(fixture.init, SYS_INSPECT, authority_of_init(AUTHORITY_INSPECT), what, cursor);

	ck_assert(!result_is_error(next));
	ck_assert_uint_eq(last_written, sizeof(reply));
	memcpy(&reply, fixture.init->buffer, sizeof(reply));
	return next;
}

START_TEST(processes)
{
	struct process *client = spawn_child("client"), *server = spawn_child("server");
	struct inspect_process records[3];

	server->number = 4;
	connect_lane(client, server, 1);
	ck_assert_uint_eq(call(client, SYS_WAIT, 0, DEADLINE_NEVER), 0);
	ck_assert_uint_eq(call(client, SYS_WAIT, 0, DEADLINE_NEVER), SYSCALL_BLOCKED);
	ck_assert_uint_eq(inspect(INSPECT_PROCESSES, 0), 0);
	ck_assert_uint_eq(reply.count, 3);
	memcpy(records, reply.records, sizeof(records));
	ck_assert_str_eq(records[0].name, "init");
	ck_assert_uint_eq(records[0].parent, 0);
	ck_assert_uint_eq(records[0].children, 2);
	ck_assert_uint_eq(records[0].state, PROCESS_RUNNING);
	ck_assert_uint_eq(records[0].machine, records[0].id + 4000);
	ck_assert_str_eq(records[1].name, "client");
	ck_assert_uint_eq(records[1].state, PROCESS_BLOCKED);
	ck_assert_uint_eq(records[1].parent, records[0].id);
	ck_assert_uint_eq(records[1].lanes, 1);
	ck_assert_uint_eq(records[1].ports, 1);
	ck_assert_uint_eq(records[1].memory, lane_size(1, 4096));
	ck_assert_uint_eq(records[1].memory_quota, quota_child.memory);
	ck_assert_uint_eq(records[1].uid, 1000);
	ck_assert_uint_eq(records[1].priority, PRIORITY_DEFAULT);
	ck_assert_uint_eq(records[2].number, 4);
	ck_assert_uint_eq(records[2].ports, 2);
	ck_assert_uint_eq(records[2].handles, 4);
	spawn_child("new");
	inspect(INSPECT_PROCESSES, records[2].id);
	ck_assert_uint_eq(reply.count, 1);
	memcpy(records, reply.records, sizeof(records[0]));
	ck_assert_uint_eq(records[0].state, PROCESS_STARTING);
}
END_TEST

START_TEST(ports_and_lanes)
{
	struct process *client = spawn_child("client"), *server = spawn_child("server");
	struct connection connection = connect_lane(client, server, 4);
	struct inspect_port ports[4];
	struct inspect_lane lane;
	uint64_t id = call_succeeds(server, SYS_PORT_INFO, connection.port);

	send_word(client, connection.send, 1);
	call_succeeds(client, SYS_LANE_OPEN, connection.send, 1, 1, 0);
	ck_assert_uint_eq(inspect(INSPECT_PORTS, 0), 0);
	ck_assert_uint_eq(reply.count, 4);
	memcpy(ports, reply.records, sizeof(ports));
	ck_assert_uint_eq(ports[0].owner_number, 1);
	ck_assert_uint_eq(ports[3].id, id);
	ck_assert_uint_eq(ports[3].owner, server->id);
	ck_assert_str_eq(ports[3].owner_name, "server");
	ck_assert_uint_eq(ports[3].datagrams, 1);
	ck_assert_uint_eq(ports[3].lanes, 1);
	ck_assert_uint_eq(ports[3].pending, 1);
	ck_assert_uint_eq(inspect(INSPECT_LANES, 0), 0);
	ck_assert_uint_eq(reply.count, 2);
	memcpy(&lane, reply.records, sizeof(lane));
	ck_assert_uint_eq(lane.id, connection.id);
	ck_assert_uint_eq(lane.port, id);
	ck_assert_uint_eq(lane.client, client->id);
	ck_assert_uint_eq(lane.server, server->id);
	ck_assert_str_eq(lane.server_name, "server");
	ck_assert_uint_eq(lane.state, LANE_ACCEPTED);
	ck_assert_uint_eq(lane.depth, 4);
	ck_assert_uint_eq(lane.area, 4096);
	ck_assert_uint_eq(lane.protocol, 2);
	call_succeeds(client, SYS_CAP_DROP, connection.client);
	inspect(INSPECT_LANES, 0);
	memcpy(&lane, reply.records, sizeof(lane));
	ck_assert_uint_eq(lane.client, 0);
	ck_assert_uint_eq(lane.state, LANE_CLOSED);
}
END_TEST

START_TEST(page_by_page)
{
	struct inspect_process record;
	uint64_t cursor = 0, last = 0;
	unsigned seen = 0, pages = 0;
	struct spawn spawn = spawn_request("many");

	spawn.quota = (struct quota){.handles = 2};
	for (int at = 0; at < 50; at++)
		succeeded(spawn_with(fixture.init, authority_of_init(AUTHORITY_SPAWN), &spawn));
	do {
		cursor = inspect(INSPECT_PROCESSES, cursor);
		pages++;
		for (uint32_t at = 0; at < reply.count; at++) {
			memcpy(&record, reply.records + at * sizeof(record), sizeof(record));
			ck_assert_uint_gt(record.id, last);
			last = record.id;
			seen++;
		}
		/* Births and deaths in between spoil nothing. */
		if (pages == 1)
			kernel_process_exited(fixture.kernel, kernel_process_find(fixture.kernel, 3), 0);
	} while (cursor != 0);
	ck_assert_uint_eq(seen, 51);
	ck_assert_uint_ge(pages, 2);
}
END_TEST

START_TEST(bad_questions)
{
	handle_t authority = authority_of_init(AUTHORITY_INSPECT);

	call_fails(E_INVAL, fixture.init, SYS_INSPECT, authority, 0, 0);
	call_fails(E_INVAL, fixture.init, SYS_INSPECT, authority, INSPECT_MEMORY + 1, 0);
	call_fails(E_INVAL, fixture.init, SYS_INSPECT, authority, 1ull << 32, 0);
	call_fails(E_CAP_INVALID, fixture.init, SYS_INSPECT, 0, INSPECT_PORTS, 0);
	ck_assert_uint_eq(inspect(INSPECT_PROCESSES, UINT64_MAX), 0);
	ck_assert_uint_eq(reply.count, 0);
	ck_assert_uint_eq(kernel_inspect(fixture.kernel, (enum inspect)99, 0, &reply), 0);
	ck_assert_uint_eq(reply.count, 0);
}
END_TEST

START_TEST(memory)
{
	struct process *child = spawn_child("vfs");
	struct inspect_memory before, after;

	ck_assert_uint_eq(inspect(INSPECT_MEMORY, 0), 0);
	ck_assert_uint_eq(reply.count, 1);
	memcpy(&before, reply.records, sizeof(before));
	ck_assert_uint_eq(before.total, 1ull << 40);
	call_succeeds(child, SYS_VM_ALLOCATE, 8192, 0);
	inspect(INSPECT_MEMORY, 0);
	memcpy(&after, reply.records, sizeof(after));
	ck_assert_uint_eq(before.free - after.free, 8192);
	ck_assert_uint_eq(inspect(INSPECT_MEMORY, 1), 0);
	ck_assert_uint_eq(reply.count, 0);
}
END_TEST

RUN_SUITE("inspect", processes, ports_and_lanes, memory, page_by_page, bad_questions);
