/*
 * The address space of a process: its lower half, with the pages it was born
 * with at the addresses of user_layout.h, and mappings at addresses that are
 * found here. Unmapped pages lie about each mapping.
 */
#ifndef DRYDOCK_ARCH_SPACE_H
#define DRYDOCK_ARCH_SPACE_H

#include <drydock/abi/rights.h>
#include <drydock/list.h>

#include "arch/x86_64/memory/heap.h"
#include "arch/x86_64/memory/ram.h"

struct space {
	struct ram *ram;
	struct heap *heap;
	uint64_t root;        /* page tables; 0: none */
	bool active;          /* the processor uses it now */
	struct chain pages;   /* its own: image and stack */
	struct list mappings; /* by rising address */
	struct list *cursor;  /* the one after which to look for room first */
};

/* `root` is of paging_create, and becomes the space's; space_destroy frees it. */
void space_initialize(struct space *space, struct ram *ram, struct heap *heap, uint64_t root);
void space_destroy(struct space *space);

/* Maps one page that is not the space's at a fixed address; false without memory. */
bool space_map_page(struct space *space, uint64_t address, uint64_t physical, rights_t access);

/* Makes a zeroed page of the space's own at a fixed address, and returns the kernel's view; NULL without. */
void *space_add_page(struct space *space, uint64_t address, rights_t access);

/* Maps a chain, or a single page, where there is room. False, and nothing mapped, without memory. */
bool space_map_chain(struct space *space, const struct chain *chain, rights_t access, uint64_t *address);
bool space_map_anywhere(struct space *space, uint64_t physical, rights_t access, uint64_t *address);

/* The same for registers of a device: not cached, not executed. */
bool space_map_device(struct space *space, uint64_t physical, uint64_t pages, uint64_t *address);

/* Takes such a mapping away. */
void space_unmap(struct space *space, uint64_t address);

/* Copies out of the process's memory; false where not all of it is mapped for it, or it is a device's. */
bool space_read(const struct space *space, uint64_t address, void *to, size_t size);

#endif
