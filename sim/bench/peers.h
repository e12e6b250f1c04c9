/*
 * The file systems that are measured: Drydock's mount, and what others offer,
 * each over one kernel tmpfs of the benchmark's own.
 */
#ifndef DRYDOCK_BENCH_PEERS_H
#define DRYDOCK_BENCH_PEERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "bench.h"

enum peer_kind {
	PEER_DRYDOCK,
	PEER_BEST,    /* libfuse's passthrough_ll, one thread, on the benchmark's CPU */
	PEER_SHIPPED, /* passthrough_ll as it is shipped */
	PEER_BINDFS,
	PEER_TMPFS,   /* the kernel's tmpfs itself */
	PEERS,
};

extern const char *const peer_names[PEERS];

#define PEER_PATH_SIZE 512

struct peer {
	char directory[PEER_PATH_SIZE]; /* to work in; empty: it is not there */
	pid_t pid;                      /* of who serves it; 0: nobody that was started here */
};

struct peers {
	struct peer peer[PEERS];
	struct bench_instance instance;
	char work[PEER_PATH_SIZE / 4]; /* all lies below */
	char backing[PEER_PATH_SIZE / 2];
	char program[PEER_PATH_SIZE / 2];
	int processor;                 /* where the instance is, and who is pinned */
	bool tmpfs;
};

/*
 * Starts the peers whose bits (1 << enum peer_kind) are in `wanted`, the
 * instance by the name `name`. One that this machine lacks is said and left
 * out, bindfs alone; without another false, having said why. Ended by
 * peers_end either way.
 */
bool peers_start(struct peers *peers, const char *name, unsigned wanted);
void peers_end(struct peers *peers);

static inline bool peer_is_there(const struct peers *peers, enum peer_kind kind)
{
	return peers->peer[kind].directory[0] != '\0';
}

/* Puts this process where that peer is at its best: on its CPU, or anywhere for one that is not bound. */
void peer_approach(const struct peers *peers, enum peer_kind kind);

#endif
