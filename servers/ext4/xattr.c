/* Extended attributes: see xattr.h. */
#include "xattr.h"

#include <drydock/checksum.h>
#include <drydock/string.h>

#include "allocate.h"

/* Entries that follow each other, and the room that their values lie in. */
struct area {
	const uint8_t *base; /* value offsets count from here */
	uint32_t entries;    /* offset of the first */
	uint32_t size;       /* bytes from base */
};

/* Where `offset` has an entry, whole and with its value within the area. NULL: there is none, or *bad. */
static const struct ext4_xattr_entry *entry_at(const struct area *area, uint32_t offset, bool *bad)
{
	const struct ext4_xattr_entry *entry = (const struct ext4_xattr_entry *)(area->base + offset);
	uint32_t end;

	/* Four zero bytes end the list, or there is no room for more. */
	if (offset + sizeof(uint32_t) > area->size)
		return NULL;
	if (entry->name_length == 0 && entry->name_index == 0 && entry->value_offset == 0)
		return NULL;
	end = offset + (uint32_t)sizeof(*entry);
	*bad = end > area->size || end + entry->name_length > area->size;
	if (!*bad && entry->value_inode == 0)
		*bad = entry->value_size > area->size || entry->value_offset > area->size - entry->value_size;
	return *bad ? NULL : entry;
}

static uint32_t entry_next(const struct ext4_xattr_entry *entry, uint32_t offset)
{
	return (offset + (uint32_t)sizeof(*entry) + entry->name_length + XATTR_ALIGNMENT - 1) &
	       ~(XATTR_ALIGNMENT - 1);
}

static const struct ext4_xattr_entry *find(const struct area *area, uint8_t index, const char *name,
                                           uint32_t length, bool *bad)
{
	const struct ext4_xattr_entry *entry;
	uint32_t offset = area->entries;

	*bad = false;
	while ((entry = entry_at(area, offset, bad))) {
		if (entry->name_index == index && entry->name_length == length &&
		    memcmp(entry->name, name, length) == 0)
			return entry;
		offset = entry_next(entry, offset);
	}
	return NULL;
}

int32_t xattr_inline_data(const struct inode *inode, const uint8_t **data, uint32_t *size)
{
	const struct area area = {.base = inode->xattrs, .size = inode->xattrs_size};
	const struct ext4_xattr_entry *entry;
	bool bad;

	*size = 0;
	if (!inode->xattrs)
		return 0;
	entry = find(&area, XATTR_INDEX_SYSTEM, "data", 4, &bad);
	if (bad || (entry && entry->value_inode))
		return inode_damage(inode, inode->table_block, "extended attributes go beyond the inode");
	if (entry) {
		*data = area.base + entry->value_offset;
		*size = entry->value_size;
	}
	return 0;
}

/* ---- blocks of attributes ----------------------------------------------------------- */

/* "Extended Attributes": of the block's number and the block, the checksum being zero. */
static uint32_t block_checksum(const struct volume *volume, const struct buffer *buffer)
{
	const uint64_t number = buffer->block;
	const size_t at = offsetof(struct ext4_xattr_header, checksum), after = at + sizeof(uint32_t);
	const uint32_t zero = 0;
	uint32_t crc = checksum_crc32c(volume->checksum_seed, &number, sizeof(number));

	crc = checksum_crc32c(crc, buffer->data, at);
	crc = checksum_crc32c(crc, &zero, sizeof(zero));
	return checksum_crc32c(crc, buffer->data + after, volume->block_size - after);
}

static int32_t block_release(struct handle *handle, struct inode *inode, struct buffer *buffer)
{
	struct volume *volume = inode->volume;
	struct ext4_xattr_header *header = (struct ext4_xattr_header *)buffer->data;
	int32_t error;

	if (header->magic != XATTR_MAGIC ||
	    (volume->has_checksums && header->checksum != block_checksum(volume, buffer)))
		return inode_damage(inode, buffer->block, "this is no block of attributes");
	if (header->references <= 1) {
		inode->sectors -= volume->block_size / 512;
		return blocks_free(handle, buffer->block, 1, true);
	}
	error = handle_change(handle, buffer);
	if (error)
		return error;
	header->references--;
	if (volume->has_checksums)
		header->checksum = block_checksum(volume, buffer);
	return 0;
}

int32_t xattr_release(struct handle *handle, struct inode *inode)
{
	struct cache *cache = &inode->volume->cache;
	struct buffer *buffer;
	int32_t error;

	if (!inode->xattr_block)
		return 0;
	error = cache_get(cache, inode->xattr_block, &buffer);
	if (error)
		return error;
	error = block_release(handle, inode, buffer);
	cache_put(cache, buffer);
	if (!error)
		inode->xattr_block = 0;
	return error;
}
