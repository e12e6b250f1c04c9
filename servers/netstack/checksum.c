/* Sums of the internet protocols (checksum.h). */
#include "checksum.h"

#include "bytes.h"

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/*
 * Words are added as the machine reads them, four bytes at once: the sum of
 * swapped words is the swapped sum (RFC 1071, section 2 (B)).
 */
static uint64_t sum_native(const uint8_t *at, uint32_t length)
{
	uint64_t sum = 0;
	uint32_t word = 0;

	for (; length >= 4; length -= 4, at += 4) {
		memcpy(&word, at, 4);
		sum += word;
	}
	if (length > 0) {
		word = 0;
		for (uint32_t i = 0; i < length; i++)
			((uint8_t *)&word)[i] = at[i];
		sum += word;
	}
	return sum;
}

static uint16_t swap(uint16_t value)
{
	return (uint16_t)(value << 8 | value >> 8);
}

void checksum_add(struct checksum *checksum, const void *bytes, uint32_t length)
{
	uint16_t sum = swap(fold(sum_native(bytes, length)));

	checksum->sum += checksum->odd ? swap(sum) : sum;
	checksum->odd ^= length & 1;
}

uint16_t checksum_fold(const struct checksum *checksum)
{
	return fold(checksum->sum);
}

uint16_t checksum_sum(const void *bytes, uint32_t length)
{
	struct checksum checksum = {0};

	checksum_add(&checksum, bytes, length);
	return checksum_fold(&checksum);
}

uint16_t checksum_pseudo(const struct net_address *source, const struct net_address *destination,
                         uint8_t protocol, uint32_t length)
{
	struct checksum checksum = {.sum = (uint64_t)protocol + (length >> 16) + (length & 0xffff)};

	checksum_add(&checksum, source->bytes, net_address_length(source));
	checksum_add(&checksum, destination->bytes, net_address_length(destination));
	return checksum_fold(&checksum);
}
