/* Devices that vfs serves to programs, and their nodes (servers/vfs/device.c). */
#include "vfs_harness.h"

#include <sys/stat.h>

#define BOTH (VFS_OPEN_READ | VFS_OPEN_WRITE)

static struct harness *harness;
static struct client *client;

static void begin(void)
{
	harness = harness_begin("devices=/box/dev uid=0 gid=0");
	ck_assert(!harness->stopped);
	client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
}

static uint32_t open_device(const char *path)
{
	uint32_t file;

	ck_assert_int_eq(at_open(client, BOTH, 0, path, &file), 0);
	return file;
}

static uint32_t get(uint32_t file, uint64_t offset, void *buffer, uint32_t length)
{
	struct vfs_read_results results;

	ck_assert_int_eq(vfs_read(client, file, offset, buffer, length, &results), 0);
	return results.data_length;
}

static uint32_t put(uint32_t file, const char *text)
{
	struct vfs_write_results results;

	ck_assert_int_eq(vfs_write(client, file, VFS_POSITION, text, (uint32_t)strlen(text), &results), 0);
	return results.length;
}

static void check_node(const char *path, uint32_t mode, uint32_t device)
{
	struct vfs_status status;

	ck_assert_int_eq(at_stat(client, path, true, &status), 0);
	ck_assert_uint_eq(status.mode, S_IFCHR | mode);
	ck_assert_uint_eq(status.device, device);
}

START_TEST(nodes)
{
	uint32_t file;

	begin();
	check_node("/box/dev/null", 0666, 0x103);
	check_node("/box/dev/zero", 0666, 0x105);
	check_node("/box/dev/full", 0666, 0x107);
	check_node("/box/dev/random", 0666, 0x108);
	check_node("/box/dev/console", 0600, 0x501);
	/* They are as others are. */
	ck_assert_int_eq(at_unlink(client, "/box/dev/null"), 0);
	ck_assert_int_eq(vfs_mknod(client, S_IFCHR | 0666, 0, 0x103, "/mine", 5), 0);
	ck_assert_uint_eq(put(open_device("/mine"), "text"), 4);
	ck_assert_int_eq(vfs_mknod(client, S_IFCHR | 0666, 0, 0x104, "/memory", 7), 0);
	ck_assert_int_eq(at_open(client, BOTH, 0, "/memory", &file), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(vfs_mknod(client, S_IFBLK | 0666, 0, 0x103, "/block", 6), 0);
	ck_assert_int_eq(at_open(client, BOTH, 0, "/block", &file), POSIX_EOPNOTSUPP);
	client = harness_connect(harness, &vfs_protocol, IDENTITY(5, 5));
	ck_assert_int_eq(at_open(client, VFS_OPEN_WRITE, 0, "/box/dev/console", &file), POSIX_EACCES);
	ck_assert_int_eq(at_open(client, BOTH | VFS_OPEN_TRUNCATE, 0, "/box/dev/zero", &file), 0);
	harness_end(harness);
}
END_TEST

START_TEST(memory)
{
	struct vfs_write_results written;
	struct vfs_seek_results sought;
	struct vfs_copy_range_results copied;
	uint32_t null, zero, full;
	uint8_t data[100];

	begin();
	null = open_device("/box/dev/null");
	zero = open_device("/box/dev/zero");
	full = open_device("/box/dev/full");
	ck_assert_uint_eq(put(null, "text"), 4);
	ck_assert_uint_eq(get(null, VFS_POSITION, data, sizeof(data)), 0);
	memset(data, 1, sizeof(data));
	ck_assert_uint_eq(put(zero, "text"), 4);
	ck_assert_uint_eq(get(zero, 1000, data, 99), 99);
	ck_assert(data[0] == 0 && memcmp(data, data + 1, 98) == 0 && data[99] == 1);
	ck_assert_uint_eq(get(full, VFS_POSITION, data, sizeof(data)), 100);
	ck_assert_uint_eq(data[99], 0);
	ck_assert_int_eq(vfs_write(client, full, VFS_POSITION, "x", 1, &written), POSIX_ENOSPC);
	ck_assert_int_eq(vfs_write(client, full, VFS_POSITION, "", 0, &written), 0);
	ck_assert_int_eq(vfs_seek(client, zero, 50, VFS_SEEK_SET, &sought), 0);
	ck_assert_uint_eq(sought.offset, 0);
	ck_assert_int_eq(vfs_truncate_file(client, zero, 0), POSIX_EINVAL);
	ck_assert_int_eq(vfs_set_flags(client, zero, VFS_FLAG_NO_DUMP), POSIX_ENOTTY);
	ck_assert_int_eq(vfs_allocate(client, zero, 0, 0, 10), POSIX_ENODEV);
	ck_assert_int_eq(vfs_copy_range(client, zero, null, 0, 0, 10, &copied), POSIX_EINVAL);
	harness_end(harness);
}
END_TEST

/* No tester of randomness: that there are as many bytes, others each time, and no value much more often than others. */
START_TEST(randomness)
{
	static uint8_t bytes[65536], again[65536];
	uint32_t file, count[256] = {0};
	uint8_t end[13] = {0}, none[5] = {0};

	begin();
	file = open_device("/box/dev/random");
	ck_assert_uint_eq(put(file, "seed"), 4);
	ck_assert_uint_eq(get(file, VFS_POSITION, bytes, sizeof(bytes)), sizeof(bytes));
	ck_assert_uint_eq(get(file, 0, again, sizeof(again)), sizeof(again));
	ck_assert_int_ne(memcmp(bytes, again, 16), 0);
	for (size_t i = 0; i < sizeof(bytes); i++)
		count[bytes[i]]++;
	for (size_t i = 0; i < 256; i++)
		ck_assert(count[i] > 256 - 100 && count[i] < 256 + 100); /* six deviations */
	ck_assert_uint_eq(get(file, VFS_POSITION, end, 13), 13);
	ck_assert_int_ne(memcmp(end + 8, none, 5), 0);
	harness_end(harness);
}
END_TEST

START_TEST(console)
{
	uint32_t file;
	char data[10];

	begin();
	file = open_device("/box/dev/console");
	ck_assert_uint_eq(put(file, "one line\n"), 9);
	ck_assert_uint_eq(put(file, "and another\n"), 12);
	ck_assert_str_eq(harness->printed, "one line\nand another\n");
	ck_assert_uint_eq(get(file, VFS_POSITION, data, sizeof(data)), 0);
	ck_assert_int_eq(vfs_seek(client, file, 0, VFS_SEEK_CURRENT, &(struct vfs_seek_results){0}),
	                 POSIX_ESPIPE);
	harness_end(harness);
}
END_TEST

/* What the machine or the manifest does not give is not there. */
START_TEST(bare)
{
	struct vfs_status status;
	uint32_t file;

	harness = harness_begin_bare("devices=/dev uid=0 gid=0");
	client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	check_node("/dev/zero", 0666, 0x105);
	ck_assert_int_eq(at_stat(client, "/dev/random", true, &status), POSIX_ENOENT);
	ck_assert_int_eq(at_stat(client, "/dev/console", true, &status), POSIX_ENOENT);
	ck_assert_int_eq(vfs_mknod(client, S_IFCHR | 0666, 0, 0x108, "/random", 7), 0);
	ck_assert_int_eq(at_open(client, VFS_OPEN_READ, 0, "/random", &file), POSIX_EOPNOTSUPP);
	harness_end(harness);
	harness = harness_begin("");
	client = harness_connect(harness, &vfs_protocol, IDENTITY(0, 0));
	ck_assert_int_eq(at_stat(client, "/dev", true, &status), POSIX_ENOENT);
	harness_end(harness);
	harness = harness_begin("devices=dev");
	ck_assert(harness->stopped);
	ck_assert_str_eq(harness->line[2], "cannot make the nodes of option devices=: error 22");
	harness_end(harness);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("device");
	TCase *tests = tcase_create("devices");

	tcase_add_test(tests, nodes);
	tcase_add_test(tests, memory);
	tcase_add_test(tests, randomness);
	tcase_add_test(tests, console);
	tcase_add_test(tests, bare);
	suite_add_tcase(suite, tests);
	return harness_run(suite);
}
