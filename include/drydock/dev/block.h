/*
 * What a disk is to a server (docs/DEVICES.md). Implemented by
 * src/drivers/virtio_blk.c, and in memory with faults for tests
 * (tests/unit/dev/memory_disk.c).
 *
 * Requests in flight are in no order, whatever they overlap: who needs one
 * after the other waits for its completion. A completed write may still be lost
 * in a crash, alone or in part, until a flush that was submitted after its
 * completion has completed, or where it was itself DISK_FUA. What is in flight
 * in a crash may have happened in any part, by sectors of `block_size`.
 */
#ifndef DRYDOCK_DEV_BLOCK_H
#define DRYDOCK_DEV_BLOCK_H

#include <stdint.h>

#include <drydock/dev/device.h>
#include <drydock/list.h>

enum disk_operation {
	DISK_READ = 1,
	DISK_WRITE = 2,
	DISK_FLUSH = 3,   /* makes durable every write that had completed when this was submitted */
	DISK_DISCARD = 4, /* a hint: the content is of no more use, and until written anew may be anything */
};

/* Request flags. */
#define DISK_FUA 1u /* of a write: complete only once it is durable; emulated by a flush where need be */

/* What a disk can do: disk_geometry.flags. */
#define DISK_READ_ONLY   1u /* writes and discards are POSIX_EROFS */
#define DISK_WRITE_CACHE 2u /* without it a completed write is durable, and flushes are free */
#define DISK_CAN_DISCARD 4u /* without it discards are POSIX_EOPNOTSUPP */

struct disk_geometry {
	uint64_t size;              /* bytes, a multiple of block_size; may change */
	uint32_t block_size;        /* bytes, a power of two from 512 to 4096: the unit of all that follows */
	uint32_t depth;             /* requests that the device works on at once; more wait in the driver */
	uint32_t segments_maximum;  /* of one request, at least 1 */
	uint32_t segment_maximum;   /* bytes of one segment */
	uint32_t transfer_maximum;  /* bytes of one read or write */
	uint32_t discard_alignment; /* bytes; ranges that begin and end so are worth most */
	uint64_t discard_maximum;   /* bytes of one discard */
	uint32_t flags;             /* DISK_* */
};

/*
 * One request. The memory is the caller's; from disk_submit until `done` is
 * called the device has it on loan, with its segments and their memory, and the
 * caller changes none of it. In `done` all of it is the caller's again: it may
 * be submitted anew there and then.
 */
struct disk_request {
	/* The caller's. */
	uint8_t operation;      /* enum disk_operation */
	uint8_t flags;          /* DISK_FUA */
	uint16_t segment_count; /* of a read or write, else 0 */
	uint64_t offset;        /* bytes from the start of the disk, a multiple of block_size; of a flush 0 */
	uint64_t length;        /* bytes, a multiple of block_size above 0; of a flush 0 */
	/* Add up to `length`; addresses and lengths are multiples of block_size. */
	const struct device_segment *segments;
	/* Called exactly once, from device_poll, never from within disk_submit. */
	void (*done)(struct disk_request *request);
	void *context;          /* the caller's own */

	/*
	 * 0, or a POSIX error; valid in `done`. EINVAL: the request breaks a rule
	 * above or a maximum of the geometry, or lies beyond the end; EFAULT: a
	 * segment is not of this device's memory; EROFS; EOPNOTSUPP: the device has no
	 * such operation; EIO: the device could not, or is of no more use. After an
	 * error of a read its memory, after one of a write that part of the disk hold
	 * any mixture of old and new.
	 */
	int32_t status;

	/* The device's. */
	struct list link;
	uint32_t phase;
};

struct disk;

struct disk_operations {
	void (*submit)(struct disk *disk, struct disk_request *request);
};

struct disk {
	struct device device;
	const struct disk_operations *operations;
	const char *name;              /* for people, as the image's; lives as long as the disk */
	struct disk_geometry geometry; /* read it anew for each request: the size may have changed */
};

/*
 * Hands a request to the disk. Never fails and never waits: what is wrong is
 * told by its completion, and what the device has no room for waits, first in
 * first out, in the driver. Nothing is promised to begin before device_kick.
 */
static inline void disk_submit(struct disk *disk, struct disk_request *request)
{
	disk->operations->submit(disk, request);
}

struct runtime;

/*
 * Opens the `index`th disk (0 and up) that this process was given, for the loop
 * of `runtime`: on Linux an image that `drydock run --disk` named. To be closed
 * by disk_close. NULL with *status: POSIX_ENOENT, there are not so many;
 * POSIX_EBUSY, it is open already; POSIX_ENOMEM; POSIX_EIO, it cannot be used,
 * and why was logged.
 */
struct disk *disk_open(struct runtime *runtime, uint32_t index, int32_t *status);

/* Ends what disk_open began: nobody is told of requests that have not ended. Not from within `done`. */
void disk_close(struct disk *disk);

#endif
