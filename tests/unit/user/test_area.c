/* Ranges of a data area (src/user/area.h), against a map of bytes. */
#include "../unit.h"

#include <string.h>

#include "user/area.h"

#define SIZE (300 * AREA_GRANULE)

static uint64_t bitmap[64];
static struct area area;

static void make(uint32_t size)
{
	memset(bitmap, 0, sizeof(bitmap));
	ck_assert_uint_le(area_bitmap_size(size), sizeof(bitmap));
	area_init(&area, bitmap, size);
}

START_TEST(the_whole_can_be_had)
{
	struct range range, other;

	make(SIZE);
	ck_assert(area_reserve(&area, SIZE, &range));
	ck_assert_uint_eq(range.offset, 0);
	ck_assert(!area_reserve(&area, 1, &other));
	area_release(&area, range);
	ck_assert(!area_reserve(&area, SIZE + 1, &range));
	ck_assert(area_reserve(&area, SIZE, &range));
}
END_TEST

START_TEST(an_empty_area_has_nothing)
{
	struct range range;

	make(0);
	ck_assert(!area_reserve(&area, 1, &range));
}
END_TEST

static bool is_all(const uint8_t *bytes, uint32_t length, long value)
{
	for (uint32_t i = 0; i < length; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

START_TEST(random_ranges_never_overlap_nor_leave)
{
	static uint8_t owner[SIZE];
	struct range held[64] = {{0}};
	unsigned seed = 12345;

	memset(owner, 0, sizeof(owner));
	make(SIZE);
	for (unsigned i = 0; i < 20000; i++) {
		struct range *range;

		seed = seed * 1103515245 + 12345;
		range = &held[(seed >> 16) % 64];
		if (range->length > 0) {
			ck_assert(is_all(owner + range->offset, range->length, range - held + 1));
			memset(owner + range->offset, 0, range->length);
			area_release(&area, *range);
			range->length = 0;
			continue;
		}
		if (!area_reserve(&area, 1 + (seed >> 8) % (40 * AREA_GRANULE), range)) {
			range->length = 0;
			continue;
		}
		ck_assert_uint_le(range->offset + range->length, SIZE);
		ck_assert(is_all(owner + range->offset, range->length, 0));
		memset(owner + range->offset, (int)(range - held + 1), range->length);
	}
	for (unsigned i = 0; i < 64; i++)
		area_release(&area, held[i]);
	ck_assert(area_reserve(&area, SIZE, &held[0]));
}
END_TEST

UNIT_RUN("area", the_whole_can_be_had, an_empty_area_has_nothing, random_ranges_never_overlap_nor_leave)
