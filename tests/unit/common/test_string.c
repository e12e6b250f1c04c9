/* drydock/string.h */
#include "../unit.h"

#include <string.h>

#include <drydock/string.h>

START_TEST(lengths)
{
	ck_assert_uint_eq(string_length(""), 0);
	ck_assert_uint_eq(string_length("abc"), 3);
	ck_assert_uint_eq(string_length_within("abc", 2), 2);
	ck_assert_uint_eq(string_length_within("abc", 9), 3);
}
END_TEST

START_TEST(equality)
{
	ck_assert(string_equal("", ""));
	ck_assert(string_equal("vfs", "vfs"));
	ck_assert(!string_equal("vfs", "vf"));
	ck_assert(!string_equal("vf", "vfs"));
	ck_assert(!string_equal("a", "b"));
}
END_TEST

START_TEST(copies_are_cut_and_ended)
{
	char text[4] = "zzz";

	string_copy(text, sizeof(text), "abcdef", 6);
	ck_assert_str_eq(text, "abc");
	string_copy(text, sizeof(text), "x", 1);
	ck_assert_str_eq(text, "x");
	string_copy(text, 0, "abc", 3);
	ck_assert_str_eq(text, "x");
}
END_TEST

START_TEST(numbers)
{
	static const struct {
		const char *text;
		bool valid;
		uint64_t number;
	} cases[] = {
		{"0", true, 0},
		{"42", true, 42},
		{"0x1F", true, 31},
		{"64K", true, 65536},
		{"3g", true, 3ull << 30},
		{"18446744073709551615", true, UINT64_MAX},
		{"18446744073709551616", false, 0},
		{"17179869184G", false, 0},
		{"", false, 0},
		{"0x", false, 0},
		{"K", false, 0},
		{"1KK", false, 0},
		{"-1", false, 0},
		{"1 ", false, 0},
		{"12a", false, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t number = 0;

		ck_assert_msg(string_to_number(cases[i].text, &number) == cases[i].valid, "%s", cases[i].text);
		ck_assert_uint_eq(number, cases[i].number);
	}
}
END_TEST

START_TEST(options)
{
	char value[8];

	ck_assert(string_option("size=64M mode=755", "mode", value, sizeof(value)));
	ck_assert_str_eq(value, "755");
	ck_assert(string_option("size=64M,mode=755", "size", value, sizeof(value)));
	ck_assert_str_eq(value, "64M");
	ck_assert(!string_option("resize=1", "size", value, sizeof(value)));
	ck_assert(!string_option("size", "size", value, sizeof(value)));
	ck_assert(string_option("size=", "size", value, sizeof(value)));
	ck_assert_str_eq(value, "");
	ck_assert(string_option("name=abcdefghij", "name", value, sizeof(value)));
	ck_assert_str_eq(value, "abcdefg");
}
END_TEST

UNIT_RUN("string", lengths, equality, copies_are_cut_and_ended, numbers, options)
