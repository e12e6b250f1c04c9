/* The names in a directory, as `drydock fs` lists them (sim/cli/fs_entries.c). */
#include "../unit.h"

#include <string.h>

#include "sim/cli/fs.h"

static void add(struct fs_directory *directory, const char *name, uint32_t mode)
{
	struct files_entry entry = {.mode = mode, .name_length = (uint32_t)strlen(name)};

	strcpy(entry.name, name);
	ck_assert_int_eq(fs_directory_add(directory, &entry), 0);
}

START_TEST(takes_names_sorted_without_dots)
{
	struct fs_directory directory = {0};

	add(&directory, ".", POSIX_S_IFDIR);
	add(&directory, "zebra", POSIX_S_IFREG);
	add(&directory, "..", POSIX_S_IFDIR);
	add(&directory, "...", POSIX_S_IFREG);
	add(&directory, "ant", POSIX_S_IFDIR);
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

UNIT_RUN("entries", takes_names_sorted_without_dots)
