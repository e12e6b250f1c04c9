/* drydock/hash.h, against the vector of the SipHash paper (appendix A). */
#include "../unit.h"

#include <drydock/hash.h>

START_TEST(paper_vector)
{
	const struct hash_key key = {.low = 0x0706050403020100ull, .high = 0x0f0e0d0c0b0a0908ull};
	uint8_t data[15];

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)i;
	ck_assert_uint_eq(hash_bytes(&key, data, sizeof(data)), 0xa129ca6149be45e5ull);
}
END_TEST

START_TEST(every_byte_and_the_length_count)
{
	const struct hash_key key = {.low = 1, .high = 2};
	uint8_t data[32] = {0};
	uint64_t plain = hash_bytes(&key, data, sizeof(data));

	for (unsigned i = 0; i < sizeof(data); i++) {
		data[i] ^= 1;
		ck_assert_uint_ne(hash_bytes(&key, data, sizeof(data)), plain);
		data[i] ^= 1;
		ck_assert_uint_ne(hash_bytes(&key, data, i), plain);
	}
}
END_TEST

UNIT_RUN("hash", paper_vector, every_byte_and_the_length_count)
