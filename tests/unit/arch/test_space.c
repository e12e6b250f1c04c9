/* Page tables and address spaces, as numbers in memory. */
#include "fixture.h"

#include "arch/x86_64/memory/space.h"
#include "arch/x86_64/memory/tables.h"
#include "arch/x86_64/user_layout.h"

static struct heap heap;
static struct space space;

static void set_up(void)
{
	ram_set_up();
	memset(&heap, 0, sizeof(heap));
	heap.ram = &ram;
	space_initialize(&space, &ram, &heap, tables_create(&ram));
	ck_assert_uint_ne(space.root, 0);
}

static void tear_down(void)
{
	space_destroy(&space);
	heap_tear_down(&heap);
}

START_TEST(tables)
{
	uint64_t root, before;

	ram_set_up();
	root = tables_create(&ram);
	before = ram.free;
	ck_assert(tables_map(&ram, root, 0x7f0000001000, 0x5000, PAGE_USER | PAGE_NO_EXECUTE));
	ck_assert_uint_eq(tables_find(&ram, root, 0x7f0000001000),
	                  0x5000 | PAGE_PRESENT | PAGE_USER | PAGE_NO_EXECUTE);
	ck_assert_uint_eq(tables_find(&ram, root, 0x7f0000002000), 0);
	ck_assert_uint_eq(before - ram.free, 3);
	ck_assert(tables_map(&ram, root, 0x7f0000003000, 0x6000, PAGE_USER));
	ck_assert_uint_eq(before - ram.free, 3);
	/* What is not there is not taken away, in the same table or elsewhere. */
	tables_unmap(&ram, root, 0x7f0000002000);
	tables_unmap(&ram, root, 0x1000);
	tables_unmap(&ram, root, 0x7f0000001000);
	ck_assert_uint_ne(tables_find(&ram, root, 0x7f0000003000), 0);
	tables_unmap(&ram, root, 0x7f0000003000);
	ck_assert_uint_eq(ram.free, before);
	tables_destroy(&ram, root);
	ram_tear_down();
}
END_TEST

START_TEST(tables_without_memory)
{
	struct chain all = {0};
	uint64_t root;

	for (uint64_t left = 0; left < 3; left++) {
		ram_set_up();
		root = tables_create(&ram);
		ck_assert(chain_grow(&ram, &all, ram.free - left));
		ck_assert(!tables_map(&ram, root, 0x7f0000001000, 0x5000, PAGE_USER));
		ck_assert_uint_eq(ram.free, left);
		chain_free(&ram, &all);
		tables_destroy(&ram, root);
		ram_tear_down();
	}
}
END_TEST

START_TEST(mappings_lie_apart)
{
	struct chain chain = {0};
	uint64_t first, second, third, page;

	set_up();
	ck_assert(chain_grow(&ram, &chain, 5));
	memset(chain_view(&ram, &chain), 7, 5 * RAM_PAGE);
	ck_assert(space_map_chain(&space, &chain, RIGHT_READ | RIGHT_WRITE, &first));
	ck_assert(space_map_chain(&space, &chain, RIGHT_READ, &second));
	ck_assert(space_map_anywhere(&space, 0x5000, RIGHT_READ, &third));
	ck_assert_uint_ge(first, USER_MAP_START + RAM_PAGE);
	ck_assert_uint_ge(second, first + 6 * RAM_PAGE);
	ck_assert_uint_ge(third, second + 6 * RAM_PAGE);
	for (page = 0; page < 5; page++) {
		uint64_t entry = tables_find(&ram, space.root, first + page * RAM_PAGE);

		ck_assert_uint_eq(entry & ~PAGE_ADDRESS,
		                  PAGE_PRESENT | PAGE_USER | PAGE_WRITE | PAGE_NO_EXECUTE);
		ck_assert_uint_eq(entry & PAGE_ADDRESS, chain.first * RAM_PAGE + page * RAM_PAGE);
		entry = tables_find(&ram, space.root, second + page * RAM_PAGE);
		ck_assert_uint_eq(entry & ~PAGE_ADDRESS, PAGE_PRESENT | PAGE_USER | PAGE_NO_EXECUTE);
	}
	ck_assert_uint_eq(tables_find(&ram, space.root, first - RAM_PAGE), 0);
	ck_assert_uint_eq(tables_find(&ram, space.root, first + 5 * RAM_PAGE), 0);
	space_unmap(&space, second);
	ck_assert_uint_eq(tables_find(&ram, space.root, second), 0);
	ck_assert_uint_ne(tables_find(&ram, space.root, first), 0);
	ck_assert_uint_ne(tables_find(&ram, space.root, third), 0);
	space_unmap(&space, first + RAM_PAGE);
	ck_assert_uint_ne(tables_find(&ram, space.root, first), 0);
	chain_free(&ram, &chain);
	tear_down();
}
END_TEST

START_TEST(addresses_wander)
{
	struct chain chain = {0};
	uint64_t before, address, last = 0;

	set_up();
	ck_assert(chain_grow(&ram, &chain, 1000));
	before = ram.free;
	for (int turn = 0; turn < 1000; turn++) {
		ck_assert(space_map_chain(&space, &chain, RIGHT_READ, &address));
		ck_assert_uint_ge(address, USER_MAP_START);
		ck_assert_uint_lt(address + 1000 * RAM_PAGE, USER_MAP_END);
		space_unmap(&space, address);
		/* No table is left behind, however far they wander. */
		ck_assert_uint_eq(ram.free + heap_kept(&heap), before);
	}
	/* Behind the last one made, while there is room there. */
	ck_assert(space_map_anywhere(&space, 0x5000, RIGHT_READ, &last));
	ck_assert(space_map_anywhere(&space, 0x5000, RIGHT_READ, &address));
	ck_assert_uint_gt(address, last);
	space_unmap(&space, last);
	ck_assert(space_map_chain(&space, &chain, RIGHT_READ, &last));
	ck_assert_uint_gt(last, address);
	chain_free(&ram, &chain);
	tear_down();
}
END_TEST

START_TEST(mapping_without_memory)
{
	struct chain all = {0}, chain = {0};
	uint64_t address;

	for (uint64_t left = 0; left < 8; left++) {
		uint64_t free;

		set_up();
		/* 600 pages: two tables of the last level, the two above, and a record. */
		ck_assert(chain_grow(&ram, &chain, 600));
		ck_assert(chain_grow(&ram, &all, ram.free - left));
		free = ram.free;
		if (space_map_chain(&space, &chain, RIGHT_READ, &address)) {
			ck_assert_uint_ge(left, 5);
			space_unmap(&space, address);
		} else {
			ck_assert_uint_lt(left, 5);
		}
		ck_assert_uint_eq(ram.free + heap_kept(&heap), free);
		chain_free(&ram, &all);
		chain_free(&ram, &chain);
		tear_down();
	}
}
END_TEST

START_TEST(reading_a_process)
{
	uint8_t bytes[8] = {0};
	uint8_t *low, *high;

	set_up();
	low = space_add_page(&space, 0x400000, RIGHT_READ);
	high = space_add_page(&space, 0x401000, RIGHT_READ | RIGHT_WRITE);
	ck_assert_ptr_nonnull(low);
	ck_assert_ptr_nonnull(high);
	ck_assert_uint_eq(low[0], 0);
	memset(low, 1, RAM_PAGE);
	memset(high, 2, RAM_PAGE);
	ck_assert(space_read(&space, 0x401000 - 3, bytes, 8));
	ck_assert_mem_eq(bytes, "\1\1\1\2\2\2\2\2", 8);
	ck_assert(!space_read(&space, 0x402000 - 7, bytes, 8));
	ck_assert(!space_read(&space, 0x3ffffc, bytes, 8));
	ck_assert(!space_read(&space, UINT64_MAX - 3, bytes, 8));
	ck_assert(!space_read(&space, 0xffff800000000000ull, bytes, 8));
	ck_assert(!space_read(&space, USER_END - 4, bytes, 8));
	tear_down();
}
END_TEST

UNIT_RUN("space", tables, tables_without_memory, mappings_lie_apart, addresses_wander, mapping_without_memory,
         reading_a_process)
