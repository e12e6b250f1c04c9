/*
 * Inodes that are to be shortened or deleted: those without a name that
 * somebody still holds a reference to, and those whose blocks are freed in more
 * than one transaction. They lie in a list on the disk, so that a mount after
 * a crash ends what was begun (Documentation/filesystems/ext4, "Orphan file"
 * tells of both ways; here it is the list from s_last_orphan, through i_dtime).
 */
#ifndef EXT4_ORPHAN_H
#define EXT4_ORPHAN_H

#include "inode.h"

#define ORPHAN_CHANGES 3u /* blocks that each of these changes, with the inode itself */

/* Puts it into the list, where it is not in it, and holds it. Suspends. */
int32_t orphan_add(struct handle *handle, struct inode *inode);

/* Takes it out, where it is in it; the list's hold ends. The inode is not written. Suspends. */
int32_t orphan_remove(struct handle *handle, struct inode *inode);

static inline bool inode_is_orphan(const struct inode *inode)
{
	return !list_empty(&inode->orphan_link);
}

/* At mount: ends what the list tells of. Suspends. */
int32_t orphans_clear(struct volume *volume);

/* At unmount: deletes those without a name; nobody holds a reference any more. Suspends. */
void orphans_end(struct volume *volume);

#endif
