/* Who may do what: see permission.h. */
#include "permission.h"

#include "inode_acl.h"

#define MODE_BITS       07777u
#define MODE_GROUP      00070u
#define MODE_GROUP_EXEC 00010u

#define SET_TIMES_EXPLICIT (FS_SET_ATIME | FS_SET_MTIME)
#define SET_TIMES_NOW      (FS_SET_ATIME_NOW | FS_SET_MTIME_NOW)

/* ---- access ----------------------------------------------------------------------- */

int32_t permission_read(const struct identity *who, const struct inode *inode, struct acl_entry *entries,
                        struct filesystem_permissions *permissions)
{
	*permissions = (struct filesystem_permissions){
		.mode = inode->mode, .uid = inode->uid, .gid = inode->gid, .acl.entries = entries};
	/* Nobody else goes by an ACL, and under an empty mask it gives nothing. */
	if (who->flags & IDENTITY_CHECKED || who->uid == 0 || who->uid == inode->uid ||
	    !(inode->mode & MODE_GROUP))
		return 0;
	return inode_acl_get(inode, ACL_KIND_ACCESS, entries, &permissions->acl.count);
}

int32_t permission_ask(const struct identity *who, const struct inode *inode, uint32_t wanted)
{
	struct acl_entry entries[ACL_ENTRIES_MAX];
	struct filesystem_permissions permissions;
	int32_t error = permission_read(who, inode, entries, &permissions);

	if (error)
		return error;
	return filesystem_allows(who, &permissions, wanted) ? 0 : POSIX_EACCES;
}

int32_t permission_check(const struct identity *who, const struct inode *inode, uint32_t wanted)
{
	if (wanted & ACCESS_WRITE && inode->flags & INODE_IMMUTABLE)
		return POSIX_EPERM;
	return who->flags & IDENTITY_CHECKED ? 0 : permission_ask(who, inode, wanted);
}

/* ---- changes ---------------------------------------------------------------------- */

static bool is_almighty(const struct identity *who)
{
	return who->flags & IDENTITY_CHECKED || who->uid == 0;
}

bool permission_owns(const struct identity *who, const struct inode *inode)
{
	return is_almighty(who) || who->uid == inode->uid;
}

int32_t permission_change(const struct inode *inode)
{
	return inode->flags & (INODE_IMMUTABLE | INODE_APPEND) ? POSIX_EPERM : 0;
}

int32_t permission_write_at(const struct inode *inode, uint64_t offset)
{
	if (inode->flags & INODE_IMMUTABLE)
		return POSIX_EPERM;
	return inode->flags & INODE_APPEND && offset < inode->size ? POSIX_EPERM : 0;
}

int32_t permission_remove(const struct identity *who, const struct inode *directory,
                          const struct inode *victim)
{
	int32_t error = permission_check(who, directory, ACCESS_WRITE | ACCESS_EXECUTE);

	if (!error)
		error = permission_change(directory);
	if (!error)
		error = permission_change(victim);
	if (error || is_almighty(who) || !(directory->mode & POSIX_S_ISVTX))
		return error;
	return who->uid == victim->uid || who->uid == directory->uid ? 0 : POSIX_EPERM;
}

/* A change that flags forbid whoever asks; times may be set to now where content may be added. */
static int32_t set_flagged(const struct inode *inode, uint32_t valid)
{
	if (valid & (FS_SET_MODE | FS_SET_UID | FS_SET_GID | SET_TIMES_EXPLICIT) ||
	    (valid & SET_TIMES_NOW && (valid & SET_TIMES_NOW) != SET_TIMES_NOW))
		return permission_change(inode);
	return valid & (SET_TIMES_NOW | FS_SET_SIZE) && inode->flags & INODE_IMMUTABLE ? POSIX_EPERM : 0;
}

/* By anybody else than the owner: to set times to now it is enough that he may write. */
static int32_t set_by_stranger(const struct identity *who, const struct inode *inode, uint32_t valid)
{
	if (valid & (FS_SET_UID | FS_SET_GID | FS_SET_MODE | FS_SET_FLAGS | SET_TIMES_EXPLICIT))
		return POSIX_EPERM;
	if (!(valid & SET_TIMES_NOW))
		return 0;
	if ((valid & SET_TIMES_NOW) != SET_TIMES_NOW)
		return POSIX_EPERM;
	return permission_check(who, inode, ACCESS_WRITE);
}

static int32_t set_by_user(const struct identity *who, const struct inode *inode, uint32_t valid,
                           const struct fs_attributes *values)
{
	int32_t error = 0;

	if (valid & FS_SET_FLAGS && (values->flags ^ inode->flags) & (INODE_IMMUTABLE | INODE_APPEND))
		return POSIX_EPERM; /* root's matter (CAP_LINUX_IMMUTABLE) */
	if (who->uid != inode->uid)
		error = set_by_stranger(who, inode, valid);
	if (error)
		return error;
	if (valid & FS_SET_UID && values->uid != inode->uid)
		return POSIX_EPERM;
	if (valid & FS_SET_GID && values->gid != inode->gid && !filesystem_in_group(who, values->gid))
		return POSIX_EPERM;
	return valid & FS_SET_SIZE ? permission_check(who, inode, ACCESS_WRITE) : 0;
}

int32_t permission_set(const struct identity *who, const struct inode *inode, uint32_t valid,
                       const struct fs_attributes *values)
{
	int32_t error = set_flagged(inode, valid);

	if (!error && !is_almighty(who))
		error = set_by_user(who, inode, valid, values);
	return !error && valid & FS_SET_SIZE ? permission_change(inode) : error;
}

bool permission_keeps_group_bit(const struct identity *who, uint32_t gid)
{
	return is_almighty(who) || filesystem_in_group(who, gid);
}

/* What is left of the permission bits; without execution for the group set-group-id is no privilege. */
static uint32_t without_privileges(const struct identity *who, const struct inode *inode)
{
	uint32_t mode = inode->mode & MODE_BITS & ~POSIX_S_ISUID;

	if (mode & MODE_GROUP_EXEC || !permission_keeps_group_bit(who, inode->gid))
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
		if (!permission_keeps_group_bit(who, valid & FS_SET_GID ? values->gid : inode->gid))
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
	if (mode & MODE_GROUP_EXEC && !permission_keeps_group_bit(who, directory->gid))
		mode &= ~POSIX_S_ISGID;
	return mode;
}
