/* The timer wheel (src/user/timer.h), against a list searched from end to end. */
#include "../unit.h"

#include <string.h>

#include <drydock/server.h>

#include "user/timer.h"

#define TICK   (1ull << 20)
#define TIMERS 200

static struct wheel wheel;
static struct timer timers[TIMERS];

START_TEST(nothing_set_nothing_due)
{
	wheel_init(&wheel, 5 * TICK);
	ck_assert_uint_eq(wheel_next(&wheel), DEADLINE_NEVER);
	ck_assert_ptr_null(wheel_expire(&wheel, UINT64_MAX - TICK));
}
END_TEST

START_TEST(fires_not_early_and_soon_after)
{
	struct timer timer = {0};

	wheel_init(&wheel, 0);
	wheel_set(&wheel, &timer, 100 * TICK + 1);
	ck_assert_ptr_null(wheel_expire(&wheel, 100 * TICK));
	ck_assert_ptr_eq(wheel_expire(&wheel, 102 * TICK), &timer);
	ck_assert_ptr_null(wheel_expire(&wheel, 200 * TICK));
	ck_assert_ptr_null(timer.link);
}
END_TEST

START_TEST(a_deadline_in_the_past_fires_with_the_next_tick)
{
	struct timer timer = {0};

	wheel_init(&wheel, 1000 * TICK);
	wheel_set(&wheel, &timer, 1);
	ck_assert_uint_le(wheel_next(&wheel), 1001 * TICK);
	ck_assert_ptr_eq(wheel_expire(&wheel, 1001 * TICK), &timer);
}
END_TEST

START_TEST(never_is_never)
{
	struct timer timer = {0};

	wheel_init(&wheel, 0);
	wheel_set(&wheel, &timer, DEADLINE_NEVER);
	ck_assert_uint_eq(wheel_next(&wheel), DEADLINE_NEVER);
	wheel_cancel(&wheel, &timer);
}
END_TEST

static uint64_t state;

static uint64_t draw(uint64_t below)
{
	state = state * 6364136223846793005ull + 1442695040888963407ull;
	return (state >> 20) % below;
}

/* Every timer fires, once, within two ticks of its time, whatever the steps and spans. */
START_TEST(random_timers_fire_in_time)
{
	uint64_t now = 3 * TICK;
	unsigned fired = 0, late = 0;

	state = 42;
	wheel_init(&wheel, now);
	memset(timers, 0, sizeof(timers));
	for (unsigned step = 0; step < 20000; step++) {
		struct timer *timer = &timers[draw(TIMERS)];
		struct timer *due;

		if (draw(4) == 0)
			wheel_cancel(&wheel, timer);
		else
			wheel_set(&wheel, timer, now + draw(1ull << (10 + draw(34))));
		if (draw(3) == 0)
			now += draw(1ull << (10 + draw(30)));
		/* A sleeper that sleeps exactly as long as it is told misses none. */
		else if (wheel_next(&wheel) != DEADLINE_NEVER && draw(3) == 0)
			now = wheel_next(&wheel) > now ? wheel_next(&wheel) : now;
		while ((due = wheel_expire(&wheel, now)) != NULL) {
			ck_assert_uint_le(due->deadline, now);
			ck_assert_ptr_null(due->link);
			fired++;
		}
		for (unsigned i = 0; i < TIMERS; i++)
			late += timers[i].link != NULL && timers[i].deadline + 2 * TICK <= now;
	}
	ck_assert_uint_gt(fired, 1000);
	ck_assert_uint_eq(late, 0);
}
END_TEST

UNIT_RUN("timer", nothing_set_nothing_due, fires_not_early_and_soon_after,
         a_deadline_in_the_past_fires_with_the_next_tick, never_is_never, random_timers_fire_in_time)
