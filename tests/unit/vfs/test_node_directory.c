/* Directories read with attributes, and files without a name (servers/vfs/node_directory.c). */
#include <stdio.h>

#include "vfs_harness.h"

#define FILES 200u

static struct harness *harness;
static struct client *client, *user;

static void begin(void)
{
	harness = harness_begin("mode=755 uid=0 gid=0");
	client = harness_connect(harness, &fs_protocol, IDENTITY(0, 0));
	user = harness_connect(harness, &fs_protocol, IDENTITY(10, 20));
}

static void end(void)
{
	harness_end(harness);
}

static uint64_t make_directory(const char *name, uint32_t mode)
{
	struct fs_attributes made;

	ck_assert_int_eq(fs_make_directory(client, FS_ROOT, mode, 0, name, (uint32_t)strlen(name), &made), 0);
	ck_assert_int_eq(fs_lookup(user, FS_ROOT, name, (uint32_t)strlen(name), &made), 0);
	return made.node;
}

/* Makes `FILES` files of various sizes; nobody keeps a reference. */
static void fill(uint64_t directory)
{
	struct fs_write_results put;
	struct fs_attributes made;
	char name[16];

	for (uint32_t i = 0; i < FILES; i++) {
		ck_assert_int_eq(fs_create(client, directory, POSIX_S_IFREG | 0600, 0, 0, name,
		                           (uint32_t)snprintf(name, sizeof(name), "file%u", i), &made),
		                 0);
		ck_assert_int_eq(fs_write(client, made.node, 0, 0, name, i % 16, &put), 0);
		ck_assert_int_eq(fs_forget(client, made.node, 1), 0);
	}
}

/* Every entry comes once, with the attributes that get_attributes has, and one reference. */
START_TEST(with_attributes)
{
	uint64_t directory = make_directory("d", 0755), cookie = 0;
	struct fs_readdir_attributes_results got;
	struct fs_attributes attributes, same;
	static uint8_t entries[1000];
	uint32_t count = 0, at, calls = 0;
	struct fs_entry entry;
	char name[16];

	fill(directory);
	for (;; calls++) {
		ck_assert_int_eq(fs_readdir_attributes(user, directory, cookie, entries, sizeof(entries), &got), 0);
		if (got.entries_length == 0)
			break;
		for (at = 0; at < got.entries_length;) {
			memcpy(&attributes, entries + at, sizeof(attributes));
			memcpy(&entry, entries + at + sizeof(attributes), sizeof(entry));
			at += (uint32_t)(sizeof(attributes) + sizeof(entry));
			ck_assert_uint_eq(entry.node, attributes.node);
			ck_assert_uint_eq(entry.mode, attributes.mode & POSIX_S_IFMT);
			if (count >= 2) {
				snprintf(name, sizeof(name), "file%u", count - 2);
				ck_assert_uint_eq(entry.name_length, strlen(name));
				ck_assert_mem_eq(entries + at, name, strlen(name));
				ck_assert_uint_eq(attributes.size, (count - 2) % 16);
				ck_assert_int_eq(fs_get_attributes(user, entry.node, &same), 0);
				ck_assert_mem_eq(&same, &attributes, sizeof(same));
				ck_assert_int_eq(fs_forget(user, entry.node, 2), POSIX_EINVAL);
				ck_assert_int_eq(fs_forget(user, entry.node, 1), 0);
			} else {
				ck_assert_uint_eq(entry.node, count == 0 ? directory : FS_ROOT);
			}
			at += (entry.name_length + 7) & ~7u;
			cookie = entry.cookie;
			count++;
		}
		ck_assert_uint_eq(at, got.entries_length);
	}
	ck_assert_uint_eq(count, FILES + 2);
	ck_assert_uint_gt(calls, 10);
	/* The dots gave none. */
	ck_assert_int_eq(fs_forget(user, directory, 2), POSIX_EINVAL);
	ck_assert_int_eq(fs_forget(user, FS_ROOT, 1), POSIX_EINVAL);
}
END_TEST

/* Without room or memory: what there is, then why there is no more. */
START_TEST(want_of_room)
{
	uint64_t directory = make_directory("d", 0755), closed = make_directory("closed", 0744);
	struct fs_readdir_attributes_results got;
	static uint8_t entries[20000];
	struct fs_attributes found;
	struct client *poor;

	fill(directory);
	ck_assert_int_eq(fs_readdir_attributes(user, closed, 0, entries, 1000, &got), POSIX_EACCES);
	ck_assert_int_eq(fs_readdir_attributes(user, directory, 0, entries, 140, &got), POSIX_EINVAL);
	ck_assert_int_eq(fs_readdir_attributes(user, directory, 0, entries, 144, &got), 0);
	ck_assert_uint_eq(got.entries_length, 144);
	ck_assert_int_eq(fs_readdir_attributes(user, directory, 2 + FILES, entries, 144, &got), 0);
	ck_assert_uint_eq(got.entries_length, 0);
	ck_assert_int_eq(fs_readdir_attributes(user, 77, 0, entries, 144, &got), POSIX_ESTALE);
	poor = harness_connect(harness, &fs_protocol, IDENTITY(10, 20));
	ck_assert_int_eq(fs_lookup(poor, FS_ROOT, "d", 1, &found), 0);
	harness->allocations_max = harness->allocations;
	ck_assert_int_eq(fs_readdir_attributes(poor, directory, 0, entries, sizeof(entries), &got), 0);
	ck_assert_uint_gt(got.entries_length, 0);
	ck_assert_uint_lt(got.entries_length, sizeof(entries) - 300);
	memcpy(&found, entries + 144 + 144, sizeof(found));
	ck_assert_int_eq(fs_get_attributes(poor, found.node, &found), 0);
}
END_TEST

/* It has no name, then one, and when it has lost that it gets none any more. */
START_TEST(unnamed)
{
	uint64_t open = make_directory("open", 0777), closed = make_directory("closed", 0755), file;
	uint64_t free_nodes = harness_nodes_free(client);
	struct fs_attributes made, found, values = {.mode = 02777};
	struct fs_write_results put;

	ck_assert_int_eq(fs_set_attributes(client, open, FS_SET_MODE, &values, &found), 0);
	ck_assert_int_eq(fs_create_unnamed(user, closed, 0644, 0, &made), POSIX_EACCES);
	ck_assert_int_eq(fs_create_unnamed(user, 77, 0644, 0, &made), POSIX_ESTALE);
	ck_assert_int_eq(fs_create_unnamed(user, open, POSIX_S_IFREG | 0644, 0, &made), POSIX_EINVAL);
	ck_assert_int_eq(fs_create_unnamed(user, open, 0666, 022, &made), 0);
	file = made.node;
	ck_assert_uint_eq(made.mode, POSIX_S_IFREG | 0644);
	ck_assert_uint_eq(made.links, 0);
	ck_assert_uint_eq(made.uid, 10);
	ck_assert_uint_eq(made.gid, 0); /* the directory's */
	ck_assert_int_eq(fs_write(user, file, 0, 0, "data", 4, &put), 0);
	ck_assert_int_eq(fs_create_unnamed(user, file, 0644, 0, &found), POSIX_ENOTDIR);
	ck_assert_int_eq(fs_link(user, file, open, "name", 4, &found), 0);
	ck_assert_uint_eq(found.node, file);
	ck_assert_uint_eq(found.links, 1);
	ck_assert_int_eq(fs_unlink(user, open, "name", 4), 0);
	ck_assert_int_eq(fs_link(user, file, open, "again", 5, &found), POSIX_ENOENT);
	ck_assert_int_eq(fs_forget(user, file, 2), 0);
	ck_assert_uint_eq(harness_nodes_free(client), free_nodes);
	ck_assert_int_eq(fs_create_unnamed(user, open, 0666, 022, &made), 0);
	harness_disconnect(user);
	ck_assert_uint_eq(harness_nodes_free(client), free_nodes);
}
END_TEST

START_TEST(unnamed_by_path)
{
	struct client *program = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	const uint32_t both = VFS_OPEN_UNNAMED | VFS_OPEN_READ | VFS_OPEN_WRITE;
	struct vfs_write_results put;
	struct vfs_status status;
	uint32_t file;

	ck_assert_int_eq(at_open(program, VFS_OPEN_UNNAMED | VFS_OPEN_READ, 0644, "/", &file), POSIX_EINVAL);
	ck_assert_int_eq(at_open(program, both | VFS_OPEN_CREATE, 0644, "/", &file), POSIX_EINVAL);
	ck_assert_int_eq(at_open(program, both, 0644, "/none", &file), POSIX_ENOENT);
	ck_assert_int_eq(at_open(program, both, 0640, "/", &file), 0);
	ck_assert_int_eq(vfs_write(program, file, 0, "data", 4, &put), 0);
	ck_assert_int_eq(vfs_stat_file(program, file, &status), 0);
	ck_assert_uint_eq(status.links, 0);
	ck_assert_uint_eq(status.mode, POSIX_S_IFREG | 0640);
	ck_assert_uint_eq(status.block_size, 4096);
	ck_assert_int_ne(status.birth, 0);
	ck_assert_int_eq(vfs_link_file(program, 99, "/name", 5), POSIX_EBADF);
	ck_assert_int_eq(vfs_link_file(program, file, "/", 1), POSIX_EEXIST);
	ck_assert_int_eq(vfs_link_file(program, file, "/name", 5), 0);
	ck_assert_int_eq(vfs_link_file(program, file, "/name", 5), POSIX_EEXIST);
	ck_assert_int_eq(at_stat(program, "/name", true, &status), 0);
	ck_assert_uint_eq(status.size, 4);
	ck_assert_uint_eq(status.links, 1);
	ck_assert_int_eq(at_open(program, both, 0644, "/name", &file), POSIX_ENOTDIR);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-node_directory");
	TCase *test = tcase_create("node_directory");

	tcase_add_checked_fixture(test, begin, end);
	tcase_add_test(test, with_attributes);
	tcase_add_test(test, want_of_room);
	tcase_add_test(test, unnamed);
	tcase_add_test(test, unnamed_by_path);
	suite_add_tcase(suite, test);
	return harness_run(suite);
}
