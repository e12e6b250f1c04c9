/* Reads and writes TCP headers. What is read is a stranger's: no length in it is believed. */
#include "tcp_segment.h"

enum option_kind {
	OPTION_END = 0,
	OPTION_NOP = 1,
	OPTION_MAXIMUM_SIZE = 2,
	OPTION_SCALE = 3,
	OPTION_SACK_PERMITTED = 4,
	OPTION_SACK = 5,
	OPTION_TIMESTAMPS = 8,
};

#define PROTOCOL_TCP 6u

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

static uint32_t get32(const uint8_t *bytes)
{
	return (uint32_t)get16(bytes) << 16 | get16(bytes + 2);
}

static uint8_t *put8(uint8_t *to, uint8_t value)
{
	*to = value;
	return to + 1;
}

static uint8_t *put16(uint8_t *to, uint16_t value)
{
	return put8(put8(to, (uint8_t)(value >> 8)), (uint8_t)value);
}

static uint8_t *put32(uint8_t *to, uint32_t value)
{
	return put16(put16(to, (uint16_t)(value >> 16)), (uint16_t)value);
}

/* The value of one option, `length` bytes without kind and length. */
static void parse_option(struct tcp_segment *segment, uint8_t kind, const uint8_t *value, uint32_t length)
{
	bool syn = segment->flags & TCP_FLAG_SYN;

	switch (kind) {
	case OPTION_MAXIMUM_SIZE:
		if (syn && length == 2)
			segment->maximum_size = get16(value);
		break;
	case OPTION_SCALE:
		if (syn && length == 1) {
			segment->has_scale = true;
			segment->scale = value[0] > TCP_SCALE_MAXIMUM ? TCP_SCALE_MAXIMUM : value[0];
		}
		break;
	case OPTION_SACK_PERMITTED:
		if (syn && length == 0)
			segment->sack_permitted = true;
		break;
	case OPTION_SACK:
		if (length % 8 != 0 || segment->block_count > 0)
			break;
		for (; length > 0 && segment->block_count < TCP_SACK_BLOCKS_MAXIMUM; length -= 8, value += 8) {
			struct tcp_block block = {get32(value), get32(value + 4)};

			segment->blocks[segment->block_count++] = block;
		}
		break;
	case OPTION_TIMESTAMPS:
		if (length == 8) {
			segment->has_timestamps = true;
			segment->timestamp = get32(value);
			segment->timestamp_echo = get32(value + 4);
		}
		break;
	}
}

bool tcp_segment_parse(struct tcp_segment *segment, const uint8_t *bytes, uint32_t length)
{
	uint32_t header;

	if (length < TCP_HEADER_MINIMUM)
		return false;
	header = (bytes[12] >> 4) * 4u;
	if (header < TCP_HEADER_MINIMUM || header > length)
		return false;
	*segment = (struct tcp_segment){
		.source_port = get16(bytes),
		.destination_port = get16(bytes + 2),
		.sequence = get32(bytes + 4),
		.acknowledgement = get32(bytes + 8),
		.flags = bytes[13],
		.window = get16(bytes + 14),
		.urgent = get16(bytes + 18),
		.payload = bytes + header,
		.length = length - header,
	};
	for (uint32_t at = TCP_HEADER_MINIMUM; at < header && bytes[at] != OPTION_END;) {
		uint32_t size;

		if (bytes[at] == OPTION_NOP) {
			at++;
			continue;
		}
		if (at + 1 >= header)
			break;
		size = bytes[at + 1];
		if (size < 2 || size > header - at)
			break;
		parse_option(segment, bytes[at], bytes + at + 2, size - 2);
		at += size;
	}
	return true;
}

/* In the order that Linux writes them, padded to words by NOPs in front. */
static uint8_t *build_options(const struct tcp_segment *segment, uint8_t *to)
{
	if (segment->maximum_size != 0)
		to = put16(put8(put8(to, OPTION_MAXIMUM_SIZE), 4), segment->maximum_size);
	if (segment->has_timestamps) {
		if (segment->sack_permitted)
			to = put8(put8(to, OPTION_SACK_PERMITTED), 2);
		else
			to = put8(put8(to, OPTION_NOP), OPTION_NOP);
		to = put8(put8(to, OPTION_TIMESTAMPS), 10);
		to = put32(put32(to, segment->timestamp), segment->timestamp_echo);
	} else if (segment->sack_permitted) {
		to = put8(put8(to, OPTION_NOP), OPTION_NOP);
		to = put8(put8(to, OPTION_SACK_PERMITTED), 2);
	}
	if (segment->has_scale)
		to = put8(put8(put8(put8(to, OPTION_NOP), OPTION_SCALE), 3), segment->scale);
	if (segment->block_count > 0) {
		to = put8(put8(to, OPTION_NOP), OPTION_NOP);
		to = put8(put8(to, OPTION_SACK), (uint8_t)(2 + 8 * segment->block_count));
		for (uint32_t i = 0; i < segment->block_count; i++)
			to = put32(put32(to, segment->blocks[i].start), segment->blocks[i].end);
	}
	return to;
}

uint32_t tcp_segment_build(const struct tcp_segment *segment, uint8_t header[TCP_HEADER_MAXIMUM])
{
	uint8_t *end = build_options(segment, header + TCP_HEADER_MINIMUM);
	uint32_t length = (uint32_t)(end - header);
	uint8_t *to = header;

	to = put16(put16(to, segment->source_port), segment->destination_port);
	to = put32(put32(to, segment->sequence), segment->acknowledgement);
	to = put8(put8(to, (uint8_t)(length / 4 << 4)), segment->flags);
	put16(put16(put16(to, segment->window), 0), segment->urgent);
	return length;
}

/* Adds bytes as big-endian 16-bit words (RFC 1071); an odd last one is padded. */
static uint64_t sum_bytes(uint64_t sum, const uint8_t *bytes, uint32_t length)
{
	for (; length >= 4; length -= 4, bytes += 4)
		sum += get32(bytes);
	if (length >= 2)
		sum += get16(bytes);
	if (length & 1)
		sum += (uint64_t)bytes[length & 2] << 8;
	return sum;
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16 != 0)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t tcp_pseudo_sum(const struct net_address *source, const struct net_address *destination,
                        uint32_t length)
{
	uint64_t sum = PROTOCOL_TCP + length;

	sum = sum_bytes(sum, source->bytes, net_address_length(source));
	return fold(sum_bytes(sum, destination->bytes, net_address_length(destination)));
}

bool tcp_checksum_holds(const struct net_address *source, const struct net_address *destination,
                        const uint8_t *bytes, uint32_t length)
{
	return fold(sum_bytes(tcp_pseudo_sum(source, destination, length), bytes, length)) == 0xffff;
}
