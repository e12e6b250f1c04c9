/* UDP (RFC 768; RFC 1122, section 4.1), over both versions of IP. */
#include "bytes.h"
#include "checksum.h"
#include "icmp.h"
#include "netstack.h"

#define SOURCE      0
#define DESTINATION 2
#define LENGTH      4
#define CHECKSUM    6
#define UDP_HEADER  8u

static bool checksum_right(const struct ip_header *header, const struct packet *packet, uint32_t length)
{
	struct checksum sum = {0};

	if (packet->checksum_good)
		return true;
	/* RFC 8200, section 8.1: over IPv6 none may be without. */
	if (bytes_get16(packet->bytes + CHECKSUM) == 0)
		return header->source.family == NET_FAMILY_IPV4;
	sum.sum = checksum_pseudo(&header->source, &header->destination, IP_PROTOCOL_UDP, length);
	checksum_add(&sum, packet->bytes, length);
	return checksum_fold(&sum) == 0xffff;
}

static void udp_input(void *context, struct netstack *stack, const struct ip_header *header,
                      const struct packet *packet)
{
	const uint8_t *bytes = packet->bytes;
	uint32_t length;

	(void)context;
	length = packet->length >= UDP_HEADER ? bytes_get16(bytes + LENGTH) : 0;
	if (length < UDP_HEADER || length > packet->length || bytes_get16(bytes + DESTINATION) == 0) {
		netstack_drop(stack, DROP_UDP_MALFORMED);
		return;
	}
	if (!checksum_right(header, packet, length)) {
		netstack_drop(stack, DROP_UDP_CHECKSUM);
		return;
	}
	if (datagram_deliver(stack, DATAGRAM_UDP, header, bytes_get16(bytes + DESTINATION),
	                     bytes_get16(bytes + SOURCE), bytes + UDP_HEADER, length - UDP_HEADER))
		return;
	netstack_drop(stack, DROP_UDP_PORT);
	icmp_send_error(stack, header, ICMP_ERROR_PORT_UNREACHABLE);
}

/* Believed where a socket of ours has the ports that are quoted. */
static void udp_error(void *context, struct netstack *stack, const struct icmp_error *error)
{
	(void)context;
	if (datagram_error(stack, DATAGRAM_UDP, error, bytes_get16(error->transport + SOURCE),
	                   bytes_get16(error->transport + DESTINATION)) &&
	    error->kind == ICMP_ERROR_TOO_BIG)
		path_mtu_reduce(stack, &error->destination, error->mtu,
		                bytes_get16(error->transport + LENGTH) + 20u);
}

int32_t udp_send(struct netstack *stack, struct interface *interface, const struct endpoint *from,
                 const struct endpoint *to, bool to_broadcast, const struct ip_piece *pieces, uint32_t piece_count)
{
	struct ip_output packet = {
		.source = from->address,
		.destination = to->address,
		.interface = interface,
		.protocol = IP_PROTOCOL_UDP,
		.fragment = true,
		.to_broadcast = to_broadcast,
		.header_length = UDP_HEADER,
		.checksum_offset = CHECKSUM,
		.pieces = pieces,
		.piece_count = piece_count,
	};
	uint8_t header[UDP_HEADER] = {0};
	uint64_t length = UDP_HEADER;
	struct way way;

	for (uint32_t i = 0; i < piece_count; i++)
		length += pieces[i].length;
	if (length > (to->address.family == NET_FAMILY_IPV6 ? DATAGRAM_LONGEST6 : DATAGRAM_LONGEST) + UDP_HEADER)
		return POSIX_EMSGSIZE;
	/* The pseudo header needs the source now. */
	if (packet.source.family == NET_FAMILY_NONE) {
		if (!route_find(stack, &to->address, interface, &way))
			return POSIX_ENETUNREACH;
		packet.source = way.source;
	}
	bytes_put16(header + SOURCE, from->port);
	bytes_put16(header + DESTINATION, to->port);
	bytes_put16(header + LENGTH, (uint32_t)length);
	bytes_put16(header + CHECKSUM,
	            checksum_pseudo(&packet.source, &packet.destination, IP_PROTOCOL_UDP, (uint32_t)length));
	packet.header = header;
	return ip_output(stack, &packet);
}

void udp_create(struct netstack *stack)
{
	stack->transports[IP_PROTOCOL_UDP] = (struct transport){.input = udp_input, .error = udp_error};
}
