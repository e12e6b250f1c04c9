/* The node protocol: attributes and content. See node.h. */
#include <drydock/posix.h>

#include "file.h"
#include "inode_acl.h"
#include "node.h"
#include "orphan.h"
#include "permission.h"
#include "truncate.h"

#define NANOSECONDS_PER_SECOND 1000000000u
#define MODE_BITS              07777u

_Static_assert(FS_FLAG_IMMUTABLE == INODE_IMMUTABLE && FS_FLAG_APPEND == INODE_APPEND,
               "flags are handed on as they are");

int32_t node_changer_find(const struct request *request, struct caller *caller)
{
	int32_t error = node_caller_find(request, caller);

	if (error)
		return error;
	if (caller->ext4->ending)
		return POSIX_EROFS;
	return caller->volume->writable && !caller->volume->transactions.error ? 0 : POSIX_EROFS;
}

int32_t node_begin_change(const struct request *request, uint64_t node, struct caller *caller,
                          struct inode **inode)
{
	int32_t error = node_changer_find(request, caller);

	*inode = NULL;
	if (!error)
		error = node_get(caller, node, inode);
	if (!*inode)
		return error;
	lock_exclusive(&(*inode)->lock, caller->volume->runtime);
	return (*inode)->freed ? POSIX_ESTALE : error;
}

/* ---- what nobody holds any more --------------------------------------------------------- */

static bool is_to_go(struct ext4 *ext4, const struct inode *inode)
{
	return inode->links == 0 && !inode->freed && inode_is_orphan(inode) &&
	       !sessions_hold(&ext4->sessions, node_of(inode->number));
}

void node_reap_one(const struct caller *caller, struct inode *inode)
{
	int32_t error;

	if (!is_to_go(caller->ext4, inode))
		return;
	error = inode_delete(inode);
	if (error)
		log_print(caller->volume->runtime, LOG_ERROR, "%s: inode %u cannot be deleted: error %d",
		          caller->volume->disk->name, inode->number, (int)error);
}

void node_reap(struct ext4 *ext4)
{
	const struct caller caller = {.ext4 = ext4, .volume = &ext4->volume};
	struct list *link = ext4->volume.orphans.next;

	while (link != &ext4->volume.orphans && !ext4->volume.transactions.error) {
		struct inode *inode = list_entry(link, struct inode, orphan_link);

		link = link->next;
		if (!is_to_go(ext4, inode))
			continue;
		inode->holders++;
		lock_exclusive(&inode->lock, ext4->runtime);
		node_reap_one(&caller, inode);
		lock_release(&inode->lock);
		inode_put(&ext4->volume, inode);
		/* The list may be another by now. */
		link = ext4->volume.orphans.next;
	}
}

/* ---- attributes --------------------------------------------------------------------------- */

/* What is wrong whoever asks for it, and so comes before permissions. */
static int32_t values_check(const struct inode *inode, uint32_t valid, const struct fs_attributes *values)
{
	if ((valid & FS_SET_ATIME && values->atime_ns >= NANOSECONDS_PER_SECOND) ||
	    (valid & FS_SET_MTIME && values->mtime_ns >= NANOSECONDS_PER_SECOND))
		return POSIX_EINVAL;
	if (valid & FS_SET_FLAGS && values->flags & ~(uint32_t)NODE_FLAGS)
		return POSIX_EOPNOTSUPP;
	if (valid & FS_SET_SIZE && !inode_is(inode, POSIX_S_IFREG))
		return inode_is(inode, POSIX_S_IFDIR) ? POSIX_EISDIR : POSIX_EINVAL;
	if (valid & FS_SET_SIZE && values->size > INT64_MAX)
		return POSIX_EFBIG;
	return 0;
}

static void values_set(struct inode *inode, uint32_t valid, const struct fs_attributes *values, uint32_t mode)
{
	const struct timestamp now = inode_now(inode->volume);

	inode->mode = (inode->mode & POSIX_S_IFMT) | mode;
	if (valid & FS_SET_UID)
		inode->uid = values->uid;
	if (valid & FS_SET_GID)
		inode->gid = values->gid;
	if (valid & FS_SET_ATIME)
		inode->atime = (struct timestamp){values->atime, values->atime_ns};
	if (valid & FS_SET_MTIME)
		inode->mtime = (struct timestamp){values->mtime, values->mtime_ns};
	if (valid & FS_SET_ATIME_NOW)
		inode->atime = now;
	if (valid & FS_SET_MTIME_NOW)
		inode->mtime = now;
	if (valid & FS_SET_FLAGS)
		inode->flags = (inode->flags & ~(uint32_t)NODE_FLAGS) | values->flags;
	inode->ctime = now;
}

/* An access ACL says what the mode does. */
static int32_t acl_set_permissions(struct handle *handle, struct inode *inode, uint32_t mode)
{
	struct acl_entry entries[ACL_ENTRIES_MAX];
	struct acl acl = {.entries = entries};
	int32_t error = inode_acl_get(inode, ACL_KIND_ACCESS, entries, &acl.count);

	if (error || acl.count == 0)
		return error;
	acl_set_mode(entries, acl.count, mode);
	return inode_acl_set(handle, inode, ACL_KIND_ACCESS, &acl);
}

static int32_t attributes_set(const struct caller *caller, struct inode *inode, uint32_t valid,
                              const struct fs_attributes *values)
{
	struct handle handle;
	uint32_t mode;
	int32_t error = values_check(inode, valid, values);

	if (!error)
		error = permission_set(caller->who, inode, valid, values);
	if (error)
		return error;
	mode = permission_mode_after(caller->who, inode, valid, values);
	if (valid & (FS_SET_SIZE | FS_SET_UID | FS_SET_GID))
		error = xattr_drop_capability(inode);
	if (!error && valid & FS_SET_SIZE)
		error = inode_truncate(inode, values->size);
	if (!error)
		error = handle_begin(caller->volume, INODE_ACL_CHANGES + 1, 0, &handle);
	if (error)
		return error;
	if (valid & FS_SET_MODE)
		error = acl_set_permissions(&handle, inode, mode);
	if (!error) {
		values_set(inode, valid, values, mode);
		error = inode_write(&handle, inode);
	}
	handle_end(&handle);
	return error;
}

int32_t node_serve_set_attributes(struct request *request,
                                  const struct fs_set_attributes_arguments *arguments)
{
	const struct fs_attributes values = *arguments->values;
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin_change(request, arguments->node, &caller, &inode);

	if (!error)
		error = attributes_set(&caller, inode, arguments->valid, &values);
	if (!error)
		node_attributes_fill(arguments->attributes, inode);
	node_finish(&caller, inode);
	return error;
}

/* ---- content -------------------------------------------------------------------------------- */

static int32_t content_write(const struct caller *caller, struct inode *inode,
                             const struct fs_write_arguments *arguments, struct fs_write_results *results)
{
	const bool appends = arguments->flags & FS_WRITE_APPEND;
	const uint32_t mode = inode->mode;
	int32_t error = permission_check(caller->who, inode, ACCESS_WRITE);

	if (!error)
		error = permission_write_at(inode, appends ? UINT64_MAX : arguments->offset);
	if (!error && arguments->data_length > 0)
		error = xattr_drop_capability(inode);
	if (error)
		return error;
	results->offset = appends ? inode->size : arguments->offset;
	/* It is written with the rest of the inode. */
	if (inode_is(inode, POSIX_S_IFREG))
		inode->mode = (mode & POSIX_S_IFMT) | permission_mode_written(caller->who, inode);
	error = file_write(inode, results->offset, arguments->data, arguments->data_length, &results->length);
	if (error)
		inode->mode = mode;
	return error;
}

int32_t node_serve_write(struct request *request, const struct fs_write_arguments *arguments,
                         struct fs_write_results *results)
{
	struct caller caller;
	struct inode *inode;
	int32_t error = node_begin_change(request, arguments->node, &caller, &inode);

	if (!error && arguments->flags & ~(uint32_t)FS_WRITE_APPEND)
		error = POSIX_EINVAL;
	if (!error)
		error = content_write(&caller, inode, arguments, results);
	node_finish(&caller, inode);
	return error;
}
