/*
 * tmpfs file data. A file's pages hang in a tree by page number; one that is
 * missing is a hole. What lies beyond the size in the last page is zero, so
 * that a file can grow by its size alone.
 */
#include <drydock/string.h>

#include "tmpfs_internal.h"

static uint32_t smaller(uint64_t left, uint32_t right)
{
	return left < right ? (uint32_t)left : right;
}

void *tmpfs_file_page(const struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t index)
{
	const uint64_t *slot = tmpfs_tree_find(tmpfs->arena, &node->file.tree, index);

	return slot && *slot ? arena_address(tmpfs->arena, page_reference(*slot)) : NULL;
}

void tmpfs_file_truncate(struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t size)
{
	uint32_t kept = size % ARENA_PAGE;
	uint8_t *page;

	/* Also where it stays: pages may have been allocated beyond it. */
	if (size <= node->file.size) {
		node->file.pages -= tmpfs_tree_truncate(tmpfs->arena, &node->file.tree,
		                                        size / ARENA_PAGE + (kept > 0), true);
		page = kept ? tmpfs_file_page(tmpfs, node, size / ARENA_PAGE) : NULL;
		if (page)
			memset(page + kept, 0, ARENA_PAGE - kept);
	}
	node->file.size = size;
}

int32_t tmpfs_file_find(const struct tmpfs *tmpfs, uint64_t number, struct tmpfs_node **node)
{
	*node = tmpfs_node_find(tmpfs, number);
	if (!*node)
		return POSIX_ESTALE;
	if (node_is(*node, POSIX_S_IFDIR))
		return POSIX_EISDIR;
	return node_is(*node, POSIX_S_IFREG) ? 0 : POSIX_EINVAL;
}

int32_t tmpfs_read(struct tmpfs *tmpfs, uint64_t number, uint64_t offset, void *buffer, uint32_t length,
                   uint32_t *done, struct tmpfs_time now)
{
	struct tmpfs_node *node;
	uint32_t part, within;
	const uint8_t *page;
	uint8_t *to = buffer;
	int32_t error;

	error = tmpfs_file_find(tmpfs, number, &node);
	if (error)
		return error;
	*done = 0;
	node_mark_read(node, now);
	if (offset >= node->file.size)
		return 0;
	*done = length = smaller(node->file.size - offset, length);
	for (; length > 0; length -= part, offset += part, to += part) {
		within = offset % ARENA_PAGE;
		part = smaller(length, ARENA_PAGE - within);
		page = tmpfs_file_page(tmpfs, node, offset / ARENA_PAGE);
		if (page)
			memcpy(to, page + within, part);
		else
			memset(to, 0, part);
	}
	return 0;
}

/*
 * Gives a hole its page, `length` bytes of it at `within` from `data` and the
 * rest zero. Copying, which takes longest, is not within the change: to die
 * there costs a page and not the tree.
 */
static int32_t file_page_make(struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t index, uint32_t within,
                              const void *data, uint32_t length)
{
	uint64_t reference, *slot;
	int32_t error;
	uint8_t *page;
	bool zero;

	change_begin(tmpfs);
	error = arena_page_allocate(tmpfs->arena, &reference, &zero);
	change_end(tmpfs);
	if (error)
		return error;
	page = arena_address(tmpfs->arena, reference);
	if (!zero) {
		memset(page, 0, within);
		memset(page + within + length, 0, ARENA_PAGE - within - length);
	}
	memcpy(page + within, data, length);
	change_begin(tmpfs);
	error = tmpfs_tree_make(tmpfs->arena, &node->file.tree, index, &slot);
	if (error) {
		arena_page_free(tmpfs->arena, reference);
	} else {
		*slot = reference;
		node->file.pages++;
	}
	change_end(tmpfs);
	return error;
}

/* What every change of a file's content does besides. */
static void file_changed(struct tmpfs *tmpfs, struct tmpfs_node *node, struct tmpfs_time now)
{
	if (node->xattrs) {
		change_begin(tmpfs);
		node_drop_capability(tmpfs, node);
		change_end(tmpfs);
	}
	node_mark_changed(node, now);
}

/* Writes within one page. */
static int32_t file_write_part(struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t offset,
                               const void *data, uint32_t length)
{
	uint64_t *slot = tmpfs_tree_find(tmpfs->arena, &node->file.tree, offset / ARENA_PAGE);
	uint32_t within = offset % ARENA_PAGE;
	uint8_t *page;
	int32_t error;

	if (slot && *slot) {
		*slot = page_reference(*slot); /* it is written now */
		page = arena_address(tmpfs->arena, *slot);
		memcpy(page + within, data, length);
	} else {
		error = file_page_make(tmpfs, node, offset / ARENA_PAGE, within, data, length);
		if (error)
			return error;
	}
	if (offset + length > node->file.size)
		node->file.size = offset + length;
	return 0;
}

int32_t tmpfs_write(struct tmpfs *tmpfs, uint64_t number, uint64_t offset, const void *data, uint32_t length,
                    uint32_t *done, struct tmpfs_time now)
{
	const uint8_t *from = data;
	struct tmpfs_node *node;
	uint32_t part;
	int32_t error;

	error = tmpfs_file_find(tmpfs, number, &node);
	if (error)
		return error;
	*done = 0;
	if (length == 0)
		return 0;
	if (offset >= TMPFS_FILE_SIZE_MAX)
		return POSIX_EFBIG;
	length = smaller(TMPFS_FILE_SIZE_MAX - offset, length);
	while (*done < length) {
		part = smaller(length - *done, ARENA_PAGE - (uint32_t)(offset % ARENA_PAGE));
		error = file_write_part(tmpfs, node, offset, from + *done, part);
		if (error)
			break;
		*done += part;
		offset += part;
	}
	if (*done == 0)
		return error;
	file_changed(tmpfs, node, now);
	return 0;
}

/* Zeros within one page, if that is no hole. */
static void file_clear_part(const struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t offset,
                            uint32_t length)
{
	uint8_t *page = tmpfs_file_page(tmpfs, node, offset / ARENA_PAGE);

	if (page)
		memset(page + offset % ARENA_PAGE, 0, length);
	if (offset + length > node->file.size)
		node->file.size = offset + length;
}

/* Whether such a copy would read what it writes. */
static bool copy_overlaps(uint64_t node, uint64_t offset, uint64_t to, uint64_t to_offset, uint32_t length)
{
	return node == to && (offset < to_offset ? to_offset - offset < length : offset - to_offset < length);
}

static int32_t copy_check(const struct tmpfs_node *from, uint64_t offset, const struct tmpfs_node *to,
                          uint64_t to_offset, uint32_t *length)
{
	if (*length == 0)
		return 0;
	/* As Linux: what counts is what there is to copy. */
	*length = offset < from->file.size ? smaller(from->file.size - offset, *length) : 0;
	if (to_offset >= TMPFS_FILE_SIZE_MAX)
		return POSIX_EFBIG;
	*length = smaller(TMPFS_FILE_SIZE_MAX - to_offset, *length);
	if (copy_overlaps(from->number, offset, to->number, to_offset, *length))
		return POSIX_EINVAL;
	return 0;
}

int32_t tmpfs_copy(struct tmpfs *tmpfs, uint64_t number, uint64_t offset, uint64_t to_number,
                   uint64_t to_offset, uint32_t length, uint32_t *done, struct tmpfs_time now)
{
	struct tmpfs_node *from, *to;
	const uint8_t *page;
	uint32_t part, room;
	int32_t error;

	error = tmpfs_file_find(tmpfs, number, &from);
	if (!error)
		error = tmpfs_file_find(tmpfs, to_number, &to);
	if (!error)
		error = copy_check(from, offset, to, to_offset, &length);
	if (error)
		return error;
	for (*done = 0; *done < length; *done += part, offset += part, to_offset += part) {
		part = smaller(length - *done, ARENA_PAGE - (uint32_t)(offset % ARENA_PAGE));
		room = ARENA_PAGE - (uint32_t)(to_offset % ARENA_PAGE);
		part = smaller(room, part);
		page = tmpfs_file_page(tmpfs, from, offset / ARENA_PAGE);
		if (page)
			error = file_write_part(tmpfs, to, to_offset, page + offset % ARENA_PAGE, part);
		else
			file_clear_part(tmpfs, to, to_offset, part);
		if (error)
			break;
	}
	if (*done == 0)
		return error;
	node_mark_read(from, now);
	file_changed(tmpfs, to, now);
	return 0;
}
