/*
 * How to wait when there is nothing to do (docs/ARCHITECTURE.md, "Waiting"):
 * what pays depends on where the peer runs, and that changes while one looks.
 */
#ifndef DRYDOCK_USER_WAIT_H
#define DRYDOCK_USER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct owner_page;
struct runtime;

struct wait {
	const struct owner_page *peer; /* the other end of the lane last used; NULL: none is expected */
	uint64_t yield_after;          /* before this time a yield was lately dear */
	int32_t spin_credit;           /* above 0: spinning has lately paid */
	int32_t yield_credit;
	uint32_t skipped;              /* waits since credit ran out */
	uint8_t policy;                /* enum waiting */
};

/*
 * Lingers awake for a while where that is likely to pay. True as soon as there
 * is something to do; false: sleep.
 */
bool wait_linger(struct runtime *runtime);

#endif
