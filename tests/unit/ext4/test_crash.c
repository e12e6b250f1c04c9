/*
 * Power failures. A run of random operations is recorded, write by write; then
 * states that a failure could have left are mounted. Each must be as after one
 * of the operations, no earlier than the last that was synced and no later than
 * the one at hand, after our own recovery as well as after e2fsck's, which must
 * find nothing else to be done; and after our unmount e2fsck must find nothing at all.
 *
 * DRYDOCK_CRASH_STATES says how many states there are, DRYDOCK_CRASH_SEED
 * which; by default some that take seconds.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "../dev/memory_device.h"
#include "digest.h"
#include "image.h"
#include "pier.h"
#include "record.h"
#include "twin.h"

#define TURNS          220u
#define OPERATIONS     2000u /* at most, in all turns */
#define STATES_DEFAULT 25u
#define FILES          12u
#define BLOCK          1024u

/* The same run each time. */
#define FIXED "-U 6b4c8d1e-9a53-4f10-8f7d-2f60f0a1c3d7 -E hash_seed=11f2a5c3-70d1-4b6e-9d7a-0c5b8e3f4a21"

static const char *const shapes[] = {
	FIXED " -t ext4 -b 1024 -J size=1",
	FIXED " -t ext4 -b 1024 -J size=1 -O ^metadata_csum,^64bit",
};

/* The run that was recorded. */
static struct {
	uint64_t digests[OPERATIONS + 1]; /* after so many operations */
	uint32_t synced[OPERATIONS + 1];  /* of so many, how many were safe */
	uint32_t operations;
	uint64_t random;
	uint8_t *image; /* before it */
	uint64_t size;
	uint64_t journal_begin, journal_end; /* bytes; the first block is its superblock */
} run;

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static uint32_t chance(uint32_t below)
{
	return (uint32_t)((memory_random(&run.random) >> 16) % below);
}

/* ---- the run ---------------------------------------------------------------------------- */

/* After each call that changes something. */
static void done(struct pier *pier)
{
	const uint32_t number = ++run.operations;

	ck_assert_uint_lt(number, OPERATIONS);
	run.digests[number] = digest_tree(pier);
	run.synced[number] = run.synced[number - 1];
	record_mark(number);
}

static void any_path(char path[64])
{
	static const char *const directories[] = {"", "d0/", "d1/", "d0/deep/"};

	snprintf(path, 64, "%sfile-%u", directories[chance(4)], chance(FILES));
}

static void names_add(struct pier *pier)
{
	char path[300];
	const uint32_t first = chance(1000);

	for (uint32_t i = first; i < first + 8; i++) {
		int length = snprintf(path, sizeof(path), "d1/%u-", i);

		memset(path + length, 'n', 150);
		path[length + 150] = '\0';
		if (chance(3))
			twin_create(pier, path, 0100644);
		else
			twin_unlink(pier, path);
		done(pier);
	}
}

/* Files are only appended to and cut: what is overwritten in place may be there before it is synced. */
static void append(struct pier *pier, const char *path)
{
	struct fs_attributes found;
	const uint32_t length = 1 + chance(30000), gap = chance(4) ? 0 : chance(20000);

	if (twin_find(pier, path, &found) || found.size > 200000 ||
	    (found.mode & POSIX_S_IFMT) != POSIX_S_IFREG)
		return;
	twin_write(pier, path, (found.size + BLOCK - 1) / BLOCK * BLOCK + gap, length, chance(1000));
	done(pier);
}

/* By whole blocks: the rest of a last one would be overwritten in place. */
static void shorten(struct pier *pier, const char *path)
{
	struct fs_attributes found;

	if (twin_find(pier, path, &found) || (found.mode & POSIX_S_IFMT) != POSIX_S_IFREG)
		return;
	twin_truncate(pier, path, chance((uint32_t)(found.size / BLOCK) + 1) * BLOCK);
	done(pier);
}

static void any_operation(struct pier *pier)
{
	char path[64], other[64], target[200];

	any_path(path);
	any_path(other);
	memset(target, 't', sizeof(target));
	target[20 + chance(170)] = '\0';
	switch (chance(13)) {
	case 0:
	case 1:
	case 2:
		twin_create(pier, path, 0100640);
		done(pier);
		append(pier, path);
		break;
	case 3:
	case 4:
		append(pier, path);
		break;
	case 5:
	case 6:
		twin_unlink(pier, path);
		done(pier);
		break;
	case 7:
		twin_rename(pier, path, other, chance(4) ? 0 : FS_RENAME_EXCHANGE);
		done(pier);
		break;
	case 8:
		twin_link(pier, path, other);
		done(pier);
		break;
	case 9:
		twin_symlink(pier, path, target);
		done(pier);
		break;
	case 10:
		names_add(pier);
		break;
	case 11:
		if (chance(2))
			twin_make_directory(pier, "d0/more", 0755);
		else
			twin_remove_directory(pier, "d0/more");
		done(pier);
		break;
	default:
		twin_create(pier, path, 0100600);
		done(pier);
		append(pier, path);
		shorten(pier, path);
		break;
	}
}

static void operations_run(struct pier *pier, void *context)
{
	(void)context;
	ck_assert(twin_make_directory(pier, "d0", 0755));
	ck_assert(twin_make_directory(pier, "d1", 0755));
	ck_assert(twin_make_directory(pier, "d0/deep", 0755));
	run.digests[0] = digest_tree(pier);
	ck_assert_int_eq(fs_sync_all(pier->client), 0);
	record_mark(0);
	for (uint32_t i = 0; i < TURNS; i++) {
		any_operation(pier);
		if (chance(3) == 0) {
			ck_assert_int_eq(fs_sync_all(pier->client), 0);
			run.synced[run.operations] = run.operations;
		}
	}
}

static void image_read(const char *path)
{
	FILE *file = fopen(path, "rb");

	ck_assert_ptr_nonnull(file);
	fseek(file, 0, SEEK_END);
	run.size = (uint64_t)ftell(file);
	rewind(file);
	run.image = malloc(run.size);
	ck_assert_uint_eq(fread(run.image, 1, run.size, file), run.size);
	fclose(file);
}

static void journal_find(void)
{
	char *text = image_output("debugfs -R 'blocks <8>' %s 2>/dev/null", image_path("image"));
	char *last = strrchr(text, ' ');

	run.journal_begin = strtoull(text, NULL, 10) * BLOCK;
	while (last && last[1] == '\0') {
		*last = '\0';
		last = strrchr(text, ' ');
	}
	run.journal_end = (strtoull(last ? last : text, NULL, 10) + 1) * BLOCK;
	free(text);
	record_keep_whole(run.journal_begin, run.journal_begin + BLOCK);
}

/* ---- states ---------------------------------------------------------------------------------- */

static struct {
	unsigned states, in_commit, elsewhere, at_superblock, torn, found_later;
} counted;

/* What was going on when the power failed: by what would have been written next. */
static void state_count(uint32_t count)
{
	const struct record *next = record_at(count < record_count() ? count : record_count() - 1);

	counted.states++;
	if (next->operation != DISK_WRITE)
		return;
	if (next->offset == run.journal_begin)
		counted.at_superblock++;
	else if (next->offset >= run.journal_begin && next->offset < run.journal_end)
		counted.in_commit++;
	else
		counted.elsewhere++;
}

static void state_store(uint32_t count, uint64_t seed)
{
	FILE *file = fopen(image_path("state"), "wb");
	uint8_t *image = malloc(run.size);

	memcpy(image, run.image, run.size);
	record_apply(image, run.size, count, seed);
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_eq(fwrite(image, 1, run.size, file), run.size);
	fclose(file);
	free(image);
}

static void take_digest(struct pier *pier, void *context)
{
	*(uint64_t *)context = digest_tree(pier);
}

/* After which operation, of those that it can be, the tree was this one. */
static void state_judge(const char *who, uint64_t digest, uint32_t count, uint64_t seed)
{
	const uint32_t mark = count > 0 ? record_at(count - 1)->mark : 0;
	const uint32_t first = mark > 0 ? run.synced[mark - 1] : 0;
	const uint32_t last = mark + 1 <= run.operations ? mark + 1 : run.operations;

	for (uint32_t i = first; i <= last; i++) {
		if (run.digests[i] == digest) {
			counted.found_later += i > first;
			return;
		}
	}
	for (uint32_t i = 0; i <= run.operations; i++) {
		if (run.digests[i] == digest)
			ck_abort_msg("record %u, seed %llu: by %s it is as after operation %u, not %u to %u",
			             count, (unsigned long long)seed, who, i, first, last);
	}
	ck_abort_msg("record %u, seed %llu: by %s it is as after no operation (%u to %u)", count,
	             (unsigned long long)seed, who, first, last);
}

/* e2fsck takes a backup for such a superblock, and forgets the journal; we do not (superblock.c). */
static bool superblock_is_torn(void)
{
	char *code = image_output("dumpe2fs -h %s >/dev/null 2>&1; echo $?", image_path("copy"));
	const bool is_torn = strcmp(code, "0") != 0;

	counted.torn += is_torn;
	free(code);
	return is_torn;
}

static void state_try(uint32_t count, uint64_t seed)
{
	uint64_t digest;

	state_count(count);
	state_store(count, seed);
	image_run(0, "cp %s %s", image_path("state"), image_path("copy"));
	pier_write(image_path("state"), "write=yes", 0, PIER_UNMOUNT, take_digest, &digest);
	state_judge("our own recovery", digest, count, seed);
	image_run(0, "e2fsck -fn %s", image_path("state"));
	if (counted.states % 3 || superblock_is_torn())
		return;
	image_run(1, "e2fsck -fp %s", image_path("copy"));
	pier_run(image_path("copy"), "", 0, take_digest, &digest);
	state_judge("e2fsck's recovery", digest, count, seed);
}

START_TEST(any_state_is_one_that_there_was)
{
	const uint64_t states = number_from("DRYDOCK_CRASH_STATES", STATES_DEFAULT);
	uint64_t seed = number_from("DRYDOCK_CRASH_SEED", 1) + (uint64_t)_i;
	uint32_t begin, end;

	memset(&run, 0, sizeof(run));
	memset(&counted, 0, sizeof(counted));
	image_run(0, "rm -f %s && mke2fs -q -F %s -N 512 %s 12M </dev/null", image_path("image"), shapes[_i],
	          image_path("image"));
	twin_begin();
	image_read(image_path("image"));
	journal_find();
	run.random = seed;
	pier_observe = record_request;
	pier_write(image_path("image"), "write=yes,cache=1M", seed, PIER_UNMOUNT, operations_run, NULL);
	pier_observe = NULL;
	image_run(0, "e2fsck -fn %s", image_path("image"));
	/* The first operations made what all the others work with. */
	for (begin = 0; begin < record_count() && record_at(begin)->mark == 0; begin++)
		;
	/* At the very end the superblock is written without the journal, and its two sectors have to be one. */
	for (end = record_count() - 1; record_at(end)->offset != BLOCK; end--)
		;
	for (uint64_t i = 0; i < states; i++) {
		uint32_t count = begin + chance(end - begin);

		/* Every eighth loses nothing. */
		state_try(count, i % 8 == 0 ? 0 : memory_random(&run.random) | 1);
	}
	printf("# seed %llu: %u writes and flushes; %u states: %u within commits, %u at the journal's superblock, "
	       "%u elsewhere; %u with more than was synced\n",
	       (unsigned long long)seed, record_count(), counted.states, counted.in_commit,
	       counted.at_superblock, counted.elsewhere, counted.found_later);
	record_clear();
	free(run.image);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4-crash");
	TCase *tcase = tcase_create("ext4-crash");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	tcase_set_timeout(tcase, 0);
	tcase_add_loop_test(tcase, any_state_is_one_that_there_was, 0, sizeof(shapes) / sizeof(shapes[0]));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
