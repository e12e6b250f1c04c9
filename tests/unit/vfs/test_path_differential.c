/*
 * The path protocol against Linux: the same random operations on the server
 * and on a tmpfs of the kernel, mounted for the test alone; what they return
 * must be the same, and regularly the whole tree. As root by several users in
 * turn; as anybody else in a user namespace, by that one user.
 */
#include "linux_tmpfs.h"
#include "vfs_harness.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OPERATIONS 10000u
#define FILES      6u
#define FILE_SIZE  20000u
#define PATH_SIZE  6000u

struct both {
	struct client *client;
	uint64_t random;
	const struct identity *identities;
	uint32_t identity_count;
	bool hardlinks_protected; /* sysctl fs.protected_hardlinks, which the server does not have */
	bool sticky_protected;    /* and those that make sticky directories special */
	uint32_t actor;
	struct {
		int descriptor; /* -1: not open */
		uint32_t file;
	} files[FILES];
};

/* ---- chance ------------------------------------------------------------------ */

/* xorshift64* (Vigna 2016) */
static uint32_t below(struct both *both, uint32_t limit)
{
	both->random ^= both->random >> 12;
	both->random ^= both->random << 25;
	both->random ^= both->random >> 27;
	return (uint32_t)(both->random * 0x2545f4914f6cdd1dull >> 32) % limit;
}

static bool chance(struct both *both, uint32_t one_in)
{
	return below(both, one_in) == 0;
}

static void add_name(struct both *both, char *path)
{
	static const char *const names[] = {"a", "b", "c", "d", "a", "b", "e", ".", ".."};
	uint32_t pick = below(both, 200);

	if (pick < 2) { /* as long as a name may be, or longer by one */
		memset(path + strlen(path), 'x', 255 + pick);
		return;
	}
	strcat(path, names[pick % (sizeof(names) / sizeof(names[0]))]);
}

/* Of two paths the stub looks at the length of both before anything else: only the first may be too long. */
static void pick_path(struct both *both, char *path, bool first)
{
	uint32_t depth = below(both, 8) == 0 ? 0 : 1 + below(both, 3);

	memset(path, 0, PATH_SIZE);
	if (chance(both, 300))
		return;
	if (chance(both, 300)) { /* as long as a path may be, or longer by one */
		memset(path, '/', 4094 + below(both, first ? 3 : 2));
		path[strlen(path) - 1] = 'a';
		return;
	}
	strcpy(path, "/");
	while (depth-- > 0) {
		add_name(both, path);
		if (depth > 0)
			strcat(path, chance(both, 10) ? "//" : "/");
	}
	if (chance(both, 10))
		strcat(path, chance(both, 4) ? "//" : "/");
}

static uint32_t pick_mode(struct both *both)
{
	static const uint32_t modes[] = {0777, 0777, 0755, 0700, 0750, 0770, 0644,
	                                 0600, 0555, 0000, 0711, 0070, 0007};
	uint32_t mode = modes[below(both, sizeof(modes) / sizeof(modes[0]))];

	if (chance(both, 6))
		mode |= S_ISUID;
	/* Kernels do not agree on set-group-id without execution for the group. */
	if (chance(both, 6))
		mode |= S_ISGID | S_IXGRP;
	if (chance(both, 6) && !both->sticky_protected)
		mode |= S_ISVTX;
	return mode;
}

static uint32_t pick_id(struct both *both, bool group)
{
	static const uint32_t groups[] = {0, 2001, 2002, 3000};

	if (group)
		return groups[below(both, 4)];
	return both->identities[below(both, both->identity_count)].uid;
}

/* ---- Linux's side -------------------------------------------------------------- */

/* The errno of a call that has returned `result`. */
static int32_t status_of(long result)
{
	return result < 0 ? errno : 0;
}

static bool read_flag(const char *path)
{
	FILE *file = fopen(path, "re");
	int value = 0;

	if (!file)
		return false;
	if (fscanf(file, "%d", &value) != 1)
		value = 0;
	fclose(file);
	return value != 0;
}

/* ---- comparing ------------------------------------------------------------------- */

static void check_status(const struct both *both, const char *what, const char *path, int32_t expected,
                         int32_t status)
{
	if (expected != status)
		ck_abort_msg("uid %u %s '%.300s': Linux %d (%s), vfs %d (%s)",
		             both->identities[both->actor].uid, what, path, expected, strerror(expected),
		             status, strerror(status));
}

static void check_attributes(const char *path, const struct stat *expected, const struct vfs_status *status)
{
	if (expected->st_mode != status->mode || expected->st_nlink != status->links ||
	    expected->st_uid != status->uid || expected->st_gid != status->gid ||
	    (!S_ISDIR(expected->st_mode) && (uint64_t)expected->st_size != status->size))
		ck_abort_msg("%.300s: Linux mode %o links %lu owner %u:%u size %ld, "
		             "vfs mode %o links %u owner %u:%u "
		             "size %lu",
		             path, expected->st_mode, (unsigned long)expected->st_nlink, expected->st_uid,
		             expected->st_gid, (long)expected->st_size, status->mode, status->links,
		             status->uid, status->gid, (unsigned long)status->size);
}

static void check_content(struct both *both, const char *path)
{
	static char expected[65536], data[65536];
	struct vfs_read_results results;
	int descriptor = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;
	uint32_t file;

	ck_assert_int_ge(descriptor, 0);
	length = read(descriptor, expected, sizeof(expected));
	close(descriptor);
	ck_assert_int_eq(at_open(both->client, VFS_OPEN_READ, 0, path, &file), 0);
	ck_assert_int_eq(vfs_read(both->client, file, 0, data, sizeof(data), &results), 0);
	ck_assert_int_eq(vfs_close(both->client, file), 0);
	ck_assert_int_eq(results.data_length, length);
	ck_assert_mem_eq(expected, data, (size_t)length);
}

/* How many entries the server lists, each of which Linux must have, too. */
static uint32_t count_entries(struct both *both, uint32_t file, const char *path)
{
	static uint8_t entries[700];
	struct vfs_readdir_results results;
	struct vfs_entry entry;
	uint64_t cookie = 0;
	uint32_t count = 0;
	char name[PATH_SIZE];
	struct stat status;

	for (;;) {
		ck_assert_int_eq(vfs_readdir(both->client, file, cookie, entries, sizeof(entries), &results),
		                 0);
		if (results.entries_length == 0)
			return count;
		for (uint32_t at = 0; at < results.entries_length;) {
			memcpy(&entry, entries + at, sizeof(entry));
			snprintf(name, sizeof(name), "%s/%.*s", path, (int)entry.name_length,
			         (char *)entries + at + sizeof(entry));
			ck_assert_msg(lstat(name, &status) == 0, "only vfs lists %s", name);
			ck_assert_uint_eq(status.st_mode & S_IFMT, entry.mode);
			at += (uint32_t)sizeof(entry) + ((entry.name_length + 7) & ~7u);
			cookie = entry.cookie;
			count++;
		}
	}
}

static void check_tree(struct both *both, const char *path)
{
	char below_path[PATH_SIZE], target[4096], expected_target[4096];
	struct vfs_status status;
	struct stat expected;
	struct dirent *entry;
	uint32_t file, count = 0;
	ssize_t length;
	DIR *entries;

	ck_assert_int_eq(lstat(path, &expected), 0);
	check_status(both, "lstat", path, 0, at_stat(both->client, path, true, &status));
	check_attributes(path, &expected, &status);
	if (S_ISREG(expected.st_mode)) {
		check_content(both, path);
	} else if (S_ISLNK(expected.st_mode)) {
		length = readlink(path, expected_target, sizeof(expected_target) - 1);
		ck_assert_int_ge(length, 0);
		expected_target[length] = '\0';
		ck_assert_int_eq(at_readlink(both->client, path, target, sizeof(target)), 0);
		ck_assert_str_eq(expected_target, target);
	} else {
		entries = opendir(path);
		ck_assert_ptr_nonnull(entries);
		while ((entry = readdir(entries)) != NULL) {
			count++;
			snprintf(below_path, sizeof(below_path), "%s/%s", path, entry->d_name);
			if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
				check_tree(both, below_path);
		}
		closedir(entries);
		ck_assert_int_eq(at_open(both->client, VFS_OPEN_READ, 0, path, &file), 0);
		ck_assert_uint_eq(count_entries(both, file, path), count);
		ck_assert_int_eq(vfs_close(both->client, file), 0);
	}
}

static void act_as(struct both *both, uint32_t actor)
{
	both->actor = both->client->actor = actor;
	linux_become(&both->identities[actor]);
}

static void check_everything(struct both *both)
{
	act_as(both, 0);
	if (both->identity_count > 1)
		check_tree(both, "/");
}

/* ---- operations -------------------------------------------------------------------- */

static void do_open(struct both *both, const char *path)
{
	static const uint32_t ours[] = {VFS_OPEN_CREATE, VFS_OPEN_TRUNCATE, VFS_OPEN_APPEND,
	                                VFS_OPEN_NOFOLLOW};
	static const int theirs[] = {O_CREAT, O_TRUNC, O_APPEND, O_NOFOLLOW};
	uint32_t slot = below(both, FILES), access = 1 + below(both, 3), flags = access,
		 mode = pick_mode(both), file;
	int linux_flags = access == 3 ? O_RDWR : access == 2 ? O_WRONLY : O_RDONLY, descriptor;
	struct stat expected;
	int32_t status;

	for (uint32_t i = 0; i < 4; i++) {
		if (chance(both, i == 0 ? 2 : 4)) {
			flags |= ours[i];
			linux_flags |= theirs[i];
		}
	}
	if (chance(both, 4)) {
		flags |= flags & VFS_OPEN_CREATE ? VFS_OPEN_EXCLUSIVE : VFS_OPEN_DIRECTORY;
		linux_flags |= flags & VFS_OPEN_CREATE ? O_EXCL : O_DIRECTORY;
	}
	descriptor = open(path, linux_flags | O_CLOEXEC | O_NONBLOCK, mode);
	status = at_open(both->client, flags, mode, path, &file);
	check_status(both, "open", path, status_of(descriptor), status);
	if (status)
		return;
	ck_assert_int_eq(fstat(descriptor, &expected), 0);
	if (S_ISDIR(expected.st_mode)) {
		close(descriptor);
		ck_assert_int_eq(vfs_close(both->client, file), 0);
		return;
	}
	if (both->files[slot].descriptor >= 0) {
		close(both->files[slot].descriptor);
		ck_assert_int_eq(vfs_close(both->client, both->files[slot].file), 0);
	}
	both->files[slot].descriptor = descriptor;
	both->files[slot].file = file;
}

static void do_read(struct both *both, int descriptor, uint32_t file)
{
	static char expected[8192], data[8192];
	uint32_t length = 1 + below(both, sizeof(data)), offset = below(both, FILE_SIZE);
	struct vfs_read_results results = {0};
	bool at = chance(both, 2);
	ssize_t got = at ? pread(descriptor, expected, length, offset) : read(descriptor, expected, length);
	int32_t wanted = status_of(got);

	check_status(both, "read", "", wanted,
	             vfs_read(both->client, file, at ? offset : VFS_POSITION, data, length, &results));
	if (wanted)
		return;
	ck_assert_int_eq(results.data_length, got);
	ck_assert_mem_eq(expected, data, (size_t)got);
}

static void do_write(struct both *both, int descriptor, uint32_t file)
{
	static char data[8192];
	uint32_t length = below(both, sizeof(data)), offset = below(both, FILE_SIZE);
	struct vfs_write_results results = {0};
	bool at = chance(both, 2);
	int32_t wanted;
	ssize_t put;

	memset(data, (int)below(both, 256), sizeof(data));
	put = at ? pwrite(descriptor, data, length, offset) : write(descriptor, data, length);
	wanted = status_of(put);
	check_status(both, "write", "", wanted,
	             vfs_write(both->client, file, at ? offset : VFS_POSITION, data, length, &results));
	if (!wanted)
		ck_assert_int_eq(results.length, put);
}

static void do_seek_hole(struct both *both, int descriptor, uint32_t file)
{
	int64_t offset = (int64_t)below(both, FILE_SIZE + 100) - 100;
	struct vfs_seek_results sought = {0};
	bool data = chance(both, 2);
	off_t result = lseek(descriptor, offset, data ? SEEK_DATA : SEEK_HOLE);

	check_status(both, data ? "seek data" : "seek hole", "", status_of(result),
	             vfs_seek(both->client, file, offset, data ? VFS_SEEK_DATA : VFS_SEEK_HOLE, &sought));
	if (result >= 0)
		ck_assert_uint_eq(sought.offset, (uint64_t)result);
}

/* Linux's tmpfs cannot zero: that is checked against a model (test_tmpfs_random.c). */
static void do_allocate(struct both *both, int descriptor, uint32_t file)
{
	static const int modes[] = {0, FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE};
	uint32_t mode = below(both, 3), offset = below(both, FILE_SIZE), length = below(both, FILE_SIZE);
	struct vfs_status status;
	struct stat expected;

	if (chance(both, 20))
		length = 0;
	check_status(both, "allocate", "", status_of(fallocate(descriptor, modes[mode], offset, length)),
	             vfs_allocate(both->client, file, mode, offset, length));
	ck_assert_int_eq(fstat(descriptor, &expected), 0);
	ck_assert_int_eq(vfs_stat_file(both->client, file, &status), 0);
	check_attributes("an allocated file", &expected, &status);
}

/* Whether Linux has data in all of these bytes. */
static bool is_data(int descriptor, off_t offset, uint32_t length)
{
	off_t position = lseek(descriptor, 0, SEEK_CUR), hole = lseek(descriptor, offset, SEEK_HOLE);

	lseek(descriptor, position, SEEK_SET);
	return hole >= offset + (off_t)length;
}

/* Only data: Linux's tmpfs fills holes when it copies, where ours keeps them. */
static void do_copy_range(struct both *both, int descriptor, uint32_t file)
{
	uint32_t slot = below(both, FILES), offset = below(both, FILE_SIZE), to = below(both, FILE_SIZE);
	struct vfs_copy_range_results results = {0};
	uint32_t length = below(both, chance(both, 2) ? 100 : FILE_SIZE);
	off_t from_offset = offset, to_offset = to;
	int to_descriptor = both->files[slot].descriptor;
	ssize_t copied;
	int32_t wanted;

	if (to_descriptor < 0 || (length > 0 && !is_data(descriptor, from_offset, length)))
		return;
	copied = copy_file_range(descriptor, &from_offset, to_descriptor, &to_offset, length, 0);
	wanted = status_of(copied);
	check_status(both, "copy_range", "", wanted,
	             vfs_copy_range(both->client, file, both->files[slot].file, offset, to, length, &results));
	if (!wanted)
		ck_assert_int_eq(results.length, copied);
}

static void do_file(struct both *both)
{
	uint32_t slot = below(both, FILES), file = both->files[slot].file;
	int descriptor = both->files[slot].descriptor;
	int64_t offset = (int64_t)below(both, FILE_SIZE) - FILE_SIZE / 2;
	struct vfs_seek_results sought = {0};
	struct vfs_status status;
	struct stat expected;
	int whence = (int)below(both, 3);
	off_t result;

	if (descriptor < 0)
		return;
	switch (below(both, 11)) {
	case 0:
		close(descriptor);
		both->files[slot].descriptor = -1;
		ck_assert_int_eq(vfs_close(both->client, file), 0);
		ck_assert_int_eq(vfs_close(both->client, file), POSIX_EBADF);
		break;
	case 1:
		ck_assert_int_eq(fstat(descriptor, &expected), 0);
		ck_assert_int_eq(vfs_stat_file(both->client, file, &status), 0);
		check_attributes("an open file", &expected, &status);
		break;
	case 2:
		result = lseek(descriptor, offset,
		               whence == 0   ? SEEK_SET
		               : whence == 1 ? SEEK_CUR
		                             : SEEK_END);
		check_status(both, "seek", "", status_of(result),
		             vfs_seek(both->client, file, offset, (uint32_t)whence, &sought));
		if (result >= 0)
			ck_assert_uint_eq(sought.offset, (uint64_t)result);
		if (result > 4 * (off_t)FILE_SIZE) { /* back, or the files become large */
			ck_assert_int_eq(lseek(descriptor, 0, SEEK_SET), 0);
			ck_assert_int_eq(vfs_seek(both->client, file, 0, VFS_SEEK_SET, &sought), 0);
		}
		break;
	case 3:
	case 4:
		do_read(both, descriptor, file);
		break;
	case 5:
		do_seek_hole(both, descriptor, file);
		break;
	case 6:
		do_allocate(both, descriptor, file);
		break;
	case 7:
		do_copy_range(both, descriptor, file);
		break;
	default:
		do_write(both, descriptor, file);
	}
}

static void do_stat(struct both *both, const char *path)
{
	bool nofollow = chance(both, 2);
	struct vfs_status status;
	struct stat expected;
	int32_t wanted = status_of(nofollow ? lstat(path, &expected) : stat(path, &expected));

	check_status(both, "stat", path, wanted, at_stat(both->client, path, nofollow, &status));
	if (!wanted)
		check_attributes(path, &expected, &status);
}

static void do_rename(struct both *both, const char *path, const char *new_path)
{
	static const uint32_t picks[] = {
		0, 0, 0, VFS_RENAME_NOREPLACE, VFS_RENAME_EXCHANGE, VFS_RENAME_EXCHANGE, 3, 8};
	uint32_t flags = picks[below(both, 8)];
	int32_t wanted = status_of(syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, new_path, flags));
	int32_t status = at_rename(both->client, path, new_path, flags);

	/* The stub looks at the length of the paths before anything else, */
	if (status == ENAMETOOLONG && wanted)
		return;
	/* and Linux at whether one of them lies above the other. */
	if (status && (wanted == EINVAL || wanted == ENOTEMPTY) &&
	    (status == EACCES || status == EPERM || status == EISDIR || status == ENOTDIR))
		return;
	check_status(both, "rename", path, wanted, status);
}

static void do_link(struct both *both, const char *path, const char *new_path)
{
	int32_t wanted = status_of(link(path, new_path)), status = at_link(both->client, path, new_path);

	if (wanted == EPERM && status != EPERM && both->hardlinks_protected) {
		uint32_t actor = both->actor;

		both->client->actor = 0;
		if (!status)
			ck_assert_int_eq(at_unlink(both->client, new_path), 0);
		both->client->actor = actor;
		return;
	}
	check_status(both, "link", path, wanted, status);
}

static void do_symlink(struct both *both, const char *target, const char *path)
{
	const char *relative = chance(both, 2) && target[0] && target[1] ? target + 1 : target;

	check_status(both, "symlink", path, status_of(symlink(relative, path)),
	             at_symlink(both->client, relative, path));
}

static void do_readlink(struct both *both, const char *path)
{
	char expected[4096], target[4096];
	uint32_t size = chance(both, 4) ? 3 : sizeof(target);
	ssize_t length = readlink(path, expected, size - 1);
	int32_t wanted = status_of(length);

	check_status(both, "readlink", path, wanted, at_readlink(both->client, path, target, size));
	if (!wanted) {
		expected[length] = '\0';
		ck_assert_str_eq(expected, target);
	}
}

static void do_chown(struct both *both, const char *path)
{
	uint32_t uid = chance(both, 2) ? VFS_UNCHANGED : pick_id(both, false);
	uint32_t gid = uid != VFS_UNCHANGED && chance(both, 2) ? VFS_UNCHANGED : pick_id(both, true);

	if (both->identity_count == 1) /* only one id of each kind exists in his namespace */
		gid = both->identities[0].gid;
	check_status(both, "chown", path, status_of(chown(path, uid, gid)),
	             at_chown(both->client, path, uid, gid));
}

static void do_set_times(struct both *both, const char *path)
{
	static const uint32_t nanoseconds[] = {VFS_TIME_NOW, VFS_TIME_OMIT, 0,
	                                       999999999,    1000000000,    UINT32_MAX};
	uint32_t atime_ns = nanoseconds[below(both, 6)],
		 mtime_ns = nanoseconds[chance(both, 2) ? 0 : below(both, 6)];
	int64_t atime = below(both, 100000), mtime = below(both, 100000);
	const struct timespec times[2] = {{atime, atime_ns}, {mtime, mtime_ns}};
	struct vfs_status status;
	struct stat expected;
	int32_t wanted = status_of(utimensat(AT_FDCWD, path, times, 0));

	check_status(
		both, "set_times", path, wanted,
		vfs_set_times(both->client, atime, atime_ns, mtime_ns, mtime, path, (uint32_t)strlen(path)));
	if (wanted || stat(path, &expected) != 0)
		return;
	ck_assert_int_eq(at_stat(both->client, path, false, &status), 0);
	if (atime_ns < 1000000000) {
		ck_assert_int_eq(expected.st_atim.tv_sec, status.atime);
		ck_assert_int_eq(expected.st_atim.tv_nsec, status.atime_ns);
	}
	if (mtime_ns < 1000000000) {
		ck_assert_int_eq(expected.st_mtim.tv_sec, status.mtime);
		ck_assert_int_eq(expected.st_mtim.tv_nsec, status.mtime_ns);
	}
}

static void do_something(struct both *both)
{
	static char path[PATH_SIZE], new_path[PATH_SIZE];
	uint32_t mode = pick_mode(both), size = below(both, FILE_SIZE);

	pick_path(both, path, true);
	pick_path(both, new_path, false);
	switch (below(both, 20)) {
	case 0:
	case 1:
	case 2:
		do_open(both, path);
		break;
	case 3:
	case 4:
	case 5:
		do_file(both);
		break;
	case 6:
	case 7:
		check_status(both, "mkdir", path, status_of(mkdir(path, mode)),
		             at_mkdir(both->client, path, mode));
		break;
	case 8:
		check_status(both, "rmdir", path, status_of(rmdir(path)), at_rmdir(both->client, path));
		break;
	case 9:
		check_status(both, "unlink", path, status_of(unlink(path)), at_unlink(both->client, path));
		break;
	case 10:
	case 11:
		do_rename(both, path, new_path);
		break;
	case 12:
		do_link(both, path, new_path);
		break;
	case 13:
		do_symlink(both, new_path, path);
		break;
	case 14:
		do_readlink(both, path);
		break;
	case 15:
		check_status(both, "chmod", path, status_of(chmod(path, mode)),
		             at_chmod(both->client, path, mode));
		break;
	case 16:
		do_chown(both, path);
		break;
	case 17:
		check_status(both, "truncate", path, status_of(truncate(path, size)),
		             at_truncate(both->client, path, size));
		break;
	case 18:
		do_set_times(both, path);
		break;
	default:
		do_stat(both, path);
	}
}

/* ---- the test ------------------------------------------------------------------------ */

static void run(struct both *both, const struct identity *identities, uint32_t count)
{
	char options[64];
	uint32_t i;

	both->identities = identities;
	both->identity_count = count;
	for (i = 0; i < FILES; i++)
		both->files[i].descriptor = -1;
	snprintf(options, sizeof(options), "mode=755 uid=%u gid=%u", identities[0].uid, identities[0].gid);
	both->client = harness_connect(harness_begin(options), &vfs_protocol, &identities[0]);
	ck_assert_ptr_nonnull(both->client);
	for (i = 1; i < count; i++)
		harness_actor(both->client, &identities[i]);
	umask(0);
	check_status(both, "chmod", "/", status_of(chmod("/", 0777)), at_chmod(both->client, "/", 0777));
	for (i = 0; i < OPERATIONS; i++) {
		act_as(both, below(both, count));
		do_something(both);
		if (i % 256 == 0)
			check_everything(both);
	}
	check_everything(both);
	act_as(both, 0);
	for (i = 0; i < FILES; i++) {
		if (both->files[i].descriptor >= 0)
			close(both->files[i].descriptor);
	}
	harness_end(both->client->harness);
}

START_TEST(same_as_linux)
{
	const struct identity users[] = {
		{.uid = 0, .gid = 0},
		{.uid = 1001, .gid = 2001, .group_count = 1, .groups = {3000}},
		{.uid = 1002, .gid = 2002, .group_count = 2, .groups = {3000, 2002}},
	};
	const struct identity self = {.uid = geteuid(), .gid = getegid()};
	struct both both = {.random = 0x9e3779b97f4a7c15ull * (uint64_t)(_i + 1)};
	bool root = geteuid() == 0;

	both.hardlinks_protected = read_flag("/proc/sys/fs/protected_hardlinks");
	both.sticky_protected = read_flag("/proc/sys/fs/protected_symlinks") ||
	                        read_flag("/proc/sys/fs/protected_regular") ||
	                        read_flag("/proc/sys/fs/protected_fifos");
	ck_assert_ptr_null(linux_tmpfs_enter());
	if (root) {
		run(&both, users, 3);
	} else {
		linux_use_capabilities(false);
		run(&both, &self, 1);
		linux_use_capabilities(true);
	}
	linux_tmpfs_leave();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-path-differential");
	TCase *test = tcase_create("differential");
	const char *reason;
	int result;

	reason = linux_tmpfs_begin();
	if (reason) {
		printf("1..0 # SKIP %s\n", reason);
		return 0;
	}
	tcase_add_loop_test(test, same_as_linux, 0, 3);
	suite_add_tcase(suite, test);
	result = harness_run(suite);
	linux_tmpfs_end();
	return result;
}
