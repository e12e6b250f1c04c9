/* The shell's commands against the real servers, as scripts run them. */
#include "../unit.h"

#include <string.h>

#include "harbour.h"

/* Runs a script as `role`; it must print exactly this, and end with this status. */
static void runs_as(enum harbour_role role, const char *script, int status, const char *output,
                    const char *errors)
{
	int result = harbour_run(role, script);

	ck_assert_str_eq(harbour_errors(), errors);
	ck_assert_str_eq(harbour_output(), output);
	ck_assert_int_eq(result, status);
}

static void runs(const char *script, int status, const char *output, const char *errors)
{
	runs_as(HARBOUR_ADMIN, script, status, output, errors);
}

static void boot(void)
{
	harbour_boot(HARBOUR_VFS);
}

START_TEST(echoes)
{
	runs("", 0, "", "");
	runs("echo", 0, "\n", "");
	runs("echo a 'b  c' -n --", 0, "a b  c -n --\n", "");
	runs("echo a\n\n# nothing\necho b; echo c", 0, "a\nb\nc\n", "");
}
END_TEST

START_TEST(makes_and_shows_files)
{
	runs("mkdir /d /d/e; echo one > /d/f; echo two >> /d/f; cat /d/f; ls /d", 0, "one\ntwo\ne\nf\n", "");
	runs("cat /d/f /d/f > /d/g; cat /d/g", 0, "one\ntwo\none\ntwo\n", "");
	runs("echo new > /d/f; cat /d/f", 0, "new\n", "");
	runs("cat /d/g /d/f >> /d/../d/f; cat /d/f", 0, "new\none\ntwo\none\ntwo\n",
	     "cat: /d/f: is where the output goes\n");
	runs("> /d/f; cat /d/f; echo $?", 0, "0\n", "");
	runs("ls /d/f /d/e", 0, "/d/f\n\n/d/e:\n", "");
	runs("ls -l /d", 0,
	     "drwxr-xr-x   2  1000  1000         40 1970-01-01 00:00 e\n"
	     "-rw-r--r--   1  1000  1000          0 1970-01-01 00:00 f\n"
	     "-rw-r--r--   1  1000  1000         16 1970-01-01 00:00 g\n",
	     "");
	runs("df; df /d", 0,
	     "      Size       Used       Free      Files Free files  Path\n"
	     "    64 MiB     16 KiB     63 MiB          5      16379  /\n"
	     "      Size       Used       Free      Files Free files  Path\n"
	     "    64 MiB     16 KiB     63 MiB          5      16379  /d\n",
	     "");
}
END_TEST

START_TEST(tells_what_is_wrong)
{
	runs("cat /nope", 1, "", "cat: /nope: No such file or directory\n");
	runs("cat /; ls /nope /; echo $?", 0, "\n/:\n1\n",
	     "cat: /: Is a directory\nls: /nope: No such file or directory\n");
	runs("mkdir /d; mkdir /d /e; echo $?; ls /", 0, "1\nd\ne\n", "mkdir: /d: File exists\n");
	runs("echo a > /d; echo $?", 0, "1\n", "sh: /d: Is a directory\n");
	runs("echo a > /no/where", 1, "", "sh: /no/where: No such file or directory\n");
	runs("rm /d; rm /", 1, "",
	     "rm: /d: Is a directory; rm -r removes it with all that is in it\n"
	     "rm: /: the root cannot be removed; name what is in it\n");
	runs("mv /a /b; cp /a /b", 1, "",
	     "mv: /a: No such file or directory\ncp: /a: No such file or directory\n");
	runs("stat ''", 1, "", "stat: : No such file or directory\n");
	runs("nonsense", 127, "", "nonsense: no such command; see: help\n");
	runs("'\033[31m\xff'", 127, "", "?[31m?: no such command; see: help\n");
}
END_TEST

START_TEST(checks_usage)
{
	runs("ls -x", 2, "", "ls: there is no option -x; usage: ls [-l] [PATH...]\n");
	runs("ls -lx", 2, "", "ls: there is no option -x; usage: ls [-l] [PATH...]\n");
	runs("mkdir", 2, "", "mkdir: something is missing; usage: mkdir DIRECTORY...\n");
	runs("pwd x", 2, "", "pwd: one too many: x; usage: pwd \n");
	runs("log -n", 2, "", "log: a value is missing after -n; usage: log [-f] [-n NUMBER]\n");
	runs("log -:", 2, "", "log: there is no option -:; usage: log [-f] [-n NUMBER]\n");
	runs("log -n x; log -nx", 2, "",
	     "log: x: this is not a number of entries\nlog: x: this is not a number of entries\n");
	runs("echo > -f; ls -- -f; rm -- -f; ls", 0, "-f\n", "");
	runs("exit x", 2, "", "exit: x: a status is a number up to 255\n");
	runs("exit 256", 2, "", "exit: 256: a status is a number up to 255\n");
	runs("time", 2, "", "time: something is missing; usage: time COMMAND [WORD...]\n");
}
END_TEST

START_TEST(keeps_the_status)
{
	runs("echo $?; cat /nope; echo $?; nonsense; echo $? \"$?\" '$?'", 0, "0\n1\n127 127 $?\n",
	     "cat: /nope: No such file or directory\nnonsense: no such command; see: help\n");
	runs("cat /nope\nexit", 1, "", "cat: /nope: No such file or directory\n");
	runs("exit 7\necho never", 7, "", "");
	runs("exit 7; echo never", 7, "", "");
}
END_TEST

START_TEST(stops_at_a_wrong_line)
{
	/* Of a line that is wrong somewhere nothing is run, and nothing of what follows. */
	runs("echo a\necho b; ls |\necho c", 2, "a\n", "sh: line 2: `|' is not supported\n");
	runs("echo 'a", 2, "", "sh: line 1: a ' is not closed\n");
}
END_TEST

START_TEST(moves_and_copies)
{
	runs("mkdir /d; echo one > /a; mv /a /b; ls; mv /b /d; ls /d; mv /d/b /d/c; cat /d/c", 0,
	     "b\nd\nb\none\n", "");
	runs("cd /d; cp c e; cp c e /; ls; ls /; cat /e", 0, "c\ne\nc\nd\ne\none\n", "");
	runs("cp /d /x", 1, "", "cp: /d: only files are copied, and this is a directory\n");
	runs("cp /e /./e; cat /e", 0, "one\n", "cp: /e: is the same file as /./e\n");
	runs("mv /c /e /nope", 1, "", "mv: /nope: No such file or directory\n");
	runs("mv /c /e /d/c", 1, "", "mv: /d/c: Not a directory\n");
	runs("mv /d /d/under", 1, "", "mv: /d: Invalid argument\n");
}
END_TEST

START_TEST(copies_much)
{
	/* Doubled 15 times: more than a chunk, a buffer or a page. */
	static char script[4096] = "echo 0123456789abcde > /a\n";
	const char *output;
	for (int turn = 0; turn < 15; turn++)
		strcat(script, "cat /a /a > /b; mv /b /a\n");
	strcat(script, "cp /a /c; rm /a; stat /c");
	ck_assert_int_eq(harbour_run(HARBOUR_ADMIN, script), 0);
	ck_assert_ptr_nonnull(strstr(harbour_output(), "size      524288 bytes"));
	ck_assert_str_eq(harbour_errors(), "");
	ck_assert_int_eq(harbour_run(HARBOUR_ADMIN, "rm /b; cp /c /d; cat /d > /e; rm /c /d; cat /e"), 0);
	ck_assert_str_eq(harbour_errors(), "rm: /b: No such file or directory\n");
	output = harbour_output();
	ck_assert_uint_eq(strlen(output), 524288);
	/* Every line is the first. */
	ck_assert_mem_eq(output, output + 16, 524288 - 16);
	ck_assert_mem_eq(output, "0123456789abcde\n", 16);
}
END_TEST

START_TEST(removes_trees)
{
	static char script[32768];
	char deep[2048] = "/t";

	/* Deeper than a path by recursion on a fiber's stack would bear, with files and a link on the way. */
	strcat(script, "mkdir /t; cd /t\n");
	for (int level = 0; level < 200; level++) {
		strcat(script, "mkdir a b; echo x > f; cd a\n");
		strcat(deep, "/a");
	}
	strcat(script, "pwd > /where; cd; cat /where\n");
	strcat(deep, "\n");
	runs(script, 0, deep, "");
	runs("rm -r /t/; ls", 0, "where\n", "");
	runs("rm -r /where; ls", 0, "", "");
	runs("mkdir /d; echo x > /d/f; cd /d; rm -r . ..; rm -r /d/./; rm -r /.; ls", 0, "f\n",
	     "rm: .: `.' and `..' cannot be removed; use a directory's name\n"
	     "rm: ..: `.' and `..' cannot be removed; use a directory's name\n"
	     "rm: /d/./: `.' and `..' cannot be removed; use a directory's name\n"
	     "rm: /.: `.' and `..' cannot be removed; use a directory's name\n");
	runs("rm -r /nope", 1, "", "rm: /nope: No such file or directory\n");
}
END_TEST

START_TEST(goes_about)
{
	runs("pwd; mkdir /a /a/b; cd a; pwd; cd b; pwd; cd ..; pwd; cd; pwd", 0, "/\n/a\n/a/b\n/a\n/\n", "");
	runs("cd /a/./b/..//b/../..; pwd; cd ../../..; pwd", 0, "/\n/\n", "");
	runs("cd /nope; pwd; echo x > f; cd f; pwd", 0, "/\n/\n",
	     "cd: /nope: No such file or directory\ncd: f: Not a directory\n");
	runs("cd a/b; echo one > f; ls ..; cat ../b/f; cat /a/b/f", 0, "b\none\none\n", "");
}
END_TEST

START_TEST(names_are_any_bytes)
{
	runs("echo x > '/\033[31m'; echo y > '/\xff'; ls", 0, "\033[31m\n\xff\n", "");
	runs("cat '/\033[31m' /\xff", 0, "x\ny\n", "");
}
END_TEST

START_TEST(takes_time)
{
	/* The clock stands still while a script runs. */
	runs("time echo a", 0, "a\n", "time: 0.000000 s\n");
	runs("time time echo a", 0, "a\n", "time: 0.000000 s\ntime: 0.000000 s\n");
	runs("time nonsense", 127, "", "nonsense: no such command; see: help\ntime: 0.000000 s\n");
	runs("time cat /nope > /x; cat /x", 0, "",
	     "cat: /nope: No such file or directory\ntime: 0.000000 s\n");
}
END_TEST

START_TEST(lists_processes_and_ports)
{
	const char *output;

	ck_assert_int_eq(harbour_run(HARBOUR_ADMIN, "ls > /x; ps; ports"), 0);
	output = harbour_output();
	ck_assert_ptr_nonnull(strstr(output, "PID  NAME       STATE"));
	ck_assert_ptr_nonnull(strstr(output, "\n  1  init "));
	ck_assert_ptr_nonnull(strstr(output, "\n  4  vfs  "));
	ck_assert_ptr_nonnull(strstr(output, "\n  -  sh   "));
	ck_assert_ptr_nonnull(strstr(output, "PORT  OWNER"));
	ck_assert_ptr_nonnull(strstr(output, "  vfs            1 "));
	ck_assert_str_eq(harbour_errors(), "");
	/* As wide as what is in it. */
	ck_assert_int_eq(harbour_run(HARBOUR_ADMIN, "help ps"), 0);
	ck_assert_str_eq(harbour_output(), "ps                              list processes\n");
}
END_TEST

START_TEST(sets_priorities_and_slices)
{
	runs("nice", 0,
	     "PID  NAME       PRIORITY  SLICE\n"
	     "  1  init             16  10 ms\n"
	     "  2  log              16  10 ms\n"
	     "  3  scheduler        16  10 ms\n"
	     "  4  vfs              16  10 ms\n",
	     "");
	runs("nice -p 20 vfs", 0, "PID  NAME  PRIORITY  SLICE\n  4  vfs         20  10 ms\n", "");
	/* What is not given stays. By name and by number, several at once; the kernel goes by it. */
	runs("nice -s 5 4 log", 0,
	     "PID  NAME  PRIORITY  SLICE\n"
	     "  4  vfs         20   5 ms\n"
	     "  2  log         16   5 ms\n",
	     "");
	runs("nice -p 0 -s 1000 log; nice log", 0,
	     "PID  NAME  PRIORITY    SLICE\n"
	     "  2  log          0  1000 ms\n"
	     "PID  NAME  PRIORITY    SLICE\n"
	     "  2  log          0  1000 ms\n",
	     "");
	ck_assert_uint_eq(basin_process(harbour, "log")->priority, 0);
	ck_assert_uint_eq(basin_process(harbour, "log")->slice, 1000000);
	ck_assert_uint_eq(basin_process(harbour, "vfs")->priority, 20);
}
END_TEST

START_TEST(refuses_other_priorities_and_slices)
{
	runs("nice -p 32 vfs; echo $?; nice -p x vfs; nice -s 0 vfs; nice -s 1001 vfs; nice -p 3; echo $?; nice vfs", 0,
	     "2\n2\nPID  NAME  PRIORITY  SLICE\n  4  vfs         16  10 ms\n",
	     "nice: 32: a priority is a number up to 31, more being more urgent\n"
	     "nice: x: a priority is a number up to 31, more being more urgent\n"
	     "nice: 0: a slice is 1 to 1000 milliseconds\n"
	     "nice: 1001: a slice is 1 to 1000 milliseconds\n"
	     "nice: of which process? See: ps\n");
	runs("nice -p", 2, "", "nice: a value is missing after -p; usage: nice [-p N] [-s MS] [NAME...]\n");
	/* One that cannot be does not keep others from being set. */
	runs("nice -p 9 nobody sh 0 vfs; echo $?", 0, "PID  NAME  PRIORITY  SLICE\n  4  vfs          9  10 ms\n1\n",
	     "nice: nobody: there is no such process; see: ps\n"
	     "nice: sh: only processes with a number have a priority\n"
	     "nice: 0: there is no such process; see: ps\n");
	runs_as(HARBOUR_USER, "nice; nice -p 3 vfs", 1, "",
	        "nice: the manifest does not grant this shell the authority to inspect\n"
	        "nice: the manifest does not grant this shell the authority to inspect\n");
}
END_TEST

/* Its word ends with it: without a scheduler all are equal again. */
START_TEST(is_undone_by_the_scheduler_s_end)
{
	runs("nice -p 20 -s 5 vfs > /x", 0, "", "");
	ck_assert_uint_eq(basin_process(harbour, "vfs")->priority, 20);
	runs("kill scheduler", 0, "", "");
	ck_assert_uint_eq(basin_process(harbour, "vfs")->priority, PRIORITY_DEFAULT);
	ck_assert_uint_eq(basin_process(harbour, "vfs")->slice, SLICE_DEFAULT);
}
END_TEST

START_TEST(kills)
{
	uint64_t before = basin_process(harbour, "vfs")->id;

	/* All files go with it; the next command waits until it is back. */
	runs("echo x > /f; kill vfs; echo $?; ls; echo y > /f; cat /f", 0, "0\ny\n", "");
	ck_assert_uint_gt(basin_process(harbour, "vfs")->id, before);
	before = basin_process(harbour, "vfs")->id;
	harbour_pass(2000 * MILLISECOND);
	runs("kill 4 log; log -n 1 > /l; ls", 0, "l\n", "");
	ck_assert_uint_gt(basin_process(harbour, "vfs")->id, before);
	runs("kill scheduler; kill scheduler 3", 1, "",
	     "kill: scheduler: there is no such process; see: ps\nkill: 3: there is no such process; see: ps\n");
}
END_TEST

START_TEST(kills_nobody_else)
{
	runs("kill init; kill 1; kill sh; kill nobody; kill 0; kill 77; echo $?", 0, "1\n",
	     "kill: init: only servers that init started can be killed\n"
	     "kill: init: only servers that init started can be killed\n"
	     "kill: sh: only servers that init started can be killed\n"
	     "kill: nobody: there is no such process; see: ps\n"
	     "kill: 0: no process that could be killed has this number\n"
	     "kill: 77: there is no such process; see: ps\n");
}
END_TEST

START_TEST(may_not_what_is_not_granted)
{
	runs_as(HARBOUR_USER, "echo x > /f; cat /f; ps; echo $?; ports; kill vfs", 1, "x\n1\n",
	        "ps: the manifest does not grant this shell the authority to inspect\n"
	        "ports: the manifest does not grant this shell the authority to inspect\n"
	        "kill: the manifest does not grant this shell the authority to inspect\n");
	runs_as(HARBOUR_NOBODY, "echo a; ls; cat /f; echo x > /f; log; cd /", 1, "a\n",
	        "ls: /: No such file or directory\n"
	        "cat: /f: No such file or directory\n"
	        "sh: /f: No such file or directory\n"
	        "log: the log server: No such file or directory\n"
	        "cd: /: No such file or directory\n");
}
END_TEST

START_TEST(shows_the_log)
{
	runs("log -n 2", 0,
	     "00:00:01.000000 [init] All services started\n"
	     "00:00:01.000000 [init] Waiting for events...\n",
	     "");
	runs("log -n 0", 0, "", "");
	ck_assert_int_eq(harbour_run(HARBOUR_ADMIN, "log"), 0);
	ck_assert_ptr_nonnull(strstr(harbour_output(), "[vfs] tmpfs mounted at /\n"));
}
END_TEST

START_TEST(reads_its_input)
{
	int status;

	/* A script from the terminal; `cat` takes what follows it. */
	harbour_shell(HARBOUR_ADMIN, false, NULL);
	harbour_type("echo a\nec");
	ck_assert_str_eq(harbour_output(), "a\n");
	harbour_type("ho b\n");
	ck_assert_str_eq(harbour_output(), "b\n");
	harbour_type("cat > /f\none\ntw");
	harbour_type("o");
	ck_assert(!harbour_done(&status));
	harbour_hang_up();
	ck_assert(harbour_done(&status));
	ck_assert_int_eq(status, 0);
	harbour_end();
	harbour_boot(HARBOUR_VFS);
	/* The last line needs no newline. */
	harbour_shell(HARBOUR_ADMIN, false, NULL);
	harbour_type("echo a; exit 3");
	ck_assert_str_eq(harbour_output(), "");
	harbour_hang_up();
	ck_assert(harbour_done(&status));
	ck_assert_str_eq(harbour_output(), "a\n");
	ck_assert_int_eq(status, 3);
}
END_TEST

START_TEST(cat_gives_back_what_it_was_given)
{
	static char script[8192];
	int status;

	/* Any bytes, NULs among them, that come while cat reads. */
	harbour_shell(HARBOUR_ADMIN, false, "cat > /f; cat /f; stat /f");
	for (int byte = 0; byte < 256; byte++)
		for (int turn = 0; turn < 32; turn++)
			script[turn * 256 + byte] = (char)byte;
	harbour_type_bytes(script, sizeof(script));
	harbour_hang_up();
	ck_assert(harbour_done(&status));
	ck_assert_int_eq(status, 0);
	ck_assert_mem_eq(harbour_output(), script, sizeof(script));
}
END_TEST

START_TEST(bears_lines_that_are_none)
{
	static char line[20000];
	int status;

	harbour_shell(HARBOUR_ADMIN, false, NULL);
	harbour_type_bytes("echo a\nls \0 /\necho b\n", 21);
	ck_assert(harbour_done(&status));
	ck_assert_int_eq(status, 2);
	ck_assert_str_eq(harbour_output(), "a\n");
	ck_assert_str_eq(harbour_errors(), "sh: line 2: there is a NUL in it; is this a script?\n");
	harbour_end();
	harbour_boot(HARBOUR_VFS);
	harbour_shell(HARBOUR_ADMIN, false, NULL);
	memset(line, 'x', sizeof(line) - 1);
	harbour_type(line);
	ck_assert(!harbour_done(&status));
	harbour_type("\necho b\n");
	ck_assert(harbour_done(&status));
	ck_assert_int_eq(status, 2);
	ck_assert_str_eq(harbour_errors(), "sh: line 1: it is too long\n");
	harbour_end();
	harbour_boot(HARBOUR_VFS);
	runs(line, 2, "", "sh: line 1: it is too long\n");
	/* The longest that is none too long. */
	line[8191] = 0;
	memcpy(line, "echo ", 5);
	ck_assert_int_eq(harbour_run(HARBOUR_ADMIN, line), 0);
	ck_assert_uint_eq(strlen(harbour_output()), 8191 - 5 + 1);
}
END_TEST

START_TEST(ends_where_nobody_reads)
{
	int status;

	harbour_shell(HARBOUR_ADMIN, false, NULL);
	harbour_close_output();
	harbour_type("echo a\necho b > /f\n");
	ck_assert(harbour_done(&status));
	ck_assert_int_eq(status, 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		echoes,
		makes_and_shows_files,
		tells_what_is_wrong,
		checks_usage,
		keeps_the_status,
		stops_at_a_wrong_line,
		moves_and_copies,
		copies_much,
		removes_trees,
		goes_about,
		names_are_any_bytes,
		takes_time,
		lists_processes_and_ports,
		sets_priorities_and_slices,
		refuses_other_priorities_and_slices,
		is_undone_by_the_scheduler_s_end,
		kills,
		kills_nobody_else,
		may_not_what_is_not_granted,
		shows_the_log,
		reads_its_input,
		cat_gives_back_what_it_was_given,
		bears_lines_that_are_none,
		ends_where_nobody_reads,
	};
	Suite *suite = suite_create("commands");
	TCase *cases = tcase_create("commands");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(cases, boot, harbour_end);
	for (size_t index = 0; index < sizeof(tests) / sizeof(tests[0]); index++)
		tcase_add_test(cases, tests[index]);
	suite_add_tcase(suite, cases);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
