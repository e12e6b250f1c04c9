/* From the node protocol to FUSE. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/abi/error.h>

#include "sim/fuse/reply.h"

static const struct {
	int32_t status;
	int errno_value;
} statuses[] = {
	{ENOENT, ENOENT},      {EACCES, EACCES},     {ENOSPC, ENOSPC},     {ESTALE, ESTALE},
	{ECANCELED, EINTR},    {999, 999},           {1000, EIO},          {INT32_MAX, EIO},
	{-E_TIMED_OUT, ETIMEDOUT}, {-E_CANCELLED, EINTR}, {-E_PEER_DEAD, EIO}, {-E_VIOLATION, EIO},
	{-E_NOMEM, ENOMEM},    {-E_QUOTA, ENOMEM},   {-E_TOO_LARGE, EIO},  {INT32_MIN, EIO},
};

START_TEST(every_status_is_an_errno)
{
	ck_assert_int_eq(reply_errno(statuses[_i].status), statuses[_i].errno_value);
}
END_TEST

static const struct fs_attributes example = {
	.node = 0x100000007, .generation = 3, .size = 1ull << 40, .blocks = 16,
	.atime = -1, .mtime = 1ll << 33, .ctime = 5, .atime_ns = 999999999, .mtime_ns = 1, .ctime_ns = 2, .mode = S_IFCHR | 06755, .links = 4,
	.uid = 1000, .gid = 0xfffffffe, .device = 1 << 8 | 3,
};

START_TEST(attributes_become_a_stat)
{
	struct fuse_entry_param entry;
	struct stat stat;

	reply_stat(&example, &stat);
	ck_assert_uint_eq(stat.st_ino, 0x100000007);
	ck_assert_int_eq(stat.st_size, 1ll << 40);
	ck_assert_int_eq(stat.st_blocks, 16);
	ck_assert_int_eq(stat.st_atim.tv_sec, -1);
	ck_assert_int_eq(stat.st_atim.tv_nsec, 999999999);
	ck_assert_int_eq(stat.st_mtim.tv_sec, 1ll << 33);
	ck_assert_int_eq(stat.st_mtim.tv_nsec, 1);
	ck_assert_int_eq(stat.st_ctim.tv_sec, 5);
	ck_assert_int_eq(stat.st_ctim.tv_nsec, 2);
	ck_assert_uint_eq(stat.st_mode, S_IFCHR | 06755);
	ck_assert_uint_eq(stat.st_nlink, 4);
	ck_assert_uint_eq(stat.st_uid, 1000);
	ck_assert_uint_eq(stat.st_gid, 0xfffffffe);
	ck_assert_uint_eq(stat.st_rdev, 1 << 8 | 3);

	reply_entry(&example, 2.5, &entry);
	ck_assert_uint_eq(entry.ino, 0x100000007);
	ck_assert_uint_eq(entry.generation, 3);
	ck_assert_double_eq(entry.attr_timeout, 2.5);
	ck_assert_double_eq(entry.entry_timeout, 2.5);
	ck_assert_int_eq(memcmp(&entry.attr, &stat, sizeof(stat)), 0);
}
END_TEST

START_TEST(statistics)
{
	const struct fs_statistics from = {4096, 1000, 900, 50, 40, 255};
	struct statvfs to;

	reply_statistics(&from, &to);
	ck_assert_uint_eq(to.f_bsize, 4096);
	ck_assert_uint_eq(to.f_frsize, 4096);
	ck_assert_uint_eq(to.f_blocks, 1000);
	ck_assert_uint_eq(to.f_bfree, 900);
	ck_assert_uint_eq(to.f_bavail, 900);
	ck_assert_uint_eq(to.f_files, 50);
	ck_assert_uint_eq(to.f_ffree, 40);
	ck_assert_uint_eq(to.f_favail, 40);
	ck_assert_uint_eq(to.f_namemax, 255);
}
END_TEST

static const struct {
	int set;
	uint32_t valid;
} sets[] = {
	{0, 0},
	{FUSE_SET_ATTR_MODE, FS_SET_MODE},
	{FUSE_SET_ATTR_UID, FS_SET_UID},
	{FUSE_SET_ATTR_GID, FS_SET_GID},
	{FUSE_SET_ATTR_SIZE, FS_SET_SIZE},
	{FUSE_SET_ATTR_ATIME, FS_SET_ATIME},
	{FUSE_SET_ATTR_MTIME, FS_SET_MTIME},
	{FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW, FS_SET_ATIME_NOW},
	{FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_MTIME_NOW, FS_SET_MTIME_NOW},
	{FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME | FUSE_SET_ATTR_ATIME_NOW, FS_SET_MTIME | FS_SET_ATIME_NOW},
	{FUSE_SET_ATTR_CTIME, 0}, /* the server's own business */
};

START_TEST(what_setattr_changes)
{
	struct fs_attributes values;
	struct stat stat;

	reply_stat(&example, &stat);
	ck_assert_uint_eq(reply_set_attributes(&stat, sets[_i].set, &values), sets[_i].valid);
	ck_assert_uint_eq(values.mode, example.mode);
	ck_assert_uint_eq(values.uid, example.uid);
	ck_assert_uint_eq(values.gid, example.gid);
	ck_assert_uint_eq(values.size, example.size);
	ck_assert_int_eq(values.atime, example.atime);
	ck_assert_uint_eq(values.atime_ns, example.atime_ns);
	ck_assert_int_eq(values.mtime, example.mtime);
	ck_assert_uint_eq(values.mtime_ns, example.mtime_ns);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuse-reply");
	TCase *cases = tcase_create("reply");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, cases);
	tcase_add_loop_test(cases, every_status_is_an_errno, 0, (int)(sizeof(statuses) / sizeof(statuses[0])));
	tcase_add_test(cases, attributes_become_a_stat);
	tcase_add_test(cases, statistics);
	tcase_add_loop_test(cases, what_setattr_changes, 0, (int)(sizeof(sets) / sizeof(sets[0])));
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
