/*
 * ext4 as it lies on a disk: superblock, group descriptors, inodes, extents,
 * directories, extended attributes. From the Linux kernel's documentation,
 * Documentation/filesystems/ext4; each structure names its page there.
 *
 * Everything is little-endian, as all machines that F code runs on are, but the
 * journal (journal_format.h). Structures are packed: a block that is damaged or
 * forged may have one begin anywhere.
 */
#ifndef EXT4_FORMAT_H
#define EXT4_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define ON_DISK __attribute__((packed))

/* ---- "Super Block" -------------------------------------------------------- */

#define SUPERBLOCK_OFFSET 1024u /* bytes from the start of the disk */
#define SUPERBLOCK_MAGIC  0xef53u

struct ext4_superblock {
	uint32_t inodes_count;
	uint32_t blocks_count_low;
	uint32_t reserved_blocks_low;
	uint32_t free_blocks_low;
	uint32_t free_inodes;
	uint32_t first_data_block;
	uint32_t log_block_size; /* blocks have 2^(10 + this) bytes */
	uint32_t log_cluster_size;
	uint32_t blocks_per_group;
	uint32_t clusters_per_group;
	uint32_t inodes_per_group;
	uint32_t mount_time;
	uint32_t write_time;
	uint16_t mount_count;
	uint16_t mount_count_maximum;
	uint16_t magic;
	uint16_t state;
	uint16_t errors;
	uint16_t minor_revision;
	uint32_t check_time;
	uint32_t check_interval;
	uint32_t creator_os;
	uint32_t revision;
	uint16_t reserved_uid;
	uint16_t reserved_gid;
	uint32_t first_inode; /* from here on with revision 1 */
	uint16_t inode_size;
	uint16_t group_number;
	uint32_t feature_compat;
	uint32_t feature_incompat;
	uint32_t feature_ro_compat;
	uint8_t uuid[16];
	char volume_name[16];
	char last_mounted[64];
	uint32_t algorithm_bitmap;
	uint8_t preallocate_blocks;
	uint8_t preallocate_directory_blocks;
	uint16_t reserved_gdt_blocks;
	uint8_t journal_uuid[16];
	uint32_t journal_inode;
	uint32_t journal_device;
	uint32_t last_orphan;
	uint32_t hash_seed[4];
	uint8_t hash_version;
	uint8_t journal_backup_type;
	uint16_t descriptor_size; /* with INCOMPAT_64BIT */
	uint32_t default_mount_options;
	uint32_t first_meta_group;
	uint32_t mkfs_time;
	uint32_t journal_blocks[17];
	uint32_t blocks_count_high;
	uint32_t reserved_blocks_high;
	uint32_t free_blocks_high;
	uint16_t extra_isize_minimum;
	uint16_t extra_isize_wanted;
	uint32_t flags; /* SUPERBLOCK_* */
	uint8_t unused_164[17];
	uint8_t checksum_type;
	uint8_t unused_176[210];
	uint32_t overhead_clusters;
	uint32_t backup_groups[2];
	uint8_t unused_254[28];
	uint32_t checksum_seed;
	uint8_t unused_274[12];
	uint32_t orphan_file_inode;
	uint8_t unused_284[376];
	uint32_t checksum;
} ON_DISK;

_Static_assert(offsetof(struct ext4_superblock, magic) == 0x38, "s_magic");
_Static_assert(offsetof(struct ext4_superblock, feature_compat) == 0x5c, "s_feature_compat");
_Static_assert(offsetof(struct ext4_superblock, hash_seed) == 0xec, "s_hash_seed");
_Static_assert(offsetof(struct ext4_superblock, journal_blocks) == 0x10c, "s_jnl_blocks");
_Static_assert(offsetof(struct ext4_superblock, flags) == 0x160, "s_flags");
_Static_assert(offsetof(struct ext4_superblock, checksum_type) == 0x175, "s_checksum_type");
_Static_assert(offsetof(struct ext4_superblock, overhead_clusters) == 0x248, "s_overhead_blocks");
_Static_assert(offsetof(struct ext4_superblock, checksum_seed) == 0x270, "s_checksum_seed");
_Static_assert(offsetof(struct ext4_superblock, orphan_file_inode) == 0x280, "s_orphan_file_inum");
_Static_assert(sizeof(struct ext4_superblock) == 1024, "a superblock has 1024 bytes");

#define SUPERBLOCK_VALID  1u /* of state: it was unmounted */
#define SUPERBLOCK_ERRORS 2u

/* s_errors: what to do where damage is found, other than to go on. A panic would end more than this file system. */
#define ERRORS_READ_ONLY 2u
#define ERRORS_PANIC     3u

#define SUPERBLOCK_SIGNED_HASH   1u
#define SUPERBLOCK_UNSIGNED_HASH 2u
#define SUPERBLOCK_CRC32C        1u /* the only checksum_type */

enum feature_compat {
	COMPAT_HAS_JOURNAL = 0x4,
	COMPAT_EXT_ATTR = 0x8,
	COMPAT_RESIZE_INODE = 0x10,
	COMPAT_DIR_INDEX = 0x20,
	COMPAT_SPARSE_SUPER2 = 0x200,
};

enum feature_incompat {
	INCOMPAT_FILETYPE = 0x2,
	INCOMPAT_RECOVER = 0x4,
	INCOMPAT_META_BG = 0x10,
	INCOMPAT_EXTENTS = 0x40,
	INCOMPAT_64BIT = 0x80,
	INCOMPAT_FLEX_BG = 0x200,
	INCOMPAT_CSUM_SEED = 0x2000,
	INCOMPAT_LARGEDIR = 0x4000,
};

enum feature_ro_compat {
	RO_COMPAT_SPARSE_SUPER = 0x1,
	RO_COMPAT_LARGE_FILE = 0x2,
	RO_COMPAT_HUGE_FILE = 0x8,
	RO_COMPAT_GDT_CSUM = 0x10,
	RO_COMPAT_DIR_NLINK = 0x20,
	RO_COMPAT_BIGALLOC = 0x200,
	RO_COMPAT_METADATA_CSUM = 0x400,
};

/* ---- "Block Group Descriptors" --------------------------------------------- */

#define DESCRIPTOR_SIZE_MINIMUM 32u

struct ext4_group_descriptor {
	uint32_t block_bitmap_low;
	uint32_t inode_bitmap_low;
	uint32_t inode_table_low;
	uint16_t free_blocks_low;
	uint16_t free_inodes_low;
	uint16_t directories_low;
	uint16_t flags;
	uint32_t exclude_bitmap_low;
	uint16_t block_bitmap_checksum_low;
	uint16_t inode_bitmap_checksum_low;
	uint16_t unused_inodes_low;
	uint16_t checksum;
	uint32_t block_bitmap_high; /* from here on with 64 bytes */
	uint32_t inode_bitmap_high;
	uint32_t inode_table_high;
	uint16_t free_blocks_high;
	uint16_t free_inodes_high;
	uint16_t directories_high;
	uint16_t unused_inodes_high;
	uint32_t exclude_bitmap_high;
	uint16_t block_bitmap_checksum_high;
	uint16_t inode_bitmap_checksum_high;
	uint32_t reserved;
} ON_DISK;

/* flags: the bitmap was never written, and only the group's own overhead is in use. */
#define GROUP_INODES_UNUSED 1u
#define GROUP_BLOCKS_UNUSED 2u

_Static_assert(offsetof(struct ext4_group_descriptor, checksum) == 0x1e, "bg_checksum");
_Static_assert(sizeof(struct ext4_group_descriptor) == 64, "a descriptor has at most 64 bytes we know of");

/* ---- "Inode Table" ------------------------------------------------------------ */

#define INODE_ROOT         2u
#define INODE_SIZE_MINIMUM 128u
#define INODE_BLOCK_BYTES  60u
#define INODE_FIRST_OLD    11u /* the first that is nobody's by rule, with revision 0 */

struct ext4_inode {
	uint16_t mode;
	uint16_t uid_low;
	uint32_t size_low;
	uint32_t atime;
	uint32_t ctime;
	uint32_t mtime;
	uint32_t dtime;
	uint16_t gid_low;
	uint16_t links;
	uint32_t blocks_low;
	uint32_t flags; /* INODE_* */
	uint32_t version_low;
	union {
		uint8_t bytes[INODE_BLOCK_BYTES];
		uint32_t word[INODE_BLOCK_BYTES / 4];
	} block;
	uint32_t generation;
	uint32_t xattr_block_low;
	uint32_t size_high;
	uint32_t fragment;
	uint16_t blocks_high;
	uint16_t xattr_block_high;
	uint16_t uid_high;
	uint16_t gid_high;
	uint16_t checksum_low;
	uint16_t reserved;
	uint16_t extra_size; /* from here on in inodes larger than 128 bytes */
	uint16_t checksum_high;
	uint32_t ctime_extra;
	uint32_t mtime_extra;
	uint32_t atime_extra;
	uint32_t birth_time;
	uint32_t birth_time_extra;
	uint32_t version_high;
	uint32_t project;
} ON_DISK;

_Static_assert(offsetof(struct ext4_inode, block) == 0x28, "i_block");
_Static_assert(offsetof(struct ext4_inode, checksum_low) == 0x7c, "l_i_checksum_lo");
_Static_assert(sizeof(struct ext4_inode) == 160, "i_projid is the last field");

#define INODE_IMMUTABLE   0x10u
#define INODE_APPEND      0x20u
#define INODE_ENCRYPT     0x800u
#define INODE_INDEX       0x1000u
#define INODE_HUGE_FILE   0x40000u
#define INODE_EXTENTS     0x80000u
#define INODE_EA_INODE    0x200000u
#define INODE_INLINE_DATA 0x10000000u
#define INODE_CASEFOLD    0x40000000u

/* ---- "The Contents of inode.i_block" --------------------------------------------- */

#define EXTENT_MAGIC          0xf30au
#define EXTENT_DEPTH_MAXIMUM  5u
#define EXTENT_LENGTH_WRITTEN 32768u /* of longer ones that much less, and they are unwritten */

#define EXTENT_LENGTH_UNWRITTEN (EXTENT_LENGTH_WRITTEN - 1) /* blocks of one of those at most */

struct ext4_extent_header {
	uint16_t magic;
	uint16_t entries;
	uint16_t entries_maximum;
	uint16_t depth; /* 0: extents follow; else indices */
	uint32_t generation;
} ON_DISK;

struct ext4_extent_index {
	uint32_t logical;
	uint32_t child_low;
	uint16_t child_high;
	uint16_t unused;
} ON_DISK;

struct ext4_extent {
	uint32_t logical;
	uint16_t length;
	uint16_t start_high;
	uint32_t start_low;
} ON_DISK;

_Static_assert(sizeof(struct ext4_extent) == 12 && sizeof(struct ext4_extent_index) == 12 &&
                       sizeof(struct ext4_extent_header) == 12,
               "all parts of an extent tree have 12 bytes");

#define INDIRECT_DIRECT 12u /* of the 15 block numbers; then come one, two and three levels */

/* ---- "Directory Entries" ------------------------------------------------------------ */

struct ext4_dirent {
	uint32_t inode; /* 0: unused */
	uint16_t length;
	uint8_t name_length;
	uint8_t type; /* with INCOMPAT_FILETYPE, else the high byte of name_length */
	char name[];
} ON_DISK;

#define DIRENT_ALIGNMENT     4u
#define DIRENT_TYPE_CHECKSUM 0xdeu

/* The last 12 bytes of a block of entries, with checksums; looks like an unused entry. */
struct ext4_dirent_tail {
	uint32_t inode;
	uint16_t length;
	uint8_t name_length;
	uint8_t type; /* DIRENT_TYPE_CHECKSUM */
	uint32_t checksum;
} ON_DISK;

#define INDEX_ROOT_OFFSET 24u /* of ext4_index_root in the first block, after `.` and `..` */
#define INDEX_NODE_OFFSET 8u  /* of ext4_index_entries in the others, after an entry that spans the block */

struct ext4_index_root {
	uint32_t reserved;
	uint8_t hash_version; /* HASH_* */
	uint8_t length;       /* 8 */
	uint8_t levels;       /* of blocks between the root and the blocks of entries */
	uint8_t flags;
} ON_DISK;

struct ext4_index_entry {
	uint32_t hash; /* of the first: {limit:16, count:16} of all, itself included */
	uint32_t block;
} ON_DISK;

struct ext4_index_tail {
	uint32_t reserved;
	uint32_t checksum;
} ON_DISK;

enum hash_version {
	HASH_LEGACY = 0,
	HASH_HALF_MD4 = 1,
	HASH_TEA = 2,
	HASH_LEGACY_UNSIGNED = 3,
	HASH_HALF_MD4_UNSIGNED = 4,
	HASH_TEA_UNSIGNED = 5,
};

/* ---- "Extended Attributes" ------------------------------------------------------------- */

#define XATTR_MAGIC     0xea020000u
#define XATTR_ALIGNMENT 4u

struct ext4_xattr_header {
	uint32_t magic; /* the only field of attributes in an inode */
	uint32_t references;
	uint32_t blocks;
	uint32_t hash;
	uint32_t checksum;
	uint32_t reserved[3];
} ON_DISK;

struct ext4_xattr_entry {
	uint8_t name_length;
	uint8_t name_index;    /* XATTR_INDEX_* */
	uint16_t value_offset; /* from the first entry in an inode, from the header in a block */
	uint32_t value_inode;
	uint32_t value_size;
	uint32_t hash;
	char name[];
} ON_DISK;

#define XATTR_INDEX_USER        1u
#define XATTR_INDEX_ACL_ACCESS  2u
#define XATTR_INDEX_ACL_DEFAULT 3u
#define XATTR_INDEX_TRUSTED     4u
#define XATTR_INDEX_SECURITY    6u
#define XATTR_INDEX_SYSTEM      7u

/* "POSIX ACLs": the value of those attributes; of entries without an id that is left out. */
#define ACL_DISK_VERSION 1u

struct ext4_acl_entry {
	uint16_t tag;
	uint16_t permissions;
	uint32_t id; /* of named users and groups only */
} ON_DISK;

#define ACL_DISK_SHORT ((uint32_t)offsetof(struct ext4_acl_entry, id))

#endif
