/* What a virtio block device says of itself, as a disk's geometry. For virtio_blk.c alone. */
#ifndef DRYDOCK_DRIVERS_VIRTIO_BLK_GEOMETRY_H
#define DRYDOCK_DRIVERS_VIRTIO_BLK_GEOMETRY_H

#include <drydock/dev/block.h>

#include "drivers/virtio.h"

#define VIRTIO_BLK_SECTOR       512u /* bytes: the unit of the device's numbers, whatever its block size */
#define VIRTIO_BLK_PARTS_AROUND 2u   /* descriptors of a request beside those of its data: header, status */

/* The features that the driver makes use of. */
uint64_t virtio_blk_features(void);

/* All of the geometry, from the device's configuration and the size of its queue. NULL, or what is wrong. */
const char *virtio_blk_read_geometry(struct virtio *virtio, uint16_t queue_size,
                                     struct disk_geometry *geometry);

/* Its size alone, which may change. */
void virtio_blk_read_size(struct virtio *virtio, struct disk_geometry *geometry);

#endif
