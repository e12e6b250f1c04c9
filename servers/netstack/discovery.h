/* Neighbour discovery (RFC 4861): the messages; what comes of them is neighbour.h's, route.h's and autoconfigure.h's. */
#ifndef NETSTACK_DISCOVERY_H
#define NETSTACK_DISCOVERY_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"

struct interface;
struct ip_header;
struct netstack;
struct packet;

/* A message of ICMPv6 of these types: 134 to 137. */
void discovery_input(struct netstack *stack, const struct ip_header *header, const struct packet *packet);

/* Asks where a neighbour is; `known`: itself, whether it is still there. */
void discovery_ask(struct interface *interface, const struct net_address *target, bool known);

/* Asks whether anybody has that address, from nobody (RFC 4862, section 5.4.2). */
void discovery_probe(struct interface *interface, const struct net_address *target);

/* Asks for routers. */
void discovery_ask_routers(struct interface *interface);

/* A neighbour has ceased to be a router. */
void discovery_router_gone(struct interface *interface, const struct net_address *router);

/* ---- for autoconfigure.c ---------------------------------------------------------- */

#define DISCOVERY_OPTION_SOURCE_LINK 1u
#define DISCOVERY_OPTION_TARGET_LINK 2u
#define DISCOVERY_OPTION_PREFIX      3u
#define DISCOVERY_OPTION_MTU         5u

/* The options of a message, which are well-formed: those of all messages are checked before. */
struct discovery_options {
	const uint8_t *bytes;
	uint32_t length;
};

/* Takes the next option of this type and of at least `size` bytes; NULL: there is none. */
const uint8_t *discovery_option(struct discovery_options *options, uint8_t type, uint32_t size);

#endif
