/*
 * A crowd that does anything at all: random calls with arguments that are
 * true, nearly true and nonsense, by processes that die, fault and come, on a
 * machine short of memory. Seeded: a failure says its seed and step.
 */
#include "fixture.h"
#include "kernel/core.h"

#define STEPS       70000u
#define CHECK_EVERY 251u
#define POPULATION  12u

static uint64_t state;

static uint64_t random_word(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static uint64_t below(uint64_t limit)
{
	return random_word() % limit;
}

static struct process *random_process(void)
{
	uint64_t count = 0, chosen;

	list_for_each(link, &fixture.kernel->processes)
		count++;
	if (count == 0)
		return NULL;
	chosen = below(count);
	list_for_each(link, &fixture.kernel->processes) {
		if (chosen-- == 0)
			return list_entry(link, struct process, link);
	}
	return NULL;
}

/* A handle of this process, of another one, stale, or forged. */
static uint64_t random_handle(struct process *process)
{
	struct process *other = below(20) == 0 ? random_process() : process;
	uint32_t index;

	if (other->handles.slots == 0 || below(20) == 0)
		return random_word() >> below(64);
	index = (uint32_t)below(other->handles.slots);
	/* Most slots are empty: look for one that is not. */
	for (int attempt = 0; attempt < 8; attempt++) {
		if (handle_slot_at(&other->handles, index)->capability.kind != OBJECT_NONE)
			break;
		index = (uint32_t)below(below(2) == 0 ? 12 : other->handles.slots);
	}
	return handle_of_slot(handle_slot_at(&other->handles, index), index) -
	       (below(30) == 0 ? 1u << HANDLE_INDEX_BITS : 0);
}

static handle_t handle_of_kind(struct process *process, enum object_kind kind)
{
	for (int attempt = 0; attempt < 40; attempt++) {
		uint64_t handle = random_handle(process);
		struct handle_slot *slot = handle_find(process, handle);

		if (slot != NULL && slot->capability.kind == kind)
			return (handle_t)handle;
	}
	return (handle_t)random_handle(process);
}

/* The process's handle of the authority to spawn, or one of whatever it has. */
static handle_t spawn_authority(struct process *process)
{
	for (uint32_t index = 0; index < process->handles.slots; index++) {
		struct handle_slot *slot = handle_slot_at(&process->handles, index);

		if (slot->capability.kind == OBJECT_AUTHORITY &&
		    slot->capability.authority == AUTHORITY_SPAWN)
			return handle_of_slot(slot, index);
	}
	return (handle_t)random_handle(process);
}

static uint64_t random_number(void)
{
	switch (below(10)) {
	case 0:
		return random_word();
	case 1:
		return UINT64_MAX;
	case 2:
		return 0;
	case 3:
		return 4096 * below(2000);
	case 4:
		return 1ull << below(64);
	default:
		return below(1 + 2 * below(40));
	}
}

static uint64_t random_rights(void)
{
	return below(4) == 0 ? random_word() & RIGHTS_ALL
	                     : (random_word() & RIGHTS_ALL & ~(uint64_t)RIGHT_RECEIVE);
}

/* A request to spawn that is right in most ways. */
static void random_spawn(struct process *process, struct spawn *spawn)
{
	*spawn = spawn_request(below(10) == 0 ? "missing" : "child");
	spawn->priority = (uint32_t)below(PRIORITY_MAXIMUM + 2);
	if (process != fixture.kernel->init)
		spawn->quota = (struct quota){.handles = 6};
	else
		spawn->quota = (struct quota){
			.memory = below(MIB), .handles = (uint32_t)below(60), .ports = (uint32_t)below(6),
			.lanes = (uint32_t)below(6), .processes = (uint32_t)below(4),
		};
	spawn->grant_count = (uint32_t)below(below(10) == 0 ? 60 : 4);
	for (uint32_t at = 0; at < spawn->grant_count && at < SPAWN_GRANTS_MAXIMUM; at++) {
		spawn->grants[at].handle = (handle_t)random_handle(process);
		spawn->grants[at].rights = (rights_t)random_rights();
	}
	if (spawn->grant_count >= 2 && below(2) == 0) {
		/* So that children have children of their own, and somebody to talk to. */
		spawn->grants[0].handle = spawn_authority(process);
		spawn->grants[0].rights = RIGHT_EXECUTE | RIGHT_TRANSFER;
		spawn->grants[1].handle = handle_of_kind(process, OBJECT_PORT);
		spawn->grants[1].rights = RIGHT_SEND;
	}
	if (below(20) == 0)
		((uint8_t *)spawn)[below(sizeof(*spawn))] ^= (uint8_t)random_word();
}

static uint64_t random_lane_id(void)
{
	return fixture.kernel->next_lane - 1 - below(6);
}

/* A device interrupts by a vector that is bound, as only such can come. */
static void random_interrupt(void)
{
	struct device *device = &fixture.machine.devices[below(MACHINE_DEVICES)];
	uint32_t vector = below(8);

	if (device->claim != NULL && device->bound & 1u << vector)
		kernel_interrupt(fixture.kernel, device->claim, vector);
}

/* Arguments that fit the call, mostly. */
static void plausible(struct process *process, uint64_t number, uint64_t arguments[6], uint64_t *length)
{
	switch (number) {
	case SYS_PORT_SEND:
		*length = below(20) == 0 ? below(100) : 64;
		__attribute__((fallthrough));
	case SYS_PORT_DERIVE:
	case SYS_PORT_INFO:
		arguments[0] = handle_of_kind(process, OBJECT_PORT);
		break;
	case SYS_PORT_RECEIVE:
		arguments[0] = below(2) == 0 ? home_of(process) : handle_of_kind(process, OBJECT_PORT);
		arguments[1] = below(4) == 0 ? fixture.machine.time + below(SECOND) : DEADLINE_POLL;
		break;
	case SYS_WAIT:
		arguments[0] = below(2) == 0 ? 0 : handle_of_kind(process, OBJECT_LANE);
		arguments[1] = below(2) == 0 ? fixture.machine.time + below(SECOND) : DEADLINE_POLL;
		break;
	case SYS_VM_ALLOCATE:
		arguments[0] = 4096 * below(40);
		arguments[1] = below(4);
		break;
	case SYS_LANE_OPEN:
		arguments[0] = handle_of_kind(process, OBJECT_PORT);
		arguments[2] = 1u << below(5);
		arguments[3] = 4096 * below(4);
		break;
	case SYS_LANE_ACCEPT:
	case SYS_LANE_REFUSE:
		arguments[0] = below(2) == 0 ? home_of(process) : handle_of_kind(process, OBJECT_PORT);
		arguments[1] = random_lane_id();
		break;
	case SYS_CAP_MOVE:
		arguments[0] = handle_of_kind(process, OBJECT_LANE);
		arguments[1] = random_handle(process);
		arguments[2] = random_rights();
		break;
	case SYS_LANE_INFO:
	case SYS_LANE_ATTACH:
	case SYS_LANE_CLOSE:
	case SYS_CAP_ACCEPT:
		arguments[0] = handle_of_kind(process, OBJECT_LANE);
		arguments[1] = below(8);
		break;
	case SYS_MEMORY_MAP:
	case SYS_VM_DEALLOCATE:
		arguments[0] = handle_of_kind(process, OBJECT_MEMORY);
		arguments[1] = RIGHT_READ;
		break;
	case SYS_SCHED_SPAWN:
	case SYS_INSPECT:
	case SYS_CONSOLE:
	case SYS_CONSOLE_READ:
	case SYS_ANNOUNCE:
	case SYS_SCHED_SWITCH:
	case SYS_SCHED_TABLE:
		arguments[0] = handle_of_kind(process, OBJECT_AUTHORITY);
		if (number == SYS_SCHED_TABLE)
			arguments[1] = handle_of_kind(process, OBJECT_MEMORY);
		if (number == SYS_CONSOLE_READ) {
			arguments[1] = handle_of_kind(process, OBJECT_PORT);
			arguments[2] = below(100);
			kernel_console_input(fixture.kernel);
		}
		if (number == SYS_SCHED_SPAWN) {
			arguments[0] = spawn_authority(process);
			random_spawn(process, process->buffer);
			*length = sizeof(struct spawn);
		}
		break;
	case SYS_PROCESS_KILL:
	case SYS_PROCESS_EXCEPTION:
		arguments[0] = handle_of_kind(process, OBJECT_PROCESS);
		break;
	case SYS_DEVICE_INFO:
	case SYS_DEVICE_CLAIM:
		arguments[0] = handle_of_kind(process, OBJECT_AUTHORITY);
		arguments[1] = number == SYS_DEVICE_CLAIM ? MACHINE_DEVICE + below(3) : below(3);
		break;
	case SYS_DEVICE_CONFIG:
	case SYS_DEVICE_MAP:
	case SYS_DMA_ALLOCATE:
	case SYS_INTERRUPT_BIND:
	case SYS_INTERRUPT_ACKNOWLEDGE:
		arguments[0] = handle_of_kind(process, OBJECT_DEVICE);
		arguments[1] = below(8);
		if (number == SYS_INTERRUPT_BIND)
			arguments[2] = below(2) == 0 ? home_of(process) : handle_of_kind(process, OBJECT_PORT);
		random_interrupt();
		break;
	default:
		break;
	}
}

static void attempt_call(struct process *process, uint64_t number, const uint64_t arguments[6],
                         uint64_t length)
{
	uint64_t result = kernel_syscall(fixture.kernel, process, number, arguments, &length);

	if (length > KERNEL_BUFFER_SIZE)
		ck_abort_msg("call %u wrote too much", (unsigned)number);
	if (result_is_error(result) && result != SYSCALL_BLOCKED && result_error(result) > E_LAST)
		ck_abort_msg("call %u has no such error", (unsigned)number);
}

static void random_call(struct process *process)
{
	uint64_t number = 1 + below(50), length = below(200);
	uint64_t arguments[6];

	/* Births and receives are frequent, */
	if (number > SYS_INTERRUPT_BIND || below(8) == 0)
		number = below(3) == 0 ? SYS_SCHED_SPAWN : SYS_PORT_RECEIVE;
	/* endings are rare, or nothing grows. */
	if ((number == SYS_EXIT || number == SYS_PROCESS_KILL) && below(30) != 0)
		number = SYS_PORT_SEND;
	for (int at = 0; at < 6; at++)
		arguments[at] = below(2) == 0 ? random_number() : random_handle(process);
	arguments[1] = below(2) == 0 ? random_rights() : arguments[1];
	if (below(100) == 0)
		length = random_word();
	if (below(20) == 0) {
		for (uint32_t at = 0; at < KERNEL_BUFFER_SIZE; at++)
			((uint8_t *)process->buffer)[at] = (uint8_t)random_word();
	}
	if (below(5) != 0)
		plausible(process, number, arguments, &length);
	attempt_call(process, number, arguments, length);
}

static struct lane *random_lane(void)
{
	uint64_t wanted = fixture.kernel->next_lane - 1 - below(10);

	list_for_each(link, &fixture.kernel->lanes) {
		if (list_entry(link, struct lane, link)->id >= wanted)
			return list_entry(link, struct lane, link);
	}
	return NULL;
}

/* A step that chance alone takes too rarely: what makes lanes live. */
static void lane_call(struct lane *lane)
{
	struct lane_end *end = &lane->ends[below(2)], *peer = lane_end_peer(end);
	uint64_t arguments[6] = {end->handle};

	if (lane->state == LANE_OPENING && lane->port->owner != NULL) {
		arguments[0] = lane->port->receive;
		arguments[1] = lane->id;
		attempt_call(lane->port->owner, below(4) == 0 ? SYS_LANE_REFUSE : SYS_LANE_ACCEPT, arguments,
		             0);
		return;
	}
	if (!end->open)
		return;
	if (!list_empty(&peer->parked) && below(2) == 0) {
		arguments[1] = list_entry(peer->parked.next, struct transit, link)->cookie;
		attempt_call(end->process, SYS_CAP_ACCEPT, arguments, 0);
	} else if (below(3) == 0) {
		arguments[1] = fixture.machine.time + SECOND;
		attempt_call(end->process, SYS_WAIT, arguments, 0);
	} else {
		arguments[1] = random_handle(end->process);
		arguments[2] = RIGHT_SEND | RIGHT_TRANSFER;
		attempt_call(end->process, SYS_CAP_MOVE, arguments, 0);
	}
}

/* Ends what was told to end, sooner or later. */
static void reap(struct process *process)
{
	if (process->dying && below(4) == 0)
		kernel_process_exited(fixture.kernel, process, below(512));
}

static void happen(void)
{
	const struct exception_record record = {.vector = (uint32_t)below(20),
	                                        .backtrace_count = (uint32_t)random_word()};
	struct process *process = random_process(), *guest;
	uint64_t event = below(400);

	fixture.machine.time += below(SECOND / 50);
	if (fixture.machine.timer <= fixture.machine.time)
		machine_pass(&fixture.machine, fixture.kernel, fixture.machine.time);
	if (below(50) == 0)
		fixture.machine.fail_at = fixture.machine.requests + 1 + below(6);
	if (event == 0)
		fixture.machine.traced = below(3) == 0;
	if (fixture.kernel->init == NULL)
		kernel_start_init(fixture.kernel, &fixture.manifest);
	if (process == NULL)
		return;
	if (event == 1 && process->number != 1)
		kernel_process_exited(fixture.kernel, process, below(512));
	else if (event == 2 && below(8) == 0)
		kernel_process_exited(fixture.kernel, process, below(512));
	else if (event == 3)
		kernel_process_exception(fixture.kernel, process, &record);
	else if (event < 8 && fixture.machine.processes < POPULATION)
		kernel_attach_guest(fixture.kernel, (uint32_t)below(3), "guest", &credentials_owner, &guest);
	else
		reap(process);
}

static void crowd(uint64_t seed)
{
	unsigned births = 0;

	state = seed;
	for (uint32_t step = 0; step < STEPS; step++) {
		struct process *process = random_process();
		struct lane *lane = below(4) == 0 ? random_lane() : NULL;

		if (lane != NULL)
			lane_call(lane);
		else if (process != NULL)
			random_call(process);
		happen();
		if (step % CHECK_EVERY == 0)
			kernel_check(fixture.kernel);
	}
	births = (unsigned)fixture.kernel->next_process;
	ck_assert_uint_gt(births, 50);
	ck_assert_uint_gt(fixture.kernel->next_lane, 100);
}

START_TEST(crowd_one)
{
	crowd(0x9e3779b97f4a7c15);
}
END_TEST

START_TEST(crowd_two)
{
	crowd(0xd1b54a32d192ed03);
}
END_TEST

START_TEST(crowd_three)
{
	crowd(0x2545f4914f6cdd1d);
}
END_TEST

RUN_SUITE("hostile", crowd_one, crowd_two, crowd_three);
