/*
 * Linux's own stack as a peer: a process in a network namespace of its own that
 * serves the same ports as Drydock's program (src/apps/bench/network.c) with
 * ordinary sockets, and nginx beside it where that is installed.
 */
#ifndef DRYDOCK_BENCH_NETWORK_LINUX_H
#define DRYDOCK_BENCH_NETWORK_LINUX_H

#include <stdbool.h>
#include <sys/types.h>

struct net_linux {
	pid_t pid;   /* 0: it does not run */
	pid_t nginx; /* 0: it is not there */
	int orders;  /* a pipe to it: its links are made, go on */
	int ready;   /* and from it */
};

/* Starts it, in a namespace without links. False, having said why. */
bool net_linux_start(struct net_linux *peer);

/* Tells it that its links are there, and waits until it serves, with files of `directory`. False, having said why. */
bool net_linux_serve(struct net_linux *peer, const char *directory);

void net_linux_end(struct net_linux *peer);

#endif
