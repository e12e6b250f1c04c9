/* init whole: booting, finding, restarting, being restarted, and callers who are up to no good. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/abi/manifest.h>
#include <drydock/posix.h>
#include <drydock/proto/init.h>
#include <drydock/proto/log.h>

#include "tests/unit/init/dock.h"

static uint64_t victim_id(void)
{
	struct process *process = basin_process(dock, "victim");

	return process ? process->id : 0;
}

static void kill_victim(void)
{
	basin_kill(dock, basin_process(dock, "victim"));
	basin_run(dock);
}

/* ---- booting ---------------------------------------------------------------------- */

START_TEST(boots_in_order)
{
	static const char *const lines[] = {
		"[init] init_server started (PID 1)\n", "[log] log_server started (PID 2)\n",
		"[scheduler] scheduler_server started (PID 3)\n", "[victim] victim_server started (PID 9)\n",
		"[init] All services started\n", "[init] Waiting for events...\n",
	};
	const char *at;

	dock_boot(VICTIM_SERVES);
	ck_assert(basin_announced(dock));
	at = basin_console(dock);
	for (unsigned line = 0; line < sizeof(lines) / sizeof(lines[0]); line++) {
		at = strstr(at, lines[line]);
		ck_assert_msg(at != NULL, "no %s in order in:\n%s", lines[line], basin_console(dock));
	}
	dock_end();
}
END_TEST

START_TEST(missing_image_is_told)
{
	dock_boot(VICTIM_MISSING);
	ck_assert(!basin_announced(dock));
	ck_assert_uint_ge(
		dock_printed("victim cannot be started from image \"victim\": there is no such image"), 1);
	ck_assert_uint_eq(dock_printed("All services started"), 0);
	dock_pass(20000 * MILLISECOND);
	ck_assert(!basin_announced(dock));
	dock_end();
}
END_TEST

START_TEST(who_ends_before_registering_is_given_up)
{
	const char *last;

	dock_boot(VICTIM_ENDS);
	dock_pass(1000 * MILLISECOND);
	ck_assert(!basin_announced(dock));
	ck_assert_uint_eq(dock_printed("; starting it again\n"), 1);
	ck_assert_uint_eq(dock_printed("; starting it again in 100 ms\n"), 1);
	ck_assert_uint_eq(dock_printed("; it is not started again\n"), 1);
	/* Who hears of the failure may end everything: by then what led to it was printed. */
	last = strstr(basin_console(dock), "; it is not started again\n");
	ck_assert_uint_gt(basin_failed_at(dock), (size_t)(last - basin_console(dock)));
	dock_end();
}
END_TEST

/* Granted neither the log nor the console, nor what it needs. */
START_TEST(who_is_granted_nothing_is_heard_when_it_fails)
{
	dock_manifest.services[DOCK_SCHEDULER].call_count = 0;
	dock_manifest.services[DOCK_SCHEDULER].authorities = 0;
	dock_boot(VICTIM_SERVES);
	dock_pass(1000 * MILLISECOND);
	ck_assert(!basin_announced(dock));
	ck_assert_uint_ge(dock_printed("[scheduler] the kernel does not take the table (is \"switch\" granted?): error "), 1);
	ck_assert_uint_eq(dock_printed("scheduler_server started"), 0);
	dock_end();
}
END_TEST

START_TEST(too_large_quota_is_told)
{
	dock_manifest.services[DOCK_VICTIM].quota.memory = 1ull << 40;
	dock_boot(VICTIM_SERVES);
	ck_assert(!basin_announced(dock));
	ck_assert_uint_ge(dock_printed("its quota is more than is left"), 1);
	dock_end();
}
END_TEST

START_TEST(bad_manifest_is_told)
{
	dock_manifest.services[DOCK_VICTIM].calls[0].service = 77;
	dock_boot(VICTIM_SERVES);
	ck_assert(!basin_announced(dock));
	ck_assert_uint_eq(
		dock_printed("the manifest is no good: service 2 (victim) calls a service that is not there"),
		1);
	ck_assert_ptr_null(basin_process(dock, "log"));
	dock_end();
}
END_TEST

/* ---- restarting ----------------------------------------------------------------------- */

START_TEST(restarts_with_growing_delay)
{
	static const uint64_t delays[] = {0, 100, 200, 400};

	dock_boot(VICTIM_SERVES);
	dock_pass(1000 * MILLISECOND);
	for (unsigned at = 0; at < sizeof(delays) / sizeof(delays[0]); at++) {
		uint64_t dead = victim_id();

		ck_assert_uint_ne(dead, 0);
		kill_victim();
		if (delays[at] > 0) {
			dock_pass((delays[at] - 5) * MILLISECOND);
			ck_assert_uint_eq(victim_id(), 0);
		}
		dock_pass(10 * MILLISECOND);
		ck_assert_uint_gt(victim_id(), dead);
	}
	dock_pass(1100 * MILLISECOND);
	kill_victim();
	dock_pass(5 * MILLISECOND);
	ck_assert_uint_ne(victim_id(), 0);
	dock_end();
}
END_TEST

START_TEST(never_restarted)
{
	dock_manifest.services[DOCK_VICTIM].restart = RESTART_NEVER;
	dock_boot(VICTIM_SERVES);
	ck_assert(basin_announced(dock));
	kill_victim();
	dock_pass(20000 * MILLISECOND);
	ck_assert_uint_eq(victim_id(), 0);
	ck_assert_uint_eq(dock_printed("victim was killed by signal 9; it is not started again"), 1);
	dock_end();
}
END_TEST

/* While anything is in a debugger nothing is started. */
START_TEST(debugger_holds_restarts)
{
	dock_boot(VICTIM_SERVES);
	basin_set_traced(dock, true);
	kill_victim();
	dock_pass(3000 * MILLISECOND);
	ck_assert_uint_eq(victim_id(), 0);
	basin_set_traced(dock, false);
	dock_pass(500 * MILLISECOND);
	ck_assert_uint_ne(victim_id(), 0);
	dock_end();
}
END_TEST

/* Whatever dies, in whatever order: a while later all run, and nothing has leaked. */
START_TEST(random_deaths)
{
	static const char *const images[] = {"log", "scheduler", "victim"};
	unsigned seed = (unsigned)_i + 1;

	dock_boot(VICTIM_SERVES);
	for (int round = 0; round < 30; round++) {
		struct process *process = basin_process(dock, images[(unsigned)rand_r(&seed) % 3]);

		if (process)
			basin_kill(dock, process);
		dock_pass((uint64_t)(rand_r(&seed) % 300) * MILLISECOND);
	}
	dock_pass(25000 * MILLISECOND);
	for (int at = 0; at < 3; at++)
		ck_assert_ptr_nonnull(basin_process(dock, images[at]));
	dock_end();
}
END_TEST

/* ---- init's own death -------------------------------------------------------------------- */

static uint32_t victim_state(const struct init_service *services)
{
	return services[DOCK_VICTIM].state;
}

static void body_list(struct runtime *runtime)
{
	struct client *client = dock_open_init(runtime);
	struct init_service services[MANIFEST_SERVICES];
	struct init_list_results results;

	ck_assert_int_eq(init_list(client, services, sizeof(services), &results), 0);
	ck_assert_uint_eq(results.services_length, 3 * sizeof(services[0]));
	ck_assert_uint_eq(victim_state(services), INIT_STATE_RUNNING);
	ck_assert_uint_eq(services[DOCK_VICTIM].number, 9);
	ck_assert_uint_eq(services[DOCK_VICTIM].process, victim_id());
	ck_assert_uint_eq(services[DOCK_VICTIM].name_length, 6);
	ck_assert_str_eq((char *)&services[DOCK_VICTIM].name0, "victim");
	/* What does not fit is left out. */
	ck_assert_int_eq(init_list(client, services, sizeof(services[0]) * 2 - 1, &results), 0);
	ck_assert_uint_eq(results.services_length, sizeof(services[0]));
	ck_assert_int_eq(init_list(client, NULL, 0, &results), 0);
	ck_assert_uint_eq(results.services_length, 0);
}

START_TEST(init_adopts_the_living)
{
	uint64_t log, victim;

	dock_boot(VICTIM_SERVES);
	log = basin_process(dock, "log")->id;
	victim = victim_id();
	basin_kill(dock, basin_process(dock, "scheduler"));
	basin_kill(dock, basin_process(dock, "init"));
	ck_assert_int_eq(kernel_start_init(basin_kernel(dock), &dock_manifest), E_OK);
	dock_pass(1000 * MILLISECOND);
	ck_assert_uint_eq(basin_process(dock, "log")->id, log);
	ck_assert_uint_eq(victim_id(), victim);
	ck_assert_ptr_nonnull(basin_process(dock, "scheduler"));
	ck_assert_uint_eq(dock_printed("init was restarted (1 so far); 2 of 3 services live on"), 1);
	ck_assert_uint_eq(dock_printed("All services started"), 1);
	dock_guest(DOCK_ADMIN, body_list);
	ck_assert(dock_guest_done());
	dock_guest_end();
	/* Supervision goes on. */
	kill_victim();
	dock_pass(10 * MILLISECOND);
	ck_assert_uint_gt(victim_id(), victim);
	dock_end();
}
END_TEST

/* ---- callers ------------------------------------------------------------------------------ */

static void body_rights_of_user(struct runtime *runtime)
{
	struct client *client = dock_open_init(runtime);
	struct init_lookup_results results;

	ck_assert_int_eq(init_lookup(client, "log", 3, &results), 0);
	ck_assert_int_eq(init_lookup(client, "scheduler", 9, &results), POSIX_ENOENT);
	ck_assert_int_eq(init_lookup(client, "nobody", 6, &results), POSIX_ENOENT);
	ck_assert_int_eq(init_lookup(client, "", 0, &results), POSIX_ENOENT);
	ck_assert_int_eq(init_lookup(client, "lo\0g", 4, &results), POSIX_EINVAL);
	ck_assert_int_eq(init_restart(client, "victim", 6), POSIX_EPERM);
	ck_assert_int_eq(init_restart(client, "nobody", 6), POSIX_EPERM);
	ck_assert_int_eq(init_kill(client, "victim", 6), POSIX_EPERM);
	ck_assert_int_eq(init_watch(client, "scheduler", 9), POSIX_ENOENT);
	ck_assert_int_eq(init_watch(client, "victim", 6), 0);
	ck_assert_int_eq(init_register(client, 1), POSIX_EPERM);
	ck_assert_int_eq(init_register(client, UINT64_MAX), POSIX_EPERM);
}

START_TEST(rights_of_user)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_rights_of_user);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

/* Who takes nothing of what he asks for fills his own lane's transit set, and nothing else. */
static void body_hoard(struct runtime *runtime)
{
	struct client *client = dock_open_init(runtime);
	struct init_lookup_results results;
	int32_t status = 0;
	int count = 0;

	while (count < 100 && (status = init_lookup(client, "log", 3, &results)) == 0)
		count++;
	ck_assert_int_eq(status, POSIX_ENFILE);
	ck_assert_int_eq(count, (int)client_depth(client));
	client_close(client);
}

START_TEST(hoarder_harms_nobody)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_hoard);
	ck_assert(dock_guest_done());
	dock_guest_end();
	dock_guest(DOCK_ADMIN, body_list);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

/* In the moment when a service has died and init has not heard of it yet. */
static void body_ask_for_the_dead(struct runtime *runtime)
{
	struct client *client = dock_open(runtime, "victim", &log_protocol);
	uint64_t dead = victim_id();

	ck_assert_int_eq(log_sync(client), POSIX_ENOSYS);
	basin_kill(dock, basin_process(dock, "victim"));
	ck_assert_ptr_nonnull(dock_open(runtime, "victim", &log_protocol));
	ck_assert_uint_gt(victim_id(), dead);
	/* The lane is gone, and the port that it led to; neither is a call's concern after the first. */
	ck_assert_int_eq(log_sync(client), POSIX_ENOSYS);
}

static void body_go_on_after_death(struct runtime *runtime)
{
	struct client *client = dock_open(runtime, "victim", &log_protocol);

	basin_kill(dock, basin_process(dock, "victim"));
	ck_assert_int_eq(log_sync(client), -E_PEER_DEAD);
	ck_assert_int_eq(log_sync(client), POSIX_ENOSYS);
}

START_TEST(clients_outlive_who_just_died)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_ask_for_the_dead);
	dock_pass(10 * MILLISECOND);
	ck_assert(dock_guest_done());
	dock_guest_end();
	dock_pass(1500 * MILLISECOND);
	dock_guest(DOCK_USER, body_go_on_after_death);
	dock_pass(10 * MILLISECOND);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

static uint64_t old_victim;

static void body_kill(struct runtime *runtime)
{
	struct client *client = dock_open_init(runtime);
	struct init_lookup_results results;

	ck_assert_int_eq(init_kill(client, "nobody", 6), POSIX_ENOENT);
	ck_assert_int_eq(init_kill(client, "init", 4), POSIX_ENOENT);
	old_victim = victim_id();
	ck_assert_uint_ne(old_victim, 0);
	/* When it replies the old process is no longer to be had. */
	ck_assert_int_eq(init_kill(client, "victim", 6), 0);
	ck_assert_uint_ne(victim_id(), old_victim);
	if (dock_manifest.services[DOCK_VICTIM].restart == RESTART_NEVER) {
		ck_assert_int_eq(init_kill(client, "victim", 6), POSIX_ESRCH);
		ck_assert_int_eq(init_lookup(client, "victim", 6, &results), POSIX_ENODEV);
		return;
	}
	ck_assert_int_eq(init_lookup(client, "victim", 6, &results), 0);
	ck_assert_uint_gt(victim_id(), old_victim);
}

START_TEST(command_kills)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_ADMIN, body_kill);
	dock_pass(10 * MILLISECOND);
	ck_assert(dock_guest_done());
	ck_assert_uint_eq(dock_printed("victim was killed by order; starting it again\n"), 1);
	dock_guest_end();
	/* Unlike a restart it follows the policy: so soon again only after a delay. */
	dock_guest(DOCK_ADMIN, body_kill);
	ck_assert(!dock_guest_done());
	dock_pass(120 * MILLISECOND);
	ck_assert(dock_guest_done());
	ck_assert_uint_eq(dock_printed("victim was killed by order; starting it again in 100 ms\n"), 1);
	dock_end();
}
END_TEST

START_TEST(who_is_killed_and_never_restarted_stays_away)
{
	dock_manifest.services[DOCK_VICTIM].restart = RESTART_NEVER;
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_ADMIN, body_kill);
	dock_pass(10 * MILLISECOND);
	ck_assert(dock_guest_done());
	ck_assert_uint_eq(dock_printed("victim was killed by order; it is not started again\n"), 1);
	ck_assert_uint_eq(victim_id(), 0);
	dock_end();
}
END_TEST

static void body_restart(struct runtime *runtime)
{
	struct client *client = dock_open_init(runtime);

	ck_assert_int_eq(init_restart(client, "nobody", 6), POSIX_ENOENT);
	old_victim = victim_id();
	ck_assert_int_eq(init_restart(client, "victim", 6), 0);
	ck_assert_uint_gt(victim_id(), old_victim);
}

START_TEST(command_restarts)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_ADMIN, body_restart);
	ck_assert(dock_guest_done());
	dock_guest_end();
	/* It revives what was given up, too, and waits for no delay. */
	dock_manifest.services[DOCK_VICTIM].restart = RESTART_NEVER;
	dock_end();
	dock_boot(VICTIM_SERVES);
	kill_victim();
	dock_pass(MILLISECOND);
	ck_assert_uint_eq(victim_id(), 0);
	dock_guest(DOCK_ADMIN, body_restart);
	dock_pass(5 * MILLISECOND);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

static struct call waiting[2];
static int done[2];

static void wait_done(struct call *call, void *context)
{
	int *status = context;

	*status = call->status;
	call_end(call);
}

static void body_wait(struct runtime *runtime)
{
	struct client *client = dock_open_init(runtime);

	ck_assert_int_eq(init_lookup_prepare(&waiting[0], client, "victim", 6), 0);
	call_submit(&waiting[0], wait_done, &done[0]);
	ck_assert_int_eq(init_watch_prepare(&waiting[1], client, "victim", 6), 0);
	call_submit(&waiting[1], wait_done, &done[1]);
}

/* The victim dies three times, so that 200 ms are left in which it is not there. */
static void victim_absent(void)
{
	for (int at = 0; at < 3; at++) {
		kill_victim();
		if (at < 2)
			dock_pass(110 * MILLISECOND);
	}
	ck_assert_uint_eq(victim_id(), 0);
	done[0] = done[1] = -1000;
}

START_TEST(lookups_wait_for_who_is_to_come)
{
	dock_boot(VICTIM_SERVES);
	victim_absent();
	dock_guest(DOCK_USER, body_wait);
	ck_assert(dock_guest_done());
	dock_pass(150 * MILLISECOND);
	ck_assert_int_eq(done[0], -1000);
	ck_assert_int_eq(done[1], -1000);
	dock_pass(100 * MILLISECOND);
	ck_assert_int_eq(done[0], 0);
	ck_assert_int_eq(done[1], 0);
	dock_end();
}
END_TEST

static void body_cancel_at_once(struct runtime *runtime)
{
	body_wait(runtime);
	call_cancel(&waiting[0]);
	call_cancel(&waiting[1]);
}

/* Call and cancel lie in the ring together: there is no other cancel to come. */
START_TEST(waiting_that_is_cancelled_at_once)
{
	dock_boot(VICTIM_SERVES);
	victim_absent();
	dock_guest(DOCK_USER, body_cancel_at_once);
	ck_assert(dock_guest_done());
	ck_assert_int_eq(done[0], POSIX_ECANCELED);
	ck_assert_int_eq(done[1], POSIX_ECANCELED);
	dock_end();
}
END_TEST

START_TEST(waiting_is_cancelled)
{
	dock_boot(VICTIM_SERVES);
	victim_absent();
	dock_guest(DOCK_USER, body_wait);
	call_cancel(&waiting[0]);
	dock_pass(10 * MILLISECOND);
	ck_assert_int_eq(done[0], POSIX_ECANCELED);
	ck_assert_int_eq(done[1], -1000);
	/* And who is gone is forgotten. */
	dock_guest_end();
	dock_pass(500 * MILLISECOND);
	ck_assert_uint_ne(victim_id(), 0);
	dock_end();
}
END_TEST

START_TEST(waiting_for_the_given_up_is_vain)
{
	dock_manifest.services[DOCK_VICTIM].restart = RESTART_NEVER;
	dock_boot(VICTIM_SERVES);
	kill_victim();
	done[0] = done[1] = -1000;
	dock_guest(DOCK_USER, body_wait);
	ck_assert_int_eq(done[0], POSIX_ENODEV);
	ck_assert_int_eq(done[1], POSIX_ENODEV);
	dock_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("init");
	TCase *cases = tcase_create("init");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, dock_prepare, NULL);
	tcase_add_test(cases, boots_in_order);
	tcase_add_test(cases, missing_image_is_told);
	tcase_add_test(cases, who_ends_before_registering_is_given_up);
	tcase_add_test(cases, who_is_granted_nothing_is_heard_when_it_fails);
	tcase_add_test(cases, too_large_quota_is_told);
	tcase_add_test(cases, bad_manifest_is_told);
	tcase_add_test(cases, restarts_with_growing_delay);
	tcase_add_test(cases, never_restarted);
	tcase_add_test(cases, debugger_holds_restarts);
	tcase_add_loop_test(cases, random_deaths, 0, 4);
	tcase_add_test(cases, init_adopts_the_living);
	tcase_add_test(cases, rights_of_user);
	tcase_add_test(cases, hoarder_harms_nobody);
	tcase_add_test(cases, clients_outlive_who_just_died);
	tcase_add_test(cases, command_kills);
	tcase_add_test(cases, who_is_killed_and_never_restarted_stays_away);
	tcase_add_test(cases, command_restarts);
	tcase_add_test(cases, lookups_wait_for_who_is_to_come);
	tcase_add_test(cases, waiting_that_is_cancelled_at_once);
	tcase_add_test(cases, waiting_is_cancelled);
	tcase_add_test(cases, waiting_for_the_given_up_is_vain);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
