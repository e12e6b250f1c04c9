/* Who may read what: see permission.h. */
#include "permission.h"

#define MODE_EXECUTE 00111u /* for owner, group or others */

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
