/*
 * Block groups: their descriptors (Documentation/filesystems/ext4, "Block
 * Group Descriptors", "Meta Block Groups").
 */
#ifndef EXT4_GROUP_H
#define EXT4_GROUP_H

#include "volume.h"

/* A descriptor, with the halves of its numbers put together. */
struct group {
	uint64_t block_bitmap;
	uint64_t inode_bitmap;
	uint64_t inode_table; /* the first of the blocks of its inodes, which all lie within the disk */
};

/*
 * Reads the descriptor of group `number`, which is below volume->groups.
 * Suspends. POSIX_EUCLEAN: its checksum or a number in it is wrong; errors of cache_get.
 */
int32_t group_get(struct volume *volume, uint64_t number, struct group *group);

/*
 * Reads a descriptor as it lies on the disk, its upper half zero where there is
 * none. Suspends. Errors as group_get.
 */
int32_t group_read(struct volume *volume, uint64_t number, struct ext4_group_descriptor *raw);

/* Writes it, with its checksum. Who changes descriptors holds volume->allocation. Suspends. */
int32_t group_write(struct handle *handle, uint64_t number, const struct ext4_group_descriptor *raw);

/* Where a group begins, and how many blocks it has: the last one may have less than the others. */
uint64_t group_first_block(const struct volume *volume, uint64_t number);
uint32_t group_blocks(const struct volume *volume, uint64_t number);

/* How many blocks at its beginning hold superblock and descriptors, and room for more of these. */
uint32_t group_overhead(const struct volume *volume, uint64_t number);

/* Numbers of a descriptor that lie in two halves. */
static inline uint64_t group_block_bitmap(const struct ext4_group_descriptor *raw)
{
	return (uint64_t)raw->block_bitmap_high << 32 | raw->block_bitmap_low;
}

static inline uint64_t group_inode_bitmap(const struct ext4_group_descriptor *raw)
{
	return (uint64_t)raw->inode_bitmap_high << 32 | raw->inode_bitmap_low;
}

static inline uint64_t group_inode_table(const struct ext4_group_descriptor *raw)
{
	return (uint64_t)raw->inode_table_high << 32 | raw->inode_table_low;
}

static inline uint32_t group_free_blocks(const struct ext4_group_descriptor *raw)
{
	return (uint32_t)raw->free_blocks_high << 16 | raw->free_blocks_low;
}

static inline uint32_t group_free_inodes(const struct ext4_group_descriptor *raw)
{
	return (uint32_t)raw->free_inodes_high << 16 | raw->free_inodes_low;
}

static inline uint32_t group_directories(const struct ext4_group_descriptor *raw)
{
	return (uint32_t)raw->directories_high << 16 | raw->directories_low;
}

static inline uint32_t group_unused_inodes(const struct ext4_group_descriptor *raw)
{
	return (uint32_t)raw->unused_inodes_high << 16 | raw->unused_inodes_low;
}

/* Blocks of one group's table of inodes. */
static inline uint64_t group_table_blocks(const struct volume *volume)
{
	return ((uint64_t)volume->superblock.inodes_per_group * volume->inode_size + volume->block_size - 1) >>
	       volume->block_bits;
}

/* Adds up free blocks (in blocks, not clusters) and free inodes of all groups. Suspends. */
int32_t group_count_free(struct volume *volume, uint64_t *blocks, uint64_t *inodes);

#endif
