/* Memory that an in-memory device reaches. */
#include "memory_device.h"

#include <stdlib.h>
#include <string.h>

#include <drydock/abi/sys.h>

void *memory_pieces_allocate(struct memory_pieces *pieces, size_t size)
{
	if (size == 0 || size % PAGE_SIZE != 0)
		return NULL;
	for (size_t i = 0; i < MEMORY_PIECES; i++) {
		if (pieces->piece[i].address != NULL)
			continue;
		pieces->piece[i].address = aligned_alloc(PAGE_SIZE, size);
		if (pieces->piece[i].address == NULL)
			return NULL;
		memset(pieces->piece[i].address, 0, size);
		pieces->piece[i].size = size;
		return pieces->piece[i].address;
	}
	return NULL;
}

void memory_pieces_free(struct memory_pieces *pieces, void *address, size_t size)
{
	for (size_t i = 0; i < MEMORY_PIECES; i++) {
		if (address == NULL || pieces->piece[i].address != address || pieces->piece[i].size != size)
			continue;
		free(address);
		pieces->piece[i].address = NULL;
		return;
	}
	abort();
}

void memory_pieces_free_all(struct memory_pieces *pieces)
{
	for (size_t i = 0; i < MEMORY_PIECES; i++) {
		free(pieces->piece[i].address);
		pieces->piece[i].address = NULL;
	}
}

static bool holds(const struct memory_pieces *pieces, const struct device_segment *segment)
{
	for (size_t i = 0; i < MEMORY_PIECES; i++) {
		uintptr_t offset = (uintptr_t)segment->address - (uintptr_t)pieces->piece[i].address;

		if (pieces->piece[i].address != NULL && offset < pieces->piece[i].size &&
		    segment->length <= pieces->piece[i].size - offset)
			return true;
	}
	return false;
}

bool memory_pieces_hold(const struct memory_pieces *pieces, const struct device_segment *segments,
                        uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!holds(pieces, &segments[i]))
			return false;
	}
	return true;
}
