/*
 * The virtio-pci transport (Virtio 1.2, section 4.1), modern devices only: finds
 * the device's structures, negotiates features, starts queues, binds interrupts.
 * Of a device that is slow, wrong or lying nothing is believed that could lead
 * an access astray.
 *
 * Functions that can fail return NULL, or what is wrong in words for the log;
 * virtio_close undoes whatever was done until then.
 *
 * The order is that of section 3.1.1: virtio_open, virtio_negotiate,
 * virtio_bind_interrupts, virtio_queue_start for each, virtio_ready.
 */
#ifndef DRYDOCK_DRIVERS_VIRTIO_H
#define DRYDOCK_DRIVERS_VIRTIO_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/access.h"
#include "drivers/dma.h"
#include "drivers/pci.h"
#include "drivers/virtqueue.h"

/* Section 5, device types. */
#define VIRTIO_NET 1u
#define VIRTIO_BLK 2u

/* Section 6, reserved feature bits. */
#define VIRTIO_EVENT_INDEX (1ull << 29)
#define VIRTIO_VERSION_1   (1ull << 32)

/* What virtio_interrupt found. */
#define VIRTIO_INTERRUPT_QUEUE  1u
#define VIRTIO_INTERRUPT_CONFIG 2u

/* A structure in a mapped BAR (section 4.1.4). */
struct virtio_region {
	uint8_t bar;
	uint64_t offset;
	uint32_t length;
};

struct virtio {
	struct pci_function pci;
	struct device_access *access;
	struct dma dma;
	struct virtio_region common, notify;
	struct virtio_region status; /* the ISR byte */
	struct virtio_region device; /* may have length 0 */
	uint32_t notify_multiplier;
	uint64_t features;       /* negotiated */
	uint8_t progress;        /* what the driver has written into the device's status */
	bool messages;           /* MSI-X: vector 0 is configuration, 1 + N queue N; else 0 is the line */
	uint32_t vectors;        /* bound */
	uint32_t unacknowledged; /* bits of vectors that have come */
};

/* Finds the device of type `type` (VIRTIO_NET, …), resets it and says that there is a driver. */
const char *virtio_open(struct virtio *virtio, struct device_access *access, uint32_t type);

/* Features that the device offers; a device that offers a thing need not keep its promise. */
uint64_t virtio_offered(struct virtio *virtio);

/* Agrees on `features`, of those offered; VIRTIO_VERSION_1 goes without saying. */
const char *virtio_negotiate(struct virtio *virtio, uint64_t features);

/* A field of the device's configuration: `width` 1, 2, 4 or 8. 0 where the structure is too short for it. */
uint64_t virtio_config(struct virtio *virtio, uint32_t offset, uint32_t width);

/*
 * Bumped by the device when its configuration changes: fields that belong
 * together were read together where it is the same before and after (section 2.5.1).
 */
uint32_t virtio_config_generation(struct virtio *virtio);

/* One vector each for the configuration and for `queues` queues; where that cannot be, the interrupt line. */
const char *virtio_bind_interrupts(struct virtio *virtio, uint32_t queues);

/* Starts queue `index` with `least` to `limit` descriptors; *doorbell is for virtio_notify. */
const char *virtio_queue_start(struct virtio *virtio, struct virtqueue *queue, uint16_t index, uint16_t limit,
                               uint16_t least, uint64_t *doorbell);

/* The device may begin. */
void virtio_ready(struct virtio *virtio);

/* Tells the device that queue `index` has something. */
void virtio_notify(struct virtio *virtio, uint16_t index, uint64_t doorbell);

/* Interrupt `vector` has come: what for, VIRTIO_INTERRUPT_*. */
uint32_t virtio_interrupt(struct virtio *virtio, uint32_t vector);

/* Lets the interrupts that came come again. */
void virtio_acknowledge(struct virtio *virtio);

/* NULL, or why the device is of no more use: it asks to be reset (section 2.1.2), or is gone. */
const char *virtio_broken(struct virtio *virtio);

/*
 * Makes the device touch no memory any more: by a reset, and where it does not
 * listen, by taking its access to the bus. Memory stays.
 */
void virtio_stop(struct virtio *virtio);

/* virtio_stop, and frees all memory of `dma`. */
void virtio_close(struct virtio *virtio);

#endif
