/* Shortening and deleting: see truncate.h. */
#include "truncate.h"

#include <drydock/string.h>

#include "allocate.h"
#include "extent.h"
#include "orphan.h"
#include "xattr.h"

/* Of one step: extents, the inode, and what a new handle may need to end with. */
#define STEP_CHANGES (EXTENT_REMOVE_CHANGES + 1)
#define END_CHANGES  (ORPHAN_CHANGES + INODE_FREE_CHANGES + XATTR_RELEASE_CHANGES + 1)

static bool has_blocks(const struct inode *inode)
{
	return (inode_has_extents(inode) || inode_has_map(inode)) && inode->sectors > 0;
}

bool inode_is_deletable(const struct inode *inode)
{
	return !(inode->flags & INODE_INLINE_DATA);
}

int32_t tail_zero(struct handle *handle, struct inode *inode, uint64_t size)
{
	struct volume *volume = inode->volume;
	const uint32_t skip = (uint32_t)(size & (volume->block_size - 1));
	struct mapping mapping;
	struct buffer *buffer;
	int32_t error;

	if (skip == 0)
		return 0;
	error = block_map(inode, size >> volume->block_bits, &mapping);
	if (error || !mapping.physical)
		return error;
	error = cache_get(&volume->cache, mapping.physical, &buffer);
	if (error)
		return error;
	error = handle_change_data(handle, buffer);
	if (!error)
		memset(buffer->data + skip, 0, volume->block_size - skip);
	cache_put(&volume->cache, buffer);
	return error;
}

/*
 * Frees all blocks from `first` on of an orphan, by as many handles as it
 * takes; the last of them goes on, with room for END_CHANGES.
 */
static int32_t blocks_cut(struct handle *handle, struct inode *inode, uint64_t first)
{
	bool more = has_blocks(inode);
	int32_t error = 0;

	while (!error && more) {
		if (handle->blocks < STEP_CHANGES + END_CHANGES) {
			handle_end(handle);
			error = handle_begin(inode->volume, HANDLE_BLOCKS_MAXIMUM, 0, handle);
			if (error)
				return error;
		}
		error = block_remove(handle, inode, first, UINT64_MAX, &more);
		if (!error)
			error = inode_write(handle, inode);
	}
	return error;
}

/* Ends a shortening that is not done yet. */
static int32_t cut_end(struct handle *handle, struct inode *inode)
{
	int32_t error = blocks_cut(handle, inode, inode_blocks(inode));

	if (!error)
		error = orphan_remove(handle, inode);
	if (!error)
		error = inode_write(handle, inode);
	return error;
}

int32_t inode_truncate_end(struct inode *inode)
{
	struct handle handle;
	int32_t error = inode_is_deletable(inode) ? 0 : POSIX_EOPNOTSUPP;

	if (!error)
		error = handle_begin(inode->volume, HANDLE_BLOCKS_MAXIMUM, 0, &handle);
	if (error)
		return error;
	error = cut_end(&handle, inode);
	handle_end(&handle);
	return error;
}

static int32_t shorten(struct handle *handle, struct inode *inode, uint64_t size)
{
	int32_t error = tail_zero(handle, inode, size);

	if (error)
		return error;
	inode->size = size;
	inode->mtime = inode->ctime = inode_now(inode->volume);
	if (!has_blocks(inode))
		return inode_write(handle, inode);
	error = orphan_add(handle, inode);
	return error ? error : cut_end(handle, inode);
}

static int32_t lengthen(struct handle *handle, struct inode *inode, uint64_t size)
{
	int32_t error = tail_zero(handle, inode, inode->size);

	if (error)
		return error;
	inode->size = size;
	inode->mtime = inode->ctime = inode_now(inode->volume);
	return inode_write(handle, inode);
}

int32_t inode_truncate(struct inode *inode, uint64_t size)
{
	struct handle handle;
	int32_t error;

	if (size > inode_size_limit(inode))
		return POSIX_EFBIG;
	if (!inode_is_deletable(inode))
		return POSIX_EOPNOTSUPP;
	error = handle_begin(inode->volume, HANDLE_BLOCKS_MAXIMUM, 1, &handle);
	if (error)
		return error;
	error = size <= inode->size ? shorten(&handle, inode, size) : lengthen(&handle, inode, size);
	handle_end(&handle);
	return error;
}

int32_t inode_delete(struct inode *inode)
{
	struct volume *volume = inode->volume;
	struct handle handle;
	int32_t error = inode_is_deletable(inode) ? 0 : POSIX_EOPNOTSUPP;

	if (!error)
		error = handle_begin(volume, HANDLE_BLOCKS_MAXIMUM, 0, &handle);
	if (error)
		return error;
	error = blocks_cut(&handle, inode, 0);
	if (!error)
		error = xattr_release(&handle, inode);
	if (!error)
		error = orphan_remove(&handle, inode);
	if (!error)
		error = inode_free(&handle, inode);
	handle_end(&handle);
	return error;
}
