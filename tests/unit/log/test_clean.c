/* Strangers' text on a terminal. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "servers/log/clean.h"

static const struct {
	const char *from, *to;
} cases_of_text[] = {
	{"tmpfs mounted at /", "tmpfs mounted at /"},
	{"", ""},
	{"a\tb\nc\rd", "a b c d"},
	{"\x1b[31mred\x07", "?[31mred?"},
	{"\x7f", "?"},
	{"gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f"},
	{"\xe2\x82\xac \xf0\x9f\x9a\xa2", "\xe2\x82\xac \xf0\x9f\x9a\xa2"},
	{"\xc2\x9b" "31m", "??31m"},          /* U+009B is ESC [ */
	{"\xc2\xa0", "\xc2\xa0"},             /* the first after the controls */
	{"\xc0\xaf", "??"},                   /* overlong */
	{"\xe0\x80\xaf", "???"},
	{"\xf0\x80\x80\xaf", "????"},
	{"\xed\xa0\x80", "???"},              /* a surrogate */
	{"\xf4\x90\x80\x80", "????"},         /* above U+10FFFF */
	{"\xff\xfe", "??"},
	{"a\xe2\x82", "a??"},                 /* ends within a character */
	{"\xe2\x82z", "??z"},
	{"\x80", "?"},
};

START_TEST(texts)
{
	const char *from = cases_of_text[_i].from, *to = cases_of_text[_i].to;
	char text[64];

	memset(text, 'X', sizeof(text));
	clean_copy(text, from, (uint32_t)strlen(from));
	ck_assert_uint_eq(strlen(from), strlen(to));
	ck_assert_msg(memcmp(text, to, strlen(to)) == 0, "case %d: %.*s", _i, (int)strlen(to), text);
	ck_assert_int_eq(text[strlen(to)], 'X');
}
END_TEST

/* Whatever comes in, nothing below a space goes out, and what went out is clean. */
START_TEST(noise)
{
	unsigned seed = 1;

	for (int round = 0; round < 4000; round++) {
		char from[40], once[40], twice[40];
		uint32_t length = (uint32_t)rand_r(&seed) % sizeof(from);

		for (uint32_t at = 0; at < length; at++)
			from[at] = (char)(rand_r(&seed) % 2 ? rand_r(&seed) : 0x80 + rand_r(&seed) % 0x80);
		clean_copy(once, from, length);
		clean_copy(twice, once, length);
		ck_assert_int_eq(memcmp(once, twice, length), 0);
		for (uint32_t at = 0; at < length; at++)
			ck_assert((uint8_t)once[at] >= ' ' && once[at] != 0x7f);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log-clean");
	TCase *cases = tcase_create("text");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_loop_test(cases, texts, 0, (int)(sizeof(cases_of_text) / sizeof(cases_of_text[0])));
	tcase_add_test(cases, noise);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
