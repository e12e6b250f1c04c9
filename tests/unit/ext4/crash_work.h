/* What a client does in a run that is to be cut short (crash_run.h): operations of any kind, by chance. */
#ifndef DRYDOCK_TESTS_EXT4_CRASH_WORK_H
#define DRYDOCK_TESTS_EXT4_CRASH_WORK_H

#include "crash_run.h"

#define WORK_COMBS 6u
#define WORK_HELD  4u

/* What an operation has done that is worth to be looked at. */
enum work_result { WORK_OTHER, WORK_SPLIT, WORK_SHORTENED }; /* SPLIT: made a directory larger */

struct worker {
	struct pier *pier;
	struct run_client *client;
	uint32_t number; /* of the client */
	uint64_t random;
	uint64_t held[WORK_HELD]; /* nodes without a name, maybe, to which it has a reference; 0: none */
	uint8_t version;          /* of what it has overwritten last */
	bool wants_sync;          /* the next operation is to come while a commit is on its way */
	uint32_t syncs;           /* that go on beside what it does */
	struct fiber *waiter;
	/* An operation begins; and has ended. */
	void (*begin)(struct worker *worker);
	void (*end)(struct worker *worker, enum work_result result);
};

/* Makes what every client works with, its files spread over all of the disk; none of it is an operation. */
void work_prepare(struct pier *pier);

/* Some operations; in the second, the first of them while a commit is on its way. */
void work_turn(struct worker *worker);
void work_turn_beside(struct worker *worker);

/* Any number below. */
uint32_t work_chance(struct worker *worker, uint32_t below);

#endif
