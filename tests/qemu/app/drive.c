/*
 * Devices in the hands of a child that does nonsense with them: registers, memory,
 * interrupts, all by system calls. Its devices may be wedged by that; nobody else
 * may be harmed. There is no IOMMU: so no device is ever let use the bus, by
 * which it would reach memory that is not the child's (trial_call() sees to that,
 * and devices_give_back() that it was so).
 */
#include "app.h"

#include <drydock/os.h>
#include <drydock/string.h>

#define VENDOR_VIRTIO 0x1af4u

/* Configuration space (PCI Local Bus Specification 3.0, section 6.1). */
#define CONFIG_COMMAND 4u
#define CONFIG_BARS    0x10u
#define CONFIG_ROM     0x30u
#define CONFIG_LINE    0x3cu
#define BAR_FLAGS      15u

/* Of every device call what is no nonsense, but for the handle: the rest is varied from there. */
static const uint64_t sensible[][6] = {
	{SYS_DEVICE_INFO, 0, 0},
	{SYS_DEVICE_CLAIM, 0, 1},
	{SYS_DEVICE_CONFIG, 0, 0, 4, DEVICE_READ},
	{SYS_DEVICE_CONFIG, 0, CONFIG_LINE, 1, DEVICE_WRITE},
	{SYS_DEVICE_MAP, 0, 0, 0, PAGE_SIZE},
	{SYS_DMA_ALLOCATE, 0, PAGE_SIZE},
	{SYS_INTERRUPT_BIND, 0, 0, 0, DEVICE_MESSAGE},
	{SYS_INTERRUPT_BIND, 0, 0, 0, DEVICE_LINE},
	{SYS_INTERRUPT_ACKNOWLEDGE, 0, 0},
};
#define SENSIBLE (sizeof(sensible) / sizeof(sensible[0]))

static uint64_t configuration(struct trial *trial, handle_t device, uint64_t offset, uint64_t width)
{
	return runtime_trap(trial->runtime, SYS_DEVICE_CONFIG, device, offset, width, DEVICE_READ);
}

void devices_take(struct trial *trial)
{
	const struct device_description *description = os_buffer(runtime_os(trial->runtime));
	uint64_t cursor = 0, claimed;

	trial->authority = runtime_grant(trial->runtime, "devices");
	if (trial->authority == 0)
		return;
	while (trial->device_count < TRIAL_DEVICES) {
		cursor = runtime_trap(trial->runtime, SYS_DEVICE_INFO, trial->authority, cursor, 0, 0);
		if (cursor == 0 || result_is_error(cursor))
			break;
		if (description->vendor != VENDOR_VIRTIO || description->claimed)
			continue;
		claimed = runtime_trap(trial->runtime, SYS_DEVICE_CLAIM, trial->authority, description->id, 0, 0);
		if (!result_is_error(claimed))
			trial->devices[trial->device_count++] = (handle_t)claimed;
	}
	/* A test without its devices would find nothing. */
	if (trial->device_count == 0)
		__builtin_trap();
}

static void memory_put(struct trial *trial, uint32_t place, uint64_t memory)
{
	if (trial->memories[place] != 0)
		runtime_trap(trial->runtime, SYS_VM_DEALLOCATE, trial->memories[place], 0, 0, 0);
	trial->memories[place] = (handle_t)memory;
}

void devices_give_back(struct trial *trial)
{
	for (uint32_t i = 0; i < trial->device_count; i++) {
		if (configuration(trial, trial->devices[i], CONFIG_COMMAND, 2) & COMMAND_MASTER)
			__builtin_trap();
		runtime_trap(trial->runtime, SYS_CAP_DROP, trial->devices[i], 0, 0, 0);
	}
	trial->device_count = 0;
	for (uint32_t place = 0; place < TRIAL_MEMORIES; place++)
		memory_put(trial, place, 0);
}

/* Makes the call, and keeps or gives back what it gave. */
static void drive(struct trial *trial, uint64_t number, uint64_t arguments[6])
{
	uint64_t result = trial_call(trial, number, arguments, 0);

	if (result_is_error(result))
		return;
	trial->succeeded |= 1ull << number;
	if (number == SYS_DMA_ALLOCATE)
		memory_put(trial, trial->turn++ % TRIAL_MEMORIES, result);
	if (number == SYS_DEVICE_CLAIM)
		runtime_trap(trial->runtime, SYS_CAP_DROP, result, 0, 0, 0);
}

/* A device call that could be one; those on the authority are not among them. */
static void drive_sensibly(struct trial *trial, handle_t device, uint64_t number, uint64_t arguments[6])
{
	struct random *random = &trial->random;
	uint64_t bar = random_next(random) % DEVICE_BARS;

	memset(arguments, 0, 6 * sizeof(arguments[0]));
	arguments[0] = device;
	switch (number) {
	case SYS_DEVICE_CONFIG:
		arguments[2] = 1u << random_next(random) % 3;
		arguments[1] = random_next(random) % DEVICE_CONFIG_END / arguments[2] * arguments[2];
		arguments[3] = random_next(random) % 2;
		arguments[4] = trial_value(random);
		break;
	case SYS_DEVICE_MAP:
		arguments[1] = bar;
		arguments[2] = configuration(trial, device, CONFIG_BARS + 4 * bar, 4) & ~(uint64_t)BAR_FLAGS;
		if (bar + 1 < DEVICE_BARS)
			arguments[2] |= configuration(trial, device, CONFIG_BARS + 4 * (bar + 1), 4) << 32;
		arguments[3] = PAGE_SIZE << random_next(random) % 4;
		break;
	case SYS_DMA_ALLOCATE:
		arguments[1] = 1 + random_next(random) % (64 * PAGE_SIZE);
		break;
	case SYS_INTERRUPT_BIND:
		arguments[1] = random_next(random) % 4;
		arguments[2] = runtime_start(trial->runtime)->home;
		arguments[3] = random_next(random) % 2;
		break;
	default:
		arguments[1] = random_next(random) % 4;
	}
}

void devices_fuzz(struct trial *trial)
{
	static const uint16_t numbers[] = {SYS_DEVICE_CONFIG,  SYS_DEVICE_CONFIG,         SYS_DEVICE_MAP,
	                                   SYS_DMA_ALLOCATE,   SYS_INTERRUPT_BIND,        SYS_INTERRUPT_ACKNOWLEDGE,
	                                   SYS_PORT_RECEIVE};
	uint64_t number = numbers[random_next(&trial->random) % (sizeof(numbers) / sizeof(numbers[0]))];
	uint32_t which = random_next(&trial->random) % trial->device_count;
	uint64_t arguments[6];

	if (number == SYS_PORT_RECEIVE) {
		trial_call(trial, number, (uint64_t[6]){runtime_start(trial->runtime)->home}, 0);
	} else if (random_next(&trial->random) % 256 == 0) {
		/* With all that is mapped of it and bound to it. */
		devices_give_back(trial);
		devices_take(trial);
	} else {
		drive_sensibly(trial, trial->devices[which], number, arguments);
		drive(trial, number, arguments);
	}
}

void devices_fuzzed(const struct trial *trial)
{
	for (uint64_t number = SYS_DEVICE_CONFIG; number <= SYS_INTERRUPT_BIND; number++) {
		if ((trial->succeeded & 1ull << number) == 0)
			__builtin_trap();
	}
}

/* Every two arguments of a call, and every value in both. */
static void vary(struct trial *trial, const uint64_t call[6], handle_t handle)
{
	for (uint32_t pair = 0; pair < 16; pair++) {
		uint32_t first = pair / 4, second = pair % 4;

		for (uint32_t values = 0; values < TRIAL_VALUES * TRIAL_VALUES; values++) {
			uint64_t arguments[6] = {handle, call[2], call[3], call[4], call[5]};

			if (call[0] == SYS_INTERRUPT_BIND)
				arguments[2] = runtime_start(trial->runtime)->home;
			arguments[1 + first] = trial_values[values / TRIAL_VALUES];
			arguments[1 + second] = trial_values[values % TRIAL_VALUES];
			drive(trial, call[0], arguments);
		}
	}
}

/* Says of its interrupt line that it is each of those that there could be: they are others', the console's among them. */
static void claim_lines(struct trial *trial, handle_t device)
{
	for (uint64_t line = 0; line < 256; line++) {
		trial_call(trial, SYS_DEVICE_CONFIG, (uint64_t[6]){device, CONFIG_LINE, 1, DEVICE_WRITE, line}, 0);
		trial_call(trial, SYS_INTERRUPT_BIND,
		           (uint64_t[6]){device, 0, runtime_start(trial->runtime)->home, DEVICE_LINE}, 0);
		trial_call(trial, SYS_INTERRUPT_BIND,
		           (uint64_t[6]){device, 0, runtime_start(trial->runtime)->home, DEVICE_MESSAGE}, 0);
	}
}

/* Where its registers and its ROM lie, as one number: no write changes that. */
static uint64_t places(struct trial *trial, handle_t device)
{
	uint64_t sum = configuration(trial, device, CONFIG_ROM, 4);

	for (uint64_t bar = 0; bar < DEVICE_BARS; bar++) {
		/* All ones, if those were written last, are shown no longer. */
		runtime_trap(trial->runtime, SYS_DEVICE_CONFIG, device, CONFIG_BARS + 4 * bar, 2, DEVICE_WRITE);
		sum = sum * 31 + configuration(trial, device, CONFIG_BARS + 4 * bar, 4);
	}
	return sum;
}

void devices_nonsense(struct trial *trial)
{
	uint64_t before[TRIAL_DEVICES];

	for (uint32_t which = 0; which < trial->device_count; which++)
		before[which] = places(trial, trial->devices[which]);
	for (uint32_t which = 0; which < trial->device_count; which++)
		claim_lines(trial, trial->devices[which]);
	for (uint32_t i = 0; i < SENSIBLE; i++) {
		bool of_authority = sensible[i][0] == SYS_DEVICE_INFO || sensible[i][0] == SYS_DEVICE_CLAIM;

		for (uint32_t which = 0; which < trial->device_count; which++)
			vary(trial, sensible[i], of_authority ? trial->authority : trial->devices[which]);
	}
	/* Each value in each register of configuration space. */
	for (uint64_t offset = 0; offset < DEVICE_CONFIG_END; offset++) {
		for (uint32_t value = 0; value < TRIAL_VALUES; value++) {
			for (uint32_t which = 0; which < trial->device_count; which++)
				trial_call(trial, SYS_DEVICE_CONFIG,
				           (uint64_t[6]){trial->devices[which], offset, 1u << value % 3,
				                         DEVICE_WRITE, trial_values[value]},
				           0);
		}
	}
	for (uint32_t which = 0; which < trial->device_count; which++) {
		if (places(trial, trial->devices[which]) != before[which])
			__builtin_trap();
	}
}
