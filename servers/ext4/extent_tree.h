/* The nodes of extent trees, for extent.c, which finds, and extent_change.c, which changes. */
#ifndef EXT4_EXTENT_TREE_H
#define EXT4_EXTENT_TREE_H

#include "extent.h"

#define LOGICAL_LIMIT (1ull << 32) /* files with extents have no block of this number */

static inline struct ext4_extent_header *header_of(const uint8_t *node)
{
	return (struct ext4_extent_header *)node;
}

static inline struct ext4_extent *extents_of(const uint8_t *node)
{
	return (struct ext4_extent *)(node + sizeof(struct ext4_extent_header));
}

static inline struct ext4_extent_index *indices_of(const uint8_t *node)
{
	return (struct ext4_extent_index *)(node + sizeof(struct ext4_extent_header));
}

static inline bool extent_is_unwritten(const struct ext4_extent *extent)
{
	return extent->length > EXTENT_LENGTH_WRITTEN;
}

static inline uint32_t extent_length(const struct ext4_extent *extent)
{
	return extent_is_unwritten(extent) ? extent->length - EXTENT_LENGTH_WRITTEN : extent->length;
}

static inline uint64_t extent_start(const struct ext4_extent *extent)
{
	return (uint64_t)extent->start_high << 32 | extent->start_low;
}

/* The first block of the file that is none of the extent's any more. */
static inline uint64_t extent_end(const struct ext4_extent *extent)
{
	return extent->logical + (uint64_t)extent_length(extent);
}

static inline uint64_t index_child(const struct ext4_extent_index *index)
{
	return (uint64_t)index->child_high << 32 | index->child_low;
}

/* How many entries begin at or before `logical`, which all parts of a tree have first. */
uint32_t extent_count_before(const uint8_t *node, uint64_t logical);

/* Brings a node that should have `depth`, checked. Suspends. POSIX_EUCLEAN; errors of cache_get. */
int32_t extent_node_get(const struct inode *inode, uint64_t block, uint32_t depth, struct buffer **found);

/* Puts the checksum into a node that has changed, where the volume has checksums. */
void extent_node_seal(const struct inode *inode, uint8_t *node);

#endif
