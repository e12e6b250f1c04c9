/* Locks that sleep: see lock.h. */
#include "lock.h"

#include <drydock/server.h>

struct waiter {
	struct list link;
	struct fiber *fiber;
	bool exclusive;
	bool granted;
};

void lock_init(struct lock *lock)
{
	*lock = (struct lock){0};
	list_init(&lock->waiters);
}

static bool grant(struct lock *lock, bool exclusive)
{
	if (lock->exclusive || (exclusive && lock->readers > 0))
		return false;
	if (exclusive)
		lock->exclusive = true;
	else
		lock->readers++;
	return true;
}

/* The waiter lies in the caller's stack, and is in no list any more when this returns. */
static void wait(struct lock *lock, struct runtime *runtime, struct waiter *waiter)
{
	list_add_tail(&lock->waiters, &waiter->link);
	while (!waiter->granted)
		fiber_wait(runtime);
}

static void acquire(struct lock *lock, struct runtime *runtime, bool exclusive)
{
	struct waiter waiter = {.fiber = fiber_current(runtime), .exclusive = exclusive};

	if (!list_empty(&lock->waiters) || !grant(lock, exclusive))
		wait(lock, runtime, &waiter);
}

void lock_shared(struct lock *lock, struct runtime *runtime)
{
	acquire(lock, runtime, false);
}

void lock_exclusive(struct lock *lock, struct runtime *runtime)
{
	acquire(lock, runtime, true);
}

void lock_release(struct lock *lock)
{
	if (lock->exclusive)
		lock->exclusive = false;
	else
		lock->readers--;
	while (!list_empty(&lock->waiters)) {
		struct waiter *first = list_entry(lock->waiters.next, struct waiter, link);

		if (!grant(lock, first->exclusive))
			return;
		list_remove(&first->link);
		first->granted = true;
		fiber_wake(first->fiber);
	}
}
