/*
 * A split virtqueue (Virtio 1.2, section 2.7): memory shared with a device, and
 * what the driver remembers of it for itself. Nothing that the device can write
 * is believed: what it returns is looked up in the driver's own records, and
 * what cannot be is the queue's fault, for good.
 *
 * Of the shared parts the driver writes descriptors and the available ring, the
 * device the used ring. Each has its own free-running 16-bit index.
 */
#ifndef DRYDOCK_DRIVERS_VIRTQUEUE_H
#define DRYDOCK_DRIVERS_VIRTQUEUE_H

#include <stdbool.h>
#include <stdint.h>

#define VIRTQUEUE_SIZE_MAXIMUM 1024u /* descriptors */

/* Section 2.7.5. */
struct virtqueue_descriptor {
	uint64_t address;
	uint32_t length;
	uint16_t flags;
	uint16_t next;
};

/* Section 2.7.8. */
struct virtqueue_used {
	uint32_t id;
	uint32_t length;
};

/* A buffer as the device sees it. In a chain those that it reads come first. */
struct virtqueue_part {
	uint64_t address;
	uint32_t length;
	bool device_writes;
};

/* What the driver remembers of a chain, at the number of its first descriptor. */
struct virtqueue_chain {
	void *token;       /* the caller's; NULL: no chain begins here */
	uint64_t writable; /* bytes that the device may have written at most */
	uint16_t count;    /* descriptors */
	bool published;    /* the device has it */
};

struct virtqueue {
	struct virtqueue_descriptor *descriptors;
	/* The available ring is {flags, index, size × ring, used_event}, the used ring likewise. */
	uint16_t *available;
	uint16_t *used;
	uint16_t size;            /* descriptors, a power of two */
	bool event_index;         /* VIRTIO_F_EVENT_IDX was negotiated */

	uint16_t available_index; /* chains added so far */
	uint16_t published_index; /* of which the device has been shown so many */
	uint16_t used_index;      /* chains taken back so far */
	uint16_t free_head;       /* of the free descriptors, linked by `next` */
	uint16_t free_count;
	uint16_t in_flight;       /* chains that the device has */
	const char *fault;        /* what the device did that it must not, or NULL */

	uint16_t next[VIRTQUEUE_SIZE_MAXIMUM];
	uint16_t heads[VIRTQUEUE_SIZE_MAXIMUM]; /* the driver's copy of the available ring */
	struct virtqueue_chain chains[VIRTQUEUE_SIZE_MAXIMUM];
};

/* Where the parts lie in a queue's memory, and how much there is of it: bytes from its beginning. */
struct virtqueue_layout {
	uint32_t available, used, size;
};
struct virtqueue_layout virtqueue_layout(uint16_t size);

/*
 * An empty queue of `size` descriptors (a power of two, at most
 * VIRTQUEUE_SIZE_MAXIMUM) in zeroed `memory` at a page.
 */
void virtqueue_create(struct virtqueue *queue, void *memory, uint16_t size, bool event_index);

/* The number of the descriptor with which the next chain begins, unless the queue is full. */
uint16_t virtqueue_head(const struct virtqueue *queue);

/*
 * Adds a chain of `count` parts (1 and up); `token` (not NULL) is what
 * virtqueue_take returns for it. False where too few descriptors are free. The
 * device does not see it before virtqueue_publish.
 */
bool virtqueue_add(struct virtqueue *queue, const struct virtqueue_part *parts, uint32_t count, void *token);

/* Shows the device what was added. True where it wants to be notified of that. */
bool virtqueue_publish(struct virtqueue *queue);

/*
 * Takes back a chain that the device has used: its token, the number of its
 * first descriptor, and how many bytes the device says it has written (never
 * more than there is room for). NULL where there is none, or the queue has a fault.
 */
void *virtqueue_take(struct virtqueue *queue, uint16_t *head, uint32_t *length);

/*
 * Asks for an interrupt once `after` more chains (1 and up, at most in_flight;
 * without event indices: once any) have been used. False where they have been
 * already.
 */
bool virtqueue_arm(struct virtqueue *queue, uint16_t after);

/* Asks for none. They may come all the same. */
void virtqueue_disarm(struct virtqueue *queue);

/* After the device was stopped: gives up a chain that was added, and returns its token; NULL at last. */
void *virtqueue_abandon(struct virtqueue *queue);

#endif
