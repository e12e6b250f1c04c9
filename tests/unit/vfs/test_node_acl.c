/*
 * Access control lists through the node protocol (servers/vfs/node_acl.c): who
 * may set them, what they let people do, what new nodes get. As root the same
 * is asked of a tmpfs of the kernel, which must agree.
 */
#include <drydock/acl.h>

#include "linux_tmpfs.h"
#include "vfs_harness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define OPERATIONS 20000u
#define ACCESS     "system.posix_acl_access"
#define DEFAULT    "system.posix_acl_default"

static const struct identity users[] = {
	{.uid = 0, .gid = 0},
	{.uid = 1001, .gid = 2001},
	{.uid = 1002, .gid = 2002, .group_count = 1, .groups = {2001}},
	{.uid = 1003, .gid = 2003, .group_count = 2, .groups = {2004, 2005}},
};
static const char *const nodes[] = {"file", "strange", "directory", "link", "pipe"};

#define NODES     (sizeof(nodes) / sizeof(nodes[0]))
#define DIRECTORY 2u
#define USERS     (sizeof(users) / sizeof(users[0]))

/* What must be 0, where there is much of it: libcheck's own assertions take long even when they hold. */
#define must(call)                                        \
	do {                                              \
		if ((call) != 0)                          \
			ck_abort_msg("not 0: %s", #call); \
	} while (0)

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

/* "strange" is of a group in which its owner is not. */
static struct harness *begin(void)
{
	static const struct {
		uint32_t mode, gid;
	} made[NODES] = {{S_IFREG | 0664, 2001},
	                 {S_IFREG | 0775, 2004},
	                 {S_IFDIR | 0775, 2001},
	                 {0, 0},
	                 {S_IFIFO | 0664, 2001}};
	struct harness *harness = harness_begin("mode=777 uid=0 gid=0");
	struct fs_attributes found, values = {.uid = 1001};
	uint32_t user, at, length;

	for (user = 0; user < USERS; user++)
		clients[user] = harness_connect(harness, &fs_protocol, &users[user]);
	for (at = 0; at < NODES; at++) {
		length = (uint32_t)strlen(nodes[at]);
		if (!made[at].mode)
			must(fs_symlink(clients[0], FS_ROOT, nodes[at], length, "file", 4, &found));
		else if (S_ISDIR(made[at].mode))
			must(fs_make_directory(clients[0], FS_ROOT, 0775, 0, nodes[at], length, &found));
		else
			must(fs_create(clients[0], FS_ROOT, made[at].mode, 0, 0, nodes[at], length, &found));
		numbers[at] = found.node;
		values.gid = made[at].gid;
		must(fs_set_attributes(clients[0], found.node, FS_SET_UID | FS_SET_GID, &values, &found));
		for (user = 0; user < USERS; user++)
			must(fs_lookup(clients[user], FS_ROOT, nodes[at], length, &found));
	}
	return harness;
}

/* The same on Linux, beneath its root. */
static void begin_linux(void)
{
	umask(0);
	must(chmod("/", 0777));
	must(mknod("/file", S_IFREG | 0664, 0) || chown("/file", 1001, 2001));
	must(mknod("/strange", S_IFREG | 0775, 0) || chown("/strange", 1001, 2004));
	must(mkdir("/directory", 0775) || chown("/directory", 1001, 2001));
	must(symlink("file", "/link") || lchown("/link", 1001, 0));
	must(mknod("/pipe", S_IFIFO | 0664, 0) || chown("/pipe", 1001, 2001));
}

static int32_t status_of(long result)
{
	return result < 0 ? errno : 0;
}

static void check_same(uint32_t user, const char *what, uint32_t at, int32_t expected, int32_t status)
{
	if (expected != status)
		ck_abort_msg("uid %u %s %s: Linux %d (%s), vfs %d (%s)", users[user].uid, what, nodes[at],
		             expected, strerror(expected), status, strerror(status));
}

/* ---- what is set ----------------------------------------------------------------- */

static struct acl_entry entry(uint16_t tag, uint32_t id)
{
	return (struct acl_entry){.tag = tag, .permissions = (uint16_t)below(8), .id = id};
}

/* The value of some ACL, seldom a valid one of no use. Returns its bytes. */
static uint32_t make_value(uint8_t *value)
{
	struct acl_entry entries[16];
	struct acl acl = {.entries = entries};
	uint32_t named = below(4), version = 3;

	entries[acl.count++] = entry(ACL_USER_OBJ, below(2) ? ACL_NO_ID : below(9));
	for (uint32_t i = 0; i < named; i++)
		entries[acl.count++] = entry(ACL_USER, 1000 + below(5));
	entries[acl.count++] = entry(ACL_GROUP_OBJ, ACL_NO_ID);
	for (uint32_t i = 0; i < below(3); i++, named++)
		entries[acl.count++] = entry(ACL_GROUP, 2000 + below(6));
	if (named > 0 ? below(20) > 0 : below(3) == 0)
		entries[acl.count++] = entry(ACL_MASK, ACL_NO_ID);
	entries[acl.count++] = entry(ACL_OTHER, ACL_NO_ID);
	if (below(15) == 0)
		entries[below(acl.count)].tag = (uint16_t)(1u << below(7));
	if (below(25) == 0)
		entries[below(acl.count)].permissions = 8;
	if (below(25) == 0)
		acl.count = below(acl.count);
	acl_format(&acl, value);
	if (below(40) == 0)
		memcpy(value, &version, sizeof(version));
	return acl_size(acl.count) - (below(40) == 0 ? below(8) : 0);
}

static void compare_set(uint32_t user, uint32_t at, const char *path, const char *name)
{
	uint32_t length = (uint32_t)strlen(name), size;
	uint8_t value[200];

	if (below(5) == 0) {
		check_same(user, "remove", at, status_of(lremovexattr(path, name)),
		           fs_remove_xattr(clients[user], numbers[at], name, length));
		return;
	}
	size = below(30) == 0 ? 0 : make_value(value);
	check_same(user, "set", at, status_of(lsetxattr(path, name, value, size, 0)),
	           fs_set_xattr(clients[user], numbers[at], below(3), name, length, value, size));
}

static void compare_mode(uint32_t user, uint32_t at, const char *path)
{
	struct fs_attributes values = {.mode = below(010000)}, got;

	if (strcmp(nodes[at], "link") == 0)
		return; /* Linux changes what it leads to */
	check_same(user, "chmod", at, status_of(chmod(path, values.mode)),
	           fs_set_attributes(clients[user], numbers[at], FS_SET_MODE, &values, &got));
}

/* ---- what is there ------------------------------------------------------------------ */

static void compare_get(struct client *client, const char *path, uint64_t number, const char *name,
                        uint32_t capacity)
{
	char expected[200], value[200];
	struct fs_get_xattr_results got;
	ssize_t length = lgetxattr(path, name, expected, capacity);
	int32_t wanted = status_of(length),
		status = fs_get_xattr(client, number, name, (uint32_t)strlen(name), value, capacity, &got);

	if (wanted != status)
		ck_abort_msg("get %s %s: Linux %d, vfs %d", path, name, wanted, status);
	if (length < 0)
		return;
	ck_assert_uint_eq(got.size, (uint64_t)length);
	if (capacity > 0)
		ck_assert_mem_eq(expected, value, (size_t)length);
}

static void compare_all(struct client *client, const char *path, uint64_t number)
{
	char expected[200], names[200];
	struct fs_list_xattrs_results listed;
	struct fs_attributes got;
	struct stat status;

	must(lstat(path, &status));
	ck_assert_int_eq(fs_get_attributes(client, number, &got), 0);
	if (got.mode != status.st_mode)
		ck_abort_msg("%s has mode %o instead of %o", path, got.mode, status.st_mode);
	compare_get(client, path, number, ACCESS, sizeof(names));
	compare_get(client, path, number, DEFAULT, sizeof(names));
	ck_assert_int_eq(fs_list_xattrs(client, number, names, sizeof(names), &listed), 0);
	ck_assert_int_eq(llistxattr(path, expected, sizeof(expected)), listed.names_length);
	ck_assert_mem_eq(names, expected, listed.names_length);
}

static void compare_access(uint32_t user, uint32_t at, const char *path)
{
	for (uint32_t mask = 0; mask < 8 && strcmp(nodes[at], "link") != 0; mask++)
		check_same(user, "access", at,
		           status_of(syscall(SYS_faccessat2, AT_FDCWD, path, (int)mask, AT_EACCESS)),
		           fs_access(clients[user], numbers[at], mask));
}

/* ---- what is made ------------------------------------------------------------------- */

/* Something new in the directory, by root, who may. */
static void compare_new(void)
{
	uint32_t mode = below(010000), mask = below(01000), kind = below(3);
	struct fs_attributes made;
	int32_t status;

	linux_become(&users[0]);
	umask(mask);
	switch (kind) {
	case 0:
		must(mknod("/directory/new", S_IFREG | mode, 0));
		status = fs_create(clients[0], numbers[DIRECTORY], S_IFREG | mode, mask, 0, "new", 3, &made);
		break;
	case 1:
		must(mkdir("/directory/new", mode));
		status = fs_make_directory(clients[0], numbers[DIRECTORY], mode, mask, "new", 3, &made);
		break;
	default:
		must(symlink("target", "/directory/new"));
		status = fs_symlink(clients[0], numbers[DIRECTORY], "new", 3, "target", 6, &made);
	}
	ck_assert_int_eq(status, 0);
	umask(0);
	compare_all(clients[0], "/directory/new", made.node);
	if (kind == 1) {
		must(rmdir("/directory/new"));
		ck_assert_int_eq(fs_remove_directory(clients[0], numbers[DIRECTORY], "new", 3), 0);
	} else {
		must(unlink("/directory/new"));
		ck_assert_int_eq(fs_unlink(clients[0], numbers[DIRECTORY], "new", 3), 0);
	}
	ck_assert_int_eq(fs_forget(clients[0], made.node, 1), 0);
}

static void compare_one(void)
{
	uint32_t user = below(USERS), at = below(NODES);
	const char *name = below(3) ? ACCESS : DEFAULT;
	char path[32];

	snprintf(path, sizeof(path), "/%s", nodes[at]);
	if (below(2))
		user = below(2); /* who may, mostly */
	linux_become(&users[user]);
	switch (below(5)) {
	case 0:
		compare_get(clients[user], path, numbers[at], name, below(80));
		break;
	case 1:
	case 2:
		compare_set(user, at, path, name);
		break;
	case 3:
		compare_mode(user, at, path);
		break;
	default:
		compare_new();
	}
	for (user = 0; user < USERS; user++) {
		linux_become(&users[user]);
		compare_access(user, at, path);
	}
	linux_become(&users[0]);
	compare_all(clients[0], path, numbers[at]);
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

/* ---- without Linux -------------------------------------------------------------------- */

static int32_t set(uint32_t user, uint32_t at, const char *name, const struct acl_entry *entries,
                   uint32_t count)
{
	const struct acl acl = {entries, count};
	uint8_t value[200];

	acl_format(&acl, value);
	return fs_set_xattr(clients[user], numbers[at], 0, name, (uint32_t)strlen(name), value,
	                    acl_size(count));
}

static const struct acl_entry extended[] = {{ACL_USER_OBJ, 6, ACL_NO_ID},  {ACL_USER, 4, 1003},
                                            {ACL_GROUP_OBJ, 0, ACL_NO_ID}, {ACL_GROUP, 2, 2002},
                                            {ACL_MASK, 6, ACL_NO_ID},      {ACL_OTHER, 0, ACL_NO_ID}};

START_TEST(permissions)
{
	const struct identity checked = {.uid = 1002, .gid = 2002, .flags = IDENTITY_CHECKED};
	struct harness *harness = begin();
	struct fs_attributes got, values = {.mode = 0600};

	ck_assert_int_eq(set(3, 0, ACCESS, extended, 6), POSIX_EPERM);
	ck_assert_int_eq(set(1, 0, DEFAULT, extended, 6), POSIX_EACCES);
	ck_assert_int_eq(set(1, 3, ACCESS, extended, 6), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(set(1, 0, ACCESS, extended, 5), POSIX_EINVAL);
	ck_assert_int_eq(fs_remove_xattr(clients[3], numbers[0], ACCESS, 23), POSIX_EPERM);
	ck_assert_int_eq(fs_remove_xattr(clients[1], numbers[0], ACCESS, 23), 0);
	ck_assert_int_eq(fs_remove_xattr(clients[1], 99, ACCESS, 23), POSIX_ESTALE);
	ck_assert_int_eq(set(1, 0, ACCESS, extended, 6), 0);
	ck_assert_int_eq(fs_access(clients[3], numbers[0], 4), 0);
	ck_assert_int_eq(fs_access(clients[3], numbers[0], 2), POSIX_EACCES);
	/* In two groups with an entry each, of which one gives it. */
	ck_assert_int_eq(fs_access(clients[2], numbers[0], 2), 0);
	ck_assert_int_eq(fs_access(clients[2], numbers[0], 4), POSIX_EACCES);
	ck_assert_int_eq(fs_set_attributes(clients[1], numbers[0], FS_SET_MODE, &values, &got), 0);
	ck_assert_int_eq(fs_access(clients[3], numbers[0], 4), POSIX_EACCES);
	/* Linux has checked for the bridge. */
	clients[2]->actor = harness_actor(clients[2], &checked);
	ck_assert_int_eq(set(2, 0, ACCESS, extended, 6), 0);
	harness_end(harness);
}
END_TEST

START_TEST(inheritance)
{
	struct harness *harness = begin();
	struct fs_get_xattr_results got;
	struct fs_attributes made;
	uint8_t value[100];

	ck_assert_int_eq(set(1, DIRECTORY, DEFAULT, extended, 6), 0);
	ck_assert_int_eq(fs_make_directory(clients[1], numbers[DIRECTORY], 0777, 077, "d", 1, &made), 0);
	ck_assert_uint_eq(made.mode, S_IFDIR | 0660); /* the umask counts for nothing */
	ck_assert_int_eq(fs_get_xattr(clients[1], made.node, DEFAULT, 24, value, 100, &got), 0);
	ck_assert_uint_eq(got.size, acl_size(6));
	ck_assert_int_eq(fs_get_xattr(clients[1], made.node, ACCESS, 23, value, 100, &got), 0);
	ck_assert_int_eq(fs_get_xattr(clients[1], made.node, ACCESS, 23, value, 10, &got), POSIX_ERANGE);
	ck_assert_int_eq(fs_create_unnamed(clients[1], numbers[DIRECTORY], 0640, 077, &made), 0);
	ck_assert_uint_eq(made.mode, S_IFREG | 0640);
	ck_assert_int_eq(fs_get_xattr(clients[1], made.node, ACCESS, 23, value, 100, &got), 0);
	ck_assert_int_eq(fs_get_xattr(clients[1], made.node, DEFAULT, 24, value, 100, &got), POSIX_ENODATA);
	ck_assert_int_eq(fs_create(clients[1], FS_ROOT, S_IFREG | 0666, 022, 0, "plain", 5, &made), 0);
	ck_assert_uint_eq(made.mode, S_IFREG | 0644);
	harness_end(harness);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-node_acl");
	TCase *test = tcase_create("node_acl");
	bool compare = geteuid() == 0 && linux_tmpfs_begin() == NULL;
	int result;

	tcase_add_test(test, permissions);
	tcase_add_test(test, inheritance);
	if (compare)
		tcase_add_test(test, same_as_linux);
	tcase_set_timeout(test, 60);
	suite_add_tcase(suite, test);
	result = harness_run(suite);
	if (compare)
		linux_tmpfs_end();
	return result;
}
