/* Why something was dropped. The names are shown to people: netstack_drop_name. */
#ifndef NETSTACK_DROP_H
#define NETSTACK_DROP_H

#define DROP_LIST(X) \
	X(ETHERNET_SHORT, "ethernet: shorter than its header") \
	X(ETHERNET_OTHER, "ethernet: for another machine") \
	X(ETHERNET_TYPE, "ethernet: of no known type") \
	X(ARP_MALFORMED, "arp: malformed") \
	X(NEIGHBOUR_FULL, "neighbour: too many packets wait for its answer") \
	X(NEIGHBOUR_UNANSWERED, "neighbour: it did not answer") \
	X(IPV4_HEADER, "ipv4: header malformed") \
	X(IPV4_CHECKSUM, "ipv4: header checksum wrong") \
	X(IPV4_SOURCE, "ipv4: from an address that cannot be") \
	X(IPV4_DESTINATION, "ipv4: for another machine") \
	X(IPV4_SOURCE_ROUTE, "ipv4: source routed") \
	X(IPV4_PROTOCOL, "ipv4: of no known protocol") \
	X(IPV6_HEADER, "ipv6: header malformed") \
	X(IPV6_SOURCE, "ipv6: from an address that cannot be") \
	X(IPV6_DESTINATION, "ipv6: for another machine") \
	X(IPV6_EXTENSION, "ipv6: an extension header that is not taken") \
	X(IPV6_PROTOCOL, "ipv6: of no known protocol") \
	X(FRAGMENT_MALFORMED, "fragment: malformed") \
	X(FRAGMENT_OVERLAP, "fragment: overlaps another") \
	X(FRAGMENT_MEMORY, "fragment: too many wait for the rest") \
	X(FRAGMENT_TIMEOUT, "fragment: the rest did not come") \
	X(ICMP_MALFORMED, "icmp: malformed") \
	X(ICMP_CHECKSUM, "icmp: checksum wrong") \
	X(ICMP_UNKNOWN, "icmp: nothing that is answered") \
	X(ICMP_LIMIT, "icmp: more errors than may be sent") \
	X(DISCOVERY_MALFORMED, "discovery: malformed") \
	X(DISCOVERY_UNUSED, "discovery: more than is kept") \
	X(GROUP_MALFORMED, "group: query malformed") \
	X(UDP_MALFORMED, "udp: malformed") \
	X(UDP_CHECKSUM, "udp: checksum wrong") \
	X(UDP_PORT, "udp: nobody has the port") \
	X(DHCP_UNUSABLE, "dhcp: an answer that makes no sense") \
	X(NAME_UNUSABLE, "name: an answer to no question") \
	X(TCP_MANY, "tcp: for more than one machine") \
	X(SOCKET_FULL, "socket: not read fast enough") \
	X(OUTPUT_FULL, "output: the card is behind") \
	X(OUTPUT_FAILED, "output: the card refused it")

#define DROP_ENUM(name, text) DROP_##name,
enum drop_reason {
	DROP_LIST(DROP_ENUM)
	DROP_REASONS
};
#undef DROP_ENUM

const char *netstack_drop_name(enum drop_reason reason);

#endif
