/*
 * Changing the block maps of ext2 and ext3: see extent.h, and indirect.c for what they are.
 * Blocks of numbers come and go with what they lead to. Their numbers have 32 bits.
 */
#include <drydock/string.h>

#include "allocate.h"
#include "indirect.h"

#define SECTOR_BITS      9u
#define METADATA_AT_ONCE 8u

static uint32_t *numbers_of(struct buffer *buffer)
{
	return (uint32_t *)(void *)buffer->data;
}

static uint32_t numbers_bits(const struct volume *volume)
{
	return volume->block_bits - 2;
}

/* Blocks that one number leads to, `levels` above the data. */
static uint64_t covered_by(const struct volume *volume, uint32_t levels)
{
	return 1ull << levels * numbers_bits(volume);
}

static void sectors_add(struct inode *inode, int64_t blocks)
{
	inode->sectors += (uint64_t)(blocks * (int64_t)(inode->volume->block_size >> SECTOR_BITS));
}

/* A number that leads to another block is not believed. */
static int32_t table_get(const struct inode *inode, uint32_t number, struct buffer **buffer)
{
	if (!volume_holds(inode->volume, number, 1))
		return inode_damage(inode, number, "a number of a block points beyond the end");
	return cache_get(&inode->volume->cache, number, buffer);
}

/* ---- inserting ----------------------------------------------------------------------- */

/* Takes a block of numbers into use, all zeros. */
static int32_t table_make(struct handle *handle, struct inode *inode, struct buffer **buffer)
{
	struct volume *volume = inode->volume;
	uint64_t block;
	uint32_t count;
	int32_t error = blocks_allocate(handle, inode_goal(inode), 1, &block, &count);

	if (error)
		return error;
	if (block > UINT32_MAX) {
		error = blocks_free(handle, block, 1, true);
		return error ? error : POSIX_ENOSPC;
	}
	error = cache_get_new(&volume->cache, block, buffer);
	if (!error) {
		error = handle_change(handle, *buffer);
		if (error)
			cache_put(&volume->cache, *buffer);
	}
	if (error)
		transactions_abort(volume, "a block of numbers cannot be made", error);
	else
		sectors_add(inode, 1);
	return error;
}

/*
 * Brings the block of numbers that `number`, of the block `above` (NULL: of the inode), leads to; it is made
 * where there is none. *buffer is one of the handle's changes then.
 */
static int32_t step_down(struct handle *handle, struct inode *inode, struct buffer *above, uint32_t index,
                         struct buffer **buffer)
{
	uint32_t number = above ? numbers_of(above)[index] : inode->raw->block.word[index];
	int32_t error = 0;

	if (number) {
		error = table_get(inode, number, buffer);
		if (error)
			return error;
		error = handle_change(handle, *buffer);
		if (error)
			cache_put(&inode->volume->cache, *buffer);
		return error;
	}
	error = table_make(handle, inode, buffer);
	if (error)
		return error;
	number = (uint32_t)(*buffer)->block;
	if (above)
		numbers_of(above)[index] = number;
	else
		inode->raw->block.word[index] = number;
	return 0;
}

uint32_t indirect_room(const struct inode *inode, uint64_t logical)
{
	struct indirect_place place;

	if (!indirect_place_find(inode->volume, logical, &place))
		return 0;
	if (place.levels == 0)
		return INDIRECT_DIRECT - place.word;
	return (uint32_t)(covered_by(inode->volume, 1) - (place.offset & (covered_by(inode->volume, 1) - 1)));
}

/* Tables that were made stay, where there is no block for the next: they lead to nothing yet. */
int32_t indirect_insert(struct handle *handle, struct inode *inode, uint64_t logical, uint64_t physical,
                        uint32_t count)
{
	const uint32_t bits = numbers_bits(inode->volume);
	struct cache *cache = &inode->volume->cache;
	struct buffer *buffer = NULL;
	struct indirect_place place;
	uint32_t index;

	if (!indirect_place_find(inode->volume, logical, &place))
		return POSIX_EFBIG;
	if (physical + count > UINT32_MAX)
		return POSIX_ENOSPC;
	index = place.word;
	for (uint32_t levels = place.levels; levels > 0; levels--) {
		struct buffer *next;
		int32_t error = step_down(handle, inode, buffer, index, &next);

		cache_put(cache, buffer);
		if (error)
			return error;
		buffer = next;
		index = (uint32_t)(place.offset >> (levels - 1) * bits) & ((1u << bits) - 1);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (buffer)
			numbers_of(buffer)[index + i] = (uint32_t)(physical + i);
		else
			inode->raw->block.word[index + i] = (uint32_t)(physical + i);
	}
	cache_put(cache, buffer);
	return 0;
}

/* ---- removing --------------------------------------------------------------------------- */

/* What is to be taken out: from one block to before another, and the first that comes from the end. */
struct cut {
	struct handle *handle;
	struct inode *inode;
	uint64_t first;
	uint64_t end;
	uint64_t physical; /* what came out */
	uint32_t count;
	bool done; /* something has changed */
};

/* The part of a range that `count` numbers tell of, which lead to `covered` blocks each from `base` on; as indices. */
static bool indices_find(const struct cut *cut, uint64_t base, uint64_t covered, uint32_t count, uint32_t *first,
                         uint32_t *end)
{
	if (cut->end <= base || cut->first >= base + covered * count)
		return false;
	*first = cut->first > base ? (uint32_t)((cut->first - base) / covered) : 0;
	*end = cut->end >= base + covered * count ? count : (uint32_t)((cut->end - base + covered - 1) / covered);
	return *first < *end;
}

/* The last run of numbers of blocks of data, the first of which tells of block `base`; *index is where it begins. */
static bool run_find(struct cut *cut, const uint32_t *numbers, uint64_t base, uint32_t count, uint32_t *index)
{
	const uint32_t most = inode_is(cut->inode, POSIX_S_IFREG) ? count : METADATA_AT_ONCE;
	uint32_t first, at;

	if (!indices_find(cut, base, 1, count, &first, &at))
		return false;
	while (at > first && numbers[at - 1] == 0)
		at--;
	for (; at > first && numbers[at - 1] != 0 && cut->count < most; at--) {
		if (cut->count > 0 && numbers[at - 1] + 1 != cut->physical)
			break;
		cut->physical = numbers[at - 1];
		cut->count++;
	}
	*index = at;
	return cut->count > 0;
}

static bool is_empty(const uint32_t *numbers, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (numbers[i])
			return false;
	}
	return true;
}

static int32_t table_cut(struct cut *cut, uint32_t number, uint32_t levels, uint64_t base, bool *is_gone);

/* The same among numbers of blocks of numbers; *emptied is the index of one that is to become zero, or `count`. */
static int32_t tables_cut(struct cut *cut, const uint32_t *numbers, uint32_t levels, uint64_t base,
                          uint32_t count, uint32_t *emptied)
{
	const uint64_t covered = covered_by(cut->inode->volume, levels);
	uint32_t first, at;
	int32_t error = 0;

	*emptied = count;
	if (!indices_find(cut, base, covered, count, &first, &at))
		return 0;
	while (!error && !cut->done && at-- > first) {
		bool is_gone = false;

		if (numbers[at])
			error = table_cut(cut, numbers[at], levels, base + at * covered, &is_gone);
		if (is_gone)
			*emptied = at;
	}
	return error;
}

/* Looks in the block of numbers `number`, which is freed where none is left in it. */
static int32_t buffer_cut(struct cut *cut, struct buffer *buffer, uint32_t levels, uint64_t base, bool *is_gone)
{
	const uint32_t count = 1u << numbers_bits(cut->inode->volume);
	uint32_t *numbers = numbers_of(buffer), index = count;
	bool touched;
	int32_t error = 0;

	if (levels == 1) {
		touched = run_find(cut, numbers, base, count, &index);
	} else {
		error = tables_cut(cut, numbers, levels - 1, base, count, &index);
		touched = index < count;
	}
	/* One that never came to lead anywhere goes as well. */
	if (error || (!touched && !is_empty(numbers, count)))
		return error;
	error = handle_change(cut->handle, buffer);
	if (error)
		return error;
	cut->done = true;
	if (touched)
		memset(&numbers[index], 0, (levels == 1 ? cut->count : 1) * sizeof(numbers[0]));
	*is_gone = is_empty(numbers, count);
	if (!*is_gone)
		return 0;
	sectors_add(cut->inode, -1);
	return blocks_free(cut->handle, buffer->block, 1, true);
}

static int32_t table_cut(struct cut *cut, uint32_t number, uint32_t levels, uint64_t base, bool *is_gone)
{
	struct buffer *buffer;
	int32_t error = table_get(cut->inode, number, &buffer);

	if (error)
		return error;
	error = buffer_cut(cut, buffer, levels, base, is_gone);
	cache_put(&cut->inode->volume->cache, buffer);
	return error;
}

/* The inode's own numbers: those of data come last, as they come first in the file. */
static int32_t words_cut(struct cut *cut)
{
	const struct volume *volume = cut->inode->volume;
	uint32_t numbers[INODE_BLOCK_BYTES / 4];
	uint64_t base = INDIRECT_DIRECT;
	uint32_t index;
	int32_t error = 0;

	memcpy(numbers, cut->inode->raw->block.bytes, sizeof(numbers));
	for (uint32_t levels = 1; levels < INDIRECT_LEVELS; levels++)
		base += covered_by(volume, levels);
	for (uint32_t levels = INDIRECT_LEVELS; levels > 0 && !error && !cut->done; levels--) {
		uint32_t *number = &numbers[INDIRECT_DIRECT + levels - 1];

		error = tables_cut(cut, number, levels, base, 1, &index);
		if (index == 0)
			*number = 0;
		base -= covered_by(volume, levels - 1);
	}
	if (!error && !cut->done && run_find(cut, numbers, 0, INDIRECT_DIRECT, &index)) {
		memset(&numbers[index], 0, cut->count * sizeof(numbers[0]));
		cut->done = true;
	}
	memcpy(cut->inode->raw->block.bytes, numbers, sizeof(numbers));
	return error;
}

int32_t indirect_remove(struct handle *handle, struct inode *inode, uint64_t first, uint64_t end, bool *more)
{
	struct cut cut = {.handle = handle, .inode = inode, .first = first, .end = end};
	int32_t error = words_cut(&cut);

	*more = !error && cut.done;
	if (error || cut.count == 0)
		return error;
	if (!volume_holds(inode->volume, cut.physical, cut.count))
		return inode_damage(inode, cut.physical, "a number of a block points beyond the end");
	sectors_add(inode, -(int64_t)cut.count);
	return blocks_free(handle, cut.physical, cut.count, !inode_is(inode, POSIX_S_IFREG));
}
