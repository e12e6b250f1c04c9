/*
 * A virtio network device (Virtio 1.2, section 5.1) as a card (drydock/dev/net.h).
 * It lives in the process that uses it. Of the offloads it takes what the device
 * offers, the caller wants, and goes together: segments larger than a page are
 * received only where the device can spread them over buffers (MRG_RXBUF).
 */
#ifndef DRYDOCK_DRIVERS_VIRTIO_NET_H
#define DRYDOCK_DRIVERS_VIRTIO_NET_H

#include <drydock/dev/net.h>

#include "drivers/virtio.h"

#define VIRTIO_NET_BUFFERS 256u /* pages to receive into */

struct virtio_net_options {
	uint32_t transmit_offloads; /* NET_OFFLOAD_* that the caller makes use of */
	uint32_t receive_offloads;
	/* Used where the device has no address of its own; all zero: then it is refused. */
	uint8_t address[NET_ADDRESS_SIZE];
};

/* A page to receive into, and the frame that begins in it. */
struct virtio_net_buffer {
	struct net_frame frame;
	uint16_t next;   /* buffer with the frame's next part */
	uint16_t length; /* bytes that the device wrote */
	bool on_loan;    /* the frame is the user's */
};

struct virtio_net {
	struct net_card card;
	struct virtio virtio;
	struct virtqueue receive, transmit;
	uint64_t receive_doorbell, transmit_doorbell;

	struct virtio_net_buffer buffers[VIRTIO_NET_BUFFERS];
	uint8_t *pages;               /* one for each buffer */
	uint64_t pages_address;       /* as the device sees them */
	uint32_t buffer_count;

	struct net_header *headers;   /* of frames in transmission, at the number of their first descriptor */
	uint64_t headers_address;
	struct list waiting;          /* struct net_frame.link: for room in the transmit queue */
	struct list ended;            /* transmitted, for device_poll to complete them; status is set */
	bool configuration_changed;
};

/*
 * Resets the device and starts it. NULL: it is a card; its events are to be set
 * before the first device_poll. Else what is wrong, in words for the log, and
 * nothing is left of it. `access` must live until virtio_net_stop.
 */
const char *virtio_net_start(struct virtio_net *net, struct device_access *access,
                             const struct virtio_net_options *options);

/*
 * Stops the device. Frames in transmission are completed with POSIX_EIO before
 * this returns. Received frames on loan and all memory of device_allocate are gone.
 */
void virtio_net_stop(struct virtio_net *net);

#endif
