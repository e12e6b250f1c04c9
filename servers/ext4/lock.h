/*
 * A lock that is held while a fiber suspends: by many who read, or by one who
 * changes. First come, first served, so that nobody waits for ever.
 */
#ifndef EXT4_LOCK_H
#define EXT4_LOCK_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/list.h>

struct runtime;

struct lock {
	struct list waiters;
	uint32_t readers;
	bool exclusive; /* held by one who changes */
};

void lock_init(struct lock *lock);

/* Suspends until it can be had. */
void lock_shared(struct lock *lock, struct runtime *runtime);
void lock_exclusive(struct lock *lock, struct runtime *runtime);

/* Gives back what the caller holds, either way. */
void lock_release(struct lock *lock);

#endif
