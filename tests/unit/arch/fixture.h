/* Some physical memory for tests of the allocators. */
#ifndef DRYDOCK_TESTS_ARCH_FIXTURE_H
#define DRYDOCK_TESTS_ARCH_FIXTURE_H

#include "tests/unit/unit.h"

#include <string.h>

#include "arch/x86_64/memory/heap.h"
#include "arch/x86_64/memory/ram.h"

#define FRAMES 2048u

static struct ram ram;
static struct frame frames[FRAMES];
static uint8_t *physical;

/* Pages 1 to FRAMES - 1, of which the allocator has all, dirty. */
static inline void ram_set_up(void)
{
	memset(frames, 0, sizeof(frames));
	physical = aligned_alloc(RAM_PAGE, (size_t)FRAMES * RAM_PAGE);
	ck_assert_ptr_nonnull(physical);
	memset(physical, 0xa5, (size_t)FRAMES * RAM_PAGE);
	ram_initialize(&ram, physical, frames, FRAMES);
	ram_give(&ram, 0, (uint64_t)FRAMES * RAM_PAGE);
	ck_assert_uint_eq(ram.total, FRAMES - 1);
	ck_assert_uint_eq(ram.free, FRAMES - 1);
}

/* Everything came back, and has grown together again. */
static inline void ram_tear_down(void)
{
	ck_assert_uint_eq(ram.free, FRAMES - 1);
	ck_assert_uint_ne(ram.lists[RAM_ORDERS - 1], 0);
	for (unsigned order = 0; order + 1 < RAM_ORDERS; order++) {
		/* One block of each order, since page 0 is missing. */
		ck_assert_uint_ne(ram.lists[order], 0);
		ck_assert_uint_eq(frames[ram.lists[order]].next, 0);
	}
	free(physical);
}

/* How many empty slabs the heap keeps: of each class it may be one. */
static inline uint32_t heap_kept(const struct heap *heap)
{
	uint32_t kept = 0;

	for (unsigned class = 0; class < HEAP_CLASSES; class++) {
		uint32_t count = 0;

		for (uint32_t slab = heap->slabs[class]; slab != 0; slab = frames[slab].next)
			count += frames[slab].used == 0;
		ck_assert_uint_le(count, 1);
		kept += count;
	}
	return kept;
}

/* All its objects are freed: it holds nothing but these, which go back as well. */
static inline void heap_tear_down(struct heap *heap)
{
	ck_assert_uint_eq(ram.free + heap_kept(heap), FRAMES - 1);
	for (unsigned class = 0; class < HEAP_CLASSES; class++) {
		if (heap->slabs[class] != 0)
			ram_free(&ram, (uint64_t)heap->slabs[class] * RAM_PAGE);
	}
	ram_tear_down();
}

#endif
