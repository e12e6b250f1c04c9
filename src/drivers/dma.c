/* Pieces of memory that a device reaches, sorted, so that each segment is found in a few steps. */
#include "drivers/dma.h"

#include <drydock/abi/sys.h>
#include <drydock/string.h>

void dma_create(struct dma *dma, struct device_access *access)
{
	dma->access = access;
	dma->count = 0;
}

/* How many pieces begin at or below `address`. */
static uint32_t pieces_below(const struct dma *dma, uintptr_t address)
{
	uint32_t low = 0;
	uint32_t high = dma->count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (dma->pieces[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void *dma_allocate(struct dma *dma, size_t size)
{
	uint64_t device_address;
	uint32_t place;
	void *address;

	if (size == 0 || size % PAGE_SIZE != 0 || dma->count == DMA_PIECES)
		return NULL;
	if (dma->access->operations->memory_allocate(dma->access, size, &address, &device_address) != E_OK)
		return NULL;
	place = pieces_below(dma, (uintptr_t)address);
	memmove(&dma->pieces[place + 1], &dma->pieces[place], (dma->count - place) * sizeof(dma->pieces[0]));
	dma->pieces[place] = (struct dma_piece){(uintptr_t)address, size, device_address};
	dma->count++;
	return address;
}

void dma_free(struct dma *dma, void *address, size_t size)
{
	uint32_t place = pieces_below(dma, (uintptr_t)address);

	if (place == 0 || dma->pieces[place - 1].address != (uintptr_t)address ||
	    dma->pieces[place - 1].size != size)
		return;
	dma->count--;
	memmove(&dma->pieces[place - 1], &dma->pieces[place],
	        (dma->count - place + 1) * sizeof(dma->pieces[0]));
	dma->access->operations->memory_free(dma->access, address, size);
}

void dma_free_all(struct dma *dma)
{
	while (dma->count > 0)
		dma_free(dma, (void *)dma->pieces[0].address, dma->pieces[0].size);
}

bool dma_translate(const struct dma *dma, const void *address, uint32_t length, uint64_t *device_address)
{
	uint32_t below = pieces_below(dma, (uintptr_t)address);
	const struct dma_piece *piece;
	uintptr_t offset;

	if (below == 0)
		return false;
	piece = &dma->pieces[below - 1];
	offset = (uintptr_t)address - piece->address;
	if (offset >= piece->size || length > piece->size - offset)
		return false;
	*device_address = piece->device_address + offset;
	return true;
}
