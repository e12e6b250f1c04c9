/*
 * Writes on their way to the disk, which one fiber waits for together. Blocks
 * of the cache are lent to the disk while they are written: cache_settle waits
 * for the end.
 */
#ifndef EXT4_WRITE_H
#define EXT4_WRITE_H

#include "cache.h"

struct write_batch {
	struct cache *cache;
	struct fiber *fiber; /* that began it */
	uint32_t requests;   /* on their way */
	int32_t error;       /* the first that happened */
};

/* Begins one, for the calling fiber. */
void write_begin(struct write_batch *batch, struct cache *cache);

/*
 * Writes blocks of the cache, which somebody has pinned and nobody has on
 * loan, to where they belong; those that follow each other together. Sorts
 * `buffers`. Does not suspend.
 */
void write_buffers(struct write_batch *batch, struct buffer **buffers, uint32_t count);

/*
 * Writes `count` blocks of other memory of the device, `data` pointing to each,
 * from `block` on. The memory stays as it is until the batch has ended. Does
 * not suspend. `flags`: DISK_FUA or 0.
 */
void write_memory(struct write_batch *batch, uint64_t block, uint8_t *const *data, uint32_t count,
                  uint8_t flags);

/* Waits for all of it; the first error. Suspends. The batch may go on being used. */
int32_t write_end(struct write_batch *batch);

/* Makes durable all that has been written. Suspends. */
int32_t write_flush(struct cache *cache);

#endif
