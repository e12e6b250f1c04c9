/* IPv4 packets that have come (RFC 791; RFC 1122, section 3.2.1). */
#include "ipv4.h"

#include "bytes.h"
#include "checksum.h"
#include "icmp.h"
#include "netstack.h"

#define OPTION_END          0u
#define OPTION_NOTHING      1u
#define OPTION_LOOSE_ROUTE  131u
#define OPTION_STRICT_ROUTE 137u

/* Whether options are well-formed and none of them chooses a route, which RFC 7126 says to drop. */
static bool options_acceptable(const uint8_t *option, uint32_t length, enum drop_reason *reason)
{
	*reason = DROP_IPV4_HEADER;
	while (length > 0 && option[0] != OPTION_END) {
		uint32_t size = 1;

		if (option[0] != OPTION_NOTHING) {
			if (length < 2 || option[1] < 2 || option[1] > length)
				return false;
			size = option[1];
		}
		if (option[0] == OPTION_LOOSE_ROUTE || option[0] == OPTION_STRICT_ROUTE) {
			*reason = DROP_IPV4_SOURCE_ROUTE;
			return false;
		}
		option += size;
		length -= size;
	}
	return true;
}

/* Whether the packet is one, all of it; cuts off what the link has padded. */
static bool header_good(struct packet *packet, enum drop_reason *reason)
{
	const uint8_t *bytes = packet->bytes;
	uint32_t header, total;

	*reason = DROP_IPV4_HEADER;
	if (packet->length < IPV4_HEADER || bytes[IPV4_VERSION] >> 4 != 4)
		return false;
	header = (bytes[IPV4_VERSION] & 0xfu) * 4;
	total = bytes_get16(bytes + IPV4_LENGTH);
	if (header < IPV4_HEADER || total < header || total > packet->length)
		return false;
	packet->length = total;
	*reason = DROP_IPV4_CHECKSUM;
	if (checksum_sum(bytes, header) != 0xffff)
		return false;
	return options_acceptable(bytes + IPV4_HEADER, header - IPV4_HEADER, reason);
}

/* RFC 1122, section 3.2.1.3: who cannot have sent it. */
static bool source_good(const struct netstack *stack, const struct interface *interface, uint32_t source)
{
	if (interface->loopback)
		return netstack_is_local(stack, source);
	if (!ipv4_is_somebody(source) || source >> 24 == 127 || netstack_is_local(stack, source))
		return false;
	return interface->prefix >= 31 || interface->address == 0 ||
	       (source | (UINT32_MAX << (32 - interface->prefix))) != UINT32_MAX ||
	       ((source ^ interface->address) >> (32 - interface->prefix)) != 0;
}

/* Whether it is for us, and for others as well (*many). */
static bool destination_good(const struct netstack *stack, const struct interface *interface,
                             uint32_t destination, bool *many)
{
	uint32_t host = interface->prefix == 0 || interface->prefix >= 31 ? 0 : UINT32_MAX >> interface->prefix;

	*many = false;
	if (destination >> 24 == 127 && !interface->loopback)
		return false;
	if (netstack_is_local(stack, destination))
		return true;
	*many = true;
	return destination == UINT32_MAX ||
	       (host != 0 && !interface->loopback && destination == (interface->address | host));
}

static void deliver(struct netstack *stack, const struct ip_header *header, const struct packet *packet)
{
	const struct transport *transport = &stack->transports[header->protocol];

	if (transport->input != NULL) {
		transport->input(transport->context, stack, header, packet);
		return;
	}
	netstack_drop(stack, DROP_IPV4_PROTOCOL);
	icmp_send_error(stack, header, ICMP_ERROR_PROTOCOL_UNREACHABLE);
}

static void take_fragment(struct netstack *stack, struct ip_header *header, struct packet *packet,
                          uint16_t fragment)
{
	void *memory;

	if (!reassembly_add(stack, header, bytes_get16(header->quote + IPV4_IDENTIFIER),
	                    (fragment & IPV4_OFFSET_MASK) * 8, fragment & IPV4_MORE_FRAGMENTS, packet, &memory))
		return;
	deliver(stack, header, packet);
	netstack_free(stack, memory);
}

void ipv4_input(struct netstack *stack, struct packet *packet)
{
	const uint8_t *bytes = packet->bytes;
	struct ip_header header;
	enum drop_reason reason;
	uint32_t size, source, destination;
	uint16_t fragment;
	bool many;

	if (!header_good(packet, &reason)) {
		netstack_drop(stack, reason);
		return;
	}
	source = bytes_get32(bytes + IPV4_SOURCE);
	destination = bytes_get32(bytes + IPV4_DESTINATION);
	if (!source_good(stack, packet->interface, source)) {
		netstack_drop(stack, DROP_IPV4_SOURCE);
		return;
	}
	if (!destination_good(stack, packet->interface, destination, &many)) {
		netstack_drop(stack, DROP_IPV4_DESTINATION);
		return;
	}
	header = (struct ip_header){
		.source = net_address_ipv4(source),
		.destination = net_address_ipv4(destination),
		.protocol = bytes[IPV4_PROTOCOL],
		.traffic_class = bytes[IPV4_SERVICE],
		.hop_limit = bytes[IPV4_HOP_LIMIT],
		.to_many = many || packet->link_broadcast,
		.quote = bytes,
		.quote_length = packet->length,
	};
	size = (bytes[IPV4_VERSION] & 0xfu) * 4;
	packet->bytes += size;
	packet->length -= size;
	fragment = bytes_get16(bytes + IPV4_FRAGMENT);
	if (fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK))
		take_fragment(stack, &header, packet, fragment);
	else
		deliver(stack, &header, packet);
}
