/* The page allocator (memory/ram.h). */
#include "arch/x86_64/memory/ram.h"

#include <drydock/string.h>

static void list_push(struct ram *ram, uint32_t frame, unsigned order)
{
	uint32_t next = ram->lists[order];

	ram->frames[frame] = (struct frame){.next = next, .order = (uint8_t)order, .state = FRAME_FREE};
	if (next != 0)
		ram->frames[next].previous = frame;
	ram->lists[order] = frame;
}

static void list_unlink(struct ram *ram, uint32_t frame)
{
	const struct frame *record = &ram->frames[frame];

	if (record->previous != 0)
		ram->frames[record->previous].next = record->next;
	else
		ram->lists[record->order] = record->next;
	if (record->next != 0)
		ram->frames[record->next].previous = record->previous;
}

void ram_initialize(struct ram *ram, uint8_t *base, struct frame *frames, uint32_t count)
{
	memset(ram, 0, sizeof(*ram));
	ram->base = base;
	ram->frames = frames;
	ram->count = count;
}

/* Frees a block, and with it its buddy, and that one's, as far as they are free. */
static void block_free(struct ram *ram, uint32_t frame, unsigned order)
{
	ram->free += 1u << order;
	while (order + 1 < RAM_ORDERS) {
		uint32_t buddy = frame ^ 1u << order;

		if (buddy + (1u << order) > ram->count || ram->frames[buddy].state != FRAME_FREE ||
		    ram->frames[buddy].order != order)
			break;
		list_unlink(ram, buddy);
		ram->frames[buddy].state = ram->frames[frame].state = FRAME_INNER;
		frame &= ~(1u << order);
		order++;
	}
	list_push(ram, frame, order);
}

void ram_give(struct ram *ram, uint64_t start, uint64_t end)
{
	uint64_t first = (start + RAM_PAGE - 1) / RAM_PAGE, last = end / RAM_PAGE;

	/* Frame 0 names none. */
	if (first == 0)
		first = 1;
	if (last > ram->count)
		last = ram->count;
	while (first < last) {
		unsigned order = 0;

		while (order + 1 < RAM_ORDERS && (first & ((2ull << order) - 1)) == 0 &&
		       first + (2ull << order) <= last)
			order++;
		for (uint64_t frame = first; frame < first + (1ull << order); frame++)
			ram->frames[frame].state = FRAME_INNER;
		ram->total += 1u << order;
		block_free(ram, (uint32_t)first, order);
		first += 1ull << order;
	}
}

uint64_t ram_allocate(struct ram *ram, unsigned order)
{
	unsigned found = order;
	uint32_t frame;

	while (found < RAM_ORDERS && ram->lists[found] == 0)
		found++;
	if (found >= RAM_ORDERS)
		return 0;
	frame = ram->lists[found];
	list_unlink(ram, frame);
	while (found > order) {
		found--;
		list_push(ram, frame + (1u << found), found);
	}
	ram->frames[frame] = (struct frame){.order = (uint8_t)order, .state = FRAME_USED};
	ram->free -= 1u << order;
	return (uint64_t)frame * RAM_PAGE;
}

void ram_free(struct ram *ram, uint64_t address)
{
	block_free(ram, (uint32_t)(address / RAM_PAGE), ram_frame(ram, address)->order);
}

unsigned ram_order(size_t size)
{
	unsigned order = 0;

	while (order < RAM_ORDERS && (size_t)RAM_PAGE << order < size)
		order++;
	return order;
}

/* A block of at most that order; the largest that is to be had. */
static uint64_t allocate_largest(struct ram *ram, unsigned order)
{
	uint64_t address = ram_allocate(ram, order);

	while (address == 0 && order > 0)
		address = ram_allocate(ram, --order);
	return address;
}

/* Frees all blocks after `last`, or all there are where that is 0. */
static void chain_cut(struct ram *ram, struct chain *chain, uint32_t last, uint32_t pages)
{
	uint32_t block = last != 0 ? ram->frames[last].next : chain->first;

	while (block != 0) {
		uint32_t next = ram->frames[block].next;

		block_free(ram, block, ram->frames[block].order);
		block = next;
	}
	if (last != 0)
		ram->frames[last].next = 0;
	else
		chain->first = 0;
	chain->last = last;
	chain->pages = pages;
}

static void chain_append(struct ram *ram, struct chain *chain, uint32_t block, unsigned order)
{
	ram->frames[block] = (struct frame){.order = (uint8_t)order, .state = FRAME_USED};
	if (chain->last != 0)
		ram->frames[chain->last].next = block;
	else
		chain->first = block;
	chain->last = block;
	chain->pages += 1u << order;
}

/* Appends the first pages of an allocated block, and gives back what is left of it. Returns how many. */
static uint32_t chain_take(struct ram *ram, struct chain *chain, uint32_t block, unsigned order,
                           uint64_t pages)
{
	uint32_t had = chain->pages;

	while (order > 0 && pages < 1ull << order) {
		uint32_t half;

		order--;
		half = block + (1u << order);
		if (pages > 1ull << order) {
			chain_append(ram, chain, block, order);
			pages -= 1ull << order;
			block = half;
		} else {
			block_free(ram, half, order);
		}
	}
	chain_append(ram, chain, block, order);
	return chain->pages - had;
}

bool chain_grow(struct ram *ram, struct chain *chain, uint64_t pages)
{
	uint32_t last = chain->last, had = chain->pages;

	if (pages > ram->free)
		return false;
	while (pages > 0) {
		unsigned order = 0;
		uint64_t address;

		/* One block for all of it, if there is one: what lies in a row the kernel can see as a whole. */
		while (order + 1 < RAM_ORDERS && 1ull << order < pages)
			order++;
		address = allocate_largest(ram, order);
		if (address == 0) {
			chain_cut(ram, chain, last, had);
			return false;
		}
		pages -= chain_take(ram, chain, (uint32_t)(address / RAM_PAGE),
		                    ram_frame(ram, address)->order, pages);
	}
	return true;
}

bool chain_make_block(struct ram *ram, struct chain *chain, uint64_t pages)
{
	unsigned order = pages <= 1u << (RAM_ORDERS - 1) ? ram_order(pages * RAM_PAGE) : RAM_ORDERS;
	uint64_t address = order < RAM_ORDERS ? ram_allocate(ram, order) : 0;

	if (address == 0)
		return false;
	chain_append(ram, chain, (uint32_t)(address / RAM_PAGE), order);
	return true;
}

void chain_clear(struct ram *ram, const struct chain *chain, uint32_t first, uint32_t count)
{
	uint32_t block = chain->first;

	while (block != 0 && count > 0) {
		uint32_t pages = 1u << ram->frames[block].order, here;

		if (first >= pages) {
			first -= pages;
		} else {
			here = pages - first < count ? pages - first : count;
			memset(ram_view(ram, (uint64_t)(block + first) * RAM_PAGE), 0, (size_t)here * RAM_PAGE);
			first = 0;
			count -= here;
		}
		block = ram->frames[block].next;
	}
}

void *chain_view(const struct ram *ram, const struct chain *chain)
{
	uint32_t block = chain->first;

	while (block != chain->last) {
		uint32_t next = ram->frames[block].next;

		if (next != block + (1u << ram->frames[block].order))
			return NULL;
		block = next;
	}
	return ram_view(ram, (uint64_t)chain->first * RAM_PAGE);
}

void chain_free(struct ram *ram, struct chain *chain)
{
	chain_cut(ram, chain, 0, 0);
}
