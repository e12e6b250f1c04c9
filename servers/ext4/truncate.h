/* Shortening files, and deleting inodes. All of it opens handles of its own, and suspends. */
#ifndef EXT4_TRUNCATE_H
#define EXT4_TRUNCATE_H

#include "inode.h"

/*
 * Gives a regular file, whose lock is held exclusively, another size; what
 * comes into being reads as zeros. POSIX_EFBIG; POSIX_EOPNOTSUPP: inline
 * data; POSIX_EROFS; POSIX_EIO; POSIX_EUCLEAN.
 */
int32_t inode_truncate(struct inode *inode, uint64_t size);

/* For orphans_clear: frees what lies beyond the size of an orphan, which then is none any more. */
int32_t inode_truncate_end(struct inode *inode);

/*
 * Deletes an orphan that has no name, with all that belongs to it. Nobody uses
 * it any more, but for those who wait for its lock and find it `freed`.
 */
int32_t inode_delete(struct inode *inode);

/* Whether it can be deleted: inline data are not written here. */
bool inode_is_deletable(const struct inode *inode);

/*
 * Zeroes what the last block of a file has beyond its size, before the size
 * grows. One change of data.
 */
int32_t tail_zero(struct handle *handle, struct inode *inode, uint64_t size);

#endif
