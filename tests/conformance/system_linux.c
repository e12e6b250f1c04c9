/* The machine's own calls: see system.h. */
#include "system.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

static const char *base;

_Noreturn static void wrong(const char *what)
{
	perror(what);
	exit(2);
}

int system_run(const char *where, int (*work)(void *context), void *context)
{
	base = realpath(where, NULL);
	if (base == NULL || chdir(base) != 0) {
		perror(where);
		return 2;
	}
	return work(context);
}

void system_enter(bool work)
{
	if (chdir(base) != 0 || (work && chdir(WORK) != 0))
		wrong(work ? WORK : base);
}

void system_become(uid_t uid, gid_t gid, const gid_t *groups, size_t count)
{
	if (setgroups(count, groups) != 0 || setresgid((gid_t)-1, gid, (gid_t)-1) != 0 ||
	    setresuid((uid_t)-1, uid, (uid_t)-1) != 0)
		wrong("cannot become another user");
}

void system_become_root(void)
{
	if (setresuid((uid_t)-1, 0, (uid_t)-1) != 0 || setresgid((gid_t)-1, 0, (gid_t)-1) != 0 ||
	    setgroups(0, NULL) != 0)
		wrong("cannot become root again");
}

mode_t system_umask(mode_t mask)
{
	return umask(mask);
}

/* ---- open files ----------------------------------------------------------------- */

int sys_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags | O_CLOEXEC, mode);
}

int sys_close(int file)
{
	return close(file);
}

ssize_t sys_read(int file, void *buffer, size_t size)
{
	return read(file, buffer, size);
}

ssize_t sys_write(int file, const void *data, size_t size)
{
	return write(file, data, size);
}

ssize_t sys_pread(int file, void *buffer, size_t size, off_t offset)
{
	return pread(file, buffer, size, offset);
}

ssize_t sys_pwrite(int file, const void *data, size_t size, off_t offset)
{
	return pwrite(file, data, size, offset);
}

off_t sys_lseek(int file, off_t offset, int whence)
{
	return lseek(file, offset, whence);
}

int sys_ftruncate(int file, off_t size)
{
	return ftruncate(file, size);
}

int sys_fallocate(int file, int mode, off_t offset, off_t length)
{
	return fallocate(file, mode, offset, length);
}

ssize_t sys_copy_file_range(int from, off_t offset, int to, off_t to_offset, size_t length)
{
	return copy_file_range(from, &offset, to, &to_offset, length, 0);
}

int sys_fstat(int file, struct stat *status)
{
	return fstat(file, status);
}

int sys_fchmod(int file, mode_t mode)
{
	return fchmod(file, mode);
}

int sys_fchown(int file, uid_t uid, gid_t gid)
{
	return fchown(file, uid, gid);
}

int sys_fsync(int file)
{
	return fsync(file);
}

int sys_flock(int file, int operation)
{
	return flock(file, operation);
}

int sys_lock(int file, bool process, bool wait, short type, off_t start, off_t length)
{
	struct flock lock = {.l_type = type, .l_start = start, .l_len = length};

	if (process)
		return fcntl(file, wait ? F_SETLKW : F_SETLK, &lock);
	return fcntl(file, wait ? F_OFD_SETLKW : F_OFD_SETLK, &lock);
}

int sys_test_lock(int file, short *type, off_t *start, off_t *length)
{
	struct flock lock = {.l_type = *type, .l_start = *start, .l_len = *length};

	if (fcntl(file, F_OFD_GETLK, &lock) != 0)
		return -1;
	*type = lock.l_type;
	*start = lock.l_start;
	*length = lock.l_len;
	return 0;
}

/* Pages that have `length` bytes from `offset` on; *skipped of them before it. */
static uint8_t *map(int file, off_t offset, size_t length, int protection, size_t *skipped)
{
	*skipped = (size_t)offset % (size_t)getpagesize();
	return mmap(NULL, *skipped + length, protection, MAP_SHARED, file, offset - (off_t)*skipped);
}

int sys_map_write(int file, off_t offset, const void *data, size_t length)
{
	size_t skipped;
	uint8_t *memory = map(file, offset, length, PROT_READ | PROT_WRITE, &skipped);

	if (memory == MAP_FAILED)
		return -1;
	memcpy(memory + skipped, data, length);
	return munmap(memory, skipped + length);
}

int sys_map_read(int file, off_t offset, void *buffer, size_t length)
{
	size_t skipped;
	const uint8_t *memory = map(file, offset, length, PROT_READ, &skipped);

	if (memory == MAP_FAILED)
		return -1;
	memcpy(buffer, memory + skipped, length);
	return munmap((void *)(uintptr_t)memory, skipped + length);
}

/* ---- names -------------------------------------------------------------------------- */

int sys_mkdir(const char *path, mode_t mode)
{
	return mkdir(path, mode);
}

int sys_rmdir(const char *path)
{
	return rmdir(path);
}

int sys_unlink(const char *path)
{
	return unlink(path);
}

int sys_link(const char *path, const char *new_path, bool follow)
{
	return linkat(AT_FDCWD, path, AT_FDCWD, new_path, follow ? AT_SYMLINK_FOLLOW : 0);
}

int sys_symlink(const char *target, const char *path)
{
	return symlink(target, path);
}

ssize_t sys_readlink(const char *path, char *target, size_t size)
{
	return readlink(path, target, size);
}

int sys_rename(const char *path, const char *new_path, unsigned flags)
{
	return flags == 0 ? rename(path, new_path) : renameat2(AT_FDCWD, path, AT_FDCWD, new_path, flags);
}

int sys_mknod(const char *path, mode_t mode, dev_t device)
{
	return mknod(path, mode, device);
}

int sys_bind(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int file = socket(AF_UNIX, SOCK_STREAM, 0), result;

	if (file < 0 || strlen(path) >= sizeof(address.sun_path))
		wrong(path);
	strcpy(address.sun_path, path);
	result = bind(file, (struct sockaddr *)&address, sizeof(address));
	close(file);
	return result;
}

int sys_list(const char *path, void (*each)(void *context, const char *name, unsigned char type), void *context)
{
	DIR *directory = opendir(path);
	struct dirent *entry;

	if (directory == NULL)
		return -1;
	while ((entry = readdir(directory)) != NULL)
		each(context, entry->d_name, entry->d_type);
	return closedir(directory);
}

/* ---- attributes ------------------------------------------------------------------------ */

int sys_stat(const char *path, struct stat *status)
{
	return stat(path, status);
}

int sys_lstat(const char *path, struct stat *status)
{
	return lstat(path, status);
}

int sys_utimens(const char *path, const struct timespec times[2], bool follow)
{
	return utimensat(AT_FDCWD, path, times, follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

int sys_chmod(const char *path, mode_t mode)
{
	return chmod(path, mode);
}

int sys_chown(const char *path, uid_t uid, gid_t gid, bool follow)
{
	return follow ? chown(path, uid, gid) : lchown(path, uid, gid);
}

int sys_truncate(const char *path, off_t size)
{
	return truncate(path, size);
}

int sys_access(const char *path, int mask)
{
	return (int)syscall(SYS_faccessat2, AT_FDCWD, path, mask, AT_EACCESS);
}

int sys_chdir(const char *path)
{
	int here = open(".", O_PATH | O_DIRECTORY), result, error;

	if (here < 0)
		return -1;
	result = chdir(path);
	error = errno;
	if (result == 0 && fchdir(here) != 0)
		wrong("cannot go back");
	close(here);
	errno = error;
	return result;
}

int sys_statvfs(const char *path, struct statvfs *limits)
{
	return statvfs(path, limits);
}

static int flags_ioctl(const char *path, unsigned long command, int *flags)
{
	int file = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW), result, error;

	if (file < 0)
		return -1;
	result = ioctl(file, command, flags);
	error = errno;
	close(file);
	errno = error;
	return result;
}

int sys_get_flags(const char *path, int *flags)
{
	return flags_ioctl(path, FS_IOC_GETFLAGS, flags);
}

int sys_set_flags(const char *path, int flags)
{
	return flags_ioctl(path, FS_IOC_SETFLAGS, &flags);
}

int sys_setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	return lsetxattr(path, name, value, size, flags);
}

ssize_t sys_getxattr(const char *path, const char *name, void *value, size_t size)
{
	return lgetxattr(path, name, value, size);
}

ssize_t sys_listxattr(const char *path, char *names, size_t size)
{
	return llistxattr(path, names, size);
}

int sys_removexattr(const char *path, const char *name)
{
	return lremovexattr(path, name);
}
