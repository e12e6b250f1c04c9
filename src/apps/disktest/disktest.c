/*
 * The steps of the disk's self-test. Each 64-bit word on the disk is made of its
 * own address and a seed, so that what was written elsewhere, not at all, or
 * before is told from what should be there.
 */
#include "disktest.h"

#include <drydock/abi/sys.h>
#include <drydock/format.h>
#include <drydock/posix.h>

#define MEMORY_SIZE ((size_t)DISKTEST_SLOTS * DISKTEST_CHUNK)

/* splitmix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static uint64_t pattern(uint64_t address, uint64_t seed)
{
	uint64_t word = address + seed * 0x9e3779b97f4a7c15ull;

	word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9ull;
	word = (word ^ (word >> 27)) * 0x94d049bb133111ebull;
	return word ^ (word >> 31);
}

/* The first thing that goes wrong in a step is what it reports. */
static void fail(struct disktest *test, const char *what, uint64_t offset, int32_t status)
{
	if (!test->failed)
		format_string(test->text, sizeof(test->text), "%s at byte %llu, error %d", what,
		              (unsigned long long)offset, status);
	test->failed = true;
}

/* The disk ends requests as it must not: nothing can be submitted safely any more. */
static void fail_for_good(struct disktest *test, const char *what, uint64_t offset)
{
	fail(test, what, offset, 0);
	test->lost = true;
}

static void fill(struct disktest_slot *slot)
{
	uint64_t *words = (uint64_t *)(void *)slot->data;

	for (uint64_t at = 0; at < slot->request.length; at += 8)
		words[at / 8] = pattern(slot->request.offset + at, slot->test->seed);
}

static void verify(struct disktest_slot *slot)
{
	const uint64_t *words = (const uint64_t *)(const void *)slot->data;

	for (uint64_t at = 0; at < slot->request.length; at += 8) {
		if (words[at / 8] != pattern(slot->request.offset + at, slot->test->seed)) {
			fail(slot->test, "other data than was written", slot->request.offset + at, 0);
			return;
		}
	}
}

static void done(struct disk_request *request)
{
	struct disktest_slot *slot = request->context;

	if (++slot->ends > 1) {
		fail_for_good(slot->test, "a request ended twice", request->offset);
		return;
	}
	slot->busy = false;
	slot->test->in_flight--;
	if (slot->test->options->ended != NULL)
		slot->test->options->ended(slot->test->options->context);
	if (!slot->verify)
		return;
	if (request->status)
		fail(slot->test, request->operation == DISK_READ ? "reading failed" : "writing failed",
		     request->offset, request->status);
	else if (request->operation == DISK_READ)
		verify(slot);
}

/* Lets the device work until at most `limit` requests are in flight. */
static void drain(struct disktest *test, uint32_t limit)
{
	struct device *device = &test->disk->device;

	device_kick(device);
	while (test->in_flight > limit) {
		if (!device_poll(device) && device_arm(device))
			test->options->wait(test->options->context);
	}
}

static struct disktest_slot *take_slot(struct disktest *test)
{
	if (test->in_flight == DISKTEST_SLOTS)
		drain(test, DISKTEST_SLOTS - 1);
	for (uint32_t i = 0; i < DISKTEST_SLOTS; i++) {
		if (!test->slots[i].busy)
			return &test->slots[i];
	}
	return NULL; /* cannot be: fewer are in flight than there are */
}

/* Cuts the slot's memory into segments for `length` bytes. */
static void cut(struct disktest *test, struct disktest_slot *slot, uint32_t length)
{
	const struct disk_geometry *geometry = &test->disk->geometry;
	uint32_t limit = geometry->segments_maximum < DISKTEST_SEGMENTS ? geometry->segments_maximum
	                                                                : DISKTEST_SEGMENTS;
	uint32_t each = (length / limit + geometry->block_size - 1) & ~(geometry->block_size - 1);
	uint32_t at = 0;

	if (each == 0)
		each = geometry->block_size;
	slot->request.segments = slot->segments;
	while (at < length) {
		uint32_t part = length - at < each ? length - at : each;

		slot->segments[slot->request.segment_count++] =
			(struct device_segment){slot->data + at, part};
		at += part;
	}
}

static struct disktest_slot *submit(struct disktest *test, uint8_t operation, uint8_t flags, uint64_t offset,
                                    uint32_t length, bool check)
{
	struct disktest_slot *slot = take_slot(test);

	slot->request = (struct disk_request){.operation = operation,
	                                      .flags = flags,
	                                      .offset = offset,
	                                      .length = length,
	                                      .done = done,
	                                      .context = slot};
	slot->ends = 0;
	slot->busy = true;
	slot->verify = check;
	if (operation == DISK_READ || operation == DISK_WRITE)
		cut(test, slot, length);
	if (operation == DISK_WRITE)
		fill(slot);
	test->in_flight++;
	disk_submit(test->disk, &slot->request);
	if (slot->ends > 0)
		fail_for_good(test, "a request ended within disk_submit", offset);
	return slot;
}

/* One request of one's own, to its end. */
static int32_t run(struct disktest *test, uint8_t operation, uint8_t flags, uint64_t offset, uint32_t length)
{
	struct disktest_slot *slot = submit(test, operation, flags, offset, length, false);

	drain(test, 0);
	return slot->request.status;
}

static void expect(struct disktest *test, const char *what, uint8_t operation, uint64_t offset,
                   uint32_t length, int32_t wanted)
{
	int32_t status = run(test, operation, 0, offset, length);

	if (status != wanted)
		fail(test, what, offset, status);
}

/* The whole range, many requests at once; backwards so that no disk does well by luck. */
static void sweep(struct disktest *test, uint8_t operation, bool backwards)
{
	uint64_t begin = test->options->offset;
	uint64_t chunks = (test->options->length + test->chunk - 1) / test->chunk;

	for (uint64_t i = 0; i < chunks && !test->failed; i++) {
		uint64_t at = (backwards ? chunks - 1 - i : i) * test->chunk;
		uint64_t left = test->options->length - at;

		submit(test, operation, 0, begin + at, left < test->chunk ? (uint32_t)left : test->chunk,
		       true);
	}
	drain(test, 0);
}

/* ---- steps --------------------------------------------------------------- */

static void step_write_and_read(struct disktest *test)
{
	test->seed = test->options->seed;
	sweep(test, DISK_WRITE, false);
	sweep(test, DISK_READ, true);
	/* Once more with other data: the first pattern must not be found again. */
	test->seed++;
	sweep(test, DISK_WRITE, true);
	sweep(test, DISK_READ, false);
	test->lost |= test->failed;
}

static void step_read(struct disktest *test)
{
	uint64_t chunks = test->options->length / test->chunk;

	for (uint64_t i = 0; i < chunks && !test->failed; i++)
		expect(test, "reading failed", DISK_READ, test->options->offset + i * test->chunk,
		       test->chunk, 0);
}

static void step_flush(struct disktest *test)
{
	uint32_t block = test->disk->geometry.block_size;
	int32_t status;

	status = run(test, DISK_WRITE, DISK_FUA, test->options->offset, block);
	if (status)
		fail(test, "writing through failed", test->options->offset, status);
	expect(test, "flushing failed", DISK_FLUSH, 0, 0, 0);
}

/* What was discarded may read as anything; its neighbours as before. */
static void step_discard(struct disktest *test)
{
	const struct disk_geometry *geometry = &test->disk->geometry;
	uint64_t offset = test->options->offset + test->chunk;

	if (!(geometry->flags & DISK_CAN_DISCARD)) {
		expect(test, "discarding was not refused", DISK_DISCARD, offset, geometry->block_size,
		       POSIX_EOPNOTSUPP);
		return;
	}
	if (test->options->length < 3ull * test->chunk || geometry->discard_maximum < test->chunk)
		return;
	expect(test, "discarding failed", DISK_DISCARD, offset, test->chunk, 0);
	submit(test, DISK_READ, 0, offset - test->chunk, test->chunk, true);
	submit(test, DISK_READ, 0, offset + test->chunk, test->chunk, true);
	drain(test, 0);
	submit(test, DISK_WRITE, 0, offset, test->chunk, true);
	drain(test, 0);
	submit(test, DISK_READ, 0, offset, test->chunk, true);
	drain(test, 0);
}

static void step_refusals(struct disktest *test)
{
	const struct disk_geometry *geometry = &test->disk->geometry;
	uint32_t block = geometry->block_size;
	uint8_t *own = test->slots[0].data;

	expect(test, "reading beyond the end was not refused", DISK_READ, geometry->size, block,
	       POSIX_EINVAL);
	expect(test, "reading across the end was not refused", DISK_READ, geometry->size - block, 2 * block,
	       POSIX_EINVAL);
	expect(test, "an odd offset was not refused", DISK_READ, 1, block, POSIX_EINVAL);
	expect(test, "an odd length was not refused", DISK_READ, 0, block - 1, POSIX_EINVAL);
	expect(test, "an empty read was not refused", DISK_READ, 0, 0, POSIX_EINVAL);
	expect(test, "an unknown operation was not refused", 200, 0, block, POSIX_EOPNOTSUPP);
	if (geometry->flags & DISK_READ_ONLY)
		expect(test, "writing was not refused", DISK_WRITE, 0, block, POSIX_EROFS);
	/* Memory that is this program's and not the device's: the test's own record. */
	test->slots[0].data = (uint8_t *)(((uintptr_t)test + block - 1) & ~(uintptr_t)(block - 1));
	expect(test, "memory that is not the device's was not refused", DISK_READ, 0, block, POSIX_EFAULT);
	test->slots[0].data = own;
}

/* Far more at once than the device works on: all end, each once. */
static void step_depth(struct disktest *test)
{
	uint32_t block = test->disk->geometry.block_size;
	uint64_t blocks = test->options->length / block;

	for (uint32_t i = 0; i < 16 * DISKTEST_SLOTS && !test->failed; i++) {
		bool known = !(test->disk->geometry.flags & DISK_READ_ONLY);

		submit(test, DISK_READ, 0, test->options->offset + pattern(i, 1) % blocks * block, block,
		       known);
	}
	drain(test, 0);
	for (uint32_t i = 0; i < DISKTEST_SLOTS; i++) {
		if (test->slots[i].busy || (test->slots[i].ends != 1 && test->slots[i].request.done))
			fail(test, "a request did not end once", test->slots[i].request.offset, 0);
	}
}

static uint32_t run_step(struct disktest *test, const char *name, void (*step)(struct disktest *test))
{
	if (test->lost)
		return 0;
	test->failed = false;
	test->text[0] = '\0';
	step(test);
	drain(test, 0);
	test->options->report(test->options->context, name, !test->failed, test->text);
	return test->failed;
}

static bool prepare(struct disktest *test)
{
	const struct disk_geometry *geometry = &test->disk->geometry;
	uint64_t room = (uint64_t)geometry->segments_maximum * geometry->segment_maximum;

	test->chunk = DISKTEST_CHUNK;
	if (test->chunk > room)
		test->chunk = (uint32_t)room;
	if (test->chunk > geometry->transfer_maximum)
		test->chunk = geometry->transfer_maximum;
	if (geometry->segment_maximum < test->chunk / DISKTEST_SEGMENTS)
		test->chunk = geometry->segment_maximum;
	test->chunk &= ~(geometry->block_size - 1);
	if (test->chunk == 0 || test->options->length < geometry->block_size ||
	    test->options->offset > geometry->size ||
	    test->options->length > geometry->size - test->options->offset) {
		format_string(test->text, sizeof(test->text), "the range is not within the disk's %llu bytes",
		              (unsigned long long)geometry->size);
		return false;
	}
	test->memory = device_allocate(&test->disk->device, MEMORY_SIZE);
	if (!test->memory) {
		format_string(test->text, sizeof(test->text), "no %u KiB of the device's memory",
		              (uint32_t)(MEMORY_SIZE >> 10));
		return false;
	}
	return true;
}

uint32_t disktest_run(struct disktest *test, struct disk *disk, const struct disktest_options *options)
{
	uint32_t failures = 0;

	*test = (struct disktest){.disk = disk, .options = options};
	if (!prepare(test)) {
		options->report(options->context, "prepare", false, test->text);
		return 1;
	}
	for (uint32_t i = 0; i < DISKTEST_SLOTS; i++) {
		test->slots[i].test = test;
		test->slots[i].data = test->memory + i * DISKTEST_CHUNK;
	}
	if (disk->geometry.flags & DISK_READ_ONLY) {
		failures += run_step(test, "read", step_read);
	} else {
		failures += run_step(test, "write and read", step_write_and_read);
		failures += run_step(test, "flush", step_flush);
		failures += run_step(test, "discard", step_discard);
	}
	failures += run_step(test, "refusals", step_refusals);
	failures += run_step(test, "depth", step_depth);
	device_free(&disk->device, test->memory, MEMORY_SIZE);
	return failures;
}
