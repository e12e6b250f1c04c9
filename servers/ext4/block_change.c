/* Which block of a file lies where, changed: see extent.h. By extents or by a block map. */
#include "extent.h"
#include "indirect.h"

#define SIZE_SMALL (1ull << 31) /* bytes of files, without the feature large_file less than that */

bool inode_has_map(const struct inode *inode)
{
	if (inode->flags & (INODE_EXTENTS | INODE_INLINE_DATA))
		return false;
	/* "Symbolic Links": shorter ones lie where the map would. */
	return inode_is(inode, POSIX_S_IFREG) || inode_is(inode, POSIX_S_IFDIR) ||
	       (inode_is(inode, POSIX_S_IFLNK) && inode->size >= INODE_BLOCK_BYTES);
}

void block_map_init(struct inode *inode)
{
	if (!volume_has_incompat(inode->volume, INCOMPAT_EXTENTS))
		return; /* which is all zeros */
	inode->flags |= INODE_EXTENTS;
	extent_root_init(inode);
}

uint64_t inode_size_limit(const struct inode *inode)
{
	const struct volume *volume = inode->volume;
	uint64_t blocks = UINT32_MAX - 1ull;

	if (!inode_has_extents(inode) && indirect_limit(volume) < blocks)
		blocks = indirect_limit(volume);
	if (!volume_has_ro_compat(volume, RO_COMPAT_LARGE_FILE) && blocks << volume->block_bits >= SIZE_SMALL)
		return SIZE_SMALL - 1;
	return blocks << volume->block_bits;
}

uint32_t block_room(const struct inode *inode, uint64_t logical)
{
	return inode_has_extents(inode) ? EXTENT_LENGTH_WRITTEN : indirect_room(inode, logical);
}

int32_t block_insert(struct handle *handle, struct inode *inode, uint64_t logical, uint64_t physical,
                     uint32_t count)
{
	return inode_has_extents(inode) ? extent_insert(handle, inode, (uint32_t)logical, physical, count)
	                                : indirect_insert(handle, inode, logical, physical, count);
}

int32_t block_remove(struct handle *handle, struct inode *inode, uint64_t first, uint64_t end, bool *more)
{
	return inode_has_extents(inode) ? extent_remove(handle, inode, first, end, more)
	                                : indirect_remove(handle, inode, first, end, more);
}
