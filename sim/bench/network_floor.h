/*
 * The floor: a process that does at a TAP the least that anybody has to do who
 * speaks TCP there with Linux. It sends back, swallows or sends without end, by
 * port; it holds a few connections, keeps nothing that comes out of order, has no
 * congestion control, and goes back to what is unacknowledged when nothing comes.
 */
#ifndef DRYDOCK_BENCH_NETWORK_FLOOR_H
#define DRYDOCK_BENCH_NETWORK_FLOOR_H

#include <sys/types.h>

#include "network_links.h"

/* Starts it at its TAP; it ends with this process. Its pid, or -1, having said why. */
pid_t net_floor_start(enum net_help help);

#endif
