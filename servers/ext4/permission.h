/*
 * Who may do what: mode bits, owner, groups and ACLs as Linux checks them
 * (path_resolution(7), acl(5)), uid 0 may all but execute what nobody may. An identity
 * with IDENTITY_CHECKED is always allowed: the kernel that the client serves
 * has checked. Of flags that nobody is above (chattr(1): immutable, append-only)
 * that knows nothing, so they are looked at all the same; what they forbid is POSIX_EPERM.
 *
 * Whoever asks holds the inode's lock. An ACL may have to be read, which suspends.
 */
#ifndef EXT4_PERMISSION_H
#define EXT4_PERMISSION_H

#include <drydock/filesystem.h>

#include "inode.h"

/* As the mask of access(2). */
#define ACCESS_EXECUTE FILESYSTEM_EXECUTE
#define ACCESS_WRITE   FILESYSTEM_WRITE
#define ACCESS_READ    FILESYSTEM_READ

/*
 * What the SDK's checks look at, for `who`: with the access ACL, in `entries` (room for
 * ACL_ENTRIES_MAX), where it matters to him. Suspends. Errors of inode_acl_get.
 */
int32_t permission_read(const struct identity *who, const struct inode *inode, struct acl_entry *entries,
                        struct filesystem_permissions *permissions);

/*
 * Whether mode, owner and ACL let `who` do all of `wanted` (ACCESS_*), else POSIX_EACCES;
 * IDENTITY_CHECKED does not matter here. Suspends. Errors of inode_acl_get.
 */
int32_t permission_ask(const struct identity *who, const struct inode *inode, uint32_t wanted);

/* As permission_ask, for what is about to be done; nobody writes to what is immutable. */
int32_t permission_check(const struct identity *who, const struct inode *inode, uint32_t wanted);

/* Whether `who` may do what is the owner's to do. */
bool permission_owns(const struct identity *who, const struct inode *inode);

/* Whether flags let more change than content by what is added to it. */
int32_t permission_change(const struct inode *inode);

/* Whether they let something be written at `offset`. */
int32_t permission_write_at(const struct inode *inode, uint64_t offset);

/* Whether `who` may leave set-group-id on something of that group. */
bool permission_keeps_group_bit(const struct identity *who, uint32_t gid);

/* As the server vfs has them (servers/vfs/permission.h). */

/*
 * Whether the name of `victim` may be taken out of `directory`: POSIX_EACCES,
 * or POSIX_EPERM where the directory is sticky and neither is `who`'s own, or where flags forbid it.
 */
int32_t permission_remove(const struct identity *who, const struct inode *directory,
                          const struct inode *victim);

/*
 * Whether the attributes that `valid` (FS_SET_*) names may become `values`:
 * POSIX_EPERM, or POSIX_EACCES where writing is what is needed.
 */
int32_t permission_set(const struct identity *who, const struct inode *inode, uint32_t valid,
                       const struct fs_attributes *values);

/*
 * The permission bits that it has after such a change. Set-user-id and
 * set-group-id do not survive a new owner, nor a new size unless it is root who
 * sets it; set-group-id is not given by those outside the group.
 */
uint32_t permission_mode_after(const struct identity *who, const struct inode *inode, uint32_t valid,
                               const struct fs_attributes *values);

/* The permission bits that a regular file has after `who` has written to it. */
uint32_t permission_mode_written(const struct identity *who, const struct inode *inode);

/*
 * Mode and group of what `who` makes in `directory` with `mode`: a set-group-id
 * directory hands its group down, and to directories that bit as well.
 */
uint32_t permission_inherit(const struct identity *who, const struct inode *directory, uint32_t mode,
                            uint32_t *gid);

#endif
