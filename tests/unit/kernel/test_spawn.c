/* Births: children with grants, init and its restart, guests. */
#include "fixture.h"
#include "kernel/core.h"

static uint64_t spawn(const struct spawn *request)
{
	return spawn_with(fixture.init, authority_of_init(AUTHORITY_SPAWN), request);
}

static void grant(struct spawn *request, handle_t handle, rights_t rights, const char *name)
{
	struct grant *slot = &request->grants[request->grant_count++];

	slot->handle = handle;
	slot->rights = rights;
	slot->number = 17;
	slot->value = 18;
	strcpy(slot->name, name);
}

static struct process *child_of(uint64_t result)
{
	return handle_find(fixture.init, succeeded(result))->capability.process;
}

START_TEST(start_block)
{
	struct spawn request = spawn_request("vfs");
	const struct start_block *block;
	struct process *child;

	strcpy(request.name, "vfs_server");
	strcpy(request.options, "size=1M");
	request.number = 4;
	request.priority = 20;
	child = child_of(spawn(&request));
	block = start_of(child);
	ck_assert_uint_eq(block->version, START_VERSION);
	ck_assert_uint_eq(block->number, 4);
	ck_assert_str_eq(block->name, "vfs_server");
	ck_assert_str_eq(block->options, "size=1M");
	ck_assert_uint_eq(block->grant_count, 0);
	ck_assert_str_eq(child->image, "vfs");
	ck_assert(side_of(child)->started);
	ck_assert_uint_eq(side_of(child)->priority, 20);
	ck_assert_uint_eq(child->credentials.uid, 1000);
	/* What follows what init was given. */
	for (unsigned i = 0; i < START_RANDOM_SIZE; i++)
		ck_assert_uint_eq(block->random[i], START_RANDOM_SIZE + i + 1);
	/* Badged as its parent said. */
	send_word(child, block->init, 1);
	ck_assert_uint_eq(receive(fixture.init, home_of(fixture.init)).badge, badge_make(7, 0));
}
END_TEST

START_TEST(no_randomness)
{
	static const uint8_t none[START_RANDOM_SIZE];
	struct spawn request = spawn_request("vfs");

	fixture.machine.no_random = true;
	ck_assert_mem_eq(start_of(child_of(spawn(&request)))->random, none, sizeof(none));
}
END_TEST

START_TEST(grants)
{
	struct spawn request = spawn_request("vfs");
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	handle_t memory = (handle_t)call_succeeds(fixture.init, SYS_VM_ALLOCATE, 4096, MEMORY_SHARED);
	struct process *other = spawn_child("log"), *child;
	const struct start_block *block;
	handle_t mine;

	grant(&request, port, RIGHT_SEND | RIGHT_DERIVE, "port");
	grant(&request, memory, RIGHT_READ, "memory");
	grant(&request, handle_of_child(other), RIGHT_READ, "process");
	grant(&request, authority_of_init(AUTHORITY_CONSOLE), RIGHT_EXECUTE, "console");
	child = child_of(spawn(&request));
	block = start_of(child);
	ck_assert_uint_eq(block->grant_count, 4);
	ck_assert_uint_eq(block->grants[0].kind, GRANT_PORT);
	ck_assert_uint_eq(block->grants[0].rights, RIGHT_SEND | RIGHT_DERIVE);
	ck_assert_uint_eq(block->grants[0].number, 17);
	ck_assert_uint_eq(block->grants[0].value, 18);
	ck_assert_uint_eq(block->grants[1].kind, GRANT_MEMORY);
	ck_assert_uint_eq(block->grants[2].kind, GRANT_PROCESS);
	ck_assert_uint_eq(block->grants[2].value, other->id);
	ck_assert_uint_eq(block->grants[2].number, other->number);
	ck_assert_uint_eq(block->grants[3].kind, GRANT_AUTHORITY);
	ck_assert_uint_eq(block->grants[3].value, AUTHORITY_CONSOLE);
	mine = granted(block, "port");
	call_succeeds(child, SYS_CONSOLE, granted(block, "console"));
	ck_assert_uint_eq(send_word(child, mine, 4), 0);
	ck_assert_uint_eq(receive(fixture.init, port).datagram[0], 4);
	/* The parent keeps what it granted. */
	call_succeeds(fixture.init, SYS_PORT_INFO, port);
}
END_TEST

START_TEST(grants_are_checked)
{
	struct spawn request = spawn_request("vfs");
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);
	handle_t bare = (handle_t)call_succeeds(fixture.init, SYS_CAP_DUPLICATE, port, RIGHT_SEND);
	uint32_t handles = fixture.kernel->root.used.handles;

	grant(&request, port, RIGHT_SEND, "good");
	grant(&request, port, RIGHT_RECEIVE, "bad");
	ck_assert_uint_eq(spawn(&request), error_result(E_NO_RIGHTS));
	request.grants[1].rights = RIGHT_SEND | RIGHT_READ;
	ck_assert_uint_eq(spawn(&request), error_result(E_NO_RIGHTS));
	request.grants[1].rights = RIGHT_SEND;
	request.grants[1].handle = bare;
	ck_assert_uint_eq(spawn(&request), error_result(E_NO_RIGHTS));
	request.grants[1].handle = 0;
	ck_assert_uint_eq(spawn(&request), error_result(E_CAP_INVALID));
	/* All or nothing. */
	ck_assert_uint_eq(fixture.kernel->root.used.handles, handles);
	ck_assert_uint_eq(fixture.machine.processes, 1);
	/* More than a request has room for, though the buffer would have. */
	request.grant_count = SPAWN_GRANTS_MAXIMUM + 1;
	memset(fixture.init->buffer, 0, KERNEL_BUFFER_SIZE);
	memcpy(fixture.init->buffer, &request, sizeof(request));
	ck_assert_uint_eq(call_with(fixture.init, SYS_SCHED_SPAWN,
	                            (const uint64_t[6]){authority_of_init(AUTHORITY_SPAWN)}, NULL,
	                            KERNEL_BUFFER_SIZE),
	                  error_result(E_INVAL));
	request.grant_count = UINT32_MAX;
	ck_assert_uint_eq(spawn(&request), error_result(E_INVAL));
}
END_TEST

START_TEST(grants_within_quota)
{
	struct spawn request = spawn_request("vfs");
	handle_t port = (handle_t)call_succeeds(fixture.init, SYS_PORT_ALLOCATE);

	for (int at = 0; at < SPAWN_GRANTS_MAXIMUM; at++)
		grant(&request, port, RIGHT_SEND, "port");
	request.quota.handles = SPAWN_GRANTS_MAXIMUM + 1;
	ck_assert_uint_eq(spawn(&request), error_result(E_QUOTA));
	request.quota.handles++;
	succeeded(spawn(&request));
}
END_TEST

START_TEST(images_and_lengths)
{
	static const char *const bad[] = {"", "../vfs", "a/b", "Vfs", "v f", "v\n", "caf\xc3\xa9", "a.b"};
	struct spawn request = spawn_request("vfs");
	const uint64_t arguments[6] = {authority_of_init(AUTHORITY_SPAWN)};

	for (size_t at = 0; at < sizeof(bad) / sizeof(bad[0]); at++) {
		memset(request.image, 0, NAME_SIZE);
		strcpy(request.image, bad[at]);
		ck_assert_uint_eq(spawn(&request), error_result(E_INVAL));
	}
	memset(request.image, 'a', NAME_SIZE);
	ck_assert_uint_eq(spawn(&request), error_result(E_INVAL));
	request = spawn_request("missing");
	ck_assert_uint_eq(spawn(&request), error_result(E_PROCESS_NOT_FOUND));
	request = spawn_request("vfs");
	memset(request.options, 'o', SPAWN_OPTIONS_SIZE);
	ck_assert_uint_eq(spawn(&request), error_result(E_INVAL));
	request = spawn_request("vfs");
	request.priority = PRIORITY_MAXIMUM + 1;
	ck_assert_uint_eq(spawn(&request), error_result(E_INVAL));
	request = spawn_request("vfs");
	request.reserved = 1;
	ck_assert_uint_eq(spawn(&request), error_result(E_INVAL));
	/* Too short for its head, or for the grants that it says it has. */
	request = spawn_request("vfs");
	ck_assert_uint_eq(call_with(fixture.init, SYS_SCHED_SPAWN, arguments, &request,
	                            offsetof(struct spawn, grants) - 1),
	                  error_result(E_INVAL));
	ck_assert_uint_eq(call_with(fixture.init, SYS_SCHED_SPAWN, arguments, NULL, 0),
	                  error_result(E_INVAL));
	grant(&request, home_of(fixture.init), RIGHT_SEND, "home");
	ck_assert_uint_eq(
		call_with(fixture.init, SYS_SCHED_SPAWN, arguments, &request, offsetof(struct spawn, grants)),
		error_result(E_INVAL));
	succeeded(call_with(fixture.init, SYS_SCHED_SPAWN, arguments, &request,
	                    offsetof(struct spawn, grants[1])));
}
END_TEST

START_TEST(names_are_cleaned)
{
	struct spawn request = spawn_request("vfs");
	struct process *child;

	memset(request.name, '\n', NAME_SIZE);
	child = child_of(spawn(&request));
	ck_assert_str_eq(child->name, "???????????????????????????????");
	memset(request.name, 0, NAME_SIZE);
	ck_assert_str_eq(child_of(spawn(&request))->name, "vfs");
}
END_TEST

START_TEST(needs_the_authority)
{
	struct spawn request = spawn_request("vfs");
	struct process *child = spawn_child("vfs");

	ck_assert_uint_eq(spawn_with(child, home_of(child), &request), error_result(E_CAP_INVALID));
	ck_assert_uint_eq(spawn_with(child, share(fixture.init, authority_of_init(AUTHORITY_SPAWN), child, 0),
	                             &request),
	                  error_result(E_NO_RIGHTS));
}
END_TEST

START_TEST(machine_fails)
{
	struct spawn request = spawn_request("vfs");
	struct quota used = fixture.kernel->root.used;

	fixture.machine.create_error = E_IO;
	ck_assert_uint_eq(spawn(&request), error_result(E_IO));
	fixture.machine.create_error = E_OK;
	fixture.machine.start_error = E_IO;
	ck_assert_uint_eq(spawn(&request), error_result(E_IO));
	ck_assert_mem_eq(&used, &fixture.kernel->root.used, sizeof(used));
	ck_assert_uint_eq(fixture.machine.processes, 1);
	receive_nothing(fixture.init, home_of(fixture.init));
}
END_TEST

START_TEST(grandchildren)
{
	struct process *child = spawn_child("vfs"), *grandchild;
	handle_t authority = share(fixture.init, authority_of_init(AUTHORITY_SPAWN), child, RIGHT_EXECUTE),
		 handle;
	struct spawn request = spawn_request("grand");
	struct receipt receipt;

	request.quota = (struct quota){.handles = 8, .memory = 4096};
	handle = (handle_t)succeeded(spawn_with(child, authority, &request));
	grandchild = handle_find(child, handle)->capability.process;
	/* Its init is the one. */
	send_word(grandchild, init_of(grandchild), 1);
	ck_assert_uint_eq(receive(fixture.init, home_of(fixture.init)).process, grandchild->id);
	kernel_process_exited(fixture.kernel, grandchild, 3);
	receipt = receive(child, home_of(child));
	ck_assert_uint_eq(receipt.handle, handle);
	ck_assert_uint_eq(receipt.value, 3);
	receive_nothing(fixture.init, home_of(fixture.init));
}
END_TEST

/* ---- init ------------------------------------------------------------ */

START_TEST(init_is_born)
{
	const struct start_block *block = start_of(fixture.init);
	struct capability *port = &handle_find(fixture.init, block->home)->capability;
	struct memory *manifest = handle_find(fixture.init, granted(block, "manifest"))->capability.memory;

	ck_assert_uint_eq(fixture.init->number, 1);
	ck_assert_uint_eq(block->home, block->init);
	ck_assert_uint_eq(port->rights & (RIGHT_SEND | RIGHT_RECEIVE | RIGHT_DERIVE | RIGHT_DESTROY),
	                  RIGHT_SEND | RIGHT_RECEIVE | RIGHT_DERIVE);
	ck_assert_uint_eq(block->restarts, 0);
	ck_assert_uint_eq(block->grant_count, 7);
	ck_assert_uint_eq(handle_find(fixture.init, granted(block, "manifest"))->capability.rights,
	                  RIGHT_READ);
	ck_assert_mem_eq(manifest->machine, &fixture.manifest, sizeof(fixture.manifest));
	ck_assert_int_eq(kernel_start_init(fixture.kernel, &fixture.manifest), E_BUSY);
}
END_TEST

START_TEST(init_is_born_again)
{
	struct process *child = spawn_child("vfs"), *client = spawn_child("client"), *guest,
		       *dead = spawn_child("dead");
	handle_t badged = (handle_t)call_succeeds(fixture.init, SYS_PORT_DERIVE, home_of(fixture.init), 5);
	handle_t send = share(fixture.init, badged, client, RIGHT_SEND), accepted, pending, late;
	uint64_t init = fixture.init->id, dead_id = dead->id, id;
	const struct start_block *block;
	struct receipt receipt;

	child->number = 4;
	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 0, "tool", &credentials_owner, &guest), E_OK);
	accepted = (handle_t)call_succeeds(client, SYS_LANE_OPEN, send, 1, 1, 0);
	id = receive(fixture.init, home_of(fixture.init)).object;
	call_succeeds(fixture.init, SYS_LANE_ACCEPT, home_of(fixture.init), id);
	receive(client, home_of(client));
	/* Told of, but not accepted when init dies. */
	pending = (handle_t)call_succeeds(client, SYS_LANE_OPEN, send, 1, 1, 0);
	receive(fixture.init, home_of(fixture.init));
	send_word(client, send, 1);

	kernel_process_exited(fixture.kernel, fixture.init, 256 + 11);
	kernel_check(fixture.kernel);
	ck_assert_ptr_null(fixture.kernel->init);
	ck_assert_ptr_nonnull(strstr(fixture.machine.console, "[kernel] init ended"));
	receipt = receive(client, home_of(client));
	ck_assert_uint_eq(receipt.handle, accepted);
	ck_assert_uint_eq(receipt.value, E_PEER_DEAD);
	receive_nothing(client, home_of(client));
	/* Meanwhile life goes on, without anybody receiving. */
	send_word(client, send, 2);
	kernel_process_exited(fixture.kernel, dead, 9);
	late = (handle_t)call_succeeds(client, SYS_LANE_OPEN, send, 1, 1, 0);

	ck_assert_int_eq(kernel_start_init(fixture.kernel, &fixture.manifest), E_OK);
	fixture.init = fixture.kernel->init;
	kernel_check(fixture.kernel);
	ck_assert_uint_gt(fixture.init->id, init);
	ck_assert_uint_eq(fixture.init->number, 1);
	block = start_of(fixture.init);
	ck_assert_uint_eq(block->restarts, 1);
	ck_assert_uint_eq(block->grant_count, 9);
	ck_assert_uint_eq(block->grants[7].kind, GRANT_PROCESS);
	ck_assert_uint_eq(block->grants[7].value, child->id);
	ck_assert_uint_eq(block->grants[7].number, 4);
	ck_assert_str_eq(block->grants[7].name, "vfs");
	ck_assert_uint_eq(block->grants[8].value, client->id);
	for (unsigned lanes = 0, datagrams = 0, ends = 0; lanes + datagrams + ends < 5;) {
		receipt = receive(fixture.init, home_of(fixture.init));
		if (receipt.kind == RECEIPT_DATAGRAM) {
			ck_assert_uint_eq(receipt.datagram[0], ++datagrams);
		} else if (receipt.kind == RECEIPT_LANE) {
			ck_assert_uint_eq(receipt.bits, EVENT_LANE_OPENED);
			call_succeeds(fixture.init, SYS_LANE_ACCEPT, home_of(fixture.init), receipt.object);
			lanes++;
		} else {
			ck_assert_uint_eq(receipt.process, dead_id);
			ck_assert_uint_eq(receipt.value, 9);
			ck_assert_uint_eq(receipt.handle, 0);
			ends++;
		}
	}
	receive_nothing(fixture.init, home_of(fixture.init));
	ck_assert_uint_eq(receive(client, home_of(client)).bits, EVENT_LANE_ACCEPTED);
	ck_assert_uint_eq(receive(client, home_of(client)).bits, EVENT_LANE_ACCEPTED);
	ck_assert_uint_ne(pending, late);
	/* The new one hears of its inherited children by its own handles. */
	kernel_process_exited(fixture.kernel, child, 1);
	receipt = receive(fixture.init, home_of(fixture.init));
	ck_assert_ptr_eq(handle_find(fixture.init, receipt.handle)->capability.process, child);
}
END_TEST

START_TEST(init_dies_blocked)
{
	struct process *child = spawn_child("vfs");
	unsigned completions;

	ck_assert_uint_eq(call(fixture.init, SYS_PORT_RECEIVE, home_of(fixture.init), DEADLINE_NEVER),
	                  SYSCALL_BLOCKED);
	completions = side_of(fixture.init)->completions;
	ck_assert_uint_eq(completions, 0);
	kernel_process_exited(fixture.kernel, fixture.init, 0);
	send_word(child, init_of(child), 3);
	ck_assert_int_eq(kernel_start_init(fixture.kernel, &fixture.manifest), E_OK);
	fixture.init = fixture.kernel->init;
	ck_assert_uint_eq(receive(fixture.init, home_of(fixture.init)).datagram[0], 3);
}
END_TEST

START_TEST(init_cannot_be_born)
{
	struct manifest manifest = fixture.manifest;

	kernel_process_exited(fixture.kernel, fixture.init, 0);
	fixture.machine.start_error = E_IO;
	ck_assert_int_eq(kernel_start_init(fixture.kernel, &manifest), E_IO);
	kernel_check(fixture.kernel);
	fixture.machine.start_error = E_OK;
	manifest.magic++;
	ck_assert_int_eq(kernel_start_init(fixture.kernel, &manifest), E_INVAL);
	manifest = fixture.manifest;
	manifest.version++;
	ck_assert_int_eq(kernel_start_init(fixture.kernel, &manifest), E_INVAL);
	ck_assert_int_eq(kernel_start_init(fixture.kernel, &fixture.manifest), E_OK);
	ck_assert_uint_eq(start_of(fixture.kernel->init)->restarts, 1);
}
END_TEST

START_TEST(more_children_than_grants)
{
	struct spawn request = spawn_request("many");

	request.quota = (struct quota){.handles = 2};
	for (int at = 0; at < SPAWN_GRANTS_MAXIMUM; at++)
		succeeded(spawn(&request));
	kernel_process_exited(fixture.kernel, fixture.init, 0);
	ck_assert_int_eq(kernel_start_init(fixture.kernel, &fixture.manifest), E_OK);
	ck_assert_uint_eq(start_of(fixture.kernel->init)->grant_count, SPAWN_GRANTS_MAXIMUM);
}
END_TEST

/* ---- guests ---------------------------------------------------------- */

START_TEST(guest)
{
	const struct credentials stranger = {.uid = 5, .gid = 6, .group_count = 1, .groups = {6}};
	uint64_t memory = fixture.kernel->root.used.memory;
	const struct start_block *block;
	struct process *process;

	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 0, "to\x1b[ol", &stranger, &process), E_OK);
	kernel_check(fixture.kernel);
	block = start_of(process);
	ck_assert_uint_eq(block->number, 0);
	ck_assert_str_eq(block->name, "to?[ol");
	ck_assert_uint_eq(block->grant_count, 2);
	ck_assert_uint_eq(block->grants[0].value, AUTHORITY_CONSOLE);
	call_succeeds(process, SYS_INSPECT, granted(block, "inspect"), INSPECT_PORTS, 0);
	ck_assert(!side_of(process)->started);
	ck_assert_uint_eq(process->credentials.uid, 5);
	ck_assert_uint_eq(fixture.kernel->root.used.memory, memory + quota_child.memory);
	send_word(process, init_of(process), 1);
	ck_assert_uint_eq(receive(fixture.init, home_of(fixture.init)).badge, badge_make(BADGE_ROLE + 0, 0));
	kernel_process_exited(fixture.kernel, process, 0);
	/* Nobody supervises guests. */
	receive_nothing(fixture.init, home_of(fixture.init));
	ck_assert_uint_eq(fixture.kernel->root.used.memory, memory);
	ck_assert_uint_eq(fixture.machine.processes, 1);
}
END_TEST

START_TEST(guests_that_cannot_be)
{
	struct credentials many = credentials_owner;
	struct process *process;

	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 2, "x", &credentials_owner, &process),
	                 E_PROCESS_NOT_FOUND);
	ck_assert_ptr_null(process);
	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, UINT32_MAX, "x", &credentials_owner, &process),
	                 E_PROCESS_NOT_FOUND);
	/* A role without quota cannot even be born. */
	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 1, "x", &credentials_owner, &process), E_QUOTA);
	many.group_count = LANE_GROUPS_MAXIMUM + 1;
	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 0, "x", &many, &process), E_INVAL);
	fixture.kernel->root.limit.memory = fixture.kernel->root.used.memory;
	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 0, "x", &credentials_owner, &process), E_QUOTA);
	kernel_check(fixture.kernel);
	ck_assert_uint_eq(fixture.machine.processes, 1);
}
END_TEST

START_TEST(guest_while_init_is_dead)
{
	struct process *process;

	kernel_process_exited(fixture.kernel, fixture.init, 0);
	ck_assert_int_eq(kernel_attach_guest(fixture.kernel, 0, "tool", &credentials_owner, &process), E_OK);
	send_word(process, init_of(process), 8);
	ck_assert_int_eq(kernel_start_init(fixture.kernel, &fixture.manifest), E_OK);
	fixture.init = fixture.kernel->init;
	ck_assert_uint_eq(start_of(fixture.init)->grant_count, 7);
	ck_assert_uint_eq(receive(fixture.init, home_of(fixture.init)).datagram[0], 8);
}
END_TEST

RUN_SUITE("spawn", start_block, no_randomness, grants, grants_are_checked, grants_within_quota, images_and_lengths,
          names_are_cleaned, needs_the_authority, machine_fails, grandchildren, init_is_born,
          init_is_born_again, init_dies_blocked, init_cannot_be_born, more_children_than_grants, guest,
          guests_that_cannot_be, guest_while_init_is_dead);
