/* What files and symbolic links hold. */
#ifndef EXT4_FILE_H
#define EXT4_FILE_H

#include <drydock/proto/fs.h>

#include "inode.h"

/*
 * Reads up to `length` bytes (at most READ_MAXIMUM) from `offset` into memory
 * that may be shared; *done is how many there were: 0 at the end. Suspends.
 * POSIX_EISDIR; POSIX_EINVAL: neither file nor directory, or no such offset;
 * POSIX_EOPNOTSUPP: encrypted; POSIX_EUCLEAN; POSIX_EIO; POSIX_ENOMEM.
 */
#define READ_MAXIMUM (1u << 20)

int32_t file_read(struct inode *inode, uint64_t offset, uint8_t *data, uint32_t length, uint32_t *done);

/*
 * Writes `length` bytes (at most READ_MAXIMUM) at `offset` of a regular file,
 * whose lock is held exclusively, from memory that may be shared; *done is how
 * many were written: less than all where the disk is full. Suspends.
 * POSIX_EISDIR; POSIX_EINVAL; POSIX_EFBIG; POSIX_ENOSPC; POSIX_EOPNOTSUPP: it
 * is encrypted; POSIX_EROFS; POSIX_EUCLEAN; POSIX_EIO; POSIX_ENOMEM.
 */
int32_t file_write(struct inode *inode, uint64_t offset, const uint8_t *data, uint32_t length, uint32_t *done);

/* Where block `logical` of a file is best: after the one before it, where there is one. Suspends. */
uint64_t file_goal(const struct inode *inode, uint64_t logical);

/*
 * file_space.c: takes space for `length` bytes at `offset`, gives it back, or makes it zeros, by `mode`
 * (FS_ALLOCATE_*). The inode's lock is held exclusively. Suspends. POSIX_ENODEV: no regular file; POSIX_EINVAL;
 * POSIX_EFBIG; POSIX_EOPNOTSUPP: it has a block map, and this is no hole; it is encrypted; POSIX_ENOSPC: a part of it may be
 * done; POSIX_EROFS; POSIX_EUCLEAN; POSIX_EIO; POSIX_ENOMEM.
 */
int32_t file_allocate(struct inode *inode, uint32_t mode, uint64_t offset, uint64_t length);

/*
 * file_space.c: where the next data, or hole, is at or after `offset`. What was allocated and not
 * written is a hole, as is the end. Suspends. POSIX_ENXIO; POSIX_EISDIR; POSIX_EINVAL; POSIX_EUCLEAN; POSIX_EIO.
 */
int32_t file_seek(const struct inode *inode, uint64_t offset, bool data, uint64_t *found);

/*
 * Copies a symbolic link's target, without a NUL, cut to `capacity`. Suspends.
 * POSIX_EINVAL: it is no link; else as file_read.
 */
int32_t file_readlink(struct inode *inode, uint8_t *target, uint32_t capacity, uint32_t *length);

/*
 * Inline data (Documentation/filesystems/ext4, "Inline Data"): copies what
 * lies from `offset` on in i_block and the attribute after it. Of directories, too.
 */
int32_t inline_read(const struct inode *inode, uint64_t offset, uint8_t *data, uint32_t length);

#endif
