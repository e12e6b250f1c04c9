/*
 * What a disk was asked to write, in the order in which it ended, and the
 * states that a power failure may leave at any point of it: what was flushed, or
 * written with FUA, is there; of all else that had ended, and of what was
 * under way, any sectors, and parts of sectors (drydock/dev/block.h).
 */
#ifndef DRYDOCK_TESTS_EXT4_RECORD_H
#define DRYDOCK_TESTS_EXT4_RECORD_H

#include <drydock/dev/block.h>

#define RECORD_SECTOR 512u

/* One write or flush. */
struct record {
	uint8_t operation; /* enum disk_operation */
	uint8_t flags;     /* DISK_FUA */
	uint32_t phase;    /* how many requests had ended when it was submitted */
	uint32_t ended;    /* how many had before it ended */
	uint64_t offset, length;
	uint8_t *data;
	uint32_t mark;   /* as record_mark said last before it ended */
	uint32_t stages; /* what was going on when it ended: the observer's */
};

/* Notes a request that has ended. Reads count, but are not kept. */
void record_request(const struct disk_request *request, uint32_t stages);

/* From now on records have this mark. */
void record_mark(uint32_t mark);

/*
 * Sectors from `offset` to before `end` are written whole or not at all: the
 * superblock of a journal has no other copy, so all of jbd2 relies on that.
 */
void record_keep_whole(uint64_t offset, uint64_t end);

/* How many there are, and one of them. */
uint32_t record_count(void);
const struct record *record_at(uint32_t index);

/*
 * Makes `image`, of `size` bytes, which holds what the disk held at first, what
 * it may hold where the power fails just before record `count` ended. With
 * `seed` 0 all that had ended is there, and nothing that was under way. What is lost is lost
 * by `unit`s, in bytes, a sector or several; sectors may be written in part, blocks of several not.
 */
void record_apply(uint8_t *image, uint64_t size, uint32_t count, uint64_t seed, uint32_t unit);

/* Forgets all. */
void record_clear(void);

#endif
