/*
 * A mounted file system, and what all parts of the server share.
 *
 *   format.h        what lies on the disk
 *   cache.c         blocks in memory
 *   superblock.c    mounting: geometry, checksums, backups
 *   feature.c       which features are served, read-only, or refused
 *   group.c         group descriptors
 *   inode.c         inodes in memory
 *   extent.c        extent trees: from a file's blocks to the disk's,
 *   indirect.c      and the block maps of ext2 and ext3
 *   directory.c     blocks of entries, one after the other
 *   index.c         hashed directories, and
 *   name_hash.c     the hashes
 *   xattr.c         extended attributes, in inodes and in blocks
 *   file.c          content: of files, symbolic links, inline data
 *   permission.c    who may do what
 *   session.c       which nodes a connection holds
 *   node_protocol.c the handlers of `fs`
 *   ext4.c          the server's beginning
 *
 * Nothing on the disk is believed. What leads to memory, to another block or
 * to a loop is checked where it is read; what is wrong is reported by damage(),
 * with where it lies, and the caller gets POSIX_EUCLEAN.
 */
#ifndef EXT4_VOLUME_H
#define EXT4_VOLUME_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/server.h>

#include "cache.h"
#include "format.h"

struct inode;

#define INODE_TABLE_SIZE 1024u

/* Inodes in memory: see inode.h. */
struct inode_table {
	struct inode *chains[INODE_TABLE_SIZE];
	struct list unused;  /* those that nobody holds; the least recently used first */
	uint32_t count;
};

struct volume {
	struct runtime *runtime;
	struct disk *disk;
	struct cache cache;
	struct inode_table inodes;
	struct ext4_superblock superblock;
	uint64_t blocks;               /* all in all */
	uint64_t groups;
	uint64_t blocks_per_group;
	uint32_t block_size;           /* bytes, 1024 to 65536 */
	uint32_t block_bits;           /* its logarithm */
	uint32_t cluster_bits;         /* of the blocks in a cluster: 0 without bigalloc */
	uint32_t inode_size;           /* bytes, a power of two from 128 to block_size */
	uint32_t first_inode;          /* that is nobody's by rule */
	uint32_t descriptor_size;      /* bytes, 32 to block_size */
	uint32_t checksum_seed;
	uint64_t damages;              /* reported so far */
	bool has_checksums;            /* RO_COMPAT_METADATA_CSUM */
	bool mounted;
};

static inline bool volume_has_incompat(const struct volume *volume, enum feature_incompat feature)
{
	return volume->superblock.feature_incompat & feature;
}

static inline bool volume_has_ro_compat(const struct volume *volume, enum feature_ro_compat feature)
{
	return volume->superblock.feature_ro_compat & feature;
}

/* Whether all of `count` blocks from `block` on can hold data: above the boot block, below the end. */
static inline bool volume_holds(const struct volume *volume, uint64_t block, uint64_t count)
{
	return block > volume->superblock.first_data_block && block < volume->blocks &&
	       count <= volume->blocks - block;
}

/*
 * superblock.c: mounts `disk`, which stays the caller's, with a cache of
 * `cache_size` bytes, read-only. The volume is zeroed by the caller. What is
 * wrong is logged, naming field and value. Suspends. POSIX_EINVAL: it is no
 * ext4, or none that is served here; POSIX_EUCLEAN: its metadata is damaged;
 * POSIX_EIO; POSIX_ENOMEM.
 */
int32_t volume_mount(struct volume *volume, struct runtime *runtime, struct disk *disk, uint64_t cache_size);

/* Ends it: nobody holds an inode or a block. Harmless where it is not mounted. Suspends. */
void volume_unmount(struct volume *volume);

/*
 * Reports damage in the log, up to a bound, and returns POSIX_EUCLEAN. `block`
 * and `inode` say where, 0 what does not apply; `what` is a phrase: "the
 * checksum is wrong".
 */
int32_t damage(struct volume *volume, uint64_t block, uint64_t inode, const char *what);

/* feature.c: false where the features do not allow mounting, and why was logged. */
bool features_allow(struct volume *volume, bool *read_only);

#endif
