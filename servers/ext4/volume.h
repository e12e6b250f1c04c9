/*
 * A mounted file system, and what all parts of the server share.
 *
 *   format.h        what lies on the disk
 *   cache.c         blocks in memory; write.c: on their way to the disk
 *   transaction.c   changing blocks; commit.c, checkpoint.c, journal_log.c
 *   lock.c          locks across suspension
 *   superblock.c    mounting: geometry, checksums, backups
 *   mount_write.c   mounting for writing, and its end; recover.c: with a journal that is not empty
 *   feature.c       which features are served, read-only, or refused
 *   journal.c       the log of a file system that was not unmounted, and
 *   journal_check.c its checksums; block_table.c: what it says about blocks
 *   group.c         group descriptors; bitmap.c: and their bitmaps
 *   allocate.c      taking and freeing blocks; inode_allocate.c: and inodes
 *   inode.c         inodes in memory; inode_write.c: and back to the disk
 *   extent.c        extent trees: from a file's blocks to the disk's; extent_change.c
 *   indirect.c      and the block maps of ext2 and ext3; indirect_change.c; block_change.c: whichever it is
 *   directory.c     blocks of entries, one after the other; directory_change.c
 *   index.c         hashed directories; index_change.c; and
 *   name_hash.c     the hashes
 *   xattr.c         extended attributes, in inodes and in blocks: xattr.h; inode_acl.c: ACLs
 *   file.c          content: of files, symbolic links, inline data; file_write.c;
 *   file_space.c    holes, and space that is taken beforehand
 *   truncate.c      shortening and deleting; orphan.c: what is not done with yet
 *   permission.c    who may do what
 *   session.c       which nodes a connection holds
 *   node.h          the handlers of `fs`
 *   raw.c           the disk itself, by the protocol `block`
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
#include "transaction.h"

struct inode;

#define INODE_TABLE_SIZE 1024u

/* Inodes in memory: see inode.h. */
struct inode_table {
	struct inode *chains[INODE_TABLE_SIZE];
	struct list unused; /* those that nobody holds; the least recently used first */
	uint32_t count;
};

struct volume {
	struct runtime *runtime;
	struct disk *disk;
	struct cache cache;
	struct inode_table inodes;
	struct ext4_superblock superblock; /* as in its block, or about to be written there */
	uint64_t blocks; /* all in all */
	uint64_t groups;
	uint64_t blocks_per_group;
	uint32_t block_size;      /* bytes, 1024 to 65536 */
	uint32_t block_bits;      /* its logarithm */
	uint32_t cluster_bits;    /* of the blocks in a cluster: 0 without bigalloc */
	uint32_t inode_size;      /* bytes, a power of two from 128 to block_size */
	uint32_t first_inode;     /* that is nobody's by rule */
	uint32_t descriptor_size; /* bytes, 32 to block_size */
	uint32_t checksum_seed;
	uint64_t damages;   /* reported so far */
	bool has_checksums; /* RO_COMPAT_METADATA_CSUM */
	bool mounted;
	bool from_backup; /* the first superblock is of no use */
	bool writable;
	/* Where it was mounted for writing; kept current then. */
	struct lock allocation; /* of bitmaps and group descriptors; taken with a handle open */
	struct lock renaming;   /* of directories: while it is held no directory moves */
	struct lock orphans_lock;
	struct list orphans;    /* inode.orphan_link, as the list on the disk (orphan.h) */
	uint64_t free_blocks;
	uint64_t free_inodes;
	struct transactions transactions;
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
 * `cache_size` bytes; for writing, if `write` is set and it can be, or else why
 * not was logged (volume->writable). The volume is zeroed by the caller. What is wrong
 * is logged, naming field and value. Suspends. POSIX_EINVAL: it is no ext4, or
 * none that is served here; POSIX_EUCLEAN: its metadata is damaged; POSIX_EIO;
 * POSIX_ENOMEM.
 */
int32_t volume_mount(struct volume *volume, struct runtime *runtime, struct disk *disk, uint64_t cache_size,
                     bool write);

/*
 * Ends it: nobody holds an inode or a block. What was changed is made durable,
 * and the journal emptied. Harmless where it is not mounted. Suspends.
 */
void volume_unmount(struct volume *volume);

/*
 * mount_write.c: begins to write a volume that is mounted. `sequence` is that of
 * the first transaction that its log did not have, if it was not empty. POSIX_EOPNOTSUPP: it cannot
 * be written, and why was logged; else as volume_mount.
 */
int32_t volume_write_begin(struct volume *volume, uint32_t sequence);

/* mount_write.c: the end of it, before the cache's. */
void volume_write_end(struct volume *volume);

/* mount_write.c: puts volume->superblock, with free blocks and inodes and its checksum, into its block. */
int32_t superblock_change(struct handle *handle);

/* recover.c: writes home what the cache reads from the log, which may be emptied afterwards. */
int32_t recover_write(struct volume *volume);

/*
 * Reports damage in the log, up to a bound, and returns POSIX_EUCLEAN. `block`
 * and `inode` say where, 0 what does not apply; `what` is a phrase: "the
 * checksum is wrong". Where s_errors is not to continue, nothing is written any more.
 */
int32_t damage(struct volume *volume, uint64_t block, uint64_t inode, const char *what);

/* feature.c: false where the features do not allow mounting, and why was logged. */
bool features_allow(struct volume *volume, bool *read_only);

#endif
