/*
 * Extended attributes and ACLs, written: what was set is there, at once and after
 * another mount, e2fsck finds nothing, and debugfs reads the same.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/acl.h>
#include <drydock/posix.h>

#include "../dev/memory_device.h"
#include "image.h"
#include "pier.h"

#define FILES      4u
#define NAMES      10u
#define OPERATIONS 600u
#define VALUE_MAX  5000u
#define LIST_MAX   4096u

static const char *const shapes[] = {
	"-t ext4 -b 1024",
	"-t ext4 -b 4096",
	"-t ext4 -b 1024 -I 128 -O ^metadata_csum,uninit_bg",
	"-t ext4 -b 1024 -I 512 -O ^has_journal",
	"-t ext4 -b 4096 -O ^ext_attr,^64bit",
};

static const char *const names[NAMES] = {
	"user.a", "user.b", "user.longer-than-the-others", "trusted.a", "trusted.overlay.opaque",
	"security.selinux", "user.\303\244\303\266\303\274", "user.c", "user.dd", "security.capability",
};

/* What there should be. */
static struct {
	uint8_t *value[FILES][NAMES]; /* NULL: none */
	uint32_t size[FILES][NAMES];
	uint64_t random;
	uint32_t refused;
} model;

static uint32_t chance(uint32_t below)
{
	return (uint32_t)((memory_random(&model.random) >> 16) % below);
}

static void empty_image(const char *options)
{
	image_run(0, "rm -f %s && mke2fs -q -F %s %s 16M </dev/null", image_path("image"), options,
	          image_path("image"));
}

static void judge(void)
{
	image_run(0, "e2fsck -fn %s", image_path("image"));
}

static uint64_t file_find(struct pier *pier, const char *name)
{
	struct fs_attributes found;
	int32_t error = pier_look(pier, FS_ROOT, name, &found);

	if (error == POSIX_ENOENT)
		error = fs_create(pier->client, FS_ROOT, 0100644, 0, 0, name, (uint32_t)strlen(name), &found);
	ck_assert_int_eq(error, 0);
	return found.node;
}

static uint64_t numbered_find(struct pier *pier, uint32_t number)
{
	char name[16];

	snprintf(name, sizeof(name), "file%u", number);
	return file_find(pier, name);
}

static int32_t set(struct pier *pier, uint64_t node, const char *name, const void *value, uint32_t size)
{
	return fs_set_xattr(pier->client, node, 0, name, (uint32_t)strlen(name), value, size);
}

static int32_t get(struct pier *pier, uint64_t node, const char *name, void *value, uint32_t room,
                   uint32_t *size)
{
	struct fs_get_xattr_results results = {0};
	int32_t error =
		fs_get_xattr(pier->client, node, name, (uint32_t)strlen(name), value, room, &results);

	*size = results.size;
	return error;
}

/* ---- values at random --------------------------------------------------------------- */

static void model_keep(uint32_t file, uint32_t name, uint8_t *value, uint32_t size)
{
	free(model.value[file][name]);
	model.value[file][name] = value;
	model.size[file][name] = size;
}

/* Bytes that all attributes of a file take, but for one. */
static uint32_t model_bytes(uint32_t file, uint32_t without)
{
	uint32_t bytes = 0;

	for (uint32_t name = 0; name < NAMES; name++) {
		if (name != without && model.value[file][name])
			bytes += 16 + (uint32_t)strlen(names[name]) + model.size[file][name];
	}
	return bytes;
}

static void operate(struct pier *pier)
{
	const uint32_t file = chance(FILES), name = chance(NAMES);
	const uint32_t size = chance(3) ? chance(100) : chance(VALUE_MAX);
	const uint64_t node = numbered_find(pier, file);
	uint8_t *value;
	int32_t error;

	if (chance(4) == 0) {
		error = fs_remove_xattr(pier->client, node, names[name], (uint32_t)strlen(names[name]));
		ck_assert_int_eq(error, model.value[file][name] ? 0 : POSIX_ENODATA);
		model_keep(file, name, NULL, 0);
		return;
	}
	value = malloc(size + 1);
	for (uint32_t i = 0; i < size; i++)
		value[i] = (uint8_t)chance(256);
	error = set(pier, node, names[name], value, size);
	if (error) {
		pier_settle(pier);
		ck_assert_msg(error == POSIX_ENOSPC, "set says %d\n%s", (int)error, pier_console());
		/* The smallest block would have been full. */
		ck_assert_uint_gt(model_bytes(file, name) + size, 800);
		model.refused++;
		free(value);
	} else {
		model_keep(file, name, value, size);
	}
}

static bool is_listed(const char *list, uint32_t length, const char *name)
{
	for (uint32_t at = 0; at < length; at += (uint32_t)strlen(list + at) + 1) {
		if (strcmp(list + at, name) == 0)
			return true;
	}
	return false;
}

static void verify_file(struct pier *pier, uint32_t file)
{
	const uint64_t node = numbered_find(pier, file);
	struct fs_list_xattrs_results listed, counted;
	char *list = malloc(LIST_MAX);
	uint8_t *value = malloc(VALUE_MAX);
	uint32_t length = 0, size;

	ck_assert_int_eq(fs_list_xattrs(pier->client, node, list, LIST_MAX, &listed), 0);
	ck_assert_int_eq(fs_list_xattrs(pier->client, node, NULL, 0, &counted), 0);
	ck_assert_uint_eq(counted.size, listed.size);
	for (uint32_t name = 0; name < NAMES; name++) {
		int32_t error = get(pier, node, names[name], value, VALUE_MAX, &size);

		ck_assert_int_eq(error, model.value[file][name] ? 0 : POSIX_ENODATA);
		ck_assert_int_eq(is_listed(list, listed.size, names[name]), model.value[file][name] != NULL);
		if (error)
			continue;
		length += (uint32_t)strlen(names[name]) + 1;
		ck_assert_uint_eq(size, model.size[file][name]);
		ck_assert_int_eq(memcmp(value, model.value[file][name], size), 0);
		ck_assert_int_eq(get(pier, node, names[name], NULL, 0, &size), 0);
		ck_assert_uint_eq(size, model.size[file][name]);
		if (size > 1)
			ck_assert_int_eq(get(pier, node, names[name], value, size - 1, &size), POSIX_ERANGE);
	}
	ck_assert_uint_eq(listed.size, length);
	free(list);
	free(value);
}

static void verify(struct pier *pier, void *context)
{
	(void)context;
	for (uint32_t file = 0; file < FILES; file++)
		verify_file(pier, file);
}

static void run(struct pier *pier, void *context)
{
	for (uint32_t i = 0; i < OPERATIONS; i++)
		operate(pier);
	verify(pier, context);
}

START_TEST(what_is_set_is_there)
{
	memset(&model, 0, sizeof(model));
	model.random = 1 + (uint64_t)_i;
	empty_image(shapes[_i]);
	pier_write(image_path("image"), "write=yes", 3, PIER_UNMOUNT, run, NULL);
	judge();
	pier_run(image_path("image"), "", 0, verify, NULL);
	ck_assert_uint_gt(model.refused, 0);
	for (uint32_t file = 0; file < FILES; file++) {
		for (uint32_t name = 0; name < NAMES; name++)
			model_keep(file, name, NULL, 0);
	}
}
END_TEST

/* ---- what others make of it ------------------------------------------------------------- */

static void three(struct pier *pier, void *context)
{
	static uint8_t large[700];
	const uint64_t node = file_find(pier, "three");
	struct fs_write_results written;

	(void)context;
	memset(large, 'l', sizeof(large));
	ck_assert_int_eq(set(pier, node, "user.small", "value", 5), 0);
	ck_assert_int_eq(set(pier, node, "user.large", large, sizeof(large)), 0);
	ck_assert_int_eq(fs_set_xattr(pier->client, node, FS_XATTR_CREATE, "user.small", 10, "x", 1),
	                 POSIX_EEXIST);
	ck_assert_int_eq(fs_set_xattr(pier->client, node, FS_XATTR_REPLACE, "user.none", 9, "x", 1),
	                 POSIX_ENODATA);
	ck_assert_int_eq(set(pier, node, "user.", "x", 1), POSIX_EINVAL);
	ck_assert_int_eq(set(pier, node, "system.other", "x", 1), POSIX_EOPNOTSUPP);
	ck_assert_int_eq(set(pier, node, "other.name", "x", 1), POSIX_EOPNOTSUPP);
	/* Whoever writes takes the capabilities away. */
	ck_assert_int_eq(set(pier, node, "security.capability", "cap", 3), 0);
	ck_assert_int_eq(fs_write(pier->client, node, 0, 0, "data", 4, &written), 0);
}

START_TEST(debugfs_reads_it)
{
	char *text;

	empty_image("-t ext4 -b 1024");
	pier_write(image_path("image"), "write=yes", 0, PIER_UNMOUNT, three, NULL);
	judge();
	text = image_output("debugfs -R 'ea_list three' %s 2>/dev/null", image_path("image"));
	ck_assert_msg(strstr(text, "user.small (5) = \"value\"") && strstr(text, "user.large (700)") &&
	                      !strstr(text, "capability"),
	              "%s", text);
	free(text);
}
END_TEST

/* ---- a block that two inodes have --------------------------------------------------------- */

static void first_has(struct pier *pier, void *context)
{
	uint8_t *large = malloc(800);

	(void)context;
	memset(large, 's', 800);
	ck_assert_int_eq(set(pier, file_find(pier, "first"), "user.shared", large, 800), 0);
	(void)file_find(pier, "second");
	(void)file_find(pier, "third");
	free(large);
}

static void second_changes(struct pier *pier, void *context)
{
	uint8_t value[900];
	uint32_t size;

	(void)context;
	ck_assert_int_eq(set(pier, file_find(pier, "second"), "user.more", "of its own", 10), 0);
	ck_assert_int_eq(get(pier, file_find(pier, "second"), "user.shared", value, sizeof(value), &size), 0);
	ck_assert_uint_eq(size, 800);
	ck_assert_int_eq(fs_unlink(pier->client, FS_ROOT, "third", 5), 0);
	ck_assert_int_eq(get(pier, file_find(pier, "first"), "user.more", value, sizeof(value), &size),
	                 POSIX_ENODATA);
	ck_assert_int_eq(get(pier, file_find(pier, "first"), "user.shared", value, sizeof(value), &size), 0);
	ck_assert_uint_eq(size, 800);
}

START_TEST(a_block_that_others_have_is_copied)
{
	const char *path;
	char *block, *references;

	/* With small inodes all attributes lie in blocks; without checksums one can be made common. */
	empty_image("-t ext4 -b 1024 -I 128 -O ^metadata_csum");
	path = image_path("image");
	pier_write(path, "write=yes", 0, PIER_UNMOUNT, first_has, NULL);
	block = image_output("debugfs -R 'stat first' %s 2>/dev/null | sed -n 's/.*File ACL: \\([0-9]*\\).*/\\1/p'",
	                     path);
	image_run(0,
	          "for f in second third; do debugfs -w -R \"sif $f file_acl %s\" %s && debugfs -w -R \"sif $f blocks 2\" "
	          "%s; done && printf '\\003' | dd of=%s bs=1 seek=$((%s * 1024 + 4)) conv=notrunc",
	          block, path, path, path, block);
	judge();
	pier_write(path, "write=yes", 0, PIER_UNMOUNT, second_changes, NULL);
	judge();
	references = image_output("dd if=%s bs=1 count=1 skip=$((%s * 1024 + 4)) 2>/dev/null | od -An -tu1",
	                          path, block);
	ck_assert_int_eq(atoi(references), 1);
	free(block);
	free(references);
}
END_TEST

/* ---- ACLs ------------------------------------------------------------------------------------ */

#define ACCESS  "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"

static uint32_t acl_value(uint8_t *value, uint16_t user_permissions, uint16_t mask)
{
	const struct acl_entry entries[] = {{ACL_USER_OBJ, 6, ACL_NO_ID},
	                                    {ACL_USER, user_permissions, 1000},
	                                    {ACL_GROUP_OBJ, 4, ACL_NO_ID},
	                                    {ACL_MASK, mask, ACL_NO_ID},
	                                    {ACL_OTHER, 0, ACL_NO_ID}};
	const struct acl acl = {entries, 5};

	acl_format(&acl, value);
	return acl_size(5);
}

static void acls(struct pier *pier, void *context)
{
	struct fs_attributes directory, file, below, values = {.mode = 0600};
	struct fs_read_results results;
	uint8_t value[128], got[128], data[8];
	uint32_t size = acl_value(value, 4, 7), length;

	(void)context;
	ck_assert_int_eq(fs_create(pier->client, FS_ROOT, 0100640, 0, 0, "f", 1, &file), 0);
	ck_assert_int_eq(set(pier, file.node, DEFAULT, value, size), POSIX_EACCES);
	ck_assert_int_eq(set(pier, file.node, ACCESS, value, 3), POSIX_EINVAL);
	pier_call_as(pier, PIER_USER);
	ck_assert_int_eq(fs_read(pier->client, file.node, 0, data, sizeof(data), &results), POSIX_EACCES);
	ck_assert_int_eq(set(pier, file.node, ACCESS, value, size), POSIX_EPERM);
	pier_call_as(pier, PIER_BRIDGE);
	ck_assert_int_eq(set(pier, file.node, ACCESS, value, size), 0);
	ck_assert_int_eq(get(pier, file.node, ACCESS, got, sizeof(got), &length), 0);
	ck_assert_uint_eq(length, size);
	ck_assert_int_eq(memcmp(got, value, size), 0);
	ck_assert_int_eq(fs_get_attributes(pier->client, file.node, &file), 0);
	ck_assert_uint_eq(file.mode, 0100670); /* the group's bits are the mask's */
	pier_call_as(pier, PIER_USER);
	ck_assert_int_eq(fs_read(pier->client, file.node, 0, data, sizeof(data), &results), 0);
	ck_assert_int_eq(fs_access(pier->client, file.node, 2), POSIX_EACCES);
	/* chmod(2) sets the mask, which then gives nothing. */
	pier_call_as(pier, PIER_BRIDGE);
	ck_assert_int_eq(fs_set_attributes(pier->client, file.node, FS_SET_MODE, &values, &file), 0);
	size = acl_value(value, 4, 0);
	ck_assert_int_eq(get(pier, file.node, ACCESS, got, sizeof(got), &length), 0);
	ck_assert_int_eq(memcmp(got, value, size), 0);
	pier_call_as(pier, PIER_USER);
	ck_assert_int_eq(fs_read(pier->client, file.node, 0, data, sizeof(data), &results), POSIX_EACCES);
	/* What is made in a directory with a default ACL gets that, whatever the umask. */
	pier_call_as(pier, PIER_BRIDGE);
	size = acl_value(value, 7, 7);
	ck_assert_int_eq(fs_make_directory(pier->client, FS_ROOT, 0777, 0, "d", 1, &directory), 0);
	ck_assert_int_eq(set(pier, directory.node, DEFAULT, value, size), 0);
	ck_assert_int_eq(fs_create(pier->client, directory.node, 0100666, 077, 0, "x", 1, &below), 0);
	ck_assert_uint_eq(below.mode, 0100660);
	size = acl_value(value, 7, 6);
	ck_assert_int_eq(get(pier, below.node, ACCESS, got, sizeof(got), &length), 0);
	ck_assert_int_eq(memcmp(got, value, size), 0);
	ck_assert_int_eq(fs_make_directory(pier->client, directory.node, 0755, 077, "y", 1, &below), 0);
	size = acl_value(value, 7, 7);
	ck_assert_int_eq(get(pier, below.node, DEFAULT, got, sizeof(got), &length), 0);
	ck_assert_int_eq(memcmp(got, value, size), 0);
	ck_assert_int_eq(fs_remove_xattr(pier->client, below.node, DEFAULT, sizeof(DEFAULT) - 1), 0);
	ck_assert_int_eq(get(pier, below.node, DEFAULT, got, sizeof(got), &length), POSIX_ENODATA);
	ck_assert_int_eq(fs_create(pier->client, below.node, 0100666, 022, 0, "z", 1, &file), 0);
	ck_assert_uint_eq(file.mode, 0100644);
	ck_assert_int_eq(fs_symlink(pier->client, directory.node, "l", 1, "t", 1, &below), 0);
	ck_assert_int_eq(get(pier, below.node, ACCESS, got, sizeof(got), &length), POSIX_EOPNOTSUPP);
}

START_TEST(acls_are_kept_inherited_and_enforced)
{
	empty_image(shapes[_i]);
	pier_write(image_path("image"), "write=yes", 0, PIER_UNMOUNT, acls, NULL);
	judge();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("ext4-xattr");
	TCase *tcase = tcase_create("ext4-xattr");
	SRunner *runner;
	int failed;

	if (!image_tools())
		return EXIT_SUCCESS;
	tcase_set_timeout(tcase, 200);
	tcase_add_loop_test(tcase, what_is_set_is_there, 0, sizeof(shapes) / sizeof(shapes[0]));
	tcase_add_test(tcase, debugfs_reads_it);
	tcase_add_test(tcase, a_block_that_others_have_is_copied);
	tcase_add_loop_test(tcase, acls_are_kept_inherited_and_enforced, 0, sizeof(shapes) / sizeof(shapes[0]));
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	image_clean();
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
