/* A virtio block device (Virtio 1.2, section 5.2) behind the simulated function. */
#ifndef DRYDOCK_TESTS_SIMULATOR_BLK_H
#define DRYDOCK_TESTS_SIMULATOR_BLK_H

#include "simulator.h"

#define SIMULATOR_BLK_SIZE (1u << 20) /* bytes */

struct simulator_blk {
	struct simulator simulator;
	uint8_t disk[SIMULATOR_BLK_SIZE];
	struct simulator_chain held[256]; /* taken, and not returned yet */
	uint32_t held_count;
	uint64_t random;                  /* not 0: in which order they are returned */
	uint32_t counts[16];              /* requests done, by type */
	uint8_t status;                   /* what all requests end with */
	bool silent;                      /* returns requests without having written their status */
	uint32_t short_by;                /* bytes that it says less than it wrote */
};

void simulator_blk_create(struct simulator_blk *blk, uint64_t features);

/* Takes all that the driver has made available. */
void simulator_blk_take(struct simulator_blk *blk);

/* Does and returns at most `limit` of what it has taken, and shows them at once. True if any. */
bool simulator_blk_work(struct simulator_blk *blk, uint32_t limit);

#endif
