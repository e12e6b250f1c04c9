/*
 * Files, for programs: what POSIX's calls do, over the protocol `vfs`
 * (docs/FILES.md). The archive is libdrydock_files; it runs wherever the
 * runtime does, on Linux and without.
 *
 * Results: every function returns a call's status (drydock/client.h). 0: done;
 * above 0 the errno that Linux's call of that name has (drydock/posix.h); below
 * 0: no answer came. Who knows nothing but errno asks files_errno.
 *
 * Each function suspends the calling fiber alone: with many fibers many calls
 * are in flight on one client. Without fibers, reading and writing have a form
 * with completion callbacks (struct files_transfer).
 *
 * Paths are absolute and NUL-terminated, below POSIX_PATH_MAX bytes. The mode of
 * what is made may have a umask with it (FILES_UMASK). Flags and structures are those of
 * <drydock/proto/vfs.h>, which this header brings along.
 */
#ifndef DRYDOCK_FILES_H
#define DRYDOCK_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/client.h>
#include <drydock/posix.h>
#include <drydock/proto/vfs.h>

struct runtime;

/*
 * A client of the service "vfs" with room for large transfers; any other client
 * of the protocol `vfs` serves as well. As client_open; to be closed by client_close.
 */
struct client *files_connect(struct runtime *runtime, int32_t *status);

/*
 * The errno of a status: that itself; where no answer came POSIX_EIO, or
 * POSIX_ETIMEDOUT, POSIX_ECANCELED, POSIX_ENOMEM, POSIX_EMSGSIZE (more than fits
 * the client's data area), POSIX_EAGAIN (-E_WOULD_BLOCK).
 */
int32_t files_errno(int32_t status);

/*
 * Beside the mode of a file that is made: these permission bits it does not get,
 * unless the directory has a default ACL, which then decides (umask(2), acl(5)).
 * As in files_mkdir(client, path, 0777 | FILES_UMASK(022)).
 */
#define FILES_UMASK(mask) ((uint32_t)(mask) << 16)

/* ---- open files ----------------------------------------------------------------- */

/*
 * An open file. The memory is the caller's; it may be copied, and is good until
 * files_close. It belongs to one connection: when the server has been restarted,
 * whatever is done with it is POSIX_ESTALE.
 */
struct file {
	struct client *client;
	uint64_t generation; /* of the client */
	uint64_t direct;     /* that it is read and written at its own server, and which; 0: by way of vfs */
	uint32_t number;     /* the server's */
	uint32_t flags;      /* VFS_OPEN_* */
};

/*
 * open(2): `flags` are VFS_OPEN_*, of which VFS_OPEN_READ, VFS_OPEN_WRITE or both,
 * or VFS_OPEN_PATH; `mode` is of a file that is made. A file of another server than
 * vfs is read and written there, if this process may call it; the first of them
 * waits for the lane to it. POSIX_EOPNOTSUPP: a fifo, socket or device, which only
 * VFS_OPEN_PATH opens, but for null, zero, full, random and console. POSIX_EMFILE:
 * 65,536 are open.
 */
int32_t files_open(struct client *client, const char *path, uint32_t flags, uint32_t mode, struct file *file);
int32_t files_close(const struct file *file);

/*
 * read(2) and write(2) at the file's position, pread(2) and pwrite(2) at
 * `offset`. *done of `length` bytes: fewer are read only at the end of the file,
 * fewer are written where no more fit; an error only if there were none. What is
 * longer than files_transfer_maximum is moved in several calls, between which
 * others may come.
 */
int32_t files_read(const struct file *file, void *buffer, size_t length, size_t *done);
int32_t files_write(const struct file *file, const void *data, size_t length, size_t *done);
int32_t files_pread(const struct file *file, void *buffer, size_t length, uint64_t offset, size_t *done);
int32_t files_pwrite(const struct file *file, const void *data, size_t length, uint64_t offset, size_t *done);

/* Bytes that one call moves at most: 1 MiB, or what half the client's data area holds. */
uint32_t files_transfer_maximum(const struct client *client);

/* lseek(2): `whence` is VFS_SEEK_*. *position is where the file is then; may be NULL. */
int32_t files_seek(const struct file *file, int64_t offset, uint32_t whence, uint64_t *position);

int32_t files_fstat(const struct file *file, struct vfs_status *status);
int32_t files_ftruncate(const struct file *file, uint64_t size);
int32_t files_fsync(const struct file *file);

/* fallocate(2): `mode` is VFS_ALLOCATE_*. */
int32_t files_allocate(const struct file *file, uint32_t mode, uint64_t offset, uint64_t length);

/*
 * copy_file_range(2), within one file system: from `offset` of one file to
 * `to_offset` of another or the same; VFS_POSITION: at its own position. *done
 * bytes of `length`: fewer at the end of the first.
 */
int32_t files_copy_range(const struct file *from, uint64_t offset, const struct file *to, uint64_t to_offset,
                         size_t length, size_t *done);

/* A name for an open file, as for one from VFS_OPEN_UNNAMED (linkat(2) with AT_EMPTY_PATH). */
int32_t files_flink(const struct file *file, const char *new_path);

/* ---- locks ---------------------------------------------------------------------------- */

/*
 * A lock of `length` bytes from `start` on, 0: to the end of the file wherever that
 * is. All locks are advisory, and the same for those who use the mount, if it was
 * mounted with `shared_locks`.
 */
struct files_lock {
	uint64_t start, length;
	uint32_t type;    /* VFS_LOCK_NONE, VFS_LOCK_READ, VFS_LOCK_WRITE */
	/* Whose it is: with VFS_LOCK_PROCESS_SYSTEM as `drydock ps` has it; without, a process of Linux in the mount. */
	uint32_t process;
};

/*
 * `flags` says whose the lock is. 0: the client's (fcntl(2), F_SETLK), which with
 * all others on the file goes when any open file of it is closed; VFS_LOCK_OPEN: the
 * open file's (F_OFD_SETLK); VFS_LOCK_FLOCK: the open file's, on all of the file, of
 * which the others know nothing (flock(2)): `start` and `length` are 0.
 *
 * VFS_LOCK_NONE as `type` gives back. While others have it the call waits until
 * `deadline` (absolute nanoseconds, DEADLINE_NEVER): POSIX_ETIMEDOUT; with 0 not at
 * all: POSIX_EAGAIN. POSIX_EDEADLK: it would wait for one who waits for it, which is
 * found of locks of bytes only; POSIX_ENOLCK: there are too many; POSIX_EINVAL and
 * POSIX_EOVERFLOW: there are no such bytes; POSIX_EBADF: the
 * file was not opened to read (VFS_LOCK_READ) or to write (VFS_LOCK_WRITE), unless it is flock(2)'s.
 * POSIX_ECANCELED: the open file was closed meanwhile.
 *
 * While it waits it takes one of the client's calls in flight: who waits for more
 * locks than client_depth can do nothing else meanwhile, not even give them back.
 */
int32_t files_lock(const struct file *file, uint32_t flags, uint32_t type, uint64_t start, uint64_t length,
                   uint64_t deadline);

/* fcntl(2), F_GETLK: in *lock goes what is wanted and comes what hinders; type VFS_LOCK_NONE: nothing does. */
int32_t files_lock_test(const struct file *file, uint32_t flags, struct files_lock *lock);

/* ---- names ---------------------------------------------------------------------------- */

int32_t files_mkdir(struct client *client, const char *path, uint32_t mode);
int32_t files_rmdir(struct client *client, const char *path);
int32_t files_unlink(struct client *client, const char *path);

/* mknod(2): type and permissions in `mode`; `device` is major << 8 | minor. */
int32_t files_mknod(struct client *client, const char *path, uint32_t mode, uint32_t device);

/* renameat2(2): `flags` are VFS_RENAME_*, 0 for rename(2). */
int32_t files_rename(struct client *client, const char *path, const char *new_path, uint32_t flags);

/* link(2), which does not follow a symbolic link at the end of `path`. */
int32_t files_link(struct client *client, const char *path, const char *new_path);
int32_t files_symlink(struct client *client, const char *target, const char *path);

/* The target, cut at `size` bytes and not terminated; *length of it. */
int32_t files_readlink(struct client *client, const char *path, char *target, size_t size, size_t *length);

/* ---- attributes --------------------------------------------------------------------------- */

/* The l… functions do not follow a symbolic link at the end; the f… ones are of an open file. */

int32_t files_stat(struct client *client, const char *path, struct vfs_status *status);
int32_t files_lstat(struct client *client, const char *path, struct vfs_status *status);

/* faccessat(2) with AT_EACCESS: `mask` of 4 (read), 2 (write), 1 (execute, search); 0: is it there? */
int32_t files_access(struct client *client, const char *path, uint32_t mask);

int32_t files_chmod(struct client *client, const char *path, uint32_t mode);
int32_t files_fchmod(const struct file *file, uint32_t mode);

/* VFS_UNCHANGED leaves the owner, or the group, as it is. */
int32_t files_chown(struct client *client, const char *path, uint32_t uid, uint32_t gid);
int32_t files_lchown(struct client *client, const char *path, uint32_t uid, uint32_t gid);
int32_t files_fchown(const struct file *file, uint32_t uid, uint32_t gid);

/*
 * chattr(1): `flags` are VFS_FLAG_*, as vfs_status has them. POSIX_EPERM: only root changes whether a file
 * is immutable or append-only; POSIX_EOPNOTSUPP: there are no such flags, or its file system has none.
 */
int32_t files_set_flags(const struct file *file, uint32_t flags);

int32_t files_truncate(struct client *client, const char *path, uint64_t size);

/* utimensat(2): nanoseconds below 1,000,000,000, or VFS_TIME_NOW or VFS_TIME_OMIT. */
struct files_time {
	int64_t seconds; /* since 1970 */
	uint32_t nanoseconds;
};
int32_t files_utimens(struct client *client, const char *path, struct files_time access,
                      struct files_time modification);
int32_t files_lutimens(struct client *client, const char *path, struct files_time access,
                       struct files_time modification);
int32_t files_futimens(const struct file *file, struct files_time access, struct files_time modification);

/* Of the file system that `path` is in (statvfs(3)). */
int32_t files_statfs(struct client *client, const char *path, struct vfs_statistics *statistics);

/* sync(2): of all that is mounted. */
int32_t files_sync(struct client *client);

/* ---- extended attributes ---------------------------------------------------------------------- */

/*
 * xattr(7), of what `path` names: with `follow` of what a symbolic link at its
 * end points to. Values are at most 64 KiB. *length says how many bytes there
 * are, and with `size` 0 that is all; with too little POSIX_ERANGE. `flags` are
 * VFS_XATTR_*. files_listxattr gives names, each with a NUL behind it.
 */
int32_t files_getxattr(struct client *client, const char *path, bool follow, const char *name, void *value,
                       size_t size, size_t *length);
int32_t files_setxattr(struct client *client, const char *path, bool follow, const char *name,
                       const void *value, size_t size, uint32_t flags);
int32_t files_listxattr(struct client *client, const char *path, bool follow, char *names, size_t size,
                        size_t *length);
int32_t files_removexattr(struct client *client, const char *path, bool follow, const char *name);

int32_t files_fgetxattr(const struct file *file, const char *name, void *value, size_t size, size_t *length);
int32_t files_fsetxattr(const struct file *file, const char *name, const void *value, size_t size,
                        uint32_t flags);
int32_t files_flistxattr(const struct file *file, char *names, size_t size, size_t *length);
int32_t files_fremovexattr(const struct file *file, const char *name);

/* ---- directories ------------------------------------------------------------------------------- */

/* A directory that is being read; the caller's memory. Fields are private but `cookie`. */
struct files_directory {
	struct file file;
	uint64_t cookie; /* where the next files_readdir goes on */
	uint8_t *buffer;
	uint32_t size, length, place;
};

struct files_entry {
	uint64_t node;   /* its number */
	uint64_t cookie; /* a directory set to it goes on after this entry */
	uint32_t mode;   /* type bits */
	uint32_t name_length;
	char name[POSIX_NAME_MAX + 1]; /* NUL-terminated; no `/` */
};

/* `buffer` is used until files_closedir; from 512 bytes on, 32 KiB are good for large directories. */
int32_t files_opendir(struct client *client, const char *path, void *buffer, size_t size,
                      struct files_directory *directory);

/* The next entry, `.` and `..` among them. *found is false at the end. POSIX_EBADMSG: the server's reply is malformed. */
int32_t files_readdir(struct files_directory *directory, struct files_entry *entry, bool *found);

/* From now on what comes after `cookie`; 0: from the start. */
void files_seekdir(struct files_directory *directory, uint64_t cookie);

int32_t files_closedir(const struct files_directory *directory);

/*
 * Takes the entry at the start of `length` bytes of a reply to vfs.readdir, which
 * may be anything. Returns how many bytes it fills, or 0 where no sound one is there.
 */
size_t files_entry_take(const uint8_t *bytes, size_t length, struct files_entry *entry);

/* ---- many at once ----------------------------------------------------------------------------- */

/*
 * A read or write under way. The memory is the caller's, from begin to end, and
 * so it is as many as there are of them. `done` runs in the event loop, where it
 * may begin others; NULL: it is to be waited for.
 */
struct files_transfer;
typedef void (*files_done_t)(struct files_transfer *transfer, void *context);

struct files_transfer {
	uint8_t *data;   /* in the client's data area: what was read, or is written, until files_transfer_end */
	uint32_t length; /* bytes moved, once it is done */
	int32_t status;  /* once it is done */
	/* Private. */
	struct call call;
	files_done_t done;
	void *context;
	struct file file;
	uint64_t offset;
	bool writes, at_position;
};

/*
 * Begins to move `length` bytes (at most files_transfer_maximum) at `offset`, or
 * VFS_POSITION; `data` is copied. While the client has no room for one more, a
 * fiber is suspended; elsewhere -E_WOULD_BLOCK. Other than 0: nothing has begun,
 * `done` does not run and there is nothing to end.
 */
int32_t files_read_begin(struct files_transfer *transfer, const struct file *file, uint64_t offset,
                         uint32_t length, files_done_t done, void *context);
int32_t files_write_begin(struct files_transfer *transfer, const struct file *file, uint64_t offset,
                          const void *data, uint32_t length, files_done_t done, void *context);

/*
 * A write without a copy: `transfer->data` is room for `length` bytes, which are
 * written as they are when files_write_submit is called. Until then nothing has
 * begun; files_transfer_end gives the room back. Results as files_write_begin.
 */
int32_t files_write_prepare(struct files_transfer *transfer, const struct file *file, uint64_t offset,
                            uint32_t length, files_done_t done, void *context);
void files_write_submit(struct files_transfer *transfer);

/*
 * Suspends until it is done, or `deadline` (absolute nanoseconds) has passed:
 * then it is abandoned. Returns transfer->status.
 */
int32_t files_transfer_wait(struct files_transfer *transfer, uint64_t deadline);

/* Gives what it holds of the client back; `data` is gone. */
void files_transfer_end(struct files_transfer *transfer);

#endif
