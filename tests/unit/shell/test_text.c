/* src/apps/shell/text.h */
#include "../unit.h"

#include <drydock/abi/error.h>
#include <drydock/posix.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "apps/shell/text.h"

static void clean_is(const char *bytes, size_t length, bool lines, const char *expected)
{
	char text[64];

	ck_assert_uint_lt(length, sizeof(text));
	memset(text, 'z', sizeof(text));
	memcpy(text, bytes, length);
	text_harmless(text, length, lines);
	ck_assert_uint_eq(strlen(expected), length);
	ck_assert_mem_eq(text, expected, length);
	ck_assert_int_eq(text[length], 'z');
}

START_TEST(cleans_what_terminals_obey)
{
	clean_is("plain", 5, false, "plain");
	clean_is("\033[31mred", 8, false, "?[31mred");
	clean_is("a\nb\tc\r", 6, false, "a?b?c?");
	clean_is("a\nb\tc\r", 6, true, "a\nb\tc?");
	clean_is("\177\001", 2, true, "??");
	/* U+009B is CSI in one character. */
	clean_is("\xc2\x9b" "1m", 4, false, "??1m");
	clean_is("\xc2\xa0", 2, false, "\xc2\xa0");
}
END_TEST

START_TEST(cleans_what_is_not_utf8)
{
	clean_is("\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xa2", 9, false, "\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xa2");
	clean_is("\xc3", 1, false, "?");             /* cut off */
	clean_is("\xe2\x82", 2, false, "??");
	clean_is("\xf0\x9f\x9a", 3, false, "???");
	clean_is("\xc0\xaf", 2, false, "??");         /* overlong */
	clean_is("\xe0\x80\xaf", 3, false, "???");
	clean_is("\xf0\x80\x80\xaf", 4, false, "????");
	clean_is("\xed\xa0\x80", 3, false, "???");    /* surrogate */
	clean_is("\xf4\x90\x80\x80", 4, false, "????"); /* beyond Unicode */
	clean_is("\xc3(", 2, false, "?(");
	clean_is("\x80" "a\xff", 3, false, "?a?");
}
END_TEST

START_TEST(says_what_a_status_means)
{
	ck_assert_str_eq(text_status(POSIX_ENOENT), "No such file or directory");
	ck_assert_str_eq(text_status(-E_PEER_DEAD), "The server died or closed the connection");
	ck_assert_str_eq(text_status(-1000), "Unknown error");
	ck_assert_str_eq(text_status(INT32_MIN), "Unknown error");
	for (int32_t error = E_PORT_INVALID; error <= E_LAST; error++)
		if (error <= E_INVALID_SYSCALL || error >= E_TIMED_OUT)
			ck_assert_str_ne(text_status(-error), "Unknown error");
	/* The numbers are Linux's, and so are the words. */
	for (int32_t error = 1; error < 4096; error++)
		if (strcmp(text_status(error), "Unknown error") != 0)
			ck_assert_str_eq(text_status(error), strerror(error));
}
END_TEST

START_TEST(writes_modes)
{
	char text[TEXT_MODE_SIZE];

	text_mode(POSIX_S_IFREG | 0644, text);
	ck_assert_str_eq(text, "-rw-r--r--");
	text_mode(POSIX_S_IFDIR | 01777, text);
	ck_assert_str_eq(text, "drwxrwxrwt");
	text_mode(POSIX_S_IFREG | 06750, text);
	ck_assert_str_eq(text, "-rwsr-s---");
	text_mode(POSIX_S_IFLNK | 07000, text);
	ck_assert_str_eq(text, "l--S--S--T");
	text_mode(0170000, text);
	ck_assert_str_eq(text, "?---------");
	ck_assert_str_eq(text_file_type(POSIX_S_IFIFO), "fifo");
	ck_assert_str_eq(text_file_type(0), "unknown type");
}
END_TEST

START_TEST(writes_sizes)
{
	static const struct {
		uint64_t bytes;
		const char *text;
	} cases[] = {
		{0, "0 B"}, {1023, "1023 B"}, {1024, "1.0 KiB"}, {1536, "1.5 KiB"}, {10240, "10 KiB"},
		{1048575, "1023 KiB"}, {1048576, "1.0 MiB"}, {UINT64_MAX, "15 EiB"},
	};
	char text[TEXT_SIZE_SIZE];

	for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
		text_size(cases[index].bytes, text);
		ck_assert_str_eq(text, cases[index].text);
	}
}
END_TEST

START_TEST(writes_slices)
{
	char text[TEXT_SLICE_SIZE];

	text_slice(10000, text);
	ck_assert_str_eq(text, "10 ms");
	text_slice(100, text);
	ck_assert_str_eq(text, "0.100 ms");
	text_slice(UINT32_MAX, text);
	ck_assert_str_eq(text, "4294967.295 ms");
}
END_TEST

START_TEST(writes_dates)
{
	/* Odd steps over some 15,000 years, on both sides of 1970. */
	const int64_t last = 400000000000, step = 86399 * 1237 + 7;
	char text[TEXT_DATE_SIZE], expected[64];

	text_date(1000000000, text);
	ck_assert_str_eq(text, "2001-09-09 01:46:40");
	text_date(951782399, text);
	ck_assert_str_eq(text, "2000-02-28 23:59:59");
	text_date(951782400, text);
	ck_assert_str_eq(text, "2000-02-29 00:00:00");
	for (int64_t seconds = -62135596800; seconds < last; seconds += step) {
		time_t time = (time_t)seconds;
		struct tm date;

		gmtime_r(&time, &date);
		snprintf(expected, sizeof(expected), "%04d-%02d-%02d %02d:%02d:%02d", date.tm_year + 1900,
		         date.tm_mon + 1, date.tm_mday, date.tm_hour, date.tm_min, date.tm_sec);
		text_date(seconds, text);
		ck_assert_str_eq(text, expected);
	}
	/* Whatever a server says, it ends. */
	text_date(INT64_MAX, text);
	text_date(INT64_MIN, text);
}
END_TEST

START_TEST(makes_paths)
{
	char path[POSIX_PATH_MAX], given[POSIX_PATH_MAX + 8];
	size_t length;

	ck_assert_int_eq(text_path("/", "/a/b", path), 0);
	ck_assert_str_eq(path, "/a/b");
	ck_assert_int_eq(text_path("/", "a", path), 0);
	ck_assert_str_eq(path, "/a");
	ck_assert_int_eq(text_path("/", "", path), -1);
	ck_assert_int_eq(text_path("/d", "a/b", path), 0);
	ck_assert_str_eq(path, "/d/a/b");
	ck_assert_int_eq(text_path("/d", "/a", path), 0);
	ck_assert_str_eq(path, "/a");
	/* 4095 bytes are a path, 4096 are not. */
	memset(given, 'a', sizeof(given));
	given[0] = '/';
	given[POSIX_PATH_MAX - 1] = 0;
	ck_assert_int_eq(text_path("/", given, path), 0);
	ck_assert_int_eq(text_path("/", given + 1, path), 0);
	given[POSIX_PATH_MAX - 1] = 'a';
	given[POSIX_PATH_MAX] = 0;
	ck_assert_int_eq(text_path("/", given, path), -1);
	ck_assert_int_eq(text_path("/", given + 1, path), -1);
	ck_assert_mem_eq(text_base("/a/bc//", &length), "bc", 2);
	ck_assert_uint_eq(length, 2);
	text_base("/", &length);
	ck_assert_uint_eq(length, 0);
	text_base("", &length);
	ck_assert_uint_eq(length, 0);
}
END_TEST

START_TEST(joins_paths)
{
	char path[POSIX_PATH_MAX], directory[POSIX_PATH_MAX];

	ck_assert_int_eq(text_join("/", "a", path), 0);
	ck_assert_str_eq(path, "/a");
	ck_assert_int_eq(text_join("/d//", "../x/notes.txt", path), 0);
	ck_assert_str_eq(path, "/d/notes.txt");
	ck_assert_int_eq(text_join("/d", "/", path), -1);
	memset(directory, 'd', sizeof(directory));
	directory[0] = '/';
	directory[POSIX_PATH_MAX - 3] = 0;
	ck_assert_int_eq(text_join(directory, "a", path), 0);
	ck_assert_uint_eq(strlen(path), POSIX_PATH_MAX - 1);
	ck_assert_int_eq(text_join(directory, "ab", path), -1);
}
END_TEST

UNIT_RUN("text", cleans_what_terminals_obey, cleans_what_is_not_utf8, says_what_a_status_means, writes_modes,
         writes_sizes, writes_slices, writes_dates, makes_paths, joins_paths)
