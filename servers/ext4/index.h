/* The index of a hashed directory, for index.c, which finds, and index_change.c, which changes. */
#ifndef EXT4_INDEX_H
#define EXT4_INDEX_H

#include "directory.h"

#define INDEX_LEVELS_MAXIMUM 3u /* of blocks beneath the root, with large_dir */

/* The entries of one block of the tree, in which the first has limit and count in its hash. */
struct index_node {
	struct buffer *buffer;
	const struct ext4_index_entry *entries;
	uint64_t logical;
	uint32_t count;
	uint32_t at;
};

/* The way from the root to a block of entries. */
struct index_path {
	struct inode *directory;
	struct index_node nodes[INDEX_LEVELS_MAXIMUM];
	uint32_t depth; /* nodes on the way */
	uint32_t held;  /* of them with a block */
};

static inline struct ext4_index_root *index_root(const uint8_t *data)
{
	return (struct ext4_index_root *)(data + INDEX_ROOT_OFFSET);
}

/* Where the entries of block `logical` of the directory begin, which is one of its index. */
static inline uint32_t index_entries_offset(uint64_t logical)
{
	return logical == 0 ? INDEX_ROOT_OFFSET + (uint32_t)sizeof(struct ext4_index_root)
	                    : INDEX_NODE_OFFSET;
}

static inline uint32_t index_limit(const struct ext4_index_entry *entries)
{
	return entries[0].hash & 0xffff;
}

static inline uint32_t index_count(const struct ext4_index_entry *entries)
{
	return entries[0].hash >> 16;
}

/* Levels of blocks of an index with this root, itself included; 0: more than there may be. */
uint32_t index_levels(const struct volume *volume, const uint8_t *root);

/* The hash of a name in a directory with this root. POSIX_EOPNOTSUPP: by a hash that is unknown. */
int32_t index_hash(const struct inode *directory, const uint8_t *root, const char *name, uint32_t length,
                   uint32_t *hash);

/* Finds the way to the block of entries for `hash`, which index_path_block then tells. Suspends. */
int32_t index_path_begin(struct index_path *path, uint32_t hash);
uint64_t index_path_block(const struct index_path *path);
void index_path_end(struct index_path *path);

#endif
