/* Two cards in memory and the wire between them. */
#include "memory_net.h"

#include <stdlib.h>
#include <string.h>

#include <drydock/abi/sys.h>
#include <drydock/posix.h>

#include "drivers/check.h"

#define SLOT_SIZE ((NET_FRAME_MAXIMUM + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE)

static struct memory_net_card *card_of(struct device *device)
{
	return list_entry(device, struct memory_net_card, card.device);
}

static struct memory_net_card *peer_of(struct memory_net_card *card)
{
	return &card->net->cards[card == &card->net->cards[0] ? 1 : 0];
}

/* ---- the wire ---------------------------------------------------------------- */

bool memory_net_inject(struct memory_net_card *card, const struct net_header *header, const void *data,
                       uint32_t length)
{
	struct list *link = list_take(&card->free);
	struct memory_net_slot *slot;

	if (link == NULL || length > SLOT_SIZE) {
		card->overrun++;
		return false;
	}
	slot = list_entry(link, struct memory_net_slot, link);
	slot->frame = (struct net_frame){
		.header = *header,
		.length = length,
		.segment_count = 1,
		.segments = {{slot->data, length}},
		.number = (uint32_t)(slot - card->slots),
	};
	memcpy(slot->data, data, length);
	list_add_tail(&card->arriving, &slot->link);
	return true;
}

/* Lets the frame that came last overtake the one before it. */
static void swap_last(struct memory_net_card *card)
{
	struct list *last = card->arriving.previous;
	struct list *before = last->previous;

	if (last == &card->arriving || before == &card->arriving)
		return;
	list_remove(last);
	list_add_tail(before, last);
}

static void carry(struct memory_net_card *card, const struct net_frame *frame)
{
	struct memory_net *net = card->net;
	struct memory_net_card *peer = peer_of(card);
	uint32_t copies = memory_chance(&net->random, net->options.duplicate) ? 2 : 1;
	uint32_t length = 0;
	uint8_t *data;

	if (!card->card.link_up || memory_chance(&net->random, net->options.drop)) {
		card->lost++;
		return;
	}
	data = malloc(frame->length);
	if (data == NULL)
		abort();
	for (uint32_t i = 0; i < frame->segment_count; i++) {
		memcpy(data + length, frame->segments[i].address, frame->segments[i].length);
		length += frame->segments[i].length;
	}
	for (; copies > 0; copies--) {
		if (memory_net_inject(peer, &frame->header, data, length) &&
		    memory_chance(&net->random, net->options.reorder))
			swap_last(peer);
	}
	free(data);
}

/* ---- a card -------------------------------------------------------------------- */

static void memory_net_transmit(struct net_card *base, struct net_frame *frame)
{
	struct memory_net_card *card = list_entry(base, struct memory_net_card, card);

	list_add_tail(&card->waiting, &frame->link);
	card->submitted++;
}

static void memory_net_kick(struct device *device)
{
	card_of(device)->shown = card_of(device)->submitted;
}

static bool send_one(struct memory_net_card *card)
{
	struct net_frame *frame;

	if (card->shown == 0)
		return false;
	frame = list_entry(list_take(&card->waiting), struct net_frame, link);
	card->submitted--;
	frame->status = card->card.device.fault ? POSIX_EIO : net_check(&card->card, frame);
	if (!frame->status && !memory_pieces_hold(&card->pieces, frame->segments, frame->segment_count))
		frame->status = POSIX_EFAULT;
	if (!frame->status) {
		card->transmitted++;
		carry(card, frame);
	}
	card->shown--;
	frame->done(frame);
	return true;
}

static bool receive_some(struct memory_net_card *card)
{
	struct net_frame *frames[8];
	uint32_t count = 0;
	struct list *link;
	bool any = !list_empty(&card->arriving);

	while (count < 8 && (link = list_take(&card->arriving)) != NULL) {
		struct memory_net_slot *slot = list_entry(link, struct memory_net_slot, link);

		if (slot->frame.length < NET_ETHERNET_HEADER ||
		    !net_check_header(&slot->frame.header, slot->frame.length, card->card.receive_offloads)) {
			card->card.dropped_invalid++;
			list_add_tail(&card->free, &slot->link);
			continue;
		}
		frames[count++] = &slot->frame;
	}
	card->on_loan += count;
	if (count > 0)
		card->card.events->receive(card->card.context, frames, count);
	return any;
}

static void memory_net_release(struct net_card *base, struct net_frame *frame)
{
	struct memory_net_card *card = list_entry(base, struct memory_net_card, card);
	struct memory_net_slot *slot = &card->slots[frame->number];

	if (frame != &slot->frame || !list_empty(&slot->link))
		abort();
	card->on_loan--;
	list_add_tail(&card->free, &slot->link);
}

static bool memory_net_poll(struct device *device)
{
	struct memory_net_card *card = card_of(device);
	bool any = card->link_news;

	if (card->link_news) {
		card->link_news = false;
		card->card.events->link_changed(card->card.context);
	}
	any |= send_one(card);
	any |= receive_some(card);
	if (any)
		card->shown = card->submitted;
	return any;
}

static bool memory_net_arm(struct device *device)
{
	struct memory_net_card *card = card_of(device);

	return list_empty(&card->arriving) && !card->link_news && card->shown == 0;
}

static void memory_net_interrupt(struct device *device, uint32_t vector)
{
	(void)device;
	(void)vector;
}

static void *memory_net_allocate(struct device *device, size_t size)
{
	return memory_pieces_allocate(&card_of(device)->pieces, size);
}

static void memory_net_free(struct device *device, void *address, size_t size)
{
	memory_pieces_free(&card_of(device)->pieces, address, size);
}

static const struct device_operations device_operations = {
	.poll = memory_net_poll,
	.kick = memory_net_kick,
	.arm = memory_net_arm,
	.interrupt = memory_net_interrupt,
	.allocate = memory_net_allocate,
	.free = memory_net_free,
};
static const struct net_operations net_operations = {
	.transmit = memory_net_transmit,
	.release = memory_net_release,
};

/* ---- what tests do with it ------------------------------------------------------- */

static void card_create(struct memory_net *net, int which)
{
	struct memory_net_card *card = &net->cards[which];

	card->net = net;
	card->card = (struct net_card){
		.device.operations = &device_operations,
		.operations = &net_operations,
		.name = "memory",
		.address = {2, 0, 0, 0, 0, (uint8_t)(which + 1)},
		.link_up = true,
		.mtu = net->options.mtu,
		.transmit_offloads =
			net->options.transmit_offloads[which] & net->options.receive_offloads[1 - which],
		.receive_offloads = net->options.receive_offloads[which],
		.transmit_depth = MEMORY_NET_FRAMES,
		.receive_depth = MEMORY_NET_FRAMES,
	};
	list_init(&card->free);
	list_init(&card->arriving);
	list_init(&card->waiting);
	for (size_t i = 0; i < MEMORY_NET_FRAMES; i++) {
		card->slots[i].data = memory_pieces_allocate(&card->pieces, SLOT_SIZE);
		if (card->slots[i].data == NULL)
			abort();
		list_add_tail(&card->free, &card->slots[i].link);
	}
}

void memory_net_create(struct memory_net *net, const struct memory_net_options *options)
{
	*net = (struct memory_net){.options = *options};
	if (net->options.mtu == 0)
		net->options.mtu = 1500;
	net->random = options->seed ? options->seed : 1;
	card_create(net, 0);
	card_create(net, 1);
}

void memory_net_destroy(struct memory_net *net)
{
	memory_pieces_free_all(&net->cards[0].pieces);
	memory_pieces_free_all(&net->cards[1].pieces);
}

void memory_net_link(struct memory_net *net, bool up)
{
	for (int i = 0; i < 2; i++) {
		net->cards[i].link_news |= net->cards[i].card.link_up != up;
		net->cards[i].card.link_up = up;
	}
}
