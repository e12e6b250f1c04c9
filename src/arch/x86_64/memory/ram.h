/*
 * Physical memory: a record for each page, and blocks of 2^order pages that are
 * free, by order (a buddy allocator: Knuth, The Art of Computer Programming
 * vol. 1, 2.5, C). Everything of it is reached by `base`, where physical
 * address 0 is seen, so that tests can have some as well.
 */
#ifndef DRYDOCK_ARCH_RAM_H
#define DRYDOCK_ARCH_RAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RAM_ORDERS 11u /* blocks of 1 to 1024 pages */
#define RAM_PAGE   4096u

enum frame_state {
	FRAME_ABSENT = 0, /* no memory, or never given to the allocator */
	FRAME_FREE,       /* first of a free block */
	FRAME_USED,       /* first of a block in use */
	FRAME_INNER,      /* of a block, but not its first */
};

/* What is known of a page. Frames are named by number: physical address / RAM_PAGE; 0 names none. */
struct frame {
	uint32_t next, previous; /* free: its list; in a chain: the next block; a slab: its list */
	uint16_t used;           /* a slab: objects in use; a page table: entries present */
	uint16_t free;           /* a slab: its first free object */
	uint8_t order;           /* of the block, in its first frame */
	uint8_t state;           /* enum frame_state */
	uint16_t reserved;
};

struct ram {
	uint8_t *base;
	struct frame *frames;
	uint32_t count;       /* of frames */
	uint32_t free, total; /* pages */
	uint32_t lists[RAM_ORDERS];
};

/* Blocks one after the other. Zero it first; {0} is the empty one. */
struct chain {
	uint32_t first, last;
	uint32_t pages;
};

/* `frames` is zeroed memory for `count` records. */
void ram_initialize(struct ram *ram, uint8_t *base, struct frame *frames, uint32_t count);

/* Gives the allocator the pages that lie in [start, end) entirely. */
void ram_give(struct ram *ram, uint64_t start, uint64_t end);

/* The physical address of 2^order pages, of any content; 0 where there are none. */
uint64_t ram_allocate(struct ram *ram, unsigned order);

/* Gives a block back, by the address that ram_allocate returned. */
void ram_free(struct ram *ram, uint64_t address);

/* The order whose blocks hold `size` bytes; RAM_ORDERS where none does. */
unsigned ram_order(size_t size);

/* Adds so many pages, of any content, to the chain; false, and nothing added, without memory. */
bool chain_grow(struct ram *ram, struct chain *chain, uint64_t pages);

/* Makes an empty chain of one block of so many pages of any content, a power of two; false without memory. */
bool chain_make_block(struct ram *ram, struct chain *chain, uint64_t pages);

/* Zeroes `count` of its pages from number `first` on; what is beyond its end is not meant. */
void chain_clear(struct ram *ram, const struct chain *chain, uint32_t first, uint32_t count);

/* All of it in a row, where it lies so; else NULL. Not for an empty one. */
void *chain_view(const struct ram *ram, const struct chain *chain);

/* Frees all of it; the chain is empty then. */
void chain_free(struct ram *ram, struct chain *chain);

static inline void *ram_view(const struct ram *ram, uint64_t address)
{
	return ram->base + address;
}

static inline struct frame *ram_frame(const struct ram *ram, uint64_t address)
{
	return &ram->frames[address / RAM_PAGE];
}

#endif
