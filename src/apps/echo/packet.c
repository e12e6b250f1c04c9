/* The Internet checksum: RFC 1071. */
#include "packet.h"

uint16_t packet_sum(const uint8_t *bytes, uint32_t length, uint32_t sum)
{
	/* 65,535 words of 65,535 and the carry so far fit 32 bits: frames are shorter. */
	for (uint32_t i = 0; i + 1 < length; i += 2)
		sum += packet_get16(bytes + i);
	if (length % 2 != 0)
		sum += (uint32_t)bytes[length - 1] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

uint16_t packet_pseudo_sum(const uint8_t *frame, uint32_t length)
{
	return packet_sum(frame + IPV4_FROM, 8, IPV4_UDP + length);
}
