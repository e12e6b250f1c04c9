/*
 * Extended attributes, changed: see xattr.h. What an attribute's inode and its
 * block are to hold is built beside them first, so that what does not fit has
 * changed nothing. One block is changed where it lies only if nobody else
 * has it; else its inode gets a copy.
 */
#include <drydock/string.h>

#include "allocate.h"
#include "xattr.h"

#define SECTOR_BITS 9u

/* ---- blocks --------------------------------------------------------------------------- */

static struct ext4_xattr_header *header_of(struct buffer *buffer)
{
	return (struct ext4_xattr_header *)buffer->data;
}

static void block_seal(const struct volume *volume, struct buffer *buffer)
{
	if (volume->has_checksums)
		header_of(buffer)->checksum = xattr_block_checksum(volume, buffer);
}

/* Puts entries and values that were built elsewhere into a block that one inode has. */
static void block_fill(const struct volume *volume, struct buffer *buffer, uint8_t *built)
{
	const struct xattr_area area = xattr_block_area(volume, built);

	memcpy(buffer->data, built, volume->block_size);
	*header_of(buffer) = (struct ext4_xattr_header){
		.magic = XATTR_MAGIC, .references = 1, .blocks = 1, .hash = xattr_area_hash(&area)};
	block_seal(volume, buffer);
	buffer->checked = CHECK_XATTRS;
}

/* One inode has it no longer. It is one of the handle's changes: others may have given it back meanwhile. */
static int32_t block_drop(struct handle *handle, struct inode *inode, struct buffer *buffer)
{
	struct volume *volume = inode->volume;

	inode->sectors -= volume->block_size >> SECTOR_BITS;
	if (header_of(buffer)->references <= 1)
		return blocks_free(handle, buffer->block, 1, true);
	header_of(buffer)->references--;
	block_seal(volume, buffer);
	return 0;
}

static int32_t block_make(struct handle *handle, struct inode *inode, uint8_t *built)
{
	struct volume *volume = inode->volume;
	struct buffer *buffer;
	uint64_t block;
	uint32_t count;
	int32_t error = blocks_allocate(handle, inode_goal(inode), 1, &block, &count);

	if (error)
		return error;
	error = cache_get_new(&volume->cache, block, &buffer);
	if (!error) {
		error = handle_change(handle, buffer);
		if (!error)
			block_fill(volume, buffer, built);
		cache_put(&volume->cache, buffer);
	}
	if (error) {
		transactions_abort(volume, "a block of attributes cannot be made", error);
		return error;
	}
	inode->xattr_block = block;
	inode->sectors += volume->block_size >> SECTOR_BITS;
	return 0;
}

/* The inode gets what was built for its block (NULL: none); `buffer` is the block that it has, or NULL. */
static int32_t block_replace(struct handle *handle, struct inode *inode, struct buffer *buffer,
                             uint8_t *built)
{
	int32_t error = buffer ? handle_change(handle, buffer) : 0;

	if (error)
		return error;
	if (buffer && built && header_of(buffer)->references <= 1) {
		block_fill(inode->volume, buffer, built);
		return 0;
	}
	if (built)
		error = block_make(handle, inode, built);
	else
		inode->xattr_block = 0;
	return error || !buffer ? error : block_drop(handle, inode, buffer);
}

/* Changes an attribute in the inode's block, with `built` for what that is to hold. */
static int32_t block_change(struct handle *handle, struct inode *inode, struct buffer *buffer,
                            const struct xattr_change *change, uint8_t *built)
{
	const struct volume *volume = inode->volume;
	const struct xattr_area none = {0}, to = xattr_block_area(volume, built);
	const struct xattr_area from = buffer ? xattr_block_area(volume, buffer->data) : none;
	bool bad = false;
	int32_t error;

	if (!change->value && (!buffer || (!xattr_area_find(&from, &change->name, &bad) && !bad)))
		return 0;
	error = xattr_area_rebuild(&from, &to, change, true);
	if (error == POSIX_EUCLEAN)
		return inode_damage(inode, inode->xattr_block, "extended attributes go beyond their block");
	if (error)
		return error;
	return block_replace(handle, inode, buffer, xattr_area_is_empty(&to) ? NULL : built);
}

static int32_t block_set(struct handle *handle, struct inode *inode, const struct xattr_change *change)
{
	struct volume *volume = inode->volume;
	struct buffer *buffer = NULL;
	uint8_t *built;
	int32_t error = inode->xattr_block ? xattr_block_get(inode, &buffer) : 0;

	if (error)
		return error;
	built = runtime_allocate(volume->runtime, volume->block_size);
	error = built ? block_change(handle, inode, buffer, change, built) : POSIX_ENOMEM;
	runtime_free(volume->runtime, built);
	cache_put(&volume->cache, buffer);
	return error;
}

/* ---- inodes ------------------------------------------------------------------------------ */

/* Where attributes are or may be in the inode: after the fields that it has. */
static struct xattr_area inode_room(const struct inode *inode)
{
	const uint32_t at = INODE_SIZE_MINIMUM + inode->raw->extra_size + (uint32_t)sizeof(uint32_t);

	/* Without any of the new fields Linux looks for none. */
	if (inode->volume->inode_size <= at || (inode->raw->extra_size == 0 && !inode->xattrs))
		return (struct xattr_area){0};
	return (struct xattr_area){.base = (uint8_t *)inode->raw + at,
	                           .size = inode->volume->inode_size - at};
}

/* Puts what was built into the inode; without any attribute it has no magic either. */
static void inode_fill(struct inode *inode, const struct xattr_area *room, const struct xattr_area *built)
{
	const bool is_empty = xattr_area_is_empty(built);
	const uint32_t magic = is_empty ? 0 : XATTR_MAGIC;

	if (room->size == 0)
		return;
	memcpy(room->base - sizeof(magic), &magic, sizeof(magic));
	memcpy(room->base, built->base, room->size);
	inode->xattrs = is_empty ? NULL : room->base;
	inode->xattrs_size = is_empty ? 0 : room->size;
}

/* With `built` for what the inode is to hold: of the block it becomes clear there whether all fits. */
static int32_t either_change(struct handle *handle, struct inode *inode, const struct xattr_change *change,
                             const struct xattr_area *room, const struct xattr_area *built)
{
	const struct xattr_change removal = {.name = change->name};
	const struct xattr_area from = xattr_inode_area(inode);
	int32_t error = xattr_area_rebuild(&from, built, change, false);
	const bool fits = error != POSIX_ENOSPC;

	if (!fits) {
		memset(built->base, 0, built->size);
		error = xattr_area_rebuild(&from, built, &removal, false);
	}
	if (error)
		return inode_damage(inode, inode->table_block, "extended attributes go beyond the inode");
	error = block_set(handle, inode, fits ? &removal : change);
	if (!error)
		inode_fill(inode, room, built);
	return error;
}

int32_t xattr_set(struct handle *handle, struct inode *inode, const struct xattr_change *change)
{
	struct volume *volume = inode->volume;
	const struct xattr_area room = inode_room(inode);
	struct xattr_area built = {.size = room.size};
	int32_t error = 0;

	built.base = runtime_allocate(volume->runtime, room.size + 1);
	if (!built.base)
		return POSIX_ENOMEM;
	if (!(volume->superblock.feature_compat & COMPAT_EXT_ATTR) && change->value) {
		volume->superblock.feature_compat |= COMPAT_EXT_ATTR;
		error = superblock_change(handle);
	}
	if (!error)
		error = either_change(handle, inode, change, &room, &built);
	runtime_free(volume->runtime, built.base);
	return error;
}

/* ---- short forms --------------------------------------------------------------------------- */

int32_t xattr_drop_capability(struct inode *inode)
{
	static const struct xattr_change removal = {.name = {XATTR_INDEX_SECURITY, "capability", 10}};
	struct handle handle;
	uint32_t size;
	int32_t error;

	if (!inode->xattrs && !inode->xattr_block)
		return 0;
	error = xattr_get(inode, &removal.name, NULL, 0, &size);
	if (error)
		return error == POSIX_ENODATA ? 0 : error;
	error = handle_begin(inode->volume, XATTR_SET_CHANGES + 1, 0, &handle);
	if (error)
		return error;
	error = xattr_set(&handle, inode, &removal);
	if (!error)
		error = inode_write(&handle, inode);
	handle_end(&handle);
	return error;
}

int32_t xattr_release(struct handle *handle, struct inode *inode)
{
	struct buffer *buffer;
	int32_t error;

	if (!inode->xattr_block)
		return 0;
	error = xattr_block_get(inode, &buffer);
	if (!error) {
		error = block_replace(handle, inode, buffer, NULL);
		cache_put(&inode->volume->cache, buffer);
	}
	return error;
}
