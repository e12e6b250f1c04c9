/* Extended attributes: see xattr.h. */
#include "xattr.h"

#include <drydock/string.h>

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
