/* The shell with a person at its terminal: prompts, keys, interruptions. */
#include "../unit.h"

#include <string.h>

#include "harbour.h"

#define PROMPT "\rdrydock:/$ \033[K\r\033[11C"

static void boot(void)
{
	harbour_boot(HARBOUR_VFS);
	harbour_shell(HARBOUR_ADMIN, true, NULL);
	ck_assert_str_eq(harbour_output(), PROMPT);
}

/* Types a line and Enter; returns what came of it, between its echo and the next prompt. */
static const char *answer(const char *line)
{
	static char text[65536];
	const char *output;
	size_t length;

	harbour_type(line);
	harbour_output();
	harbour_type("\r");
	/* The line once more, a newline, the answer, a prompt. */
	output = strchr(harbour_output(), '\n');
	ck_assert_ptr_nonnull(output);
	ck_assert_uint_lt(strlen(output), sizeof(text));
	strcpy(text, output + 1);
	length = strlen(text);
	ck_assert_msg(length >= strlen(PROMPT) && strcmp(text + length - strlen(PROMPT), PROMPT) == 0,
	              "no prompt after: %s", text);
	text[length - strlen(PROMPT)] = 0;
	return text;
}

START_TEST(runs_lines)
{
	ck_assert_str_eq(answer("echo hello"), "hello\n");
	ck_assert_str_eq(answer("echo hxllo\033[D\033[D\033[D\177e"), "hello\n");
	ck_assert_str_eq(answer(""), "");
	ck_assert_str_eq(answer("# nothing"), "");
	/* Two at once, as pasted. */
	harbour_type("echo a\recho b\r");
	ck_assert_ptr_nonnull(strstr(harbour_output(), "\na\n"));
}
END_TEST

START_TEST(goes_on_after_errors)
{
	int status;

	answer("ls |");
	ck_assert_str_eq(harbour_errors(), "sh: `|' is not supported\n");
	ck_assert_str_eq(answer("echo $?"), "2\n");
	answer("cat /nope");
	ck_assert_str_eq(harbour_errors(), "cat: /nope: No such file or directory\n");
	ck_assert_str_eq(answer("echo $?"), "1\n");
	ck_assert(!harbour_done(&status));
}
END_TEST

START_TEST(remembers_lines)
{
	answer("echo one");
	answer("echo two");
	ck_assert_str_eq(answer("\033[A"), "two\n");
	ck_assert_str_eq(answer("\033[A\033[A"), "one\n");
	ck_assert_str_eq(answer("\033[A more"), "one more\n");
}
END_TEST

START_TEST(abandons_lines)
{
	harbour_type("rm -r /");
	harbour_output();
	harbour_type("\003");
	ck_assert_str_eq(harbour_output(), "\rdrydock:/$ rm -r /\033[K\r\033[18C^C\n" PROMPT);
	ck_assert_str_eq(answer("echo $?"), "130\n");
	harbour_type("\003");
	harbour_type("\003");
	ck_assert_str_eq(answer("echo x"), "x\n");
}
END_TEST

START_TEST(ends_at_control_d)
{
	int status;

	answer("cat /nope");
	harbour_type("x\004");
	ck_assert(!harbour_done(&status));
	harbour_type("\025\004");
	ck_assert(harbour_done(&status));
	ck_assert_int_eq(status, 1);
}
END_TEST

START_TEST(ends_when_the_terminal_goes)
{
	int status;

	harbour_type("echo half a line");
	harbour_hang_up();
	ck_assert(harbour_done(&status));
	ck_assert_int_eq(status, 0);
	/* A command that waits for something else ends, too. */
	harbour_end();
	boot();
	harbour_type("log -f\r");
	ck_assert(!harbour_done(&status));
	harbour_hang_up();
	ck_assert(harbour_done(&status));
	ck_assert_int_eq(status, 130);
}
END_TEST

START_TEST(exits)
{
	int status;

	harbour_type("exit 9\r");
	ck_assert(harbour_done(&status));
	ck_assert_int_eq(status, 9);
}
END_TEST

START_TEST(interrupts_what_follows_the_log)
{
	int status;

	harbour_type("log -n 1 -f; echo never\r");
	ck_assert_ptr_nonnull(strstr(harbour_output(), "[init] Waiting for events...\n"));
	/* What comes is shown. */
	basin_kill(harbour, basin_process(harbour, "scheduler"));
	harbour_pass(50 * MILLISECOND);
	ck_assert_ptr_nonnull(strstr(harbour_output(), "scheduler was killed by signal 9"));
	/* What was typed ahead goes with it. */
	harbour_type("echo ahead\r");
	ck_assert_str_eq(harbour_output(), "");
	harbour_type("\003");
	ck_assert_str_eq(harbour_output(), "^C\n" PROMPT);
	ck_assert_str_eq(harbour_errors(), "");
	ck_assert_str_eq(answer("echo $?"), "130\n");
	ck_assert(!harbour_done(&status));
	/* And again, with the log server dying in between. */
	harbour_type("log -n 0 -f\r");
	basin_kill(harbour, basin_process(harbour, "log"));
	harbour_pass(500 * MILLISECOND);
	ck_assert_str_eq(harbour_errors(), "log: the log server was restarted; its entries are lost\n");
	harbour_output();
	harbour_type("\003");
	ck_assert_str_eq(harbour_output(), "^C\n" PROMPT);
}
END_TEST

START_TEST(types_ahead)
{
	const char *output;

	harbour_type("log -n 0 -f\r");
	harbour_output();
	harbour_type("\003echo a\recho b\r");
	output = harbour_output();
	ck_assert_ptr_nonnull(strstr(output, "\na\n"));
	ck_assert_ptr_nonnull(strstr(output, "\nb\n"));
	/* Ctrl-C in one piece with the line that it interrupts, and with what was pasted before it. */
	harbour_type("log -n 0 -f\r\003");
	ck_assert_str_eq(answer("echo $?"), "130\n");
	harbour_type("log -n 0 -f\recho never\r\003echo c\r");
	ck_assert_ptr_null(strstr(harbour_output(), "never\n"));
	/* More than is kept: Ctrl-C comes through. */
	harbour_type("log -n 0 -f\r");
	for (int turn = 0; turn < 5000; turn++)
		harbour_type("echo ");
	harbour_type("\003");
	ck_assert_str_eq(answer("echo $?"), "130\n");
}
END_TEST

START_TEST(writes_files_from_the_keyboard)
{
	harbour_type("cat > /f\r");
	harbour_type("one\r");
	/* What is drawn goes to the screen, not to the file. */
	ck_assert_ptr_nonnull(strstr(harbour_output(), "\rone\033[K"));
	harbour_type("twx\177o\r\004");
	harbour_output();
	ck_assert_str_eq(answer("cat /f"), "one\ntwo\n");
	/* A second command of the line is still there when cat has read lines. */
	harbour_type("cat > /g; cat /g\r");
	harbour_type("three\r\004");
	ck_assert_ptr_nonnull(strstr(harbour_output(), "\nthree\n"));
	/* Interrupted, what came before is kept. */
	harbour_type("cat > /h\r");
	harbour_type("four\r");
	harbour_type("fi\003");
	ck_assert_ptr_nonnull(strstr(harbour_output(), "^C\n" PROMPT));
	ck_assert_str_eq(answer("echo $?"), "130\n");
	ck_assert_str_eq(answer("cat /h"), "four\n");
	ck_assert_str_eq(harbour_errors(), "");
}
END_TEST

START_TEST(shows_nothing_that_terminals_obey)
{
	answer("cat > '/\xc3\xa4'\r\004");
	/* The editor takes no escape; a script does. */
	harbour_end();
	harbour_boot(HARBOUR_VFS);
	ck_assert_int_eq(harbour_run(HARBOUR_ADMIN, "echo > '/\033[31m\xc3\xa4\xff'; mkdir '/\033'"), 0);
	harbour_shell(HARBOUR_ADMIN, true, NULL);
	harbour_output();
	ck_assert_str_eq(answer("ls"), "?\n?[31m\xc3\xa4?\n");
	ck_assert_str_eq(answer("ls > /l; cat /l > /m"), "");
}
END_TEST

START_TEST(fits_the_screen)
{
	harbour_set_width(0);
	ck_assert_str_eq(answer("echo a"), "a\n");
	harbour_set_width(15);
	harbour_type("echo 0123456789");
	ck_assert_ptr_nonnull(strstr(harbour_output(), "\rcho 0123456789\033[K"));
	harbour_type("\r");
	ck_assert_ptr_nonnull(strstr(harbour_output(), "\n0123456789\n"));
}
END_TEST

/* A server that does not answer holds up its command, and not the person. */
START_TEST(interrupts_a_server_that_hangs)
{
	harbour_end();
	harbour_boot(HARBOUR_VFS_HANGS);
	harbour_shell(HARBOUR_ADMIN, true, NULL);
	harbour_output();
	for (int turn = 0; turn < 3; turn++) {
		harbour_type("cat /f\r");
		ck_assert_ptr_null(strstr(harbour_output(), PROMPT));
		harbour_type("\003");
		ck_assert_ptr_nonnull(strstr(harbour_output(), "^C\n" PROMPT));
		ck_assert_str_eq(answer("echo $?"), "130\n");
	}
	ck_assert_str_eq(harbour_errors(), "");
}
END_TEST

/* Nor does one that does not come: while a debugger is there, who has died is not started again. */
START_TEST(interrupts_waiting_for_a_server)
{
	int status;

	answer("echo x > /f");
	basin_set_traced(harbour, true);
	basin_kill(harbour, basin_process(harbour, "vfs"));
	harbour_pass(MILLISECOND);
	for (int turn = 0; turn < 3; turn++) {
		harbour_type("ls\r");
		harbour_pass(100 * MILLISECOND);
		ck_assert_ptr_null(strstr(harbour_output(), PROMPT));
		harbour_type("\003");
		ck_assert_ptr_nonnull(strstr(harbour_output(), "^C\n" PROMPT));
		ck_assert_str_eq(answer("echo $?"), "130\n");
	}
	basin_set_traced(harbour, false);
	harbour_pass(500 * MILLISECOND);
	ck_assert_str_eq(answer("ls"), "");
	ck_assert_str_eq(harbour_errors(), "");
	/* It can be left, too. */
	basin_set_traced(harbour, true);
	basin_kill(harbour, basin_process(harbour, "vfs"));
	harbour_pass(MILLISECOND);
	harbour_type("ls\r");
	harbour_type("\003exit\r");
	ck_assert(harbour_done(&status));
	basin_set_traced(harbour, false);
	harbour_pass(500 * MILLISECOND);
}
END_TEST

START_TEST(bears_nonsense)
{
	unsigned int seed = (unsigned int)_i + 1;
	int status;

	for (int turn = 0; turn < 400 && !harbour_done(&status); turn++) {
		uint8_t bytes[64];

		for (size_t index = 0; index < sizeof(bytes); index++) {
			bytes[index] = (uint8_t)rand_r(&seed);
			/* Ctrl-D would end it too soon. */
			if (bytes[index] == 4)
				bytes[index] = '\r';
		}
		harbour_type_bytes(bytes, sizeof(bytes));
		harbour_output();
		harbour_errors();
	}
	harbour_type("\003");
	harbour_output();
	ck_assert_str_eq(answer("echo alive"), "alive\n");
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		runs_lines,
		goes_on_after_errors,
		remembers_lines,
		abandons_lines,
		ends_at_control_d,
		ends_when_the_terminal_goes,
		exits,
		interrupts_what_follows_the_log,
		types_ahead,
		writes_files_from_the_keyboard,
		shows_nothing_that_terminals_obey,
		fits_the_screen,
		interrupts_a_server_that_hangs,
		interrupts_waiting_for_a_server,
	};
	Suite *suite = suite_create("interactive");
	TCase *cases = tcase_create("interactive");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, boot, harbour_end);
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
