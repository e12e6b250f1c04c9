/* System calls with nonsense: each value in each argument of each, and then at random, from a seed. */
#include "app.h"

#include <drydock/os.h>
#include <drydock/string.h>

#define CALLS       48u /* more than there are */
#define OWN_HANDLES 40u

/* Values that have been somebody's undoing. */
static const uint64_t values[] = {
	0, 1, 2, 7, 16, 63, 64, 4095, 4096, 4097, 65536, 1ull << 20, 1ull << 24, 1ull << 31, (1ull << 31) - 1,
	UINT32_MAX, 1ull << 32, 1ull << 40, 1ull << 47, 0x7ffffffff000ull, 0x7fc000000000ull, 0x400000ull,
	0xffff800000000000ull, 0xffffffff80100000ull, 1ull << 63, UINT64_MAX - 4095, UINT64_MAX - 1, UINT64_MAX,
};
#define VALUES (sizeof(values) / sizeof(values[0]))

struct random {
	uint64_t state;
};

/* Knuth's linear congruential generator (MMIX); the high bits are good. */
static uint32_t next(struct random *random)
{
	random->state = random->state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random->state >> 33);
}

/* Whether this is a handle that the runtime lives by: the first ones are of its memory and lanes. */
static bool vital(uint64_t handle)
{
	return (handle & HANDLE_INDEX_MASK) < OWN_HANDLES;
}

/* Calls that would end the process, take its own stack away, or let it wait are not made. */
static void call(struct runtime *runtime, uint64_t number, uint64_t arguments[6], uint64_t length)
{
	if (number == SYS_EXIT)
		return;
	if ((number == SYS_CAP_DROP || number == SYS_VM_DEALLOCATE || number == SYS_LANE_CLOSE) &&
	    vital(arguments[0]))
		return;
	if (number == SYS_CAP_MOVE && vital(arguments[1]))
		return;
	if (number == SYS_WAIT || number == SYS_PORT_RECEIVE)
		arguments[1] = DEADLINE_POLL;
	os_trap(runtime_os(runtime), (enum system_call)number, arguments, &length);
}

void nonsense(struct runtime *runtime)
{
	handle_t home = runtime_start(runtime)->home;

	for (uint64_t number = 0; number < CALLS; number++) {
		for (unsigned position = 0; position < 6; position++) {
			for (unsigned value = 0; value < VALUES; value++) {
				uint64_t arguments[6] = {home, 1, 1, 0, 0, 0};

				arguments[position] = values[value];
				call(runtime, number, arguments, 64);
			}
		}
		for (unsigned value = 0; value < VALUES; value++)
			call(runtime, number, (uint64_t[6]){home}, values[value]);
	}
	for (unsigned value = 0; value < VALUES; value++)
		call(runtime, values[value] + CALLS, (uint64_t[6]){home}, 0);
}

/* A handle that may be one, the home port, a grant, or a value of the list. */
static uint64_t some_argument(struct runtime *runtime, struct random *random)
{
	const struct start_block *start = runtime_start(runtime);

	switch (next(random) % 6) {
	case 0: return start->home;
	case 1: return start->init;
	case 2: return start->grant_count > 0 ? start->grants[next(random) % start->grant_count].handle : 1;
	case 3: return (uint64_t)(1 + next(random) % 3) << HANDLE_INDEX_BITS | next(random) % 120;
	case 4: return next(random) % 300;
	default: return values[next(random) % VALUES];
	}
}

/* What lies in the kernel buffer: often a spawn that could be one, of this very image. */
static void fill_buffer(struct runtime *runtime, struct random *random)
{
	uint8_t *buffer = os_buffer(runtime_os(runtime));
	struct spawn *spawn = (struct spawn *)(void *)buffer;

	if (next(random) % 2 == 0) {
		for (unsigned at = 0; at < KERNEL_BUFFER_SIZE; at += 16)
			buffer[at] = (uint8_t)next(random);
		return;
	}
	memset(spawn, 0, sizeof(*spawn));
	string_copy(spawn->image, NAME_SIZE, "tester", 6);
	string_copy(spawn->options, SPAWN_OPTIONS_SIZE, "nothing=1", 9);
	spawn->quota = (struct quota){.memory = 1 << 20, .handles = 32, .ports = 4, .lanes = 4};
	spawn->grant_count = next(random) % 3;
	spawn->grants[0].handle = spawn->grants[1].handle = runtime_start(runtime)->home;
	spawn->grants[0].rights = next(random) % 256;
}

void fuzz(struct runtime *runtime, uint64_t seed, uint64_t calls)
{
	struct random random = {seed};

	for (uint64_t turn = 0; turn < calls; turn++) {
		uint64_t number = next(&random) % CALLS, arguments[6];
		uint64_t length = next(&random) % 4 == 0 ? values[next(&random) % VALUES]
		                                         : next(&random) % (KERNEL_BUFFER_SIZE + 1);

		/* Children are dear: now and then is enough. */
		if (number == SYS_SCHED_SPAWN && next(&random) % 16 != 0)
			continue;
		for (unsigned i = 0; i < 6; i++)
			arguments[i] = some_argument(runtime, &random);
		if (next(&random) % 8 == 0 || number == SYS_SCHED_SPAWN || number == SYS_PORT_SEND)
			fill_buffer(runtime, &random);
		if (number == SYS_SCHED_SPAWN && next(&random) % 2 == 0) {
			arguments[0] = runtime_grant(runtime, "spawn");
			length = sizeof(struct spawn);
		}
		if (number == SYS_PORT_SEND && next(&random) % 2 == 0)
			length = 64;
		call(runtime, number, arguments, length);
	}
}
