/*
 * Flags of nodes (chattr(1)) through the node protocol: what immutable and
 * append-only files and directories let be done. As root the same is asked of
 * a tmpfs of the kernel, which must agree.
 */
#include "linux_tmpfs.h"
#include "vfs_harness.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OPERATIONS 20000u
#define PROTECTED  (uint32_t)(FS_FLAG_IMMUTABLE | FS_FLAG_APPEND)
#define ALL_FLAGS  (PROTECTED | FS_FLAG_NO_DUMP | FS_FLAG_NO_ATIME)

static const struct identity users[] = {{.uid = 0, .gid = 0},
                                        {.uid = 1001, .gid = 2001},
                                        {.uid = 1002, .gid = 2002}};
static const char *const nodes[] = {"file", "directory", "pipe"};
static const char *const names[] = {"a", "b"};

#define NODES     (sizeof(nodes) / sizeof(nodes[0]))
#define USERS     (sizeof(users) / sizeof(users[0]))
#define DIRECTORY 1u

static struct client *clients[USERS];
static uint64_t numbers[NODES];
static uint64_t state = 0x9e3779b97f4a7c15ull;

/* What must be 0, where there is much of it: libcheck's own assertions take long even when they hold. */
#define must(call)                                        \
	do {                                              \
		if ((call) != 0)                          \
			ck_abort_msg("not 0: %s", #call); \
	} while (0)

/* xorshift64* (Vigna 2016) */
static uint32_t below(uint32_t limit)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return (uint32_t)(state * 0x2545f4914f6cdd1dull >> 32) % limit;
}

static struct harness *begin(void)
{
	static const uint32_t modes[NODES] = {S_IFREG | 0664, S_IFDIR | 0775, S_IFIFO | 0664};
	struct harness *harness = harness_begin("mode=777 uid=0 gid=0");
	struct fs_attributes found, values = {.uid = 1001, .gid = 2001};
	struct fs_write_results written;
	uint32_t user, at, length;

	for (user = 0; user < USERS; user++)
		clients[user] = harness_connect(harness, &fs_protocol, &users[user]);
	for (at = 0; at < NODES; at++) {
		length = (uint32_t)strlen(nodes[at]);
		if (S_ISDIR(modes[at]))
			must(fs_make_directory(clients[0], FS_ROOT, modes[at] & 0777, 0, nodes[at], length,
			                       &found));
		else
			must(fs_create(clients[0], FS_ROOT, modes[at], 0, 0, nodes[at], length, &found));
		numbers[at] = found.node;
		must(fs_set_attributes(clients[0], found.node, FS_SET_UID | FS_SET_GID, &values, &found));
		for (user = 0; user < USERS; user++)
			must(fs_lookup(clients[user], FS_ROOT, nodes[at], length, &found));
	}
	must(fs_write(clients[0], numbers[0], 0, 0, "hello", 5, &written));
	return harness;
}

/* The same on Linux, beneath its root. */
static void begin_linux(void)
{
	int file;

	umask(0);
	must(chmod("/", 0777));
	must(mknod("/file", S_IFREG | 0664, 0) || chown("/file", 1001, 2001));
	must(mkdir("/directory", 0775) || chown("/directory", 1001, 2001));
	must(mknod("/pipe", S_IFIFO | 0664, 0) || chown("/pipe", 1001, 2001));
	file = open("/file", O_WRONLY);
	must(write(file, "hello", 5) != 5);
	close(file);
}

static int32_t status_of(long result)
{
	return result < 0 ? errno : 0;
}

static void check_same(uint32_t user, const char *what, const char *name, int32_t expected, int32_t status)
{
	if (expected != status)
		ck_abort_msg("uid %u %s %s: Linux %d (%s), vfs %d (%s)", users[user].uid, what, name,
		             expected, strerror(expected), status, strerror(status));
}

/* ---- flags ------------------------------------------------------------------------- */

static int32_t linux_flags(const char *path, unsigned long command, int *flags)
{
	/* To be opened by root, whom nothing keeps from reading; who asks is another matter. */
	int descriptor = open(path, O_RDONLY | O_NONBLOCK), result, error;

	if (descriptor < 0)
		return errno;
	result = ioctl(descriptor, command, flags);
	error = errno;
	close(descriptor);
	return result < 0 ? error : 0;
}

static void compare_flags(uint32_t at, const char *path)
{
	struct fs_attributes got;
	int flags = 0;

	ck_assert_int_eq(fs_get_attributes(clients[0], numbers[at], &got), 0);
	if (linux_flags(path, FS_IOC_GETFLAGS, &flags) == ENOTTY)
		flags = 0;
	if ((uint32_t)flags != got.flags)
		ck_abort_msg("%s has flags %x instead of %x", path, got.flags, (uint32_t)flags);
}

static void compare_set(uint32_t user, uint32_t at, const char *path)
{
	struct fs_attributes values = {.flags = 0}, got;
	int32_t expected;
	int flags;

	for (uint32_t bit = FS_FLAG_IMMUTABLE; bit <= FS_FLAG_NO_ATIME; bit <<= 1)
		values.flags |= below(3) == 0 ? bit : 0;
	if (below(20) == 0)
		values.flags |= FS_COMPR_FL;
	flags = (int)values.flags;
	expected = linux_flags(path, FS_IOC_SETFLAGS, &flags);
	if (expected == EACCES) /* what the stranger may not even open */
		return;
	if (expected == ENOTTY) /* no ioctls for what is no file of the file system */
		expected = user == 2 ? EPERM : EOPNOTSUPP;
	if (at == 2 && user == 1 && (values.flags & PROTECTED))
		expected = EPERM;
	check_same(user, "set flags", nodes[at], expected,
	           fs_set_attributes(clients[user], numbers[at], FS_SET_FLAGS, &values, &got));
}

/* ---- what they let be done ------------------------------------------------------------ */

static void compare_attributes(uint32_t user, uint32_t at, const char *path)
{
	static const struct timespec times[][2] = {{{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_NOW}},
	                                           {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}},
	                                           {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 9}}};
	static const uint32_t bits[] = {FS_SET_ATIME_NOW | FS_SET_MTIME_NOW, FS_SET_ATIME_NOW, FS_SET_MTIME};
	struct fs_attributes values = {.mtime = 9}, got;
	uint32_t valid, which = below(6);
	long result;

	switch (which) {
	case 0:
		values.mode = at == DIRECTORY ? 0775 : 0664;
		valid = FS_SET_MODE;
		result = chmod(path, values.mode);
		break;
	case 1:
		values.uid = 1001;
		valid = FS_SET_UID;
		result = chown(path, values.uid, (gid_t)-1);
		break;
	case 2:
		values.size = 3 + below(9);
		valid = FS_SET_SIZE;
		result = truncate(path, (off_t)values.size);
		break;
	default:
		valid = bits[which - 3];
		result = utimensat(AT_FDCWD, path, times[which - 3], 0);
	}
	check_same(user, "set attributes", nodes[at], status_of(result),
	           fs_set_attributes(clients[user], numbers[at], valid, &values, &got));
}

/* On Linux the file is opened for it; what is opened to be added to is written as such. */
static void compare_write(uint32_t user)
{
	bool append = below(2);
	int file = open("/file", O_WRONLY | (append ? O_APPEND : 0));
	int32_t expected = file < 0 ? errno : 0;
	struct fs_write_results written;

	if (!expected)
		must(pwrite(file, "x", 1, 0) != 1);
	if (file >= 0)
		close(file);
	check_same(user, append ? "append to" : "write to", "file", expected,
	           fs_write(clients[user], numbers[0], 0, append ? FS_WRITE_APPEND : 0, "x", 1, &written));
}

static void compare_allocate(uint32_t user)
{
	bool punch = below(2);
	int file = open("/file", O_WRONLY | O_APPEND);
	int32_t expected = file < 0 ? errno : 0;

	if (!expected)
		expected = status_of(
			fallocate(file, FALLOC_FL_KEEP_SIZE | (punch ? FALLOC_FL_PUNCH_HOLE : 0), 0, 3));
	if (file >= 0)
		close(file);
	check_same(
		user, punch ? "punch" : "allocate", "file", expected,
		fs_allocate(clients[user], numbers[0], 0, 3, punch ? FS_ALLOCATE_PUNCH : FS_ALLOCATE_KEEP));
}

static void compare_xattr(uint32_t user, uint32_t at, const char *path)
{
	static const char *const kinds[] = {"user.a", "system.posix_acl_access"};
	const char *name = kinds[below(2)];
	uint32_t length = (uint32_t)strlen(name);

	if (below(2) && strcmp(name, "user.a") == 0)
		check_same(user, "set user.a of", nodes[at], status_of(setxattr(path, name, "v", 1, 0)),
		           fs_set_xattr(clients[user], numbers[at], 0, name, length, "v", 1));
	else
		check_same(user, "remove an attribute of", nodes[at], status_of(removexattr(path, name)),
		           fs_remove_xattr(clients[user], numbers[at], name, length));
}

static void compare_access(uint32_t user, uint32_t at, const char *path)
{
	for (uint32_t mask = 0; mask < 8; mask++)
		check_same(user, "access", nodes[at],
		           status_of(syscall(SYS_faccessat2, AT_FDCWD, path, (int)mask, AT_EACCESS)),
		           fs_access(clients[user], numbers[at], mask));
}

/* ---- names ---------------------------------------------------------------------------- */

static int32_t make(uint32_t user, uint64_t directory, const char *name)
{
	struct fs_attributes made;

	return fs_create(clients[user], directory, S_IFREG | 0666, 0, 0, name, 1, &made);
}

/* In the directory, and for the file's own name. */
static void compare_name(uint32_t user)
{
	const char *name = names[below(2)], *other = names[below(2)];
	uint64_t directory = numbers[DIRECTORY];
	struct fs_attributes made;
	char path[32], target[32];
	int32_t expected;

	snprintf(path, sizeof(path), "/directory/%s", name);
	snprintf(target, sizeof(target), "/directory/%s", other);
	switch (below(user == 2 ? 6 : 9)) { /* strangers have rules of their own for links (protected_hardlinks) */
	case 0:
		check_same(user, "create", name, status_of(mknod(path, S_IFREG | 0666, 0)),
		           make(user, directory, name));
		break;
	case 1:
		check_same(user, "mkdir", name, status_of(mkdir(path, 0777)),
		           fs_make_directory(clients[user], directory, 0777, 0, name, 1, &made));
		break;
	case 2:
		check_same(user, "unlink", name, status_of(unlink(path)),
		           fs_unlink(clients[user], directory, name, 1));
		break;
	case 3:
		check_same(user, "rmdir", name, status_of(rmdir(path)),
		           fs_remove_directory(clients[user], directory, name, 1));
		break;
	case 4:
		check_same(user, "rename", name, status_of(rename(path, target)),
		           fs_rename(clients[user], directory, directory, 0, name, 1, other, 1));
		break;
	case 5:
		check_same(user, "exchange", name, status_of(renameat2(0, path, 0, target, RENAME_EXCHANGE)),
		           fs_rename(clients[user], directory, directory, FS_RENAME_EXCHANGE, name, 1, other,
		                     1));
		break;
	case 6:
		check_same(user, "link", name, status_of(link("/file", path)),
		           fs_link(clients[user], numbers[0], directory, name, 1, &made));
		break;
	case 7:
		expected = status_of(link("/file", "/more"));
		check_same(user, "link", "more", expected,
		           fs_link(clients[user], numbers[0], FS_ROOT, "more", 4, &made));
		check_same(user, "unlink", "more", status_of(unlink("/more")),
		           fs_unlink(clients[user], FS_ROOT, "more", 4));
		break;
	default:
		expected = status_of(open("/directory", O_TMPFILE | O_RDWR, 0600));
		check_same(user, "create unnamed in", "directory", expected,
		           fs_create_unnamed(clients[user], directory, 0600, 0, &made));
	}
}

static void compare_one(void)
{
	uint32_t user = below(USERS), at = below(NODES);
	char path[32];

	snprintf(path, sizeof(path), "/%s", nodes[at]);
	linux_become(&users[user]);
	switch (below(8)) {
	case 0:
		compare_set(user, at, path);
		break;
	case 1:
		compare_attributes(user, at, path);
		break;
	case 2:
		compare_write(user);
		break;
	case 3:
		compare_allocate(user);
		break;
	case 4:
		compare_xattr(user, at, path);
		break;
	case 5:
		compare_access(user, at, path);
		break;
	default:
		compare_name(user);
	}
	linux_become(&users[0]);
	compare_flags(at, path);
}

START_TEST(same_as_linux)
{
	struct harness *harness;

	ck_assert_ptr_null(linux_tmpfs_enter());
	begin_linux();
	harness = begin();
	for (uint32_t i = 0; i < OPERATIONS; i++) {
		compare_one();
		closefrom(64); /* of the files without names */
	}
	linux_tmpfs_leave();
	harness_end(harness);
}
END_TEST

/* ---- without Linux ----------------------------------------------------------------------- */

static int32_t set(uint32_t user, uint32_t at, uint32_t flags)
{
	const struct fs_attributes values = {.flags = flags};
	struct fs_attributes got;

	return fs_set_attributes(clients[user], numbers[at], FS_SET_FLAGS, &values, &got);
}

START_TEST(protection)
{
	const struct identity checked = {.uid = 1001, .gid = 2001, .flags = IDENTITY_CHECKED};
	struct fs_attributes values = {.mode = 0600}, got;
	struct harness *harness = begin();
	struct fs_write_results written;

	ck_assert_int_eq(make(0, numbers[DIRECTORY], "a"), 0);
	ck_assert_int_eq(set(2, 0, FS_FLAG_NO_DUMP), POSIX_EPERM);
	ck_assert_int_eq(set(1, 0, FS_FLAG_NO_DUMP), 0);
	ck_assert_int_eq(set(1, 0, FS_FLAG_IMMUTABLE), POSIX_EPERM);
	ck_assert_int_eq(set(0, 0, 1), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(set(0, 2, FS_FLAG_NO_DUMP), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(set(0, 0, ALL_FLAGS), 0);
	ck_assert_int_eq(fs_get_attributes(clients[1], numbers[0], &got), 0);
	ck_assert_uint_eq(got.flags, ALL_FLAGS);
	/* Also for those for whom Linux has checked, since it knows of no flags. */
	clients[1]->actor = harness_actor(clients[1], &checked);
	ck_assert_int_eq(fs_write(clients[1], numbers[0], 9, 0, "x", 1, &written), POSIX_EPERM);
	ck_assert_int_eq(fs_set_attributes(clients[1], numbers[0], FS_SET_MODE, &values, &got), POSIX_EPERM);
	ck_assert_int_eq(fs_unlink(clients[1], FS_ROOT, "file", 4), POSIX_EPERM);
	ck_assert_int_eq(set(0, 0, FS_FLAG_APPEND), 0);
	ck_assert_int_eq(fs_write(clients[1], numbers[0], 0, 0, "x", 1, &written), POSIX_EPERM);
	ck_assert_int_eq(fs_write(clients[1], numbers[0], 0, FS_WRITE_APPEND, "x", 1, &written), 0);
	ck_assert_int_eq(fs_write(clients[1], numbers[0], 6, 0, "x", 1, &written), 0);
	ck_assert_int_eq(set(0, DIRECTORY, FS_FLAG_APPEND), 0);
	ck_assert_int_eq(make(1, numbers[DIRECTORY], "b"), 0);
	ck_assert_int_eq(fs_unlink(clients[1], numbers[DIRECTORY], "b", 1), POSIX_EPERM);
	ck_assert_int_eq(fs_rename(clients[1], numbers[DIRECTORY], FS_ROOT, 0, "b", 1, "c", 1), POSIX_EPERM);
	ck_assert_int_eq(set(0, DIRECTORY, FS_FLAG_IMMUTABLE), 0);
	ck_assert_int_eq(make(1, numbers[DIRECTORY], "c"), POSIX_EPERM);
	ck_assert_int_eq(fs_create_unnamed(clients[1], numbers[DIRECTORY], 0600, 0, &got), POSIX_EPERM);
	ck_assert_int_eq(set(0, DIRECTORY, 0), 0);
	ck_assert_int_eq(fs_unlink(clients[1], numbers[DIRECTORY], "b", 1), 0);
	harness_end(harness);
}
END_TEST

/* Programs that open files by path are told when they open them. */
START_TEST(by_path)
{
	struct harness *harness = begin();
	struct client *user = harness_connect(harness, &vfs_protocol, IDENTITY(1001, 2001));
	uint32_t file;

	ck_assert_int_eq(set(0, 0, FS_FLAG_APPEND), 0);
	ck_assert_int_eq(at_open(user, VFS_OPEN_WRITE, 0, "/file", &file), POSIX_EPERM);
	ck_assert_int_eq(
		at_open(user, VFS_OPEN_WRITE | VFS_OPEN_APPEND | VFS_OPEN_TRUNCATE, 0, "/file", &file),
		POSIX_EPERM);
	ck_assert_int_eq(at_open(user, VFS_OPEN_WRITE | VFS_OPEN_APPEND, 0, "/file", &file), 0);
	ck_assert_int_eq(at_open(user, VFS_OPEN_READ, 0, "/file", &file), 0);
	ck_assert_int_eq(set(0, 0, FS_FLAG_IMMUTABLE), 0);
	ck_assert_int_eq(at_open(user, VFS_OPEN_WRITE | VFS_OPEN_APPEND, 0, "/file", &file), POSIX_EPERM);
	ck_assert_int_eq(at_open(user, VFS_OPEN_READ, 0, "/file", &file), 0);
	ck_assert_int_eq(at_truncate(user, "/file", 0), POSIX_EPERM);
	ck_assert_int_eq(at_chmod(user, "/file", 0600), POSIX_EPERM);
	harness_end(harness);
}
END_TEST

START_TEST(no_atime)
{
	struct harness *harness = begin();
	struct fs_attributes before, after, values = {.atime = 1};
	struct fs_read_results got;
	char data[5];

	ck_assert_int_eq(set(0, 0, FS_FLAG_NO_ATIME), 0);
	ck_assert_int_eq(fs_set_attributes(clients[0], numbers[0], FS_SET_ATIME, &values, &before), 0);
	ck_assert_int_eq(fs_read(clients[0], numbers[0], 0, data, 5, &got), 0);
	ck_assert_int_eq(fs_get_attributes(clients[0], numbers[0], &after), 0);
	ck_assert_int_eq(after.atime, 1);
	ck_assert_int_eq(set(0, 0, 0), 0);
	ck_assert_int_eq(fs_read(clients[0], numbers[0], 0, data, 5, &got), 0);
	ck_assert_int_eq(fs_get_attributes(clients[0], numbers[0], &after), 0);
	ck_assert_int_ne(after.atime, 1);
	harness_end(harness);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-node_flags");
	TCase *test = tcase_create("node_flags");
	bool compare = geteuid() == 0 && linux_tmpfs_begin() == NULL;
	int result;

	tcase_add_test(test, protection);
	tcase_add_test(test, by_path);
	tcase_add_test(test, no_atime);
	if (compare)
		tcase_add_test(test, same_as_linux);
	tcase_set_timeout(test, 60);
	suite_add_tcase(suite, test);
	result = harness_run(suite);
	if (compare)
		linux_tmpfs_end();
	return result;
}
