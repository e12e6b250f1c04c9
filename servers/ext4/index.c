/*
 * Hashed directories (Documentation/filesystems/ext4, "Hash Tree
 * Directories"): a tree of blocks with hashes leads to the block of entries
 * that a name lies in. Names of one hash may go on in the next block, whose
 * entry in the tree then has the lowest bit of its hash set.
 */
#include <drydock/checksum.h>
#include <drydock/string.h>

#include "directory.h"
#include "name_hash.h"

#define LEVELS_MAXIMUM       2u /* of blocks beneath the root, */
#define LEVELS_MAXIMUM_LARGE 3u /* with large_dir */
#define BLOCK_MASK           0x0fffffffu

/* The entries of one block of the tree, in which the first has limit and count in its hash. */
struct node {
	struct buffer *buffer;
	const struct ext4_index_entry *entries;
	uint32_t count;
	uint32_t at;
};

/* The way from the root to a block of entries. */
struct path {
	struct inode *directory;
	struct node nodes[LEVELS_MAXIMUM_LARGE];
	uint32_t depth; /* nodes on the way */
	uint32_t held;  /* of them with a block */
};

static const struct ext4_index_root *root_of(const uint8_t *data)
{
	return (const struct ext4_index_root *)(data + INDEX_ROOT_OFFSET);
}

static uint32_t entries_offset(uint64_t logical)
{
	return logical == 0 ? INDEX_ROOT_OFFSET + (uint32_t)sizeof(struct ext4_index_root) : INDEX_NODE_OFFSET;
}

static uint32_t limit_of(const struct ext4_index_entry *entries)
{
	return entries[0].hash & 0xffff;
}

static uint32_t count_of(const struct ext4_index_entry *entries)
{
	return entries[0].hash >> 16;
}

static uint32_t levels_of(const struct volume *volume, const uint8_t *root)
{
	uint32_t maximum = volume_has_incompat(volume, INCOMPAT_LARGEDIR) ? LEVELS_MAXIMUM_LARGE : LEVELS_MAXIMUM;
	uint32_t levels = root_of(root)->levels + 1u;

	return levels <= maximum ? levels : 0;
}

/* ---- checking -------------------------------------------------------------------- */

/* "Checksums": of all up to the last entry in use, and of the tail with the checksum zero. */
static bool checksum_fits(const struct inode *directory, uint64_t logical, const uint8_t *data)
{
	const uint32_t offset = entries_offset(logical);
	const struct ext4_index_entry *entries = (const struct ext4_index_entry *)(data + offset);
	const struct ext4_index_tail *tail = (const struct ext4_index_tail *)(entries + limit_of(entries));
	const uint32_t zero = 0;
	uint32_t crc;

	crc = checksum_crc32c(directory->checksum_seed, data, offset + count_of(entries) * sizeof(*entries));
	crc = checksum_crc32c(crc, &tail->reserved, sizeof(tail->reserved));
	crc = checksum_crc32c(crc, &zero, sizeof(zero));
	return crc == tail->checksum;
}

static const char *shape_wrong(const struct inode *directory, uint64_t logical, const uint8_t *data)
{
	const struct volume *volume = directory->volume;
	const uint32_t offset = entries_offset(logical);
	const struct ext4_index_entry *entries = (const struct ext4_index_entry *)(data + offset);
	uint32_t room = volume->block_size - offset;

	if (volume->has_checksums)
		room -= (uint32_t)sizeof(struct ext4_index_tail);
	if (logical == 0 && (root_of(data)->length != sizeof(struct ext4_index_root) ||
	                     levels_of(volume, data) == 0))
		return "the root of the index is wrong";
	if (limit_of(entries) > room / sizeof(*entries) || count_of(entries) > limit_of(entries) ||
	    count_of(entries) == 0)
		return "there are more index entries than fit";
	return NULL;
}

const char *index_block_wrong(const struct inode *directory, uint64_t logical, const uint8_t *data)
{
	const char *wrong = shape_wrong(directory, logical, data);

	if (!wrong && directory->volume->has_checksums && !checksum_fits(directory, logical, data))
		wrong = "the checksum of the index is wrong";
	return wrong;
}

/* ---- the way down ------------------------------------------------------------------- */

static void path_end(struct path *path)
{
	while (path->held > 0)
		cache_put(&path->directory->volume->cache, path->nodes[--path->held].buffer);
}

/* Adds block `logical` of the tree to the way. */
static int32_t path_push(struct path *path, uint64_t logical)
{
	struct node *node = &path->nodes[path->held];
	int32_t error = directory_block_get(path->directory, logical, &node->buffer);

	if (error)
		return error;
	path->held++;
	if (node->buffer->checked != CHECK_INDEX)
		return inode_damage(path->directory, node->buffer->block, "the index leads to a block of entries");
	node->entries = (const struct ext4_index_entry *)(node->buffer->data + entries_offset(logical));
	/* Another directory's block may have been checked as one of its own, with the entries elsewhere. */
	if (shape_wrong(path->directory, logical, node->buffer->data))
		return inode_damage(path->directory, node->buffer->block, "the index is not of this directory");
	node->count = count_of(node->entries);
	node->at = 0;
	return 0;
}

/* The last entry whose hash is `hash` or before it. The first one is for all hashes below the second's. */
static uint32_t node_search(const struct node *node, uint32_t hash)
{
	uint32_t low = 1, high = node->count;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (node->entries[middle].hash <= hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low - 1;
}

static uint64_t path_block(const struct path *path)
{
	const struct node *node = &path->nodes[path->held - 1];

	return node->entries[node->at].block & BLOCK_MASK;
}

static int32_t path_begin(struct path *path, uint32_t hash)
{
	int32_t error = path_push(path, 0);

	if (error)
		return error;
	path->depth = levels_of(path->directory->volume, path->nodes[0].buffer->data);
	for (;;) {
		struct node *node = &path->nodes[path->held - 1];

		node->at = node_search(node, hash);
		if (path->held == path->depth)
			return 0;
		error = path_push(path, path_block(path));
		if (error)
			return error;
	}
}

/* Goes on to the next block of entries where names of `hash` go on there; *more says so. */
static int32_t path_next(struct path *path, uint32_t hash, bool *more)
{
	struct cache *cache = &path->directory->volume->cache;
	struct node *node = &path->nodes[path->held - 1];
	int32_t error = 0;

	*more = false;
	while (node->at + 1 == node->count) {
		if (path->held == 1)
			return 0;
		cache_put(cache, path->nodes[--path->held].buffer);
		node = &path->nodes[path->held - 1];
	}
	if (node->entries[node->at + 1].hash != (hash | 1))
		return 0;
	node->at++;
	while (!error && path->held < path->depth)
		error = path_push(path, path_block(path));
	*more = !error;
	return error;
}

/* ---- looking up ------------------------------------------------------------------------ */

static int32_t leaf_lookup(const struct path *path, const char *name, uint32_t length, uint32_t *number)
{
	struct volume *volume = path->directory->volume;
	uint64_t logical = path_block(path);
	struct buffer *buffer;
	int32_t error;

	if (logical >= inode_blocks(path->directory))
		return inode_damage(path->directory, path->nodes[path->held - 1].buffer->block,
		                    "the index leads beyond the directory");
	error = directory_block_get(path->directory, logical, &buffer);
	if (error)
		return error;
	*number = directory_block_find(volume, buffer->data, name, length);
	cache_put(&volume->cache, buffer);
	return 0;
}

static int32_t path_lookup(struct path *path, uint32_t hash, const char *name, uint32_t length, uint32_t *number)
{
	bool more = true;
	int32_t error = path_begin(path, hash);

	/* However the tree is made, a directory has no more blocks than this. */
	for (uint64_t left = inode_blocks(path->directory); !error && more && left > 0; left--) {
		error = leaf_lookup(path, name, length, number);
		if (error || *number)
			return error;
		error = path_next(path, hash, &more);
	}
	return error;
}

int32_t index_lookup(struct inode *directory, const char *name, uint32_t length, uint32_t *number)
{
	const struct ext4_superblock *superblock = &directory->volume->superblock;
	struct path path = {.directory = directory};
	uint32_t version, seed[4], hash;
	struct buffer *root;
	int32_t error = directory_block_get(directory, 0, &root);

	if (error)
		return error;
	version = root_of(root->data)->hash_version;
	cache_put(&directory->volume->cache, root);
	if (version <= HASH_TEA && superblock->flags & SUPERBLOCK_UNSIGNED_HASH)
		version += HASH_LEGACY_UNSIGNED;
	for (uint32_t i = 0; i < 4; i++)
		seed[i] = superblock->hash_seed[i];
	if (!name_hash(version, seed, name, length, &hash))
		return POSIX_EOPNOTSUPP;
	error = path_lookup(&path, hash, name, length, number);
	path_end(&path);
	return error;
}
