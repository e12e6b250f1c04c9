/* Registers of the virtio-pci transport: Virtio 1.2, section 4.1. For src/drivers/virtio*.c alone. */
#ifndef DRYDOCK_DRIVERS_VIRTIO_REGISTERS_H
#define DRYDOCK_DRIVERS_VIRTIO_REGISTERS_H

#include "drivers/virtio.h"

/* Section 4.1.2: PCI identity. Transitional devices have an old number each, and modern structures, too. */
#define VIRTIO_PCI_VENDOR           0x1af4
#define VIRTIO_PCI_DEVICE_MODERN    0x1040
#define VIRTIO_PCI_TRANSITIONAL_NET 0x1000
#define VIRTIO_PCI_TRANSITIONAL_BLK 0x1001

/* Section 4.1.4: a vendor capability says where a structure is. Offsets in it. */
#define VIRTIO_CAPABILITY_LENGTH     2
#define VIRTIO_CAPABILITY_TYPE       3
#define VIRTIO_CAPABILITY_BAR        4
#define VIRTIO_CAPABILITY_OFFSET     8
#define VIRTIO_CAPABILITY_SIZE       12
#define VIRTIO_CAPABILITY_MULTIPLIER 16
#define VIRTIO_CAPABILITY_BYTES      16u

#define VIRTIO_STRUCTURE_COMMON 1
#define VIRTIO_STRUCTURE_NOTIFY 2
#define VIRTIO_STRUCTURE_ISR    3
#define VIRTIO_STRUCTURE_DEVICE 4

/* Section 4.1.4.3: struct virtio_pci_common_cfg. */
#define COMMON_DEVICE_FEATURE_SELECT 0
#define COMMON_DEVICE_FEATURE        4
#define COMMON_DRIVER_FEATURE_SELECT 8
#define COMMON_DRIVER_FEATURE        12
#define COMMON_CONFIG_VECTOR         16
#define COMMON_DEVICE_STATUS         20
#define COMMON_CONFIG_GENERATION     21
#define COMMON_QUEUE_SELECT          22
#define COMMON_QUEUE_SIZE            24
#define COMMON_QUEUE_VECTOR          26
#define COMMON_QUEUE_ENABLE          28
#define COMMON_QUEUE_NOTIFY_OFFSET   30
#define COMMON_QUEUE_DESCRIPTORS     32
#define COMMON_QUEUE_DRIVER          40
#define COMMON_QUEUE_DEVICE          48
#define COMMON_LENGTH                56u

#define NO_VECTOR 0xffff

/* Section 2.1: device status. */
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER      2u
#define STATUS_DRIVER_OK   4u
#define STATUS_FEATURES_OK 8u
#define STATUS_NEEDS_RESET 64u
#define STATUS_FAILED      128u
#define STATUS_GONE        0xffu /* what a bus answers for nobody */

/* `offset` in the structure, of which virtio_open has made sure that it is there. */
static inline uint32_t virtio_read(struct virtio *virtio, const struct virtio_region *region, uint32_t offset,
                                   uint32_t width)
{
	struct device_access *access = virtio->access;

	return access->operations->register_read(access, region->bar, region->offset + offset, width);
}

static inline void virtio_write(struct virtio *virtio, const struct virtio_region *region, uint32_t offset,
                                uint32_t width, uint32_t value)
{
	struct device_access *access = virtio->access;

	access->operations->register_write(access, region->bar, region->offset + offset, width, value);
}

#endif
