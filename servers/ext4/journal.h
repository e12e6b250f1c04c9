/*
 * The journal of a file system that was not unmounted (Documentation/filesystems/
 * ext4, "Journal (jbd2)"). Nothing is written here: what the log holds of a
 * block is read from the log from then on (cache_replace), until it is brought
 * home where the volume is written (recover.c).
 */
#ifndef EXT4_JOURNAL_H
#define EXT4_JOURNAL_H

#include "block_table.h"
#include "journal_log.h"
#include "volume.h"

/*
 * Reads the whole log. `replaced` becomes a table of the blocks that it has a
 * newer content of: `source` is the block of the disk that holds it. Where
 * `escaped` is set, its first word must become JOURNAL_MAGIC. `sequence` becomes
 * that of the first transaction which is not in the log, or not whole. Suspends.
 * POSIX_EOPNOTSUPP: a feature of the journal is not served, and that was
 * logged; POSIX_EUCLEAN; POSIX_ENOMEM; errors of cache_get.
 */
int32_t journal_read(struct volume *volume, struct block_table *replaced, uint32_t *sequence);

/*
 * Reads what the journal's superblock says, checked, into `log`, whose inode is
 * held then. Suspends. Errors as journal_read.
 */
int32_t journal_describe(struct volume *volume, struct journal_log *log);

#endif
