/* IPv4 packets that have come, and the headers of those that go (RFC 791; RFC 1122, section 3.2.1). */
#include "ipv4.h"

#include "bytes.h"
#include "checksum.h"
#include "netstack.h"

#define OPTION_ALERT        0x94040000u /* RFC 2113, section 2.1 */
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
static bool source_good(const struct netstack *stack, const struct interface *interface,
                        const struct net_address *address)
{
	uint32_t source = net_address_number(address);

	if (interface->loopback)
		return netstack_is_local(stack, address);
	if (!ipv4_is_somebody(source) || source >> 24 == 127 || netstack_is_local(stack, address))
		return false;
	return interface->prefix >= 31 || interface->address == 0 ||
	       (source | (UINT32_MAX << (32 - interface->prefix))) != UINT32_MAX ||
	       ((source ^ interface->address) >> (32 - interface->prefix)) != 0;
}

/* Whether it is for us, and for others as well (*many). */
static bool destination_good(const struct netstack *stack, struct interface *interface,
                             const struct net_address *address, bool *many)
{
	uint32_t destination = net_address_number(address);
	uint32_t host = interface->prefix == 0 || interface->prefix >= 31 ? 0 : UINT32_MAX >> interface->prefix;

	*many = false;
	if (destination >> 24 == 127 && !interface->loopback)
		return false;
	if (netstack_is_local(stack, address))
		return true;
	*many = true;
	if (net_address_multicast(address))
		return group_member(interface, address);
	return destination == UINT32_MAX ||
	       (host != 0 && !interface->loopback && destination == (interface->address | host));
}

static void take_fragment(struct netstack *stack, struct ip_header *header, struct packet *packet,
                          uint16_t fragment)
{
	uint32_t offset = (fragment & IPV4_OFFSET_MASK) * 8u;
	void *memory;

	if (offset + packet->length > IPV4_PACKET_LONGEST - IPV4_HEADER) {
		netstack_drop(stack, DROP_FRAGMENT_MALFORMED);
		return;
	}
	if (!reassembly_add(stack, header, bytes_get16(header->quote + IPV4_IDENTIFIER), offset,
	                    fragment & IPV4_MORE_FRAGMENTS, packet, &memory))
		return;
	ip_deliver(stack, header, packet);
	netstack_free(stack, memory);
}

void ipv4_input(struct netstack *stack, struct packet *packet)
{
	const uint8_t *bytes = packet->bytes;
	struct ip_header header;
	enum drop_reason reason;
	uint16_t fragment;
	uint32_t size;
	bool many;

	if (!header_good(packet, &reason)) {
		netstack_drop(stack, reason);
		return;
	}
	header = (struct ip_header){
		.source = net_address_ipv4(bytes_get32(bytes + IPV4_SOURCE)),
		.destination = net_address_ipv4(bytes_get32(bytes + IPV4_DESTINATION)),
		.interface = packet->interface,
		.protocol = bytes[IPV4_PROTOCOL],
		.traffic_class = bytes[IPV4_SERVICE],
		.hop_limit = bytes[IPV4_HOP_LIMIT],
		.quote = bytes,
		.quote_length = packet->length,
	};
	if (!source_good(stack, packet->interface, &header.source)) {
		netstack_drop(stack, DROP_IPV4_SOURCE);
		return;
	}
	if (!destination_good(stack, packet->interface, &header.destination, &many)) {
		netstack_drop(stack, DROP_IPV4_DESTINATION);
		return;
	}
	size = (bytes[IPV4_VERSION] & 0xfu) * 4;
	header.to_many = many || packet->link_broadcast;
	packet->bytes += size;
	packet->length -= size;
	fragment = bytes_get16(bytes + IPV4_FRAGMENT);
	header.transport_at = fragment & IPV4_OFFSET_MASK ? 0 : size;
	if (fragment & (IPV4_MORE_FRAGMENTS | IPV4_OFFSET_MASK))
		take_fragment(stack, &header, packet, fragment);
	else
		ip_deliver(stack, &header, packet);
}

/* ---- headers of packets that go --------------------------------------------------- */

uint32_t ipv4_header_length(const struct ip_output *packet)
{
	return packet->router_alert ? IPV4_HEADER + 4 : IPV4_HEADER;
}

static uint16_t fragment_field(const struct ip_output *packet, const struct ip_fragment *fragment)
{
	if (fragment->whole)
		return packet->fragment ? 0 : IPV4_DONT_FRAGMENT;
	return (uint16_t)(fragment->offset / 8 | (fragment->more ? IPV4_MORE_FRAGMENTS : 0));
}

void ipv4_write_header(uint8_t *header, const struct ip_output *packet, const struct net_address *source,
                       const struct ip_fragment *fragment, uint8_t hop_limit, uint32_t payload)
{
	uint32_t length = ipv4_header_length(packet);

	header[IPV4_VERSION] = (uint8_t)(0x40 | length / 4);
	header[IPV4_SERVICE] = packet->traffic_class;
	bytes_put16(header + IPV4_LENGTH, length + payload);
	bytes_put16(header + IPV4_IDENTIFIER, fragment->identification);
	bytes_put16(header + IPV4_FRAGMENT, fragment_field(packet, fragment));
	header[IPV4_HOP_LIMIT] = hop_limit;
	header[IPV4_PROTOCOL] = packet->protocol;
	bytes_put16(header + IPV4_CHECKSUM, 0);
	memcpy(header + IPV4_SOURCE, source->bytes, 4);
	memcpy(header + IPV4_DESTINATION, packet->destination.bytes, 4);
	if (packet->router_alert)
		bytes_put32(header + IPV4_HEADER, OPTION_ALERT);
	bytes_put16(header + IPV4_CHECKSUM, (uint16_t)~checksum_sum(header, length));
}
