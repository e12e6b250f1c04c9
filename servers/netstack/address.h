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

#endif
