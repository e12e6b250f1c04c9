/* Extended attributes in an inode or a block: see xattr_area.h. */
#include "xattr_area.h"

#include <drydock/posix.h>
#include <drydock/string.h>

/* "Extended Attributes", e_hash: by how many bits it turns for each byte of a name, and each word of a value. */
#define HASH_NAME_SHIFT  5u
#define HASH_VALUE_SHIFT 16u

static uint32_t padded(uint32_t size)
{
	return (size + XATTR_ALIGNMENT - 1) & ~(XATTR_ALIGNMENT - 1);
}

/* ---- finding ------------------------------------------------------------------------ */

const struct ext4_xattr_entry *xattr_area_next(const struct xattr_area *area, uint32_t *offset, bool *bad)
{
	const struct ext4_xattr_entry *entry;
	uint32_t end;

	*bad = false;
	/* Four zero bytes end the list, or there is no room for more. */
	if (*offset + sizeof(uint32_t) > area->size)
		return NULL;
	entry = (const struct ext4_xattr_entry *)(area->base + *offset);
	if (entry->name_length == 0 && entry->name_index == 0 && entry->value_offset == 0)
		return NULL;
	end = *offset + (uint32_t)sizeof(*entry);
	*bad = end > area->size || end + entry->name_length > area->size;
	if (!*bad && entry->value_inode == 0)
		*bad = entry->value_size > area->size || entry->value_offset > area->size - entry->value_size;
	if (*bad)
		return NULL;
	*offset = padded(end + entry->name_length);
	return entry;
}

const struct ext4_xattr_entry *xattr_area_find(const struct xattr_area *area, const struct xattr_name *name,
                                               bool *bad)
{
	const struct ext4_xattr_entry *entry;
	uint32_t offset = area->entries;

	while ((entry = xattr_area_next(area, &offset, bad))) {
		if (entry->name_index == name->index && entry->name_length == name->length &&
		    memcmp(entry->name, name->name, name->length) == 0)
			return entry;
	}
	return NULL;
}

bool xattr_area_is_empty(const struct xattr_area *area)
{
	uint32_t offset = area->entries;
	bool bad;

	return !xattr_area_next(area, &offset, &bad) && !bad;
}

/* ---- hashes --------------------------------------------------------------------------- */

static uint32_t turned(uint32_t hash, uint32_t shift)
{
	return hash << shift ^ hash >> (32 - shift);
}

static uint32_t entry_hash(const struct xattr_area *area, const struct ext4_xattr_entry *entry)
{
	uint32_t hash = 0;

	for (uint32_t i = 0; i < entry->name_length; i++)
		hash = turned(hash, HASH_NAME_SHIFT) ^ (uint8_t)entry->name[i];
	for (uint32_t at = 0; at < entry->value_size; at += sizeof(uint32_t)) {
		uint32_t word;

		/* What pads a value is zero. */
		memcpy(&word, area->base + entry->value_offset + at, sizeof(word));
		hash = turned(hash, HASH_VALUE_SHIFT) ^ word;
	}
	return hash;
}

uint32_t xattr_area_hash(const struct xattr_area *area)
{
	const struct ext4_xattr_entry *entry;
	uint32_t offset = area->entries, hash = 0;
	bool bad;

	while ((entry = xattr_area_next(area, &offset, &bad))) {
		if (entry->hash == 0)
			return 0;
		hash = turned(hash, HASH_VALUE_SHIFT) ^ entry->hash;
	}
	return hash;
}

/* ---- changing --------------------------------------------------------------------------- */

struct packing {
	const struct xattr_area *to;
	uint32_t entry; /* offset of the next one */
	uint32_t value; /* offset of the last value */
	bool hashed;
};

/* Adds one; false: there is no room, with the four zero bytes after the last entry. */
static bool pack(struct packing *packing, const struct xattr_name *name, const void *value, uint32_t size)
{
	struct ext4_xattr_entry *entry = (struct ext4_xattr_entry *)(packing->to->base + packing->entry);
	const uint32_t entry_size = padded((uint32_t)sizeof(*entry) + name->length);

	if (size > packing->to->size ||
	    packing->entry + entry_size + sizeof(uint32_t) + padded(size) > packing->value)
		return false;
	packing->value -= padded(size);
	packing->entry += entry_size;
	*entry = (struct ext4_xattr_entry){
		.name_length = (uint8_t)name->length,
		.name_index = name->index,
		.value_offset = (uint16_t)(size > 0 ? packing->value : 0),
		.value_size = size,
	};
	memcpy(entry->name, name->name, name->length);
	memcpy(packing->to->base + packing->value, value, size);
	if (packing->hashed)
		entry->hash = entry_hash(packing->to, entry);
	return true;
}

/* The order in which a block has its entries: below 0 where the entry comes before the name. */
static int order(const struct ext4_xattr_entry *entry, const struct xattr_name *name)
{
	if (entry->name_index != name->index)
		return (int)entry->name_index - (int)name->index;
	if (entry->name_length != name->length)
		return (int)entry->name_length - (int)name->length;
	return memcmp(entry->name, name->name, name->length);
}

int32_t xattr_area_rebuild(const struct xattr_area *from, const struct xattr_area *to,
                           const struct xattr_change *change, bool hashed)
{
	struct packing packing = {to, to->entries, to->size & ~(XATTR_ALIGNMENT - 1), hashed};
	const struct ext4_xattr_entry *entry;
	uint32_t offset = from->entries;
	bool bad, pending = change->value != NULL, fits = true;

	while (fits && (entry = xattr_area_next(from, &offset, &bad))) {
		const struct xattr_name name = {entry->name_index, entry->name, entry->name_length};
		const int before = order(entry, &change->name);

		if (entry->value_inode)
			return POSIX_EUCLEAN;
		if (before >= 0 && pending) {
			fits = pack(&packing, &change->name, change->value, change->size);
			pending = false;
		}
		if (before != 0 && fits)
			fits = pack(&packing, &name, from->base + entry->value_offset, entry->value_size);
	}
	if (fits && bad)
		return POSIX_EUCLEAN;
	if (fits && pending)
		fits = pack(&packing, &change->name, change->value, change->size);
	return fits ? 0 : POSIX_ENOSPC;
}
