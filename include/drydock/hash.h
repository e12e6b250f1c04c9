/* Hashes: SipHash-2-4 (Aumasson and Bernstein, 2012), for tables that strangers fill. */
#ifndef DRYDOCK_HASH_H
#define DRYDOCK_HASH_H

#include <stddef.h>
#include <stdint.h>

struct hash_key {
	uint64_t low, high;
};

/* 64-bit keyed hash of `length` bytes. */
uint64_t hash_bytes(const struct hash_key *key, const void *data, size_t length);

#endif
