/*
 * The kernel's heap (memory/heap.h). A slab's frame says how many objects are
 * in use and which is the first free one; free ones are linked by their first
 * two bytes, as offsets in units of HEAP_SMALLEST plus one, so that 0 is none.
 */
#include "arch/x86_64/memory/heap.h"

#include <drydock/string.h>

static unsigned class_of(size_t size)
{
	if (size <= HEAP_SMALLEST)
		return 0;
	return 64u - (unsigned)__builtin_clzll((size - 1) / HEAP_SMALLEST);
}

static uint64_t address_of(const struct heap *heap, const void *view)
{
	return (uint64_t)((const uint8_t *)view - heap->ram->base);
}

static void slab_link(struct heap *heap, unsigned class, uint32_t slab)
{
	struct frame *frames = heap->ram->frames;

	frames[slab].previous = 0;
	frames[slab].next = heap->slabs[class];
	if (frames[slab].next != 0)
		frames[frames[slab].next].previous = slab;
	heap->slabs[class] = slab;
}

static void slab_unlink(struct heap *heap, unsigned class, uint32_t slab)
{
	struct frame *frames = heap->ram->frames;

	if (frames[slab].previous != 0)
		frames[frames[slab].previous].next = frames[slab].next;
	else
		heap->slabs[class] = frames[slab].next;
	if (frames[slab].next != 0)
		frames[frames[slab].next].previous = frames[slab].previous;
}

static bool slab_make(struct heap *heap, unsigned class)
{
	uint64_t address = ram_allocate(heap->ram, 0);
	size_t size = (size_t)HEAP_SMALLEST << class;
	uint8_t *page;

	if (address == 0)
		return false;
	page = ram_view(heap->ram, address);
	for (size_t at = 0; at < RAM_PAGE; at += size) {
		size_t next = at + size;

		*(uint16_t *)(void *)(page + at) = next < RAM_PAGE ? (uint16_t)(next / HEAP_SMALLEST + 1) : 0;
	}
	ram_frame(heap->ram, address)->free = 1;
	slab_link(heap, class, (uint32_t)(address / RAM_PAGE));
	return true;
}

static void *allocate_small(struct heap *heap, unsigned class, size_t size)
{
	struct frame *frame;
	uint32_t slab;
	uint8_t *object;

	if (heap->slabs[class] == 0 && !slab_make(heap, class))
		return NULL;
	slab = heap->slabs[class];
	frame = &heap->ram->frames[slab];
	object = (uint8_t *)ram_view(heap->ram, (uint64_t)slab * RAM_PAGE) +
	         (frame->free - 1u) * HEAP_SMALLEST;
	frame->free = *(uint16_t *)(void *)object;
	frame->used++;
	if (frame->free == 0)
		slab_unlink(heap, class, slab);
	/* In words: single bytes take longer. */
	memset(object, 0, (size + 7) & ~(size_t)7);
	return object;
}

void *heap_allocate(struct heap *heap, size_t size)
{
	unsigned class = class_of(size), order;
	uint64_t address;

	if (class < HEAP_CLASSES)
		return allocate_small(heap, class, size);
	order = ram_order(size);
	address = ram_allocate(heap->ram, order);
	if (address == 0)
		return NULL;
	memset(ram_view(heap->ram, address), 0, (size_t)RAM_PAGE << order);
	return ram_view(heap->ram, address);
}

void heap_free(struct heap *heap, void *object, size_t size)
{
	unsigned class = class_of(size);
	uint64_t address = address_of(heap, object);
	uint32_t slab = (uint32_t)(address / RAM_PAGE);
	struct frame *frame = &heap->ram->frames[slab];

	if (class >= HEAP_CLASSES) {
		ram_free(heap->ram, address);
		return;
	}
	*(uint16_t *)object = frame->free;
	if (frame->free == 0)
		slab_link(heap, class, slab);
	frame->free = (uint16_t)(address % RAM_PAGE / HEAP_SMALLEST + 1);
	frame->used--;
	/* The only one with room stays: a record that comes and goes would else make a slab each time. */
	if (frame->used > 0 || (heap->slabs[class] == slab && frame->next == 0))
		return;
	slab_unlink(heap, class, slab);
	ram_free(heap->ram, (uint64_t)slab * RAM_PAGE);
}
