/* Checksums (src/common/checksum.c) against published values. */
#include "../unit.h"

#include <string.h>

#include <drydock/checksum.h>

static uint32_t crc32c(const void *data, size_t length)
{
	return ~checksum_crc32c(0xffffffff, data, length);
}

/* RFC 3720, appendix B.4. */
START_TEST(crc32c_gives_the_values_of_the_rfc)
{
	uint8_t bytes[32] = {0};

	ck_assert_uint_eq(crc32c(bytes, 32), 0x8a9136aa);
	memset(bytes, 0xff, 32);
	ck_assert_uint_eq(crc32c(bytes, 32), 0x62a8ab43);
	for (uint8_t i = 0; i < 32; i++)
		bytes[i] = i;
	ck_assert_uint_eq(crc32c(bytes, 32), 0x46dd794e);
	for (uint8_t i = 0; i < 32; i++)
		bytes[i] = 31 - i;
	ck_assert_uint_eq(crc32c(bytes, 32), 0x113fdb5c);
	ck_assert_uint_eq(crc32c("123456789", 9), 0xe3069283);
}
END_TEST

/* The check values of CRC-16/ARC and CRC-16/MODBUS, which differ in where they begin. */
START_TEST(crc16_gives_its_check_values)
{
	ck_assert_uint_eq(checksum_crc16(0, "123456789", 9), 0xbb3d);
	ck_assert_uint_eq(checksum_crc16(0xffff, "123456789", 9), 0x4b37);
}
END_TEST

START_TEST(parts_add_up_to_the_whole)
{
	const char *text = "123456789";

	for (size_t cut = 0; cut <= 9; cut++) {
		ck_assert_uint_eq(checksum_crc32c(checksum_crc32c(1, text, cut), text + cut, 9 - cut),
		                  checksum_crc32c(1, text, 9));
		ck_assert_uint_eq(checksum_crc16(checksum_crc16(1, text, cut), text + cut, 9 - cut),
		                  checksum_crc16(1, text, 9));
	}
}
END_TEST

UNIT_RUN("checksum", crc32c_gives_the_values_of_the_rfc, crc16_gives_its_check_values,
         parts_add_up_to_the_whole)
