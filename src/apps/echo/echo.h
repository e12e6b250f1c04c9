/*
 * A responder for bringing up network cards (drydock/dev/net.h): answers ARP for
 * one IPv4 address (RFC 826) and echoes UDP datagrams to port 7 (RFC 862). It
 * knows no fragments and no IP options, has no routes (answers go to whence the
 * question came) and answers one frame for one frame at most.
 */
#ifndef DRYDOCK_APPS_ECHO_H
#define DRYDOCK_APPS_ECHO_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/dev/net.h>

#define ECHO_PORT  7u
#define ECHO_SLOTS 32u /* answers on their way at most */

/* Frames, by what became of them. */
struct echo_counts {
	uint64_t arp;      /* answered */
	uint64_t echoed;
	uint64_t other;    /* not for us, or nothing that we answer */
	uint64_t bad;      /* broken: lengths, checksums, addresses that cannot be */
	uint64_t no_room;  /* all slots were busy */
	uint64_t failed;   /* answers that the card did not take */
};

struct echo_slot {
	struct net_frame frame;
	struct echo *echo;
	uint8_t *data;
	bool busy;
};

struct echo {
	struct net_card *card;
	uint32_t address;      /* ours, as a number: 10.77.0.2 is 0x0a4d0002 */
	struct echo_slot slots[ECHO_SLOTS];
	uint32_t slot_size;    /* bytes of data */
	struct echo_counts counts;
};

/*
 * Begins to answer: sets the card's events. False without memory of the card's.
 * From then on the loop that polls the card does all. `echo` is the caller's
 * memory, as long as the card runs.
 */
bool echo_start(struct echo *echo, struct net_card *card, uint32_t address);

#endif
