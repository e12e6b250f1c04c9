/*
 * What has been received out of order: sorted ranges of sequence numbers, whose
 * bytes already lie in the receive buffer. Memory is bounded by the window for the
 * bytes and by TCP_RANGES_MAXIMUM for the ranges.
 */
#ifndef NETSTACK_TCP_REASSEMBLY_H
#define NETSTACK_TCP_REASSEMBLY_H

#include "tcp_segment.h"

#define TCP_RANGES_MAXIMUM 1024u

struct tcp_reassembly {
	struct tcp_block *ranges;
	uint32_t count, capacity;
	/* Starts of the ranges that changed last, the latest first: the order of SACK blocks (RFC 2018, section 4). */
	uint32_t recent[TCP_SACK_BLOCKS_MAXIMUM];
	uint32_t recent_count;
};

/* Notes a range; false where there is no room for one more. `known`: whether all of it was there already. */
bool tcp_reassembly_add(const struct tcp_environment *environment, struct tcp_reassembly *reassembly,
                        struct tcp_block range, bool *known);

/* Everything up to `next` has been received; returns up to where, with ranges that follow on without a gap. */
uint32_t tcp_reassembly_advance(struct tcp_reassembly *reassembly, uint32_t next);

/* Writes up to `limit` SACK blocks, the latest first; returns how many. */
uint32_t tcp_reassembly_blocks(const struct tcp_reassembly *reassembly, struct tcp_block *blocks, uint32_t limit);

/* The range that holds all of `range`, or NULL. */
const struct tcp_block *tcp_reassembly_find(const struct tcp_reassembly *reassembly, struct tcp_block range);

void tcp_reassembly_free(const struct tcp_environment *environment, struct tcp_reassembly *reassembly);

#endif
