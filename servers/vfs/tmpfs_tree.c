/*
 * Radix trees linked by references: pages of files, entries by sequence, hash
 * buckets, and the node table. A change either succeeds or leaves the tree as
 * it was. See tmpfs_internal.h for the layout.
 */
#include <drydock/string.h>

#include "tmpfs_internal.h"

#define HEIGHT_MASK 15u

static struct tree_node *tree_node_at(const struct arena *arena, uint64_t word)
{
	return arena_address(arena, word & ~(uint64_t)HEIGHT_MASK);
}

static bool tree_covers(uint32_t height, uint64_t index)
{
	return height >= TREE_HEIGHT_MAX || index >> (TREE_BITS * height) == 0;
}

/* Which subtree of a node of this height holds `index`. */
static uint32_t tree_branch(uint32_t height, uint64_t index)
{
	return (uint32_t)(index >> (TREE_BITS * (height - 1))) % TREE_FANOUT;
}

uint64_t *tmpfs_tree_find(const struct arena *arena, uint64_t *tree, uint64_t index)
{
	uint32_t height = *tree & HEIGHT_MASK;
	uint64_t *slot = tree;

	if (!tree_covers(height, index))
		return NULL;
	for (; height > 0; height--) {
		if (!*slot)
			return NULL;
		slot = &tree_node_at(arena, *slot)->slot[tree_branch(height, index)];
	}
	return slot;
}

/* How many nodes are missing on the way to `index` in a tree that is first raised to `raised`. */
static uint32_t tree_missing(const struct arena *arena, const uint64_t *tree, uint64_t index, uint32_t raised)
{
	uint32_t height = *tree & HEIGHT_MASK;
	const uint64_t *slot = tree;

	if (!*tree)
		return raised;
	if (raised > height)
		return raised - height + raised - 1;
	for (; height > 0 && *slot; height--)
		slot = &tree_node_at(arena, *slot)->slot[tree_branch(height, index)];
	return height;
}

static int32_t tree_nodes_make(struct arena *arena, uint64_t *made, uint32_t count)
{
	uint32_t at;
	int32_t error;

	for (at = 0; at < count; at++) {
		error = arena_allocate(arena, sizeof(struct tree_node), &made[at]);
		if (error) {
			while (at-- > 0)
				arena_free(arena, made[at], sizeof(struct tree_node));
			return error;
		}
		memset(arena_address(arena, made[at]), 0, sizeof(struct tree_node));
	}
	return 0;
}

int32_t tmpfs_tree_make(struct arena *arena, uint64_t *tree, uint64_t index, uint64_t **slot)
{
	uint64_t made[2 * TREE_HEIGHT_MAX];
	uint32_t height = *tree & HEIGHT_MASK, raised = height, missing, used = 0;
	int32_t error;

	while (!tree_covers(raised, index))
		raised++;
	missing = tree_missing(arena, tree, index, raised);
	if (missing > 0) {
		error = tree_nodes_make(arena, made, missing);
		if (error)
			return error;
		for (; *tree && height < raised; height++) {
			tree_node_at(arena, made[used])->slot[0] = *tree & ~(uint64_t)HEIGHT_MASK;
			*tree = made[used++] | (height + 1);
		}
		if (!*tree)
			*tree = raised;
	}
	*slot = tree;
	for (height = raised; height > 0; height--) {
		if (!(**slot & ~(uint64_t)HEIGHT_MASK))
			**slot |= made[used++];
		*slot = &tree_node_at(arena, **slot)->slot[tree_branch(height, index)];
	}
	return 0;
}

/* Looks first beside `near`, where a neighbour is likely. */
static bool tree_node_empty(const struct tree_node *node, uint32_t near)
{
	uint32_t step;

	for (step = 1; step <= TREE_FANOUT; step++) {
		if (node->slot[(near + step) % TREE_FANOUT])
			return false;
	}
	return true;
}

/* Takes levels off the top that only have a first subtree. */
static void tree_lower(struct arena *arena, uint64_t *tree)
{
	uint32_t height, branch;
	struct tree_node *node;
	uint64_t root;

	while ((height = *tree & HEIGHT_MASK) > 0) {
		node = tree_node_at(arena, *tree);
		for (branch = 1; branch < TREE_FANOUT; branch++) {
			if (node->slot[branch])
				return;
		}
		root = *tree & ~(uint64_t)HEIGHT_MASK;
		*tree = node->slot[0] | (height - 1);
		arena_free(arena, root, sizeof(*node));
	}
}

void tmpfs_tree_remove(struct arena *arena, uint64_t *tree, uint64_t index)
{
	uint64_t *path[TREE_HEIGHT_MAX + 1]; /* by height, the word that refers to what lies on the way */
	uint32_t height = *tree & HEIGHT_MASK, level;
	uint64_t *slot = tree;

	if (!tree_covers(height, index))
		return;
	for (level = height; level > 0; level--) {
		if (!*slot)
			return;
		path[level] = slot;
		slot = &tree_node_at(arena, *slot)->slot[tree_branch(level, index)];
	}
	*slot = 0;
	for (level = 1; level <= height; level++) {
		struct tree_node *node = tree_node_at(arena, *path[level]);

		if (!tree_node_empty(node, tree_branch(level, index)))
			break;
		arena_free(arena, *path[level] & ~(uint64_t)HEIGHT_MASK, sizeof(*node));
		*path[level] = 0;
	}
	tree_lower(arena, tree);
}

static uint64_t tree_next_below(const struct arena *arena, uint64_t word, uint32_t height, uint64_t *index)
{
	const struct tree_node *node = tree_node_at(arena, word);
	uint32_t first = tree_branch(height, *index), branch;
	uint32_t shift = TREE_BITS * (height - 1);
	uint64_t group = *index >> shift & ~(uint64_t)(TREE_FANOUT - 1), position, value;

	for (branch = first; branch < TREE_FANOUT; branch++) {
		if (!node->slot[branch])
			continue;
		position = branch == first ? *index : (group + branch) << shift;
		value = height > 1 ? tree_next_below(arena, node->slot[branch], height - 1, &position)
		                   : node->slot[branch];
		if (value) {
			*index = position;
			return value;
		}
	}
	return 0;
}

uint64_t tmpfs_tree_next(const struct arena *arena, uint64_t tree, uint64_t *index)
{
	uint32_t height = tree & HEIGHT_MASK;

	if (!tree || !tree_covers(height, *index))
		return 0;
	return height > 0 ? tree_next_below(arena, tree, height, index) : tree;
}

static uint64_t tree_cut(struct arena *arena, uint64_t *slot, uint32_t height, uint64_t from, bool pages)
{
	uint64_t reference = *slot & ~(uint64_t)HEIGHT_MASK, count = 0, rest;
	struct tree_node *node;
	uint32_t first, branch;

	if (!reference)
		return 0;
	if (height == 0) {
		if (pages)
			arena_page_free(arena, page_reference(reference));
		*slot = 0;
		return 1;
	}
	node = arena_address(arena, reference);
	first = tree_branch(height, from);
	rest = from & ((1ull << TREE_BITS * (height - 1)) - 1);
	for (branch = first; branch < TREE_FANOUT; branch++)
		count += tree_cut(arena, &node->slot[branch], height - 1, branch == first ? rest : 0, pages);
	if (from == 0 || (pages && tree_node_empty(node, first))) {
		arena_free(arena, reference, sizeof(*node));
		*slot = 0;
	}
	return count;
}

uint64_t tmpfs_tree_truncate(struct arena *arena, uint64_t *tree, uint64_t from, bool pages)
{
	uint32_t height = *tree & HEIGHT_MASK;
	uint64_t count;

	if (!tree_covers(height, from))
		return 0;
	count = tree_cut(arena, tree, height, from, pages);
	if (pages)
		tree_lower(arena, tree);
	return count;
}
