/*
 * What the in-memory disk and card share: memory that a device reaches, so that
 * a request for any other is found out, and a generator of pseudo-random numbers
 * whose seed makes a run repeatable.
 */
#ifndef DRYDOCK_TESTS_MEMORY_DEVICE_H
#define DRYDOCK_TESTS_MEMORY_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/dev/device.h>

#define MEMORY_PIECES 256

struct memory_pieces {
	struct {
		uint8_t *address;
		size_t size;
	} piece[MEMORY_PIECES];
};

/* Zeroed, at a page; NULL where `size` is no multiple of a page or all places are taken. */
void *memory_pieces_allocate(struct memory_pieces *pieces, size_t size);

/* Aborts where it is no piece that was allocated. */
void memory_pieces_free(struct memory_pieces *pieces, void *address, size_t size);
void memory_pieces_free_all(struct memory_pieces *pieces);

/* Whether each of the segments lies in one piece. */
bool memory_pieces_hold(const struct memory_pieces *pieces, const struct device_segment *segments,
                        uint32_t count);

/* xorshift64* (Vigna, 2016); any state but 0. */
static inline uint64_t memory_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dull;
}

/* True `percent` times in a hundred. */
static inline bool memory_chance(uint64_t *state, uint32_t percent)
{
	return percent != 0 && (memory_random(state) >> 33) % 100 < percent;
}

#endif
