/* The beginning of the vfs server, and its options (servers/vfs/vfs.c, storage.c). */
#include "vfs_harness.h"

static struct vfs_statistics statistics_with(const char *options)
{
	struct harness *harness = harness_begin(options);
	struct vfs_statistics statistics;
	struct client *client;

	ck_assert(!harness->stopped);
	client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	ck_assert_int_eq(vfs_statistics(client, "/", 1, &statistics), 0);
	harness_end(harness);
	return statistics;
}

START_TEST(boot)
{
	struct harness *harness = harness_begin("");

	ck_assert(harness->registered);
	ck_assert_uint_eq(harness->lines, 3);
	ck_assert_str_eq(harness->line[0], "Allocated port 7 for VFS");
	ck_assert_str_eq(harness->line[1], "tmpfs mounted at /");
	ck_assert_str_eq(harness->line[2], "Ready for file operations");
	harness_end(harness);
}
END_TEST

START_TEST(sizes)
{
	struct vfs_statistics statistics = statistics_with("");

	ck_assert_uint_eq(statistics.block_size, 4096);
	ck_assert_uint_eq(statistics.blocks, 131072);
	ck_assert_uint_eq(statistics.nodes, 131072);
	ck_assert_uint_eq(statistics.name_max, 255);
	statistics = statistics_with("nr_inodes=77 size=1G");
	ck_assert_uint_eq(statistics.blocks, 262144);
	ck_assert_uint_eq(statistics.nodes, 77);
	ck_assert_uint_eq(statistics.nodes_free, 76);
	statistics = statistics_with("size=1000001,nr_inodes=2k");
	ck_assert_uint_eq(statistics.blocks, 245);
	ck_assert_uint_eq(statistics.nodes, 2048);
	statistics = statistics_with("size=0 nr_inodes=5");
	ck_assert_uint_eq(statistics.blocks, 0);
	ck_assert_uint_eq(statistics.blocks_free, 0);
	ck_assert_uint_eq(statistics.nodes_free, 4);
	statistics = statistics_with("size=1M nr_inodes=0");
	ck_assert_uint_eq(statistics.blocks, 256);
	ck_assert_uint_eq(statistics.nodes, 0);
	ck_assert_uint_eq(statistics.nodes_free, 0);
}
END_TEST

START_TEST(root_directory)
{
	struct harness *harness = harness_begin("mode=1777,uid=5,gid=6");
	struct client *client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	struct vfs_status status;

	ck_assert_int_eq(at_stat(client, "/", false, &status), 0);
	ck_assert_uint_eq(status.mode, POSIX_S_IFDIR | 01777);
	ck_assert_uint_eq(status.uid, 5);
	ck_assert_uint_eq(status.gid, 6);
	ck_assert_int_eq(status.mtime, 1700000000);
	harness_end(harness);
}
END_TEST

START_TEST(wrong_options)
{
	static const char *const wrong[] = {
		"size=10%",
		"size=18446744073709551615",
		"size=big",
		"size=",
		"size=-1",
		"size=99999999999999999999",
		"nr_inodes=-1",
		"nr_inodes=x",
		"mode=888",
		"mode=10000",
		"mode=",
		"mode=0755x",
		"mode=77777777777777777777777777",
		"uid=4294967295",
		"gid=-1",
	};
	struct harness *harness = harness_begin(wrong[_i]);

	ck_assert(harness->stopped);
	ck_assert(!harness->registered);
	ck_assert_ptr_nonnull(strstr(harness->line[harness->lines - 1], "is wrong"));
	ck_assert_int_eq(strncmp(strstr(harness->line[harness->lines - 1], "option ") + 7, wrong[_i], 4), 0);
	harness_end(harness);
}
END_TEST

/* The process's quota ends before the file system's size: full is full. */
START_TEST(quota)
{
	static char data[1 << 20];
	struct harness *harness = harness_begin("size=1G");
	struct client *client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	struct vfs_write_results written;
	uint32_t file;
	int32_t status;

	harness->memory_quota = 16 << 20;
	ck_assert_int_eq(at_open(client, VFS_OPEN_WRITE | VFS_OPEN_CREATE, 0644, "/file", &file), 0);
	do
		status = vfs_write(client, file, VFS_POSITION, data, sizeof(data), &written);
	while (!status);
	ck_assert_int_eq(status, POSIX_ENOSPC);
	ck_assert_uint_gt(harness->memory, 15 << 20);
	ck_assert_uint_le(harness->memory, 16 << 20);
	ck_assert_int_eq(at_unlink(client, "/file"), 0);
	ck_assert_int_eq(vfs_close(client, file), 0);
	ck_assert_int_eq(at_open(client, VFS_OPEN_WRITE | VFS_OPEN_CREATE, 0644, "/file", &file), 0);
	ck_assert_int_eq(vfs_write(client, file, 0, data, sizeof(data), &written), 0);
	harness_end(harness);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-vfs");
	TCase *test = tcase_create("vfs");

	tcase_add_test(test, boot);
	tcase_add_test(test, sizes);
	tcase_add_test(test, root_directory);
	tcase_add_loop_test(test, wrong_options, 0, 15);
	tcase_add_test(test, quota);
	suite_add_tcase(suite, test);
	return harness_run(suite);
}
