/*
 * Writing to files: see file.h. It goes in pieces, each a handle's, so that
 * one call does not fill a transaction. Data are written before the transaction
 * is committed that says where they lie, so no file ever shows what others had.
 */
#include <drydock/string.h>

#include "allocate.h"
#include "extent.h"
#include "file.h"
#include "truncate.h"

#define SECTOR_BITS 9u

/* A new extent, or one that is divided because a part of it becomes written; and the inode. */
#define PIECE_CHANGES (EXTENT_INSERT_CHANGES + BLOCKS_ALLOCATE_CHANGES + 1)

_Static_assert(PIECE_CHANGES <= HANDLE_BLOCKS_MAXIMUM, "a piece is one handle's");

/* Blocks of a file that lie together. */
struct place {
	uint64_t physical;
	uint32_t count;
	bool is_new; /* nothing is there yet: what is not written becomes zeros */
};

/* ---- where it goes ------------------------------------------------------------------ */

uint64_t file_goal(const struct inode *inode, uint64_t logical)
{
	struct mapping mapping;

	if (logical > 0 && block_map(inode, logical - 1, &mapping) == 0 && mapping.physical)
		return mapping.physical + 1;
	return inode_goal(inode);
}

static int32_t hole_fill(struct handle *handle, struct inode *inode, uint64_t logical, struct place *place)
{
	struct volume *volume = inode->volume;
	const uint32_t room = block_room(inode, logical), wanted = place->count < room ? place->count : room;
	int32_t error = wanted == 0 ? POSIX_EFBIG
	                            : blocks_allocate(handle, file_goal(inode, logical), wanted,
	                                              &place->physical, &place->count);

	if (error)
		return error;
	place->is_new = true;
	error = block_insert(handle, inode, logical, place->physical, place->count);
	if (error) {
		if (blocks_free(handle, place->physical, place->count, false))
			transactions_abort(volume, "blocks cannot be given back", error);
		return error;
	}
	inode->sectors += (uint64_t)place->count << (volume->block_bits - SECTOR_BITS);
	return 0;
}

/* Finds, or makes, a place for some of place->count blocks from `logical` on. */
static int32_t place_make(struct handle *handle, struct inode *inode, uint64_t logical, struct place *place)
{
	struct mapping mapping;
	uint64_t unwritten = 0;
	int32_t error = inode_has_extents(inode)
	                        ? extent_map_unwritten(inode, logical, &mapping, &unwritten)
	                        : block_map(inode, logical, &mapping);

	if (error)
		return error;
	if (mapping.count < place->count)
		place->count = (uint32_t)mapping.count;
	place->physical = mapping.physical ? mapping.physical : unwritten;
	place->is_new = !mapping.physical;
	if (mapping.physical)
		return 0;
	return unwritten ? extent_mark(handle, inode, (uint32_t)logical, place->count, false)
	                 : hole_fill(handle, inode, logical, place);
}

/* ---- content ---------------------------------------------------------------------------- */

/* Writes a part of one block. */
static int32_t block_write(struct handle *handle, uint64_t block, bool is_new, uint32_t skip,
                           const uint8_t *data, uint32_t length)
{
	struct cache *cache = &handle->volume->cache;
	const bool is_whole = length == handle->volume->block_size;
	struct buffer *buffer;
	int32_t error =
		is_new || is_whole ? cache_get_new(cache, block, &buffer) : cache_get(cache, block, &buffer);

	if (error)
		return error;
	error = handle_change_data(handle, buffer);
	if (!error)
		memcpy(buffer->data + skip, data, length);
	cache_put(cache, buffer);
	return error;
}

/* Writes up to the end of one place; *done is how many bytes that were. */
static int32_t place_write(struct handle *handle, struct inode *inode, uint64_t offset, const uint8_t *data,
                           uint32_t length, uint32_t *done)
{
	struct volume *volume = inode->volume;
	uint32_t skip = (uint32_t)(offset & (volume->block_size - 1));
	struct place place = {.count = (skip + length + volume->block_size - 1) >> volume->block_bits};
	int32_t error = place_make(handle, inode, offset >> volume->block_bits, &place);

	*done = 0;
	if (error)
		return error;
	for (uint32_t i = 0; !error && i < place.count && *done < length; i++) {
		uint32_t part = volume->block_size - skip;

		if (part > length - *done)
			part = length - *done;
		error = block_write(handle, place.physical + i, place.is_new, skip, data + *done, part);
		if (!error)
			*done += part;
		skip = 0;
	}
	/* The tree says that all of it is written. */
	if (error && place.is_new)
		transactions_abort(volume, "data cannot be written", error);
	return error;
}

/* ---- pieces -------------------------------------------------------------------------------- */

/* Writes within one handle. Where there is an error, what *done says has been written all the same. */
static int32_t piece_write(struct handle *handle, struct inode *inode, uint64_t offset, const uint8_t *data,
                           uint32_t length, uint32_t *done)
{
	uint32_t part;
	int32_t error = offset > inode->size ? tail_zero(handle, inode, inode->size) : 0, failed;

	*done = 0;
	/* As long as the handle has room for one more place. */
	while (!error && *done < length && handle->blocks >= PIECE_CHANGES) {
		error = place_write(handle, inode, offset + *done, data + *done, length - *done, &part);
		*done += part;
	}
	if (*done == 0)
		return error;
	if (offset + *done > inode->size)
		inode->size = offset + *done;
	inode->mtime = inode->ctime = inode_now(inode->volume);
	failed = inode_write(handle, inode);
	return error ? error : failed;
}

/* How much one handle can have the data of: it may begin and end within blocks, and zero a tail. */
static uint32_t piece_length(const struct volume *volume, uint32_t length)
{
	const uint32_t most = (HANDLE_DATA_MAXIMUM - 2) << volume->block_bits;

	return length < most ? length : most;
}

static int32_t check(const struct inode *inode, uint64_t offset, uint32_t length)
{
	if (inode_is(inode, POSIX_S_IFDIR))
		return POSIX_EISDIR;
	if (!inode_is(inode, POSIX_S_IFREG) || offset > INT64_MAX)
		return POSIX_EINVAL;
	if (inode->flags & INODE_ENCRYPT || (!inode_has_extents(inode) && !inode_has_map(inode)))
		return POSIX_EOPNOTSUPP;
	return offset + length > inode_size_limit(inode) ? POSIX_EFBIG : 0;
}

int32_t file_write(struct inode *inode, uint64_t offset, const uint8_t *data, uint32_t length, uint32_t *done)
{
	struct volume *volume = inode->volume;
	bool tried = false;
	int32_t error;

	*done = 0;
	if (length > READ_MAXIMUM)
		length = READ_MAXIMUM;
	error = check(inode, offset, length);
	while (!error && *done < length) {
		struct handle handle;
		uint32_t part;

		error = handle_begin(volume, HANDLE_BLOCKS_MAXIMUM, HANDLE_DATA_MAXIMUM, &handle);
		if (error)
			break;
		error = piece_write(&handle, inode, offset + *done, data + *done,
		                    piece_length(volume, length - *done), &part);
		handle_end(&handle);
		*done += part;
		if (space_may_come(volume, error, &tried))
			error = 0;
	}
	return *done > 0 ? 0 : error;
}
