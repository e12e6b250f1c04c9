/* IPv4 (RFC 791), between the files of the stack. */
#ifndef NETSTACK_IPV4_H
#define NETSTACK_IPV4_H

#include <stdbool.h>
#include <stdint.h>

#include "ip.h"

struct netstack;
struct packet;

#define IPV4_VERSION       0 /* and the header's length */
#define IPV4_SERVICE       1
#define IPV4_LENGTH        2
#define IPV4_IDENTIFIER    4
#define IPV4_FRAGMENT      6 /* flags and offset */
#define IPV4_HOP_LIMIT     8
#define IPV4_PROTOCOL      9
#define IPV4_CHECKSUM      10
#define IPV4_SOURCE        12
#define IPV4_DESTINATION   16
#define IPV4_HEADER        20u
#define IPV4_HEADER_LONGEST 60u
#define IPV4_PACKET_LONGEST 65535u

#define IPV4_DONT_FRAGMENT  0x4000u
#define IPV4_MORE_FRAGMENTS 0x2000u
#define IPV4_OFFSET_MASK    0x1fffu /* in units of eight bytes */

/* `packet` begins behind the Ethernet header. */
void ipv4_input(struct netstack *stack, struct packet *packet);

/* Bytes of the header of a packet that goes, and the header itself, for `payload` bytes behind it. */
uint32_t ipv4_header_length(const struct ip_output *packet);
void ipv4_write_header(uint8_t *header, const struct ip_output *packet, const struct net_address *source,
                       const struct ip_fragment *fragment, uint8_t hop_limit, uint32_t payload);

/* Whether a single machine can have this address, so that it can be answered. */
static inline bool ipv4_is_somebody(uint32_t address)
{
	return address >> 24 != 0 && address >> 28 < 0xe;
}

#endif
