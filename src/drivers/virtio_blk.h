/*
 * A virtio block device (Virtio 1.2, section 5.2) as a disk (drydock/dev/block.h).
 * It lives in the process that uses it. What the device does not offer is done
 * without: then flushes are free, discards refused, blocks have 512 bytes.
 */
#ifndef DRYDOCK_DRIVERS_VIRTIO_BLK_H
#define DRYDOCK_DRIVERS_VIRTIO_BLK_H

#include <drydock/dev/block.h>

#include "drivers/virtio.h"

#define VIRTIO_BLK_SEGMENTS 254u /* of a request at most, so that it fits the smallest usual queue */

/* What the device reads and writes beside the data of one request (section 5.2.6). */
struct virtio_blk_slot {
	uint32_t type;
	uint32_t reserved;
	uint64_t sector;
	struct {
		uint64_t sector;
		uint32_t count;
		uint32_t flags;
	} discard;
	uint8_t status; /* the device's */
	uint8_t unused[31];
};
_Static_assert(sizeof(struct virtio_blk_slot) == 64, "no slot lies across a page's end");

struct virtio_blk {
	struct disk disk;
	struct virtio virtio;
	struct virtqueue queue;
	uint64_t doorbell;
	struct virtio_blk_slot *slots; /* one for each descriptor; a request's is that of its first */
	uint64_t slots_address;        /* as the device sees them */
	struct list waiting;           /* struct disk_request.link: for room in the queue */
	struct list ended;             /* for device_poll to complete them; status is set */
	bool configuration_changed;
};

/*
 * Resets the device and starts it. NULL: it is a disk, whose requests complete
 * in device_poll. Else what is wrong, in words for the log, and nothing is left
 * of it. `access` must live until virtio_blk_stop.
 */
const char *virtio_blk_start(struct virtio_blk *blk, struct device_access *access);

/*
 * Stops the device. What is in flight is completed with POSIX_EIO before this
 * returns (what is submitted meanwhile, too). All memory of device_allocate is gone.
 */
void virtio_blk_stop(struct virtio_blk *blk);

#endif
