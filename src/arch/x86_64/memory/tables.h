/*
 * Page tables of four levels (Intel SDM vol. 3A, 4.5), each a page of 512
 * entries. A table made here counts its entries in its frame and is freed with
 * the last one; the kernel's half, whose entries are copied, is never changed.
 */
#ifndef DRYDOCK_ARCH_TABLES_H
#define DRYDOCK_ARCH_TABLES_H

#include "arch/x86_64/memory/ram.h"

#define PAGE_PRESENT    0x1ull
#define PAGE_WRITE      0x2ull
#define PAGE_USER       0x4ull
#define PAGE_UNCACHED   0x18ull /* PWT and PCD: entry 3 of the PAT, uncacheable after reset (11.12.4) */
#define PAGE_LARGE      0x80ull
#define PAGE_GLOBAL     0x100ull
#define PAGE_NO_EXECUTE 0x8000000000000000ull
#define PAGE_ADDRESS    0x000ffffffffff000ull

/* An empty root; 0 without memory. */
uint64_t tables_create(struct ram *ram);

/* Maps one page with these bits besides PRESENT; false without memory. It must not be mapped yet. */
bool tables_map(struct ram *ram, uint64_t root, uint64_t address, uint64_t physical, uint64_t bits);

/* The same for a page of 2 MiB. */
bool tables_map_large(struct ram *ram, uint64_t root, uint64_t address, uint64_t physical, uint64_t bits);

/* Takes a small page away, if it is there. */
void tables_unmap(struct ram *ram, uint64_t root, uint64_t address);

/* The last-level entry of a small page; 0 where there is none. */
uint64_t tables_find(const struct ram *ram, uint64_t root, uint64_t address);

/* Frees the root and all tables of the lower half; not what they map. */
void tables_destroy(struct ram *ram, uint64_t root);

#endif
