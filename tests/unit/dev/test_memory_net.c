/* The cards in memory keep the promises of drydock/dev/net.h. */
#include "../unit.h"

#include <string.h>

#include <drydock/posix.h>

#include "memory_net.h"

static struct memory_net net;
static uint8_t *memory;
static int ends, links;
static uint32_t received;
static uint8_t numbers[256]; /* first byte of the payload of each frame received */
static struct net_header last_header;
static struct net_frame *kept[MEMORY_NET_FRAMES];
static bool keep;

static void done(struct net_frame *frame)
{
	(void)frame;
	ends++;
}

static void receive(void *context, struct net_frame *const *frames, uint32_t count)
{
	struct memory_net_card *card = context;

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *data = frames[i]->segments[0].address;

		ck_assert_uint_lt(received, sizeof(numbers));
		ck_assert_uint_eq(frames[i]->segments[0].length, frames[i]->length);
		last_header = frames[i]->header;
		if (keep)
			kept[received % MEMORY_NET_FRAMES] = frames[i];
		numbers[received++] = data[NET_ETHERNET_HEADER];
		if (!keep)
			net_release(&card->card, frames[i]);
	}
}

static void link_changed(void *context)
{
	(void)context;
	links++;
}

static const struct net_events events = {.receive = receive, .link_changed = link_changed};

static void start(const struct memory_net_options *options)
{
	memory_net_create(&net, options);
	for (int i = 0; i < 2; i++) {
		net.cards[i].card.events = &events;
		net.cards[i].card.context = &net.cards[i];
	}
	memory = device_allocate(&net.cards[0].card.device, 16 * 4096);
	ck_assert_ptr_nonnull(memory);
	ends = links = 0;
	received = 0;
	keep = false;
}

static void drain(void)
{
	device_kick(&net.cards[0].card.device);
	while (device_poll(&net.cards[0].card.device) | device_poll(&net.cards[1].card.device))
		;
}

/* Transmits one frame of two segments. */
static int32_t send(uint8_t number, uint32_t length, const struct net_header *header)
{
	struct net_frame frame = {
		.header = *header,
		.length = length,
		.segment_count = 2,
		.segments = {{memory, NET_ETHERNET_HEADER}, {memory + 4096, length - NET_ETHERNET_HEADER}},
		.done = done};
	int before = ends;

	memory[4096] = number;
	net_transmit(&net.cards[0].card, &frame);
	ck_assert_int_eq(ends, before);
	drain();
	ck_assert_int_eq(ends, before + 1);
	return frame.status;
}

static const struct net_header plain;

START_TEST(frames_arrive_in_order)
{
	start(&(struct memory_net_options){0});
	for (int i = 0; i < 200; i++)
		ck_assert_int_eq(send((uint8_t)i, 60, &plain), 0);
	ck_assert_uint_eq(received, 200);
	for (int i = 0; i < 200; i++)
		ck_assert_uint_eq(numbers[i], i);
	memory_net_destroy(&net);
}
END_TEST

/* Exactly what the options say happens, and all of it. */
START_TEST(wire_loses_doubles_and_reorders)
{
	static struct net_frame frames[100];
	int doubled = 0, disordered = 0;

	start(&(struct memory_net_options){.drop = 20, .duplicate = 20, .reorder = 20, .seed = 5});
	for (int i = 0; i < 100; i++) {
		memory[i * 64 + NET_ETHERNET_HEADER] = (uint8_t)i;
		frames[i] = (struct net_frame){
			.length = 60, .segment_count = 1, .segments = {{memory + i * 64, 60}}, .done = done};
		net_transmit(&net.cards[0].card, &frames[i]);
		/* Eight at a time are on the wire together. */
		if (i % 8 == 7) {
			device_kick(&net.cards[0].card.device);
			while (device_poll(&net.cards[0].card.device))
				;
			drain();
		}
	}
	drain();
	ck_assert_int_eq(ends, 100);
	for (uint32_t i = 1; i < received; i++) {
		doubled += numbers[i] == numbers[i - 1];
		disordered += numbers[i] < numbers[i - 1];
	}
	ck_assert_uint_gt(net.cards[0].lost, 5);
	ck_assert_int_gt(doubled, 5);
	ck_assert_int_gt(disordered, 5);
	ck_assert_uint_gt(received, 60);
	memory_net_destroy(&net);
}
END_TEST

/* What a header may say depends on what was agreed. */
START_TEST(offloads_are_checked)
{
	static const struct net_header checksum = {
		.flags = NET_NEEDS_CHECKSUM, .checksum_start = 34, .checksum_offset = 16};
	static const struct net_header large = {.flags = NET_NEEDS_CHECKSUM,
	                                        .segmentation = NET_SEGMENT_TCP4,
	                                        .header_length = 54,
	                                        .segment_size = 1460,
	                                        .checksum_start = 34,
	                                        .checksum_offset = 16};
	struct net_header bad;
	const uint32_t all = NET_OFFLOAD_CHECKSUM | NET_OFFLOAD_TCP4 | NET_OFFLOAD_TCP6;

	start(&(struct memory_net_options){.transmit_offloads = {all}, .receive_offloads = {0, all}});
	ck_assert_int_eq(send(1, 60, &checksum), 0);
	ck_assert_int_eq(send(2, 40000, &large), 0);
	ck_assert_int_eq(memcmp(&last_header, &large, sizeof(large)), 0);
	ck_assert_int_eq(send(3, 1515, &checksum), POSIX_EINVAL);
	bad = checksum;
	bad.checksum_offset = 60 - 34 - 1;
	ck_assert_int_eq(send(4, 60, &bad), POSIX_EINVAL);
	bad = large;
	bad.segment_size = 0;
	ck_assert_int_eq(send(5, 40000, &bad), POSIX_EINVAL);
	bad = large;
	bad.flags = 0;
	ck_assert_int_eq(send(6, 40000, &bad), POSIX_EINVAL);
	bad = large;
	bad.segmentation = 3;
	ck_assert_int_eq(send(7, 40000, &bad), POSIX_EINVAL);
	bad = plain;
	bad.flags = NET_CHECKSUM_VALID;
	ck_assert_int_eq(send(8, 60, &bad), POSIX_EINVAL);
	ck_assert_uint_eq(received, 2);
	memory_net_destroy(&net);

	start(&(struct memory_net_options){.transmit_offloads = {all},
	                                   .receive_offloads = {0, NET_OFFLOAD_CHECKSUM}});
	ck_assert_uint_eq(net.cards[0].card.transmit_offloads, NET_OFFLOAD_CHECKSUM);
	ck_assert_int_eq(send(1, 60, &checksum), 0);
	ck_assert_int_eq(send(2, 40000, &large), POSIX_EINVAL);
	memory_net_destroy(&net);

	start(&(struct memory_net_options){.transmit_offloads = {all}});
	ck_assert_int_eq(send(1, 60, &checksum), POSIX_EINVAL);
	ck_assert_int_eq(send(2, 1514, &plain), 0);
	ck_assert_int_eq(send(3, 1515, &plain), POSIX_EINVAL);
	memory_net_destroy(&net);
}
END_TEST

START_TEST(refuses_bad_frames)
{
	uint8_t foreign[64] = {0};
	struct net_frame frame = {
		.length = 60, .segment_count = 1, .segments = {{foreign, 60}}, .done = done};

	start(&(struct memory_net_options){0});
	net_transmit(&net.cards[0].card, &frame);
	drain();
	ck_assert_int_eq(frame.status, POSIX_EFAULT);
	frame.segments[0] = (struct device_segment){memory, 59};
	net_transmit(&net.cards[0].card, &frame);
	drain();
	ck_assert_int_eq(frame.status, POSIX_EINVAL);
	frame.segments[0].length = frame.length = 13;
	net_transmit(&net.cards[0].card, &frame);
	drain();
	ck_assert_int_eq(frame.status, POSIX_EINVAL);
	frame.segment_count = NET_SEGMENTS_MAXIMUM + 1;
	net_transmit(&net.cards[0].card, &frame);
	drain();
	ck_assert_int_eq(frame.status, POSIX_EINVAL);
	ck_assert_uint_eq(received, 0);
	memory_net_destroy(&net);
}
END_TEST

/* Frames that are not given back run out, and come again when they are. */
START_TEST(loans_are_bounded)
{
	start(&(struct memory_net_options){0});
	keep = true;
	for (uint32_t i = 0; i < MEMORY_NET_FRAMES + 3; i++)
		ck_assert_int_eq(send((uint8_t)i, 60, &plain), 0);
	ck_assert_uint_eq(received, MEMORY_NET_FRAMES);
	ck_assert_uint_eq(net.cards[1].overrun, 3);
	net_release(&net.cards[1].card, kept[5]);
	ck_assert_int_eq(send(100, 60, &plain), 0);
	ck_assert_uint_eq(received, MEMORY_NET_FRAMES + 1);
	ck_assert_uint_eq(numbers[MEMORY_NET_FRAMES], 100);
	memory_net_destroy(&net);
}
END_TEST

START_TEST(link_and_nonsense)
{
	static const struct net_header odd = {.flags = 0x80};

	start(&(struct memory_net_options){0});
	memory_net_link(&net, false);
	ck_assert(!device_arm(&net.cards[1].card.device));
	drain();
	ck_assert_int_eq(links, 2);
	ck_assert_int_eq(send(1, 60, &plain), 0);
	ck_assert_uint_eq(received, 0);
	memory_net_link(&net, true);
	ck_assert_int_eq(send(2, 60, &plain), 0);
	ck_assert_uint_eq(received, 1);
	ck_assert(memory_net_inject(&net.cards[1], &odd, memory, 60));
	ck_assert(memory_net_inject(&net.cards[1], &plain, memory, 13));
	drain();
	ck_assert_uint_eq(received, 1);
	ck_assert_uint_eq(net.cards[1].card.dropped_invalid, 2);
	ck_assert(device_arm(&net.cards[1].card.device));
	memory_net_destroy(&net);
}
END_TEST

UNIT_RUN("memory_net", frames_arrive_in_order, wire_loses_doubles_and_reorders, offloads_are_checked,
         refuses_bad_frames, loans_are_bounded, link_and_nonsense)
