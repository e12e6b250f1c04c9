/*
 * Operations on nodes by their numbers, with permissions: what the protocols
 * and the path walk see of file systems. Behind it is tmpfs (tmpfs.h says
 * which errors there are); here POSIX_EACCES and POSIX_EPERM join. For nodes of
 * mounted file systems it asks their servers (remote.h), and so suspends.
 * POSIX_EXDEV: two nodes are in different ones; POSIX_EBUSY: something is
 * mounted on the directory.
 *
 * Functions that return attributes of a node that was found or made by name
 * take one reference to it in tmpfs, which the caller must give back
 * (node_forget) or hand to somebody who does.
 */
#ifndef VFS_NODE_H
#define VFS_NODE_H

#include <stdint.h>

#include "vfs.h"

/* A name in a directory. */
struct node_name {
	uint64_t directory;
	const char *name;
	uint32_t length; /* bytes */
};

/* Gives one reference back. */
void node_forget(const struct caller *caller, uint64_t node);

/* Takes one reference to a node that somebody holds, so that it outlives a suspension. */
int32_t node_hold(const struct caller *caller, uint64_t node);

/* Takes one reference and returns the attributes. */
int32_t node_reference(const struct caller *caller, uint64_t node, struct tmpfs_attributes *attributes);

/* Only looks: nobody needs a permission for that once he has got to the node. */
int32_t node_attributes_get(const struct caller *caller, uint64_t node, struct tmpfs_attributes *attributes);

/* Whether `caller` may do `wanted` (ACCESS_*) with the node. */
int32_t node_check(const struct caller *caller, uint64_t node, uint32_t wanted);

/* Whether it is a directory that `caller` may search: POSIX_ENOTDIR, POSIX_EACCES. */
int32_t node_check_search(const struct caller *caller, uint64_t directory);

int32_t node_lookup(const struct caller *caller, const struct node_name *at,
                    struct tmpfs_attributes *attributes);

/* As node_lookup, but takes no reference: good until something is suspended or removed. */
int32_t node_peek(const struct caller *caller, const struct node_name *at,
                  struct tmpfs_attributes *attributes);

/* `valid` and `values` as for tmpfs_set_attributes. `result` may be NULL. */
int32_t node_set_attributes(const struct caller *caller, uint64_t node, uint32_t valid,
                            const struct tmpfs_attributes *values, struct tmpfs_attributes *result);

/*
 * Makes a regular file, fifo, socket or device node, by the type in `mode`.
 * Bits of `umask` are taken away from it, unless a default ACL decides; for others below, too.
 */
int32_t node_create(const struct caller *caller, const struct node_name *at, uint32_t mode, uint32_t umask,
                    uint32_t device, struct tmpfs_attributes *attributes);
/* Makes a regular file that has no name, of a group as if it were in `directory`, which must be writable. */
int32_t node_create_unnamed(const struct caller *caller, uint64_t directory, uint32_t mode, uint32_t umask,
                            struct tmpfs_attributes *attributes);
int32_t node_make_directory(const struct caller *caller, const struct node_name *at, uint32_t mode,
                            uint32_t umask, struct tmpfs_attributes *attributes);
int32_t node_symlink(const struct caller *caller, const struct node_name *at, const char *target,
                     uint32_t target_length, struct tmpfs_attributes *attributes);
int32_t node_link(const struct caller *caller, uint64_t node, const struct node_name *at,
                  struct tmpfs_attributes *attributes);
int32_t node_unlink(const struct caller *caller, const struct node_name *at);
int32_t node_remove_directory(const struct caller *caller, const struct node_name *at);

/* `flags` is of enum tmpfs_rename_flag. */
int32_t node_rename(const struct caller *caller, const struct node_name *from, const struct node_name *to,
                    uint32_t flags);

int32_t node_readlink(const struct caller *caller, uint64_t node, void *buffer, uint32_t capacity,
                      uint32_t *length);

/*
 * Bytes that one call moves at most, however long its range: vfs does nothing
 * else meanwhile. The bridge asks for no more; Linux takes less for the end.
 */
#define NODE_TRANSFER_MAXIMUM (1024u * 1024)

/*
 * Reading and writing check no permission, since that is done when a file is
 * opened. Offsets over INT64_MAX are POSIX_EINVAL. Who writes and is not root
 * takes set-user-id and set-group-id away. *done may be less than `length`
 * (NODE_TRANSFER_MAXIMUM), as POSIX allows it.
 */
int32_t node_read(const struct caller *caller, uint64_t node, uint64_t offset, void *buffer, uint32_t length,
                  uint32_t *done);
int32_t node_write(const struct caller *caller, uint64_t node, uint64_t offset, const void *data,
                   uint32_t length, uint32_t *done);

/* As node_write, at the end of the file, wherever that is: *offset. */
int32_t node_append(const struct caller *caller, uint64_t node, const void *data, uint32_t length,
                    uint64_t *offset, uint32_t *done);

/*
 * As tmpfs_copy, tmpfs_allocate and tmpfs_seek, which say what they do. Like
 * writing, the first two take set-user-id and set-group-id away; ranges that
 * end over INT64_MAX are POSIX_EINVAL and POSIX_EFBIG.
 */
int32_t node_copy(const struct caller *caller, uint64_t node, uint64_t offset, uint64_t to,
                  uint64_t to_offset, uint32_t length, uint32_t *done);
int32_t node_allocate(const struct caller *caller, uint64_t node, uint32_t mode, uint64_t offset,
                      uint64_t length);
int32_t node_seek(const struct caller *caller, uint64_t node, uint64_t offset, uint32_t whence,
                  uint64_t *result);

/* What was written to the node, and to any, is as safe as it can be made: in memory there is nothing to do. */
int32_t node_sync(const struct caller *caller, uint64_t node);
int32_t node_sync_all(const struct caller *caller);

/* node_xattr.c: as tmpfs_xattr_*, with the permissions of xattr(7). POSIX_EOPNOTSUPP: no such class of names. */
int32_t node_xattr_get(const struct caller *caller, uint64_t node, const char *name, uint32_t length,
                       void *buffer, uint32_t capacity, uint32_t *size);
int32_t node_xattr_set(const struct caller *caller, uint64_t node, const char *name, uint32_t length,
                       uint32_t flags, const void *value, uint32_t size);
int32_t node_xattr_remove(const struct caller *caller, uint64_t node, const char *name, uint32_t length);
int32_t node_xattr_list(const struct caller *caller, uint64_t node, uint8_t *buffer, uint32_t capacity,
                        uint32_t *size);

/*
 * Writes entries after `cookie` to `buffer`: struct fs_entry, the name, zeros
 * up to a multiple of 8, no more than NODE_TRANSFER_MAXIMUM. *length is 0 at the end. POSIX_EINVAL: not even the
 * first one fits `capacity`.
 */
int32_t node_readdir(const struct caller *caller, uint64_t directory, uint64_t cookie, uint8_t *buffer,
                     uint32_t capacity, uint32_t *length);

/* How an entry lies in a buffer of readdir: bytes that it takes there, and writing it. */
uint32_t node_entry_size(const struct tmpfs_entry *entry);
void node_entry_put(uint8_t *to, const struct tmpfs_entry *entry);

/* Of the file system that the node is in. */
int32_t node_statistics(const struct caller *caller, uint64_t node, struct tmpfs_statistics *statistics);

/*
 * As node_lookup, across mounts: what is mounted on a directory hides it, and
 * `..` of what is mounted is that of the directory.
 */
int32_t node_walk(const struct caller *caller, const struct node_name *at,
                  struct tmpfs_attributes *attributes);

/* The node's number in its own file system, as programs are shown it. */
uint64_t node_number(uint64_t node);

#endif
