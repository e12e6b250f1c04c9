/*
 * Writing: the same is done to a tree in the server and to one that Linux has.
 * They must be alike at once, after an unmount and another mount, and e2fsck
 * must find nothing to be said about the image.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "compare.h"
#include "image.h"
#include "pier.h"
#include "twin.h"

static const char *const shapes[] = {
	"-t ext4 -b 1024",
	"-t ext4 -b 4096",
	"-t ext4 -b 1024 -O ^has_journal",
	"-t ext4 -b 2048 -O ^metadata_csum,^64bit",
	"-t ext4 -b 1024 -I 128 -O ^metadata_csum,uninit_bg",
	"-t ext4 -b 1024 -g 1024 -O ^resize_inode,meta_bg",
	"-t ext4 -b 4096 -O ^dir_index,metadata_csum_seed",
	"-t ext4 -b 1024 -O ^flex_bg,sparse_super2 -g 2048",
	"-t ext2 -b 1024",
	"-t ext3 -b 1024 -I 128",
	"-t ext3 -b 4096",
};

#define SHAPES ((int)(sizeof(shapes) / sizeof(shapes[0])))

static void empty_image(const char *options)
{
	image_run(0, "rm -f %s && mke2fs -q -F %s %s 48M </dev/null", image_path("image"), options,
	          image_path("image"));
}

static void judge(void)
{
	image_run(0, "e2fsck -fn %s", image_path("image"));
}

static void compare(struct pier *pier, void *context)
{
	compare_trees(pier, context, 65536);
}

/* Does it, unmounts, has it judged, and compares once more what another mount shows. */
static void write_and_judge(void (*body)(struct pier *pier, void *context), uint64_t seed)
{
	const char *path = twin_begin();

	pier_write(image_path("image"), "write=yes", seed, PIER_UNMOUNT, body, (void *)path);
	judge();
	pier_run(image_path("image"), "", 0, compare, (void *)path);
}

/* ---- each operation ------------------------------------------------------------------ */

static void files(struct pier *pier)
{
	char target[900];

	ck_assert(twin_create(pier, "file", 0100640));
	ck_assert(!twin_create(pier, "file", 0100640));
	ck_assert(twin_write(pier, "file", 0, 10000, 1));
	ck_assert(twin_write(pier, "file", 5000, 300, 2));
	ck_assert(twin_write(pier, "file", 1000000, 100, 3));
	ck_assert(twin_chmod(pier, "file", 0600));
	ck_assert(twin_create(pier, "fifo", 0010600));
	ck_assert(twin_create(pier, "socket", 0140755));
	ck_assert(twin_symlink(pier, "short", "a/b"));
	memset(target, 'x', sizeof(target));
	target[sizeof(target) - 1] = '\0';
	ck_assert(twin_symlink(pier, "long", target));
	target[60] = '\0';
	ck_assert(twin_symlink(pier, "middle", target));
	ck_assert(twin_link(pier, "file", "linked"));
	ck_assert(twin_create(pier, "gone", 0100600));
	ck_assert(twin_write(pier, "gone", 100, 700000, 4));
	ck_assert(twin_unlink(pier, "gone"));
	ck_assert(!twin_unlink(pier, "gone"));
	ck_assert(twin_symlink(pier, "long-gone", target));
	ck_assert(twin_unlink(pier, "long-gone"));
}

static void sizes(struct pier *pier)
{
	ck_assert(twin_create(pier, "size", 0100644));
	ck_assert(twin_write(pier, "size", 0, 300000, 5));
	ck_assert(twin_truncate(pier, "size", 100001));
	ck_assert(twin_truncate(pier, "size", 250000));
	ck_assert(twin_write(pier, "size", 260000, 10, 6));
	ck_assert(twin_truncate(pier, "size", 0));
	ck_assert(twin_write(pier, "size", 1, 5000, 7));
	/* Every other block, so that there are many extents, and then the others. */
	ck_assert(twin_create(pier, "comb", 0100644));
	for (uint32_t i = 0; i < 700; i++)
		ck_assert(twin_write(pier, "comb", i * 8192ull, 4096, i));
	for (uint32_t i = 0; i < 100; i++)
		ck_assert(twin_write(pier, "comb", i * 40960ull + 4096, 4096, i));
	ck_assert(twin_truncate(pier, "comb", 4000000));
	/* From the end to the beginning. */
	ck_assert(twin_create(pier, "back", 0100644));
	for (uint32_t i = 400; i-- > 0;)
		ck_assert(twin_write(pier, "back", i * 8192ull, 100, i));
}

static void directories(struct pier *pier)
{
	ck_assert(twin_make_directory(pier, "a", 0755));
	ck_assert(twin_make_directory(pier, "a/b", 0700));
	ck_assert(twin_make_directory(pier, "a/b/c", 0700));
	ck_assert(!twin_make_directory(pier, "a/b", 0700));
	ck_assert(!twin_remove_directory(pier, "a/b"));
	ck_assert(!twin_unlink(pier, "a/b"));
	ck_assert(!twin_remove_directory(pier, "file"));
	ck_assert(twin_create(pier, "a/b/x", 0100600));
	ck_assert(twin_rename(pier, "a/b/x", "a/y", 0));
	ck_assert(twin_rename(pier, "a/y", "a/z", 0));
	ck_assert(!twin_rename(pier, "a", "a/b/c/d", 0));
	ck_assert(!twin_rename(pier, "a/b/c", "a", 0));
	ck_assert(!twin_rename(pier, "a/z", "file", FS_RENAME_NOREPLACE));
	ck_assert(twin_rename(pier, "a/b/c", "c", 0));
	ck_assert(twin_make_directory(pier, "e", 0711));
	ck_assert(twin_rename(pier, "c", "e", 0));
	ck_assert(twin_create(pier, "a/b/replaced", 0100600));
	ck_assert(twin_write(pier, "a/b/replaced", 0, 100000, 8));
	ck_assert(twin_rename(pier, "a/z", "a/b/replaced", 0));
	ck_assert(twin_rename(pier, "a/b", "file", FS_RENAME_EXCHANGE));
	ck_assert(twin_rename(pier, "file", "e", FS_RENAME_EXCHANGE));
	ck_assert(!twin_rename(pier, "a", "nothing", FS_RENAME_EXCHANGE));
	ck_assert(!twin_rename(pier, "linked", "e", 0));
	ck_assert(!twin_rename(pier, "e", "linked", 0));
}

static void each(struct pier *pier, void *context)
{
	files(pier);
	directories(pier);
	sizes(pier);
	twin_end(pier);
	compare(pier, context);
}

START_TEST(each_operation_does_as_linux_does)
{
	empty_image(shapes[_i]);
	write_and_judge(each, (uint64_t)_i);
}
END_TEST

/* ---- many names ---------------------------------------------------------------------------- */

#define NAMES 3000u

static void name_of(uint32_t number, char name[300])
{
	int length = snprintf(name, 300, "wide/%u-", number);

	/* Names of all lengths, so that blocks are filled in all ways. */
	memset(name + length, 'a' + (int)(number % 26), number * 7 % 200);
	name[length + (int)(number * 7 % 200)] = '\0';
}

static void many_names(struct pier *pier, void *context)
{
	char name[300];

	ck_assert(twin_make_directory(pier, "wide", 0755));
	for (uint32_t i = 0; i < NAMES; i++) {
		name_of(i, name);
		ck_assert(twin_create(pier, name, 0100644));
	}
	for (uint32_t i = 0; i < NAMES; i += 3) {
		name_of(i, name);
		ck_assert(twin_unlink(pier, name));
	}
	for (uint32_t i = 0; i < NAMES; i += 6) {
		name_of(i, name);
		ck_assert(twin_create(pier, name, 0100600));
	}
	twin_end(pier);
	compare(pier, context);
}

static const char *const wide_shapes[] = {
	"-t ext4 -b 1024 -N 8192",
	"-t ext4 -b 1024 -N 8192 -O ^metadata_csum",
	"-t ext4 -b 4096 -N 8192 -O ^has_journal",
	"-t ext3 -b 1024 -N 8192",
};

START_TEST(directories_grow_by_their_index)
{
	empty_image(wide_shapes[_i]);
	write_and_judge(many_names, 5);
	image_run(0, "debugfs -R 'stat wide' %s | grep -q 'Flags: 0x8*[01]000'", image_path("image"));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4-write");
	TCase *tcase = tcase_create("ext4-write");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	tcase_set_timeout(tcase, 200);
	tcase_add_loop_test(tcase, each_operation_does_as_linux_does, 0, SHAPES);
	tcase_add_loop_test(tcase, directories_grow_by_their_index, 0,
	                    sizeof(wide_shapes) / sizeof(wide_shapes[0]));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
