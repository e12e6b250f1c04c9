/*
 * Names of the kernel's functions, for backtraces. A table in .rodata, made by
 * scripts/metal/symbols from a first linking of the same objects.
 */
#ifndef DRYDOCK_ARCH_SYMBOLS_H
#define DRYDOCK_ARCH_SYMBOLS_H

#include <stdint.h>

/* The function that `address` lies in, and how far; NULL where none is known. */
const char *symbol_find(uint64_t address, uint64_t *offset);

#endif
