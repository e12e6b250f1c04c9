/*
 * tmpfs access control lists. They are kept as extended attributes of the names
 * that Linux has for them, their values the entries alone, which so lie in one
 * piece; a node's marks say which it has. An access ACL is always more than the
 * permission bits say, and agrees with them.
 */
#include <drydock/string.h>

#include "tmpfs_internal.h"

#define PERMISSION_BITS 00777u

static const char names[][25] = {
	[TMPFS_ACL_ACCESS] = TMPFS_XATTR_ACL_ACCESS,
	[TMPFS_ACL_DEFAULT] = TMPFS_XATTR_ACL_DEFAULT,
};

static uint32_t name_length(enum tmpfs_acl kind)
{
	return kind == TMPFS_ACL_ACCESS ? sizeof(TMPFS_XATTR_ACL_ACCESS) - 1
	                                : sizeof(TMPFS_XATTR_ACL_DEFAULT) - 1;
}

static uint32_t mark_of(enum tmpfs_acl kind)
{
	return kind == TMPFS_ACL_ACCESS ? NODE_ACL_ACCESS : NODE_ACL_DEFAULT;
}

/* The entries of an ACL that the node has. */
static struct acl_entry *entries_of(const struct tmpfs *tmpfs, struct tmpfs_node *node, enum tmpfs_acl kind,
                                    uint32_t *count)
{
	struct acl_entry *entries;
	uint32_t size;

	entries = tmpfs_xattr_piece(tmpfs, node, names[kind], name_length(kind), &size);
	*count = size / (uint32_t)sizeof(*entries);
	return entries;
}

void tmpfs_acl_find(const struct tmpfs *tmpfs, const struct tmpfs_node *node, enum tmpfs_acl kind,
                    struct acl *acl)
{
	*acl = (struct acl){0};
	if (node->marks & mark_of(kind))
		acl->entries = entries_of(tmpfs, node_at(tmpfs, node->reference), kind, &acl->count);
}

void tmpfs_acl_mode_changed(const struct tmpfs *tmpfs, struct tmpfs_node *node)
{
	struct acl_entry *entries;
	uint32_t count;

	if (!(node->marks & NODE_ACL_ACCESS))
		return;
	entries = entries_of(tmpfs, node, TMPFS_ACL_ACCESS, &count);
	acl_set_mode(entries, count, node->mode);
}

static int32_t acl_make(struct tmpfs *tmpfs, enum tmpfs_acl kind, const struct acl *acl, uint64_t *reference)
{
	return tmpfs_xattr_make(tmpfs, names[kind], name_length(kind), acl->entries,
	                        acl->count * (uint32_t)sizeof(*acl->entries), reference);
}

static void acl_put(struct tmpfs *tmpfs, struct tmpfs_node *node, enum tmpfs_acl kind, uint64_t reference)
{
	tmpfs_xattr_put(tmpfs, node, reference);
	node->marks |= mark_of(kind);
}

static uint32_t with_permissions(uint32_t mode, const struct acl *acl)
{
	return (mode & ~PERMISSION_BITS) | acl_mode(acl);
}

/* ---- new nodes ------------------------------------------------------------------ */

/* Makes the access ACL for a node with `*mode`, and corrects that. */
static int32_t inherit_access(struct tmpfs *tmpfs, const struct acl *preset, uint32_t *mode,
                              uint64_t *reference)
{
	struct acl_entry entries[ACL_ENTRIES_MAX];
	const struct acl acl = {entries, preset->count};

	memcpy(entries, preset->entries, preset->count * sizeof(*entries));
	acl_inherit(entries, preset->count, *mode);
	*mode = with_permissions(*mode, &acl);
	return acl_is_minimal(&acl) ? 0 : acl_make(tmpfs, TMPFS_ACL_ACCESS, &acl, reference);
}

int32_t tmpfs_acl_inherit(struct tmpfs *tmpfs, const struct tmpfs_node *directory, uint32_t *mode,
                          uint32_t umask, struct tmpfs_inheritance *inheritance)
{
	struct acl preset;
	int32_t error;

	*inheritance = (struct tmpfs_inheritance){0};
	tmpfs_acl_find(tmpfs, directory, TMPFS_ACL_DEFAULT, &preset);
	if (preset.count == 0) {
		*mode &= ~(umask & PERMISSION_BITS);
		return 0;
	}
	error = inherit_access(tmpfs, &preset, mode, &inheritance->access);
	if (!error && (*mode & POSIX_S_IFMT) == POSIX_S_IFDIR)
		error = acl_make(tmpfs, TMPFS_ACL_DEFAULT, &preset, &inheritance->preset);
	if (error)
		tmpfs_acl_abandon(tmpfs, inheritance);
	return error;
}

void tmpfs_acl_abandon(struct tmpfs *tmpfs, const struct tmpfs_inheritance *inheritance)
{
	if (inheritance->access)
		tmpfs_xattr_discard(tmpfs, inheritance->access);
	if (inheritance->preset)
		tmpfs_xattr_discard(tmpfs, inheritance->preset);
}

void tmpfs_acl_bestow(struct tmpfs *tmpfs, struct tmpfs_node *node,
                      const struct tmpfs_inheritance *inheritance)
{
	if (inheritance->access)
		acl_put(tmpfs, node, TMPFS_ACL_ACCESS, inheritance->access);
	if (inheritance->preset)
		acl_put(tmpfs, node, TMPFS_ACL_DEFAULT, inheritance->preset);
}

/* ---- what tmpfs.h has ------------------------------------------------------------ */

int32_t tmpfs_acl_get(const struct tmpfs *tmpfs, uint64_t number, enum tmpfs_acl kind, struct acl *acl)
{
	const struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);

	if (!node)
		return POSIX_ESTALE;
	tmpfs_acl_find(tmpfs, node, kind, acl);
	return 0;
}

int32_t tmpfs_acl_set(struct tmpfs *tmpfs, uint64_t number, enum tmpfs_acl kind, const struct acl *acl,
                      struct tmpfs_time now)
{
	bool keep = acl->count > 0 && (kind == TMPFS_ACL_DEFAULT || !acl_is_minimal(acl));
	struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);
	uint64_t reference;
	int32_t error = 0;

	if (!node)
		return POSIX_ESTALE;
	change_begin(tmpfs);
	if (keep)
		error = acl_make(tmpfs, kind, acl, &reference);
	if (!error) {
		if (keep)
			acl_put(tmpfs, node, kind, reference);
		else if (node->marks & mark_of(kind)) {
			tmpfs_xattr_drop(tmpfs, node, names[kind], name_length(kind));
			node->marks &= ~mark_of(kind);
		}
		if (acl->count > 0 && kind == TMPFS_ACL_ACCESS)
			node->mode = with_permissions(node->mode, acl);
		node_mark_ctime(node, now);
	}
	change_end(tmpfs);
	return error;
}
