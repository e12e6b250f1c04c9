/* What routers advertise: addresses, networks and themselves (RFC 4861, section 6.3; RFC 4862, section 5.5). */
#ifndef NETSTACK_AUTOCONFIGURE_H
#define NETSTACK_AUTOCONFIGURE_H

#include <stdint.h>

#include "address.h"
#include "discovery.h"

struct interface;

/* An advertisement from `router`, whose fixed part of 16 bytes `message` is. */
void autoconfigure_input(struct interface *interface, const struct net_address *router, const uint8_t *message,
                         struct discovery_options options);

/* Routers are asked for: there is a link-local address to do so from, or another link. */
void autoconfigure_solicit(struct interface *interface);

/* Does what is due; when that is again, or UINT64_MAX. */
uint64_t autoconfigure_due(struct interface *interface);

#endif
