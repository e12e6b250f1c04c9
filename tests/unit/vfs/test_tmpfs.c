/*
 * tmpfs operations one by one: what each does, the times it marks, and every
 * error it can give.
 */
#include "../../../servers/vfs/tmpfs_internal.h"

#include <stdio.h>

#include "tmpfs_fixture.h"

static struct fixture *fixture;

static void set_up(void)
{
	fixture = fixture_begin(64 << 20, 100000);
}

static void tear_down(void)
{
	fixture_end(fixture);
}

#define NOWHERE 0x123456789ull

static int32_t create_as(const char *name, uint32_t length, uint32_t mode)
{
	const struct tmpfs_creation creation = {.mode = mode, .uid = 3, .gid = 4, .device = 0x105};

	return tmpfs_create(&fixture->tmpfs, TMPFS_ROOT, name, length, &creation, fixture->now,
	                    &fixture->attributes);
}

/* Checks atime, mtime and ctime in seconds. */
static void check_times(uint64_t node, int64_t atime, int64_t mtime, int64_t ctime)
{
	const struct tmpfs_attributes *attributes = attributes_of(fixture, node);

	ck_assert_int_eq(attributes->atime.seconds, atime);
	ck_assert_int_eq(attributes->mtime.seconds, mtime);
	ck_assert_int_eq(attributes->ctime.seconds, ctime);
}

START_TEST(test_format)
{
	struct tmpfs_options options = {.nodes = 10, .mode = 01777, .uid = 5, .gid = 6};
	const struct tmpfs_attributes *root = attributes_of(fixture, TMPFS_ROOT);
	struct tmpfs_statistics statistics;

	ck_assert_uint_eq(root->node, TMPFS_ROOT);
	ck_assert_uint_eq(root->mode, POSIX_S_IFDIR | 0755);
	ck_assert_uint_eq(root->links, 2);
	ck_assert_int_eq(root->mtime.seconds, 1000);
	tmpfs_statistics(&fixture->tmpfs, &statistics);
	ck_assert_uint_eq(statistics.block_size, 4096);
	ck_assert_uint_eq(statistics.blocks, (64 << 20) / 4096);
	ck_assert_uint_eq(statistics.blocks_free, statistics.blocks - arena_pages_used(&fixture->arena));
	ck_assert_uint_eq(statistics.nodes, 100000);
	ck_assert_uint_eq(statistics.nodes_free, 99999);

	options.nodes = 0;
	ck_assert_int_eq(tmpfs_format(&fixture->tmpfs, &fixture->arena, &options, fixture->now),
	                 POSIX_EINVAL);
	options.nodes = 1;
	options.mode = 010000;
	ck_assert_int_eq(tmpfs_format(&fixture->tmpfs, &fixture->arena, &options, fixture->now),
	                 POSIX_EINVAL);
}
END_TEST

START_TEST(test_create)
{
	static const uint32_t types[] = {POSIX_S_IFREG, POSIX_S_IFIFO, POSIX_S_IFSOCK, POSIX_S_IFCHR,
	                                 POSIX_S_IFBLK};
	char name[] = "0";
	uint32_t at;

	for (at = 0; at < 5; at++, name[0]++) {
		fixture->now.seconds = 2000 + at;
		fixture->now.nanoseconds = 77;
		must(create_as(name, 1, types[at] | 06751));
		ck_assert_uint_eq(fixture->attributes.mode, types[at] | 06751);
		ck_assert_uint_eq(fixture->attributes.uid, 3);
		ck_assert_uint_eq(fixture->attributes.gid, 4);
		ck_assert_uint_eq(fixture->attributes.links, 1);
		ck_assert_uint_eq(fixture->attributes.size, 0);
		ck_assert_uint_eq(fixture->attributes.blocks, 0);
		ck_assert_uint_eq(fixture->attributes.device, at >= 3 ? 0x105 : 0);
		ck_assert_int_eq(fixture->attributes.ctime.nanoseconds, 77);
		check_times(fixture->attributes.node, 2000 + at, 2000 + at, 2000 + at);
		check_times(TMPFS_ROOT, 1000, 2000 + at, 2000 + at);
	}
	ck_assert_int_eq(create_as("x", 1, POSIX_S_IFDIR | 0755), POSIX_EINVAL);
	ck_assert_int_eq(create_as("x", 1, POSIX_S_IFLNK | 0755), POSIX_EINVAL);
	ck_assert_int_eq(create_as("x", 1, 0644), POSIX_EINVAL);
	ck_assert_int_eq(create_as("x", 1, POSIX_S_IFREG | 0x10000), POSIX_EINVAL);
	ck_assert_int_eq(create_as("0", 1, POSIX_S_IFREG), POSIX_EEXIST);
}
END_TEST

/* Names that are none, or may not be made or removed. */
START_TEST(test_names)
{
	char name[300];
	uint64_t file;

	memset(name, 'n', sizeof(name));
	file = new_file(fixture, "file");
	ck_assert_int_eq(create_as("", 0, POSIX_S_IFREG), POSIX_ENOENT);
	ck_assert_int_eq(create_as("a/b", 3, POSIX_S_IFREG), POSIX_EINVAL);
	ck_assert_int_eq(create_as("a\0b", 3, POSIX_S_IFREG), POSIX_EINVAL);
	ck_assert_int_eq(create_as(name, 256, POSIX_S_IFREG), POSIX_ENAMETOOLONG);
	ck_assert_int_eq(create_as(name, UINT32_MAX, POSIX_S_IFREG), POSIX_ENAMETOOLONG);
	must(create_as(name, 255, POSIX_S_IFREG));
	must(create_as("...", 3, POSIX_S_IFREG));
	must(create_as(".x", 2, POSIX_S_IFREG));
	must(create_as("\xff\x01 \\", 4, POSIX_S_IFREG));
	must(tmpfs_lookup(&fixture->tmpfs, TMPFS_ROOT, name, 255, &fixture->attributes));
	ck_assert_int_eq(tmpfs_lookup(&fixture->tmpfs, TMPFS_ROOT, name, 256, &fixture->attributes),
	                 POSIX_ENAMETOOLONG);
	ck_assert_int_eq(look_up(fixture, TMPFS_ROOT, ""), POSIX_ENOENT);
	ck_assert_int_eq(look_up(fixture, TMPFS_ROOT, "a/b"), POSIX_EINVAL);

	ck_assert_int_eq(make_file(fixture, TMPFS_ROOT, "."), POSIX_EEXIST);
	ck_assert_int_eq(make_file(fixture, TMPFS_ROOT, ".."), POSIX_EEXIST);
	ck_assert_int_eq(make_directory(fixture, TMPFS_ROOT, "."), POSIX_EEXIST);
	ck_assert_int_eq(make_symlink(fixture, TMPFS_ROOT, "..", "x"), POSIX_EEXIST);
	ck_assert_int_eq(make_link(fixture, file, TMPFS_ROOT, "."), POSIX_EEXIST);
	ck_assert_int_eq(remove_name(fixture, TMPFS_ROOT, "."), POSIX_EISDIR);
	ck_assert_int_eq(remove_name(fixture, TMPFS_ROOT, ".."), POSIX_EISDIR);
	ck_assert_int_eq(remove_directory(fixture, TMPFS_ROOT, "."), POSIX_EINVAL);
	ck_assert_int_eq(remove_directory(fixture, TMPFS_ROOT, ".."), POSIX_ENOTEMPTY);
}
END_TEST

/* Numbers that no node has, hostile ones among them. */
START_TEST(test_stale)
{
	static const uint64_t numbers[] = {0,          2,          32,
	                                   33,         31,         NOWHERE,
	                                   UINT64_MAX, 1ull << 32, (1ull << 32) | 1,
	                                   UINT32_MAX, 1ull << 63, UINT32_MAX - 31};
	struct tmpfs_attributes values = {0};
	uint32_t at, done;
	uint64_t number;
	char buffer[4];

	for (at = 0; at < sizeof(numbers) / sizeof(numbers[0]); at++) {
		number = numbers[at];
		ck_assert_int_eq(tmpfs_get_attributes(&fixture->tmpfs, number, &values), POSIX_ESTALE);
		ck_assert_int_eq(
			tmpfs_set_attributes(&fixture->tmpfs, number, 0, &values, fixture->now, NULL),
			POSIX_ESTALE);
		ck_assert_int_eq(look_up(fixture, number, "x"), POSIX_ESTALE);
		ck_assert_int_eq(make_file(fixture, number, "x"), POSIX_ESTALE);
		ck_assert_int_eq(make_directory(fixture, number, "x"), POSIX_ESTALE);
		ck_assert_int_eq(make_symlink(fixture, number, "x", "y"), POSIX_ESTALE);
		ck_assert_int_eq(make_link(fixture, number, TMPFS_ROOT, "x"), POSIX_ESTALE);
		ck_assert_int_eq(remove_name(fixture, number, "x"), POSIX_ESTALE);
		ck_assert_int_eq(remove_directory(fixture, number, "x"), POSIX_ESTALE);
		ck_assert_int_eq(move(fixture, number, "x", TMPFS_ROOT, "y", 0), POSIX_ESTALE);
		ck_assert_int_eq(move(fixture, TMPFS_ROOT, "x", number, "y", 0), POSIX_ESTALE);
		ck_assert_int_eq(tmpfs_readdir(&fixture->tmpfs, number, 0, NULL, NULL, fixture->now),
		                 POSIX_ESTALE);
		ck_assert_int_eq(tmpfs_readlink(&fixture->tmpfs, number, buffer, 4, &done, fixture->now),
		                 POSIX_ESTALE);
		ck_assert_int_eq(tmpfs_read(&fixture->tmpfs, number, 0, buffer, 4, &done, fixture->now),
		                 POSIX_ESTALE);
		ck_assert_int_eq(tmpfs_write(&fixture->tmpfs, number, 0, buffer, 4, &done, fixture->now),
		                 POSIX_ESTALE);
		ck_assert_int_eq(tmpfs_reference(&fixture->tmpfs, number, 1), POSIX_ESTALE);
		ck_assert_int_eq(tmpfs_forget(&fixture->tmpfs, number, 0), POSIX_ESTALE);
	}
}
END_TEST

/* What is asked of a file that only a directory can do, and so on. */
START_TEST(test_wrong_type)
{
	uint64_t file = new_file(fixture, "file"),
		 directory = new_directory(fixture, TMPFS_ROOT, "directory");
	struct tmpfs_attributes values = {.size = 1};
	uint64_t fifo, symlink;
	uint32_t done;
	char buffer[4];

	must(create_as("fifo", 4, POSIX_S_IFIFO));
	fifo = fixture->attributes.node;
	must(make_symlink(fixture, TMPFS_ROOT, "symlink", "file"));
	symlink = fixture->attributes.node;
	ck_assert_int_eq(look_up(fixture, file, "x"), POSIX_ENOTDIR);
	ck_assert_int_eq(look_up(fixture, file, "."), POSIX_ENOTDIR);
	ck_assert_int_eq(make_file(fixture, symlink, "x"), POSIX_ENOTDIR);
	ck_assert_int_eq(make_directory(fixture, fifo, "x"), POSIX_ENOTDIR);
	ck_assert_int_eq(make_symlink(fixture, file, "x", "y"), POSIX_ENOTDIR);
	ck_assert_int_eq(make_link(fixture, file, file, "x"), POSIX_ENOTDIR);
	ck_assert_int_eq(remove_name(fixture, file, "x"), POSIX_ENOTDIR);
	ck_assert_int_eq(remove_directory(fixture, file, "x"), POSIX_ENOTDIR);
	ck_assert_int_eq(move(fixture, file, "x", TMPFS_ROOT, "y", 0), POSIX_ENOTDIR);
	ck_assert_int_eq(move(fixture, TMPFS_ROOT, "file", file, "y", 0), POSIX_ENOTDIR);
	ck_assert_int_eq(tmpfs_readdir(&fixture->tmpfs, file, 0, NULL, NULL, fixture->now), POSIX_ENOTDIR);
	ck_assert_int_eq(make_link(fixture, directory, TMPFS_ROOT, "x"), POSIX_EPERM);
	ck_assert_int_eq(remove_name(fixture, TMPFS_ROOT, "directory"), POSIX_EISDIR);
	ck_assert_int_eq(remove_directory(fixture, TMPFS_ROOT, "file"), POSIX_ENOTDIR);
	ck_assert_int_eq(tmpfs_readlink(&fixture->tmpfs, file, buffer, 4, &done, fixture->now), POSIX_EINVAL);
	ck_assert_int_eq(tmpfs_read(&fixture->tmpfs, directory, 0, buffer, 4, &done, fixture->now),
	                 POSIX_EISDIR);
	ck_assert_int_eq(tmpfs_read(&fixture->tmpfs, fifo, 0, buffer, 4, &done, fixture->now), POSIX_EINVAL);
	ck_assert_int_eq(tmpfs_write(&fixture->tmpfs, directory, 0, buffer, 4, &done, fixture->now),
	                 POSIX_EISDIR);
	ck_assert_int_eq(tmpfs_write(&fixture->tmpfs, symlink, 0, buffer, 4, &done, fixture->now),
	                 POSIX_EINVAL);
	ck_assert_int_eq(
		tmpfs_set_attributes(&fixture->tmpfs, directory, TMPFS_SET_SIZE, &values, fixture->now, NULL),
		POSIX_EISDIR);
	ck_assert_int_eq(
		tmpfs_set_attributes(&fixture->tmpfs, fifo, TMPFS_SET_SIZE, &values, fixture->now, NULL),
		POSIX_EINVAL);
}
END_TEST

START_TEST(test_lookup)
{
	uint64_t directory = new_directory(fixture, TMPFS_ROOT, "d"),
		 inner = new_directory(fixture, directory, "e");

	must(look_up(fixture, TMPFS_ROOT, "d"));
	ck_assert_uint_eq(fixture->attributes.node, directory);
	ck_assert_uint_eq(fixture->attributes.links, 3);
	must(look_up(fixture, directory, "e"));
	ck_assert_uint_eq(fixture->attributes.node, inner);
	must(look_up(fixture, inner, "."));
	ck_assert_uint_eq(fixture->attributes.node, inner);
	must(look_up(fixture, inner, ".."));
	ck_assert_uint_eq(fixture->attributes.node, directory);
	must(look_up(fixture, TMPFS_ROOT, ".."));
	ck_assert_uint_eq(fixture->attributes.node, TMPFS_ROOT);
	ck_assert_int_eq(look_up(fixture, inner, "x"), POSIX_ENOENT);
	ck_assert_int_eq(look_up(fixture, TMPFS_ROOT, "e"), POSIX_ENOENT);
	ck_assert_int_eq(look_up(fixture, TMPFS_ROOT, "D"), POSIX_ENOENT);
}
END_TEST

START_TEST(test_references)
{
	struct tmpfs *tmpfs = &fixture->tmpfs;
	uint64_t file = new_file(fixture, "file");
	uint32_t done;
	char buffer[4];

	must(tmpfs_lookup(tmpfs, TMPFS_ROOT, "file", 4, &fixture->attributes));
	must(tmpfs_reference(tmpfs, file, 2));
	ck_assert_int_eq(tmpfs_forget(tmpfs, file, 4), POSIX_EINVAL);
	ck_assert_int_eq(tmpfs_reference(tmpfs, file, UINT64_MAX - 2), POSIX_EOVERFLOW);
	must(tmpfs_reference(tmpfs, file, UINT64_MAX - 3));
	ck_assert_int_eq(tmpfs_lookup(tmpfs, TMPFS_ROOT, "file", 4, &fixture->attributes), POSIX_EOVERFLOW);
	must(tmpfs_forget(tmpfs, file, UINT64_MAX - 3));

	must(remove_name(fixture, TMPFS_ROOT, "file"));
	ck_assert_uint_eq(attributes_of(fixture, file)->links, 0);
	write_all(fixture, file, 0, "data", 4);
	must(tmpfs_read(tmpfs, file, 0, buffer, 4, &done, fixture->now));
	ck_assert_mem_eq(buffer, "data", 4);
	ck_assert_int_eq(make_link(fixture, file, TMPFS_ROOT, "again"), POSIX_ENOENT);
	must(tmpfs_forget(tmpfs, file, 2));
	attributes_of(fixture, file);
	must(tmpfs_forget(tmpfs, file, 1));
	ck_assert_int_eq(tmpfs_get_attributes(tmpfs, file, &fixture->attributes), POSIX_ESTALE);
}
END_TEST

/* However nodes come and go, no number comes twice. */
START_TEST(test_numbers)
{
	static uint64_t seen[20000];
	uint32_t count = 0, round, at;
	char name[] = "a";

	for (round = 0; round < 100; round++) {
		for (at = 0; at < 100; at++) {
			name[0] = (char)(128 + at);
			seen[count++] = new_file(fixture, name);
		}
		for (at = 0; at < 100; at++) {
			name[0] = (char)(128 + at);
			must(remove_name(fixture, TMPFS_ROOT, name));
		}
	}
	for (at = 0; at < count; at++) {
		must(tmpfs_get_attributes(&fixture->tmpfs, seen[at], &fixture->attributes) != POSIX_ESTALE);
		for (round = 0; round < at; round++)
			must(seen[round] == seen[at]);
	}
}
END_TEST

/* A slot whose 2^32 generations are used up is given up. */
START_TEST(test_generations)
{
	uint64_t file = new_file(fixture, "file");
	struct tmpfs_node *node = tmpfs_node_find(&fixture->tmpfs, file);
	uint32_t round;

	node->number = file | (uint64_t)UINT32_MAX << 32;
	file = node->number;
	must(tmpfs_reference(&fixture->tmpfs, file, 1));
	must(tmpfs_forget(&fixture->tmpfs, file, 1));
	must(remove_name(fixture, TMPFS_ROOT, "file"));
	for (round = 0; round < 100; round++) {
		ck_assert_uint_ne((uint32_t)new_file(fixture, "file"), (uint32_t)file);
		if (round % 2)
			must(remove_name(fixture, TMPFS_ROOT, "file"));
		else
			must(move(fixture, TMPFS_ROOT, "file", TMPFS_ROOT, "kept", 0));
	}
	ck_assert_int_eq(tmpfs_get_attributes(&fixture->tmpfs, file, &fixture->attributes), POSIX_ESTALE);
	tmpfs_drop_references(&fixture->tmpfs);
}
END_TEST

/* Numbers start at the generation given, but for the root's: those of another file system name nothing here. */
START_TEST(test_first_generation)
{
	const struct tmpfs_options options = {.nodes = 1000, .generation = 0x12345678, .mode = 0755};
	struct fixture other = {.supply = {.limit = UINT64_MAX}};
	uint64_t old = new_file(fixture, "file"), file;
	uint32_t count;

	must(arena_create(&other.arena, 1 << 24, 8, supply_grow, &other.supply));
	must(tmpfs_format(&other.tmpfs, &other.arena, &options, other.now));
	must(tmpfs_get_attributes(&other.tmpfs, TMPFS_ROOT, &other.attributes));
	/* More than one page of nodes, and a slot used again. */
	for (count = 0; count < 100; count++) {
		char name[16];

		snprintf(name, sizeof(name), "%u", count);
		file = new_file(&other, name);
		ck_assert_uint_eq(file >> 32, options.generation);
	}
	must(remove_name(&other, TMPFS_ROOT, "99"));
	ck_assert_uint_eq(new_file(&other, "again") >> 32, options.generation + 1);
	ck_assert_int_eq(tmpfs_get_attributes(&other.tmpfs, old, &other.attributes), POSIX_ESTALE);
	supply_end(&other.supply);
}
END_TEST

START_TEST(test_directories)
{
	uint64_t outer, inner;

	fixture->now.seconds = 2000;
	outer = new_directory(fixture, TMPFS_ROOT, "outer");
	ck_assert_uint_eq(fixture->attributes.mode, POSIX_S_IFDIR | 0755);
	ck_assert_uint_eq(fixture->attributes.links, 2);
	ck_assert_uint_eq(attributes_of(fixture, TMPFS_ROOT)->links, 3);
	check_times(TMPFS_ROOT, 1000, 2000, 2000);
	fixture->now.seconds = 3000;
	inner = new_directory(fixture, outer, "inner");
	check_times(outer, 2000, 3000, 3000);
	ck_assert_int_eq(make_directory(fixture, outer, "inner"), POSIX_EEXIST);
	ck_assert_int_eq(remove_directory(fixture, TMPFS_ROOT, "outer"), POSIX_ENOTEMPTY);
	ck_assert_int_eq(remove_directory(fixture, outer, "x"), POSIX_ENOENT);
	ck_assert_int_eq(remove_name(fixture, outer, "x"), POSIX_ENOENT);

	/* A removed directory that is referenced can be looked at, and nothing made in it. */
	must(tmpfs_reference(&fixture->tmpfs, inner, 1));
	fixture->now.seconds = 4000;
	must(remove_directory(fixture, outer, "inner"));
	check_times(outer, 2000, 4000, 4000);
	check_times(inner, 3000, 3000, 4000);
	ck_assert_uint_eq(attributes_of(fixture, inner)->links, 0);
	ck_assert_uint_eq(attributes_of(fixture, outer)->links, 2);
	must(remove_directory(fixture, TMPFS_ROOT, "outer"));
	ck_assert_int_eq(make_file(fixture, inner, "x"), POSIX_ENOENT);
	ck_assert_int_eq(make_directory(fixture, inner, "x"), POSIX_ENOENT);
	ck_assert_int_eq(make_symlink(fixture, inner, "x", "y"), POSIX_ENOENT);
	ck_assert_int_eq(make_link(fixture, new_file(fixture, "file"), inner, "x"), POSIX_ENOENT);
	ck_assert_int_eq(move(fixture, TMPFS_ROOT, "file", inner, "x", 0), POSIX_ENOENT);
	ck_assert_int_eq(remove_name(fixture, inner, "x"), POSIX_ENOENT);
	ck_assert_int_eq(look_up(fixture, inner, "x"), POSIX_ENOENT);
	ck_assert_int_eq(look_up(fixture, inner, ".."), POSIX_ENOENT);
	must(look_up(fixture, inner, "."));
	ck_assert_int_eq(tmpfs_readdir(&fixture->tmpfs, inner, 0, NULL, NULL, fixture->now), POSIX_ENOENT);
	must(tmpfs_forget(&fixture->tmpfs, inner, 1));
	ck_assert_int_eq(look_up(fixture, inner, "."), POSIX_ESTALE);
}
END_TEST

START_TEST(test_links)
{
	uint64_t file = new_file(fixture, "one"), directory = new_directory(fixture, TMPFS_ROOT, "d");

	fixture->now.seconds = 2000;
	must(make_link(fixture, file, directory, "two"));
	ck_assert_uint_eq(fixture->attributes.node, file);
	ck_assert_uint_eq(fixture->attributes.links, 2);
	check_times(file, 1000, 1000, 2000);
	check_times(directory, 1000, 2000, 2000);
	ck_assert_int_eq(make_link(fixture, file, directory, "two"), POSIX_EEXIST);
	fixture->now.seconds = 3000;
	must(remove_name(fixture, TMPFS_ROOT, "one"));
	check_times(file, 1000, 1000, 3000);
	check_times(TMPFS_ROOT, 1000, 3000, 3000);
	ck_assert_uint_eq(attributes_of(fixture, file)->links, 1);
	must(remove_name(fixture, directory, "two"));
	ck_assert_int_eq(tmpfs_get_attributes(&fixture->tmpfs, file, &fixture->attributes), POSIX_ESTALE);

	must(make_symlink(fixture, TMPFS_ROOT, "symlink", "x"));
	must(make_link(fixture, fixture->attributes.node, TMPFS_ROOT, "symlink too"));
}
END_TEST

START_TEST(test_link_maximum)
{
	uint64_t file = new_file(fixture, "one"), directory = new_directory(fixture, TMPFS_ROOT, "d");
	uint64_t other = new_directory(fixture, directory, "other");

	new_directory(fixture, TMPFS_ROOT, "sub");
	tmpfs_node_find(&fixture->tmpfs, file)->links = TMPFS_LINK_MAX - 1;
	must(make_link(fixture, file, TMPFS_ROOT, "two"));
	ck_assert_int_eq(make_link(fixture, file, TMPFS_ROOT, "three"), POSIX_EMLINK);
	tmpfs_node_find(&fixture->tmpfs, directory)->links = TMPFS_LINK_MAX;
	ck_assert_int_eq(make_directory(fixture, directory, "x"), POSIX_EMLINK);
	ck_assert_int_eq(move(fixture, TMPFS_ROOT, "sub", directory, "x", 0), POSIX_EMLINK);
	must(make_file(fixture, directory, "file"));
	ck_assert_int_eq(move(fixture, TMPFS_ROOT, "sub", directory, "file", TMPFS_RENAME_EXCHANGE),
	                 POSIX_EMLINK);
	ck_assert_int_eq(move(fixture, directory, "file", TMPFS_ROOT, "sub", TMPFS_RENAME_EXCHANGE),
	                 POSIX_EMLINK);
	must(move(fixture, directory, "other", directory, "x", 0));
	must(move(fixture, TMPFS_ROOT, "sub", directory, "x", TMPFS_RENAME_EXCHANGE));
	must(move(fixture, TMPFS_ROOT, "sub", directory, "x", 0));
	ck_assert_uint_eq(attributes_of(fixture, directory)->links, TMPFS_LINK_MAX);
	attributes_of(fixture, other);
}
END_TEST

START_TEST(test_symlink)
{
	static char target[4097], back[5000];
	const struct tmpfs_creation creation = {.mode = 0123, .uid = 8};
	uint64_t node, used;
	uint32_t length;

	used = arena_pages_used(&fixture->arena);
	memset(target, 't', sizeof(target) - 1);
	ck_assert_int_eq(make_symlink(fixture, TMPFS_ROOT, "s", ""), POSIX_ENOENT);
	ck_assert_int_eq(make_symlink(fixture, TMPFS_ROOT, "s", target), POSIX_ENAMETOOLONG);
	ck_assert_int_eq(tmpfs_symlink(&fixture->tmpfs, TMPFS_ROOT, "s", 1, "a\0b", 3, &creation,
	                               fixture->now, &fixture->attributes),
	                 POSIX_EINVAL);
	for (length = 4095; length > 0; length = length * 2 / 3) {
		must(tmpfs_symlink(&fixture->tmpfs, TMPFS_ROOT, "s", 1, target, length, &creation,
		                   fixture->now, &fixture->attributes));
		node = fixture->attributes.node;
		ck_assert_uint_eq(fixture->attributes.mode, POSIX_S_IFLNK | 0777);
		ck_assert_uint_eq(fixture->attributes.size, length);
		ck_assert_uint_eq(fixture->attributes.uid, 8);
		fixture->now.seconds++;
		must(tmpfs_readlink(&fixture->tmpfs, node, back, sizeof(back), &length, fixture->now));
		ck_assert_uint_eq(length, fixture->attributes.size);
		ck_assert_mem_eq(back, target, length);
		check_times(node, fixture->now.seconds, fixture->now.seconds - 1, fixture->now.seconds - 1);
		must(remove_name(fixture, TMPFS_ROOT, "s"));
		must(tmpfs_forget(&fixture->tmpfs, node, 1));
		ck_assert_uint_eq(arena_pages_used(&fixture->arena), used);
	}
	ck_assert_int_eq(make_symlink(fixture, TMPFS_ROOT, "s", "target"), 0);
	must(tmpfs_readlink(&fixture->tmpfs, fixture->attributes.node, back, 3, &length, fixture->now));
	ck_assert_uint_eq(length, 3);
}
END_TEST

static int32_t set(uint64_t node, uint32_t valid, const struct tmpfs_attributes *values)
{
	return tmpfs_set_attributes(&fixture->tmpfs, node, valid, values, fixture->now, &fixture->attributes);
}

START_TEST(test_set_attributes)
{
	struct tmpfs_attributes values = {
		.mode = POSIX_S_IFDIR | 04711,
		.uid = 11,
		.gid = 12,
		.atime = {-5, 999999999},
		.mtime = {INT64_MAX, 1},
	};
	uint64_t file = new_file(fixture, "file");

	fixture->now.seconds = 2000;
	must(set(file, 0, &values));
	check_times(file, 1000, 1000, 2000);
	fixture->now.seconds = 2500;
	must(set(file, TMPFS_SET_MODE | TMPFS_SET_UID, &values));
	ck_assert_uint_eq(fixture->attributes.mode, POSIX_S_IFREG | 04711);
	ck_assert_uint_eq(fixture->attributes.uid, 11);
	ck_assert_uint_eq(fixture->attributes.gid, 2);
	check_times(file, 1000, 1000, 2500);
	must(set(file, TMPFS_SET_GID, &values));
	ck_assert_uint_eq(fixture->attributes.gid, 12);
	must(set(file, TMPFS_SET_ATIME | TMPFS_SET_MTIME, &values));
	check_times(file, -5, INT64_MAX, 2500);
	ck_assert_uint_eq(fixture->attributes.atime.nanoseconds, 999999999);
	fixture->now.seconds = 3000;
	must(set(file, TMPFS_SET_ATIME_NOW, &values));
	check_times(file, 3000, INT64_MAX, 3000);
	fixture->now.seconds = 4000;
	must(set(file, TMPFS_SET_MTIME_NOW | TMPFS_SET_MTIME, &values));
	check_times(file, 3000, 4000, 4000);

	ck_assert_int_eq(set(file, 512, &values), POSIX_EINVAL);
	ck_assert_int_eq(set(file, UINT32_MAX, &values), POSIX_EINVAL);
	values.atime.nanoseconds = 1000000000;
	ck_assert_int_eq(set(file, TMPFS_SET_ATIME, &values), POSIX_EINVAL);
	values.mtime.nanoseconds = UINT32_MAX;
	ck_assert_int_eq(set(file, TMPFS_SET_MTIME, &values), POSIX_EINVAL);
	values.size = TMPFS_FILE_SIZE_MAX + 1;
	ck_assert_int_eq(set(file, TMPFS_SET_SIZE | TMPFS_SET_UID, &values), POSIX_EFBIG);
	values.size = UINT64_MAX;
	ck_assert_int_eq(set(file, TMPFS_SET_SIZE, &values), POSIX_EFBIG);
	check_times(file, 3000, 4000, 4000);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tmpfs");
	TCase *tcase = tcase_create("operations");

	tcase_set_timeout(tcase, 300);
	tcase_add_checked_fixture(tcase, set_up, tear_down);
	tcase_add_test(tcase, test_format);
	tcase_add_test(tcase, test_create);
	tcase_add_test(tcase, test_names);
	tcase_add_test(tcase, test_stale);
	tcase_add_test(tcase, test_wrong_type);
	tcase_add_test(tcase, test_lookup);
	tcase_add_test(tcase, test_references);
	tcase_add_test(tcase, test_numbers);
	tcase_add_test(tcase, test_generations);
	tcase_add_test(tcase, test_first_generation);
	tcase_add_test(tcase, test_directories);
	tcase_add_test(tcase, test_links);
	tcase_add_test(tcase, test_link_maximum);
	tcase_add_test(tcase, test_symlink);
	tcase_add_test(tcase, test_set_attributes);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
