/*
 * Addresses of the internet protocols, as sockets and transports see them: four
 * bytes or sixteen, in network order, with the family beside them.
 */
#ifndef NETSTACK_ADDRESS_H
#define NETSTACK_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/string.h>

enum net_family {
	NET_FAMILY_NONE = 0,
	NET_FAMILY_IPV4 = 4,
	NET_FAMILY_IPV6 = 6,
};

/* Of an IPv4 address the first four bytes count, and the rest is zero. */
struct net_address {
	uint8_t family; /* enum net_family */
	uint8_t bytes[16];
};

/* How many bytes of an address count. */
static inline uint32_t net_address_length(const struct net_address *address)
{
	return address->family == NET_FAMILY_IPV4 ? 4 : 16;
}

static inline bool net_address_equal(const struct net_address *left, const struct net_address *right)
{
	return left->family == right->family &&
	       memcmp(left->bytes, right->bytes, net_address_length(left)) == 0;
}

/* No address, or the family's unspecified one: 0.0.0.0 or ::. */
static inline bool net_address_unspecified(const struct net_address *address)
{
	for (uint32_t at = 0; at < net_address_length(address); at++) {
		if (address->bytes[at] != 0)
			return false;
	}
	return true;
}

/* What a socket has that is not bound to one address, of whatever family: that of all that it takes, or none. */
static inline bool net_address_any(const struct net_address *address)
{
	return address->family == NET_FAMILY_NONE || net_address_unspecified(address);
}

/* Whether the first `prefix` bits of both are the same, and the family. */
static inline bool net_address_within(const struct net_address *address, const struct net_address *network,
                                      uint32_t prefix)
{
	uint32_t whole = prefix / 8, rest = prefix % 8;

	return address->family == network->family && memcmp(address->bytes, network->bytes, whole) == 0 &&
	       (rest == 0 || ((address->bytes[whole] ^ network->bytes[whole]) >> (8 - rest)) == 0);
}

/* The address with all bits behind the first `prefix` zero. */
static inline struct net_address net_address_network(const struct net_address *address, uint32_t prefix)
{
	struct net_address network = {.family = address->family};
	uint32_t whole = prefix / 8, rest = prefix % 8;

	memcpy(network.bytes, address->bytes, whole);
	if (rest != 0)
		network.bytes[whole] = (uint8_t)(address->bytes[whole] & (0xffu << (8 - rest)));
	return network;
}

/* A group's: 224.0.0.0/4 or ff00::/8. */
static inline bool net_address_multicast(const struct net_address *address)
{
	return address->family == NET_FAMILY_IPV4 ? address->bytes[0] >> 4 == 0xe : address->bytes[0] == 0xff;
}

/* fe80::/10: on one link (RFC 4291, section 2.5.6). Of IPv4 none is meant. */
static inline bool net_address_link_local(const struct net_address *address)
{
	return address->family == NET_FAMILY_IPV6 && address->bytes[0] == 0xfe && address->bytes[1] >> 6 == 2;
}

/* This machine, whichever it is: 127.0.0.0/8 or ::1. */
static inline bool net_address_loopback(const struct net_address *address)
{
	if (address->family == NET_FAMILY_IPV4)
		return address->bytes[0] == 127;
	for (uint32_t at = 0; at < 15; at++) {
		if (address->bytes[at] != 0)
			return false;
	}
	return address->bytes[15] == 1;
}

/* Sixteen bytes in network order. */
static inline struct net_address net_address_ipv6(const uint8_t *bytes)
{
	struct net_address address = {.family = NET_FAMILY_IPV6};

	memcpy(address.bytes, bytes, 16);
	return address;
}

/* An IPv4 address and its number: 10.77.0.2 is 0x0a4d0002. */
static inline struct net_address net_address_ipv4(uint32_t number)
{
	return (struct net_address){
		.family = NET_FAMILY_IPV4,
		.bytes = {(uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
		          (uint8_t)number},
	};
}

static inline uint32_t net_address_number(const struct net_address *address)
{
	return (uint32_t)address->bytes[0] << 24 | (uint32_t)address->bytes[1] << 16 |
	       (uint32_t)address->bytes[2] << 8 | address->bytes[3];
}

/* An address as protocols carry it: two numbers, the first byte the highest of *high. */
static inline void net_address_give(const struct net_address *address, uint64_t *high, uint64_t *low)
{
	*high = *low = 0;
	for (uint32_t at = 0; at < 8; at++) {
		*high = *high << 8 | address->bytes[at];
		*low = *low << 8 | address->bytes[8 + at];
	}
}

static inline struct net_address net_address_take(uint8_t family, uint64_t high, uint64_t low)
{
	struct net_address address = {.family = family};

	for (uint32_t at = 0; at < net_address_length(&address); at++)
		address.bytes[at] = (uint8_t)((at < 8 ? high : low) >> (56 - at % 8 * 8));
	return address;
}

/* ::ffff:0:0/96, which stands for an IPv4 address (RFC 4291, section 2.5.5.2). */
static inline bool net_address_mapped(const struct net_address *address)
{
	static const struct net_address mapped = {NET_FAMILY_IPV6, {[10] = 0xff, [11] = 0xff}};

	return net_address_within(address, &mapped, 96);
}

#endif
