/*
 * Hashed directories (Documentation/filesystems/ext4, "Hash Tree
 * Directories"): a tree of blocks with hashes leads to the block of entries
 * that a name lies in. Names of one hash may go on in the next block, whose
 * entry in the tree then has the lowest bit of its hash set.
 */
#include <drydock/checksum.h>
#include <drydock/string.h>

#include "index.h"
#include "name_hash.h"

#define LEVELS_MAXIMUM 2u /* of blocks beneath the root, but with large_dir */
#define BLOCK_MASK     0x0fffffffu

uint32_t index_levels(const struct volume *volume, const uint8_t *root)
{
	uint32_t maximum =
		volume_has_incompat(volume, INCOMPAT_LARGEDIR) ? INDEX_LEVELS_MAXIMUM : LEVELS_MAXIMUM;
	uint32_t levels = index_root(root)->levels + 1u;

	return levels <= maximum ? levels : 0;
}

/* ---- checking -------------------------------------------------------------------- */

/* "Checksums": of all up to the last entry in use, and of the tail with the checksum zero. */
static uint32_t checksum_of(const struct inode *directory, uint64_t logical, const uint8_t *data)
{
	const uint32_t offset = index_entries_offset(logical);
	const struct ext4_index_entry *entries = (const struct ext4_index_entry *)(data + offset);
	const struct ext4_index_tail *tail = (const struct ext4_index_tail *)(entries + index_limit(entries));
	const uint32_t zero = 0;
	uint32_t crc;

	crc = checksum_crc32c(directory->checksum_seed, data, offset + index_count(entries) * sizeof(*entries));
	crc = checksum_crc32c(crc, &tail->reserved, sizeof(tail->reserved));
	return checksum_crc32c(crc, &zero, sizeof(zero));
}

static struct ext4_index_tail *tail_of(uint64_t logical, const uint8_t *data)
{
	const struct ext4_index_entry *entries =
		(const struct ext4_index_entry *)(data + index_entries_offset(logical));

	return (struct ext4_index_tail *)(entries + index_limit(entries));
}

static bool checksum_fits(const struct inode *directory, uint64_t logical, const uint8_t *data)
{
	return tail_of(logical, data)->checksum == checksum_of(directory, logical, data);
}

void index_block_seal(const struct inode *directory, uint64_t logical, uint8_t *data)
{
	if (directory->volume->has_checksums)
		tail_of(logical, data)->checksum = checksum_of(directory, logical, data);
}

static const char *shape_wrong(const struct inode *directory, uint64_t logical, const uint8_t *data)
{
	const struct volume *volume = directory->volume;
	const uint32_t offset = index_entries_offset(logical);
	const struct ext4_index_entry *entries = (const struct ext4_index_entry *)(data + offset);
	uint32_t room = volume->block_size - offset;

	if (volume->has_checksums)
		room -= (uint32_t)sizeof(struct ext4_index_tail);
	if (logical == 0 &&
	    (index_root(data)->length != sizeof(struct ext4_index_root) || index_levels(volume, data) == 0))
		return "the root of the index is wrong";
	if (index_limit(entries) > room / sizeof(*entries) || index_count(entries) > index_limit(entries) ||
	    index_count(entries) == 0)
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

void index_path_end(struct index_path *path)
{
	while (path->held > 0)
		cache_put(&path->directory->volume->cache, path->nodes[--path->held].buffer);
}

/* Adds block `logical` of the tree to the way. */
static int32_t path_push(struct index_path *path, uint64_t logical)
{
	struct index_node *node = &path->nodes[path->held];
	int32_t error = directory_block_get(path->directory, logical, &node->buffer);

	if (error)
		return error;
	path->held++;
	if (node->buffer->checked != CHECK_INDEX)
		return inode_damage(path->directory, node->buffer->block,
		                    "the index leads to a block of entries");
	node->entries = (const struct ext4_index_entry *)(node->buffer->data + index_entries_offset(logical));
	/* Another directory's block may have been checked as one of its own, with the entries elsewhere. */
	if (shape_wrong(path->directory, logical, node->buffer->data))
		return inode_damage(path->directory, node->buffer->block,
		                    "the index is not of this directory");
	node->logical = logical;
	node->count = index_count(node->entries);
	node->at = 0;
	return 0;
}

/* The last entry whose hash is `hash` or before it. The first one is for all hashes below the second's. */
static uint32_t node_search(const struct index_node *node, uint32_t hash)
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

uint64_t index_path_block(const struct index_path *path)
{
	const struct index_node *node = &path->nodes[path->held - 1];

	return node->entries[node->at].block & BLOCK_MASK;
}

int32_t index_path_begin(struct index_path *path, uint32_t hash)
{
	int32_t error = path_push(path, 0);

	if (error)
		return error;
	path->depth = index_levels(path->directory->volume, path->nodes[0].buffer->data);
	for (;;) {
		struct index_node *node = &path->nodes[path->held - 1];

		node->at = node_search(node, hash);
		if (path->held == path->depth)
			return 0;
		error = path_push(path, index_path_block(path));
		if (error)
			return error;
	}
}

/* Goes on to the next block of entries where names of `hash` go on there; *more says so. */
static int32_t path_next(struct index_path *path, uint32_t hash, bool *more)
{
	struct cache *cache = &path->directory->volume->cache;
	struct index_node *node = &path->nodes[path->held - 1];
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
		error = path_push(path, index_path_block(path));
	*more = !error;
	return error;
}

/* ---- looking up ------------------------------------------------------------------------ */

static int32_t leaf_lookup(const struct index_path *path, const char *name, uint32_t length, uint32_t *number)
{
	struct volume *volume = path->directory->volume;
	uint64_t logical = index_path_block(path);
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

static int32_t path_lookup(struct index_path *path, uint32_t hash, const char *name, uint32_t length,
                           uint32_t *number, uint64_t *logical)
{
	bool more = true;
	int32_t error = index_path_begin(path, hash);

	/* However the tree is made, a directory has no more blocks than this. */
	for (uint64_t left = inode_blocks(path->directory); !error && more && left > 0; left--) {
		*logical = index_path_block(path);
		error = leaf_lookup(path, name, length, number);
		if (error || *number)
			return error;
		error = path_next(path, hash, &more);
	}
	return error;
}

int32_t index_hash(const struct inode *directory, const uint8_t *root, const char *name, uint32_t length,
                   uint32_t *hash)
{
	const struct ext4_superblock *superblock = &directory->volume->superblock;
	uint32_t version = index_root(root)->hash_version, seed[4];

	if (version <= HASH_TEA && superblock->flags & SUPERBLOCK_UNSIGNED_HASH)
		version += HASH_LEGACY_UNSIGNED;
	for (uint32_t i = 0; i < 4; i++)
		seed[i] = superblock->hash_seed[i];
	return name_hash(version, seed, name, length, hash) ? 0 : POSIX_EOPNOTSUPP;
}

int32_t index_lookup(struct inode *directory, const char *name, uint32_t length, uint32_t *number,
                     uint64_t *logical)
{
	struct index_path path = {.directory = directory};
	struct buffer *root;
	uint32_t hash;
	int32_t error = directory_block_get(directory, 0, &root);

	if (error)
		return error;
	error = index_hash(directory, root->data, name, length, &hash);
	cache_put(&directory->volume->cache, root);
	if (error)
		return error;
	error = path_lookup(&path, hash, name, length, number, logical);
	index_path_end(&path);
	return error;
}
