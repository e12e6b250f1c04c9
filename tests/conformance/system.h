/*
 * The file system that a test program works on: Linux's calls of the same names,
 * which return -1 with errno. Which system it is is decided when linking:
 * system_linux.c has the machine's own calls, for any directory, and
 * system_native.c the library <drydock/files.h>, for the vfs of an instance.
 *
 * Paths are relative to the base, and after system_enter to the directory WORK in it.
 */
#ifndef DRYDOCK_TESTS_CONFORMANCE_SYSTEM_H
#define DRYDOCK_TESTS_CONFORMANCE_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/types.h>
#include <time.h>

/* Short: paths of nearly PATH_MAX bytes are to fit behind it. */
#define WORK "w"

/*
 * Runs `work` on the system at `where`: a directory, or the directory of a
 * running instance. Returns what it returned, or 2 after saying what was wrong.
 */
int system_run(const char *where, int (*work)(void *context), void *context);

/* Relative paths now begin in the base, or in WORK, which must be there. */
void system_enter(bool work);

/* From now on it is they who call, with `count` supplementary groups; and root again. */
void system_become(uid_t uid, gid_t gid, const gid_t *groups, size_t count);
void system_become_root(void);
mode_t system_umask(mode_t mask);

int sys_open(const char *path, int flags, mode_t mode);
int sys_close(int file);
ssize_t sys_read(int file, void *buffer, size_t size);
ssize_t sys_write(int file, const void *data, size_t size);
ssize_t sys_pread(int file, void *buffer, size_t size, off_t offset);
ssize_t sys_pwrite(int file, const void *data, size_t size, off_t offset);
off_t sys_lseek(int file, off_t offset, int whence);
int sys_ftruncate(int file, off_t size);
int sys_fallocate(int file, int mode, off_t offset, off_t length);
ssize_t sys_copy_file_range(int from, off_t offset, int to, off_t to_offset, size_t length);
int sys_fstat(int file, struct stat *status);
int sys_fchmod(int file, mode_t mode);
int sys_fchown(int file, uid_t uid, gid_t gid);
int sys_fsync(int file);

int sys_flock(int file, int operation);
/* Locks of bytes, of the open file or, with `process`, of the process; with `wait` they wait for others. */
int sys_lock(int file, bool process, bool wait, short type, off_t start, off_t length);
/* What hinders the open file from one: *type is F_UNLCK where nothing does. */
int sys_test_lock(int file, short *type, off_t *start, off_t *length);
/* What only Linux's own processes have; natively ENOSYS. */
/* Copies `length` bytes to or from a shared mapping of the file. */
int sys_map_write(int file, off_t offset, const void *data, size_t length);
int sys_map_read(int file, off_t offset, void *buffer, size_t length);

int sys_mkdir(const char *path, mode_t mode);
int sys_rmdir(const char *path);
int sys_unlink(const char *path);
int sys_link(const char *path, const char *new_path, bool follow);
int sys_symlink(const char *target, const char *path);
ssize_t sys_readlink(const char *path, char *target, size_t size);
int sys_rename(const char *path, const char *new_path, unsigned flags);
int sys_mknod(const char *path, mode_t mode, dev_t device);
int sys_bind(const char *path);

/* Calls `each` for all entries of a directory; `type` is of DT_*. It must call nothing of these. */
int sys_list(const char *path, void (*each)(void *context, const char *name, unsigned char type), void *context);

int sys_stat(const char *path, struct stat *status);
int sys_lstat(const char *path, struct stat *status);
int sys_utimens(const char *path, const struct timespec times[2], bool follow);
int sys_chmod(const char *path, mode_t mode);
int sys_chown(const char *path, uid_t uid, gid_t gid, bool follow);
int sys_truncate(const char *path, off_t size);
int sys_access(const char *path, int mask);
/* Whether it could be gone to; goes nowhere. */
int sys_chdir(const char *path);
int sys_statvfs(const char *path, struct statvfs *limits);

/* FS_*_FL of <linux/fs.h>, as chattr(1) sets them, of regular files and directories. */
int sys_get_flags(const char *path, int *flags);
int sys_set_flags(const char *path, int flags);

/* Of symbolic links themselves. */
int sys_setxattr(const char *path, const char *name, const void *value, size_t size, int flags);
ssize_t sys_getxattr(const char *path, const char *name, void *value, size_t size);
ssize_t sys_listxattr(const char *path, char *names, size_t size);
int sys_removexattr(const char *path, const char *name);

#endif
