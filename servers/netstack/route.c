/* The routing table and what was learnt of paths (route.h). Both are small, and searched from end to end. */
#include "route.h"

#include "netstack.h"

static uint32_t mask_of(uint32_t prefix)
{
	return prefix == 0 ? 0 : UINT32_MAX << (32 - prefix);
}

int32_t route_add(struct netstack *stack, uint32_t network, uint32_t prefix, uint32_t gateway,
                  struct interface *interface)
{
	struct route_table *table = &stack->routes;
	struct route route = {network, prefix, gateway, interface};
	uint32_t at = 0;

	if (prefix > 32 || (network & ~mask_of(prefix)) != 0)
		return POSIX_EINVAL;
	if (gateway != 0 && (interface->prefix == 0 || gateway == interface->address ||
	                     ((gateway ^ interface->address) & mask_of(interface->prefix)) != 0))
		return POSIX_EINVAL;
	for (uint32_t i = 0; i < table->count; i++) {
		if (table->routes[i].network == network && table->routes[i].prefix == prefix)
			return POSIX_EEXIST;
	}
	if (table->count == ROUTES_MAXIMUM)
		return POSIX_ENOSPC;
	while (at < table->count && table->routes[at].prefix >= prefix)
		at++;
	memmove(&table->routes[at + 1], &table->routes[at], (table->count - at) * sizeof(route));
	table->routes[at] = route;
	table->count++;
	return 0;
}

void route_remove_interface(struct netstack *stack, const struct interface *interface)
{
	struct route_table *table = &stack->routes;
	uint32_t kept = 0;

	for (uint32_t i = 0; i < table->count; i++) {
		if (table->routes[i].interface != interface)
			table->routes[kept++] = table->routes[i];
	}
	table->count = kept;
}

/* ---- paths ------------------------------------------------------------------- */

static struct path *path_find(struct netstack *stack, uint32_t destination)
{
	uint64_t now = netstack_now(stack);

	for (uint32_t i = 0; i < PATHS_MAXIMUM; i++) {
		struct path *path = &stack->routes.paths[i];

		if (path->destination == destination)
			return path->expires > now ? path : NULL;
	}
	return NULL;
}

/* The one for `destination`, one that is free or has expired, or the one that does so first. */
static struct path *path_place(struct netstack *stack, uint32_t destination)
{
	struct path *best = &stack->routes.paths[0];

	for (uint32_t i = 0; i < PATHS_MAXIMUM; i++) {
		struct path *path = &stack->routes.paths[i];

		if (path->destination == destination)
			return path;
		if (path->expires < best->expires)
			best = path;
	}
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

void path_mtu_reduce(struct netstack *stack, uint32_t destination, uint32_t mtu, uint32_t length)
{
	struct path *path;
	struct way way;

	if (destination == 0 || !route_find(stack, destination, &way))
		return;
	if (mtu == 0)
		mtu = plateau_below(length);
	if (mtu < PATH_MTU_LEAST)
		mtu = PATH_MTU_LEAST;
	/* A message never makes packets larger (RFC 1191, section 3). */
	if (mtu >= way.mtu)
		return;
	path = path_place(stack, destination);
	*path = (struct path){destination, mtu, netstack_now(stack) + PATH_MTU_LIFETIME};
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
static bool way_to_self(const struct netstack *stack, uint32_t destination, struct way *way)
{
	struct interface *loopback = loopback_of(stack);

	if (loopback == NULL)
		return false;
	*way = (struct way){
		.interface = loopback, .next_hop = destination, .source = destination, .mtu = loopback->mtu};
	return true;
}

static const struct route *route_of(const struct netstack *stack, uint32_t destination)
{
	for (uint32_t i = 0; i < stack->routes.count; i++) {
		const struct route *route = &stack->routes.routes[i];

		/* All that is local was found before; nothing else of 127/8 is anywhere. */
		if (((destination ^ route->network) & mask_of(route->prefix)) == 0 && !route->interface->loopback)
			return route;
	}
	return NULL;
}

/* A card with an address, for what goes to a link rather than to an address. */
static struct interface *first_card(const struct netstack *stack)
{
	for (uint32_t i = 0; i < stack->interface_count; i++) {
		if (!stack->interfaces[i]->loopback && stack->interfaces[i]->address != 0)
			return stack->interfaces[i];
	}
	return NULL;
}

bool route_find(struct netstack *stack, uint32_t destination, struct way *way)
{
	const struct route *route = NULL;
	struct interface *interface;
	const struct path *path;

	if (destination >> 24 == 127 || netstack_is_local(stack, destination))
		return way_to_self(stack, destination, way);
	*way = (struct way){.broadcast = destination == UINT32_MAX, .multicast = destination >> 28 == 0xe};
	if (way->broadcast || way->multicast) {
		interface = first_card(stack);
	} else {
		route = route_of(stack, destination);
		interface = route != NULL ? route->interface : NULL;
	}
	if (interface == NULL || destination >> 24 == 0)
		return false;
	if (interface->prefix < 31 && destination == (interface->address | ~mask_of(interface->prefix)))
		way->broadcast = true;
	way->interface = interface;
	way->next_hop = route != NULL && route->gateway != 0 ? route->gateway : destination;
	way->source = interface->address;
	path = path_find(stack, destination);
	way->mtu = path != NULL && path->mtu < interface->mtu ? path->mtu : interface->mtu;
	return true;
}
