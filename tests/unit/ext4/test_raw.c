/* The protocol `block`: the disk itself, for whom control was granted to, and not written while it is mounted. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>
#include <drydock/proto/block.h>

#include "image.h"
#include "pier.h"

#define SIZE   (4u << 20)
#define SECTOR 512u
#define MUCH   (1u << 20)

static struct client *raw_open(struct pier *pier)
{
	static const struct client_options options = {.depth = 8, .area = 8 << 20};
	int32_t status;
	struct client *client = client_open(pier->runtime, "ext4", &block_protocol, &options, &status);

	ck_assert_msg(client != NULL, "cannot connect: %d", (int)status);
	return client;
}

/* What lies beyond the end, or is no whole number of sectors, is refused, both ways alike. */
static void bounds(struct client *client, uint8_t *data)
{
	static const struct {
		uint64_t offset;
		uint32_t length;
		int32_t error;
	} cases[] = {
		{0, 0, POSIX_EINVAL},
		{0, SECTOR - 1, POSIX_EINVAL},
		{1, SECTOR, POSIX_EINVAL},
		{0, MUCH + SECTOR, POSIX_EINVAL},
		{SIZE, SECTOR, POSIX_ENXIO},
		{SIZE - SECTOR, 2 * SECTOR, POSIX_ENXIO},
		{UINT64_MAX - SECTOR + 1, SECTOR, POSIX_ENXIO},
		{1ull << 63, MUCH, POSIX_ENXIO},
		{SIZE - SECTOR, SECTOR, 0},
	};
	struct block_read_results results;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(block_read(client, cases[i].offset, data, cases[i].length, &results),
		                 cases[i].error);
		ck_assert_int_eq(block_write(client, cases[i].offset, data, cases[i].length), cases[i].error);
	}
}

static void no_file_system(struct pier *pier, void *context)
{
	struct client *client = raw_open(pier);
	uint8_t *data = malloc(2 * MUCH), *again = malloc(MUCH);
	struct block_info_results info;
	struct block_read_results results;
	const struct memory_disk_fault fault = {
		.operations = ~0u, .length = UINT64_MAX, .times = 3, .status = POSIX_EIO};

	(void)context;
	ck_assert_int_eq(block_info(client, &info), 0);
	ck_assert_uint_eq(info.size, SIZE);
	ck_assert_uint_eq(info.block_size, SECTOR);
	ck_assert_uint_eq(info.flags, 0);
	for (uint32_t i = 0; i < MUCH; i++)
		data[i] = (uint8_t)(i * 7 + (i >> 8));
	bounds(client, data);
	ck_assert_int_eq(block_write(client, 3 * SECTOR, data, MUCH), 0);
	ck_assert_int_eq(block_sync(client), 0);
	ck_assert_int_eq(memcmp(pier->disk->durable + 3 * SECTOR, data, MUCH), 0);
	ck_assert_int_eq(block_read(client, 3 * SECTOR, again, MUCH, &results), 0);
	ck_assert_uint_eq(results.data_length, MUCH);
	ck_assert_int_eq(memcmp(again, data, MUCH), 0);
	memory_disk_fail(pier->disk, &fault);
	ck_assert_int_eq(block_read(client, 0, again, SECTOR, &results), POSIX_EIO);
	ck_assert_int_eq(block_write(client, 0, again, SECTOR), POSIX_EIO);
	ck_assert_int_eq(block_sync(client), POSIX_EIO);
	client_close(client);
	free(data);
	free(again);
}

START_TEST(a_disk_without_a_file_system_is_read_and_written)
{
	image_run(0, "truncate -s 4M %s", image_path("image"));
	pier_control = true;
	pier_run(image_path("image"), "", 9, no_file_system, NULL);
}
END_TEST

static void mounted(struct pier *pier, void *context)
{
	struct client *client = raw_open(pier);
	uint8_t data[2 * SECTOR];
	struct block_info_results info;
	struct block_read_results results;

	(void)context;
	ck_assert_int_eq(block_info(client, &info), 0);
	ck_assert_uint_eq(info.flags, BLOCK_MOUNTED);
	ck_assert_int_eq(block_read(client, 1024, data, sizeof(data), &results), 0);
	/* s_magic */
	ck_assert_uint_eq(data[0x38], 0x53);
	ck_assert_uint_eq(data[0x39], 0xef);
	ck_assert_int_eq(block_write(client, 1024, data, sizeof(data)), POSIX_EBUSY);
	ck_assert_int_eq(block_sync(client), 0);
	client_close(client);
}

START_TEST(a_mounted_disk_is_not_written)
{
	image_run(0, "rm -f %s && mke2fs -q -F -t ext4 %s 4M </dev/null", image_path("image"),
	          image_path("image"));
	pier_control = true;
	pier_run(image_path("image"), _i ? "write=yes,cache=8M" : "", 0, mounted, NULL);
}
END_TEST

static void refused(struct pier *pier, void *context)
{
	const int32_t error = *(const int32_t *)context;
	struct client *client = raw_open(pier);
	uint8_t data[SECTOR] = {0};
	struct block_info_results info;
	struct block_read_results results;

	ck_assert_int_eq(block_info(client, &info), error);
	ck_assert_int_eq(block_read(client, 0, data, sizeof(data), &results), error);
	ck_assert_int_eq(block_write(client, 0, data, sizeof(data)), error);
	ck_assert_int_eq(block_sync(client), error);
	client_close(client);
}

START_TEST(without_the_grant_nobody_gets_at_it)
{
	int32_t error = POSIX_EPERM;

	image_run(0, "truncate -s 4M %s", image_path("image"));
	pier_run(image_path("image"), "", 0, refused, &error);
}
END_TEST

START_TEST(without_a_disk_there_is_none)
{
	int32_t error = POSIX_ENODEV;

	pier_control = true;
	pier_run(NULL, "", 0, refused, &error);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4-raw");
	TCase *tcase = tcase_create("ext4-raw");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	tcase_set_timeout(tcase, 100);
	tcase_add_test(tcase, a_disk_without_a_file_system_is_read_and_written);
	tcase_add_loop_test(tcase, a_mounted_disk_is_not_written, 0, 2);
	tcase_add_test(tcase, without_the_grant_nobody_gets_at_it);
	tcase_add_test(tcase, without_a_disk_there_is_none);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
