/* The order of who runs (kernel/queue.h). */
#include "kernel/queue.h"

#define NANOSECONDS_OF_MICROSECOND 1000u
#define DEBT_MAXIMUM               16u /* slices: what is owed beyond that is forgiven */

_Static_assert(QUEUE_PRIORITIES <= 32, "a bit for each priority");

void queue_initialize(struct queue *queue)
{
	for (uint32_t priority = 0; priority < QUEUE_PRIORITIES; priority++)
		list_init(&queue->ready[priority]);
	queue->occupied = 0;
	queue->count = 0;
	queue->chosen = NULL;
}

/* Puts it behind the others of its priority. */
static void line_up(struct queue *queue, struct runnable *runnable)
{
	list_add_tail(&queue->ready[runnable->priority], &runnable->link);
	queue->occupied |= 1u << runnable->priority;
}

/* Takes it out of the line of `priority`. */
static void step_out(struct queue *queue, struct runnable *runnable, uint32_t priority)
{
	list_remove(&runnable->link);
	if (list_empty(&queue->ready[priority]))
		queue->occupied &= ~(1u << priority);
}

void runnable_initialize(struct runnable *runnable)
{
	list_init(&runnable->link);
	runnable->ready = runnable->fresh = false;
	runnable->priority = PRIORITY_DEFAULT;
	runnable->slice = runnable->left = (uint64_t)SLICE_DEFAULT * NANOSECONDS_OF_MICROSECOND;
	runnable->debt = 0;
}

void runnable_charge(struct runnable *runnable, uint64_t late)
{
	uint64_t most = DEBT_MAXIMUM * runnable->slice;

	runnable->debt = late < most && runnable->debt < most - late ? runnable->debt + late : most;
}

/* A turn of its own begins when it runs next. */
static void turn_renew(struct runnable *runnable)
{
	uint64_t paid = runnable->debt < runnable->slice / 2 ? runnable->debt : runnable->slice / 2;

	runnable->fresh = true;
	runnable->left = runnable->slice - paid;
	runnable->debt -= paid;
}

void queue_add(struct queue *queue, struct runnable *runnable)
{
	if (runnable->ready)
		return;
	runnable->ready = true;
	turn_renew(runnable);
	line_up(queue, runnable);
	queue->count++;
}

void queue_remove(struct queue *queue, struct runnable *runnable)
{
	if (!runnable->ready)
		return;
	runnable->ready = false;
	step_out(queue, runnable, runnable->priority);
	queue->count--;
	if (queue->chosen == runnable)
		queue->chosen = NULL;
}

void queue_end_turn(struct queue *queue, struct runnable *runnable)
{
	if (!runnable->ready)
		return;
	turn_renew(runnable);
	step_out(queue, runnable, runnable->priority);
	line_up(queue, runnable);
	if (queue->chosen == runnable)
		queue->chosen = NULL;
}

void queue_schedule(struct queue *queue, struct runnable *runnable, uint32_t priority, uint64_t slice)
{
	uint32_t before = runnable->priority;

	runnable->slice = slice;
	if (before == priority)
		return;
	runnable->priority = priority;
	if (!runnable->ready)
		return;
	step_out(queue, runnable, before);
	line_up(queue, runnable);
}

bool queue_choose(struct queue *queue, struct runnable *runnable)
{
	if (!runnable->ready)
		return false;
	turn_renew(runnable);
	queue->chosen = runnable;
	return true;
}
