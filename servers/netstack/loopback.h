/*
 * The card whose wire leads back to it: what is transmitted is received, with no
 * checksum made and nothing cut, and without a copy.
 */
#ifndef NETSTACK_LOOPBACK_H
#define NETSTACK_LOOPBACK_H

#include <drydock/dev/net.h>

#include "netstack.h"

#define LOOPBACK_MTU 65535u

struct loopback {
	struct net_card card;
	struct netstack *stack;
	struct list waiting;  /* struct net_frame.link: to be received */
	struct list returned; /* the same: to be told that they are done */
	void *memory;         /* of the one piece that device_allocate has given */
};

/* `loopback` is the caller's memory. The card is polled as any other. */
void loopback_create(struct loopback *loopback, struct netstack *stack);

#endif
