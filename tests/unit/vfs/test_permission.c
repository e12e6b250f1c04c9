/* Who may do what to files (servers/vfs/permission.c). */
#include "../../../servers/vfs/permission.h"
#include "vfs_harness.h"

static const struct identity root = {.uid = 0, .gid = 0};
static const struct identity user = {.uid = 10, .gid = 20, .group_count = 2, .groups = {30, 31}};
static const struct identity other = {.uid = 11, .gid = 21};
static const struct identity checked = {.uid = 11, .gid = 21, .flags = IDENTITY_CHECKED};

static struct tmpfs_attributes node_of(uint32_t mode, uint32_t uid, uint32_t gid)
{
	return (struct tmpfs_attributes){.mode = mode, .uid = uid, .gid = gid};
}

START_TEST(groups)
{
	ck_assert(filesystem_in_group(&user, 20));
	ck_assert(filesystem_in_group(&user, 31));
	ck_assert(!filesystem_in_group(&user, 32));
	ck_assert(!filesystem_in_group(&other, 0)); /* beyond group_count */
}
END_TEST

/* Only the first class that fits counts: owner, group, others. */
START_TEST(classes)
{
	struct tmpfs_attributes node = node_of(POSIX_S_IFREG | 0077, 10, 99);

	ck_assert(!permission_allows(&user, &node, ACCESS_READ));
	ck_assert(permission_allows(&other, &node, ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE));
	node = node_of(POSIX_S_IFREG | 0707, 99, 30);
	ck_assert(!permission_allows(&user, &node, ACCESS_EXECUTE));
	node = node_of(POSIX_S_IFREG | 0640, 99, 30);
	ck_assert(permission_allows(&user, &node, ACCESS_READ));
	ck_assert(!permission_allows(&user, &node, ACCESS_READ | ACCESS_WRITE));
	ck_assert(!permission_allows(&other, &node, ACCESS_READ));
	ck_assert(permission_allows(&other, &node, 0));
}
END_TEST

START_TEST(root_executes_what_is_executable)
{
	struct tmpfs_attributes node = node_of(POSIX_S_IFREG, 10, 20);

	ck_assert(permission_allows(&root, &node, ACCESS_READ | ACCESS_WRITE));
	ck_assert(!permission_allows(&root, &node, ACCESS_EXECUTE));
	node.mode |= 0001;
	ck_assert(permission_allows(&root, &node, ACCESS_EXECUTE));
	node.mode = POSIX_S_IFDIR;
	ck_assert(permission_allows(&root, &node, ACCESS_EXECUTE));
}
END_TEST

START_TEST(checked_is_not_checked_again)
{
	struct tmpfs_attributes node = node_of(POSIX_S_IFREG, 10, 20),
				directory = node_of(POSIX_S_IFDIR, 10, 20);

	ck_assert_int_eq(permission_check(&checked, &node, ACCESS_READ), 0);
	ck_assert_int_eq(permission_check(&other, &node, ACCESS_READ), POSIX_EACCES);
	ck_assert(!permission_allows(&checked, &node, ACCESS_READ)); /* but the truth is told who asks */
	ck_assert_int_eq(permission_remove(&checked, &directory, &node), 0);
	ck_assert_int_eq(permission_set(&checked, &node, TMPFS_SET_MODE | TMPFS_SET_UID, &node), 0);
}
END_TEST

START_TEST(sticky)
{
	struct tmpfs_attributes directory = node_of(POSIX_S_IFDIR | 01777, 99, 99);
	struct tmpfs_attributes own = node_of(POSIX_S_IFREG, 10, 20),
				foreign = node_of(POSIX_S_IFREG | 0777, 11, 21);

	ck_assert_int_eq(permission_remove(&user, &directory, &own), 0);
	ck_assert_int_eq(permission_remove(&user, &directory, &foreign), POSIX_EPERM);
	ck_assert_int_eq(permission_remove(&root, &directory, &foreign), 0);
	directory.uid = 10;
	ck_assert_int_eq(permission_remove(&user, &directory, &foreign), 0);
	directory.mode = POSIX_S_IFDIR | 01577; /* its owner may not write */
	ck_assert_int_eq(permission_remove(&user, &directory, &own), POSIX_EACCES);
	directory = node_of(POSIX_S_IFDIR | 0776, 99, 99); /* nor others search */
	ck_assert_int_eq(permission_remove(&user, &directory, &own), POSIX_EACCES);
}
END_TEST

START_TEST(owners_change_attributes)
{
	struct tmpfs_attributes node = node_of(POSIX_S_IFREG | 0644, 10, 20), values = {.uid = 10, .gid = 31};

	ck_assert_int_eq(permission_set(&user, &node, TMPFS_SET_MODE, &values), 0);
	ck_assert_int_eq(permission_set(&other, &node, TMPFS_SET_MODE, &values), POSIX_EPERM);
	ck_assert_int_eq(permission_set(&root, &node, TMPFS_SET_MODE | TMPFS_SET_UID, &values), 0);
	ck_assert_int_eq(permission_set(&user, &node, TMPFS_SET_UID, &values), 0); /* to what it is */
	ck_assert_int_eq(permission_set(&user, &node, TMPFS_SET_GID, &values), 0);
	values = node_of(0, 11, 32);
	ck_assert_int_eq(permission_set(&user, &node, TMPFS_SET_UID, &values), POSIX_EPERM);
	ck_assert_int_eq(permission_set(&user, &node, TMPFS_SET_GID, &values), POSIX_EPERM);
	ck_assert_int_eq(permission_set(&other, &node, TMPFS_SET_UID, &values), POSIX_EPERM);
	ck_assert_int_eq(permission_set(&other, &node, TMPFS_SET_GID, &node), POSIX_EPERM);
}
END_TEST

START_TEST(times_and_sizes)
{
	struct tmpfs_attributes node = node_of(POSIX_S_IFREG | 0466, 10, 20), values = {0};
	uint32_t now = TMPFS_SET_ATIME_NOW | TMPFS_SET_MTIME_NOW;

	ck_assert_int_eq(permission_set(&user, &node, now, &values), 0);
	ck_assert_int_eq(permission_set(&user, &node, TMPFS_SET_ATIME, &values), 0);
	ck_assert_int_eq(permission_set(&user, &node, TMPFS_SET_SIZE, &values), POSIX_EACCES);
	ck_assert_int_eq(permission_set(&other, &node, now, &values), 0);
	ck_assert_int_eq(permission_set(&other, &node, TMPFS_SET_SIZE, &values), 0);
	ck_assert_int_eq(permission_set(&other, &node, TMPFS_SET_MTIME_NOW, &values), POSIX_EPERM);
	ck_assert_int_eq(permission_set(&other, &node, now | TMPFS_SET_MTIME, &values), POSIX_EPERM);
	node.mode = POSIX_S_IFREG | 0644;
	ck_assert_int_eq(permission_set(&other, &node, now, &values), POSIX_EACCES);
}
END_TEST

START_TEST(privileges_do_not_last)
{
	struct tmpfs_attributes node = node_of(POSIX_S_IFREG | 06755, 10, 20), values = {.mode = 06755};
	struct tmpfs_attributes directory = node_of(POSIX_S_IFDIR | 06755, 10, 20);

	ck_assert_uint_eq(permission_mode_written(&root, &node), 06755);
	ck_assert_uint_eq(permission_mode_written(&user, &node), 0755);
	ck_assert_uint_eq(permission_mode_after(&root, &node, TMPFS_SET_UID, &values), 0755);
	ck_assert_uint_eq(permission_mode_after(&root, &directory, TMPFS_SET_UID, &values), 06755);
	ck_assert_uint_eq(permission_mode_after(&user, &node, TMPFS_SET_SIZE, &values), 0755);
	ck_assert_uint_eq(permission_mode_after(&root, &node, TMPFS_SET_SIZE, &values), 06755);
	ck_assert_uint_eq(permission_mode_after(&other, &node, TMPFS_SET_ATIME, &values), 06755);
	/* Without execution for the group it is no privilege, and stays for its members. */
	node.mode = POSIX_S_IFREG | 02745;
	ck_assert_uint_eq(permission_mode_written(&user, &node), 02745);
	ck_assert_uint_eq(permission_mode_written(&other, &node), 0745);
}
END_TEST

START_TEST(group_bit_is_for_members)
{
	struct tmpfs_attributes node = node_of(POSIX_S_IFREG | 0755, 10, 99),
				values = {.mode = 02755, .gid = 30};

	ck_assert_uint_eq(permission_mode_after(&user, &node, TMPFS_SET_MODE, &values), 0755);
	ck_assert_uint_eq(permission_mode_after(&root, &node, TMPFS_SET_MODE, &values), 02755);
	ck_assert_uint_eq(permission_mode_after(&checked, &node, TMPFS_SET_MODE, &values), 02755);
	ck_assert_uint_eq(permission_mode_after(&user, &node, TMPFS_SET_MODE | TMPFS_SET_GID, &values),
	                  02755);
}
END_TEST

START_TEST(inheritance)
{
	struct tmpfs_attributes plain = node_of(POSIX_S_IFDIR | 0777, 99, 99);
	struct tmpfs_attributes handing = node_of(POSIX_S_IFDIR | 02777, 99, 99);
	struct tmpfs_creation creation = {.mode = 02755};

	permission_inherit(&user, &plain, false, &creation);
	ck_assert_uint_eq(creation.uid, 10);
	ck_assert_uint_eq(creation.gid, 20);
	ck_assert_uint_eq(creation.mode, 02755);
	permission_inherit(&user, &handing, false, &creation); /* he is not in that group */
	ck_assert_uint_eq(creation.uid, 10);
	ck_assert_uint_eq(creation.gid, 99);
	ck_assert_uint_eq(creation.mode, 0755);
	permission_inherit(&user, &handing, true, &creation);
	ck_assert_uint_eq(creation.mode, 02755);
	permission_inherit(&root, &handing, false, &creation);
	ck_assert_uint_eq(creation.mode, 02755);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-permission");
	TCase *test = tcase_create("permission");

	tcase_add_test(test, groups);
	tcase_add_test(test, classes);
	tcase_add_test(test, root_executes_what_is_executable);
	tcase_add_test(test, checked_is_not_checked_again);
	tcase_add_test(test, sticky);
	tcase_add_test(test, owners_change_attributes);
	tcase_add_test(test, times_and_sizes);
	tcase_add_test(test, privileges_do_not_last);
	tcase_add_test(test, group_bit_is_for_members);
	tcase_add_test(test, inheritance);
	suite_add_tcase(suite, test);
	return harness_run(suite);
}
