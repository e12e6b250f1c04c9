/* ext4_server reads what mke2fs has written, in every shape that a file system can have. */
#include "../unit.h"

#include <drydock/posix.h>

#include "compare.h"
#include "image.h"

struct shape {
	const char *name;
	const char *options; /* of mke2fs */
	const char *size;
	enum {
		LINEAR,
		INDEXED,     /* directories are hashed afterwards, */
	} directories;
	const char *hash;    /* by this, if not as mke2fs has it */
};

/* Journals belong to a test of their own (recovery); here they would only take room. */
static const struct shape shapes[] = {
	{"ext2, 1 KiB", "-t ext2 -b 1024", "24M", LINEAR, NULL},
	{"ext2, 4 KiB", "-t ext2 -b 4096", "24M", LINEAR, NULL},
	{"ext2, revision 0", "-t ext2 -r 0 -b 1024", "24M", LINEAR, NULL},
	{"ext3", "-t ext3 -b 2048", "40M", INDEXED, NULL},
	{"ext4", "-t ext4", "48M", LINEAR, NULL},
	{"ext4, hashed", "-t ext4", "48M", INDEXED, NULL},
	{"1 KiB", "-t ext4 -b 1024", "48M", INDEXED, NULL},
	{"2 KiB", "-t ext4 -b 2048", "48M", INDEXED, NULL},
	{"64 KiB", "-t ext4 -b 65536 -O ^has_journal", "96M", LINEAR, NULL},
	{"64 KiB, hashed", "-t ext4 -b 65536 -O ^has_journal", "96M", INDEXED, NULL},
	{"without checksums", "-t ext4 -b 1024 -O ^metadata_csum,^has_journal", "24M", INDEXED, NULL},
	{"uninit_bg", "-t ext4 -b 1024 -O ^metadata_csum,uninit_bg,^has_journal", "24M", LINEAR, NULL},
	{"uninit_bg of 32 bytes", "-t ext4 -b 1024 -O ^metadata_csum,^64bit,uninit_bg,^has_journal", "24M", LINEAR, NULL},
	{"32 bits", "-t ext4 -O ^64bit,^has_journal", "24M", LINEAR, NULL},
	{"metadata_csum_seed", "-t ext4 -O metadata_csum_seed,^has_journal", "24M", INDEXED, NULL},
	{"meta_bg", "-t ext4 -b 1024 -O meta_bg,^resize_inode,^has_journal", "48M", LINEAR, NULL},
	{"sparse_super2", "-t ext4 -b 1024 -O sparse_super2,^has_journal", "24M", LINEAR, NULL},
	{"without extents", "-t ext4 -b 1024 -O ^extent,^64bit,^has_journal", "24M", INDEXED, NULL},
	{"without types", "-t ext4 -O ^filetype,^has_journal", "24M", INDEXED, NULL},
	{"inline data", "-t ext4 -O inline_data,^has_journal", "24M", LINEAR, NULL},
	{"inline data, large inodes", "-t ext4 -I 1024 -O inline_data,^has_journal", "24M", LINEAR, NULL},
	{"inodes of 128 bytes", "-t ext4 -I 128 -O ^has_journal", "24M", LINEAR, NULL},
	{"inodes of 512 bytes", "-t ext4 -I 512 -O ^has_journal", "24M", LINEAR, NULL},
	{"bigalloc", "-t ext4 -O bigalloc,^has_journal -C 16384", "64M", LINEAR, NULL},
	{"large_dir and ea_inode", "-t ext4 -O large_dir,ea_inode,^has_journal", "24M", INDEXED, NULL},
	{"TEA", "-t ext4 -b 1024 -O ^has_journal", "24M", INDEXED, "tea"},
	{"legacy hash", "-t ext4 -b 1024 -O ^has_journal", "24M", INDEXED, "legacy"},
};

static void compare(struct pier *pier, void *context)
{
	(void)context;
	compare_trees(pier, image_path("tree"), 100000);
	ck_assert_msg(!strstr(pier_console(), "wrong"), "%s", pier_console());
}

static void make(const struct shape *shape)
{
	image_make("image", shape->size, shape->options);
	if (shape->hash)
		image_run(0, "tune2fs -E hash_alg=%s %s", shape->hash, image_path("image"));
	if (shape->directories == INDEXED)
		image_run(1, "e2fsck -fyD %s", image_path("image"));
	image_run(0, "e2fsck -fn %s", image_path("image"));
}

START_TEST(what_was_put_in_comes_out)
{
	make(&shapes[_i]);
	pier_run(image_path("image"), "cache=4M", 0, compare, NULL);
}
END_TEST

/* The cache has hardly any room, and the disk ends its requests in any order. */
START_TEST(a_small_cache_is_enough)
{
	image_make("image", "48M", "-t ext4 -b 1024");
	pier_run(image_path("image"), "cache=64K", 4711, compare, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4-tree");
	TCase *tcase = tcase_create("ext4-tree");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	/* Making and filling an image takes a while on a busy machine. */
	tcase_set_timeout(tcase, 200);
	tcase_add_loop_test(tcase, what_was_put_in_comes_out, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_test(tcase, a_small_cache_is_enough);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
