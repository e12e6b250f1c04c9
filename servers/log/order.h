/*
 * Lines held back until it is certain that none which happened before them is
 * still on its way.
 *
 * Each writer has a lane of its own, and lanes are drained one after the other.
 * So when A logs and then calls B, which logs in turn, B's line may be found
 * first: A's lane was looked at before A wrote. Both stamped their lines with
 * the same clock, A's earlier. Now take a moment `cut`, and let every lane be
 * drained once entirely after it. Whatever was published before `cut` has been
 * found by then. A line stamped no later than `cut` can only have been caused
 * by lines that were published before it was stamped, thus before `cut`: all of
 * them are here, with earlier stamps. So lines stamped no later than `cut`,
 * sorted by their stamps, may be published; later ones wait for the next cut.
 *
 * Cuts are made by a timer. A round of the runtime drains all lanes, fires
 * timers, then runs the handlers of what it drained: what was published before
 * one cut has been drained by the next, and has come to order_add by the one
 * after that.
 *
 * Stamps are the writers' and may be lies. One from the future would wait for
 * ever, and is taken for the time it came in; one from the past puts only the
 * liar's own line too early.
 */
#ifndef SERVERS_LOG_ORDER_H
#define SERVERS_LOG_ORDER_H

#include <stdbool.h>
#include <stdint.h>

#include "ring.h"

#define ORDER_LINES 1024u

struct order {
	struct line *lines;               /* ORDER_LINES of them, the caller's memory */
	uint16_t sorted[ORDER_LINES];     /* indices of the lines held, by stamp; of equals, as they came */
	uint16_t unused[ORDER_LINES];     /* a stack of the others */
	uint32_t count;                   /* held */
	uint64_t cuts[2];                 /* the last, and the one before */
	uint64_t complete;                /* lines with stamps up to here are all here */
};

void order_init(struct order *order, struct line *lines);

/* A place for a line to be filled in, and then handed to order_add. NULL where all are held. */
struct line *order_reserve(struct order *order);

/* The line last reserved is held from now on. `now` is the time it came in. */
void order_add(struct order *order, struct line *line, uint64_t now);

/*
 * Makes a cut at `now`, once a round at most, after its drain and before its
 * handlers. Afterwards order_take gives what can be published.
 */
void order_cut(struct order *order, uint64_t now);

/* Takes the next line to be published, or NULL. It is valid until the next order_reserve. */
const struct line *order_take(struct order *order);

/*
 * Takes the earliest line however new it is; NULL where none is held. For when
 * no place is left: in a flood of lines, order gives way to bounded memory.
 */
const struct line *order_take_anyway(struct order *order);

/* Whether nothing is held. */
bool order_empty(const struct order *order);

#endif
