/* Reading: see file.h. Blocks of one call are all asked for before the first is waited for. */
#include "file.h"

#include <drydock/string.h>

#include "extent.h"
#include "xattr.h"

int32_t inline_read(const struct inode *inode, uint64_t offset, uint8_t *data, uint32_t length)
{
	const uint8_t *rest = NULL;
	uint32_t rest_size, part;
	int32_t error = xattr_inline_data(inode, &rest, &rest_size);

	if (error)
		return error;
	if (offset + length > INODE_BLOCK_BYTES + (uint64_t)rest_size)
		return inode_damage(inode, inode->table_block, "there are less inline data than i_size says");
	if (offset < INODE_BLOCK_BYTES && length > 0) {
		part = INODE_BLOCK_BYTES - (uint32_t)offset;
		if (part > length)
			part = length;
		memcpy(data, inode->raw->block.bytes + offset, part);
		data += part;
		offset += part;
		length -= part;
	}
	if (length > 0)
		memcpy(data, rest + (offset - INODE_BLOCK_BYTES), length);
	return 0;
}

/* Reads what lies in `mapping`, beginning `skip` bytes after its start. */
static int32_t run_read(struct volume *volume, const struct mapping *mapping, uint32_t skip, uint8_t *data,
                        uint32_t length)
{
	uint64_t block = mapping->physical;
	struct buffer *buffer;
	uint32_t part;
	int32_t error;

	cache_read_ahead(&volume->cache, block, (skip + length + volume->block_size - 1) >> volume->block_bits);
	while (length > 0) {
		error = cache_get(&volume->cache, block++, &buffer);
		if (error)
			return error;
		part = volume->block_size - skip;
		if (part > length)
			part = length;
		memcpy(data, buffer->data + skip, part);
		cache_put(&volume->cache, buffer);
		data += part;
		length -= part;
		skip = 0;
	}
	return 0;
}

/* Reads within the file's size. */
static int32_t content_read(struct inode *inode, uint64_t offset, uint8_t *data, uint32_t length)
{
	struct volume *volume = inode->volume;

	if (inode->flags & INODE_INLINE_DATA)
		return inline_read(inode, offset, data, length);
	while (length > 0) {
		uint32_t skip = (uint32_t)(offset & (volume->block_size - 1)), part = length;
		struct mapping mapping;
		int32_t error = block_map(inode, offset >> volume->block_bits, &mapping);

		if (error)
			return error;
		if (mapping.count < READ_MAXIMUM && (mapping.count << volume->block_bits) - skip < part)
			part = (uint32_t)((mapping.count << volume->block_bits) - skip);
		if (mapping.physical)
			error = run_read(volume, &mapping, skip, data, part);
		else
			memset(data, 0, part);
		if (error)
			return error;
		offset += part;
		data += part;
		length -= part;
	}
	return 0;
}

int32_t file_read(struct inode *inode, uint64_t offset, uint8_t *data, uint32_t length, uint32_t *done)
{
	*done = 0;
	if (inode_is(inode, POSIX_S_IFDIR))
		return POSIX_EISDIR;
	if (!inode_is(inode, POSIX_S_IFREG) || offset > INT64_MAX)
		return POSIX_EINVAL;
	if (inode->flags & INODE_ENCRYPT)
		return POSIX_EOPNOTSUPP;
	if (offset >= inode->size)
		return 0;
	if (length > READ_MAXIMUM)
		length = READ_MAXIMUM;
	if (length > inode->size - offset)
		length = (uint32_t)(inode->size - offset);
	*done = length;
	return content_read(inode, offset, data, length);
}

int32_t file_readlink(struct inode *inode, uint8_t *target, uint32_t capacity, uint32_t *length)
{
	uint32_t size;

	*length = 0;
	if (!inode_is(inode, POSIX_S_IFLNK))
		return POSIX_EINVAL;
	if (inode->flags & INODE_ENCRYPT)
		return POSIX_EOPNOTSUPP;
	if (inode->size == 0 || inode->size >= POSIX_PATH_MAX)
		return inode_damage(inode, inode->table_block, "a symbolic link's length is wrong");
	size = inode->size < capacity ? (uint32_t)inode->size : capacity;
	*length = size;
	/* "Symbolic Links": shorter than i_block they lie in it, and are no inline data. */
	if (inode->size < INODE_BLOCK_BYTES && !(inode->flags & (INODE_EXTENTS | INODE_INLINE_DATA))) {
		memcpy(target, inode->raw->block.bytes, size);
		return 0;
	}
	return content_read(inode, 0, target, size);
}
