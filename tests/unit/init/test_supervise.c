/* The restart policy, under virtual time. */
#include <check.h>
#include <stdlib.h>

#include <drydock/abi/manifest.h>
#include <drydock/proto/init.h>

#include "servers/init/supervise.h"

#define MS 1000000ull

static struct supervision unit;

static void setup(void)
{
	supervise_init(&unit);
	ck_assert_uint_eq(unit.state, INIT_STATE_WAITING);
}

START_TEST(boots)
{
	supervise_started(&unit);
	ck_assert_uint_eq(unit.state, INIT_STATE_STARTING);
	supervise_registered(&unit, 5);
	ck_assert_uint_eq(unit.state, INIT_STATE_RUNNING);
	ck_assert_uint_eq(unit.restarts, 0);
}
END_TEST

/* Deaths right after registering: at once, then 100 ms, doubled up to 10 s. */
START_TEST(delays_grow)
{
	static const uint64_t delays[] = {0, 100, 200, 400, 800, 1600, 3200, 6400, 10000, 10000, 10000};
	uint64_t now = 0;

	supervise_started(&unit);
	for (unsigned at = 0; at < sizeof(delays) / sizeof(delays[0]); at++) {
		supervise_registered(&unit, now);
		supervise_ended(&unit, RESTART_ALWAYS, false, now);
		ck_assert_uint_eq(unit.state, INIT_STATE_RESTARTING);
		ck_assert_uint_eq(unit.due - now, delays[at] * MS);
		now = unit.due;
		supervise_started(&unit);
		ck_assert_uint_eq(unit.restarts, at + 1);
	}
}
END_TEST

START_TEST(health_resets)
{
	uint64_t now = 0;

	for (int at = 0; at < 5; at++) {
		supervise_started(&unit);
		supervise_registered(&unit, now);
		supervise_ended(&unit, RESTART_ALWAYS, false, now);
		now = unit.due;
	}
	supervise_started(&unit);
	supervise_registered(&unit, now);
	/* Registering again is no new life. */
	supervise_registered(&unit, now + 900 * MS);
	supervise_ended(&unit, RESTART_ALWAYS, false, now + 1000 * MS);
	ck_assert_uint_eq(unit.due, now + 1000 * MS);
	supervise_started(&unit);
	supervise_registered(&unit, now + 1000 * MS);
	supervise_ended(&unit, RESTART_ALWAYS, false, now + 1999 * MS);
	ck_assert_uint_eq(unit.due, now + (1999 + 100) * MS);
}
END_TEST

/* One that never registers is not healthy however long it lives. */
START_TEST(silence_is_no_health)
{
	supervise_started(&unit);
	supervise_ended(&unit, RESTART_ALWAYS, false, 0);
	supervise_started(&unit);
	supervise_ended(&unit, RESTART_ALWAYS, false, 50000 * MS);
	ck_assert_uint_eq(unit.due, 50100 * MS);
}
END_TEST

START_TEST(boot_gives_up_after_three)
{
	for (int at = 0; at < 2; at++) {
		supervise_started(&unit);
		supervise_ended(&unit, RESTART_ALWAYS, true, 0);
		ck_assert_uint_eq(unit.state, INIT_STATE_RESTARTING);
	}
	supervise_started(&unit);
	supervise_ended(&unit, RESTART_ALWAYS, true, 0);
	ck_assert_uint_eq(unit.state, INIT_STATE_FAILED);
}
END_TEST

START_TEST(boot_is_patient_with_who_has_run)
{
	supervise_started(&unit);
	supervise_registered(&unit, 0);
	for (int at = 0; at < 10; at++) {
		supervise_ended(&unit, RESTART_ALWAYS, true, 0);
		ck_assert_uint_eq(unit.state, INIT_STATE_RESTARTING);
		supervise_started(&unit);
	}
}
END_TEST

START_TEST(never_means_never)
{
	supervise_started(&unit);
	supervise_registered(&unit, 0);
	supervise_ended(&unit, RESTART_NEVER, false, 5000 * MS);
	ck_assert_uint_eq(unit.state, INIT_STATE_FAILED);
}
END_TEST

START_TEST(command_revives)
{
	supervise_started(&unit);
	supervise_ended(&unit, RESTART_NEVER, false, 0);
	supervise_commanded(&unit, false, 77);
	ck_assert_uint_eq(unit.state, INIT_STATE_RESTARTING);
	ck_assert_uint_eq(unit.due, 77);
	supervise_started(&unit);
	supervise_registered(&unit, 80);
	supervise_commanded(&unit, true, 90);
	ck_assert_uint_eq(unit.state, INIT_STATE_RUNNING);
}
END_TEST

START_TEST(adopted_counts_as_having_run)
{
	supervise_adopted(&unit);
	ck_assert_uint_eq(unit.state, INIT_STATE_STARTING);
	ck_assert_uint_eq(unit.restarts, 0);
	for (int at = 0; at < 5; at++)
		supervise_ended(&unit, RESTART_ALWAYS, true, 0);
	ck_assert_uint_eq(unit.state, INIT_STATE_RESTARTING);
	supervise_started(&unit);
	ck_assert_uint_eq(unit.restarts, 1);
}
END_TEST

/* Fifty thousand random lives: delays stay within bounds and follow from what came before. */
START_TEST(random_lives)
{
	unsigned seed = (unsigned)_i + 1;
	uint64_t now = 0, registered = 0, last_delay = 0;
	uint32_t starts = 0;
	bool fresh = true;

	for (int step = 0; step < 5000; step++) {
		uint64_t delay;

		supervise_started(&unit);
		starts++;
		ck_assert_uint_eq(unit.restarts, starts - 1);
		now += (uint64_t)(rand_r(&seed) % 3000) * MS;
		if (rand_r(&seed) % 4 != 0) {
			supervise_registered(&unit, now);
			registered = now;
			now += (uint64_t)(rand_r(&seed) % 2000) * MS;
			fresh |= now - registered >= SUPERVISE_HEALTHY;
		}
		supervise_ended(&unit, RESTART_ALWAYS, false, now);
		ck_assert_uint_eq(unit.state, INIT_STATE_RESTARTING);
		delay = unit.due - now;
		if (fresh)
			ck_assert_uint_eq(delay, 0);
		else if (last_delay == 0)
			ck_assert_uint_eq(delay, SUPERVISE_DELAY_FIRST);
		else
			ck_assert_uint_eq(delay, last_delay * 2 < SUPERVISE_DELAY_MAXIMUM
			                                 ? last_delay * 2
			                                 : SUPERVISE_DELAY_MAXIMUM);
		last_delay = delay;
		fresh = false;
		now = unit.due;
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("init-supervise");
	TCase *cases = tcase_create("restarts");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_test(cases, boots);
	tcase_add_test(cases, delays_grow);
	tcase_add_test(cases, health_resets);
	tcase_add_test(cases, silence_is_no_health);
	tcase_add_test(cases, boot_gives_up_after_three);
	tcase_add_test(cases, boot_is_patient_with_who_has_run);
	tcase_add_test(cases, never_means_never);
	tcase_add_test(cases, command_revives);
	tcase_add_test(cases, adopted_counts_as_having_run);
	tcase_add_loop_test(cases, random_lives, 0, 10);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
