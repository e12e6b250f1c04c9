/*
 * The block cache: the only way to the disk's blocks. A block that is asked for
 * stays where it is, pinned, until it is put back; of those that nobody has
 * pinned the least recently used makes room. Several fibers may wait for one
 * block, and one fiber may have a long run of blocks on its way.
 *
 * What was changed stays pinned until it lies where it belongs: who changes
 * blocks, and when they are written, is the transactions' business
 * (transaction.h, write.h).
 */
#ifndef EXT4_CACHE_H
#define EXT4_CACHE_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/dev/block.h>
#include <drydock/list.h>

#include "block_table.h"

struct runtime;
struct transaction;

/* What the content has been checked to be, since it was read: see buffer.checked. */
enum buffer_check {
	CHECK_NONE = 0,
	CHECK_DESCRIPTORS,
	CHECK_EXTENTS,
	CHECK_DIRECTORY,
	CHECK_INDEX,
	CHECK_XATTRS,
	CHECK_BITMAP,
};

struct buffer {
	struct list link;    /* in cache.unused while nobody has it pinned */
	struct list waiters; /* fibers that wait for it to be read or written */
	struct buffer *hash_next;
	uint64_t block;
	uint8_t *data; /* block_size bytes of the device's memory */
	uint32_t pins;
	int32_t error; /* of reading it: it is nobody's any more once all pins are gone */
	bool hashed;   /* `block` is valid, and it is found by that */
	bool loading;
	uint8_t checked; /* enum buffer_check: its user's, CHECK_NONE when it was read anew */
	bool writing;    /* the disk has it on loan, and nobody may change it: cache_settle */
	/* The transactions' (transaction.h), a pin for each that is set. */
	bool committing;             /* it was changed by the transaction that is being committed */
	bool is_data;                /* of `owner`: content of a file, which is written before the commit */
	bool forgotten;              /* of `owner`: the block was freed */
	struct transaction *owner;   /* the running transaction, where that has changed it */
	struct list owner_link;      /* in the owner's blocks or data */
	struct transaction *logged;  /* the last committed one with it, while it is not written home */
	struct list logged_link;     /* in that one's `logged` */
};

struct cache_statistics {
	uint64_t hits, misses, read_errors;
};

struct cache {
	struct runtime *runtime;
	struct disk *disk;
	uint32_t block_size;   /* bytes */
	uint32_t limit;        /* blocks at most */
	uint32_t count;        /* blocks that there is memory for yet */
	struct list unused;    /* buffer.link; the least recently used first */
	struct list pieces;    /* of memory */
	struct buffer **table; /* by hash of the number */
	uint32_t table_bits;
	struct block_table replaced; /* blocks whose content lies elsewhere */
	uint32_t requests;           /* on their way */
	struct list room_waiters;    /* fibers that wait for one of these to end */
	struct cache_statistics statistics;
};

/* A fiber that waits, in a list of such. */
struct cache_waiter {
	struct list link;
	struct fiber *fiber;
};

/*
 * Makes a cache of at most `limit` blocks (at least CACHE_BLOCKS_MINIMUM) of
 * `block_size` bytes, a power of two that is at least the disk's. Memory is
 * taken as it is needed. POSIX_ENOMEM.
 */
#define CACHE_BLOCKS_MINIMUM 64u
#define CACHE_BLOCKS_WRITTEN 1024u /* the least for one that is written */

int32_t cache_create(struct cache *cache, struct runtime *runtime, struct disk *disk, uint32_t block_size,
                     uint32_t limit);

/* Waits for what is on its way, then gives all memory back. Nothing may be pinned. Suspends. */
void cache_destroy(struct cache *cache);

/* Suspends until somebody wakes those in `waiters`. */
void cache_wait(struct cache *cache, struct list *waiters);
void cache_wake(struct list *waiters);

/*
 * From now on the blocks in `table`, which becomes the cache's, are read from
 * where that says (see journal.h). Nothing was read yet.
 */
void cache_replace(struct cache *cache, struct block_table *table);

/*
 * Brings block `block` and pins it, for cache_put. Suspends. POSIX_EIO, or
 * what else the disk replied; POSIX_ENOMEM: all blocks are pinned.
 */
int32_t cache_get(struct cache *cache, uint64_t block, struct buffer **buffer);

/*
 * As cache_get, for a block that was just taken into use: it is not read, and
 * all zeros, unless somebody has it on loan or is reading it, which is waited for.
 */
int32_t cache_get_new(struct cache *cache, uint64_t block, struct buffer **buffer);

/* Pins it once more. */
void cache_pin(struct buffer *buffer);

/* Waits until the disk has given it back. Suspends, or not. */
void cache_settle(struct cache *cache, struct buffer *buffer);

/* The buffer of a block that is here, pinned; NULL: it is not. */
struct buffer *cache_find(struct cache *cache, uint64_t block);

/* Gives one pin back. NULL is harmless. */
void cache_put(struct cache *cache, struct buffer *buffer);

/*
 * Begins to read those of `count` blocks from `block` on that are not here yet,
 * as far as there is room, in requests as long as the disk takes. Never waits;
 * what fails is told by cache_get.
 */
void cache_read_ahead(struct cache *cache, uint64_t block, uint32_t count);

#endif
