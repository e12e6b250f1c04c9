/*
 * What a network card is to a server (docs/DEVICES.md): Ethernet frames without
 * their check sequence, each with the header of virtio-net, so that checksum and
 * segmentation offload look the same on TAP and on virtio-net. Implemented by
 * src/drivers/virtio_net.c, and as a pair in memory for tests
 * (tests/unit/dev/memory_net.c).
 */
#ifndef DRYDOCK_DEV_NET_H
#define DRYDOCK_DEV_NET_H

#include <stdint.h>

#include <drydock/dev/device.h>
#include <drydock/list.h>

#define NET_ADDRESS_SIZE      6
#define NET_ETHERNET_HEADER   14u /* bytes: two addresses and a type */
#define NET_SEGMENTS_MAXIMUM  18u /* 64 KiB in pages, the headers before it, and one for a bad fit */
#define NET_FRAME_MAXIMUM     65550u /* bytes: Virtio 1.2, section 5.1.6.3.1, without the header */

/* What may be left to the card, each way: net_card.transmit_offloads and receive_offloads. */
#define NET_OFFLOAD_CHECKSUM 1u /* NET_NEEDS_CHECKSUM in headers; of received ones NET_CHECKSUM_VALID, too */
#define NET_OFFLOAD_TCP4     2u /* TCP over IPv4 in frames larger than the MTU; comes only with checksum */
#define NET_OFFLOAD_TCP6     4u /* the same over IPv6 */

/* Virtio 1.2, section 5.1.6; the values and the layout of struct virtio_net_hdr. Little-endian. */
#define NET_NEEDS_CHECKSUM 1u /* flags: the checksum at start + offset, over all from start, is to be made */
#define NET_CHECKSUM_VALID 2u /* flags: received, and the card has verified the (outermost) checksum */

enum net_segmentation {
	NET_SEGMENT_NONE = 0,
	NET_SEGMENT_TCP4 = 1,
	NET_SEGMENT_TCP6 = 4,
};

struct net_header {
	uint8_t flags;            /* NET_NEEDS_CHECKSUM, NET_CHECKSUM_VALID */
	uint8_t segmentation;     /* enum net_segmentation */
	uint16_t header_length;   /* bytes before the payload; with segmentation, a hint */
	uint16_t segment_size;    /* bytes of payload in each segment; with segmentation */
	uint16_t checksum_start;  /* where summing begins; the field holds the pseudo header's sum */
	uint16_t checksum_offset; /* of the field, from there */
	uint16_t buffers;         /* the driver's */
};
_Static_assert(sizeof(struct net_header) == 12, "the header of Virtio 1.2, section 5.1.6");

/*
 * One frame. One to transmit is the caller's memory; from net_transmit until
 * `done` is called the card has it on loan, with its segments' memory. One that
 * was received is the card's memory, on loan from `receive` until net_release.
 */
struct net_frame {
	struct net_header header;
	uint32_t length;        /* bytes of the frame in all segments, from the Ethernet header on */
	uint32_t segment_count; /* 1 to NET_SEGMENTS_MAXIMUM */
	struct device_segment segments[NET_SEGMENTS_MAXIMUM];
	/* Transmit: called exactly once, from device_poll, never from within net_transmit. */
	void (*done)(struct net_frame *frame);
	void *context;          /* the caller's own; of a received frame the holder's own */
	/*
	 * Transmit: 0, or a POSIX error; valid in `done`. 0 says that the memory is
	 * free again, not that anybody has received the frame. EINVAL: it is shorter
	 * than an Ethernet header, longer than the MTU allows without segmentation,
	 * its segments do not add up, or its header asks for what the card does not
	 * do or lies about the frame; EFAULT: a segment is not of this card's memory;
	 * EIO: the card is of no more use.
	 */
	int32_t status;

	/* The card's. */
	struct list link;
	uint32_t number;
};

/* What a card tells its user; called from device_poll. Set before the first device_poll. */
struct net_events {
	/*
	 * `count` frames (1 to 64) have come, in the order of their coming. Each has
	 * 1 to NET_SEGMENTS_MAXIMUM segments that add up to its length, at least an
	 * Ethernet header; its net_header is within the receive offloads, and what it
	 * says of checksum and segment lies within the frame. The bytes of the frame
	 * are a stranger's. Each is given back by net_release, at any time: a card
	 * whose frames are all on loan drops what comes.
	 */
	void (*receive)(void *context, struct net_frame *const *frames, uint32_t count);
	/* card->link_up has changed. */
	void (*link_changed)(void *context);
};

struct net_card;

struct net_operations {
	void (*transmit)(struct net_card *card, struct net_frame *frame);
	void (*release)(struct net_card *card, struct net_frame *frame);
};

struct net_card {
	struct device device;
	const struct net_operations *operations;
	const struct net_events *events;
	void *context;              /* for events */
	uint8_t address[NET_ADDRESS_SIZE];
	bool link_up;
	uint32_t mtu;               /* bytes behind a frame's Ethernet header at most, without segmentation */
	uint32_t transmit_offloads; /* NET_OFFLOAD_* that frames to transmit may use */
	uint32_t receive_offloads;  /* NET_OFFLOAD_* that received frames may use */
	uint32_t transmit_depth;    /* frames that the card works on at once; more wait in the driver */
	uint32_t receive_depth;     /* received frames of one page that can be on loan at once */
	/* Counted by the card since it was started. */
	uint64_t dropped_invalid;   /* received and not handed on: nonsense in the header, or too short */
};

/*
 * Hands a frame to the card. Never fails and never waits, as disk_submit. In
 * the order of these calls, as far as the card is concerned.
 */
static inline void net_transmit(struct net_card *card, struct net_frame *frame)
{
	card->operations->transmit(card, frame);
}

struct runtime;

/*
 * Opens the `index`th card (0 and up) that this process was given, for the loop
 * of `runtime`, with those of the offloads wanted (NET_OFFLOAD_*) that the card
 * has. The caller sets its events before it returns to the loop, and closes it
 * by net_close. NULL with *status: POSIX_ENOENT, there are not so many;
 * POSIX_EBUSY, it is open already; POSIX_ENOMEM; POSIX_EIO, it cannot be used,
 * and why was logged.
 */
struct net_card *net_open(struct runtime *runtime, uint32_t index, uint32_t transmit_offloads,
                          uint32_t receive_offloads, int32_t *status);

/* Ends what net_open began: nobody is told of frames in transmission. Not from within `done` or an event. */
void net_close(struct net_card *card);

/* Gives a received frame back. */
static inline void net_release(struct net_card *card, struct net_frame *frame)
{
	card->operations->release(card, frame);
}

#endif
