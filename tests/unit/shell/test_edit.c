/* src/apps/shell/edit.h: keys in, a line and a screen out; the screen is a terminal of one row. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "apps/shell/character.h"
#include "apps/shell/edit.h"

static struct editor editor;
static struct history history;

/* ---- the screen ------------------------------------------------------------ */

#define SCREEN_WIDTH 200

static struct {
	char cell[SCREEN_WIDTH][32]; /* what stands in a column; behind a wide character nothing */
	uint32_t width, cursor, bells, clears;
	char escape[16]; /* of a sequence that is under way */
	size_t escape_length;
} screen;

static void screen_sequence(void)
{
	const char *sequence = screen.escape + 1;
	unsigned int columns;

	if (strcmp(sequence, "[K") == 0) {
		for (uint32_t column = screen.cursor; column < SCREEN_WIDTH; column++)
			screen.cell[column][0] = 0;
	} else if (strcmp(sequence, "[2J") == 0) {
		memset(screen.cell, 0, sizeof(screen.cell));
		screen.clears++;
	} else if (strcmp(sequence, "[H") == 0) {
		screen.cursor = 0;
	} else if (sscanf(sequence, "[%uC", &columns) == 1 && columns > 0) {
		screen.cursor += columns;
	} else {
		ck_abort_msg("no terminal knows ESC %s", sequence);
	}
	if (screen.cursor >= screen.width)
		ck_abort_msg("the cursor leaves the screen");
}

static void screen_character(const char *bytes, size_t length)
{
	unsigned int columns = character_columns(bytes, length);
	uint32_t at = screen.cursor;

	if (columns == 0 && at > 0)
		at--;
	else
		screen.cell[at][0] = 0;
	/* No line wraps: nothing is written to the last column. */
	if (at + columns >= screen.width)
		ck_abort_msg("the line leaves the screen");
	if (strlen(screen.cell[at]) + length < sizeof(screen.cell[at]))
		strncat(screen.cell[at], bytes, length);
	screen.cursor += columns;
}

static void screen_put(void *context, const char *bytes, size_t length)
{
	(void)context;
	while (length > 0) {
		size_t size = 1;

		if (screen.escape_length > 0 || *bytes == '\033') {
			ck_assert_uint_lt(screen.escape_length, sizeof(screen.escape) - 1);
			screen.escape[screen.escape_length++] = *bytes;
			screen.escape[screen.escape_length] = 0;
			if (screen.escape_length > 2 && *bytes >= 0x40) {
				screen_sequence();
				screen.escape_length = 0;
			}
		} else if (*bytes == '\r') {
			screen.cursor = 0;
		} else if (*bytes == '\a') {
			screen.bells++;
		} else {
			size = character_length(bytes, length);
			if (size == 0 || (uint8_t)*bytes < 0x20 || *bytes == 0x7f)
				ck_abort_msg("byte 0x%02x reaches the screen", (uint8_t)*bytes);
			screen_character(bytes, size);
		}
		bytes += size;
		length -= size;
	}
}

static void draw(const char *prompt, uint32_t width)
{
	screen.width = width;
	edit_draw(&editor, prompt, width, screen_put, NULL);
}

/* The row as text, without what is blank at its end. */
static const char *row(void)
{
	static char text[SCREEN_WIDTH * 32];

	text[0] = 0;
	for (uint32_t column = 0; column < SCREEN_WIDTH; column++)
		strcat(text, screen.cell[column]);
	return text;
}

/* ---- keys ------------------------------------------------------------------- */

#define LEFT   "\033[D"
#define RIGHT  "\033[C"
#define UP     "\033[A"
#define DOWN   "\033[B"
#define HOME   "\033[H"
#define END    "\033[F"
#define DELETE "\033[3~"

static enum edit_result type_bytes(const char *bytes, size_t length)
{
	enum edit_result result = EDIT_GOES_ON;

	for (size_t index = 0; index < length; index++)
		result = edit_feed(&editor, (uint8_t)bytes[index]);
	return result;
}

static enum edit_result type(const char *bytes)
{
	return type_bytes(bytes, strlen(bytes));
}

/* What comes of these bytes and Enter. */
static const char *entered(const char *bytes)
{
	edit_begin(&editor, &history);
	type(bytes);
	ck_assert_int_eq(type("\r"), EDIT_DONE);
	return editor.line;
}

static void fresh(void)
{
	memset(&editor, 0xa5, sizeof(editor));
	memset(&history, 0, sizeof(history));
	memset(&screen, 0, sizeof(screen));
	edit_begin(&editor, &history);
}

START_TEST(types)
{
	ck_assert_str_eq(entered(""), "");
	ck_assert_str_eq(entered("ls -l"), "ls -l");
	ck_assert_int_eq(type("x\n"), EDIT_DONE);
}
END_TEST

START_TEST(moves_and_erases)
{
	static const struct {
		const char *typed, *line;
	} cases[] = {
		{"bc" LEFT LEFT "a", "abc"},
		{"ac" LEFT "b" RIGHT "d", "abcd"},
		{"bc" HOME "a" END "d", "abcd"},
		{"bc\001a\005d", "abcd"},
		{"bc\002\002a\006\006d", "abcd"},
		{"b\033OHa\033OFc\033OD\033OD\033OC!", "ab!c"},
		{"b\033[1~a\033[4~c\033[7~0\033[8~d", "0abcd"},
		{"abx\177c\010d", "abd"},
		{"\177\177a", "a"},
		{"axb" LEFT LEFT DELETE, "ab"},
		{"axb\002\002\004", "ab"},
		{"ab" DELETE, "ab"},
		{"abcd" LEFT LEFT "\013", "ab"},
		{"abcd" LEFT LEFT "\025", "cd"},
		{"mv one  two  \027x", "mv one  x"},
		{"one\027\027two", "two"},
		{"one two" LEFT "\027", "one o"},
	};

	for (size_t index = 0; index < sizeof(cases) / sizeof(cases[0]); index++)
		ck_assert_str_eq(entered(cases[index].typed), cases[index].line);
}
END_TEST

START_TEST(keeps_characters_whole)
{
	/* A-umlaut, Euro, ship: two, three and four bytes. */
	ck_assert_str_eq(entered("\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xa2"),
	                 "\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xa2");
	ck_assert_str_eq(entered("\xc3\xa4\xe2\x82\xac\xf0\x9f\x9a\xa2\177"), "\xc3\xa4\xe2\x82\xac");
	ck_assert_str_eq(entered("\xc3\xa4\xe2\x82\xac" LEFT "b" LEFT LEFT "a"), "a\xc3\xa4"
	                                                                         "b\xe2\x82\xac");
	ck_assert_str_eq(entered("\xc3\xa4\xe2\x82\xac" HOME DELETE), "\xe2\x82\xac");
}
END_TEST

START_TEST(drops_what_is_not_utf8)
{
	ck_assert_str_eq(entered("a\xff"
	                         "b\x80"
	                         "c"),
	                 "abc");
	ck_assert(editor.bell);
	ck_assert_str_eq(entered("a\xc3"
	                         "b"),
	                 "ab");                                /* cut off by a letter */
	ck_assert_str_eq(entered("a\xe2\x82" LEFT "b"), "ba"); /* by a key */
	ck_assert_str_eq(entered("a\xe2\xc3\xa4"), "a\xc3\xa4");
	ck_assert_str_eq(entered("\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80"), "");
	ck_assert_str_eq(entered("a\xc2\x9b"
	                         "b"),
	                 "ab"); /* a control character of two bytes */
	edit_begin(&editor, NULL);
	type("\xe2\x82");
	ck_assert_int_eq(type("\003"), EDIT_ABANDONED);
}
END_TEST

START_TEST(ignores_control_characters)
{
	edit_begin(&editor, NULL);
	type_bytes("a\0b\tc\007\021\023\032\034\035\036\037d", 15);
	type("\r");
	ck_assert_str_eq(editor.line, "abcd");
}
END_TEST

START_TEST(bears_broken_sequences)
{
	ck_assert_str_eq(entered("a\033xb"), "ab"); /* Alt and a letter */
	ck_assert_str_eq(entered("a\033\033[Db"), "ba");
	ck_assert_str_eq(entered("a\033[\033[Db"), "ba");
	ck_assert_str_eq(entered("a\033[1;5Cb\033[200~c"), "abc");
	ck_assert_str_eq(entered("a\033[[Ab\033[[Ec"), "abc"); /* F1 and F5 of the Linux console */
	ck_assert_str_eq(entered("a\033OPb"), "ab");           /* F1 */
	ck_assert_str_eq(entered("a\033[12\177b"), "b");       /* broken off by a key that counts */
	ck_assert_str_eq(entered("a\033[\xc3\xa4"
	                         "b"),
	                 "a\xc3\xa4"
	                 "b");
	ck_assert_str_eq(entered("a\033[11111111111111111111111111111111111111111111111111111~b"), "ab");
	ck_assert_str_eq(entered("a\033[1111111111111111111111111111111111111111111111111111D"), "a");
	edit_begin(&editor, NULL);
	ck_assert_int_eq(type("a\033[1\003"), EDIT_ABANDONED);
	edit_begin(&editor, NULL);
	ck_assert_int_eq(type("a\033[\r"), EDIT_DONE);
	ck_assert_str_eq(editor.line, "a");
}
END_TEST

START_TEST(ends_and_abandons)
{
	edit_begin(&editor, NULL);
	ck_assert_int_eq(type("\004"), EDIT_END);
	ck_assert_int_eq(type("a\004"), EDIT_GOES_ON);
	ck_assert_int_eq(type("\177\004"), EDIT_END);
	edit_begin(&editor, NULL);
	ck_assert_int_eq(type("rm x\003"), EDIT_ABANDONED);
}
END_TEST

START_TEST(refuses_what_does_not_fit)
{
	edit_begin(&editor, NULL);
	for (size_t index = 0; index < 2 * LINE_SIZE; index++)
		edit_feed(&editor, 'x');
	ck_assert_uint_eq(editor.length, LINE_SIZE - 1);
	ck_assert(editor.bell);
	draw("$ ", 80);
	ck_assert_uint_eq(screen.bells, 1);
	/* There is one byte of room, which does for no half of a character. */
	type("\177\xc3\xa4");
	ck_assert_uint_eq(editor.length, LINE_SIZE - 2);
	ck_assert_int_eq(type("\r"), EDIT_DONE);
	ck_assert_uint_eq(strlen(editor.line), LINE_SIZE - 2);
}
END_TEST

/* ---- history ------------------------------------------------------------------ */

START_TEST(goes_back_and_forth)
{
	history_add(&history, "one");
	history_add(&history, "two");
	history_add(&history, "two");
	history_add(&history, "");
	ck_assert_str_eq(entered(UP), "two");
	ck_assert_str_eq(entered(UP UP), "one");
	ck_assert_str_eq(entered(UP UP UP), "one");
	ck_assert_str_eq(entered("dra" UP UP DOWN DOWN "ft"), "draft");
	ck_assert_str_eq(entered("x" DOWN "y"), "xy");
	ck_assert_str_eq(entered(UP "!" UP DOWN), "two");
	ck_assert_str_eq(entered("\020\020\016"), "two");
	ck_assert_ptr_null(history_line(&history, 3));
	edit_begin(&editor, NULL);
	type("a" UP);
	ck_assert(editor.bell);
}
END_TEST

START_TEST(forgets_the_oldest)
{
	static char line[HISTORY_SIZE + 1];
	char text[32];
	uint32_t back;

	for (int number = 0; number < 10000; number++) {
		snprintf(text, sizeof(text), "line number %d", number);
		history_add(&history, text);
		ck_assert_uint_le(history.used, HISTORY_SIZE);
	}
	for (back = 1; history_line(&history, back); back++) {
		snprintf(text, sizeof(text), "line number %u", 10000 - back);
		ck_assert_str_eq(history_line(&history, back), text);
	}
	ck_assert_uint_gt(back, 900);
	memset(line, 'x', HISTORY_SIZE);
	history_add(&history, line); /* too long by its NUL */
	ck_assert_str_eq(history_line(&history, 1), "line number 9999");
	line[HISTORY_SIZE - 1] = 0;
	history_add(&history, line);
	ck_assert_str_eq(history_line(&history, 1), line);
	ck_assert_ptr_null(history_line(&history, 2));
	/* The editor takes of it what a line holds. */
	ck_assert_uint_eq(strlen(entered(UP)), LINE_SIZE - 1);
}
END_TEST

/* ---- the screen ------------------------------------------------------------------ */

START_TEST(draws)
{
	type("abc" LEFT);
	draw("/$ ", 80);
	ck_assert_str_eq(row(), "/$ abc");
	ck_assert_uint_eq(screen.cursor, 5);
	type("\025");
	draw("/$ ", 80);
	ck_assert_str_eq(row(), "/$ c");
	ck_assert_uint_eq(screen.cursor, 3);
	ck_assert_uint_eq(screen.bells, 0);
	type("\177");
	draw("/$ ", 80);
	ck_assert_uint_eq(screen.bells, 1);
	draw("/$ ", 80);
	ck_assert_uint_eq(screen.bells, 1);
	type("\014");
	draw("/$ ", 80);
	ck_assert_uint_eq(screen.clears, 1);
	ck_assert_str_eq(row(), "/$ c");
	type(HOME "\013");
	draw("", 80);
	ck_assert_str_eq(row(), "");
	ck_assert_uint_eq(screen.cursor, 0);
}
END_TEST

START_TEST(draws_wide_and_combining_characters)
{
	type("\xe6\xbc\xa2"
	     "e\xcc\x81"
	     "x" LEFT);
	draw("$ ", 80);
	ck_assert_str_eq(row(), "$ \xe6\xbc\xa2"
	                        "e\xcc\x81"
	                        "x");
	ck_assert_uint_eq(screen.cursor, 5);
}
END_TEST

START_TEST(scrolls_sideways)
{
	type("abcdefghijklmnopqrstuvwxyz");
	draw("$ ", 20);
	ck_assert_str_eq(row(), "$ jklmnopqrstuvwxyz");
	ck_assert_uint_eq(screen.cursor, 19);
	type(HOME);
	draw("$ ", 20);
	ck_assert_str_eq(row(), "$ abcdefghijklmnopq");
	ck_assert_uint_eq(screen.cursor, 2);
	/* A prompt that leaves no room is left out. */
	draw("a long prompt$ ", 20);
	ck_assert_str_eq(row(), "abcdefghijklmnopqrs");
}
END_TEST

START_TEST(draws_on_any_width)
{
	type("\xe6\xbc\xa2\xe6\xbc\xa2xyz\xcc\x81\xe6\xbc\xa2" LEFT LEFT);
	for (uint32_t width = 2; width < 40; width++)
		draw("$ ", width);
	/* No terminal is so narrow; what says so is not to be believed, and not to be crashed by. */
	screen.width = SCREEN_WIDTH;
	edit_draw(&editor, "$ ", 0, screen_put, NULL);
	edit_draw(&editor, "$ ", 1, screen_put, NULL);
}
END_TEST

/* Random keys and bytes: the line stays what edit.h says of it, and the screen shows a part of it. */
START_TEST(bears_nonsense)
{
	static const char *const pieces[] = {
		LEFT,    RIGHT,  UP,         DOWN,       HOME,           END,    DELETE,
		"\177",  "\027", "\013",     "\xc3\xa4", "\xe6\xbc\xa2", "x",    " ",
		"\033[", "\033", "\xe6\xbc", "\xcc\x81", "\r",           "\003", "\004",
	};
	unsigned int seed = (unsigned int)_i + 1;

	for (int round = 0; round < 5000; round++) {
		unsigned int choice = (unsigned int)rand_r(&seed) % 40;
		enum edit_result result;
		size_t at;

		if (choice < sizeof(pieces) / sizeof(pieces[0]))
			result = type(pieces[choice]);
		else
			result = edit_feed(&editor, (uint8_t)rand_r(&seed));
		if (editor.cursor > editor.length || editor.length >= LINE_SIZE)
			ck_abort_msg("seed %d, round %d: a wrong length", _i, round);
		for (at = 0; at < editor.length;) {
			size_t size = character_length(editor.line + at, editor.length - at);

			if (size == 0 || (uint8_t)editor.line[at] < 0x20 || editor.line[at] == 0x7f)
				ck_abort_msg("seed %d, round %d: a broken line", _i, round);
			if (editor.cursor > at && editor.cursor < at + size)
				ck_abort_msg("seed %d, round %d: a cursor within a character", _i, round);
			at += size;
		}
		draw("\xc3\xa4$ ", 2 + (uint32_t)rand_r(&seed) % 60);
		if (result == EDIT_DONE)
			history_add(&history, editor.line);
		if (result != EDIT_GOES_ON)
			edit_begin(&editor, &history);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		types,
		moves_and_erases,
		keeps_characters_whole,
		drops_what_is_not_utf8,
		ignores_control_characters,
		bears_broken_sequences,
		ends_and_abandons,
		refuses_what_does_not_fit,
		goes_back_and_forth,
		forgets_the_oldest,
		draws,
		draws_wide_and_combining_characters,
		scrolls_sideways,
		draws_on_any_width,
	};
	Suite *suite = suite_create("edit");
	TCase *cases = tcase_create("edit");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, fresh, NULL);
	for (size_t index = 0; index < sizeof(tests) / sizeof(tests[0]); index++)
		tcase_add_test(cases, tests[index]);
	tcase_add_loop_test(cases, bears_nonsense, 0, 4);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
