/*
 * A file system with a log is shown as e2fsck leaves it when it has replayed
 * the log. debugfs writes the logs: what differs between an image and a copy
 * that was changed, in transactions, among them blocks that a later one has
 * anew, that are revoked, that begin as blocks of the journal do, and one
 * transaction without its commit.
 */
#include <check.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "digest.h"
#include "image.h"

#define BLOCKS_MAXIMUM 4000u

static const struct {
	const char *options; /* of mke2fs */
	uint32_t block_size;
	const char *open; /* of debugfs, which then makes checksums */
	bool revokes;     /* with version 1 debugfs gets the checksum after revocations wrong */
} shapes[] = {
	{"-t ext4 -b 1024", 1024, "jo -c -v 3", true},
	{"-t ext4 -b 1024", 1024, "jo -c -v 2", true},
	{"-t ext4 -b 4096 -O ^metadata_csum", 4096, "jo", true},
	/* debugfs makes these of version 1: there are none of the others without metadata_csum. */
	{"-t ext4 -b 4096 -O ^metadata_csum,^64bit", 4096, "jo -c", false},
	{"-t ext3 -b 2048", 2048, "jo", true},
};

/* ---- making a log ----------------------------------------------------------------- */

static uint8_t *load(const char *name, size_t *size)
{
	FILE *file = fopen(image_path(name), "rb");
	uint8_t *data;

	ck_assert_ptr_nonnull(file);
	fseek(file, 0, SEEK_END);
	*size = (size_t)ftell(file);
	rewind(file);
	data = malloc(*size);
	ck_assert_uint_eq(fread(data, 1, *size, file), *size);
	fclose(file);
	return data;
}

static void store(const char *name, const void *data, size_t size)
{
	FILE *file = fopen(image_path(name), "wb");

	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(data, 1, size, file), size);
	fclose(file);
}

/* A copy in which much has changed: `after`. */
static void change(void)
{
	static const uint32_t magic[1024] = {0x98393bc0, 1, 2, 3};
	char script[2048];

	store("magic", magic, sizeof(magic));
	snprintf(script, sizeof(script),
	         "write %s new-file\nmkdir new\nwrite %s new/magic\nrm size-4097\nsymlink new/link target\n"
	         "kill_file size-300000\nrm size-300000\nset_inode_field size-1024 mtime 19991231235959\n"
	         "set_inode_field size-1025 mode 0100640\nwrite %s wide/another\n",
	         image_path("tree/size-65536"), image_path("magic"), image_path("tree/size-1025"));
	store("script", script, strlen(script));
	image_run(0, "cp %s %s && debugfs -w -f %s %s", image_path("image"), image_path("after"),
	          image_path("script"), image_path("after"));
}

struct difference {
	uint32_t blocks[BLOCKS_MAXIMUM];
	uint32_t count;
	uint8_t *content; /* of `after`, of these blocks */
};

static void differ(uint32_t block_size, struct difference *difference)
{
	size_t size, other;
	uint8_t *before = load("image", &size), *after = load("after", &other);

	ck_assert_uint_eq(size, other);
	difference->count = 0;
	difference->content = malloc(BLOCKS_MAXIMUM * (size_t)block_size);
	for (uint32_t block = 0; block < size / block_size; block++) {
		if (memcmp(before + (size_t)block * block_size, after + (size_t)block * block_size,
		           block_size) == 0)
			continue;
		ck_assert_uint_lt(difference->count, BLOCKS_MAXIMUM);
		memcpy(difference->content + (size_t)difference->count * block_size,
		       after + (size_t)block * block_size, block_size);
		difference->blocks[difference->count++] = block;
	}
	free(before);
	free(after);
	ck_assert_uint_gt(difference->count, 20);
}

/* One line of debugfs: writes blocks `from` to before `to`, with their content, or garbage. */
static void transaction(FILE *script, const struct difference *difference, uint32_t block_size, uint32_t from,
                        uint32_t to, const char *options, bool garbage)
{
	char name[32];
	size_t size = (size_t)(to - from) * block_size;
	uint8_t *noise = malloc(size);

	snprintf(name, sizeof(name), "data-%ld", ftell(script));
	for (size_t i = 0; i < size; i++)
		noise[i] = (uint8_t)(i * 7 + from);
	store(name, garbage ? noise : difference->content + (size_t)from * block_size, size);
	free(noise);
	fprintf(script, "jw %s -b ", options);
	for (uint32_t i = from; i < to; i++)
		fprintf(script, "%s%u", i > from ? "," : "", difference->blocks[i]);
	fprintf(script, " %s\n", image_path(name));
}

/* The first block of a file that has not changed. */
static uint32_t innocent_block(void)
{
	char *text = image_output("debugfs -R 'blocks size-65536' %s 2>/dev/null", image_path("image"));
	uint32_t block = (uint32_t)strtoul(text, NULL, 10);

	free(text);
	ck_assert_uint_gt(block, 0);
	return block;
}

static void log_write(int shape)
{
	struct difference difference, innocent = {.blocks = {innocent_block()}, .count = 1};
	uint32_t block_size = shapes[shape].block_size, third;
	FILE *script = fopen(image_path("script"), "w");

	differ(block_size, &difference);
	third = difference.count / 3;
	fprintf(script, "%s\n", shapes[shape].open);
	/* Garbage that is later written anew, and garbage that is revoked. */
	transaction(script, &difference, block_size, 0, third, "", true);
	if (shapes[shape].revokes) {
		transaction(script, &innocent, block_size, 0, 1, "", true);
		fprintf(script, "jw -r %u\n", innocent.blocks[0]);
	}
	transaction(script, &difference, block_size, third, 2 * third, "", false);
	transaction(script, &difference, block_size, 0, third, "", false);
	transaction(script, &difference, block_size, 2 * third, difference.count, "", false);
	/* What never came to its end. */
	transaction(script, &difference, block_size, third, 2 * third, "-c", true);
	fprintf(script, "jc\n");
	fclose(script);
	free(difference.content);
	image_run(0, "debugfs -w -f %s %s", image_path("script"), image_path("image"));
}

/* ---- cases ------------------------------------------------------------------------------ */

static void digest_body(struct pier *pier, void *context)
{
	digest_tree(pier, "", context);
	pier_settle(pier);
}

static uint64_t digest_of(const char *name)
{
	struct tree_digest digest;

	pier_run(image_path(name), "cache=1M", 99, digest_body, &digest);
	return digest.whole;
}

START_TEST(the_log_counts_as_if_it_had_been_replayed)
{
	uint64_t before, with_log;

	image_make("image", "24M", shapes[_i].options);
	before = digest_of("image");
	change();
	log_write(_i);
	with_log = digest_of("image");
	ck_assert_uint_ne(with_log, before);
	image_run(1, "e2fsck -y -E journal_only %s", image_path("image"));
	image_run(0, "debugfs -R stats %s | grep features | grep -qv needs_recovery", image_path("image"));
	ck_assert_uint_eq(with_log, digest_of("image"));
	ck_assert_uint_eq(with_log, digest_of("after"));
}
END_TEST

static uint64_t journal_at; /* bytes from the start of the disk */

/* A bit of the log's second block, which with checksums is one of data. */
static void damage_log(uint8_t *image, uint64_t size)
{
	ck_assert_uint_lt(journal_at, size);
	image[journal_at + 2 * 1024 + 100] ^= 4;
}

static void expect_refusal(struct pier *pier, void *context)
{
	struct fs_attributes root;

	(void)context;
	ck_assert_int_eq(fs_get_attributes(pier->client, FS_ROOT, &root), POSIX_ENODEV);
	pier_settle(pier);
	ck_assert_msg(strstr(pier_console(), "the checksum of a block of the log is wrong") != NULL, "%s",
	              pier_console());
}

START_TEST(a_damaged_log_is_not_replayed)
{
	char *text;

	image_make("image", "24M", shapes[0].options);
	change();
	log_write(0);
	text = image_output("debugfs -R 'blocks <8>' %s 2>/dev/null", image_path("image"));
	journal_at = strtoull(text, NULL, 10) * 1024;
	free(text);
	pier_prepare = damage_log;
	pier_run(image_path("image"), "", 0, expect_refusal, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4-journal");
	TCase *tcase = tcase_create("ext4-journal");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	tcase_set_timeout(tcase, 200);
	tcase_add_loop_test(tcase, the_log_counts_as_if_it_had_been_replayed, 0,
	                    sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_test(tcase, a_damaged_log_is_not_replayed);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
