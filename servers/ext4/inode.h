/* Inodes in memory (Documentation/filesystems/ext4, "Inode Table"). */
#ifndef EXT4_INODE_H
#define EXT4_INODE_H

#include <drydock/posix.h>

#include "volume.h"

struct timestamp {
	int64_t seconds; /* since 1970 */
	uint32_t nanoseconds;
};

/*
 * One inode that is in use. It stays in memory while anybody holds it, and
 * then for as long as there is room.
 */
struct inode {
	struct volume *volume;
	struct list link; /* in the table's `unused` while nobody holds it */
	struct inode *hash_next;
	uint32_t number;
	uint32_t holders;
	uint32_t mode;
	uint32_t uid, gid;
	uint32_t links;
	uint32_t flags; /* INODE_* */
	uint32_t generation;
	uint32_t checksum_seed; /* of what belongs to it: extents, directories */
	uint64_t size;          /* bytes */
	uint64_t sectors;       /* of 512 bytes */
	uint64_t xattr_block;   /* 0: none */
	uint64_t table_block;   /* where it lies */
	struct timestamp atime, mtime, ctime, birth_time;
	struct lock lock;       /* of content and, of directories, names; and of `freed` */
	bool linkable;          /* it never had a name, and may get one */
	bool freed;             /* it was deleted, and its number may be another's */
	struct list orphan_link; /* in the volume's orphans, and held by that: orphan.h */
	uint8_t *xattrs;        /* within raw: attributes in the inode; NULL: none */
	uint32_t xattrs_size;   /* bytes to the end of the inode */
	struct ext4_inode *raw; /* all inode_size bytes of it, and zeros up to the size of the structure */
};

/* `type` is one of POSIX_S_IF*. */
static inline bool inode_is(const struct inode *inode, uint32_t type)
{
	return (inode->mode & POSIX_S_IFMT) == type;
}

/* Whether it is of a type that has content, and that lies in blocks which an extent tree tells. */
static inline bool inode_has_extents(const struct inode *inode)
{
	return (inode->flags & (INODE_EXTENTS | INODE_INLINE_DATA)) == INODE_EXTENTS &&
	       (inode_is(inode, POSIX_S_IFREG) || inode_is(inode, POSIX_S_IFDIR) ||
	        inode_is(inode, POSIX_S_IFLNK));
}

/* Blocks that its size takes. */
static inline uint64_t inode_blocks(const struct inode *inode)
{
	return (inode->size >> inode->volume->block_bits) +
	       ((inode->size & (inode->volume->block_size - 1)) != 0);
}

/*
 * Brings an inode by number, held, for inode_put. Suspends. POSIX_ESTALE:
 * there is none of that number, or it is not in use; POSIX_EUCLEAN; POSIX_EIO;
 * POSIX_ENOMEM.
 */
int32_t inode_get(struct volume *volume, uint64_t number, struct inode **inode);

/* Ends one inode_get. NULL is harmless. */
void inode_put(struct volume *volume, struct inode *inode);

/* Whether an inode is so large that it has the field that ends at `end` ("Inode Size"). */
bool inode_has_field(const struct volume *volume, const struct ext4_inode *raw, size_t end);

#define INODE_HAS_FIELD(volume, raw, field) \
	inode_has_field(volume, raw, offsetof(struct ext4_inode, field) + sizeof((raw)->field))

/* The checksum that an inode should have; in the inode it counts as zero. */
uint32_t inode_checksum(const struct volume *volume, const struct inode *inode);

/*
 * inode_write.c: puts the inode as it is in memory into its block, which is one
 * of the handle's changes. Suspends. Errors of cache_get and handle_change.
 */
int32_t inode_write(struct handle *handle, struct inode *inode);

/* For orphans_clear: as inode_get, of an inode that may have no name any more. */
int32_t inode_get_orphan(struct volume *volume, uint32_t number, struct inode **inode);

/* For inode_allocate: an inode that was free, held, all zeros. */
int32_t inode_get_new(struct volume *volume, uint32_t number, struct inode **inode);

/* For inode_allocate: what checksums begin with, once it has its generation. */
void inode_seed(struct inode *inode);

/* For inode_free: nobody finds it by its number any more. */
void inode_forget(struct inode *inode);

/* The present time, as precise as the inode can have it. */
struct timestamp inode_now(const struct volume *volume);

/* The numbers of a device node, as major << 8 | minor; of the minor one bits 8 and up lie at 20. */
uint32_t inode_device(const struct inode *inode);

/* As damage(), of an inode. */
int32_t inode_damage(const struct inode *inode, uint64_t block, const char *what);

/* The table of a volume: its beginning, and its end, when nobody holds any. */
void inode_table_init(struct inode_table *table);
void inode_table_empty(struct volume *volume);

#endif
