/*
 * Two TCP engines and a link between them, under a virtual clock: what is sent is cut
 * as a card would cut it, gets its checksum, and is delayed, lost, doubled, marked,
 * damaged and overtaken as a seed will have it. After each event every socket is checked.
 */
#ifndef TESTS_NETSTACK_NETWORK_H
#define TESTS_NETSTACK_NETWORK_H

#include <check.h>

#include "servers/netstack/tcp.h"

/* A ck_assert for where much is checked: libcheck writes down each of its own that holds. */
#define require(condition)                                       \
	do {                                                     \
		if (!(condition))                                \
			ck_abort_msg("not so: %s", #condition);  \
	} while (0)

struct network_fault {
	uint32_t loss, duplication, reordering, corruption, marking; /* in 1/1000 of packets */
	uint64_t delay;          /* one way, nanoseconds */
	uint64_t jitter;         /* what reordered packets are late */
	uint64_t byte_time;      /* nanoseconds a byte takes; 0: none */
	uint32_t queue;          /* packets before the link at once; 0: any number */
	uint32_t mtu;            /* what the ends are told */
	uint32_t narrow;         /* the largest packet that gets through; 0: the MTU */
	bool narrow_silent;      /* and nobody says so */
	bool segmentation;
	uint8_t family;
};

struct network;

struct network_end {
	struct network *network;
	uint32_t index;          /* 0, 1 */
	struct tcp *tcp;
	struct net_address address;
	uint64_t allocated;      /* bytes */
	uint64_t allocation_limit;
	uint64_t link_free;      /* when the link is free to take the next */
	uint32_t queued;
	uint32_t woken;          /* events since somebody looked */
	uint64_t packets, lost, marked; /* sent; of these, lost; marked */
};

struct network_packet;

struct network {
	struct network_fault fault;
	uint64_t now;
	uint64_t random;
	struct network_end ends[2];
	struct network_packet **heap; /* packets under way, by time */
	uint32_t count, capacity;
	uint64_t order;
};

/* A network with its own seed; two addresses, one engine each. */
void network_create(struct network *network, const struct network_fault *fault, uint64_t seed);

/* Ends it; fails the test where an engine has kept memory. */
void network_destroy(struct network *network);

/* Does the next thing, up to `limit`: delivers a packet or fires timers. False where there is none. */
bool network_step(struct network *network, uint64_t limit);

/* Pseudo-random numbers, reproducible. */
uint64_t network_random(struct network *network);

/* Listens at end 1 on port 80 and connects from end 0; both sockets are established. */
void network_connect(struct network *network, struct tcp_socket *sockets[2]);

#endif
