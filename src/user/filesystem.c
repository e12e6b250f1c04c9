/* Help for servers of file systems: see drydock/filesystem.h. */
#include <drydock/filesystem.h>
#include <drydock/posix.h>
#include <drydock/string.h>

/* What the FUSE bridge asks for (sim/fuse/bridge.h) is the most that anybody does. */
#define LANE_DEPTH 256u
#define LANE_AREA  (64u << 20)

#define ROOT         0u
#define MODE_GROUP   00070u
#define MODE_EXECUTE 00111u /* for owner, group or others */

int32_t filesystem_serve(struct runtime *runtime, void *server, const struct fs_operations *operations,
                         const struct service_events *events)
{
	const struct service_limits limits = {.depth = LANE_DEPTH, .area = LANE_AREA};
	enum error error;
	struct service *service = service_create(runtime, server, &limits, events, &error);

	if (service == NULL)
		return -(int32_t)error;
	error = filesystem_add(service, operations);
	return error != E_OK ? -(int32_t)error : service_register(service);
}

bool filesystem_entry_add(struct filesystem_entries *entries, uint64_t node, uint64_t cookie, uint32_t mode,
                          const char *name, uint32_t length)
{
	const struct fs_entry head = {node, cookie, mode & POSIX_S_IFMT, length};
	uint32_t padded = (length + 7) & ~7u;
	uint8_t *to = entries->buffer + entries->length;

	if (entries->full || sizeof(head) + padded > entries->capacity - entries->length) {
		entries->full = true;
		return false;
	}
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), name, length);
	memset(to + sizeof(head) + length, 0, padded - length);
	entries->length += (uint32_t)sizeof(head) + padded;
	return true;
}

int32_t filesystem_entries_end(const struct filesystem_entries *entries)
{
	return entries->full && entries->length == 0 ? POSIX_EINVAL : 0;
}

/* ---- permissions ----------------------------------------------------------------- */

bool filesystem_in_group(const struct identity *who, uint32_t gid)
{
	for (uint32_t at = 0; at < who->group_count; at++) {
		if (who->groups[at] == gid)
			return true;
	}
	return who->gid == gid;
}

/*
 * acl(5), "ACCESS CHECK ALGORITHM", for all but the owner. The mask is what the
 * mode has for the group.
 */
static bool acl_allows(const struct identity *who, const struct filesystem_permissions *permissions,
                       uint32_t wanted)
{
	uint32_t mask = permissions->mode >> 3;
	bool in_class = false;

	for (uint32_t at = 0; at < permissions->acl.count; at++) {
		const struct acl_entry *entry = &permissions->acl.entries[at];
		bool in_group =
			(entry->tag == ACL_GROUP_OBJ && filesystem_in_group(who, permissions->gid)) ||
			(entry->tag == ACL_GROUP && filesystem_in_group(who, entry->id));

		if (entry->tag == ACL_USER && entry->id == who->uid)
			return (wanted & ~(entry->permissions & mask)) == 0;
		/* It is enough that one of his groups allows all. */
		if (in_group && (wanted & ~(entry->permissions & mask)) == 0)
			return true;
		in_class |= in_group;
		if (entry->tag == ACL_OTHER)
			return !in_class && (wanted & ~(uint32_t)entry->permissions) == 0;
	}
	return false;
}

bool filesystem_allows(const struct identity *who, const struct filesystem_permissions *permissions,
                       uint32_t wanted)
{
	const bool is_directory = (permissions->mode & POSIX_S_IFMT) == POSIX_S_IFDIR;
	uint32_t bits = permissions->mode;

	if (who->uid == ROOT)
		return is_directory || !(wanted & FILESYSTEM_EXECUTE) || bits & MODE_EXECUTE;
	/* Only the first class that fits counts, even where a later one would allow more. */
	if (who->uid == permissions->uid)
		bits >>= 6;
	else if (permissions->acl.count > 0 && bits & MODE_GROUP) /* under an empty mask Linux looks at no ACL */
		return acl_allows(who, permissions, wanted);
	else if (filesystem_in_group(who, permissions->gid))
		bits >>= 3;
	return (wanted & ~bits) == 0;
}

int32_t filesystem_check(const struct identity *who, const struct fs_attributes *attributes, uint32_t wanted)
{
	const struct filesystem_permissions permissions = {
		.mode = attributes->mode, .uid = attributes->uid, .gid = attributes->gid};

	return who->flags & IDENTITY_CHECKED || filesystem_allows(who, &permissions, wanted & 7) ? 0
	                                                                                        : POSIX_EACCES;
}

/* ---- names of extended attributes ------------------------------------------------- */

static bool has_prefix(const char *name, uint32_t length, const char *prefix, uint32_t prefix_length)
{
	return length >= prefix_length && memcmp(name, prefix, prefix_length) == 0;
}

#define HAS_PREFIX(name, length, prefix) has_prefix(name, length, prefix, sizeof(prefix) - 1)

/* Whether nothing follows the first dot. */
static bool is_prefix(const char *name, uint32_t length)
{
	uint32_t at = 0;

	while (at < length && name[at] != '.')
		at++;
	return at + 1 == length;
}

/* `user.` could else be hung on what everybody may write to, such as device nodes, without any quota. */
static int32_t check_user(const struct identity *who, const struct filesystem_permissions *permissions,
                          uint32_t wanted)
{
	const uint32_t type = permissions->mode & POSIX_S_IFMT;

	if (type != POSIX_S_IFDIR && type != POSIX_S_IFREG)
		return wanted == FILESYSTEM_WRITE ? POSIX_EPERM : POSIX_ENODATA;
	if (who->flags & IDENTITY_CHECKED)
		return 0;
	if (type == POSIX_S_IFDIR && permissions->mode & POSIX_S_ISVTX && wanted == FILESYSTEM_WRITE &&
	    who->uid != permissions->uid && who->uid != ROOT)
		return POSIX_EPERM;
	return filesystem_allows(who, permissions, wanted) ? 0 : POSIX_EACCES;
}

int32_t filesystem_xattr_check(const struct identity *who, const struct filesystem_permissions *permissions,
                               const char *name, uint32_t length, uint32_t wanted)
{
	const bool is_checked = who->flags & IDENTITY_CHECKED, privileged = who->uid == ROOT || is_checked;
	int32_t error;

	if (length == 0)
		return POSIX_ERANGE;
	if (HAS_PREFIX(name, length, "user."))
		error = check_user(who, permissions, wanted);
	else if (HAS_PREFIX(name, length, "trusted."))
		error = privileged ? 0 : wanted == FILESYSTEM_WRITE ? POSIX_EPERM : POSIX_ENODATA;
	else if (HAS_PREFIX(name, length, "security."))
		error = privileged || wanted == FILESYSTEM_READ ? 0 : POSIX_EPERM;
	else /* as Linux, which looks at the bits before it finds that nobody knows the name */
		return !HAS_PREFIX(name, length, "system.") && !is_checked &&
		                       !filesystem_allows(who, permissions, wanted)
		               ? POSIX_EACCES
		               : POSIX_EOPNOTSUPP;
	return error || !is_prefix(name, length) ? error : POSIX_EINVAL;
}

bool filesystem_xattr_is_hidden(const char *name, uint32_t length)
{
	return HAS_PREFIX(name, length, "trusted.");
}
