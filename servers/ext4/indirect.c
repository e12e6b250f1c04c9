/* The block maps of ext2 and ext3, read: see indirect.h. */
#include "indirect.h"

#include "extent.h"

bool indirect_place_find(const struct volume *volume, uint64_t logical, struct indirect_place *place)
{
	const uint32_t bits = volume->block_bits - 2; /* numbers in a block */
	uint64_t covered;

	if (logical < INDIRECT_DIRECT) {
		*place = (struct indirect_place){.word = (uint32_t)logical};
		return true;
	}
	logical -= INDIRECT_DIRECT;
	for (uint32_t levels = 1; levels <= INDIRECT_LEVELS; levels++) {
		covered = 1ull << levels * bits;
		if (logical < covered) {
			*place = (struct indirect_place){INDIRECT_DIRECT + levels - 1, levels, logical};
			return true;
		}
		logical -= covered;
	}
	return false;
}

uint64_t indirect_limit(const struct volume *volume)
{
	uint64_t blocks = INDIRECT_DIRECT;

	for (uint32_t levels = 1; levels <= INDIRECT_LEVELS; levels++)
		blocks += 1ull << levels * (volume->block_bits - 2);
	return blocks;
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
		mapping->count =
			levels == 1 ? run_length(numbers, index, 1ull << bits) : (1ull << below) - offset;
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
	struct indirect_place place;
	int32_t error;

	*mapping = (struct mapping){.count = 1};
	if (!indirect_place_find(inode->volume, logical, &place))
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
