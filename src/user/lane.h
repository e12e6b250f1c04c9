/*
 * One end of a lane: its rings, its data area, and the other end's bell. Used
 * by clients (src/user/client.c) and connections (src/user/connection.c).
 */
#ifndef DRYDOCK_USER_LANE_H
#define DRYDOCK_USER_LANE_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/list.h>
#include <drydock/os.h>

#include "user/ring.h"

struct runtime;

/* Messages of a batch that are shown at once. */
#define LANE_PART 8u

struct lane {
	struct list link;      /* in runtime->lanes */
	struct list dirty;     /* in runtime->dirty: something to publish */
	struct ring_in in;
	struct ring_out out;
	struct os_lane os;
	uint8_t *area;
	uint32_t area_size;    /* bytes */
	uint32_t depth;
	handle_t handle;
	bool client;           /* this end opened it */
	bool unrung;           /* messages were published since lane_wake */
	/* Server: how many calls were admitted, and how many replies the client has taken, as last read. */
	uint32_t admitted;
	uint32_t replies_taken;
	const uint32_t *reply_head;
};

/* Sets the private side up over memory that os_lane_attach has filled in. */
void lane_init(struct lane *lane, bool client, uint32_t depth, uint32_t area);

/*
 * Server: admits the call that was just taken. False where the client has more
 * calls in flight than its credit, or claims to have taken replies that were
 * never given: a violation.
 */
static inline bool lane_admit(struct lane *lane)
{
	if (lane->admitted - lane->replies_taken >= lane->depth) {
		/* Pairs with the client's release of its reply head, which comes before its next call. */
		uint32_t head = atomic_load_acquire(lane->reply_head);

		if (lane->out.published - head > lane->depth || lane->admitted - head >= lane->depth)
			return false;
		lane->replies_taken = head;
	}
	lane->admitted++;
	return true;
}

/* Whether `range` lies in the data area. */
static inline bool lane_range_valid(const struct lane *lane, struct range range)
{
	return range.offset <= lane->area_size && range.length <= lane->area_size - range.offset;
}

/* Shows the peer what was put and taken; the caller's fence and lane_wake follow. */
static inline void lane_publish(struct lane *lane)
{
	lane->unrung |= lane->out.published != lane->out.put;
	/* Heads first: credit that a message relies on must be seen before the message. */
	ring_release(&lane->in);
	ring_publish(&lane->out);
}

/*
 * Comes after each message that was put. Shows a long batch in parts, so that
 * a peer on another CPU begins while this end goes on; one that sleeps is rung
 * at the end of the round.
 */
static inline void lane_publish_part(struct lane *lane)
{
	if (lane->out.put - lane->out.published >= LANE_PART)
		lane_publish(lane);
}

/*
 * Rings the peer if it means to sleep and has got messages since the last time;
 * for what was taken nobody waits. Comes after lane_publish and atomic_fence(),
 * which pair with `armed`, fence and look in runtime_sleep.
 */
static inline void lane_wake(struct os *os, struct lane *lane)
{
	if (lane->unrung && atomic_load_relaxed(&lane->os.peer->armed))
		os_lane_ring(os, &lane->os);
	lane->unrung = false;
}

#endif
