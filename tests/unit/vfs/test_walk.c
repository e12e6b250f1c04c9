/* From paths to nodes (servers/vfs/walk.c); what is the same on Linux is also in test_path_differential.c. */
#include <stdio.h>

#include "vfs_harness.h"

static struct harness *harness;
static struct client *client;

static void begin(void)
{
	harness = harness_begin("mode=777");
	client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	ck_assert_ptr_nonnull(client);
}

static void end(void)
{
	harness_end(harness);
}

static uint64_t number_of(const char *path)
{
	struct vfs_status status;

	ck_assert_int_eq(at_stat(client, path, false, &status), 0);
	return status.node;
}

static int32_t stat_error(const char *path)
{
	struct vfs_status status;

	return at_stat(client, path, false, &status);
}

START_TEST(the_same_place)
{
	uint64_t number;

	ck_assert_int_eq(at_mkdir(client, "/a", 0755), 0);
	ck_assert_int_eq(at_mkdir(client, "/a/b", 0755), 0);
	number = number_of("/a/b");
	ck_assert_uint_eq(number_of("//a///b//"), number);
	ck_assert_uint_eq(number_of("/./a/././b/."), number);
	ck_assert_uint_eq(number_of("/../../a/../a/b/../b"), number);
	ck_assert_uint_eq(number_of("/"), FS_ROOT);
	ck_assert_uint_eq(number_of("/a/b/../.."), FS_ROOT);
	ck_assert_uint_eq(number_of("////"), FS_ROOT);
}
END_TEST

START_TEST(what_is_no_path)
{
	char path[4096];

	ck_assert_int_eq(stat_error(""), POSIX_ENOENT);
	ck_assert_int_eq(stat_error("a"), POSIX_EINVAL);
	ck_assert_int_eq(stat_error("./"), POSIX_EINVAL);
	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[256] = '\0';
	ck_assert_int_eq(stat_error(path), POSIX_ENOENT);
	path[256] = 'x';
	path[257] = '\0';
	ck_assert_int_eq(stat_error(path), POSIX_ENAMETOOLONG);
	memset(path, '/', sizeof(path));
	path[4095] = '\0';
	ck_assert_int_eq(stat_error(path), 0);
	ck_assert_int_eq(vfs_stat(client, 2, "/", 1, NULL), POSIX_EINVAL);
}
END_TEST

START_TEST(slash_means_directory)
{
	at_make(client, "/file", 0644, "");
	ck_assert_int_eq(at_mkdir(client, "/directory", 0755), 0);
	ck_assert_int_eq(at_symlink(client, "file", "/to_file"), 0);
	ck_assert_int_eq(at_symlink(client, "directory", "/to_directory"), 0);
	ck_assert_int_eq(stat_error("/file/"), POSIX_ENOTDIR);
	ck_assert_int_eq(stat_error("/file/x"), POSIX_ENOTDIR);
	ck_assert_int_eq(stat_error("/file/."), POSIX_ENOTDIR);
	ck_assert_int_eq(stat_error("/to_file/"), POSIX_ENOTDIR);
	ck_assert_uint_eq(number_of("/to_directory/"), number_of("/directory"));
	ck_assert_uint_eq(number_of("/to_directory/../file"), number_of("/file"));
}
END_TEST

/* A chain of 40 links can be followed, one more cannot. */
START_TEST(chains_of_links)
{
	char name[16], target[16];

	at_make(client, "/l0", 0644, "");
	for (unsigned i = 1; i <= 41; i++) {
		snprintf(name, sizeof(name), "/l%u", i);
		snprintf(target, sizeof(target), i % 2 ? "l%u" : "/l%u", i - 1);
		ck_assert_int_eq(at_symlink(client, target, name), 0);
	}
	ck_assert_uint_eq(number_of("/l40"), number_of("/l0"));
	ck_assert_int_eq(stat_error("/l41"), POSIX_ELOOP);
	ck_assert_int_eq(at_symlink(client, "circle", "/circle"), 0);
	ck_assert_int_eq(stat_error("/circle/x"), POSIX_ELOOP);
}
END_TEST

/* Links in the middle of a path count, too, and what follows them is kept through all expansions. */
START_TEST(long_targets)
{
	static char target[4096];
	char path[256] = "";

	ck_assert_int_eq(at_mkdir(client, "/d", 0755), 0);
	at_make(client, "/d/file", 0644, "");
	memset(target, '/', 4094);
	target[4094] = 'd';
	ck_assert_int_eq(at_symlink(client, target, "/d/around"), 0);
	strcpy(path, "/d");
	for (int i = 0; i < 20; i++)
		strcat(path, "/around");
	strcat(path, "/file");
	ck_assert_uint_eq(number_of(path), number_of("/d/file"));
	memset(target, 0, sizeof(target));
	for (int i = 0; i < 800; i++)
		strcat(target, "../d/");
	ck_assert_int_eq(at_symlink(client, target, "/d/wild"), 0);
	ck_assert_uint_eq(number_of("/d/wild/file"), number_of("/d/file"));
}
END_TEST

START_TEST(without_memory)
{
	struct vfs_status status;

	ck_assert_int_eq(at_mkdir(client, "/d", 0755), 0);
	at_make(client, "/d/file", 0644, "");
	ck_assert_int_eq(at_symlink(client, "d", "/one"), 0);
	ck_assert_int_eq(at_symlink(client, "one", "/two"), 0);
	for (uint64_t more = 0; more < 2; more++) {
		harness->allocations_max = harness->allocations + more;
		ck_assert_int_eq(at_stat(client, "/two/file", false, &status), POSIX_ENOMEM);
	}
	harness->allocations_max = harness->allocations + 2;
	ck_assert_int_eq(at_stat(client, "/two/file", false, &status), 0);
}
END_TEST

/* Every directory on the way must be searchable, the last one too. */
START_TEST(search_permission)
{
	struct vfs_status status;

	ck_assert_int_eq(at_mkdir(client, "/a", 0755), 0);
	ck_assert_int_eq(at_mkdir(client, "/a/b", 0777), 0);
	at_make(client, "/a/b/file", 0666, "");
	client->actor = harness_actor(client, IDENTITY(5, 5));
	ck_assert_int_eq(at_stat(client, "/a/b/file", false, &status), 0);
	client->actor = 0;
	ck_assert_int_eq(at_chmod(client, "/a", 0766), 0);
	client->actor = 1;
	ck_assert_int_eq(at_stat(client, "/a/b/file", false, &status), POSIX_EACCES);
	ck_assert_int_eq(at_stat(client, "/a/b", false, &status), POSIX_EACCES);
	ck_assert_int_eq(at_stat(client, "/a/none", false, &status), POSIX_EACCES);
	ck_assert_int_eq(at_stat(client, "/a/.", false, &status), POSIX_EACCES);
	ck_assert_int_eq(at_stat(client, "/a", false, &status), 0);
	ck_assert_int_eq(at_stat(client, "/a/", false, &status), 0);
}
END_TEST

/* Whatever becomes of a walk, it keeps no reference: what is removed is gone. */
START_TEST(no_reference_is_kept)
{
	uint64_t free_nodes = harness_nodes_free(client);
	struct vfs_status status;

	ck_assert_int_eq(at_mkdir(client, "/d", 0755), 0);
	at_make(client, "/d/file", 0644, "");
	ck_assert_int_eq(at_symlink(client, "d", "/l"), 0);
	ck_assert_int_eq(at_symlink(client, "/l/none", "/l2"), 0);
	ck_assert_int_eq(at_stat(client, "/l/file", false, &status), 0);
	ck_assert_int_eq(at_stat(client, "/l/file/", false, &status), POSIX_ENOTDIR);
	ck_assert_int_eq(at_stat(client, "/l/file/x", false, &status), POSIX_ENOTDIR);
	ck_assert_int_eq(at_stat(client, "/l2", false, &status), POSIX_ENOENT);
	ck_assert_int_eq(at_stat(client, "/l2/", true, &status), POSIX_ENOENT);
	ck_assert_int_eq(at_mkdir(client, "/l2", 0755), POSIX_EEXIST);
	ck_assert_int_eq(at_mkdir(client, "/l2/x", 0755), POSIX_ENOENT);
	ck_assert_int_eq(at_link(client, "/l/file", "/l"), POSIX_EEXIST);
	ck_assert_int_eq(at_rename(client, "/l/file", "/l2/x", 0), POSIX_ENOENT);
	ck_assert_int_eq(at_rename(client, "/l/file", "/l/new/", 0), POSIX_ENOTDIR);
	ck_assert_int_eq(at_unlink(client, "/l/file"), 0);
	ck_assert_int_eq(at_unlink(client, "/l"), 0);
	ck_assert_int_eq(at_unlink(client, "/l2"), 0);
	ck_assert_int_eq(at_rmdir(client, "/d"), 0);
	ck_assert_uint_eq(harness_nodes_free(client), free_nodes);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-walk");
	TCase *test = tcase_create("walk");

	tcase_add_checked_fixture(test, begin, end);
	tcase_add_test(test, the_same_place);
	tcase_add_test(test, what_is_no_path);
	tcase_add_test(test, slash_means_directory);
	tcase_add_test(test, chains_of_links);
	tcase_add_test(test, long_targets);
	tcase_add_test(test, without_memory);
	tcase_add_test(test, search_permission);
	tcase_add_test(test, no_reference_is_kept);
	suite_add_tcase(suite, test);
	return harness_run(suite);
}
