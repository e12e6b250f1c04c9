/* What loaders say. */
#include "tests/unit/unit.h"

#include <string.h>

#include "arch/x86_64/boot/information.h"
#include "arch/x86_64/layout.h"

#define MIB 0x100000ull

static struct boot_information information;
static uint8_t memory[4096];

static void put32(size_t at, uint32_t value)
{
	memcpy(memory + at, &value, sizeof(value));
}

static void put64(size_t at, uint64_t value)
{
	memcpy(memory + at, &value, sizeof(value));
}

static void expect(unsigned i, uint64_t start, uint64_t end)
{
	ck_assert_uint_lt(i, information.range_count);
	ck_assert_uint_eq(information.ranges[i].start, start);
	ck_assert_uint_eq(information.ranges[i].end, end);
}

START_TEST(memory_is_sorted_and_apart)
{
	memset(&information, 0, sizeof(information));
	boot_add_memory(&information, 64 * MIB, 8 * MIB);
	boot_add_memory(&information, 0, 16 * MIB);
	boot_add_memory(&information, 32 * MIB + 1, 2 * MIB);
	boot_add_memory(&information, 60 * MIB, 100 * MIB);
	boot_add_memory(&information, 65 * MIB, MIB);
	boot_add_memory(&information, 200 * MIB, 4095);
	boot_add_memory(&information, DIRECT_SIZE - MIB, UINT64_MAX);
	ck_assert_uint_eq(information.range_count, 5);
	expect(0, MIB, 16 * MIB);
	expect(1, 32 * MIB + 4096, 34 * MIB);
	expect(2, 60 * MIB, 64 * MIB);
	expect(3, 64 * MIB, 72 * MIB);
	expect(4, DIRECT_SIZE - MIB, DIRECT_SIZE);
}
END_TEST

START_TEST(more_ranges_than_fit)
{
	memset(&information, 0, sizeof(information));
	for (unsigned i = 0; i < 2 * BOOT_RANGES; i++)
		boot_add_memory(&information, (10 + 2 * i) * MIB, MIB);
	ck_assert_uint_eq(information.range_count, BOOT_RANGES);
}
END_TEST

static void make_pvh(void)
{
	memset(memory, 0, sizeof(memory));
	put32(64, 0x336ec578);
	put32(64 + 4, 1);
	put32(64 + 12, 1);     /* modules */
	put64(64 + 16, 256);   /* where */
	put64(64 + 40, 512);   /* the memory map */
	put32(64 + 48, 2);
	put64(256, 8 * MIB);
	put64(256 + 8, 12345);
	put64(512, MIB);
	put64(512 + 8, 31 * MIB);
	put32(512 + 16, 1);
	put64(512 + 24, 32 * MIB);
	put64(512 + 32, MIB);
	put32(512 + 40, 2);
}

START_TEST(pvh)
{
	make_pvh();
	ck_assert_ptr_null(boot_read_pvh(&information, memory, 64));
	ck_assert_uint_eq(information.range_count, 1);
	expect(0, MIB, 32 * MIB);
	ck_assert_uint_eq(information.archive, 8 * MIB);
	ck_assert_uint_eq(information.archive_size, 12345);
	put32(64 + 12, 0);
	ck_assert_ptr_null(boot_read_pvh(&information, memory, 64));
	ck_assert_uint_eq(information.archive_size, 0);
	put32(64 + 4, 0);
	ck_assert_str_eq(boot_read_pvh(&information, memory, 64), "the loader's PVH structure has no memory map");
	put32(64, 0);
	ck_assert_str_eq(boot_read_pvh(&information, memory, 64),
	                 "the loader's PVH structure has the wrong magic");
}
END_TEST

static void make_multiboot2(void)
{
	memset(memory, 0, sizeof(memory));
	put32(64, 8 + 24 + 24 + 16 + 48 + 8);
	/* A command line, of a size that needs padding, is not looked at. */
	put32(72, 1);
	put32(76, 17);
	put32(96, 3);
	put32(100, 19);
	put32(104, 8 * MIB);
	put32(108, 8 * MIB + 77);
	put32(120, 6);
	put32(124, 16 + 2 * 24);
	put32(128, 24);
	put64(136, MIB);
	put64(144, 31 * MIB);
	put32(152, 1);
	put64(160, 40 * MIB);
	put64(168, MIB);
	put32(176, 3);
	put32(184, 0);
	put32(188, 8);
}

START_TEST(multiboot2)
{
	make_multiboot2();
	ck_assert_ptr_null(boot_read_multiboot2(&information, memory, 64));
	ck_assert_uint_eq(information.range_count, 1);
	expect(0, MIB, 32 * MIB);
	ck_assert_uint_eq(information.archive, 8 * MIB);
	ck_assert_uint_eq(information.archive_size, 77);
	put32(108, 8 * MIB - 1);
	ck_assert_ptr_null(boot_read_multiboot2(&information, memory, 64));
	ck_assert_uint_eq(information.archive_size, 0);
	put32(128, 0);
	ck_assert_ptr_null(boot_read_multiboot2(&information, memory, 64));
	ck_assert_uint_eq(information.range_count, 0);
	put32(124, 4000);
	ck_assert_str_eq(boot_read_multiboot2(&information, memory, 64),
	                 "a Multiboot2 tag of the loader's is longer than all of them");
	put32(124, 4);
	ck_assert_str_eq(boot_read_multiboot2(&information, memory, 64),
	                 "a Multiboot2 tag of the loader's is longer than all of them");
	make_multiboot2();
	put32(64, 8 + 24 + 24);
	ck_assert_str_eq(boot_read_multiboot2(&information, memory, 64), "the loader's Multiboot2 tags have no end");
}
END_TEST

UNIT_RUN("information", memory_is_sorted_and_apart, more_ranges_than_fit, pvh, multiboot2)
