/* What files and symbolic links hold. */
#ifndef EXT4_FILE_H
#define EXT4_FILE_H

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
 * POSIX_EISDIR; POSIX_EINVAL; POSIX_EFBIG; POSIX_ENOSPC; POSIX_EOPNOTSUPP: it has
 * no extents, or is encrypted; POSIX_EROFS; POSIX_EUCLEAN; POSIX_EIO; POSIX_ENOMEM.
 */
int32_t file_write(struct inode *inode, uint64_t offset, const uint8_t *data, uint32_t length, uint32_t *done);

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
