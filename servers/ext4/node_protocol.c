/*
 * The node protocol `fs`: the handlers that only read. A node's number is its inode's, but for
 * the root, which is 1 in the protocol. A number is of use to a session that
 * holds a reference, which it got by a lookup and so with permission to search
 * the directories on the way; a client that checks permissions itself may use any.
 *
 * Handlers suspend wherever a block is not in the cache.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "directory.h"
#include "file.h"
#include "group.h"
#include "node.h"
#include "permission.h"

_Static_assert(FS_FLAG_IMMUTABLE == INODE_IMMUTABLE && FS_FLAG_APPEND == INODE_APPEND,
               "flags are handed on as they are");

/* ---- nodes and inodes ----------------------------------------------------------- */

uint64_t node_of(uint32_t inode)
{
	return inode == INODE_ROOT ? FS_ROOT : inode;
}

int32_t node_entry_get(const struct inode *directory, uint32_t number, struct inode **inode)
{
	struct volume *volume = directory->volume;
	int32_t error = POSIX_ESTALE;

	*inode = NULL;
	if (number == INODE_ROOT || number >= volume->first_inode)
		error = inode_get(volume, number, inode);
	if (!error && (*inode)->flags & INODE_EA_INODE) {
		inode_put(volume, *inode);
		*inode = NULL;
		error = POSIX_ESTALE;
	}
	return error == POSIX_ESTALE
	               ? inode_damage(directory, 0, "an entry names an inode that is not in use")
	               : error;
}

int32_t node_caller_find(const struct request *request, struct caller *caller)
{
	caller->ext4 = request->server;
	caller->volume = &caller->ext4->volume;
	caller->session = connection_context(request->connection);
	caller->who = request_identity(request);
	if (!caller->who)
		return POSIX_EINVAL;
	return caller->volume->mounted ? 0 : POSIX_ENODEV;
}

int32_t node_get(const struct caller *caller, uint64_t node, struct inode **inode)
{
	*inode = NULL;
	if (node == FS_ROOT)
		return inode_get(caller->volume, INODE_ROOT, inode);
	if (node < caller->volume->first_inode)
		return POSIX_ESTALE;
	if (!(caller->who->flags & IDENTITY_CHECKED) && !session_holds(caller->session, node))
		return POSIX_ESTALE;
	return inode_get(caller->volume, node, inode);
}

int32_t node_begin(const struct request *request, uint64_t node, struct caller *caller, struct inode **inode)
{
	int32_t error = node_caller_find(request, caller);

	*inode = NULL;
	if (!error)
		error = node_get(caller, node, inode);
	if (!*inode)
		return error;
	lock_shared(&(*inode)->lock, caller->volume->runtime);
	return (*inode)->freed ? POSIX_ESTALE : error;
}

void node_finish(const struct caller *caller, struct inode *inode)
{
	if (!inode)
		return;
	lock_release(&inode->lock);
	inode_put(caller->volume, inode);
}

void node_attributes_fill(struct fs_attributes *to, const struct inode *from)
{
	*to = (struct fs_attributes){
		.node = node_of(from->number),
		.generation = from->generation,
		.size = from->size,
		.blocks = from->sectors,
		.atime = from->atime.seconds,
		.mtime = from->mtime.seconds,
		.ctime = from->ctime.seconds,
		.birth = from->birth_time.seconds,
		.atime_ns = from->atime.nanoseconds,
		.mtime_ns = from->mtime.nanoseconds,
		.ctime_ns = from->ctime.nanoseconds,
		.birth_ns = from->birth_time.nanoseconds,
		.mode = from->mode,
		.links = from->links,
		.uid = from->uid,
		.gid = from->gid,
		.device = inode_device(from),
		.flags = from->flags & NODE_FLAGS,
		.block_size = from->volume->block_size,
	};
}

/* ---- handlers ----------------------------------------------------------------------- */

static int32_t serve_lookup(struct request *request, const struct fs_lookup_arguments *arguments)
{
	struct inode *directory, *found = NULL;
	char name[POSIX_NAME_MAX];
	struct caller caller;
	uint32_t number;
	int32_t error = node_begin(request, arguments->directory, &caller, &directory);

	if (!error && !inode_is(directory, POSIX_S_IFDIR))
		error = POSIX_ENOTDIR;
	if (!error)
		error = permission_check(caller.who, directory, ACCESS_EXECUTE);
	if (!error) {
		memcpy(name, arguments->name, arguments->name_length);
		error = directory_lookup(directory, name, arguments->name_length, &number);
	}
	if (!error)
		error = node_entry_get(directory, number, &found);
	if (!error)
		error = session_hold(caller.session, node_of(found->number));
	if (!error)
		node_attributes_fill(arguments->attributes, found);
	inode_put(caller.volume, found);
	node_finish(&caller, directory);
	return error;
}

static int32_t serve_forget(struct request *request, const struct fs_forget_arguments *arguments)
{
	struct caller caller;
	int32_t error = node_caller_find(request, &caller);

	if (!error)
		error = session_forget(caller.session, arguments->node, arguments->count);
	if (!error && caller.volume->writable && !session_holds(caller.session, arguments->node))
		node_reap(caller.ext4);
	return error;
}

static int32_t serve_get_attributes(struct request *request,
                                    const struct fs_get_attributes_arguments *arguments)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin(request, arguments->node, &caller, &inode);

	if (!error)
		node_attributes_fill(arguments->attributes, inode);
	node_finish(&caller, inode);
	return error;
}

static int32_t serve_read(struct request *request, const struct fs_read_arguments *arguments,
                          struct fs_read_results *results)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin(request, arguments->node, &caller, &inode);

	if (!error)
		error = permission_check(caller.who, inode, ACCESS_READ);
	if (!error)
		error = file_read(inode, arguments->offset, arguments->data, arguments->data_capacity,
		                  &results->data_length);
	node_finish(&caller, inode);
	return error;
}

static int32_t serve_readlink(struct request *request, const struct fs_readlink_arguments *arguments,
                              struct fs_readlink_results *results)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin(request, arguments->node, &caller, &inode);

	if (!error && arguments->target_capacity == 0)
		error = POSIX_EINVAL;
	if (!error)
		error = file_readlink(inode, arguments->target, arguments->target_capacity,
		                      &results->target_length);
	node_finish(&caller, inode);
	return error;
}

static int32_t serve_statistics(struct request *request, const struct fs_statistics_arguments *arguments)
{
	const struct ext4_superblock *superblock;
	uint64_t blocks_free, nodes_free, overhead;
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin(request, arguments->node, &caller, &inode);

	node_finish(&caller, inode);
	if (!error && !caller.volume->writable)
		error = group_count_free(caller.volume, &blocks_free, &nodes_free);
	if (error)
		return error;
	if (caller.volume->writable) {
		blocks_free = caller.volume->free_blocks;
		nodes_free = caller.volume->free_inodes;
	}
	superblock = &caller.volume->superblock;
	overhead = (uint64_t)superblock->overhead_clusters << caller.volume->cluster_bits;
	*arguments->statistics = (struct fs_statistics){
		.block_size = caller.volume->block_size,
		.blocks = overhead < caller.volume->blocks ? caller.volume->blocks - overhead : 0,
		.blocks_free = blocks_free,
		.nodes = superblock->inodes_count,
		.nodes_free = nodes_free,
		.name_max = POSIX_NAME_MAX,
	};
	return 0;
}

/* What belongs to one node is not told apart: all of it becomes safe. */
static int32_t serve_sync(struct request *request, const struct fs_sync_arguments *arguments)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin(request, arguments->node, &caller, &inode);

	node_finish(&caller, inode);
	return error ? error : transactions_commit(caller.volume);
}

static int32_t serve_sync_all(struct request *request)
{
	struct caller caller;
	int32_t error = node_caller_find(request, &caller);

	return error ? error : transactions_commit(caller.volume);
}

/* A question, not a check: whoever asks gets the truth, IDENTITY_CHECKED or not. */
static int32_t serve_access(struct request *request, const struct fs_access_arguments *arguments)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin(request, arguments->node, &caller, &inode);

	if (!error && arguments->mask & ~(ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE))
		error = POSIX_EINVAL;
	if (!error)
		error = permission_ask(caller.who, inode, arguments->mask);
	if (!error && arguments->mask & ACCESS_WRITE && !caller.volume->writable &&
	    (inode_is(inode, POSIX_S_IFREG) || inode_is(inode, POSIX_S_IFDIR) ||
	     inode_is(inode, POSIX_S_IFLNK)))
		error = POSIX_EROFS;
	node_finish(&caller, inode);
	return error;
}

/* What is not here is ENOSYS: watches. */
const struct fs_operations node_handlers = {
	.lookup = serve_lookup,
	.forget = serve_forget,
	.get_attributes = serve_get_attributes,
	.set_attributes = node_serve_set_attributes,
	.read = serve_read,
	.write = node_serve_write,
	.create = node_serve_create,
	.make_directory = node_serve_make_directory,
	.symlink = node_serve_symlink,
	.link = node_serve_link,
	.unlink = node_serve_unlink,
	.remove_directory = node_serve_remove_directory,
	.rename = node_serve_rename,
	.readlink = serve_readlink,
	.readdir = node_serve_readdir,
	.statistics = serve_statistics,
	.sync = serve_sync,
	.access = serve_access,
	.readdir_attributes = node_serve_readdir_attributes,
	.allocate = node_serve_allocate,
	.seek = node_serve_seek,
	.copy_range = node_serve_copy_range,
	.get_xattr = node_serve_get_xattr,
	.set_xattr = node_serve_set_xattr,
	.list_xattrs = node_serve_list_xattrs,
	.remove_xattr = node_serve_remove_xattr,
	.create_unnamed = node_serve_create_unnamed,
	.sync_all = serve_sync_all,
	.test_lock = node_serve_test_lock,
	.set_lock = node_serve_set_lock,
};
