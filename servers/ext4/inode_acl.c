/* ACLs of inodes: see inode_acl.h. */
#include "inode_acl.h"

#include <drydock/string.h>

#define PERMISSION_BITS 00777u

/* Bytes on the disk at most: an entry has no more there than it has in memory. */
#define DISK_SIZE_MAXIMUM (sizeof(uint32_t) + ACL_ENTRIES_MAX * sizeof(struct ext4_acl_entry))

static const struct xattr_name names[] = {
	[ACL_KIND_ACCESS] = {XATTR_INDEX_ACL_ACCESS, "", 0},
	[ACL_KIND_DEFAULT] = {XATTR_INDEX_ACL_DEFAULT, "", 0},
};

/* ---- the form on the disk --------------------------------------------------------------- */

static uint32_t entry_size(uint16_t tag)
{
	return tag == ACL_USER || tag == ACL_GROUP ? (uint32_t)sizeof(struct ext4_acl_entry) : ACL_DISK_SHORT;
}

/* False: it is no ACL. */
static bool disk_parse(const uint8_t *value, uint32_t size, struct acl_entry *entries, uint32_t *count)
{
	uint32_t version, at = sizeof(version);

	*count = 0;
	if (size < sizeof(version))
		return false;
	memcpy(&version, value, sizeof(version));
	if (version != ACL_DISK_VERSION)
		return false;
	for (; at < size; (*count)++) {
		struct ext4_acl_entry entry = {.id = ACL_NO_ID};
		uint32_t length;

		if (size - at < ACL_DISK_SHORT || *count == ACL_ENTRIES_MAX)
			return false;
		memcpy(&entry, value + at, ACL_DISK_SHORT);
		length = entry_size(entry.tag);
		if (size - at < length)
			return false;
		memcpy(&entry, value + at, length);
		entries[*count] = (struct acl_entry){entry.tag, entry.permissions, entry.id};
		at += length;
	}
	return acl_is_valid(&(const struct acl){entries, *count});
}

static uint32_t disk_format(const struct acl *acl, uint8_t *value)
{
	const uint32_t version = ACL_DISK_VERSION;
	uint32_t at = sizeof(version);

	memcpy(value, &version, sizeof(version));
	for (uint32_t i = 0; i < acl->count; i++) {
		const struct acl_entry *from = &acl->entries[i];
		const struct ext4_acl_entry entry = {from->tag, from->permissions, from->id};

		memcpy(value + at, &entry, entry_size(from->tag));
		at += entry_size(from->tag);
	}
	return at;
}

/* ---- reading and writing ------------------------------------------------------------------ */

int32_t inode_acl_get(const struct inode *inode, enum acl_kind kind, struct acl_entry *entries, uint32_t *count)
{
	uint8_t value[DISK_SIZE_MAXIMUM];
	uint32_t size;
	int32_t error;

	*count = 0;
	if (!inode->xattrs && !inode->xattr_block)
		return 0;
	error = xattr_get(inode, &names[kind], value, sizeof(value), &size);
	if (error == POSIX_ENODATA)
		return 0;
	if (error == POSIX_ERANGE || (!error && !disk_parse(value, size, entries, count)))
		return inode_damage(inode, 0, "an ACL is wrong");
	return error;
}

int32_t inode_acl_set(struct handle *handle, struct inode *inode, enum acl_kind kind, const struct acl *acl)
{
	/* What the mode says as well is not kept. */
	const bool keep = acl->count > 0 && (kind == ACL_KIND_DEFAULT || !acl_is_minimal(acl));
	struct xattr_change change = {.name = names[kind]};
	uint8_t value[DISK_SIZE_MAXIMUM];

	if (!keep && !inode->xattrs && !inode->xattr_block)
		return 0;
	if (keep) {
		change.value = value;
		change.size = disk_format(acl, value);
	}
	return xattr_set(handle, inode, &change);
}

int32_t inode_acl_inherit(struct handle *handle, struct inode *inode, const struct acl *preset)
{
	struct acl_entry entries[ACL_ENTRIES_MAX];
	const struct acl acl = {entries, preset->count};
	int32_t error;

	memcpy(entries, preset->entries, preset->count * sizeof(*entries));
	acl_inherit(entries, preset->count, inode->mode);
	inode->mode = (inode->mode & ~PERMISSION_BITS) | acl_mode(&acl);
	error = inode_acl_set(handle, inode, ACL_KIND_ACCESS, &acl);
	if (!error && inode_is(inode, POSIX_S_IFDIR))
		error = inode_acl_set(handle, inode, ACL_KIND_DEFAULT, preset);
	return error;
}
