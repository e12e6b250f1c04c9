/*
 * Extended attributes with permissions (filesystem_xattr_check()), and their handlers
 * in the node protocol. Of `system.` there are access control lists (node_acl.c),
 * and there is nothing else.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "handlers.h"
#include "node.h"
#include "node_acl.h"
#include "permission.h"
#include "remote.h"
#include "watch.h"

_Static_assert(FS_XATTR_CREATE == TMPFS_XATTR_CREATE && FS_XATTR_REPLACE == TMPFS_XATTR_REPLACE,
               "the flags of set_xattr are handed on as they are");

static bool not_hidden(const char *name, uint32_t length)
{
	return !filesystem_xattr_is_hidden(name, length);
}

/* Whether `caller` may read or write (ACCESS_READ, ACCESS_WRITE) that attribute of the node. */
static int32_t check(const struct caller *caller, uint64_t number, const char *name, uint32_t length,
                     uint32_t access)
{
	struct filesystem_permissions permissions;
	struct tmpfs_attributes node;
	int32_t error = tmpfs_get_attributes(&caller->vfs->tmpfs, number, &node);

	if (error)
		return error;
	if (length > 0 && access == ACCESS_WRITE && permission_change(&node) != 0)
		return POSIX_EPERM;
	permissions = permission_of(&node);
	return filesystem_xattr_check(caller->who, &permissions, name, length, access);
}

/* Tells those who watch, if it has been done. */
static int32_t changed(const struct caller *caller, uint64_t node, int32_t error)
{
	if (!error)
		watch_node(caller, node);
	return error;
}

int32_t node_xattr_get(const struct caller *caller, uint64_t node, const char *name, uint32_t length,
                       void *buffer, uint32_t capacity, uint32_t *size)
{
	enum tmpfs_acl kind;
	int32_t error;

	if (node_is_remote(node))
		return remote_xattr_get(caller, node, name, length, buffer, capacity, size);
	if (node_acl_named(name, length, &kind))
		return node_acl_get(caller, node, kind, buffer, capacity, size);
	error = check(caller, node, name, length, ACCESS_READ);
	return error ? error
	             : tmpfs_xattr_get(&caller->vfs->tmpfs, node, name, length, buffer, capacity, size);
}

int32_t node_xattr_set(const struct caller *caller, uint64_t node, const char *name, uint32_t length,
                       uint32_t flags, const void *value, uint32_t size)
{
	enum tmpfs_acl kind;
	int32_t error = 0;

	if (node_is_remote(node))
		return remote_xattr_set(caller, node, name, length, flags, value, size);
	if (flags & ~(uint32_t)(TMPFS_XATTR_CREATE | TMPFS_XATTR_REPLACE))
		error = POSIX_EINVAL;
	else if (size > TMPFS_XATTR_SIZE_MAX)
		error = POSIX_E2BIG;
	else if (node_acl_named(name, length, &kind)) /* whether there is one or not, as on Linux */
		return changed(caller, node, node_acl_set(caller, node, kind, value, size));
	else
		error = check(caller, node, name, length, ACCESS_WRITE);
	if (!error)
		error = tmpfs_xattr_set(&caller->vfs->tmpfs, node, name, length, flags, value, size,
		                        vfs_now(caller->vfs));
	return changed(caller, node, error);
}

int32_t node_xattr_remove(const struct caller *caller, uint64_t node, const char *name, uint32_t length)
{
	enum tmpfs_acl kind;
	int32_t error;

	if (node_is_remote(node))
		return remote_xattr_remove(caller, node, name, length);
	if (node_acl_named(name, length, &kind))
		return changed(caller, node, node_acl_set(caller, node, kind, NULL, 0));
	error = check(caller, node, name, length, ACCESS_WRITE);
	if (!error)
		error = tmpfs_xattr_remove(&caller->vfs->tmpfs, node, name, length, vfs_now(caller->vfs));
	return changed(caller, node, error);
}

int32_t node_xattr_list(const struct caller *caller, uint64_t node, uint8_t *buffer, uint32_t capacity,
                        uint32_t *size)
{
	if (node_is_remote(node))
		return remote_xattr_list(caller, node, buffer, capacity, size);
	return tmpfs_xattr_list(&caller->vfs->tmpfs, node, caller->who->uid == 0 ? NULL : not_hidden,
	                        buffer, capacity, size);
}

/* ---- handlers ------------------------------------------------------------------ */

int32_t node_serve_get_xattr(struct request *request, const struct fs_get_xattr_arguments *arguments,
                             struct fs_get_xattr_results *results)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error)
		error = node_xattr_get(&caller, arguments->node, arguments->name, arguments->name_length,
		                       arguments->value, arguments->value_capacity, &results->size);
	if (!error && arguments->value_capacity > 0)
		results->value_length = results->size;
	return error;
}

int32_t node_serve_set_xattr(struct request *request, const struct fs_set_xattr_arguments *arguments)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	return error ? error
	             : node_xattr_set(&caller, arguments->node, arguments->name, arguments->name_length,
	                              arguments->flags, arguments->value, arguments->value_length);
}

int32_t node_serve_list_xattrs(struct request *request, const struct fs_list_xattrs_arguments *arguments,
                               struct fs_list_xattrs_results *results)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error)
		error = node_xattr_list(&caller, arguments->node, arguments->names, arguments->names_capacity,
		                        &results->size);
	if (!error && arguments->names_capacity > 0)
		results->names_length = results->size;
	return error;
}

int32_t node_serve_remove_xattr(struct request *request, const struct fs_remove_xattr_arguments *arguments)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	return error ? error
	             : node_xattr_remove(&caller, arguments->node, arguments->name, arguments->name_length);
}
