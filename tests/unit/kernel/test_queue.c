/* The order of who runs. */
#include "tests/unit/unit.h"

#include "kernel/queue.h"

static struct queue queue;
static struct runnable a, b, c;

static void set_up(void)
{
	queue_initialize(&queue);
	runnable_initialize(&a);
	runnable_initialize(&b);
	runnable_initialize(&c);
}

START_TEST(by_turns)
{
	set_up();
	ck_assert_ptr_null(queue_first(&queue));
	queue_add(&queue, &a);
	queue_add(&queue, &b);
	queue_add(&queue, &a);
	ck_assert_uint_eq(queue.count, 2);
	ck_assert_ptr_eq(queue_first(&queue), &a);
	queue_end_turn(&queue, &a);
	ck_assert_ptr_eq(queue_first(&queue), &b);
	queue_end_turn(&queue, &b);
	ck_assert_ptr_eq(queue_first(&queue), &a);
	queue_remove(&queue, &a);
	queue_remove(&queue, &a);
	queue_end_turn(&queue, &a);
	ck_assert_ptr_eq(queue_first(&queue), &b);
	queue_remove(&queue, &b);
	ck_assert_uint_eq(queue.count, 0);
	ck_assert_ptr_null(queue_first(&queue));
}
END_TEST

START_TEST(by_priority)
{
	set_up();
	queue_add(&queue, &a);
	queue_schedule(&queue, &b, PRIORITY_MAXIMUM, 5);
	queue_schedule(&queue, &c, 0, 5);
	queue_add(&queue, &c);
	ck_assert_ptr_eq(queue_first(&queue), &a);
	queue_add(&queue, &b);
	ck_assert_ptr_eq(queue_first(&queue), &b);
	/* It is preempted, not passed over: its turn goes on. */
	queue_remove(&queue, &b);
	ck_assert_ptr_eq(queue_first(&queue), &a);
	queue_schedule(&queue, &a, 0, 7);
	ck_assert_ptr_eq(queue_first(&queue), &c);
	queue_end_turn(&queue, &c);
	ck_assert_ptr_eq(queue_first(&queue), &a);
}
END_TEST

START_TEST(slices)
{
	set_up();
	ck_assert_uint_eq(a.slice, SLICE_DEFAULT * 1000ull);
	ck_assert(!a.fresh);
	queue_add(&queue, &a);
	ck_assert(a.fresh);
	a.fresh = false;
	a.left = 3;
	queue_schedule(&queue, &a, PRIORITY_DEFAULT, 99);
	/* From its next turn on. */
	ck_assert_uint_eq(a.left, 3);
	queue_end_turn(&queue, &a);
	ck_assert_uint_eq(a.left, 99);
	ck_assert(a.fresh);
}
END_TEST

START_TEST(chosen)
{
	set_up();
	queue_add(&queue, &a);
	ck_assert(!queue_choose(&queue, &b));
	queue_schedule(&queue, &b, 0, 5);
	queue_add(&queue, &b);
	b.fresh = false;
	b.left = 0;
	ck_assert(queue_choose(&queue, &b));
	ck_assert(b.fresh);
	ck_assert_uint_eq(b.left, 5);
	ck_assert_ptr_eq(queue_first(&queue), &b);
	queue_end_turn(&queue, &b);
	ck_assert_ptr_eq(queue_first(&queue), &a);
	ck_assert(queue_choose(&queue, &b));
	queue_remove(&queue, &b);
	ck_assert_ptr_eq(queue_first(&queue), &a);
}
END_TEST

START_TEST(what_was_too_much)
{
	set_up();
	queue_schedule(&queue, &a, PRIORITY_DEFAULT, 100);
	queue_add(&queue, &a);
	ck_assert_uint_eq(a.left, 100);
	runnable_charge(&a, 30);
	runnable_charge(&a, 50);
	/* This turn is what it was; the next two pay. */
	ck_assert_uint_eq(a.left, 100);
	queue_end_turn(&queue, &a);
	ck_assert_uint_eq(a.left, 50);
	queue_remove(&queue, &a);
	queue_add(&queue, &a);
	ck_assert_uint_eq(a.left, 70);
	queue_end_turn(&queue, &a);
	ck_assert_uint_eq(a.left, 100);
	/* Nobody pays for ever. */
	runnable_charge(&a, UINT64_MAX);
	runnable_charge(&a, UINT64_MAX);
	ck_assert_uint_eq(a.debt, 1600);
}
END_TEST

UNIT_RUN("queue", by_turns, by_priority, slices, chosen, what_was_too_much)
