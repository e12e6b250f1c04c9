/*
 * The kernel's records: objects of powers of two from slabs of one page; what
 * is larger than half a page is a block of pages of its own.
 */
#ifndef DRYDOCK_ARCH_HEAP_H
#define DRYDOCK_ARCH_HEAP_H

#include "arch/x86_64/memory/ram.h"

#define HEAP_SMALLEST 32u
#define HEAP_CLASSES  7u /* 32 to 2048 bytes */

struct heap {
	struct ram *ram;
	uint32_t slabs[HEAP_CLASSES]; /* frames with room, by class */
};

/* Zeroed memory, aligned to its size rounded up to a power of two, at most to a page; NULL without. */
void *heap_allocate(struct heap *heap, size_t size);

/*
 * Gives it back; `size` as when it was allocated. Of each class one empty slab
 * may stay with the heap.
 */
void heap_free(struct heap *heap, void *address, size_t size);

#endif
