/*
 * ICMP (RFC 792; RFC 1122, section 3.2.2): echo, errors about what others sent,
 * and errors about what was sent here.
 */
#include "icmp.h"

#include "bytes.h"
#include "checksum.h"
#include "icmp6.h"
#include "ipv4.h"

#define TYPE       0
#define CODE       1
#define CHECKSUM   2
#define IDENTIFIER 4
#define SEQUENCE   6
#define NEXT_MTU   6 /* RFC 1191, section 4 */
#define ICMP_HEADER 8u

#define TYPE_ECHO_REPLY      0u
#define TYPE_UNREACHABLE     3u
#define TYPE_ECHO            8u
#define TYPE_TIME_EXCEEDED   11u
#define TYPE_PARAMETER       12u

#define CODE_PROTOCOL        2u
#define CODE_PORT            3u
#define CODE_FRAGMENTATION   4u
#define CODE_REASSEMBLY      1u

#define QUOTE_MOST 548u /* RFC 1812, section 4.3.2.3: 576 bytes with both headers */

/* Linux's limits: net.ipv4.icmp_msgs_per_sec and icmp_msgs_burst. */
#define ERRORS_PER_SECOND 1000u
#define ERRORS_AT_ONCE    50u

/* ---- errors about what others sent ------------------------------------------- */

bool icmp_error_allowed(struct netstack *stack)
{
	uint64_t now = netstack_now(stack);
	uint64_t earned = (now - stack->error_credit_time) / (NETSTACK_SECOND / ERRORS_PER_SECOND);

	if (earned > 0) {
		uint64_t credit = stack->error_credit + earned;

		stack->error_credit = credit < ERRORS_AT_ONCE ? (uint32_t)credit : ERRORS_AT_ONCE;
		stack->error_credit_time = now;
	}
	if (stack->error_credit == 0)
		return false;
	stack->error_credit--;
	return true;
}

/* RFC 1122, section 3.2.2: what must not be answered by an error. */
static bool may_be_told(const struct ip_header *header)
{
	const uint8_t *message = header->quote + header->transport_at;

	if (header->to_many || !ipv4_is_somebody(net_address_number(&header->source)) || header->transport_at == 0)
		return false;
	if (header->protocol != IP_PROTOCOL_ICMP)
		return true;
	/* About an ICMP message only where it is certainly no error itself. */
	return header->quote_length > header->transport_at &&
	       (message[TYPE] == TYPE_ECHO || message[TYPE] == TYPE_ECHO_REPLY);
}

void icmp_send_error(struct netstack *stack, const struct ip_header *header, enum icmp_error_kind kind)
{
	uint8_t message[ICMP_HEADER] = {TYPE_UNREACHABLE, CODE_PORT};
	const struct ip_piece quote = {
		header->quote, header->quote_length < QUOTE_MOST ? header->quote_length : QUOTE_MOST};

	if (header->source.family == NET_FAMILY_IPV6) {
		icmp6_send_error(stack, header, kind);
		return;
	}
	if (!may_be_told(header))
		return;
	if (!icmp_error_allowed(stack)) {
		netstack_drop(stack, DROP_ICMP_LIMIT);
		return;
	}
	if (kind == ICMP_ERROR_PROTOCOL_UNREACHABLE)
		message[CODE] = CODE_PROTOCOL;
	if (kind == ICMP_ERROR_TIME_EXCEEDED) {
		message[TYPE] = TYPE_TIME_EXCEEDED;
		message[CODE] = CODE_REASSEMBLY;
	}
	ip_output(stack, &(struct ip_output){
				 .source = header->destination,
				 .destination = header->source,
				 .protocol = IP_PROTOCOL_ICMP,
				 /* Internetwork control: RFC 1812, section 4.3.2.5. */
				 .traffic_class = 0xc0,
				 .fragment = true,
				 .header = message,
				 .header_length = ICMP_HEADER,
				 .checksum_offset = CHECKSUM,
				 .pieces = &quote,
				 .piece_count = 1,
			 });
}

/* ---- errors about what was sent here -------------------------------------------- */

static void tell_transport(struct netstack *stack, const uint8_t *quote, uint32_t length,
                           enum icmp_error_kind kind, uint32_t mtu)
{
	struct icmp_error error = {.kind = kind, .mtu = mtu};
	uint32_t size;

	if (length < IPV4_HEADER || quote[IPV4_VERSION] >> 4 != 4)
		return;
	size = (quote[IPV4_VERSION] & 0xfu) * 4;
	if (size < IPV4_HEADER || length < size + 8 ||
	    (bytes_get16(quote + IPV4_FRAGMENT) & IPV4_OFFSET_MASK) != 0)
		return;
	error.source = net_address_ipv4(bytes_get32(quote + IPV4_SOURCE));
	error.destination = net_address_ipv4(bytes_get32(quote + IPV4_DESTINATION));
	error.transport = quote + size;
	error.length = length - size;
	ip_error(stack, quote[IPV4_PROTOCOL], &error);
}

void icmp_unreachable_here(struct netstack *stack, const uint8_t *packet, uint32_t length)
{
	if (packet[IPV4_VERSION] >> 4 == 6)
		icmp6_quoted(stack, packet, length, ICMP_ERROR_HOST_UNREACHABLE, 0);
	else
		tell_transport(stack, packet, length, ICMP_ERROR_HOST_UNREACHABLE, 0);
}

static enum icmp_error_kind unreachable_kind(uint8_t code)
{
	/* By code, 0 to 15: RFC 792, RFC 1122, section 3.2.2.1, and RFC 1812, section 5.2.7.1. */
	static const uint8_t kinds[] = {
		ICMP_ERROR_NETWORK_UNREACHABLE,  ICMP_ERROR_HOST_UNREACHABLE, ICMP_ERROR_PROTOCOL_UNREACHABLE,
		ICMP_ERROR_PORT_UNREACHABLE,     ICMP_ERROR_TOO_BIG,          ICMP_ERROR_HOST_UNREACHABLE,
		ICMP_ERROR_NETWORK_UNREACHABLE,  ICMP_ERROR_HOST_UNREACHABLE, ICMP_ERROR_HOST_UNREACHABLE,
		ICMP_ERROR_NETWORK_UNREACHABLE,  ICMP_ERROR_HOST_UNREACHABLE, ICMP_ERROR_NETWORK_UNREACHABLE,
		ICMP_ERROR_HOST_UNREACHABLE,     ICMP_ERROR_PROHIBITED,       ICMP_ERROR_HOST_UNREACHABLE,
		ICMP_ERROR_PROHIBITED,
	};

	return code < sizeof(kinds) ? kinds[code] : ICMP_ERROR_HOST_UNREACHABLE;
}

static void take_error(struct netstack *stack, const struct packet *packet)
{
	const uint8_t *message = packet->bytes;
	enum icmp_error_kind kind = ICMP_ERROR_PARAMETER;
	uint32_t mtu = 0;

	if (message[TYPE] == TYPE_UNREACHABLE)
		kind = unreachable_kind(message[CODE]);
	else if (message[TYPE] == TYPE_TIME_EXCEEDED)
		kind = ICMP_ERROR_TIME_EXCEEDED;
	if (kind == ICMP_ERROR_TOO_BIG)
		mtu = bytes_get16(message + NEXT_MTU);
	tell_transport(stack, message + ICMP_HEADER, packet->length - ICMP_HEADER, kind, mtu);
}

int32_t icmp_error_status(enum icmp_error_kind kind)
{
	switch (kind) {
	case ICMP_ERROR_NETWORK_UNREACHABLE:
		return POSIX_ENETUNREACH;
	case ICMP_ERROR_HOST_UNREACHABLE:
	case ICMP_ERROR_PROHIBITED:
	case ICMP_ERROR_TIME_EXCEEDED:
		return POSIX_EHOSTUNREACH;
	case ICMP_ERROR_PROTOCOL_UNREACHABLE:
		return POSIX_ENOPROTOOPT;
	case ICMP_ERROR_PORT_UNREACHABLE:
		return POSIX_ECONNREFUSED;
	case ICMP_ERROR_PARAMETER:
		return POSIX_EPROTO;
	case ICMP_ERROR_TOO_BIG:
		return POSIX_EMSGSIZE;
	}
	return 0;
}

/* ---- echo --------------------------------------------------------------------------- */

/* RFC 1122, section 3.2.2.6: everything comes back as it came. Those to everybody are not answered, as on Linux. */
static void answer_echo(struct netstack *stack, const struct ip_header *header, const struct packet *packet)
{
	uint8_t message[ICMP_HEADER] = {TYPE_ECHO_REPLY};
	const struct ip_piece data = {packet->bytes + ICMP_HEADER, packet->length - ICMP_HEADER};

	if (header->to_many || !ipv4_is_somebody(net_address_number(&header->source))) {
		netstack_drop(stack, DROP_ICMP_UNKNOWN);
		return;
	}
	memcpy(message + IDENTIFIER, packet->bytes + IDENTIFIER, 4);
	ip_output(stack, &(struct ip_output){
				 .source = header->destination,
				 .destination = header->source,
				 .protocol = IP_PROTOCOL_ICMP,
				 .traffic_class = header->traffic_class,
				 .fragment = true,
				 .header = message,
				 .header_length = ICMP_HEADER,
				 .checksum_offset = CHECKSUM,
				 .pieces = &data,
				 .piece_count = 1,
			 });
}

int32_t icmp_send_echo(struct netstack *stack, const struct net_address *source,
                       const struct net_address *destination, uint16_t identifier, uint16_t sequence,
                       bool to_broadcast, const struct ip_piece *pieces, uint32_t piece_count)
{
	uint8_t message[ICMP_HEADER] = {TYPE_ECHO};

	bytes_put16(message + IDENTIFIER, identifier);
	bytes_put16(message + SEQUENCE, sequence);
	return ip_output(stack, &(struct ip_output){
					.source = *source,
					.destination = *destination,
					.protocol = IP_PROTOCOL_ICMP,
					.fragment = true,
					.to_broadcast = to_broadcast,
					.header = message,
					.header_length = ICMP_HEADER,
					.checksum_offset = CHECKSUM,
					.pieces = pieces,
					.piece_count = piece_count,
				});
}

/* ---- the transport ---------------------------------------------------------------- */

static void icmp_input(void *context, struct netstack *stack, const struct ip_header *header,
                       const struct packet *packet)
{
	const uint8_t *message = packet->bytes;

	(void)context;
	if (packet->length < ICMP_HEADER) {
		netstack_drop(stack, DROP_ICMP_MALFORMED);
		return;
	}
	if (!packet->checksum_good && checksum_sum(message, packet->length) != 0xffff) {
		netstack_drop(stack, DROP_ICMP_CHECKSUM);
		return;
	}
	switch (message[TYPE]) {
	case TYPE_ECHO:
		answer_echo(stack, header, packet);
		break;
	case TYPE_ECHO_REPLY:
		/* The sequence number is shown to the socket as a port: there is no better place. */
		if (!datagram_deliver(stack, DATAGRAM_ECHO, header, bytes_get16(message + IDENTIFIER),
		                      bytes_get16(message + SEQUENCE), message + ICMP_HEADER,
		                      packet->length - ICMP_HEADER))
			netstack_drop(stack, DROP_ICMP_UNKNOWN);
		break;
	case TYPE_UNREACHABLE:
	case TYPE_TIME_EXCEEDED:
	case TYPE_PARAMETER:
		take_error(stack, packet);
		break;
	default:
		netstack_drop(stack, DROP_ICMP_UNKNOWN);
	}
}

/* About a message of ours: only echo requests concern anybody. */
static void icmp_about_icmp(void *context, struct netstack *stack, const struct icmp_error *error)
{
	(void)context;
	if (error->transport[TYPE] != TYPE_ECHO)
		return;
	if (error->kind == ICMP_ERROR_TOO_BIG)
		path_mtu_reduce(stack, &error->destination, error->mtu, error->length);
	datagram_error(stack, DATAGRAM_ECHO, error, bytes_get16(error->transport + IDENTIFIER),
	               bytes_get16(error->transport + SEQUENCE));
}

void icmp_create(struct netstack *stack)
{
	stack->error_credit = ERRORS_AT_ONCE;
	stack->transports[IP_PROTOCOL_ICMP] =
		(struct transport){.family = NET_FAMILY_IPV4, .input = icmp_input, .error = icmp_about_icmp};
}
