/*
 * The node protocol: extended attributes, and those of them that are ACLs, which
 * whoever sees a node may see, and its owner sets. See node.h. The order
 * of errors is Linux's.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "allocate.h"
#include "inode_acl.h"
#include "node.h"
#include "permission.h"
#include "xattr.h"

#define PERMISSION_BITS 00777u

/* What a handler is asked about: a name of its own, since that of the lane may change. */
struct asked {
	struct caller caller;
	struct inode *inode;
	char name[XATTR_NAME_MAXIMUM];
	uint32_t length;
	struct xattr_name found; /* where `known` */
	bool known;              /* the disk has names of this kind */
};

static void asked_fill(struct asked *asked, const char *name, uint32_t length)
{
	asked->length = length;
	memcpy(asked->name, name, length);
	asked->known = xattr_name_find(asked->name, length, &asked->found);
}

static bool is_acl(const struct asked *asked, enum acl_kind *kind)
{
	*kind = asked->known && asked->found.index == XATTR_INDEX_ACL_DEFAULT ? ACL_KIND_DEFAULT
	                                                                      : ACL_KIND_ACCESS;
	return asked->known && (asked->found.index == XATTR_INDEX_ACL_ACCESS || *kind == ACL_KIND_DEFAULT);
}

/* Whether the caller may read or write (ACCESS_READ, ACCESS_WRITE) the attribute, which is no ACL. */
static int32_t name_check(const struct asked *asked, uint32_t access)
{
	struct acl_entry entries[ACL_ENTRIES_MAX];
	struct filesystem_permissions permissions;
	int32_t error;

	for (uint32_t at = 0; at < asked->length; at++) {
		if (asked->name[at] == '\0')
			return POSIX_EINVAL;
	}
	if (access == ACCESS_WRITE && asked->length > 0 && permission_change(asked->inode) != 0)
		return POSIX_EPERM;
	error = permission_read(asked->caller.who, asked->inode, entries, &permissions);
	if (!error)
		error = filesystem_xattr_check(asked->caller.who, &permissions, asked->name, asked->length,
		                               access);
	return error || asked->known ? error : POSIX_EOPNOTSUPP;
}

/* ---- reading ---------------------------------------------------------------------------- */

/* A symbolic link has no permissions of its own. */
static int32_t acl_get(const struct inode *inode, enum acl_kind kind, uint8_t *value, uint32_t capacity,
                       uint32_t *size)
{
	struct acl_entry entries[ACL_ENTRIES_MAX];
	struct acl acl = {.entries = entries};
	int32_t error;

	if (inode_is(inode, POSIX_S_IFLNK))
		return POSIX_EOPNOTSUPP;
	error = inode_acl_get(inode, kind, entries, &acl.count);
	if (error)
		return error;
	if (acl.count == 0)
		return POSIX_ENODATA;
	*size = acl_size(acl.count);
	if (capacity == 0)
		return 0;
	if (capacity < *size)
		return POSIX_ERANGE;
	acl_format(&acl, value);
	return 0;
}

int32_t node_serve_get_xattr(struct request *request, const struct fs_get_xattr_arguments *arguments,
                             struct fs_get_xattr_results *results)
{
	struct asked asked;
	enum acl_kind kind;
	int32_t error = node_begin(request, arguments->node, &asked.caller, &asked.inode);

	asked_fill(&asked, arguments->name, arguments->name_length);
	if (!error && is_acl(&asked, &kind)) {
		error = acl_get(asked.inode, kind, arguments->value, arguments->value_capacity,
		                &results->size);
	} else if (!error) {
		error = name_check(&asked, ACCESS_READ);
		if (!error)
			error = xattr_get(asked.inode, &asked.found, arguments->value,
			                  arguments->value_capacity, &results->size);
	}
	if (!error && arguments->value_capacity > 0)
		results->value_length = results->size;
	node_finish(&asked.caller, asked.inode);
	return error;
}

struct listing {
	const struct caller *caller;
	uint8_t *names;
	uint32_t capacity; /* 0: they are only counted */
	uint32_t size;
	bool full;
};

static bool listing_add(void *context, const struct xattr_name *name)
{
	struct listing *listing = context;
	uint32_t prefix_length, length;
	const char *prefix = xattr_prefix(name->index, &prefix_length);
	uint8_t *to = listing->names + listing->size;

	if (!prefix)
		return true;
	if (listing->caller->who->uid != 0 && filesystem_xattr_is_hidden(prefix, prefix_length))
		return true;
	length = prefix_length + name->length + 1;
	if (listing->capacity > 0 && length > listing->capacity - listing->size) {
		listing->full = true;
		return false;
	}
	listing->size += length;
	if (listing->capacity == 0)
		return true;
	memcpy(to, prefix, prefix_length);
	memcpy(to + prefix_length, name->name, name->length);
	to[length - 1] = '\0';
	return true;
}

int32_t node_serve_list_xattrs(struct request *request, const struct fs_list_xattrs_arguments *arguments,
                               struct fs_list_xattrs_results *results)
{
	struct caller caller;
	struct listing listing = {
		.caller = &caller, .names = arguments->names, .capacity = arguments->names_capacity};
	struct inode *inode;
	int32_t error = node_begin(request, arguments->node, &caller, &inode);

	if (!error)
		error = xattr_list(inode, listing_add, &listing);
	if (!error && listing.full)
		error = POSIX_ERANGE;
	results->size = listing.size;
	if (!error && listing.capacity > 0)
		results->names_length = listing.size;
	node_finish(&caller, inode);
	return error;
}

/* ---- changing ----------------------------------------------------------------------------- */

/* What is done to the inode within a handle, and can be tried again. */
struct setting {
	enum acl_kind kind;
	const struct acl *acl; /* NULL: `change` is */
	struct xattr_change change;
	uint32_t mode;
};

static int32_t setting_try(struct inode *inode, const struct setting *setting)
{
	struct handle handle;
	int32_t error = handle_begin(inode->volume, XATTR_SET_CHANGES + 1, 0, &handle);

	if (error)
		return error;
	if (setting->acl)
		error = inode_acl_set(&handle, inode, setting->kind, setting->acl);
	else
		error = xattr_set(&handle, inode, &setting->change);
	if (!error) {
		inode->mode = setting->mode;
		inode->ctime = inode_now(inode->volume);
		error = inode_write(&handle, inode);
	}
	handle_end(&handle);
	return error;
}

static int32_t setting_do(struct inode *inode, const struct setting *setting)
{
	bool tried = false;
	int32_t error;

	do {
		error = setting_try(inode, setting);
	} while (space_may_come(inode->volume, error, &tried));
	return error;
}

static int32_t acl_set(const struct asked *asked, enum acl_kind kind, const void *value, uint32_t size)
{
	const struct identity *who = asked->caller.who;
	struct inode *inode = asked->inode;
	struct acl_entry entries[ACL_ENTRIES_MAX];
	struct acl acl = {.entries = entries};
	struct setting setting = {.kind = kind, .acl = &acl, .mode = inode->mode};
	int32_t error = acl_parse(value, size, entries, &acl.count);

	if (error)
		return error;
	if (inode_is(inode, POSIX_S_IFLNK))
		return POSIX_EOPNOTSUPP;
	error = permission_change(inode);
	if (error)
		return error;
	if (kind == ACL_KIND_DEFAULT && !inode_is(inode, POSIX_S_IFDIR))
		return acl.count > 0 ? POSIX_EACCES : 0;
	if (!permission_owns(who, inode))
		return POSIX_EPERM;
	if (!acl_is_valid(&acl))
		return POSIX_EINVAL;
	if (kind == ACL_KIND_ACCESS) {
		if (acl.count > 0)
			setting.mode = (inode->mode & ~PERMISSION_BITS) | acl_mode(&acl);
		/* An owner outside the group could else keep what chmod(2) would not let him have. */
		if (!permission_keeps_group_bit(who, inode->gid))
			setting.mode &= ~POSIX_S_ISGID;
	}
	return setting_do(inode, &setting);
}

/* Whether it may be made, or is there: FS_XATTR_CREATE and FS_XATTR_REPLACE. */
static int32_t presence_check(const struct asked *asked, uint32_t flags)
{
	uint32_t size;
	int32_t error = xattr_get(asked->inode, &asked->found, NULL, 0, &size);

	if (error == POSIX_ENODATA)
		return flags & FS_XATTR_REPLACE ? POSIX_ENODATA : 0;
	if (error)
		return error;
	return flags & FS_XATTR_CREATE ? POSIX_EEXIST : 0;
}

static int32_t value_set(const struct asked *asked, uint32_t flags, const void *value, uint32_t size)
{
	struct setting setting = {.change = {asked->found, value, size}, .mode = asked->inode->mode};
	int32_t error = name_check(asked, ACCESS_WRITE);

	if (!error)
		error = presence_check(asked, flags);
	return error ? error : setting_do(asked->inode, &setting);
}

int32_t node_serve_set_xattr(struct request *request, const struct fs_set_xattr_arguments *arguments)
{
	const uint32_t size = arguments->value_length;
	struct asked asked;
	enum acl_kind kind;
	void *value = NULL;
	int32_t error = node_begin_change(request, arguments->node, &asked.caller, &asked.inode);

	asked_fill(&asked, arguments->name, arguments->name_length);
	if (!error && arguments->flags & ~(uint32_t)(FS_XATTR_CREATE | FS_XATTR_REPLACE))
		error = POSIX_EINVAL;
	if (!error && size > XATTR_SIZE_MAXIMUM)
		error = POSIX_E2BIG;
	if (!error) {
		/* A copy: its hash is to be right. */
		value = runtime_allocate(asked.caller.volume->runtime, size + 1);
		error = value ? 0 : POSIX_ENOMEM;
	}
	if (!error) {
		memcpy(value, arguments->value, size);
		error = is_acl(&asked, &kind) ? acl_set(&asked, kind, value, size)
		                              : value_set(&asked, arguments->flags, value, size);
		runtime_free(asked.caller.volume->runtime, value);
	}
	node_finish(&asked.caller, asked.inode);
	return error;
}

int32_t node_serve_remove_xattr(struct request *request, const struct fs_remove_xattr_arguments *arguments)
{
	struct asked asked;
	enum acl_kind kind;
	int32_t error = node_begin_change(request, arguments->node, &asked.caller, &asked.inode);

	asked_fill(&asked, arguments->name, arguments->name_length);
	if (!error && is_acl(&asked, &kind))
		error = acl_set(&asked, kind, NULL, 0);
	else if (!error)
		error = value_set(&asked, FS_XATTR_REPLACE, NULL, 0);
	node_finish(&asked.caller, asked.inode);
	return error;
}
