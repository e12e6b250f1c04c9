/*
 * The log of the journal as it is written: a ring of blocks, from `first` to
 * before `end` (Documentation/filesystems/ext4, "Journal (jbd2)"). What lies
 * between tail and head is what a recovery would replay.
 */
#ifndef EXT4_JOURNAL_LOG_H
#define EXT4_JOURNAL_LOG_H

#include "journal_check.h"
#include "journal_format.h"
#include "write.h"

struct inode;
struct volume;

struct journal_log {
	struct inode *inode;                  /* NULL: there is no journal */
	struct journal_superblock superblock; /* as it lies on the disk: big-endian */
	struct journal_checksums checksums;
	uint32_t first, end;
	uint32_t head;     /* where the next transaction begins */
	uint32_t tail;     /* where the oldest one does that is still needed */
	uint32_t used;     /* blocks between them */
	bool wide_numbers; /* blocks have numbers of 64 bits */
};

/*
 * Opens the journal of a volume, empties the log, and turns on the features
 * that writing needs. The next transaction is to be `sequence`; 0: there was
 * nothing to be recovered, and the journal knows it. Suspends. POSIX_EOPNOTSUPP:
 * it cannot be written, and why was logged; POSIX_EUCLEAN; POSIX_EIO.
 */
int32_t journal_log_open(struct volume *volume, struct journal_log *log, uint32_t sequence);

/* Gives back what it holds. Harmless where it is not open. */
void journal_log_close(struct volume *volume, struct journal_log *log);

/* Blocks that are not in use. */
uint32_t journal_log_room(const struct journal_log *log);

/*
 * Writes the journal's superblock, durably: the log begins with transaction
 * `sequence` in block `start`; 0: it is empty. All that the log held before must
 * be durable where it belongs. Suspends.
 */
int32_t journal_log_begin_at(struct volume *volume, struct journal_log *log, uint32_t sequence,
                             uint32_t start);

/*
 * Writes `count` blocks to the head, which moves on; `used` counts them already. The batch
 * has to be waited for, also after an error. Suspends.
 */
int32_t journal_log_write(struct volume *volume, struct journal_log *log, struct write_batch *batch,
                          uint8_t *const *data, uint32_t count, uint8_t flags);

/* How many tags a descriptor holds, and how many numbers a block of revocations. */
uint32_t journal_log_tags(const struct volume *volume, const struct journal_log *log);
uint32_t journal_log_revocations(const struct volume *volume, const struct journal_log *log);

/* ---- making blocks --------------------------------------------------------------- */

/* Copies a block into the log's form; says whether it is escaped, and its checksum. */
void journal_log_copy(const struct volume *volume, const struct journal_log *log, uint32_t sequence,
                      const uint8_t *from, uint8_t *to, bool *escaped, uint32_t *checksum);

/* Begins a block of `type`: zeros after a header. */
void journal_log_header(const struct volume *volume, uint8_t *block, enum journal_block_type type,
                        uint32_t sequence);

/* Writes tag `index` of a descriptor; `last` says that none follows. */
void journal_log_tag(const struct journal_log *log, uint8_t *descriptor, uint32_t index, uint64_t block,
                     bool escaped, bool last, uint32_t checksum);

/* Writes number `index` of a block of revocations, which then has that many and one more. */
void journal_log_revocation(const struct journal_log *log, uint8_t *revocations, uint32_t index,
                            uint64_t block);

/* Completes a descriptor or a block of revocations, or a commit, with its checksum. */
void journal_log_seal(const struct volume *volume, const struct journal_log *log, uint8_t *block);
void journal_log_seal_commit(const struct volume *volume, const struct journal_log *log, uint8_t *block,
                             uint64_t time);

#endif
