/*
 * Half of MD4 (RFC 1320: its three rounds, eight steps each), TEA (Wheeler and
 * Needham, "TEA, a Tiny Encryption Algorithm", 1994) with sixteen rounds, and
 * the hash of the first hashed directories. Each exists for names of signed
 * and of unsigned characters, since machines differed.
 */
#include "name_hash.h"

#define HALF_MD4_WORDS 8u /* of the name, at a time */
#define TEA_WORDS      4u
#define TEA_ROUNDS     16u
#define TEA_DELTA      0x9e3779b9u
#define HASH_END       0xfffffffeu /* means the end of a directory, so no name may have it */

static uint32_t character(const char *name, uint32_t at, bool is_signed)
{
	return is_signed ? (uint32_t)(int32_t)(signed char)name[at] : (unsigned char)name[at];
}

static uint32_t rotate(uint32_t word, uint32_t bits)
{
	return word << bits | word >> (32 - bits);
}

/* The next `count` words of a name of which `length` bytes are left; its length fills what is beyond the end. */
static void words_take(const char *name, uint32_t length, bool is_signed, uint32_t *words, uint32_t count)
{
	uint32_t fill = length | length << 8;

	fill |= fill << 16;
	if (length > 4 * count)
		length = 4 * count;
	for (uint32_t i = 0; i < count; i++) {
		words[i] = fill;
		for (uint32_t at = 4 * i; at < 4 * i + 4 && at < length; at++)
			words[i] = character(name, at, is_signed) + (words[i] << 8);
	}
}

static uint32_t select(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) | (~x & z);
}

static uint32_t majority(uint32_t x, uint32_t y, uint32_t z)
{
	return (x & y) | (x & z) | (y & z);
}

static uint32_t parity(uint32_t x, uint32_t y, uint32_t z)
{
	return x ^ y ^ z;
}

/* One round of MD4 over eight words instead of sixteen. */
static void half_md4_round(uint32_t state[4], const uint32_t *words, uint32_t (*mix)(uint32_t, uint32_t, uint32_t),
                           uint32_t constant, const uint8_t order[8], const uint8_t shifts[4])
{
	for (uint32_t step = 0; step < HALF_MD4_WORDS; step++) {
		/* a, d, c, b take turns. */
		uint32_t *a = &state[(4 - step % 4) % 4];
		uint32_t b = state[(5 - step % 4) % 4], c = state[(6 - step % 4) % 4], d = state[(7 - step % 4) % 4];

		*a = rotate(*a + mix(b, c, d) + words[order[step]] + constant, shifts[step % 4]);
	}
}

static void half_md4(uint32_t hash[4], const uint32_t *words)
{
	static const uint8_t order[3][8] = {
		{0, 1, 2, 3, 4, 5, 6, 7}, {1, 3, 5, 7, 0, 2, 4, 6}, {3, 7, 2, 6, 1, 5, 0, 4}};
	static const uint8_t shifts[3][4] = {{3, 7, 11, 19}, {3, 5, 9, 13}, {3, 9, 11, 15}};
	uint32_t state[4] = {hash[0], hash[1], hash[2], hash[3]};

	half_md4_round(state, words, select, 0, order[0], shifts[0]);
	half_md4_round(state, words, majority, 0x5a827999, order[1], shifts[1]);
	half_md4_round(state, words, parity, 0x6ed9eba1, order[2], shifts[2]);
	for (uint32_t i = 0; i < 4; i++)
		hash[i] += state[i];
}

static void tea(uint32_t hash[4], const uint32_t *words)
{
	uint32_t left = hash[0], right = hash[1], sum = 0;

	for (uint32_t round = 0; round < TEA_ROUNDS; round++) {
		sum += TEA_DELTA;
		left += ((right << 4) + words[0]) ^ (right + sum) ^ ((right >> 5) + words[1]);
		right += ((left << 4) + words[2]) ^ (left + sum) ^ ((left >> 5) + words[3]);
	}
	hash[0] += left;
	hash[1] += right;
}

static uint32_t legacy(const char *name, uint32_t length, bool is_signed)
{
	uint32_t last = 0x12a3fe2d, before = 0x37abe8f9;

	for (uint32_t i = 0; i < length; i++) {
		uint32_t next = before + (last ^ character(name, i, is_signed) * 7152373u);

		if (next & 0x80000000)
			next -= 0x7fffffff;
		before = last;
		last = next;
	}
	return last << 1;
}

static void seed_take(const uint32_t seed[4], uint32_t hash[4])
{
	static const uint32_t start[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
	bool given = seed[0] || seed[1] || seed[2] || seed[3];

	for (uint32_t i = 0; i < 4; i++)
		hash[i] = given ? seed[i] : start[i];
}

/* Runs `transform` over the name, `count` words at a time. */
static void words_hash(const char *name, uint32_t length, bool is_signed, uint32_t count,
                       void (*transform)(uint32_t[4], const uint32_t *), uint32_t hash[4])
{
	uint32_t words[HALF_MD4_WORDS];

	for (uint32_t at = 0; at < length; at += 4 * count) {
		words_take(name + at, length - at, is_signed, words, count);
		transform(hash, words);
	}
}

bool name_hash(uint32_t version, const uint32_t seed[4], const char *name, uint32_t length, uint32_t *hash)
{
	bool is_signed = version <= HASH_TEA;
	uint32_t state[4], result;

	seed_take(seed, state);
	switch (version) {
	case HASH_LEGACY:
	case HASH_LEGACY_UNSIGNED:
		result = legacy(name, length, is_signed);
		break;
	case HASH_HALF_MD4:
	case HASH_HALF_MD4_UNSIGNED:
		words_hash(name, length, is_signed, HALF_MD4_WORDS, half_md4, state);
		result = state[1];
		break;
	case HASH_TEA:
	case HASH_TEA_UNSIGNED:
		words_hash(name, length, is_signed, TEA_WORDS, tea, state);
		result = state[0];
		break;
	default:
		return false;
	}
	result &= ~1u;
	*hash = result == HASH_END ? HASH_END - 2 : result;
	return true;
}
