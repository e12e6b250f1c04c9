/*
 * Nodes of mounted file systems, and what is done with them: the part of
 * node.h that another server does. Within vfs such a node has a number like
 * those of tmpfs; it stands for a reference that vfs holds in the server, is
 * never shown to a client, and is taken from none.
 *
 * All functions that take a caller suspend. What may have changed afterwards:
 * the server may have died (POSIX_EIO), and then all nodes it knew are
 * POSIX_ESTALE for good, for its successor may mean others by their numbers.
 * The node itself is held meanwhile, whoever else gives it back.
 *
 * The server checks permissions, as it does for any client, with the caller's
 * identity; only what follows an open is asked for with IDENTITY_CHECKED.
 */
#ifndef VFS_REMOTE_H
#define VFS_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "mount.h"
#include "node.h"

/* In the lower bits of its numbers tmpfs has a slot from 1 on (tmpfs_internal.h); remote ones have 0 there. */
#define REMOTE_SHIFT 5

static inline bool node_is_remote(uint64_t node)
{
	return node != 0 && (node & ((1u << REMOTE_SHIFT) - 1)) == 0;
}

/* The mount that a node lies in; NULL: tmpfs. */
struct mount *remote_mount(uint64_t node);

/* The mount whose root it is, or NULL. */
struct mount *remote_root_of(uint64_t node);

/* The server's own number for the node. */
uint64_t remote_number(uint64_t node);

/* Finds the root of a mount, and takes a reference. */
int32_t remote_root(const struct caller *caller, struct mount *mount, struct tmpfs_attributes *attributes);

/* Takes a reference, and gives one back. These never suspend. */
void remote_reference(uint64_t node);
void remote_forget(uint64_t node);

/* As the functions of the same names of node.h. */
int32_t remote_attributes_get(const struct caller *caller, uint64_t node,
                              struct tmpfs_attributes *attributes);
int32_t remote_check(const struct caller *caller, uint64_t node, uint32_t wanted);
int32_t remote_lookup(const struct caller *caller, const struct node_name *at,
                      struct tmpfs_attributes *attributes);
int32_t remote_set_attributes(const struct caller *caller, uint64_t node, uint32_t valid,
                              const struct tmpfs_attributes *values, struct tmpfs_attributes *result);
int32_t remote_create(const struct caller *caller, const struct node_name *at, uint32_t mode, uint32_t umask,
                      uint32_t device, struct tmpfs_attributes *attributes);
int32_t remote_make_directory(const struct caller *caller, const struct node_name *at, uint32_t mode,
                              uint32_t umask, struct tmpfs_attributes *attributes);
int32_t remote_symlink(const struct caller *caller, const struct node_name *at, const char *target,
                       uint32_t target_length, struct tmpfs_attributes *attributes);
int32_t remote_link(const struct caller *caller, uint64_t node, const struct node_name *at,
                    struct tmpfs_attributes *attributes);
int32_t remote_unlink(const struct caller *caller, const struct node_name *at);
int32_t remote_remove_directory(const struct caller *caller, const struct node_name *at);
int32_t remote_rename(const struct caller *caller, const struct node_name *from, const struct node_name *to,
                      uint32_t flags);
int32_t remote_readlink(const struct caller *caller, uint64_t node, void *buffer, uint32_t capacity,
                        uint32_t *length);
int32_t remote_read(const struct caller *caller, uint64_t node, uint64_t offset, void *buffer,
                    uint32_t length, uint32_t *done);
/* `flags` as fs.write's; with FS_WRITE_APPEND *offset becomes where the data went. */
int32_t remote_write(const struct caller *caller, uint64_t node, uint64_t *offset, uint32_t flags,
                     const void *data, uint32_t length, uint32_t *done);
int32_t remote_readdir(const struct caller *caller, uint64_t directory, uint64_t cookie, uint8_t *buffer,
                       uint32_t capacity, uint32_t *length);
int32_t remote_create_unnamed(const struct caller *caller, uint64_t directory, uint32_t mode,
                              uint32_t umask, struct tmpfs_attributes *attributes);
int32_t remote_copy(const struct caller *caller, uint64_t node, uint64_t offset, uint64_t to,
                    uint64_t to_offset, uint32_t length, uint32_t *done);
int32_t remote_allocate(const struct caller *caller, uint64_t node, uint32_t mode, uint64_t offset,
                        uint64_t length);
int32_t remote_seek(const struct caller *caller, uint64_t node, uint64_t offset, uint32_t whence,
                    uint64_t *result);
int32_t remote_sync(const struct caller *caller, uint64_t node);
int32_t remote_sync_all(const struct caller *caller, struct mount *mount);
int32_t remote_xattr_get(const struct caller *caller, uint64_t node, const char *name, uint32_t length,
                         void *buffer, uint32_t capacity, uint32_t *size);
int32_t remote_xattr_set(const struct caller *caller, uint64_t node, const char *name, uint32_t length,
                         uint32_t flags, const void *value, uint32_t size);
int32_t remote_xattr_remove(const struct caller *caller, uint64_t node, const char *name, uint32_t length);
int32_t remote_xattr_list(const struct caller *caller, uint64_t node, uint8_t *buffer, uint32_t capacity,
                          uint32_t *size);

/* Of wish->node; as locks_test and locks_set. POSIX_ENOSYS: the server has no locks. */
int32_t remote_lock_test(const struct caller *caller, const struct lock_wish *wish,
                         struct fs_test_lock_results *found);
int32_t remote_lock_set(const struct caller *caller, const struct lock_wish *wish, struct request *request);

/* Gives back what the wish says, which never fails. */
void remote_lock_give_back(const struct caller *caller, const struct lock_wish *wish);

/* An owner is gone with his session: his locks are given back soon. Does not suspend. */
void remote_lock_depart(struct vfs *vfs, uint64_t node, uint64_t owner);

/*
 * Has the server offer `process` a ticket (fs.proto) for an open file's node, done
 * by as the caller. It goes with the reference. POSIX_EBUSY: there is one already.
 */
int32_t remote_ticket(const struct caller *caller, uint64_t node, uint64_t process, uint32_t rights,
                      uint64_t *ticket, uint64_t *secret);
int32_t remote_statistics(const struct caller *caller, uint64_t node, struct tmpfs_statistics *statistics);

#endif
