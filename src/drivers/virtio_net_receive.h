/* Receiving, of a virtio network device. For virtio_net.c alone. */
#ifndef DRYDOCK_DRIVERS_VIRTIO_NET_RECEIVE_H
#define DRYDOCK_DRIVERS_VIRTIO_NET_RECEIVE_H

#include "drivers/virtio_net.h"

#define VIRTIO_NET_MERGE_BUFFERS (1ull << 15) /* a frame may fill several buffers (section 5.1.6.4) */

/* Makes the buffers and adds them to the queue. */
const char *virtio_net_receive_start(struct virtio_net *net);

/* Bytes of the longest frame that the buffers take. */
uint32_t virtio_net_receive_maximum(const struct virtio_net *net);

/* Hands on what has come, at most a queue of it. True if there was anything; faults are the queue's. */
bool virtio_net_receive(struct virtio_net *net);

/* A frame comes back from its user; what is not on loan is ignored. */
void virtio_net_receive_release(struct virtio_net *net, struct net_frame *frame);

#endif
