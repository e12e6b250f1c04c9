/*
 * The stack at one end of a wire and a test at the other: 10.77.0.2/24 at
 * 02:00:00:00:00:01, with loopback; the test sends and sees frames as hexadecimal
 * digits, from 02:00:00:00:00:02. Time stands still until the test moves it.
 */
#ifndef DRYDOCK_TESTS_WIRE_H
#define DRYDOCK_TESTS_WIRE_H

#include "../dev/memory_net.h"
#include "servers/netstack/loopback.h"
#include "servers/netstack/netstack.h"

#define WIRE_ADDRESS 0x0a4d0002u
#define WIRE_PEER    0x0a4d0001u
#define WIRE_SEEN    2048

struct wire {
	struct memory_net net;
	struct netstack stack;
	struct interface *interface;
	struct loopback loopback;
	uint64_t now, deadline; /* nanoseconds */
	long allocations;       /* pieces of memory that the stack has */
	long failing;           /* fails the allocation so many further on; 0: none */
	unsigned conflicts;
	unsigned addressed;     /* times that an address came or went by DHCP */
	char *seen[WIRE_SEEN];  /* frames that came from the stack, hexadecimal, the oldest first */
	unsigned seen_count, seen_taken;
	const char *ignored;    /* frames that begin so are not told of; NULL: all are */
};

/* Announcements are over and forgotten. `options` may be NULL. */
void wire_create(struct wire *wire, const struct memory_net_options *options);

/* Checks that the stack has given everything back. */
void wire_destroy(struct wire *wire);

/* Lets everything happen that can without time passing. */
void wire_run(struct wire *wire);

/* Lets time pass, and rings what is due. */
void wire_pass(struct wire *wire, uint64_t nanoseconds);

/* Puts a frame before the stack and lets happen what follows. */
void wire_send(struct wire *wire, const char *hexadecimal);

/* The next frame from the stack is this one; there is none. */
void wire_expect(struct wire *wire, const char *hexadecimal);
void wire_expect_nothing(struct wire *wire);

/* The next frame from the stack, or NULL; the wire's memory. */
const char *wire_take(struct wire *wire);

/* What begins so are reports of groups that IPv6 listens to: to ff02::16. */
#define WIRE_REPORTS6 "333300000016"

/* Has the stack speak IPv6 from fe80::ff:fe00:1, with what it asks for itself over and forgotten. */
void wire_speak_ipv6(struct wire *wire);

/* Has the peer's hardware address known, without anything on the wire to be seen. */
void wire_meet_peer(struct wire *wire);

#endif
