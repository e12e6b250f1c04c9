/*
 * Images that were damaged on purpose: ext4_server neither crashes nor hangs
 * nor leaves what is its own, and says where the damage is. Bytes of metadata
 * are changed at random (the same each time), and the checksums that would give
 * that away are made right again where it is the first of them that is checked.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/checksum.h>
#include <drydock/posix.h>

#include "image.h"
#include "pier.h"

#define SUPERBLOCK   1024u
#define CHECKSUM_AT  0x3fcu
#define ENTRIES_MAX  20000u /* of one walk: more than any image here has */
#define DEPTH_MAX    16u
#define BLOCK        1024u
#define ROUNDS       40
#define FAR          (10u << 20) /* bytes; beyond it a file is looked at in a few places only */
#define STRIDE       250000u

static uint64_t random_state;

static uint64_t random_next(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

/* ---- a walk that expects nothing -------------------------------------------------- */

struct walk {
	struct pier *pier;
	uint32_t entries;
	uint32_t failures; /* calls that were answered with an error */
	uint8_t *data;
};

static void note(struct walk *walk, int32_t status)
{
	ck_assert_msg(status >= 0, "a call got no reply: %d\n%s", (int)status, pier_console());
	walk->failures += status != 0;
}

static void walk_directory(struct walk *walk, uint64_t node, uint32_t depth);

static void walk_node(struct walk *walk, const struct fs_attributes *found, uint32_t depth)
{
	static const uint64_t places[] = {12345, 1ull << 32, 1ull << 42, INT64_MAX};
	struct pier *pier = walk->pier;
	struct fs_readlink_results target;
	struct fs_read_results read;

	switch (found->mode & POSIX_S_IFMT) {
	case POSIX_S_IFDIR:
		walk_directory(walk, found->node, depth + 1);
		break;
	case POSIX_S_IFLNK:
		note(walk, fs_readlink(pier->client, found->node, walk->data, 4096, &target));
		break;
	default:
		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
			note(walk, fs_read(pier->client, found->node, places[i], walk->data, 65536, &read));
		/* So close together that every leaf of an extent tree is used. */
		for (uint64_t offset = 0; offset < found->size && offset < FAR; offset += STRIDE)
			note(walk, fs_read(pier->client, found->node, offset, walk->data, 100, &read));
	}
}

static void walk_entries(struct walk *walk, uint64_t node, const uint8_t *entries, uint32_t length, uint64_t *cookie,
                         uint32_t depth)
{
	for (uint32_t at = 0; at < length;) {
		struct fs_attributes found;
		struct fs_entry entry;
		char name[256] = {0};
		int32_t status;

		memcpy(&entry, entries + at, sizeof(entry));
		ck_assert_uint_le(entry.name_length, 255);
		memcpy(name, entries + at + sizeof(entry), entry.name_length);
		at += (uint32_t)sizeof(entry) + ((entry.name_length + 7) & ~7u);
		/* Forwards only, so that whoever lists a directory comes to an end. */
		ck_assert_uint_gt(entry.cookie, *cookie);
		*cookie = entry.cookie;
		walk->entries++;
		status = pier_look(walk->pier, node, name, &found);
		note(walk, status);
		if (status == 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0)
			walk_node(walk, &found, depth);
	}
}

static void walk_directory(struct walk *walk, uint64_t node, uint32_t depth)
{
	uint64_t cookie = 0;

	if (depth > DEPTH_MAX)
		return;
	while (walk->entries < ENTRIES_MAX) {
		struct fs_readdir_results results;
		uint8_t *entries = malloc(4096);
		int32_t status = fs_readdir(walk->pier->client, node, cookie, entries, 4096, &results);

		note(walk, status);
		if (status == 0)
			walk_entries(walk, node, entries, results.entries_length, &cookie, depth);
		free(entries);
		if (status != 0 || results.entries_length == 0)
			return;
	}
}

static void walk_all(struct pier *pier, void *context)
{
	struct walk *walk = context;
	struct fs_statistics statistics;
	struct fs_attributes found;

	walk->pier = pier;
	walk->data = malloc(65536);
	note(walk, fs_statistics(pier->client, FS_ROOT, &statistics));
	walk_directory(walk, FS_ROOT, 0);
	/* Inodes that no entry leads to. */
	for (uint64_t node = 1; node < 300; node++) {
		int32_t status = fs_get_attributes(pier->client, node, &found);

		note(walk, status);
		if (status == 0)
			walk_node(walk, &found, DEPTH_MAX);
	}
	free(walk->data);
}

/* ---- mutations ----------------------------------------------------------------------- */

/* Where metadata lies in the image, in blocks, as debugfs told. */
static struct {
	uint32_t block[4096];
	uint32_t count;
} metadata;

static void metadata_add(const char *text)
{
	char *end;

	for (; *text; text = *end ? end + 1 : end) {
		unsigned long number = strtoul(text, &end, 10);

		if (end == text) {
			end = (char *)text;
		} else if (number && metadata.count < sizeof(metadata.block) / sizeof(metadata.block[0])) {
			metadata.block[metadata.count++] = (uint32_t)number;
		}
	}
}

/* Blocks of descriptors, inodes in use, directories, extents and maps. */
static void metadata_find(const char *image)
{
	static const char *const files[] = {"/", "/wide", "/comb", "/hole", "/size-1500000", "/symlink-364", "/deep0"};
	char *text;

	metadata.count = 0;
	metadata_add("2 3");
	text = image_output("debugfs -R 'imap <12>' %s 2>/dev/null | sed -n 's/.*at block \\([0-9]*\\).*/\\1/p'",
	                    image);
	/* The inodes of the first group, in use from its first block on. */
	for (uint32_t i = 0; i < 40; i++) {
		char number[16];

		snprintf(number, sizeof(number), "%lu", strtoul(text, NULL, 10) - 2 + i);
		metadata_add(number);
	}
	free(text);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		/* Blocks of extents and maps are shown in brackets, as those of directories without. */
		text = image_output("debugfs -R 'stat %s' %s 2>/dev/null | tr ',' '\\n' | "
		                    "sed -n 's/.*(\\(ETB[0-9]*\\|[DT]*IND\\)):\\([0-9]*\\).*/\\2/p'",
		                    files[i], image);
		metadata_add(text);
		free(text);
		if (i == 0 || i == 1 || i == 6) {
			text = image_output("debugfs -R 'blocks %s' %s 2>/dev/null", files[i], image);
			metadata_add(text);
			free(text);
		}
	}
	ck_assert_uint_gt(metadata.count, 50);
}

static void superblock_seal(uint8_t *image)
{
	uint32_t checksum = checksum_crc32c(0xffffffff, image + SUPERBLOCK, CHECKSUM_AT);

	memcpy(image + SUPERBLOCK + CHECKSUM_AT, &checksum, sizeof(checksum));
}

/* Numbers that are at an edge of something. */
static uint32_t odd_number(void)
{
	static const uint32_t numbers[] = {0,      1,          2,          7,          8,          11,         12,
	                                   255,    256,        0x7fff,     0x8000,     0xffff,     0x10000,    1023,
	                                   1024,   0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe, 0x10001,    24575,
	                                   24576,  0xf30a,     0xea020000, 0x00040004, 0x10000000, 0x00080000, 4};

	return random_next() % 4 ? numbers[random_next() % (sizeof(numbers) / sizeof(numbers[0]))]
	                         : (uint32_t)random_next();
}

static void mutate_at(uint8_t *at)
{
	uint32_t number = odd_number();

	memcpy(at, &number, random_next() % 2 ? 4 : 2);
}

static void mutate_metadata(uint8_t *image, uint64_t size)
{
	uint32_t count = 1 + (uint32_t)(random_next() % 30);

	while (count-- > 0) {
		uint64_t block = metadata.block[random_next() % metadata.count];

		ck_assert_uint_lt(block * BLOCK, size - BLOCK);
		/* Most of what matters lies at the beginning of a block, or of an inode. */
		mutate_at(image + block * BLOCK +
		          (random_next() % 2 ? random_next() % 16 * 4 : random_next() % (BLOCK / 4) * 4));
	}
}

static void mutate_superblock(uint8_t *image, uint64_t size)
{
	(void)size;
	for (uint32_t count = 1 + (uint32_t)(random_next() % 3); count > 0; count--)
		mutate_at(image + SUPERBLOCK + random_next() % 0xa6 * 4);
	superblock_seal(image);
}

static void damage_block(uint8_t *image, uint64_t size)
{
	(void)size;
	image[metadata.block[random_state] * (uint64_t)BLOCK + 20] ^= 1;
}

/* ---- cases ------------------------------------------------------------------------------ */

static const char *const shapes[] = {
	"-t ext4 -b 1024 -O ^metadata_csum,^has_journal",
	"-t ext4 -b 1024 -O ^metadata_csum,inline_data,^has_journal",
	"-t ext2 -b 1024",
};

static void make(const char *options)
{
	image_make("image", "24M", options);
	image_run(1, "e2fsck -fyD %s", image_path("image"));
	metadata_find(image_path("image"));
}

START_TEST(random_metadata_does_no_harm)
{
	uint32_t failures = 0;

	make(shapes[_i]);
	pier_prepare = mutate_metadata;
	for (int round = 0; round < ROUNDS; round++) {
		struct walk walk = {0};

		random_state = 88172645463325252ull + (uint64_t)round * 1000003 + (uint64_t)_i;
		for (int i = 0; i < 8; i++)
			random_next();
		pier_run(image_path("image"), "cache=1M", 0, walk_all, &walk);
		failures += walk.failures;
	}
	ck_assert_uint_gt(failures, 0);
}
END_TEST

/* What mounts nevertheless can be walked; what does not is answered with ENODEV. */
START_TEST(random_superblocks_do_no_harm)
{
	make("-t ext4 -b 1024 -O ^has_journal");
	pier_prepare = mutate_superblock;
	for (int round = 0; round < ROUNDS; round++) {
		struct walk walk = {0};

		random_state = 123456789012345ull + (uint64_t)round * 7919;
		for (int i = 0; i < 8; i++)
			random_next();
		pier_run(image_path("image"), "cache=1M", 0, walk_all, &walk);
	}
}
END_TEST

static void expect_report(struct pier *pier, void *context)
{
	struct walk walk = {0};
	char expected[64];

	walk_all(pier, &walk);
	pier_settle(pier);
	snprintf(expected, sizeof(expected), "image: block %u", *(uint32_t *)context);
	ck_assert_msg(strstr(pier_console(), expected) != NULL, "no \"%s\" in:\n%s", expected, pier_console());
}

/* With checksums a single bit that is wrong is found, wherever it lies, and its block is named. */
START_TEST(a_wrong_bit_is_reported_with_its_block)
{
	make("-t ext4 -b 1024 -O ^has_journal");
	pier_prepare = damage_block;
	/* Without the descriptors and inodes, of which a bit may be one that is in use by nobody. */
	for (uint32_t i = 42; i < metadata.count; i += 5) {
		random_state = i;
		pier_run(image_path("image"), "cache=1M", 0, expect_report, &metadata.block[i]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4-hostile");
	TCase *tcase = tcase_create("ext4-hostile");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	tcase_set_timeout(tcase, 300);
	tcase_add_loop_test(tcase, random_metadata_does_no_harm, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_test(tcase, random_superblocks_do_no_harm);
	tcase_add_test(tcase, a_wrong_bit_is_reported_with_its_block);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
