/* Mounts in the name space, as programs that go by paths find them: two vfs, one in the other. */
#include "../unit.h"

#include <string.h>

#include "harbour.h"

/* Runs a script; it must print exactly this. */
static void runs(const char *script, const char *output, const char *errors)
{
	harbour_run(HARBOUR_ADMIN, script);
	ck_assert_str_eq(harbour_errors(), errors);
	ck_assert_str_eq(harbour_output(), output);
}

static void boot(void)
{
	harbour_boot(HARBOUR_VFS_MOUNTS);
}

START_TEST(are_directories)
{
	runs("ls / /mnt /mnt/second", "/:\nmnt\n\n/mnt:\nabsent\nlook\nsecond\n\n/mnt/second:\n", "");
	runs("echo a > /mnt/second/f; cat /mnt/second/f /mnt/look/f; ls /mnt/second", "a\na\nf\n", "");
	runs("echo b >> /mnt/second/f; cat /mnt/second/f", "a\nb\n", "");
	runs("mkdir /mnt/second/d /mnt/second/d/e; mv /mnt/second/f /mnt/second/d/e/g; ls -l /mnt/second/d/e",
	     "-rw-r--r--   1  1000  1000          4 1970-01-01 00:00 g\n", "");
	runs("rm -r /mnt/second/d; ls /mnt/second", "", "");
}
END_TEST

START_TEST(are_crossed_both_ways)
{
	runs("mkdir /mnt/second/d /mnt/second/d/e; ls /mnt/second/d/e/../../.. /mnt/second/../second/d",
	     "/mnt/second/d/e/../../..:\nabsent\nlook\nsecond\n\n/mnt/second/../second/d:\ne\n", "");
	runs("cd /mnt/second/d; cd ..; cd ..; pwd; echo x > second/d/../f; cat /mnt/second/f", "/mnt\nx\n",
	     "");
	runs("cd /mnt/second; ls .. .", "..:\nabsent\nlook\nsecond\n\n.:\nd\nf\n", "");
}
END_TEST

START_TEST(count_for_themselves)
{
	runs("echo a > /mnt/second/f; df / /mnt/second",
	     "      Size       Used       Free      Files Free files  Path\n"
	     "    64 MiB     12 KiB     63 MiB          5      16379  /\n"
	     "    32 MiB     16 KiB     31 MiB          2       8190  /mnt/second\n",
	     "");
}
END_TEST

START_TEST(keep_their_places)
{
	runs("rm -r /mnt/second; mv /mnt/second /x; mv /mnt /y; ls /y", "absent\nlook\nsecond\n",
	     "rm: /mnt/second: Device or resource busy\nmv: /mnt/second: Device or resource busy\n");
	runs("echo a > /y/second/f; cat /y/look/f", "a\n", "");
}
END_TEST

START_TEST(may_be_read_only)
{
	runs("echo a > /mnt/second/f; echo b > /mnt/look/f; mkdir /mnt/look/d; rm /mnt/look/f; "
	     "mv /mnt/look/f /mnt/look/g; cat /mnt/look/f",
	     "a\n",
	     "sh: /mnt/look/f: Read-only file system\nmkdir: /mnt/look/d: Read-only file system\n"
	     "rm: /mnt/look/f: Read-only file system\n"
	     "mv: /mnt/look/f: Read-only file system\n");
}
END_TEST

/* The others are served; and what was waited for is waited for no longer. */
START_TEST(need_not_be_there)
{
	runs("ls /mnt/absent; echo x > /mnt/absent/f; echo a > /f; echo b > /mnt/second/f; cat /f /mnt/second/f",
	     "a\nb\n", "ls: /mnt/absent: Input/output error\nsh: /mnt/absent/f: Input/output error\n");
}
END_TEST

START_TEST(come_back)
{
	runs("echo a > /mnt/second/f; echo b > /f; cd /mnt/second; kill second; ls /mnt/second; cat /f; "
	     "echo c > g; ls /mnt/second",
	     "b\ng\n", "");
	ck_assert_ptr_nonnull(strstr(basin_console(harbour), "second mounted at /mnt/second\n"));
	ck_assert_ptr_nonnull(strstr(basin_console(harbour), "second mounted at /mnt/look, read-only\n"));
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		are_directories,   are_crossed_both_ways, count_for_themselves,
		keep_their_places, may_be_read_only,      need_not_be_there,
		come_back,
	};
	Suite *suite = suite_create("mounts");
	TCase *cases = tcase_create("mounts");
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
