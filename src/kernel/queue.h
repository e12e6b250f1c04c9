/*
 * Who runs next: the highest priority that anybody is ready at, and there by
 * turns. What to do is the scheduler server's to say, by priorities and slices
 * and by choosing somebody; this only keeps the order.
 *
 * It is the machine's own: the core says who can run, through platform.h.
 */
#ifndef DRYDOCK_KERNEL_QUEUE_H
#define DRYDOCK_KERNEL_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/abi/sys.h>
#include <drydock/list.h>

#define QUEUE_PRIORITIES (PRIORITY_MAXIMUM + 1)
#define SLICE_LEAST      100000u /* nanoseconds: with much less nobody would get anywhere in a turn */

/* Part of what can run. */
struct runnable {
	struct list link; /* in its priority's list while it is ready, be it running or not */
	bool ready;
	bool fresh; /* a turn of its own begins when it runs next */
	uint32_t priority;
	uint64_t slice; /* nanoseconds */
	uint64_t left;  /* of this turn */
	uint64_t debt;  /* had beyond its turns, and not yet paid back */
};

struct queue {
	struct list ready[QUEUE_PRIORITIES];
	uint32_t occupied; /* priorities that somebody is ready at, a bit each */
	uint32_t count;
	struct runnable *chosen; /* goes first, whatever its priority, until its turn ends; or NULL */
};

void queue_initialize(struct queue *queue);
void runnable_initialize(struct runnable *runnable);

/* It can run, and takes its turn after the others. */
void queue_add(struct queue *queue, struct runnable *runnable);

/* It cannot. Harmless where it could not before. */
void queue_remove(struct queue *queue, struct runnable *runnable);

/*
 * It ran so many nanoseconds beyond its turn. Its next turns are shorter for
 * that, though never by more than half: where the machine cannot end a turn on
 * time, shares are kept all the same.
 */
void runnable_charge(struct runnable *runnable, uint64_t late);

/* Its turn is over: the others of its priority come first. */
void queue_end_turn(struct queue *queue, struct runnable *runnable);

/* Gives it other values; they hold from its next turn on. */
void queue_schedule(struct queue *queue, struct runnable *runnable, uint32_t priority, uint64_t slice);

/* It goes first, with a whole turn. False where it cannot run. */
bool queue_choose(struct queue *queue, struct runnable *runnable);

/* Who should run now; NULL where nobody can. At the end of every system call that is asked. */
static inline struct runnable *queue_first(const struct queue *queue)
{
	if (queue->chosen != NULL)
		return queue->chosen;
	if (queue->occupied == 0)
		return NULL;
	return list_entry(queue->ready[31 - __builtin_clz(queue->occupied)].next, struct runnable, link);
}

#endif
