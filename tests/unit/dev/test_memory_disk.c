/* The disk in memory keeps the promises of drydock/dev/block.h, and breaks no other. */
#include "../unit.h"

#include <string.h>

#include <drydock/posix.h>

#include "memory_disk.h"

#define SIZE  (256u * 1024)
#define PAGE  4096u
#define BLOCK 512u

static struct memory_disk disk;
static uint8_t *memory;
static int ends;

static void done(struct disk_request *request)
{
	(void)request;
	ends++;
}

static void start(uint32_t flags, uint64_t seed)
{
	memory_disk_create(&disk, &(struct memory_disk_options){.size = SIZE, .flags = flags, .seed = seed});
	memory = device_allocate(&disk.disk.device, 16 * PAGE);
	ck_assert_ptr_nonnull(memory);
	ends = 0;
}

static void drain(void)
{
	device_kick(&disk.disk.device);
	while (device_poll(&disk.disk.device))
		;
}

/* One request of one segment, to its end. */
static int32_t run(uint8_t operation, uint8_t flags, uint64_t offset, void *address, uint32_t length)
{
	struct device_segment segment = {address, length};
	struct disk_request request = {
		.operation = operation, .flags = flags, .offset = offset, .length = length, .done = done};
	int before = ends;

	if (operation == DISK_READ || operation == DISK_WRITE) {
		request.segments = &segment;
		request.segment_count = 1;
	}
	disk_submit(&disk.disk, &request);
	ck_assert_int_eq(ends, before);
	drain();
	ck_assert_int_eq(ends, before + 1);
	return request.status;
}

static void put(uint64_t offset, int byte, uint8_t flags)
{
	memset(memory, byte, BLOCK);
	ck_assert_int_eq(run(DISK_WRITE, flags, offset, memory, BLOCK), 0);
}

static int get(uint64_t offset)
{
	ck_assert_int_eq(run(DISK_READ, 0, offset, memory, BLOCK), 0);
	for (uint32_t i = 1; i < BLOCK; i++)
		ck_assert_uint_eq(memory[i], memory[0]);
	return memory[0];
}

START_TEST(reads_what_was_written)
{
	start(DISK_WRITE_CACHE, 0);
	put(3 * BLOCK, 7, 0);
	ck_assert_int_eq(get(3 * BLOCK), 7);
	ck_assert_int_eq(get(2 * BLOCK), 0);
	memory_disk_destroy(&disk);
}
END_TEST

START_TEST(scatters_and_gathers)
{
	struct device_segment segments[2];
	struct disk_request request = {.operation = DISK_WRITE,
	                               .length = 3 * BLOCK,
	                               .segments = segments,
	                               .segment_count = 2,
	                               .done = done};

	start(0, 0);
	segments[0] = (struct device_segment){memory + PAGE, BLOCK};
	segments[1] = (struct device_segment){memory, 2 * BLOCK};
	memset(memory, 1, 2 * BLOCK);
	memset(memory + PAGE, 2, BLOCK);
	disk_submit(&disk.disk, &request);
	drain();
	ck_assert_int_eq(request.status, 0);
	ck_assert_int_eq(get(0), 2);
	ck_assert_int_eq(get(2 * BLOCK), 1);
	memory_disk_destroy(&disk);
}
END_TEST

START_TEST(refuses_what_breaks_the_rules)
{
	uint8_t foreign[PAGE] __attribute__((aligned(4096))) = {0};

	start(DISK_WRITE_CACHE, 0);
	ck_assert_int_eq(run(DISK_READ, 0, 1, memory, BLOCK), POSIX_EINVAL);
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, 100), POSIX_EINVAL);
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory + 1, BLOCK), POSIX_EINVAL);
	ck_assert_int_eq(run(DISK_READ, 0, SIZE, memory, BLOCK), POSIX_EINVAL);
	ck_assert_int_eq(run(DISK_READ, 0, UINT64_MAX - 511, memory, BLOCK), POSIX_EINVAL);
	ck_assert_int_eq(run(DISK_READ, DISK_FUA, 0, memory, BLOCK), POSIX_EINVAL);
	ck_assert_int_eq(run(DISK_WRITE, 2, 0, memory, BLOCK), POSIX_EINVAL);
	ck_assert_int_eq(run(DISK_READ, 0, 0, foreign, BLOCK), POSIX_EFAULT);
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory + 16 * PAGE - BLOCK, 2 * BLOCK), POSIX_EFAULT);
	ck_assert_int_eq(run(DISK_FLUSH, 0, 0, NULL, BLOCK), POSIX_EINVAL);
	ck_assert_int_eq(run(DISK_DISCARD, 0, 0, NULL, BLOCK), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(run(9, 0, 0, NULL, BLOCK), POSIX_EOPNOTSUPP);
	disk.disk.geometry.flags |= DISK_READ_ONLY;
	ck_assert_int_eq(run(DISK_WRITE, 0, 0, memory, BLOCK), POSIX_EROFS);
	memory_disk_resize(&disk, BLOCK);
	ck_assert_int_eq(run(DISK_READ, 0, BLOCK, memory, BLOCK), POSIX_EINVAL);
	memory_disk_destroy(&disk);
}
END_TEST

START_TEST(refuses_wrong_segments)
{
	struct device_segment segments[300];
	struct disk_request request = {.operation = DISK_READ, .segments = segments, .done = done};
	static const struct {
		uint16_t count;
		uint32_t each, length;
	} cases[] = {{0, BLOCK, BLOCK},
	             {2, BLOCK, BLOCK},
	             {1, BLOCK, 2 * BLOCK},
	             {255, BLOCK, 255 * BLOCK},
	             {1, 0, BLOCK}};

	start(0, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (size_t j = 0; j < 300; j++)
			segments[j] = (struct device_segment){memory, cases[i].each};
		request.segment_count = cases[i].count;
		request.length = cases[i].length;
		disk_submit(&disk.disk, &request);
		drain();
		ck_assert_msg(request.status == POSIX_EINVAL, "case %zu: %d", i, request.status);
	}
	memory_disk_destroy(&disk);
}
END_TEST

/* Without a flush any of the values written may be there, and with many seeds each of them is. */
START_TEST(crash_loses_what_was_not_flushed)
{
	bool seen[4] = {false};

	for (uint64_t seed = 1; seed <= 64; seed++) {
		int left;

		start(DISK_WRITE_CACHE, 0);
		put(0, 1, 0);
		put(0, 2, 0);
		put(0, 3, 0);
		memory_disk_crash(&disk, seed);
		left = get(0);
		ck_assert_int_le(left, 3);
		seen[left] = true;
		memory_disk_destroy(&disk);
	}
	ck_assert(seen[0] && seen[1] && seen[2] && seen[3]);
}
END_TEST

START_TEST(crash_keeps_what_was_flushed)
{
	for (uint64_t seed = 1; seed <= 32; seed++) {
		int left;

		start(DISK_WRITE_CACHE, 0);
		put(0, 1, 0);
		ck_assert_int_eq(run(DISK_FLUSH, 0, 0, NULL, 0), 0);
		put(BLOCK, 2, 0);
		put(2 * BLOCK, 3, 0);
		put(2 * BLOCK, 4, DISK_FUA);
		memory_disk_crash(&disk, seed);
		ck_assert_int_eq(get(0), 1);
		left = get(BLOCK);
		ck_assert(left == 0 || left == 2);
		ck_assert_int_eq(get(2 * BLOCK), 4);
		memory_disk_destroy(&disk);
	}
}
END_TEST

/* A flush promises nothing for writes that ended after it was submitted. */
START_TEST(flush_covers_only_what_had_ended)
{
	struct device_segment segment;
	struct disk_request write = {.operation = DISK_WRITE,
	                             .length = BLOCK,
	                             .segments = &segment,
	                             .segment_count = 1,
	                             .done = done};
	struct disk_request flush = {.operation = DISK_FLUSH, .done = done};
	bool lost = false;

	for (uint64_t seed = 1; seed <= 16; seed++) {
		start(DISK_WRITE_CACHE, 0);
		segment = (struct device_segment){memory, BLOCK};
		memset(memory, 5, BLOCK);
		disk_submit(&disk.disk, &write);
		disk_submit(&disk.disk, &flush);
		drain();
		ck_assert_int_eq(ends, 2);
		memory_disk_crash(&disk, seed);
		lost |= get(0) == 0;
		memory_disk_destroy(&disk);
	}
	ck_assert(lost);
}
END_TEST

START_TEST(without_cache_nothing_is_lost)
{
	start(0, 0);
	put(0, 1, 0);
	memory_disk_crash(&disk, 1);
	ck_assert_int_eq(get(0), 1);
	memory_disk_destroy(&disk);
}
END_TEST

/* A write in flight lands in any part, by sectors or, if told so, by bytes. */
START_TEST(crash_tears)
{
	struct device_segment segment;
	struct disk_request write = {.operation = DISK_WRITE,
	                             .length = 8 * BLOCK,
	                             .segments = &segment,
	                             .segment_count = 1,
	                             .done = done};
	bool torn = false, split = false;

	for (uint64_t seed = 1; seed <= 64; seed++) {
		int sectors = 0;

		memory_disk_create(&disk, &(struct memory_disk_options){.size = SIZE,
		                                                        .flags = DISK_WRITE_CACHE,
		                                                        .torn_sectors = true});
		memory = device_allocate(&disk.disk.device, PAGE);
		ends = 0;
		segment = (struct device_segment){memory, 8 * BLOCK};
		memset(memory, 6, 8 * BLOCK);
		disk_submit(&disk.disk, &write);
		device_kick(&disk.disk.device);
		memory_disk_crash(&disk, seed);
		ck_assert(!device_poll(&disk.disk.device));
		ck_assert_int_eq(ends, 0);
		for (uint32_t i = 0; i < 8; i++) {
			const uint8_t *sector = disk.durable + i * BLOCK;

			sectors += sector[0] == 6;
			split |= sector[0] == 6 && sector[BLOCK - 1] == 0;
		}
		torn |= sectors > 0 && sectors < 8;
		memory_disk_destroy(&disk);
	}
	ck_assert(torn && split);
}
END_TEST

START_TEST(fails_as_told)
{
	start(DISK_WRITE_CACHE, 0);
	memory_disk_fail(&disk, &(struct memory_disk_fault){.operations = 1u << DISK_WRITE,
	                                                    .offset = BLOCK,
	                                                    .length = BLOCK,
	                                                    .after = 1,
	                                                    .times = 2,
	                                                    .status = POSIX_EIO});
	memory_disk_fail(&disk, &(struct memory_disk_fault){
					.operations = 1u << DISK_FLUSH, .times = 1, .status = POSIX_ENOSPC});
	ck_assert_int_eq(run(DISK_WRITE, 0, 0, memory, BLOCK), 0);
	ck_assert_int_eq(run(DISK_WRITE, 0, BLOCK, memory, BLOCK), 0);
	ck_assert_int_eq(run(DISK_WRITE, 0, 0, memory, PAGE), POSIX_EIO);
	ck_assert_int_eq(run(DISK_READ, 0, BLOCK, memory, BLOCK), 0);
	ck_assert_int_eq(run(DISK_WRITE, 0, BLOCK, memory, BLOCK), POSIX_EIO);
	ck_assert_int_eq(run(DISK_WRITE, 0, BLOCK, memory, BLOCK), 0);
	ck_assert_int_eq(run(DISK_FLUSH, 0, 0, NULL, 0), POSIX_ENOSPC);
	ck_assert_int_eq(run(DISK_FLUSH, 0, 0, NULL, 0), 0);
	memory_disk_break(&disk, "the test said so");
	ck_assert_int_eq(run(DISK_READ, 0, BLOCK, memory, BLOCK), POSIX_EIO);
	memory_disk_destroy(&disk);
}
END_TEST

static struct disk_request *order[128];

static void note_order(struct disk_request *request)
{
	order[ends++] = request;
}

/* With a seed requests overtake each other, but never more than `depth` of them. */
START_TEST(depth_bounds_what_overtakes)
{
	struct disk_request requests[128];
	int overtaken = 0;

	memory_disk_create(&disk, &(struct memory_disk_options){.size = SIZE, .depth = 4, .seed = 99});
	ends = 0;
	for (int i = 0; i < 128; i++) {
		requests[i] = (struct disk_request){.operation = DISK_FLUSH, .done = note_order};
		disk_submit(&disk.disk, &requests[i]);
	}
	ck_assert(!device_poll(&disk.disk.device));
	ck_assert(device_arm(&disk.disk.device));
	device_kick(&disk.disk.device);
	ck_assert(!device_arm(&disk.disk.device));
	drain();
	ck_assert_int_eq(ends, 128);
	for (int i = 0; i < 128; i++) {
		ck_assert(order[i] - requests <= i + 3);
		overtaken += order[i] != &requests[i];
	}
	ck_assert_int_gt(overtaken, 0);
	ck_assert_uint_eq(disk.deepest, 128);
	memory_disk_destroy(&disk);
}
END_TEST

UNIT_RUN("memory_disk", reads_what_was_written, scatters_and_gathers, refuses_what_breaks_the_rules,
         refuses_wrong_segments, crash_loses_what_was_not_flushed, crash_keeps_what_was_flushed,
         flush_covers_only_what_had_ended, without_cache_nothing_is_lost, crash_tears, fails_as_told,
         depth_bounds_what_overtakes)
