/*
 * ARP (RFC 826): asks and answers for the neighbours of IPv4 (neighbour.h), and notices
 * that somebody else has our address (RFC 5227).
 */
#ifndef NETSTACK_ARP_H
#define NETSTACK_ARP_H

#include <stdbool.h>
#include <stdint.h>

#include "alarm.h"

struct interface;
struct packet;

struct arp {
	struct alarm alarm;    /* the next announcement */
	uint64_t defended;     /* when we last said that an address is ours; 0: never */
	struct alarm probe_alarm;
	uint32_t probed;       /* the address that is asked for before it is used; 0: none */
	uint32_t probes;       /* times that it was */
	void (*probe_done)(struct interface *interface, bool is_free);
};

void arp_create(struct interface *interface);
void arp_destroy(struct interface *interface);

/* Says whose the interface's address is, now and once more (RFC 5227, section 2.3). */
void arp_announce(struct interface *interface);

/*
 * Asks whether anybody has the address, which takes four to nine seconds where nobody does (RFC 5227, section 2.1),
 * and then says so. One at a time.
 */
void arp_probe(struct interface *interface, uint32_t address,
               void (*done)(struct interface *interface, bool is_free));

/* Asks everybody where `address` is; with `hardware`, where it was, only who is there. */
void arp_ask(struct interface *interface, uint32_t address, const uint8_t *hardware);

/* `packet` begins behind the Ethernet header. */
void arp_input(struct interface *interface, const struct packet *packet);

#endif
