/* The ext4 server: one disk, served by the protocols `fs` and `block`. */
#ifndef EXT4_EXT4_H
#define EXT4_EXT4_H

#include <drydock/hash.h>
#include <drydock/locks.h>
#include <drydock/proto/block.h>
#include <drydock/proto/fs.h>

#include "volume.h"

struct ext4 {
	struct runtime *runtime;
	struct hash_key key;  /* of the sessions' tables */
	bool ending;          /* the system is: nothing is changed any more */
	struct list sessions; /* of all connections */
	struct lock_table locks;
	struct disk *disk;    /* NULL: there is none */
	struct lock raw_lock; /* raw.c: whose turn it is */
	struct volume volume; /* not mounted where there is no disk, or nothing on it that is served */
};

extern const struct fs_operations node_handlers;

/* raw.c */
extern const struct block_operations raw_handlers;

#endif
