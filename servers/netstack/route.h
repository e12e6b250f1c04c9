/*
 * Routes: which interface and which neighbour leads to an address, the longest
 * prefix first; and what was learnt of the path to one address: how large packets
 * may be there (RFC 1191, RFC 8201), and which other router is nearer (RFC 4861,
 * section 8). Both are bounded, and a stranger's routes have places of their own.
 */
#ifndef NETSTACK_ROUTE_H
#define NETSTACK_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"

#define ROUTES_MAXIMUM     32u
#define ROUTES_LEARNT      16u /* of them at most from router advertisements */
#define PATHS_MAXIMUM      64u
#define PATH_MTU_LEAST     576u  /* RFC 791: what everybody takes; less is not believed */
#define PATH_MTU_LEAST6    1280u /* RFC 8200, section 5 */
#define PATH_LIFETIME      (600 * 1000000000ull) /* RFC 1191, section 6.3 */
#define ROUTE_FOR_EVER     UINT64_MAX

struct interface;
struct netstack;

struct route {
	struct net_address network; /* its bits beyond the prefix are zero */
	uint32_t prefix;            /* bits, 0 to 32 or 128 */
	struct net_address gateway; /* family NET_FAMILY_NONE: the addresses are neighbours */
	struct interface *interface;
	uint64_t expires;           /* of one that was learnt; ROUTE_FOR_EVER: configured */
};

/* What was learnt of the path to one address. */
struct path {
	struct net_address destination; /* family NET_FAMILY_NONE: nothing */
	struct net_address redirect;    /* the neighbour that leads there; family NET_FAMILY_NONE: the route's */
	uint32_t mtu;                   /* 0: that of the link */
	uint64_t expires;
};

struct route_table {
	struct route routes[ROUTES_MAXIMUM]; /* the longest prefix first */
	uint32_t count;
	struct path paths[PATHS_MAXIMUM];
};

/* How to reach an address. */
struct way {
	struct interface *interface;
	struct net_address next_hop; /* the neighbour; the destination itself, or a gateway */
	struct net_address source;   /* the address to speak from */
	uint32_t mtu;                /* bytes of an IP packet */
	bool broadcast;              /* to all on that link */
	bool multicast;
};

/*
 * Adds a route, or makes one for the same network by the same gateway last longer or shorter. POSIX_ENOSPC;
 * POSIX_EEXIST: it is configured; POSIX_EINVAL (no such prefix, or the gateway is no neighbour there).
 */
int32_t route_add(struct netstack *stack, const struct route *route);

/* Takes back one that was learnt. */
void route_forget(struct netstack *stack, const struct route *route);

/* Those of this family that lead over the interface. */
void route_remove_interface(struct netstack *stack, const struct interface *interface, uint8_t family);

/* When the next route ends, which are then removed; ROUTE_FOR_EVER: none does. */
uint64_t route_expire(struct netstack *stack);

/*
 * False: there is no route, or no address to speak from. A link-local address is on the link of `interface`; NULL
 * is the first card's.
 */
bool route_find(struct netstack *stack, const struct net_address *destination, struct interface *interface,
                struct way *way);

/* The same for who speaks from an address already, or from nobody's: way->source may then be of no family. */
bool route_find_link(struct netstack *stack, const struct net_address *destination, struct interface *interface,
                     struct way *way);

/*
 * A router has said that packets to `destination` are too large; `mtu` 0: it did not say what
 * fits, and `length` was too much (RFC 1191, section 5). To be called once the message is believed.
 */
void path_mtu_reduce(struct netstack *stack, const struct net_address *destination, uint32_t mtu, uint32_t length);

/* The router that leads there says that `target` is nearer: itself a neighbour, or another router. */
void path_redirect(struct netstack *stack, const struct net_address *destination, const struct net_address *target);

/* A neighbour does not answer: where others lead to the same place they are tried first. */
void route_neighbour_lost(struct netstack *stack, const struct net_address *neighbour);

#endif
