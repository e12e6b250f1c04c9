/*
 * Extent trees: see extent.h. Every node is checked once after it was read
 * (its checksum, order, bounds), so that the way down is a binary search in
 * each; depth falls with each step, so no loop of pointers is followed.
 */
#include "extent_tree.h"
#include "indirect.h"

#include <drydock/checksum.h>

/* ---- checking ------------------------------------------------------------------- */

static bool extents_fit(const struct volume *volume, const uint8_t *node)
{
	const struct ext4_extent *extent = extents_of(node);
	uint64_t end = 0; /* of the one before */

	for (uint32_t i = 0; i < header_of(node)->entries; i++, extent++) {
		uint32_t length = extent_length(extent);

		if (length == 0 || extent->logical < end ||
		    extent->logical + (uint64_t)length > LOGICAL_LIMIT ||
		    !volume_holds(volume, extent_start(extent), length))
			return false;
		end = extent->logical + (uint64_t)length;
	}
	return true;
}

static bool indices_fit(const struct volume *volume, const uint8_t *node)
{
	const struct ext4_extent_index *index = indices_of(node);

	for (uint32_t i = 0; i < header_of(node)->entries; i++) {
		if (!volume_holds(volume, index_child(&index[i]), 1))
			return false;
		if (i > 0 && index[i].logical <= index[i - 1].logical)
			return false;
	}
	return header_of(node)->entries > 0;
}

/* What is wrong with a node of `size` bytes; NULL: nothing. */
static const char *node_wrong(const struct volume *volume, const uint8_t *node, uint32_t size)
{
	const struct ext4_extent_header *header = header_of(node);

	if (header->magic != EXTENT_MAGIC)
		return "this is no node of an extent tree";
	if (header->depth > EXTENT_DEPTH_MAXIMUM)
		return "the extent tree is too deep";
	if (header->entries > header->entries_maximum ||
	    header->entries_maximum > (size - sizeof(*header)) / sizeof(struct ext4_extent))
		return "there are more extents than fit";
	if (header->depth == 0 ? !extents_fit(volume, node) : !indices_fit(volume, node))
		return "extents overlap or point beyond the end";
	return NULL;
}

int32_t extent_root_check(const struct inode *inode)
{
	const char *wrong = node_wrong(inode->volume, inode->raw->block.bytes, INODE_BLOCK_BYTES);

	return wrong ? inode_damage(inode, inode->table_block, wrong) : 0;
}

/* "Checksums": of all up to the checksum, which follows the room for entries. */
static bool checksum_fits(const struct inode *inode, const uint8_t *node)
{
	size_t length = sizeof(struct ext4_extent_header) +
	                header_of(node)->entries_maximum * sizeof(struct ext4_extent);
	uint32_t checksum;

	if (!inode->volume->has_checksums)
		return true;
	if (length + sizeof(checksum) > inode->volume->block_size)
		return false;
	checksum = *(const uint32_t *)(const void *)(node + length);
	return checksum == checksum_crc32c(inode->checksum_seed, node, length);
}

void extent_node_seal(const struct inode *inode, uint8_t *node)
{
	size_t length = sizeof(struct ext4_extent_header) +
	                header_of(node)->entries_maximum * sizeof(struct ext4_extent);

	if (inode->volume->has_checksums)
		*(uint32_t *)(void *)(node + length) = checksum_crc32c(inode->checksum_seed, node, length);
}

int32_t extent_node_get(const struct inode *inode, uint64_t block, uint32_t depth, struct buffer **found)
{
	struct volume *volume = inode->volume;
	struct buffer *buffer;
	const char *wrong = NULL;
	int32_t error = cache_get(&volume->cache, block, &buffer);

	if (error)
		return error;
	if (buffer->checked != CHECK_EXTENTS) {
		wrong = node_wrong(volume, buffer->data, volume->block_size);
		if (!wrong && !checksum_fits(inode, buffer->data))
			wrong = "the checksum of extents is wrong";
		if (!wrong)
			buffer->checked = CHECK_EXTENTS;
	}
	if (!wrong && header_of(buffer->data)->depth != depth)
		wrong = "the depth of the extent tree is wrong";
	if (wrong) {
		cache_put(&volume->cache, buffer);
		return inode_damage(inode, block, wrong);
	}
	*found = buffer;
	return 0;
}

/* ---- finding ----------------------------------------------------------------------- */

uint32_t extent_count_before(const uint8_t *node, uint64_t logical)
{
	uint32_t low = 0, high = header_of(node)->entries;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (indices_of(node)[middle].logical <= logical)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Looks `logical` up in a leaf that tells of blocks below `limit`. */
static void leaf_map(const uint8_t *node, uint64_t logical, uint64_t limit, struct mapping *mapping,
                     uint64_t *unwritten)
{
	const struct ext4_extent_header *header = header_of(node);
	uint32_t before = extent_count_before(node, logical);
	const struct ext4_extent *extent = extents_of(node) + before - 1;

	mapping->physical = 0;
	if (before < header->entries && extents_of(node)[before].logical < limit)
		limit = extents_of(node)[before].logical;
	if (before > 0 && logical < extent_end(extent)) {
		if (extent_is_unwritten(extent))
			*unwritten = extent_start(extent) + (logical - extent->logical);
		else
			mapping->physical = extent_start(extent) + (logical - extent->logical);
		if (extent_end(extent) < limit)
			limit = extent_end(extent);
	}
	mapping->count = limit - logical;
}

/* A step down is taken to the child that tells of `logical`; *limit falls to where its part ends. */
static int32_t descend(const struct inode *inode, const uint8_t *node, uint64_t logical, uint64_t *limit,
                       struct buffer **child)
{
	const struct ext4_extent_index *indices = indices_of(node);
	uint32_t before = extent_count_before(node, logical);

	*child = NULL;
	if (before < header_of(node)->entries && indices[before].logical < *limit)
		*limit = indices[before].logical;
	if (before == 0)
		return 0;
	return extent_node_get(inode, index_child(&indices[before - 1]), header_of(node)->depth - 1u, child);
}

int32_t extent_map_unwritten(const struct inode *inode, uint64_t logical, struct mapping *mapping,
                             uint64_t *unwritten)
{
	struct cache *cache = &inode->volume->cache;
	const uint8_t *node = inode->raw->block.bytes;
	struct buffer *buffer = NULL, *child;
	uint64_t limit = LOGICAL_LIMIT;
	int32_t error;

	*unwritten = 0;
	while (header_of(node)->depth > 0) {
		error = descend(inode, node, logical, &limit, &child);
		cache_put(cache, buffer);
		if (error)
			return error;
		buffer = child;
		if (!child) {
			*mapping = (struct mapping){.count = limit - logical};
			return 0;
		}
		node = child->data;
	}
	leaf_map(node, logical, limit, mapping, unwritten);
	cache_put(cache, buffer);
	return 0;
}

int32_t block_map(const struct inode *inode, uint64_t logical, struct mapping *mapping)
{
	uint64_t unwritten;

	if (!inode_has_extents(inode))
		return indirect_map(inode, logical, mapping);
	if (logical < LOGICAL_LIMIT)
		return extent_map_unwritten(inode, logical, mapping, &unwritten);
	*mapping = (struct mapping){.count = UINT64_MAX - logical};
	return 0;
}
