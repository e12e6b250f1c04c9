/* Messages of neighbour discovery, both ways (discovery.h). */
#include "discovery.h"

#include "autoconfigure.h"
#include "bytes.h"
#include "icmp6.h"
#include "ipv6.h"
#include "netstack.h"

#define HOP_LIMIT            255u /* what comes from farther away has less: RFC 4861, section 11.2 */
#define TARGET               8
#define ASKED_LENGTH         24u /* of a solicitation or advertisement of neighbours, without options */
#define REDIRECT_DESTINATION 24
#define REDIRECT_LENGTH      40u
#define ADVERTISEMENT_LENGTH 16u /* of routers */
#define OPTION_UNIT          8u
#define LINK_OPTION          8u

#define FLAG_ROUTER    0x80u
#define FLAG_SOLICITED 0x40u
#define FLAG_OVERRIDE  0x20u

/* ---- what is said ---------------------------------------------------------------- */

/* Adds the option that says where we are. */
static uint32_t add_link_option(const struct interface *interface, uint8_t type, uint8_t *at)
{
	at[0] = type;
	at[1] = LINK_OPTION / OPTION_UNIT;
	memcpy(at + 2, interface->card->address, NET_ADDRESS_SIZE);
	return LINK_OPTION;
}

static void say(struct interface *interface, const struct net_address *source,
                const struct net_address *destination, uint8_t *message, uint32_t length)
{
	struct ip_output output = {
		.source = *source,
		.destination = *destination,
		.interface = interface,
		.hop_limit = HOP_LIMIT,
	};

	icmp6_output(interface->stack, &output, message, length);
}

void discovery_ask(struct interface *interface, const struct net_address *target, bool known)
{
	const struct net_address group = ipv6_solicited_group(target);
	uint8_t message[ASKED_LENGTH + LINK_OPTION] = {ICMP6_NEIGHBOUR_SOLICITATION};
	struct net_address source;

	if (!ipv6_choose_source(interface, target, &source))
		return;
	memcpy(message + TARGET, target->bytes, 16);
	add_link_option(interface, DISCOVERY_OPTION_SOURCE_LINK, message + ASKED_LENGTH);
	say(interface, &source, known ? target : &group, message, sizeof(message));
}

void discovery_probe(struct interface *interface, const struct net_address *target)
{
	const struct net_address group = ipv6_solicited_group(target);
	uint8_t message[ASKED_LENGTH] = {ICMP6_NEIGHBOUR_SOLICITATION};

	memcpy(message + TARGET, target->bytes, 16);
	say(interface, &ipv6_unspecified, &group, message, sizeof(message));
}

void discovery_ask_routers(struct interface *interface)
{
	uint8_t message[ICMP6_HEADER + LINK_OPTION] = {ICMP6_ROUTER_SOLICITATION};
	struct net_address source;

	if (!ipv6_choose_source(interface, &ipv6_all_routers, &source))
		return;
	add_link_option(interface, DISCOVERY_OPTION_SOURCE_LINK, message + ICMP6_HEADER);
	say(interface, &source, &ipv6_all_routers, message, sizeof(message));
}

/* Section 7.2.4: to who asks for it; to all where that is nobody yet. */
static void advertise(struct interface *interface, const struct net_address *target,
                      const struct net_address *to)
{
	bool nobody = net_address_unspecified(to);
	uint8_t message[ASKED_LENGTH + LINK_OPTION] = {ICMP6_NEIGHBOUR_ADVERTISEMENT};

	message[4] = (uint8_t)(FLAG_OVERRIDE | (nobody ? 0 : FLAG_SOLICITED));
	memcpy(message + TARGET, target->bytes, 16);
	add_link_option(interface, DISCOVERY_OPTION_TARGET_LINK, message + ASKED_LENGTH);
	say(interface, target, nobody ? &ipv6_all_nodes : to, message, sizeof(message));
}

/* ---- options ---------------------------------------------------------------------- */

/* Section 4.6: none has no length. */
static bool options_good(const uint8_t *bytes, uint32_t length)
{
	while (length >= OPTION_UNIT && bytes[1] != 0 && bytes[1] * OPTION_UNIT <= length) {
		uint32_t size = bytes[1] * OPTION_UNIT;

		bytes += size;
		length -= size;
	}
	return length == 0;
}

const uint8_t *discovery_option(struct discovery_options *options, uint8_t type, uint32_t size)
{
	while (options->length > 0) {
		const uint8_t *option = options->bytes;
		uint32_t length = option[1] * OPTION_UNIT;

		options->bytes += length;
		options->length -= length;
		if (option[0] == type && length >= size)
			return option;
	}
	return NULL;
}

/* The hardware address that such an option tells; NULL: there is none, or it is a group's. */
static const uint8_t *link_option(const struct packet *packet, uint32_t at, uint8_t type)
{
	struct discovery_options options = {packet->bytes + at, packet->length - at};
	const uint8_t *option = discovery_option(&options, type, LINK_OPTION);

	return option != NULL && !(option[2] & 1) ? option + 2 : NULL;
}

/* ---- what is heard ------------------------------------------------------------------- */

static const uint8_t unknown_hardware[NET_ADDRESS_SIZE];

/* Sections 7.1.1 and 7.2.3; RFC 4862, section 5.4.3. False: it is malformed. */
static bool take_solicitation(struct interface *interface, const struct ip_header *header,
                              const struct packet *packet)
{
	const struct net_address target = net_address_ipv6(packet->bytes + TARGET);
	const uint8_t *hardware = link_option(packet, ASKED_LENGTH, DISCOVERY_OPTION_SOURCE_LINK);
	bool nobody = net_address_unspecified(&header->source);
	struct ipv6_address *ours;

	if (net_address_multicast(&target) ||
	    (nobody && (hardware != NULL || !net_address_multicast(&header->destination))))
		return false;
	ours = ipv6_find_address(interface, &target);
	if (ours == NULL)
		return true;
	if (ours->state != IPV6_ADDRESS_READY) {
		/* Another asks for what we ask for, and neither has it. */
		if (ours->state == IPV6_ADDRESS_TENTATIVE && nobody)
			ipv6_duplicate(interface, ours, unknown_hardware);
		return true;
	}
	if (!nobody && hardware != NULL)
		neighbour_heard(interface, &header->source, hardware, true);
	advertise(interface, &target, &header->source);
	return true;
}

/* Sections 7.1.2 and 7.2.5; RFC 4862, section 5.4.4. */
static bool take_advertisement(struct interface *interface, const struct ip_header *header,
                               const struct packet *packet)
{
	const struct net_address target = net_address_ipv6(packet->bytes + TARGET);
	const uint8_t *hardware = link_option(packet, ASKED_LENGTH, DISCOVERY_OPTION_TARGET_LINK);
	const uint8_t flags = packet->bytes[4];
	struct ipv6_address *ours;

	if (net_address_multicast(&target) ||
	    (net_address_multicast(&header->destination) && (flags & FLAG_SOLICITED)))
		return false;
	ours = ipv6_find_address(interface, &target);
	if (ours != NULL) {
		if (ours->state == IPV6_ADDRESS_TENTATIVE)
			ipv6_duplicate(interface, ours, hardware != NULL ? hardware : unknown_hardware);
		return true;
	}
	neighbour_answered(interface, &target,
	                   &(struct neighbour_answer){.hardware = hardware,
	                                              .solicited = (flags & FLAG_SOLICITED) != 0,
	                                              .override = (flags & FLAG_OVERRIDE) != 0,
	                                              .router = (flags & FLAG_ROUTER) != 0});
	return true;
}

/* Section 8.1: from the router that leads there now, and to a router or to the destination itself. */
static bool take_redirect(struct interface *interface, const struct ip_header *header,
                          const struct packet *packet)
{
	const struct net_address target = net_address_ipv6(packet->bytes + TARGET);
	const struct net_address destination = net_address_ipv6(packet->bytes + REDIRECT_DESTINATION);
	const uint8_t *hardware = link_option(packet, REDIRECT_LENGTH, DISCOVERY_OPTION_TARGET_LINK);
	struct way way;

	if (!net_address_link_local(&header->source) || net_address_multicast(&destination) ||
	    (!net_address_link_local(&target) && !net_address_equal(&target, &destination)))
		return false;
	if (!route_find(interface->stack, &destination, NULL, &way) || way.interface != interface ||
	    !net_address_equal(&way.next_hop, &header->source)) {
		netstack_drop(interface->stack, DROP_DISCOVERY_UNUSED);
		return true;
	}
	path_redirect(interface->stack, &destination, &target);
	if (hardware != NULL)
		neighbour_heard(interface, &target, hardware, true);
	return true;
}

/* Section 6.1.2. */
static bool take_router(struct interface *interface, const struct ip_header *header,
                        const struct packet *packet)
{
	const uint8_t *hardware = link_option(packet, ADVERTISEMENT_LENGTH, DISCOVERY_OPTION_SOURCE_LINK);
	struct neighbour *router;

	if (!net_address_link_local(&header->source))
		return false;
	if (hardware != NULL) {
		router = neighbour_heard(interface, &header->source, hardware, true);
		if (router != NULL)
			router->router = true;
	}
	autoconfigure_input(interface, &header->source, packet->bytes,
	                    (struct discovery_options){packet->bytes + ADVERTISEMENT_LENGTH,
	                                               packet->length - ADVERTISEMENT_LENGTH});
	return true;
}

void discovery_input(struct netstack *stack, const struct ip_header *header, const struct packet *packet)
{
	struct interface *interface = header->interface;
	uint8_t type = packet->bytes[ICMP6_TYPE];
	uint32_t length = type == ICMP6_REDIRECT               ? REDIRECT_LENGTH
	                  : type == ICMP6_ROUTER_ADVERTISEMENT ? ADVERTISEMENT_LENGTH
	                                                       : ASKED_LENGTH;
	bool good = header->hop_limit == HOP_LIMIT && packet->bytes[ICMP6_CODE] == 0 &&
	            packet->length >= length && options_good(packet->bytes + length, packet->length - length);

	if (good && interface->loopback)
		return;
	switch (good ? type : 0) {
	case ICMP6_ROUTER_ADVERTISEMENT:
		good = take_router(interface, header, packet);
		break;
	case ICMP6_NEIGHBOUR_SOLICITATION:
		good = take_solicitation(interface, header, packet);
		break;
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
		good = take_advertisement(interface, header, packet);
		break;
	case ICMP6_REDIRECT:
		good = take_redirect(interface, header, packet);
		break;
	}
	if (!good)
		netstack_drop(stack, DROP_DISCOVERY_MALFORMED);
}

void discovery_router_gone(struct interface *interface, const struct net_address *router)
{
	const struct route route = {
		.network = {.family = NET_FAMILY_IPV6}, .gateway = *router, .interface = interface};

	route_forget(interface->stack, &route);
}
