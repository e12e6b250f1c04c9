/*
 * The bitmaps of groups: which of their blocks and inodes are in use
 * (Documentation/filesystems/ext4, "Block and Inode Bitmaps", "Lazy Block Group
 * Initialization"). Whoever calls this holds volume->allocation.
 */
#ifndef EXT4_BITMAP_H
#define EXT4_BITMAP_H

#include "group.h"

enum bitmap_kind {
	BITMAP_BLOCKS,
	BITMAP_INODES,
};

/* A group whose bitmap is about to change. */
struct bitmap {
	struct volume *volume;
	enum bitmap_kind kind;
	uint64_t group;
	struct ext4_group_descriptor descriptor; /* to be changed as the bitmap is */
	struct buffer *buffer;
};

/*
 * Brings a bitmap, its checksum checked; one that was never written is made
 * first, in memory. Suspends. POSIX_EUCLEAN; errors of cache_get.
 */
int32_t bitmap_get(struct volume *volume, enum bitmap_kind kind, uint64_t group, struct bitmap *bitmap);
void bitmap_put(struct bitmap *bitmap);

/* Before its bits are changed: they become one of the handle's changes. Suspends. */
int32_t bitmap_change(struct handle *handle, struct bitmap *bitmap);

/* After that: writes the descriptor, with the checksum of the bitmap. Suspends. */
int32_t bitmap_write(struct handle *handle, struct bitmap *bitmap);

static inline bool bitmap_has(const struct bitmap *bitmap, uint32_t bit)
{
	return bitmap->buffer->data[bit / 8] & 1u << bit % 8;
}

void bitmap_set(struct bitmap *bitmap, uint32_t first, uint32_t count);
void bitmap_clear(struct bitmap *bitmap, uint32_t first, uint32_t count);

#endif
