/*
 * Access control lists with permissions, as the extended attributes that Linux
 * has them as (acl(5), "OBJECT-ORIENTED FILE ACCESS"; setfacl(1)): whoever sees
 * a node may see them, and its owner sets them. The order of errors is Linux's.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "node_acl.h"
#include "permission.h"

#define ROOT      0u
#define MODE_BITS 07777u

#define IS(name, length, constant) ((length) == sizeof(constant) - 1 && memcmp(name, constant, length) == 0)

bool node_acl_named(const char *name, uint32_t length, enum tmpfs_acl *kind)
{
	if (IS(name, length, TMPFS_XATTR_ACL_ACCESS))
		*kind = TMPFS_ACL_ACCESS;
	else if (IS(name, length, TMPFS_XATTR_ACL_DEFAULT))
		*kind = TMPFS_ACL_DEFAULT;
	else
		return false;
	return true;
}

/* A symbolic link has no permissions of its own. */
static int32_t find(const struct caller *caller, uint64_t node, struct tmpfs_attributes *attributes)
{
	int32_t error = tmpfs_get_attributes(&caller->vfs->tmpfs, node, attributes);

	if (error)
		return error;
	return attributes_type_is(attributes, POSIX_S_IFLNK) ? POSIX_EOPNOTSUPP : 0;
}

int32_t node_acl_get(const struct caller *caller, uint64_t node, enum tmpfs_acl kind, void *buffer,
                     uint32_t capacity, uint32_t *size)
{
	struct tmpfs_attributes attributes;
	struct acl acl;
	int32_t error = find(caller, node, &attributes);

	if (!error)
		error = tmpfs_acl_get(&caller->vfs->tmpfs, node, kind, &acl);
	if (error)
		return error;
	if (acl.count == 0)
		return POSIX_ENODATA;
	*size = acl_size(acl.count);
	if (capacity == 0)
		return 0;
	if (capacity < *size)
		return POSIX_ERANGE;
	acl_format(&acl, buffer);
	return 0;
}

/* An owner outside the group could else keep what chmod(2) would not let him have. */
static int32_t drop_group_bit(const struct caller *caller, uint64_t node)
{
	struct tmpfs_attributes attributes;
	int32_t error = tmpfs_get_attributes(&caller->vfs->tmpfs, node, &attributes);

	if (error || permission_keeps_group_bit(caller->who, attributes.gid))
		return error;
	attributes.mode &= MODE_BITS & ~POSIX_S_ISGID;
	return tmpfs_set_attributes(&caller->vfs->tmpfs, node, TMPFS_SET_MODE, &attributes,
	                            vfs_now(caller->vfs), NULL);
}

int32_t node_acl_set(const struct caller *caller, uint64_t node, enum tmpfs_acl kind, const void *value,
                     uint32_t size)
{
	struct acl_entry entries[ACL_ENTRIES_MAX];
	struct acl acl = {.entries = entries};
	struct tmpfs_attributes attributes;
	int32_t error = acl_parse(value, size, entries, &acl.count);

	if (!error)
		error = find(caller, node, &attributes);
	if (!error)
		error = permission_change(&attributes);
	if (error)
		return error;
	if (kind == TMPFS_ACL_DEFAULT && !attributes_type_is(&attributes, POSIX_S_IFDIR))
		return acl.count > 0 ? POSIX_EACCES : 0;
	if (caller->who->uid != attributes.uid && caller->who->uid != ROOT &&
	    !(caller->who->flags & IDENTITY_CHECKED))
		return POSIX_EPERM;
	if (!acl_is_valid(&acl))
		return POSIX_EINVAL;
	error = tmpfs_acl_set(&caller->vfs->tmpfs, node, kind, &acl, vfs_now(caller->vfs));
	return error || kind == TMPFS_ACL_DEFAULT ? error : drop_group_bit(caller, node);
}
