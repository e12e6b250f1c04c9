/* What ext4_server does whatever lies on the disk: permissions, references, refusals. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include <drydock/posix.h>

#include "image.h"
#include "pier.h"

#define CALLS 12u

static int32_t look(struct pier *pier, const char *name, struct fs_attributes *found)
{
	return pier_look(pier, FS_ROOT, name, found);
}

static void permissions(struct pier *pier, void *context)
{
	struct fs_attributes file, directory, below;
	struct fs_read_results results;
	struct fs_readdir_results entries;
	uint8_t data[512];

	(void)context;
	pier_call_as(pier, PIER_ROOT);
	ck_assert_int_eq(look(pier, "fifo", &file), 0);
	ck_assert_int_eq(look(pier, "size-100", &file), 0);
	ck_assert_int_eq(look(pier, "wide", &directory), 0);
	/* 0750 of root's: a stranger neither lists nor searches it. */
	pier_call_as(pier, PIER_USER);
	ck_assert_int_eq(fs_read(pier->client, file.node, 0, data, sizeof(data), &results), 0);
	ck_assert_uint_eq(results.data_length, 100);
	ck_assert_int_eq(pier_look(pier, directory.node, "0-", &below), POSIX_EACCES);
	ck_assert_int_eq(fs_readdir(pier->client, directory.node, 0, data, sizeof(data), &entries),
	                 POSIX_EACCES);
	ck_assert_int_eq(fs_access(pier->client, directory.node, 4), POSIX_EACCES);
	ck_assert_int_eq(fs_access(pier->client, file.node, 4), 0);
	ck_assert_int_eq(fs_access(pier->client, file.node, 8), POSIX_EINVAL);
	pier_call_as(pier, PIER_ROOT);
	ck_assert_int_eq(pier_look(pier, directory.node, "0-", &below), 0);
	ck_assert_int_eq(fs_access(pier->client, file.node, 1), POSIX_EACCES);
	ck_assert_int_eq(fs_access(pier->client, file.node, 2), POSIX_EROFS);
}

START_TEST(strangers_see_what_modes_let_them)
{
	pier_run(image_path("image"), "", 0, permissions, NULL);
}
END_TEST

static void references(struct pier *pier, void *context)
{
	struct fs_attributes file, found;

	(void)context;
	ck_assert_int_eq(look(pier, "size-1", &file), 0);
	ck_assert_int_eq(look(pier, "size-1", &file), 0);
	pier_call_as(pier, PIER_USER);
	ck_assert_int_eq(fs_get_attributes(pier->client, file.node, &found), 0);
	ck_assert_int_eq(fs_get_attributes(pier->client, file.node + 1, &found), POSIX_ESTALE);
	ck_assert_int_eq(fs_forget(pier->client, file.node, 3), POSIX_EINVAL);
	ck_assert_int_eq(fs_forget(pier->client, file.node, 2), 0);
	ck_assert_int_eq(fs_forget(pier->client, file.node, 1), POSIX_EINVAL);
	ck_assert_int_eq(fs_get_attributes(pier->client, file.node, &found), POSIX_ESTALE);
	/* Who checks for himself may use any number of an inode in use that is nobody's by rule. */
	pier_call_as(pier, PIER_BRIDGE);
	ck_assert_int_eq(fs_get_attributes(pier->client, file.node, &found), 0);
	ck_assert_int_eq(fs_get_attributes(pier->client, 2, &found), POSIX_ESTALE);
	ck_assert_int_eq(fs_get_attributes(pier->client, 8, &found), POSIX_ESTALE);
	ck_assert_int_eq(fs_get_attributes(pier->client, 0, &found), POSIX_ESTALE);
	ck_assert_int_eq(fs_get_attributes(pier->client, UINT64_MAX, &found), POSIX_ESTALE);
}

START_TEST(a_number_is_of_use_to_who_holds_it)
{
	pier_run(image_path("image"), "", 0, references, NULL);
}
END_TEST

static void refusals(struct pier *pier, void *context)
{
	struct fs_attributes file, link, made, values = {0};
	struct fs_write_results written;
	struct fs_readlink_results target;
	struct fs_read_results results;
	struct fs_readdir_results entries;
	uint8_t data[64];

	(void)context;
	ck_assert_int_eq(look(pier, "size-1", &file), 0);
	ck_assert_int_eq(look(pier, "symlink-13", &link), 0);
	ck_assert_int_eq(fs_set_attributes(pier->client, file.node, FS_SET_MODE, &values, &made),
	                 POSIX_EROFS);
	ck_assert_int_eq(fs_write(pier->client, file.node, 0, 0, "x", 1, &written), POSIX_EROFS);
	ck_assert_int_eq(fs_create(pier->client, FS_ROOT, 0100644, 0, 0, "new", 3, &made), POSIX_EROFS);
	ck_assert_int_eq(fs_unlink(pier->client, FS_ROOT, "size-1", 6), POSIX_EROFS);
	ck_assert_int_eq(fs_rename(pier->client, FS_ROOT, FS_ROOT, 0, "size-1", 6, "b", 1), POSIX_EROFS);
	ck_assert_int_eq(fs_readlink(pier->client, file.node, data, sizeof(data), &target), POSIX_EINVAL);
	ck_assert_int_eq(fs_read(pier->client, link.node, 0, data, sizeof(data), &results), POSIX_EINVAL);
	ck_assert_int_eq(fs_read(pier->client, FS_ROOT, 0, data, sizeof(data), &results), POSIX_EISDIR);
	ck_assert_int_eq(fs_readdir(pier->client, file.node, 0, data, sizeof(data), &entries), POSIX_ENOTDIR);
	ck_assert_int_eq(fs_readdir(pier->client, FS_ROOT, 0, data, 16, &entries), POSIX_EINVAL);
	ck_assert_int_eq(pier_look(pier, file.node, "x", &made), POSIX_ENOTDIR);
	ck_assert_int_eq(fs_sync(pier->client, file.node), 0);
	ck_assert_int_eq(fs_sync_all(pier->client), 0);
}

START_TEST(nothing_is_changed_and_kinds_are_told_apart)
{
	pier_run(image_path("image"), "", 0, refusals, NULL);
}
END_TEST

static void locks(struct pier *pier, void *context)
{
	struct fs_test_lock_results found;
	struct fs_attributes file;
	struct call waits;

	(void)context;
	pier_call_as(pier, PIER_USER);
	ck_assert_int_eq(look(pier, "size-100", &file), 0);
	ck_assert_int_eq(fs_set_lock(pier->client, file.node, 1, 0, 9, FS_LOCK_WRITE, 0, 0), POSIX_EACCES);
	ck_assert_int_eq(fs_set_lock(pier->client, file.node, 1, 0, 9, FS_LOCK_READ, 0, 5), 0);
	pier_call_as(pier, PIER_ROOT);
	ck_assert_int_eq(fs_set_lock(pier->client, file.node, 2, 9, 20, FS_LOCK_WRITE, 0, 0), POSIX_EAGAIN);
	ck_assert_int_eq(fs_test_lock(pier->client, file.node, 2, 9, 20, FS_LOCK_WRITE, 0, &found), 0);
	ck_assert(found.type == FS_LOCK_READ && found.start == 0 && found.end == 9 && found.process == 5);
	ck_assert_int_eq(fs_set_lock(pier->client, file.node + 1, 2, 9, 20, FS_LOCK_READ, 0, 0), POSIX_ESTALE);
	/* Who waits gets it when the first one goes. */
	ck_assert_int_eq(fs_set_lock_prepare(&waits, pier->client, file.node, 2, 0, FS_LOCK_END, FS_LOCK_WRITE,
	                                     FS_LOCK_WAIT, 0),
	                 0);
	call_submit(&waits, NULL, NULL);
	ck_assert_int_eq(fs_set_lock(pier->client, file.node, 1, 0, 0, FS_LOCK_NONE, FS_LOCK_LEAVE, 0), 0);
	ck_assert_int_eq(call_wait(&waits, DEADLINE_NEVER), 0);
	call_end(&waits);
	ck_assert_int_eq(fs_set_lock(pier->client, file.node, 1, 0, 9, FS_LOCK_READ, 0, 5), POSIX_EAGAIN);
	/* They go with the last reference, and are not those of who takes one again. */
	ck_assert_int_eq(fs_forget(pier->client, file.node, 1), 0);
	ck_assert_int_eq(look(pier, "size-100", &file), 0);
	ck_assert_int_eq(fs_set_lock(pier->client, file.node, 1, 0, 9, FS_LOCK_READ, 0, 5), 0);
}

START_TEST(locks_are_kept_while_there_is_a_reference)
{
	pier_run(image_path("image"), "", 0, locks, NULL);
}
END_TEST

/* Many reads in flight at once, of the same blocks and of others, with hardly any cache. */
static void many(struct pier *pier, void *context)
{
	struct call calls[CALLS];
	struct fs_attributes file;
	uint8_t *whole, *piece = malloc(65536);

	(void)context;
	ck_assert_int_eq(look(pier, "size-1500000", &file), 0);
	whole = pier_read(pier, &file, 1 << 20);
	for (uint32_t round = 0; round < 10; round++) {
		for (uint32_t i = 0; i < CALLS; i++) {
			uint64_t offset = (uint64_t)(i / 2) * 200000 + round * 1000;

			ck_assert_int_eq(fs_read_prepare(&calls[i], pier->client, file.node, offset, 65536),
			                 0);
			call_submit(&calls[i], NULL, NULL);
		}
		for (uint32_t i = 0; i < CALLS; i++) {
			uint64_t offset = (uint64_t)(i / 2) * 200000 + round * 1000;
			struct fs_read_results results;

			ck_assert_int_eq(call_wait(&calls[i], UINT64_MAX), 0);
			ck_assert_int_eq(fs_read_finish(&calls[i], &results, piece), 0);
			call_end(&calls[i]);
			ck_assert_uint_eq(results.data_length, 65536);
			ck_assert_int_eq(memcmp(piece, whole + offset, 65536), 0);
		}
	}
	ck_assert_uint_gt(pier->disk->deepest, 1);
	free(whole);
	free(piece);
}

START_TEST(calls_in_flight_share_the_cache)
{
	pier_run(image_path("image"), "cache=64K", 17, many, NULL);
}
END_TEST

/* Every request of the disk fails in turn: the call says so, and the next one finds all well. */
static void failures(struct pier *pier, void *context)
{
	const struct memory_disk_fault fault = {
		.operations = 1 << DISK_READ, .length = UINT64_MAX, .times = 1, .status = POSIX_EIO};
	struct fs_attributes file;
	struct fs_read_results results;
	uint8_t data[64];
	uint32_t failed = 0;

	(void)context;
	for (uint32_t after = 0; after < 8; after++) {
		struct memory_disk_fault next = fault;
		char name[16];
		int32_t status;

		next.after = after;
		memory_disk_fail(pier->disk, &next);
		/* Another file each time: its inode or its block is not in the cache. */
		snprintf(name, sizeof(name), "size-%u", after % 2 ? 65536 : 12288);
		status = look(pier, name, &file);
		if (!status)
			status = fs_read(pier->client, file.node, after * 4096, data, sizeof(data), &results);
		ck_assert(status == 0 || status == POSIX_EIO);
		failed += status != 0;
		memory_disk_heal(pier->disk);
		ck_assert_int_eq(look(pier, name, &file), 0);
		ck_assert_int_eq(fs_read(pier->client, file.node, 0, data, sizeof(data), &results), 0);
	}
	ck_assert_uint_gt(failed, 0);
}

START_TEST(a_read_that_fails_is_tried_again_by_the_next)
{
	pier_run(image_path("image"), "cache=64K", 0, failures, NULL);
}
END_TEST

static void nothing(struct pier *pier, void *context)
{
	struct fs_statistics statistics;
	struct fs_attributes found;

	(void)context;
	ck_assert_int_eq(fs_get_attributes(pier->client, FS_ROOT, &found), POSIX_ENODEV);
	ck_assert_int_eq(fs_statistics(pier->client, FS_ROOT, &statistics), POSIX_ENODEV);
	ck_assert_int_eq(fs_unlink(pier->client, FS_ROOT, "a", 1), POSIX_ENODEV);
	pier_settle(pier);
	ck_assert_ptr_nonnull(strstr(pier_console(), "[ext4] Waiting for block I/O requests..."));
}

START_TEST(without_a_disk_it_serves_nothing)
{
	pier_run(NULL, "", 0, nothing, NULL);
}
END_TEST

static void no_file_system(struct pier *pier, void *context)
{
	nothing(pier, context);
	ck_assert_ptr_nonnull(
		strstr(pier_console(), "image: the superblock is not one of ext4: s_magic is 0x0"));
}

START_TEST(what_is_no_file_system_is_named)
{
	image_run(0, "truncate -s 1M %s", image_path("empty"));
	pier_run(image_path("empty"), "", 0, no_file_system, NULL);
}
END_TEST

static void first_superblock_wipe(uint8_t *image, uint64_t size)
{
	(void)size;
	memset(image + 1024, 0, 1024);
}

static void backup(struct pier *pier, void *context)
{
	struct fs_attributes found;

	(void)context;
	ck_assert_int_eq(look(pier, "size-1", &found), 0);
	pier_settle(pier);
	ck_assert_ptr_nonnull(strstr(pier_console(), "image: using the backup superblock in block 8193"));
}

START_TEST(a_backup_stands_in_for_the_superblock)
{
	pier_prepare = first_superblock_wipe;
	pier_run(image_path("image"), "", 0, backup, NULL);
}
END_TEST

static void image_once(void)
{
	image_make("image", "24M", "-t ext4 -b 1024 -O ^has_journal");
}

int main(void)
{
	const TTest *const tests[] = {
		strangers_see_what_modes_let_them,
		a_number_is_of_use_to_who_holds_it,
		nothing_is_changed_and_kinds_are_told_apart,
		locks_are_kept_while_there_is_a_reference,
		calls_in_flight_share_the_cache,
		a_read_that_fails_is_tried_again_by_the_next,
		without_a_disk_it_serves_nothing,
		what_is_no_file_system_is_named,
		a_backup_stands_in_for_the_superblock,
	};
	Suite *suite = suite_create("ext4-node-protocol");
	TCase *tcase = tcase_create("ext4-node-protocol");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	tcase_set_timeout(tcase, 100);
	tcase_add_unchecked_fixture(tcase, image_once, NULL);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
