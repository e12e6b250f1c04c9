/*
 * Lines are published in the order in which they happened, whatever lanes they
 * came by: checked against simulated writers that cause each other's lines.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "servers/log/order.h"

static struct order order;
static struct line lines[ORDER_LINES];

static void setup(void)
{
	order_init(&order, lines);
}

static void add(uint64_t time, uint32_t process, uint64_t now)
{
	struct line *line = order_reserve(&order);

	ck_assert_ptr_nonnull(line);
	line->time = time;
	line->process = process;
	order_add(&order, line, now);
}

static void expect(uint64_t time, uint32_t process)
{
	const struct line *line = order_take(&order);

	ck_assert_ptr_nonnull(line);
	ck_assert_uint_eq(line->time, time);
	ck_assert_uint_eq(line->process, process);
}

START_TEST(waits_for_its_cut)
{
	ck_assert(order_empty(&order));
	add(10, 1, 10);
	ck_assert(!order_empty(&order));
	ck_assert_ptr_null(order_take(&order));
	order_cut(&order, 20);
	ck_assert_ptr_null(order_take(&order));
	order_cut(&order, 30);
	ck_assert_ptr_null(order_take(&order));
	/* Drained by the second cut, handled by the third. */
	order_cut(&order, 40);
	expect(10, 1);
	ck_assert_ptr_null(order_take(&order));
	ck_assert(order_empty(&order));
}
END_TEST

START_TEST(sorts_and_keeps_the_new)
{
	add(30, 1, 50);
	add(10, 2, 50);
	add(20, 3, 50);
	add(20, 4, 50);
	add(45, 5, 50);
	order_cut(&order, 40);
	order_cut(&order, 60);
	order_cut(&order, 80);
	expect(10, 2);
	expect(20, 3);
	expect(20, 4);
	expect(30, 1);
	ck_assert_ptr_null(order_take(&order));
	order_cut(&order, 100);
	expect(45, 5);
}
END_TEST

/* The cut's own moment counts: what was stamped with it was caused by what was published before. */
START_TEST(equal_to_the_cut)
{
	add(40, 1, 50);
	order_cut(&order, 40);
	order_cut(&order, 41);
	order_cut(&order, 42);
	expect(40, 1);
}
END_TEST

START_TEST(future_is_now)
{
	add(UINT64_MAX, 1, 50);
	add(40, 2, 51);
	order_cut(&order, 60);
	order_cut(&order, 70);
	order_cut(&order, 80);
	expect(40, 2);
	expect(50, 1);
}
END_TEST

START_TEST(flood)
{
	for (uint32_t at = 0; at < ORDER_LINES; at++)
		add(1000 - at % 7, at, 2000);
	ck_assert_ptr_null(order_reserve(&order));
	ck_assert_ptr_null(order_take(&order));
	for (uint64_t last = 0, count = 0; count < ORDER_LINES / 2; count++) {
		const struct line *line = order_take_anyway(&order);

		ck_assert_ptr_nonnull(line);
		ck_assert_uint_ge(line->time, last);
		last = line->time;
	}
	for (uint32_t at = 0; at < ORDER_LINES / 2; at++)
		add(3000 + at, at, 4000);
	ck_assert_ptr_null(order_reserve(&order));
	while (order_take_anyway(&order))
		;
	ck_assert(order_empty(&order));
	ck_assert_ptr_nonnull(order_reserve(&order));
}
END_TEST

/*
 * The world outside, in virtual time: writers with a lane each, who log, and
 * at times learn of another's last line, which may make their next one its
 * consequence. The server's rounds drain lane after lane, writers going on in
 * between, cut or not, then handle what was drained.
 */
#define WRITERS 6
#define LANE    64

struct message {
	uint64_t time;
	uint64_t cause; /* serial number of a line that happened before, or 0 */
	uint64_t serial;
};

struct writer {
	struct message lane[LANE]; /* published, not drained */
	uint32_t count;
	struct message stamped;    /* not published yet: the writer was interrupted */
	bool interrupted;
	uint64_t knows;            /* serial of the last line it wrote or learnt of */
};

static struct writer writers[WRITERS];
static uint64_t now, serials, published_count;
static bool published[100000];

static void writer_publish(struct writer *writer)
{
	writer->lane[writer->count++] = writer->stamped;
	writer->knows = writer->stamped.serial;
	writer->interrupted = false;
}

static void writer_step(unsigned *seed)
{
	struct writer *writer = &writers[rand_r(seed) % WRITERS];

	now += (uint64_t)rand_r(seed) % 3;
	if (writer->interrupted) {
		writer_publish(writer);
	} else if (rand_r(seed) % 2) {
		/* A message from another: it knows what that one had published. */
		uint64_t learnt = writers[rand_r(seed) % WRITERS].knows;

		if (learnt > writer->knows)
			writer->knows = learnt;
	} else if (writer->count < LANE && serials + 1 < sizeof(published)) {
		/* Its stamp is later than that of all it knows of. */
		now++;
		writer->stamped = (struct message){now, writer->knows, ++serials};
		if (rand_r(seed) % 3)
			writer_publish(writer);
		else
			writer->interrupted = true;
	}
}

static void take_all(uint64_t *causes)
{
	const struct line *line;

	while ((line = order_take(&order)) != NULL) {
		uint64_t serial = line->process, cause = causes[serial];

		ck_assert_msg(cause == 0 || published[cause], "line %llu was published before its cause %llu",
		              (unsigned long long)serial, (unsigned long long)cause);
		published[serial] = true;
		published_count++;
	}
}

START_TEST(causes_come_first)
{
	static uint64_t causes[sizeof(published)];
	unsigned seed = (unsigned)_i + 1;

	memset(writers, 0, sizeof(writers));
	memset(published, 0, sizeof(published));
	now = 1000;
	serials = published_count = 0;
	for (int round = 0; round < 3000; round++) {
		struct message drained[WRITERS * LANE];
		uint32_t count = 0;
		bool last = round >= 2990;

		for (int at = 0; at < WRITERS; at++) {
			struct writer *writer = &writers[at];

			memcpy(&drained[count], writer->lane, writer->count * sizeof(drained[0]));
			count += writer->count;
			writer->count = 0;
			for (int steps = rand_r(&seed) % 6; steps > 0 && !last; steps--)
				writer_step(&seed);
			if (last && writer->interrupted)
				writer_publish(writer);
		}
		if (last || rand_r(&seed) % 2) {
			order_cut(&order, now++);
			take_all(causes);
		}
		for (uint32_t at = 0; at < count; at++) {
			causes[drained[at].serial] = drained[at].cause;
			add(drained[at].time, (uint32_t)drained[at].serial, now);
		}
		for (int steps = rand_r(&seed) % 6; steps > 0 && !last; steps--)
			writer_step(&seed);
	}
	ck_assert_uint_gt(serials, 1000);
	ck_assert_uint_eq(published_count, serials);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("log-order");
	TCase *cases = tcase_create("order");
	SRunner *runner = srunner_create(suite);
	int failed;

	tcase_add_checked_fixture(cases, setup, NULL);
	tcase_add_test(cases, waits_for_its_cut);
	tcase_add_test(cases, sorts_and_keeps_the_new);
	tcase_add_test(cases, equal_to_the_cut);
	tcase_add_test(cases, future_is_now);
	tcase_add_test(cases, flood);
	tcase_add_loop_test(cases, causes_come_first, 0, 8);
	suite_add_tcase(suite, cases);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
