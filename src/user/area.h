/*
 * Ranges of a lane's data area, handed out by the client: a bitmap of granules,
 * first fit.
 */
#ifndef DRYDOCK_USER_AREA_H
#define DRYDOCK_USER_AREA_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/message.h>

#define AREA_GRANULE 256u /* bytes */

struct area {
	uint64_t *used;     /* a bit a granule; bits past the end are set */
	uint32_t granules;
	uint32_t low;       /* no granule below is free */
};

/* Bytes of bitmap that an area of `size` bytes needs. */
static inline uint32_t area_bitmap_size(uint32_t size)
{
	return (size / AREA_GRANULE + 63) / 64 * 8;
}

/* `bitmap` has area_bitmap_size(size) bytes, zero, and stays the caller's. */
void area_init(struct area *area, uint64_t *bitmap, uint32_t size);

/* Reserves `length` bytes, at least 1, aligned to a granule. False where there is no room now. */
bool area_reserve(struct area *area, uint32_t length, struct range *range);

/* Granules that `length` bytes take. */
static inline uint32_t area_granules(uint32_t length)
{
	return length / AREA_GRANULE + (length % AREA_GRANULE != 0);
}

/* Gives back what area_reserve gave; nothing for length 0. */
void area_release(struct area *area, struct range range);

#endif
