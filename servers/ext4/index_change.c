/*
 * Changing hashed directories: see directory.h, index.h. Where a block of
 * entries is full it is divided by hashes; where a block of the index is full,
 * that is divided first, or the root moves into a block of its own, one step at
 * a time, after which the way down is sought anew.
 */
#include <drydock/string.h>

#include "index.h"

/* ---- the index --------------------------------------------------------------------- */

static struct ext4_index_entry *entries_of(uint64_t logical, uint8_t *data)
{
	return (struct ext4_index_entry *)(data + index_entries_offset(logical));
}

static void count_set(struct ext4_index_entry *entries, uint32_t limit, uint32_t count)
{
	entries[0].hash = limit | count << 16;
}

/* Entries that a block of the index has room for. */
static uint32_t limit_for(const struct volume *volume, uint64_t logical)
{
	const uint32_t tail = volume->has_checksums ? (uint32_t)sizeof(struct ext4_index_tail) : 0;

	return (volume->block_size - index_entries_offset(logical) - tail) /
	       (uint32_t)sizeof(struct ext4_index_entry);
}

static bool is_full(const struct index_node *node)
{
	return node->count >= index_limit(node->entries);
}

/* Opens room for one more after entry node->at; the block is one of the handle's changes. */
static void node_insert(const struct inode *directory, struct index_node *node, uint32_t hash, uint32_t block)
{
	struct ext4_index_entry *entries = entries_of(node->logical, node->buffer->data);
	const uint32_t at = node->at + 1;

	memmove(&entries[at + 1], &entries[at], (node->count - at) * sizeof(entries[0]));
	entries[at] = (struct ext4_index_entry){hash, block};
	node->count++;
	count_set(entries, index_limit(entries), node->count);
	index_block_seal(directory, node->logical, node->buffer->data);
}

/* A block that looks like one unused entry, for an index below the root. */
static int32_t node_make(struct handle *handle, struct inode *directory, uint32_t *logical,
                         struct buffer **buffer)
{
	int32_t error = directory_block_add(handle, directory, logical, buffer);

	if (error)
		return error;
	((struct ext4_dirent *)(*buffer)->data)->length = (uint16_t)directory->volume->block_size;
	(*buffer)->checked = CHECK_INDEX;
	return 0;
}

/* The root's entries move into a block of their own. */
static int32_t root_deepen(struct handle *handle, struct index_path *path)
{
	struct inode *directory = path->directory;
	struct index_node *root = &path->nodes[0];
	struct ext4_index_entry *from, *to;
	struct buffer *buffer;
	uint32_t logical;
	int32_t error = handle_change(handle, root->buffer);

	if (error)
		return error;
	index_root(root->buffer->data)->levels++;
	if (index_levels(directory->volume, root->buffer->data) == 0)
		error = POSIX_ENOSPC;
	if (!error)
		error = node_make(handle, directory, &logical, &buffer);
	if (error) {
		index_root(root->buffer->data)->levels--;
		return error;
	}
	from = entries_of(0, root->buffer->data);
	to = entries_of(logical, buffer->data);
	memcpy(to, from, root->count * sizeof(*from));
	count_set(to, limit_for(directory->volume, logical), root->count);
	count_set(from, index_limit(from), 1);
	from[0].block = logical;
	index_block_seal(directory, logical, buffer->data);
	index_block_seal(directory, 0, root->buffer->data);
	cache_put(&directory->volume->cache, buffer);
	return 0;
}

/* The upper half of a full block of the index moves into a new one; its parent has room. */
static int32_t node_divide(struct handle *handle, struct index_path *path, uint32_t level)
{
	struct inode *directory = path->directory;
	struct index_node *node = &path->nodes[level], *parent = node - 1;
	const uint32_t keep = node->count / 2, moved = node->count - keep;
	struct ext4_index_entry *from, *to;
	struct buffer *buffer;
	uint32_t logical, hash;
	int32_t error = node_make(handle, directory, &logical, &buffer);

	if (error)
		return error;
	error = handle_change(handle, node->buffer);
	if (!error)
		error = handle_change(handle, parent->buffer);
	if (!error) {
		from = entries_of(node->logical, node->buffer->data);
		to = entries_of(logical, buffer->data);
		hash = from[keep].hash;
		memcpy(to, &from[keep], moved * sizeof(*from));
		count_set(to, limit_for(directory->volume, logical), moved);
		count_set(from, index_limit(from), keep);
		index_block_seal(directory, logical, buffer->data);
		index_block_seal(directory, node->logical, node->buffer->data);
		node_insert(directory, parent, hash, logical);
	}
	cache_put(&directory->volume->cache, buffer);
	return error;
}

/* ---- dividing a block of entries ------------------------------------------------------- */

struct hashed_entry {
	uint32_t hash;
	uint32_t offset;
	uint32_t size; /* that it takes */
};

struct division {
	struct hashed_entry *entries; /* by hash */
	uint32_t count;
	uint32_t keep; /* of them stay */
	uint8_t *old;  /* a copy of the block */
};

/* Notes all entries of a block, by hash, which is by insertion: there are some hundred at most. */
static int32_t entries_collect(const struct inode *directory, const uint8_t *root, const uint8_t *data,
                               struct division *division)
{
	const uint32_t room = directory_block_room(directory->volume);
	int32_t error = 0;

	for (uint32_t offset = 0; offset < room && !error;) {
		const struct ext4_dirent *entry = (const struct ext4_dirent *)(data + offset);
		struct hashed_entry new = {.offset = offset,
		                           .size = directory_entry_size(entry->name_length)};
		uint32_t at = division->count;

		offset += entry->length;
		if (!entry->inode)
			continue;
		error = index_hash(directory, root, entry->name, entry->name_length, &new.hash);
		for (; at > 0 && division->entries[at - 1].hash > new.hash; at--)
			division->entries[at] = division->entries[at - 1];
		division->entries[at] = new;
		division->count++;
	}
	return error;
}

/* Half of the bytes stay, at least one entry, and not all. */
static void division_choose(struct division *division)
{
	uint32_t all = 0, kept = 0;

	for (uint32_t i = 0; i < division->count; i++)
		all += division->entries[i].size;
	division->keep = 0;
	while (division->keep + 1 < division->count && (division->keep == 0 || kept < all / 2))
		kept += division->entries[division->keep++].size;
}

/* Fills a block with entries `first` to before `end`, without gaps. */
static void block_fill(const struct inode *directory, const struct division *division, uint32_t first,
                       uint32_t end, uint8_t *data)
{
	const uint32_t room = directory_block_room(directory->volume);
	struct ext4_dirent *last = NULL;
	uint32_t offset = 0;

	memset(data, 0, room);
	for (uint32_t i = first; i < end; i++) {
		const struct hashed_entry *entry = &division->entries[i];

		last = (struct ext4_dirent *)(data + offset);
		memcpy(last, division->old + entry->offset, entry->size);
		last->length = (uint16_t)entry->size;
		offset += entry->size;
	}
	if (last)
		last->length = (uint16_t)(last->length + room - offset);
	directory_block_seal(directory, data);
}

static int32_t division_make(const struct inode *directory, const uint8_t *root, const uint8_t *data,
                             struct division *division)
{
	struct volume *volume = directory->volume;
	const uint32_t most = volume->block_size / directory_entry_size(1) + 1;
	int32_t error;

	division->old =
		runtime_allocate(volume->runtime, volume->block_size + most * sizeof(struct hashed_entry));
	if (!division->old)
		return POSIX_ENOMEM;
	division->entries = (struct hashed_entry *)(void *)(division->old + volume->block_size);
	memcpy(division->old, data, volume->block_size);
	error = entries_collect(directory, root, data, division);
	if (!error && division->count < 2)
		error = inode_damage(directory, 0, "a full block of entries has none");
	if (!error)
		division_choose(division);
	return error;
}

/*
 * Divides the block of entries that the path leads to; the lowest block of the
 * index has room. Names of one hash may come to lie in both: the lowest bit says so.
 */
static int32_t leaf_divide(struct handle *handle, struct index_path *path, struct buffer *leaf)
{
	struct inode *directory = path->directory;
	struct index_node *node = &path->nodes[path->held - 1];
	struct division division = {0};
	struct buffer *buffer = NULL;
	uint32_t logical, hash;
	int32_t error = division_make(directory, path->nodes[0].buffer->data, leaf->data, &division);

	if (!error)
		error = directory_block_add(handle, directory, &logical, &buffer);
	if (!error)
		error = handle_change(handle, leaf);
	if (!error)
		error = handle_change(handle, node->buffer);
	if (!error) {
		hash = division.entries[division.keep].hash;
		if (division.entries[division.keep - 1].hash == hash)
			hash |= 1;
		block_fill(directory, &division, 0, division.keep, leaf->data);
		block_fill(directory, &division, division.keep, division.count, buffer->data);
		buffer->checked = CHECK_DIRECTORY;
		node_insert(directory, node, hash, logical);
	}
	cache_put(&directory->volume->cache, buffer);
	runtime_free(directory->volume->runtime, division.old);
	return error;
}

/* ---- inserting ------------------------------------------------------------------------------ */

/* One step towards room in the block of entries. */
static int32_t room_make(struct handle *handle, struct index_path *path, struct buffer *leaf)
{
	uint32_t level = path->held;

	while (level > 0 && is_full(&path->nodes[level - 1]))
		level--;
	if (level == path->held)
		return leaf_divide(handle, path, leaf);
	return level == 0 ? root_deepen(handle, path) : node_divide(handle, path, level);
}

static int32_t insert_step(struct handle *handle, struct index_path *path, const char *name, uint32_t length,
                           uint32_t number, uint8_t type, bool *done)
{
	struct inode *directory = path->directory;
	struct buffer *leaf;
	int32_t error;

	if (index_path_block(path) >= inode_blocks(directory))
		return inode_damage(directory, path->nodes[path->held - 1].buffer->block,
		                    "the index leads beyond the directory");
	error = directory_block_get(directory, index_path_block(path), &leaf);
	if (error)
		return error;
	if (leaf->checked != CHECK_DIRECTORY && directory->volume->has_checksums) {
		error = inode_damage(directory, leaf->block, "the index leads to a block of the index");
	} else if (directory_block_has_room(directory->volume, leaf->data, length)) {
		error = handle_change(handle, leaf);
		*done = !error && directory_block_insert(directory, leaf->data, name, length, number, type);
	} else {
		error = room_make(handle, path, leaf);
	}
	cache_put(&directory->volume->cache, leaf);
	return error;
}

int32_t index_insert(struct handle *handle, struct inode *directory, const char *name, uint32_t length,
                     uint32_t number, uint8_t type)
{
	struct index_path path = {.directory = directory};
	struct buffer *root;
	bool done = false;
	uint32_t hash;
	int32_t error = directory_block_get(directory, 0, &root);

	if (error)
		return error;
	error = index_hash(directory, root->data, name, length, &hash);
	cache_put(&directory->volume->cache, root);
	while (!error && !done) {
		path.held = 0;
		error = index_path_begin(&path, hash);
		if (!error)
			error = insert_step(handle, &path, name, length, number, type, &done);
		index_path_end(&path);
	}
	return error;
}

/* ---- making one -------------------------------------------------------------------------------- */

/* Block 0 becomes a root: `.`, and `..` that spans the rest of the block, with the index in it. */
static void root_fill(const struct inode *directory, uint8_t *data, uint32_t leaf)
{
	const struct volume *volume = directory->volume;
	struct ext4_dirent *dots = (struct ext4_dirent *)(data + directory_entry_size(1));
	struct ext4_index_entry *entries = entries_of(0, data);

	dots->length = (uint16_t)(volume->block_size - directory_entry_size(1));
	memset(data + INDEX_ROOT_OFFSET, 0, volume->block_size - INDEX_ROOT_OFFSET);
	*index_root(data) = (struct ext4_index_root){
		.hash_version = volume->superblock.hash_version,
		.length = sizeof(struct ext4_index_root),
	};
	count_set(entries, limit_for(volume, 0), 1);
	entries[0].block = leaf;
	index_block_seal(directory, 0, data);
}

/* All entries but the first two, which are `.` and `..`, move to the new block. */
static void entries_move(const struct inode *directory, const uint8_t *from, uint8_t *to)
{
	const uint32_t room = directory_block_room(directory->volume);
	struct ext4_dirent *last = NULL;
	uint32_t offset = 0, at = 0;

	for (uint32_t index = 0; at < room; index++) {
		const struct ext4_dirent *entry = (const struct ext4_dirent *)(from + at);
		const uint32_t size = directory_entry_size(entry->name_length);

		at += entry->length;
		if (index < 2 || !entry->inode)
			continue;
		last = (struct ext4_dirent *)(to + offset);
		memcpy(last, entry, size);
		last->length = (uint16_t)size;
		offset += size;
	}
	if (last)
		last->length = (uint16_t)(last->length + room - offset);
	else
		((struct ext4_dirent *)to)->length = (uint16_t)room;
	directory_block_seal(directory, to);
}

/* Whether a block begins with `.` and `..`, as the root's place demands. */
static bool begins_with_dots(const uint8_t *data)
{
	const struct ext4_dirent *dot = (const struct ext4_dirent *)data;
	const struct ext4_dirent *dots = (const struct ext4_dirent *)(data + directory_entry_size(1));

	return dot->length == directory_entry_size(1) && dot->name_length == 1 && dot->name[0] == '.' &&
	       dots->name_length == 2 && dots->name[0] == '.' && dots->name[1] == '.';
}

int32_t index_make(struct handle *handle, struct inode *directory)
{
	struct cache *cache = &directory->volume->cache;
	struct buffer *root, *leaf;
	uint32_t logical;
	int32_t error = directory_block_get(directory, 0, &root);

	if (error)
		return error;
	error = begins_with_dots(root->data)
	                ? handle_change(handle, root)
	                : inode_damage(directory, root->block, "a directory does not begin with . and ..");
	if (!error)
		error = directory_block_add(handle, directory, &logical, &leaf);
	if (!error) {
		entries_move(directory, root->data, leaf->data);
		leaf->checked = CHECK_DIRECTORY;
		root_fill(directory, root->data, logical);
		root->checked = CHECK_INDEX;
		directory->flags |= INODE_INDEX;
		cache_put(cache, leaf);
	}
	cache_put(cache, root);
	return error;
}
