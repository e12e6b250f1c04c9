/* The log server whole: writing, reading, watching, order on the console, and writers who lie. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>
#include <drydock/proto/log.h>

#include "tests/unit/init/dock.h"

#define READ_SIZE 65536

static struct client *client;

static int32_t write_line(uint64_t time, uint32_t level, uint32_t dropped, const char *source,
                          const char *text)
{
	return log_write(client, time, level, dropped, source, (uint32_t)strlen(source), text,
	                 (uint32_t)strlen(text));
}

static void body_write(struct runtime *runtime)
{
	uint64_t now = runtime_time(runtime);

	client = dock_open(runtime, "log", &log_protocol);
	/* As if they had come by lanes drained in the wrong order. */
	ck_assert_int_eq(write_line(now - 1, LOG_LEVEL_INFO, 0, "b", "second"), 0);
	ck_assert_int_eq(write_line(now - 2, LOG_LEVEL_INFO, 0, "a", "first"), 0);
	ck_assert_int_eq(write_line(now, LOG_LEVEL_WARNING, 7, "c", "third \x1b[31m\n"), 0);
	ck_assert_int_eq(write_line(UINT64_MAX, LOG_LEVEL_ERROR, 0, "d", "from the future"), 0);
	ck_assert_int_eq(write_line(now, LOG_LEVEL_DEBUG, 0, "e", "for readers only"), 0);
}

START_TEST(console_is_in_order)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_write);
	ck_assert(dock_guest_done());
	ck_assert_uint_eq(dock_printed("[a] first"), 0);
	dock_pass(10 * MILLISECOND);
	ck_assert_uint_eq(
		dock_printed(
			"[a] first\n[b] second\n[c] (7 lines lost)\n[c] third ?[31m \n[d] from the future\n"),
		1);
	ck_assert_uint_eq(dock_printed("for readers only"), 0);
	dock_end();
}
END_TEST

static void body_wrong(struct runtime *runtime)
{
	struct log_read_results results;
	uint8_t data[8];

	client = dock_open(runtime, "log", &log_protocol);
	ck_assert_int_eq(write_line(0, 0, 0, "a", "b"), POSIX_EINVAL);
	ck_assert_int_eq(write_line(0, LOG_LEVEL_DEBUG + 1, 0, "a", "b"), POSIX_EINVAL);
	ck_assert_int_eq(write_line(0, LOG_LEVEL_INFO, 0, "", "b"), POSIX_EINVAL);
	ck_assert_int_eq(log_write(client, 0, LOG_LEVEL_INFO, 0, "a\0b", 3, "c", 1), POSIX_EINVAL);
	/* There are entries, none of which fits. */
	ck_assert_int_eq(log_read(client, 0, data, sizeof(data), &results), POSIX_ERANGE);
	ck_assert_int_eq(log_read(client, 0, NULL, 0, &results), POSIX_ERANGE);
}

START_TEST(wrong_calls)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_wrong);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

static struct call watch;
static int watch_status;
static uint64_t end; /* of what there was to read */

static void watch_done(struct call *call, void *context)
{
	(void)context;
	watch_status = call->status;
	call_end(call);
}

static void body_watch(struct runtime *runtime)
{
	static uint8_t data[READ_SIZE];
	struct log_read_results results;
	struct log_entry entry;

	client = dock_open(runtime, "log", &log_protocol);
	ck_assert_int_eq(log_watch(client, 0), 0);
	ck_assert_int_eq(log_read(client, 0, data, sizeof(data) / 2, &results), 0);
	ck_assert_uint_gt(results.entries_length, 0);
	memcpy(&entry, data, sizeof(entry));
	ck_assert_uint_eq(entry.sequence, 1);
	/* The kernel vouches for who wrote it. */
	ck_assert_uint_eq(entry.process, 3);
	ck_assert_int_eq(memcmp(data + sizeof(entry), "scheduler", entry.source_length), 0);
	end = results.next;
	watch_status = -1000;
	ck_assert_int_eq(log_watch_prepare(&watch, client, end), 0);
	call_submit(&watch, watch_done, NULL);
}

START_TEST(watch_replies_when_there_is_more)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_watch);
	ck_assert(dock_guest_done());
	dock_pass(50 * MILLISECOND);
	ck_assert_int_eq(watch_status, -1000);
	basin_kill(dock, basin_process(dock, "victim"));
	dock_pass(50 * MILLISECOND);
	ck_assert_int_eq(watch_status, 0);
	dock_end();
}
END_TEST

START_TEST(watch_is_cancelled)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_watch);
	call_cancel(&watch);
	dock_pass(MILLISECOND);
	ck_assert_int_eq(watch_status, POSIX_ECANCELED);
	dock_guest_end();
	/* One who dies waiting is forgotten. */
	dock_guest(DOCK_USER, body_watch);
	dock_guest_end();
	basin_kill(dock, basin_process(dock, "victim"));
	dock_pass(50 * MILLISECOND);
	ck_assert_uint_eq(dock_printed("[victim] ready"), 2);
	dock_end();
}
END_TEST

static void body_watch_in_vain(struct runtime *runtime)
{
	body_watch(runtime);
	call_cancel(&watch);
}

/* Both lie in the ring when the log looks: it begins the call with its cancel already seen. */
START_TEST(watch_is_cancelled_at_once)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_watch_in_vain);
	dock_pass(MILLISECOND);
	ck_assert_int_eq(watch_status, POSIX_ECANCELED);
	dock_guest_end();
	dock_end();
}
END_TEST

static void sync_done(struct call *call, void *context)
{
	(void)context;
	watch_status = call->status;
	call_end(call);
	/* Published before the reply. */
	ck_assert_uint_eq(dock_printed("[a] first\n[b] last\n"), 1);
}

static void body_sync(struct runtime *runtime)
{
	uint64_t now = runtime_time(runtime);

	client = dock_open(runtime, "log", &log_protocol);
	watch_status = -1000;
	ck_assert_int_eq(write_line(now, LOG_LEVEL_INFO, 0, "b", "last"), 0);
	ck_assert_int_eq(write_line(now - 1, LOG_LEVEL_INFO, 0, "a", "first"), 0);
	ck_assert_int_eq(log_sync_prepare(&watch, client), 0);
	call_submit(&watch, sync_done, NULL);
}

static void body_flush(struct runtime *runtime)
{
	ck_assert_int_eq(log_flush(runtime), 0);
	watch_status = 0;
}

START_TEST(sync_replies_when_all_is_printed)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_sync);
	ck_assert_int_eq(watch_status, -1000);
	dock_pass(10 * MILLISECOND);
	ck_assert_int_eq(watch_status, 0);
	dock_guest_end();
	/* With nothing held, and by the runtime's own lane. */
	watch_status = -1000;
	dock_guest(DOCK_USER, body_flush);
	dock_pass(10 * MILLISECOND);
	ck_assert_int_eq(watch_status, 0);
	dock_guest_end();
	/* Cancelled, and forgotten with one who dies. */
	dock_guest(DOCK_USER, body_sync);
	dock_guest_end();
	dock_pass(10 * MILLISECOND);
	dock_end();
}
END_TEST

#define FLOOD 3000

static void body_flood(struct runtime *runtime)
{
	client = dock_open(runtime, "log", &log_protocol);
	for (int line = 0; line < FLOOD; line++)
		ck_assert_int_eq(write_line(runtime_time(runtime), LOG_LEVEL_DEBUG, 0, "flood", "line"), 0);
}

static void body_count(struct runtime *runtime)
{
	static uint8_t data[READ_SIZE];
	struct log_read_results results = {0};
	unsigned count = 0;

	client = dock_open(runtime, "log", &log_protocol);
	do {
		uint32_t at = 0;

		ck_assert_int_eq(log_read(client, results.next, data, sizeof(data) / 2, &results), 0);
		while (at < results.entries_length) {
			struct log_entry entry;

			memcpy(&entry, data + at, sizeof(entry));
			at += (uint32_t)sizeof(entry) + ((entry.length + 7) & ~7u);
			count += entry.source_length == 5 && entry.length == 9;
		}
		ck_assert_uint_eq(at, results.entries_length);
	} while (results.entries_length > 0);
	ck_assert_uint_eq(count, FLOOD);
}

/* In one moment more lines than can be held back: none is lost. */
START_TEST(flood_loses_nothing)
{
	dock_boot(VICTIM_SERVES);
	dock_guest(DOCK_USER, body_flood);
	ck_assert(dock_guest_done());
	dock_guest_end();
	dock_pass(10 * MILLISECOND);
	dock_guest(DOCK_USER, body_count);
	ck_assert(dock_guest_done());
	dock_end();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log");
	TCase *cases = tcase_create("log");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, dock_prepare, NULL);
	tcase_add_test(cases, console_is_in_order);
	tcase_add_test(cases, wrong_calls);
	tcase_add_test(cases, watch_replies_when_there_is_more);
	tcase_add_test(cases, watch_is_cancelled);
	tcase_add_test(cases, watch_is_cancelled_at_once);
	tcase_add_test(cases, sync_replies_when_all_is_printed);
	tcase_add_test(cases, flood_loses_nothing);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
