/* The table; see schedule.h. */
#include "schedule.h"

#include <stddef.h>

#include <drydock/atomic.h>

void schedule_init(struct schedule *schedule, struct schedule_table *shared)
{
	schedule->shared = shared;
	schedule->version = 0;
	schedule->count = 0;
}

bool schedule_valid(uint32_t priority, uint32_t slice)
{
	return priority <= PRIORITY_MAXIMUM && slice >= SLICE_MINIMUM && slice <= SLICE_MAXIMUM;
}

/* Its row's index, or the number of rows where it has none. */
static uint32_t row_of(const struct schedule *schedule, uint64_t process)
{
	uint32_t row = 0;

	while (row < schedule->count && schedule->rows[row].process != process)
		row++;
	return row;
}

const struct schedule_entry *schedule_find(const struct schedule *schedule, uint64_t process)
{
	uint32_t row = row_of(schedule, process);

	return row < schedule->count ? &schedule->rows[row] : NULL;
}

static void change_begin(struct schedule *schedule)
{
	atomic_store_relaxed(&schedule->shared->version, ++schedule->version);
	/* No row changes before the version is odd; pairs with the reader's second look at it. */
	atomic_fence();
}

static void change_end(struct schedule *schedule)
{
	atomic_store_relaxed(&schedule->shared->count, schedule->count);
	/* Pairs with the reader's first look: who sees this version sees the rows. */
	atomic_store_release(&schedule->shared->version, ++schedule->version);
}

static void row_write(struct schedule *schedule, uint32_t row)
{
	struct schedule_entry *shared = &schedule->shared->entry[row];

	atomic_store_relaxed(&shared->process, schedule->rows[row].process);
	atomic_store_relaxed(&shared->priority, schedule->rows[row].priority);
	atomic_store_relaxed(&shared->slice, schedule->rows[row].slice);
}

bool schedule_set(struct schedule *schedule, uint64_t process, uint32_t priority, uint32_t slice)
{
	uint32_t row = row_of(schedule, process);

	if (row == SCHEDULE_MAXIMUM)
		return false;
	if (row == schedule->count)
		schedule->count++;
	schedule->rows[row] =
		(struct schedule_entry){.process = process, .priority = priority, .slice = slice};
	change_begin(schedule);
	row_write(schedule, row);
	change_end(schedule);
	return true;
}

static bool contains(const uint64_t *ids, uint32_t count, uint64_t id)
{
	uint32_t low = 0;

	while (low < count) {
		uint32_t middle = low + (count - low) / 2;

		if (ids[middle] == id)
			return true;
		if (ids[middle] < id)
			low = middle + 1;
		else
			count = middle;
	}
	return false;
}

uint32_t schedule_keep(struct schedule *schedule, const uint64_t *living, uint32_t count)
{
	uint32_t kept = 0, dropped;

	for (uint32_t row = 0; row < schedule->count; row++) {
		if (contains(living, count, schedule->rows[row].process))
			schedule->rows[kept++] = schedule->rows[row];
	}
	dropped = schedule->count - kept;
	schedule->count = kept;
	if (dropped == 0)
		return 0;
	change_begin(schedule);
	for (uint32_t row = 0; row < kept; row++)
		row_write(schedule, row);
	change_end(schedule);
	return dropped;
}
