/*
 * Two network cards in memory (drydock/dev/net.h), joined by a wire that loses,
 * doubles and reorders frames when told to. What one transmits is checked by the
 * rules of net.h, copied, and received by the other. The same seed gives the
 * same run. Nothing is delayed but by reordering: a frame that is held back goes
 * with the next poll at the latest.
 */
#ifndef DRYDOCK_TESTS_MEMORY_NET_H
#define DRYDOCK_TESTS_MEMORY_NET_H

#include <drydock/dev/net.h>

#include "memory_device.h"

#define MEMORY_NET_FRAMES 64u /* on their way to one card, or on loan from it */

struct memory_net_options {
	uint32_t mtu;                  /* 0: 1500 */
	uint32_t transmit_offloads[2]; /* NET_OFFLOAD_* of each card; reduced to what the other receives */
	uint32_t receive_offloads[2];
	uint32_t drop, duplicate, reorder; /* percent of frames */
	uint64_t seed;                 /* 0: 1 */
};

/* What a card has for one received frame. */
struct memory_net_slot {
	struct net_frame frame;
	uint8_t *data;     /* a piece of the card's memory, NET_FRAME_MAXIMUM bytes and more */
	struct list link;  /* of the card's free or arriving slots; on loan in none */
};

struct memory_net_card {
	struct net_card card;
	struct memory_net *net;
	struct memory_pieces pieces;
	struct memory_net_slot slots[MEMORY_NET_FRAMES];
	struct list free;
	struct list arriving;
	struct list waiting; /* struct net_frame.link: handed to net_transmit */
	uint32_t shown;      /* of those waiting: the first so many, which it was kicked for */
	uint32_t submitted;  /* all of those waiting */
	bool link_news;      /* the link has changed, and nobody was told */
	uint32_t on_loan;
	uint64_t transmitted, lost, overrun; /* frames; those lost on the wire, those nobody had room for */
};

struct memory_net {
	struct memory_net_options options;
	struct memory_net_card cards[2];
	uint64_t random;
};

/* Aborts without memory. Addresses are 02:00:00:00:00:01 and …:02; both links are up. */
void memory_net_create(struct memory_net *net, const struct memory_net_options *options);
void memory_net_destroy(struct memory_net *net);

/* Plugs the wire in or out; both cards see it. What is transmitted without a link is lost. */
void memory_net_link(struct memory_net *net, bool up);

/* Puts a frame before a card as if it came from the wire, whatever it is. False without room. */
bool memory_net_inject(struct memory_net_card *card, const struct net_header *header, const void *data,
                       uint32_t length);

#endif
