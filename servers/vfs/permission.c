/* Who may do what to files: see permission.h. */
#include "permission.h"

#include <drydock/posix.h>

#include "vfs.h"

#define ROOT            0u
#define MODE_BITS       07777u
#define MODE_GROUP_EXEC 00010u

#define SET_TIMES_EXPLICIT (TMPFS_SET_ATIME | TMPFS_SET_MTIME)
#define SET_TIMES_NOW      (TMPFS_SET_ATIME_NOW | TMPFS_SET_MTIME_NOW)

static bool is_checked(const struct identity *who)
{
	return who->flags & IDENTITY_CHECKED;
}

struct filesystem_permissions permission_of(const struct tmpfs_attributes *node)
{
	return (struct filesystem_permissions){
		.mode = node->mode, .uid = node->uid, .gid = node->gid, .acl = node->acl};
}

bool permission_allows(const struct identity *who, const struct tmpfs_attributes *node, uint32_t wanted)
{
	const struct filesystem_permissions permissions = permission_of(node);

	return filesystem_allows(who, &permissions, wanted);
}

int32_t permission_check(const struct identity *who, const struct tmpfs_attributes *node, uint32_t wanted)
{
	if (wanted & ACCESS_WRITE && node->flags & TMPFS_FLAG_IMMUTABLE)
		return POSIX_EPERM;
	return is_checked(who) || permission_allows(who, node, wanted) ? 0 : POSIX_EACCES;
}

int32_t permission_change(const struct tmpfs_attributes *node)
{
	return node->flags & TMPFS_FLAGS_KEPT ? POSIX_EPERM : 0;
}

int32_t permission_write_at(const struct tmpfs_attributes *node, uint64_t offset)
{
	if (node->flags & TMPFS_FLAG_IMMUTABLE)
		return POSIX_EPERM;
	return node->flags & TMPFS_FLAG_APPEND && offset < node->size ? POSIX_EPERM : 0;
}

int32_t permission_remove(const struct identity *who, const struct tmpfs_attributes *directory,
                          const struct tmpfs_attributes *victim)
{
	int32_t error = permission_check(who, directory, ACCESS_WRITE | ACCESS_EXECUTE);

	if (!error)
		error = permission_change(directory);
	if (!error)
		error = permission_change(victim);
	if (error)
		return error;
	if (is_checked(who) || who->uid == ROOT || !(directory->mode & POSIX_S_ISVTX))
		return 0;
	return who->uid == victim->uid || who->uid == directory->uid ? 0 : POSIX_EPERM;
}

/* A change that flags forbid whoever asks; times may be set to now where content may be added. */
static int32_t set_flagged(const struct tmpfs_attributes *node, uint32_t valid)
{
	if (valid & (TMPFS_SET_MODE | TMPFS_SET_UID | TMPFS_SET_GID | SET_TIMES_EXPLICIT) ||
	    (valid & SET_TIMES_NOW && (valid & SET_TIMES_NOW) != SET_TIMES_NOW))
		return permission_change(node);
	return valid & (SET_TIMES_NOW | TMPFS_SET_SIZE) && node->flags & TMPFS_FLAG_IMMUTABLE ? POSIX_EPERM : 0;
}

/* By anybody else than the owner: to set times to now it is enough that he may write. */
static int32_t set_by_stranger(const struct identity *who, const struct tmpfs_attributes *node,
                               uint32_t valid)
{
	if (valid & (TMPFS_SET_UID | TMPFS_SET_GID | TMPFS_SET_MODE | TMPFS_SET_FLAGS | SET_TIMES_EXPLICIT))
		return POSIX_EPERM;
	if (valid & SET_TIMES_NOW) {
		if ((valid & SET_TIMES_NOW) != SET_TIMES_NOW)
			return POSIX_EPERM;
		return permission_check(who, node, ACCESS_WRITE);
	}
	return 0;
}

static int32_t set_by_user(const struct identity *who, const struct tmpfs_attributes *node, uint32_t valid,
                           const struct tmpfs_attributes *values)
{
	int32_t error = 0;

	if (valid & TMPFS_SET_FLAGS && (values->flags ^ node->flags) & TMPFS_FLAGS_KEPT)
		return POSIX_EPERM; /* root's matter (CAP_LINUX_IMMUTABLE) */
	if (who->uid != node->uid)
		error = set_by_stranger(who, node, valid);
	if (error)
		return error;
	if (valid & TMPFS_SET_UID && values->uid != node->uid)
		return POSIX_EPERM;
	if (valid & TMPFS_SET_GID && values->gid != node->gid && !filesystem_in_group(who, values->gid))
		return POSIX_EPERM;
	return valid & TMPFS_SET_SIZE ? permission_check(who, node, ACCESS_WRITE) : 0;
}

int32_t permission_set(const struct identity *who, const struct tmpfs_attributes *node, uint32_t valid,
                       const struct tmpfs_attributes *values)
{
	int32_t error = set_flagged(node, valid);

	if (!error && !is_checked(who) && who->uid != ROOT)
		error = set_by_user(who, node, valid, values);
	return !error && valid & TMPFS_SET_SIZE ? permission_change(node) : error;
}

bool permission_keeps_group_bit(const struct identity *who, uint32_t gid)
{
	return is_checked(who) || who->uid == ROOT || filesystem_in_group(who, gid);
}

/* What is left of the permission bits; without execution for the group set-group-id is no privilege. */
static uint32_t without_privileges(const struct identity *who, const struct tmpfs_attributes *node)
{
	uint32_t mode = node->mode & MODE_BITS & ~POSIX_S_ISUID;

	if (mode & MODE_GROUP_EXEC || !permission_keeps_group_bit(who, node->gid))
		mode &= ~POSIX_S_ISGID;
	return mode;
}

uint32_t permission_mode_written(const struct identity *who, const struct tmpfs_attributes *node)
{
	return who->uid == ROOT ? node->mode & MODE_BITS : without_privileges(who, node);
}

uint32_t permission_mode_chowned(const struct identity *who, const struct tmpfs_attributes *node)
{
	return attributes_type_is(node, POSIX_S_IFDIR) ? node->mode & MODE_BITS : without_privileges(who, node);
}

uint32_t permission_mode_after(const struct identity *who, const struct tmpfs_attributes *node,
                               uint32_t valid, const struct tmpfs_attributes *values)
{
	uint32_t mode = node->mode & MODE_BITS;

	if (valid & TMPFS_SET_MODE) {
		mode = values->mode & MODE_BITS;
		if (!permission_keeps_group_bit(who, valid & TMPFS_SET_GID ? values->gid : node->gid))
			mode &= ~POSIX_S_ISGID;
	} else if (valid & (TMPFS_SET_UID | TMPFS_SET_GID)) {
		mode = permission_mode_chowned(who, node);
	} else if (valid & TMPFS_SET_SIZE) {
		mode = permission_mode_written(who, node);
	}
	return mode;
}

void permission_inherit(const struct identity *who, const struct tmpfs_attributes *directory,
                        bool is_directory, struct tmpfs_creation *creation)
{
	creation->uid = who->uid;
	creation->gid = who->gid;
	if (!(directory->mode & POSIX_S_ISGID))
		return;
	creation->gid = directory->gid;
	if (is_directory)
		creation->mode |= POSIX_S_ISGID;
	else if (creation->mode & MODE_GROUP_EXEC && !permission_keeps_group_bit(who, directory->gid))
		creation->mode &= ~POSIX_S_ISGID;
}
