/*
 * A disk in memory (drydock/dev/block.h) for tests of whatever uses disks. It
 * works on `depth` requests at once and ends them in an order of its own, has a
 * write-back cache that a crash loses in any part, and fails when told to. The
 * same seed gives the same run.
 */
#ifndef DRYDOCK_TESTS_MEMORY_DISK_H
#define DRYDOCK_TESTS_MEMORY_DISK_H

#include <drydock/dev/block.h>

#include "memory_device.h"

#define MEMORY_DISK_FAULTS 16

struct memory_disk_options {
	uint64_t size;        /* bytes, a multiple of block_size */
	uint32_t block_size;  /* 0: 512 */
	uint32_t depth;       /* 0: 64 */
	uint32_t flags;       /* DISK_READ_ONLY, DISK_WRITE_CACHE, DISK_CAN_DISCARD */
	uint64_t seed;        /* 0: requests end in the order of their submission */
	uint32_t lazy;        /* of a hundred times that it is asked, it has not ended anything so often */
	bool torn_sectors;    /* a crash may cut a sector in two, too */
};

/* Which requests fail. */
struct memory_disk_fault {
	uint32_t operations; /* bits 1 << enum disk_operation */
	uint64_t offset;     /* those that touch this range of bytes; flushes touch every range */
	uint64_t length;
	uint32_t after;      /* so many of them succeed first */
	uint32_t times;      /* then so many fail; UINT32_MAX: all */
	int32_t status;      /* with this POSIX error */
};

/* A sector that was written and is not durable yet. */
struct memory_disk_write {
	uint64_t sector;
	uint64_t number;     /* of the request, in the order of their ends */
	uint8_t *data;       /* block_size bytes */
};

struct memory_disk {
	struct disk disk;
	struct memory_pieces pieces;
	struct memory_disk_options options;
	uint8_t *durable;    /* what a crash leaves for certain */
	uint8_t *current;    /* what a read sees */
	struct memory_disk_write *writes;
	size_t write_count, write_room;
	struct memory_disk_fault faults[MEMORY_DISK_FAULTS];
	struct list waiting; /* submitted; the first `depth` are being worked on */
	uint64_t random;
	uint64_t ended;      /* requests ended so far */
	uint64_t completed[DISK_DISCARD + 1]; /* by operation, with status 0 */
	uint32_t in_flight;
	uint32_t shown;      /* of those: the first so many, which it was kicked for */
	uint32_t deepest;    /* most in flight that there ever were */
	/* Called for each request that is about to end with status 0: a recorder; NULL: nobody. */
	void (*observe)(const struct disk_request *request);
};

/* Aborts without memory. All of the disk is zero. */
void memory_disk_create(struct memory_disk *disk, const struct memory_disk_options *options);
void memory_disk_destroy(struct memory_disk *disk);

/* From now on requests fail as `fault` says. Aborts where there are MEMORY_DISK_FAULTS already. */
void memory_disk_fail(struct memory_disk *disk, const struct memory_disk_fault *fault);
void memory_disk_heal(struct memory_disk *disk);

/* The disk breaks for good, as one does that asks for a reset: everything ends with POSIX_EIO. */
void memory_disk_break(struct memory_disk *disk, const char *fault);

/* Its capacity becomes `size`, at most what it was created with. */
void memory_disk_resize(struct memory_disk *disk, uint64_t size);

/*
 * The power fails: requests in flight are forgotten without an end, and each
 * sector becomes any one of what was written to it since it was last durable,
 * or stays. Then the disk is as after a boot, healthy and with nothing to lose.
 */
void memory_disk_crash(struct memory_disk *disk, uint64_t seed);

#endif
