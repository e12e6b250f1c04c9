/*
 * Routes: which interface and which neighbour leads to an IPv4 address, the
 * longest prefix first; and how large packets may be on the path there (RFC 1191).
 */
#ifndef NETSTACK_ROUTE_H
#define NETSTACK_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#define ROUTES_MAXIMUM     32u
#define PATHS_MAXIMUM      64u
#define PATH_MTU_LEAST     576u /* RFC 791: what everybody takes; less is not believed */
#define PATH_MTU_LIFETIME  (600 * 1000000000ull) /* RFC 1191, section 6.3 */

struct interface;
struct netstack;

struct route {
	uint32_t network; /* its bits beyond the prefix are zero */
	uint32_t prefix;  /* bits, 0 to 32 */
	uint32_t gateway; /* 0: the addresses are neighbours */
	struct interface *interface;
};

/* What was learnt of the path to one address. */
struct path {
	uint32_t destination; /* 0: none */
	uint32_t mtu;
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
	uint32_t next_hop; /* the neighbour; the destination itself, or a gateway */
	uint32_t source;   /* the address to speak from */
	uint32_t mtu;      /* bytes of an IP packet */
	bool broadcast;    /* to all on that link */
	bool multicast;
};

/* POSIX_ENOSPC, POSIX_EEXIST, POSIX_EINVAL (no such prefix, or the gateway is no neighbour there). */
int32_t route_add(struct netstack *stack, uint32_t network, uint32_t prefix, uint32_t gateway,
                  struct interface *interface);
void route_remove_interface(struct netstack *stack, const struct interface *interface);

/* False: there is no route. */
bool route_find(struct netstack *stack, uint32_t destination, struct way *way);

/*
 * A router has said that packets to `destination` are too large; `mtu` 0: it did not say what
 * fits, and `length` was too much (RFC 1191, section 5). To be called once the message is believed.
 */
void path_mtu_reduce(struct netstack *stack, uint32_t destination, uint32_t mtu, uint32_t length);

#endif
