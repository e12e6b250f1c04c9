/*
 * ACLs of inodes (acl(5)): extended attributes with a form of their own on the disk
 * (Documentation/filesystems/ext4, "POSIX ACLs"). An access ACL is always more
 * than the permission bits say, and agrees with them.
 */
#ifndef EXT4_INODE_ACL_H
#define EXT4_INODE_ACL_H

#include <drydock/acl.h>

#include "xattr.h"

enum acl_kind {
	ACL_KIND_ACCESS,
	ACL_KIND_DEFAULT, /* of a directory: what is made in it gets */
};

/*
 * Reads an ACL into `entries` (room for ACL_ENTRIES_MAX); *count is 0 where there is none.
 * The inode's lock is held. Suspends. As xattr_get.
 */
int32_t inode_acl_get(const struct inode *inode, enum acl_kind kind, struct acl_entry *entries,
                      uint32_t *count);

/* Blocks that one call of these changes, but for the inode, which the caller writes. */
#define INODE_ACL_CHANGES XATTR_SET_CHANGES

/* Sets a valid ACL, or removes it where it has no entries; the mode stays as it is. As xattr_set. */
int32_t inode_acl_set(struct handle *handle, struct inode *inode, enum acl_kind kind, const struct acl *acl);

/*
 * Of an inode that was just made with its mode in a directory whose default ACL is
 * `preset`: gives it the ACLs that follow from that, and the mode. As xattr_set.
 */
int32_t inode_acl_inherit(struct handle *handle, struct inode *inode, const struct acl *preset);

#endif
