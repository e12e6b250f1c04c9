/* IPv6 packets that have come, with their extension headers, and the headers of those that go (RFC 8200). */
#include "ipv6.h"

#include "bytes.h"
#include "group.h"
#include "icmp.h"
#include "icmp6.h"
#include "netstack.h"

#define EXTENSION_LEAST 8u /* bytes, and the unit of their length */
#define OPTION_PAD1     0u
#define OPTION_PADN     1u
#define ROUTING_TYPE    2
#define ROUTING_LEFT    3
#define FRAGMENT_OFFSET 2
#define FRAGMENT_NAME   4
#define MORE_FRAGMENTS  1u
#define OFFSET_MASK     0xfff8u     /* in bytes */
#define ROUTER_ALERT    0x05020000u /* RFC 2711, section 2.1: multicast listener discovery */

/* A packet whose headers are being read. */
struct chain {
	struct netstack *stack;
	struct ip_header *header;
	struct packet *packet; /* what is left of it, from the next header on */
	uint8_t next;          /* which header that is */
	uint32_t at;           /* where it begins in what would be quoted; 0: nowhere */
	uint32_t named_at;     /* where in there `next` was read */
	uint32_t count;        /* of extension headers */
	void *memory;          /* a packet that was put together; to be freed */
};

/* ---- extension headers -------------------------------------------------------------- */

static bool refuse(struct chain *chain, enum drop_reason reason)
{
	netstack_drop(chain->stack, reason);
	return false;
}

/* The sender is told what is wrong at `offset` of this header. */
static bool problem(struct chain *chain, uint8_t code, uint32_t offset)
{
	if (chain->at != 0)
		icmp6_parameter_problem(chain->stack, chain->header, code, chain->at + offset);
	return refuse(chain, DROP_IPV6_EXTENSION);
}

/* Goes on to the header behind `length` bytes, which the first byte of this one names. */
static void advance(struct chain *chain, uint32_t length)
{
	chain->next = chain->packet->bytes[0];
	chain->packet->bytes += length;
	chain->packet->length -= length;
	chain->named_at = chain->at;
	if (chain->at != 0)
		chain->at += length;
}

/* The whole length of this extension header; 0: it is cut off. */
static uint32_t extension_length(const uint8_t *bytes, uint32_t left)
{
	uint32_t length = left >= EXTENSION_LEAST ? (bytes[1] + 1u) * EXTENSION_LEAST : 0;

	return length <= left ? length : 0;
}

/* RFC 8200, section 4.2: an option's two highest bits say what becomes of whoever does not know it. */
static bool unknown_option(struct chain *chain, uint8_t type, uint32_t offset)
{
	switch (type >> 6) {
	case 0:
		return true;
	case 1:
		return refuse(chain, DROP_IPV6_EXTENSION);
	case 2:
		return problem(chain, ICMP6_PROBLEM_OPTION, offset);
	default:
		return chain->header->to_many ? refuse(chain, DROP_IPV6_EXTENSION)
		                              : problem(chain, ICMP6_PROBLEM_OPTION, offset);
	}
}

/* None of the options there are is known here: all act on routers, or between those who agree on them. */
static bool take_options(struct chain *chain, uint32_t length)
{
	const uint8_t *bytes = chain->packet->bytes;
	uint32_t at = 2, count = 0;

	while (at < length) {
		uint32_t size = 1;

		if (bytes[at] != OPTION_PAD1) {
			if (length - at < 2 || bytes[at + 1] > length - at - 2)
				return problem(chain, ICMP6_PROBLEM_HEADER, at);
			size = 2u + bytes[at + 1];
		}
		if (bytes[at] > OPTION_PADN) {
			if (++count > IPV6_OPTIONS)
				return refuse(chain, DROP_IPV6_EXTENSION);
			if (!unknown_option(chain, bytes[at], at))
				return false;
		}
		at += size;
	}
	return true;
}

/* RFC 8200, section 4.4: what is at the end of its way may be passed over; type 0 is no more (RFC 5095). */
static bool take_routing(struct chain *chain)
{
	return chain->packet->bytes[ROUTING_LEFT] == 0 || problem(chain, ICMP6_PROBLEM_HEADER, ROUTING_TYPE);
}

static bool take_extension(struct chain *chain)
{
	uint32_t length = extension_length(chain->packet->bytes, chain->packet->length);

	if (length == 0)
		return refuse(chain, DROP_IPV6_HEADER);
	if (!(chain->next == IPV6_NEXT_ROUTING ? take_routing(chain) : take_options(chain, length)))
		return false;
	advance(chain, length);
	return true;
}

/* ---- fragments ---------------------------------------------------------------------- */

static bool is_extension(uint8_t next)
{
	return next == IPV6_NEXT_HOP_BY_HOP || next == IPV6_NEXT_ROUTING || next == IPV6_NEXT_DESTINATION;
}

/* Passes over extension headers, to the first of another kind; UINT32_MAX: they go beyond `length` bytes. */
static uint32_t pass_extensions(const uint8_t *bytes, uint32_t length, uint8_t *next)
{
	uint32_t at = 0, count = 0;

	while (is_extension(*next)) {
		uint32_t size = extension_length(bytes + at, length - at);

		if (size == 0 || ++count > IPV6_EXTENSIONS)
			return UINT32_MAX;
		*next = bytes[at];
		at += size;
	}
	return at;
}

/* RFC 7112: all headers are in the first fragment, so that whoever filters by them can see them. */
static bool headers_whole(uint8_t next, const uint8_t *bytes, uint32_t length)
{
	uint32_t at = pass_extensions(bytes, length, &next);
	uint32_t least = next == IP_PROTOCOL_TCP ? 20 : next == IPV6_NEXT_NONE ? 0 : 8;

	return at != UINT32_MAX && length - at >= least;
}

/* What is in the way of putting this fragment together with others; `offset` is that of its payload. */
static bool fragment_good(struct chain *chain, uint32_t offset, bool more, uint8_t next,
                          const struct packet *payload)
{
	uint32_t before = chain->at - IPV6_HEADER;

	if (more && payload->length % 8 != 0) {
		icmp6_parameter_problem(chain->stack, chain->header, ICMP6_PROBLEM_HEADER, IPV6_LENGTH);
		return refuse(chain, DROP_FRAGMENT_MALFORMED);
	}
	if (offset + payload->length + before > IPV6_PAYLOAD_LONGEST)
		return problem(chain, ICMP6_PROBLEM_HEADER, FRAGMENT_OFFSET);
	if (offset == 0 && !headers_whole(next, payload->bytes, payload->length)) {
		icmp6_parameter_problem(chain->stack, chain->header, ICMP6_PROBLEM_INCOMPLETE, 0);
		return refuse(chain, DROP_FRAGMENT_MALFORMED);
	}
	return true;
}

static bool take_fragment(struct chain *chain)
{
	const uint8_t *bytes = chain->packet->bytes;
	struct packet payload = *chain->packet;
	uint32_t name, offset;
	bool more;

	if (payload.length < EXTENSION_LEAST || chain->memory != NULL)
		return refuse(chain, DROP_FRAGMENT_MALFORMED);
	name = bytes_get32(bytes + FRAGMENT_NAME);
	offset = bytes_get16(bytes + FRAGMENT_OFFSET) & OFFSET_MASK;
	more = bytes[FRAGMENT_OFFSET + 1] & MORE_FRAGMENTS;
	/* RFC 6946: a packet that is all of its fragments has to do with no other. */
	if (offset == 0 && !more) {
		advance(chain, EXTENSION_LEAST);
		return true;
	}
	payload.bytes += EXTENSION_LEAST;
	payload.length -= EXTENSION_LEAST;
	if (!fragment_good(chain, offset, more, bytes[0], &payload))
		return false;
	chain->header->protocol = bytes[0];
	chain->header->transport_at = offset == 0 ? chain->at + EXTENSION_LEAST : 0;
	advance(chain, EXTENSION_LEAST);
	chain->at = chain->header->transport_at;
	*chain->packet = payload;
	if (!reassembly_add(chain->stack, chain->header, name, offset, more, chain->packet, &chain->memory))
		return false;
	chain->next = chain->header->protocol;
	return true;
}

/* ---- packets that have come ------------------------------------------------------------ */

/* Up to the transport's header. False: it was dropped, or waits for the rest. */
static bool read_chain(struct chain *chain)
{
	bool first = true;

	while (is_extension(chain->next) || chain->next == IPV6_NEXT_FRAGMENT) {
		if (++chain->count > IPV6_EXTENSIONS)
			return refuse(chain, DROP_IPV6_EXTENSION);
		if (chain->next == IPV6_NEXT_HOP_BY_HOP && !first) {
			/* RFC 8200, section 4.1: only right behind the header. */
			if (chain->at != 0)
				icmp6_parameter_problem(chain->stack, chain->header, ICMP6_PROBLEM_NEXT,
				                        chain->named_at);
			return refuse(chain, DROP_IPV6_EXTENSION);
		}
		first = false;
		if (!(chain->next == IPV6_NEXT_FRAGMENT ? take_fragment(chain) : take_extension(chain)))
			return false;
	}
	chain->header->protocol = chain->next;
	chain->header->protocol_at = chain->named_at;
	chain->header->transport_at = chain->at;
	/* RFC 8200, section 4.7. */
	return chain->next != IPV6_NEXT_NONE;
}

/* Whether the packet is one, all of it; cuts off what the link has padded. */
static bool header_good(struct packet *packet)
{
	const uint8_t *bytes = packet->bytes;
	uint32_t payload;

	if (packet->length < IPV6_HEADER || bytes[IPV6_VERSION] >> 4 != 6)
		return false;
	payload = bytes_get16(bytes + IPV6_LENGTH);
	if (payload > packet->length - IPV6_HEADER)
		return false;
	packet->length = IPV6_HEADER + payload;
	return true;
}

/* Who cannot have sent it. Nobody (::) may ask for addresses: discovery.c and group.c judge that. */
static bool source_good(const struct netstack *stack, const struct interface *interface,
                        const struct net_address *source, uint8_t next)
{
	if (interface->loopback)
		return netstack_is_local(stack, source);
	if (net_address_unspecified(source))
		return next == IP_PROTOCOL_ICMPV6 || next == IPV6_NEXT_HOP_BY_HOP;
	return !net_address_multicast(source) && !net_address_loopback(source) &&
	       !netstack_is_local(stack, source);
}

static bool destination_good(const struct netstack *stack, struct interface *interface,
                             const struct net_address *destination)
{
	if (net_address_multicast(destination))
		return group_member(interface, destination);
	if (net_address_loopback(destination) && !interface->loopback)
		return false;
	return netstack_is_local(stack, destination);
}

void ipv6_input(struct netstack *stack, struct packet *packet)
{
	const uint8_t *bytes = packet->bytes;
	struct ip_header header;
	struct chain chain = {.stack = stack, .header = &header, .packet = packet};

	if (!packet->interface->ipv6.enabled) {
		netstack_drop(stack, DROP_ETHERNET_TYPE);
		return;
	}
	if (!header_good(packet)) {
		netstack_drop(stack, DROP_IPV6_HEADER);
		return;
	}
	header = (struct ip_header){
		.source = net_address_ipv6(bytes + IPV6_SOURCE),
		.destination = net_address_ipv6(bytes + IPV6_DESTINATION),
		.interface = packet->interface,
		.traffic_class = (uint8_t)(bytes_get16(bytes + IPV6_VERSION) >> 4),
		.hop_limit = bytes[IPV6_HOP_LIMIT],
		.quote = bytes,
		.quote_length = packet->length,
	};
	header.to_many = net_address_multicast(&header.destination) || packet->link_broadcast;
	chain.next = bytes[IPV6_NEXT_HEADER];
	chain.named_at = IPV6_NEXT_HEADER;
	chain.at = IPV6_HEADER;
	if (!source_good(stack, packet->interface, &header.source, chain.next)) {
		netstack_drop(stack, DROP_IPV6_SOURCE);
		return;
	}
	if (!destination_good(stack, packet->interface, &header.destination)) {
		netstack_drop(stack, DROP_IPV6_DESTINATION);
		return;
	}
	packet->bytes += IPV6_HEADER;
	packet->length -= IPV6_HEADER;
	if (read_chain(&chain)) {
		if (net_address_unspecified(&header.source) && header.protocol != IP_PROTOCOL_ICMPV6)
			netstack_drop(stack, DROP_IPV6_SOURCE);
		else
			ip_deliver(stack, &header, packet);
	}
	netstack_free(stack, chain.memory);
}

uint32_t ipv6_find_transport(const uint8_t *packet, uint32_t length, uint8_t *protocol)
{
	uint32_t at = IPV6_HEADER, more;

	*protocol = packet[IPV6_NEXT_HEADER];
	for (uint32_t fragments = 0;; fragments++) {
		more = pass_extensions(packet + at, length - at, protocol);
		if (more == UINT32_MAX)
			return 0;
		at += more;
		if (*protocol != IPV6_NEXT_FRAGMENT)
			return at;
		if (fragments > 0 || length - at < EXTENSION_LEAST ||
		    (bytes_get16(packet + at + FRAGMENT_OFFSET) & OFFSET_MASK) != 0)
			return 0;
		*protocol = packet[at];
		at += EXTENSION_LEAST;
	}
}

/* ---- headers of packets that go -------------------------------------------------------- */

uint32_t ipv6_header_length(const struct ip_output *packet, const struct ip_fragment *fragment)
{
	return IPV6_HEADER + (packet->router_alert ? EXTENSION_LEAST : 0) +
	       (fragment->whole ? 0 : EXTENSION_LEAST);
}

void ipv6_write_header(uint8_t *header, const struct ip_output *packet, const struct net_address *source,
                       const struct ip_fragment *fragment, uint8_t hop_limit, uint32_t payload)
{
	uint8_t *next = header + IPV6_NEXT_HEADER, *at = header + IPV6_HEADER;

	bytes_put32(header + IPV6_VERSION, 6u << 28 | (uint32_t)packet->traffic_class << 20);
	bytes_put16(header + IPV6_LENGTH, ipv6_header_length(packet, fragment) - IPV6_HEADER + payload);
	header[IPV6_HOP_LIMIT] = hop_limit;
	memcpy(header + IPV6_SOURCE, source->bytes, 16);
	memcpy(header + IPV6_DESTINATION, packet->destination.bytes, 16);
	if (packet->router_alert) {
		*next = IPV6_NEXT_HOP_BY_HOP;
		next = at;
		at[1] = 0;
		bytes_put32(at + 2, ROUTER_ALERT);
		at[6] = OPTION_PADN;
		at[7] = 0;
		at += EXTENSION_LEAST;
	}
	if (!fragment->whole) {
		*next = IPV6_NEXT_FRAGMENT;
		next = at;
		at[1] = 0;
		bytes_put16(at + FRAGMENT_OFFSET, fragment->offset | (fragment->more ? MORE_FRAGMENTS : 0));
		bytes_put32(at + FRAGMENT_NAME, fragment->identification);
	}
	*next = packet->protocol;
}
