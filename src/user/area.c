/* Ranges of a lane's data area (src/user/area.h). */
#include "user/area.h"

void area_init(struct area *area, uint64_t *bitmap, uint32_t size)
{
	area->used = bitmap;
	area->granules = size / AREA_GRANULE;
	area->low = 0;
	if (area->granules % 64 != 0)
		bitmap[area->granules / 64] = ~0ull << (area->granules % 64);
}

/* First free granule at or after `from`, or area->granules. */
static uint32_t next_free(const struct area *area, uint32_t from)
{
	while (from < area->granules) {
		uint64_t free = ~area->used[from / 64] >> (from % 64);

		if (free != 0)
			return from + (uint32_t)__builtin_ctzll(free);
		from = (from / 64 + 1) * 64;
	}
	return area->granules;
}

/* First used granule at or after `from`, or the first at or after `limit`. */
static uint32_t next_used(const struct area *area, uint32_t from, uint32_t limit)
{
	while (from < limit && from < area->granules) {
		uint64_t used = area->used[from / 64] >> (from % 64);

		if (used != 0) {
			from += (uint32_t)__builtin_ctzll(used);
			return from < limit ? from : limit;
		}
		from = (from / 64 + 1) * 64;
	}
	return from < limit ? area->granules : limit;
}

/* Sets or clears the bits of `count` granules from `first` on. */
static void mark(struct area *area, uint32_t first, uint32_t count, bool used)
{
	while (count > 0) {
		uint32_t bit = first % 64;
		uint32_t run = count < 64 - bit ? count : 64 - bit;
		uint64_t mask = (run == 64 ? ~0ull : (1ull << run) - 1) << bit;

		if (used)
			area->used[first / 64] |= mask;
		else
			area->used[first / 64] &= ~mask;
		first += run;
		count -= run;
	}
}

/*
 * Finds `count` free granules, the lowest: these are warm in the cache.
 * area->granules where there are none.
 */
static uint32_t search(const struct area *area, uint32_t count)
{
	uint32_t from = area->low;

	while ((from = next_free(area, from)) < area->granules) {
		uint32_t end;

		if (count > area->granules - from)
			return area->granules;
		end = next_used(area, from, from + count);
		if (end >= from + count)
			return from;
		from = end;
	}
	return area->granules;
}

bool area_reserve(struct area *area, uint32_t length, struct range *range)
{
	uint32_t count = area_granules(length);
	uint32_t first = search(area, count);

	if (first == area->granules)
		return false;
	mark(area, first, count, true);
	if (first == area->low)
		area->low = first + count;
	*range = (struct range){.offset = first * AREA_GRANULE, .length = length};
	return true;
}

void area_release(struct area *area, struct range range)
{
	uint32_t first = range.offset / AREA_GRANULE;

	if (range.length == 0)
		return;
	mark(area, first, area_granules(range.length), false);
	if (first < area->low)
		area->low = first;
}
