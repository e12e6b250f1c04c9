/*
 * The space of files: see file.h. What is allocated and not written lies in
 * extents that say so, and reads as zeros. All of it goes in pieces, each a handle's: after
 * a crash a part of it may have been done.
 */
#include <drydock/string.h>

#include "allocate.h"
#include "extent.h"
#include "file.h"
#include "truncate.h"

#define SECTOR_BITS 9u

/* One place that is taken or marked, and the inode; or one that is freed. */
#define ADD_CHANGES    (EXTENT_INSERT_CHANGES + BLOCKS_ALLOCATE_CHANGES + 1)
#define REMOVE_CHANGES (EXTENT_REMOVE_CHANGES + BLOCKS_FREE_CHANGES + 1)

/* Blocks of a file, from one to before another. */
struct span {
	uint64_t first;
	uint64_t end;
};

/* ---- looking --------------------------------------------------------------------------- */

int32_t file_seek(const struct inode *inode, uint64_t offset, bool data, uint64_t *found)
{
	const struct volume *volume = inode->volume;
	uint64_t logical = offset >> volume->block_bits;

	if (!inode_is(inode, POSIX_S_IFREG))
		return inode_is(inode, POSIX_S_IFDIR) ? POSIX_EISDIR : POSIX_EINVAL;
	if (offset >= inode->size)
		return POSIX_ENXIO;
	*found = offset;
	if (inode->flags & INODE_INLINE_DATA) {
		*found = data ? offset : inode->size;
		return 0;
	}
	while (logical < inode_blocks(inode)) {
		struct mapping mapping;
		int32_t error = block_map(inode, logical, &mapping);

		if (error)
			return error;
		if ((mapping.physical != 0) == data)
			return 0;
		logical += mapping.count;
		*found = logical << volume->block_bits;
	}
	*found = inode->size;
	return data ? POSIX_ENXIO : 0;
}

/* ---- zeros ------------------------------------------------------------------------------- */

/* Zeroes what lies between two offsets within one block, where something is written there. */
static int32_t part_zero(struct handle *handle, struct inode *inode, uint64_t from, uint64_t to)
{
	struct volume *volume = inode->volume;
	struct mapping mapping;
	struct buffer *buffer;
	int32_t error;

	if (from >= to)
		return 0;
	error = block_map(inode, from >> volume->block_bits, &mapping);
	if (error || !mapping.physical)
		return error;
	error = cache_get(&volume->cache, mapping.physical, &buffer);
	if (error)
		return error;
	error = handle_change_data(handle, buffer);
	if (!error)
		memset(buffer->data + (from & (volume->block_size - 1)), 0, to - from);
	cache_put(&volume->cache, buffer);
	return error;
}

/* Zeroes the ends of a range, where they are parts of blocks; *covered is what lies between. */
static int32_t edges_zero(struct inode *inode, uint64_t from, uint64_t to, struct span *covered)
{
	const struct volume *volume = inode->volume;
	const uint32_t bits = volume->block_bits;
	const uint64_t first = (from + volume->block_size - 1) >> bits, end = to >> bits;
	struct handle handle;
	int32_t error = handle_begin(inode->volume, 1, 2, &handle);

	if (error)
		return error;
	*covered = (struct span){first, first < end ? end : first};
	if (first > end) { /* all in one block */
		error = part_zero(&handle, inode, from, to);
	} else {
		error = part_zero(&handle, inode, from, first << bits);
		if (!error)
			error = part_zero(&handle, inode, end << bits, to);
	}
	if (!error) {
		inode->mtime = inode->ctime = inode_now(volume);
		error = inode_write(&handle, inode);
	}
	handle_end(&handle);
	return error;
}

/* ---- holes --------------------------------------------------------------------------------- */

static int32_t punch_step(struct inode *inode, const struct span *span, bool *more)
{
	struct handle handle;
	int32_t error = handle_begin(inode->volume, HANDLE_BLOCKS_MAXIMUM, 0, &handle);

	if (error)
		return error;
	while (!error && *more && handle.blocks >= REMOVE_CHANGES) {
		error = block_remove(&handle, inode, span->first, span->end, more);
		if (!error)
			error = inode_write(&handle, inode);
	}
	handle_end(&handle);
	return error;
}

static int32_t punch(struct inode *inode, uint64_t offset, uint64_t length)
{
	bool more = inode->sectors > 0;
	struct span covered;
	int32_t error = edges_zero(inode, offset, offset + length, &covered);

	while (!error && more)
		error = punch_step(inode, &covered, &more);
	return error;
}

/* ---- allocating ------------------------------------------------------------------------------ */

static int32_t hole_take(struct handle *handle, struct inode *inode, uint64_t logical, uint32_t wanted,
                         uint32_t *count)
{
	struct volume *volume = inode->volume;
	uint64_t physical;
	int32_t error = blocks_allocate(handle, file_goal(inode, logical), wanted, &physical, count);

	if (error)
		return error;
	error = extent_insert_unwritten(handle, inode, (uint32_t)logical, physical, *count);
	if (error) {
		if (blocks_free(handle, physical, *count, false))
			transactions_abort(volume, "blocks cannot be given back", error);
		return error;
	}
	inode->sectors += (uint64_t)*count << (volume->block_bits - SECTOR_BITS);
	return 0;
}

/* Sees to the first blocks of a span; *count is how many. With `zero` what is written there is so no more. */
static int32_t place_take(struct handle *handle, struct inode *inode, const struct span *span, bool zero,
                          uint32_t *count)
{
	struct mapping mapping;
	uint64_t unwritten, wanted = span->end - span->first;
	int32_t error = extent_map_unwritten(inode, span->first, &mapping, &unwritten);

	if (error)
		return error;
	if (mapping.count < wanted)
		wanted = mapping.count;
	if (wanted > EXTENT_LENGTH_UNWRITTEN)
		wanted = EXTENT_LENGTH_UNWRITTEN;
	*count = (uint32_t)wanted;
	if (unwritten || (mapping.physical && !zero))
		return 0;
	if (mapping.physical)
		return extent_mark(handle, inode, (uint32_t)span->first, *count, true);
	return hole_take(handle, inode, span->first, *count, count);
}

/* Goes on with a span within one handle; in the end the size becomes `size`, where that is more. */
static int32_t span_step(struct inode *inode, struct span *span, bool zero, uint64_t size)
{
	struct handle handle;
	int32_t error = handle_begin(inode->volume, HANDLE_BLOCKS_MAXIMUM, 1, &handle), failed;

	if (error)
		return error;
	if (size > inode->size)
		error = tail_zero(&handle, inode, inode->size);
	while (!error && span->first < span->end && handle.blocks >= ADD_CHANGES) {
		uint32_t count;

		error = place_take(&handle, inode, span, zero, &count);
		if (!error)
			span->first += count;
	}
	if (!error && span->first >= span->end && size > inode->size)
		inode->size = size;
	inode->mtime = inode->ctime = inode_now(inode->volume);
	failed = inode_write(&handle, inode);
	handle_end(&handle);
	return error ? error : failed;
}

/* `size` is what the file has at least in the end. */
static int32_t span_take(struct inode *inode, struct span span, bool zero, uint64_t size)
{
	bool tried = false, again;
	int32_t error;

	do {
		error = span_step(inode, &span, zero, size);
		again = error && space_may_come(inode->volume, error, &tried);
	} while (again || (!error && span.first < span.end));
	return error;
}

static int32_t fill(struct inode *inode, uint64_t offset, uint64_t length, uint64_t size)
{
	const struct volume *volume = inode->volume;
	const struct span span = {offset >> volume->block_bits,
	                          (offset + length + volume->block_size - 1) >> volume->block_bits};

	return span_take(inode, span, false, size);
}

static int32_t clear(struct inode *inode, uint64_t offset, uint64_t length, uint64_t size)
{
	struct span covered;
	int32_t error = edges_zero(inode, offset, offset + length, &covered);

	if (!error && covered.first < covered.end)
		error = span_take(inode, covered, true, 0);
	return error ? error : fill(inode, offset, length, size);
}

static int32_t check(const struct inode *inode, uint32_t mode, uint64_t offset, uint64_t length)
{
	const uint64_t most = inode_size_limit(inode);

	if (!inode_is(inode, POSIX_S_IFREG))
		return POSIX_ENODEV;
	if (length == 0 || mode > FS_ALLOCATE_ZERO_KEEP)
		return POSIX_EINVAL;
	if (offset > most || length > most - offset)
		return POSIX_EFBIG;
	/* Block maps cannot say of a block that nothing is written to it. */
	return inode->flags & INODE_ENCRYPT ||
	                       (!inode_has_extents(inode) &&
	                        !(inode_has_map(inode) && mode == FS_ALLOCATE_PUNCH))
	               ? POSIX_EOPNOTSUPP
	               : 0;
}

int32_t file_allocate(struct inode *inode, uint32_t mode, uint64_t offset, uint64_t length)
{
	const bool grows = mode == FS_ALLOCATE_GROW || mode == FS_ALLOCATE_ZERO;
	int32_t error = check(inode, mode, offset, length);

	if (error)
		return error;
	switch (mode) {
	case FS_ALLOCATE_PUNCH:
		return punch(inode, offset, length);
	case FS_ALLOCATE_ZERO:
	case FS_ALLOCATE_ZERO_KEEP:
		return clear(inode, offset, length, grows ? offset + length : 0);
	default:
		return fill(inode, offset, length, grows ? offset + length : 0);
	}
}
