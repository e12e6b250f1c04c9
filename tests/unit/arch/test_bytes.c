/* memcpy and its family as they are on bare metal, beside those of the C library. */
#include "tests/unit/unit.h"

#include <string.h>

void *metal_memcpy(void *restrict to, const void *restrict from, size_t length);
void *metal_memmove(void *to, const void *from, size_t length);
void *metal_memset(void *to, int byte, size_t length);
int metal_memcmp(const void *left, const void *right, size_t length);

#define SIZE 96

static unsigned char got[SIZE], wanted[SIZE], source[SIZE];

static void fill(void)
{
	for (int i = 0; i < SIZE; i++) {
		got[i] = wanted[i] = (unsigned char)(i * 7 + 1);
		source[i] = (unsigned char)(i * 11 + 3);
	}
}

START_TEST(copies)
{
	for (size_t to = 0; to < 9; to++) {
		for (size_t from = 0; from < 9; from++) {
			for (size_t length = 0; length < 70; length++) {
				fill();
				memcpy(wanted + to, source + from, length);
				ck_assert_ptr_eq(metal_memcpy(got + to, source + from, length), got + to);
				ck_assert(memcmp(got, wanted, SIZE) == 0);
			}
		}
	}
}
END_TEST

START_TEST(moves)
{
	for (size_t to = 0; to < 24; to++) {
		for (size_t from = 0; from < 24; from++) {
			for (size_t length = 0; length < 70; length++) {
				fill();
				memmove(wanted + to, wanted + from, length);
				ck_assert_ptr_eq(metal_memmove(got + to, got + from, length), got + to);
				ck_assert(memcmp(got, wanted, SIZE) == 0);
			}
		}
	}
}
END_TEST

START_TEST(sets)
{
	for (size_t to = 0; to < 9; to++) {
		for (size_t length = 0; length < 70; length++) {
			fill();
			memset(wanted + to, 0x1f5, length);
			ck_assert_ptr_eq(metal_memset(got + to, 0x1f5, length), got + to);
			ck_assert(memcmp(got, wanted, SIZE) == 0);
		}
	}
}
END_TEST

START_TEST(compares)
{
	fill();
	ck_assert_int_eq(metal_memcmp(got, wanted, SIZE), 0);
	ck_assert_int_eq(metal_memcmp("ab", "ac", 1), 0);
	ck_assert_int_lt(metal_memcmp("ab", "ac", 2), 0);
	ck_assert_int_gt(metal_memcmp("\xff", "\x01", 1), 0);
	ck_assert_int_eq(metal_memcmp("a", "b", 0), 0);
}
END_TEST

UNIT_RUN("bytes", copies, moves, sets, compares)
