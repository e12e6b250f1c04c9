/*
 * IP packets that go, whole or in fragments (RFC 791, section 3.2; RFC 8200, section
 * 4.5). What the families have in common is here; their headers are ipv4.c's and ipv6.c's.
 */
#include "ip.h"

#include "bytes.h"
#include "checksum.h"
#include "ipv4.h"
#include "ipv6.h"
#include "netstack.h"

/* As many fragments as the longest payload takes in the smallest packets. */
#define FRAGMENTS_MOST (IPV4_PACKET_LONGEST / ((PATH_MTU_LEAST - IPV4_HEADER_LONGEST) & ~7u) + 1)

/* Where in header and pieces the next byte to be sent is. */
struct cursor {
	const struct ip_output *packet;
	const uint8_t *header; /* the transport's, its checksum as it goes out */
	uint32_t part;         /* 0: the header; n: piece n - 1 */
	uint32_t offset;
};

static void copy(struct cursor *cursor, struct output *output, uint32_t length)
{
	while (length > 0) {
		bool header = cursor->part == 0;
		const struct ip_piece *piece = header ? NULL : &cursor->packet->pieces[cursor->part - 1];
		const uint8_t *bytes = header ? cursor->header : piece->bytes;
		uint32_t left = (header ? cursor->packet->header_length : piece->length) - cursor->offset;
		uint32_t count = left < length ? left : length;

		output_write(output, bytes + cursor->offset, count);
		cursor->offset += count;
		length -= count;
		if (count == left) {
			cursor->part++;
			cursor->offset = 0;
		}
	}
}

/* The whole checksum, where the card does not make it. A sum of 0 is sent as all ones: RFC 768. */
static void complete_checksum(const struct ip_output *packet, uint8_t *header)
{
	struct checksum checksum = {0};
	uint16_t value;

	checksum_add(&checksum, header, packet->header_length);
	for (uint32_t i = 0; i < packet->piece_count; i++)
		checksum_add(&checksum, packet->pieces[i].bytes, packet->pieces[i].length);
	value = (uint16_t)~checksum_fold(&checksum);
	if (value == 0 && packet->protocol == IP_PROTOCOL_UDP)
		value = 0xffff;
	bytes_put16(header + packet->checksum_offset, value);
}

/* ---- by family ------------------------------------------------------------------- */

static bool is_ipv6(const struct ip_output *packet)
{
	return packet->destination.family == NET_FAMILY_IPV6;
}

/* Bytes of IP's headers. */
static uint32_t headers_of(const struct ip_output *packet, const struct ip_fragment *fragment)
{
	return is_ipv6(packet) ? ipv6_header_length(packet, fragment) : ipv4_header_length(packet);
}

static uint8_t usual_hop_limit(const struct ip_output *packet, const struct way *way)
{
	/* RFC 1112, section 6.1: a group's members beyond the link only where that is asked for. */
	if (way->multicast)
		return 1;
	return is_ipv6(packet) ? way->interface->ipv6.hop_limit : IP_HOP_LIMIT;
}

/* Begins the frame: the Ethernet header comes last, with the neighbour. */
static void write_headers(const struct ip_output *packet, const struct way *way,
                          const struct ip_fragment *fragment, uint32_t payload, struct output *output)
{
	const struct net_address *source =
		packet->source.family == NET_FAMILY_NONE ? &way->source : &packet->source;
	uint8_t *header = output_headers(output) + NET_ETHERNET_HEADER;
	uint8_t hop_limit = packet->hop_limit != 0 ? packet->hop_limit : usual_hop_limit(packet, way);

	if (is_ipv6(packet))
		ipv6_write_header(header, packet, source, fragment, hop_limit, payload);
	else
		ipv4_write_header(header, packet, source, fragment, hop_limit, payload);
	output->written = NET_ETHERNET_HEADER + headers_of(packet, fragment);
}

static void group_hardware(const struct net_address *group, uint8_t hardware[NET_ADDRESS_SIZE])
{
	if (group->family == NET_FAMILY_IPV6) {
		/* RFC 2464, section 7. */
		hardware[0] = hardware[1] = 0x33;
		memcpy(hardware + 2, group->bytes + 12, 4);
		return;
	}
	/* RFC 1112, section 6.4. */
	hardware[0] = 0x01;
	hardware[1] = 0x00;
	hardware[2] = 0x5e;
	memcpy(hardware + 3, group->bytes + 1, 3);
	hardware[3] &= 0x7f;
}

/* Gives the frame its Ethernet header and sends it off. */
static void dispatch(const struct way *way, struct output *output)
{
	uint16_t type = way->next_hop.family == NET_FAMILY_IPV6 ? ETHERNET_TYPE_IPV6 : ETHERNET_TYPE_IPV4;
	uint8_t group[NET_ADDRESS_SIZE];

	if (way->interface->loopback) {
		ethernet_header(way->interface, output_headers(output), way->interface->card->address, type);
	} else if (way->broadcast) {
		ethernet_header(way->interface, output_headers(output), ethernet_broadcast, type);
	} else if (way->multicast) {
		group_hardware(&way->next_hop, group);
		ethernet_header(way->interface, output_headers(output), group, type);
	} else {
		neighbour_transmit(way->interface, output, &way->next_hop);
		return;
	}
	output_transmit(way->interface, output);
}

/* ---- whole, or in fragments ---------------------------------------------------------- */

/* What the card is to do with it. */
static void ask_card(const struct ip_output *packet, uint32_t headers, struct output *output)
{
	struct net_header *header = &output->frame.header;

	header->flags = NET_NEEDS_CHECKSUM;
	header->checksum_start = (uint16_t)(NET_ETHERNET_HEADER + headers);
	header->checksum_offset = (uint16_t)packet->checksum_offset;
	if (packet->segment_size == 0)
		return;
	header->segmentation = is_ipv6(packet) ? NET_SEGMENT_TCP6 : NET_SEGMENT_TCP4;
	header->segment_size = (uint16_t)packet->segment_size;
	header->header_length = (uint16_t)(NET_ETHERNET_HEADER + headers + packet->header_length);
}

static int32_t send_whole(const struct ip_output *packet, const struct way *way, struct cursor *cursor,
                          uint32_t payload, uint32_t identification, bool offload)
{
	const struct ip_fragment whole = {.identification = identification, .whole = true};
	uint32_t headers = headers_of(packet, &whole);
	struct output *output = output_begin(way->interface, NET_ETHERNET_HEADER + headers + payload);

	if (output == NULL)
		return POSIX_ENOBUFS;
	write_headers(packet, way, &whole, payload, output);
	copy(cursor, output, payload);
	if (offload)
		ask_card(packet, headers, output);
	dispatch(way, output);
	return 0;
}

/* All fragments or none: there are frames and pages for all before the first goes. */
static int32_t send_fragments(const struct ip_output *packet, const struct way *way, struct cursor *cursor,
                              uint32_t payload, uint32_t identification)
{
	struct ip_fragment fragment = {.identification = identification};
	uint32_t headers = headers_of(packet, &fragment);
	uint32_t most = (way->mtu - headers) & ~7u;
	uint32_t count = (payload + most - 1) / most;
	struct output *outputs[FRAGMENTS_MOST];

	for (uint32_t i = 0; i < count; i++) {
		uint32_t part = i + 1 < count ? most : payload - i * most;

		outputs[i] = output_begin(way->interface, NET_ETHERNET_HEADER + headers + part);
		if (outputs[i] != NULL)
			continue;
		while (i-- > 0)
			output_cancel(way->interface, outputs[i]);
		return POSIX_ENOBUFS;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t part = i + 1 < count ? most : payload - i * most;

		fragment.offset = i * most;
		fragment.more = i + 1 < count;
		write_headers(packet, way, &fragment, part, outputs[i]);
		copy(cursor, outputs[i], part);
		dispatch(way, outputs[i]);
	}
	return 0;
}

/* Who asks for an address has none yet (RFC 4862, section 5.4.2): its source is the unspecified one. */
static bool source_good(struct netstack *stack, const struct ip_output *packet)
{
	const struct net_address *source = &packet->source;

	if (source->family == NET_FAMILY_NONE)
		return true;
	return source->family == packet->destination.family &&
	       (netstack_is_local(stack, source) || net_address_unspecified(source));
}

static int32_t find_way(struct netstack *stack, const struct ip_output *packet, struct way *way)
{
	if (packet->destination.family != NET_FAMILY_IPV4 && packet->destination.family != NET_FAMILY_IPV6)
		return POSIX_EAFNOSUPPORT;
	if (!route_find_link(stack, &packet->destination, packet->interface, way) ||
	    (packet->source.family == NET_FAMILY_NONE && way->source.family == NET_FAMILY_NONE))
		return POSIX_ENETUNREACH;
	if (way->broadcast && !packet->to_broadcast)
		return POSIX_EACCES;
	return source_good(stack, packet) ? 0 : POSIX_EADDRNOTAVAIL;
}

/* A name for what may be cut; TCP's segments from a card get theirs by it, too (RFC 6864, section 4.1). */
static uint32_t identify(struct netstack *stack, const struct ip_output *packet)
{
	if (!packet->fragment && packet->segment_size == 0)
		return 0;
	/* RFC 7739: that of IPv6 cannot be foretold. */
	return is_ipv6(packet) ? netstack_random(stack) : stack->identification++;
}

int32_t ip_output(struct netstack *stack, const struct ip_output *packet)
{
	const struct ip_fragment unfragmented = {.whole = true};
	uint32_t payload = packet->header_length, headers, longest;
	uint8_t header[IP_HEADERS];
	struct cursor cursor = {.packet = packet, .header = header};
	struct way way;
	bool whole, offload;
	int32_t status = find_way(stack, packet, &way);

	if (status != 0)
		return status;
	headers = headers_of(packet, &unfragmented);
	/* The length in IPv6's header is that of what follows. */
	longest = is_ipv6(packet) ? IPV6_PAYLOAD_LONGEST : IPV4_PACKET_LONGEST - headers;
	for (uint32_t i = 0; i < packet->piece_count; i++) {
		if (packet->pieces[i].length > longest - payload)
			return POSIX_EMSGSIZE;
		payload += packet->pieces[i].length;
	}
	if (packet->segment_size != 0)
		whole = headers + packet->header_length + packet->segment_size <= way.mtu;
	else
		whole = headers + payload <= way.mtu;
	if (!whole && !packet->fragment)
		return POSIX_EMSGSIZE;
	memcpy(header, packet->header, packet->header_length);
	offload = whole && packet->checksum_offset != IP_NO_CHECKSUM &&
	          (way.interface->card->transmit_offloads & NET_OFFLOAD_CHECKSUM);
	if (!offload && packet->checksum_offset != IP_NO_CHECKSUM)
		complete_checksum(packet, header);
	if (whole)
		return send_whole(packet, &way, &cursor, payload, identify(stack, packet), offload);
	return send_fragments(packet, &way, &cursor, payload, identify(stack, packet));
}
