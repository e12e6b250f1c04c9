/*
 * tmpfs as a whole: making one, attaching to one, statistics, and the
 * attributes of nodes.
 */
#include "tmpfs.h"

#include "tmpfs_internal.h"

#define NANOSECONDS_PER_SECOND 1000000000u
#define MODE_BITS              07777u
#define SECTOR                 512u
#define FLAGS                (uint32_t)(TMPFS_FLAG_IMMUTABLE | TMPFS_FLAG_APPEND | TMPFS_FLAG_NO_DUMP | TMPFS_FLAG_NO_ATIME)
#define DIRECTORY_ENTRY_SIZE   20u /* what an entry counts in its directory's size, as in Linux's tmpfs */

static int32_t root_make(struct tmpfs *tmpfs, const struct tmpfs_options *options, struct tmpfs_time now)
{
	struct tmpfs_creation creation = {.uid = options->uid, .gid = options->gid};
	struct tmpfs_node *root;
	uint64_t reference;
	int32_t error;

	error = tmpfs_node_make(tmpfs, POSIX_S_IFDIR | options->mode, &creation, now, &reference);
	if (error)
		return error;
	root = node_at(tmpfs, reference);
	root->links = 2;
	root->directory.parent = reference;
	root->directory.next_sequence = FIRST_SEQUENCE;
	root->directory.buckets = 1;
	return 0;
}

int32_t tmpfs_format(struct tmpfs *tmpfs, struct arena *arena, const struct tmpfs_options *options,
                     struct tmpfs_time now)
{
	struct tmpfs_super *super = arena_root(arena);
	int32_t error;

	if (options->mode & ~MODE_BITS || options->nodes == 0)
		return POSIX_EINVAL;
	tmpfs->arena = arena;
	tmpfs->super = super;
	super->version = TMPFS_VERSION;
	super->seed.low = options->seed[0];
	super->seed.high = options->seed[1];
	super->generation = options->generation;
	super->nodes_limit = options->nodes < TMPFS_NODES_MAX ? options->nodes : TMPFS_NODES_MAX;
	error = root_make(tmpfs, options, now);
	if (error)
		return error;
	super->magic = TMPFS_MAGIC;
	return 0;
}

int32_t tmpfs_attach(struct tmpfs *tmpfs, struct arena *arena)
{
	struct tmpfs_super *super = arena_root(arena);

	if (super->magic != TMPFS_MAGIC || super->version != TMPFS_VERSION)
		return POSIX_EINVAL;
	if (super->changing)
		return POSIX_EIO;
	tmpfs->arena = arena;
	tmpfs->super = super;
	return 0;
}

void tmpfs_statistics(const struct tmpfs *tmpfs, struct tmpfs_statistics *statistics)
{
	const struct tmpfs_super *super = tmpfs->super;

	*statistics = (struct tmpfs_statistics){.block_size = TMPFS_BLOCK_SIZE};
	if (arena_pages_limit(tmpfs->arena) < UINT64_MAX / ARENA_PAGE) {
		statistics->blocks = arena_pages_limit(tmpfs->arena);
		statistics->blocks_free = statistics->blocks - arena_pages_used(tmpfs->arena);
	}
	if (super->nodes_limit < TMPFS_NODES_MAX) {
		statistics->nodes = super->nodes_limit;
		statistics->nodes_free = super->nodes_limit - super->nodes;
	}
}

static uint64_t node_size(const struct tmpfs_node *node)
{
	switch (node->mode & POSIX_S_IFMT) {
	case POSIX_S_IFREG:
		return node->file.size;
	case POSIX_S_IFDIR:
		return (node->directory.entries + 2) * DIRECTORY_ENTRY_SIZE;
	case POSIX_S_IFLNK:
		return node->symlink.size;
	default:
		return 0;
	}
}

void tmpfs_node_attributes(const struct tmpfs *tmpfs, const struct tmpfs_node *node,
                           struct tmpfs_attributes *attributes)
{
	attributes->node = node->number;
	attributes->size = node_size(node);
	attributes->blocks =
		node_is(node, POSIX_S_IFREG) ? node->file.pages * (TMPFS_BLOCK_SIZE / SECTOR) : 0;
	attributes->atime.seconds = node->atime;
	attributes->atime.nanoseconds = node->atime_nanoseconds;
	attributes->mtime.seconds = node->mtime;
	attributes->mtime.nanoseconds = node->mtime_nanoseconds;
	attributes->ctime.seconds = node->ctime;
	attributes->ctime.nanoseconds = node->ctime_nanoseconds;
	attributes->birth.seconds = node->birth;
	attributes->birth.nanoseconds = node->birth_nanoseconds;
	attributes->mode = node->mode;
	attributes->links = node->links;
	attributes->uid = node->uid;
	attributes->gid = node->gid;
	attributes->device = node->device;
	attributes->flags = node->flags;
	tmpfs_acl_find(tmpfs, node, TMPFS_ACL_ACCESS, &attributes->acl);
}

int32_t tmpfs_get_attributes(const struct tmpfs *tmpfs, uint64_t number, struct tmpfs_attributes *attributes)
{
	const struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);

	if (!node)
		return POSIX_ESTALE;
	tmpfs_node_attributes(tmpfs, node, attributes);
	return 0;
}

/* Whether the values asked for can be set at all. */
static int32_t set_check(const struct tmpfs_node *node, uint32_t valid, const struct tmpfs_attributes *values)
{
	if (valid >= 2 * TMPFS_SET_FLAGS)
		return POSIX_EINVAL;
	if ((valid & TMPFS_SET_ATIME && values->atime.nanoseconds >= NANOSECONDS_PER_SECOND) ||
	    (valid & TMPFS_SET_MTIME && values->mtime.nanoseconds >= NANOSECONDS_PER_SECOND))
		return POSIX_EINVAL;
	if (valid & TMPFS_SET_FLAGS && (values->flags & ~FLAGS ||
	                                (!node_is(node, POSIX_S_IFREG) && !node_is(node, POSIX_S_IFDIR))))
		return POSIX_EOPNOTSUPP;
	if (valid & TMPFS_SET_SIZE) {
		if (node_is(node, POSIX_S_IFDIR))
			return POSIX_EISDIR;
		if (!node_is(node, POSIX_S_IFREG))
			return POSIX_EINVAL;
		if (values->size > TMPFS_FILE_SIZE_MAX)
			return POSIX_EFBIG;
	}
	return 0;
}

static void set_times(struct tmpfs_node *node, uint32_t valid, const struct tmpfs_attributes *values,
                      struct tmpfs_time now)
{
	if (valid & TMPFS_SET_ATIME_NOW)
		node_mark_atime(node, now);
	else if (valid & TMPFS_SET_ATIME)
		node_mark_atime(node, values->atime);
	if (valid & TMPFS_SET_MTIME_NOW)
		node_mark_mtime(node, now);
	else if (valid & TMPFS_SET_MTIME)
		node_mark_mtime(node, values->mtime);
	node_mark_ctime(node, now);
}

int32_t tmpfs_set_attributes(struct tmpfs *tmpfs, uint64_t number, uint32_t valid,
                             const struct tmpfs_attributes *values, struct tmpfs_time now,
                             struct tmpfs_attributes *result)
{
	struct tmpfs_node *node = tmpfs_node_find(tmpfs, number);
	int32_t error;

	if (!node)
		return POSIX_ESTALE;
	error = set_check(node, valid, values);
	if (error)
		return error;
	change_begin(tmpfs);
	if (valid & TMPFS_SET_SIZE) {
		tmpfs_file_truncate(tmpfs, node, values->size);
		node_mark_mtime(node, now);
	}
	if (valid & (TMPFS_SET_SIZE | TMPFS_SET_UID | TMPFS_SET_GID))
		node_drop_capability(tmpfs, node);
	if (valid & TMPFS_SET_MODE) {
		node->mode = (node->mode & POSIX_S_IFMT) | (values->mode & MODE_BITS);
		tmpfs_acl_mode_changed(tmpfs, node);
	}
	if (valid & TMPFS_SET_UID)
		node->uid = values->uid;
	if (valid & TMPFS_SET_GID)
		node->gid = values->gid;
	if (valid & TMPFS_SET_FLAGS)
		node->flags = values->flags;
	set_times(node, valid, values, now);
	change_end(tmpfs);
	if (result)
		tmpfs_node_attributes(tmpfs, node, result);
	return 0;
}
