/*
 * The IPv6 addresses of an interface (RFC 4862): whether somebody else has one, how
 * long each holds, and which one to speak from. Its alarm is also autoconfigure.c's.
 */
#include "autoconfigure.h"
#include "discovery.h"
#include "group.h"
#include "ipv6.h"
#include "netstack.h"

#define IDENTIFIER_BITS 64u /* RFC 2464, section 4 */

const struct net_address ipv6_all_nodes = {NET_FAMILY_IPV6, {0xff, 0x02, [15] = 1}};
const struct net_address ipv6_all_routers = {NET_FAMILY_IPV6, {0xff, 0x02, [15] = 2}};
const struct net_address ipv6_unspecified = {NET_FAMILY_IPV6, {0}};
static const struct net_address loopback_address = {NET_FAMILY_IPV6, {[15] = 1}};

struct net_address ipv6_solicited_group(const struct net_address *address)
{
	struct net_address group = {NET_FAMILY_IPV6, {0xff, 0x02, [11] = 1, [12] = 0xff}};

	memcpy(group.bytes + 13, address->bytes + 13, 3);
	return group;
}

/* ---- the list ------------------------------------------------------------------- */

struct ipv6_address *ipv6_find_address(struct interface *interface, const struct net_address *address)
{
	for (uint32_t i = 0; i < IPV6_ADDRESSES; i++) {
		struct ipv6_address *entry = &interface->ipv6.addresses[i];

		if (entry->state != IPV6_ADDRESS_NONE && net_address_equal(&entry->address, address))
			return entry;
	}
	return NULL;
}

bool ipv6_is_ours(const struct interface *interface, const struct net_address *address)
{
	for (uint32_t i = 0; i < IPV6_ADDRESSES; i++) {
		const struct ipv6_address *entry = &interface->ipv6.addresses[i];

		if (entry->state == IPV6_ADDRESS_READY && net_address_equal(&entry->address, address))
			return true;
	}
	return false;
}

void ipv6_due(struct interface *interface, uint64_t due)
{
	if (due != UINT64_MAX)
		alarm_set_before(interface->stack, &interface->ipv6.alarm, due);
}

/* Nobody else answers for it yet: it is asked for once (RFC 4862, section 5.1) before it is used. */
static int32_t add(struct interface *interface, const struct ipv6_address *wanted)
{
	struct ipv6_interface *ipv6 = &interface->ipv6;
	const struct net_address group = ipv6_solicited_group(&wanted->address);
	uint64_t now = netstack_now(interface->stack);
	struct ipv6_address *entry = NULL;
	int32_t status;

	for (uint32_t i = 0; entry == NULL && i < IPV6_ADDRESSES; i++) {
		if (ipv6->addresses[i].state == IPV6_ADDRESS_NONE)
			entry = &ipv6->addresses[i];
	}
	if (entry == NULL)
		return POSIX_ENOSPC;
	status = interface->loopback ? 0 : group_join(interface, &group);
	if (status != 0)
		return status;
	*entry = *wanted;
	entry->state = interface->loopback ? IPV6_ADDRESS_READY : IPV6_ADDRESS_TENTATIVE;
	entry->due = ipv6->begun > now ? ipv6->begun : now;
	ipv6_due(interface, entry->due);
	ipv6_due(interface, entry->valid_until);
	return 0;
}

static void remove(struct interface *interface, struct ipv6_address *entry)
{
	const struct net_address group = ipv6_solicited_group(&entry->address);

	group_leave(interface, &group);
	*entry = (struct ipv6_address){.state = IPV6_ADDRESS_NONE};
}

static bool can_be_ours(const struct interface *interface, const struct net_address *address, uint32_t prefix)
{
	return interface->ipv6.enabled && address->family == NET_FAMILY_IPV6 && prefix >= 1 &&
	       prefix <= 128 && !net_address_unspecified(address) && !net_address_multicast(address) &&
	       net_address_loopback(address) == interface->loopback;
}

int32_t ipv6_learn_address(struct interface *interface, const struct net_address *address, uint32_t prefix,
                           uint64_t preferred_until, uint64_t valid_until)
{
	if (!can_be_ours(interface, address, prefix))
		return POSIX_EINVAL;
	if (ipv6_find_address(interface, address) != NULL)
		return POSIX_EEXIST;
	return add(interface, &(struct ipv6_address){.address = *address,
	                                             .prefix = prefix,
	                                             .preferred_until = preferred_until,
	                                             .valid_until = valid_until});
}

int32_t ipv6_add_address(struct interface *interface, const struct net_address *address, uint32_t prefix)
{
	const struct route route = {net_address_network(address, prefix <= 128 ? prefix : 0),
	                            prefix,
	                            {.family = NET_FAMILY_NONE},
	                            interface,
	                            ROUTE_FOR_EVER};
	int32_t status = ipv6_learn_address(interface, address, prefix, IPV6_FOR_EVER, IPV6_FOR_EVER);

	if (status != 0)
		return status;
	ipv6_find_address(interface, address)->configured = true;
	/* Two addresses of one network have one route. */
	status = route_add(interface->stack, &route);
	return status == POSIX_EEXIST ? 0 : status;
}

/* ---- duplicates ------------------------------------------------------------------ */

void ipv6_duplicate(struct interface *interface, struct ipv6_address *address, const uint8_t *hardware)
{
	struct netstack *stack = interface->stack;

	/* RFC 4862, section 5.4.5. What is asked for next would be asked in its name. */
	address->state = IPV6_ADDRESS_DUPLICATE;
	if (net_address_link_local(&address->address))
		interface->ipv6.solicit_due = UINT64_MAX;
	stack->environment.conflict(stack->environment.context, interface, hardware);
}

/* Asks for it; or nobody has said anything since. */
static void try_address(struct interface *interface, struct ipv6_address *entry)
{
	uint64_t now = netstack_now(interface->stack);

	if (entry->probes == 0) {
		entry->probes = 1;
		entry->due = now + interface->ipv6.ask_time;
		discovery_probe(interface, &entry->address);
		return;
	}
	entry->state = IPV6_ADDRESS_READY;
	if (net_address_link_local(&entry->address))
		autoconfigure_solicit(interface);
}

static uint64_t address_due(struct interface *interface, struct ipv6_address *entry)
{
	uint64_t now = netstack_now(interface->stack);

	if (entry->state == IPV6_ADDRESS_NONE)
		return UINT64_MAX;
	if (entry->valid_until <= now) {
		remove(interface, entry);
		return UINT64_MAX;
	}
	if (entry->state == IPV6_ADDRESS_TENTATIVE && entry->due <= now)
		try_address(interface, entry);
	return entry->state == IPV6_ADDRESS_TENTATIVE && entry->due < entry->valid_until ? entry->due
	                                                                                 : entry->valid_until;
}

static void ring(struct netstack *stack, struct alarm *alarm)
{
	struct ipv6_interface *ipv6 = list_entry(alarm, struct ipv6_interface, alarm);
	struct interface *interface = list_entry(ipv6, struct interface, ipv6);

	for (uint32_t i = 0; i < IPV6_ADDRESSES; i++)
		ipv6_due(interface, address_due(interface, &ipv6->addresses[i]));
	ipv6_due(interface, autoconfigure_due(interface));
	ipv6_due(interface, route_expire(stack));
}

/* ---- beginning and end --------------------------------------------------------------- */

/* RFC 4291, appendix A: the hardware address with ff:fe in its middle and a bit turned. */
static struct net_address make_link_local(const struct interface *interface)
{
	const uint8_t *hardware = interface->card->address;
	struct net_address address = {NET_FAMILY_IPV6, {0xfe, 0x80}};

	memcpy(address.bytes + 8, hardware, 3);
	address.bytes[8] ^= 2;
	address.bytes[11] = 0xff;
	address.bytes[12] = 0xfe;
	memcpy(address.bytes + 13, hardware + 3, 3);
	return address;
}

int32_t ipv6_start(struct interface *interface)
{
	struct ipv6_interface *ipv6 = &interface->ipv6;
	struct netstack *stack = interface->stack;
	struct net_address link_local;

	if (interface->mtu < PATH_MTU_LEAST6)
		return POSIX_EINVAL;
	*ipv6 = (struct ipv6_interface){
		.enabled = true,
		.hop_limit = IP_HOP_LIMIT,
		.reachable_time = NEIGHBOUR_REACHABLE_TIME,
		.ask_time = NEIGHBOUR_ASK_TIME,
		.solicit_due = UINT64_MAX,
	};
	alarm_init(&ipv6->alarm, ring);
	if (interface->loopback)
		return ipv6_add_address(interface, &loopback_address, 128);
	/* RFC 4861, section 10: MAX_RTR_SOLICITATION_DELAY, a second. */
	ipv6->begun = netstack_now(stack) + netstack_random(stack) % NETSTACK_SECOND;
	link_local = make_link_local(interface);
	return ipv6_add_address(interface, &link_local, IDENTIFIER_BITS);
}

void ipv6_stop(struct interface *interface)
{
	if (interface->ipv6.enabled)
		alarm_cancel(interface->stack, &interface->ipv6.alarm);
	interface->ipv6.enabled = false;
}

/* ---- which to speak from ---------------------------------------------------------------- */

/* RFC 6724, section 3.1: link-local is 2, global 14; a group says its own. */
static uint32_t scope_of(const struct net_address *address)
{
	if (net_address_multicast(address))
		return address->bytes[1] & 0xf;
	return net_address_link_local(address) || net_address_loopback(address) ? 2 : 14;
}

static uint32_t common_bits(const struct net_address *left, const struct net_address *right)
{
	uint32_t bits = 0;

	while (bits < 128 && net_address_within(left, right, bits + 1))
		bits++;
	return bits;
}

/* Whether `left` is better than `right` to speak to `destination` from: rules 2, 3 and 8 of section 5. */
static bool better(const struct ipv6_address *left, const struct ipv6_address *right,
                   const struct net_address *destination, uint64_t now)
{
	uint32_t wanted = scope_of(destination), scope = scope_of(&left->address),
		 other = scope_of(&right->address);
	bool old = left->preferred_until <= now, other_old = right->preferred_until <= now;

	if (scope < other)
		return scope >= wanted;
	if (other < scope)
		return other < wanted;
	if (old != other_old)
		return other_old;
	return common_bits(&left->address, destination) > common_bits(&right->address, destination);
}

bool ipv6_choose_source(const struct interface *interface, const struct net_address *destination,
                        struct net_address *source)
{
	uint64_t now = netstack_now(interface->stack);
	const struct ipv6_address *best = NULL;

	for (uint32_t i = 0; i < IPV6_ADDRESSES; i++) {
		const struct ipv6_address *entry = &interface->ipv6.addresses[i];

		if (entry->state == IPV6_ADDRESS_READY &&
		    (best == NULL || better(entry, best, destination, now)))
			best = entry;
	}
	if (best != NULL)
		*source = best->address;
	return best != NULL;
}
