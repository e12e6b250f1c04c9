/* The instance directory: names, safety, the lock, leftovers. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sim/host/instance.h"
#include "support.h"

static struct test_instance test;

static void setup(void)
{
	support_runtime(&test);
}

static void teardown(void)
{
	support_clear(&test);
}

START_TEST(names)
{
	char longest[INSTANCE_NAME_MAXIMUM + 2];

	memset(longest, 'a', sizeof(longest));
	longest[INSTANCE_NAME_MAXIMUM + 1] = '\0';
	ck_assert(!instance_name_valid(longest));
	longest[INSTANCE_NAME_MAXIMUM] = '\0';
	ck_assert(instance_name_valid(longest));
	ck_assert(instance_name_valid("a.B-c_9"));
	ck_assert(!instance_name_valid(""));
	ck_assert(!instance_name_valid("."));
	ck_assert(!instance_name_valid(".."));
	ck_assert(!instance_name_valid("a/b"));
	ck_assert(!instance_name_valid("a b"));
	ck_assert(!instance_name_valid("\303\244"));
}
END_TEST

START_TEST(path_is_under_the_runtime_directory)
{
	char path[INSTANCE_PATH_SIZE], expected[INSTANCE_PATH_SIZE], error[256] = "";

	ck_assert(instance_path("x", path, sizeof(path), error, sizeof(error)));
	snprintf(expected, sizeof(expected), "%s/drydock/x", test.runtime);
	ck_assert_str_eq(path, expected);
	ck_assert(!instance_path("x/y", path, sizeof(path), error, sizeof(error)));
	ck_assert_str_ne(error, "");
}
END_TEST

START_TEST(path_without_a_runtime_directory)
{
	char path[INSTANCE_PATH_SIZE], expected[INSTANCE_PATH_SIZE], error[256];

	/* One that is not there counts as none. */
	setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
	if (geteuid() == 0)
		strcpy(expected, "/run/drydock/x");
	else
		snprintf(expected, sizeof(expected), "/tmp/drydock-%u/x", (unsigned)geteuid());
	ck_assert(instance_path("x", path, sizeof(path), error, sizeof(error)));
	ck_assert_str_eq(path, expected);
}
END_TEST

START_TEST(second_of_a_name_is_refused)
{
	struct instance first, second;
	char error[512] = "";

	ck_assert(instance_open(&first, "x", error, sizeof(error)));
	ck_assert(!instance_open(&second, "x", error, sizeof(error)));
	ck_assert_ptr_nonnull(strstr(error, "runs already"));
	ck_assert_uint_eq(instance_close(&first), 0);
	ck_assert(instance_open(&second, "x", error, sizeof(error)));
	ck_assert_uint_eq(instance_close(&second), 0);
}
END_TEST

START_TEST(two_names_live_together)
{
	struct instance first, second;
	char error[512];

	ck_assert(instance_open(&first, "x", error, sizeof(error)));
	ck_assert(instance_open(&second, "y", error, sizeof(error)));
	instance_close(&first);
	instance_close(&second);
}
END_TEST

START_TEST(directory_is_private)
{
	struct instance instance;
	struct stat status;
	char error[512];

	umask(0);
	ck_assert(instance_open(&instance, "x", error, sizeof(error)));
	ck_assert_int_eq(stat(instance.directory, &status), 0);
	ck_assert_uint_eq(status.st_mode & 07777, 0700);
	instance_close(&instance);
	ck_assert_int_ne(access(instance.directory, F_OK), 0);
}
END_TEST

START_TEST(prepared_directories_are_refused)
{
	char parent[128], path[160], error[512] = "";
	struct instance instance;

	snprintf(parent, sizeof(parent), "%s/drydock", test.runtime);
	ck_assert_int_eq(symlink("/tmp", parent), 0);
	ck_assert(!instance_open(&instance, "x", error, sizeof(error)));
	ck_assert_ptr_nonnull(strstr(error, "not a directory"));
	ck_assert_int_eq(unlink(parent), 0);
	ck_assert_int_eq(mkdir(parent, 0700), 0);
	snprintf(path, sizeof(path), "%s/x", parent);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, 0755), 0);
	ck_assert(!instance_open(&instance, "x", error, sizeof(error)));
	ck_assert_ptr_nonnull(strstr(error, "chmod 700"));
}
END_TEST

static void never_cleared(void *context, const char *directory)
{
	(void)context;
	ck_abort_msg("%s was no mount, and was detached", directory);
}

START_TEST(leftovers_are_cleared_and_reports_kept)
{
	struct instance instance;
	char error[512], path[INSTANCE_PATH_SIZE + 32];

	ck_assert(instance_open(&instance, "x", error, sizeof(error)));
	instance_write(&instance, "control", "");
	instance_write(&instance, "mount", "/nonexistent\n/tmp\n\n");
	instance_write(&instance, "crash-vfs-1.txt", "report");
	instance_clear(&instance, never_cleared, NULL);
	snprintf(path, sizeof(path), "%s/control", instance.directory);
	ck_assert_int_ne(access(path, F_OK), 0);
	ck_assert_uint_eq(instance_close(&instance), 1);
	snprintf(path, sizeof(path), "%s/crash-vfs-1.txt", instance.directory);
	ck_assert_int_eq(access(path, F_OK), 0);
	snprintf(path, sizeof(path), "%s/lock", instance.directory);
	ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("host-instance");
	TCase *tests = tcase_create("instance");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tests, setup, teardown);
	tcase_add_test(tests, names);
	tcase_add_test(tests, path_is_under_the_runtime_directory);
	tcase_add_test(tests, path_without_a_runtime_directory);
	tcase_add_test(tests, second_of_a_name_is_refused);
	tcase_add_test(tests, two_names_live_together);
	tcase_add_test(tests, directory_is_private);
	tcase_add_test(tests, prepared_directories_are_refused);
	tcase_add_test(tests, leftovers_are_cleared_and_reports_kept);
	suite_add_tcase(suite, tests);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
