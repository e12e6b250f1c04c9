/*
 * The space of files: random writes, allocations, holes, zeros, sizes and copies
 * against a model of the bytes; data and holes as they are told; a full disk. e2fsck
 * finds nothing afterwards.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "../dev/memory_device.h"
#include "image.h"
#include "pier.h"

#define SIZE_MAXIMUM (1u << 20)
#define OPERATIONS   500u
#define PIECE_MAX    70000u

static const char *const shapes[] = {
	"-t ext4 -b 1024",
	"-t ext4 -b 4096",
	"-t ext4 -b 1024 -O ^has_journal,^metadata_csum",
	"-t ext3 -b 1024",
};

#define SHAPE_MAPS 3 /* of those the one with block maps */

/* The file as it should be. */
static struct {
	uint8_t bytes[2 * SIZE_MAXIMUM]; /* zeros beyond the size */
	uint32_t size;
	uint64_t random;
	bool maps; /* it has a block map: of space there are only holes */
} model;

static uint32_t chance(uint32_t below)
{
	return (uint32_t)((memory_random(&model.random) >> 16) % below);
}

static void empty_image(const char *options, const char *size)
{
	image_run(0, "rm -f %s && mke2fs -q -F %s %s %s </dev/null", image_path("image"), options,
	          image_path("image"), size);
}

static void judge(void)
{
	image_run(0, "e2fsck -fn %s", image_path("image"));
}

static uint64_t make(struct pier *pier, const char *name, uint32_t mode)
{
	struct fs_attributes made;

	ck_assert_int_eq(fs_create(pier->client, FS_ROOT, mode, 0, 0, name, (uint32_t)strlen(name), &made), 0);
	return made.node;
}

static struct fs_attributes look(struct pier *pier, const char *name)
{
	struct fs_attributes found;

	ck_assert_int_eq(pier_look(pier, FS_ROOT, name, &found), 0);
	return found;
}

/* ---- at random -------------------------------------------------------------------------- */

static void grow(uint32_t size)
{
	if (size > model.size)
		model.size = size;
}

static void do_write(struct pier *pier, uint64_t node, uint32_t offset, uint32_t length)
{
	struct fs_write_results results;
	uint8_t *data = malloc(length);

	for (uint32_t i = 0; i < length; i++)
		data[i] = (uint8_t)(1 + chance(255));
	ck_assert_int_eq(fs_write(pier->client, node, offset, 0, data, length, &results), 0);
	ck_assert_uint_eq(results.length, length);
	memcpy(model.bytes + offset, data, length);
	grow(offset + length);
	free(data);
}

static void do_allocate(struct pier *pier, uint64_t node, uint32_t offset, uint32_t length)
{
	const uint32_t mode = chance(FS_ALLOCATE_ZERO_KEEP + 1);
	int32_t error = fs_allocate(pier->client, node, offset, length, mode);

	if (model.maps && mode != FS_ALLOCATE_PUNCH) {
		ck_assert_int_eq(error, POSIX_EOPNOTSUPP);
		return;
	}
	if (error)
		pier_settle(pier);
	ck_assert_msg(error == 0, "allocate says %d\n%s", (int)error, pier_console());
	if (mode >= FS_ALLOCATE_PUNCH)
		memset(model.bytes + offset, 0, length);
	if (mode == FS_ALLOCATE_GROW || mode == FS_ALLOCATE_ZERO)
		grow(offset + length);
}

static void do_truncate(struct pier *pier, uint64_t node, uint32_t size)
{
	const struct fs_attributes values = {.size = size};
	struct fs_attributes changed;

	ck_assert_int_eq(fs_set_attributes(pier->client, node, FS_SET_SIZE, &values, &changed), 0);
	if (size < model.size)
		memset(model.bytes + size, 0, model.size - size);
	model.size = size;
}

static void do_copy(struct pier *pier, uint64_t node, uint32_t offset, uint32_t length)
{
	const uint32_t to = chance(SIZE_MAXIMUM);
	const bool overlaps = offset < to + length && to < offset + length;
	struct fs_copy_range_results results = {0};
	int32_t error = fs_copy_range(pier->client, node, offset, node, to, length, &results);
	uint32_t expected = offset < model.size ? model.size - offset : 0;

	ck_assert_int_eq(error, overlaps ? POSIX_EINVAL : 0);
	if (overlaps)
		return;
	if (expected > length)
		expected = length;
	ck_assert_uint_eq(results.length, expected);
	memcpy(model.bytes + to, model.bytes + offset, expected);
	if (expected > 0)
		grow(to + expected);
}

/* Where nothing is said to be, there are zeros. */
static void verify_holes(struct pier *pier, uint64_t node)
{
	struct fs_seek_results results;
	uint64_t at = 0;
	int32_t error;

	while (at < model.size) {
		error = fs_seek(pier->client, node, at, FS_SEEK_DATA, &results);
		if (error)
			results.offset = model.size;
		ck_assert(error == 0 || error == POSIX_ENXIO);
		for (; at < results.offset; at++)
			ck_assert_msg(model.bytes[at] == 0, "data at %u are called a hole", (unsigned)at);
		if (at >= model.size)
			break;
		ck_assert_int_eq(fs_seek(pier->client, node, at, FS_SEEK_HOLE, &results), 0);
		ck_assert_uint_gt(results.offset, at);
		ck_assert_uint_le(results.offset, model.size);
		at = results.offset;
	}
	ck_assert_int_eq(fs_seek(pier->client, node, model.size, FS_SEEK_HOLE, &results), POSIX_ENXIO);
}

static void verify(struct pier *pier, void *context)
{
	struct fs_attributes file = look(pier, "file");
	uint8_t *data = pier_read(pier, &file, 65536);

	(void)context;
	ck_assert_uint_eq(file.size, model.size);
	ck_assert_int_eq(memcmp(data, model.bytes, model.size), 0);
	verify_holes(pier, file.node);
	free(data);
}

static void run(struct pier *pier, void *context)
{
	const uint64_t node = make(pier, "file", 0100644);

	for (uint32_t i = 0; i < OPERATIONS; i++) {
		const uint32_t offset = chance(4) ? chance(SIZE_MAXIMUM) : chance(200) * 4096;
		const uint32_t length = chance(4) ? 1 + chance(PIECE_MAX) : (1 + chance(16)) * 4096;

		switch (chance(6)) {
		case 0:
		case 1:
			do_write(pier, node, offset, length);
			break;
		case 2:
		case 3:
			do_allocate(pier, node, offset, length);
			break;
		case 4:
			do_copy(pier, node, offset, length);
			break;
		default:
			do_truncate(pier, node, offset);
			break;
		}
		if (i % 50 == 0)
			verify(pier, context);
	}
	verify(pier, context);
}

START_TEST(bytes_are_as_they_should_be)
{
	memset(&model, 0, sizeof(model));
	model.random = 11 + (uint64_t)_i;
	model.maps = _i == SHAPE_MAPS;
	empty_image(shapes[_i], "16M");
	pier_write(image_path("image"), "write=yes", 3, PIER_UNMOUNT, run, NULL);
	judge();
	pier_run(image_path("image"), "", 0, verify, NULL);
}
END_TEST

/* ---- what each does ------------------------------------------------------------------------- */

static void each(struct pier *pier, void *context)
{
	const uint64_t node = make(pier, "file", 0100644);
	struct fs_attributes file;
	struct fs_seek_results found;
	uint64_t blocks;

	(void)context;
	ck_assert_int_eq(fs_allocate(pier->client, node, 0, 0, FS_ALLOCATE_GROW), POSIX_EINVAL);
	ck_assert_int_eq(fs_allocate(pier->client, node, 0, 1, 9), POSIX_EINVAL);
	ck_assert_int_eq(fs_allocate(pier->client, node, 1ull << 50, 1, FS_ALLOCATE_GROW), POSIX_EFBIG);
	ck_assert_int_eq(fs_allocate(pier->client, FS_ROOT, 0, 1, FS_ALLOCATE_GROW), POSIX_ENODEV);
	/* Space beyond the end, which keeps its size. */
	ck_assert_int_eq(fs_allocate(pier->client, node, 0, 100 * 1024, FS_ALLOCATE_KEEP), 0);
	file = look(pier, "file");
	blocks = file.blocks;
	ck_assert_uint_eq(file.size, 0);
	ck_assert_uint_ge(file.blocks, 200);
	do_truncate(pier, node, 100 * 1024);
	ck_assert_uint_eq(look(pier, "file").blocks, blocks);
	ck_assert_int_eq(fs_seek(pier->client, node, 0, FS_SEEK_DATA, &found), POSIX_ENXIO);
	/* A block of it is written, and becomes data; that may take a node of the tree. */
	do_write(pier, node, 50 * 1024, 1024);
	ck_assert_uint_le(look(pier, "file").blocks, blocks + 2);
	blocks = look(pier, "file").blocks;
	ck_assert_int_eq(fs_seek(pier->client, node, 0, FS_SEEK_DATA, &found), 0);
	ck_assert_uint_eq(found.offset, 50 * 1024);
	ck_assert_int_eq(fs_seek(pier->client, node, found.offset, FS_SEEK_HOLE, &found), 0);
	ck_assert_uint_eq(found.offset, 51 * 1024);
	/* Zeroed it is a hole that keeps its space; punched it has none. */
	ck_assert_int_eq(fs_allocate(pier->client, node, 0, 100 * 1024, FS_ALLOCATE_ZERO), 0);
	ck_assert_int_eq(fs_seek(pier->client, node, 0, FS_SEEK_DATA, &found), POSIX_ENXIO);
	ck_assert_uint_eq(look(pier, "file").blocks, blocks);
	ck_assert_int_eq(fs_allocate(pier->client, node, 10 * 1024, 20 * 1024, FS_ALLOCATE_PUNCH), 0);
	ck_assert_uint_eq(look(pier, "file").blocks, blocks - 40);
	ck_assert_uint_eq(look(pier, "file").size, 100 * 1024);
	ck_assert_int_eq(fs_allocate(pier->client, node, 0, 1 << 20, FS_ALLOCATE_PUNCH), 0);
	ck_assert_uint_eq(look(pier, "file").blocks, 0);
	ck_assert_int_eq(fs_seek(pier->client, node, 0, 7, &found), POSIX_EINVAL);
}

START_TEST(each_mode_does_what_it_says)
{
	memset(&model, 0, sizeof(model));
	empty_image(shapes[0], "16M");
	pier_write(image_path("image"), "write=yes", 0, PIER_UNMOUNT, each, NULL);
	judge();
}
END_TEST

/* Blocks of numbers come and go with what they lead to: three levels of them. */
static void far(struct pier *pier, void *context)
{
	static const uint64_t offsets[] = {0, 20 << 10, 300 << 10, 70000000, 70400000, 16000000000ull};
	const uint64_t node = make(pier, "file", 0100644);
	const struct fs_attributes values = {.size = 70000001};
	struct fs_attributes changed;
	struct fs_write_results results;
	struct fs_read_results got;
	uint8_t data[4];

	(void)context;
	for (uint32_t i = 0; i < 6; i++)
		ck_assert_int_eq(fs_write(pier->client, node, offsets[i], 0, &offsets[i], 4, &results), 0);
	for (uint32_t i = 0; i < 6; i++) {
		ck_assert_int_eq(fs_read(pier->client, node, offsets[i], data, 4, &got), 0);
		ck_assert_int_eq(memcmp(data, &offsets[i], 4), 0);
	}
	/* Six of data; one table, two and, of three levels, one, two and three. */
	ck_assert_uint_eq(look(pier, "file").blocks, 2 * (6 + 1 + 2 + 6));
	ck_assert_int_eq(fs_allocate(pier->client, node, 300 << 10, 1024, FS_ALLOCATE_PUNCH), 0);
	ck_assert_uint_eq(look(pier, "file").blocks, 2 * (5 + 1 + 6));
	ck_assert_int_eq(fs_set_attributes(pier->client, node, FS_SET_SIZE, &values, &changed), 0);
	ck_assert_uint_eq(changed.blocks, 2 * (3 + 1 + 3));
	ck_assert_int_eq(fs_write(pier->client, node, 18000000000ull, 0, "x", 1, &results), POSIX_EFBIG);
}

START_TEST(a_map_has_three_levels)
{
	empty_image(shapes[SHAPE_MAPS], "16M");
	pier_write(image_path("image"), "write=yes", 0, PIER_UNMOUNT, far, NULL);
	judge();
}
END_TEST

/* ---- a full disk ------------------------------------------------------------------------------ */

/* Divides extents where no block is left for a node of the tree. */
static void full(struct pier *pier, void *context)
{
	const uint64_t node = make(pier, "file", 0100644), rest = make(pier, "rest", 0100644);
	struct fs_write_results results;
	uint32_t punched = 0, written = 0;
	int32_t error;

	(void)context;
	ck_assert_int_eq(fs_allocate(pier->client, node, 0, 2 << 20, FS_ALLOCATE_GROW), 0);
	ck_assert_int_eq(fs_allocate(pier->client, rest, 0, 64 << 20, FS_ALLOCATE_GROW), POSIX_ENOSPC);
	for (uint32_t i = 0; i < 1000; i++) {
		error = fs_write(pier->client, node, i * 2048, 0, "data", 4, &results);
		ck_assert(error == 0 || error == POSIX_ENOSPC);
		written += error == 0;
	}
	ck_assert_uint_gt(written, 0);
	ck_assert_uint_lt(written, 1000);
	for (uint32_t i = 0; i < 1000; i++) {
		error = fs_allocate(pier->client, node, i * 2048 + 1024, 1024, FS_ALLOCATE_PUNCH);
		ck_assert(error == 0 || error == POSIX_ENOSPC);
		punched += error == 0;
	}
	ck_assert_uint_gt(punched, 0);
	/* All goes on being written. */
	ck_assert_int_eq(fs_unlink(pier->client, FS_ROOT, "rest", 4), 0);
	ck_assert_int_eq(fs_forget(pier->client, rest, 1), 0);
	ck_assert_int_eq(fs_write(pier->client, node, 5 << 20, 0, "data", 4, &results), 0);
}

START_TEST(a_full_disk_loses_nothing)
{
	empty_image(shapes[_i == 0 ? 0 : 2], "12M");
	pier_write(image_path("image"), "write=yes", 0, PIER_UNMOUNT, full, NULL);
	judge();
}
END_TEST

/* ---- listings with attributes, and flags ----------------------------------------------------------- */

static void listing(struct pier *pier, void *context)
{
	struct fs_readdir_attributes_results results;
	uint8_t *buffer = malloc(1000);
	uint64_t cookie = 0;
	uint32_t seen = 0;
	char name[256];

	(void)context;
	for (uint32_t i = 0; i < 60; i++) {
		snprintf(name, sizeof(name), "name-%u", i);
		ck_assert_int_eq(fs_forget(pier->client, make(pier, name, 0100600 + i), 1), 0);
	}
	do {
		ck_assert_int_eq(fs_readdir_attributes(pier->client, FS_ROOT, cookie, buffer, 1000, &results), 0);
		for (uint32_t at = 0; at < results.entries_length;) {
			struct fs_attributes attributes;
			struct fs_entry entry;

			memcpy(&attributes, buffer + at, sizeof(attributes));
			memcpy(&entry, buffer + at + sizeof(attributes), sizeof(entry));
			memset(name, 0, sizeof(name));
			memcpy(name, buffer + at + sizeof(attributes) + sizeof(entry), entry.name_length);
			at += (uint32_t)(sizeof(attributes) + sizeof(entry)) + ((entry.name_length + 7) & ~7u);
			cookie = entry.cookie;
			ck_assert_uint_eq(attributes.node, entry.node);
			if (strncmp(name, "name-", 5) == 0) {
				ck_assert_uint_eq(attributes.mode, 0100600 + (uint32_t)atoi(name + 5));
				/* That gave one reference, and no more. */
				ck_assert_int_eq(fs_forget(pier->client, entry.node, 2), POSIX_EINVAL);
				ck_assert_int_eq(fs_forget(pier->client, entry.node, 1), 0);
				seen++;
			}
		}
	} while (results.entries_length > 0);
	ck_assert_uint_eq(seen, 60);
	ck_assert_int_eq(fs_readdir_attributes(pier->client, FS_ROOT, 0, buffer, 100, &results), POSIX_EINVAL);
	free(buffer);
}

START_TEST(listings_have_attributes)
{
	empty_image(shapes[0], "16M");
	pier_write(image_path("image"), "write=yes", 0, PIER_UNMOUNT, listing, NULL);
	judge();
}
END_TEST

static int32_t flags_set(struct pier *pier, uint64_t node, uint32_t flags)
{
	const struct fs_attributes values = {.flags = flags};
	struct fs_attributes changed;

	return fs_set_attributes(pier->client, node, FS_SET_FLAGS, &values, &changed);
}

static void flags(struct pier *pier, void *context)
{
	const uint64_t node = make(pier, "fixed", 0100666), log = make(pier, "log", 0100666);
	const struct fs_attributes values = {.mode = 0600, .size = 1};
	struct fs_attributes changed;
	struct fs_write_results results;

	(void)context;
	ck_assert_int_eq(flags_set(pier, node, 0x800), POSIX_EOPNOTSUPP);
	pier_call_as(pier, PIER_USER);
	ck_assert_int_eq(flags_set(pier, node, FS_FLAG_IMMUTABLE), POSIX_EPERM);
	pier_call_as(pier, PIER_ROOT);
	ck_assert_int_eq(flags_set(pier, node, FS_FLAG_IMMUTABLE | FS_FLAG_NO_DUMP), 0);
	ck_assert_int_eq(fs_write(pier->client, node, 0, 0, "x", 1, &results), POSIX_EPERM);
	ck_assert_int_eq(fs_allocate(pier->client, node, 0, 1, FS_ALLOCATE_GROW), POSIX_EPERM);
	ck_assert_int_eq(fs_set_xattr(pier->client, node, 0, "user.a", 6, "x", 1), POSIX_EPERM);
	ck_assert_int_eq(fs_set_attributes(pier->client, node, FS_SET_MODE, &values, &changed), POSIX_EPERM);
	ck_assert_int_eq(fs_link(pier->client, node, FS_ROOT, "second", 6, &changed), POSIX_EPERM);
	ck_assert_int_eq(fs_unlink(pier->client, FS_ROOT, "fixed", 5), POSIX_EPERM);
	ck_assert_int_eq(fs_rename(pier->client, FS_ROOT, FS_ROOT, 0, "fixed", 5, "b", 1), POSIX_EPERM);
	ck_assert_int_eq(flags_set(pier, log, FS_FLAG_APPEND), 0);
	ck_assert_int_eq(fs_write(pier->client, log, 0, FS_WRITE_APPEND, "line", 4, &results), 0);
	ck_assert_int_eq(fs_write(pier->client, log, 0, 0, "x", 1, &results), POSIX_EPERM);
	ck_assert_int_eq(fs_write(pier->client, log, 4, 0, "more", 4, &results), 0);
	ck_assert_int_eq(fs_set_attributes(pier->client, log, FS_SET_SIZE, &values, &changed), POSIX_EPERM);
	ck_assert_int_eq(fs_allocate(pier->client, log, 0, 4, FS_ALLOCATE_PUNCH), POSIX_EPERM);
	ck_assert_int_eq(flags_set(pier, FS_ROOT, FS_FLAG_IMMUTABLE), 0);
	ck_assert_int_eq(fs_create(pier->client, FS_ROOT, 0100600, 0, 0, "new", 3, &changed), POSIX_EPERM);
	ck_assert_int_eq(flags_set(pier, FS_ROOT, 0), 0);
	ck_assert_int_eq(fs_create(pier->client, FS_ROOT, 0100600, 0, 0, "new", 3, &changed), 0);
}

START_TEST(nobody_is_above_flags)
{
	char *text;

	empty_image(shapes[1], "16M");
	pier_write(image_path("image"), "write=yes", 0, PIER_UNMOUNT, flags, NULL);
	judge();
	text = image_output("debugfs -R 'stat fixed' %s 2>/dev/null; debugfs -R 'stat log' %s 2>/dev/null",
	                    image_path("image"), image_path("image"));
	ck_assert_msg(strstr(text, "Flags: 0x80050") && strstr(text, "Flags: 0x80020"), "%s", text);
	free(text);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4-space");
	TCase *tcase = tcase_create("ext4-space");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	tcase_set_timeout(tcase, 200);
	tcase_add_loop_test(tcase, bytes_are_as_they_should_be, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_test(tcase, each_mode_does_what_it_says);
	tcase_add_test(tcase, a_map_has_three_levels);
	tcase_add_loop_test(tcase, a_full_disk_loses_nothing, 0, 2);
	tcase_add_test(tcase, listings_have_attributes);
	tcase_add_test(tcase, nobody_is_above_flags);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
