/*
 * SipHash-2-4 (Aumasson and Bernstein, "SipHash: a fast short-input PRF",
 * 2012, section 2): two rounds a word, four at the end.
 */
#include <drydock/hash.h>

#include <drydock/string.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotate(uint64_t value, unsigned bits)
{
	return value << bits | value >> (64 - bits);
}

static void sip_round(struct sip *sip)
{
	sip->v0 += sip->v1;
	sip->v2 += sip->v3;
	sip->v1 = rotate(sip->v1, 13) ^ sip->v0;
	sip->v3 = rotate(sip->v3, 16) ^ sip->v2;
	sip->v0 = rotate(sip->v0, 32);
	sip->v2 += sip->v1;
	sip->v0 += sip->v3;
	sip->v1 = rotate(sip->v1, 17) ^ sip->v2;
	sip->v3 = rotate(sip->v3, 21) ^ sip->v0;
	sip->v2 = rotate(sip->v2, 32);
}

static void sip_word(struct sip *sip, uint64_t word)
{
	sip->v3 ^= word;
	sip_round(sip);
	sip_round(sip);
	sip->v0 ^= word;
}

uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t length)
{
	/* The paper's initial state: "somepseudorandomlygeneratedbytes". */
	struct sip sip = {
		.v0 = key->low ^ 0x736f6d6570736575ull,
		.v1 = key->high ^ 0x646f72616e646f6dull,
		.v2 = key->low ^ 0x6c7967656e657261ull,
		.v3 = key->high ^ 0x7465646279746573ull,
	};
	const uint8_t *bytes = data;
	size_t tail = length % 8;
	uint64_t word;

	for (size_t i = 0; i + 8 <= length; i += 8) {
		memcpy(&word, bytes + i, 8);
		sip_word(&sip, word);
	}
	word = (uint64_t)length << 56;
	for (size_t i = 0; i < tail; i++)
		word |= (uint64_t)bytes[length - tail + i] << (8 * i);
	sip_word(&sip, word);
	sip.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&sip);
	return sip.v0 ^ sip.v1 ^ sip.v2 ^ sip.v3;
}
