/*
 * Access control lists of nodes, by the values and names of Linux's extended
 * attributes (acl.h); node_xattr.c leaves these names to this part. Nodes of
 * mounted file systems are none of it.
 */
#ifndef VFS_NODE_ACL_H
#define VFS_NODE_ACL_H

#include "vfs.h"

/* Whether an extended attribute of that name is an ACL, and which. */
bool node_acl_named(const char *name, uint32_t length, enum tmpfs_acl *kind);

/* As tmpfs_xattr_get. POSIX_ENODATA: there is none; POSIX_EOPNOTSUPP: a symbolic link. */
int32_t node_acl_get(const struct caller *caller, uint64_t node, enum tmpfs_acl kind, void *buffer,
                     uint32_t capacity, uint32_t *size);

/*
 * Sets the ACL that `value` is, or with one without entries, or a size of 0,
 * takes it away, also where there is none. Errors of acl_parse, and POSIX_EINVAL: it is not valid;
 * POSIX_EOPNOTSUPP: a symbolic link; POSIX_EACCES: a default ACL for what is no
 * directory; POSIX_EPERM: the node is not the caller's.
 */
int32_t node_acl_set(const struct caller *caller, uint64_t node, enum tmpfs_acl kind, const void *value,
                     uint32_t size);

#endif
