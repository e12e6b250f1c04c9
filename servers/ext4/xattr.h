/* Extended attributes (Documentation/filesystems/ext4, "Extended Attributes"). */
#ifndef EXT4_XATTR_H
#define EXT4_XATTR_H

#include "inode.h"

/*
 * The attribute in the inode that holds what of inline data does not fit
 * i_block. Points into the inode; *size is 0 where there is none. POSIX_EUCLEAN.
 */
int32_t xattr_inline_data(const struct inode *inode, const uint8_t **data, uint32_t *size);

/*
 * Gives the block with attributes of an inode back, which others may have as
 * well. The inode is not written. Suspends. POSIX_EUCLEAN; errors of handle_change.
 */
#define XATTR_RELEASE_CHANGES 3u

int32_t xattr_release(struct handle *handle, struct inode *inode);

#endif
