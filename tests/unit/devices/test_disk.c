/*
 * A disk of the hosted build, from the file to drydock/dev/block.h: the host's
 * half (sim/host/disk.c) opens it and makes the ring, the process's half
 * (sim/devices) works on it, here both in one process.
 */
#include "../unit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <drydock/os.h>
#include <drydock/posix.h>

#include "apps/disktest/disktest.h"
#include "sim/devices/disk.h"
#include "sim/host/disk.h"

#define SIZE (8u << 20)
#define MIB  (1u << 20)

static char path[PATH_MAX];
static struct host_disk_options options;
static struct host_disk image;
static struct file_disk disk;
static char error[512];

/* ---- memory, which is all of os.h that a disk needs -------------------------------- */

enum error os_memory_allocate(struct os *os, uint64_t size, uint32_t flags, handle_t *handle, void **address)
{
	(void)os;
	(void)flags;
	*handle = 1;
	*address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return *address == MAP_FAILED ? E_NOMEM : E_OK;
}

void os_memory_free(struct os *os, handle_t handle, void *address, uint64_t size)
{
	(void)os;
	(void)handle;
	munmap(address, size);
}

/* ---- a file -------------------------------------------------------------------------- */

/* In the working directory, which is on a file system of the machine's, and not on one in memory. */
static void make_file(uint64_t size)
{
	int file;

	snprintf(path, sizeof(path), "disk-XXXXXX");
	file = mkstemp(path);
	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(ftruncate(file, (off_t)size), 0);
	close(file);
	options = (struct host_disk_options){.server = "test", .path = path};
}

static void write_file(uint64_t offset, const void *data, size_t size)
{
	int file = open(path, O_WRONLY);

	ck_assert_int_eq(pwrite(file, data, size, (off_t)offset), (ssize_t)size);
	close(file);
}

static void open_disk(void)
{
	const char *reason = "";
	int descriptor;

	ck_assert_msg(disk_open_image(&options, &image, error, sizeof(error)), "%s", error);
	descriptor = disk_prepare(&image);
	ck_assert_msg(file_disk_create(&disk, NULL, &image.parameters, descriptor, &reason), "%s", reason);
}

static void close_disk(void)
{
	file_disk_destroy(&disk);
	disk_close_image(&image);
	unlink(path);
}

/* Why the disk cannot be opened. The file goes. */
static const char *refused(void)
{
	bool opened = disk_open_image(&options, &image, error, sizeof(error));

	ck_assert_msg(!opened, "it was opened");
	unlink(path);
	return error;
}

/* ---- one request at a time -------------------------------------------------------------- */

static int32_t ended; /* status of the request that has ended; 1: none has */

static void done(struct disk_request *request)
{
	ended = request->status;
}

static void wait_for_disk(void *context)
{
	struct pollfd event = {.fd = image.ring.ring_fd, .events = POLLIN};

	(void)context;
	ck_assert_int_eq(disk.parameters.method, DISK_BY_RING);
	poll(&event, 1, -1);
}

static int32_t request(enum disk_operation operation, uint8_t flags, uint64_t offset, void *memory, uint32_t length)
{
	struct device_segment segment = {memory, length};
	struct disk_request request = {.operation = (uint8_t)operation,
	                               .flags = flags,
	                               .segment_count = memory != NULL ? 1 : 0,
	                               .offset = offset,
	                               .length = length,
	                               .segments = &segment,
	                               .done = done};
	struct device *device = &disk.disk.device;

	ended = 1;
	disk_submit(&disk.disk, &request);
	device_kick(device);
	ck_assert_int_eq(ended, 1);
	while (!device_poll(device)) {
		if (device_arm(device))
			wait_for_disk(NULL);
	}
	ck_assert_int_ne(ended, 1);
	return ended;
}

static void report(void *context, const char *step, bool passed, const char *text)
{
	(void)context;
	ck_assert_msg(passed, "%s: %s", step, text);
}

static uint32_t self_test(void)
{
	static struct disktest test;
	const struct disktest_options everything = {
		.length = disk.disk.geometry.size, .seed = 5, .wait = wait_for_disk, .report = report};

	return disktest_run(&test, &disk.disk, &everything);
}

/* ---- tests ---------------------------------------------------------------------------------- */

START_TEST(the_self_test_passes_by_ring_and_by_calls)
{
	for (int calls = 0; calls < 2; calls++) {
		make_file(SIZE);
		options.no_ring = calls;
		open_disk();
		if (!calls && disk.parameters.method != DISK_BY_RING)
			ck_abort_msg("no ring: %s", image.ring_obstacle);
		ck_assert_uint_eq(disk.parameters.method, calls ? DISK_BY_CALLS : DISK_BY_RING);
		ck_assert_uint_eq(self_test(), 0);
		close_disk();
	}
}
END_TEST

/* What a disk at an offset writes lies there in the file, and nothing else has changed. */
START_TEST(an_offset_is_where_the_disk_begins)
{
	static uint8_t content[4 * MIB], expected[4 * MIB];
	uint8_t *memory;
	int file;

	for (int calls = 0; calls < 2; calls++) {
		make_file(4 * MIB);
		options.offset = MIB;
		options.no_ring = calls;
		open_disk();
		ck_assert_uint_eq(disk.disk.geometry.size, 3 * MIB);
		memory = device_allocate(&disk.disk.device, MIB);
		memset(memory, 0x42, MIB);
		ck_assert_int_eq(request(DISK_WRITE, DISK_FUA, 2 * MIB, memory, MIB), 0);
		ck_assert_int_eq(request(DISK_WRITE, 0, 2 * MIB + 4096, memory, MIB), POSIX_EINVAL);
		ck_assert_int_eq(request(DISK_FLUSH, 0, 0, NULL, 0), 0);
		file = open(path, O_RDONLY);
		ck_assert_int_eq(read(file, content, sizeof(content)), sizeof(content));
		close(file);
		memset(expected + 3 * MIB, 0x42, MIB);
		ck_assert_mem_eq(content, expected, sizeof(content));
		close_disk();
	}
}
END_TEST

/* Only memory of the device's is taken; a ring works as well with memory that is not registered. */
START_TEST(memory_is_the_devices)
{
	static uint8_t own[8192] __attribute__((aligned(4096)));
	uint8_t *memory, *other;

	make_file(SIZE);
	open_disk();
	memory = device_allocate(&disk.disk.device, 8192);
	other = device_allocate(&disk.disk.device, 4096);
	ck_assert_ptr_null(device_allocate(&disk.disk.device, 100));
	ck_assert_int_eq(request(DISK_WRITE, 0, 0, own, 4096), POSIX_EFAULT);
	ck_assert_int_eq(request(DISK_WRITE, 0, 0, memory + 4096, 8192), POSIX_EFAULT);
	memset(memory, 1, 8192);
	memset(other, 2, 4096);
	ck_assert_int_eq(request(DISK_WRITE, 0, 0, memory, 8192), 0);
	file_disk_piece(&disk, other, 1)->registered = false;
	ck_assert_int_eq(request(DISK_WRITE, 0, 4096, other, 4096), 0);
	ck_assert_int_eq(request(DISK_READ, 0, 0, memory, 8192), 0);
	ck_assert_uint_eq(memory[4095], 1);
	ck_assert_uint_eq(memory[4096], 2);
	device_free(&disk.disk.device, memory, 8192);
	ck_assert_int_eq(request(DISK_READ, 0, 0, memory, 4096), POSIX_EFAULT);
	close_disk();
}
END_TEST

START_TEST(a_disk_to_be_read_only_is)
{
	uint8_t *memory;

	for (int calls = 0; calls < 2; calls++) {
		make_file(SIZE);
		options.read_only = true;
		options.no_ring = calls;
		open_disk();
		memory = device_allocate(&disk.disk.device, 4096);
		ck_assert_int_eq(request(DISK_READ, 0, 0, memory, 4096), 0);
		ck_assert_int_eq(request(DISK_WRITE, 0, 0, memory, 4096), POSIX_EROFS);
		/* Nor would Linux let it. */
		disk.disk.geometry.flags &= ~DISK_READ_ONLY;
		ck_assert_int_eq(request(DISK_WRITE, 0, 0, memory, 4096), POSIX_EROFS);
		close_disk();
	}
}
END_TEST

START_TEST(a_file_that_shrinks_gives_errors)
{
	uint8_t *memory;

	for (int calls = 0; calls < 2; calls++) {
		make_file(SIZE);
		options.no_ring = calls;
		open_disk();
		memory = device_allocate(&disk.disk.device, 8192);
		ck_assert_int_eq(truncate(path, 4096), 0);
		ck_assert_int_eq(request(DISK_READ, 0, MIB, memory, 4096), POSIX_EIO);
		ck_assert_int_eq(request(DISK_READ, 0, 0, memory, 8192), POSIX_EIO);
		ck_assert_int_eq(request(DISK_READ, 0, 0, memory, 4096), 0);
		close_disk();
	}
}
END_TEST

/* A server that has been taken over can do with its ring what its disk can, and no more. */
START_TEST(the_ring_does_nothing_but_disk_work)
{
	struct io_uring_cqe *entry;
	struct io_uring_sqe *call;
	int file;

	make_file(SIZE);
	open_disk();
	call = io_uring_get_sqe(&disk.ring);
	io_uring_prep_openat(call, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
	io_uring_submit(&disk.ring);
	ck_assert_int_eq(io_uring_wait_cqe(&disk.ring, &entry), 0);
	ck_assert_int_eq(entry->res, -EACCES);
	io_uring_cqe_seen(&disk.ring, entry);
	/* Reading another file than the disk. */
	file = open("/dev/zero", O_RDONLY);
	call = io_uring_get_sqe(&disk.ring);
	io_uring_prep_readv(call, file, &(struct iovec){error, 1}, 1, 0);
	io_uring_submit(&disk.ring);
	ck_assert_int_eq(io_uring_wait_cqe(&disk.ring, &entry), 0);
	ck_assert_int_eq(entry->res, -EACCES);
	io_uring_cqe_seen(&disk.ring, entry);
	ck_assert_int_lt(io_uring_register_files(&disk.ring, &file, 1), 0);
	close(file);
	close_disk();
}
END_TEST

/* A server that died in the midst of its work: the next one finds nothing on its way. */
START_TEST(a_new_ring_comes_when_the_old_one_is_done)
{
	static struct disk_request requests[32];
	struct device_segment segment;
	const char *reason = "";
	uint8_t *memory;
	int descriptor;

	make_file(64 * MIB);
	open_disk();
	memory = device_allocate(&disk.disk.device, 2 * MIB);
	segment = (struct device_segment){memory, 2 * MIB};
	for (unsigned i = 0; i < 32; i++) {
		requests[i] = (struct disk_request){.operation = DISK_WRITE,
		                                    .segment_count = 1,
		                                    .offset = (uint64_t)i * 2 * MIB,
		                                    .length = 2 * MIB,
		                                    .segments = &segment,
		                                    .done = done};
		disk_submit(&disk.disk, &requests[i]);
	}
	device_kick(&disk.disk.device);
	descriptor = disk_prepare(&image);
	ck_assert_uint_eq(io_uring_cq_ready(&disk.ring), 32);
	disk.in_flight = 0;
	file_disk_destroy(&disk);
	ck_assert(file_disk_create(&disk, NULL, &image.parameters, descriptor, &reason));
	ck_assert_uint_eq(self_test(), 0);
	close_disk();
}
END_TEST

START_TEST(what_is_no_raw_disk_is_refused_by_name)
{
	static const struct {
		const char *magic;
		size_t length, at;
		const char *expected;
	} cases[] = {
		{"QFI\xfb", 4, 0, "qcow2"}, {"KDMV", 4, 0, "VMDK"},         {"vhdxfile", 8, 0, "VHDX"},
		{"conectix", 8, 0, "VHD"},  {"\x7f\x10\xda\xbe", 4, 64, "VDI"}, {"LUKS\xba\xbe", 6, 0, "LUKS"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_file(MIB);
		write_file(cases[i].at, cases[i].magic, cases[i].length);
		ck_assert_msg(strstr(refused(), cases[i].expected) != NULL, "%s", error);
	}
	make_file(0);
	ck_assert_msg(strstr(refused(), "nothing is there") != NULL, "%s", error);
	make_file(100);
	ck_assert_msg(strstr(refused(), "it is empty") != NULL, "%s", error);
	make_file(MIB);
	options.offset = 1000;
	ck_assert_msg(strstr(refused(), "multiple of 512") != NULL, "%s", error);
	make_file(MIB);
	unlink(path);
	ck_assert_msg(strstr(refused(), strerror(ENOENT)) != NULL, "%s", error);
	options.path = "/dev/null";
	ck_assert_msg(strstr(refused(), "neither a file nor") != NULL, "%s", error);
}
END_TEST

START_TEST(a_file_in_use_is_refused)
{
	struct host_disk first;

	make_file(MIB);
	ck_assert(disk_open_image(&options, &first, error, sizeof(error)));
	ck_assert(!disk_open_image(&options, &image, error, sizeof(error)));
	ck_assert_msg(strstr(error, "another program uses it") != NULL, "%s", error);
	disk_close_image(&first);
	/* Readers share it. */
	options.read_only = true;
	ck_assert(disk_open_image(&options, &first, error, sizeof(error)));
	ck_assert(disk_open_image(&options, &image, error, sizeof(error)));
	disk_close_image(&first);
	disk_close_image(&image);
	unlink(path);
}
END_TEST

/* An MBR by hand (its form: any description of the IBM PC's): entry 2 of 4. */
START_TEST(a_partition_is_found)
{
	uint8_t sector[512] = {[450 + 16] = 0x83,
	                       [454 + 16] = 0x00, [455 + 16] = 0x08, /* begins at sector 2048 */
	                       [458 + 16] = 0x00, [459 + 16] = 0x10, /* has 4096 */
	                       [510] = 0x55, [511] = 0xaa};

	make_file(SIZE);
	write_file(0, sector, sizeof(sector));
	options.partition = 2;
	ck_assert_msg(disk_open_image(&options, &image, error, sizeof(error)), "%s", error);
	ck_assert_uint_eq(image.parameters.offset, 2048 * 512);
	ck_assert_uint_eq(image.parameters.size, 4096 * 512);
	disk_close_image(&image);
	options.partition = 1;
	ck_assert(!disk_open_image(&options, &image, error, sizeof(error)));
	ck_assert_msg(strstr(error, "no partition 1") != NULL, "%s", error);
	/* One that ends beyond the disk. */
	options.partition = 2;
	ck_assert_int_eq(truncate(path, 2 * MIB), 0);
	ck_assert_msg(!disk_open_image(&options, &image, error, sizeof(error)), "opened");
	unlink(path);
	make_file(SIZE);
	options.partition = 1;
	ck_assert_msg(strstr(refused(), "no partition table") != NULL, "%s", error);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {the_self_test_passes_by_ring_and_by_calls,
	                              an_offset_is_where_the_disk_begins,
	                              memory_is_the_devices,
	                              a_disk_to_be_read_only_is,
	                              a_file_that_shrinks_gives_errors,
	                              the_ring_does_nothing_but_disk_work,
	                              a_new_ring_comes_when_the_old_one_is_done,
	                              what_is_no_raw_disk_is_refused_by_name,
	                              a_file_in_use_is_refused,
	                              a_partition_is_found};
	struct io_uring ring;

	if (io_uring_queue_init(1, &ring, 0) != 0) {
		printf("1..0 # SKIP Linux lets this process have no io_uring\n");
		return EXIT_SUCCESS;
	}
	io_uring_queue_exit(&ring);
	return unit_run("disk", tests, sizeof(tests) / sizeof(tests[0]));
}
