/* The network of `drydock run`: its options, and what they are to host and netstack. */
#ifndef DRYDOCK_CLI_RUN_NET_H
#define DRYDOCK_CLI_RUN_NET_H

#include <argp.h>
#include <stdint.h>

#include <drydock/abi/manifest.h>

#include "sim/devices/tap.h"
#include "sim/host/host.h"

struct run_net {
	const char *tap;     /* as given; NULL: no card */
	const char *address; /* "10.77.0.2/24"; NULL: the manifest's */
	const char *gateway;
	const char *address6; /* "fd77::2/64" */
	const char *gateway6;
	const char *record;
	uint32_t mtu;
	bool no_offload;
	bool own_namespace;
	struct host_card_options card;
};

/* Its input is a struct run_net. */
extern const struct argp run_net_argp;

/*
 * Puts what was asked for into the manifest's options for netstack and into `host`, which
 * points into `net` from then on. False, with the reason said, where that cannot be.
 */
bool run_net_apply(struct run_net *net, struct manifest *manifest, struct host_options *host);

#endif
