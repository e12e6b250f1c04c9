/*
 * The neighbours of an interface (RFC 826): their hardware addresses, who is
 * asked for one, and the frames that wait for it. The states are those of RFC
 * 4861, section 7.3.2, which serve IPv4 as well.
 */
#ifndef NETSTACK_ARP_H
#define NETSTACK_ARP_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/dev/net.h>
#include <drydock/list.h>

#include "alarm.h"

#define ARP_ENTRIES     256u
#define ARP_BUCKETS     64u
#define ARP_WAITING     16u /* frames that wait for one neighbour */
#define ARP_WAITING_ALL 96u /* and for all of them: the card's others are for those who are known */

struct interface;
struct netstack;
struct output;
struct packet;

enum arp_state {
	ARP_FREE = 0,
	ARP_INCOMPLETE, /* asked for, by broadcast */
	ARP_REACHABLE,  /* has answered; holds for a while, which needs no alarm */
	ARP_STALE,      /* asked again, by unicast, when next used */
	ARP_PROBING,    /* that question is out, and the old answer is used meanwhile */
};

struct arp_entry {
	struct list bucket;   /* in arp->buckets, or by itself */
	struct list waiting;  /* struct output.link */
	uint32_t waiting_count;
	uint32_t address;
	uint8_t hardware[NET_ADDRESS_SIZE];
	uint8_t state;        /* enum arp_state */
	uint8_t asked;        /* times, without an answer */
	uint64_t used;        /* when a frame was last sent to it */
	uint64_t confirmed;   /* when it has last answered */
	uint64_t due;         /* when it is to be asked again */
};

struct arp {
	struct alarm alarm;   /* the next `due` of an entry, or of an announcement */
	struct arp_entry *entries;
	struct list buckets[ARP_BUCKETS];
	uint32_t waiting;     /* frames */
	uint64_t announce_due; /* UINT64_MAX: no more */
	uint64_t defended;    /* when we last said that an address is ours; 0: never */
};

/* False without memory. */
bool arp_create(struct interface *interface);
void arp_destroy(struct interface *interface);

/* Says whose the interface's address is, now and once more (RFC 5227, section 2.3). */
void arp_announce(struct interface *interface);

/*
 * Fills in the destination of a frame, which goes to the neighbour with this address, and transmits
 * it: now, or when that has said where it is. If it never does, the frame is dropped.
 */
void arp_transmit(struct interface *interface, struct output *output, uint32_t address);

/* `packet` begins behind the Ethernet header. */
void arp_input(struct interface *interface, const struct packet *packet);

/* The upper layers have heard from this neighbour: what is known of it still holds. */
void arp_confirm(struct interface *interface, uint32_t address);

#endif
