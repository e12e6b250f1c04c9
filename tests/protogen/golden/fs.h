/*
 * Generated from fs.proto by scripts/protogen; do not edit.
 *
 * The node protocol: what a file system speaks, and what the FUSE bridge and the name space call. Nodes are
 * 64-bit numbers that the server chooses; 1 is the root. A lookup (and whatever else returns attributes of a
 * node not asked for by number) takes one reference for the session; `forget` gives them back. A node lives
 * while it has a name or a reference. Names are one component: no `/`, no NUL; `.` and `..` are refused where
 * something is made or removed.  Errors are Linux's. Whatever takes a node: ESTALE, it does not exist or the
 * session may not know it; whatever changes something: EROFS, ENOSPC, EDQUOT, EIO. Where the actor's rights
 * count: EACCES, EPERM. An operation that a file system does not have is ENOSYS, and what it cannot do of one
 * EOPNOTSUPP. Offsets and lengths are bytes; a range that ends beyond 2^63 - 1 is EINVAL or EFBIG, and one
 * beyond what a file can hold EFBIG.
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

/* Bits of set_attributes.valid. Without any nothing changes, the ctime neither. */
#define FS_SET_MODE 1
#define FS_SET_UID 2
#define FS_SET_GID 4
#define FS_SET_SIZE 8
#define FS_SET_ATIME 16
#define FS_SET_MTIME 32
#define FS_SET_ATIME_NOW 64
#define FS_SET_MTIME_NOW 128
#define FS_SET_FLAGS 256

/*
 * Bits of attributes.flags (as FS_IOC_GETFLAGS of ioctl_iflags(2)). Nobody changes what is immutable, and
 * what is append-only is only written to at its end (EPERM), also those whose client has checked permissions
 * itself.
 */
#define FS_FLAG_IMMUTABLE 0x10
#define FS_FLAG_APPEND 0x20
#define FS_FLAG_NO_DUMP 0x40
#define FS_FLAG_NO_ATIME 0x80

/* Bits of write.flags. append: at the end of the file, whatever the offset. */
#define FS_WRITE_APPEND 1

/* Bits of rename.flags (as renameat2(2)). */
#define FS_RENAME_NOREPLACE 1
#define FS_RENAME_EXCHANGE 2
#define FS_RENAME_WHITEOUT 4

/*
 * Values of allocate.mode: memory for what has none, the file growing or not; a hole; zeros, the file growing
 * or not.
 */
#define FS_ALLOCATE_GROW 0
#define FS_ALLOCATE_KEEP 1
#define FS_ALLOCATE_PUNCH 2
#define FS_ALLOCATE_ZERO 3
#define FS_ALLOCATE_ZERO_KEEP 4

/* Values of seek.whence. */
#define FS_SEEK_DATA 3
#define FS_SEEK_HOLE 4

/* Bits of set_xattr.flags (as setxattr(2)). */
#define FS_XATTR_CREATE 1
#define FS_XATTR_REPLACE 2

/* Values of test_lock.type and set_lock.type. */
#define FS_LOCK_NONE 0
#define FS_LOCK_READ 1
#define FS_LOCK_WRITE 2

/*
 * Bits of test_lock.flags and set_lock.flags. flock: a lock of flock(2), which does not see those of
 * fcntl(2); wait: until it can be had; leave, with lock_none and no other: the owner is gone, and with it go
 * its locks on the node, of either kind, and what waits for them.
 */
#define FS_LOCK_FLOCK 1
#define FS_LOCK_WAIT 2
#define FS_LOCK_LEAVE 8

/*
 * A bit of a lock's process number: it is a process of the system, as `drydock ps` numbers them, and none of
 * Linux's.
 */
#define FS_LOCK_PROCESS_SYSTEM 0x80000000ull

/* Bits of offer_ticket.rights. append: writes go to the end, wherever they are meant to. */
#define FS_TICKET_READ 1
#define FS_TICKET_WRITE 2
#define FS_TICKET_APPEND 4

/* The last byte of what is locked to the end of the file, wherever that is. */
#define FS_LOCK_END 0x7fffffffffffffffull

/*
 * Values of event.kind: a node's attributes or data are others now; a name in it (the directory) is another's
 * or nobody's now, or without a name, any may be, and its own attributes are others; so much has changed that
 * nothing the client remembers is good.
 */
#define FS_EVENT_NODE 1
#define FS_EVENT_NAME 2
#define FS_EVENT_LOST 3

struct fs_attributes {
	uint64_t node;
	uint64_t generation; /* never twice the same for one node number */
	uint64_t size;
	uint64_t blocks; /* of 512 bytes */
	int64_t atime; /* seconds since 1970 */
	int64_t mtime;
	int64_t ctime;
	int64_t birth; /* 0 with birth_ns 0: not known */
	uint32_t atime_ns;
	uint32_t mtime_ns;
	uint32_t ctime_ns;
	uint32_t birth_ns;
	uint32_t mode; /* type and permission bits */
	uint32_t links;
	uint32_t uid;
	uint32_t gid;
	uint32_t device; /* of a device node: major << 8 | minor */
	uint32_t flags; /* flag_* */
	uint32_t block_size; /* bytes that are best read and written at once */
	uint32_t reserved; /* 0 */
};

_Static_assert(sizeof(struct fs_attributes) == 112, "size");
_Static_assert(offsetof(struct fs_attributes, node) == 0, "node");
_Static_assert(offsetof(struct fs_attributes, generation) == 8, "generation");
_Static_assert(offsetof(struct fs_attributes, size) == 16, "size");
_Static_assert(offsetof(struct fs_attributes, blocks) == 24, "blocks");
_Static_assert(offsetof(struct fs_attributes, atime) == 32, "atime");
_Static_assert(offsetof(struct fs_attributes, mtime) == 40, "mtime");
_Static_assert(offsetof(struct fs_attributes, ctime) == 48, "ctime");
_Static_assert(offsetof(struct fs_attributes, birth) == 56, "birth");
_Static_assert(offsetof(struct fs_attributes, atime_ns) == 64, "atime_ns");
_Static_assert(offsetof(struct fs_attributes, mtime_ns) == 68, "mtime_ns");
_Static_assert(offsetof(struct fs_attributes, ctime_ns) == 72, "ctime_ns");
_Static_assert(offsetof(struct fs_attributes, birth_ns) == 76, "birth_ns");
_Static_assert(offsetof(struct fs_attributes, mode) == 80, "mode");
_Static_assert(offsetof(struct fs_attributes, links) == 84, "links");
_Static_assert(offsetof(struct fs_attributes, uid) == 88, "uid");
_Static_assert(offsetof(struct fs_attributes, gid) == 92, "gid");
_Static_assert(offsetof(struct fs_attributes, device) == 96, "device");
_Static_assert(offsetof(struct fs_attributes, flags) == 100, "flags");
_Static_assert(offsetof(struct fs_attributes, block_size) == 104, "block_size");
_Static_assert(offsetof(struct fs_attributes, reserved) == 108, "reserved");

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

/* One of watch's data; the name follows, padded to a multiple of 8. */
struct fs_event {
	uint64_t node;
	uint32_t kind; /* event_* */
	uint32_t name_length; /* 0 unless kind is event_name, and there for any name */
};

_Static_assert(sizeof(struct fs_event) == 16, "size");
_Static_assert(offsetof(struct fs_event, node) == 0, "node");
_Static_assert(offsetof(struct fs_event, kind) == 8, "kind");
_Static_assert(offsetof(struct fs_event, name_length) == 12, "name_length");

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
	FS_READDIR_ATTRIBUTES = 19,
	FS_ALLOCATE = 20,
	FS_SEEK = 21,
	FS_COPY_RANGE = 22,
	FS_GET_XATTR = 23,
	FS_SET_XATTR = 24,
	FS_LIST_XATTRS = 25,
	FS_REMOVE_XATTR = 26,
	FS_TEST_LOCK = 27,
	FS_SET_LOCK = 28,
	FS_CREATE_UNNAMED = 29,
	FS_SYNC_ALL = 30,
	FS_WATCH = 31,
	FS_OFFER_TICKET = 32,
	FS_WITHDRAW_TICKET = 33,
	FS_REDEEM_TICKET = 34,
	FS_READ_OPENED = 35,
	FS_WRITE_OPENED = 36,
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
 * becomes the present time, also where `valid` is 0, as chown(2) that changes nothing has it. EOPNOTSUPP:
 * flags that the node cannot have.
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

/*
 * write (6), changes state: `offset` of the result is where the first byte went. What changes a file's data
 * removes its attribute "security.capability" (capabilities(7)).
 */
struct fs_write_arguments {
	uint64_t node;
	uint64_t offset;
	uint32_t flags;
	const uint8_t *data; /* shared with the client; may be NULL if of length 0 */
	uint32_t data_length;
};

struct fs_write_results {
	uint64_t offset;
	uint32_t length;
};

int32_t fs_write(struct client *client, uint64_t node, uint64_t offset, uint32_t flags, const void *data,
                 uint32_t data_length, struct fs_write_results *results);
int32_t fs_write_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                         uint32_t flags, const void *data, uint32_t data_length);
int32_t fs_write_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                             uint32_t flags, const void *data, uint32_t data_length);
int32_t fs_write_finish(struct call *call, struct fs_write_results *results);
void fs_write_reply(struct request *request, int32_t error, const struct fs_write_results *results);

/*
 * create (7), changes state: Makes a file, fifo, socket or device node (by the type bits of `mode`). Of
 * `mode` the bits of `umask` are taken away, unless the directory has a default ACL, which then decides
 * (acl(5)); a client that has done it passes 0.
 */
struct fs_create_arguments {
	uint64_t directory;
	uint32_t mode;
	uint32_t umask;
	uint32_t device;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	struct fs_attributes *attributes;
};

int32_t fs_create(struct client *client, uint64_t directory, uint32_t mode, uint32_t umask, uint32_t device,
                  const char *name, uint32_t name_length, struct fs_attributes *attributes);
int32_t fs_create_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                          uint32_t umask, uint32_t device, const char *name, uint32_t name_length);
int32_t fs_create_try_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                              uint32_t umask, uint32_t device, const char *name, uint32_t name_length);
int32_t fs_create_finish(struct call *call, struct fs_attributes *attributes);
void fs_create_reply(struct request *request, int32_t error, const struct fs_attributes *attributes);

/* make_directory (8), changes state */
struct fs_make_directory_arguments {
	uint64_t directory;
	uint32_t mode;
	uint32_t umask;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	struct fs_attributes *attributes;
};

int32_t fs_make_directory(struct client *client, uint64_t directory, uint32_t mode, uint32_t umask,
                          const char *name, uint32_t name_length, struct fs_attributes *attributes);
int32_t fs_make_directory_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                                  uint32_t umask, const char *name, uint32_t name_length);
int32_t fs_make_directory_try_prepare(struct call *call, struct client *client, uint64_t directory,
                                      uint32_t mode, uint32_t umask, const char *name, uint32_t name_length);
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

/*
 * link (10), changes state: One more name for a node; also the first for one from create_unnamed. ENOENT: it
 * has been removed; EPERM: a directory; EMLINK.
 */
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

/*
 * rename (13), changes state: EINVAL: noreplace and exchange at once, and whiteout, which is Linux's overlay
 * file system's alone and here for the number's sake.
 */
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

/*
 * readdir (15): Entries from `cookie` on (0: the start), as many as fit; none at the end. A cookie is good as
 * long as the session: what is there throughout is listed once.
 */
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

/* sync (17): What has been written to the node is safe once this returns. */
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

/*
 * readdir_attributes (19): As readdir, but each entry has its node's attributes before it, and gives a
 * reference to it unless it is `.` or `..`. Needs the rights to read and to search.
 */
struct fs_readdir_attributes_arguments {
	uint64_t directory;
	uint64_t cookie;
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct fs_readdir_attributes_results {
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t fs_readdir_attributes(struct client *client, uint64_t directory, uint64_t cookie, void *entries,
                              uint32_t entries_capacity, struct fs_readdir_attributes_results *results);
int32_t fs_readdir_attributes_prepare(struct call *call, struct client *client, uint64_t directory,
                                      uint64_t cookie, uint32_t entries_capacity);
int32_t fs_readdir_attributes_try_prepare(struct call *call, struct client *client, uint64_t directory,
                                          uint64_t cookie, uint32_t entries_capacity);
int32_t fs_readdir_attributes_finish(struct call *call, struct fs_readdir_attributes_results *results,
                                     void *entries);
void fs_readdir_attributes_reply(struct request *request, int32_t error,
                                 const struct fs_readdir_attributes_results *results);

/*
 * allocate (20), changes state: fallocate(2) of a regular file. EINVAL: `length` is 0; ENODEV: no regular
 * file.
 */
struct fs_allocate_arguments {
	uint64_t node;
	uint64_t offset;
	uint64_t length;
	uint32_t mode;
};

int32_t fs_allocate(struct client *client, uint64_t node, uint64_t offset, uint64_t length, uint32_t mode);
int32_t fs_allocate_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                            uint64_t length, uint32_t mode);
int32_t fs_allocate_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                                uint64_t length, uint32_t mode);
int32_t fs_allocate_finish(struct call *call);
void fs_allocate_reply(struct request *request, int32_t error);

/*
 * seek (21): Where the next data or hole is at or after `offset`, the end of the file being a hole. ENXIO:
 * `offset` is at the end or beyond, or there is no data any more.
 */
struct fs_seek_arguments {
	uint64_t node;
	uint64_t offset;
	uint32_t whence;
};

struct fs_seek_results {
	uint64_t offset;
};

int32_t fs_seek(struct client *client, uint64_t node, uint64_t offset, uint32_t whence,
                struct fs_seek_results *results);
int32_t fs_seek_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                        uint32_t whence);
int32_t fs_seek_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                            uint32_t whence);
int32_t fs_seek_finish(struct call *call, struct fs_seek_results *results);
void fs_seek_reply(struct request *request, int32_t error, const struct fs_seek_results *results);

/*
 * copy_range (22), changes state: Copies up to `length` bytes within the file system; none at the end of
 * `node`. EINVAL: the ranges overlap in one file. The actor's rights count as for read and write.
 */
struct fs_copy_range_arguments {
	uint64_t node;
	uint64_t offset;
	uint64_t to;
	uint64_t to_offset;
	uint32_t length;
};

struct fs_copy_range_results {
	uint32_t length;
};

int32_t fs_copy_range(struct client *client, uint64_t node, uint64_t offset, uint64_t to, uint64_t to_offset,
                      uint32_t length, struct fs_copy_range_results *results);
int32_t fs_copy_range_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                              uint64_t to, uint64_t to_offset, uint32_t length);
int32_t fs_copy_range_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t offset,
                                  uint64_t to, uint64_t to_offset, uint32_t length);
int32_t fs_copy_range_finish(struct call *call, struct fs_copy_range_results *results);
void fs_copy_range_reply(struct request *request, int32_t error, const struct fs_copy_range_results *results);

/*
 * get_xattr (23): Extended attributes (xattr(7)): names "user.", "trusted.", "security." and what comes
 * after, up to 255 bytes; values up to 64 KiB. ACLs are those named "system.posix_acl_access" and
 * "system.posix_acl_default", with Linux's values (linux/posix_acl_xattr.h) of up to 4092 bytes; their rules
 * are acl(5)'s. With no room at all `size` says how many bytes there are; with too little, ERANGE. ENODATA:
 * there is none of that name.
 */
struct fs_get_xattr_arguments {
	uint64_t node;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	uint8_t *value; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t value_capacity;
};

struct fs_get_xattr_results {
	uint32_t size;
	uint32_t value_length; /* bytes written, at most the capacity */
};

int32_t fs_get_xattr(struct client *client, uint64_t node, const char *name, uint32_t name_length,
                     void *value, uint32_t value_capacity, struct fs_get_xattr_results *results);
int32_t fs_get_xattr_prepare(struct call *call, struct client *client, uint64_t node, const char *name,
                             uint32_t name_length, uint32_t value_capacity);
int32_t fs_get_xattr_try_prepare(struct call *call, struct client *client, uint64_t node, const char *name,
                                 uint32_t name_length, uint32_t value_capacity);
int32_t fs_get_xattr_finish(struct call *call, struct fs_get_xattr_results *results, void *value);
void fs_get_xattr_reply(struct request *request, int32_t error, const struct fs_get_xattr_results *results);

/*
 * set_xattr (24), changes state: EEXIST: xattr_create, and there is one; ENODATA: xattr_replace, and there is
 * none; neither for ACLs. EACCES: a default ACL for what is no directory. An access ACL sets the mode, and
 * set_attributes that sets the mode changes the ACL.
 */
struct fs_set_xattr_arguments {
	uint64_t node;
	uint32_t flags;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	const uint8_t *value; /* shared with the client; may be NULL if of length 0 */
	uint32_t value_length;
};

int32_t fs_set_xattr(struct client *client, uint64_t node, uint32_t flags, const char *name,
                     uint32_t name_length, const void *value, uint32_t value_length);
int32_t fs_set_xattr_prepare(struct call *call, struct client *client, uint64_t node, uint32_t flags,
                             const char *name, uint32_t name_length, const void *value,
                             uint32_t value_length);
int32_t fs_set_xattr_try_prepare(struct call *call, struct client *client, uint64_t node, uint32_t flags,
                                 const char *name, uint32_t name_length, const void *value,
                                 uint32_t value_length);
int32_t fs_set_xattr_finish(struct call *call);
void fs_set_xattr_reply(struct request *request, int32_t error);

/* list_xattrs (25): Names that the actor may see, each with a NUL behind it. */
struct fs_list_xattrs_arguments {
	uint64_t node;
	uint8_t *names; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t names_capacity;
};

struct fs_list_xattrs_results {
	uint32_t size;
	uint32_t names_length; /* bytes written, at most the capacity */
};

int32_t fs_list_xattrs(struct client *client, uint64_t node, void *names, uint32_t names_capacity,
                       struct fs_list_xattrs_results *results);
int32_t fs_list_xattrs_prepare(struct call *call, struct client *client, uint64_t node,
                               uint32_t names_capacity);
int32_t fs_list_xattrs_try_prepare(struct call *call, struct client *client, uint64_t node,
                                   uint32_t names_capacity);
int32_t fs_list_xattrs_finish(struct call *call, struct fs_list_xattrs_results *results, void *names);
void fs_list_xattrs_reply(struct request *request, int32_t error,
                          const struct fs_list_xattrs_results *results);

/* remove_xattr (26), changes state */
struct fs_remove_xattr_arguments {
	uint64_t node;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
};

int32_t fs_remove_xattr(struct client *client, uint64_t node, const char *name, uint32_t name_length);
int32_t fs_remove_xattr_prepare(struct call *call, struct client *client, uint64_t node, const char *name,
                                uint32_t name_length);
int32_t fs_remove_xattr_try_prepare(struct call *call, struct client *client, uint64_t node, const char *name,
                                    uint32_t name_length);
int32_t fs_remove_xattr_finish(struct call *call);
void fs_remove_xattr_reply(struct request *request, int32_t error);

/*
 * test_lock (27): Who would keep `owner` from locking bytes `start` to `end`, the last one included; type
 * lock_none if nobody. `owner` is a number of the session's, for fcntl(2) one for each process, for flock(2),
 * which locks all of a file (EINVAL: less than 0 to lock_end), for each open file description.
 */
struct fs_test_lock_arguments {
	uint64_t node;
	uint64_t owner;
	uint64_t start;
	uint64_t end;
	uint32_t type;
	uint32_t flags;
};

struct fs_test_lock_results {
	uint64_t start;
	uint64_t end;
	uint32_t type;
	uint32_t process;
};

int32_t fs_test_lock(struct client *client, uint64_t node, uint64_t owner, uint64_t start, uint64_t end,
                     uint32_t type, uint32_t flags, struct fs_test_lock_results *results);
int32_t fs_test_lock_prepare(struct call *call, struct client *client, uint64_t node, uint64_t owner,
                             uint64_t start, uint64_t end, uint32_t type, uint32_t flags);
int32_t fs_test_lock_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t owner,
                                 uint64_t start, uint64_t end, uint32_t type, uint32_t flags);
int32_t fs_test_lock_finish(struct call *call, struct fs_test_lock_results *results);
void fs_test_lock_reply(struct request *request, int32_t error, const struct fs_test_lock_results *results);

/*
 * set_lock (28), changes state: Locks, changes or (lock_none) gives back. `process` is what test_lock tells
 * others. EAGAIN: another one has it, and no lock_wait; EDEADLK: it would wait for one who waits for it (not
 * with lock_flock); ENOLCK: the session has too many. A call that waits ends with ECANCELED when it is
 * cancelled. Locks go with the session, and with its last reference to the node. Giving back is never
 * refused; for the others the node must be readable or, for lock_write of bytes, writable.
 */
struct fs_set_lock_arguments {
	uint64_t node;
	uint64_t owner;
	uint64_t start;
	uint64_t end;
	uint32_t type;
	uint32_t flags;
	uint32_t process;
};

int32_t fs_set_lock(struct client *client, uint64_t node, uint64_t owner, uint64_t start, uint64_t end,
                    uint32_t type, uint32_t flags, uint32_t process);
int32_t fs_set_lock_prepare(struct call *call, struct client *client, uint64_t node, uint64_t owner,
                            uint64_t start, uint64_t end, uint32_t type, uint32_t flags, uint32_t process);
int32_t fs_set_lock_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t owner,
                                uint64_t start, uint64_t end, uint32_t type, uint32_t flags,
                                uint32_t process);
int32_t fs_set_lock_finish(struct call *call);
void fs_set_lock_reply(struct request *request, int32_t error);

/*
 * create_unnamed (29), changes state: A regular file without a name in the directory's file system
 * (O_TMPFILE).
 */
struct fs_create_unnamed_arguments {
	uint64_t directory;
	uint32_t mode;
	uint32_t umask;
	struct fs_attributes *attributes;
};

int32_t fs_create_unnamed(struct client *client, uint64_t directory, uint32_t mode, uint32_t umask,
                          struct fs_attributes *attributes);
int32_t fs_create_unnamed_prepare(struct call *call, struct client *client, uint64_t directory, uint32_t mode,
                                  uint32_t umask);
int32_t fs_create_unnamed_try_prepare(struct call *call, struct client *client, uint64_t directory,
                                      uint32_t mode, uint32_t umask);
int32_t fs_create_unnamed_finish(struct call *call, struct fs_attributes *attributes);
void fs_create_unnamed_reply(struct request *request, int32_t error, const struct fs_attributes *attributes);

/* sync_all (30): What has been written to any node is safe once this returns. */
int32_t fs_sync_all(struct client *client);
int32_t fs_sync_all_prepare(struct call *call, struct client *client);
int32_t fs_sync_all_try_prepare(struct call *call, struct client *client);
int32_t fs_sync_all_finish(struct call *call);
void fs_sync_all_reply(struct request *request, int32_t error);

/*
 * watch (31): Replies when others than this session have changed what it has references to, at any time since
 * it first asked; a client that remembers leaves one outstanding (EBUSY: it has one already). Soon, not at
 * once. That reading marks the time of access is no change. Ends with ECANCELED when it is cancelled. EINVAL:
 * room for less than one event.
 */
struct fs_watch_arguments {
	uint8_t *events; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t events_capacity;
};

struct fs_watch_results {
	uint32_t events_length; /* bytes written, at most the capacity */
};

int32_t fs_watch(struct client *client, void *events, uint32_t events_capacity,
                 struct fs_watch_results *results);
int32_t fs_watch_prepare(struct call *call, struct client *client, uint32_t events_capacity);
int32_t fs_watch_try_prepare(struct call *call, struct client *client, uint32_t events_capacity);
int32_t fs_watch_finish(struct call *call, struct fs_watch_results *results, void *events);
void fs_watch_reply(struct request *request, int32_t error, const struct fs_watch_results *results);

/*
 * offer_ticket (32), changes state: Tickets (drydock/filesystem.h serves them): how a process that opened a
 * file by way of another client, vfs, reads and writes it here itself. vfs offers a ticket for a node that it
 * holds, good for `process` alone, and tells that process number and secret. EPERM: the lane may not
 * impersonate. What is done by the ticket is done as the actor of the offer, who has been permitted to open
 * the file.
 */
struct fs_offer_ticket_arguments {
	uint64_t node;
	uint64_t process;
	uint32_t rights;
};

struct fs_offer_ticket_results {
	uint64_t ticket;
	uint64_t secret;
};

int32_t fs_offer_ticket(struct client *client, uint64_t node, uint64_t process, uint32_t rights,
                        struct fs_offer_ticket_results *results);
int32_t fs_offer_ticket_prepare(struct call *call, struct client *client, uint64_t node, uint64_t process,
                                uint32_t rights);
int32_t fs_offer_ticket_try_prepare(struct call *call, struct client *client, uint64_t node, uint64_t process,
                                    uint32_t rights);
int32_t fs_offer_ticket_finish(struct call *call, struct fs_offer_ticket_results *results);
void fs_offer_ticket_reply(struct request *request, int32_t error,
                           const struct fs_offer_ticket_results *results);

/*
 * withdraw_ticket (33), changes state: Ends it, redeemed or not; so does the end of the session that offered
 * it. What is under way goes on. ESTALE: it is no ticket of this session's.
 */
struct fs_withdraw_ticket_arguments {
	uint64_t ticket;
};

int32_t fs_withdraw_ticket(struct client *client, uint64_t ticket);
int32_t fs_withdraw_ticket_prepare(struct call *call, struct client *client, uint64_t ticket);
int32_t fs_withdraw_ticket_try_prepare(struct call *call, struct client *client, uint64_t ticket);
int32_t fs_withdraw_ticket_finish(struct call *call);
void fs_withdraw_ticket_reply(struct request *request, int32_t error);

/*
 * redeem_ticket (34), changes state: Once, by its process: from then on the ticket is this session's open
 * file. ESTALE: it is none, another process's, redeemed before, or the secret is wrong.
 */
struct fs_redeem_ticket_arguments {
	uint64_t ticket;
	uint64_t secret;
};

int32_t fs_redeem_ticket(struct client *client, uint64_t ticket, uint64_t secret);
int32_t fs_redeem_ticket_prepare(struct call *call, struct client *client, uint64_t ticket, uint64_t secret);
int32_t fs_redeem_ticket_try_prepare(struct call *call, struct client *client, uint64_t ticket,
                                     uint64_t secret);
int32_t fs_redeem_ticket_finish(struct call *call);
void fs_redeem_ticket_reply(struct request *request, int32_t error);

/*
 * read_opened (35): As read and write; replies are the same. ESTALE: not an open file of this session's, or
 * not any more. EBADF: it was not opened for that.
 */
struct fs_read_opened_arguments {
	uint64_t ticket;
	uint64_t offset;
	uint8_t *data; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t data_capacity;
};

struct fs_read_opened_results {
	uint32_t data_length; /* bytes written, at most the capacity */
};

int32_t fs_read_opened(struct client *client, uint64_t ticket, uint64_t offset, void *data,
                       uint32_t data_capacity, struct fs_read_opened_results *results);
int32_t fs_read_opened_prepare(struct call *call, struct client *client, uint64_t ticket, uint64_t offset,
                               uint32_t data_capacity);
int32_t fs_read_opened_try_prepare(struct call *call, struct client *client, uint64_t ticket, uint64_t offset,
                                   uint32_t data_capacity);
int32_t fs_read_opened_finish(struct call *call, struct fs_read_opened_results *results, void *data);
void fs_read_opened_reply(struct request *request, int32_t error,
                          const struct fs_read_opened_results *results);

/* write_opened (36), changes state */
struct fs_write_opened_arguments {
	uint64_t ticket;
	uint64_t offset;
	const uint8_t *data; /* shared with the client; may be NULL if of length 0 */
	uint32_t data_length;
};

struct fs_write_opened_results {
	uint64_t offset;
	uint32_t length;
};

int32_t fs_write_opened(struct client *client, uint64_t ticket, uint64_t offset, const void *data,
                        uint32_t data_length, struct fs_write_opened_results *results);
int32_t fs_write_opened_prepare(struct call *call, struct client *client, uint64_t ticket, uint64_t offset,
                                const void *data, uint32_t data_length);
int32_t fs_write_opened_try_prepare(struct call *call, struct client *client, uint64_t ticket,
                                    uint64_t offset, const void *data, uint32_t data_length);
int32_t fs_write_opened_finish(struct call *call, struct fs_write_opened_results *results);
void fs_write_opened_reply(struct request *request, int32_t error,
                           const struct fs_write_opened_results *results);

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
	int32_t (*readdir_attributes)(struct request *request,
	                              const struct fs_readdir_attributes_arguments *arguments,
	                              struct fs_readdir_attributes_results *results);
	int32_t (*allocate)(struct request *request, const struct fs_allocate_arguments *arguments);
	int32_t (*seek)(struct request *request, const struct fs_seek_arguments *arguments,
	                struct fs_seek_results *results);
	int32_t (*copy_range)(struct request *request, const struct fs_copy_range_arguments *arguments,
	                      struct fs_copy_range_results *results);
	int32_t (*get_xattr)(struct request *request, const struct fs_get_xattr_arguments *arguments,
	                     struct fs_get_xattr_results *results);
	int32_t (*set_xattr)(struct request *request, const struct fs_set_xattr_arguments *arguments);
	int32_t (*list_xattrs)(struct request *request, const struct fs_list_xattrs_arguments *arguments,
	                       struct fs_list_xattrs_results *results);
	int32_t (*remove_xattr)(struct request *request, const struct fs_remove_xattr_arguments *arguments);
	int32_t (*test_lock)(struct request *request, const struct fs_test_lock_arguments *arguments,
	                     struct fs_test_lock_results *results);
	int32_t (*set_lock)(struct request *request, const struct fs_set_lock_arguments *arguments);
	int32_t (*create_unnamed)(struct request *request,
	                          const struct fs_create_unnamed_arguments *arguments);
	int32_t (*sync_all)(struct request *request);
	int32_t (*watch)(struct request *request, const struct fs_watch_arguments *arguments,
	                 struct fs_watch_results *results);
	int32_t (*offer_ticket)(struct request *request, const struct fs_offer_ticket_arguments *arguments,
	                        struct fs_offer_ticket_results *results);
	int32_t (*withdraw_ticket)(struct request *request,
	                           const struct fs_withdraw_ticket_arguments *arguments);
	int32_t (*redeem_ticket)(struct request *request, const struct fs_redeem_ticket_arguments *arguments);
	int32_t (*read_opened)(struct request *request, const struct fs_read_opened_arguments *arguments,
	                       struct fs_read_opened_results *results);
	int32_t (*write_opened)(struct request *request, const struct fs_write_opened_arguments *arguments,
	                        struct fs_write_opened_results *results);
};

extern const struct protocol fs_protocol;

#endif
