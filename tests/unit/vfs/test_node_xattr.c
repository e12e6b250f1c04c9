/*
 * Extended attributes through the node protocol (servers/vfs/node_xattr.c): who
 * may do what. As root the same is asked of a tmpfs of the kernel, which must agree.
 */
#include "linux_tmpfs.h"
#include "vfs_harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OPERATIONS 4000u

static const struct identity users[] = {{.uid = 0, .gid = 0}, {.uid = 1001, .gid = 2001}, {.uid = 1002, .gid = 2001}};
static const char *const nodes[] = {"file", "private", "directory", "sticky", "link", "pipe"};
static const char *const names[] = {"user.a",      "user.b",        "user.",     "user",  "trusted.a",
                                    "trusted.",    "security.test", "security.", "other", "none.a",
                                    "user.a.b.c."};

#define NODES (sizeof(nodes) / sizeof(nodes[0]))
#define NAMES (sizeof(names) / sizeof(names[0]))
#define USERS (sizeof(users) / sizeof(users[0]))

static struct client *clients[USERS];
static uint64_t numbers[NODES];
static uint64_t state = 0x9e3779b97f4a7c15ull;

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
	struct harness *harness = harness_begin("mode=755 uid=0 gid=0");
	struct fs_attributes made, values = {.mode = 0600, .uid = 1001, .gid = 2001};
	uint32_t user, at;

	for (user = 0; user < USERS; user++)
		clients[user] = harness_connect(harness, &fs_protocol, &users[user]);
	ck_assert_int_eq(fs_create(clients[0], FS_ROOT, S_IFREG | 0664, 0, 0, "file", 4, &made), 0);
	ck_assert_int_eq(fs_create(clients[0], FS_ROOT, S_IFREG, 0, 0, "private", 7, &made), 0);
	ck_assert_int_eq(fs_set_attributes(clients[0], made.node, FS_SET_MODE | FS_SET_UID | FS_SET_GID, &values,
	                                   &made),
	                 0);
	ck_assert_int_eq(fs_make_directory(clients[0], FS_ROOT, 0777, 0, "directory", 9, &made), 0);
	ck_assert_int_eq(fs_make_directory(clients[0], FS_ROOT, 01777, 0, "sticky", 6, &made), 0);
	values.mode = 01777;
	ck_assert_int_eq(fs_set_attributes(clients[0], made.node, FS_SET_MODE | FS_SET_UID, &values, &made), 0);
	ck_assert_int_eq(fs_symlink(clients[0], FS_ROOT, "link", 4, "file", 4, &made), 0);
	ck_assert_int_eq(fs_create(clients[0], FS_ROOT, S_IFIFO | 0666, 0, 0, "pipe", 4, &made), 0);
	for (at = 0; at < NODES; at++) {
		for (user = 0; user < USERS; user++)
			ck_assert_int_eq(fs_lookup(clients[user], FS_ROOT, nodes[at],
			                           (uint32_t)strlen(nodes[at]), &made),
			                 0);
		numbers[at] = made.node;
	}
	return harness;
}

/* The same on Linux, beneath its root. */
static void begin_linux(void)
{
	umask(0);
	ck_assert_int_eq(chmod("/", 0755), 0);
	ck_assert_int_eq(mknod("/file", S_IFREG | 0664, 0), 0);
	ck_assert_int_eq(mknod("/private", S_IFREG | 0600, 0), 0);
	ck_assert_int_eq(chown("/private", 1001, 2001), 0);
	ck_assert_int_eq(mkdir("/directory", 0777), 0);
	ck_assert_int_eq(mkdir("/sticky", 01777), 0);
	ck_assert_int_eq(chown("/sticky", 1001, 0), 0);
	ck_assert_int_eq(symlink("file", "/link"), 0);
	ck_assert_int_eq(mknod("/pipe", S_IFIFO | 0666, 0), 0);
}

static int32_t status_of(long result)
{
	return result < 0 ? errno : 0;
}

static void check_same(uint32_t user, const char *what, const char *node, const char *name, int32_t expected,
                       int32_t status)
{
	if (expected != status)
		ck_abort_msg("uid %u %s %s %s: Linux %d (%s), vfs %d (%s)", users[user].uid, what, node, name,
		             expected, strerror(expected), status, strerror(status));
}

static void compare_get(uint32_t user, uint32_t at, const char *path, const char *name)
{
	static const uint32_t capacities[] = {0, 1, 5, 100};
	uint32_t capacity = capacities[below(4)];
	char expected[100], value[100];
	struct fs_get_xattr_results got;
	ssize_t length = lgetxattr(path, name, expected, capacity);

	check_same(user, "get", nodes[at], name, status_of(length),
	           fs_get_xattr(clients[user], numbers[at], name, (uint32_t)strlen(name), value, capacity, &got));
	if (length < 0)
		return;
	ck_assert_uint_eq(got.size, (uint64_t)length);
	if (capacity > 0)
		ck_assert_mem_eq(expected, value, (size_t)length);
}

static void compare_list(uint32_t user, uint32_t at, const char *path)
{
	uint32_t capacity = below(3) ? 200 : below(20);
	char expected[200], listed[200];
	struct fs_list_xattrs_results got;
	ssize_t length = llistxattr(path, expected, capacity);

	check_same(user, "list", nodes[at], "", status_of(length),
	           fs_list_xattrs(clients[user], numbers[at], listed, capacity, &got));
	if (length < 0)
		return;
	ck_assert_uint_eq(got.size, (uint64_t)length);
	if (capacity > 0) /* Linux's order is that of the names, too, but says so nowhere */
		ck_assert_uint_eq(got.names_length, (uint64_t)length);
}

static void compare_one(void)
{
	uint32_t user = below(USERS), at = below(NODES), flags = below(5), size = below(8);
	const char *name = names[below(NAMES)];
	uint32_t length = (uint32_t)strlen(name);
	char path[32];

	snprintf(path, sizeof(path), "/%s", nodes[at]);
	linux_become(&users[user]);
	switch (below(4)) {
	case 0:
		compare_get(user, at, path, name);
		break;
	case 1:
		check_same(user, "set", nodes[at], name, status_of(lsetxattr(path, name, "content", size, (int)flags)),
		           fs_set_xattr(clients[user], numbers[at], flags, name, length, "content", size));
		break;
	case 2:
		check_same(user, "remove", nodes[at], name, status_of(lremovexattr(path, name)),
		           fs_remove_xattr(clients[user], numbers[at], name, length));
		break;
	default:
		compare_list(user, at, path);
	}
	linux_become(&users[0]);
}

START_TEST(same_as_linux)
{
	struct harness *harness;

	ck_assert_ptr_null(linux_tmpfs_enter());
	begin_linux();
	harness = begin();
	for (uint32_t i = 0; i < OPERATIONS; i++)
		compare_one();
	linux_tmpfs_leave();
	harness_end(harness);
}
END_TEST

START_TEST(permissions)
{
	struct harness *harness = begin();
	struct fs_get_xattr_results got;
	struct fs_list_xattrs_results listed;
	static char big[(64 << 10) + 1];
	char data[64];

	ck_assert_int_eq(fs_set_xattr(clients[1], numbers[0], 0, "user.a", 6, "x", 1), POSIX_EACCES);
	ck_assert_int_eq(fs_set_xattr(clients[0], numbers[0], 0, "user.a", 6, "x", 1), 0);
	ck_assert_int_eq(fs_get_xattr(clients[1], numbers[0], "user.a", 6, data, 8, &got), 0);
	ck_assert_uint_eq(got.value_length, 1);
	ck_assert_int_eq(fs_get_xattr(clients[2], numbers[1], "user.a", 6, data, 8, &got), POSIX_EACCES);
	ck_assert_int_eq(fs_set_xattr(clients[1], numbers[1], 0, "trusted.a", 9, "x", 1), POSIX_EPERM);
	ck_assert_int_eq(fs_set_xattr(clients[0], numbers[1], 0, "trusted.a", 9, "x", 1), 0);
	ck_assert_int_eq(fs_get_xattr(clients[1], numbers[1], "trusted.a", 9, data, 8, &got), POSIX_ENODATA);
	ck_assert_int_eq(fs_list_xattrs(clients[1], numbers[1], data, 64, &listed), 0);
	ck_assert_uint_eq(listed.size, 0);
	ck_assert_int_eq(fs_list_xattrs(clients[0], numbers[1], data, 64, &listed), 0);
	ck_assert_uint_eq(listed.names_length, 10);
	ck_assert_int_eq(fs_set_xattr(clients[1], numbers[3], 0, "user.a", 6, "x", 1), 0);
	ck_assert_int_eq(fs_set_xattr(clients[2], numbers[3], 0, "user.a", 6, "x", 1), POSIX_EPERM);
	ck_assert_int_eq(fs_set_xattr(clients[0], numbers[4], 0, "user.a", 6, "x", 1), POSIX_EPERM);
	ck_assert_int_eq(fs_get_xattr(clients[0], numbers[4], "user.a", 6, data, 8, &got), POSIX_ENODATA);
	ck_assert_int_eq(fs_set_xattr(clients[0], numbers[0], 0, "system.other", 12, "x", 1), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(fs_set_xattr(clients[0], numbers[0], 4, "user.a", 6, "x", 1), POSIX_EINVAL);
	ck_assert_int_eq(fs_set_xattr(clients[0], numbers[0], 0, "user.a", 6, big, sizeof(big)), POSIX_E2BIG);
	ck_assert_int_eq(fs_set_xattr(clients[0], numbers[0], 0, "user.a", 6, big, sizeof(big) - 1), 0);
	ck_assert_int_eq(fs_set_xattr(clients[0], numbers[0], 0, "", 0, "x", 1), POSIX_ERANGE);
	ck_assert_int_eq(fs_set_xattr(clients[0], 99, 0, "user.a", 6, "x", 1), POSIX_ESTALE);
	ck_assert_int_eq(fs_get_xattr(clients[0], 99, "user.a", 6, data, 8, &got), POSIX_ESTALE);
	ck_assert_int_eq(fs_list_xattrs(clients[0], 99, data, 8, &listed), POSIX_ESTALE);
	ck_assert_int_eq(fs_remove_xattr(clients[0], 99, "user.a", 6), POSIX_ESTALE);
	harness_end(harness);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-node_xattr");
	TCase *test = tcase_create("node_xattr");
	bool compare = geteuid() == 0 && linux_tmpfs_begin() == NULL;
	int result;

	tcase_add_test(test, permissions);
	if (compare)
		tcase_add_test(test, same_as_linux);
	suite_add_tcase(suite, test);
	result = harness_run(suite);
	if (compare)
		linux_tmpfs_end();
	return result;
}
