/* Taking blocks and inodes into use, and freeing them. All of it suspends. */
#ifndef EXT4_ALLOCATE_H
#define EXT4_ALLOCATE_H

#include "inode.h"

/* Blocks of metadata that one call of each changes: of blocks_free for each group that it frees in. */
#define BLOCKS_ALLOCATE_CHANGES 2u
#define BLOCKS_FREE_CHANGES     2u
#define INODE_ALLOCATE_CHANGES  3u
#define INODE_FREE_CHANGES      3u

/*
 * Takes up to `wanted` blocks (above 0) that follow each other, at `goal` or as
 * near after it as they are to be had; *count is how many. POSIX_ENOSPC;
 * POSIX_EUCLEAN; errors of handle_change and cache_get.
 */
int32_t blocks_allocate(struct handle *handle, uint64_t goal, uint32_t wanted, uint64_t *first,
                        uint32_t *count);

/*
 * After POSIX_ENOSPC: whether to try once more, since space that was freed is not used before that is
 * durable, and now it is. *tried is false at first. Suspends, with no handle open.
 */
bool space_may_come(struct volume *volume, int32_t error, bool *tried);

/*
 * Frees blocks. `metadata` is true of blocks of extent trees, of directories and
 * of attributes, which the log may have. POSIX_EUCLEAN: they are not in use.
 */
int32_t blocks_free(struct handle *handle, uint64_t first, uint64_t count, bool metadata);

/*
 * Takes an inode into use, for something in `directory` that is of `mode`, and
 * holds it, its lock free: zero but for mode, times, generation and, where the volume has them,
 * an empty extent tree for files and directories. It is not written yet.
 */
int32_t inode_allocate(struct handle *handle, const struct inode *directory, uint32_t mode,
                       struct inode **inode);

/* Frees an inode, which has no blocks any more, and forgets it. Who holds it finds it `freed`. */
int32_t inode_free(struct handle *handle, struct inode *inode);

/* Where blocks of an inode that has none yet are best: in its own group. */
uint64_t inode_goal(const struct inode *inode);

#endif
