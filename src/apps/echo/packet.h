/*
 * The few formats that the responder speaks, as bytes in a frame: Ethernet, ARP
 * (RFC 826), IPv4 (RFC 791), UDP (RFC 768), and the checksum that the last two
 * share (RFC 1071). Offsets are from the beginning of the frame; fields are
 * big-endian and read byte by byte, since nothing in a frame is aligned.
 */
#ifndef DRYDOCK_APPS_ECHO_PACKET_H
#define DRYDOCK_APPS_ECHO_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#define ETHERNET_TO     0
#define ETHERNET_FROM   6
#define ETHERNET_TYPE   12
#define ETHERNET_HEADER 14u
#define ETHERNET_IPV4   0x0800u
#define ETHERNET_ARP    0x0806u

#define ARP_HARDWARE        14
#define ARP_PROTOCOL        16
#define ARP_HARDWARE_LENGTH 18
#define ARP_PROTOCOL_LENGTH 19
#define ARP_OPERATION       20
#define ARP_SENDER_HARDWARE 22
#define ARP_SENDER_PROTOCOL 28
#define ARP_TARGET_HARDWARE 32
#define ARP_TARGET_PROTOCOL 38
#define ARP_END             42u
#define ARP_REQUEST         1u
#define ARP_REPLY           2u

#define IPV4_VERSION    14
#define IPV4_LENGTH     16
#define IPV4_FRAGMENT   20 /* flags and offset */
#define IPV4_TTL        22
#define IPV4_PROTOCOL   23
#define IPV4_CHECKSUM   24
#define IPV4_FROM       26
#define IPV4_TO         30
#define IPV4_END        34u
#define IPV4_HEADER     20u
#define IPV4_UDP        17u
#define IPV4_DONT       0x4000u /* fragment */

#define UDP_FROM     34
#define UDP_TO       36
#define UDP_LENGTH   38
#define UDP_CHECKSUM 40
#define UDP_END      42u
#define UDP_HEADER   8u

static inline uint16_t packet_get16(const uint8_t *at)
{
	return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t packet_get32(const uint8_t *at)
{
	return (uint32_t)packet_get16(at) << 16 | packet_get16(at + 2);
}

static inline void packet_put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static inline void packet_put32(uint8_t *at, uint32_t value)
{
	packet_put16(at, value >> 16);
	packet_put16(at + 2, value);
}

/* The one's complement sum of `length` bytes and `sum` (RFC 1071); the checksum is its complement. */
uint16_t packet_sum(const uint8_t *bytes, uint32_t length, uint32_t sum);

/* The sum of UDP's pseudo header (RFC 768) for `length` bytes of header and data in this frame. */
uint16_t packet_pseudo_sum(const uint8_t *frame, uint32_t length);

#endif
