/* Quotas: each limit, carving, inheritance. */
#include "fixture.h"
#include "kernel/core.h"

START_TEST(handles)
{
	struct process *child = spawn_child("vfs");
	handle_t last = 0;

	for (uint32_t used = 2; used < quota_child.handles; used++)
		last = (handle_t)call_succeeds(child, SYS_CAP_DUPLICATE, home_of(child), RIGHT_SEND);
	call_fails(E_QUOTA, child, SYS_CAP_DUPLICATE, home_of(child), RIGHT_SEND);
	call_fails(E_QUOTA, child, SYS_PORT_ALLOCATE);
	call_fails(E_QUOTA, child, SYS_PORT_DERIVE, home_of(child), 1);
	call_fails(E_QUOTA, child, SYS_VM_ALLOCATE, 4096, 0);
	call_fails(E_QUOTA, child, SYS_LANE_OPEN, init_of(child), 1, 1, 0);
	ck_assert_uint_eq(child->account->used.ports, 0);
	ck_assert_uint_eq(child->account->used.lanes, 0);
	ck_assert_uint_eq(child->account->used.memory, 0);
	call_succeeds(child, SYS_CAP_DROP, last);
	call_succeeds(child, SYS_PORT_ALLOCATE);
}
END_TEST

START_TEST(ports)
{
	struct process *child = spawn_child("vfs");
	handle_t last = 0;

	/* The home port is not counted. */
	for (uint32_t used = 0; used < quota_child.ports; used++)
		last = (handle_t)call_succeeds(child, SYS_PORT_ALLOCATE);
	call_fails(E_QUOTA, child, SYS_PORT_ALLOCATE);
	call_succeeds(child, SYS_CAP_DROP, last);
	call_succeeds(child, SYS_PORT_ALLOCATE);
}
END_TEST

START_TEST(lanes)
{
	struct process *child = spawn_child("vfs");
	handle_t last = 0;

	for (uint32_t used = 0; used < quota_child.lanes; used++)
		last = (handle_t)call_succeeds(child, SYS_LANE_OPEN, init_of(child), 1, 1, 0);
	call_fails(E_QUOTA, child, SYS_LANE_OPEN, init_of(child), 1, 1, 0);
	call_succeeds(child, SYS_CAP_DROP, last);
	call_succeeds(child, SYS_LANE_OPEN, init_of(child), 1, 1, 0);
}
END_TEST

START_TEST(lane_memory)
{
	struct process *child = spawn_child("vfs");

	call_succeeds(child, SYS_VM_ALLOCATE, quota_child.memory - lane_size(1, 0), 0);
	call_fails(E_QUOTA, child, SYS_LANE_OPEN, init_of(child), 1, 1, 4096);
	call_succeeds(child, SYS_LANE_OPEN, init_of(child), 1, 1, 0);
	call_fails(E_QUOTA, child, SYS_VM_ALLOCATE, 4096, 0);
}
END_TEST

static uint64_t spawn_quota(const struct quota *quota)
{
	struct spawn spawn = spawn_request("vfs");

	spawn.quota = *quota;
	return spawn_with(fixture.init, authority_of_init(AUTHORITY_SPAWN), &spawn);
}

START_TEST(datagrams)
{
	const uint64_t bytes = sizeof(struct sender) + DATAGRAMS_PER_SENDER * sizeof(struct datagram);
	struct process *child = spawn_child("vfs");
	handle_t memory = (handle_t)call_succeeds(child, SYS_VM_ALLOCATE, quota_child.memory, 0);

	ck_assert_uint_eq(send_word(child, init_of(child), 1), error_result(E_QUOTA));
	receive_nothing(fixture.init, home_of(fixture.init));
	call_succeeds(child, SYS_VM_DEALLOCATE, memory);
	/* The first pays for as many as there may be. */
	ck_assert_uint_eq(send_word(child, init_of(child), 1), 0);
	ck_assert_uint_eq(child->account->used.memory, bytes);
	ck_assert_uint_eq(send_word(child, init_of(child), 2), 0);
	ck_assert_uint_eq(child->account->used.memory, bytes);
	receive(fixture.init, home_of(fixture.init));
	receive(fixture.init, home_of(fixture.init));
	ck_assert_uint_eq(child->account->used.memory, 0);
}
END_TEST

/* Who sends and dies, again and again, to a port whose owner does not receive, takes its parent's memory alone. */
START_TEST(datagrams_of_the_dead)
{
	const uint64_t bytes = sizeof(struct sender) + DATAGRAMS_PER_SENDER * sizeof(struct datagram);
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	uint64_t before = fixture.kernel->root.used.memory;

	for (unsigned dead = 1; dead <= 3; dead++) {
		struct process *child = spawn_child("vfs");
		handle_t port_of_child = share(fixture.init, port, child, RIGHT_SEND);

		ck_assert_uint_eq(send_word(child, port_of_child, dead), 0);
		kernel_process_exited(fixture.kernel, child, 0);
		kernel_check(fixture.kernel);
		ck_assert_uint_eq(fixture.kernel->root.used.memory, before + dead * bytes);
		receive(fixture.init, home_of(fixture.init));
	}
	call_succeeds(fixture.init, SYS_CAP_DROP, port);
	ck_assert_uint_eq(fixture.kernel->root.used.memory, before);
}
END_TEST

START_TEST(carved_at_spawn)
{
	struct quota before = fixture.kernel->root.used, after;
	struct process *child = spawn_child("vfs");

	after = fixture.kernel->root.used;
	ck_assert_uint_eq(after.memory - before.memory, quota_child.memory);
	/* Its own handle of the child, too. */
	ck_assert_uint_eq(after.handles - before.handles, quota_child.handles + 1);
	ck_assert_uint_eq(after.ports - before.ports, quota_child.ports);
	ck_assert_uint_eq(after.lanes - before.lanes, quota_child.lanes);
	ck_assert_uint_eq(after.processes - before.processes, quota_child.processes + 1);
	kernel_process_exited(fixture.kernel, child, 0);
	kernel_check(fixture.kernel);
	ck_assert_uint_eq(fixture.kernel->root.used.memory, before.memory);
	ck_assert_uint_eq(fixture.kernel->root.used.ports, before.ports);
	ck_assert_uint_eq(fixture.kernel->root.used.processes, before.processes);
}
END_TEST

START_TEST(not_more_than_is_left)
{
	struct quota quota = quota_child;

	quota.memory = fixture.kernel->root.limit.memory + 1;
	ck_assert_uint_eq(spawn_quota(&quota), error_result(E_QUOTA));
	quota = quota_child;
	quota.handles = quota_total.handles;
	ck_assert_uint_eq(spawn_quota(&quota), error_result(E_QUOTA));
	quota = quota_child;
	quota.ports = UINT32_MAX;
	ck_assert_uint_eq(spawn_quota(&quota), error_result(E_QUOTA));
	quota = quota_child;
	quota.lanes = quota_total.lanes + 1;
	ck_assert_uint_eq(spawn_quota(&quota), error_result(E_QUOTA));
	quota = quota_child;
	quota.processes = quota_total.processes;
	ck_assert_uint_eq(spawn_quota(&quota), error_result(E_QUOTA));
	/* Itself and UINT32_MAX children are not none. */
	quota.processes = UINT32_MAX;
	ck_assert_uint_eq(spawn_quota(&quota), error_result(E_QUOTA));
	/* Too few handles even to be born with. */
	quota = quota_child;
	quota.handles = 1;
	ck_assert_uint_eq(spawn_quota(&quota), error_result(E_QUOTA));
	quota.handles = 2;
	succeeded(spawn_quota(&quota));
	ck_assert_uint_eq(fixture.machine.processes, 2);
}
END_TEST

START_TEST(orphans_are_inherited)
{
	struct quota before = fixture.kernel->root.used;
	struct process *child = spawn_child("vfs"), *orphan;
	struct spawn spawn = spawn_request("grand");
	handle_t authority = share(fixture.init, authority_of_init(AUTHORITY_SPAWN), child, RIGHT_EXECUTE),
		 handle;
	struct receipt receipt;

	spawn.quota = (struct quota){.memory = MIB, .handles = 8, .ports = 1, .lanes = 1};
	handle = (handle_t)succeeded(spawn_with(child, authority, &spawn));
	orphan = handle_find(child, handle)->capability.process;
	ck_assert_ptr_eq(orphan->parent, child);
	ck_assert_uint_eq(child->account->used.processes, 1);
	call_succeeds(orphan, SYS_VM_ALLOCATE, 4096, 0);
	kernel_process_exited(fixture.kernel, child, 0);
	kernel_check(fixture.kernel);
	ck_assert(orphan->of_init);
	ck_assert_uint_eq(fixture.kernel->root.used.memory, before.memory + MIB);
	ck_assert_uint_eq(fixture.kernel->root.used.processes, before.processes + 1);
	receive(fixture.init, home_of(fixture.init));
	kernel_process_exited(fixture.kernel, orphan, 5);
	kernel_check(fixture.kernel);
	/* The new parent hears of its end, though it has no handle of it. */
	receipt = receive(fixture.init, home_of(fixture.init));
	ck_assert_uint_eq(receipt.kind, RECEIPT_PROCESS);
	ck_assert_uint_eq(receipt.value, 5);
	ck_assert_uint_eq(receipt.handle, 0);
	ck_assert_uint_eq(fixture.kernel->root.used.memory, before.memory);
}
END_TEST

START_TEST(untold_ends_are_inherited)
{
	struct process *child = spawn_child("vfs"), *orphan;
	struct spawn spawn = spawn_request("grand");
	handle_t authority = share(fixture.init, authority_of_init(AUTHORITY_SPAWN), child, RIGHT_EXECUTE),
		 handle;
	uint64_t id;

	spawn.quota = (struct quota){.handles = 8};
	handle = (handle_t)succeeded(spawn_with(child, authority, &spawn));
	orphan = handle_find(child, handle)->capability.process;
	id = orphan->id;
	kernel_process_exited(fixture.kernel, orphan, 1);
	kernel_check(fixture.kernel);
	kernel_process_exited(fixture.kernel, child, 2);
	kernel_check(fixture.kernel);
	ck_assert_uint_eq(receive(fixture.init, home_of(fixture.init)).process, id);
	receive(fixture.init, home_of(fixture.init));
	receive_nothing(fixture.init, home_of(fixture.init));
}
END_TEST

START_TEST(system_quota)
{
	static struct manifest manifest = {
		.service_count = 2,
		.services = {{.quota = {.memory = 4096, .handles = 3, .ports = 2, .lanes = 1}},
	                     {.quota = {.memory = 8192, .processes = 5}}},
		.role_count = 1,
		.roles = {{.quota = {.handles = 7}}},
	};
	struct quota nothing, sum = kernel_quota(&manifest);

	manifest.service_count = manifest.role_count = 0;
	nothing = kernel_quota(&manifest);
	/* Each service has room for its successor; a process is one of its parent's. */
	ck_assert_uint_eq(sum.memory - nothing.memory, 2 * (4096 + 8192));
	ck_assert_uint_eq(sum.ports - nothing.ports, 2 * 2);
	ck_assert_uint_eq(sum.lanes - nothing.lanes, 2 * 1);
	ck_assert_uint_eq(sum.processes - nothing.processes, 2 * (1 + 5 + 1) + 64);
	ck_assert_uint_eq(sum.handles - nothing.handles, 2 * 3 + 64 * 7);
	/* A count is believed only as far as there is something. */
	manifest.service_count = UINT32_MAX;
	ck_assert_uint_eq(kernel_quota(&manifest).memory, sum.memory);
}
END_TEST

RUN_SUITE("quota", system_quota, handles, ports, lanes, lane_memory, datagrams, datagrams_of_the_dead, carved_at_spawn, not_more_than_is_left,
          orphans_are_inherited, untold_ends_are_inherited);
