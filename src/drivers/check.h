/*
 * What every implementation of a disk and of a card checks before it does what
 * it is asked, so that all of them refuse the same. Memory is the
 * implementation's own to check: it knows what its device reaches.
 */
#ifndef DRYDOCK_DRIVERS_CHECK_H
#define DRYDOCK_DRIVERS_CHECK_H

#include <drydock/dev/block.h>
#include <drydock/dev/net.h>

/* 0, or the POSIX error that the request is to be completed with (block.h, disk_request.status). */
int32_t disk_check(const struct disk_geometry *geometry, const struct disk_request *request);

/*
 * Whether `header` says only what `offloads` (NET_OFFLOAD_*) allow, and what lies
 * within a frame of `length` bytes.
 */
bool net_check_header(const struct net_header *header, uint32_t length, uint32_t offloads);

/* 0, or the POSIX error that a frame to transmit is to be completed with (net.h, net_frame.status). */
int32_t net_check(const struct net_card *card, const struct net_frame *frame);

#endif
