/*
 * Extended attributes (Documentation/filesystems/ext4, "Extended Attributes"):
 * in the inode, where there is room, and in a block, which several inodes may
 * have in common, until one of them changes.
 *
 *   xattr_area.c    as they lie in either
 *   xattr.c         reading them
 *   xattr_change.c  setting and removing
 *   inode_acl.c     those that are ACLs
 */
#ifndef EXT4_XATTR_H
#define EXT4_XATTR_H

#include "inode.h"
#include "xattr_area.h"

#define XATTR_NAME_MAXIMUM 255u   /* bytes, with what it begins with */
#define XATTR_SIZE_MAXIMUM 65536u /* bytes of a value */

/* The longest name of a kind begins so; its bytes. */
#define XATTR_PREFIX_MAXIMUM 24u

/* False: the disk knows no names that begin like this one. Points into `name`. */
bool xattr_name_find(const char *name, uint32_t length, struct xattr_name *found);

/* What a name of this kind begins with; NULL: it is not for clients to know. */
const char *xattr_prefix(uint8_t index, uint32_t *length);

/*
 * The attribute in the inode that holds what of inline data does not fit
 * i_block. Points into the inode; *size is 0 where there is none. POSIX_EUCLEAN.
 */
int32_t xattr_inline_data(const struct inode *inode, const uint8_t **data, uint32_t *size);

/*
 * Copies a value, whose length becomes *size, if there is room for it in `capacity` bytes;
 * with none at all only *size is set. The inode's lock is held. Suspends. POSIX_ENODATA; POSIX_ERANGE;
 * POSIX_EUCLEAN; errors of cache_get.
 */
int32_t xattr_get(const struct inode *inode, const struct xattr_name *name, void *value, uint32_t capacity,
                  uint32_t *size);

/* Calls `each` for all names until it returns false. Suspends before that. POSIX_EUCLEAN; errors of cache_get. */
typedef bool (*xattr_each_t)(void *context, const struct xattr_name *name);

int32_t xattr_list(const struct inode *inode, xattr_each_t each, void *context);

/* Brings the block with attributes of an inode that has one, checked. Suspends. POSIX_EUCLEAN; errors of cache_get. */
int32_t xattr_block_get(const struct inode *inode, struct buffer **buffer);

/* The attributes in such a block, and those in an inode (of no size where there are none). */
struct xattr_area xattr_block_area(const struct volume *volume, uint8_t *data);
struct xattr_area xattr_inode_area(const struct inode *inode);

/* The checksum that a block should have. */
uint32_t xattr_block_checksum(const struct volume *volume, const struct buffer *buffer);

/* ---- xattr_change.c: of an inode whose lock is held exclusively, and which the caller writes --- */

#define XATTR_SET_CHANGES     7u
#define XATTR_NEW_CHANGES     3u /* of an inode that was just made, for all calls together */
#define XATTR_RELEASE_CHANGES 3u

/*
 * Sets an attribute, or removes it, where it is there. The value is no memory that
 * others change. Suspends. POSIX_ENOSPC: there is no room, in a block neither, and nothing has changed;
 * POSIX_ENOMEM; POSIX_EUCLEAN; errors of handle_change.
 */
int32_t xattr_set(struct handle *handle, struct inode *inode, const struct xattr_change *change);

/* Removes "security.capability" (capabilities(7)), by a handle of its own, if there is one. Writes the inode. Suspends. */
int32_t xattr_drop_capability(struct inode *inode);

/*
 * Gives the block with attributes of an inode back, which others may have as
 * well. Suspends. POSIX_EUCLEAN; errors of handle_change.
 */
int32_t xattr_release(struct handle *handle, struct inode *inode);

#endif
