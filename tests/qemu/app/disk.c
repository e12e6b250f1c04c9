/* A child that drives a disk as it should be driven, and minds if that goes wrong. */
#include "app.h"

#include <drydock/string.h>

#include "apps/disktest/disktest.h"

#define RANGE (4ull << 20) /* bytes that are overwritten */

struct honest {
	struct runtime *runtime;
	struct fiber *waiting; /* in wait(); NULL: nobody */
	struct disktest test;
};

/* The loop polls the disk meanwhile, and sleeps until it interrupts. */
static void wait(void *context)
{
	struct honest *honest = context;

	honest->waiting = fiber_current(honest->runtime);
	fiber_wait(honest->runtime);
	honest->waiting = NULL;
}

static void ended(void *context)
{
	struct honest *honest = context;

	if (honest->waiting != NULL)
		fiber_wake(honest->waiting);
}

static void report(void *context, const char *step, bool passed, const char *text)
{
	(void)context;
	(void)step;
	(void)text;
	if (!passed)
		__builtin_trap();
}

void drive_disk(struct runtime *runtime)
{
	struct honest *honest = runtime_allocate(runtime, sizeof(*honest));
	const struct disktest_options options = {
		.length = RANGE, .seed = 1, .wait = wait, .ended = ended, .report = report, .context = honest};
	int32_t status;
	struct disk *disk = disk_open(runtime, 0, &status);

	if (honest == NULL || disk == NULL || disk->geometry.size < RANGE)
		__builtin_trap();
	memset(honest, 0, sizeof(*honest));
	honest->runtime = runtime;
	if (disktest_run(&honest->test, disk, &options) != 0)
		__builtin_trap();
	disk_close(disk);
	runtime_free(runtime, honest);
}
