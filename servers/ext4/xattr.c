/* Extended attributes, read: see xattr.h. */
#include "xattr.h"

#include <drydock/checksum.h>
#include <drydock/string.h>

#include "file.h"

/* ---- names ------------------------------------------------------------------------- */

/* "Extended Attributes": names begin with these, of which an entry has a number. */
static const struct prefix {
	uint8_t index;
	bool is_whole; /* nothing comes after it */
	uint8_t length;
	char text[XATTR_PREFIX_MAXIMUM + 1];
} prefixes[] = {
	{XATTR_INDEX_USER, false, 5, "user."},
	{XATTR_INDEX_ACL_ACCESS, true, 23, "system.posix_acl_access"},
	{XATTR_INDEX_ACL_DEFAULT, true, 24, "system.posix_acl_default"},
	{XATTR_INDEX_TRUSTED, false, 8, "trusted."},
	{XATTR_INDEX_SECURITY, false, 9, "security."},
};

bool xattr_name_find(const char *name, uint32_t length, struct xattr_name *found)
{
	for (uint32_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		const struct prefix *prefix = &prefixes[i];

		if (length < prefix->length || (prefix->is_whole && length > prefix->length) ||
		    memcmp(name, prefix->text, prefix->length) != 0)
			continue;
		*found = (struct xattr_name){prefix->index, name + prefix->length, length - prefix->length};
		return true;
	}
	return false;
}

const char *xattr_prefix(uint8_t index, uint32_t *length)
{
	for (uint32_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		*length = prefixes[i].length;
		if (prefixes[i].index == index)
			return prefixes[i].text;
	}
	return NULL;
}

/* ---- where they lie ------------------------------------------------------------------ */

struct xattr_area xattr_inode_area(const struct inode *inode)
{
	return (struct xattr_area){.base = inode->xattrs, .size = inode->xattrs_size};
}

struct xattr_area xattr_block_area(const struct volume *volume, uint8_t *data)
{
	return (struct xattr_area){data, sizeof(struct ext4_xattr_header), volume->block_size};
}

/* "Extended Attributes": of the block's number and the block, the checksum being zero. */
uint32_t xattr_block_checksum(const struct volume *volume, const struct buffer *buffer)
{
	const uint64_t number = buffer->block;
	const size_t at = offsetof(struct ext4_xattr_header, checksum), after = at + sizeof(uint32_t);
	const uint32_t zero = 0;
	uint32_t crc = checksum_crc32c(volume->checksum_seed, &number, sizeof(number));

	crc = checksum_crc32c(crc, buffer->data, at);
	crc = checksum_crc32c(crc, &zero, sizeof(zero));
	return checksum_crc32c(crc, buffer->data + after, volume->block_size - after);
}

static bool block_fits(const struct volume *volume, const struct buffer *buffer)
{
	const struct ext4_xattr_header *header = (const struct ext4_xattr_header *)buffer->data;

	return header->magic == XATTR_MAGIC && header->blocks == 1 &&
	       (!volume->has_checksums || header->checksum == xattr_block_checksum(volume, buffer));
}

int32_t xattr_block_get(const struct inode *inode, struct buffer **buffer)
{
	struct cache *cache = &inode->volume->cache;
	int32_t error = cache_get(cache, inode->xattr_block, buffer);

	if (error || (*buffer)->checked == CHECK_XATTRS)
		return error;
	if (!block_fits(inode->volume, *buffer)) {
		cache_put(cache, *buffer);
		return inode_damage(inode, inode->xattr_block, "this is no block of attributes");
	}
	(*buffer)->checked = CHECK_XATTRS;
	return 0;
}

static int32_t area_damage(const struct inode *inode, const struct buffer *buffer)
{
	return buffer ? inode_damage(inode, buffer->block, "extended attributes go beyond their block")
	              : inode_damage(inode, inode->table_block,
	                             "extended attributes go beyond the inode");
}

/* ---- values ---------------------------------------------------------------------------- */

int32_t xattr_inline_data(const struct inode *inode, const uint8_t **data, uint32_t *size)
{
	static const struct xattr_name name = {XATTR_INDEX_SYSTEM, "data", 4};
	const struct xattr_area area = xattr_inode_area(inode);
	const struct ext4_xattr_entry *entry;
	bool bad;

	*size = 0;
	entry = xattr_area_find(&area, &name, &bad);
	if (bad || (entry && entry->value_inode))
		return area_damage(inode, NULL);
	if (entry) {
		*data = area.base + entry->value_offset;
		*size = entry->value_size;
	}
	return 0;
}

/* With the feature ea_inode a large value is the content of an inode of its own. */
static int32_t inode_value_read(const struct inode *inode, const struct ext4_xattr_entry *entry, void *value)
{
	const uint32_t number = entry->value_inode, size = entry->value_size;
	struct inode *holder;
	uint32_t done;
	int32_t error = inode_get(inode->volume, number, &holder);

	if (error == POSIX_ESTALE)
		return inode_damage(inode, 0, "an attribute lies in an inode that is not in use");
	if (error)
		return error;
	if (!(holder->flags & INODE_EA_INODE) || holder->size != size)
		error = inode_damage(holder, 0, "this inode has no attribute's value");
	if (!error)
		error = file_read(holder, 0, value, size, &done);
	inode_put(inode->volume, holder);
	return error;
}

static int32_t value_copy(const struct inode *inode, const struct xattr_area *area,
                          const struct ext4_xattr_entry *entry, void *value, uint32_t capacity,
                          uint32_t *size)
{
	if (entry->value_size > XATTR_SIZE_MAXIMUM)
		return inode_damage(inode, 0, "an extended attribute is too large");
	*size = entry->value_size;
	if (capacity == 0)
		return 0;
	if (*size > capacity)
		return POSIX_ERANGE;
	if (entry->value_inode)
		return inode_value_read(inode, entry, value);
	memcpy(value, area->base + entry->value_offset, *size);
	return 0;
}

static int32_t area_get(const struct inode *inode, const struct xattr_area *area, const struct buffer *buffer,
                        const struct xattr_name *name, void *value, uint32_t capacity, uint32_t *size)
{
	const struct ext4_xattr_entry *entry;
	bool bad;

	entry = xattr_area_find(area, name, &bad);
	if (bad)
		return area_damage(inode, buffer);
	return entry ? value_copy(inode, area, entry, value, capacity, size) : POSIX_ENODATA;
}

int32_t xattr_get(const struct inode *inode, const struct xattr_name *name, void *value, uint32_t capacity,
                  uint32_t *size)
{
	struct xattr_area area = xattr_inode_area(inode);
	struct buffer *buffer;
	int32_t error = area_get(inode, &area, NULL, name, value, capacity, size);

	if (error != POSIX_ENODATA || !inode->xattr_block)
		return error;
	error = xattr_block_get(inode, &buffer);
	if (error)
		return error;
	area = xattr_block_area(inode->volume, buffer->data);
	error = area_get(inode, &area, buffer, name, value, capacity, size);
	cache_put(&inode->volume->cache, buffer);
	return error;
}

/* ---- names --------------------------------------------------------------------------------- */

/* False: `each` has had enough, or there is damage. */
static bool area_list(const struct xattr_area *area, xattr_each_t each, void *context, bool *bad)
{
	const struct ext4_xattr_entry *entry;
	uint32_t offset = area->entries;

	while ((entry = xattr_area_next(area, &offset, bad))) {
		const struct xattr_name name = {entry->name_index, entry->name, entry->name_length};

		if (!each(context, &name))
			return false;
	}
	return !*bad;
}

int32_t xattr_list(const struct inode *inode, xattr_each_t each, void *context)
{
	struct xattr_area area = xattr_inode_area(inode);
	struct buffer *buffer = NULL;
	bool bad, more;
	int32_t error = 0;

	if (inode->xattr_block)
		error = xattr_block_get(inode, &buffer);
	if (error)
		return error;
	more = area_list(&area, each, context, &bad);
	if (bad)
		error = area_damage(inode, NULL);
	if (more && buffer) {
		area = xattr_block_area(inode->volume, buffer->data);
		(void)area_list(&area, each, context, &bad);
		if (bad)
			error = area_damage(inode, buffer);
	}
	cache_put(&inode->volume->cache, buffer);
	return error;
}
