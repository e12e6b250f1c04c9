/* Pages, chains of them, and the heap. */
#include "fixture.h"


START_TEST(every_page_once)
{
	static bool seen[FRAMES];
	uint64_t page;
	unsigned count = 0;

	ram_set_up();
	memset(seen, 0, sizeof(seen));
	while ((page = ram_allocate(&ram, 0)) != 0) {
		ck_assert_uint_eq(page % RAM_PAGE, 0);
		ck_assert_uint_lt(page / RAM_PAGE, FRAMES);
		ck_assert(!seen[page / RAM_PAGE]);
		seen[page / RAM_PAGE] = true;
		count++;
	}
	ck_assert_uint_eq(count, FRAMES - 1);
	ck_assert_uint_eq(ram.free, 0);
	for (uint64_t frame = 1; frame < FRAMES; frame++)
		ram_free(&ram, frame * RAM_PAGE);
	ram_tear_down();
}
END_TEST

START_TEST(blocks_are_aligned_and_apart)
{
	static uint64_t held[64];
	static unsigned orders[64];
	unsigned seed = 7;

	ram_set_up();
	memset(held, 0, sizeof(held));
	for (int turn = 0; turn < 20000; turn++) {
		unsigned slot;

		seed = seed * 1103515245u + 12345u;
		slot = (seed >> 16) % 64;
		if (held[slot] != 0) {
			uint8_t *view = ram_view(&ram, held[slot]);

			/* Nobody else has written to it. */
			ck_assert_uint_eq(view[0], slot);
			ck_assert_uint_eq(view[((size_t)RAM_PAGE << orders[slot]) - 1], slot);
			ram_free(&ram, held[slot]);
			held[slot] = 0;
			continue;
		}
		orders[slot] = (seed >> 8) % 8;
		held[slot] = ram_allocate(&ram, orders[slot]);
		if (held[slot] == 0)
			continue;
		ck_assert_uint_eq(held[slot] % ((uint64_t)RAM_PAGE << orders[slot]), 0);
		memset(ram_view(&ram, held[slot]), (int)slot, (size_t)RAM_PAGE << orders[slot]);
	}
	for (unsigned slot = 0; slot < 64; slot++) {
		if (held[slot] != 0)
			ram_free(&ram, held[slot]);
	}
	ram_tear_down();
}
END_TEST

START_TEST(memory_in_pieces)
{
	memset(frames, 0, sizeof(frames));
	ram_initialize(&ram, NULL, frames, FRAMES);
	ram_give(&ram, 5 * RAM_PAGE + 1, 9 * RAM_PAGE + 4095);
	ram_give(&ram, 100 * RAM_PAGE, 100 * RAM_PAGE);
	ck_assert_uint_eq(ram.total, 3);
	ck_assert_uint_eq(ram_allocate(&ram, 1), 6 * RAM_PAGE);
	ck_assert_uint_eq(ram_allocate(&ram, 1), 0);
	ck_assert_uint_eq(ram_allocate(&ram, 0), 8 * RAM_PAGE);
	/* Beyond the records there is nothing. */
	ram_give(&ram, (FRAMES - 1) * RAM_PAGE, (FRAMES + 5) * (uint64_t)RAM_PAGE);
	ck_assert_uint_eq(ram.total, 4);
}
END_TEST

START_TEST(chains)
{
	ram_set_up();
	for (uint64_t pages = 1; pages < 300; pages++) {
		struct chain chain = {0};
		uint8_t *view;

		ck_assert(chain_grow(&ram, &chain, pages));
		ck_assert_uint_eq(chain.pages, pages);
		ck_assert_uint_eq(ram.free, FRAMES - 1 - pages);
		view = chain_view(&ram, &chain);
		ck_assert_ptr_nonnull(view);
		memset(view, 0xa5, pages * RAM_PAGE);
		chain_clear(&ram, &chain, 0, (uint32_t)pages);
		for (size_t at = 0; at < pages * RAM_PAGE; at += 512)
			ck_assert_uint_eq(view[at], 0);
		memset(view, 0xa5, pages * RAM_PAGE);
		chain_free(&ram, &chain);
		ck_assert_uint_eq(chain.pages, 0);
	}
	ram_tear_down();
}
END_TEST

static void dirty(const struct chain *chain)
{
	for (uint32_t block = chain->first; block != 0; block = frames[block].next)
		memset(ram_view(&ram, (uint64_t)block * RAM_PAGE), 0xa5,
		       (size_t)RAM_PAGE << frames[block].order);
}

/* How many pages of a chain of single pages are not all zero. */
static uint32_t dirty_pages(const struct chain *chain)
{
	uint32_t count = 0;

	for (uint32_t block = chain->first; block != 0; block = frames[block].next) {
		const uint8_t *page = ram_view(&ram, (uint64_t)block * RAM_PAGE);

		ck_assert_uint_eq(frames[block].order, 0);
		count += page[0] != 0 || memcmp(page, page + 1, RAM_PAGE - 1) != 0;
	}
	return count;
}

START_TEST(chains_of_what_is_left)
{
	struct chain odd = {0}, all = {0};

	ram_set_up();
	for (uint64_t frame = 1; frame < FRAMES; frame++)
		ck_assert_uint_ne(ram_allocate(&ram, 0), 0);
	/* Every other page. */
	for (uint64_t frame = 1; frame < FRAMES; frame += 2)
		ram_free(&ram, frame * RAM_PAGE);
	ck_assert(!chain_grow(&ram, &all, FRAMES / 2 + 1));
	ck_assert(chain_grow(&ram, &odd, 10));
	ck_assert(chain_grow(&ram, &odd, FRAMES / 2 - 10));
	ck_assert_uint_eq(ram.free, 0);
	ck_assert_ptr_null(chain_view(&ram, &odd));
	ck_assert(!chain_grow(&ram, &odd, 1));
	ck_assert_uint_eq(odd.pages, FRAMES / 2);
	/* Whatever pieces it lies in, those and no others are cleared. */
	chain_clear(&ram, &odd, 0, UINT32_MAX);
	ck_assert_uint_eq(dirty_pages(&odd), 0);
	dirty(&odd);
	chain_clear(&ram, &odd, 5, 7);
	ck_assert_uint_eq(dirty_pages(&odd), FRAMES / 2 - 7);
	chain_clear(&ram, &odd, FRAMES / 2 - 1, 10);
	ck_assert_uint_eq(dirty_pages(&odd), FRAMES / 2 - 8);
	chain_clear(&ram, &odd, FRAMES / 2, 1);
	ck_assert_uint_eq(dirty_pages(&odd), FRAMES / 2 - 8);
	ck_assert(!chain_grow(&ram, &all, UINT64_MAX));
	chain_free(&ram, &odd);
	for (uint64_t frame = 2; frame < FRAMES; frame += 2)
		ram_free(&ram, frame * RAM_PAGE);
	ram_tear_down();
}
END_TEST

static bool all_are(const uint8_t *bytes, uint8_t value, size_t size)
{
	size_t at = 0;

	while (at < size && bytes[at] == value)
		at++;
	return at == size;
}

START_TEST(heap_objects)
{
	static void *held[512];
	static size_t sizes[512];
	struct heap heap = {.ram = &ram};
	unsigned seed = 3;

	ram_set_up();
	memset(held, 0, sizeof(held));
	for (int turn = 0; turn < 50000; turn++) {
		unsigned slot;

		seed = seed * 1103515245u + 12345u;
		slot = (seed >> 16) % 512;
		if (held[slot] != NULL) {
			ck_assert(all_are(held[slot], slot & 0xff, sizes[slot]));
			heap_free(&heap, held[slot], sizes[slot]);
			held[slot] = NULL;
			continue;
		}
		sizes[slot] = (seed >> 6) % 3 == 0 ? 1 + (seed >> 10) % 10000 : 1 + (seed >> 10) % 400;
		held[slot] = heap_allocate(&heap, sizes[slot]);
		if (held[slot] == NULL)
			continue;
		ck_assert_uint_eq((uintptr_t)held[slot] % 16, 0);
		ck_assert(all_are(held[slot], 0, sizes[slot]));
		memset(held[slot], (int)slot, sizes[slot]);
	}
	for (unsigned slot = 0; slot < 512; slot++) {
		if (held[slot] != NULL)
			heap_free(&heap, held[slot], sizes[slot]);
	}
	heap_tear_down(&heap);
}
END_TEST

START_TEST(heap_without_memory)
{
	struct heap heap = {.ram = &ram};
	struct chain all = {0};
	void *object;

	ram_set_up();
	ck_assert(chain_grow(&ram, &all, FRAMES - 1));
	ck_assert_ptr_null(heap_allocate(&heap, 32));
	ck_assert_ptr_null(heap_allocate(&heap, 5000));
	chain_free(&ram, &all);
	object = heap_allocate(&heap, 2048);
	ck_assert_ptr_nonnull(object);
	ck_assert_ptr_null(heap_allocate(&heap, SIZE_MAX / 2));
	heap_free(&heap, object, 2048);
	heap_tear_down(&heap);
}
END_TEST

START_TEST(heap_keeps_one_slab)
{
	struct heap heap = {.ram = &ram};
	void *objects[65];

	ram_set_up();
	for (unsigned i = 0; i < 65; i++)
		objects[i] = heap_allocate(&heap, 64);
	ck_assert_uint_eq(ram.free, FRAMES - 3);
	for (unsigned i = 0; i < 65; i++)
		heap_free(&heap, objects[i], 64);
	/* What comes and goes by itself takes no page, and gives none back. */
	for (unsigned i = 0; i < 10; i++) {
		ck_assert_uint_eq(ram.free, FRAMES - 2);
		objects[0] = heap_allocate(&heap, 33);
		ck_assert_uint_eq(ram.free, FRAMES - 2);
		heap_free(&heap, objects[0], 33);
	}
	heap_tear_down(&heap);
}
END_TEST

UNIT_RUN("ram", every_page_once, blocks_are_aligned_and_apart, memory_in_pieces, chains,
         chains_of_what_is_left, heap_objects, heap_keeps_one_slab, heap_without_memory)
