/* The routing table and what was learnt of paths (route.h). Both are small, and searched from end to end. */
#include "route.h"

#include "netstack.h"

static bool has_gateway(const struct route *route)
{
	return route->gateway.family != NET_FAMILY_NONE;
}

static bool network_good(const struct route *route)
{
	struct net_address network;

	if (route->prefix > 8 * net_address_length(&route->network))
		return false;
	network = net_address_network(&route->network, route->prefix);
	return net_address_equal(&network, &route->network);
}

/* Whether the gateway can be a neighbour on that link. */
static bool gateway_good(const struct route *route)
{
	const struct net_address *gateway = &route->gateway;

	if (!has_gateway(route))
		return true;
	if (gateway->family != route->network.family || net_address_unspecified(gateway))
		return false;
	return net_address_link_local(gateway) || interface_on_link(route->interface, gateway);
}

static bool same_route(const struct route *left, const struct route *right)
{
	return left->prefix == right->prefix && net_address_equal(&left->network, &right->network) &&
	       left->gateway.family == right->gateway.family &&
	       (!has_gateway(left) || net_address_equal(&left->gateway, &right->gateway));
}

static struct route *find_same(struct route_table *table, const struct route *route)
{
	for (uint32_t i = 0; i < table->count; i++) {
		if (same_route(&table->routes[i], route))
			return &table->routes[i];
	}
	return NULL;
}

static uint32_t count_learnt(const struct route_table *table)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < table->count; i++)
		count += table->routes[i].expires != ROUTE_FOR_EVER;
	return count;
}

int32_t route_add(struct netstack *stack, const struct route *route)
{
	struct route_table *table = &stack->routes;
	struct route *known = find_same(table, route);
	uint32_t at = 0;

	if (!network_good(route) || !gateway_good(route))
		return POSIX_EINVAL;
	if (known != NULL) {
		if (known->expires == ROUTE_FOR_EVER)
			return POSIX_EEXIST;
		known->expires = route->expires;
		return 0;
	}
	if (table->count == ROUTES_MAXIMUM ||
	    (route->expires != ROUTE_FOR_EVER && count_learnt(table) == ROUTES_LEARNT))
		return POSIX_ENOSPC;
	while (at < table->count && table->routes[at].prefix >= route->prefix)
		at++;
	memmove(&table->routes[at + 1], &table->routes[at], (table->count - at) * sizeof(*route));
	table->routes[at] = *route;
	table->count++;
	return 0;
}

static void remove_at(struct route_table *table, uint32_t at)
{
	table->count--;
	memmove(&table->routes[at], &table->routes[at + 1], (table->count - at) * sizeof(table->routes[0]));
}

void route_forget(struct netstack *stack, const struct route *route)
{
	struct route *known = find_same(&stack->routes, route);

	if (known != NULL && known->expires != ROUTE_FOR_EVER)
		remove_at(&stack->routes, (uint32_t)(known - stack->routes.routes));
}

void route_remove_interface(struct netstack *stack, const struct interface *interface, uint8_t family)
{
	for (uint32_t at = stack->routes.count; at-- > 0;) {
		const struct route *route = &stack->routes.routes[at];

		if (route->interface == interface && route->network.family == family)
			remove_at(&stack->routes, at);
	}
}

uint64_t route_expire(struct netstack *stack)
{
	uint64_t now = netstack_now(stack), next = ROUTE_FOR_EVER;

	for (uint32_t at = stack->routes.count; at-- > 0;) {
		uint64_t expires = stack->routes.routes[at].expires;

		if (expires <= now)
			remove_at(&stack->routes, at);
		else if (expires < next)
			next = expires;
	}
	return next;
}

/* ---- paths ------------------------------------------------------------------- */

static struct path *path_find(struct netstack *stack, const struct net_address *destination)
{
	uint64_t now = netstack_now(stack);

	for (uint32_t i = 0; i < PATHS_MAXIMUM; i++) {
		struct path *path = &stack->routes.paths[i];

		if (net_address_equal(&path->destination, destination))
			return path->expires > now ? path : NULL;
	}
	return NULL;
}

/* The one for `destination`; else a fresh one, where one has expired, or the one that does so first. */
static struct path *path_place(struct netstack *stack, const struct net_address *destination)
{
	struct path *best = path_find(stack, destination);

	if (best == NULL) {
		best = &stack->routes.paths[0];
		for (uint32_t i = 0; i < PATHS_MAXIMUM; i++) {
			struct path *path = &stack->routes.paths[i];

			if (path->expires < best->expires ||
			    net_address_equal(&path->destination, destination))
				best = path;
			if (net_address_equal(&path->destination, destination))
				break;
		}
		*best = (struct path){.destination = *destination};
	}
	best->expires = netstack_now(stack) + PATH_LIFETIME;
	return best;
}

/* RFC 1191, section 7.1: what links have; the next one below is tried where a router does not say. */
static uint32_t plateau_below(uint32_t length)
{
	static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, PATH_MTU_LEAST};
	const uint32_t count = sizeof(plateaus) / sizeof(plateaus[0]);

	for (uint32_t i = 0; i < count; i++) {
		if (plateaus[i] < length)
			return plateaus[i];
	}
	return PATH_MTU_LEAST;
}

void path_mtu_reduce(struct netstack *stack, const struct net_address *destination, uint32_t mtu,
                     uint32_t length)
{
	struct way way;

	if (net_address_unspecified(destination) || !route_find(stack, destination, NULL, &way))
		return;
	if (destination->family == NET_FAMILY_IPV6) {
		/* RFC 8201, section 4: less than every link carries is no link's. */
		if (mtu < PATH_MTU_LEAST6)
			return;
	} else if (mtu == 0) {
		mtu = plateau_below(length);
	} else if (mtu < PATH_MTU_LEAST) {
		mtu = PATH_MTU_LEAST;
	}
	/* A message never makes packets larger (RFC 1191, section 3; RFC 8201, section 4). */
	if (mtu < way.mtu)
		path_place(stack, destination)->mtu = mtu;
}

void path_redirect(struct netstack *stack, const struct net_address *destination,
                   const struct net_address *target)
{
	path_place(stack, destination)->redirect = *target;
}

void route_neighbour_lost(struct netstack *stack, const struct net_address *neighbour)
{
	struct route_table *table = &stack->routes;

	for (uint32_t i = 0; i < PATHS_MAXIMUM; i++) {
		if (net_address_equal(&table->paths[i].redirect, neighbour))
			table->paths[i].redirect = (struct net_address){.family = NET_FAMILY_NONE};
	}
	/* RFC 4861, section 6.3.6: the others by turns. Each step passes one that leads to the same place. */
	for (uint32_t i = 0; i + 1 < table->count; i++) {
		const struct route route = table->routes[i], *next = &table->routes[i + 1];

		if (!has_gateway(&route) || !net_address_equal(&route.gateway, neighbour) ||
		    next->prefix != route.prefix || !net_address_equal(&next->network, &route.network))
			continue;
		table->routes[i] = *next;
		table->routes[i + 1] = route;
	}
}

/* ---- ways ---------------------------------------------------------------------- */

static struct interface *loopback_of(const struct netstack *stack)
{
	for (uint32_t i = 0; i < stack->interface_count; i++) {
		if (stack->interfaces[i]->loopback)
			return stack->interfaces[i];
	}
	return NULL;
}

/* To ourselves: by the loopback interface, from the address that is spoken to. */
static bool way_to_self(const struct netstack *stack, const struct net_address *destination, struct way *way)
{
	struct interface *loopback = loopback_of(stack);

	if (loopback == NULL)
		return false;
	*way = (struct way){.interface = loopback,
	                    .next_hop = *destination,
	                    .source = *destination,
	                    .mtu = interface_mtu(loopback, destination->family)};
	return true;
}

static const struct route *route_of(struct netstack *stack, const struct net_address *destination)
{
	uint64_t now = netstack_now(stack);

	for (uint32_t i = 0; i < stack->routes.count; i++) {
		const struct route *route = &stack->routes.routes[i];

		/* All that is local was found before; nothing else of 127/8 is anywhere. */
		if (route->expires > now && net_address_within(destination, &route->network, route->prefix) &&
		    !route->interface->loopback)
			return route;
	}
	return NULL;
}

/* A card with an address, for what goes to a link rather than to an address. */
static struct interface *first_card(const struct netstack *stack, uint8_t family)
{
	for (uint32_t i = 0; i < stack->interface_count; i++) {
		if (!stack->interfaces[i]->loopback && interface_has_family(stack->interfaces[i], family))
			return stack->interfaces[i];
	}
	return NULL;
}

/* The neighbour that leads there, and over which card; false: none does. */
static bool find_next_hop(struct netstack *stack, const struct net_address *destination,
                          struct interface *interface, struct way *way)
{
	const struct route *route;

	way->next_hop = *destination;
	way->interface = interface;
	if (way->broadcast || way->multicast || net_address_link_local(destination)) {
		if (interface == NULL)
			way->interface = first_card(stack, destination->family);
		return way->interface != NULL;
	}
	route = route_of(stack, destination);
	if (route == NULL)
		return false;
	way->interface = route->interface;
	if (has_gateway(route))
		way->next_hop = route->gateway;
	return true;
}

bool route_find(struct netstack *stack, const struct net_address *destination, struct interface *interface,
                struct way *way)
{
	return route_find_link(stack, destination, interface, way) && way->source.family != NET_FAMILY_NONE;
}

bool route_find_link(struct netstack *stack, const struct net_address *destination,
                     struct interface *interface, struct way *way)
{
	bool ipv4 = destination->family == NET_FAMILY_IPV4;
	const struct path *path;

	if (net_address_loopback(destination) || netstack_is_local(stack, destination))
		return way_to_self(stack, destination, way);
	*way = (struct way){.broadcast = ipv4 && net_address_number(destination) == UINT32_MAX,
	                    .multicast = net_address_multicast(destination)};
	if ((ipv4 ? destination->bytes[0] == 0 : net_address_unspecified(destination)) ||
	    !find_next_hop(stack, destination, interface, way))
		return false;
	if (ipv4 && interface_broadcast(way->interface) == net_address_number(destination))
		way->broadcast = true;
	if (!interface_source(way->interface, destination, &way->source))
		way->source.family = NET_FAMILY_NONE;
	way->mtu = interface_mtu(way->interface, destination->family);
	path = path_find(stack, destination);
	if (path == NULL)
		return true;
	if (path->mtu != 0 && path->mtu < way->mtu)
		way->mtu = path->mtu;
	if (path->redirect.family != NET_FAMILY_NONE)
		way->next_hop = path->redirect;
	return true;
}
