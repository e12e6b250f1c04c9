/* The wheel that timers lie in (src/user/timer.c); public are timer_set and timer_cancel. */
#ifndef DRYDOCK_USER_TIMER_H
#define DRYDOCK_USER_TIMER_H

#include <stdint.h>

struct timer;

#define WHEEL_BITS   6
#define WHEEL_SLOTS  (1u << WHEEL_BITS)
#define WHEEL_LEVELS 8 /* 48 bits of ticks: more than 64 bits of nanoseconds have */

struct wheel {
	uint64_t tick; /* up to here all is done */
	uint64_t used[WHEEL_LEVELS];
	struct timer *slots[WHEEL_LEVELS][WHEEL_SLOTS];
	struct timer *due;
	uint32_t count; /* timers set */
};

void wheel_init(struct wheel *wheel, uint64_t now);
void wheel_set(struct wheel *wheel, struct timer *timer, uint64_t deadline);
void wheel_cancel(struct wheel *wheel, struct timer *timer);

/* When wheel_expire should next be called, or DEADLINE_NEVER. */
uint64_t wheel_next(const struct wheel *wheel);

/* Takes out one timer that is due at `now`; NULL when there is none left. */
struct timer *wheel_expire(struct wheel *wheel, uint64_t now);

#endif
