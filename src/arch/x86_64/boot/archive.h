/*
 * The boot archive: images and the manifest, as files of a cpio archive in the
 * "new ASCII" format (cpio(5), "New ASCII Format"; Linux,
 * Documentation/driver-api/early-userspace/buffer-format.rst).
 */
#ifndef DRYDOCK_ARCH_ARCHIVE_H
#define DRYDOCK_ARCH_ARCHIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct archive {
	const uint8_t *data;
	size_t size;
};

/* Takes `size` bytes at `data`, which stay the caller's. Returns what is wrong with them, or NULL. */
const char *archive_open(struct archive *archive, const uint8_t *data, size_t size);

/* The file of that name; false where there is none. */
bool archive_find(const struct archive *archive, const char *name, const uint8_t **data, size_t *size);

#endif
