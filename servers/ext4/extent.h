/* From the blocks of a file to those of the disk (Documentation/filesystems/ext4, "The Contents of inode.i_block"). */
#ifndef EXT4_EXTENT_H
#define EXT4_EXTENT_H

#include "inode.h"

/* Some blocks of a file that follow each other, on the disk as well. */
struct mapping {
	uint64_t physical; /* the first; 0: nothing is there, or nothing was written, and it reads as zeros */
	uint64_t count;    /* above 0 */
};

/*
 * Finds where block `logical` of a file or directory lies, and how many after
 * it go on likewise. Suspends. POSIX_EUCLEAN; errors of cache_get.
 */
int32_t block_map(const struct inode *inode, uint64_t logical, struct mapping *mapping);

/* Checks the part of an extent tree that lies in the inode: 0 or POSIX_EUCLEAN. */
int32_t extent_root_check(const struct inode *inode);

/* indirect.c: as block_map, for inodes without extents. */
int32_t indirect_map(const struct inode *inode, uint64_t logical, struct mapping *mapping);

#endif
