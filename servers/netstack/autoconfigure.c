/* Router advertisements, and asking for them (autoconfigure.h). */
#include "autoconfigure.h"

#include "bytes.h"
#include "discovery.h"
#include "ipv6.h"
#include "netstack.h"

/* RFC 4861, section 10. */
#define SOLICIT_INTERVAL (4 * NETSTACK_SECOND)
#define SOLICIT_TIMES    3u

/* The fixed part of an advertisement: section 4.2. */
#define CURRENT_HOP_LIMIT 4
#define ROUTER_LIFETIME   6 /* seconds */
#define REACHABLE_TIME    8 /* milliseconds */
#define RETRANS_TIMER     12

/* A prefix information: section 4.6.2. */
#define PREFIX_SIZE      32u
#define PREFIX_BITS      2
#define PREFIX_FLAGS     3
#define PREFIX_VALID     4
#define PREFIX_PREFERRED 8
#define PREFIX           16
#define FLAG_ON_LINK     0x80u
#define FLAG_AUTONOMOUS  0x40u

#define MTU_SIZE 8u
#define MTU      4

#define IDENTIFIER_BITS 64u
#define TWO_HOURS       (7200 * NETSTACK_SECOND) /* RFC 4862, section 5.5.3 (e) */

/* What a stranger may say at most: an hour, and a minute. Section 6.2.1 has the former for routers. */
#define REACHABLE_MOST 3600000u
#define RETRANS_MOST   60000u

static uint64_t lifetime(struct interface *interface, uint32_t seconds)
{
	return seconds == UINT32_MAX ? UINT64_MAX
	                             : netstack_now(interface->stack) + seconds * NETSTACK_SECOND;
}

static void take_route(struct interface *interface, const struct route *route)
{
	if (route->expires <= netstack_now(interface->stack))
		route_forget(interface->stack, route);
	else if (route_add(interface->stack, route) == POSIX_ENOSPC)
		netstack_drop(interface->stack, DROP_DISCOVERY_UNUSED);
	ipv6_due(interface, route->expires);
}

/* The interface's identifier behind the prefix: all its addresses are alike in their last 64 bits. */
static struct net_address address_in(const struct interface *interface, const struct net_address *prefix)
{
	struct net_address address = *prefix;

	memcpy(address.bytes + 8, interface->ipv6.addresses[0].address.bytes + 8, 8);
	return address;
}

/* RFC 4862, section 5.5.3 (e): nobody shortens what we have to less than two hours. */
static void renew(struct ipv6_address *address, uint64_t now, uint64_t preferred, uint64_t valid)
{
	uint64_t left = address->valid_until - now;

	address->preferred_until = preferred;
	if (valid - now > TWO_HOURS || valid > address->valid_until)
		address->valid_until = valid;
	else if (left > TWO_HOURS)
		address->valid_until = now + TWO_HOURS;
}

static void take_address(struct interface *interface, const struct net_address *prefix, uint64_t preferred,
                         uint64_t valid)
{
	const struct net_address address = address_in(interface, prefix);
	struct ipv6_address *known = ipv6_find_address(interface, &address);
	uint64_t now = netstack_now(interface->stack);

	if (known != NULL) {
		if (!known->configured)
			renew(known, now, preferred, valid);
		ipv6_due(interface, known->valid_until);
	} else if (valid > now &&
	           ipv6_learn_address(interface, &address, IDENTIFIER_BITS, preferred, valid) != 0) {
		netstack_drop(interface->stack, DROP_DISCOVERY_UNUSED);
	}
}

static void take_prefix(struct interface *interface, const uint8_t *option)
{
	const struct net_address given = net_address_ipv6(option + PREFIX);
	uint32_t bits = option[PREFIX_BITS];
	uint64_t valid = lifetime(interface, bytes_get32(option + PREFIX_VALID));
	uint64_t preferred = lifetime(interface, bytes_get32(option + PREFIX_PREFERRED));
	struct route route = {.prefix = bits, .interface = interface, .expires = valid};

	if (bits > 128 || net_address_link_local(&given) || net_address_multicast(&given) ||
	    preferred > valid)
		return;
	route.network = net_address_network(&given, bits);
	if (option[PREFIX_FLAGS] & FLAG_ON_LINK) {
		/* For ever is configured alone: what a router says ends when it says so, or far away. */
		if (route.expires == ROUTE_FOR_EVER)
			route.expires--;
		take_route(interface, &route);
	}
	if ((option[PREFIX_FLAGS] & FLAG_AUTONOMOUS) && bits == IDENTIFIER_BITS)
		take_address(interface, &route.network, preferred, valid);
}

/* Section 6.3.4: what is 0 is not said. */
static void take_parameters(struct interface *interface, const uint8_t *message)
{
	struct ipv6_interface *ipv6 = &interface->ipv6;
	uint32_t reachable = bytes_get32(message + REACHABLE_TIME),
		 retrans = bytes_get32(message + RETRANS_TIMER);

	if (message[CURRENT_HOP_LIMIT] != 0)
		ipv6->hop_limit = message[CURRENT_HOP_LIMIT];
	/* Between half and three halves of it: not all of them ask at once (section 6.3.2). */
	if (reachable != 0 && reachable <= REACHABLE_MOST)
		ipv6->reachable_time = (reachable / 2 + netstack_random(interface->stack) % (reachable + 1)) *
		                       (NETSTACK_SECOND / 1000);
	if (retrans != 0 && retrans <= RETRANS_MOST)
		ipv6->ask_time = retrans * (NETSTACK_SECOND / 1000);
}

void autoconfigure_input(struct interface *interface, const struct net_address *router,
                         const uint8_t *message, struct discovery_options options)
{
	struct ipv6_interface *ipv6 = &interface->ipv6;
	const struct route route = {
		.network = {.family = NET_FAMILY_IPV6},
		.gateway = *router,
		.interface = interface,
		.expires = lifetime(interface, bytes_get16(message + ROUTER_LIFETIME)),
	};
	struct discovery_options mtus = options;
	const uint8_t *option;
	uint32_t mtu;

	ipv6->solicit_due = UINT64_MAX;
	take_route(interface, &route);
	take_parameters(interface, message);
	option = discovery_option(&mtus, DISCOVERY_OPTION_MTU, MTU_SIZE);
	mtu = option != NULL ? bytes_get32(option + MTU) : 0;
	if (mtu >= PATH_MTU_LEAST6 && mtu <= interface->mtu)
		ipv6->mtu = mtu;
	while ((option = discovery_option(&options, DISCOVERY_OPTION_PREFIX, PREFIX_SIZE)) != NULL)
		take_prefix(interface, option);
}

void autoconfigure_solicit(struct interface *interface)
{
	interface->ipv6.solicitations = 0;
	interface->ipv6.solicit_due = netstack_now(interface->stack);
	ipv6_due(interface, interface->ipv6.solicit_due);
}

uint64_t autoconfigure_due(struct interface *interface)
{
	struct ipv6_interface *ipv6 = &interface->ipv6;
	uint64_t now = netstack_now(interface->stack);

	if (ipv6->solicit_due > now)
		return ipv6->solicit_due;
	discovery_ask_routers(interface);
	ipv6->solicit_due = ++ipv6->solicitations < SOLICIT_TIMES ? now + SOLICIT_INTERVAL : UINT64_MAX;
	return ipv6->solicit_due;
}
