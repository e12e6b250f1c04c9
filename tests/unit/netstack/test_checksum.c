/* Sums (servers/netstack/checksum.c). */
#include "../unit.h"

#include <string.h>

#include "servers/netstack/checksum.h"

START_TEST(the_example_of_rfc_1071)
{
	/* Section 3. */
	static const uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	ck_assert_uint_eq(checksum_sum(bytes, sizeof(bytes)), 0xddf2);
}
END_TEST

/* Word by word, as the RFC defines it. */
static uint16_t plain(const uint8_t *bytes, uint32_t length)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < length; i++)
		sum += i % 2 == 0 ? (uint64_t)bytes[i] << 8 : bytes[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

START_TEST(parts_of_any_length_add_up)
{
	uint8_t bytes[257];

	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 151 + 7);
	for (uint32_t length = 0; length <= sizeof(bytes); length++) {
		ck_assert_uint_eq(checksum_sum(bytes, length), plain(bytes, length));
		for (uint32_t cut = 0; cut <= length; cut += 5) {
			struct checksum sum = {0};

			checksum_add(&sum, bytes, cut / 2);
			checksum_add(&sum, bytes + cut / 2, cut - cut / 2);
			checksum_add(&sum, bytes + cut, length - cut);
			ck_assert_uint_eq(checksum_fold(&sum), plain(bytes, length));
		}
	}
}
END_TEST

START_TEST(a_pseudo_header_has_addresses_protocol_and_length)
{
	static const uint8_t header[] = {10, 77, 0, 1, 10, 77, 0, 2, 0, 17, 0x12, 0x34};
	const struct net_address source = net_address_ipv4(0x0a4d0001), destination = net_address_ipv4(0x0a4d0002);

	ck_assert_uint_eq(checksum_pseudo(&source, &destination, 17, 0x1234), plain(header, sizeof(header)));
}
END_TEST

UNIT_RUN("checksum", the_example_of_rfc_1071, parts_of_any_length_add_up,
         a_pseudo_header_has_addresses_protocol_and_length)
