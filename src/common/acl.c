/* Access control lists: see drydock/acl.h. */
#include <drydock/acl.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#define VERSION     2u
#define PERMISSIONS 7u

/* ---- the extended attribute --------------------------------------------------- */

static bool is_named(const struct acl_entry *entry)
{
	return entry->tag == ACL_USER || entry->tag == ACL_GROUP;
}

/* Whether an entry with `tag` may stand after one with `previous` (0: first). */
static bool may_follow(uint32_t previous, uint32_t tag)
{
	switch (tag) {
	case ACL_USER_OBJ:
		return previous == 0;
	case ACL_USER:
	case ACL_GROUP_OBJ:
		return previous == ACL_USER_OBJ || previous == ACL_USER;
	case ACL_GROUP:
	case ACL_MASK:
		return previous == ACL_GROUP_OBJ || previous == ACL_GROUP;
	case ACL_OTHER:
		return previous == ACL_GROUP_OBJ || previous == ACL_GROUP || previous == ACL_MASK;
	default:
		return false;
	}
}

/* acl(5), "VALID ACLS"; that ids are there once and in order Linux does not ask for. */
bool acl_is_valid(const struct acl *acl)
{
	uint32_t previous = 0;
	bool named = false;

	for (uint32_t at = 0; at < acl->count; at++) {
		const struct acl_entry *entry = &acl->entries[at];

		if (!may_follow(previous, entry->tag) || entry->permissions > PERMISSIONS)
			return false;
		/* With named entries there must be a mask. */
		if (entry->tag == ACL_OTHER && named && previous != ACL_MASK)
			return false;
		named |= is_named(entry);
		previous = entry->tag;
	}
	return acl->count == 0 || previous == ACL_OTHER;
}

/* What an entry is for; an id that means nothing is set to what that is called. */
static bool normalize(struct acl_entry *entry)
{
	switch (entry->tag) {
	case ACL_USER:
	case ACL_GROUP:
		return entry->id != ACL_NO_ID;
	case ACL_USER_OBJ:
	case ACL_GROUP_OBJ:
	case ACL_MASK:
	case ACL_OTHER:
		entry->id = ACL_NO_ID;
		return true;
	default:
		return false;
	}
}

int32_t acl_parse(const void *value, uint32_t size, struct acl_entry *entries, uint32_t *count)
{
	uint32_t version;

	*count = 0;
	if (size == 0)
		return 0;
	if (size < ACL_HEADER_SIZE)
		return POSIX_EINVAL;
	memcpy(&version, value, sizeof(version));
	if (version != VERSION)
		return POSIX_EOPNOTSUPP;
	size -= ACL_HEADER_SIZE;
	if (size % sizeof(*entries) != 0)
		return POSIX_EINVAL;
	if (size / sizeof(*entries) > ACL_ENTRIES_MAX)
		return POSIX_E2BIG;
	memcpy(entries, (const uint8_t *)value + ACL_HEADER_SIZE, size);
	*count = size / (uint32_t)sizeof(*entries);
	for (uint32_t at = 0; at < *count; at++) {
		if (!normalize(&entries[at]))
			return POSIX_EINVAL;
	}
	return 0;
}

uint32_t acl_size(uint32_t count)
{
	return ACL_HEADER_SIZE + count * (uint32_t)sizeof(struct acl_entry);
}

void acl_format(const struct acl *acl, void *value)
{
	const uint32_t version = VERSION;

	memcpy(value, &version, sizeof(version));
	memcpy((uint8_t *)value + ACL_HEADER_SIZE, acl->entries, acl->count * sizeof(*acl->entries));
}

/* ---- the permission bits ------------------------------------------------------- */

/*
 * How far the bits that an entry goes with are to be shifted to the right, or
 * -1: the group's bits are those of the mask where there is one, else those of
 * the owning group (acl(5), "CORRESPONDENCE BETWEEN ACL ENTRIES AND FILE
 * PERMISSION BITS").
 */
static int shift_of(const struct acl_entry *entry, bool minimal)
{
	switch (entry->tag) {
	case ACL_USER_OBJ:
		return 6;
	case ACL_GROUP_OBJ:
		return minimal ? 3 : -1;
	case ACL_MASK:
		return 3;
	case ACL_OTHER:
		return 0;
	default:
		return -1;
	}
}

/* A mask stands last but one. */
static bool has_mask(const struct acl_entry *entries, uint32_t count)
{
	return count >= 2 && entries[count - 2].tag == ACL_MASK;
}

bool acl_is_minimal(const struct acl *acl)
{
	return !has_mask(acl->entries, acl->count);
}

uint32_t acl_mode(const struct acl *acl)
{
	uint32_t mode = 0;

	for (uint32_t at = 0; at < acl->count; at++) {
		int shift = shift_of(&acl->entries[at], acl_is_minimal(acl));

		if (shift >= 0)
			mode |= (uint32_t)acl->entries[at].permissions << shift;
	}
	return mode;
}

void acl_set_mode(struct acl_entry *entries, uint32_t count, uint32_t mode)
{
	bool minimal = !has_mask(entries, count);

	for (uint32_t at = 0; at < count; at++) {
		int shift = shift_of(&entries[at], minimal);

		if (shift >= 0)
			entries[at].permissions = mode >> shift & PERMISSIONS;
	}
}

void acl_inherit(struct acl_entry *entries, uint32_t count, uint32_t mode)
{
	const struct acl acl = {entries, count};

	acl_set_mode(entries, count, acl_mode(&acl) & mode);
}
