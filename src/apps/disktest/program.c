/*
 * The disk's self-test as a program: runs over disk 0, says in the log what
 * became of each step, and ends with 0 if all passed. Its option `range=BYTES`
 * bounds it to the beginning of the disk. It destroys what is there.
 */
#include <drydock/posix.h>
#include <drydock/server.h>
#include <drydock/string.h>

#include "apps/disktest/disktest.h"

#define RANGE_DEFAULT (8ull << 20) /* bytes */

struct program {
	struct runtime *runtime;
	struct fiber *waiting; /* in wait(); NULL: nobody */
	struct disktest test;
};

/* The loop polls the disk meanwhile, and sleeps until it interrupts. */
static void wait(void *context)
{
	struct program *program = context;

	program->waiting = fiber_current(program->runtime);
	fiber_wait(program->runtime);
	program->waiting = NULL;
}

static void ended(void *context)
{
	struct program *program = context;

	if (program->waiting != NULL)
		fiber_wake(program->waiting);
}

static void report(void *context, const char *step, bool passed, const char *text)
{
	struct program *program = context;

	if (passed)
		log_print(program->runtime, LOG_INFO, "%s: passed", step);
	else
		log_print(program->runtime, LOG_ERROR, "%s: failed: %s", step, text);
}

static uint64_t range_of(struct runtime *runtime, const struct disk_geometry *geometry)
{
	uint64_t range = RANGE_DEFAULT, given;
	char value[32];

	if (string_option(runtime_start(runtime)->options, "range", value, sizeof(value)) &&
	    string_to_number(value, &given))
		range = given;
	if (range > geometry->size)
		range = geometry->size;
	return range - range % geometry->block_size;
}

static uint64_t run(struct program *program, struct disk *disk)
{
	const struct disk_geometry *geometry = &disk->geometry;
	const struct disktest_options options = {.length = range_of(program->runtime, geometry),
	                                         .seed = 1,
	                                         .wait = wait,
	                                         .ended = ended,
	                                         .report = report,
	                                         .context = program};
	uint32_t failed;

	log_print(program->runtime, LOG_INFO, "disk of %llu bytes in blocks of %u%s; testing %llu",
	          (unsigned long long)geometry->size, geometry->block_size,
	          geometry->flags & DISK_READ_ONLY ? ", read-only" : "", (unsigned long long)options.length);
	failed = disktest_run(&program->test, disk, &options);
	if (failed == 0)
		log_print(program->runtime, LOG_INFO, "the disk has passed");
	else
		log_print(program->runtime, LOG_ERROR, "the disk has failed: %u of its tests", failed);
	return failed > 0;
}

static void program_start(struct runtime *runtime, void *state)
{
	struct program *program = state;
	struct disk *disk;
	int32_t status;
	uint64_t code;

	program->runtime = runtime;
	if (runtime_register(runtime) != 0) {
		runtime_stop(runtime, 1);
		return;
	}
	disk = disk_open(runtime, 0, &status);
	if (disk == NULL) {
		if (status == POSIX_ENOENT)
			log_print(runtime, LOG_WARNING, "there is no disk");
		else
			log_print(runtime, LOG_ERROR, "the disk cannot be opened: error %d", status);
		code = status != POSIX_ENOENT;
	} else {
		code = run(program, disk);
		disk_close(disk);
	}
	log_flush(runtime);
	runtime_stop(runtime, code);
}

extern const struct server_definition disktest_server;

const struct server_definition disktest_server = {
	.name = "disktest",
	.source = "disktest",
	.state_size = sizeof(struct program),
	.start = program_start,
};
