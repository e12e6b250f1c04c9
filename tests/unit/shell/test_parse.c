/* src/apps/shell/parse.h */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "apps/shell/parse.h"

static struct command_line command;

/* The commands of `line` as text: words in <>, redirections, `;` between, or the problem after `!`. */
static const char *parsed(const char *line, int status)
{
	static char text[4096];
	enum parse_result result;
	size_t used = 0;

	text[0] = 0;
	while ((result = parse_command(&line, status, &command)) == PARSE_COMMAND) {
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", used ? ";" : "");
		ck_assert_ptr_null(command.words[command.count]);
		for (uint32_t index = 0; index < command.count; index++)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "<%s>",
			                         command.words[index]);
		if (command.redirect)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s{%s}",
			                         command.append ? ">>" : ">", command.redirect);
	}
	if (result == PARSE_WRONG)
		snprintf(text + used, sizeof(text) - used, "!%s", command.problem);
	return text;
}

static void parses(const char *line, const char *expected)
{
	ck_assert_str_eq(parsed(line, 7), expected);
}

START_TEST(takes_words)
{
	parses("", "");
	parses(" \t ", "");
	parses("ls", "<ls>");
	parses("  ls\t-l  / ", "<ls><-l></>");
	parses("echo a{b,c} ~ ! = % ^ ] } \xc3\xa4", "<echo><a{b,c}><~><!><=><%><^><]><}><\xc3\xa4>");
}
END_TEST

START_TEST(quotes)
{
	parses("echo 'a  b' c", "<echo><a  b><c>");
	parses("echo 'it'\\''s'", "<echo><it's>");
	parses("echo \"a 'b' \\\"c\\\" \\\\ \\n\"", "<echo><a 'b' \"c\" \\ \\n>");
	parses("echo a\\ b \\; \\> \\# \\*", "<echo><a b><;><>><#><*>");
	parses("echo '' \"\"", "<echo><><>");
	parses("a'b'\"c\"d", "<abcd>");
	parses("'ls' '-l'", "<ls><-l>");
	parses("echo '*' \"?[\" 'a|b' \"&\" '$x' '#' \";\"", "<echo><*><?[><a|b><&><$x><#><;>");
	parses("echo 'a", "!a ' is not closed");
	parses("echo \"a", "!a \" is not closed");
	parses("echo \"a\\", "!a \" is not closed");
	parses("echo \"a\\\"", "!a \" is not closed");
	parses("echo a\\", "!the line ends in a backslash");
}
END_TEST

START_TEST(ends_at_comments)
{
	parses("# nothing", "");
	parses("ls # -l ; rm 'x", "<ls>");
	parses("echo a#b", "<echo><a#b>");
	parses("echo '#' \\# a;# b", "<echo><#><#><a>");
}
END_TEST

START_TEST(expands_the_status)
{
	parses("echo $?", "<echo><7>");
	parses("echo a$?b\"$?\"'$?'\\$\\?", "<echo><a7b7$?$?>");
	ck_assert_str_eq(parsed("echo $?$?", 255), "<echo><255255>");
	parses("echo $ a$ \"$\" $/", "<echo><$><a$><$><$/>");
	parses("echo $HOME", "!`$H' is not supported: there are no variables but $?");
	parses("echo \"${x}\"", "!`${' is not supported: there are no variables but $?");
	parses("echo $(ls)", "!`$(' is not supported: there are no variables but $?");
	parses("echo $1", "!`$1' is not supported: there are no variables but $?");
	parses("echo $'a'", "!`$'' is not supported: there are no variables but $?");
}
END_TEST

START_TEST(redirects)
{
	parses("echo a > b", "<echo><a>>{b}");
	parses("echo a>b", "<echo><a>>{b}");
	parses("echo a>>'b c' d", "<echo><a><d>>>{b c}");
	parses("> b", ">{b}");
	parses("> b ls", "<ls>>{b}");
	parses("echo a2>b", "<echo><a2>>{b}");
	parses("echo 2 >b", "<echo><2>>{b}");
	parses("echo '2'>b", "<echo><2>>{b}");
	parses("echo a 2>b", "!only the output can be redirected, by > and >>");
	parses("echo a >", "!> where to?");
	parses("echo a >> # b", "!>> where to?");
	parses("echo a > ; ls", "!> where to?");
	parses("echo a >>> b", "!>> where to?");
	parses("echo a > b > c", "!the output can be redirected once");
	parses("echo > b 2> c", "!only the output can be redirected, by > and >>");
}
END_TEST

START_TEST(takes_one_command_after_the_other)
{
	parses("ls; echo a;", "<ls>;<echo><a>");
	parses("echo a;echo b > c ; echo d", "<echo><a>;<echo><b>>{c};<echo><d>");
	parses("ls ;; ls", "<ls>!there is no command before `;'");
	parses("; ls", "!there is no command before `;'");
}
END_TEST

START_TEST(refuses_by_name)
{
	static const char all[] = "|&<()`";

	for (const char *character = all; *character; character++) {
		char line[16], expected[64];

		snprintf(line, sizeof(line), "ls %c x", *character);
		snprintf(expected, sizeof(expected), "!`%c' is not supported", *character);
		parses(line, expected);
		snprintf(line, sizeof(line), "ls%cx", *character);
		parses(line, expected);
	}
	parses("ls *", "!`*' is not expanded: quote it, or say what you mean");
	parses("ls a?", "!`?' is not expanded: quote it, or say what you mean");
	parses("ls [a]", "!`[' is not expanded: quote it, or say what you mean");
	parses("echo \"`ls`\"", "!``' is not supported");
}
END_TEST

START_TEST(bears_long_lines)
{
	static char line[LINE_SIZE];
	const char *rest;

	/* Whatever grows, or takes much room, fits: nothing is cut off. */
	for (size_t index = 0; index + 2 < sizeof(line); index += 2)
		memcpy(line + index, "$?", 2);
	rest = line;
	ck_assert_int_eq(parse_command(&rest, 255, &command), PARSE_COMMAND);
	ck_assert_uint_eq(command.count, 1);
	ck_assert_uint_eq(strlen(command.words[0]), (LINE_SIZE - 2) / 2 * 3);
	memset(line, 'x', sizeof(line) - 1);
	rest = line;
	ck_assert_int_eq(parse_command(&rest, 0, &command), PARSE_COMMAND);
	ck_assert_uint_eq(strlen(command.words[0]), LINE_SIZE - 1);
	for (size_t index = 0; index + 1 < sizeof(line); index++)
		line[index] = index % 2 ? ' ' : 'x';
	rest = line;
	ck_assert_int_eq(parse_command(&rest, 0, &command), PARSE_WRONG);
	ck_assert_str_eq(command.problem, "too many words");
	line[2 * WORDS_MAXIMUM] = 0;
	rest = line;
	ck_assert_int_eq(parse_command(&rest, 0, &command), PARSE_COMMAND);
	ck_assert_uint_eq(command.count, WORDS_MAXIMUM);
}
END_TEST

/* Whatever comes: it ends, words lie within the text, and what quoting takes away is all that is missing. */
START_TEST(bears_nonsense)
{
	static const char letters[] = "ab  \t;>>#'\"\\$?$*|2\xc3\xff";
	unsigned int seed = (unsigned int)_i + 1;

	for (int round = 0; round < 3000; round++) {
		char line[64];
		size_t length = (size_t)rand_r(&seed) % (sizeof(line) - 1), commands = 0;
		const char *rest = line;

		for (size_t index = 0; index < length; index++)
			line[index] = letters[(size_t)rand_r(&seed) % (sizeof(letters) - 1)];
		line[length] = 0;
		while (parse_command(&rest, 1, &command) == PARSE_COMMAND) {
			const char *end = command.text + sizeof(command.text);

			if (++commands > length || rest > line + length || command.count > WORDS_MAXIMUM)
				ck_abort_msg("seed %d round %d: %s", _i, round, line);
			for (uint32_t index = 0; index < command.count; index++)
				if (command.words[index] < command.text ||
				    !memchr(command.words[index], 0, (size_t)(end - command.words[index])))
					ck_abort_msg("seed %d round %d: %s", _i, round, line);
		}
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {takes_words,        quotes,          ends_at_comments,
	                              expands_the_status, redirects,       takes_one_command_after_the_other,
	                              refuses_by_name,    bears_long_lines};
	Suite *suite = suite_create("parse");
	TCase *cases = tcase_create("parse");
	SRunner *runner;
	int failed;

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
