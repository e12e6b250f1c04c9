/*
 * A whole system in one process: the real kernel core and the real runtime,
 * with processes that are function calls, and a clock that stands still until
 * the test moves it. It implements platform.h and os.h; so servers run in a
 * debugger, under valgrind, and the same way every time.
 */
#ifndef DRYDOCK_TESTS_BASIN_H
#define DRYDOCK_TESTS_BASIN_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/server.h>

#include "kernel/kernel.h"
#include "kernel/object.h"

#define BASIN_IMAGES 8

struct basin; /* one system */

/* What runs when a process is started from image `name`. */
struct basin_image {
	const char *name;
	const struct server_definition *definition;
};

/* Makes a system; its init is the image "init". `images` ends with a NULL name. */
struct basin *basin_create(const struct basin_image *images);

/* The wall clock, which tells the system's own time at first, shows so many nanoseconds since 1970 now. */
void basin_set_wall_time(struct basin *basin, uint64_t nanoseconds);

/* From now on the machine has no randomness to give to new processes. */
void basin_without_random(struct basin *basin);

/* Ends it. The test fails where the kernel did not give everything back. */
void basin_destroy(struct basin *basin);

struct kernel *basin_kernel(struct basin *basin);

/* Runs every process in turn until none has anything to do. */
void basin_run(struct basin *basin);

/* Moves the clock, running what becomes due on the way. */
void basin_pass(struct basin *basin, uint64_t nanoseconds);

/* A process that the test itself drives, through `os` alone; ends with the basin. */
struct os *basin_attach(struct basin *basin, uint32_t role, const char *name, struct process **process);

/* Ends a process as a crash would: at once, in the midst of whatever it does. */
void basin_kill(struct basin *basin, struct process *process);
struct process *basin_process(struct basin *basin, const char *image);

/* All that was printed so far, NUL-terminated. */
const char *basin_console(struct basin *basin);

/* Whether the services were announced to be up. */
bool basin_announced(const struct basin *basin);

/* How many bytes had been printed when it was announced that booting failed; 0: it was not. */
size_t basin_failed_at(const struct basin *basin);

/* While set, deadlines of calls do not fire. */
void basin_set_traced(struct basin *basin, bool traced);

#endif
