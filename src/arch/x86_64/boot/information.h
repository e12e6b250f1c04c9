/*
 * What the loader says, in one form for all loaders. It is copied, for what the
 * loader wrote lies in memory that is about to be used.
 */
#ifndef DRYDOCK_ARCH_INFORMATION_H
#define DRYDOCK_ARCH_INFORMATION_H

#include <stddef.h>
#include <stdint.h>

#define BOOT_RANGES 64u

struct boot_range {
	uint64_t start, end; /* physical; whole pages */
};

struct boot_information {
	struct boot_range ranges[BOOT_RANGES]; /* usable memory above 1 MiB, by rising address, apart */
	unsigned range_count;
	uint64_t archive, archive_size; /* the boot archive; size 0: the loader brought none */
};

/* Adds usable memory as a loader describes it. What cannot be used, or does not fit, is left out. */
void boot_add_memory(struct boot_information *information, uint64_t start, uint64_t size);

/*
 * Reads what a loader left at `address`, a view of physical memory from
 * `memory` on. Returns what is wrong with it, or NULL.
 *
 * PVH: Xen, include/public/arch-x86/hvm/start_info.h.
 * Multiboot2: specification 3.6.
 */
const char *boot_read_pvh(struct boot_information *information, const uint8_t *memory, uint64_t address);
const char *boot_read_multiboot2(struct boot_information *information, const uint8_t *memory, uint64_t address);

#endif
