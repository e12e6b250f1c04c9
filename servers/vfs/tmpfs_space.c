/*
 * tmpfs files' space: where data and holes are, and making either. A page that
 * was allocated and never written counts as a hole for who looks for data, as
 * on Linux: PAGE_UNWRITTEN in the tree says that it is one.
 */
#include <drydock/string.h>

#include "tmpfs_internal.h"

/* The first page index that a range touches, and the one after its last. */
struct pages {
	uint64_t first;
	uint64_t end;
};

static struct pages pages_of(uint64_t offset, uint64_t length)
{
	return (struct pages){offset / ARENA_PAGE, (offset + length + ARENA_PAGE - 1) / ARENA_PAGE};
}

/* ---- looking ----------------------------------------------------------------- */

int32_t tmpfs_seek(struct tmpfs *tmpfs, uint64_t number, uint64_t offset, enum tmpfs_seek what,
                   uint64_t *result)
{
	uint64_t index = offset / ARENA_PAGE, at = index, word;
	struct tmpfs_node *node;
	int32_t error;

	error = tmpfs_file_find(tmpfs, number, &node);
	if (error)
		return error;
	if (offset >= node->file.size)
		return POSIX_ENXIO;
	for (;; at++) {
		uint64_t expected = at;

		word = tmpfs_tree_next(tmpfs->arena, node->file.tree, &at);
		if (what == TMPFS_SEEK_HOLE && (!word || at != expected || word & PAGE_UNWRITTEN)) {
			at = expected;
			break;
		}
		if (what == TMPFS_SEEK_DATA && (!word || !(word & PAGE_UNWRITTEN)))
			break;
	}
	if (what == TMPFS_SEEK_DATA && (!word || at * ARENA_PAGE >= node->file.size))
		return POSIX_ENXIO;
	*result = at == index ? offset : at * ARENA_PAGE;
	if (*result > node->file.size)
		*result = node->file.size;
	return 0;
}

/* ---- holes and zeros ------------------------------------------------------------ */

/* Zeros within one page, if it is there. */
static void page_clear(const struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t from, uint64_t to)
{
	uint8_t *page = tmpfs_file_page(tmpfs, node, from / ARENA_PAGE);

	if (page)
		memset(page + from % ARENA_PAGE, 0, to - from);
}

/* Zeros what the range has of pages that it does not cover; returns those that it does. */
static struct pages edges_clear(const struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t from,
                                uint64_t to)
{
	uint64_t first = (from + ARENA_PAGE - 1) / ARENA_PAGE, end = to / ARENA_PAGE;

	if (first > end) { /* all in one page */
		page_clear(tmpfs, node, from, to);
		return (struct pages){0, 0};
	}
	if (from % ARENA_PAGE)
		page_clear(tmpfs, node, from, first * ARENA_PAGE);
	if (to % ARENA_PAGE)
		page_clear(tmpfs, node, end * ARENA_PAGE, to);
	return (struct pages){first, end};
}

/* Frees the pages of a range that have all the bits `marks`. */
static void pages_free(struct tmpfs *tmpfs, struct tmpfs_node *node, struct pages pages, uint64_t marks)
{
	uint64_t index = pages.first, word;

	for (; index < pages.end; index++) {
		word = tmpfs_tree_next(tmpfs->arena, node->file.tree, &index);
		if (!word || index >= pages.end)
			return;
		if ((word & marks) != marks)
			continue;
		tmpfs_tree_remove(tmpfs->arena, &node->file.tree, index);
		arena_page_free(tmpfs->arena, page_reference(word));
		node->file.pages--;
	}
}

/* ---- allocating ------------------------------------------------------------------- */

/* How many pages of the range the file has. */
static uint64_t pages_present(const struct tmpfs *tmpfs, const struct tmpfs_node *node, struct pages pages)
{
	uint64_t index = pages.first, count = 0;

	for (; index < pages.end; index++, count++) {
		if (!tmpfs_tree_next(tmpfs->arena, node->file.tree, &index) || index >= pages.end)
			break;
	}
	return count;
}

/* Gives a hole its page, which is zero, and marks it as new. */
static int32_t page_add(struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t index)
{
	uint64_t reference, *slot;
	int32_t error;
	bool zero;

	slot = tmpfs_tree_find(tmpfs->arena, &node->file.tree, index);
	if (slot && *slot)
		return 0;
	error = arena_page_allocate(tmpfs->arena, &reference, &zero);
	if (error)
		return error;
	if (!zero)
		memset(arena_address(tmpfs->arena, reference), 0, ARENA_PAGE);
	error = tmpfs_tree_make(tmpfs->arena, &node->file.tree, index, &slot);
	if (error) {
		arena_page_free(tmpfs->arena, reference);
		return error;
	}
	*slot = reference | PAGE_UNWRITTEN | PAGE_NEW;
	node->file.pages++;
	return 0;
}

/* What is allocated a second time counts as written, as it does on Linux. */
static void pages_keep(const struct tmpfs *tmpfs, struct tmpfs_node *node, struct pages pages)
{
	uint64_t index, *slot;

	for (index = pages.first; index < pages.end; index++) {
		slot = tmpfs_tree_find(tmpfs->arena, &node->file.tree, index);
		*slot &= ~(uint64_t)(*slot & PAGE_NEW ? PAGE_NEW : PAGE_UNWRITTEN);
	}
}

/* Fills all holes of the range, or none. */
static int32_t pages_fill(struct tmpfs *tmpfs, struct tmpfs_node *node, struct pages pages)
{
	uint64_t present = pages_present(tmpfs, node, pages), index;
	int32_t error = 0;

	/* Better than to take all memory there is and give it back. */
	if (pages.end - pages.first - present >
	    arena_pages_limit(tmpfs->arena) - arena_pages_used(tmpfs->arena))
		return POSIX_ENOSPC;
	for (index = pages.first; index < pages.end && !error; index++)
		error = page_add(tmpfs, node, index);
	if (error)
		pages_free(tmpfs, node, pages, PAGE_NEW);
	else
		pages_keep(tmpfs, node, pages);
	return error;
}

static int32_t file_allocate(struct tmpfs *tmpfs, struct tmpfs_node *node, enum tmpfs_allocate mode,
                             uint64_t offset, uint64_t length)
{
	struct pages covered;
	int32_t error;

	if (mode == TMPFS_ALLOCATE_PUNCH) {
		covered = edges_clear(tmpfs, node, offset, offset + length);
		pages_free(tmpfs, node, covered, 0);
		return 0;
	}
	error = pages_fill(tmpfs, node, pages_of(offset, length));
	if (error)
		return error;
	if (mode == TMPFS_ALLOCATE_ZERO || mode == TMPFS_ALLOCATE_ZERO_KEEP) {
		covered = edges_clear(tmpfs, node, offset, offset + length);
		for (; covered.first < covered.end; covered.first++)
			page_clear(tmpfs, node, covered.first * ARENA_PAGE,
			           (covered.first + 1) * ARENA_PAGE);
	}
	if ((mode == TMPFS_ALLOCATE_GROW || mode == TMPFS_ALLOCATE_ZERO) &&
	    offset + length > node->file.size)
		node->file.size = offset + length;
	return 0;
}

int32_t tmpfs_allocate(struct tmpfs *tmpfs, uint64_t number, enum tmpfs_allocate mode, uint64_t offset,
                       uint64_t length, struct tmpfs_time now)
{
	struct tmpfs_node *node;
	int32_t error;

	error = tmpfs_file_find(tmpfs, number, &node);
	if (error)
		return error == POSIX_EINVAL ? POSIX_ENODEV : error;
	if (length == 0 || mode > TMPFS_ALLOCATE_ZERO_KEEP)
		return POSIX_EINVAL;
	if (offset > TMPFS_FILE_SIZE_MAX || length > TMPFS_FILE_SIZE_MAX - offset)
		return POSIX_EFBIG;
	change_begin(tmpfs);
	error = file_allocate(tmpfs, node, mode, offset, length);
	if (!error) {
		node_drop_capability(tmpfs, node);
		node_mark_changed(node, now);
	}
	change_end(tmpfs);
	return error;
}
