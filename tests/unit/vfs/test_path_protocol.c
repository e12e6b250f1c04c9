/*
 * The path protocol (servers/vfs/path_protocol.c, path_files.c, open_file.c):
 * what Linux does not do alike. The rest is in test_path_differential.c.
 */
#include "vfs_harness.h"

#define ALL_FILES 65536u

static struct harness *harness;
static struct client *client;

static void begin(void)
{
	harness = harness_begin("size=4M,nr_inodes=40");
	client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	ck_assert_ptr_nonnull(client);
}

static void end(void)
{
	harness_end(harness);
}

static uint32_t open_file(uint32_t flags, const char *path)
{
	uint32_t file;

	ck_assert_int_eq(at_open(client, flags, 0644, path, &file), 0);
	return file;
}

static int32_t open_error(uint32_t flags, const char *path)
{
	uint32_t file;

	return at_open(client, flags, 0644, path, &file);
}

START_TEST(flags)
{
	at_make(client, "/file", 0644, "abc");
	ck_assert_int_eq(at_symlink(client, "file", "/link"), 0);
	ck_assert_int_eq(at_mkdir(client, "/d", 0755), 0);
	ck_assert_int_eq(open_error(0, "/file"), POSIX_EINVAL);
	ck_assert_int_eq(open_error(VFS_OPEN_READ | 256, "/file"), POSIX_EINVAL);
	ck_assert_int_eq(open_error(VFS_OPEN_READ | 1u << 31, "/file"), POSIX_EINVAL);
	ck_assert_int_eq(open_error(VFS_OPEN_READ | VFS_OPEN_EXCLUSIVE, "/file"), POSIX_EINVAL);
	ck_assert_int_eq(open_error(VFS_OPEN_READ | VFS_OPEN_CREATE | VFS_OPEN_DIRECTORY, "/d"),
	                 POSIX_EINVAL);
	ck_assert_int_eq(open_error(VFS_OPEN_READ | VFS_OPEN_NOFOLLOW, "/link"), POSIX_ELOOP);
	ck_assert_int_eq(open_error(VFS_OPEN_READ | VFS_OPEN_DIRECTORY, "/link"), POSIX_ENOTDIR);
	ck_assert_int_eq(open_error(VFS_OPEN_READ | VFS_OPEN_WRITE, "/d"), POSIX_EISDIR);
	ck_assert_int_eq(open_error(VFS_OPEN_READ | VFS_OPEN_CREATE, "/new/"), POSIX_EISDIR);
	ck_assert_int_eq(open_error(VFS_OPEN_WRITE | VFS_OPEN_CREATE | VFS_OPEN_EXCLUSIVE, "/link"),
	                 POSIX_EEXIST);
	ck_assert_uint_eq(open_file(VFS_OPEN_READ | VFS_OPEN_DIRECTORY, "/d"), 0);
}
END_TEST

START_TEST(pipes_are_not_opened)
{
	struct client *other = harness_connect(harness, &fs_protocol, IDENTITY(0, 0));
	struct fs_attributes made;

	ck_assert_int_eq(fs_create(other, FS_ROOT, POSIX_S_IFIFO | 0666, 0, 0, "pipe", 4, &made), 0);
	ck_assert_int_eq(open_error(VFS_OPEN_READ, "/pipe"), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(at_truncate(client, "/pipe", 0), POSIX_EINVAL);
}
END_TEST

/* The lowest number that is free; each session has its own. */
START_TEST(numbers)
{
	struct client *other = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	struct vfs_status status;
	uint32_t file;

	at_make(client, "/file", 0644, "abc");
	for (uint32_t i = 0; i < 600; i++)
		ck_assert_uint_eq(open_file(VFS_OPEN_READ, "/file"), i);
	ck_assert_int_eq(at_open(other, VFS_OPEN_READ, 0, "/file", &file), 0);
	ck_assert_uint_eq(file, 0);
	ck_assert_int_eq(vfs_stat_file(other, 1, &status), POSIX_EBADF);
	ck_assert_int_eq(vfs_close(client, 300), 0);
	ck_assert_int_eq(vfs_close(client, 7), 0);
	ck_assert_int_eq(vfs_close(client, 7), POSIX_EBADF);
	ck_assert_uint_eq(open_file(VFS_OPEN_READ, "/file"), 7);
	ck_assert_uint_eq(open_file(VFS_OPEN_READ, "/file"), 300);
	ck_assert_uint_eq(open_file(VFS_OPEN_READ, "/file"), 600);
	ck_assert_int_eq(vfs_close(client, 601), POSIX_EBADF);
	ck_assert_int_eq(vfs_close(client, ALL_FILES), POSIX_EBADF);
	ck_assert_int_eq(vfs_close(client, UINT32_MAX), POSIX_EBADF);
}
END_TEST

START_TEST(too_many)
{
	at_make(client, "/file", 0644, "abc");
	for (uint32_t i = 0; i < ALL_FILES; i++) {
		if (open_file(VFS_OPEN_READ, "/file") != i)
			ck_abort_msg("not %u", i);
	}
	ck_assert_int_eq(open_error(VFS_OPEN_READ, "/file"), POSIX_EMFILE);
	/* What cannot be opened is not made either. */
	ck_assert_int_eq(open_error(VFS_OPEN_WRITE | VFS_OPEN_CREATE, "/new"), POSIX_EMFILE);
	ck_assert_int_eq(at_unlink(client, "/new"), POSIX_ENOENT);
	ck_assert_int_eq(vfs_close(client, 40000), 0);
	ck_assert_uint_eq(open_file(VFS_OPEN_READ, "/file"), 40000);
}
END_TEST

START_TEST(without_memory)
{
	harness->allocations_max = harness->allocations;
	ck_assert_int_eq(open_error(VFS_OPEN_WRITE | VFS_OPEN_CREATE, "/new"), POSIX_ENOMEM);
	ck_assert_int_eq(at_unlink(client, "/new"), POSIX_ENOENT);
	ck_assert_ptr_null(harness_connect(harness, &vfs_protocol, IDENTITY(0, 0)));
}
END_TEST

/* What is unlinked lives until it is closed, or its client is gone. */
START_TEST(unlinked)
{
	struct client *other = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	uint64_t free_nodes = harness_nodes_free(client);
	struct vfs_read_results results;
	char data[8];
	uint32_t file;

	at_make(client, "/file", 0644, "abc");
	file = open_file(VFS_OPEN_READ, "/file");
	ck_assert_int_eq(at_open(other, VFS_OPEN_READ, 0, "/file", &file), 0);
	ck_assert_int_eq(at_unlink(client, "/file"), 0);
	ck_assert_int_eq(vfs_read(client, file, 0, data, sizeof(data), &results), 0);
	ck_assert_uint_eq(results.data_length, 3);
	ck_assert_int_eq(vfs_close(client, file), 0);
	ck_assert_uint_eq(harness_nodes_free(client), free_nodes - 1);
	harness_disconnect(other);
	ck_assert_uint_eq(harness_nodes_free(client), free_nodes);
}
END_TEST

START_TEST(far_offsets)
{
	uint32_t file = open_file(VFS_OPEN_READ | VFS_OPEN_WRITE | VFS_OPEN_CREATE, "/file");
	struct vfs_write_results written;
	struct vfs_read_results got;
	struct vfs_seek_results sought;
	char data[8] = "";

	ck_assert_int_eq(vfs_write(client, file, 1ull << 46, data, 8, &written), 0);
	ck_assert_int_eq(vfs_write(client, file, (1ull << 47) - 3, data, 8, &written), 0);
	ck_assert_uint_eq(written.length, 3);
	ck_assert_int_eq(vfs_write(client, file, 1ull << 47, data, 8, &written), POSIX_EFBIG);
	ck_assert_int_eq(vfs_write(client, file, INT64_MAX - 8, data, 8, &written), POSIX_EFBIG);
	ck_assert_int_eq(vfs_write(client, file, INT64_MAX - 7, data, 8, &written), POSIX_EINVAL);
	ck_assert_int_eq(vfs_write(client, file, INT64_MAX + 1ull, data, 8, &written), POSIX_EINVAL);
	ck_assert_int_eq(vfs_write(client, file, UINT64_MAX - 1, data, 8, &written), POSIX_EINVAL);
	ck_assert_int_eq(vfs_read(client, file, INT64_MAX - 7, data, 8, &got), POSIX_EINVAL);
	ck_assert_int_eq(vfs_read(client, file, INT64_MAX - 8, data, 8, &got), 0);
	ck_assert_uint_eq(got.data_length, 0);
	ck_assert_int_eq(vfs_read(client, file, UINT64_MAX - 1, data, 8, &got), POSIX_EINVAL);
	ck_assert_int_eq(vfs_seek(client, file, INT64_MAX, VFS_SEEK_SET, &sought), 0);
	ck_assert_int_eq(vfs_read(client, file, VFS_POSITION, data, 8, &got), POSIX_EINVAL);
	ck_assert_int_eq(vfs_write(client, file, VFS_POSITION, data, 8, &written), POSIX_EINVAL);
	ck_assert_int_eq(vfs_seek(client, file, 1, VFS_SEEK_CURRENT, &sought), POSIX_EINVAL);
	ck_assert_int_eq(vfs_seek(client, file, INT64_MAX, VFS_SEEK_END, &sought), POSIX_EINVAL);
	ck_assert_int_eq(vfs_seek(client, file, INT64_MIN, VFS_SEEK_CURRENT, &sought), POSIX_EINVAL);
	ck_assert_int_eq(vfs_seek(client, file, -1, VFS_SEEK_SET, &sought), POSIX_EINVAL);
	ck_assert_int_eq(vfs_seek(client, file, 0, 5, &sought), POSIX_EINVAL);
	ck_assert_int_eq(vfs_seek(client, file, 0, VFS_SEEK_CURRENT, &sought), 0);
	ck_assert_uint_eq(sought.offset, INT64_MAX);
	ck_assert_int_eq(at_truncate(client, "/file", 1ull << 63), POSIX_EINVAL);
	ck_assert_int_eq(at_truncate(client, "/file", INT64_MAX), POSIX_EFBIG);
}
END_TEST

/* vfs serves nobody else meanwhile: a call moves a MiB and says so, and the caller goes on from there. */
START_TEST(long_transfers_are_cut)
{
	static uint8_t data[3 << 20], read[3 << 20];
	struct vfs_write_results written;
	struct vfs_read_results got;
	uint32_t file;

	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 >> 3);
	file = open_file(VFS_OPEN_READ | VFS_OPEN_WRITE | VFS_OPEN_CREATE, "/long");
	ck_assert_int_eq(vfs_write(client, file, VFS_POSITION, data, sizeof(data), &written), 0);
	ck_assert_uint_eq(written.length, 1 << 20);
	/* The position is where it stopped. */
	ck_assert_int_eq(vfs_write(client, file, VFS_POSITION, data + (1 << 20), 2 << 20, &written), 0);
	ck_assert_uint_eq(written.length, 1 << 20);
	ck_assert_int_eq(vfs_read(client, file, 0, read, sizeof(read), &got), 0);
	ck_assert_uint_eq(got.data_length, 1 << 20);
	ck_assert_int_eq(vfs_read(client, file, 1 << 20, read + (1 << 20), 1 << 20, &got), 0);
	ck_assert_uint_eq(got.data_length, 1 << 20);
	ck_assert_int_eq(memcmp(data, read, 2 << 20), 0);
}
END_TEST

START_TEST(listing)
{
	struct vfs_readdir_results results;
	uint32_t file, seen = 0;
	uint8_t entries[48];
	struct vfs_entry entry;
	uint64_t cookie = 0;

	at_make(client, "/one", 0644, "");
	at_make(client, "/another_one", 0644, "");
	file = open_file(VFS_OPEN_READ, "/");
	ck_assert_int_eq(vfs_readdir(client, file, 0, entries, 31, &results), POSIX_EINVAL);
	ck_assert_int_eq(vfs_readdir(client, file, 0, NULL, 0, &results), POSIX_EINVAL);
	while (vfs_readdir(client, file, cookie, entries, sizeof(entries), &results) == 0 &&
	       results.entries_length) {
		memcpy(&entry, entries, sizeof(entry));
		ck_assert_uint_eq(results.entries_length, sizeof(entry) + (entry.name_length + 7) / 8 * 8);
		for (uint32_t at = (uint32_t)sizeof(entry) + entry.name_length; at < results.entries_length;
		     at++)
			ck_assert_uint_eq(entries[at], 0);
		cookie = entry.cookie;
		seen++;
	}
	ck_assert_uint_eq(seen, 4);
	ck_assert_int_eq(vfs_readdir(client, file, UINT64_MAX, entries, sizeof(entries), &results), 0);
	ck_assert_uint_eq(results.entries_length, 0);
	file = open_file(VFS_OPEN_READ, "/one");
	ck_assert_int_eq(vfs_readdir(client, file, 0, entries, sizeof(entries), &results), POSIX_ENOTDIR);
	ck_assert_int_eq(vfs_readdir(client, 99, 0, entries, sizeof(entries), &results), POSIX_EBADF);
}
END_TEST

START_TEST(unknown_actor)
{
	struct vfs_status status;

	client->actor = 1;
	ck_assert_int_eq(at_stat(client, "/", false, &status), POSIX_EINVAL);
	ck_assert_int_eq(at_mkdir(client, "/d", 0755), POSIX_EINVAL);
	ck_assert_int_eq(at_unlink(client, "/d"), POSIX_EINVAL);
	ck_assert_int_eq(at_rename(client, "/d", "/e", 0), POSIX_EINVAL);
	ck_assert_int_eq(open_error(VFS_OPEN_READ, "/"), POSIX_EINVAL);
	ck_assert_int_eq(vfs_close(client, 0), POSIX_EINVAL);
	client->actor = UINT32_MAX;
	ck_assert_int_eq(at_chmod(client, "/", 0), POSIX_EINVAL);
}
END_TEST

/* A full file system says so, and has room again when something goes. */
START_TEST(full)
{
	static char data[1 << 20];
	uint32_t file = open_file(VFS_OPEN_WRITE | VFS_OPEN_CREATE, "/big");
	struct vfs_write_results written;
	int32_t status;

	do
		status = vfs_write(client, file, VFS_POSITION, data, sizeof(data), &written);
	while (!status);
	ck_assert_int_eq(status, POSIX_ENOSPC);
	ck_assert_int_eq(at_truncate(client, "/big", 0), 0);
	ck_assert_int_eq(vfs_write(client, file, 0, data, sizeof(data), &written), 0);
	ck_assert_uint_eq(written.length, sizeof(data));
	while (harness_nodes_free(client) > 0) {
		char path[] = "/aa";

		path[1] = (char)('a' + harness_nodes_free(client) % 26);
		path[2] = (char)('a' + harness_nodes_free(client) / 26);
		ck_assert_int_eq(at_mkdir(client, path, 0755), 0);
	}
	ck_assert_int_eq(at_mkdir(client, "/more", 0755), POSIX_ENOSPC);
}
END_TEST

START_TEST(unchanged_owner)
{
	struct vfs_status before, after;

	at_make(client, "/file", 0755, "");
	at_make(client, "/privileged", 04755, "");
	ck_assert_int_eq(at_stat(client, "/file", false, &before), 0);
	client->actor = harness_actor(client, IDENTITY(5, 5));
	ck_assert_int_eq(at_chown(client, "/file", VFS_UNCHANGED, VFS_UNCHANGED), 0);
	/* It would take the privilege away, which is a change, and not for a stranger to make. */
	ck_assert_int_eq(at_chown(client, "/privileged", VFS_UNCHANGED, VFS_UNCHANGED), POSIX_EPERM);
	ck_assert_int_eq(vfs_set_times(client, 1, VFS_TIME_OMIT, VFS_TIME_OMIT, 1, "/none", 5), 0);
	ck_assert_int_eq(at_stat(client, "/file", false, &after), 0);
	/* It has been changed to what it was. */
	after.ctime = before.ctime;
	after.ctime_ns = before.ctime_ns;
	ck_assert_mem_eq(&before, &after, sizeof(before));
	client->actor = 0;
	ck_assert_int_eq(at_chown(client, "/privileged", VFS_UNCHANGED, VFS_UNCHANGED), 0);
	ck_assert_int_eq(at_stat(client, "/privileged", false, &after), 0);
	ck_assert_uint_eq(after.mode, POSIX_S_IFREG | 0755);
}
END_TEST

START_TEST(removing_the_special)
{
	ck_assert_int_eq(at_rmdir(client, "/"), POSIX_EBUSY);
	ck_assert_int_eq(at_rmdir(client, "/."), POSIX_EINVAL);
	ck_assert_int_eq(at_rmdir(client, "/.."), POSIX_ENOTEMPTY);
	ck_assert_int_eq(at_unlink(client, "/"), POSIX_EISDIR);
	ck_assert_int_eq(at_rename(client, "/", "/x", 0), POSIX_EBUSY);
	ck_assert_int_eq(at_mkdir(client, "/x", 0755), 0);
	ck_assert_int_eq(at_rename(client, "/x", "/.", 0), POSIX_EBUSY);
	ck_assert_int_eq(at_rename(client, "/x", "/x/y", 0), POSIX_EINVAL);
	ck_assert_int_eq(at_rename(client, "/x", "/y", 4), POSIX_EINVAL);
	ck_assert_int_eq(at_symlink(client, "", "/y"), POSIX_ENOENT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-path_protocol");
	TCase *test = tcase_create("path_protocol");

	tcase_add_checked_fixture(test, begin, end);
	tcase_add_test(test, flags);
	tcase_add_test(test, pipes_are_not_opened);
	tcase_add_test(test, numbers);
	tcase_add_test(test, too_many);
	tcase_add_test(test, without_memory);
	tcase_add_test(test, unlinked);
	tcase_add_test(test, far_offsets);
	tcase_add_test(test, long_transfers_are_cut);
	tcase_add_test(test, listing);
	tcase_add_test(test, unknown_actor);
	tcase_add_test(test, full);
	tcase_add_test(test, unchanged_owner);
	tcase_add_test(test, removing_the_special);
	suite_add_tcase(suite, test);
	return harness_run(suite);
}
