/* The scheduler server whole: what it decides reaches the kernel's processes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/abi/manifest.h>
#include <drydock/posix.h>
#include <drydock/proto/scheduler.h>

#include "tests/unit/init/dock.h"

static uint64_t victim;

static void body_set(struct runtime *runtime)
{
	struct client *client = dock_open(runtime, "scheduler", &scheduler_protocol);
	struct scheduler_get_results values;

	ck_assert_int_eq(scheduler_get(client, victim, &values), 0);
	ck_assert_uint_eq(values.priority, PRIORITY_DEFAULT);
	ck_assert_uint_eq(values.slice, SLICE_DEFAULT);
	ck_assert_int_eq(scheduler_set(client, victim, 25, 5000), 0);
	ck_assert_int_eq(scheduler_get(client, victim, &values), 0);
	ck_assert_uint_eq(values.priority, 25);
	ck_assert_uint_eq(values.slice, 5000);
	ck_assert_int_eq(scheduler_set(client, victim, 32, 5000), POSIX_EINVAL);
	ck_assert_int_eq(scheduler_set(client, victim, 25, 0), POSIX_EINVAL);
	ck_assert_int_eq(scheduler_set(client, 0, 25, 5000), POSIX_ENOENT);
	ck_assert_int_eq(scheduler_set(client, UINT64_MAX, 25, 5000), POSIX_ENOENT);
	ck_assert_int_eq(scheduler_get(client, victim + 1000, &values), POSIX_ENOENT);
}

START_TEST(sets_what_the_kernel_applies)
{
	dock_boot(VICTIM_SERVES);
	victim = basin_process(dock, "victim")->id;
	dock_guest(DOCK_ADMIN, body_set);
	ck_assert(dock_guest_done());
	ck_assert_uint_eq(basin_process(dock, "victim")->priority, 25);
	ck_assert_uint_eq(basin_process(dock, "victim")->slice, 5000);
	dock_end();
}
END_TEST

static void body_list(struct runtime *runtime)
{
	struct client *client = dock_open(runtime, "scheduler", &scheduler_protocol);
	struct scheduler_entry entries[16];
	struct scheduler_list_results results;
	uint32_t numbers = 0;

	ck_assert_int_eq(scheduler_set(client, victim, 7, 700), 0);
	ck_assert_int_eq(scheduler_list(client, entries, sizeof(entries), &results), 0);
	/* init, the three services, and this guest. */
	ck_assert_uint_eq(results.entries_length, 5 * sizeof(entries[0]));
	for (int at = 0; at < 5; at++) {
		numbers |= 1u << entries[at].number;
		ck_assert_uint_eq(entries[at].priority, entries[at].number == 9 ? 7 : PRIORITY_DEFAULT);
		ck_assert_uint_eq(entries[at].slice, entries[at].number == 9 ? 700 : SLICE_DEFAULT);
	}
	ck_assert_uint_eq(numbers, 1u << 0 | 1u << 1 | 1u << 2 | 1u << 3 | 1u << 9);
	ck_assert_int_eq(scheduler_list(client, entries, sizeof(entries[0]) + 1, &results), 0);
	ck_assert_uint_eq(results.entries_length, sizeof(entries[0]));
	ck_assert_int_eq(scheduler_list(client, NULL, 0, &results), 0);
}

START_TEST(lists_all_that_live)
{
	dock_boot(VICTIM_SERVES);
	victim = basin_process(dock, "victim")->id;
	dock_guest(DOCK_ADMIN, body_list);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

static void body_without_control(struct runtime *runtime)
{
	struct client *client = dock_open(runtime, "scheduler", &scheduler_protocol);
	struct scheduler_get_results values;

	ck_assert_int_eq(scheduler_set(client, victim, 20, 5000), POSIX_EPERM);
	ck_assert_int_eq(scheduler_get(client, victim, &values), 0);
}

START_TEST(setting_needs_control)
{
	struct manifest_role *user = &dock_manifest.roles[DOCK_USER];

	user->calls[user->call_count++].service = DOCK_SCHEDULER;
	dock_boot(VICTIM_SERVES);
	victim = basin_process(dock, "victim")->id;
	dock_guest(DOCK_USER, body_without_control);
	ck_assert(dock_guest_done());
	ck_assert_uint_eq(basin_process(dock, "victim")->priority, PRIORITY_DEFAULT);
	dock_end();
}
END_TEST

static void body_set_one(struct runtime *runtime)
{
	struct client *client = dock_open(runtime, "scheduler", &scheduler_protocol);

	ck_assert_int_eq(scheduler_set(client, victim, 3, 5000), 0);
	client_close(client);
}

/* More processes than the table has rows have been set and have died since. */
START_TEST(rows_of_the_dead_make_room)
{
	dock_boot(VICTIM_SERVES);
	for (int round = 0; round < SCHEDULE_MAXIMUM + 10; round++) {
		/* A second of health: it is started again at once. */
		dock_pass(1010 * MILLISECOND);
		basin_kill(dock, basin_process(dock, "victim"));
		dock_pass(5 * MILLISECOND);
		victim = basin_process(dock, "victim")->id;
		dock_guest(DOCK_ADMIN, body_set_one);
		ck_assert_msg(dock_guest_done(), "round %d", round);
		dock_guest_end();
		ck_assert_uint_eq(basin_process(dock, "victim")->priority, 3);
	}
	dock_end();
}
END_TEST

/* Without its authorities it says so and is given up at boot. */
START_TEST(needs_switch)
{
	dock_manifest.services[DOCK_SCHEDULER].authorities = 0;
	dock_boot(VICTIM_SERVES);
	dock_pass(1000 * MILLISECOND);
	ck_assert(!basin_announced(dock));
	ck_assert_uint_ge(dock_printed("is \"switch\" granted?"), 1);
	dock_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scheduler");
	TCase *cases = tcase_create("scheduler");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, dock_prepare, NULL);
	tcase_add_test(cases, sets_what_the_kernel_applies);
	tcase_add_test(cases, lists_all_that_live);
	tcase_add_test(cases, setting_needs_control);
	tcase_add_test(cases, rows_of_the_dead_make_room);
	tcase_add_test(cases, needs_switch);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
