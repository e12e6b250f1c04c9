/*
 * Timers: a hierarchical wheel (Varghese and Lauck, 1987, scheme 7). A tick is
 * 2^20 ns. A timer lies at the level of the highest group of six bits in which
 * its tick differs from the wheel's, in the slot that these bits say; so the
 * next to fire is in the first used slot of the lowest used level, and setting
 * and cancelling take constant time and no memory.
 */
#include "user/timer.h"

#include <drydock/server.h>

#include "user/runtime.h"

#define TICK_SHIFT 20

void wheel_init(struct wheel *wheel, uint64_t now)
{
	*wheel = (struct wheel){.tick = now >> TICK_SHIFT};
}

static void push(struct timer **list, struct timer *timer)
{
	timer->next = *list;
	timer->link = list;
	if (timer->next)
		timer->next->link = &timer->next;
	*list = timer;
}

/* Takes a timer out of its list, whichever that is. */
static void detach(struct timer *timer)
{
	*timer->link = timer->next;
	if (timer->next)
		timer->next->link = timer->link;
	timer->next = NULL;
	timer->link = NULL;
}

static void wheel_insert(struct wheel *wheel, struct timer *timer)
{
	/* Rounded up, so that no timer fires early; not before the next tick. */
	uint64_t tick = (timer->deadline >> TICK_SHIFT) + 1;
	unsigned level, slot;

	if (tick <= wheel->tick)
		tick = wheel->tick + 1;
	level = (63 - (unsigned)__builtin_clzll(tick ^ wheel->tick)) / WHEEL_BITS;
	slot = (unsigned)(tick >> (level * WHEEL_BITS)) % WHEEL_SLOTS;
	timer->level = (uint8_t)level;
	timer->slot = (uint8_t)slot;
	push(&wheel->slots[level][slot], timer);
	wheel->used[level] |= 1ull << slot;
}

void wheel_set(struct wheel *wheel, struct timer *timer, uint64_t deadline)
{
	wheel_cancel(wheel, timer);
	if (deadline == DEADLINE_NEVER)
		return;
	timer->deadline = deadline;
	wheel->count++;
	wheel_insert(wheel, timer);
}

void wheel_cancel(struct wheel *wheel, struct timer *timer)
{
	if (timer->link == NULL)
		return;
	wheel->count--;
	detach(timer);
	if (wheel->slots[timer->level][timer->slot] == NULL)
		wheel->used[timer->level] &= ~(1ull << timer->slot);
}

/* Tick of the first used slot, and its level; UINT64_MAX without timers. */
static uint64_t first_slot(const struct wheel *wheel, unsigned *level)
{
	for (*level = 0; *level < WHEEL_LEVELS; (*level)++) {
		unsigned shift = *level * WHEEL_BITS;

		if (wheel->used[*level] != 0) {
			uint64_t slot = (uint64_t)__builtin_ctzll(wheel->used[*level]);
			uint64_t above = wheel->tick >> shift >> WHEEL_BITS << WHEEL_BITS << shift;

			return above | slot << shift;
		}
	}
	return UINT64_MAX;
}

uint64_t wheel_next(const struct wheel *wheel)
{
	unsigned level;
	uint64_t tick;

	if (wheel->count == 0)
		return DEADLINE_NEVER;
	if (wheel->due != NULL)
		return DEADLINE_POLL;
	tick = first_slot(wheel, &level);
	return tick > UINT64_MAX >> TICK_SHIFT ? DEADLINE_NEVER : tick << TICK_SHIFT;
}

/* The wheel reaches a slot: its timers are due, or move to a lower level. */
static void reach_slot(struct wheel *wheel, uint64_t tick, unsigned level)
{
	unsigned slot = (unsigned)(tick >> (level * WHEEL_BITS)) % WHEEL_SLOTS;
	struct timer *timer;

	wheel->tick = tick;
	wheel->used[level] &= ~(1ull << slot);
	while ((timer = wheel->slots[level][slot]) != NULL) {
		detach(timer);
		if (timer->deadline >> TICK_SHIFT < tick)
			push(&wheel->due, timer);
		else
			wheel_insert(wheel, timer);
	}
}

struct timer *wheel_expire(struct wheel *wheel, uint64_t now)
{
	uint64_t now_tick = now >> TICK_SHIFT, tick;
	struct timer *timer;
	unsigned level;

	while (wheel->due == NULL && (tick = first_slot(wheel, &level)) <= now_tick)
		reach_slot(wheel, tick, level);
	timer = wheel->due;
	if (timer != NULL) {
		wheel->count--;
		detach(timer);
	} else if (now_tick > wheel->tick) {
		/* No timer lies between, so that none would now belong to another level. */
		wheel->tick = now_tick;
	}
	return timer;
}

void timer_set(struct runtime *runtime, struct timer *timer, uint64_t deadline)
{
	wheel_set(&runtime->wheel, timer, deadline);
}

void timer_cancel(struct runtime *runtime, struct timer *timer)
{
	wheel_cancel(&runtime->wheel, timer);
}
