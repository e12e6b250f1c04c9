/* The disk's self-test passes a good disk and finds each fault of a bad one. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include <drydock/posix.h>

#include "apps/disktest/disktest.h"

#include "../dev/memory_disk.h"

#define SIZE (1u << 20)

static struct memory_disk disk;
static struct disktest test;
static char failed[256]; /* names of the steps that failed */
static int steps;

/* A disk in memory never needs to be waited for: it has something, or the test has forgotten to kick it. */
static void wait(void *context)
{
	(void)context;
	ck_abort_msg("it waits for nothing");
}

static void report(void *context, const char *step, bool passed, const char *text)
{
	(void)context;
	steps++;
	ck_assert_msg(passed == (text[0] == '\0'), "%s: %s", step, text);
	if (!passed)
		snprintf(failed + strlen(failed), sizeof(failed) - strlen(failed), "%s;", step);
}

static const struct disktest_options everything = {.length = SIZE,
                                                   .seed = 77,
                                                   .wait = wait,
                                                   .report = report};

static void start(uint32_t flags)
{
	memory_disk_create(
		&disk, &(struct memory_disk_options){.size = SIZE, .flags = flags, .seed = 12, .depth = 16});
	failed[0] = '\0';
	steps = 0;
}

static const char *run(const struct disktest_options *options)
{
	uint32_t count = disktest_run(&test, &disk.disk, options);
	uint32_t named = 0;

	for (const char *at = failed; *at; at++)
		named += *at == ';';
	ck_assert_uint_eq(count, named);
	return failed;
}

START_TEST(passes_good_disks)
{
	static const uint32_t flags[] = {0, DISK_WRITE_CACHE, DISK_WRITE_CACHE | DISK_CAN_DISCARD};

	for (size_t i = 0; i < 3; i++) {
		start(flags[i]);
		ck_assert_str_eq(run(&everything), "");
		ck_assert_int_eq(steps, 5);
		ck_assert_uint_gt(disk.deepest, disk.disk.geometry.depth);
		ck_assert_uint_gt(disk.completed[DISK_FLUSH], 0);
		ck_assert_uint_eq(disk.completed[DISK_DISCARD], i == 2);
		memory_disk_destroy(&disk);
	}
}
END_TEST

START_TEST(only_reads_a_read_only_disk)
{
	start(DISK_READ_ONLY);
	ck_assert_str_eq(run(&everything), "");
	ck_assert_uint_eq(disk.completed[DISK_WRITE], 0);
	memory_disk_destroy(&disk);
}
END_TEST

/* Nothing outside of the range is written. */
START_TEST(keeps_to_its_range)
{
	struct disktest_options part = everything;

	start(DISK_CAN_DISCARD);
	memset(disk.current, 0x11, SIZE);
	part.offset = 64 * 1024 + 512;
	part.length = 200 * 1024 + 512;
	ck_assert_str_eq(run(&part), "");
	for (uint32_t at = 0; at < SIZE; at++) {
		bool within = at >= part.offset && at < part.offset + part.length;

		if (!within && disk.current[at] != 0x11)
			ck_abort_msg("byte %u was written", at);
	}
	ck_assert_uint_ne(disk.current[part.offset], 0x11);
	part.offset = SIZE;
	ck_assert_str_eq(run(&part), "prepare;");
	memory_disk_destroy(&disk);
}
END_TEST

START_TEST(works_within_small_maxima)
{
	start(DISK_WRITE_CACHE);
	disk.disk.geometry.segments_maximum = 1;
	disk.disk.geometry.segment_maximum = 1024;
	ck_assert_str_eq(run(&everything), "");
	disk.disk.geometry.segments_maximum = 3;
	disk.disk.geometry.transfer_maximum = 2560;
	ck_assert_str_eq(run(&everything), "");
	memory_disk_destroy(&disk);
}
END_TEST

START_TEST(finds_errors)
{
	static const struct {
		struct memory_disk_fault fault;
		const char *failed;
	} cases[] = {
		{{1u << DISK_READ, 512 * 1000, 512, 0, 1, POSIX_EIO}, "write and read;"},
		{{1u << DISK_WRITE, 512 * 1000, 512, 1, 1, POSIX_EIO}, "write and read;"},
		{{1u << DISK_FLUSH, 0, SIZE, 0, 1, POSIX_EIO}, "flush;"},
		{{1u << DISK_DISCARD, 0, SIZE, 0, 1, POSIX_EIO}, "discard;"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		start(DISK_WRITE_CACHE | DISK_CAN_DISCARD);
		memory_disk_fail(&disk, &cases[i].fault);
		ck_assert_str_eq(run(&everything), cases[i].failed);
		memory_disk_destroy(&disk);
	}
}
END_TEST

static void (*submit)(struct disk *disk, struct disk_request *request);
static enum {
	MISPLACES,
	IGNORES_WRITES,
	ANSWERS_AT_ONCE,
	ENDS_TWICE,
	REFUSES_NOTHING,
	DISCARDS_TOO_MUCH
} misdeed;
static int countdown;

/* A disk that does something wrong once. */
static void submit_badly(struct disk *base, struct disk_request *request)
{
	bool now = request->operation == (misdeed == DISCARDS_TOO_MUCH ? DISK_DISCARD
	                                  : misdeed == ENDS_TWICE      ? DISK_READ
	                                                               : DISK_WRITE) &&
	           countdown-- == 0;

	if (misdeed == REFUSES_NOTHING && request->status == 0 && request->operation == DISK_READ &&
	    request->offset + request->length > base->geometry.size) {
		request->offset = 0;
	} else if (now && misdeed == MISPLACES) {
		request->offset += 512;
	} else if (now && misdeed == IGNORES_WRITES) {
		request->operation = DISK_FLUSH;
		request->segment_count = 0;
		request->offset = request->length = 0;
	} else if (now && misdeed == DISCARDS_TOO_MUCH) {
		memset(disk.current + request->offset + request->length, 0, 512);
	} else if (now && (misdeed == ANSWERS_AT_ONCE || misdeed == ENDS_TWICE)) {
		request->status = 0;
		request->done(request);
		if (misdeed == ANSWERS_AT_ONCE)
			return;
	}
	submit(base, request);
}

START_TEST(finds_misdeeds)
{
	static const struct disk_operations bad = {.submit = submit_badly};
	static const char *const wanted[] = {"write and read;", "write and read;", "write and read;",
	                                     "write and read;", "refusals;",       "discard;"};

	for (misdeed = MISPLACES; misdeed <= DISCARDS_TOO_MUCH; misdeed++) {
		start(DISK_WRITE_CACHE | DISK_CAN_DISCARD);
		submit = disk.disk.operations->submit;
		disk.disk.operations = &bad;
		countdown = misdeed == DISCARDS_TOO_MUCH ? 0 : 40;
		ck_assert_msg(strncmp(run(&everything), wanted[misdeed], strlen(wanted[misdeed])) == 0,
		              "%d: %s", (int)misdeed, failed);
		memory_disk_destroy(&disk);
	}
}
END_TEST

UNIT_RUN("disktest", passes_good_disks, only_reads_a_read_only_disk, keeps_to_its_range,
         works_within_small_maxima, finds_errors, finds_misdeeds)
