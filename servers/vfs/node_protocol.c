/*
 * The node protocol `fs`. Whatever gives a client attributes of a node that it
 * did not ask for by number gives it a reference, which its session counts.
 *
 * A number is of use only to who may know it: to a session that holds a
 * reference, which it got by a lookup and so with permission to search the
 * directories on the way. Others that exist are as stale as those that do not.
 * A client that checks permissions itself may use any.
 */
#include <drydock/posix.h>

#include "handlers.h"
#include "node.h"
#include "permission.h"
#include "remote.h"
#include "session.h"
#include "watch.h"

_Static_assert(FS_ROOT == TMPFS_ROOT, "the root has one number");
_Static_assert(FS_SET_MODE == TMPFS_SET_MODE && FS_SET_UID == TMPFS_SET_UID && FS_SET_GID == TMPFS_SET_GID &&
                       FS_SET_SIZE == TMPFS_SET_SIZE && FS_SET_ATIME == TMPFS_SET_ATIME &&
                       FS_SET_MTIME == TMPFS_SET_MTIME && FS_SET_ATIME_NOW == TMPFS_SET_ATIME_NOW &&
                       FS_SET_MTIME_NOW == TMPFS_SET_MTIME_NOW && FS_SET_FLAGS == TMPFS_SET_FLAGS,
               "the bits of set_attributes are handed on as they are");
_Static_assert(FS_FLAG_IMMUTABLE == TMPFS_FLAG_IMMUTABLE && FS_FLAG_APPEND == TMPFS_FLAG_APPEND &&
                       FS_FLAG_NO_DUMP == TMPFS_FLAG_NO_DUMP && FS_FLAG_NO_ATIME == TMPFS_FLAG_NO_ATIME,
               "the flags of nodes are handed on as they are");
_Static_assert(FS_RENAME_NOREPLACE == TMPFS_RENAME_NOREPLACE && FS_RENAME_EXCHANGE == TMPFS_RENAME_EXCHANGE,
               "the flags of rename are handed on as they are");

int32_t node_begin(const struct request *request, uint64_t node, struct caller *caller)
{
	int32_t error = caller_find(request, caller);

	if (error)
		return error;
	if (node_is_remote(node)) /* vfs's own names for what others serve */
		return POSIX_ESTALE;
	if (node == TMPFS_ROOT || caller->who->flags & IDENTITY_CHECKED ||
	    session_holds(caller->session, node))
		return 0;
	return POSIX_ESTALE;
}

/* As node_begin, for what gives a reference: makes room for it first, so that afterwards nothing can fail. */
static int32_t begin_giving(const struct request *request, uint64_t node, struct caller *caller)
{
	int32_t error = node_begin(request, node, caller);

	return error ? error : session_reserve(caller->session);
}

/* Numbers are never used again, so the generation is always 0. */
void node_attributes_fill(struct fs_attributes *to, const struct tmpfs_attributes *from)
{
	*to = (struct fs_attributes){
		.node = from->node,
		.size = from->size,
		.blocks = from->blocks,
		.atime = from->atime.seconds,
		.mtime = from->mtime.seconds,
		.ctime = from->ctime.seconds,
		.birth = from->birth.seconds,
		.atime_ns = from->atime.nanoseconds,
		.mtime_ns = from->mtime.nanoseconds,
		.ctime_ns = from->ctime.nanoseconds,
		.birth_ns = from->birth.nanoseconds,
		.mode = from->mode,
		.links = from->links,
		.uid = from->uid,
		.gid = from->gid,
		.device = from->device,
		.flags = from->flags,
		.block_size = TMPFS_BLOCK_SIZE,
	};
}

/* Ends what gives a reference. */
static int32_t give(const struct caller *caller, int32_t error, const struct tmpfs_attributes *found,
                    struct fs_attributes *to)
{
	if (error)
		return error;
	session_hold(caller->session, found->node);
	node_attributes_fill(to, found);
	return 0;
}

static int32_t serve_lookup(struct request *request, const struct fs_lookup_arguments *arguments)
{
	const struct node_name at = {arguments->directory, arguments->name, arguments->name_length};
	struct tmpfs_attributes found;
	struct caller caller;
	int32_t error = begin_giving(request, arguments->directory, &caller);

	if (!error)
		error = node_lookup(&caller, &at, &found);
	return give(&caller, error, &found, arguments->attributes);
}

static int32_t serve_forget(struct request *request, const struct fs_forget_arguments *arguments)
{
	struct caller caller;
	int32_t error = caller_find(request, &caller);

	return error ? error : session_forget(caller.session, arguments->node, arguments->count);
}

static int32_t serve_get_attributes(struct request *request,
                                    const struct fs_get_attributes_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error)
		error = node_attributes_get(&caller, arguments->node, &attributes);
	if (!error)
		node_attributes_fill(arguments->attributes, &attributes);
	return error;
}

static int32_t serve_set_attributes(struct request *request,
                                    const struct fs_set_attributes_arguments *arguments)
{
	const struct fs_attributes *from = arguments->values;
	const struct tmpfs_attributes values = {
		.size = from->size,
		.atime = {from->atime, from->atime_ns},
		.mtime = {from->mtime, from->mtime_ns},
		.mode = from->mode,
		.uid = from->uid,
		.gid = from->gid,
		.flags = from->flags,
	};
	struct tmpfs_attributes result;
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error)
		error = node_set_attributes(&caller, arguments->node, arguments->valid, &values, &result);
	if (!error)
		node_attributes_fill(arguments->attributes, &result);
	return error;
}

static int32_t serve_read(struct request *request, const struct fs_read_arguments *arguments,
                          struct fs_read_results *results)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error)
		error = node_check(&caller, arguments->node, ACCESS_READ);
	return error ? error
	             : node_read(&caller, arguments->node, arguments->offset, arguments->data,
	                         arguments->data_capacity, &results->data_length);
}

static int32_t serve_write(struct request *request, const struct fs_write_arguments *arguments,
                           struct fs_write_results *results)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error && arguments->flags & ~(uint32_t)FS_WRITE_APPEND)
		error = POSIX_EINVAL;
	if (!error)
		error = node_attributes_get(&caller, arguments->node, &attributes);
	if (!error)
		error = permission_check(caller.who, &attributes, ACCESS_WRITE);
	if (error)
		return error;
	results->offset = arguments->flags & FS_WRITE_APPEND ? attributes.size : arguments->offset;
	error = permission_write_at(&attributes, results->offset);
	if (error)
		return error;
	return node_write(&caller, arguments->node, results->offset, arguments->data, arguments->data_length,
	                  &results->length);
}

static int32_t serve_create(struct request *request, const struct fs_create_arguments *arguments)
{
	const struct node_name at = {arguments->directory, arguments->name, arguments->name_length};
	struct tmpfs_attributes made;
	struct caller caller;
	int32_t error = begin_giving(request, arguments->directory, &caller);

	if (!error)
		error = node_create(&caller, &at, arguments->mode, arguments->umask, arguments->device, &made);
	return give(&caller, error, &made, arguments->attributes);
}

static int32_t serve_make_directory(struct request *request,
                                    const struct fs_make_directory_arguments *arguments)
{
	const struct node_name at = {arguments->directory, arguments->name, arguments->name_length};
	struct tmpfs_attributes made;
	struct caller caller;
	int32_t error = begin_giving(request, arguments->directory, &caller);

	if (!error)
		error = node_make_directory(&caller, &at, arguments->mode, arguments->umask, &made);
	return give(&caller, error, &made, arguments->attributes);
}

static int32_t serve_symlink(struct request *request, const struct fs_symlink_arguments *arguments)
{
	const struct node_name at = {arguments->directory, arguments->name, arguments->name_length};
	struct tmpfs_attributes made;
	struct caller caller;
	int32_t error = begin_giving(request, arguments->directory, &caller);

	if (!error)
		error = node_symlink(&caller, &at, arguments->target, arguments->target_length, &made);
	return give(&caller, error, &made, arguments->attributes);
}

static int32_t serve_link(struct request *request, const struct fs_link_arguments *arguments)
{
	const struct node_name at = {arguments->directory, arguments->name, arguments->name_length};
	struct tmpfs_attributes linked;
	struct caller caller;
	int32_t error = begin_giving(request, arguments->directory, &caller);

	if (!error)
		error = node_begin(request, arguments->node, &caller);
	if (!error)
		error = node_link(&caller, arguments->node, &at, &linked);
	return give(&caller, error, &linked, arguments->attributes);
}

static int32_t serve_unlink(struct request *request, const struct fs_unlink_arguments *arguments)
{
	const struct node_name at = {arguments->directory, arguments->name, arguments->name_length};
	struct caller caller;
	int32_t error = node_begin(request, arguments->directory, &caller);

	return error ? error : node_unlink(&caller, &at);
}

static int32_t serve_remove_directory(struct request *request,
                                      const struct fs_remove_directory_arguments *arguments)
{
	const struct node_name at = {arguments->directory, arguments->name, arguments->name_length};
	struct caller caller;
	int32_t error = node_begin(request, arguments->directory, &caller);

	return error ? error : node_remove_directory(&caller, &at);
}

static int32_t serve_rename(struct request *request, const struct fs_rename_arguments *arguments)
{
	const struct node_name from = {arguments->directory, arguments->name, arguments->name_length};
	const struct node_name to = {arguments->new_directory, arguments->new_name,
	                             arguments->new_name_length};
	struct caller caller;
	int32_t error = node_begin(request, arguments->directory, &caller);

	if (!error)
		error = node_begin(request, arguments->new_directory, &caller);
	return error ? error : node_rename(&caller, &from, &to, arguments->flags);
}

static int32_t serve_readlink(struct request *request, const struct fs_readlink_arguments *arguments,
                              struct fs_readlink_results *results)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error && arguments->target_capacity == 0)
		error = POSIX_EINVAL;
	return error ? error
	             : node_readlink(&caller, arguments->node, arguments->target, arguments->target_capacity,
	                             &results->target_length);
}

static int32_t serve_readdir(struct request *request, const struct fs_readdir_arguments *arguments,
                             struct fs_readdir_results *results)
{
	struct caller caller;
	int32_t error = node_begin(request, arguments->directory, &caller);

	if (!error)
		error = node_check(&caller, arguments->directory, ACCESS_READ);
	return error ? error
	             : node_readdir(&caller, arguments->directory, arguments->cookie, arguments->entries,
	                            arguments->entries_capacity, &results->entries_length);
}

static int32_t serve_statistics(struct request *request, const struct fs_statistics_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct tmpfs_statistics statistics;
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error)
		error = node_attributes_get(&caller, arguments->node, &attributes);
	if (error)
		return error;
	error = node_statistics(&caller, arguments->node, &statistics);
	if (error)
		return error;
	*arguments->statistics = (struct fs_statistics){
		.block_size = statistics.block_size,
		.blocks = statistics.blocks,
		.blocks_free = statistics.blocks_free,
		.nodes = statistics.nodes,
		.nodes_free = statistics.nodes_free,
		.name_max = POSIX_NAME_MAX,
	};
	return 0;
}

/* What is in memory is as safe as it will be. */
static int32_t serve_sync(struct request *request, const struct fs_sync_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	return error ? error : node_attributes_get(&caller, arguments->node, &attributes);
}

static int32_t serve_sync_all(struct request *request)
{
	struct caller caller;

	return caller_find(request, &caller);
}

/* A question, not a check: whoever asks gets the truth, IDENTITY_CHECKED or not. */
static int32_t serve_access(struct request *request, const struct fs_access_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error = node_begin(request, arguments->node, &caller);

	if (!error && arguments->mask & ~(ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE))
		error = POSIX_EINVAL;
	if (!error)
		error = node_attributes_get(&caller, arguments->node, &attributes);
	if (error)
		return error;
	if (arguments->mask & ACCESS_WRITE && attributes.flags & TMPFS_FLAG_IMMUTABLE)
		return POSIX_EPERM;
	return permission_allows(caller.who, &attributes, arguments->mask) ? 0 : POSIX_EACCES;
}

static int32_t serve_watch(struct request *request, const struct fs_watch_arguments *arguments,
                           struct fs_watch_results *results)
{
	struct caller caller;
	int32_t error = caller_find(request, &caller);

	return error ? error
	             : watch_serve(request, &caller, arguments->events, arguments->events_capacity,
	                           &results->events_length);
}

const struct fs_operations node_handlers = {
	.lookup = serve_lookup,
	.forget = serve_forget,
	.get_attributes = serve_get_attributes,
	.set_attributes = serve_set_attributes,
	.read = serve_read,
	.write = serve_write,
	.create = serve_create,
	.make_directory = serve_make_directory,
	.symlink = serve_symlink,
	.link = serve_link,
	.unlink = serve_unlink,
	.remove_directory = serve_remove_directory,
	.rename = serve_rename,
	.readlink = serve_readlink,
	.readdir = serve_readdir,
	.statistics = serve_statistics,
	.sync = serve_sync,
	.access = serve_access,
	.readdir_attributes = node_serve_readdir_attributes,
	.create_unnamed = node_serve_create_unnamed,
	.allocate = node_serve_allocate,
	.seek = node_serve_seek,
	.copy_range = node_serve_copy_range,
	.get_xattr = node_serve_get_xattr,
	.set_xattr = node_serve_set_xattr,
	.list_xattrs = node_serve_list_xattrs,
	.remove_xattr = node_serve_remove_xattr,
	.test_lock = node_serve_test_lock,
	.set_lock = node_serve_set_lock,
	.sync_all = serve_sync_all,
	.watch = serve_watch,
};
