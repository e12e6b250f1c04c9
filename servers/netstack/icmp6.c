/*
 * ICMPv6 (RFC 4443): echo, errors about what others sent, and errors about what was
 * sent here. What it carries for others goes to discovery.c and group.c.
 */
#include "icmp6.h"

#include "bytes.h"
#include "checksum.h"
#include "discovery.h"
#include "icmp.h"
#include "ipv6.h"

#define IDENTIFIER 4
#define SEQUENCE   6
#define POINTER    4
#define NEXT_MTU   4

#define TYPE_UNREACHABLE   1u
#define TYPE_TOO_BIG       2u
#define TYPE_TIME_EXCEEDED 3u
#define TYPE_PARAMETER     4u
#define TYPE_ERRORS_END    128u /* RFC 4443, section 2.1 */
#define TYPE_ECHO          128u
#define TYPE_ECHO_REPLY    129u

#define CODE_PORT       4u
#define CODE_REASSEMBLY 1u

/* Section 2.4 (c): as much as fits into the smallest MTU. */
#define QUOTE_MOST (PATH_MTU_LEAST6 - IPV6_HEADER - ICMP6_HEADER)

int32_t icmp6_output(struct netstack *stack, struct ip_output *output, uint8_t *message, uint32_t length)
{
	struct way way;

	output->protocol = IP_PROTOCOL_ICMPV6;
	output->header = message;
	output->header_length = length;
	output->checksum_offset = ICMP6_CHECKSUM;
	/* The pseudo header needs the source now. */
	if (output->source.family == NET_FAMILY_NONE) {
		if (!route_find(stack, &output->destination, output->interface, &way))
			return POSIX_ENETUNREACH;
		output->source = way.source;
	}
	for (uint32_t i = 0; i < output->piece_count; i++) {
		if (output->pieces[i].length > IPV6_PAYLOAD_LONGEST - length)
			return POSIX_EMSGSIZE;
		length += output->pieces[i].length;
	}
	bytes_put16(message + ICMP6_CHECKSUM,
	            checksum_pseudo(&output->source, &output->destination, IP_PROTOCOL_ICMPV6, length));
	return ip_output(stack, output);
}

/* ---- errors about what others sent ------------------------------------------- */

/* Section 2.4 (e): what must not be answered by an error. */
static bool may_be_told(const struct ip_header *header, bool of_many)
{
	const uint8_t *message = header->quote + header->transport_at;

	if ((header->to_many && !of_many) || net_address_unspecified(&header->source) ||
	    net_address_multicast(&header->source))
		return false;
	if (header->protocol != IP_PROTOCOL_ICMPV6 || header->transport_at == 0)
		return true;
	/* About a message of ICMPv6 only where it is certainly no error itself, nor a redirect. */
	return header->quote_length > header->transport_at && message[ICMP6_TYPE] >= TYPE_ERRORS_END &&
	       message[ICMP6_TYPE] != ICMP6_REDIRECT;
}

static void send_error(struct netstack *stack, const struct ip_header *header, uint8_t *message)
{
	const struct ip_piece quote = {header->quote,
	                               header->quote_length < QUOTE_MOST ? header->quote_length : QUOTE_MOST};
	struct ip_output output = {
		.destination = header->source,
		.interface = header->interface,
		.fragment = true,
		.pieces = &quote,
		.piece_count = 1,
	};

	if (!icmp_error_allowed(stack)) {
		netstack_drop(stack, DROP_ICMP_LIMIT);
		return;
	}
	if (netstack_is_local(stack, &header->destination))
		output.source = header->destination;
	icmp6_output(stack, &output, message, ICMP6_HEADER);
}

void icmp6_parameter_problem(struct netstack *stack, const struct ip_header *header, uint8_t code,
                             uint32_t pointer)
{
	uint8_t message[ICMP6_HEADER] = {TYPE_PARAMETER, code};

	/* Section 2.4 (e.3): an option that all must know is told of to many as well. */
	if (!may_be_told(header, code == ICMP6_PROBLEM_OPTION))
		return;
	bytes_put32(message + POINTER, pointer);
	send_error(stack, header, message);
}

void icmp6_send_error(struct netstack *stack, const struct ip_header *header, enum icmp_error_kind kind)
{
	uint8_t message[ICMP6_HEADER] = {TYPE_UNREACHABLE, CODE_PORT};

	/* What is quoted does not show what it is about. */
	if (header->transport_at == 0 || !may_be_told(header, false))
		return;
	if (kind == ICMP_ERROR_PROTOCOL_UNREACHABLE) {
		icmp6_parameter_problem(stack, header, ICMP6_PROBLEM_NEXT, header->protocol_at);
		return;
	}
	if (kind == ICMP_ERROR_TIME_EXCEEDED) {
		message[ICMP6_TYPE] = TYPE_TIME_EXCEEDED;
		message[ICMP6_CODE] = CODE_REASSEMBLY;
	}
	send_error(stack, header, message);
}

/* ---- errors about what was sent here -------------------------------------------- */

void icmp6_quoted(struct netstack *stack, const uint8_t *packet, uint32_t length, enum icmp_error_kind kind,
                  uint32_t mtu)
{
	struct icmp_error error = {.kind = kind, .mtu = mtu};
	uint8_t protocol;
	uint32_t at;

	if (length < IPV6_HEADER || packet[IPV6_VERSION] >> 4 != 6)
		return;
	at = ipv6_find_transport(packet, length, &protocol);
	if (at == 0 || length - at < 8)
		return;
	error.source = net_address_ipv6(packet + IPV6_SOURCE);
	error.destination = net_address_ipv6(packet + IPV6_DESTINATION);
	error.transport = packet + at;
	error.length = length - at;
	ip_error(stack, protocol, &error);
}

static enum icmp_error_kind unreachable_kind(uint8_t code)
{
	/* By code, 0 to 6: section 3.1. */
	static const uint8_t kinds[] = {
		ICMP_ERROR_NETWORK_UNREACHABLE, ICMP_ERROR_PROHIBITED,       ICMP_ERROR_HOST_UNREACHABLE,
		ICMP_ERROR_HOST_UNREACHABLE,    ICMP_ERROR_PORT_UNREACHABLE, ICMP_ERROR_PROHIBITED,
		ICMP_ERROR_PROHIBITED,
	};

	return code < sizeof(kinds) ? kinds[code] : ICMP_ERROR_HOST_UNREACHABLE;
}

static void take_error(struct netstack *stack, const struct packet *packet)
{
	const uint8_t *message = packet->bytes;
	enum icmp_error_kind kind = ICMP_ERROR_PARAMETER;
	uint32_t mtu = 0;

	switch (message[ICMP6_TYPE]) {
	case TYPE_UNREACHABLE:
		kind = unreachable_kind(message[ICMP6_CODE]);
		break;
	case TYPE_TOO_BIG:
		kind = ICMP_ERROR_TOO_BIG;
		mtu = bytes_get32(message + NEXT_MTU);
		break;
	case TYPE_TIME_EXCEEDED:
		kind = ICMP_ERROR_TIME_EXCEEDED;
		break;
	case TYPE_PARAMETER:
		if (message[ICMP6_CODE] == ICMP6_PROBLEM_NEXT)
			kind = ICMP_ERROR_PROTOCOL_UNREACHABLE;
		break;
	}
	icmp6_quoted(stack, message + ICMP6_HEADER, packet->length - ICMP6_HEADER, kind, mtu);
}

/* ---- echo --------------------------------------------------------------------------- */

/* Section 4.2: those to a group, too, from an address of ours. */
static void answer_echo(struct netstack *stack, const struct ip_header *header, const struct packet *packet)
{
	uint8_t message[ICMP6_HEADER] = {TYPE_ECHO_REPLY};
	const struct ip_piece data = {packet->bytes + ICMP6_HEADER, packet->length - ICMP6_HEADER};
	struct ip_output output = {
		.destination = header->source,
		.interface = header->interface,
		.traffic_class = header->traffic_class,
		.fragment = true,
		.pieces = &data,
		.piece_count = 1,
	};

	if (net_address_unspecified(&header->source)) {
		netstack_drop(stack, DROP_ICMP_UNKNOWN);
		return;
	}
	if (!net_address_multicast(&header->destination))
		output.source = header->destination;
	memcpy(message + IDENTIFIER, packet->bytes + IDENTIFIER, 4);
	icmp6_output(stack, &output, message, ICMP6_HEADER);
}

int32_t icmp6_send_echo(struct netstack *stack, const struct net_address *source,
                        const struct net_address *destination, uint16_t identifier, uint16_t sequence,
                        const struct ip_piece *pieces, uint32_t piece_count)
{
	uint8_t message[ICMP6_HEADER] = {TYPE_ECHO};
	struct ip_output output = {
		.source = *source,
		.destination = *destination,
		.fragment = true,
		.pieces = pieces,
		.piece_count = piece_count,
	};

	bytes_put16(message + IDENTIFIER, identifier);
	bytes_put16(message + SEQUENCE, sequence);
	return icmp6_output(stack, &output, message, ICMP6_HEADER);
}

/* ---- the transport ---------------------------------------------------------------- */

static bool checksum_right(const struct ip_header *header, const struct packet *packet)
{
	struct checksum sum = {0};

	if (packet->checksum_good)
		return true;
	sum.sum = checksum_pseudo(&header->source, &header->destination, IP_PROTOCOL_ICMPV6, packet->length);
	checksum_add(&sum, packet->bytes, packet->length);
	return checksum_fold(&sum) == 0xffff;
}

static void take_message(struct netstack *stack, const struct ip_header *header, const struct packet *packet)
{
	const uint8_t *message = packet->bytes;

	switch (message[ICMP6_TYPE]) {
	case TYPE_UNREACHABLE:
	case TYPE_TOO_BIG:
	case TYPE_TIME_EXCEEDED:
	case TYPE_PARAMETER:
		take_error(stack, packet);
		break;
	case TYPE_ECHO:
		answer_echo(stack, header, packet);
		break;
	case TYPE_ECHO_REPLY:
		if (!datagram_deliver(stack, DATAGRAM_ECHO, header, bytes_get16(message + IDENTIFIER),
		                      bytes_get16(message + SEQUENCE), message + ICMP6_HEADER,
		                      packet->length - ICMP6_HEADER))
			netstack_drop(stack, DROP_ICMP_UNKNOWN);
		break;
	case ICMP6_ROUTER_ADVERTISEMENT:
	case ICMP6_NEIGHBOUR_SOLICITATION:
	case ICMP6_NEIGHBOUR_ADVERTISEMENT:
	case ICMP6_REDIRECT:
		discovery_input(stack, header, packet);
		break;
	case ICMP6_LISTENER_QUERY:
		listener_input(stack, header, packet);
		break;
	case ICMP6_LISTENER_REPORT:
	case ICMP6_LISTENER_DONE:
	case ICMP6_LISTENER_REPORT_2:
	case ICMP6_ROUTER_SOLICITATION:
		/* What other hosts say concerns routers alone. */
		break;
	default:
		netstack_drop(stack, DROP_ICMP_UNKNOWN);
	}
}

static void icmp6_input(void *context, struct netstack *stack, const struct ip_header *header,
                        const struct packet *packet)
{
	(void)context;
	if (packet->length < ICMP6_HEADER)
		netstack_drop(stack, DROP_ICMP_MALFORMED);
	else if (!checksum_right(header, packet))
		netstack_drop(stack, DROP_ICMP_CHECKSUM);
	else
		take_message(stack, header, packet);
}

/* About a message of ours: only echo requests concern anybody. */
static void about_icmp6(void *context, struct netstack *stack, const struct icmp_error *error)
{
	(void)context;
	if (error->transport[ICMP6_TYPE] != TYPE_ECHO)
		return;
	if (error->kind == ICMP_ERROR_TOO_BIG)
		path_mtu_reduce(stack, &error->destination, error->mtu, 0);
	datagram_error(stack, DATAGRAM_ECHO, error, bytes_get16(error->transport + IDENTIFIER),
	               bytes_get16(error->transport + SEQUENCE));
}

void icmp6_create(struct netstack *stack)
{
	stack->transports[IP_PROTOCOL_ICMPV6] =
		(struct transport){.family = NET_FAMILY_IPV6, .input = icmp6_input, .error = about_icmp6};
}
