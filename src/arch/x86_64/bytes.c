/*
 * The functions that the compiler calls by itself (drydock/string.h), for the
 * kernel and for processes. Words where there are eight bytes of them, since
 * not every processor is quick at moving single ones.
 */
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t length);
void *memmove(void *to, const void *from, size_t length);
void *memset(void *to, int byte, size_t length);
int memcmp(const void *left, const void *right, size_t length);

void *memcpy(void *restrict to, const void *restrict from, size_t length)
{
	void *start = to;
	size_t words = length / 8, bytes = length % 8;

	__asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(bytes) : : "memory");
	return start;
}

void *memmove(void *to, const void *from, size_t length)
{
	uint8_t *target = (uint8_t *)to + length - 1;
	const uint8_t *source = (const uint8_t *)from + length - 1;

	if ((uintptr_t)to - (uintptr_t)from >= length)
		return memcpy(to, from, length);
	/* They overlap, and the target is the later: from the end. */
	__asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(target), "+S"(source), "+c"(length) : : "memory");
	return to;
}

void *memset(void *to, int byte, size_t length)
{
	void *start = to;
	size_t words = length / 8, bytes = length % 8;
	uint64_t value = (uint8_t)byte * 0x0101010101010101ull;

	__asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(value) : "memory");
	__asm__ volatile("rep stosb" : "+D"(to), "+c"(bytes) : "a"(value) : "memory");
	return start;
}

int memcmp(const void *left, const void *right, size_t length)
{
	const uint8_t *a = left, *b = right;

	for (size_t at = 0; at < length; at++) {
		if (a[at] != b[at])
			return a[at] < b[at] ? -1 : 1;
	}
	return 0;
}
