/* Bitmaps of groups: see bitmap.h. */
#include "bitmap.h"

#include <drydock/checksum.h>
#include <drydock/posix.h>
#include <drydock/string.h>

static uint64_t block_of(const struct bitmap *bitmap)
{
	return bitmap->kind == BITMAP_BLOCKS ? group_block_bitmap(&bitmap->descriptor)
	                                     : group_inode_bitmap(&bitmap->descriptor);
}

static uint16_t unused_flag(const struct bitmap *bitmap)
{
	return bitmap->kind == BITMAP_BLOCKS ? GROUP_BLOCKS_UNUSED : GROUP_INODES_UNUSED;
}

/* Bits that mean something; the others are set. */
static uint32_t bits_of(const struct bitmap *bitmap)
{
	return bitmap->kind == BITMAP_BLOCKS ? group_blocks(bitmap->volume, bitmap->group)
	                                     : bitmap->volume->superblock.inodes_per_group;
}

/* "Checksums": of the bits of a whole group. */
static uint32_t checksum_of(const struct bitmap *bitmap)
{
	const struct volume *volume = bitmap->volume;
	const uint64_t bits = bitmap->kind == BITMAP_BLOCKS ? volume->blocks_per_group
	                                                    : volume->superblock.inodes_per_group;

	return checksum_crc32c(volume->checksum_seed, bitmap->buffer->data, (size_t)(bits / 8));
}

/* Whether the descriptor has the upper half of checksums. */
static bool has_high(const struct volume *volume)
{
	return volume->descriptor_size >= sizeof(struct ext4_group_descriptor);
}

static bool checksum_fits(const struct bitmap *bitmap)
{
	const struct ext4_group_descriptor *raw = &bitmap->descriptor;
	const bool of_blocks = bitmap->kind == BITMAP_BLOCKS;
	uint32_t found = of_blocks ? raw->block_bitmap_checksum_low : raw->inode_bitmap_checksum_low;
	uint32_t crc;

	if (!bitmap->volume->has_checksums)
		return true;
	crc = checksum_of(bitmap);
	if (!has_high(bitmap->volume))
		return found == (crc & 0xffff);
	found |= (uint32_t)(of_blocks ? raw->block_bitmap_checksum_high : raw->inode_bitmap_checksum_high)
	         << 16;
	return found == crc;
}

void bitmap_set(struct bitmap *bitmap, uint32_t first, uint32_t count)
{
	for (uint32_t bit = first; bit < first + count; bit++)
		bitmap->buffer->data[bit / 8] |= (uint8_t)(1u << bit % 8);
}

void bitmap_clear(struct bitmap *bitmap, uint32_t first, uint32_t count)
{
	for (uint32_t bit = first; bit < first + count; bit++)
		bitmap->buffer->data[bit / 8] &= (uint8_t) ~(1u << bit % 8);
}

/* Sets those of `count` blocks from `block` on that lie in the group. */
static void set_own(struct bitmap *bitmap, uint64_t block, uint64_t count)
{
	const uint64_t first = group_first_block(bitmap->volume, bitmap->group);

	for (uint64_t i = 0; i < count; i++) {
		if (block + i >= first && block + i - first < group_blocks(bitmap->volume, bitmap->group))
			bitmap_set(bitmap, (uint32_t)(block + i - first), 1);
	}
}

/* What a bitmap that was never written stands for. */
static void fill(struct bitmap *bitmap)
{
	const struct volume *volume = bitmap->volume;

	memset(bitmap->buffer->data, 0, volume->block_size);
	bitmap_set(bitmap, bits_of(bitmap), 8 * volume->block_size - bits_of(bitmap));
	if (bitmap->kind == BITMAP_INODES)
		return;
	bitmap_set(bitmap, 0, group_overhead(volume, bitmap->group));
	set_own(bitmap, group_block_bitmap(&bitmap->descriptor), 1);
	set_own(bitmap, group_inode_bitmap(&bitmap->descriptor), 1);
	set_own(bitmap, group_inode_table(&bitmap->descriptor), group_table_blocks(volume));
}

static int32_t bring(struct bitmap *bitmap)
{
	struct cache *cache = &bitmap->volume->cache;
	int32_t error;

	if (bitmap->descriptor.flags & unused_flag(bitmap)) {
		error = cache_get_new(cache, block_of(bitmap), &bitmap->buffer);
		if (!error)
			fill(bitmap);
		return error;
	}
	error = cache_get(cache, block_of(bitmap), &bitmap->buffer);
	if (error || bitmap->buffer->checked == CHECK_BITMAP)
		return error;
	if (!checksum_fits(bitmap)) {
		bitmap_put(bitmap);
		return damage(bitmap->volume, block_of(bitmap), 0, "the checksum of a bitmap is wrong");
	}
	bitmap->buffer->checked = CHECK_BITMAP;
	return 0;
}

int32_t bitmap_get(struct volume *volume, enum bitmap_kind kind, uint64_t group, struct bitmap *bitmap)
{
	int32_t error;

	*bitmap = (struct bitmap){.volume = volume, .kind = kind, .group = group};
	error = group_read(volume, group, &bitmap->descriptor);
	return error ? error : bring(bitmap);
}

void bitmap_put(struct bitmap *bitmap)
{
	cache_put(&bitmap->volume->cache, bitmap->buffer);
	bitmap->buffer = NULL;
}

int32_t bitmap_change(struct handle *handle, struct bitmap *bitmap)
{
	int32_t error = handle_change(handle, bitmap->buffer);

	if (!error)
		bitmap->descriptor.flags &= (uint16_t)~unused_flag(bitmap);
	return error;
}

int32_t bitmap_write(struct handle *handle, struct bitmap *bitmap)
{
	struct ext4_group_descriptor *raw = &bitmap->descriptor;
	const uint32_t crc = bitmap->volume->has_checksums ? checksum_of(bitmap) : 0;
	int32_t error;

	bitmap->buffer->checked = CHECK_BITMAP;
	if (bitmap->volume->has_checksums && bitmap->kind == BITMAP_BLOCKS) {
		raw->block_bitmap_checksum_low = (uint16_t)crc;
		raw->block_bitmap_checksum_high = (uint16_t)(crc >> 16);
	} else if (bitmap->volume->has_checksums) {
		raw->inode_bitmap_checksum_low = (uint16_t)crc;
		raw->inode_bitmap_checksum_high = (uint16_t)(crc >> 16);
	}
	error = group_write(handle, bitmap->group, raw);
	if (error)
		transactions_abort(bitmap->volume, "a group descriptor cannot be written", error);
	return error;
}
