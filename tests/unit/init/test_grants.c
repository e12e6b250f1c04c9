/* Badges, calls and what a service is born with. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "servers/init/grants.h"

static struct manifest manifest;

static void setup(void)
{
	memset(&manifest, 0, sizeof(manifest));
	manifest.service_count = 2;
	manifest.role_count = 1;
	strcpy(manifest.services[0].name, "log");
	strcpy(manifest.services[1].name, "vfs");
	strcpy(manifest.services[1].image, "vfs2");
	strcpy(manifest.services[1].options, "size=1G");
	manifest.services[1].number = 4;
	manifest.services[1].priority = 20;
	manifest.services[1].authorities =
		AUTHORITY_BIT(AUTHORITY_CONSOLE) | AUTHORITY_BIT(AUTHORITY_INSPECT);
	manifest.services[1].quota = (struct quota){1 << 20, 2, 3, 4, 5};
	manifest.services[1].call_count = 1;
	strcpy(manifest.roles[0].name, "admin");
	manifest.roles[0].authorities = AUTHORITY_BIT(AUTHORITY_CONTROL);
	manifest.roles[0].call_count = 1;
	manifest.roles[0].calls[0] = (struct manifest_call){1, CALL_CONTROL};
}

START_TEST(callers)
{
	struct caller caller;
	uint32_t flags = 0;

	ck_assert(grants_caller(&manifest, badge_make(1, 0), &caller));
	ck_assert_uint_eq(caller.service, 1);
	ck_assert(grants_call(&caller, 0, &flags));
	ck_assert_uint_eq(flags, 0);
	ck_assert(!grants_call(&caller, 1, NULL));
	ck_assert(!grants_control(&caller));
	ck_assert(grants_caller(&manifest, badge_make(BADGE_ROLE, 0), &caller));
	ck_assert_uint_eq(caller.service, SERVICE_NONE);
	ck_assert_uint_eq(caller.id, BADGE_ROLE);
	ck_assert(grants_call(&caller, 1, &flags));
	ck_assert_uint_eq(flags, CALL_CONTROL);
	ck_assert(!grants_call(&caller, 0, NULL));
	ck_assert(grants_control(&caller));
}
END_TEST

START_TEST(badges_of_nobody)
{
	static const uint32_t ids[] = {2, MANIFEST_SERVICES, BADGE_ROLE - 1, BADGE_ROLE + 1, UINT32_MAX};
	struct caller caller;

	for (unsigned at = 0; at < sizeof(ids) / sizeof(ids[0]); at++)
		ck_assert(!grants_caller(&manifest, badge_make(ids[at], 0), &caller));
	ck_assert(!grants_caller(&manifest, badge_make(1, CALL_CONTROL), &caller));
}
END_TEST

START_TEST(names)
{
	ck_assert_uint_eq(grants_find(&manifest, "vfs"), 1);
	ck_assert_uint_eq(grants_find(&manifest, "vf"), SERVICE_NONE);
	ck_assert_uint_eq(grants_find(&manifest, "vfs2"), SERVICE_NONE);
	ck_assert_uint_eq(grants_find(&manifest, ""), SERVICE_NONE);
	ck_assert_str_eq(grants_authority_name(AUTHORITY_SPAWN), "spawn");
	ck_assert_ptr_null(grants_authority_name(0));
	ck_assert_ptr_null(grants_authority_name(AUTHORITY_LAST + 1));
}
END_TEST

START_TEST(birth)
{
	struct spawn spawn;

	memset(&spawn, 0xa5, sizeof(spawn));
	grants_spawn(&manifest, 1, &spawn);
	ck_assert_str_eq(spawn.name, "vfs");
	ck_assert_str_eq(spawn.image, "vfs2");
	ck_assert_str_eq(spawn.options, "size=1G");
	ck_assert_uint_eq(spawn.number, 4);
	ck_assert_uint_eq(spawn.priority, 20);
	ck_assert_uint_eq(spawn.reserved, 0);
	ck_assert_uint_eq(spawn.badge, badge_make(1, 0));
	ck_assert_uint_eq(spawn.quota.memory, 1 << 20);
	ck_assert_uint_eq(spawn.quota.processes, 5);
	ck_assert_uint_eq(spawn.grant_count, 2);
	ck_assert_str_eq(spawn.grants[0].name, "console");
	ck_assert_str_eq(spawn.grants[1].name, "inspect");
	for (int at = 0; at < 2; at++) {
		ck_assert_uint_eq(spawn.grants[at].rights, RIGHT_EXECUTE);
		ck_assert_uint_eq(spawn.grants[at].handle, 0);
	}
	ck_assert_uint_eq(spawn.grants[1].value, AUTHORITY_INSPECT);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("init-grants");
	TCase *cases = tcase_create("grants");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_test(cases, callers);
	tcase_add_test(cases, badges_of_nobody);
	tcase_add_test(cases, names);
	tcase_add_test(cases, birth);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
