/* The kernel's half of every address space: the direct map, the image, devices. */
#ifndef DRYDOCK_ARCH_PAGING_H
#define DRYDOCK_ARCH_PAGING_H

#include "arch/x86_64/boot/information.h"
#include "arch/x86_64/layout.h"
#include "arch/x86_64/memory/ram.h"

/* What the direct map shows at a physical address. */
static inline void *direct_view(uint64_t physical)
{
	return (void *)(uintptr_t)(DIRECT_BASE + physical);
}

/*
 * Finds room for the page records in the boot map, gives all other memory to
 * the allocator, and goes over to page tables of its own: text and constants
 * read-only, data not executable, nothing under the stacks. Returns their root.
 * Stops where there is too little memory.
 */
uint64_t paging_initialize(struct ram *ram, const struct boot_information *information);

/* A new address space's root, with the kernel's half; 0 without memory. */
uint64_t paging_create(struct ram *ram, uint64_t kernel_root);

#endif
