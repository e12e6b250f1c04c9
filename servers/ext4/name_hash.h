/* Hashes of names in hashed directories (Documentation/filesystems/ext4, "Hash Tree Directories"). */
#ifndef EXT4_NAME_HASH_H
#define EXT4_NAME_HASH_H

#include <stdbool.h>
#include <stdint.h>

#include "format.h"

/*
 * The hash of a name of up to 255 bytes, its lowest bit 0, by `version`
 * (enum hash_version) and the superblock's `seed`. False: there is no such version.
 */
bool name_hash(uint32_t version, const uint32_t seed[4], const char *name, uint32_t length, uint32_t *hash);

#endif
