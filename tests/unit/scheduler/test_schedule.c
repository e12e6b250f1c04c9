/* The table that the kernel reads. */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/atomic.h>

#include "servers/scheduler/schedule.h"

static struct schedule schedule;
static struct schedule_table shared;

static void setup(void)
{
	memset(&shared, 0, sizeof(shared));
	schedule_init(&schedule, &shared);
}

START_TEST(ranges)
{
	ck_assert(schedule_valid(0, SLICE_MINIMUM));
	ck_assert(schedule_valid(PRIORITY_MAXIMUM, SLICE_MAXIMUM));
	ck_assert(schedule_valid(PRIORITY_DEFAULT, SLICE_DEFAULT));
	ck_assert(!schedule_valid(PRIORITY_MAXIMUM + 1, SLICE_DEFAULT));
	ck_assert(!schedule_valid(UINT32_MAX, SLICE_DEFAULT));
	ck_assert(!schedule_valid(0, SLICE_MINIMUM - 1));
	ck_assert(!schedule_valid(0, 0));
	ck_assert(!schedule_valid(0, SLICE_MAXIMUM + 1));
}
END_TEST

START_TEST(sets_and_changes)
{
	ck_assert_ptr_null(schedule_find(&schedule, 7));
	ck_assert(schedule_set(&schedule, 7, 3, 500));
	ck_assert(schedule_set(&schedule, 9, 4, 600));
	ck_assert(schedule_set(&schedule, 7, 5, 700));
	ck_assert_uint_eq(shared.version, 6);
	ck_assert_uint_eq(shared.count, 2);
	ck_assert_uint_eq(shared.entry[0].process, 7);
	ck_assert_uint_eq(shared.entry[0].priority, 5);
	ck_assert_uint_eq(shared.entry[0].slice, 700);
	ck_assert_uint_eq(shared.entry[1].process, 9);
	ck_assert_uint_eq(schedule_find(&schedule, 9)->priority, 4);
	ck_assert_ptr_null(schedule_find(&schedule, 8));
}
END_TEST

START_TEST(full)
{
	static const uint64_t living[] = {3, 100, 255, 1000};

	for (uint64_t process = 1; process <= SCHEDULE_MAXIMUM; process++)
		ck_assert(schedule_set(&schedule, process, 1, 1000));
	ck_assert(!schedule_set(&schedule, 1000, 1, 1000));
	ck_assert_uint_eq(shared.version, 2 * SCHEDULE_MAXIMUM);
	/* One that is there can be changed all the same. */
	ck_assert(schedule_set(&schedule, 255, 2, 1000));
	ck_assert_uint_eq(schedule_keep(&schedule, living, 4), SCHEDULE_MAXIMUM - 3);
	ck_assert_uint_eq(shared.count, 3);
	ck_assert_uint_eq(shared.entry[0].process, 3);
	ck_assert_uint_eq(shared.entry[1].process, 100);
	ck_assert_uint_eq(shared.entry[2].process, 255);
	ck_assert_uint_eq(shared.entry[2].priority, 2);
	ck_assert_uint_eq(shared.version % 2, 0);
	ck_assert(schedule_set(&schedule, 1000, 1, 1000));
	ck_assert_uint_eq(schedule_keep(&schedule, living, 4), 0);
	ck_assert_uint_eq(schedule_keep(&schedule, NULL, 0), 4);
	ck_assert_uint_eq(shared.count, 0);
}
END_TEST

/* What a stranger scribbles into the shared page changes nothing but the page. */
START_TEST(shared_is_not_believed)
{
	schedule_set(&schedule, 7, 3, 500);
	memset(&shared, 0xff, sizeof(shared));
	ck_assert_uint_eq(schedule_find(&schedule, 7)->priority, 3);
	ck_assert(schedule_set(&schedule, 8, 4, 600));
	ck_assert_uint_eq(shared.count, 2);
	ck_assert_uint_eq(shared.version, 4);
}
END_TEST

#define CHANGES 100000
#define READ    8

/* As the kernel reads: in what it accepts, halves of a row belong together, and rows follow each other. */
static void *reader(void *argument)
{
	bool *torn = argument;
	uint32_t version = 0;

	while (version < 2 * CHANGES) {
		struct schedule_entry rows[READ];

		version = atomic_load_acquire(&shared.version);
		for (uint32_t row = 0; row < READ; row++) {
			rows[row].slice = atomic_load_relaxed(&shared.entry[row].slice);
			rows[row].priority = atomic_load_relaxed(&shared.entry[row].priority);
		}
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (version % 2 != 0 || version < 2 * READ || atomic_load_relaxed(&shared.version) != version)
			continue;
		for (uint32_t row = 0; row < READ; row++) {
			*torn |= rows[row].priority != rows[row].slice % (PRIORITY_MAXIMUM + 1);
			*torn |= rows[row].slice != rows[0].slice && rows[row].slice != rows[0].slice - 1;
		}
	}
	return NULL;
}

START_TEST(readers_see_one_version)
{
	bool torn = false;
	pthread_t thread;

	ck_assert_int_eq(pthread_create(&thread, NULL, reader, &torn), 0);
	for (uint32_t change = 0; change < CHANGES; change++) {
		uint32_t slice = SLICE_MINIMUM + change / READ;

		ck_assert(schedule_set(&schedule, 1 + change % READ, slice % (PRIORITY_MAXIMUM + 1), slice));
	}
	pthread_join(thread, NULL);
	ck_assert(!torn);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("scheduler-schedule");
	TCase *cases = tcase_create("table");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_test(cases, ranges);
	tcase_add_test(cases, sets_and_changes);
	tcase_add_test(cases, full);
	tcase_add_test(cases, shared_is_not_believed);
	tcase_add_test(cases, readers_see_one_version);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
