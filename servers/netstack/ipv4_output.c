/* IPv4 packets that go: whole, or in fragments (RFC 791, section 3.2). */
#include "ip.h"

#include "bytes.h"
#include "checksum.h"
#include "ipv4.h"
#include "netstack.h"

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

static void write_header(const struct ip_output *packet, const struct way *way, uint16_t identification,
                         uint16_t fragment, uint32_t payload, struct output *output)
{
	uint8_t header[IPV4_HEADER] = {0};

	header[IPV4_VERSION] = 0x45;
	header[IPV4_SERVICE] = packet->traffic_class;
	bytes_put16(header + IPV4_LENGTH, IPV4_HEADER + payload);
	bytes_put16(header + IPV4_IDENTIFIER, identification);
	bytes_put16(header + IPV4_FRAGMENT, fragment);
	header[IPV4_HOP_LIMIT] = packet->hop_limit;
	header[IPV4_PROTOCOL] = packet->protocol;
	bytes_put32(header + IPV4_SOURCE, packet->source.family == NET_FAMILY_NONE
	                                          ? way->source
	                                          : net_address_number(&packet->source));
	bytes_put32(header + IPV4_DESTINATION, net_address_number(&packet->destination));
	bytes_put16(header + IPV4_CHECKSUM, (uint16_t)~checksum_sum(header, IPV4_HEADER));
	output->written = NET_ETHERNET_HEADER;
	output_write(output, header, IPV4_HEADER);
}

/* Gives the frame its Ethernet header and sends it off. */
static void dispatch(const struct way *way, struct output *output)
{
	uint8_t group[NET_ADDRESS_SIZE] = {0x01, 0x00, 0x5e};

	if (way->interface->loopback) {
		ethernet_header(way->interface, output_headers(output), way->interface->card->address,
		                ETHERNET_TYPE_IPV4);
	} else if (way->broadcast) {
		ethernet_header(way->interface, output_headers(output), ethernet_broadcast, ETHERNET_TYPE_IPV4);
	} else if (way->multicast) {
		/* RFC 1112, section 6.4. */
		group[3] = (uint8_t)(way->next_hop >> 16) & 0x7f;
		bytes_put16(group + 4, way->next_hop);
		ethernet_header(way->interface, output_headers(output), group, ETHERNET_TYPE_IPV4);
	} else {
		arp_transmit(way->interface, output, way->next_hop);
		return;
	}
	output_transmit(way->interface, output);
}

/* What the card is to do with it. */
static void ask_card(const struct ip_output *packet, struct output *output)
{
	struct net_header *header = &output->frame.header;

	header->flags = NET_NEEDS_CHECKSUM;
	header->checksum_start = NET_ETHERNET_HEADER + IPV4_HEADER;
	header->checksum_offset = (uint16_t)packet->checksum_offset;
	if (packet->segment_size == 0)
		return;
	header->segmentation = NET_SEGMENT_TCP4;
	header->segment_size = (uint16_t)packet->segment_size;
	header->header_length = (uint16_t)(NET_ETHERNET_HEADER + IPV4_HEADER + packet->header_length);
}

static int32_t send_whole(const struct ip_output *packet, const struct way *way, struct cursor *cursor,
                          uint32_t payload, uint16_t identification, bool offload)
{
	struct output *output = output_begin(way->interface, NET_ETHERNET_HEADER + IPV4_HEADER + payload);

	if (output == NULL)
		return POSIX_ENOBUFS;
	write_header(packet, way, identification, packet->fragment ? 0 : IPV4_DONT_FRAGMENT, payload, output);
	copy(cursor, output, payload);
	if (offload)
		ask_card(packet, output);
	dispatch(way, output);
	return 0;
}

/* All fragments or none: there are frames and pages for all before the first goes. */
static int32_t send_fragments(const struct ip_output *packet, const struct way *way, struct cursor *cursor,
                              uint32_t payload, uint16_t identification)
{
	uint32_t most = (way->mtu - IPV4_HEADER) & ~7u;
	uint32_t count = (payload + most - 1) / most;
	struct output *outputs[IPV4_PACKET_LONGEST / ((PATH_MTU_LEAST - IPV4_HEADER) & ~7u) + 1];

	for (uint32_t i = 0; i < count; i++) {
		uint32_t part = i + 1 < count ? most : payload - i * most;

		outputs[i] = output_begin(way->interface, NET_ETHERNET_HEADER + IPV4_HEADER + part);
		if (outputs[i] != NULL)
			continue;
		while (i-- > 0)
			output_cancel(way->interface, outputs[i]);
		return POSIX_ENOBUFS;
	}
	for (uint32_t i = 0; i < count; i++) {
		uint32_t part = i + 1 < count ? most : payload - i * most;
		uint16_t more = i + 1 < count ? IPV4_MORE_FRAGMENTS : 0;

		write_header(packet, way, identification, (uint16_t)(i * most / 8 | more), part, outputs[i]);
		copy(cursor, outputs[i], part);
		dispatch(way, outputs[i]);
	}
	return 0;
}

/* Whether the source, where it is given, is ours on that way. */
static bool source_ours(struct netstack *stack, const struct ip_output *packet)
{
	return packet->source.family == NET_FAMILY_NONE ||
	       netstack_is_local(stack, net_address_number(&packet->source));
}

int32_t ip_output(struct netstack *stack, const struct ip_output *packet)
{
	uint32_t payload = packet->header_length;
	uint8_t header[IP_HEADERS];
	struct cursor cursor = {.packet = packet, .header = header};
	uint16_t identification = 0;
	struct way way;
	bool whole, offload;

	if (packet->destination.family != NET_FAMILY_IPV4)
		return POSIX_EAFNOSUPPORT;
	if (!route_find(stack, net_address_number(&packet->destination), &way))
		return POSIX_ENETUNREACH;
	if (way.broadcast && !packet->to_broadcast)
		return POSIX_EACCES;
	if (!source_ours(stack, packet))
		return POSIX_EADDRNOTAVAIL;
	for (uint32_t i = 0; i < packet->piece_count; i++) {
		if (packet->pieces[i].length > IPV4_PACKET_LONGEST - IPV4_HEADER - payload)
			return POSIX_EMSGSIZE;
		payload += packet->pieces[i].length;
	}
	if (packet->segment_size != 0)
		whole = IPV4_HEADER + packet->header_length + packet->segment_size <= way.mtu;
	else
		whole = IPV4_HEADER + payload <= way.mtu;
	if (!whole && !packet->fragment)
		return POSIX_EMSGSIZE;
	memcpy(header, packet->header, packet->header_length);
	offload = whole && packet->checksum_offset != IP_NO_CHECKSUM &&
	          (way.interface->card->transmit_offloads & NET_OFFLOAD_CHECKSUM);
	if (!offload && packet->checksum_offset != IP_NO_CHECKSUM)
		complete_checksum(packet, header);
	/* What cannot be cut needs no name (RFC 6864, section 4.1), but TCP's segments from a card get theirs by it. */
	if (packet->fragment || packet->segment_size != 0)
		identification = stack->identification++;
	if (whole)
		return send_whole(packet, &way, &cursor, payload, identification, offload);
	return send_fragments(packet, &way, &cursor, payload, identification);
}
