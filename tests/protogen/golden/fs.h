/*
 * Generated from fs.proto by scripts/protogen; do not edit.
 *
 * The node protocol: what a file system speaks, and what the FUSE bridge and the name space call. Nodes are
 * 64-bit numbers that the server chooses; 1 is the root. A lookup (and whatever else returns attributes of a
 * node not asked for by number) takes one reference for the session; `forget` gives them back. A node lives
 * while it has a name or a reference. Names are one component: no `/`, no NUL; `.` and `..` are refused where
 * something is made or removed.
 */
#ifndef DRYDOCK_PROTO_FS_H
#define DRYDOCK_PROTO_FS_H

#include <stddef.h>
#include <stdint.h>

#include <drydock/client.h>
#include <drydock/service.h>

/*
 * Client, for each operation; a status is as in <drydock/client.h>:
 *   NAME()             makes the call and waits for it, in a fiber
 *   NAME_prepare()     begins `call` and marshals; suspends while the lane is full. After 0 the caller
 *                      submits it, has it done, finishes it, and ends it; otherwise there is nothing to end.
 *                      A string over its limit is POSIX_ENAMETOOLONG, and nothing is sent
 *   NAME_try_prepare() as NAME_prepare, but -E_WOULD_BLOCK instead of suspending
 *   NAME_finish()      returns the status of a call that is done; on 0 fills in what is not NULL.
 *                      POSIX_EBADMSG: the server's reply is malformed
 * Strings are given with their length and need no terminator. IN data that is NULL is reserved, but
 * left to the caller, who fills `call->in` (behind the strings) before submitting; to lend it with
 * call_lend_in, give length 0. Where OUT data goes there must be room for the capacity named; as many
 * bytes were written as the results say.
 *
 * Server: a handler of the operations table returns 0, a POSIX error, or REQUEST_DETACHED, and then
 * replies later, once, by NAME_reply(). What `arguments` points to is the handler's until it returns:
 * strings are private, checked copies with a terminator and without NUL inside; structures are private
 * copies; IN and OUT bytes are memory shared with the client, who may change it at any time: copy
 * first, then validate. Results, and structures for OUT data, start as zeros and are sent only with
 * status 0. A status below 0, or a length over the capacity, is the handler's mistake: POSIX_EIO.
 */

#define FS_ROOT 1

/* Bits of set_attributes.valid. */
#define FS_SET_MODE 1
#define FS_SET_UID 2
#define FS_SET_GID 4
#define FS_SET_SIZE 8
#define FS_SET_ATIME 16
#define FS_SET_MTIME 32
#define FS_SET_ATIME_NOW 64
#define FS_SET_MTIME_NOW 128

/* Bits of rename.flags (as renameat2(2)). */
#define FS_RENAME_NOREPLACE 1
#define FS_RENAME_EXCHANGE 2

struct fs_attributes {
	uint64_t node;
	uint64_t generation;
	uint64_t size;
	uint64_t blocks; /* of 512 bytes */
	int64_t atime; /* seconds since 1970 */
	int64_t mtime;
	int64_t ctime;
	uint32_t atime_ns;
	uint32_t mtime_ns;
	uint32_t ctime_ns;
	uint32_t mode; /* type and permission bits */
	uint32_t links;
	uint32_t uid;
	uint32_t gid;
	uint32_t device; /* of a device node: major << 8 | minor */
};

_Static_assert(sizeof(struct fs_attributes) == 88, "size");
_Static_assert(offsetof(struct fs_attributes, node) == 0, "node");
_Static_assert(offsetof(struct fs_attributes, generation) == 8, "generation");
_Static_assert(offsetof(struct fs_attributes, size) == 16, "size");
_Static_assert(offsetof(struct fs_attributes, blocks) == 24, "blocks");
_Static_assert(offsetof(struct fs_attributes, atime) == 32, "atime");
_Static_assert(offsetof(struct fs_attributes, mtime) == 40, "mtime");
_Static_assert(offsetof(struct fs_attributes, ctime) == 48, "ctime");
_Static_assert(offsetof(struct fs_attributes, atime_ns) == 56, "atime_ns");
_Static_assert(offsetof(struct fs_attributes, mtime_ns) == 60, "mtime_ns");
_Static_assert(offsetof(struct fs_attributes, ctime_ns) == 64, "ctime_ns");
_Static_assert(offsetof(struct fs_attributes, mode) == 68, "mode");
_Static_assert(offsetof(struct fs_attributes, links) == 72, "links");
_Static_assert(offsetof(struct fs_attributes, uid) == 76, "uid");
_Static_assert(offsetof(struct fs_attributes, gid) == 80, "gid");
_Static_assert(offsetof(struct fs_attributes, device) == 84, "device");

struct fs_statistics {
	uint64_t block_size; /* bytes */
	uint64_t blocks;
	uint64_t blocks_free;
	uint64_t nodes;
	uint64_t nodes_free;
	uint64_t name_max;
};

_Static_assert(sizeof(struct fs_statistics) == 48, "size");
_Static_assert(offsetof(struct fs_statistics, block_size) == 0, "block_size");
_Static_assert(offsetof(struct fs_statistics, blocks) == 8, "blocks");
_Static_assert(offsetof(struct fs_statistics, blocks_free) == 16, "blocks_free");
_Static_assert(offsetof(struct fs_statistics, nodes) == 24, "nodes");
_Static_assert(offsetof(struct fs_statistics, nodes_free) == 32, "nodes_free");
_Static_assert(offsetof(struct fs_statistics, name_max) == 40, "name_max");

/* One entry of readdir's data; the name follows, padded to a multiple of 8. */
struct fs_entry {
	uint64_t node;
	uint64_t cookie; /* where the next readdir goes on after this entry */
	uint32_t mode; /* type bits */
	uint32_t name_length;
};

_Static_assert(sizeof(struct fs_entry) == 24, "size");
_Static_assert(offsetof(struct fs_entry, node) == 0, "node");
_Static_assert(offsetof(struct fs_entry, cookie) == 8, "cookie");
_Static_assert(offsetof(struct fs_entry, mode) == 16, "mode");
_Static_assert(offsetof(struct fs_entry, name_length) == 20, "name_length");

enum fs_operation {
	FS_LOOKUP = 1,
	FS_FORGET = 2,
	FS_GET_ATTRIBUTES = 3,
	FS_SET_ATTRIBUTES = 4,
	FS_READ = 5,
	FS_WRITE = 6,
	FS_CREATE = 7,
	FS_MAKE_DIRECTORY = 8,
	FS_SYMLINK = 9,
	FS_LINK = 10,
	FS_UNLINK = 11,
	FS_REMOVE_DIRECTORY = 12,
	FS_RENAME = 13,
	FS_READLINK = 14,
	FS_READDIR = 15,
	FS_STATISTICS = 16,
	FS_SYNC = 17,
	FS_ACCESS = 18,
};

/* lookup (1): Finds `name` in a directory. */
struct fs_lookup_arguments {
	uint64_t directory;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	struct fs_attributes *attributes;
};

int32_t fs_lookup(struct client *client, uint64_t directory, const char *name, uint32_t name_length,
                  struct fs_attributes *attributes);
int32_t fs_lookup_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                          uint32_t name_length);
int32_t fs_lookup_try_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                              uint32_t name_length);
int32_t fs_lookup_finish(struct call *call, struct fs_attributes *attributes);
void fs_lookup_reply(struct request *request, int32_t error, const struct fs_attributes *attributes);

/* forget (2): Gives `count` references to a node back. Needs no reply's attention. */
struct fs_forget_arguments {
	uint64_t node;
	uint64_t count;
};

int32_t fs_forget(struct client *client, uint64_t node, uint64_t count);
int32_t fs_forget_prepare(struct call *call, struct client *client, uint64_t node, uint64_t count);
int32_t fs_forget_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t count);
int32_t fs_forget_finish(struct call *call);
void fs_forget_reply(struct request *request, int32_t error);

/* get_attributes (3) */
struct fs_get_attributes_arguments {
	uint64_t node;
	struct fs_attributes *attributes;
};

int32_t fs_get_attributes(struct client *client, uint64_t node, struct fs_attributes *attributes);
int32_t fs_get_attributes_prepare(struct call *call, struct client *client, uint64_t node);
int32_t fs_get_attributes_try_prepare(struct call *call, struct client *client, uint64_t node);
int32_t fs_get_attributes_finish(struct call *call, struct fs_attributes *attributes);
void fs_get_attributes_reply(struct request *request, int32_t error, const struct fs_attributes *attributes);

/*
 * set_attributes (4), changes state: Changes what `valid` names; `values` gives the new values. The ctime
 * becomes the present time, also where `valid` is 0, as chown(2) that changes nothing has it.
 */
struct fs_set_attributes_arguments {
	uint64_t node;
	uint32_t valid;
	const struct fs_attributes *values;
	struct fs_attributes *attributes;
};

int32_t fs_set_attributes(struct client *client, uint64_t node, uint32_t valid,
                          const struct fs_attributes *values, struct fs_attributes *attributes);
int32_t fs_set_attributes_prepare(struct call *call, struct client *client, uint64_t node, uint32_t valid,
                                  const struct fs_attributes *values);
int32_t fs_set_attributes_try_prepare(struct call *call, struct client *client, uint64_t node, uint32_t valid,
                                      const struct fs_attributes *values);
int32_t fs_set_attributes_finish(struct call *call, struct fs_attributes *attributes);
void fs_set_attributes_reply(struct request *request, int32_t error, const struct fs_attributes *attributes);

/* read (5): One call moves at most 1 MiB; a length says how much it was. */
struct fs_read_arguments {
	uint64_t node;
	uint64_t offset;
	uint8_t *data; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t data_capacity;
};

struct fs_read_results {
	uint32_t data_length; /* bytes written, at most the capacity */
};

int32_t fs_read(struct client *client, uint64_t node, uint64_t offset, void *data, uint32_t data_capacity,
                struct fs_read_results *results);
int32_t fs_read_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                        uint32_t data_capacity);
int32_t fs_read_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                            uint32_t data_capacity);
int32_t fs_read_finish(struct call *call, struct fs_read_results *results, void *data);
void fs_read_reply(struct request *request, int32_t error, const struct fs_read_results *results);

/* write (6), changes state */
struct fs_write_arguments {
	uint64_t node;
	uint64_t offset;
	const uint8_t *data; /* shared with the client; may be NULL if of length 0 */
	uint32_t data_length;
};

struct fs_write_results {
	uint32_t length;
};

int32_t fs_write(struct client *client, uint64_t node, uint64_t offset, const void *data,
                 uint32_t data_length, struct fs_write_results *results);
int32_t fs_write_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                         const void *data, uint32_t data_length);
int32_t fs_write_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                             const void *data, uint32_t data_length);
int32_t fs_write_finish(struct call *call, struct fs_write_results *results);
void fs_write_reply(struct request *request, int32_t error, const struct fs_write_results *results);

/* create (7), changes state: Makes a file, fifo, socket or device node (by the type bits of `mode`). */
struct fs_create_arguments {
	uint64_t directory;
	uint32_t mode;
	uint32_t device;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	struct fs_attributes *attributes;
};

int32_t fs_create(struct client *client, uint64_t directory, uint32_t mode, uint32_t device, const char *name,
                  uint32_t name_length, struct fs_attributes *attributes);
int32_t fs_create_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                          uint32_t device, const char *name, uint32_t name_length);
int32_t fs_create_try_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                              uint32_t device, const char *name, uint32_t name_length);
int32_t fs_create_finish(struct call *call, struct fs_attributes *attributes);
void fs_create_reply(struct request *request, int32_t error, const struct fs_attributes *attributes);

/* make_directory (8), changes state */
struct fs_make_directory_arguments {
	uint64_t directory;
	uint32_t mode;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	struct fs_attributes *attributes;
};

int32_t fs_make_directory(struct client *client, uint64_t directory, uint32_t mode, const char *name,
                          uint32_t name_length, struct fs_attributes *attributes);
int32_t fs_make_directory_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                                  const char *name, uint32_t name_length);
int32_t fs_make_directory_try_prepare(struct call *call, struct client *client, uint64_t directory,
                                      uint32_t mode, const char *name, uint32_t name_length);
int32_t fs_make_directory_finish(struct call *call, struct fs_attributes *attributes);
void fs_make_directory_reply(struct request *request, int32_t error, const struct fs_attributes *attributes);

/* symlink (9), changes state */
struct fs_symlink_arguments {
	uint64_t directory;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	const char *target; /* at most 4095 bytes */
	uint32_t target_length;
	struct fs_attributes *attributes;
};

int32_t fs_symlink(struct client *client, uint64_t directory, const char *name, uint32_t name_length,
                   const char *target, uint32_t target_length, struct fs_attributes *attributes);
int32_t fs_symlink_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                           uint32_t name_length, const char *target, uint32_t target_length);
int32_t fs_symlink_try_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                               uint32_t name_length, const char *target, uint32_t target_length);
int32_t fs_symlink_finish(struct call *call, struct fs_attributes *attributes);
void fs_symlink_reply(struct request *request, int32_t error, const struct fs_attributes *attributes);

/* link (10), changes state */
struct fs_link_arguments {
	uint64_t node;
	uint64_t directory;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	struct fs_attributes *attributes;
};

int32_t fs_link(struct client *client, uint64_t node, uint64_t directory, const char *name,
                uint32_t name_length, struct fs_attributes *attributes);
int32_t fs_link_prepare(struct call *call, struct client *client, uint64_t node, uint64_t directory,
                        const char *name, uint32_t name_length);
int32_t fs_link_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t directory,
                            const char *name, uint32_t name_length);
int32_t fs_link_finish(struct call *call, struct fs_attributes *attributes);
void fs_link_reply(struct request *request, int32_t error, const struct fs_attributes *attributes);

/* unlink (11), changes state */
struct fs_unlink_arguments {
	uint64_t directory;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
};

int32_t fs_unlink(struct client *client, uint64_t directory, const char *name, uint32_t name_length);
int32_t fs_unlink_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                          uint32_t name_length);
int32_t fs_unlink_try_prepare(struct call *call, struct client *client, uint64_t directory, const char *name,
                              uint32_t name_length);
int32_t fs_unlink_finish(struct call *call);
void fs_unlink_reply(struct request *request, int32_t error);

/* remove_directory (12), changes state */
struct fs_remove_directory_arguments {
	uint64_t directory;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
};

int32_t fs_remove_directory(struct client *client, uint64_t directory, const char *name,
                            uint32_t name_length);
int32_t fs_remove_directory_prepare(struct call *call, struct client *client, uint64_t directory,
                                    const char *name, uint32_t name_length);
int32_t fs_remove_directory_try_prepare(struct call *call, struct client *client, uint64_t directory,
                                        const char *name, uint32_t name_length);
int32_t fs_remove_directory_finish(struct call *call);
void fs_remove_directory_reply(struct request *request, int32_t error);

/* rename (13), changes state */
struct fs_rename_arguments {
	uint64_t directory;
	uint64_t new_directory;
	uint32_t flags;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	const char *new_name; /* at most 255 bytes */
	uint32_t new_name_length;
};

int32_t fs_rename(struct client *client, uint64_t directory, uint64_t new_directory, uint32_t flags,
                  const char *name, uint32_t name_length, const char *new_name, uint32_t new_name_length);
int32_t fs_rename_prepare(struct call *call, struct client *client, uint64_t directory,
                          uint64_t new_directory, uint32_t flags, const char *name, uint32_t name_length,
                          const char *new_name, uint32_t new_name_length);
int32_t fs_rename_try_prepare(struct call *call, struct client *client, uint64_t directory,
                              uint64_t new_directory, uint32_t flags, const char *name, uint32_t name_length,
                              const char *new_name, uint32_t new_name_length);
int32_t fs_rename_finish(struct call *call);
void fs_rename_reply(struct request *request, int32_t error);

/* readlink (14) */
struct fs_readlink_arguments {
	uint64_t node;
	uint8_t *target; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t target_capacity;
};

struct fs_readlink_results {
	uint32_t target_length; /* bytes written, at most the capacity */
};

int32_t fs_readlink(struct client *client, uint64_t node, void *target, uint32_t target_capacity,
                    struct fs_readlink_results *results);
int32_t fs_readlink_prepare(struct call *call, struct client *client, uint64_t node,
                            uint32_t target_capacity);
int32_t fs_readlink_try_prepare(struct call *call, struct client *client, uint64_t node,
                                uint32_t target_capacity);
int32_t fs_readlink_finish(struct call *call, struct fs_readlink_results *results, void *target);
void fs_readlink_reply(struct request *request, int32_t error, const struct fs_readlink_results *results);

/* readdir (15): Entries from `cookie` on (0: the start), as many as fit; none at the end. */
struct fs_readdir_arguments {
	uint64_t directory;
	uint64_t cookie;
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct fs_readdir_results {
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t fs_readdir(struct client *client, uint64_t directory, uint64_t cookie, void *entries,
                   uint32_t entries_capacity, struct fs_readdir_results *results);
int32_t fs_readdir_prepare(struct call *call, struct client *client, uint64_t directory, uint64_t cookie,
                           uint32_t entries_capacity);
int32_t fs_readdir_try_prepare(struct call *call, struct client *client, uint64_t directory, uint64_t cookie,
                               uint32_t entries_capacity);
int32_t fs_readdir_finish(struct call *call, struct fs_readdir_results *results, void *entries);
void fs_readdir_reply(struct request *request, int32_t error, const struct fs_readdir_results *results);

/* statistics (16) */
struct fs_statistics_arguments {
	uint64_t node;
	struct fs_statistics *statistics;
};

int32_t fs_statistics(struct client *client, uint64_t node, struct fs_statistics *statistics);
int32_t fs_statistics_prepare(struct call *call, struct client *client, uint64_t node);
int32_t fs_statistics_try_prepare(struct call *call, struct client *client, uint64_t node);
int32_t fs_statistics_finish(struct call *call, struct fs_statistics *statistics);
void fs_statistics_reply(struct request *request, int32_t error, const struct fs_statistics *statistics);

/* sync (17) */
struct fs_sync_arguments {
	uint64_t node;
};

int32_t fs_sync(struct client *client, uint64_t node);
int32_t fs_sync_prepare(struct call *call, struct client *client, uint64_t node);
int32_t fs_sync_try_prepare(struct call *call, struct client *client, uint64_t node);
int32_t fs_sync_finish(struct call *call);
void fs_sync_reply(struct request *request, int32_t error);

/* access (18): Whether the actor may read (4), write (2), execute (1) the node. */
struct fs_access_arguments {
	uint64_t node;
	uint32_t mask;
};

int32_t fs_access(struct client *client, uint64_t node, uint32_t mask);
int32_t fs_access_prepare(struct call *call, struct client *client, uint64_t node, uint32_t mask);
int32_t fs_access_try_prepare(struct call *call, struct client *client, uint64_t node, uint32_t mask);
int32_t fs_access_finish(struct call *call);
void fs_access_reply(struct request *request, int32_t error);

/* The handlers of a server; one that is NULL is answered with POSIX_ENOSYS. */
struct fs_operations {
	int32_t (*lookup)(struct request *request, const struct fs_lookup_arguments *arguments);
	int32_t (*forget)(struct request *request, const struct fs_forget_arguments *arguments);
	int32_t (*get_attributes)(struct request *request,
	                          const struct fs_get_attributes_arguments *arguments);
	int32_t (*set_attributes)(struct request *request,
	                          const struct fs_set_attributes_arguments *arguments);
	int32_t (*read)(struct request *request, const struct fs_read_arguments *arguments,
	                struct fs_read_results *results);
	int32_t (*write)(struct request *request, const struct fs_write_arguments *arguments,
	                 struct fs_write_results *results);
	int32_t (*create)(struct request *request, const struct fs_create_arguments *arguments);
	int32_t (*make_directory)(struct request *request,
	                          const struct fs_make_directory_arguments *arguments);
	int32_t (*symlink)(struct request *request, const struct fs_symlink_arguments *arguments);
	int32_t (*link)(struct request *request, const struct fs_link_arguments *arguments);
	int32_t (*unlink)(struct request *request, const struct fs_unlink_arguments *arguments);
	int32_t (*remove_directory)(struct request *request,
	                            const struct fs_remove_directory_arguments *arguments);
	int32_t (*rename)(struct request *request, const struct fs_rename_arguments *arguments);
	int32_t (*readlink)(struct request *request, const struct fs_readlink_arguments *arguments,
	                    struct fs_readlink_results *results);
	int32_t (*readdir)(struct request *request, const struct fs_readdir_arguments *arguments,
	                   struct fs_readdir_results *results);
	int32_t (*statistics)(struct request *request, const struct fs_statistics_arguments *arguments);
	int32_t (*sync)(struct request *request, const struct fs_sync_arguments *arguments);
	int32_t (*access)(struct request *request, const struct fs_access_arguments *arguments);
};

extern const struct protocol fs_protocol;

#endif
