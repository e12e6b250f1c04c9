/* Block groups: their descriptors (Documentation/filesystems/ext4, "Block Group Descriptors", "Meta Block Groups"). */
#ifndef EXT4_GROUP_H
#define EXT4_GROUP_H

#include "volume.h"

/* A descriptor, with the halves of its numbers put together. */
struct group {
	uint64_t block_bitmap;
	uint64_t inode_bitmap;
	uint64_t inode_table; /* the first of the blocks that hold its inodes: all of them lie within the disk */
};

/*
 * Reads the descriptor of group `number`, which is below volume->groups.
 * Suspends. POSIX_EUCLEAN: its checksum or a number in it is wrong; errors of cache_get.
 */
int32_t group_get(struct volume *volume, uint64_t number, struct group *group);

/* Adds up free blocks (in blocks, not clusters) and free inodes of all groups. Suspends. */
int32_t group_count_free(struct volume *volume, uint64_t *blocks, uint64_t *inodes);

#endif
