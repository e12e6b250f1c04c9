/*
 * Changing extent trees: see extent.h. A node that is full is made room in by
 * one step at a time (a node is divided whose parent has room, or the root moves
 * into a block of its own), after which the way down is sought anew; so the
 * tree is whole after each step. The first entry of a node and its index in the
 * parent always begin alike.
 */
#include <drydock/string.h>

#include "allocate.h"
#include "extent_tree.h"

#define SECTOR_BITS      9u
#define METADATA_AT_ONCE 16u

/* One node on the way from the root to a leaf. */
struct step {
	struct buffer *buffer; /* NULL: the root, in the inode */
	uint8_t *node;
	uint32_t before; /* entries that begin at or before what is sought */
};

struct path {
	struct handle *handle;
	struct inode *inode;
	struct step steps[EXTENT_DEPTH_MAXIMUM + 1];
	uint32_t depth; /* the leaf is steps[depth] */
};

void extent_root_init(struct inode *inode)
{
	struct ext4_extent_header *header = header_of(inode->raw->block.bytes);

	memset(inode->raw->block.bytes, 0, INODE_BLOCK_BYTES);
	header->magic = EXTENT_MAGIC;
	header->entries_maximum = (INODE_BLOCK_BYTES - sizeof(*header)) / sizeof(struct ext4_extent);
}

/* ---- the way -------------------------------------------------------------------- */

static void path_put(struct path *path)
{
	for (uint32_t i = 1; i <= path->depth; i++)
		cache_put(&path->inode->volume->cache, path->steps[i].buffer);
	path->depth = 0;
}

/* Which index of a node leads on: that of what is sought, or the first. */
static uint32_t index_at(const struct step *step)
{
	return step->before > 0 ? step->before - 1 : 0;
}

static int32_t path_get(struct path *path, uint64_t logical)
{
	const struct inode *inode = path->inode;
	struct step *step = &path->steps[0];
	uint32_t depth;

	path->depth = 0;
	*step = (struct step){.node = inode->raw->block.bytes};
	for (depth = header_of(step->node)->depth; depth > 0; depth--) {
		struct step *next = step + 1;
		int32_t error;

		step->before = extent_count_before(step->node, logical);
		error = extent_node_get(inode, index_child(&indices_of(step->node)[index_at(step)]),
		                        depth - 1, &next->buffer);
		if (error) {
			path_put(path);
			return error;
		}
		next->node = next->buffer->data;
		path->depth++;
		step = next;
	}
	step->before = extent_count_before(step->node, logical);
	return 0;
}

static struct step *leaf_of(struct path *path)
{
	return &path->steps[path->depth];
}

/* Before a node is changed. The root is the inode's, which the caller writes. */
static int32_t step_change(const struct path *path, const struct step *step)
{
	return step->buffer ? handle_change(path->handle, step->buffer) : 0;
}

static void step_seal(const struct path *path, const struct step *step)
{
	if (step->buffer)
		extent_node_seal(path->inode, step->node);
}

/* After the first entry of the leaf has changed: the indices that lead to it begin as it does. */
static int32_t keys_correct(const struct path *path)
{
	for (uint32_t i = path->depth; i > 0; i--) {
		const struct step *step = &path->steps[i], *parent = step - 1;
		struct ext4_extent_index *index = &indices_of(parent->node)[index_at(parent)];
		const uint32_t first = extents_of(step->node)[0].logical;
		int32_t error;

		if (header_of(step->node)->entries == 0 || index->logical == first)
			return 0;
		error = step_change(path, parent);
		if (error)
			return error;
		index->logical = first;
		step_seal(path, parent);
	}
	return 0;
}

/* All entries are of one size, so that they are moved as extents. */
static void entry_open(uint8_t *node, uint32_t at)
{
	struct ext4_extent *entries = extents_of(node);

	memmove(&entries[at + 1], &entries[at], (header_of(node)->entries - at) * sizeof(entries[0]));
	header_of(node)->entries++;
}

static void entry_close(uint8_t *node, uint32_t at)
{
	struct ext4_extent *entries = extents_of(node);

	header_of(node)->entries--;
	memmove(&entries[at], &entries[at + 1], (header_of(node)->entries - at) * sizeof(entries[0]));
}

/* ---- making room -------------------------------------------------------------------- */

static bool is_full(const struct step *step)
{
	return header_of(step->node)->entries >= header_of(step->node)->entries_maximum;
}

/* Takes a block for a node of depth `depth`, empty. */
static int32_t node_make(const struct path *path, uint32_t depth, struct buffer **buffer)
{
	struct volume *volume = path->inode->volume;
	uint64_t block;
	uint32_t count, room = volume->block_size - (uint32_t)sizeof(struct ext4_extent_header);
	int32_t error = blocks_allocate(path->handle, inode_goal(path->inode), 1, &block, &count);

	if (error)
		return error;
	error = cache_get_new(&volume->cache, block, buffer);
	if (!error) {
		error = handle_change(path->handle, *buffer);
		if (error)
			cache_put(&volume->cache, *buffer);
	}
	if (error) {
		transactions_abort(volume, "a node of an extent tree cannot be made", error);
		return error;
	}
	path->inode->sectors += volume->block_size >> SECTOR_BITS;
	if (volume->has_checksums)
		room -= (uint32_t)sizeof(uint32_t);
	*header_of((*buffer)->data) = (struct ext4_extent_header){
		.magic = EXTENT_MAGIC,
		.entries_maximum = (uint16_t)(room / sizeof(struct ext4_extent)),
		.depth = (uint16_t)depth,
	};
	(*buffer)->checked = CHECK_EXTENTS;
	return 0;
}

static void index_set(struct ext4_extent_index *index, uint32_t logical, uint64_t child)
{
	*index = (struct ext4_extent_index){
		.logical = logical, .child_low = (uint32_t)child, .child_high = (uint16_t)(child >> 32)};
}

/* The root's entries move into a block, and the root leads to that. */
static int32_t root_deepen(const struct path *path)
{
	uint8_t *root = path->steps[0].node;
	const struct ext4_extent_header *header = header_of(root);
	struct buffer *buffer;
	int32_t error;

	if (header->depth == EXTENT_DEPTH_MAXIMUM)
		return POSIX_EFBIG;
	error = node_make(path, header->depth, &buffer);
	if (error)
		return error;
	memcpy(extents_of(buffer->data), extents_of(root), header->entries * sizeof(struct ext4_extent));
	header_of(buffer->data)->entries = header->entries;
	extent_node_seal(path->inode, buffer->data);
	index_set(indices_of(root), extents_of(buffer->data)[0].logical, buffer->block);
	header_of(root)->entries = 1;
	header_of(root)->depth++;
	cache_put(&path->inode->volume->cache, buffer);
	return 0;
}

/*
 * The upper half of a full node moves into a new one; where the end of a file
 * grows it is only the last entry, so that nodes fill up.
 */
static int32_t node_divide(const struct path *path, uint32_t level)
{
	const struct step *step = &path->steps[level], *parent = step - 1;
	struct ext4_extent_header *header = header_of(step->node);
	uint32_t keep = step->before == header->entries ? header->entries - 1u : header->entries / 2u;
	struct buffer *buffer;
	int32_t error = node_make(path, header->depth, &buffer);

	if (error)
		return error;
	error = step_change(path, step);
	if (!error)
		error = step_change(path, parent);
	if (!error) {
		header_of(buffer->data)->entries = (uint16_t)(header->entries - keep);
		memcpy(extents_of(buffer->data), &extents_of(step->node)[keep],
		       (header->entries - keep) * sizeof(struct ext4_extent));
		header->entries = (uint16_t)keep;
		entry_open(parent->node, index_at(parent) + 1);
		index_set(&indices_of(parent->node)[index_at(parent) + 1],
		          extents_of(buffer->data)[0].logical, buffer->block);
		extent_node_seal(path->inode, buffer->data);
		step_seal(path, step);
		step_seal(path, parent);
	}
	cache_put(&path->inode->volume->cache, buffer);
	return error;
}

/* One step towards room in the leaf. */
static int32_t room_make(const struct path *path)
{
	uint32_t level = path->depth;

	while (level > 0 && is_full(&path->steps[level - 1]))
		level--;
	return level == 0 ? root_deepen(path) : node_divide(path, level);
}

/*
 * Room for `count` entries in the leaf, before an extent is divided: what has been taken
 * out of the tree can be put back then. The way to `logical` is sought anew.
 */
static int32_t leaf_make_room(struct path *path, uint64_t logical, uint32_t count)
{
	const struct ext4_extent_header *header = header_of(leaf_of(path)->node);
	int32_t error = 0;

	while (!error && header->entries + count > header->entries_maximum) {
		error = room_make(path);
		path_put(path);
		if (!error)
			error = path_get(path, logical);
		header = header_of(leaf_of(path)->node);
	}
	return error;
}

/* ---- inserting -------------------------------------------------------------------------- */

static struct ext4_extent extent_of(uint32_t logical, uint64_t physical, uint32_t count, bool unwritten)
{
	return (struct ext4_extent){
		.logical = logical,
		.length = (uint16_t)(unwritten ? count + EXTENT_LENGTH_WRITTEN : count),
		.start_high = (uint16_t)(physical >> 32),
		.start_low = (uint32_t)physical,
	};
}

/* Whether `right` goes on where `left` ends, and both are one. */
static bool joins(const struct ext4_extent *left, const struct ext4_extent *right)
{
	const bool unwritten = extent_is_unwritten(left);

	return extent_end(left) == right->logical &&
	       extent_start(left) + extent_length(left) == extent_start(right) &&
	       unwritten == extent_is_unwritten(right) &&
	       extent_length(left) + extent_length(right) <=
	               (unwritten ? EXTENT_LENGTH_UNWRITTEN : EXTENT_LENGTH_WRITTEN);
}

/* Adds to one of the neighbours. False: neither goes on. */
static bool leaf_join(const struct step *leaf, const struct ext4_extent *new)
{
	struct ext4_extent *extents = extents_of(leaf->node);
	const uint32_t at = leaf->before;
	const bool unwritten = extent_is_unwritten(new);

	if (at > 0 && joins(&extents[at - 1], new)) {
		extents[at - 1] = extent_of(extents[at - 1].logical, extent_start(&extents[at - 1]),
		                            extent_length(&extents[at - 1]) + extent_length(new), unwritten);
		if (at < header_of(leaf->node)->entries && joins(&extents[at - 1], &extents[at])) {
			extents[at - 1] = extent_of(
				extents[at - 1].logical, extent_start(&extents[at - 1]),
				extent_length(&extents[at - 1]) + extent_length(&extents[at]), unwritten);
			entry_close(leaf->node, at);
		}
		return true;
	}
	if (at < header_of(leaf->node)->entries && joins(new, &extents[at])) {
		extents[at] = extent_of(new->logical, extent_start(new),
		                        extent_length(new) + extent_length(&extents[at]), unwritten);
		return true;
	}
	return false;
}

/* Tries to insert; *done is false where that only made a step towards room. */
static int32_t insert_step(struct path *path, const struct ext4_extent *new, bool *done)
{
	struct step *leaf;
	int32_t error = path_get(path, new->logical);

	*done = false;
	if (error)
		return error;
	leaf = leaf_of(path);
	error = step_change(path, leaf);
	if (error)
		return error;
	*done = leaf_join(leaf, new);
	if (!*done && !is_full(leaf)) {
		entry_open(leaf->node, leaf->before);
		extents_of(leaf->node)[leaf->before] = *new;
		*done = true;
	}
	if (!*done)
		return room_make(path);
	step_seal(path, leaf);
	return keys_correct(path);
}

static int32_t insert(struct handle *handle, struct inode *inode, const struct ext4_extent *new)
{
	struct path path = {.handle = handle, .inode = inode};
	bool done = false;
	int32_t error = 0;

	while (!error && !done) {
		error = insert_step(&path, new, &done);
		path_put(&path);
	}
	return error;
}

int32_t extent_insert(struct handle *handle, struct inode *inode, uint32_t logical, uint64_t physical,
                      uint32_t count)
{
	const struct ext4_extent new = extent_of(logical, physical, count, false);

	return insert(handle, inode, &new);
}

int32_t extent_insert_unwritten(struct handle *handle, struct inode *inode, uint32_t logical, uint64_t physical,
                                uint32_t count)
{
	const struct ext4_extent new = extent_of(logical, physical, count, true);

	return insert(handle, inode, &new);
}

/* ---- removing ------------------------------------------------------------------------------ */

/* Nodes that have become empty are freed, with the indices that led to them. */
static int32_t nodes_prune(struct path *path)
{
	struct volume *volume = path->inode->volume;

	for (uint32_t i = path->depth; i > 0; i--) {
		struct step *step = &path->steps[i], *parent = step - 1;
		int32_t error;

		if (header_of(step->node)->entries > 0)
			return keys_correct(path);
		error = step_change(path, parent);
		if (!error)
			error = blocks_free(path->handle, step->buffer->block, 1, true);
		if (error)
			return error;
		path->inode->sectors -= volume->block_size >> SECTOR_BITS;
		entry_close(parent->node, index_at(parent));
		step_seal(path, parent);
		cache_put(&volume->cache, step->buffer);
		path->depth--;
	}
	if (header_of(path->steps[0].node)->entries == 0)
		header_of(path->steps[0].node)->depth = 0;
	return 0;
}

/* Takes blocks `from` to before `to` out of an extent of the leaf. True: what is left after them is *rest. */
static bool extent_cut(const struct step *leaf, uint32_t at, uint64_t from, uint64_t to,
                       struct ext4_extent *rest)
{
	struct ext4_extent *extent = &extents_of(leaf->node)[at];
	const struct ext4_extent old = *extent;
	const bool unwritten = extent_is_unwritten(&old), has_rest = to < extent_end(&old);

	if (has_rest)
		*rest = extent_of((uint32_t)to, extent_start(&old) + (to - old.logical),
		                  (uint32_t)(extent_end(&old) - to), unwritten);
	if (from > old.logical) {
		*extent =
			extent_of(old.logical, extent_start(&old), (uint32_t)(from - old.logical), unwritten);
		return has_rest;
	}
	if (has_rest)
		*extent = *rest;
	else
		entry_close(leaf->node, at);
	return false;
}

/* Takes what lies between two blocks out of the extent that the path leads to: *removed. */
static int32_t remove_at(struct path *path, uint64_t first, uint64_t end, struct ext4_extent *removed)
{
	struct step *leaf = leaf_of(path);
	const struct ext4_extent old = extents_of(leaf->node)[leaf->before - 1];
	const uint64_t from = first > old.logical ? first : old.logical;
	const uint64_t to = end < extent_end(&old) ? end : extent_end(&old);
	struct ext4_extent rest;
	bool has_rest;
	int32_t error = 0;

	if (from > old.logical && to < extent_end(&old))
		error = leaf_make_room(path, from, 1);
	leaf = leaf_of(path);
	if (!error)
		error = step_change(path, leaf);
	if (error)
		return error;
	*removed = extent_of((uint32_t)from, extent_start(&old) + (from - old.logical), (uint32_t)(to - from),
	                     extent_is_unwritten(&old));
	has_rest = extent_cut(leaf, leaf->before - 1, from, to, &rest);
	step_seal(path, leaf);
	error = nodes_prune(path);
	if (!error && has_rest)
		error = insert(path->handle, path->inode, &rest);
	if (error)
		transactions_abort(path->inode->volume, "an extent cannot be divided", error);
	return error;
}

/* The extent that ends last of those that begin before `end`; false: there is none that reaches beyond `first`. */
static bool path_has(struct path *path, uint64_t first)
{
	const struct step *leaf = leaf_of(path);

	return leaf->before > 0 && extent_end(&extents_of(leaf->node)[leaf->before - 1]) > first;
}

static uint64_t metadata_part(struct path *path, uint64_t first, uint64_t end)
{
	const uint64_t extent = extent_end(&extents_of(leaf_of(path)->node)[leaf_of(path)->before - 1]);
	const uint64_t to = end < extent ? end : extent;

	return to - first > METADATA_AT_ONCE ? to - METADATA_AT_ONCE : first;
}

int32_t extent_remove(struct handle *handle, struct inode *inode, uint64_t first, uint64_t end, bool *more)
{
	struct volume *volume = inode->volume;
	struct path path = {.handle = handle, .inode = inode};
	struct ext4_extent removed = {0};
	int32_t error;

	*more = false;
	if (end > LOGICAL_LIMIT)
		end = LOGICAL_LIMIT;
	if (first >= end)
		return 0;
	error = path_get(&path, end - 1);
	if (error)
		return error;
	*more = path_has(&path, first);
	/* Each block of what the log may have is one change. */
	if (*more && !inode_is(inode, POSIX_S_IFREG))
		first = metadata_part(&path, first, end);
	if (*more)
		error = remove_at(&path, first, end, &removed);
	path_put(&path);
	if (error || !*more)
		return error;
	inode->sectors -= (uint64_t)extent_length(&removed) << (volume->block_bits - SECTOR_BITS);
	return blocks_free(handle, extent_start(&removed), extent_length(&removed),
	                   !inode_is(inode, POSIX_S_IFREG));
}

/* ---- written or not ------------------------------------------------------------------------ */

/* Makes one of an extent of the leaf and the next, where that goes on. */
static void leaf_merge(const struct step *leaf, uint32_t at)
{
	struct ext4_extent *extents = extents_of(leaf->node);

	if (at + 1 >= header_of(leaf->node)->entries || !joins(&extents[at], &extents[at + 1]))
		return;
	extents[at] = extent_of(extents[at].logical, extent_start(&extents[at]),
	                        extent_length(&extents[at]) + extent_length(&extents[at + 1]),
	                        extent_is_unwritten(&extents[at]));
	entry_close(leaf->node, at + 1);
}

/* Marks a part of an extent of the leaf, which has room for what it is divided into. Where it begins stays as it is. */
static void leaf_mark(const struct step *leaf, uint32_t at, uint64_t from, uint64_t to, bool unwritten)
{
	struct ext4_extent *extents = extents_of(leaf->node);
	const struct ext4_extent old = extents[at];
	const bool was = extent_is_unwritten(&old);

	if (to < extent_end(&old)) {
		entry_open(leaf->node, at + 1);
		extents[at + 1] = extent_of((uint32_t)to, extent_start(&old) + (to - old.logical),
		                            (uint32_t)(extent_end(&old) - to), was);
	}
	if (from > old.logical) {
		entry_open(leaf->node, at);
		extents[at] =
			extent_of(old.logical, extent_start(&old), (uint32_t)(from - old.logical), was);
		at++;
	}
	extents[at] = extent_of((uint32_t)from, extent_start(&old) + (from - old.logical),
	                        (uint32_t)(to - from), unwritten);
	leaf_merge(leaf, at);
	if (at > 0)
		leaf_merge(leaf, at - 1);
}

static int32_t mark(struct path *path, uint64_t from, uint64_t to, bool unwritten)
{
	const struct ext4_extent *extent;
	const struct step *leaf;
	int32_t error = path_get(path, from);

	if (error)
		return error;
	leaf = leaf_of(path);
	extent = &extents_of(leaf->node)[leaf->before - 1];
	if (!path_has(path, from) || extent_end(extent) < to)
		return inode_damage(path->inode, 0, "an extent is gone");
	error = leaf_make_room(path, from, (from > extent->logical) + (to < extent_end(extent)));
	leaf = leaf_of(path);
	if (!error)
		error = step_change(path, leaf);
	if (error)
		return error;
	leaf_mark(leaf, leaf->before - 1, from, to, unwritten);
	step_seal(path, leaf);
	return 0;
}

int32_t extent_mark(struct handle *handle, struct inode *inode, uint32_t logical, uint32_t count,
                    bool unwritten)
{
	struct path path = {.handle = handle, .inode = inode};
	int32_t error = mark(&path, logical, logical + (uint64_t)count, unwritten);

	path_put(&path);
	return error;
}
