/*
 * A run to be cut short: clients work at once, each in a directory of its own,
 * and now and then one of them syncs. What the disk is asked to write is
 * recorded (record.h), and beside it what the trees were after each operation,
 * and which operations were safe, and which had begun, at each record.
 */
#ifndef DRYDOCK_TESTS_EXT4_CRASH_RUN_H
#define DRYDOCK_TESTS_EXT4_CRASH_RUN_H

#include "digest.h"

#define RUN_CLIENTS    3u
#define RUN_OPERATIONS 700u /* of one client, at most */
#define RUN_OVER       16u  /* blocks of the file that is overwritten */
#define RUN_BLOCK      1024u
#define RUN_NAME_OVER  DIGEST_NAME_OVERWRITTEN "written"

/* What was going on when a record ended: record.stages. */
enum run_stage {
	STAGE_COMMIT = 1,      /* a transaction was on its way into the log, */
	STAGE_WRAP = 2,        /* and goes round the end of it, */
	STAGE_REVOKE = 4,      /* and revokes blocks, */
	STAGE_SPLIT = 8,       /* and has a directory that an operation has made larger */
	STAGE_CHECKPOINT = 16, /* blocks were on their way home, the log not moved on yet */
	STAGE_TAIL = 32,       /* the log has moved on, and nothing was flushed since */
	STAGE_SHORTEN = 64,    /* a file had been shortened in part, by the last transaction */
};
#define RUN_STAGES 7u

/* Blocks of its file that a client has overwritten: all their bytes are `version` then. */
struct overwrite {
	uint32_t operation; /* the number of it */
	uint32_t first, count;
	uint8_t version;
};

struct run_client {
	uint32_t operations;                            /* that have ended; the first is number 1 */
	struct tree_digest digests[RUN_OPERATIONS + 1]; /* after so many */
	uint32_t begun[RUN_OPERATIONS + 1], ended[RUN_OPERATIONS + 1]; /* when: by a clock of events */
	struct overwrite overwrites[RUN_OPERATIONS + 1];
	uint32_t overwrite_count;
};

/* Of each client, how many operations were safe, and how many had begun. */
struct run_mark {
	uint32_t safe[RUN_CLIENTS], begun[RUN_CLIENTS];
};

struct run {
	struct run_client clients[RUN_CLIENTS];
	struct run_mark *marks; /* record.mark is an index */
	uint32_t mark_count;
	uint32_t transactions; /* that were committed while the clients worked */
	uint8_t *image;        /* as the disk was at first */
	uint64_t size;
	uint32_t first, end; /* records between which the power may fail */
};

/*
 * Makes a file system by mke2fs with `options`, and works on it for `turns`
 * turns of each client, in an order that `seed` says. To be freed by run_free.
 */
struct run *run_make(const char *options, uint32_t turns, uint64_t seed);
void run_free(struct run *run);

/* The path of a client's directory, in a buffer of at least 16 bytes. */
const char *run_directory(char *path, uint32_t client);

#endif
