/*
 * Who may do what to files: the checks of Linux by uid, gid, groups, mode bits
 * and ACLs (path_resolution(7), credentials(7), acl(5)), without capabilities: uid 0 may
 * do all, but execute only what is executable for somebody.
 *
 * An identity with IDENTITY_CHECKED is always allowed: the kernel that the
 * client serves has checked. Of flags that nobody is above (chattr(1): immutable,
 * append-only) that knows nothing, so they are looked at all the same; what they
 * forbid is POSIX_EPERM. Names they protect in tmpfs itself.
 */
#ifndef VFS_PERMISSION_H
#define VFS_PERMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/filesystem.h>

#include "tmpfs.h"

/* As the mask of access(2). */
#define ACCESS_EXECUTE FILESYSTEM_EXECUTE
#define ACCESS_WRITE   FILESYSTEM_WRITE
#define ACCESS_READ    FILESYSTEM_READ

/* What the SDK's checks look at; valid as long as the attributes. */
struct filesystem_permissions permission_of(const struct tmpfs_attributes *node);

/* Whether mode, owner and access ACL let `who` do all of `wanted` (ACCESS_*); IDENTITY_CHECKED does not matter here. */
bool permission_allows(const struct identity *who, const struct tmpfs_attributes *node, uint32_t wanted);

/* POSIX_EACCES where they do not; nobody writes to what is immutable. */
int32_t permission_check(const struct identity *who, const struct tmpfs_attributes *node, uint32_t wanted);

/*
 * Whether the name of `victim` may be taken out of `directory`: POSIX_EACCES,
 * or POSIX_EPERM where the directory is sticky and neither is `who`'s own, or where flags forbid it.
 */
int32_t permission_remove(const struct identity *who, const struct tmpfs_attributes *directory,
                          const struct tmpfs_attributes *victim);

/* Whether flags let something be written at `offset`. */
int32_t permission_write_at(const struct tmpfs_attributes *node, uint64_t offset);

/* Whether they let more change than content by what is added to it. */
int32_t permission_change(const struct tmpfs_attributes *node);

/*
 * Whether the attributes that `valid` (enum tmpfs_set) names may become
 * `values`: POSIX_EPERM, or POSIX_EACCES where writing is what is needed.
 */
int32_t permission_set(const struct identity *who, const struct tmpfs_attributes *node, uint32_t valid,
                       const struct tmpfs_attributes *values);

/*
 * The permission bits that `node` has after such a change. Set-user-id and
 * set-group-id do not survive a new owner, nor a new size unless it is root who
 * sets it; set-group-id is not given by those outside the group.
 */
uint32_t permission_mode_after(const struct identity *who, const struct tmpfs_attributes *node,
                               uint32_t valid, const struct tmpfs_attributes *values);

/* Whether `who` may leave set-group-id on something of that group. */
bool permission_keeps_group_bit(const struct identity *who, uint32_t gid);

/* The permission bits that a regular file has after `who` has written to it. */
uint32_t permission_mode_written(const struct identity *who, const struct tmpfs_attributes *node);

/* The permission bits that `node` has after chown(2) has changed neither its owner nor its group. */
uint32_t permission_mode_chowned(const struct identity *who, const struct tmpfs_attributes *node);

/*
 * Fills in owner and group of what `who` makes in `directory`, and corrects
 * the mode: a set-group-id directory hands its group down, and to directories
 * that bit as well.
 */
void permission_inherit(const struct identity *who, const struct tmpfs_attributes *directory,
                        bool is_directory, struct tmpfs_creation *creation);

#endif
