/* Sending through IP, of either version, for transports. */
#ifndef NETSTACK_IP_H
#define NETSTACK_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "address.h"

struct interface;
struct netstack;

#define IP_HOP_LIMIT     64u     /* RFC 1700, "IP time to live" */
#define IP_NO_CHECKSUM   0xffffu
#define IP_HEADERS       120u    /* bytes of a transport's header at most */

/* A run of bytes to send. */
struct ip_piece {
	const void *bytes;
	uint32_t length;
};

struct ip_output {
	struct net_address source;      /* family NET_FAMILY_NONE: that of the way; unspecified: nobody yet */
	struct net_address destination;
	struct interface *interface;    /* for groups and link-local addresses; NULL: the first card */
	uint8_t protocol;
	uint8_t traffic_class;
	uint8_t hop_limit;              /* 0: the usual one */
	bool fragment;                  /* may be cut into fragments, here or on its way */
	bool router_alert;              /* routers on the way shall look at it (RFC 2113, RFC 2711) */
	bool to_broadcast;              /* may go to everybody on a link */
	const uint8_t *header;          /* of the transport, at most IP_HEADERS bytes */
	uint32_t header_length;
	/*
	 * Where in `header` the checksum's field is, which holds the folded sum of the pseudo header (0 for
	 * ICMP of IPv4, which has none): the card completes it, or else IP does. IP_NO_CHECKSUM: nothing is to be done.
	 */
	uint32_t checksum_offset;
	/*
	 * TCP, larger than a segment: its payload in each of them, and `fragment` is false. Only
	 * where the way's card does that; else 0.
	 */
	uint32_t segment_size;
	const struct ip_piece *pieces;  /* the payload */
	uint32_t piece_count;
};

/*
 * Sends one packet. 0 where it is on its way or waits for its neighbour; POSIX_ENETUNREACH: no
 * route; POSIX_EACCES: it would go to everybody, and may not; POSIX_EMSGSIZE: too large for IP, or for the
 * path and not to be cut; POSIX_ENOBUFS: the card is behind; POSIX_EADDRNOTAVAIL: not our address.
 */
int32_t ip_output(struct netstack *stack, const struct ip_output *output);

/* ---- for the headers' writers ------------------------------------------------------ */

/* Which part of a packet a header is written for. */
struct ip_fragment {
	uint32_t identification;
	uint32_t offset;           /* bytes of the payload before this part */
	bool more;                 /* and there are such behind it */
	bool whole;                /* it is all there is */
};

#endif
