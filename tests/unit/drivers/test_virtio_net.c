/* virtio-net against a simulated device, which mostly keeps the rules. */
#include "../unit.h"

#include <string.h>

#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#include <drydock/posix.h>

#include "drivers/virtio_net.h"

#include "../dev/memory_device.h"
#include "simulator_net.h"

#define BIT(feature) (1ull << (feature))
#define ALL                                                                                        \
	(BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_MTU) |           \
	 BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_GUEST_TSO4) | BIT(VIRTIO_NET_F_GUEST_TSO6) |     \
	 BIT(VIRTIO_NET_F_HOST_TSO4) | BIT(VIRTIO_NET_F_HOST_TSO6) | BIT(VIRTIO_NET_F_MRG_RXBUF) | \
	 BIT(VIRTIO_NET_F_STATUS) | BIT(VIRTIO_RING_F_EVENT_IDX))
#define EVERYTHING (NET_OFFLOAD_CHECKSUM | NET_OFFLOAD_TCP4 | NET_OFFLOAD_TCP6)
#define PAGE       4096u

/* What net.h says is what Linux says, on TAP as on virtio-net. */
_Static_assert(sizeof(struct net_header) == sizeof(struct virtio_net_hdr_mrg_rxbuf), "size");
_Static_assert(offsetof(struct net_header, segmentation) == offsetof(struct virtio_net_hdr, gso_type),
               "type");
_Static_assert(offsetof(struct net_header, header_length) == offsetof(struct virtio_net_hdr, hdr_len),
               "length");
_Static_assert(offsetof(struct net_header, segment_size) == offsetof(struct virtio_net_hdr, gso_size),
               "segment");
_Static_assert(offsetof(struct net_header, checksum_start) == offsetof(struct virtio_net_hdr, csum_start),
               "start");
_Static_assert(offsetof(struct net_header, checksum_offset) == offsetof(struct virtio_net_hdr, csum_offset),
               "offset");
_Static_assert(NET_NEEDS_CHECKSUM == VIRTIO_NET_HDR_F_NEEDS_CSUM, "needs checksum");
_Static_assert(NET_CHECKSUM_VALID == VIRTIO_NET_HDR_F_DATA_VALID, "checksum valid");
_Static_assert((int)NET_SEGMENT_TCP4 == VIRTIO_NET_HDR_GSO_TCPV4, "TCP over IPv4");
_Static_assert((int)NET_SEGMENT_TCP6 == VIRTIO_NET_HDR_GSO_TCPV6, "TCP over IPv6");

static const struct virtio_net_options all = {EVERYTHING, EVERYTHING, {2, 0, 0, 0, 0, 9}};

static struct simulator_net simulated;
static struct simulator *const simulator = &simulated.simulator;
static struct virtio_net net;
static struct device *const device = &net.card.device;
static uint8_t *memory;
static int ends, links;
static uint32_t received, received_length;
static uint8_t content[70000];
static struct net_header last;
static struct net_frame *kept[512];
static bool keep;

static void done(struct net_frame *frame)
{
	(void)frame;
	ends++;
}

static void receive(void *context, struct net_frame *const *frames, uint32_t count)
{
	require(context == &simulated && count >= 1 && count <= 64);
	for (uint32_t i = 0; i < count; i++) {
		received_length = 0;
		for (uint32_t j = 0; j < frames[i]->segment_count; j++) {
			const struct device_segment *segment = &frames[i]->segments[j];

			memcpy(content + received_length, segment->address, segment->length);
			received_length += segment->length;
		}
		require(received_length == frames[i]->length);
		last = frames[i]->header;
		if (keep)
			kept[received % 512] = frames[i];
		else
			net_release(&net.card, frames[i]);
		received++;
	}
}

static void link_changed(void *context)
{
	ck_assert_ptr_eq(context, &simulated);
	links++;
}

static const struct net_events events = {.receive = receive, .link_changed = link_changed};

static void start_with(uint64_t features, uint16_t descriptors)
{
	const char *wrong;

	simulator_net_create(&simulated, features);
	simulator->queue_sizes[SIMULATOR_NET_RECEIVE] = descriptors;
	wrong = virtio_net_start(&net, &simulator->access, &all);
	ck_assert_msg(wrong == NULL, "%s", wrong);
	net.card.events = &events;
	net.card.context = &simulated;
	memory = device_allocate(device, 64 * PAGE);
	ck_assert_ptr_nonnull(memory);
	ends = links = 0;
	received = 0;
	keep = false;
}

static void start(uint64_t features)
{
	start_with(features, 256);
}

static void stop(void)
{
	virtio_net_stop(&net);
	simulator_destroy(simulator);
}

static void settle(void)
{
	bool moved = true;

	device_kick(device);
	while (moved) {
		while (device_poll(device))
			;
		moved = !device_arm(device);
		moved |= simulator_running(simulator) && simulator_net_send(&simulated, 1000) > 0;
		if (simulator_interrupts(simulator, device))
			moved |= device_poll(device);
	}
}

static int32_t send(uint32_t length, const struct net_header *header)
{
	struct net_frame frame = {.header = *header,
	                          .length = length,
	                          .segment_count = 2,
	                          .done = done,
	                          .status = -1,
	                          .segments = {{memory, 14}, {memory + PAGE, length - 14}}};
	int before = ends;

	memset(memory, 0xaa, 14);
	memset(memory + PAGE, 0xbb, length - 14);
	net_transmit(&net.card, &frame);
	require(ends == before);
	settle();
	require(ends == before + 1);
	return frame.status;
}

static const struct net_header plain;
static const struct net_header checksum = {.flags = NET_NEEDS_CHECKSUM,
                                           .checksum_start = 34,
                                           .checksum_offset = 16};
static const struct net_header large = {.flags = NET_NEEDS_CHECKSUM,
                                        .segmentation = NET_SEGMENT_TCP4,
                                        .header_length = 54,
                                        .segment_size = 1360,
                                        .checksum_start = 34,
                                        .checksum_offset = 16};

static bool has(uint64_t features, uint32_t feature)
{
	return features & BIT(feature);
}

/* What must be agreed on, of what is offered: no offload without the one it builds on. */
static uint64_t expected(uint64_t offered)
{
	if (!has(offered, VIRTIO_NET_F_CSUM))
		offered &= ~(BIT(VIRTIO_NET_F_HOST_TSO4) | BIT(VIRTIO_NET_F_HOST_TSO6));
	if (!has(offered, VIRTIO_NET_F_GUEST_CSUM) || !has(offered, VIRTIO_NET_F_MRG_RXBUF))
		offered &= ~(BIT(VIRTIO_NET_F_GUEST_TSO4) | BIT(VIRTIO_NET_F_GUEST_TSO6));
	if (!has(offered, VIRTIO_NET_F_MRG_RXBUF))
		offered &= ~BIT(VIRTIO_NET_F_MTU);
	return offered | BIT(VIRTIO_F_VERSION_1);
}

START_TEST(negotiates_every_subset)
{
	static const uint32_t bits[] = {
		VIRTIO_NET_F_CSUM,      VIRTIO_NET_F_GUEST_CSUM, VIRTIO_NET_F_MTU,
		VIRTIO_NET_F_MAC,       VIRTIO_NET_F_GUEST_TSO4, VIRTIO_NET_F_GUEST_TSO6,
		VIRTIO_NET_F_HOST_TSO4, VIRTIO_NET_F_HOST_TSO6,  VIRTIO_NET_F_MRG_RXBUF,
		VIRTIO_NET_F_STATUS,    VIRTIO_RING_F_EVENT_IDX,
	};

	for (uint32_t subset = 0; subset < 1u << 11; subset++) {
		uint64_t offered = 0;
		uint64_t agreed;

		for (uint32_t i = 0; i < 11; i++)
			offered |= subset & 1u << i ? BIT(bits[i]) : 0;
		agreed = expected(offered);
		start_with(offered | BIT(VIRTIO_NET_F_CTRL_VQ) | BIT(VIRTIO_NET_F_GUEST_UFO) |
		                   BIT(VIRTIO_NET_F_MQ),
		           8);
		require(simulator->driver_features == agreed);
		require(net.card.mtu == (has(agreed, VIRTIO_NET_F_MTU) ? 1400 : 1500));
		require(net.card.address[5] == (has(agreed, VIRTIO_NET_F_MAC) ? 0x56 : 9));
		require(net.card.link_up);
		ck_assert_uint_eq(net.card.transmit_offloads,
		                  (has(agreed, VIRTIO_NET_F_CSUM) ? NET_OFFLOAD_CHECKSUM : 0) |
		                          (has(agreed, VIRTIO_NET_F_HOST_TSO4) ? NET_OFFLOAD_TCP4 : 0) |
		                          (has(agreed, VIRTIO_NET_F_HOST_TSO6) ? NET_OFFLOAD_TCP6 : 0));
		ck_assert_int_eq(send(60, &plain), 0);
		ck_assert_int_eq(send(60, &checksum), has(agreed, VIRTIO_NET_F_CSUM) ? 0 : POSIX_EINVAL);
		ck_assert_int_eq(send(30000, &large), has(agreed, VIRTIO_NET_F_HOST_TSO4) ? 0 : POSIX_EINVAL);
		require(simulator_net_receive(&simulated, &plain, "abcdefghijklmnopqrstuvwxyz", 26));
		require(simulator_net_receive(&simulated, &checksum, memory, 60));
		require(simulator_net_receive(&simulated, &large, memory, 3000));
		settle();
		ck_assert_uint_eq(received, 1u + has(agreed, VIRTIO_NET_F_GUEST_CSUM) +
		                                    has(agreed, VIRTIO_NET_F_GUEST_TSO4));
		ck_assert_uint_eq(net.card.dropped_invalid, 3 - received);
		stop();
	}
}
END_TEST

/* What the caller does not want is not agreed on, whatever is offered. */
START_TEST(takes_only_what_is_wanted)
{
	static const struct virtio_net_options none = {0, 0, {0}};

	simulator_net_create(&simulated, ALL);
	ck_assert_ptr_null(virtio_net_start(&net, &simulator->access, &none));
	ck_assert_uint_eq(net.card.transmit_offloads | net.card.receive_offloads, 0);
	ck_assert_uint_eq(
		simulator->driver_features & (BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_GUEST_CSUM)), 0);
	stop();
	/* Without an address from anywhere there is no card. */
	simulator_net_create(&simulated, ALL & ~BIT(VIRTIO_NET_F_MAC));
	ck_assert_ptr_nonnull(virtio_net_start(&net, &simulator->access, &none));
	simulator_destroy(simulator);
	simulator_net_create(&simulated, ALL);
	simulator->device_config[0] = 1;
	ck_assert_ptr_nonnull(virtio_net_start(&net, &simulator->access, &none));
	simulator_destroy(simulator);
}
END_TEST

START_TEST(transmits_what_it_was_given)
{
	struct net_header received_once = large;

	start(ALL);
	/* The number of buffers is the driver's, even where the header came with a frame that was received. */
	received_once.buffers = 10;
	ck_assert_int_eq(send(40000, &received_once), 0);
	ck_assert_uint_eq(simulated.sent_length, 12 + 40000);
	ck_assert_int_eq(memcmp(simulated.sent, &large, 10), 0);
	ck_assert_uint_eq(simulated.sent[10] | simulated.sent[11], 0);
	ck_assert_uint_eq(simulated.sent[12 + 13], 0xaa);
	ck_assert_uint_eq(simulated.sent[12 + 14], 0xbb);
	ck_assert_uint_eq(simulated.sent[12 + 39999], 0xbb);
	stop();
}
END_TEST

/* More frames than the queue holds: in order, each ends once. */
START_TEST(waits_for_room)
{
	static struct net_frame frames[1000];
	uint32_t count;

	start(ALL);
	for (int i = 0; i < 1000; i++) {
		simulator_put(memory + i * 64 + 14, (uint64_t)i, 4);
		frames[i] = (struct net_frame){.length = 60,
		                               .segment_count = 1,
		                               .done = done,
		                               .status = -1,
		                               .segments = {{memory + i * 64, 60}}};
		net_transmit(&net.card, &frames[i]);
	}
	device_kick(device);
	for (uint32_t next = 0; next < 1000; next++) {
		count = simulator_net_send(&simulated, 1);
		if (count == 0) {
			ck_assert(device_poll(device));
			count = simulator_net_send(&simulated, 1);
		}
		ck_assert_uint_eq(count, 1);
		ck_assert_uint_eq(simulator_get(simulated.sent + 12 + 14, 4), next);
	}
	settle();
	ck_assert_int_eq(ends, 1000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(frames[i].status, 0);
	stop();
}
END_TEST

/* Frames over many buffers, of every length around their ends. */
START_TEST(merges_buffers)
{
	static uint8_t data[65550];
	static const uint32_t lengths[] = {14, 60, 4083, 4084, 4085, 8180, 8181, 65549, 65550};

	for (uint32_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 256);
	start(ALL);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		ck_assert(simulator_net_receive(&simulated, &large, data, lengths[i] < 54 ? 54 : lengths[i]));
		settle();
		ck_assert_uint_eq(received, i + 1);
		ck_assert_uint_eq(received_length, lengths[i] < 54 ? 54 : lengths[i]);
		ck_assert_int_eq(memcmp(content, data, received_length), 0);
	}
	ck_assert_uint_eq(net.card.dropped_invalid, 0);
	stop();
}
END_TEST

/* Loans are bounded by the buffers, and given back in any order they serve again, past the indices' end. */
START_TEST(lends_and_takes_back)
{
	uint32_t before;

	start(ALL);
	keep = true;
	for (int i = 0; i < 256; i++)
		ck_assert(simulator_net_receive(&simulated, &plain, memory, 60));
	ck_assert(!simulator_net_receive(&simulated, &plain, memory, 60));
	settle();
	ck_assert_uint_eq(received, 256);
	for (int i = 255; i >= 0; i--)
		net_release(&net.card, kept[i]);
	net_release(&net.card, kept[0]); /* once more is no harm */
	keep = false;
	before = received;
	for (int i = 0; i < 70000; i++) {
		device_kick(device);
		require(simulator_net_receive(&simulated, &plain, memory, 60));
		if (i % 100 == 99)
			settle();
	}
	settle();
	ck_assert_uint_eq(received, before + 70000);
	stop();
}
END_TEST

/* A frame that is given back twice is lent once. */
START_TEST(takes_back_once)
{
	start(ALL);
	keep = true;
	for (int i = 0; i < 2; i++)
		ck_assert(simulator_net_receive(&simulated, &plain, memory, 60));
	settle();
	net_release(&net.card, kept[0]);
	net_release(&net.card, kept[0]);
	device_kick(device);
	for (int i = 0; i < 255; i++)
		ck_assert(simulator_net_receive(&simulated, &plain, memory, 60));
	ck_assert(!simulator_net_receive(&simulated, &plain, memory, 60));
	settle();
	ck_assert_uint_eq(received, 257);
	stop();
}
END_TEST

/* Headers that lie, frames that are none: dropped and counted, and their buffers come back. */
START_TEST(drops_nonsense)
{
	struct net_header headers[8];
	static const uint32_t lengths[8] = {60, 60, 60, 60, 60, 60, 60, 0};

	headers[0] = (struct net_header){.flags = 0x80};
	headers[1] = (struct net_header){.segmentation = 9};
	headers[2] = large;
	headers[2].segment_size = 0;
	headers[3] = checksum;
	headers[3].checksum_start = 0xffff;
	headers[4] = checksum;
	headers[4].checksum_offset = 25;
	headers[5] = large;
	headers[5].flags = 0;
	headers[6] = large;
	headers[6].segmentation = NET_SEGMENT_TCP4 | 0x80;
	headers[7] = plain;
	start(ALL);
	for (int round = 0; round < 100; round++) {
		for (int i = 0; i < 8; i++)
			ck_assert(simulator_net_receive(&simulated, &headers[i], memory, lengths[i]));
		settle();
	}
	ck_assert_uint_eq(received, 0);
	ck_assert_uint_eq(net.card.dropped_invalid, 800);
	ck_assert(simulator_net_receive(&simulated, &plain, memory, 60));
	settle();
	ck_assert_uint_eq(received, 1);
	stop();
}
END_TEST

START_TEST(catches_missing_buffers)
{
	static const uint16_t extra[] = {1, 300, 0xfffe};

	for (size_t i = 0; i < 3; i++) {
		struct net_frame frame = {.length = 60, .segment_count = 1, .done = done, .status = -1};

		start(ALL);
		frame.segments[0] = (struct device_segment){memory, 60};
		net_transmit(&net.card, &frame);
		device_kick(device);
		simulated.extra_buffers = extra[i];
		ck_assert(simulator_net_receive(&simulated, &plain, memory, 60));
		while (device_poll(device))
			;
		ck_assert_ptr_nonnull(device->fault);
		ck_assert_int_eq(ends, 1);
		ck_assert_int_eq(frame.status, POSIX_EIO);
		ck_assert_uint_eq(received, 0);
		ck_assert(!simulator_running(simulator));
		stop();
	}
}
END_TEST

/* More than a frame can have, or none: dropped, though all buffers are there. */
START_TEST(drops_frames_of_odd_buffers)
{
	start(ALL);
	simulated.extra_buffers = 20;
	ck_assert(simulator_net_receive(&simulated, &plain, memory, 60));
	simulated.extra_buffers = 0;
	for (int i = 0; i < 20; i++)
		ck_assert(simulator_net_receive(&simulated, &plain, memory, 60));
	/* And one that says it has none at all. */
	simulated.extra_buffers = 0xffff;
	ck_assert(simulator_net_receive(&simulated, &plain, memory, 60));
	simulated.extra_buffers = 0;
	settle();
	ck_assert_ptr_null(device->fault);
	ck_assert_uint_eq(net.card.dropped_invalid, 2);
	ck_assert_uint_eq(received, 0);
	for (int i = 0; i < 256; i++)
		ck_assert(simulator_net_receive(&simulated, &plain, memory, 60));
	settle();
	ck_assert_uint_eq(received, 256);
	stop();
}
END_TEST

START_TEST(follows_the_link)
{
	start(ALL);
	simulator_put(simulator->device_config + offsetof(struct virtio_net_config, status), 0, 2);
	simulator_changed(simulator);
	ck_assert(simulator_interrupts(simulator, device));
	settle();
	ck_assert_int_eq(links, 1);
	ck_assert(!net.card.link_up);
	simulator_changed(simulator);
	simulator_interrupts(simulator, device);
	settle();
	ck_assert_int_eq(links, 1);
	simulator->status |= VIRTIO_CONFIG_S_NEEDS_RESET;
	simulator_changed(simulator);
	simulator_interrupts(simulator, device);
	settle();
	ck_assert_ptr_nonnull(device->fault);
	ck_assert_int_eq(send(60, &plain), POSIX_EIO);
	stop();
}
END_TEST

/* Sent frames only give memory back: one interrupt for all of them, and none while it polls. */
START_TEST(interrupts_once_for_many_sent)
{
	static struct net_frame frames[50];

	start(ALL);
	for (int i = 0; i < 50; i++) {
		frames[i] = (struct net_frame){
			.length = 60, .segment_count = 1, .done = done, .segments = {{memory, 60}}};
		net_transmit(&net.card, &frames[i]);
	}
	device_kick(device);
	ck_assert(device_arm(device));
	for (int i = 0; i < 49; i++)
		simulator_net_send(&simulated, 1);
	ck_assert_uint_eq(simulator->queues[SIMULATOR_NET_TRANSMIT].interrupts, 0);
	simulator_net_send(&simulated, 1);
	ck_assert_uint_eq(simulator->queues[SIMULATOR_NET_TRANSMIT].interrupts, 1);
	ck_assert(simulator_interrupts(simulator, device));
	ck_assert(device_poll(device));
	ck_assert_int_eq(ends, 50);
	stop();
}
END_TEST

UNIT_RUN("virtio_net", negotiates_every_subset, takes_only_what_is_wanted, transmits_what_it_was_given,
         waits_for_room, merges_buffers, lends_and_takes_back, takes_back_once, drops_nonsense,
         catches_missing_buffers, drops_frames_of_odd_buffers, follows_the_link,
         interrupts_once_for_many_sent)
