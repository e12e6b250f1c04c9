/*
 * The node protocol `fs`, for reading. A node's number is its inode's, but for
 * the root, which is 1 in the protocol. A number is of use to a session that
 * holds a reference, which it got by a lookup and so with permission to search
 * the directories on the way; a client that checks permissions itself may use any.
 *
 * Handlers suspend wherever a block is not in the cache.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "directory.h"
#include "ext4.h"
#include "file.h"
#include "group.h"
#include "permission.h"
#include "session.h"

#define ENTRY_ALIGNMENT 8u

/* On whose behalf something is done. */
struct caller {
	struct volume *volume;
	struct session *session;
	const struct identity *who;
};

/* ---- nodes and inodes ----------------------------------------------------------- */

static uint64_t node_of(uint32_t inode)
{
	return inode == INODE_ROOT ? FS_ROOT : inode;
}

/* Brings the inode that an entry of `directory` names. */
static int32_t entry_inode_get(const struct inode *directory, uint32_t number, struct inode **inode)
{
	struct volume *volume = directory->volume;
	int32_t error = POSIX_ESTALE;

	if (number == INODE_ROOT || number >= volume->first_inode)
		error = inode_get(volume, number, inode);
	if (!error && (*inode)->flags & INODE_EA_INODE) {
		inode_put(volume, *inode);
		error = POSIX_ESTALE;
	}
	return error == POSIX_ESTALE ? inode_damage(directory, 0, "an entry names an inode that is not in use")
	                             : error;
}

static int32_t caller_find(const struct request *request, struct caller *caller)
{
	struct ext4 *ext4 = request->server;

	caller->volume = &ext4->volume;
	caller->session = connection_context(request->connection);
	caller->who = request_identity(request);
	if (!caller->who)
		return POSIX_EINVAL;
	return caller->volume->mounted ? 0 : POSIX_ENODEV;
}

/* Finds who calls, and brings the inode of node `node`, if he may use that number. */
static int32_t begin(const struct request *request, uint64_t node, struct caller *caller, struct inode **inode)
{
	int32_t error = caller_find(request, caller);

	*inode = NULL;
	if (error)
		return error;
	if (node == FS_ROOT)
		return inode_get(caller->volume, INODE_ROOT, inode);
	if (node < caller->volume->first_inode)
		return POSIX_ESTALE;
	if (!(caller->who->flags & IDENTITY_CHECKED) && !session_holds(caller->session, node))
		return POSIX_ESTALE;
	return inode_get(caller->volume, node, inode);
}

static void attributes_fill(struct fs_attributes *to, const struct inode *from)
{
	*to = (struct fs_attributes){
		.node = node_of(from->number),
		.generation = from->generation,
		.size = from->size,
		.blocks = from->sectors,
		.atime = from->atime.seconds,
		.mtime = from->mtime.seconds,
		.ctime = from->ctime.seconds,
		.atime_ns = from->atime.nanoseconds,
		.mtime_ns = from->mtime.nanoseconds,
		.ctime_ns = from->ctime.nanoseconds,
		.mode = from->mode,
		.links = from->links,
		.uid = from->uid,
		.gid = from->gid,
		.device = inode_device(from),
	};
}

/* ---- handlers ----------------------------------------------------------------------- */

static int32_t serve_lookup(struct request *request, const struct fs_lookup_arguments *arguments)
{
	struct inode *directory, *found = NULL;
	char name[POSIX_NAME_MAX];
	struct caller caller;
	uint32_t number;
	int32_t error = begin(request, arguments->directory, &caller, &directory);

	if (!error && !inode_is(directory, POSIX_S_IFDIR))
		error = POSIX_ENOTDIR;
	if (!error)
		error = permission_check(caller.who, directory, ACCESS_EXECUTE);
	if (!error) {
		memcpy(name, arguments->name, arguments->name_length);
		error = directory_lookup(directory, name, arguments->name_length, &number);
	}
	if (!error)
		error = entry_inode_get(directory, number, &found);
	if (!error)
		error = session_hold(caller.session, node_of(found->number));
	if (!error)
		attributes_fill(arguments->attributes, found);
	inode_put(caller.volume, found);
	inode_put(caller.volume, directory);
	return error;
}

static int32_t serve_forget(struct request *request, const struct fs_forget_arguments *arguments)
{
	struct caller caller;
	int32_t error = caller_find(request, &caller);

	return error ? error : session_forget(caller.session, arguments->node, arguments->count);
}

static int32_t serve_get_attributes(struct request *request, const struct fs_get_attributes_arguments *arguments)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = begin(request, arguments->node, &caller, &inode);

	if (!error)
		attributes_fill(arguments->attributes, inode);
	inode_put(caller.volume, inode);
	return error;
}

static int32_t serve_read(struct request *request, const struct fs_read_arguments *arguments,
                          struct fs_read_results *results)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = begin(request, arguments->node, &caller, &inode);

	if (!error)
		error = permission_check(caller.who, inode, ACCESS_READ);
	if (!error)
		error = file_read(inode, arguments->offset, arguments->data, arguments->data_capacity,
		                  &results->data_length);
	inode_put(caller.volume, inode);
	return error;
}

static int32_t serve_readlink(struct request *request, const struct fs_readlink_arguments *arguments,
                              struct fs_readlink_results *results)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = begin(request, arguments->node, &caller, &inode);

	if (!error && arguments->target_capacity == 0)
		error = POSIX_EINVAL;
	if (!error)
		error = file_readlink(inode, arguments->target, arguments->target_capacity,
		                      &results->target_length);
	inode_put(caller.volume, inode);
	return error;
}

struct entries {
	uint8_t *buffer;
	uint32_t capacity;
	uint32_t length;
	bool full;
};

static bool entries_add(void *context, const struct directory_entry *entry)
{
	struct entries *entries = context;
	const struct fs_entry head = {node_of(entry->inode), entry->cookie, entry->mode, entry->length};
	uint32_t padded = (entry->length + ENTRY_ALIGNMENT - 1) & ~(ENTRY_ALIGNMENT - 1);
	uint8_t *to;

	if (sizeof(head) + padded > entries->capacity - entries->length) {
		entries->full = true;
		return false;
	}
	to = entries->buffer + entries->length;
	memcpy(to, &head, sizeof(head));
	to += sizeof(head);
	memcpy(to, entry->name, entry->length);
	memset(to + entry->length, 0, padded - entry->length);
	entries->length += (uint32_t)sizeof(head) + padded;
	return true;
}

static int32_t serve_readdir(struct request *request, const struct fs_readdir_arguments *arguments,
                             struct fs_readdir_results *results)
{
	struct entries entries = {.buffer = arguments->entries, .capacity = arguments->entries_capacity};
	struct caller caller;
	struct inode *directory;
	int32_t error = begin(request, arguments->directory, &caller, &directory);

	if (entries.capacity > READ_MAXIMUM)
		entries.capacity = READ_MAXIMUM;
	if (!error && !inode_is(directory, POSIX_S_IFDIR))
		error = POSIX_ENOTDIR;
	if (!error)
		error = permission_check(caller.who, directory, ACCESS_READ);
	if (!error)
		error = directory_read(directory, arguments->cookie, entries_add, &entries);
	if (!error && entries.full && entries.length == 0)
		error = POSIX_EINVAL;
	results->entries_length = entries.length;
	inode_put(caller.volume, directory);
	return error;
}

static int32_t serve_statistics(struct request *request, const struct fs_statistics_arguments *arguments)
{
	const struct ext4_superblock *superblock;
	uint64_t blocks_free, nodes_free, overhead;
	struct caller caller;
	struct inode *inode;
	int32_t error = begin(request, arguments->node, &caller, &inode);

	inode_put(caller.volume, inode);
	if (!error)
		error = group_count_free(caller.volume, &blocks_free, &nodes_free);
	if (error)
		return error;
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

/* Nothing is ever changed, so all of it is safe. */
static int32_t serve_sync(struct request *request, const struct fs_sync_arguments *arguments)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = begin(request, arguments->node, &caller, &inode);

	inode_put(caller.volume, inode);
	return error;
}

/* A question, not a check: whoever asks gets the truth, IDENTITY_CHECKED or not. */
static int32_t serve_access(struct request *request, const struct fs_access_arguments *arguments)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = begin(request, arguments->node, &caller, &inode);

	if (!error && arguments->mask & ~(ACCESS_READ | ACCESS_WRITE | ACCESS_EXECUTE))
		error = POSIX_EINVAL;
	if (!error && !permission_allows(caller.who, inode, arguments->mask))
		error = POSIX_EACCES;
	if (!error && arguments->mask & ACCESS_WRITE &&
	    (inode_is(inode, POSIX_S_IFREG) || inode_is(inode, POSIX_S_IFDIR) || inode_is(inode, POSIX_S_IFLNK)))
		error = POSIX_EROFS;
	inode_put(caller.volume, inode);
	return error;
}

/* What would change something: the same answer to all, once it is known who asks and that something is mounted. */
static int32_t refuse(const struct request *request)
{
	struct caller caller;
	int32_t error = caller_find(request, &caller);

	return error ? error : POSIX_EROFS;
}

#define REFUSE(operation)                                                                                       \
	static int32_t refuse_##operation(struct request *request, const struct fs_##operation##_arguments *a) \
	{                                                                                                       \
		(void)a;                                                                                        \
		return refuse(request);                                                                         \
	}

REFUSE(set_attributes)
REFUSE(create)
REFUSE(make_directory)
REFUSE(symlink)
REFUSE(link)
REFUSE(unlink)
REFUSE(remove_directory)
REFUSE(rename)

static int32_t refuse_write(struct request *request, const struct fs_write_arguments *arguments,
                            struct fs_write_results *results)
{
	(void)arguments;
	(void)results;
	return refuse(request);
}

const struct fs_operations node_handlers = {
	.lookup = serve_lookup,
	.forget = serve_forget,
	.get_attributes = serve_get_attributes,
	.set_attributes = refuse_set_attributes,
	.read = serve_read,
	.write = refuse_write,
	.create = refuse_create,
	.make_directory = refuse_make_directory,
	.symlink = refuse_symlink,
	.link = refuse_link,
	.unlink = refuse_unlink,
	.remove_directory = refuse_remove_directory,
	.rename = refuse_rename,
	.readlink = serve_readlink,
	.readdir = serve_readdir,
	.statistics = serve_statistics,
	.sync = serve_sync,
	.access = serve_access,
};
