/*
 * How to wait when there is nothing to do (docs/ARCHITECTURE.md, "Waiting"):
 * what pays depends on where the peer runs, and that changes while one looks.
 */
#ifndef DRYDOCK_USER_WAIT_H
#define DRYDOCK_USER_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct lane;
struct runtime;

/* A way to wait that may pay or not: of 2^reluctance waits one is tried. */
struct trial {
	uint32_t waits; /* since the last that was tried */
	uint8_t reluctance;
};

struct wait {
	const struct lane *lane;       /* the one last used; NULL: nothing is expected */
	uint64_t yield_after;          /* before this time a yield was lately dear */
	struct trial yield, spin;
	uint8_t policy;                /* enum waiting */
};

/*
 * Lingers awake for a while where that is likely to pay. True as soon as there
 * is something to do; false: sleep.
 */
bool wait_linger(struct runtime *runtime);

#endif
