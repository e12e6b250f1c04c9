/*
 * The journal as it lies on a disk (Documentation/filesystems/ext4, "Journal
 * (jbd2)"). Everything is big-endian: read numbers by big16() and big32().
 */
#ifndef EXT4_JOURNAL_FORMAT_H
#define EXT4_JOURNAL_FORMAT_H

#include "format.h"

#define INODE_JOURNAL 8u
#define JOURNAL_MAGIC 0xc03b3998u

static inline uint16_t big16(uint16_t number)
{
	return __builtin_bswap16(number);
}

static inline uint32_t big32(uint32_t number)
{
	return __builtin_bswap32(number);
}

enum journal_block_type {
	JOURNAL_DESCRIPTOR = 1,
	JOURNAL_COMMIT = 2,
	JOURNAL_SUPERBLOCK_V1 = 3,
	JOURNAL_SUPERBLOCK_V2 = 4,
	JOURNAL_REVOKE = 5,
};

struct journal_header {
	uint32_t magic;
	uint32_t type;
	uint32_t sequence;
} ON_DISK;

struct journal_superblock {
	struct journal_header header;
	uint32_t block_size;
	uint32_t blocks;
	uint32_t first;    /* block of the log */
	uint32_t sequence; /* of the first transaction in it */
	uint32_t start;    /* where that begins; 0: the log is empty */
	uint32_t error;
	uint32_t feature_compat; /* from here on in version 2 */
	uint32_t feature_incompat;
	uint32_t feature_ro_compat;
	uint8_t uuid[16];
	uint32_t users;
	uint32_t dynamic_superblock;
	uint32_t transaction_maximum;
	uint32_t transaction_data_maximum;
	uint8_t checksum_type;
	uint8_t unused_51[3];
	uint32_t fast_commit_blocks;
	uint32_t head;
	uint8_t unused_5c[160];
	uint32_t checksum;
	uint8_t user_list[768];
} ON_DISK;

_Static_assert(offsetof(struct journal_superblock, feature_compat) == 0x24, "s_feature_compat");
_Static_assert(offsetof(struct journal_superblock, fast_commit_blocks) == 0x54, "s_num_fc_blks");
_Static_assert(offsetof(struct journal_superblock, checksum) == 0xfc, "s_checksum");
_Static_assert(sizeof(struct journal_superblock) == 1024, "a journal's superblock has 1024 bytes");

#define JOURNAL_COMPAT_CHECKSUM       0x1u /* version 1: one checksum of all blocks, in the commit */
#define JOURNAL_INCOMPAT_REVOKE       0x1u
#define JOURNAL_INCOMPAT_64BIT        0x2u
#define JOURNAL_INCOMPAT_ASYNC_COMMIT 0x4u
#define JOURNAL_INCOMPAT_CSUM_V2      0x8u
#define JOURNAL_INCOMPAT_CSUM_V3      0x10u
#define JOURNAL_INCOMPAT_FAST_COMMIT  0x20u

#define JOURNAL_TAG_ESCAPED   0x1u /* the first word was the magic, and was written as zero */
#define JOURNAL_TAG_SAME_UUID 0x2u /* no UUID follows the tag */
#define JOURNAL_TAG_LAST      0x8u
#define JOURNAL_UUID_SIZE     16u
#define JOURNAL_TAIL_SIZE     4u /* the checksum at the end of descriptors and revocations */

/* "Descriptor Block": with CSUM_V3. */
struct journal_tag3 {
	uint32_t block_low;
	uint32_t flags;
	uint32_t block_high;
	uint32_t checksum;
} ON_DISK;

/* Without. The upper half is there with 64BIT, and two more bytes, unused, with CSUM_V2. */
struct journal_tag {
	uint32_t block_low;
	uint16_t checksum;
	uint16_t flags;
	uint32_t block_high;
} ON_DISK;

struct journal_commit {
	struct journal_header header;
	uint8_t checksum_type;
	uint8_t checksum_size;
	uint8_t padding[2];
	uint32_t checksum[8];
	uint64_t seconds;
	uint32_t nanoseconds;
} ON_DISK;

#define JOURNAL_CHECKSUM_CRC32  1u
#define JOURNAL_CHECKSUM_CRC32C 4u

struct journal_revoke {
	struct journal_header header;
	uint32_t size; /* bytes in use, with this */
} ON_DISK;

/* "Fast Commits": tags are little-endian. The area begins with a head. */
struct fast_commit_head {
	uint16_t tag;
	uint16_t length;
	uint32_t features;
	uint32_t sequence;
} ON_DISK;

#define FAST_COMMIT_TAG_HEAD 9u

#endif
