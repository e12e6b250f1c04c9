/* A virtio network device (Virtio 1.2, section 5.1) behind the simulated function. */
#ifndef DRYDOCK_TESTS_SIMULATOR_NET_H
#define DRYDOCK_TESTS_SIMULATOR_NET_H

#include "simulator.h"

#define SIMULATOR_NET_RECEIVE  0
#define SIMULATOR_NET_TRANSMIT 1
#define SIMULATOR_NET_HEADER   12u

struct simulator_net {
	struct simulator simulator;
	uint8_t sent[SIMULATOR_NET_HEADER + 65562]; /* the last frame transmitted, header first */
	uint32_t sent_length;
	uint32_t sent_count;
	struct simulator_chain chain;
	/* Lies about received frames. */
	uint16_t extra_buffers; /* more than it fills */
};

/* MAC 52:54:00:12:34:56, MTU 1400, link up. */
void simulator_net_create(struct simulator_net *net, uint64_t features);

/* Takes and returns at most `limit` frames that the driver transmits; returns how many. */
uint32_t simulator_net_send(struct simulator_net *net, uint32_t limit);

/*
 * A frame comes: `length` bytes behind `header` (12 bytes), into as many buffers
 * as it takes. False where the driver has too few.
 */
bool simulator_net_receive(struct simulator_net *net, const void *header, const void *data, uint32_t length);

#endif
