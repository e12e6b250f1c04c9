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
#define SPIN_NANOSECONDS  50000ull
#define SPIN_LOOKS        32        /* looks between two readings of the clock */
#define CREDIT_MAXIMUM    8
#define CREDIT_PROBE      64u       /* waits without credit before one more try */

/* Whether to try, given how it went before. */
static bool credit_allows(struct wait *wait, int32_t credit)
{
	if (credit > 0)
		return true;
	if (++wait->skipped < CREDIT_PROBE)
		return false;
	wait->skipped = 0;
	return true;
}

static void credit_account(int32_t *credit, bool paid)
{
	if (paid && *credit < CREDIT_MAXIMUM)
		*credit += 2;
	else if (!paid && *credit > -CREDIT_MAXIMUM)
		*credit -= 1;
}

/* One yield. False where it was dear, and yields are off for a while. */
static bool yield_once(struct runtime *runtime)
{
	struct wait *wait = &runtime->wait;
	uint64_t before = os_time(runtime->os), took;

	if (before < wait->yield_after)
		return false;
	os_yield(runtime->os);
	took = os_time(runtime->os) - before;
	if (took <= YIELD_DEAR)
		return true;
	wait->yield_after = before + took + YIELD_PENANCE * took;
	return false;
}

static bool yield_a_while(struct runtime *runtime)
{
	bool cheap = true;

	for (int i = 0; i < YIELDS && cheap; i++) {
		cheap = yield_once(runtime);
		if (runtime_pending(runtime))
			return true;
	}
	return false;
}

static bool spin_a_while(struct runtime *runtime)
{
	uint64_t end = os_time(runtime->os) + SPIN_NANOSECONDS;

	do {
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
	struct owner_page *page = os_page(runtime->os);
	const struct owner_page *peer = wait->peer;
	uint32_t processor = os_processor(runtime->os);
	bool paid;

	if (page->processor != processor)
		atomic_store_relaxed(&page->processor, processor);
	if (wait->policy == WAITING_SPIN)
		return spin_forever(runtime);
	wait->peer = NULL;
	if (runtime_pending(runtime))
		return true;
	if (wait->policy == WAITING_SLEEP || peer == NULL)
		return false;
	if (atomic_load_relaxed(&peer->processor) == processor) {
		if (!credit_allows(wait, wait->yield_credit))
			return false;
		paid = yield_a_while(runtime);
		credit_account(&wait->yield_credit, paid);
	} else {
		if (!credit_allows(wait, wait->spin_credit))
			return false;
		paid = spin_a_while(runtime);
		credit_account(&wait->spin_credit, paid);
	}
	return paid;
}
