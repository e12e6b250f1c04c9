/*
 * The path protocol `vfs`: what is done to names. Rules about the end of a
 * path ("." and "..", slashes) are those of Linux. What is done to open files
 * is in path_files.c, and to attributes in path_attributes.c.
 */
#include <stddef.h>

#include <drydock/posix.h>

#include "handlers.h"
#include "node.h"
#include "permission.h"
#include "session.h"
#include "walk.h"

_Static_assert(VFS_RENAME_NOREPLACE == TMPFS_RENAME_NOREPLACE && VFS_RENAME_EXCHANGE == TMPFS_RENAME_EXCHANGE,
               "the flags of rename are handed on as they are");
_Static_assert(VFS_FLAG_IMMUTABLE == TMPFS_FLAG_IMMUTABLE && VFS_FLAG_APPEND == TMPFS_FLAG_APPEND &&
                       VFS_FLAG_NO_DUMP == TMPFS_FLAG_NO_DUMP && VFS_FLAG_NO_ATIME == TMPFS_FLAG_NO_ATIME,
               "the flags of nodes are handed on as they are");
_Static_assert(sizeof(struct vfs_entry) == sizeof(struct fs_entry) &&
                       offsetof(struct vfs_entry, cookie) == offsetof(struct fs_entry, cookie) &&
                       offsetof(struct vfs_entry, mode) == offsetof(struct fs_entry, mode) &&
                       offsetof(struct vfs_entry, name_length) == offsetof(struct fs_entry, name_length),
               "both protocols list directories alike");

#define MODE_BITS 07777u

void path_status_fill(struct vfs_status *status, const struct tmpfs_attributes *attributes)
{
	*status = (struct vfs_status){
		.node = node_number(attributes->node),
		.size = attributes->size,
		.blocks = attributes->blocks,
		.atime = attributes->atime.seconds,
		.mtime = attributes->mtime.seconds,
		.ctime = attributes->ctime.seconds,
		.birth = attributes->birth.seconds,
		.atime_ns = attributes->atime.nanoseconds,
		.mtime_ns = attributes->mtime.nanoseconds,
		.ctime_ns = attributes->ctime.nanoseconds,
		.birth_ns = attributes->birth.nanoseconds,
		.mode = attributes->mode,
		.links = attributes->links,
		.uid = attributes->uid,
		.gid = attributes->gid,
		.device = attributes->device,
		.block_size = TMPFS_BLOCK_SIZE,
		.flags = attributes->flags,
	};
}

/* Finds who calls and the node that he names, to which a reference is taken. */
static int32_t begin(const struct request *request, const char *path, bool follow, struct caller *caller,
                     struct tmpfs_attributes *attributes)
{
	int32_t error = caller_find(request, caller);

	return error ? error : walk_node(caller, path, follow, attributes);
}

static int32_t serve_stat(struct request *request, const struct vfs_stat_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error;

	if (arguments->nofollow > 1)
		return POSIX_EINVAL;
	error = begin(request, arguments->path, !arguments->nofollow, &caller, &attributes);
	if (error)
		return error;
	path_status_fill(arguments->status, &attributes);
	node_forget(&caller, attributes.node);
	return 0;
}

static int32_t serve_statistics(struct request *request, const struct vfs_statistics_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct tmpfs_statistics statistics;
	struct caller caller;
	int32_t error = begin(request, arguments->path, true, &caller, &attributes);

	if (error)
		return error;
	error = node_statistics(&caller, attributes.node, &statistics);
	node_forget(&caller, attributes.node);
	if (error)
		return error;
	*arguments->statistics = (struct vfs_statistics){
		.block_size = statistics.block_size,
		.blocks = statistics.blocks,
		.blocks_free = statistics.blocks_free,
		.nodes = statistics.nodes,
		.nodes_free = statistics.nodes_free,
		.name_max = POSIX_NAME_MAX,
	};
	return 0;
}

static int32_t serve_readlink(struct request *request, const struct vfs_readlink_arguments *arguments,
                              struct vfs_readlink_results *results)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error;

	if (arguments->target_capacity == 0)
		return POSIX_EINVAL;
	error = begin(request, arguments->path, false, &caller, &attributes);
	if (error)
		return error;
	error = node_readlink(&caller, attributes.node, arguments->target, arguments->target_capacity,
	                      &results->target_length);
	node_forget(&caller, attributes.node);
	return error;
}

static int32_t serve_access(struct request *request, const struct vfs_access_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error;

	if (arguments->mask & ~(ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE))
		return POSIX_EINVAL;
	error = begin(request, arguments->path, true, &caller, &attributes);
	if (error)
		return error;
	if (arguments->mask)
		error = node_check(&caller, attributes.node, arguments->mask);
	node_forget(&caller, attributes.node);
	return error;
}

/* ---- making ---------------------------------------------------------------- */

/* Finds who calls, and walks to a name that is to be made; walk_end must follow. */
static int32_t begin_new(const struct request *request, const char *path, bool is_directory,
                         struct caller *caller, struct walk *walk)
{
	struct tmpfs_attributes present;
	int32_t error = caller_find(request, caller);

	*walk = (struct walk){.caller = caller};
	if (error)
		return error;
	error = walk_begin(walk, caller, path);
	if (error)
		return error;
	if (walk->last != WALK_NAME)
		return POSIX_EEXIST;
	error = node_peek(caller, &walk->at, &present);
	if (error != POSIX_ENOENT)
		return error ? error : POSIX_EEXIST;
	return walk->slash && !is_directory ? POSIX_ENOENT : 0;
}

static int32_t serve_mkdir(struct request *request, const struct vfs_mkdir_arguments *arguments)
{
	struct tmpfs_attributes made;
	struct caller caller;
	struct walk walk;
	int32_t error = begin_new(request, arguments->path, true, &caller, &walk);

	if (!error)
		error = node_make_directory(&caller, &walk.at, arguments->mode, arguments->umask, &made);
	if (!error)
		node_forget(&caller, made.node);
	walk_end(&walk);
	return error;
}

static int32_t serve_mknod(struct request *request, const struct vfs_mknod_arguments *arguments)
{
	uint32_t type = arguments->mode & POSIX_S_IFMT, mode = arguments->mode & MODE_BITS;
	struct tmpfs_attributes made;
	struct caller caller;
	struct walk walk;
	int32_t error;

	/* As Linux: what is made by other calls is refused before anything is looked at. */
	if (type == POSIX_S_IFDIR)
		return POSIX_EPERM;
	if (type == POSIX_S_IFLNK)
		return POSIX_EINVAL;
	error = begin_new(request, arguments->path, false, &caller, &walk);
	if (!error)
		error = node_create(&caller, &walk.at, mode | (type ? type : POSIX_S_IFREG), arguments->umask,
		                    arguments->device, &made);
	if (!error)
		node_forget(&caller, made.node);
	walk_end(&walk);
	return error;
}

static int32_t serve_symlink(struct request *request, const struct vfs_symlink_arguments *arguments)
{
	struct tmpfs_attributes made;
	struct caller caller;
	struct walk walk;
	int32_t error;

	if (arguments->target_length == 0)
		return POSIX_ENOENT;
	error = begin_new(request, arguments->path, false, &caller, &walk);
	if (!error)
		error = node_symlink(&caller, &walk.at, arguments->target, arguments->target_length, &made);
	if (!error)
		node_forget(&caller, made.node);
	walk_end(&walk);
	return error;
}

static int32_t serve_link(struct request *request, const struct vfs_link_arguments *arguments)
{
	struct tmpfs_attributes node, linked;
	struct caller caller;
	struct walk walk;
	int32_t error = begin(request, arguments->path, false, &caller, &node);

	if (error)
		return error;
	error = begin_new(request, arguments->new_path, false, &caller, &walk);
	if (!error)
		error = node_link(&caller, node.node, &walk.at, &linked);
	if (!error)
		node_forget(&caller, linked.node);
	walk_end(&walk);
	node_forget(&caller, node.node);
	return error;
}

static int32_t serve_link_file(struct request *request, const struct vfs_link_file_arguments *arguments)
{
	const struct open_file *file;
	struct tmpfs_attributes linked;
	struct caller caller;
	struct walk walk;
	int32_t error = caller_find(request, &caller);

	if (error)
		return error;
	file = open_file_find(&caller.session->files, arguments->file);
	if (!file)
		return POSIX_EBADF;
	error = begin_new(request, arguments->new_path, false, &caller, &walk);
	if (!error)
		error = node_link(&caller, file->node, &walk.at, &linked);
	if (!error)
		node_forget(&caller, linked.node);
	walk_end(&walk);
	return error;
}

/* ---- removing ---------------------------------------------------------------- */

/* unlink with a slash at the end never works; why, depends on what is there. */
static int32_t refuse_slash(const struct caller *caller, const struct node_name *at)
{
	struct tmpfs_attributes present;
	int32_t error = node_peek(caller, at, &present);

	if (error)
		return error;
	return attributes_type_is(&present, POSIX_S_IFDIR) ? POSIX_EISDIR : POSIX_ENOTDIR;
}

static int32_t serve_unlink(struct request *request, const struct vfs_unlink_arguments *arguments)
{
	struct caller caller;
	struct walk walk;
	int32_t error = caller_find(request, &caller);

	if (error)
		return error;
	error = walk_begin(&walk, &caller, arguments->path);
	if (!error && walk.last != WALK_NAME)
		error = POSIX_EISDIR;
	if (!error)
		error = walk.slash ? refuse_slash(&caller, &walk.at) : node_unlink(&caller, &walk.at);
	walk_end(&walk);
	return error;
}

static int32_t serve_rmdir(struct request *request, const struct vfs_rmdir_arguments *arguments)
{
	static const int32_t refusals[] = {
		[WALK_DOT] = POSIX_EINVAL,
		[WALK_DOTS] = POSIX_ENOTEMPTY,
		[WALK_ROOT] = POSIX_EBUSY,
	};
	struct caller caller;
	struct walk walk;
	int32_t error = caller_find(request, &caller);

	if (error)
		return error;
	error = walk_begin(&walk, &caller, arguments->path);
	if (!error && walk.last != WALK_NAME)
		error = refusals[walk.last];
	if (!error)
		error = node_remove_directory(&caller, &walk.at);
	walk_end(&walk);
	return error;
}

/* ---- renaming ------------------------------------------------------------------ */

/* A name with a slash after it can only be a directory's, before and afterwards. */
static int32_t check_rename_slashes(const struct walk *from, const struct walk *to, uint32_t flags)
{
	struct tmpfs_attributes moved, replaced;
	int32_t error;

	if (!from->slash && !to->slash)
		return 0;
	error = node_peek(from->caller, &from->at, &moved);
	if (error)
		return error;
	if (flags & TMPFS_RENAME_EXCHANGE) {
		error = node_peek(to->caller, &to->at, &replaced);
		if (error)
			return error;
		if (to->slash && !attributes_type_is(&replaced, POSIX_S_IFDIR))
			return POSIX_ENOTDIR;
		return from->slash && !attributes_type_is(&moved, POSIX_S_IFDIR) ? POSIX_ENOTDIR : 0;
	}
	if (flags & TMPFS_RENAME_NOREPLACE && node_peek(to->caller, &to->at, &replaced) == 0)
		return POSIX_EEXIST;
	return attributes_type_is(&moved, POSIX_S_IFDIR) ? 0 : POSIX_ENOTDIR;
}

static int32_t rename_walked(const struct walk *from, const struct walk *to, uint32_t flags)
{
	int32_t error;

	if (from->last != WALK_NAME)
		return POSIX_EBUSY;
	if (to->last != WALK_NAME)
		return flags & TMPFS_RENAME_NOREPLACE ? POSIX_EEXIST : POSIX_EBUSY;
	error = check_rename_slashes(from, to, flags);
	return error ? error : node_rename(from->caller, &from->at, &to->at, flags);
}

static int32_t serve_rename(struct request *request, const struct vfs_rename_arguments *arguments)
{
	uint32_t flags = arguments->flags;
	struct walk from, to;
	struct caller caller;
	int32_t error = caller_find(request, &caller);

	if (!error && (flags & ~(uint32_t)(VFS_RENAME_NOREPLACE | VFS_RENAME_EXCHANGE) ||
	               flags == (VFS_RENAME_NOREPLACE | VFS_RENAME_EXCHANGE)))
		error = POSIX_EINVAL;
	if (error)
		return error;
	error = walk_begin(&from, &caller, arguments->path);
	if (!error) {
		error = walk_begin(&to, &caller, arguments->new_path);
		if (!error)
			error = rename_walked(&from, &to, flags);
		walk_end(&to);
	}
	walk_end(&from);
	return error;
}

/* ---- all of it ------------------------------------------------------------------ */

static int32_t serve_sync_all(struct request *request)
{
	struct caller caller;
	int32_t error = caller_find(request, &caller);

	return error ? error : node_sync_all(&caller);
}

const struct vfs_operations path_handlers = {
	.open = path_open,
	.close = path_close,
	.read = path_read,
	.write = path_write,
	.seek = path_seek,
	.stat = serve_stat,
	.mkdir = serve_mkdir,
	.rmdir = serve_rmdir,
	.readdir = path_readdir,
	.unlink = serve_unlink,
	.rename = serve_rename,
	.link = serve_link,
	.symlink = serve_symlink,
	.readlink = serve_readlink,
	.chmod = path_chmod,
	.chown = path_chown,
	.truncate = path_truncate,
	.set_times = path_set_times,
	.stat_file = path_stat_file,
	.statistics = serve_statistics,
	.allocate = path_allocate,
	.copy_range = path_copy_range,
	.sync = path_sync,
	.sync_all = serve_sync_all,
	.link_file = serve_link_file,
	.access = serve_access,
	.mknod = serve_mknod,
	.chmod_file = path_chmod_file,
	.chown_file = path_chown_file,
	.truncate_file = path_truncate_file,
	.set_times_file = path_set_times_file,
	.get_xattr = path_get_xattr,
	.set_xattr = path_set_xattr,
	.list_xattrs = path_list_xattrs,
	.remove_xattr = path_remove_xattr,
	.hand_over = path_hand_over,
	.test_lock = path_test_lock,
	.set_lock = path_set_lock,
	.set_flags = path_set_flags,
};
