/* Checksums of the journal in their three versions (Documentation/filesystems/ext4, "Journal (jbd2)"). */
#ifndef EXT4_JOURNAL_CHECK_H
#define EXT4_JOURNAL_CHECK_H

#include <stdbool.h>

#include "journal_format.h"

/* Which checksums there are, and how. */
struct journal_checksums {
	bool in_blocks;   /* CSUM_V2 or CSUM_V3: each block has one */
	bool wide;        /* CSUM_V3: of 32 bits in tags, else of 16 */
	bool in_commit;   /* version 1: of all blocks of a transaction together */
	uint32_t seed;    /* of those in blocks */
	uint32_t running; /* of version 1, so far */
};

void journal_checksums_init(struct journal_checksums *checksums, const struct journal_superblock *superblock);

/* The checksums that a superblock, a descriptor or revocations, a block of data and a commit should have. */
uint32_t journal_superblock_sum(const struct journal_superblock *superblock);
uint32_t journal_tail_sum(const struct journal_checksums *checksums, const uint8_t *data, uint32_t size);
uint32_t journal_data_sum(const struct journal_checksums *checksums, uint32_t sequence, const uint8_t *data,
                          uint32_t size);
uint32_t journal_commit_sum(const struct journal_checksums *checksums, const uint8_t *data, uint32_t size);

/* Whether a superblock's own checksum is right. */
bool journal_superblock_fits(const struct journal_checksums *checksums,
                             const struct journal_superblock *superblock);

/* Whether the checksum at the end of a descriptor or of revocations is right. */
bool journal_tail_fits(const struct journal_checksums *checksums, const uint8_t *data, uint32_t size);

/* Whether a block of data is what its tag says. `checksum` is the tag's, of 16 or 32 bits. */
bool journal_data_fits(const struct journal_checksums *checksums, uint32_t sequence, const uint8_t *data,
                       uint32_t size, uint32_t checksum);

/* Version 1: a descriptor or a block of data of the transaction at hand. */
void journal_checksums_add(struct journal_checksums *checksums, const uint8_t *data, uint32_t size);

/* Whether a commit is right, of its block and of what was added since the last one. */
bool journal_commit_fits(struct journal_checksums *checksums, const uint8_t *data, uint32_t size);

#endif
