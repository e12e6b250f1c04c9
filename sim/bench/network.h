/* What `drydock bench net` has measured: network.c measures, network_report.c says what came of it. */
#ifndef DRYDOCK_BENCH_NETWORK_H
#define DRYDOCK_BENCH_NETWORK_H

#include "bench.h"
#include "network_linux.h"
#include "network_links.h"
#include "orders.h"

enum net_place { NET_ONE, NET_FREE, NET_PLACES }; /* all on one CPU; not pinned */
enum net_direction { NET_TO_PEER, NET_FROM_PEER, NET_DIRECTIONS };

struct bench_net {
	const struct bench_options *options;
	char directory[64];
	struct bench_instance instances[NET_HELPS];
	char names[NET_HELPS][INSTANCE_NAME_MAXIMUM + 1];
	struct orders orders;
	struct net_linux linux_peer;
	pid_t floors[NET_HELPS];
	int processor; /* of NET_ONE */
	bool no_http;

	struct row bulk[NET_PLACES][NET_HELPS][NET_DIRECTIONS][NET_PEERS]; /* Gbit/s */
	struct row echo[NET_PLACES][NET_PEERS];                            /* us, median of 64 bytes there and back */
	struct row requests[NET_PLACES][NET_PEERS];                        /* thousands a second */
	struct row lane[NET_PLACES];                                       /* us, a call */
	struct row loss[NET_PLACES][NET_PEERS];                            /* Gbit/s; not of the floor */
	struct row http[NET_PLACES][NET_PEERS];                            /* thousands a second; not of the floor */
	struct row memory;                                                 /* MiB */
	struct row wakeups;
};

void network_name_rows(struct bench_net *bench);
void network_report(const struct bench_net *bench);

#endif
