/* The boot archive: what is found in a sound one, and every way to break it. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <string.h>

#include "arch/x86_64/boot/archive.h"

static uint8_t data[4096];
static size_t length;

static void pad(void)
{
	while (length % 4 != 0)
		data[length++] = 0;
}

static void put(const char *name, const char *content)
{
	length += (size_t)sprintf((char *)data + length, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", 1,
	                          0100444, 0, 0, 1, 0, (unsigned)strlen(content), 0, 0, 0, 0,
	                          (unsigned)strlen(name) + 1, 0);
	memcpy(data + length, name, strlen(name) + 1);
	length += strlen(name) + 1;
	pad();
	memcpy(data + length, content, strlen(content));
	length += strlen(content);
	pad();
}

static void make(void)
{
	memset(data, 0, sizeof(data));
	length = 0;
	put("init", "first");
	put("empty", "");
	put("vfs", "third, longer");
	put("TRAILER!!!", "");
}

START_TEST(finds_files)
{
	struct archive archive;
	const uint8_t *file;
	size_t size;

	make();
	ck_assert_ptr_null(archive_open(&archive, data, length));
	ck_assert(archive_find(&archive, "vfs", &file, &size));
	ck_assert_uint_eq(size, 13);
	ck_assert_mem_eq(file, "third, longer", 13);
	ck_assert(archive_find(&archive, "empty", &file, &size));
	ck_assert_uint_eq(size, 0);
	ck_assert(!archive_find(&archive, "vf", &file, &size));
	ck_assert(!archive_find(&archive, "TRAILER!!!", &file, &size));
	/* What follows the trailer is nobody's. */
	put("after", "x");
	ck_assert_ptr_null(archive_open(&archive, data, length));
	ck_assert(!archive_find(&archive, "after", &file, &size));
}
END_TEST

START_TEST(cut_off_anywhere)
{
	struct archive archive;

	make();
	for (size_t size = 0; size < length - 1; size++) {
		/* In memory of just that size, for the sanitizer and valgrind to watch. */
		uint8_t *copy = malloc(size > 0 ? size : 1);
		const uint8_t *file;
		const char *wrong;
		size_t found;

		memcpy(copy, data, size);
		wrong = archive_open(&archive, copy, size);
		/* Only of the padding at the end may some be missing. */
		if (size < length - 3)
			ck_assert_str_eq(wrong, "it is cut off");
		archive_find(&archive, "nothing", &file, &found);
		free(copy);
	}
}
END_TEST

static void damaged(size_t at, char byte, const char *wanted)
{
	struct archive archive;
	const char *wrong;

	make();
	data[at] = (uint8_t)byte;
	wrong = archive_open(&archive, data, length);
	ck_assert_ptr_nonnull(wrong);
	ck_assert_str_eq(wrong, wanted);
}

START_TEST(damaged_headers)
{
	damaged(5, '2', "it is no cpio archive of the new ASCII format");
	damaged(6 + 6 * 8, 'g', "a header is damaged");
	damaged(6 + 6 * 8, 'f', "it is cut off");
	damaged(6 + 11 * 8, 'f', "it is cut off");
	damaged(6 + 11 * 8 + 7, '0', "a name is damaged");
	damaged(110 + 4, 'x', "a name is damaged");
}
END_TEST

START_TEST(damaged_bytes)
{
	struct archive archive;
	unsigned seed = 1;

	for (int turn = 0; turn < 20000; turn++) {
		const uint8_t *file;
		size_t size;

		make();
		for (int byte = 0; byte < 3; byte++) {
			seed = seed * 1103515245u + 12345u;
			data[(seed >> 16) % length] = (uint8_t)(seed >> 8);
		}
		archive_open(&archive, data, length);
		if (archive_find(&archive, "vfs", &file, &size))
			ck_assert(file >= data && size <= length && file + size <= data + length);
	}
}
END_TEST

UNIT_RUN("archive", finds_files, cut_off_anywhere, damaged_headers, damaged_bytes)
