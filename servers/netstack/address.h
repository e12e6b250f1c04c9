/* An Internet address of either family, as it goes between the layers of the network stack. */
#ifndef NETSTACK_ADDRESS_H
#define NETSTACK_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/string.h>

struct net_address {
	uint8_t family;    /* 4, 6, or 0 for none */
	uint8_t bytes[16]; /* network order; IPv4 in the first four, the rest zero */
};

static inline uint32_t net_address_length(const struct net_address *address)
{
	return address->family == 6 ? 16 : 4;
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

#endif
