/* The vfs of a running instance, by the client library: see system.h. */
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <drydock/files.h>
#include <drydock/server.h>

#include "sim/user/linux.h"

/* It may act for others, as cases want it. */
#define ROLE "fuse"

#define FILES      128
#define IDENTITIES 64
#define LIST_SIZE  (32 * 1024)

static struct {
	struct runtime *runtime;
	struct client *client;
	const char *directory; /* where relative paths begin, with a slash at the end */
	mode_t umask;
	struct {
		struct file file;
		bool used;
	} files[FILES];
	struct {
		struct identity who;
		uint32_t actor; /* 0: unused */
	} identities[IDENTITIES];
	int (*work)(void *context);
	void *context;
} native;

_Noreturn static void wrong(const char *what, int32_t status)
{
	fprintf(stderr, "%s: %s (%d)\n", what, strerror(files_errno(status)), (int)status);
	exit(2);
}

/* ---- being a guest ------------------------------------------------------------------ */

static void started(struct runtime *runtime, void *state)
{
	(void)runtime;
	(void)state;
}

static void run(void *argument)
{
	int32_t status = 0;

	(void)argument;
	native.client = files_connect(native.runtime, &status);
	if (native.client == NULL)
		wrong("no connection to vfs", status);
	runtime_stop(native.runtime, (uint64_t)native.work(native.context));
	client_close(native.client);
}

int system_run(const char *where, int (*work)(void *context), void *context)
{
	static const struct server_definition definition = {
		.name = "native", .source = "native", .quiet = true, .start = started};
	char reason[256];
	struct os *os = os_attach(where, ROLE, "native", reason, sizeof(reason));
	uint64_t code;

	if (os == NULL) {
		fprintf(stderr, "%s: %s\n", where, reason);
		return 2;
	}
	native.work = work;
	native.context = context;
	native.directory = "/";
	native.runtime = runtime_create(os, &definition);
	if (native.runtime == NULL || fiber_start(native.runtime, run, NULL) != E_OK)
		wrong(where, -E_NOMEM);
	while (!runtime_stopped(native.runtime, &code)) {
		if (!runtime_round(native.runtime))
			runtime_sleep(native.runtime);
	}
	runtime_destroy(native.runtime);
	os_destroy(os);
	return (int)code;
}

void system_enter(bool work)
{
	native.directory = work ? "/" WORK "/" : "/";
}

void system_become(uid_t uid, gid_t gid, const gid_t *groups, size_t count)
{
	struct identity who = {.uid = uid, .gid = gid, .group_count = (uint32_t)count};
	int at = 0;
	int32_t status;

	memcpy(who.groups, groups, count * sizeof(groups[0]));
	while (at < IDENTITIES && native.identities[at].actor != 0 &&
	       memcmp(&native.identities[at].who, &who, sizeof(who)) != 0)
		at++;
	if (at == IDENTITIES)
		wrong("too many users", -E_NOMEM);
	if (native.identities[at].actor == 0) {
		status = client_register_actor(native.client, uid, gid, who.groups, who.group_count, 0,
		                               &native.identities[at].actor);
		if (status != 0)
			wrong("cannot act for others", status);
		native.identities[at].who = who;
	}
	client_set_actor(native.client, native.identities[at].actor);
}

void system_become_root(void)
{
	client_set_actor(native.client, 0);
}

mode_t system_umask(mode_t mask)
{
	mode_t old = native.umask;

	native.umask = mask;
	return old;
}

/* ---- from the library's ways to Linux's ------------------------------------------------- */

static int result(int32_t status)
{
	if (status == 0)
		return 0;
	errno = files_errno(status);
	return -1;
}

/* By its address: the call that sets it stands beside it. */
static ssize_t result_length(int32_t status, const size_t *length)
{
	return result(status) == 0 ? (ssize_t)*length : -1;
}

/* A path as the vfs knows it. The longest that Linux takes are too long with what goes before them. */
static const char *absolute_in(char buffer[2 * POSIX_PATH_MAX], const char *path)
{
	if (path[0] == '/' || path[0] == '\0')
		return path;
	snprintf(buffer, 2 * POSIX_PATH_MAX, "%s%s", native.directory, path);
	return buffer;
}

static const char *absolute(const char *path)
{
	static char buffer[2 * POSIX_PATH_MAX];

	return absolute_in(buffer, path);
}

/* For the second path of a call. */
static const char *absolute_new(const char *path)
{
	static char buffer[2 * POSIX_PATH_MAX];

	return absolute_in(buffer, path);
}

static const struct file *file_of(int number)
{
	if (number < 0 || number >= FILES || !native.files[number].used) {
		errno = EBADF;
		return NULL;
	}
	return &native.files[number].file;
}

static void take_status(struct stat *to, const struct vfs_status *from)
{
	*to = (struct stat){
		.st_ino = from->node,
		.st_mode = from->mode,
		.st_nlink = from->links,
		.st_uid = from->uid,
		.st_gid = from->gid,
		.st_rdev = makedev(from->device >> 8, from->device & 0xff),
		.st_size = (off_t)from->size,
		.st_blksize = (blksize_t)from->block_size,
		.st_blocks = (blkcnt_t)from->blocks,
		.st_atim = {from->atime, from->atime_ns},
		.st_mtim = {from->mtime, from->mtime_ns},
		.st_ctim = {from->ctime, from->ctime_ns},
	};
}

/* ---- open files --------------------------------------------------------------------------- */

/* O_NONBLOCK, O_SYNC and O_NOATIME mean nothing to files of the vfs. */
static uint32_t open_flags(int flags)
{
	static const struct {
		int linux;
		uint32_t native;
	} pairs[] = {{O_CREAT, VFS_OPEN_CREATE},       {O_EXCL, VFS_OPEN_EXCLUSIVE},
	             {O_TRUNC, VFS_OPEN_TRUNCATE},     {O_APPEND, VFS_OPEN_APPEND},
	             {O_DIRECTORY, VFS_OPEN_DIRECTORY}, {O_NOFOLLOW, VFS_OPEN_NOFOLLOW},
	             {O_TMPFILE, VFS_OPEN_UNNAMED},    {O_PATH, VFS_OPEN_PATH}};
	static const uint32_t access[] = {
		[O_RDONLY] = VFS_OPEN_READ, [O_WRONLY] = VFS_OPEN_WRITE, [O_RDWR] = VFS_OPEN_READ | VFS_OPEN_WRITE};
	uint32_t converted = flags & O_PATH ? 0 : access[flags & O_ACCMODE];

	for (size_t at = 0; at < sizeof(pairs) / sizeof(pairs[0]); at++) {
		if ((flags & pairs[at].linux) == pairs[at].linux)
			converted |= pairs[at].native;
	}
	return converted;
}

int sys_open(const char *path, int flags, mode_t mode)
{
	int number = 0;

	while (number < FILES && native.files[number].used)
		number++;
	if (number == FILES)
		wrong("too many open files", POSIX_EMFILE);
	if (result(files_open(native.client, absolute(path), open_flags(flags), (mode & 0xffff) | FILES_UMASK(native.umask),
	                      &native.files[number].file)) != 0)
		return -1;
	native.files[number].used = true;
	return number;
}

int sys_close(int number)
{
	const struct file *file = file_of(number);

	if (file == NULL)
		return -1;
	native.files[number].used = false;
	return result(files_close(file));
}

ssize_t sys_read(int number, void *buffer, size_t size)
{
	const struct file *file = file_of(number);
	size_t done = 0;

	return file == NULL ? -1 : result_length(files_read(file, buffer, size, &done), &done);
}

ssize_t sys_write(int number, const void *data, size_t size)
{
	const struct file *file = file_of(number);
	size_t done = 0;

	return file == NULL ? -1 : result_length(files_write(file, data, size, &done), &done);
}

ssize_t sys_pread(int number, void *buffer, size_t size, off_t offset)
{
	const struct file *file = file_of(number);
	size_t done = 0;

	return file == NULL ? -1 : result_length(files_pread(file, buffer, size, (uint64_t)offset, &done), &done);
}

ssize_t sys_pwrite(int number, const void *data, size_t size, off_t offset)
{
	const struct file *file = file_of(number);
	size_t done = 0;

	return file == NULL ? -1 : result_length(files_pwrite(file, data, size, (uint64_t)offset, &done), &done);
}

off_t sys_lseek(int number, off_t offset, int whence)
{
	const struct file *file = file_of(number);
	uint64_t position = 0;

	/* VFS_SEEK_* are Linux's numbers. */
	if (file == NULL || result(files_seek(file, offset, (uint32_t)whence, &position)) != 0)
		return -1;
	return (off_t)position;
}

int sys_ftruncate(int number, off_t size)
{
	const struct file *file = file_of(number);

	return file == NULL ? -1 : result(files_ftruncate(file, (uint64_t)size));
}

int sys_fallocate(int number, int mode, off_t offset, off_t length)
{
	static const struct {
		int linux;
		uint32_t native;
	} modes[] = {{0, VFS_ALLOCATE_GROW},
	             {FALLOC_FL_KEEP_SIZE, VFS_ALLOCATE_KEEP},
	             {FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, VFS_ALLOCATE_PUNCH},
	             {FALLOC_FL_ZERO_RANGE, VFS_ALLOCATE_ZERO},
	             {FALLOC_FL_KEEP_SIZE | FALLOC_FL_ZERO_RANGE, VFS_ALLOCATE_ZERO_KEEP}};
	const struct file *file = file_of(number);

	if (file == NULL)
		return -1;
	for (size_t at = 0; at < sizeof(modes) / sizeof(modes[0]); at++) {
		if (modes[at].linux == mode)
			return result(files_allocate(file, modes[at].native, (uint64_t)offset, (uint64_t)length));
	}
	errno = EOPNOTSUPP;
	return -1;
}

ssize_t sys_copy_file_range(int from_number, off_t offset, int to_number, off_t to_offset, size_t length)
{
	const struct file *from = file_of(from_number), *to = file_of(to_number);
	size_t done = 0;

	if (from == NULL || to == NULL)
		return -1;
	return result_length(files_copy_range(from, (uint64_t)offset, to, (uint64_t)to_offset, length, &done), &done);
}

int sys_fstat(int number, struct stat *status)
{
	const struct file *file = file_of(number);
	struct vfs_status found;

	if (file == NULL || result(files_fstat(file, &found)) != 0)
		return -1;
	take_status(status, &found);
	return 0;
}

int sys_fchmod(int number, mode_t mode)
{
	const struct file *file = file_of(number);

	return file == NULL ? -1 : result(files_fchmod(file, mode));
}

int sys_fchown(int number, uid_t uid, gid_t gid)
{
	const struct file *file = file_of(number);

	return file == NULL ? -1 : result(files_fchown(file, uid, gid));
}

int sys_fsync(int number)
{
	const struct file *file = file_of(number);

	return file == NULL ? -1 : result(files_fsync(file));
}

int sys_flock(int number, int operation)
{
	const struct file *file = file_of(number);
	uint32_t type = operation & LOCK_UN ? VFS_LOCK_NONE : operation & LOCK_EX ? VFS_LOCK_WRITE : VFS_LOCK_READ;

	return file == NULL ? -1 : result(files_lock(file, VFS_LOCK_FLOCK, type, 0, 0, 0));
}

static uint32_t lock_type(short type)
{
	return type == F_UNLCK ? VFS_LOCK_NONE : type == F_WRLCK ? VFS_LOCK_WRITE : VFS_LOCK_READ;
}

int sys_lock(int number, bool process, bool wait, short type, off_t start, off_t length)
{
	const struct file *file = file_of(number);

	return file == NULL ? -1
	                    : result(files_lock(file, process ? 0 : VFS_LOCK_OPEN, lock_type(type),
	                                        (uint64_t)start, (uint64_t)length, wait ? DEADLINE_NEVER : 0));
}

int sys_test_lock(int number, short *type, off_t *start, off_t *length)
{
	const struct file *file = file_of(number);
	struct files_lock lock = {
		.start = (uint64_t)*start, .length = (uint64_t)*length, .type = lock_type(*type)};

	if (file == NULL || result(files_lock_test(file, VFS_LOCK_OPEN, &lock)) != 0)
		return -1;
	*type = lock.type == VFS_LOCK_NONE ? F_UNLCK : lock.type == VFS_LOCK_WRITE ? F_WRLCK : F_RDLCK;
	*start = (off_t)lock.start;
	*length = (off_t)lock.length;
	return 0;
}

int sys_map_write(int number, off_t offset, const void *data, size_t length)
{
	(void)number;
	(void)offset;
	(void)data;
	(void)length;
	return result(POSIX_ENOSYS);
}

int sys_map_read(int number, off_t offset, void *buffer, size_t length)
{
	(void)number;
	(void)offset;
	(void)buffer;
	(void)length;
	return result(POSIX_ENOSYS);
}

/* ---- names --------------------------------------------------------------------------------- */

int sys_mkdir(const char *path, mode_t mode)
{
	return result(files_mkdir(native.client, absolute(path), (mode & 0xffff) | FILES_UMASK(native.umask)));
}

int sys_rmdir(const char *path)
{
	return result(files_rmdir(native.client, absolute(path)));
}

int sys_unlink(const char *path)
{
	return result(files_unlink(native.client, absolute(path)));
}

/* By a file that stands for what a link points to, as linkat(2) does with AT_SYMLINK_FOLLOW. */
int sys_link(const char *path, const char *new_path, bool follow)
{
	struct file file;
	int32_t status;

	if (!follow)
		return result(files_link(native.client, absolute(path), absolute_new(new_path)));
	status = files_open(native.client, absolute(path), VFS_OPEN_PATH, 0, &file);
	if (status == 0) {
		status = files_flink(&file, absolute_new(new_path));
		files_close(&file);
	}
	return result(status);
}

int sys_symlink(const char *target, const char *path)
{
	return result(files_symlink(native.client, target, absolute(path)));
}

ssize_t sys_readlink(const char *path, char *target, size_t size)
{
	size_t length = 0;

	return result_length(files_readlink(native.client, absolute(path), target, size, &length), &length);
}

/* VFS_RENAME_* are Linux's numbers. */
int sys_rename(const char *path, const char *new_path, unsigned flags)
{
	return result(files_rename(native.client, absolute(path), absolute_new(new_path), flags));
}

int sys_mknod(const char *path, mode_t mode, dev_t device)
{
	return result(files_mknod(native.client, absolute(path), (mode & 0xffff) | FILES_UMASK(native.umask),
	                          major(device) << 8 | minor(device)));
}

/* bind(2) makes a socket's node, from whose mode it takes the umask itself, and has another error for a name taken. */
int sys_bind(const char *path)
{
	int made = result(files_mknod(native.client, absolute(path), S_IFSOCK | (0777 & ~native.umask), 0));

	if (made != 0 && errno == EEXIST)
		errno = EADDRINUSE;
	return made;
}

int sys_list(const char *path, void (*each)(void *context, const char *name, unsigned char type), void *context)
{
	static uint8_t buffer[LIST_SIZE];
	struct files_directory directory;
	struct files_entry entry;
	bool found = true;
	int32_t status = files_opendir(native.client, absolute(path), buffer, sizeof(buffer), &directory);

	if (status != 0)
		return result(status);
	while (status == 0 && found) {
		status = files_readdir(&directory, &entry, &found);
		if (status == 0 && found)
			each(context, entry.name, (unsigned char)(entry.mode >> 12));
	}
	files_closedir(&directory);
	return result(status);
}

/* ---- attributes ------------------------------------------------------------------------------- */

int sys_stat(const char *path, struct stat *status)
{
	struct vfs_status found;

	if (result(files_stat(native.client, absolute(path), &found)) != 0)
		return -1;
	take_status(status, &found);
	return 0;
}

int sys_lstat(const char *path, struct stat *status)
{
	struct vfs_status found;

	if (result(files_lstat(native.client, absolute(path), &found)) != 0)
		return -1;
	take_status(status, &found);
	return 0;
}

int sys_utimens(const char *path, const struct timespec times[2], bool follow)
{
	/* UTIME_NOW and UTIME_OMIT are VFS_TIME_NOW and VFS_TIME_OMIT. */
	struct files_time access = {times[0].tv_sec, (uint32_t)times[0].tv_nsec};
	struct files_time modification = {times[1].tv_sec, (uint32_t)times[1].tv_nsec};

	return result(follow ? files_utimens(native.client, absolute(path), access, modification)
	                     : files_lutimens(native.client, absolute(path), access, modification));
}

int sys_chmod(const char *path, mode_t mode)
{
	return result(files_chmod(native.client, absolute(path), mode));
}

int sys_chown(const char *path, uid_t uid, gid_t gid, bool follow)
{
	return result(follow ? files_chown(native.client, absolute(path), uid, gid)
	                     : files_lchown(native.client, absolute(path), uid, gid));
}

int sys_truncate(const char *path, off_t size)
{
	return result(files_truncate(native.client, absolute(path), (uint64_t)size));
}

int sys_access(const char *path, int mask)
{
	return result(files_access(native.client, absolute(path), (uint32_t)mask));
}

int sys_chdir(const char *path)
{
	struct stat status;

	if (sys_stat(path, &status) != 0)
		return -1;
	return S_ISDIR(status.st_mode) ? sys_access(path, X_OK) : result(POSIX_ENOTDIR);
}

int sys_statvfs(const char *path, struct statvfs *limits)
{
	struct vfs_statistics found;

	if (result(files_statfs(native.client, absolute(path), &found)) != 0)
		return -1;
	*limits = (struct statvfs){.f_bsize = found.block_size, .f_namemax = found.name_max};
	return 0;
}

/* Flags are read and set by ioctls of an open file, which only regular files and directories know. */
static int32_t open_flagged(const char *path, struct file *file)
{
	struct vfs_status status;
	int32_t error = files_open(native.client, absolute(path), VFS_OPEN_READ | VFS_OPEN_NOFOLLOW, 0, file);

	if (error)
		return error;
	error = files_fstat(file, &status);
	if (error == 0 && !S_ISREG(status.mode) && !S_ISDIR(status.mode))
		error = POSIX_ENOTTY;
	if (error)
		files_close(file);
	return error;
}

int sys_get_flags(const char *path, int *flags)
{
	struct vfs_status status;
	struct file file;
	int32_t error = open_flagged(path, &file);

	if (error == 0) {
		error = files_fstat(&file, &status);
		files_close(&file);
		*flags = (int)status.flags;
	}
	return result(error);
}

int sys_set_flags(const char *path, int flags)
{
	struct file file;
	int32_t error = open_flagged(path, &file);

	if (error == 0) {
		error = files_set_flags(&file, (uint32_t)flags);
		files_close(&file);
	}
	return result(error);
}

int sys_setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	return result(files_setxattr(native.client, absolute(path), false, name, value, size, (uint32_t)flags));
}

ssize_t sys_getxattr(const char *path, const char *name, void *value, size_t size)
{
	size_t length = 0;

	return result_length(files_getxattr(native.client, absolute(path), false, name, value, size, &length), &length);
}

ssize_t sys_listxattr(const char *path, char *names, size_t size)
{
	size_t length = 0;

	return result_length(files_listxattr(native.client, absolute(path), false, names, size, &length), &length);
}

int sys_removexattr(const char *path, const char *name)
{
	return result(files_removexattr(native.client, absolute(path), false, name));
}
