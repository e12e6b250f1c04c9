/* The node protocol and what its sessions hold (servers/vfs/node_protocol.c, session.c, node.c). */
#include <stdio.h>

#include "vfs_harness.h"

#define MANY 3000u

static struct harness *harness;
static struct client *client; /* the bridge: checks for itself, acts for root */
static struct client *user;   /* somebody else's program */

static void begin(void)
{
	static const struct identity checked = {.uid = 0, .gid = 0, .flags = IDENTITY_CHECKED};

	harness = harness_begin("mode=755");
	client = harness_connect(harness, &fs_protocol, &checked);
	user = harness_connect(harness, &fs_protocol, IDENTITY(10, 20));
	ck_assert_ptr_nonnull(client);
	ck_assert_ptr_nonnull(user);
}

static void end(void)
{
	harness_end(harness);
}

static int32_t look(struct client *who, uint64_t directory, const char *name, struct fs_attributes *found)
{
	return fs_lookup(who, directory, name, (uint32_t)strlen(name), found);
}

static int32_t make(struct client *who, uint64_t directory, const char *name, uint32_t mode,
                    struct fs_attributes *made)
{
	return fs_create(who, directory, mode, 0, 0, name, (uint32_t)strlen(name), made);
}

static uint64_t make_directory(struct client *who, const char *name, uint32_t mode)
{
	struct fs_attributes made;

	ck_assert_int_eq(fs_make_directory(who, FS_ROOT, mode, 0, name, (uint32_t)strlen(name), &made), 0);
	return made.node;
}

static int32_t unlink_name(struct client *who, uint64_t directory, const char *name)
{
	return fs_unlink(who, directory, name, (uint32_t)strlen(name));
}

START_TEST(references)
{
	uint64_t free_nodes = harness_nodes_free(client);
	struct fs_attributes made, found;

	ck_assert_int_eq(make(client, FS_ROOT, "file", POSIX_S_IFREG | 0644, &made), 0);
	ck_assert_int_eq(look(client, FS_ROOT, "file", &found), 0);
	ck_assert_uint_eq(found.node, made.node);
	ck_assert_int_eq(look(user, FS_ROOT, "file", &found), 0);
	ck_assert_int_eq(unlink_name(client, FS_ROOT, "file"), 0);
	/* Nobody can give back what is another's. */
	ck_assert_int_eq(fs_forget(user, made.node, 2), POSIX_EINVAL);
	ck_assert_int_eq(fs_forget(user, made.node, UINT64_MAX), POSIX_EINVAL);
	ck_assert_int_eq(fs_forget(user, made.node, 1), 0);
	ck_assert_int_eq(fs_forget(user, made.node, 1), POSIX_EINVAL);
	ck_assert_int_eq(fs_get_attributes(user, made.node, &found), POSIX_ESTALE);
	ck_assert_int_eq(fs_get_attributes(client, made.node, &found), 0);
	ck_assert_uint_eq(found.links, 0);
	ck_assert_int_eq(fs_forget(client, made.node, 1), 0);
	ck_assert_int_eq(fs_get_attributes(client, made.node, &found), 0);
	ck_assert_int_eq(fs_forget(client, made.node, 1), 0);
	ck_assert_int_eq(fs_get_attributes(client, made.node, &found), POSIX_ESTALE);
	ck_assert_uint_eq(harness_nodes_free(client), free_nodes);
}
END_TEST

/* Who dies gives back all that he held, however much. */
START_TEST(death)
{
	uint64_t free_nodes = harness_nodes_free(client);
	struct fs_attributes made;
	char name[16];

	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%u", i);
		ck_assert_int_eq(make(client, FS_ROOT, name, POSIX_S_IFREG | 0644, &made), 0);
		ck_assert_int_eq(look(user, FS_ROOT, name, &made), 0);
		ck_assert_int_eq(look(user, FS_ROOT, name, &made), 0);
		ck_assert_int_eq(fs_forget(client, made.node, 1), 0);
		ck_assert_int_eq(unlink_name(client, FS_ROOT, name), 0);
	}
	ck_assert_uint_eq(harness_nodes_free(client), free_nodes - MANY);
	harness_disconnect(user);
	ck_assert_uint_eq(harness_nodes_free(client), free_nodes);
}
END_TEST

/* The table of references against a plain one, through growing and shrinking. */
START_TEST(many_references)
{
	static uint64_t number[MANY], count[MANY];
	uint64_t random = 88172645463325252ull;
	struct fs_attributes found;
	char name[16];

	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%u", i);
		ck_assert_int_eq(make(client, FS_ROOT, name, POSIX_S_IFREG | 0644, &found), 0);
		number[i] = found.node;
	}
	for (uint32_t step = 0; step < 20 * MANY; step++) {
		uint32_t at, forgotten;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		at = (uint32_t)(random >> 33) % MANY;
		forgotten = 1 + (uint32_t)(random >> 20) % 3;
		snprintf(name, sizeof(name), "%u", at);
		/* First it fills, then it empties, and so on. */
		if ((random >> 8) % 8 < (step / (4 * MANY) % 2 ? 1 : 6)) {
			if (look(user, FS_ROOT, name, &found) != 0)
				ck_abort_msg("lookup %u", at);
			count[at]++;
		} else if (forgotten > count[at]) {
			if (fs_forget(user, number[at], forgotten) != POSIX_EINVAL)
				ck_abort_msg("forget %u: too many", at);
		} else {
			if (fs_forget(user, number[at], forgotten) != 0)
				ck_abort_msg("forget %u", at);
			count[at] -= forgotten;
		}
		if (fs_get_attributes(user, number[at], &found) != (count[at] ? 0 : POSIX_ESTALE))
			ck_abort_msg("held %u", at);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		ck_assert_int_eq(fs_forget(user, number[i], count[i] + 1), POSIX_EINVAL);
		if (count[i])
			ck_assert_int_eq(fs_forget(user, number[i], count[i]), 0);
	}
}
END_TEST

/* The table takes as much memory as is held, not as was ever held. */
START_TEST(memory_of_references)
{
	struct fs_attributes found;
	uint64_t before, most;
	char name[16];

	ck_assert_int_eq(look(user, FS_ROOT, ".", &found), 0);
	before = harness->allocated;
	for (uint32_t i = 0; i < MANY; i++) {
		ck_assert_int_eq(fs_create(client, FS_ROOT, POSIX_S_IFREG | 0644, 0, 0, name,
		                           (uint32_t)snprintf(name, sizeof(name), "%u", i), &found),
		                 0);
		ck_assert_int_eq(fs_forget(client, found.node, 1), 0);
		ck_assert_int_eq(look(user, FS_ROOT, name, &found), 0);
		ck_assert_int_eq(fs_forget(user, found.node, 1), 0);
	}
	most = harness->allocated;
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%u", i);
		ck_assert_int_eq(look(user, FS_ROOT, name, &found), 0);
	}
	ck_assert_uint_gt(harness->allocated, most + MANY * 16);
	for (uint32_t i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "%u", i);
		ck_assert_int_eq(look(client, FS_ROOT, name, &found), 0);
		ck_assert_int_eq(fs_forget(client, found.node, 1), 0);
		ck_assert_int_eq(fs_forget(user, found.node, 1), 0);
	}
	/* The client's own table was not there before. */
	ck_assert_uint_le(harness->allocated, most);
	ck_assert_uint_le(most, before + 64 * 16);
}
END_TEST

/* Without memory for the reference nothing is found and nothing made. */
START_TEST(without_memory)
{
	struct fs_attributes found;

	ck_assert_int_eq(make(client, FS_ROOT, "file", POSIX_S_IFREG | 0644, &found), 0);
	harness->allocations_max = harness->allocations;
	ck_assert_int_eq(look(user, FS_ROOT, "file", &found), POSIX_ENOMEM);
	user->connection.identity[0].uid = 0;
	ck_assert_int_eq(make(user, FS_ROOT, "new", POSIX_S_IFREG | 0644, &found), POSIX_ENOMEM);
	ck_assert_int_eq(look(client, FS_ROOT, "new", &found), POSIX_ENOENT);
	ck_assert_int_eq(unlink_name(client, FS_ROOT, "file"), 0);
}
END_TEST

/* A number is not enough: who has not looked it up, with permission, cannot use it. */
START_TEST(guessed_numbers)
{
	uint64_t hidden = make_directory(client, "hidden", 0700), open = make_directory(client, "open", 0777);
	struct fs_attributes found, values = {0};
	struct fs_readdir_results listed;
	struct fs_read_results got;
	struct fs_write_results put;
	uint8_t data[64];
	uint64_t file;

	ck_assert_int_eq(make(client, hidden, "file", POSIX_S_IFREG | 0666, &found), 0);
	file = found.node;
	ck_assert_int_eq(look(user, FS_ROOT, "hidden", &found), 0);
	ck_assert_int_eq(look(user, hidden, "file", &found), POSIX_EACCES);
	ck_assert_int_eq(fs_readdir(user, hidden, 0, data, sizeof(data), &listed), POSIX_EACCES);
	ck_assert_int_eq(look(user, FS_ROOT, "open", &found), 0);
	for (int i = 0; i < 4; i++) {
		const uint64_t wrong[] = {file, 0, UINT64_MAX, file + (1ull << 32)};

		ck_assert_int_eq(fs_get_attributes(user, wrong[i], &found), POSIX_ESTALE);
		ck_assert_int_eq(fs_set_attributes(user, wrong[i], 0, &values, &found), POSIX_ESTALE);
		ck_assert_int_eq(fs_read(user, wrong[i], 0, data, 8, &got), POSIX_ESTALE);
		ck_assert_int_eq(fs_write(user, wrong[i], 0, 0, data, 8, &put), POSIX_ESTALE);
		ck_assert_int_eq(fs_link(user, wrong[i], open, "x", 1, &found), POSIX_ESTALE);
		ck_assert_int_eq(fs_access(user, wrong[i], 4), POSIX_ESTALE);
		ck_assert_int_eq(fs_sync(user, wrong[i]), POSIX_ESTALE);
		ck_assert_int_eq(fs_rename(user, open, wrong[i], 0, "x", 1, "x", 1), POSIX_ESTALE);
		ck_assert_int_eq(unlink_name(user, wrong[i], "x"), POSIX_ESTALE);
		ck_assert_int_eq(look(user, wrong[i], "x", &found), POSIX_ESTALE);
		ck_assert_int_eq(fs_forget(user, wrong[i], 1), POSIX_EINVAL);
	}
	ck_assert_int_eq(fs_get_attributes(client, file + (1ull << 32), &found), POSIX_ESTALE);
	ck_assert_int_eq(fs_get_attributes(client, UINT64_MAX, &found), POSIX_ESTALE);
}
END_TEST

START_TEST(permissions)
{
	struct fs_attributes found, values = {.mode = 0777, .uid = 10};
	uint64_t open = make_directory(client, "open", 0777);
	struct fs_write_results put;
	struct fs_read_results got;
	char data[8] = "";

	ck_assert_int_eq(make(user, FS_ROOT, "new", POSIX_S_IFREG | 0644, &found), POSIX_EACCES);
	ck_assert_int_eq(unlink_name(user, FS_ROOT, "open"), POSIX_EACCES);
	ck_assert_int_eq(fs_remove_directory(user, FS_ROOT, "open", 4), POSIX_EACCES);
	ck_assert_int_eq(look(user, FS_ROOT, "open", &found), 0);
	ck_assert_int_eq(make(user, open, "own", POSIX_S_IFREG | 0200, &found), 0);
	ck_assert_uint_eq(found.uid, 10);
	ck_assert_uint_eq(found.gid, 20);
	ck_assert_int_eq(fs_write(user, found.node, 0, 0, data, 8, &put), 0);
	ck_assert_int_eq(fs_read(user, found.node, 0, data, 8, &got), POSIX_EACCES);
	ck_assert_int_eq(fs_access(user, found.node, 2), 0);
	ck_assert_int_eq(fs_access(user, found.node, 6), POSIX_EACCES);
	ck_assert_int_eq(fs_access(user, found.node, 8), POSIX_EINVAL);
	ck_assert_int_eq(fs_set_attributes(user, FS_ROOT, FS_SET_MODE, &values, &found), POSIX_EPERM);
	ck_assert_int_eq(fs_set_attributes(user, open, FS_SET_UID, &values, &found), POSIX_EPERM);
	ck_assert_int_eq(fs_create(user, open, POSIX_S_IFCHR | 0666, 0, 0x103, "null", 4, &found), POSIX_EPERM);
	ck_assert_int_eq(fs_create(client, open, POSIX_S_IFCHR | 0666, 0, 0x103, "null", 4, &found), 0);
	ck_assert_uint_eq(found.device, 0x103);
}
END_TEST

/* The kernel that the bridge serves has checked already; but what is made is the actor's. */
START_TEST(checked)
{
	const struct identity somebody = {.uid = 10, .gid = 20, .flags = IDENTITY_CHECKED};
	struct fs_attributes found, values = {.mode = 02711};
	struct fs_write_results put;

	client->actor = harness_actor(client, &somebody);
	ck_assert_int_eq(make(client, FS_ROOT, "new", POSIX_S_IFREG | 06755, &found), 0);
	ck_assert_uint_eq(found.uid, 10);
	ck_assert_uint_eq(found.gid, 20);
	ck_assert_uint_eq(found.mode, POSIX_S_IFREG | 06755);
	ck_assert_int_eq(fs_write(client, found.node, 0, 0, "x", 1, &put), 0);
	ck_assert_int_eq(fs_get_attributes(client, found.node, &found), 0);
	ck_assert_uint_eq(found.mode, POSIX_S_IFREG | 0755);
	ck_assert_int_eq(fs_set_attributes(client, FS_ROOT, FS_SET_MODE, &values, &found), 0);
	ck_assert_uint_eq(found.mode, POSIX_S_IFDIR | 02711);
	ck_assert_int_eq(make(client, FS_ROOT, "new", POSIX_S_IFREG | 0644, &found), POSIX_EEXIST);
	ck_assert_int_eq(unlink_name(client, FS_ROOT, "new"), 0);
	client->actor = 7;
	ck_assert_int_eq(make(client, FS_ROOT, "new", POSIX_S_IFREG | 0644, &found), POSIX_EINVAL);
	ck_assert_int_eq(fs_forget(client, FS_ROOT, 1), POSIX_EINVAL);
}
END_TEST

START_TEST(wrong_values)
{
	struct fs_attributes found, values = {.size = UINT64_MAX, .mtime_ns = 1000000000};
	struct fs_write_results put;
	struct fs_read_results got;
	struct fs_readlink_results target;
	struct fs_readdir_results listed;
	uint8_t data[16] = {0};

	ck_assert_int_eq(make(client, FS_ROOT, "file", POSIX_S_IFREG | 0644, &found), 0);
	ck_assert_int_eq(fs_set_attributes(client, found.node, FS_SET_SIZE, &values, &found), POSIX_EFBIG);
	ck_assert_int_eq(fs_set_attributes(client, found.node, FS_SET_MTIME, &values, &found), POSIX_EINVAL);
	ck_assert_int_eq(fs_set_attributes(client, found.node, 512, &values, &found), POSIX_EINVAL);
	ck_assert_int_eq(fs_set_attributes(client, FS_ROOT, FS_SET_SIZE, &values, &found), POSIX_EISDIR);
	ck_assert_int_eq(fs_read(client, found.node, 1ull << 63, data, 8, &got), POSIX_EINVAL);
	ck_assert_int_eq(fs_read(client, found.node, INT64_MAX, data, 8, &got), 0);
	ck_assert_int_eq(fs_write(client, found.node, UINT64_MAX, 0, data, 8, &put), POSIX_EINVAL);
	ck_assert_int_eq(fs_write(client, found.node, 0, 0, NULL, 0, &put), 0);
	ck_assert_int_eq(fs_read(client, FS_ROOT, 0, data, 8, &got), POSIX_EISDIR);
	ck_assert_int_eq(fs_readlink(client, found.node, data, 8, &target), POSIX_EINVAL);
	ck_assert_int_eq(fs_readlink(client, found.node, NULL, 0, &target), POSIX_EINVAL);
	ck_assert_int_eq(fs_readdir(client, found.node, 0, data, 16, &listed), POSIX_ENOTDIR);
	ck_assert_int_eq(fs_readdir(client, FS_ROOT, 0, data, 16, &listed), POSIX_EINVAL);
	ck_assert_int_eq(look(client, found.node, "x", &found), POSIX_ENOTDIR);
	ck_assert_int_eq(look(client, FS_ROOT, "", &found), POSIX_ENOENT);
	ck_assert_int_eq(look(client, FS_ROOT, "a/b", &found), POSIX_EINVAL);
	ck_assert_int_eq(make(client, FS_ROOT, "..", POSIX_S_IFREG, &found), POSIX_EEXIST);
	ck_assert_int_eq(make(client, FS_ROOT, "d", POSIX_S_IFDIR | 0755, &found), POSIX_EINVAL);
	ck_assert_int_eq(fs_rename(client, FS_ROOT, FS_ROOT, 3, "file", 4, "x", 1), POSIX_EINVAL);
}
END_TEST

/* The umask, the end of the file, and when it was made. */
START_TEST(version_two)
{
	struct fs_attributes made, found;
	struct fs_write_results put;
	uint64_t file;

	ck_assert_int_eq(fs_create(client, FS_ROOT, POSIX_S_IFREG | 06666, 07027, 0, "file", 4, &made), 0);
	file = made.node;
	ck_assert_uint_eq(made.mode, POSIX_S_IFREG | 06640);
	ck_assert_uint_eq(made.block_size, 4096);
	ck_assert_int_eq(made.birth, made.mtime);
	ck_assert_uint_eq(made.birth_ns, made.mtime_ns);
	ck_assert_int_eq(fs_write(client, file, 99, FS_WRITE_APPEND, "ab", 2, &put), 0);
	ck_assert_uint_eq(put.offset, 0);
	ck_assert_int_eq(fs_write(client, file, 0, FS_WRITE_APPEND, "cde", 3, &put), 0);
	ck_assert_uint_eq(put.offset, 2);
	ck_assert_uint_eq(put.length, 3);
	ck_assert_int_eq(fs_write(client, file, 0, 2, "x", 1, &put), POSIX_EINVAL);
	ck_assert_int_eq(fs_get_attributes(client, file, &found), 0);
	ck_assert_uint_eq(found.size, 5);
	ck_assert_int_eq(found.birth, made.birth);
	ck_assert_uint_eq(found.birth_ns, made.birth_ns);
	ck_assert_uint_ne(found.mtime_ns, made.birth_ns);
	ck_assert_int_eq(fs_make_directory(client, FS_ROOT, 0777, 077, "dir", 3, &made), 0);
	ck_assert_uint_eq(made.mode, POSIX_S_IFDIR | 0700);
	/* What there is only in Linux's overlay file system, and what is nowhere yet. */
	ck_assert_int_eq(fs_rename(client, FS_ROOT, FS_ROOT, FS_RENAME_WHITEOUT, "file", 4, "x", 1),
	                 POSIX_EINVAL);
}
END_TEST

/* Allocation, holes and copies: who may, and what happens to privileges. */
START_TEST(space)
{
	uint64_t open = make_directory(client, "open", 0777), file, other;
	struct fs_copy_range_results copied;
	struct fs_attributes found, mode = {.mode = 06777};
	struct fs_seek_results sought;
	struct fs_write_results put;

	ck_assert_int_eq(make(client, open, "file", POSIX_S_IFREG | 0644, &found), 0);
	file = found.node;
	ck_assert_int_eq(fs_write(client, file, 5000, 0, "data", 4, &put), 0);
	ck_assert_int_eq(fs_allocate(user, file, 0, 10, FS_ALLOCATE_GROW), POSIX_ESTALE);
	ck_assert_int_eq(fs_seek(user, file, 0, FS_SEEK_DATA, &sought), POSIX_ESTALE);
	ck_assert_int_eq(fs_copy_range(user, file, 0, FS_ROOT, 0, 1, &copied), POSIX_ESTALE);
	ck_assert_int_eq(fs_copy_range(user, FS_ROOT, 0, file, 0, 1, &copied), POSIX_ESTALE);
	ck_assert_int_eq(look(user, FS_ROOT, "open", &found), 0);
	ck_assert_int_eq(look(user, open, "file", &found), 0);
	ck_assert_int_eq(fs_allocate(user, file, 0, 10, FS_ALLOCATE_GROW), POSIX_EACCES);
	ck_assert_int_eq(fs_seek(user, file, 0, FS_SEEK_DATA, &sought), 0);
	ck_assert_uint_eq(sought.offset, 4096);
	ck_assert_int_eq(fs_seek(user, file, 5000, FS_SEEK_HOLE, &sought), 0);
	ck_assert_uint_eq(sought.offset, 5004);
	ck_assert_int_eq(fs_seek(user, file, 5004, FS_SEEK_HOLE, &sought), POSIX_ENXIO);
	ck_assert_int_eq(fs_seek(user, file, 0, 2, &sought), POSIX_EINVAL);
	ck_assert_int_eq(make(user, open, "other", POSIX_S_IFREG | 0644, &found), 0);
	other = found.node;
	ck_assert_int_eq(fs_set_attributes(user, other, FS_SET_MODE, &mode, &found), 0);
	ck_assert_uint_eq(found.mode, POSIX_S_IFREG | 06777);
	ck_assert_int_eq(fs_copy_range(user, other, 0, file, 0, 10, &copied), POSIX_EACCES);
	ck_assert_int_eq(fs_copy_range(user, file, INT64_MAX + 1ull, other, 0, 1, &copied), POSIX_EINVAL);
	ck_assert_int_eq(fs_copy_range(user, file, 5001, other, 2, 10, &copied), 0);
	ck_assert_uint_eq(copied.length, 3);
	ck_assert_int_eq(fs_get_attributes(user, other, &found), 0);
	ck_assert_uint_eq(found.mode, POSIX_S_IFREG | 0777);
	ck_assert_uint_eq(found.size, 5);
	ck_assert_int_eq(fs_set_attributes(user, other, FS_SET_MODE, &mode, &found), 0);
	ck_assert_int_eq(fs_allocate(user, other, 0, 0, FS_ALLOCATE_PUNCH), POSIX_EINVAL);
	ck_assert_int_eq(fs_allocate(user, other, 1ull << 63, 1ull << 63, FS_ALLOCATE_PUNCH), POSIX_EFBIG);
	ck_assert_int_eq(fs_get_attributes(user, other, &found), 0);
	ck_assert_uint_eq(found.mode, POSIX_S_IFREG | 06777);
	ck_assert_int_eq(fs_allocate(user, other, 0, 10000, FS_ALLOCATE_GROW), 0);
	ck_assert_int_eq(fs_get_attributes(user, other, &found), 0);
	ck_assert_uint_eq(found.mode, POSIX_S_IFREG | 0777);
	ck_assert_uint_eq(found.size, 10000);
	ck_assert_int_eq(fs_sync_all(user), 0);
}
END_TEST

/* Dots are names for who looks up, and hold a reference like others. */
START_TEST(dots)
{
	uint64_t directory = make_directory(client, "d", 0755), free_nodes;
	struct fs_attributes found;

	free_nodes = harness_nodes_free(client);
	ck_assert_int_eq(look(client, directory, ".", &found), 0);
	ck_assert_uint_eq(found.node, directory);
	ck_assert_int_eq(look(client, directory, "..", &found), 0);
	ck_assert_uint_eq(found.node, FS_ROOT);
	ck_assert_int_eq(fs_forget(client, FS_ROOT, 1), 0);
	ck_assert_int_eq(fs_forget(client, FS_ROOT, 1), POSIX_EINVAL);
	ck_assert_int_eq(fs_remove_directory(client, FS_ROOT, "d", 1), 0);
	ck_assert_int_eq(fs_forget(client, directory, 2), 0);
	ck_assert_uint_eq(harness_nodes_free(client), free_nodes + 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs-node_protocol");
	TCase *test = tcase_create("node_protocol");

	tcase_add_checked_fixture(test, begin, end);
	tcase_add_test(test, references);
	tcase_add_test(test, death);
	tcase_add_test(test, many_references);
	tcase_add_test(test, memory_of_references);
	tcase_add_test(test, without_memory);
	tcase_add_test(test, guessed_numbers);
	tcase_add_test(test, permissions);
	tcase_add_test(test, checked);
	tcase_add_test(test, wrong_values);
	tcase_add_test(test, version_two);
	tcase_add_test(test, space);
	tcase_add_test(test, dots);
	suite_add_tcase(suite, test);
	return harness_run(suite);
}
