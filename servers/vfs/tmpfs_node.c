/*
 * tmpfs nodes: the table that finds them by number, their allocation, life and
 * attributes. A page of nodes that becomes empty is given back; its index goes
 * on a list together with the generation from which its numbers go on, so that
 * none is ever used twice.
 */
#include <drydock/string.h>

#include "tmpfs_internal.h"

/* In the node table instead of a page's reference, for an index whose page was given back. */
#define NODE_PAGE_FREE       16u
#define NODE_PAGE_FREE_SHIFT 5u

static uint64_t node_page_free_word(uint32_t generation, uint32_t next_index)
{
	return (uint64_t)generation << 32 | (uint64_t)next_index << NODE_PAGE_FREE_SHIFT | NODE_PAGE_FREE;
}

struct tmpfs_node *tmpfs_node_find(const struct tmpfs *tmpfs, uint64_t number)
{
	uint32_t slot = number % (1u << NODE_SLOT_BITS);
	struct node_page *page;
	struct tmpfs_node *node;
	const uint64_t *word;

	word = tmpfs_tree_find(tmpfs->arena, &tmpfs->super->node_table, (uint32_t)number >> NODE_SLOT_BITS);
	if (slot == 0 || !word || !*word || *word & NODE_PAGE_FREE)
		return NULL;
	page = arena_address(tmpfs->arena, *word);
	node = &page->node[slot - 1];
	return node->number == number ? node : NULL;
}

static void node_page_link(struct tmpfs *tmpfs, struct node_page *page, uint64_t reference)
{
	uint64_t next = tmpfs->super->partial;

	page->next = next;
	page->previous = 0;
	if (next)
		((struct node_page *)arena_address(tmpfs->arena, next))->previous = reference;
	tmpfs->super->partial = reference;
}

static void node_page_unlink(struct tmpfs *tmpfs, const struct node_page *page)
{
	if (page->next)
		((struct node_page *)arena_address(tmpfs->arena, page->next))->previous = page->previous;
	if (page->previous)
		((struct node_page *)arena_address(tmpfs->arena, page->previous))->next = page->next;
	else
		tmpfs->super->partial = page->next;
}

/* Fills a new page of nodes, all free; their numbers start at `generation`. */
static void node_page_set_up(struct tmpfs *tmpfs, uint64_t reference, uint32_t index, uint32_t generation)
{
	struct node_page *page = arena_address(tmpfs->arena, reference);
	uint32_t slot;

	page->index = index;
	page->free = 1;
	page->used = 0;
	for (slot = 1; slot <= NODE_SLOTS; slot++) {
		page->node[slot - 1].number = (uint64_t)generation << 32;
		page->node[slot - 1].next_free = slot < NODE_SLOTS ? slot + 1 : 0;
	}
	node_page_link(tmpfs, page, reference);
}

/* Gets a page of nodes, at a page index used before or at the next one. */
static int32_t node_page_make(struct tmpfs *tmpfs)
{
	struct tmpfs_super *super = tmpfs->super;
	uint32_t index = super->free_index, generation = super->generation;
	uint64_t reference, *word;
	int32_t error;
	bool zero;

	if (!index && super->node_pages == NODE_PAGES_MAX)
		return POSIX_ENOSPC;
	error = arena_page_allocate(tmpfs->arena, &reference, &zero);
	if (error)
		return error;
	if (index) {
		word = tmpfs_tree_find(tmpfs->arena, &super->node_table, index);
		generation = *word >> 32;
		super->free_index = (uint32_t)*word >> NODE_PAGE_FREE_SHIFT;
	} else {
		index = super->node_pages;
		error = tmpfs_tree_make(tmpfs->arena, &super->node_table, index, &word);
		if (error) {
			arena_page_free(tmpfs->arena, reference);
			return error;
		}
		super->node_pages++;
	}
	*word = reference;
	node_page_set_up(tmpfs, reference, index, generation);
	/* The root, the first node that is made, is number 1. */
	if (index == 0)
		((struct node_page *)arena_address(tmpfs->arena, reference))->node[0].number = 0;
	return 0;
}

/* Gives an empty page back; the highest generation among its slots goes on from there. */
static void node_page_drop(struct tmpfs *tmpfs, struct node_page *page)
{
	uint64_t *word = tmpfs_tree_find(tmpfs->arena, &tmpfs->super->node_table, page->index);
	uint32_t generation = 0, slot;
	uint64_t reference = *word;

	for (slot = 0; slot < NODE_SLOTS; slot++) {
		if (page->node[slot].number >> 32 > generation)
			generation = page->node[slot].number >> 32;
	}
	node_page_unlink(tmpfs, page);
	*word = node_page_free_word(generation, tmpfs->super->free_index);
	tmpfs->super->free_index = page->index;
	arena_page_free(tmpfs->arena, reference);
}

int32_t tmpfs_node_make(struct tmpfs *tmpfs, uint32_t mode, const struct tmpfs_creation *creation,
                        struct tmpfs_time now, uint64_t *reference)
{
	struct tmpfs_super *super = tmpfs->super;
	struct node_page *page;
	struct tmpfs_node *node;
	uint64_t number;
	uint32_t slot;
	int32_t error;

	if (super->nodes >= super->nodes_limit)
		return POSIX_ENOSPC;
	if (!super->partial) {
		error = node_page_make(tmpfs);
		if (error)
			return error;
	}
	page = arena_address(tmpfs->arena, super->partial);
	slot = page->free;
	node = &page->node[slot - 1];
	*reference = super->partial + offsetof(struct node_page, node) + (slot - 1) * sizeof(*node);
	page->free = node->next_free;
	page->used++;
	if (!page->free)
		node_page_unlink(tmpfs, page);
	super->nodes++;

	number = node->number | (uint64_t)page->index << NODE_SLOT_BITS | slot;
	memset(node, 0, sizeof(*node));
	node->number = number;
	node->reference = *reference;
	node->mode = mode;
	node->uid = creation->uid;
	node->gid = creation->gid;
	node->device = node_is(node, POSIX_S_IFCHR) || node_is(node, POSIX_S_IFBLK) ? creation->device : 0;
	node->birth = now.seconds;
	node->birth_nanoseconds = now.nanoseconds;
	node_mark_atime(node, now);
	node_mark_changed(node, now);
	return 0;
}

/* A slot whose generations are used up is never free again. */
static void node_free(struct tmpfs *tmpfs, struct tmpfs_node *node)
{
	uint32_t slot = node->number % (1u << NODE_SLOT_BITS);
	uint32_t generation = node->number >> 32;
	uint64_t reference = node->reference & ~(uint64_t)(ARENA_PAGE - 1);
	struct node_page *page = arena_address(tmpfs->arena, reference);

	tmpfs->super->nodes--;
	if (generation == UINT32_MAX) {
		node->number = 0;
		return;
	}
	node->number = (uint64_t)(generation + 1) << 32;
	node->next_free = page->free;
	if (!page->free)
		node_page_link(tmpfs, page, reference);
	page->free = slot;
	page->used--;
	if (page->used == 0)
		node_page_drop(tmpfs, page);
}

void tmpfs_node_release(struct tmpfs *tmpfs, struct tmpfs_node *node)
{
	if (node->links > 0 || node->references > 0)
		return;
	if (node_is(node, POSIX_S_IFREG))
		tmpfs_tree_truncate(tmpfs->arena, &node->file.tree, 0, true);
	else if (node_is(node, POSIX_S_IFLNK))
		arena_free(tmpfs->arena, node->symlink.target, (uint32_t)node->symlink.size);
	tmpfs_xattr_drop_all(tmpfs, node);
	node_free(tmpfs, node);
}

int32_t tmpfs_reference(struct tmpfs *tmpfs, uint64_t number, uint64_t count)
{
	struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);

	if (!node)
		return POSIX_ESTALE;
	if (count > UINT64_MAX - node->references)
		return POSIX_EOVERFLOW;
	node->references += count;
	return 0;
}

int32_t tmpfs_forget(struct tmpfs *tmpfs, uint64_t number, uint64_t count)
{
	struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);

	if (!node)
		return POSIX_ESTALE;
	if (count > node->references)
		return POSIX_EINVAL;
	change_begin(tmpfs);
	node->references -= count;
	tmpfs_node_release(tmpfs, node);
	change_end(tmpfs);
	return 0;
}

void tmpfs_drop_references(struct tmpfs *tmpfs)
{
	struct node_page *page;
	uint64_t index, word, last;
	uint32_t slot;

	change_begin(tmpfs);
	for (index = 0; (word = tmpfs_tree_next(tmpfs->arena, tmpfs->super->node_table, &index)) != 0;
	     index++) {
		if (word & NODE_PAGE_FREE)
			continue;
		page = arena_address(tmpfs->arena, word);
		last = page->used;
		for (slot = 0; slot < NODE_SLOTS && last > 0; slot++) {
			struct tmpfs_node *node = &page->node[slot];

			if (!(uint32_t)node->number)
				continue;
			last--; /* with the last one the page itself may go */
			node->references = 0;
			tmpfs_node_release(tmpfs, node);
		}
	}
	change_end(tmpfs);
}
