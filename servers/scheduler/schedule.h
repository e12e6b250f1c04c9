/*
 * The scheduler's table: priority and slice of each process that somebody has
 * set, in memory that the kernel reads at any time (struct schedule_table).
 *
 * The scheduler is the only writer. It makes `version` odd, changes rows, and
 * makes it even; a reader that saw an odd one, or another one afterwards,
 * starts over. The memory is written and never read back for decisions: the
 * rows here are private.
 */
#ifndef SERVERS_SCHEDULER_SCHEDULE_H
#define SERVERS_SCHEDULER_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/sys.h>

/* Shortest and longest slice, microseconds. */
#define SLICE_MINIMUM 100u
#define SLICE_MAXIMUM 1000000u

struct schedule {
	struct schedule_table *shared;
	uint32_t version; /* what is in the shared one */
	uint32_t count;
	struct schedule_entry rows[SCHEDULE_MAXIMUM];
};

/* `shared` is zero. */
void schedule_init(struct schedule *schedule, struct schedule_table *shared);

/* Whether a process may have this priority and slice. */
bool schedule_valid(uint32_t priority, uint32_t slice);

/* The row of a process, or NULL. */
const struct schedule_entry *schedule_find(const struct schedule *schedule, uint64_t process);

/* Sets or adds the row of a process (not 0), with valid values. False where the table is full. */
bool schedule_set(struct schedule *schedule, uint64_t process, uint32_t priority, uint32_t slice);

/*
 * Drops the rows of all processes that are not among `count` ids of `living`,
 * which rise. Returns how many were dropped.
 */
uint32_t schedule_keep(struct schedule *schedule, const uint64_t *living, uint32_t count);

#endif
