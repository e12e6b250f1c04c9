/* Devices in a process's loop (src/user/device.c): a program with a disk, in a basin. */
#include "../unit.h"

#include <string.h>

#include <drydock/abi/manifest.h>
#include <drydock/os.h>

#include "basin.h"
#include "../dev/memory_disk.h"

#define PIECE PAGE_SIZE

/* A system of one process, of which `definition` is the program. */
static struct basin *boot(const struct server_definition *definition)
{
	static const struct manifest manifest = {
		.magic = MANIFEST_MAGIC, .version = MANIFEST_VERSION, .size = sizeof(manifest)};
	static struct basin_image images[] = {{"init", NULL}, {NULL, NULL}};
	struct basin *basin;

	images[0].definition = definition;
	basin = basin_create(images);
	ck_assert_int_eq(kernel_start_init(basin_kernel(basin), &manifest), E_OK);
	basin_run(basin);
	return basin;
}

/* A program that writes to its disk, and reads what it wrote. */
struct program {
	struct runtime *runtime;
	struct memory_disk disk;
	uint8_t *memory;
	unsigned ended;
	bool equal;
};

static struct program *program; /* of the basin that runs */

struct transfer {
	struct disk_request request;
	struct device_segment segment;
	struct fiber *fiber;
};

static void transfer_done(struct disk_request *request)
{
	struct transfer *transfer = request->context;

	fiber_wake(transfer->fiber);
}

/* One request from a fiber, straight through. */
static int32_t transfer(enum disk_operation operation, uint8_t *memory, uint64_t offset)
{
	bool bare = operation == DISK_FLUSH;
	struct transfer transfer = {.segment = {.address = memory, .length = PIECE},
	                            .fiber = fiber_current(program->runtime)};

	transfer.request = (struct disk_request){.operation = (uint8_t)operation,
	                                         .segment_count = bare ? 0 : 1,
	                                         .offset = offset,
	                                         .length = bare ? 0 : PIECE,
	                                         .segments = &transfer.segment,
	                                         .done = transfer_done,
	                                         .context = &transfer};
	disk_submit(&program->disk.disk, &transfer.request);
	fiber_wait(program->runtime);
	program->ended++;
	return transfer.request.status;
}

static void program_start(struct runtime *runtime, void *state)
{
	static const struct memory_disk_options options = {.size = 16 * PIECE, .flags = DISK_WRITE_CACHE};
	struct device *device;

	program = state;
	program->runtime = runtime;
	memory_disk_create(&program->disk, &options);
	device = &program->disk.disk.device;
	runtime_add_device(runtime, device);
	program->memory = device_allocate(device, 2 * PIECE);
	memset(program->memory, 0x5a, PIECE);
	ck_assert_int_eq(transfer(DISK_WRITE, program->memory, 3 * PIECE), 0);
	ck_assert_int_eq(transfer(DISK_FLUSH, NULL, 0), 0);
	ck_assert_int_eq(transfer(DISK_READ, program->memory + PIECE, 3 * PIECE), 0);
	program->equal = memcmp(program->memory, program->memory + PIECE, PIECE) == 0;
	device_free(device, program->memory, 2 * PIECE);
	runtime_remove_device(runtime, device);
	memory_disk_destroy(&program->disk);
}

static const struct server_definition program_definition = {.name = "init",
                                                            .source = "init",
                                                            .quiet = true,
                                                            .state_size = sizeof(struct program),
                                                            .start = program_start};

START_TEST(a_fiber_waits_for_its_disk_and_the_loop_brings_the_end)
{
	struct basin *basin = boot(&program_definition);

	ck_assert_uint_eq(program->ended, 3);
	ck_assert(program->equal);
	basin_destroy(basin);
}
END_TEST

/* ---- a device that notes what the loop does with it ------------------------------------ */

struct probe {
	struct device device;
	struct runtime *runtime;
	unsigned polls, kicks, arms;
	bool has_something;
	bool armed_seen; /* the process could be rung already when this was armed */
};

static struct probe probe, other;

static bool probe_poll(struct device *device)
{
	((struct probe *)device)->polls++;
	return false;
}

static void probe_kick(struct device *device)
{
	((struct probe *)device)->kicks++;
}

static bool probe_arm(struct device *device)
{
	struct probe *self = (struct probe *)device;

	self->arms++;
	self->armed_seen = os_page(runtime_os(self->runtime))->armed == 1;
	return !self->has_something;
}

static const struct device_operations probe_operations = {
	.poll = probe_poll, .kick = probe_kick, .arm = probe_arm};

static void idle_start(struct runtime *runtime, void *state)
{
	(void)state;
	probe = (struct probe){.device.operations = &probe_operations, .runtime = runtime};
	other = probe;
	runtime_add_device(runtime, &probe.device);
	runtime_add_device(runtime, &other.device);
}

static const struct server_definition idle_definition = {
	.name = "init", .source = "init", .quiet = true, .start = idle_start};

START_TEST(a_device_that_has_something_keeps_the_process_from_sleeping)
{
	struct basin *basin = boot(&idle_definition);
	unsigned polls = probe.polls, kicks = probe.kicks;

	ck_assert_uint_gt(kicks, 0);
	runtime_round(probe.runtime);
	ck_assert_uint_eq(probe.polls, polls + 1);
	ck_assert_uint_eq(other.polls, polls + 1);
	ck_assert_uint_eq(probe.kicks, kicks + 1);
	/* Sleeping would end the test: nobody sleeps in a basin. */
	other.has_something = true;
	runtime_sleep(probe.runtime);
	ck_assert_uint_eq(probe.arms, 1);
	ck_assert_uint_eq(other.arms, 1);
	ck_assert(other.armed_seen);
	/* One that is taken out is left alone. */
	runtime_remove_device(probe.runtime, &probe.device);
	runtime_sleep(probe.runtime);
	ck_assert_uint_eq(probe.arms, 1);
	ck_assert_uint_eq(other.arms, 2);
	ck_assert_uint_eq(os_page(runtime_os(probe.runtime))->armed, 0);
	basin_destroy(basin);
}
END_TEST

UNIT_RUN("device", a_fiber_waits_for_its_disk_and_the_loop_brings_the_end,
         a_device_that_has_something_keeps_the_process_from_sleeping)
