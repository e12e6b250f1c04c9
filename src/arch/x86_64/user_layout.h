/*
 * The lower half of an address space: what kernel and process agree on besides
 * the ABI. Unmapped pages lie between all of it. The last page of the lower
 * half is never mapped, so that no instruction can be followed by a
 * non-canonical address.
 */
#ifndef DRYDOCK_ARCH_USER_LAYOUT_H
#define DRYDOCK_ARCH_USER_LAYOUT_H

#include <stdint.h>

/* Images are linked at the start and may be so large. */
#define USER_IMAGE_START 0x400000ull
#define USER_IMAGE_END   0x40000000ull

/* What the kernel maps at an address of its own choice: memory, lanes, peers' pages. */
#define USER_MAP_START 0x100000000ull
#define USER_MAP_END   0x7f0000000000ull

#define USER_STACK_SIZE 0x20000ull
#define USER_STACK_TOP  0x7f8000000000ull

#define USER_KERNEL_BUFFER 0x7fc000000000ull /* read and write */
#define USER_NOTICE_PAGE   0x7fc000002000ull /* read */
#define USER_OWNER_PAGE    0x7fc000004000ull /* read and write */
#define USER_CLOCK_PAGE    0x7fc000006000ull /* read; struct clock_page */

#define USER_END 0x7ffffffff000ull

/*
 * How to read the time: nanoseconds since boot are (TSC - base) * multiplier
 * >> 32. Written by the kernel before the first process runs, and constant.
 */
struct clock_page {
	uint64_t base;
	uint64_t multiplier;
	uint64_t wall; /* nanoseconds from 1970 to boot, by the real-time clock */
};

#endif
