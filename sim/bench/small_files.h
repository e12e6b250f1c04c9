/* Many small files on each file system: made and written, looked at, removed. */
#ifndef DRYDOCK_BENCH_SMALL_FILES_H
#define DRYDOCK_BENCH_SMALL_FILES_H

#include "peers.h"
#include "statistics.h"

enum small_step { SMALL_CREATE, SMALL_STAT, SMALL_UNLINK, SMALL_TOTAL, SMALL_STEPS };

struct small_files {
	struct row rows[PEERS][SMALL_STEPS]; /* microseconds a file; empty for peers that are not there */
	char names[PEERS][SMALL_STEPS][64];
};

/* Names the rows. */
void small_files_start(struct small_files *small);

/* Measures one round with `count` files; false, having said why, where that fails. */
bool small_files_measure(struct small_files *small, const struct peers *peers, unsigned count, unsigned round);

/* All rows, for print_rows and json_rows. */
#define SMALL_ROWS (PEERS * SMALL_STEPS)
void small_files_rows(const struct small_files *small, const struct row *rows[SMALL_ROWS]);

/* `row` becomes, each round, how often drydock's time for `step` goes into the peer's: 2 is twice as fast. */
void small_files_ratio(const struct small_files *small, struct row *row, enum peer_kind peer, enum small_step step);

#endif
