/* A real tree: the system's header files, unpacked by tar(1), and looked through by git(1) once it tracks them. */
#ifndef DRYDOCK_BENCH_TREE_H
#define DRYDOCK_BENCH_TREE_H

#include "peers.h"
#include "statistics.h"

enum tree_step { TREE_EXTRACT, TREE_STATUS, TREE_STEPS };

struct tree {
	struct row rows[PEERS][TREE_STEPS]; /* milliseconds; empty for peers that are not there */
	char names[PEERS][TREE_STEPS][64];
	char archive[PEER_PATH_SIZE];
};

/* Names the rows and makes the archive, which goes with the peers. False, having said why. */
bool tree_start(struct tree *tree, const struct peers *peers);
void tree_end(const struct tree *tree);

/* Measures one round; false, having said why, where that fails. */
bool tree_measure(struct tree *tree, const struct peers *peers);

#define TREE_ROWS (PEERS * TREE_STEPS)
void tree_rows(const struct tree *tree, const struct row *rows[TREE_ROWS]);

/* `row` becomes, each round, how often drydock's time for `step` goes into the peer's. */
void tree_ratio(const struct tree *tree, struct row *row, enum peer_kind peer, enum tree_step step);

#endif
