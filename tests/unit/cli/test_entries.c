/* The names that `drydock fs` takes out of a server's replies (sim/cli/fs_entries.c). */
#include "../unit.h"

#include <drydock/posix.h>
#include <string.h>

#include "sim/cli/fs.h"

/* Puts an entry that claims `claimed` bytes of name; returns where the next goes. */
static size_t put_name(uint8_t *bytes, size_t place, const char *name, uint32_t claimed, uint32_t mode)
{
	const struct vfs_entry entry = {.cookie = place + 1, .mode = mode, .name_length = claimed};

	memcpy(bytes + place, &entry, sizeof(entry));
	memcpy(bytes + place + sizeof(entry), name, strlen(name));
	return place + ((sizeof(entry) + strlen(name) + 7) & ~(size_t)7);
}

START_TEST(takes_names_sorted_without_dots)
{
	struct fs_directory directory = {0};
	uint8_t bytes[512] = {0};
	uint64_t cookie = 0;
	size_t length = 0, last;

	length = put_name(bytes, length, ".", 1, POSIX_S_IFDIR | 0755);
	length = put_name(bytes, length, "zebra", 5, POSIX_S_IFREG | 0644);
	length = put_name(bytes, length, "..", 2, POSIX_S_IFDIR);
	length = put_name(bytes, length, "...", 3, POSIX_S_IFREG);
	last = length;
	length = put_name(bytes, length, "ant", 3, POSIX_S_IFDIR);
	ck_assert_int_eq(fs_directory_add(&directory, bytes, length, &cookie), 0);
	ck_assert_uint_eq(cookie, last + 1);
	fs_directory_sort(&directory);
	ck_assert_uint_eq(directory.count, 3);
	ck_assert_str_eq(directory.names[0].name, "...");
	ck_assert_str_eq(directory.names[1].name, "ant");
	ck_assert_str_eq(directory.names[2].name, "zebra");
	ck_assert_uint_eq(directory.names[1].mode, POSIX_S_IFDIR);
	ck_assert_uint_eq(directory.names[2].mode, POSIX_S_IFREG);
	fs_directory_free(&directory);
	ck_assert_uint_eq(directory.count, 0);
}
END_TEST

START_TEST(the_last_name_needs_no_padding)
{
	struct fs_directory directory = {0};
	uint8_t bytes[64] = {0};
	uint64_t cookie = 0;

	put_name(bytes, 0, "a", 1, 0);
	ck_assert_int_eq(fs_directory_add(&directory, bytes, sizeof(struct vfs_entry) + 1, &cookie), 0);
	ck_assert_uint_eq(directory.count, 1);
	fs_directory_free(&directory);
}
END_TEST

static void refused(const char *name, uint32_t claimed, size_t length)
{
	struct fs_directory directory = {0};
	uint8_t bytes[512] = {0};
	uint64_t cookie = 0;

	put_name(bytes, 0, name, claimed, 0);
	ck_assert_int_eq(fs_directory_add(&directory, bytes, length, &cookie), POSIX_EBADMSG);
	ck_assert_uint_eq(directory.count, 0);
	fs_directory_free(&directory);
}

START_TEST(refuses_names_that_are_none)
{
	refused("abc", 3, sizeof(struct vfs_entry) - 1);  /* no whole entry */
	refused("abc", 3, sizeof(struct vfs_entry) + 2);  /* the name goes beyond */
	refused("abc", UINT32_MAX, 64);
	refused("abc", 256, 512);                         /* longer than a name can be */
	refused("", 0, 64);
	refused("a/b", 3, 64);                            /* would lead elsewhere */
	refused("abc", 5, 64);                            /* NUL inside */
}
END_TEST

UNIT_RUN("entries", takes_names_sorted_without_dots, the_last_name_needs_no_padding, refuses_names_that_are_none)
