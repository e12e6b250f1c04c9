/*
 * The checksum of the internet protocols (RFC 1071): the one's complement of the
 * one's complement sum of all 16-bit words. Sums are kept unfolded while parts are
 * added, and folded once.
 */
#ifndef NETSTACK_CHECKSUM_H
#define NETSTACK_CHECKSUM_H

#include <stdint.h>

#include "address.h"

/* A sum of bytes that lie in several places, which may each have an odd length. */
struct checksum {
	uint64_t sum;
	bool odd; /* an odd number of bytes was added */
};

/* Adds `length` bytes. */
void checksum_add(struct checksum *checksum, const void *bytes, uint32_t length);

/* The sum in 16 bits. Of bytes that contain a right checksum it is 0xffff. */
uint16_t checksum_fold(const struct checksum *checksum);

/* The folded sum of one run of bytes. */
uint16_t checksum_sum(const void *bytes, uint32_t length);

/*
 * The folded sum of the pseudo header of TCP, UDP and ICMPv6 (RFC 9293, section
 * 3.1; RFC 8200, section 8.1) for `length` bytes of the transport's header and data.
 */
uint16_t checksum_pseudo(const struct net_address *source, const struct net_address *destination,
                         uint8_t protocol, uint32_t length);

#endif
