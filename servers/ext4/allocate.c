/*
 * Blocks: see allocate.h. A group is searched from the goal on for a run that
 * is long enough; where the groups near it have none, the longest that comes is taken.
 */
#include "allocate.h"

#include "bitmap.h"

#define GROUPS_NEAR 8u /* that are searched for a run that is long enough */

struct run {
	uint32_t first;
	uint32_t count; /* 0: none */
};

/* ---- searching ----------------------------------------------------------------------- */

static bool is_free(const struct bitmap *bitmap, uint32_t bit)
{
	return !bitmap_has(bitmap, bit) &&
	       !transactions_freed(&bitmap->volume->transactions, bitmap->group, bit);
}

/* The first run from `at` on, no longer than `wanted`. */
static struct run run_at(const struct bitmap *bitmap, uint32_t at, uint32_t end, uint32_t wanted)
{
	struct run run = {0};

	for (; at < end && run.count == 0; at++) {
		/* Eight blocks at once. */
		if (at % 8 == 0 && bitmap->buffer->data[at / 8] == 0xff) {
			at += 7;
			continue;
		}
		while (at + run.count < end && run.count < wanted && is_free(bitmap, at + run.count))
			run.count++;
		run.first = at;
	}
	return run;
}

/* The first run of `wanted` blocks between two bits, or else the longest. */
static void search_part(const struct bitmap *bitmap, uint32_t at, uint32_t end, uint32_t wanted,
                        struct run *best)
{
	while (at < end && best->count < wanted) {
		struct run run = run_at(bitmap, at, end, wanted);

		if (run.count == 0)
			return;
		if (run.count > best->count)
			*best = run;
		at = run.first + run.count;
	}
}

static struct run search(const struct bitmap *bitmap, uint32_t goal, uint32_t wanted)
{
	const uint32_t end = group_blocks(bitmap->volume, bitmap->group);
	struct run best = {0};

	search_part(bitmap, goal, end, wanted, &best);
	search_part(bitmap, 0, goal, wanted, &best);
	return best;
}

/* ---- taking ---------------------------------------------------------------------------- */

static void count_free(struct ext4_group_descriptor *raw, uint32_t free)
{
	raw->free_blocks_low = (uint16_t)free;
	raw->free_blocks_high = (uint16_t)(free >> 16);
}

/* The group's own overhead is never handed out, whatever the bitmap says. */
static bool is_overhead(const struct bitmap *bitmap, uint64_t first, uint32_t count)
{
	const uint64_t block_bitmap = group_block_bitmap(&bitmap->descriptor);
	const uint64_t inode_bitmap = group_inode_bitmap(&bitmap->descriptor);
	const uint64_t table = group_inode_table(&bitmap->descriptor);
	const uint64_t table_end = table + group_table_blocks(bitmap->volume);

	return (first <= block_bitmap && block_bitmap < first + count) ||
	       (first <= inode_bitmap && inode_bitmap < first + count) ||
	       (first < table_end && table < first + count) ||
	       first < group_first_block(bitmap->volume, bitmap->group) +
	                       group_overhead(bitmap->volume, bitmap->group);
}

static int32_t take(struct handle *handle, struct bitmap *bitmap, struct run run, uint64_t *first)
{
	const uint32_t free = group_free_blocks(&bitmap->descriptor);
	int32_t error;

	*first = group_first_block(bitmap->volume, bitmap->group) + run.first;
	if (free < run.count || is_overhead(bitmap, *first, run.count))
		return damage(bitmap->volume, bitmap->buffer->block, 0, "the bitmap of blocks is wrong");
	error = bitmap_change(handle, bitmap);
	if (error)
		return error;
	bitmap_set(bitmap, run.first, run.count);
	count_free(&bitmap->descriptor, free - run.count);
	bitmap->volume->free_blocks -= run.count;
	return bitmap_write(handle, bitmap);
}

/* Tries one group; *count stays 0 where it has no run of at least `least` blocks. */
static int32_t group_try(struct handle *handle, uint64_t group, uint32_t goal, uint32_t wanted,
                         uint32_t least, uint64_t *first, uint32_t *count)
{
	struct volume *volume = handle->volume;
	struct ext4_group_descriptor raw;
	struct bitmap bitmap;
	struct run run;
	int32_t error = group_read(volume, group, &raw);

	if (error || group_free_blocks(&raw) < least)
		return error;
	error = bitmap_get(volume, BITMAP_BLOCKS, group, &bitmap);
	if (error)
		return error;
	run = search(&bitmap, goal, wanted);
	if (run.count >= least) {
		error = take(handle, &bitmap, run, first);
		*count = error ? 0 : run.count;
	}
	bitmap_put(&bitmap);
	return error;
}

static int32_t search_groups(struct handle *handle, uint64_t goal, uint32_t wanted, uint64_t *first,
                             uint32_t *count)
{
	const struct volume *volume = handle->volume;
	const uint64_t at = goal - volume->superblock.first_data_block;
	const uint64_t start = at / volume->blocks_per_group;
	const uint32_t bit = (uint32_t)(at % volume->blocks_per_group);
	int32_t error = 0;

	for (uint32_t pass = 0; pass < 2; pass++) {
		const uint64_t groups =
			pass == 0 && volume->groups > GROUPS_NEAR ? GROUPS_NEAR : volume->groups;

		for (uint64_t i = 0; i < groups && !error && *count == 0; i++)
			error = group_try(handle, (start + i) % volume->groups, i == 0 ? bit : 0, wanted,
			                  pass == 0 ? wanted : 1, first, count);
	}
	return error;
}

int32_t blocks_allocate(struct handle *handle, uint64_t goal, uint32_t wanted, uint64_t *first,
                        uint32_t *count)
{
	struct volume *volume = handle->volume;
	int32_t error;

	*count = 0;
	if (!volume_holds(volume, goal, 1))
		goal = volume->superblock.first_data_block;
	lock_exclusive(&volume->allocation, volume->runtime);
	error = search_groups(handle, goal, wanted, first, count);
	lock_release(&volume->allocation);
	if (!error && *count == 0)
		error = POSIX_ENOSPC;
	return error;
}

bool space_may_come(struct volume *volume, int32_t error, bool *tried)
{
	if (error != POSIX_ENOSPC || *tried || volume->free_blocks == 0)
		return false;
	*tried = true;
	return transactions_commit(volume) == 0;
}

/* ---- freeing ----------------------------------------------------------------------------- */

static int32_t give(struct handle *handle, struct bitmap *bitmap, uint32_t first, uint32_t count)
{
	int32_t error;

	for (uint32_t bit = first; bit < first + count; bit++) {
		if (!bitmap_has(bitmap, bit))
			return damage(bitmap->volume, bitmap->buffer->block, 0,
			              "a block is in use and free at once");
	}
	error = bitmap_change(handle, bitmap);
	if (!error)
		error = handle_freed(handle, bitmap->group, first, count);
	if (error)
		return error;
	bitmap_clear(bitmap, first, count);
	count_free(&bitmap->descriptor, group_free_blocks(&bitmap->descriptor) + count);
	bitmap->volume->free_blocks += count;
	return bitmap_write(handle, bitmap);
}

static int32_t free_in_group(struct handle *handle, uint64_t group, uint32_t first, uint32_t count)
{
	struct volume *volume = handle->volume;
	struct bitmap bitmap;
	int32_t error;

	lock_exclusive(&volume->allocation, volume->runtime);
	error = bitmap_get(volume, BITMAP_BLOCKS, group, &bitmap);
	if (!error) {
		error = give(handle, &bitmap, first, count);
		bitmap_put(&bitmap);
	}
	lock_release(&volume->allocation);
	return error;
}

int32_t blocks_free(struct handle *handle, uint64_t first, uint64_t count, bool metadata)
{
	const struct volume *volume = handle->volume;
	int32_t error = 0;

	for (uint64_t i = 0; i < count && !error; i++)
		error = handle_forget(handle, first + i, metadata);
	while (count > 0 && !error) {
		const uint64_t at = first - volume->superblock.first_data_block;
		const uint32_t bit = (uint32_t)(at % volume->blocks_per_group);
		uint64_t part = volume->blocks_per_group - bit;

		if (part > count)
			part = count;
		error = free_in_group(handle, at / volume->blocks_per_group, bit, (uint32_t)part);
		first += part;
		count -= part;
	}
	return error;
}
