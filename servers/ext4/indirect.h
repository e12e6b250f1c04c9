/*
 * The block maps of ext2 and ext3 (Documentation/filesystems/ext4, "Direct/Indirect Block
 * Addressing"): twelve numbers of blocks in the inode, then one block of numbers, one of blocks of
 * numbers, and one level more. Others go through extent.h.
 */
#ifndef EXT4_INDIRECT_H
#define EXT4_INDIRECT_H

#include "inode.h"

#define INDIRECT_LEVELS 3u

struct mapping;

/* Where a file's block is told: by word `word` of the inode, then through `levels` blocks of numbers. */
struct indirect_place {
	uint32_t word;
	uint32_t levels;
	uint64_t offset; /* of the block, in what the word leads to */
};

/* False where the block's number is larger than a map can tell. */
bool indirect_place_find(const struct volume *volume, uint64_t logical, struct indirect_place *place);

/* Blocks that a file can have. */
uint64_t indirect_limit(const struct volume *volume);

/* As block_map, for inodes without extents. */
int32_t indirect_map(const struct inode *inode, uint64_t logical, struct mapping *mapping);

/* How many blocks from `logical` on one call of indirect_insert can tell of; 0: beyond what a map can. */
uint32_t indirect_room(const struct inode *inode, uint64_t logical);

/* As block_insert and block_remove. */
int32_t indirect_insert(struct handle *handle, struct inode *inode, uint64_t logical, uint64_t physical,
                        uint32_t count);
int32_t indirect_remove(struct handle *handle, struct inode *inode, uint64_t first, uint64_t end, bool *more);

#endif
