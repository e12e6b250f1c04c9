/*
 * Every allocation fails in turn, in a life that touches everything: each call
 * succeeds or says why not, all invariants hold, and every byte comes back.
 */
#include "fixture.h"
#include "kernel/core.h"

/* What may go wrong when memory is short, here or earlier. */
static uint64_t tolerant(uint64_t result)
{
	switch (result_error(result)) {
	case E_OK:
	case E_NOMEM:
	case E_IO: /* the platform's way to fail a start */
	case E_CAP_INVALID:
	case E_PORT_INVALID:
	case E_BUSY:
	case E_WOULD_BLOCK:
	case E_PEER_DEAD:
	case E_PORT_FULL:
		break;
	default:
		ck_abort_msg("unexpected error %u", (unsigned)result_error(result));
	}
	return result_is_error(result) ? 0 : result;
}

#define try(process, number, ...) tolerant(call(process, number, __VA_ARGS__))

static struct process *try_spawn(const char *name, handle_t grant, struct process *parent, handle_t authority)
{
	struct spawn spawn = spawn_request(name);
	handle_t handle;

	if (parent != fixture.init)
		spawn.quota = (struct quota){.memory = MIB, .handles = 8, .ports = 1, .lanes = 1};
	spawn.grant_count = 1;
	spawn.grants[0] = (struct grant){.handle = grant, .rights = RIGHT_SEND, .name = "port"};
	handle = (handle_t)tolerant(spawn_with(parent, authority, &spawn));
	return handle != 0 ? handle_find(parent, handle)->capability.process : NULL;
}

/* Takes the next receipt of a home port, or zeros. */
static struct receipt try_receive(struct process *process, handle_t port)
{
	struct receipt receipt = {0};

	if (call(process, SYS_PORT_RECEIVE, port, DEADLINE_POLL) == 0)
		memcpy(&receipt, process->buffer, sizeof(receipt));
	return receipt;
}

/* Two servers who talk in every way that there is. */
static void live_together(struct process *client, struct process *server)
{
	handle_t port = (handle_t)try(server, SYS_PORT_ALLOCATE), derived, lane, memory, served;
	handle_t send = 1u << HANDLE_INDEX_BITS | 2; /* granted: to init's port */
	uint64_t cookie;

	derived = (handle_t)try(server, SYS_PORT_DERIVE, port, 3);
	try(server, SYS_CAP_DUPLICATE, derived, RIGHT_SEND);
	for (int turn = 0; turn < 20; turn++)
		tolerant(send_word(client, send, 1));
	lane = (handle_t)try(client, SYS_LANE_OPEN, send, 1, 4, 4096);
	try(client, SYS_LANE_OPEN, send, 1, 1, 0);
	served = 0;
	for (int turn = 0; turn < 30; turn++) {
		struct receipt receipt = try_receive(fixture.init, home_of(fixture.init));

		if (receipt.kind == RECEIPT_LANE && served == 0)
			served = (handle_t)try(fixture.init, SYS_LANE_ACCEPT, home_of(fixture.init),
			                       receipt.object);
		else if (receipt.kind == RECEIPT_LANE)
			try(fixture.init, SYS_LANE_REFUSE, home_of(fixture.init), receipt.object);
	}
	try(client, SYS_LANE_ATTACH, lane);
	memory = (handle_t)try(client, SYS_VM_ALLOCATE, 8192, MEMORY_SHARED);
	try(client, SYS_MEMORY_MAP, memory, RIGHT_READ);
	cookie = try(client, SYS_CAP_MOVE, lane, memory, RIGHT_READ);
	try(fixture.init, SYS_CAP_ACCEPT, served, cookie);
	try_receive(client, home_of(client));
	try_receive(client, home_of(client));
	call(client, SYS_PORT_RECEIVE, home_of(client), SECOND);
	call(server, SYS_WAIT, 0, 2 * SECOND);
	machine_pass(&fixture.machine, fixture.kernel, fixture.machine.time + 3 * SECOND);
	kernel_check(fixture.kernel);
}

static void live(void)
{
	const struct exception_record record = {.vector = 6};
	handle_t authority = authority_of_init(AUTHORITY_SPAWN), table;
	struct process *client, *server, *guest;

	client = try_spawn("client", home_of(fixture.init), fixture.init, authority);
	server = try_spawn("server", home_of(fixture.init), fixture.init, authority);
	table = (handle_t)try(fixture.init, SYS_VM_ALLOCATE, 4096, 0);
	try(fixture.init, SYS_SCHED_TABLE, authority_of_init(AUTHORITY_SWITCH), table);
	call(fixture.init, SYS_SCHED_SWITCH, authority_of_init(AUTHORITY_SWITCH), 0);
	try(fixture.init, SYS_INSPECT, authority_of_init(AUTHORITY_INSPECT), INSPECT_LANES, 0);
	if (kernel_attach_guest(fixture.kernel, 0, "tool", &credentials_owner, &guest) == E_OK)
		tolerant(send_word(guest, init_of(guest), 1));
	if (client != NULL && server != NULL)
		live_together(client, server);
	if (client != NULL) {
		kernel_process_exception(fixture.kernel, client, &record);
		kernel_process_exited(fixture.kernel, client, 256 + 4);
		kernel_check(fixture.kernel);
	}
	kernel_process_exited(fixture.kernel, fixture.init, 1);
	kernel_check(fixture.kernel);
	if (kernel_start_init(fixture.kernel, &fixture.manifest) == E_OK)
		fixture.init = fixture.kernel->init;
	kernel_check(fixture.kernel);
}

START_TEST(every_allocation_fails_in_turn)
{
	uint64_t fail = 1;
	bool reached;

	do {
		/* The system that setup made is the first; each next one is new. */
		uint64_t base = fixture.machine.requests;

		fixture.machine.fail_at = base + fail++;
		live();
		reached = fixture.machine.requests >= fixture.machine.fail_at;
		fixture_teardown();
		fixture_setup();
	} while (reached);
	/* It has been a life of some length. */
	ck_assert_uint_gt(fail, 45);
}
END_TEST

START_TEST(every_allocation_of_the_beginning_fails_in_turn)
{
	struct machine machine;
	uint64_t fail = 0;
	bool done = false;

	while (!done) {
		struct kernel *kernel;

		machine_init(&machine);
		machine.fail_at = ++fail;
		kernel = kernel_create(&machine, &quota_total, &credentials_owner);
		if (kernel != NULL) {
			done = kernel_start_init(kernel, &fixture.manifest) == E_OK;
			kernel_check(kernel);
			/* What failed once succeeds when there is memory again. */
			if (!done)
				ck_assert_int_eq(kernel_start_init(kernel, &fixture.manifest), E_OK);
			kernel_check(kernel);
			kernel_destroy(kernel);
		}
		machine_check_empty(&machine);
	}
	ck_assert_uint_gt(fail, 8);
}
END_TEST

RUN_SUITE("failure", every_allocation_fails_in_turn, every_allocation_of_the_beginning_fails_in_turn);
