/* drydock/format.h, against the C library's printf. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include <drydock/format.h>

#define SAME(...)                                                                       \
	do {                                                                            \
		char ours[128], theirs[128];                                            \
		size_t length = format_string(ours, sizeof(ours), __VA_ARGS__);         \
		int expected = snprintf(theirs, sizeof(theirs), __VA_ARGS__);           \
		ck_assert_str_eq(ours, theirs);                                         \
		ck_assert_uint_eq(length, (unsigned)expected);                          \
	} while (0)

START_TEST(agrees_with_printf)
{
	SAME("plain 100%%");
	SAME("%s|%8s|%-8s|%.2s|%.*s", "abc", "abc", "abc", "abc", 1, "abc");
	SAME("%d %i %d %d", 0, -1, 2147483647, -2147483647 - 1);
	SAME("%5d|%-5d|%05d|%05d", 42, 42, 42, -42);
	SAME("%u %x %08x %lx", 4294967295u, 0xabcu, 0xabcu, 0xffffffffffffffffUL);
	SAME("%ld %lu %llu %zu", -9223372036854775807L - 1, 18446744073709551615UL, 18446744073709551615ULL,
	     (size_t)7);
	SAME("%c%c", 'a', 'b');
	SAME("%p", (void *)0x1234);
}
END_TEST

START_TEST(cuts_and_says_how_long)
{
	char buffer[5];

	memset(buffer, 'z', sizeof(buffer));
	ck_assert_uint_eq(format_string(buffer, 4, "%s", "abcdef"), 6);
	ck_assert_str_eq(buffer, "abc");
	ck_assert_int_eq(buffer[4], 'z');
	ck_assert_uint_eq(format_string(NULL, 0, "%d", 12345), 5);
}
END_TEST

/* A format that is not ours, made at run time so that the compiler does not object. */
START_TEST(prints_the_unknown_as_it_stands)
{
	const char *volatile unknown = "%q and %";
	char buffer[32];

	format_string(buffer, sizeof(buffer), unknown, 0);
	ck_assert_str_eq(buffer, "%q and %");
}
END_TEST

UNIT_RUN("format", agrees_with_printf, cuts_and_says_how_long, prints_the_unknown_as_it_stands)
