/*
 * From the blocks of a file to those of the disk (Documentation/filesystems/
 * ext4, "The Contents of inode.i_block").
 */
#ifndef EXT4_EXTENT_H
#define EXT4_EXTENT_H

#include "inode.h"

/* Some blocks of a file that follow each other, on the disk as well. */
struct mapping {
	uint64_t physical; /* the first; 0: nothing is there, or nothing was written, and it reads as zeros */
	uint64_t count;    /* above 0 */
};

/*
 * Finds where block `logical` of a file or directory lies, and how many after
 * it go on likewise. Suspends. POSIX_EUCLEAN; errors of cache_get.
 */
int32_t block_map(const struct inode *inode, uint64_t logical, struct mapping *mapping);

/* Checks the part of an extent tree that lies in the inode: 0 or POSIX_EUCLEAN. */
int32_t extent_root_check(const struct inode *inode);

/*
 * As block_map, but for space that was taken and not written, which block_map
 * calls a hole: `unwritten` is where it lies, and physical is 0. Of inodes with
 * extents only.
 */
int32_t extent_map_unwritten(const struct inode *inode, uint64_t logical, struct mapping *mapping,
                             uint64_t *unwritten);

/* ---- block_change.c: of inodes with extents, or with a block map (indirect.h), whose lock is held exclusively --- */

/* Whether it has content that a block map tells of. */
bool inode_has_map(const struct inode *inode);

/* For an inode that has no blocks yet: an empty tree, or an empty map where the volume has no extents. */
void block_map_init(struct inode *inode);

/* Bytes that such a file can have. */
uint64_t inode_size_limit(const struct inode *inode);

/* How many blocks from `logical` on one call of block_insert can tell of. */
uint32_t block_room(const struct inode *inode, uint64_t logical);

/* As extent_insert, of up to block_room blocks, and extent_remove. */
int32_t block_insert(struct handle *handle, struct inode *inode, uint64_t logical, uint64_t physical,
                     uint32_t count);
int32_t block_remove(struct handle *handle, struct inode *inode, uint64_t first, uint64_t end, bool *more);

/* ---- extent_change.c: of inodes with extents, whose lock is held exclusively ------------- */

/* Blocks of metadata that one call changes at most, but for the inode, which the caller writes. */
#define EXTENT_INSERT_CHANGES 24u
#define EXTENT_REMOVE_CHANGES 28u

/* An empty tree, in an inode that had none. */
void extent_root_init(struct inode *inode);

/*
 * Says that `count` blocks (at most EXTENT_LENGTH_WRITTEN) from `logical` on, of
 * which nothing is said yet, lie at `physical`. Suspends. POSIX_ENOSPC: the tree is
 * as it was, as far as anybody sees; POSIX_EUCLEAN; errors of handle_change.
 */
int32_t extent_insert(struct handle *handle, struct inode *inode, uint32_t logical, uint64_t physical,
                      uint32_t count);

/*
 * Takes a part of the blocks from `first` to before `end` out of the tree and
 * frees it, beginning at the end: as much as lies in one extent, and of what is
 * no regular file some few. *more becomes false when there was none left.
 * Suspends. As extent_insert; POSIX_ENOSPC only where something before and after is left.
 */
int32_t extent_remove(struct handle *handle, struct inode *inode, uint64_t first, uint64_t end, bool *more);

/* As extent_insert, for blocks that nothing is written to: at most EXTENT_LENGTH_UNWRITTEN. */
int32_t extent_insert_unwritten(struct handle *handle, struct inode *inode, uint32_t logical, uint64_t physical,
                                uint32_t count);

/*
 * Says that `count` blocks from `logical` on, which are part of one extent, are written now, or
 * count as never written. As extent_insert.
 */
int32_t extent_mark(struct handle *handle, struct inode *inode, uint32_t logical, uint32_t count,
                    bool unwritten);

#endif
