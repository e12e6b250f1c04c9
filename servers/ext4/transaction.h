/*
 * Changing blocks. Whoever changes something opens a handle, says to it which
 * blocks he changes, and ends it; all that handles change between two commits
 * becomes durable together or not at all. There is one running transaction,
 * which handles join, and at most one that is being committed (docs/EXT4.md,
 * "Writing"; the scheme is that of Documentation/filesystems/ext4, "Journal (jbd2)").
 *
 *   transaction.c  handles, and what belongs to a transaction
 *   commit.c       making one durable
 *   checkpoint.c   bringing home what lies in the log only
 *   journal_log.c  the log itself, as a ring of blocks
 *
 * Locks of inodes are taken before a handle is opened, never while one is open:
 * a commit waits for handles.
 */
#ifndef EXT4_TRANSACTION_H
#define EXT4_TRANSACTION_H

#include <drydock/server.h>

#include "block_table.h"
#include "cache.h"
#include "journal_log.h"
#include "lock.h"

struct volume;

/* Blocks of a group that were freed, and are not to be used again before that is durable. */
struct freed_group {
	struct freed_group *next;
	uint64_t group;
	uint8_t bits[]; /* a block's size; set: freed */
};

struct transaction {
	struct list link; /* in the volume's checkpoints, once it is committed */
	uint32_t sequence;
	uint32_t log_start;     /* block of the log that it begins at */
	uint32_t handles;       /* open */
	uint32_t reserved;      /* blocks that were changed, or that open handles may still change */
	uint32_t data_reserved; /* the same of blocks of data */
	uint32_t block_count;
	uint32_t data_count;
	struct list blocks;         /* buffer.owner_link: changed, or forgotten */
	struct list data;           /* buffer.owner_link: to be written before the commit */
	struct block_table revoked; /* blocks that were freed */
	struct freed_group *freed;
	struct list logged; /* buffer.logged_link: to be brought home before the log forgets it */
};

/* All of a volume's; `log` is of no use without a journal. */
struct transactions {
	struct journal_log log;
	struct transaction *running;    /* NULL: nothing has changed since the last commit */
	struct transaction *committing; /* or NULL */
	struct list checkpoints;        /* transaction.link: committed, not all of it at home; oldest first */
	struct list waiters;            /* fibers that wait for any of this to change */
	struct fiber *fiber;            /* that commits, once it runs */
	struct timer timer;             /* for the commit of `running` */
	uint8_t **copies;               /* blocks for what goes into the log, of the device's memory */
	struct list copy_pieces;
	uint32_t copy_count;
	uint32_t maximum;      /* blocks that one transaction may change */
	uint32_t data_maximum; /* blocks of data that it may have */
	uint32_t sequence;     /* of the next transaction */
	uint32_t committed;    /* of the last one that is durable */
	int32_t error;         /* why nothing can be changed any more; 0: all is well */
	bool closing;          /* handles wait: the running transaction is about to be committed */
	bool commit_wanted;
	bool checkpoint_wanted;
	bool active; /* that fiber is there */
	bool ending;
};

struct handle {
	struct volume *volume;
	struct transaction *transaction;
	uint32_t blocks; /* that may still be changed */
	uint32_t data;
};

/* The most that one handle can ask for, on any volume that is written. */
#define HANDLE_BLOCKS_MAXIMUM 64u
#define HANDLE_DATA_MAXIMUM   64u

/*
 * Opens a handle, for changes of `blocks` blocks of metadata and `data` blocks of
 * data at most. Suspends while there is no room. POSIX_EROFS: the volume is not
 * written, or not any more; POSIX_ENOMEM.
 */
int32_t handle_begin(struct volume *volume, uint32_t blocks, uint32_t data, struct handle *handle);
void handle_end(struct handle *handle);

/*
 * A block's content is about to be changed, until the handle ends. Suspends
 * while the disk has it on loan. POSIX_EIO: the handle has no room for it, and
 * the volume is not written any more.
 */
int32_t handle_change(struct handle *handle, struct buffer *buffer);
int32_t handle_change_data(struct handle *handle, struct buffer *buffer);

/*
 * Block `block` was freed. It is `metadata`, or data of a directory or link:
 * what the log has of it must not come back. Whatever was to be written to it
 * is not, once that is durable.
 */
int32_t handle_forget(struct handle *handle, uint64_t block, bool metadata);

/* Notes that blocks of group `group`, `count` from bit `first` on, are not to be used before the commit. */
int32_t handle_freed(struct handle *handle, uint64_t group, uint32_t first, uint32_t count);

/* Whether the block of bit `bit` was freed, and that is not durable yet. */
bool transactions_freed(const struct transactions *transactions, uint64_t group, uint32_t bit);

/* Makes durable what was changed before. Suspends. POSIX_EROFS. */
int32_t transactions_commit(struct volume *volume);

/*
 * Nothing can be changed any more, for a reason that is logged; `error` is
 * why. What is not durable by now never will be.
 */
void transactions_abort(struct volume *volume, const char *why, int32_t error);

/*
 * Begins to write: the log, where there is a journal, is open and empty.
 * POSIX_ENOMEM. The end commits, and brings everything home. Suspends.
 */
int32_t transactions_begin(struct volume *volume);
int32_t transactions_end(struct volume *volume);

/* ---- between the files of this part ------------------------------------------------- */

/* commit.c: makes the running transaction durable. Of the fiber that commits. */
int32_t commit_run(struct volume *volume);

/* checkpoint.c: brings home what can be, from the oldest on, and gives its room in the log back. */
int32_t checkpoint_run(struct volume *volume);

/* transaction.c: forgets what was freed in one that is committed. */
void transaction_strip(struct volume *volume, struct transaction *transaction);

/* transaction.c: frees one, which has no blocks any more. */
void transaction_free(struct volume *volume, struct transaction *transaction);

#endif
