/*
 * tmpfs extended attributes. A node's are a list in the order of their names,
 * each with its value in parts of up to a page. All names of a node together
 * are limited to what listxattr(2) can return, so that no search takes long.
 */
#include <drydock/string.h>

#include "tmpfs_internal.h"

#define PART_BYTES (ARENA_PAGE - (uint32_t)sizeof(uint64_t))

struct xattr {
	uint64_t next;  /* reference */
	uint64_t value; /* reference to its first part, 0 for none */
	uint32_t size;  /* bytes of the value */
	uint8_t length;
	char name[];
};

/* All parts of a value are full but the last. */
struct part {
	uint64_t next;
	uint8_t bytes[];
};

static const char capability[] = "security.capability";

static struct xattr *xattr_at(const struct tmpfs *tmpfs, uint64_t reference)
{
	return arena_address(tmpfs->arena, reference);
}

static uint32_t xattr_size(uint32_t name_length)
{
	return offsetof(struct xattr, name) + name_length;
}

static uint32_t part_length(uint32_t left)
{
	return left < PART_BYTES ? left : PART_BYTES;
}

static int32_t name_check(const char *name, uint32_t length)
{
	if (length == 0 || length > TMPFS_XATTR_NAME_MAX)
		return POSIX_ERANGE;
	while (length-- > 0) {
		if (name[length] == '\0')
			return POSIX_EINVAL;
	}
	return 0;
}

/* As strcmp. */
static int name_order(const struct xattr *xattr, const char *name, uint32_t length)
{
	int order = memcmp(xattr->name, name, xattr->length < length ? xattr->length : length);

	return order != 0 ? order : (int)xattr->length - (int)length;
}

/* Where the list refers to the attribute, which is returned; or where it would, and NULL. */
static struct xattr *xattr_find(const struct tmpfs *tmpfs, struct tmpfs_node *node, const char *name,
                                uint32_t length, uint64_t **link)
{
	struct xattr *xattr;
	int order;

	for (*link = &node->xattrs; **link; *link = &xattr->next) {
		xattr = xattr_at(tmpfs, **link);
		order = name_order(xattr, name, length);
		if (order >= 0)
			return order == 0 ? xattr : NULL;
	}
	return NULL;
}

static void value_free(struct tmpfs *tmpfs, uint64_t reference, uint32_t size)
{
	uint32_t length;
	uint64_t next;

	for (; reference; reference = next, size -= length) {
		length = part_length(size);
		next = ((struct part *)arena_address(tmpfs->arena, reference))->next;
		arena_free(tmpfs->arena, reference, (uint32_t)sizeof(struct part) + length);
	}
}

static int32_t value_make(struct tmpfs *tmpfs, const uint8_t *value, uint32_t size, uint64_t *first)
{
	uint64_t *link = first;
	uint32_t done, length;
	struct part *part;
	int32_t error;

	*first = 0;
	for (done = 0; done < size; done += length) {
		length = part_length(size - done);
		error = arena_allocate(tmpfs->arena, (uint32_t)sizeof(*part) + length, link);
		if (error) {
			*link = 0;
			/* All that there is is full. */
			value_free(tmpfs, *first, done);
			return error;
		}
		part = arena_address(tmpfs->arena, *link);
		memcpy(part->bytes, value + done, length);
		part->next = 0;
		link = &part->next;
	}
	return 0;
}

int32_t tmpfs_xattr_make(struct tmpfs *tmpfs, const char *name, uint32_t length, const void *value,
                         uint32_t size, uint64_t *reference)
{
	struct xattr *xattr;
	int32_t error;

	error = arena_allocate(tmpfs->arena, xattr_size(length), reference);
	if (error)
		return error;
	xattr = xattr_at(tmpfs, *reference);
	error = value_make(tmpfs, value, size, &xattr->value);
	if (error) {
		arena_free(tmpfs->arena, *reference, xattr_size(length));
		return error;
	}
	xattr->size = size;
	xattr->length = (uint8_t)length;
	memcpy(xattr->name, name, length);
	return 0;
}

void tmpfs_xattr_discard(struct tmpfs *tmpfs, uint64_t reference)
{
	const struct xattr *xattr = xattr_at(tmpfs, reference);

	value_free(tmpfs, xattr->value, xattr->size);
	arena_free(tmpfs->arena, reference, xattr_size(xattr->length));
}

/* Takes the attribute to which `link` refers out of the list and frees it. */
static void xattr_drop(struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t *link)
{
	uint64_t reference = *link;
	const struct xattr *xattr = xattr_at(tmpfs, reference);

	*link = xattr->next;
	node->xattr_names -= xattr->length + 1u;
	tmpfs_xattr_discard(tmpfs, reference);
}

void tmpfs_xattr_put(struct tmpfs *tmpfs, struct tmpfs_node *node, uint64_t reference)
{
	struct xattr *xattr = xattr_at(tmpfs, reference);
	uint64_t *link;

	if (xattr_find(tmpfs, node, xattr->name, xattr->length, &link))
		xattr_drop(tmpfs, node, link);
	xattr->next = *link;
	*link = reference;
	node->xattr_names += xattr->length + 1u;
}

void *tmpfs_xattr_piece(const struct tmpfs *tmpfs, struct tmpfs_node *node, const char *name, uint32_t length,
                        uint32_t *size)
{
	const struct xattr *xattr;
	uint64_t *link;

	xattr = xattr_find(tmpfs, node, name, length, &link);
	*size = xattr->size;
	return ((struct part *)arena_address(tmpfs->arena, xattr->value))->bytes;
}

void tmpfs_xattr_drop(struct tmpfs *tmpfs, struct tmpfs_node *node, const char *name, uint32_t length)
{
	uint64_t *link;

	if (xattr_find(tmpfs, node, name, length, &link))
		xattr_drop(tmpfs, node, link);
}

void tmpfs_xattr_drop_all(struct tmpfs *tmpfs, struct tmpfs_node *node)
{
	while (node->xattrs)
		xattr_drop(tmpfs, node, &node->xattrs);
}

void tmpfs_xattr_drop_capability(struct tmpfs *tmpfs, struct tmpfs_node *node)
{
	tmpfs_xattr_drop(tmpfs, node, capability, sizeof(capability) - 1);
}

/* ---- what tmpfs.h has -------------------------------------------------------- */

int32_t tmpfs_xattr_get(const struct tmpfs *tmpfs, uint64_t number, const char *name, uint32_t length,
                        void *buffer, uint32_t capacity, uint32_t *size)
{
	struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);
	const struct xattr *xattr;
	const struct part *part;
	uint64_t *link, at;
	uint32_t done, bytes;
	int32_t error;

	if (!node)
		return POSIX_ESTALE;
	error = name_check(name, length);
	if (error)
		return error;
	xattr = xattr_find(tmpfs, node, name, length, &link);
	if (!xattr)
		return POSIX_ENODATA;
	*size = xattr->size;
	if (capacity == 0)
		return 0;
	if (capacity < xattr->size)
		return POSIX_ERANGE;
	for (done = 0, at = xattr->value; at; done += bytes, at = part->next) {
		part = arena_address(tmpfs->arena, at);
		bytes = part_length(xattr->size - done);
		memcpy((uint8_t *)buffer + done, part->bytes, bytes);
	}
	return 0;
}

int32_t tmpfs_xattr_set(struct tmpfs *tmpfs, uint64_t number, const char *name, uint32_t length,
                        uint32_t flags, const void *value, uint32_t size, struct tmpfs_time now)
{
	struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);
	uint64_t *link, reference;
	const struct xattr *old;
	int32_t error;

	if (!node)
		return POSIX_ESTALE;
	error = name_check(name, length);
	if (error)
		return error;
	if (flags & ~(uint32_t)(TMPFS_XATTR_CREATE | TMPFS_XATTR_REPLACE))
		return POSIX_EINVAL;
	if (size > TMPFS_XATTR_SIZE_MAX)
		return POSIX_E2BIG;
	old = xattr_find(tmpfs, node, name, length, &link);
	if (old && flags & TMPFS_XATTR_CREATE)
		return POSIX_EEXIST;
	if (!old && flags & TMPFS_XATTR_REPLACE)
		return POSIX_ENODATA;
	if (!old && node->xattr_names + length + 1 > TMPFS_XATTR_NAMES_MAX)
		return POSIX_ENOSPC;
	change_begin(tmpfs);
	error = tmpfs_xattr_make(tmpfs, name, length, value, size, &reference);
	if (!error) {
		tmpfs_xattr_put(tmpfs, node, reference);
		node_mark_ctime(node, now);
	}
	change_end(tmpfs);
	return error;
}

int32_t tmpfs_xattr_remove(struct tmpfs *tmpfs, uint64_t number, const char *name, uint32_t length,
                           struct tmpfs_time now)
{
	struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);
	uint64_t *link;
	int32_t error;

	if (!node)
		return POSIX_ESTALE;
	error = name_check(name, length);
	if (error)
		return error;
	if (!xattr_find(tmpfs, node, name, length, &link))
		return POSIX_ENODATA;
	change_begin(tmpfs);
	xattr_drop(tmpfs, node, link);
	node_mark_ctime(node, now);
	change_end(tmpfs);
	return 0;
}

int32_t tmpfs_xattr_list(const struct tmpfs *tmpfs, uint64_t number, tmpfs_xattr_show_t show, uint8_t *buffer,
                         uint32_t capacity, uint32_t *size)
{
	const struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);
	const struct xattr *xattr;
	uint64_t reference;

	if (!node)
		return POSIX_ESTALE;
	*size = 0;
	for (reference = node->xattrs; reference; reference = xattr->next) {
		xattr = xattr_at(tmpfs, reference);
		if (show && !show(xattr->name, xattr->length))
			continue;
		if (capacity > 0) {
			if (xattr->length + 1u > capacity - *size)
				return POSIX_ERANGE;
			memcpy(buffer + *size, xattr->name, xattr->length);
			buffer[*size + xattr->length] = '\0';
		}
		*size += xattr->length + 1u;
	}
	return 0;
}
