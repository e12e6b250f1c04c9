/* Who may do what: see permission.h. */
#include "permission.h"

#define MODE_BITS       07777u
#define MODE_GROUP_EXEC 00010u
#define MODE_EXECUTE    00111u /* for owner, group or others */

static bool is_in_group(const struct identity *who, uint32_t gid)
{
	if (who->gid == gid)
		return true;
	for (uint32_t i = 0; i < who->group_count; i++) {
		if (who->groups[i] == gid)
			return true;
	}
	return false;
}

bool permission_allows(const struct identity *who, const struct inode *inode, uint32_t wanted)
{
	uint32_t bits = inode->mode;

	if (who->uid == 0)
		return inode_is(inode, POSIX_S_IFDIR) || !(wanted & ACCESS_EXECUTE) || bits & MODE_EXECUTE;
	/* Only the first class that fits counts, even where a later one would allow more. */
	if (who->uid == inode->uid)
		bits >>= 6;
	else if (is_in_group(who, inode->gid))
		bits >>= 3;
	return (wanted & ~bits) == 0;
}

int32_t permission_check(const struct identity *who, const struct inode *inode, uint32_t wanted)
{
	return who->flags & IDENTITY_CHECKED || permission_allows(who, inode, wanted) ? 0 : POSIX_EACCES;
}

/* ---- changes ---------------------------------------------------------------------- */

static bool is_almighty(const struct identity *who)
{
	return who->flags & IDENTITY_CHECKED || who->uid == 0;
}

int32_t permission_remove(const struct identity *who, const struct inode *directory,
                          const struct inode *victim)
{
	if (permission_check(who, directory, ACCESS_WRITE | ACCESS_EXECUTE) != 0)
		return POSIX_EACCES;
	if (is_almighty(who) || !(directory->mode & POSIX_S_ISVTX))
		return 0;
	return who->uid == victim->uid || who->uid == directory->uid ? 0 : POSIX_EPERM;
}

/* By anybody else than the owner: to set times to now it is enough that he may write. */
static int32_t set_by_stranger(const struct identity *who, const struct inode *inode, uint32_t valid)
{
	if (valid & (FS_SET_UID | FS_SET_GID | FS_SET_MODE | FS_SET_FLAGS | FS_SET_ATIME | FS_SET_MTIME))
		return POSIX_EPERM;
	if (!(valid & (FS_SET_ATIME_NOW | FS_SET_MTIME_NOW)))
		return 0;
	if (!(valid & FS_SET_ATIME_NOW) || !(valid & FS_SET_MTIME_NOW))
		return POSIX_EPERM;
	return permission_check(who, inode, ACCESS_WRITE);
}

int32_t permission_set(const struct identity *who, const struct inode *inode, uint32_t valid,
                       const struct fs_attributes *values)
{
	const uint32_t guarded = INODE_IMMUTABLE | INODE_APPEND;
	int32_t error;

	if (is_almighty(who))
		return 0;
	error = who->uid != inode->uid ? set_by_stranger(who, inode, valid) : 0;
	if (error)
		return error;
	if (valid & FS_SET_UID && values->uid != inode->uid)
		return POSIX_EPERM;
	if (valid & FS_SET_GID && values->gid != inode->gid && !is_in_group(who, values->gid))
		return POSIX_EPERM;
	if (valid & FS_SET_FLAGS && (values->flags ^ inode->flags) & guarded)
		return POSIX_EPERM;
	return valid & FS_SET_SIZE ? permission_check(who, inode, ACCESS_WRITE) : 0;
}

/* Whether `who` may leave set-group-id on something of that group. */
static bool keeps_group_bit(const struct identity *who, uint32_t gid)
{
	return is_almighty(who) || is_in_group(who, gid);
}

/* What is left of the permission bits; without execution for the group set-group-id is no privilege. */
static uint32_t without_privileges(const struct identity *who, const struct inode *inode)
{
	uint32_t mode = inode->mode & MODE_BITS & ~POSIX_S_ISUID;

	if (mode & MODE_GROUP_EXEC || !keeps_group_bit(who, inode->gid))
		mode &= ~POSIX_S_ISGID;
	return mode;
}

uint32_t permission_mode_written(const struct identity *who, const struct inode *inode)
{
	return who->uid == 0 ? inode->mode & MODE_BITS : without_privileges(who, inode);
}

uint32_t permission_mode_after(const struct identity *who, const struct inode *inode, uint32_t valid,
                               const struct fs_attributes *values)
{
	uint32_t mode = inode->mode & MODE_BITS;

	if (valid & FS_SET_MODE) {
		mode = values->mode & MODE_BITS;
		if (!keeps_group_bit(who, valid & FS_SET_GID ? values->gid : inode->gid))
			mode &= ~POSIX_S_ISGID;
	} else if (valid & (FS_SET_UID | FS_SET_GID)) {
		if (!inode_is(inode, POSIX_S_IFDIR))
			mode = without_privileges(who, inode);
	} else if (valid & FS_SET_SIZE) {
		mode = permission_mode_written(who, inode);
	}
	return mode;
}

uint32_t permission_inherit(const struct identity *who, const struct inode *directory, uint32_t mode,
                            uint32_t *gid)
{
	*gid = who->gid;
	if (!(directory->mode & POSIX_S_ISGID))
		return mode;
	*gid = directory->gid;
	if ((mode & POSIX_S_IFMT) == POSIX_S_IFDIR)
		return mode | POSIX_S_ISGID;
	if (mode & MODE_GROUP_EXEC && !keeps_group_bit(who, directory->gid))
		mode &= ~POSIX_S_ISGID;
	return mode;
}
