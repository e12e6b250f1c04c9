/* src/apps/shell/character.h */
#include "../unit.h"

#include <string.h>

#include "apps/shell/character.h"

START_TEST(decodes)
{
	static const struct {
		const char *text;
		uint32_t code;
		unsigned int columns;
	} cases[] = {
		{"a", 'a', 1},
		{"\xc3\xa4", 0xe4, 1},
		{"\xe2\x82\xac", 0x20ac, 1},
		{"\xcc\x81", 0x301, 0},           /* combining acute accent */
		{"\xe6\xbc\xa2", 0x6f22, 2},      /* a Han character */
		{"\xf0\x9f\x9a\xa2", 0x1f6a2, 2}, /* ship */
		{"\xf4\x8f\xbf\xbf", 0x10ffff, 1},
		{"\x7f", 0x7f, 0},
	};

	for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++) {
		size_t length = strlen(cases[index].text);

		ck_assert_uint_eq(character_length(cases[index].text, length), length);
		ck_assert_uint_eq(character_length(cases[index].text, length - 1), 0);
		ck_assert_uint_eq(character_decode(cases[index].text, length), cases[index].code);
		ck_assert_uint_eq(character_columns(cases[index].text, length), cases[index].columns);
	}
}
END_TEST

/* Every code point there and back, by an encoder of the test's own. */
START_TEST(takes_all_of_unicode_and_nothing_else)
{
	unsigned int wrong = 0;

	for (uint32_t code = 0x80; code < 0x120000; code++) {
		size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
		char text[4] = {0};
		size_t size;

		for (size_t index = length; --index > 0;)
			text[index] = (char)(0x80 | (code >> 6 * (length - 1 - index) & 0x3f));
		text[0] = (char)(0xf00 >> length | code >> 6 * (length - 1));
		size = character_length(text, length);
		/* No assertion each: libcheck notes every one that holds. */
		if (code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
			wrong += size != 0;
		else
			wrong += size != length || character_expected((uint8_t)text[0]) != length ||
			         character_decode(text, length) != code;
	}
	ck_assert_uint_eq(wrong, 0);
	for (unsigned int byte = 0x80; byte < 0xc2; byte++)
		ck_assert_uint_eq(character_expected((uint8_t)byte), 0);
	for (unsigned int byte = 0xf5; byte <= 0xff; byte++)
		ck_assert_uint_eq(character_expected((uint8_t)byte), 0);
}
END_TEST

START_TEST(counts_columns)
{
	ck_assert_uint_eq(character_columns_all("", 0), 0);
	ck_assert_uint_eq(character_columns_all("a\xc3\xa4\xe6\xbc\xa2", 6), 4);
	ck_assert_uint_eq(character_columns_all("e\xcc\x81", 3), 1);
	/* What is broken takes a column a byte. */
	ck_assert_uint_eq(character_columns_all("\xff\xe2\x82", 3), 3);
}
END_TEST

UNIT_RUN("character", decodes, takes_all_of_unicode_and_nothing_else, counts_columns)
