/* Segments on the wire: RFC 9293, section 3.1; options of RFC 7323 and 2018. */
#ifndef NETSTACK_TCP_SEGMENT_H
#define NETSTACK_TCP_SEGMENT_H

#include "tcp.h"

#define TCP_FLAG_FIN 0x01u
#define TCP_FLAG_SYN 0x02u
#define TCP_FLAG_RST 0x04u
#define TCP_FLAG_PSH 0x08u
#define TCP_FLAG_ACK 0x10u
#define TCP_FLAG_URG 0x20u
#define TCP_FLAG_ECE 0x40u
#define TCP_FLAG_CWR 0x80u

#define TCP_HEADER_MINIMUM      20u
#define TCP_HEADER_MAXIMUM      60u
#define TCP_TIMESTAMPS_LENGTH   12u /* bytes, with padding */
#define TCP_SACK_BLOCKS_MAXIMUM 4u
#define TCP_SCALE_MAXIMUM       14u /* RFC 7323, section 2.3 */

/* Sequence numbers are compared modulo 2^32 (RFC 9293, section 3.4). */
static inline bool sequence_before(uint32_t left, uint32_t right)
{
	return (int32_t)(left - right) < 0;
}

static inline bool sequence_after(uint32_t left, uint32_t right)
{
	return sequence_before(right, left);
}

static inline uint32_t sequence_minimum(uint32_t left, uint32_t right)
{
	return sequence_before(left, right) ? left : right;
}

static inline uint32_t sequence_maximum(uint32_t left, uint32_t right)
{
	return sequence_before(left, right) ? right : left;
}

struct tcp_block {
	uint32_t start, end; /* sequence numbers, end not included */
};

/* A segment, read or to be written. */
struct tcp_segment {
	uint16_t source_port, destination_port;
	uint32_t sequence, acknowledgement;
	uint8_t flags;
	uint16_t window;       /* as in the header, unscaled */
	uint16_t urgent;
	uint16_t maximum_size; /* option MSS; 0: none */
	bool has_scale, sack_permitted, has_timestamps;
	uint8_t scale;
	uint8_t block_count;
	uint32_t timestamp, timestamp_echo;
	struct tcp_block blocks[TCP_SACK_BLOCKS_MAXIMUM];
	const uint8_t *payload;
	uint32_t length;       /* bytes of payload */
	uint8_t ecn;           /* of the IP header */
};

/* Payload, and one each for SYN and FIN. */
static inline uint32_t tcp_segment_span(const struct tcp_segment *segment)
{
	return segment->length + !!(segment->flags & TCP_FLAG_SYN) + !!(segment->flags & TCP_FLAG_FIN);
}

/* Reads header and options; false where the lengths lie. Unknown and malformed options are passed over. */
bool tcp_segment_parse(struct tcp_segment *segment, const uint8_t *bytes, uint32_t length);

/* Writes header and options, with 0 for a checksum; returns their length. */
uint32_t tcp_segment_build(const struct tcp_segment *segment, uint8_t header[TCP_HEADER_MAXIMUM]);

/* The pseudo header's sum (RFC 9293, section 3.1; RFC 8200, section 8.1), folded to 16 bits, not inverted. */
uint16_t tcp_pseudo_sum(const struct net_address *source, const struct net_address *destination,
                        uint32_t length);

/* Whether the checksum of a whole segment holds. */
bool tcp_checksum_holds(const struct net_address *source, const struct net_address *destination,
                        const uint8_t *bytes, uint32_t length);

#endif
