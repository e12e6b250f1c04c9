/* The disk driver against QEMU's virtio-blk. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drydock/posix.h>

#include "apps/disktest/disktest.h"
#include "drivers/virtio_blk.h"

#include "machine.h"
#include "machine_main.h"

#define DISK_SIZE (8u << 20)
#define PAGE      4096u
#define BATCH     64

static struct machine machine;
static struct virtio_blk blk;
static struct device *const device = &blk.disk.device;
static uint8_t *image, *memory;
static uint64_t ends, failures;

static void done(struct disk_request *request)
{
	failures += request->status != 0;
	ends++;
}

/* A machine with a disk, whose content is `image`. `drive` and `options` are more of each, ",name=value". */
static void start(const char *drive, const char *options, bool no_messages)
{
	int file = memfd_create("drydock-disk", 0);
	char drive_option[256], device_option[256];
	const char *arguments[] = {"-drive", drive_option, "-device", device_option, NULL};
	const char *wrong;

	ck_assert(file >= 0 && ftruncate(file, DISK_SIZE) == 0);
	image = mmap(NULL, DISK_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	ck_assert(image != MAP_FAILED);
	snprintf(drive_option, sizeof(drive_option), "if=none,id=disk,format=raw,file=/proc/self/fd/%d%s",
	         file, drive);
	snprintf(device_option, sizeof(device_option), "virtio-blk-pci,drive=disk,addr=4%s", options);
	machine_start(&machine, qemu, arguments);
	close(file);
	machine.no_messages = no_messages;
	wrong = virtio_blk_start(&blk, &machine.access);
	ck_assert_msg(wrong == NULL, "%s", wrong);
	memory = device_allocate(device, 2 * BATCH * PAGE);
	ck_assert_ptr_nonnull(memory);
	ends = failures = 0;
}

static void stop(void)
{
	virtio_blk_stop(&blk);
	machine_stop(&machine);
	munmap(image, DISK_SIZE);
}

static int32_t run(uint8_t operation, uint8_t flags, uint64_t offset, void *address, uint32_t length)
{
	struct device_segment segment = {address, length};
	struct disk_request request = {.operation = operation,
	                               .flags = flags,
	                               .offset = offset,
	                               .length = length,
	                               .done = done,
	                               .status = -1};

	if (operation == DISK_READ || operation == DISK_WRITE) {
		request.segments = &segment;
		request.segment_count = 1;
	}
	disk_submit(&blk.disk, &request);
	machine_settle(&machine, device, &ends, ends + 1);
	return request.status;
}

/* Byte `at` of page `page` of the pattern. */
static uint8_t pattern(uint32_t page, uint32_t at)
{
	return (uint8_t)(page * 31 + at * 7 + at / 256);
}

/* The pattern all over the disk, BATCH requests in flight, of two segments each; and reads it back. */
static void write_and_read_all(void)
{
	static struct device_segment segments[BATCH][2];
	static struct disk_request requests[BATCH];
	const uint32_t each = 2 * PAGE;

	for (uint8_t operation = DISK_WRITE; operation >= DISK_READ; operation--) {
		for (uint32_t first = 0; first < DISK_SIZE / each; first += BATCH) {
			for (uint32_t i = 0; i < BATCH; i++) {
				uint32_t page = 2 * (first + i);
				uint8_t *data = memory + 2 * i * PAGE;

				for (uint32_t at = 0; at < each; at++)
					data[at] = operation == DISK_WRITE
					                   ? pattern(page + at / PAGE, at % PAGE)
					                   : 0;
				segments[i][0] = (struct device_segment){data, PAGE};
				segments[i][1] = (struct device_segment){data + PAGE, PAGE};
				requests[i] = (struct disk_request){.operation = operation,
				                                    .offset = (uint64_t)page * PAGE,
				                                    .length = each,
				                                    .segments = segments[i],
				                                    .segment_count = 2,
				                                    .done = done};
				disk_submit(&blk.disk, &requests[i]);
			}
			machine_settle(&machine, device, &ends, ends + BATCH);
			for (uint32_t at = 0; at < BATCH * each; at++) {
				uint32_t page = 2 * first + at / PAGE;

				if (memory[at] != pattern(page, at % PAGE))
					ck_abort_msg("operation %u, page %u", operation, page);
			}
		}
	}
	ck_assert_int_eq(failures, 0);
	ck_assert_int_eq(run(DISK_FLUSH, 0, 0, NULL, 0), 0);
	for (uint32_t at = 0; at < DISK_SIZE; at++) {
		if (image[at] != pattern(at / PAGE, at % PAGE))
			ck_abort_msg("the image differs at %u", at);
	}
}

START_TEST(writes_and_reads_with_messages)
{
	start("", ",disable-legacy=on", false);
	ck_assert_uint_eq(blk.disk.geometry.size, DISK_SIZE);
	ck_assert_uint_eq(blk.disk.geometry.flags, DISK_WRITE_CACHE | DISK_CAN_DISCARD);
	ck_assert(blk.virtio.messages);
	ck_assert(blk.queue.event_index);
	write_and_read_all();
	ck_assert_int_eq(run(DISK_WRITE, DISK_FUA, DISK_SIZE - PAGE, memory, PAGE), 0);
	ck_assert_int_eq(run(DISK_READ, 0, DISK_SIZE, memory, PAGE), POSIX_EINVAL);
	stop();
}
END_TEST

START_TEST(writes_and_reads_with_the_line)
{
	/* A transitional device, which has modern structures as well; without event indices. */
	start("", ",disable-legacy=off,disable-modern=off,event_idx=off,queue-size=128", true);
	ck_assert(!blk.virtio.messages);
	ck_assert(!blk.queue.event_index);
	ck_assert_uint_eq(blk.queue.size, 128);
	write_and_read_all();
	stop();
}
END_TEST

START_TEST(discards)
{
	start(",discard=unmap", ",disable-legacy=on,logical_block_size=4096,physical_block_size=4096", false);
	ck_assert_uint_eq(blk.disk.geometry.block_size, 4096);
	memset(image, 0x77, DISK_SIZE);
	ck_assert_int_eq(run(DISK_DISCARD, 0, 1 << 20, NULL, 1 << 20), 0);
	ck_assert_uint_eq(image[(1 << 20) - 1], 0x77);
	ck_assert_uint_eq(image[1 << 20], 0);
	ck_assert_uint_eq(image[(2 << 20) - 1], 0);
	ck_assert_uint_eq(image[2 << 20], 0x77);
	ck_assert_int_eq(run(DISK_READ, 0, 512, memory, 512), POSIX_EINVAL);
	stop();
}
END_TEST

START_TEST(sees_a_read_only_disk)
{
	start(",readonly=on", ",disable-legacy=on", false);
	ck_assert(blk.disk.geometry.flags & DISK_READ_ONLY);
	image[17] = 0x42;
	ck_assert_int_eq(run(DISK_WRITE, 0, 0, memory, PAGE), POSIX_EROFS);
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), 0);
	ck_assert_uint_eq(memory[17], 0x42);
	stop();
}
END_TEST

/* 70,000 requests pass the end of the rings' 16-bit indices. */
START_TEST(indices_wrap)
{
	static struct disk_request requests[BATCH];
	struct device_segment segment;

	start("", ",disable-legacy=on", false);
	segment = (struct device_segment){memory, 512};
	for (int round = 0; round < 70000 / BATCH + 1; round++) {
		for (int i = 0; i < BATCH; i++) {
			requests[i] = (struct disk_request){.operation = DISK_READ,
			                                    .length = 512,
			                                    .segments = &segment,
			                                    .segment_count = 1,
			                                    .done = done};
			disk_submit(&blk.disk, &requests[i]);
		}
		machine_settle(&machine, device, &ends, ends + BATCH);
	}
	ck_assert_int_gt(ends, 65536);
	ck_assert_int_eq(failures, 0);
	stop();
}
END_TEST

/* A ring that QEMU takes for broken: it asks to be reset, all requests end, and a new start works. */
START_TEST(ends_all_when_it_asks_for_a_reset)
{
	static struct disk_request requests[BATCH];
	struct device_segment segment;

	start("", ",disable-legacy=on", false);
	segment = (struct device_segment){memory, 512};
	for (int i = 0; i < BATCH; i++) {
		requests[i] = (struct disk_request){.operation = DISK_READ,
		                                    .length = 512,
		                                    .segments = &segment,
		                                    .segment_count = 1,
		                                    .done = done};
		disk_submit(&blk.disk, &requests[i]);
	}
	blk.queue.available[1] = 0x4000;
	virtio_notify(&blk.virtio, 0, blk.doorbell);
	machine_interrupt(&machine, device);
	while (device_poll(device))
		;
	ck_assert_ptr_nonnull(device->fault);
	ck_assert_int_eq(ends, BATCH);
	ck_assert_int_eq(failures, BATCH);
	virtio_blk_stop(&blk);
	ck_assert_ptr_null(virtio_blk_start(&blk, &machine.access));
	memory = device_allocate(device, PAGE);
	image[0] = 9;
	ck_assert_int_eq(run(DISK_READ, 0, 0, memory, PAGE), 0);
	ck_assert_uint_eq(memory[0], 9);
	stop();
}
END_TEST

/* Stopped with requests in flight: QEMU finishes or drops them, here each ends once. */
START_TEST(ends_all_when_stopped)
{
	static struct disk_request requests[BATCH];
	struct device_segment segment;

	start("", ",disable-legacy=on", false);
	segment = (struct device_segment){memory, 512};
	for (int i = 0; i < BATCH; i++) {
		requests[i] = (struct disk_request){.operation = DISK_WRITE,
		                                    .length = 512,
		                                    .segments = &segment,
		                                    .segment_count = 1,
		                                    .done = done};
		disk_submit(&blk.disk, &requests[i]);
	}
	device_kick(device);
	virtio_blk_stop(&blk);
	ck_assert_int_eq(ends, BATCH);
	machine_stop(&machine);
}
END_TEST

/* Of a device that is no modern one it is said what to do. */
START_TEST(refuses_a_legacy_device)
{
	static const char *const arguments[] = {"-drive", "if=none,id=disk,driver=null-co,size=1M", "-device",
	                                        "virtio-blk-pci,drive=disk,addr=4,disable-modern=on", NULL};

	machine_start(&machine, qemu, arguments);
	ck_assert_ptr_nonnull(virtio_blk_start(&blk, &machine.access));
	machine_stop(&machine);
}
END_TEST

static void wait(void *context)
{
	(void)context;
	machine_interrupt(&machine, device);
}

static void report(void *context, const char *step, bool passed, const char *text)
{
	(void)context;
	ck_assert_msg(passed, "%s: %s", step, text);
}

/* The program that tests disks, which has steps of its own, and sleeps where it may. */
START_TEST(passes_the_self_test)
{
	static struct disktest test;

	for (int line = 0; line < 2; line++) {
		const struct disktest_options options = {
			.offset = 1 << 20, .length = 4 << 20, .seed = 5, .wait = wait, .report = report};

		start(",discard=unmap", ",disable-legacy=on", line);
		ck_assert_uint_eq(disktest_run(&test, &blk.disk, &options), 0);
		stop();
	}
}
END_TEST

QEMU_RUN("qemu_blk", passes_the_self_test, writes_and_reads_with_messages, writes_and_reads_with_the_line,
         discards, sees_a_read_only_disk, indices_wrap, ends_all_when_it_asks_for_a_reset,
         ends_all_when_stopped, refuses_a_legacy_device)
