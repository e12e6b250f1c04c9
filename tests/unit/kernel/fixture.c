/* A system to test. */
#include "fixture.h"

#include <stdlib.h>

#include "kernel/core.h"

struct fixture fixture;
uint64_t last_written;

static handle_t authorities[AUTHORITY_LAST + 1];

const struct quota quota_total = {
	.memory = 256 * MIB, .handles = 4096, .ports = 256, .lanes = 256, .processes = 64,
};
const struct quota quota_child = {
	.memory = 4 * MIB, .handles = 64, .ports = 8, .lanes = 8, .processes = 4,
};
const struct credentials credentials_owner = {
	.uid = 1000, .gid = 1001, .group_count = 2, .groups = {1001, 27},
};

static void manifest_init(struct manifest *manifest)
{
	memset(manifest, 0, sizeof(*manifest));
	manifest->magic = MANIFEST_MAGIC;
	manifest->version = MANIFEST_VERSION;
	manifest->size = sizeof(*manifest);
	manifest->role_count = 2;
	strcpy(manifest->roles[0].name, "tool");
	manifest->roles[0].authorities = AUTHORITY_BIT(AUTHORITY_INSPECT) | AUTHORITY_BIT(AUTHORITY_CONSOLE);
	manifest->roles[0].quota = quota_child;
	strcpy(manifest->roles[1].name, "poor");
}

void fixture_setup(void)
{
	const struct start_block *block;

	machine_init(&fixture.machine);
	manifest_init(&fixture.manifest);
	fixture.kernel = kernel_create(&fixture.machine, &quota_total, &credentials_owner);
	ck_assert_ptr_nonnull(fixture.kernel);
	ck_assert_int_eq(kernel_start_init(fixture.kernel, &fixture.manifest), E_OK);
	fixture.init = fixture.kernel->init;
	block = start_of(fixture.init);
	authorities[AUTHORITY_SPAWN] = granted(block, "spawn");
	authorities[AUTHORITY_SWITCH] = granted(block, "switch");
	authorities[AUTHORITY_CONSOLE] = granted(block, "console");
	authorities[AUTHORITY_INSPECT] = granted(block, "inspect");
	authorities[AUTHORITY_CONTROL] = granted(block, "control");
	authorities[AUTHORITY_DEVICES] = granted(block, "devices");
	kernel_check(fixture.kernel);
}

void fixture_teardown(void)
{
	kernel_check(fixture.kernel);
	kernel_destroy(fixture.kernel);
	machine_check_empty(&fixture.machine);
}

const struct start_block *start_of(const struct process *process)
{
	const struct start_block *block = process->buffer;

	ck_assert_uint_eq(block->magic, START_MAGIC);
	ck_assert_uint_eq(block->process, process->id);
	return block;
}

handle_t authority_of_init(enum authority authority)
{
	return authorities[authority];
}

handle_t granted(const struct start_block *block, const char *name)
{
	for (uint32_t index = 0; index < block->grant_count; index++) {
		if (strcmp(block->grants[index].name, name) == 0)
			return block->grants[index].handle;
	}
	ck_abort_msg("no grant is named %s", name);
}

uint64_t call_with(struct process *process, uint64_t number, const uint64_t arguments[6], const void *input,
                   size_t length)
{
	uint64_t result;

	if (input != NULL)
		memcpy(process->buffer, input, length);
	last_written = length;
	result = kernel_syscall(fixture.kernel, process, number, arguments, &last_written);
	kernel_check(fixture.kernel);
	return result;
}

uint64_t succeeded(uint64_t result)
{
	ck_assert_msg(!result_is_error(result), "error %u", (unsigned)result_error(result));
	return result;
}

struct spawn spawn_request(const char *name)
{
	struct spawn spawn = {.priority = PRIORITY_DEFAULT, .badge = badge_make(7, 0), .quota = quota_child};

	strcpy(spawn.image, name);
	strcpy(spawn.name, name);
	return spawn;
}

uint64_t spawn_with(struct process *parent, handle_t authority, const struct spawn *spawn)
{
	return call_with(parent, SYS_SCHED_SPAWN, (const uint64_t[6]){authority}, spawn, sizeof(*spawn));
}

struct process *spawn_child(const char *name)
{
	struct spawn spawn = spawn_request(name);
	handle_t handle = (handle_t)succeeded(spawn_with(fixture.init, authorities[AUTHORITY_SPAWN], &spawn));

	return handle_find(fixture.init, handle)->capability.process;
}

handle_t handle_of_child(const struct process *child)
{
	return child->parent_handle;
}

handle_t home_of(const struct process *process)
{
	return process->home->receive;
}

handle_t init_of(const struct process *process)
{
	/* The second handle that a process is born with. */
	handle_t handle = 1u << HANDLE_INDEX_BITS | 1;

	ck_assert_ptr_eq(handle_find((struct process *)process, handle)->capability.port,
	                 fixture.kernel->init_port);
	return handle;
}

struct receipt receive(struct process *process, handle_t port)
{
	struct receipt receipt;

	ck_assert(side_notice(process, port));
	ck_assert_uint_eq(call(process, SYS_PORT_RECEIVE, port, DEADLINE_POLL), 0);
	ck_assert_uint_eq(last_written, sizeof(receipt));
	memcpy(&receipt, process->buffer, sizeof(receipt));
	return receipt;
}

void receive_nothing(struct process *process, handle_t port)
{
	ck_assert(!side_notice(process, port));
	call_fails(E_WOULD_BLOCK, process, SYS_PORT_RECEIVE, port, DEADLINE_POLL);
}

handle_t share(struct process *from, handle_t handle, struct process *to, rights_t rights)
{
	struct capability capability = handle_find(from, handle)->capability;
	handle_t result;

	capability.rights = rights;
	ck_assert_int_eq(handle_install(fixture.kernel, to, &capability, &result), E_OK);
	return result;
}

struct connection connect_lane(struct process *client, struct process *server, uint32_t depth)
{
	struct connection connection;
	struct receipt receipt;

	connection.port = (handle_t)call_succeeds(server, SYS_PORT_ALLOCATE);
	connection.send = share(server, connection.port, client, RIGHT_SEND);
	connection.client =
		(handle_t)call_succeeds(client, SYS_LANE_OPEN, connection.send, 2 | 1 << 16, depth, 4096);
	receipt = receive(server, connection.port);
	connection.id = receipt.object;
	connection.server = (handle_t)call_succeeds(server, SYS_LANE_ACCEPT, connection.port, receipt.object);
	receipt = receive(client, home_of(client));
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_ACCEPTED);
	return connection;
}

uint64_t send_word(struct process *process, handle_t port, uint64_t word)
{
	const uint64_t words[8] = {word};

	return call_with(process, SYS_PORT_SEND, (const uint64_t[6]){port}, words, sizeof(words));
}

int run_suite(const char *name, const TTest *const *tests, size_t count)
{
	Suite *suite = suite_create(name);
	TCase *cases = tcase_create(name);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, fixture_setup, fixture_teardown);
	for (size_t at = 0; at < count; at++)
		tcase_add_test(cases, tests[at]);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
