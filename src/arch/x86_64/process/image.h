/* Images of processes: ELF files (System V ABI, "Object Files"; AMD64 psABI, 4 and 5), linked statically. */
#ifndef DRYDOCK_ARCH_IMAGE_H
#define DRYDOCK_ARCH_IMAGE_H

#include <stddef.h>
#include <stdint.h>

#include <drydock/abi/rights.h>

#define IMAGE_SEGMENTS 8u

struct image_segment {
	uint64_t address; /* where it goes; not aligned */
	uint64_t size;    /* in memory; what the file does not bring is zero */
	const uint8_t *data;
	uint64_t data_size;
	rights_t access; /* never WRITE and EXECUTE together */
};

struct image {
	uint64_t entry;
	unsigned count;
	struct image_segment segments[IMAGE_SEGMENTS]; /* by rising address; no two share a page */
};

/*
 * Reads the file, of which nothing is believed. Returns what is wrong with it,
 * or NULL; then all segments lie between USER_IMAGE_START and USER_IMAGE_END,
 * their data in the file, and the entry in an executable one.
 */
const char *image_read(struct image *image, const uint8_t *file, size_t size);

#endif
