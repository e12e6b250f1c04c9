/*
 * Who may do what: mode bits, owner and groups as Linux checks them
 * (path_resolution(7)), uid 0 may all but execute what nobody may. An identity
 * with IDENTITY_CHECKED is always allowed: the kernel that the client serves
 * has checked.
 */
#ifndef EXT4_PERMISSION_H
#define EXT4_PERMISSION_H

#include <drydock/proto/fs.h>

#include "inode.h"

/* As the mask of access(2). */
#define ACCESS_EXECUTE 1u /* of a directory: search it */
#define ACCESS_WRITE   2u
#define ACCESS_READ    4u

/* Whether mode and owner let `who` do all of `wanted` (ACCESS_*); IDENTITY_CHECKED does not matter here. */
bool permission_allows(const struct identity *who, const struct inode *inode, uint32_t wanted);

/* POSIX_EACCES where they do not. */
int32_t permission_check(const struct identity *who, const struct inode *inode, uint32_t wanted);

/* As the server vfs has them (servers/vfs/permission.h). */

/*
 * Whether the name of `victim` may be taken out of `directory`: POSIX_EACCES,
 * or POSIX_EPERM where the directory is sticky and neither is `who`'s own.
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
