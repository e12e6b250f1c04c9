/*
 * The two rings of a lane, seen from one end (abi/lane.h, docs/ABI.md
 * "Lanes"). The peer is not trusted: each end keeps its own indices, checks
 * what it reads of the other's, and takes a message out with relaxed atomic
 * loads, so that the compiler cannot read the shared words a second time.
 * Unrolled these take a third of the instructions, which a call feels.
 */
#ifndef DRYDOCK_USER_RING_H
#define DRYDOCK_USER_RING_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/lane.h>
#include <drydock/atomic.h>

/*
 * Slots ahead of the one being filled that are fetched already. The consumer
 * has each slot's line from the last time round; on two CPUs, waiting for one
 * after the other would take longer than all the rest of a call.
 */
#define RING_AHEAD 8u

/* The ring that this end fills. */
struct ring_out {
	uint64_t *slots;
	uint32_t *tail;     /* shared; this end writes */
	uint32_t mask;
	uint32_t put;       /* filled so far */
	uint32_t published; /* of these the peer can see */
};

/* The ring that this end empties. */
struct ring_in {
	const uint64_t *slots;
	const uint32_t *tail; /* shared; the peer writes */
	uint32_t *head;       /* shared; this end writes */
	uint32_t mask;
	uint32_t taken;    /* emptied so far */
	uint32_t released; /* of these the peer knows */
	uint32_t seen;     /* the peer's tail, as last read and checked */
};

enum ring_state {
	RING_EMPTY,
	RING_MESSAGE,
	RING_VIOLATION, /* the peer's index cannot be */
};

/*
 * The next slot, for the caller to fill with atomic_store_relaxed; ring_filled
 * then makes it part of the ring. Room is the caller's business (credit).
 */
static inline uint64_t *ring_slot(const struct ring_out *ring)
{
	return ring->slots + (uint64_t)(ring->put & ring->mask) * MESSAGE_WORDS;
}

static inline void ring_filled(struct ring_out *ring)
{
	ring->put++;
	processor_prefetch_write(ring->slots +
	                         (uint64_t)((ring->put + RING_AHEAD) & ring->mask) * MESSAGE_WORDS);
}

static inline void ring_put(struct ring_out *ring, const struct message *message)
{
	uint64_t *slot = ring_slot(ring);

#pragma GCC unroll 8
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		atomic_store_relaxed(&slot[i], message->word[i]);
	ring_filled(ring);
}

/* Shows the peer all that was put. Pairs with the acquire in ring_look. */
static inline void ring_publish(struct ring_out *ring)
{
	if (ring->published == ring->put)
		return;
	ring->published = ring->put;
	atomic_store_release(ring->tail, ring->put);
}

/* Whether the peer has published more than was taken; true, too, where its index is nonsense. */
static inline bool ring_pending(const struct ring_in *ring)
{
	return ring->seen != ring->taken || atomic_load_relaxed(ring->tail) != ring->taken;
}

/*
 * Whether there is a message, and its word 0, read for the one and only time.
 * The acquire pairs with ring_publish. ring_take follows: in two steps, so that
 * the message goes straight to where its tag says.
 */
static inline enum ring_state ring_look(struct ring_in *ring, uint64_t *header)
{
	if (ring->seen == ring->taken) {
		uint32_t tail = atomic_load_acquire(ring->tail);

		if (tail - ring->taken > ring->mask + 1)
			return RING_VIOLATION;
		if (tail == ring->taken)
			return RING_EMPTY;
		ring->seen = tail;
	}
	*header = atomic_load_relaxed(&ring->slots[(uint64_t)(ring->taken & ring->mask) * MESSAGE_WORDS]);
	return RING_MESSAGE;
}

/* Takes the message whose header ring_look has read. */
static inline void ring_take(struct ring_in *ring, uint64_t header, struct message *message)
{
	const uint64_t *slot = ring->slots + (uint64_t)(ring->taken & ring->mask) * MESSAGE_WORDS;

	message->word[0] = header;
#pragma GCC unroll 8
	for (unsigned i = 1; i < MESSAGE_WORDS; i++)
		message->word[i] = atomic_load_relaxed(&slot[i]);
	ring->taken++;
}

/* Lets the peer fill what was taken. The release keeps the loads of ring_take before it. */
static inline void ring_release(struct ring_in *ring)
{
	if (ring->released == ring->taken)
		return;
	ring->released = ring->taken;
	atomic_store_release(ring->head, ring->taken);
}

#endif
