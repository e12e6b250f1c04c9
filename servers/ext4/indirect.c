/*
 * The block maps of ext2 and ext3: twelve numbers of blocks in the inode, then
 * one block of numbers, one of blocks of numbers, and one level more
 * (Documentation/filesystems/ext4, "Direct/Indirect Block Addressing").
 */
#include "extent.h"

#define LEVELS_MAXIMUM 3u

/* Where a file's block is told: by word `word` of the inode, then through `levels` blocks of numbers. */
struct place {
	uint32_t word;
	uint32_t levels;
	uint64_t offset; /* of the block, in what the word leads to */
};

/* False where the block's number is larger than a map can tell. */
static bool place_of(const struct volume *volume, uint64_t logical, struct place *place)
{
	const uint32_t bits = volume->block_bits - 2; /* numbers in a block */
	uint64_t covered;

	if (logical < INDIRECT_DIRECT) {
		*place = (struct place){.word = (uint32_t)logical};
		return true;
	}
	logical -= INDIRECT_DIRECT;
	for (uint32_t levels = 1; levels <= LEVELS_MAXIMUM; levels++) {
		covered = 1ull << levels * bits;
		if (logical < covered) {
			*place = (struct place){INDIRECT_DIRECT + levels - 1, levels, logical};
			return true;
		}
		logical -= covered;
	}
	return false;
}

/* How many numbers from `index` on go on as the first does. */
static uint64_t run_length(const uint32_t *numbers, uint64_t index, uint64_t end)
{
	uint64_t first = index, step = numbers[first] != 0;

	for (index++; index < end && numbers[index] == numbers[first] + step * (index - first);)
		index++;
	return index - first;
}

static int32_t number_check(const struct inode *inode, uint64_t block, uint32_t number, uint64_t count)
{
	if (number == 0 || volume_holds(inode->volume, number, count))
		return 0;
	return inode_damage(inode, block, "a number of a block points beyond the end");
}

/* The rest of the way, from block `block` of numbers that is `levels` above the data. */
static int32_t descend(const struct inode *inode, uint64_t block, uint32_t levels, uint64_t offset,
                       struct mapping *mapping)
{
	struct cache *cache = &inode->volume->cache;
	const uint32_t bits = inode->volume->block_bits - 2;

	for (;;) {
		uint64_t below = (levels - 1) * bits, index = offset >> below;
		const uint32_t *numbers;
		struct buffer *buffer;
		uint64_t next;
		int32_t error = cache_get(cache, block, &buffer);

		if (error)
			return error;
		numbers = (const uint32_t *)(const void *)buffer->data;
		offset &= (1ull << below) - 1;
		next = numbers[index];
		mapping->physical = next;
		mapping->count = levels == 1 ? run_length(numbers, index, 1ull << bits) : (1ull << below) - offset;
		error = number_check(inode, block, numbers[index], levels == 1 ? mapping->count : 1);
		cache_put(cache, buffer);
		if (error || next == 0 || levels == 1)
			return error;
		block = next;
		levels--;
	}
}

int32_t indirect_map(const struct inode *inode, uint64_t logical, struct mapping *mapping)
{
	uint32_t numbers[INODE_BLOCK_BYTES / 4];
	struct place place;
	int32_t error;

	*mapping = (struct mapping){.count = 1};
	if (!place_of(inode->volume, logical, &place))
		return 0;
	for (uint32_t i = 0; i < INODE_BLOCK_BYTES / 4; i++)
		numbers[i] = inode->raw->block.word[i];
	if (place.levels == 0)
		mapping->count = run_length(numbers, place.word, INDIRECT_DIRECT);
	error = number_check(inode, inode->table_block, numbers[place.word], mapping->count);
	if (error)
		return error;
	mapping->physical = numbers[place.word];
	if (place.levels == 0)
		return 0;
	if (mapping->physical == 0) {
		mapping->count = (1ull << place.levels * (inode->volume->block_bits - 2)) - place.offset;
		return 0;
	}
	return descend(inode, mapping->physical, place.levels, place.offset, mapping);
}
