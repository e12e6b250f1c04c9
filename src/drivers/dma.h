/* The memory that one device reaches: which pieces there are, and where the device sees them. */
#ifndef DRYDOCK_DRIVERS_DMA_H
#define DRYDOCK_DRIVERS_DMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/access.h"

#define DMA_PIECES 512 /* with pieces of 2 MiB: a gigabyte */

struct dma_piece {
	uintptr_t address;
	size_t size;
	uint64_t device_address;
};

struct dma {
	struct device_access *access;
	uint32_t count;
	struct dma_piece pieces[DMA_PIECES]; /* sorted by address */
};

void dma_create(struct dma *dma, struct device_access *access);

/* As device_allocate (drydock/dev/device.h). */
void *dma_allocate(struct dma *dma, size_t size);

/* `address` and `size` as allocated; anything else is ignored. */
void dma_free(struct dma *dma, void *address, size_t size);
void dma_free_all(struct dma *dma);

/* Where the device sees `length` bytes at `address`; false where they are not all in one piece. */
bool dma_translate(const struct dma *dma, const void *address, uint32_t length, uint64_t *device_address);

#endif
