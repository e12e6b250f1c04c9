/*
 * How to wait (src/user/wait.h). A wake-up across CPUs costs some thirty times
 * one on the own CPU, and blind spinning on the own CPU keeps the peer from
 * running at all. So:
 *
 * - peer last ran on this CPU: up to YIELDS yields. One that took long means
 *   that somebody else wanted the CPU: no more yields for a long while.
 * - peer last ran on another: spin, only while spinning has lately paid.
 * - no peer expected: sleep.
 */
#include "user/wait.h"

#include "user/runtime.h"

#define YIELDS            4
#define YIELD_DEAR        200000ull /* ns: somebody else ran */
#define YIELD_PENANCE     100u      /* times what the dear yield took */
#define YIELD_BUSY        4u        /* waits of the server meanwhile: it was not kept from its work */
#define SPIN_NANOSECONDS  50000ull
#define SPIN_LOOKS        32        /* looks between two readings of the clock */
#define RELUCTANCE_MAXIMUM 6         /* one wait in 64 is tried all the same */

/* Whether this wait is one to try; the more often it was in vain, the fewer are. */
static bool trial_due(struct trial *trial)
{
	if (++trial->waits >> trial->reluctance == 0)
		return false;
	trial->waits = 0;
	return true;
}

/* One that paid restores all confidence: with more than one client things change fast. */
static void trial_ended(struct trial *trial, bool paid)
{
	if (paid)
		trial->reluctance = 0;
	else if (trial->reluctance < RELUCTANCE_MAXIMUM)
		trial->reluctance++;
}

/*
 * One yield. False where it was dear, and yields are off for a while.
 *
 * Linux puts a process that yields behind all that are ready, by a whole slice:
 * one of many clients can be away long while the others go on with the server,
 * by sleeping. Nothing is lost by that; soon all of them yield, and the server
 * finds a call of each when its turn comes. That the server kept going tells
 * this from a stranger who wants the CPU. Only a server's word is taken, by its
 * own clients: what clients say must not keep a server from its other clients.
 */
static bool yield_once(struct runtime *runtime, const struct lane *lane)
{
	struct wait *wait = &runtime->wait;
	uint32_t waits = atomic_load_relaxed(&lane->os.peer->waits);
	uint64_t before = os_time(runtime->os), took;

	if (before < wait->yield_after)
		return false;
	os_yield(runtime->os);
	took = os_time(runtime->os) - before;
	if (took <= YIELD_DEAR)
		return true;
	if (lane->client && atomic_load_relaxed(&lane->os.peer->waits) - waits >= YIELD_BUSY)
		return true;
	wait->yield_after = before + took + YIELD_PENANCE * took;
	return false;
}

static bool yield_a_while(struct runtime *runtime, const struct lane *lane)
{
	bool cheap = true;

	for (int i = 0; i < YIELDS && cheap; i++) {
		cheap = yield_once(runtime, lane);
		/* First where it is expected. */
		if (ring_pending(&lane->in) || runtime_pending(runtime) || devices_poll(runtime))
			return true;
	}
	return false;
}

static bool spin_a_while(struct runtime *runtime)
{
	uint64_t end = os_time(runtime->os) + SPIN_NANOSECONDS;

	do {
		/* A look at a device may be a system call. */
		if (devices_poll(runtime))
			return true;
		for (int i = 0; i < SPIN_LOOKS; i++) {
			if (runtime_pending(runtime))
				return true;
			processor_pause();
		}
	} while (os_time(runtime->os) < end);
	return false;
}

/* Never sleeps, but lets timers fire. */
static bool spin_forever(struct runtime *runtime)
{
	for (;;) {
		if (devices_poll(runtime))
			return true;
		for (int i = 0; i < SPIN_LOOKS; i++) {
			if (runtime_pending(runtime))
				return true;
			processor_pause();
		}
		if (os_time(runtime->os) >= wheel_next(&runtime->wheel))
			return true;
	}
}

bool wait_linger(struct runtime *runtime)
{
	struct wait *wait = &runtime->wait;
	struct owner_page *page = runtime->page;
	const struct lane *lane = wait->lane;
	uint32_t processor = os_processor(runtime->os);
	bool paid;

	if (page->processor != processor)
		atomic_store_relaxed(&page->processor, processor);
	atomic_store_relaxed(&page->waits, page->waits + 1);
	if (wait->policy == WAITING_SPIN)
		return spin_forever(runtime);
	wait->lane = NULL;
	/* The round has just looked at the ports. */
	if (runtime_lanes_pending(runtime))
		return true;
	if (wait->policy == WAITING_SLEEP || lane == NULL)
		return false;
	if (atomic_load_relaxed(&lane->os.peer->processor) == processor) {
		if (!trial_due(&wait->yield))
			return false;
		paid = yield_a_while(runtime, lane);
		trial_ended(&wait->yield, paid);
	} else {
		if (!trial_due(&wait->spin))
			return false;
		paid = spin_a_while(runtime);
		trial_ended(&wait->spin, paid);
	}
	return paid;
}
