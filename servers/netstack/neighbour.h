/*
 * The neighbours of an interface: their hardware addresses, who is asked for one,
 * and the frames that wait for it. The states are those of RFC 4861, section
 * 7.3.2, which serve IPv4 as well; ARP (arp.c) or neighbour discovery (discovery.c)
 * asks and hears, by the address's family.
 */
#ifndef NETSTACK_NEIGHBOUR_H
#define NETSTACK_NEIGHBOUR_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/dev/net.h>
#include <drydock/list.h>

#include "address.h"
#include "alarm.h"

#define NEIGHBOURS            256u
#define NEIGHBOUR_BUCKETS     64u
#define NEIGHBOUR_WAITING     16u /* frames that wait for one neighbour */
#define NEIGHBOUR_WAITING_ALL 96u /* and for all of them: the card's others are for those who are known */

/* RFC 4861, section 10; ARP has nothing like these of its own. */
#define NEIGHBOUR_ASK_TIMES  3u
#define NEIGHBOUR_DELAY      (5 * 1000000000ull)  /* nanoseconds, as are those that follow */
#define NEIGHBOUR_REACHABLE_TIME (30 * 1000000000ull)
#define NEIGHBOUR_ASK_TIME   (1 * 1000000000ull)

struct interface;
struct netstack;
struct output;

enum neighbour_state {
	NEIGHBOUR_FREE = 0,
	NEIGHBOUR_INCOMPLETE, /* asked for, by broadcast or multicast */
	NEIGHBOUR_REACHABLE,  /* has answered; holds for a while, which needs no alarm */
	NEIGHBOUR_STALE,      /* not heard of for long */
	NEIGHBOUR_DELAY_PROBE, /* was stale and is used: asked in a while, unless it is heard of */
	NEIGHBOUR_PROBE,      /* asked, by unicast, and the old answer is used meanwhile */
};

struct neighbour {
	struct list bucket;   /* in neighbours->buckets, or by itself */
	struct list waiting;  /* struct output.link */
	uint32_t waiting_count;
	struct net_address address;
	uint8_t hardware[NET_ADDRESS_SIZE];
	uint8_t state;        /* enum neighbour_state */
	uint8_t asked;        /* times, without an answer */
	bool router;          /* IPv6: it says so */
	uint64_t used;        /* when a frame was last sent to it */
	uint64_t confirmed;   /* when it has last answered */
	uint64_t due;         /* when it is to be asked next */
};

struct neighbours {
	struct alarm alarm;   /* the next `due` */
	struct neighbour *entries;
	struct list buckets[NEIGHBOUR_BUCKETS];
	uint32_t waiting;     /* frames */
};

/* What a neighbour says of itself: RFC 4861, section 7.2.5. */
struct neighbour_answer {
	const uint8_t *hardware; /* NULL: it did not say */
	bool solicited;          /* it was asked */
	bool override;           /* what was known before holds no more */
	bool router;
};

/* False without memory. */
bool neighbours_create(struct interface *interface);
void neighbours_destroy(struct interface *interface);

/*
 * Fills in the destination of a frame, which goes to the neighbour with this address, and transmits
 * it: now, or when that has said where it is. If it never does, the frame is dropped.
 */
void neighbour_transmit(struct interface *interface, struct output *output, const struct net_address *address);

/* The neighbour has answered, or announced itself. Nothing is kept of one that nobody has asked for. */
void neighbour_answered(struct interface *interface, const struct net_address *address,
                        const struct neighbour_answer *answer);

/* It has said by the way where it is; `make`: and is about to be spoken to. NULL: nothing is known of it. */
struct neighbour *neighbour_heard(struct interface *interface, const struct net_address *address,
                                  const uint8_t *hardware, bool make);

/* The upper layers have heard from this neighbour: what is known of it still holds. */
void neighbour_confirm(struct interface *interface, const struct net_address *address);

#endif
