/*
 * Generated from vfs.proto by scripts/protogen; do not edit.
 *
 * The path protocol: files by path, for programs. Paths are absolute. Files that are open are small numbers
 * of the session's.
 */
#ifndef DRYDOCK_PROTO_VFS_H
#define DRYDOCK_PROTO_VFS_H

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

/* open.flags: how, and what else. */
#define VFS_OPEN_READ 1
#define VFS_OPEN_WRITE 2
#define VFS_OPEN_CREATE 4
#define VFS_OPEN_EXCLUSIVE 8
#define VFS_OPEN_TRUNCATE 16
#define VFS_OPEN_APPEND 32
#define VFS_OPEN_DIRECTORY 64
#define VFS_OPEN_NOFOLLOW 128
/* A new file without a name; `path` is a directory (O_TMPFILE). To be written, too. */
#define VFS_OPEN_UNNAMED 256
/*
 * Only to say which file is meant, whatever its kind and whoever may read it (O_PATH); with directory and
 * nofollow alone, which leaves a link at the end itself.
 */
#define VFS_OPEN_PATH 512

/* read.offset, write.offset: at the file's own position, which moves on. */
#define VFS_POSITION 0xffffffffffffffffull

#define VFS_SEEK_SET 0
#define VFS_SEEK_CURRENT 1
#define VFS_SEEK_END 2
/* Where data or a hole begins at or after the offset; the end is a hole (ENXIO). */
#define VFS_SEEK_DATA 3
#define VFS_SEEK_HOLE 4

/*
 * allocate.mode: memory for what has none, the file growing or not; a hole; zeros, the file growing or not.
 */
#define VFS_ALLOCATE_GROW 0
#define VFS_ALLOCATE_KEEP 1
#define VFS_ALLOCATE_PUNCH 2
#define VFS_ALLOCATE_ZERO 3
#define VFS_ALLOCATE_ZERO_KEEP 4

#define VFS_RENAME_NOREPLACE 1
#define VFS_RENAME_EXCHANGE 2

/* Bits of set_xattr.flags (as setxattr(2)). */
#define VFS_XATTR_CREATE 1
#define VFS_XATTR_REPLACE 2

/* Bits of status.flags and set_flags.flags (as FS_IOC_GETFLAGS of ioctl_iflags(2)). */
#define VFS_FLAG_IMMUTABLE 0x10
#define VFS_FLAG_APPEND 0x20
#define VFS_FLAG_NO_DUMP 0x40
#define VFS_FLAG_NO_ATIME 0x80

/* chown.uid, chown.gid: stay as they are. */
#define VFS_UNCHANGED 0xffffffffull

/* set_times.atime_ns, set_times.mtime_ns: the time that it is, and not at all. */
#define VFS_TIME_NOW 0x3fffffff
#define VFS_TIME_OMIT 0x3ffffffe

/* test_lock.type, set_lock.type. */
#define VFS_LOCK_NONE 0
#define VFS_LOCK_READ 1
#define VFS_LOCK_WRITE 2

/*
 * Bits of test_lock.flags and set_lock.flags. flock: the lock of flock(2), which is all of the file's and the
 * open file's; wait: until it can be had; open: of bytes, as with neither, but the open file's (F_OFD_SETLK)
 * and not the session's.
 */
#define VFS_LOCK_FLOCK 1
#define VFS_LOCK_WAIT 2
#define VFS_LOCK_OPEN 4

/*
 * A bit of a lock's process number: it is a process of the system, and not one of Linux's that has locked by
 * way of a mount.
 */
#define VFS_LOCK_PROCESS_SYSTEM 0x80000000ull

/* The last byte of what is locked to the end of the file, wherever that is. */
#define VFS_LOCK_END 0x7fffffffffffffffull

struct vfs_status {
	uint64_t node;
	uint64_t size;
	uint64_t blocks; /* of 512 bytes */
	int64_t atime;
	int64_t mtime;
	int64_t ctime;
	int64_t birth;
	uint32_t atime_ns;
	uint32_t mtime_ns;
	uint32_t ctime_ns;
	uint32_t birth_ns;
	uint32_t mode;
	uint32_t links;
	uint32_t uid;
	uint32_t gid;
	uint32_t device;
	uint32_t block_size; /* bytes that are best read and written at once */
	uint32_t flags; /* flag_* */
	uint32_t reserved; /* 0 */
};

_Static_assert(sizeof(struct vfs_status) == 104, "size");
_Static_assert(offsetof(struct vfs_status, node) == 0, "node");
_Static_assert(offsetof(struct vfs_status, size) == 8, "size");
_Static_assert(offsetof(struct vfs_status, blocks) == 16, "blocks");
_Static_assert(offsetof(struct vfs_status, atime) == 24, "atime");
_Static_assert(offsetof(struct vfs_status, mtime) == 32, "mtime");
_Static_assert(offsetof(struct vfs_status, ctime) == 40, "ctime");
_Static_assert(offsetof(struct vfs_status, birth) == 48, "birth");
_Static_assert(offsetof(struct vfs_status, atime_ns) == 56, "atime_ns");
_Static_assert(offsetof(struct vfs_status, mtime_ns) == 60, "mtime_ns");
_Static_assert(offsetof(struct vfs_status, ctime_ns) == 64, "ctime_ns");
_Static_assert(offsetof(struct vfs_status, birth_ns) == 68, "birth_ns");
_Static_assert(offsetof(struct vfs_status, mode) == 72, "mode");
_Static_assert(offsetof(struct vfs_status, links) == 76, "links");
_Static_assert(offsetof(struct vfs_status, uid) == 80, "uid");
_Static_assert(offsetof(struct vfs_status, gid) == 84, "gid");
_Static_assert(offsetof(struct vfs_status, device) == 88, "device");
_Static_assert(offsetof(struct vfs_status, block_size) == 92, "block_size");
_Static_assert(offsetof(struct vfs_status, flags) == 96, "flags");
_Static_assert(offsetof(struct vfs_status, reserved) == 100, "reserved");

struct vfs_statistics {
	uint64_t block_size;
	uint64_t blocks;
	uint64_t blocks_free;
	uint64_t nodes;
	uint64_t nodes_free;
	uint64_t name_max;
};

_Static_assert(sizeof(struct vfs_statistics) == 48, "size");
_Static_assert(offsetof(struct vfs_statistics, block_size) == 0, "block_size");
_Static_assert(offsetof(struct vfs_statistics, blocks) == 8, "blocks");
_Static_assert(offsetof(struct vfs_statistics, blocks_free) == 16, "blocks_free");
_Static_assert(offsetof(struct vfs_statistics, nodes) == 24, "nodes");
_Static_assert(offsetof(struct vfs_statistics, nodes_free) == 32, "nodes_free");
_Static_assert(offsetof(struct vfs_statistics, name_max) == 40, "name_max");

struct vfs_entry {
	uint64_t node;
	uint64_t cookie;
	uint32_t mode;
	uint32_t name_length;
};

_Static_assert(sizeof(struct vfs_entry) == 24, "size");
_Static_assert(offsetof(struct vfs_entry, node) == 0, "node");
_Static_assert(offsetof(struct vfs_entry, cookie) == 8, "cookie");
_Static_assert(offsetof(struct vfs_entry, mode) == 16, "mode");
_Static_assert(offsetof(struct vfs_entry, name_length) == 20, "name_length");

enum vfs_operation {
	VFS_OPEN = 1,
	VFS_CLOSE = 2,
	VFS_READ = 3,
	VFS_WRITE = 4,
	VFS_SEEK = 5,
	VFS_STAT = 6,
	VFS_MKDIR = 7,
	VFS_RMDIR = 8,
	VFS_READDIR = 9,
	VFS_UNLINK = 10,
	VFS_RENAME = 11,
	VFS_LINK = 12,
	VFS_SYMLINK = 13,
	VFS_READLINK = 14,
	VFS_CHMOD = 15,
	VFS_CHOWN = 16,
	VFS_TRUNCATE = 17,
	VFS_SET_TIMES = 18,
	VFS_STAT_FILE = 19,
	VFS_STATISTICS = 20,
	VFS_ALLOCATE = 21,
	VFS_COPY_RANGE = 22,
	VFS_SYNC = 23,
	VFS_SYNC_ALL = 24,
	VFS_LINK_FILE = 25,
	VFS_ACCESS = 26,
	VFS_MKNOD = 27,
	VFS_CHMOD_FILE = 28,
	VFS_CHOWN_FILE = 29,
	VFS_TRUNCATE_FILE = 30,
	VFS_SET_TIMES_FILE = 31,
	VFS_GET_XATTR = 32,
	VFS_SET_XATTR = 33,
	VFS_LIST_XATTRS = 34,
	VFS_REMOVE_XATTR = 35,
	VFS_HAND_OVER = 36,
	VFS_TEST_LOCK = 40,
	VFS_SET_LOCK = 41,
	VFS_SET_FLAGS = 42,
};

/*
 * open (1), changes state: open, mkdir, mknod: bits of `umask` are taken away from the mode of what is made,
 * unless the directory has a default ACL, which then decides (acl(5)). `mount` is 0, but for a regular file
 * of another server: then it is that mount's number.
 */
struct vfs_open_arguments {
	uint32_t flags;
	uint32_t mode;
	uint32_t umask;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

struct vfs_open_results {
	uint32_t file;
	uint32_t mount;
};

int32_t vfs_open(struct client *client, uint32_t flags, uint32_t mode, uint32_t umask, const char *path,
                 uint32_t path_length, struct vfs_open_results *results);
int32_t vfs_open_prepare(struct call *call, struct client *client, uint32_t flags, uint32_t mode,
                         uint32_t umask, const char *path, uint32_t path_length);
int32_t vfs_open_try_prepare(struct call *call, struct client *client, uint32_t flags, uint32_t mode,
                             uint32_t umask, const char *path, uint32_t path_length);
int32_t vfs_open_finish(struct call *call, struct vfs_open_results *results);
void vfs_open_reply(struct request *request, int32_t error, const struct vfs_open_results *results);

/* close (2), changes state */
struct vfs_close_arguments {
	uint32_t file;
};

int32_t vfs_close(struct client *client, uint32_t file);
int32_t vfs_close_prepare(struct call *call, struct client *client, uint32_t file);
int32_t vfs_close_try_prepare(struct call *call, struct client *client, uint32_t file);
int32_t vfs_close_finish(struct call *call);
void vfs_close_reply(struct request *request, int32_t error);

/* read (3): One call moves at most 1 MiB; a length says how much it was. */
struct vfs_read_arguments {
	uint32_t file;
	uint64_t offset;
	uint8_t *data; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t data_capacity;
};

struct vfs_read_results {
	uint32_t data_length; /* bytes written, at most the capacity */
};

int32_t vfs_read(struct client *client, uint32_t file, uint64_t offset, void *data, uint32_t data_capacity,
                 struct vfs_read_results *results);
int32_t vfs_read_prepare(struct call *call, struct client *client, uint32_t file, uint64_t offset,
                         uint32_t data_capacity);
int32_t vfs_read_try_prepare(struct call *call, struct client *client, uint32_t file, uint64_t offset,
                             uint32_t data_capacity);
int32_t vfs_read_finish(struct call *call, struct vfs_read_results *results, void *data);
void vfs_read_reply(struct request *request, int32_t error, const struct vfs_read_results *results);

/* write (4), changes state */
struct vfs_write_arguments {
	uint32_t file;
	uint64_t offset;
	const uint8_t *data; /* shared with the client; may be NULL if of length 0 */
	uint32_t data_length;
};

struct vfs_write_results {
	uint32_t length;
};

int32_t vfs_write(struct client *client, uint32_t file, uint64_t offset, const void *data,
                  uint32_t data_length, struct vfs_write_results *results);
int32_t vfs_write_prepare(struct call *call, struct client *client, uint32_t file, uint64_t offset,
                          const void *data, uint32_t data_length);
int32_t vfs_write_try_prepare(struct call *call, struct client *client, uint32_t file, uint64_t offset,
                              const void *data, uint32_t data_length);
int32_t vfs_write_finish(struct call *call, struct vfs_write_results *results);
void vfs_write_reply(struct request *request, int32_t error, const struct vfs_write_results *results);

/* seek (5), changes state */
struct vfs_seek_arguments {
	uint32_t file;
	int64_t offset;
	uint32_t whence;
};

struct vfs_seek_results {
	uint64_t offset;
};

int32_t vfs_seek(struct client *client, uint32_t file, int64_t offset, uint32_t whence,
                 struct vfs_seek_results *results);
int32_t vfs_seek_prepare(struct call *call, struct client *client, uint32_t file, int64_t offset,
                         uint32_t whence);
int32_t vfs_seek_try_prepare(struct call *call, struct client *client, uint32_t file, int64_t offset,
                             uint32_t whence);
int32_t vfs_seek_finish(struct call *call, struct vfs_seek_results *results);
void vfs_seek_reply(struct request *request, int32_t error, const struct vfs_seek_results *results);

/* stat (6): Follows a symbolic link at the end unless nofollow is 1. */
struct vfs_stat_arguments {
	uint32_t nofollow;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
	struct vfs_status *status;
};

int32_t vfs_stat(struct client *client, uint32_t nofollow, const char *path, uint32_t path_length,
                 struct vfs_status *status);
int32_t vfs_stat_prepare(struct call *call, struct client *client, uint32_t nofollow, const char *path,
                         uint32_t path_length);
int32_t vfs_stat_try_prepare(struct call *call, struct client *client, uint32_t nofollow, const char *path,
                             uint32_t path_length);
int32_t vfs_stat_finish(struct call *call, struct vfs_status *status);
void vfs_stat_reply(struct request *request, int32_t error, const struct vfs_status *status);

/* mkdir (7), changes state */
struct vfs_mkdir_arguments {
	uint32_t mode;
	uint32_t umask;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_mkdir(struct client *client, uint32_t mode, uint32_t umask, const char *path,
                  uint32_t path_length);
int32_t vfs_mkdir_prepare(struct call *call, struct client *client, uint32_t mode, uint32_t umask,
                          const char *path, uint32_t path_length);
int32_t vfs_mkdir_try_prepare(struct call *call, struct client *client, uint32_t mode, uint32_t umask,
                              const char *path, uint32_t path_length);
int32_t vfs_mkdir_finish(struct call *call);
void vfs_mkdir_reply(struct request *request, int32_t error);

/* rmdir (8), changes state */
struct vfs_rmdir_arguments {
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_rmdir(struct client *client, const char *path, uint32_t path_length);
int32_t vfs_rmdir_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length);
int32_t vfs_rmdir_try_prepare(struct call *call, struct client *client, const char *path,
                              uint32_t path_length);
int32_t vfs_rmdir_finish(struct call *call);
void vfs_rmdir_reply(struct request *request, int32_t error);

/* readdir (9) */
struct vfs_readdir_arguments {
	uint32_t file;
	uint64_t cookie;
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct vfs_readdir_results {
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t vfs_readdir(struct client *client, uint32_t file, uint64_t cookie, void *entries,
                    uint32_t entries_capacity, struct vfs_readdir_results *results);
int32_t vfs_readdir_prepare(struct call *call, struct client *client, uint32_t file, uint64_t cookie,
                            uint32_t entries_capacity);
int32_t vfs_readdir_try_prepare(struct call *call, struct client *client, uint32_t file, uint64_t cookie,
                                uint32_t entries_capacity);
int32_t vfs_readdir_finish(struct call *call, struct vfs_readdir_results *results, void *entries);
void vfs_readdir_reply(struct request *request, int32_t error, const struct vfs_readdir_results *results);

/* unlink (10), changes state */
struct vfs_unlink_arguments {
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_unlink(struct client *client, const char *path, uint32_t path_length);
int32_t vfs_unlink_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length);
int32_t vfs_unlink_try_prepare(struct call *call, struct client *client, const char *path,
                               uint32_t path_length);
int32_t vfs_unlink_finish(struct call *call);
void vfs_unlink_reply(struct request *request, int32_t error);

/* rename (11), changes state */
struct vfs_rename_arguments {
	uint32_t flags;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
	const char *new_path; /* at most 4095 bytes */
	uint32_t new_path_length;
};

int32_t vfs_rename(struct client *client, uint32_t flags, const char *path, uint32_t path_length,
                   const char *new_path, uint32_t new_path_length);
int32_t vfs_rename_prepare(struct call *call, struct client *client, uint32_t flags, const char *path,
                           uint32_t path_length, const char *new_path, uint32_t new_path_length);
int32_t vfs_rename_try_prepare(struct call *call, struct client *client, uint32_t flags, const char *path,
                               uint32_t path_length, const char *new_path, uint32_t new_path_length);
int32_t vfs_rename_finish(struct call *call);
void vfs_rename_reply(struct request *request, int32_t error);

/* link (12), changes state */
struct vfs_link_arguments {
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
	const char *new_path; /* at most 4095 bytes */
	uint32_t new_path_length;
};

int32_t vfs_link(struct client *client, const char *path, uint32_t path_length, const char *new_path,
                 uint32_t new_path_length);
int32_t vfs_link_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length,
                         const char *new_path, uint32_t new_path_length);
int32_t vfs_link_try_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length,
                             const char *new_path, uint32_t new_path_length);
int32_t vfs_link_finish(struct call *call);
void vfs_link_reply(struct request *request, int32_t error);

/* symlink (13), changes state */
struct vfs_symlink_arguments {
	const char *target; /* at most 4095 bytes */
	uint32_t target_length;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_symlink(struct client *client, const char *target, uint32_t target_length, const char *path,
                    uint32_t path_length);
int32_t vfs_symlink_prepare(struct call *call, struct client *client, const char *target,
                            uint32_t target_length, const char *path, uint32_t path_length);
int32_t vfs_symlink_try_prepare(struct call *call, struct client *client, const char *target,
                                uint32_t target_length, const char *path, uint32_t path_length);
int32_t vfs_symlink_finish(struct call *call);
void vfs_symlink_reply(struct request *request, int32_t error);

/* readlink (14) */
struct vfs_readlink_arguments {
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
	uint8_t *target; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t target_capacity;
};

struct vfs_readlink_results {
	uint32_t target_length; /* bytes written, at most the capacity */
};

int32_t vfs_readlink(struct client *client, const char *path, uint32_t path_length, void *target,
                     uint32_t target_capacity, struct vfs_readlink_results *results);
int32_t vfs_readlink_prepare(struct call *call, struct client *client, const char *path, uint32_t path_length,
                             uint32_t target_capacity);
int32_t vfs_readlink_try_prepare(struct call *call, struct client *client, const char *path,
                                 uint32_t path_length, uint32_t target_capacity);
int32_t vfs_readlink_finish(struct call *call, struct vfs_readlink_results *results, void *target);
void vfs_readlink_reply(struct request *request, int32_t error, const struct vfs_readlink_results *results);

/* chmod (15), changes state */
struct vfs_chmod_arguments {
	uint32_t mode;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_chmod(struct client *client, uint32_t mode, const char *path, uint32_t path_length);
int32_t vfs_chmod_prepare(struct call *call, struct client *client, uint32_t mode, const char *path,
                          uint32_t path_length);
int32_t vfs_chmod_try_prepare(struct call *call, struct client *client, uint32_t mode, const char *path,
                              uint32_t path_length);
int32_t vfs_chmod_finish(struct call *call);
void vfs_chmod_reply(struct request *request, int32_t error);

/* chown (16), changes state */
struct vfs_chown_arguments {
	uint32_t uid;
	uint32_t gid;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_chown(struct client *client, uint32_t uid, uint32_t gid, const char *path, uint32_t path_length);
int32_t vfs_chown_prepare(struct call *call, struct client *client, uint32_t uid, uint32_t gid,
                          const char *path, uint32_t path_length);
int32_t vfs_chown_try_prepare(struct call *call, struct client *client, uint32_t uid, uint32_t gid,
                              const char *path, uint32_t path_length);
int32_t vfs_chown_finish(struct call *call);
void vfs_chown_reply(struct request *request, int32_t error);

/* truncate (17), changes state */
struct vfs_truncate_arguments {
	uint64_t size;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_truncate(struct client *client, uint64_t size, const char *path, uint32_t path_length);
int32_t vfs_truncate_prepare(struct call *call, struct client *client, uint64_t size, const char *path,
                             uint32_t path_length);
int32_t vfs_truncate_try_prepare(struct call *call, struct client *client, uint64_t size, const char *path,
                                 uint32_t path_length);
int32_t vfs_truncate_finish(struct call *call);
void vfs_truncate_reply(struct request *request, int32_t error);

/* set_times (18), changes state */
struct vfs_set_times_arguments {
	int64_t atime;
	uint32_t atime_ns;
	uint32_t mtime_ns;
	int64_t mtime;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_set_times(struct client *client, int64_t atime, uint32_t atime_ns, uint32_t mtime_ns,
                      int64_t mtime, const char *path, uint32_t path_length);
int32_t vfs_set_times_prepare(struct call *call, struct client *client, int64_t atime, uint32_t atime_ns,
                              uint32_t mtime_ns, int64_t mtime, const char *path, uint32_t path_length);
int32_t vfs_set_times_try_prepare(struct call *call, struct client *client, int64_t atime, uint32_t atime_ns,
                                  uint32_t mtime_ns, int64_t mtime, const char *path, uint32_t path_length);
int32_t vfs_set_times_finish(struct call *call);
void vfs_set_times_reply(struct request *request, int32_t error);

/* stat_file (19) */
struct vfs_stat_file_arguments {
	uint32_t file;
	struct vfs_status *status;
};

int32_t vfs_stat_file(struct client *client, uint32_t file, struct vfs_status *status);
int32_t vfs_stat_file_prepare(struct call *call, struct client *client, uint32_t file);
int32_t vfs_stat_file_try_prepare(struct call *call, struct client *client, uint32_t file);
int32_t vfs_stat_file_finish(struct call *call, struct vfs_status *status);
void vfs_stat_file_reply(struct request *request, int32_t error, const struct vfs_status *status);

/* statistics (20) */
struct vfs_statistics_arguments {
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
	struct vfs_statistics *statistics;
};

int32_t vfs_statistics(struct client *client, const char *path, uint32_t path_length,
                       struct vfs_statistics *statistics);
int32_t vfs_statistics_prepare(struct call *call, struct client *client, const char *path,
                               uint32_t path_length);
int32_t vfs_statistics_try_prepare(struct call *call, struct client *client, const char *path,
                                   uint32_t path_length);
int32_t vfs_statistics_finish(struct call *call, struct vfs_statistics *statistics);
void vfs_statistics_reply(struct request *request, int32_t error, const struct vfs_statistics *statistics);

/* allocate (21), changes state: fallocate(2). */
struct vfs_allocate_arguments {
	uint32_t file;
	uint32_t mode;
	uint64_t offset;
	uint64_t length;
};

int32_t vfs_allocate(struct client *client, uint32_t file, uint32_t mode, uint64_t offset, uint64_t length);
int32_t vfs_allocate_prepare(struct call *call, struct client *client, uint32_t file, uint32_t mode,
                             uint64_t offset, uint64_t length);
int32_t vfs_allocate_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t mode,
                                 uint64_t offset, uint64_t length);
int32_t vfs_allocate_finish(struct call *call);
void vfs_allocate_reply(struct request *request, int32_t error);

/*
 * copy_range (22), changes state: copy_file_range(2): up to `length` bytes, at most 1 MiB, from one open file
 * to another or the same; at the files' own positions where an offset is `position`.
 */
struct vfs_copy_range_arguments {
	uint32_t file;
	uint32_t to;
	uint64_t offset;
	uint64_t to_offset;
	uint32_t length;
};

struct vfs_copy_range_results {
	uint32_t length;
};

int32_t vfs_copy_range(struct client *client, uint32_t file, uint32_t to, uint64_t offset, uint64_t to_offset,
                       uint32_t length, struct vfs_copy_range_results *results);
int32_t vfs_copy_range_prepare(struct call *call, struct client *client, uint32_t file, uint32_t to,
                               uint64_t offset, uint64_t to_offset, uint32_t length);
int32_t vfs_copy_range_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t to,
                                   uint64_t offset, uint64_t to_offset, uint32_t length);
int32_t vfs_copy_range_finish(struct call *call, struct vfs_copy_range_results *results);
void vfs_copy_range_reply(struct request *request, int32_t error,
                          const struct vfs_copy_range_results *results);

/* sync (23): What was written to the file, or to any, is safe once these return. */
struct vfs_sync_arguments {
	uint32_t file;
};

int32_t vfs_sync(struct client *client, uint32_t file);
int32_t vfs_sync_prepare(struct call *call, struct client *client, uint32_t file);
int32_t vfs_sync_try_prepare(struct call *call, struct client *client, uint32_t file);
int32_t vfs_sync_finish(struct call *call);
void vfs_sync_reply(struct request *request, int32_t error);

/* sync_all (24) */
int32_t vfs_sync_all(struct client *client);
int32_t vfs_sync_all_prepare(struct call *call, struct client *client);
int32_t vfs_sync_all_try_prepare(struct call *call, struct client *client);
int32_t vfs_sync_all_finish(struct call *call);
void vfs_sync_all_reply(struct request *request, int32_t error);

/*
 * link_file (25), changes state: A name for an open file, also for one from open_unnamed, if it was not
 * removed.
 */
struct vfs_link_file_arguments {
	uint32_t file;
	const char *new_path; /* at most 4095 bytes */
	uint32_t new_path_length;
};

int32_t vfs_link_file(struct client *client, uint32_t file, const char *new_path, uint32_t new_path_length);
int32_t vfs_link_file_prepare(struct call *call, struct client *client, uint32_t file, const char *new_path,
                              uint32_t new_path_length);
int32_t vfs_link_file_try_prepare(struct call *call, struct client *client, uint32_t file,
                                  const char *new_path, uint32_t new_path_length);
int32_t vfs_link_file_finish(struct call *call);
void vfs_link_file_reply(struct request *request, int32_t error);

/* access (26): Whether the caller may read (4), write (2), execute or search (1). */
struct vfs_access_arguments {
	uint32_t mask;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_access(struct client *client, uint32_t mask, const char *path, uint32_t path_length);
int32_t vfs_access_prepare(struct call *call, struct client *client, uint32_t mask, const char *path,
                           uint32_t path_length);
int32_t vfs_access_try_prepare(struct call *call, struct client *client, uint32_t mask, const char *path,
                               uint32_t path_length);
int32_t vfs_access_finish(struct call *call);
void vfs_access_reply(struct request *request, int32_t error);

/*
 * mknod (27), changes state: Makes a file, fifo, socket or device node (by the type bits of `mode`; none: a
 * file).
 */
struct vfs_mknod_arguments {
	uint32_t mode;
	uint32_t umask;
	uint32_t device;
	const char *path; /* at most 4095 bytes */
	uint32_t path_length;
};

int32_t vfs_mknod(struct client *client, uint32_t mode, uint32_t umask, uint32_t device, const char *path,
                  uint32_t path_length);
int32_t vfs_mknod_prepare(struct call *call, struct client *client, uint32_t mode, uint32_t umask,
                          uint32_t device, const char *path, uint32_t path_length);
int32_t vfs_mknod_try_prepare(struct call *call, struct client *client, uint32_t mode, uint32_t umask,
                              uint32_t device, const char *path, uint32_t path_length);
int32_t vfs_mknod_finish(struct call *call);
void vfs_mknod_reply(struct request *request, int32_t error);

/*
 * chmod_file (28), changes state: As those for paths, of an open file. One from open_path will do, and so a
 * symbolic link itself, but not for truncate_file, which wants to have been opened to write.
 */
struct vfs_chmod_file_arguments {
	uint32_t file;
	uint32_t mode;
};

int32_t vfs_chmod_file(struct client *client, uint32_t file, uint32_t mode);
int32_t vfs_chmod_file_prepare(struct call *call, struct client *client, uint32_t file, uint32_t mode);
int32_t vfs_chmod_file_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t mode);
int32_t vfs_chmod_file_finish(struct call *call);
void vfs_chmod_file_reply(struct request *request, int32_t error);

/* chown_file (29), changes state */
struct vfs_chown_file_arguments {
	uint32_t file;
	uint32_t uid;
	uint32_t gid;
};

int32_t vfs_chown_file(struct client *client, uint32_t file, uint32_t uid, uint32_t gid);
int32_t vfs_chown_file_prepare(struct call *call, struct client *client, uint32_t file, uint32_t uid,
                               uint32_t gid);
int32_t vfs_chown_file_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t uid,
                                   uint32_t gid);
int32_t vfs_chown_file_finish(struct call *call);
void vfs_chown_file_reply(struct request *request, int32_t error);

/* truncate_file (30), changes state */
struct vfs_truncate_file_arguments {
	uint32_t file;
	uint64_t size;
};

int32_t vfs_truncate_file(struct client *client, uint32_t file, uint64_t size);
int32_t vfs_truncate_file_prepare(struct call *call, struct client *client, uint32_t file, uint64_t size);
int32_t vfs_truncate_file_try_prepare(struct call *call, struct client *client, uint32_t file, uint64_t size);
int32_t vfs_truncate_file_finish(struct call *call);
void vfs_truncate_file_reply(struct request *request, int32_t error);

/* set_times_file (31), changes state */
struct vfs_set_times_file_arguments {
	uint32_t file;
	uint32_t atime_ns;
	int64_t atime;
	int64_t mtime;
	uint32_t mtime_ns;
};

int32_t vfs_set_times_file(struct client *client, uint32_t file, uint32_t atime_ns, int64_t atime,
                           int64_t mtime, uint32_t mtime_ns);
int32_t vfs_set_times_file_prepare(struct call *call, struct client *client, uint32_t file, uint32_t atime_ns,
                                   int64_t atime, int64_t mtime, uint32_t mtime_ns);
int32_t vfs_set_times_file_try_prepare(struct call *call, struct client *client, uint32_t file,
                                       uint32_t atime_ns, int64_t atime, int64_t mtime, uint32_t mtime_ns);
int32_t vfs_set_times_file_finish(struct call *call);
void vfs_set_times_file_reply(struct request *request, int32_t error);

/* get_xattr (32): Extended attributes, as those of `fs`, of an open file; one from open_path will do. */
struct vfs_get_xattr_arguments {
	uint32_t file;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	uint8_t *value; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t value_capacity;
};

struct vfs_get_xattr_results {
	uint32_t size;
	uint32_t value_length; /* bytes written, at most the capacity */
};

int32_t vfs_get_xattr(struct client *client, uint32_t file, const char *name, uint32_t name_length,
                      void *value, uint32_t value_capacity, struct vfs_get_xattr_results *results);
int32_t vfs_get_xattr_prepare(struct call *call, struct client *client, uint32_t file, const char *name,
                              uint32_t name_length, uint32_t value_capacity);
int32_t vfs_get_xattr_try_prepare(struct call *call, struct client *client, uint32_t file, const char *name,
                                  uint32_t name_length, uint32_t value_capacity);
int32_t vfs_get_xattr_finish(struct call *call, struct vfs_get_xattr_results *results, void *value);
void vfs_get_xattr_reply(struct request *request, int32_t error, const struct vfs_get_xattr_results *results);

/* set_xattr (33), changes state */
struct vfs_set_xattr_arguments {
	uint32_t file;
	uint32_t flags;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
	const uint8_t *value; /* shared with the client; may be NULL if of length 0 */
	uint32_t value_length;
};

int32_t vfs_set_xattr(struct client *client, uint32_t file, uint32_t flags, const char *name,
                      uint32_t name_length, const void *value, uint32_t value_length);
int32_t vfs_set_xattr_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                              const char *name, uint32_t name_length, const void *value,
                              uint32_t value_length);
int32_t vfs_set_xattr_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                                  const char *name, uint32_t name_length, const void *value,
                                  uint32_t value_length);
int32_t vfs_set_xattr_finish(struct call *call);
void vfs_set_xattr_reply(struct request *request, int32_t error);

/* list_xattrs (34) */
struct vfs_list_xattrs_arguments {
	uint32_t file;
	uint8_t *names; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t names_capacity;
};

struct vfs_list_xattrs_results {
	uint32_t size;
	uint32_t names_length; /* bytes written, at most the capacity */
};

int32_t vfs_list_xattrs(struct client *client, uint32_t file, void *names, uint32_t names_capacity,
                        struct vfs_list_xattrs_results *results);
int32_t vfs_list_xattrs_prepare(struct call *call, struct client *client, uint32_t file,
                                uint32_t names_capacity);
int32_t vfs_list_xattrs_try_prepare(struct call *call, struct client *client, uint32_t file,
                                    uint32_t names_capacity);
int32_t vfs_list_xattrs_finish(struct call *call, struct vfs_list_xattrs_results *results, void *names);
void vfs_list_xattrs_reply(struct request *request, int32_t error,
                           const struct vfs_list_xattrs_results *results);

/* remove_xattr (35), changes state */
struct vfs_remove_xattr_arguments {
	uint32_t file;
	const char *name; /* at most 255 bytes */
	uint32_t name_length;
};

int32_t vfs_remove_xattr(struct client *client, uint32_t file, const char *name, uint32_t name_length);
int32_t vfs_remove_xattr_prepare(struct call *call, struct client *client, uint32_t file, const char *name,
                                 uint32_t name_length);
int32_t vfs_remove_xattr_try_prepare(struct call *call, struct client *client, uint32_t file,
                                     const char *name, uint32_t name_length);
int32_t vfs_remove_xattr_finish(struct call *call);
void vfs_remove_xattr_reply(struct request *request, int32_t error);

/*
 * hand_over (36), changes state: Who serves an open file of a mount, as init knows that service, and a ticket
 * by which the caller can read and write it there itself (fs.redeem_ticket), until the file is closed.
 * EINVAL: no regular file of a mount, or no room for the name; EBUSY: there is a ticket already; ENOSYS: the
 * server has none to give.
 */
struct vfs_hand_over_arguments {
	uint32_t file;
	uint8_t *service; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t service_capacity;
};

struct vfs_hand_over_results {
	uint64_t ticket;
	uint64_t secret;
	uint32_t service_length; /* bytes written, at most the capacity */
};

int32_t vfs_hand_over(struct client *client, uint32_t file, void *service, uint32_t service_capacity,
                      struct vfs_hand_over_results *results);
int32_t vfs_hand_over_prepare(struct call *call, struct client *client, uint32_t file,
                              uint32_t service_capacity);
int32_t vfs_hand_over_try_prepare(struct call *call, struct client *client, uint32_t file,
                                  uint32_t service_capacity);
int32_t vfs_hand_over_finish(struct call *call, struct vfs_hand_over_results *results, void *service);
void vfs_hand_over_reply(struct request *request, int32_t error, const struct vfs_hand_over_results *results);

/*
 * test_lock (40): As those of `fs`: fcntl(2), flock(2). The session stands for a process: all its locks on a
 * file go when it closes any open file of it, those of an open file with that. EBADF: it was not opened to
 * read, or to write, as the lock of bytes wants it.
 */
struct vfs_test_lock_arguments {
	uint32_t file;
	uint32_t flags;
	uint32_t type;
	uint64_t start;
	uint64_t end;
};

struct vfs_test_lock_results {
	uint64_t start;
	uint64_t end;
	uint32_t type;
	uint32_t process;
};

int32_t vfs_test_lock(struct client *client, uint32_t file, uint32_t flags, uint32_t type, uint64_t start,
                      uint64_t end, struct vfs_test_lock_results *results);
int32_t vfs_test_lock_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                              uint32_t type, uint64_t start, uint64_t end);
int32_t vfs_test_lock_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                                  uint32_t type, uint64_t start, uint64_t end);
int32_t vfs_test_lock_finish(struct call *call, struct vfs_test_lock_results *results);
void vfs_test_lock_reply(struct request *request, int32_t error, const struct vfs_test_lock_results *results);

/* set_lock (41), changes state */
struct vfs_set_lock_arguments {
	uint32_t file;
	uint32_t flags;
	uint32_t type;
	uint64_t start;
	uint64_t end;
};

int32_t vfs_set_lock(struct client *client, uint32_t file, uint32_t flags, uint32_t type, uint64_t start,
                     uint64_t end);
int32_t vfs_set_lock_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                             uint32_t type, uint64_t start, uint64_t end);
int32_t vfs_set_lock_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags,
                                 uint32_t type, uint64_t start, uint64_t end);
int32_t vfs_set_lock_finish(struct call *call);
void vfs_set_lock_reply(struct request *request, int32_t error);

/*
 * set_flags (42), changes state: chattr(1), of an open file that is not only a path (EBADF). Only root
 * changes whether it is immutable or append-only (EPERM). EOPNOTSUPP: no such flags, or a node that has none.
 */
struct vfs_set_flags_arguments {
	uint32_t file;
	uint32_t flags;
};

int32_t vfs_set_flags(struct client *client, uint32_t file, uint32_t flags);
int32_t vfs_set_flags_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags);
int32_t vfs_set_flags_try_prepare(struct call *call, struct client *client, uint32_t file, uint32_t flags);
int32_t vfs_set_flags_finish(struct call *call);
void vfs_set_flags_reply(struct request *request, int32_t error);

/* The handlers of a server; one that is NULL is answered with POSIX_ENOSYS. */
struct vfs_operations {
	int32_t (*open)(struct request *request, const struct vfs_open_arguments *arguments,
	                struct vfs_open_results *results);
	int32_t (*close)(struct request *request, const struct vfs_close_arguments *arguments);
	int32_t (*read)(struct request *request, const struct vfs_read_arguments *arguments,
	                struct vfs_read_results *results);
	int32_t (*write)(struct request *request, const struct vfs_write_arguments *arguments,
	                 struct vfs_write_results *results);
	int32_t (*seek)(struct request *request, const struct vfs_seek_arguments *arguments,
	                struct vfs_seek_results *results);
	int32_t (*stat)(struct request *request, const struct vfs_stat_arguments *arguments);
	int32_t (*mkdir)(struct request *request, const struct vfs_mkdir_arguments *arguments);
	int32_t (*rmdir)(struct request *request, const struct vfs_rmdir_arguments *arguments);
	int32_t (*readdir)(struct request *request, const struct vfs_readdir_arguments *arguments,
	                   struct vfs_readdir_results *results);
	int32_t (*unlink)(struct request *request, const struct vfs_unlink_arguments *arguments);
	int32_t (*rename)(struct request *request, const struct vfs_rename_arguments *arguments);
	int32_t (*link)(struct request *request, const struct vfs_link_arguments *arguments);
	int32_t (*symlink)(struct request *request, const struct vfs_symlink_arguments *arguments);
	int32_t (*readlink)(struct request *request, const struct vfs_readlink_arguments *arguments,
	                    struct vfs_readlink_results *results);
	int32_t (*chmod)(struct request *request, const struct vfs_chmod_arguments *arguments);
	int32_t (*chown)(struct request *request, const struct vfs_chown_arguments *arguments);
	int32_t (*truncate)(struct request *request, const struct vfs_truncate_arguments *arguments);
	int32_t (*set_times)(struct request *request, const struct vfs_set_times_arguments *arguments);
	int32_t (*stat_file)(struct request *request, const struct vfs_stat_file_arguments *arguments);
	int32_t (*statistics)(struct request *request, const struct vfs_statistics_arguments *arguments);
	int32_t (*allocate)(struct request *request, const struct vfs_allocate_arguments *arguments);
	int32_t (*copy_range)(struct request *request, const struct vfs_copy_range_arguments *arguments,
	                      struct vfs_copy_range_results *results);
	int32_t (*sync)(struct request *request, const struct vfs_sync_arguments *arguments);
	int32_t (*sync_all)(struct request *request);
	int32_t (*link_file)(struct request *request, const struct vfs_link_file_arguments *arguments);
	int32_t (*access)(struct request *request, const struct vfs_access_arguments *arguments);
	int32_t (*mknod)(struct request *request, const struct vfs_mknod_arguments *arguments);
	int32_t (*chmod_file)(struct request *request, const struct vfs_chmod_file_arguments *arguments);
	int32_t (*chown_file)(struct request *request, const struct vfs_chown_file_arguments *arguments);
	int32_t (*truncate_file)(struct request *request,
	                         const struct vfs_truncate_file_arguments *arguments);
	int32_t (*set_times_file)(struct request *request,
	                          const struct vfs_set_times_file_arguments *arguments);
	int32_t (*get_xattr)(struct request *request, const struct vfs_get_xattr_arguments *arguments,
	                     struct vfs_get_xattr_results *results);
	int32_t (*set_xattr)(struct request *request, const struct vfs_set_xattr_arguments *arguments);
	int32_t (*list_xattrs)(struct request *request, const struct vfs_list_xattrs_arguments *arguments,
	                       struct vfs_list_xattrs_results *results);
	int32_t (*remove_xattr)(struct request *request, const struct vfs_remove_xattr_arguments *arguments);
	int32_t (*hand_over)(struct request *request, const struct vfs_hand_over_arguments *arguments,
	                     struct vfs_hand_over_results *results);
	int32_t (*test_lock)(struct request *request, const struct vfs_test_lock_arguments *arguments,
	                     struct vfs_test_lock_results *results);
	int32_t (*set_lock)(struct request *request, const struct vfs_set_lock_arguments *arguments);
	int32_t (*set_flags)(struct request *request, const struct vfs_set_flags_arguments *arguments);
};

extern const struct protocol vfs_protocol;

#endif
