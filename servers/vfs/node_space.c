/*
 * The node protocol's handlers for a file's space: allocating and punching,
 * finding data and holes, copying within the file system.
 */
#include <drydock/posix.h>

#include "handlers.h"
#include "node.h"
#include "permission.h"

_Static_assert(FS_ALLOCATE_GROW == TMPFS_ALLOCATE_GROW && FS_ALLOCATE_KEEP == TMPFS_ALLOCATE_KEEP &&
                       FS_ALLOCATE_PUNCH == TMPFS_ALLOCATE_PUNCH && FS_ALLOCATE_ZERO == TMPFS_ALLOCATE_ZERO &&
                       FS_ALLOCATE_ZERO_KEEP == TMPFS_ALLOCATE_ZERO_KEEP,
               "the modes of allocate are handed on as they are");
_Static_assert(FS_SEEK_DATA == TMPFS_SEEK_DATA && FS_SEEK_HOLE == TMPFS_SEEK_HOLE,
               "what seek looks for is handed on as it is");

int32_t node_serve_allocate(struct request *request, const struct fs_allocate_arguments *arguments)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error)
		error = node_check(&caller, arguments->node, ACCESS_WRITE);
	return error ? error
	             : node_allocate(&caller, arguments->node, arguments->mode, arguments->offset,
	                             arguments->length);
}

int32_t node_serve_seek(struct request *request, const struct fs_seek_arguments *arguments,
                        struct fs_seek_results *results)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	return error ? error
	             : node_seek(&caller, arguments->node, arguments->offset, arguments->whence,
	                         &results->offset);
}

int32_t node_serve_copy_range(struct request *request, const struct fs_copy_range_arguments *arguments,
                              struct fs_copy_range_results *results)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error)
		error = node_begin(request, arguments->to, &caller);
	if (!error)
		error = node_check(&caller, arguments->node, ACCESS_READ);
	if (!error)
		error = node_attributes_get(&caller, arguments->to, &attributes);
	if (!error)
		error = permission_check(caller.who, &attributes, ACCESS_WRITE);
	if (!error)
		error = permission_write_at(&attributes, arguments->to_offset);
	return error ? error
	             : node_copy(&caller, arguments->node, arguments->offset, arguments->to,
	                         arguments->to_offset, arguments->length, &results->length);
}
