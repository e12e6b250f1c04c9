/*
 * A disk that fails. Each request of a run of operations fails in turn, alone,
 * or with all after it: whoever called is told EIO, or that nothing can be
 * written any more; and what the disk has in the end is what e2fsck finds no
 * fault with, and no older than what was synced. And what is full: blocks, inodes, the journal.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "digest.h"
#include "image.h"
#include "servers/ext4/volume.h"
#include "twin.h"

#define OPTIONS "write=yes,cache=1M"
#define LENGTH  20000u

/* ---- a run ------------------------------------------------------------------------------ */

static int32_t find(struct pier *pier, const char *path, uint64_t *node)
{
	struct fs_attributes found;
	int32_t error = twin_find(pier, path, &found);

	*node = found.node;
	return error;
}

/* Makes a file, or with a target a link, or a directory, in the directory `d` or the root. */
static int32_t make(struct pier *pier, uint64_t directory, const char *name, uint32_t mode,
                    const char *target)
{
	const uint32_t length = (uint32_t)strlen(name);
	struct fs_attributes made;
	int32_t error;

	if (target)
		error = fs_symlink(pier->client, directory, name, length, target, (uint32_t)strlen(target),
		                   &made);
	else if (mode == 0)
		error = fs_make_directory(pier->client, directory, 0755, 0, name, length, &made);
	else
		error = fs_create(pier->client, directory, mode, 0, 0, name, length, &made);
	if (!error)
		fs_forget(pier->client, made.node, 1);
	return error;
}

static int32_t write_to(struct pier *pier, const char *path, uint64_t offset, uint32_t length)
{
	struct fs_write_results results;
	uint8_t *data = malloc(length);
	uint64_t node;
	int32_t error = find(pier, path, &node);

	memset(data, 7, length);
	if (!error)
		error = fs_write(pier->client, node, offset, 0, data, length, &results);
	free(data);
	return error;
}

static int32_t names_make(struct pier *pier)
{
	uint64_t directory;
	int32_t error = find(pier, "d", &directory);
	char name[200];

	for (char first = 'a'; !error && first < 'a' + 14; first++) {
		memset(name, first, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		error = make(pier, directory, name, 0100600, NULL);
	}
	return error;
}

static int32_t step_run(struct pier *pier, uint32_t step)
{
	/* By whole blocks: the rest of a last one is made zero in place, before the commit. */
	struct fs_attributes values = {.size = 3072}, changed;
	char target[120];
	uint64_t node, directory;
	int32_t error;

	memset(target, 't', sizeof(target));
	target[sizeof(target) - 1] = '\0';
	switch (step) {
	case 0:
		return make(pier, FS_ROOT, "a", 0100644, NULL);
	case 1:
		return write_to(pier, "a", 0, LENGTH);
	case 3:
		return make(pier, FS_ROOT, "d", 0, NULL);
	case 4:
		return names_make(pier);
	case 5:
		error = find(pier, "d", &directory);
		return error ? error : fs_rename(pier->client, FS_ROOT, directory, 0, "a", 1, "b", 1);
	case 6:
		return make(pier, FS_ROOT, "link", 0, target);
	case 8:
		error = find(pier, "d/b", &node);
		return error ? error : fs_set_attributes(pier->client, node, FS_SET_SIZE, &values, &changed);
	case 9:
		return fs_unlink(pier->client, FS_ROOT, "link", 4);
	case 10:
		return write_to(pier, "d/b", 40960, LENGTH);
	case 11:
		return make(pier, FS_ROOT, "other", 0, NULL);
	case 12:
		return fs_remove_directory(pier->client, FS_ROOT, "other", 5);
	default:
		return fs_sync_all(pier->client);
	}
}

#define STEPS 14u

static bool is_sync(uint32_t step)
{
	return step == 2 || step == 7 || step == 13;
}

/* What a run has come to. */
static struct {
	struct tree_digest digests[STEPS + 1]; /* before each step, and at last */
	uint32_t failed;                       /* steps that did, by the fault */
	uint32_t synced;                       /* so many steps were done when the last sync succeeded */
	bool mounted, writable, aborted;
	bool breaks_all;   /* from the fault on nothing succeeds */
	uint32_t requests; /* that succeeded, without those of looking; */
	uint32_t operated; /* and so many of them until all steps were done */
	bool is_looking;
} run;

/* The disk works as long as this looks at the tree. */
static void look_whole(struct pier *pier, struct tree_digest *digest)
{
	struct memory_disk_fault faults[MEMORY_DISK_FAULTS];

	memcpy(faults, pier->disk->faults, sizeof(faults));
	memory_disk_heal(pier->disk);
	run.is_looking = true;
	digest_tree(pier, "", digest);
	run.is_looking = false;
	memcpy(pier->disk->faults, faults, sizeof(faults));
}

static void step_judge(uint32_t step, int32_t status, bool was_aborted)
{
	/* Without what failed before there may be nothing to work on. */
	const bool follows = run.failed > 0 && (status == POSIX_ENOENT || status == POSIX_EEXIST);

	ck_assert_msg(status == 0 || status == POSIX_EIO || status == POSIX_EROFS || follows,
	              "step %u: %d\n%s", step, (int)status, pier_console());
	ck_assert_msg(!was_aborted || status != 0, "step %u succeeds though nothing can be written\n%s", step,
	              pier_console());
	run.failed += status != 0;
}

static void operate(struct pier *pier, void *context)
{
	struct fs_attributes root;
	const struct volume *volume = pier_volume();

	(void)context;
	run.mounted = volume && volume->mounted;
	ck_assert((fs_get_attributes(pier->client, FS_ROOT, &root) == POSIX_ENODEV) == !run.mounted);
	run.writable = run.mounted && volume->writable;
	if (run.mounted)
		look_whole(pier, &run.digests[0]);
	for (uint32_t step = 0; run.writable && step < STEPS; step++) {
		const bool was_aborted = volume->transactions.error;
		const int32_t status = step_run(pier, step);

		step_judge(step, status, was_aborted);
		if (is_sync(step) && status == 0)
			run.synced = step + 1;
		look_whole(pier, &run.digests[step + 1]);
	}
	run.operated = run.requests;
	run.aborted = run.writable && volume->transactions.error;
	pier_settle(pier);
	ck_assert_msg(!run.aborted || strstr(pier_console(), "it is read-only from now on"), "%s",
	              pier_console());
}

static void count(const struct disk_request *request)
{
	(void)request;
	run.requests += !run.is_looking;
}

static void look(struct pier *pier, void *context)
{
	digest_tree(pier, "", context);
}

/* What is there in the end is what was seen, at a time not before the last sync. */
static void end_judge(uint32_t request)
{
	struct tree_digest digest;
	bool found = false;

	image_run(1, "e2fsck -fp %s", image_path("copy"));
	image_run(0, "e2fsck -fn %s", image_path("copy"));
	pier_run(image_path("copy"), "", 0, look, &digest);
	if (!run.writable)
		return;
	for (uint32_t i = run.aborted ? run.synced : STEPS; i <= STEPS; i++)
		found = found || run.digests[i].whole == digest.whole;
	ck_assert_msg(found, "request %u%s: %s", request, run.breaks_all ? " and all after it" : "",
	              run.aborted ? "what is there is not what was, since the last sync"
	                          : "what is there is not what was in the end");
}

static void run_once(uint32_t request, bool breaks_all)
{
	struct memory_disk_fault fault = {
		.operations = 1u << DISK_READ | 1u << DISK_WRITE | 1u << DISK_FLUSH,
		.length = UINT64_MAX,
		.after = request,
		.times = breaks_all ? UINT32_MAX : 1,
		.status = POSIX_EIO,
	};

	memset(&run, 0, sizeof(run));
	run.breaks_all = breaks_all;
	image_run(0, "cp %s %s", image_path("image"), image_path("copy"));
	pier_fault = &fault;
	pier_observe = count;
	/* The superblock is two sectors, and has to be one while the journal is empty (docs/EXT4.md). */
	pier_whole = 1024;
	pier_write(image_path("copy"), OPTIONS, 0, request % 2 ? PIER_CRASH : PIER_UNMOUNT, operate, NULL);
	pier_fault = NULL;
	pier_observe = NULL;
}

START_TEST(each_request_fails_in_turn)
{
	uint32_t aborted = 0, failed = 0, unmounted = 0, requests, operated;

	image_run(0, "rm -f %s && mke2fs -q -F -t ext4 -b 1024 -g 1024 -N 64 -J size=1 %s 4M </dev/null",
	          image_path("image"), image_path("image"));
	run_once(UINT32_MAX - 1, false);
	ck_assert(run.writable && run.failed == 0 && !run.aborted);
	requests = run.requests;
	operated = run.operated;
	ck_assert_uint_gt(requests, operated);
	for (uint32_t request = 0; request < requests; request++) {
		run_once(request, _i == 1);
		end_judge(request);
		aborted += run.aborted;
		failed += run.failed > 0;
		unmounted += !run.mounted;
		/* Where all fails, somebody is told. */
		ck_assert_msg(!run.writable || run.failed > 0 || !run.breaks_all || request >= operated,
		              "request %u", request);
	}
	printf("# %u requests: %u runs with a call that failed, %u that ended read-only, %u not mounted\n",
	       requests, failed, aborted, unmounted);
	ck_assert_uint_gt(failed, 0);
	ck_assert_uint_gt(aborted, 0);
	ck_assert_uint_gt(unmounted, 0);
}
END_TEST

/* ---- damage -------------------------------------------------------------------------------------- */

static uint64_t damaged_at; /* bytes from the start of the disk */

static void directory_make(struct pier *pier, void *context)
{
	(void)context;
	ck_assert_int_eq(make(pier, FS_ROOT, "d", 0, NULL), 0);
}

static void directory_damage(uint8_t *image, uint64_t size)
{
	ck_assert_uint_lt(damaged_at, size);
	image[damaged_at + 500] ^= 1;
}

static void damage_meet(struct pier *pier, void *context)
{
	const bool goes_on = *(const bool *)context;
	uint64_t node;

	ck_assert_int_eq(make(pier, FS_ROOT, "before", 0100644, NULL), 0);
	ck_assert_int_eq(find(pier, "d/any", &node), POSIX_EUCLEAN);
	ck_assert_int_eq(make(pier, FS_ROOT, "after", 0100644, NULL), goes_on ? 0 : POSIX_EROFS);
	ck_assert_int_eq(fs_sync_all(pier->client), goes_on ? 0 : POSIX_EROFS);
	pier_settle(pier);
	ck_assert_msg(goes_on == !strstr(pier_console(), "damage was found, and errors= says not to go on"),
	              "%s", pier_console());
}

START_TEST(damage_is_met_as_the_superblock_says)
{
	static const char *const policies[] = {"continue", "remount-ro", "panic"};
	bool goes_on = _i == 0;
	char *text;

	image_run(0, "rm -f %s && mke2fs -q -F -t ext4 -b 1024 -e %s -J size=1 %s 4M </dev/null",
	          image_path("image"), policies[_i], image_path("image"));
	pier_write(image_path("image"), OPTIONS, 0, PIER_UNMOUNT, directory_make, NULL);
	text = image_output("debugfs -R 'bmap /d 0' %s 2>/dev/null", image_path("image"));
	damaged_at = strtoull(text, NULL, 10) * 1024;
	free(text);
	pier_prepare = directory_damage;
	pier_write(image_path("image"), OPTIONS, 0, PIER_UNMOUNT, damage_meet, &goes_on);
}
END_TEST

/* ---- what is full ----------------------------------------------------------------------------- */

/* Makes files until there is no inode, fills them until there is no block; then all can be used again. */
static void fill(struct pier *pier, void *context)
{
	char name[16];
	uint32_t files = 0;
	int32_t error = 0;

	(void)context;
	for (; !error; files += !error) {
		snprintf(name, sizeof(name), "f%u", files);
		error = make(pier, FS_ROOT, name, 0100644, NULL);
	}
	ck_assert_int_eq(error, POSIX_ENOSPC);
	ck_assert_int_eq(make(pier, FS_ROOT, "directory", 0, NULL), POSIX_ENOSPC);
	for (uint64_t at = 0; !error || at == 0; at += LENGTH)
		error = write_to(pier, "f0", at, LENGTH);
	ck_assert_int_eq(error, POSIX_ENOSPC);
	ck_assert_int_eq(write_to(pier, "f1", 0, 1), POSIX_ENOSPC);
	ck_assert_int_eq(fs_sync_all(pier->client), 0);
	ck_assert_int_eq(fs_unlink(pier->client, FS_ROOT, "f0", 2), 0);
	ck_assert_int_eq(write_to(pier, "f1", 0, 30 * LENGTH), 0);
	ck_assert_int_eq(make(pier, FS_ROOT, "again", 0100644, NULL), 0);
	ck_assert_int_eq(fs_unlink(pier->client, FS_ROOT, "again", 5), 0);
	digest_tree(pier, "", context);
}

START_TEST(what_is_full_says_so_and_loses_nothing)
{
	struct tree_digest before, after;

	image_run(0, "rm -f %s && mke2fs -q -F -t ext4 -b 1024 -N 64 -J size=1 %s 4M </dev/null",
	          image_path("image"), image_path("image"));
	pier_write(image_path("image"), OPTIONS, 5, PIER_UNMOUNT, fill, &before);
	image_run(0, "e2fsck -fn %s", image_path("image"));
	pier_run(image_path("image"), "", 0, look, &after);
	ck_assert_uint_eq(before.whole, after.whole);
}
END_TEST

/* More than the log holds, without one sync: it is emptied on the way. */
static void churn(struct pier *pier, void *context)
{
	char name[200];

	for (uint32_t i = 0; i < 1500; i++) {
		memset(name, 'n', sizeof(name) - 1);
		name[snprintf(name, sizeof(name), "%u", i % 50)] = '-';
		name[sizeof(name) - 1] = '\0';
		if (i / 50 % 2 == 0)
			ck_assert_int_eq(make(pier, FS_ROOT, name, 0100644, NULL), 0);
		else
			ck_assert_int_eq(fs_unlink(pier->client, FS_ROOT, name, (uint32_t)strlen(name)), 0);
		if (i % 3 == 0)
			ck_assert_int_eq(fs_sync_all(pier->client), 0);
	}
	ck_assert_uint_gt(pier->disk->completed[DISK_WRITE], 0);
	digest_tree(pier, "", context);
}

START_TEST(a_full_journal_is_emptied)
{
	struct tree_digest before, after;

	image_run(0, "rm -f %s && mke2fs -q -F -t ext4 -b 1024 -N 64 -J size=1 %s 4M </dev/null",
	          image_path("image"), image_path("image"));
	pier_write(image_path("image"), OPTIONS, 3, PIER_UNMOUNT, churn, &before);
	image_run(0, "e2fsck -fn %s", image_path("image"));
	pier_run(image_path("image"), "", 0, look, &after);
	ck_assert_uint_eq(before.whole, after.whole);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4-errors");
	TCase *tcase = tcase_create("ext4-errors");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	tcase_set_timeout(tcase, 0);
	tcase_add_loop_test(tcase, each_request_fails_in_turn, 0, 2);
	tcase_add_loop_test(tcase, damage_is_met_as_the_superblock_says, 0, 3);
	tcase_add_test(tcase, what_is_full_says_so_and_loses_nothing);
	tcase_add_test(tcase, a_full_journal_is_emptied);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
