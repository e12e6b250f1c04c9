/* System calls with nonsense: each value in each argument of each, and then at random, from a seed. */
#include "app.h"

#include <drydock/os.h>
#include <drydock/string.h>

#define CALLS       48u /* more than there are */
#define OWN_HANDLES 40u

#define CONFIG_COMMAND 4u

const uint64_t trial_values[TRIAL_VALUES] = {
	0, 1, 2, 7, 16, 63, 64, 4095, 4096, 4097, 65536, 1ull << 20, 1ull << 24, 1ull << 31, (1ull << 31) - 1,
	UINT32_MAX, 1ull << 32, 1ull << 40, 1ull << 47, 0x7ffffffff000ull, 0x7fc000000000ull, 0x400000ull,
	0xffff800000000000ull, 0xffffffff80100000ull, 1ull << 63, UINT64_MAX - 4095, UINT64_MAX - 1, UINT64_MAX,
};

/* Knuth's linear congruential generator (MMIX); the high bits are good. */
uint32_t random_next(struct random *random)
{
	random->state = random->state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random->state >> 33);
}

uint64_t trial_value(struct random *random)
{
	return trial_values[random_next(random) % TRIAL_VALUES];
}

/*
 * Whether this is a handle that the runtime lives by, the first ones being of its
 * memory and lanes; or a device, which is looked at once more in the end.
 */
static bool vital(const struct trial *trial, uint64_t handle)
{
	for (uint32_t i = 0; i < trial->device_count; i++) {
		if (handle == trial->devices[i])
			return true;
	}
	return (handle & HANDLE_INDEX_MASK) < OWN_HANDLES;
}

uint64_t trial_call(struct trial *trial, uint64_t number, uint64_t arguments[6], uint64_t length)
{
	if (number == SYS_EXIT)
		return error_result(E_INVAL);
	if ((number == SYS_CAP_DROP || number == SYS_VM_DEALLOCATE || number == SYS_LANE_CLOSE) &&
	    vital(trial, arguments[0]))
		return error_result(E_INVAL);
	if (number == SYS_CAP_MOVE && vital(trial, arguments[1]))
		return error_result(E_INVAL);
	if (number == SYS_WAIT || number == SYS_PORT_RECEIVE)
		arguments[1] = DEADLINE_POLL;
	if (number == SYS_DEVICE_CONFIG && arguments[1] == CONFIG_COMMAND)
		arguments[4] &= ~(uint64_t)COMMAND_MASTER;
	return os_trap(runtime_os(trial->runtime), (enum system_call)number, arguments, &length);
}

void nonsense(struct runtime *runtime)
{
	handle_t home = runtime_start(runtime)->home;
	struct trial trial = {.runtime = runtime};

	for (uint64_t number = 0; number < CALLS; number++) {
		for (unsigned position = 0; position < 6; position++) {
			for (unsigned value = 0; value < TRIAL_VALUES; value++) {
				uint64_t arguments[6] = {home, 1, 1, 0, 0, 0};

				arguments[position] = trial_values[value];
				trial_call(&trial, number, arguments, 64);
			}
		}
		for (unsigned value = 0; value < TRIAL_VALUES; value++)
			trial_call(&trial, number, (uint64_t[6]){home}, trial_values[value]);
	}
	for (unsigned value = 0; value < TRIAL_VALUES; value++)
		trial_call(&trial, trial_values[value] + CALLS, (uint64_t[6]){home}, 0);
	devices_take(&trial);
	devices_nonsense(&trial);
	devices_give_back(&trial);
}

/* A handle that may be one, the home port, a grant, a device or its memory, or a value of the list. */
static uint64_t some_argument(struct trial *trial)
{
	const struct start_block *start = runtime_start(trial->runtime);
	struct random *random = &trial->random;

	switch (random_next(random) % 7) {
	case 0: return start->home;
	case 1: return start->init;
	case 2: return start->grant_count > 0 ? start->grants[random_next(random) % start->grant_count].handle : 1;
	case 3: return (uint64_t)(1 + random_next(random) % 3) << HANDLE_INDEX_BITS | random_next(random) % 120;
	case 4: return random_next(random) % 300;
	case 5: return random_next(random) % 2 ? trial->devices[random_next(random) % TRIAL_DEVICES]
		                               : trial->memories[random_next(random) % TRIAL_MEMORIES];
	default: return trial_value(random);
	}
}

/* What lies in the kernel buffer: often a spawn that could be one, of this very image. */
static void fill_buffer(struct runtime *runtime, struct random *random)
{
	uint8_t *buffer = os_buffer(runtime_os(runtime));
	struct spawn *spawn = (struct spawn *)(void *)buffer;

	if (random_next(random) % 2 == 0) {
		for (unsigned at = 0; at < KERNEL_BUFFER_SIZE; at += 16)
			buffer[at] = (uint8_t)random_next(random);
		return;
	}
	memset(spawn, 0, sizeof(*spawn));
	string_copy(spawn->image, NAME_SIZE, "tester", 6);
	string_copy(spawn->options, SPAWN_OPTIONS_SIZE, "nothing=1", 9);
	spawn->quota = (struct quota){.memory = 1 << 20, .handles = 32, .ports = 4, .lanes = 4};
	spawn->grant_count = random_next(random) % 3;
	spawn->grants[0].handle = spawn->grants[1].handle = runtime_start(runtime)->home;
	spawn->grants[0].rights = random_next(random) % 256;
}

void fuzz(struct runtime *runtime, uint64_t seed, uint64_t calls)
{
	struct trial trial = {.runtime = runtime, .random = {seed}};
	struct random *random = &trial.random;

	devices_take(&trial);
	for (uint64_t turn = 0; turn < calls; turn++) {
		uint64_t number = random_next(random) % CALLS, arguments[6];
		uint64_t length = random_next(random) % 4 == 0 ? trial_value(random)
		                                               : random_next(random) % (KERNEL_BUFFER_SIZE + 1);

		if (trial.device_count > 0 && random_next(random) % 2 == 0) {
			devices_fuzz(&trial);
			continue;
		}
		/* Children are dear: now and then is enough. */
		if (number == SYS_SCHED_SPAWN && random_next(random) % 16 != 0)
			continue;
		for (unsigned i = 0; i < 6; i++)
			arguments[i] = some_argument(&trial);
		if (random_next(random) % 8 == 0 || number == SYS_SCHED_SPAWN || number == SYS_PORT_SEND)
			fill_buffer(runtime, random);
		if (number == SYS_SCHED_SPAWN && random_next(random) % 2 == 0) {
			arguments[0] = runtime_grant(runtime, "spawn");
			length = sizeof(struct spawn);
		}
		if (number == SYS_PORT_SEND && random_next(random) % 2 == 0)
			length = 64;
		trial_call(&trial, number, arguments, length);
	}
	if (trial.device_count > 0)
		devices_fuzzed(&trial);
	devices_give_back(&trial);
}
