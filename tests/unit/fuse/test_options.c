/* The bridge's mount options. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sim/fuse/options.h"

static bool parse(const char *text, bool root, struct options *options, char error[256])
{
	char copy[256];

	strcpy(copy, text);
	strcpy(error, "");
	return options_parse(options, copy, root, error, 256);
}

START_TEST(defaults)
{
	struct options options;
	char error[256];

	ck_assert(parse("", false, &options, error));
	ck_assert(!options.allow_other && !options.writeback && !options.shared_locks);
	ck_assert_double_eq(options.timeout, 1.0);
	ck_assert(options.kernel_checks);
	ck_assert_str_eq(options.passed, "");
	ck_assert(parse("", true, &options, error));
	ck_assert(!options.allow_other && !options.kernel_checks);
	ck_assert_str_eq(options.passed, ",suid,dev");
	ck_assert(parse("allow_other", true, &options, error));
	ck_assert(options.allow_other && options.kernel_checks);
}
END_TEST

START_TEST(all_of_them)
{
	struct options options;
	char error[256];

	ck_assert(parse("ro,timeout=0.5,writeback,shared_locks,allow_other", false, &options, error));
	ck_assert(options.allow_other && options.writeback && options.shared_locks);
	ck_assert_str_eq(options.passed, ",ro");
	ck_assert_double_eq(options.timeout, 0.5);
	ck_assert(parse("timeout=0", false, &options, error));
	ck_assert_double_eq(options.timeout, 0);
	/* What is said last counts, for Linux as well. */
	ck_assert(parse("nosuid,nodev,noexec,noatime", true, &options, error));
	ck_assert_str_eq(options.passed, ",suid,dev,nosuid,nodev,noexec,noatime");
}
END_TEST

static const struct {
	const char *text, *names;
} wrong[] = {
	{"nonsense", "'nonsense'"},     {"ro,nonsense=3", "'nonsense=3'"}, {"ro=1", "'ro'"},
	{"timeout", "'timeout'"},       {"timeout=", "'timeout'"},         {"timeout=-1", "'-1'"},
	{"timeout=1x", "'1x'"},         {"timeout=nan", "'nan'"},          {"timeout=inf", "'inf'"},
	{"timeout=1e99", "'1e99'"},     {"nosuid=1", "'nosuid'"},          {"mand", "'mand'"},
	{"ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,"
	 "ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro,ro",
	 "more mount options than fit"},
};

START_TEST(wrong_ones_are_named)
{
	struct options options;
	char error[256];

	ck_assert(!parse(wrong[_i].text, true, &options, error));
	ck_assert_msg(strstr(error, wrong[_i].names) != NULL, "%s: %s", wrong[_i].text, error);
}
END_TEST

START_TEST(for_libfuse)
{
	struct options options = {.passed = ",ro"};
	char text[128];

	options_for_libfuse(&options, text, sizeof(text));
	ck_assert_str_eq(text, "fsname=drydock,subtype=drydock,ro");
	options = (struct options){.allow_other = true, .kernel_checks = true, .passed = ""};
	options_for_libfuse(&options, text, sizeof(text));
	ck_assert_str_eq(text, "fsname=drydock,subtype=drydock,default_permissions,allow_other");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fuse-options");
	TCase *cases = tcase_create("options");
	SRunner *runner = srunner_create(suite);
	int failed;

	suite_add_tcase(suite, cases);
	tcase_add_test(cases, defaults);
	tcase_add_test(cases, all_of_them);
	tcase_add_loop_test(cases, wrong_ones_are_named, 0, (int)(sizeof(wrong) / sizeof(wrong[0])));
	tcase_add_test(cases, for_libfuse);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
