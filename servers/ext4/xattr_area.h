/*
 * Extended attributes as they lie in an inode or in a block: entries that follow
 * each other, and values from the end downwards (Documentation/filesystems/ext4,
 * "Extended Attributes"). Nothing here suspends.
 */
#ifndef EXT4_XATTR_AREA_H
#define EXT4_XATTR_AREA_H

#include <stdbool.h>

#include "format.h"

struct xattr_area {
	uint8_t *base;    /* value offsets count from here */
	uint32_t entries; /* offset of the first entry */
	uint32_t size;    /* bytes from base */
};

/* A name as entries have it. */
struct xattr_name {
	uint8_t index;    /* XATTR_INDEX_*: what it begins with */
	const char *name; /* the rest */
	uint32_t length;
};

/* What becomes of one attribute. */
struct xattr_change {
	struct xattr_name name;
	const void *value; /* NULL: it is removed */
	uint32_t size;
};

/*
 * The entry at *offset, whole and with its value within the area; *offset
 * becomes that of the next. NULL: there is none, or it is *bad.
 */
const struct ext4_xattr_entry *xattr_area_next(const struct xattr_area *area, uint32_t *offset, bool *bad);

const struct ext4_xattr_entry *xattr_area_find(const struct xattr_area *area, const struct xattr_name *name,
                                               bool *bad);

bool xattr_area_is_empty(const struct xattr_area *area);

/*
 * Fills `to`, which is zero from its first entry on, with what `from` has after
 * the change: in the order that blocks have, and, as they do, with a hash of each (`hashed`). POSIX_ENOSPC:
 * there is no room; POSIX_EUCLEAN: `from` is damaged.
 */
int32_t xattr_area_rebuild(const struct xattr_area *from, const struct xattr_area *to,
                           const struct xattr_change *change, bool hashed);

/* The hash of all entries of a block. */
uint32_t xattr_area_hash(const struct xattr_area *area);

#endif
