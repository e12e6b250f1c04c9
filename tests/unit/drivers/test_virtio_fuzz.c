/*
 * Devices made of noise: configuration that was damaged in a few places, and
 * then, where the driver starts at all, a device that works, scribbles over the
 * memory that it shares, and interrupts, in any order. No access goes astray,
 * each request and frame ends exactly once, and nothing is left behind.
 */
#include "../unit.h"

#include <string.h>

#include <linux/virtio_blk.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

#include "drivers/virtio_blk.h"
#include "drivers/virtio_net.h"

#include "../dev/memory_device.h"
#include "simulator_blk.h"
#include "simulator_net.h"

#define BIT(feature) (1ull << (feature))
#define ROUNDS       2000u
#define REQUESTS     64u
#define STEPS        40u
#define PAGE         4096u

static uint64_t random_state;
static uint32_t started, faults;

static uint32_t below(uint32_t limit)
{
	return (uint32_t)((memory_random(&random_state) >> 20) % limit);
}

/* A few bytes of what the device says before it is started. */
static void damage(struct simulator *simulator)
{
	static const uint16_t sizes[] = {0, 1, 2, 4, 8, 64, 256, 1024, 32768, 77};

	simulator->vague = true;
	for (uint32_t count = below(8); count > 4; count--)
		simulator->config[below(0xa0)] = (uint8_t)below(256);
	for (uint32_t count = below(8); count > 4; count--)
		simulator->device_config[below(64)] = (uint8_t)below(256);
	for (int i = 0; i < SIMULATOR_QUEUES; i++) {
		if (below(8) == 0)
			simulator->queue_sizes[i] = sizes[below(10)];
	}
	simulator->features &= memory_random(&random_state) | memory_random(&random_state) | BIT(32);
	simulator->memory_limit = below(8) ? UINT32_MAX : below(4);
	simulator->no_messages = below(4) == 0;
	simulator->restless = below(8) == 0;
}

/* Bytes anywhere in the memory that the driver gave to the device. */
static void scribble(struct simulator *simulator)
{
	for (uint32_t count = 1 + below(30); count > 0; count--) {
		uint32_t piece = below(SIMULATOR_PIECES);

		if (simulator->pieces[piece].address)
			simulator->pieces[piece].address[below((uint32_t)simulator->pieces[piece].size)] =
				(uint8_t)below(256);
	}
}

/* An entry of a used ring, mostly one that could be. */
static void answer(struct simulator *simulator, uint32_t number)
{
	const struct simulator_queue *queue = &simulator->queues[number];

	if (!simulator_running(simulator) || !queue->enabled)
		return;
	simulator_return(simulator, number, below(8) ? below(queue->size) : below(70000),
	                 below(4) ? 1 + below(5000) : 0);
	simulator_show(simulator, number, (uint16_t)(below(10) ? 1 : below(4)));
}

static void step(struct simulator *simulator, struct device *device, uint32_t queues)
{
	switch (below(8)) {
	case 0:
		scribble(simulator);
		break;
	case 1:
	case 2:
		answer(simulator, below(queues));
		break;
	case 3:
		if (simulator_running(simulator))
			simulator_changed(simulator);
		break;
	case 4:
		device_kick(device);
		break;
	case 5:
		device_arm(device);
		break;
	case 6:
		simulator_interrupts(simulator, device);
		break;
	default:
		device_poll(device);
	}
}

static uint32_t disk_ends[REQUESTS];
static struct disk_request requests[REQUESTS];

static void disk_done(struct disk_request *request)
{
	disk_ends[request - requests]++;
}

static void run_disk(uint64_t features)
{
	static struct simulator_blk simulated;
	static struct virtio_blk blk;
	struct simulator *simulator = &simulated.simulator;
	struct device *device = &blk.disk.device;
	struct device_segment segments[3];
	uint8_t *memory;

	simulator_blk_create(&simulated, features);
	damage(simulator);
	if (virtio_blk_start(&blk, &simulator->access)) {
		simulator_destroy(simulator);
		return;
	}
	started++;
	memset(disk_ends, 0, sizeof(disk_ends));
	memory = device_allocate(device, 3 * PAGE);
	for (uint32_t i = 0; i < 3; i++)
		segments[i] = (struct device_segment){memory ? memory + i * PAGE : NULL, PAGE};
	for (uint32_t i = 0; i < REQUESTS; i++) {
		uint16_t count = (uint16_t)(1 + below(3));

		requests[i] = (struct disk_request){.operation = (uint8_t)(1 + below(4)),
		                                    .flags = below(4) == 0,
		                                    .segment_count = count,
		                                    .segments = segments,
		                                    .offset = (uint64_t)below(64) * PAGE,
		                                    .length = count * PAGE,
		                                    .done = disk_done};
		disk_submit(&blk.disk, &requests[i]);
	}
	for (uint32_t i = 0; i < STEPS; i++)
		step(simulator, device, 1);
	faults += device->fault != NULL;
	virtio_blk_stop(&blk);
	for (uint32_t i = 0; i < REQUESTS; i++)
		require(disk_ends[i] == 1);
	simulator_destroy(simulator);
}

START_TEST(disks)
{
	const uint64_t features = BIT(VIRTIO_BLK_F_SIZE_MAX) | BIT(VIRTIO_BLK_F_SEG_MAX) |
	                          BIT(VIRTIO_BLK_F_BLK_SIZE) | BIT(VIRTIO_BLK_F_FLUSH) |
	                          BIT(VIRTIO_BLK_F_DISCARD) | BIT(VIRTIO_RING_F_EVENT_IDX);

	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		random_state = seed * 0x9e3779b97f4a7c15ull;
		run_disk(features);
	}
	/* Neither is all refused, nor does all go well. */
	ck_assert_uint_gt(started, ROUNDS / 4);
	ck_assert_uint_lt(started, ROUNDS);
	ck_assert_uint_gt(faults, ROUNDS / 20);
}
END_TEST

static uint32_t frame_ends[REQUESTS];
static struct net_frame frames[REQUESTS];
static struct net_frame *kept[VIRTIO_NET_BUFFERS];
static uint32_t kept_count;

static void frame_done(struct net_frame *frame)
{
	frame_ends[frame - frames]++;
}

/* Touches every byte, keeps some frames and gives them back later. */
static void receive(void *context, struct net_frame *const *received, uint32_t count)
{
	struct virtio_net *net = context;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t length = 0;

		for (uint32_t j = 0; j < received[i]->segment_count; j++) {
			memset(received[i]->segments[j].address, 0x5a, received[i]->segments[j].length);
			length += received[i]->segments[j].length;
		}
		require(length == received[i]->length && length >= NET_ETHERNET_HEADER);
		kept[kept_count++] = received[i];
	}
	while (kept_count > 0 && below(3))
		net_release(&net->card, kept[--kept_count]);
}

static void link_changed(void *context)
{
	(void)context;
}

static const struct net_events events = {receive, link_changed};

static void run_card(uint64_t features)
{
	static const struct virtio_net_options options = {7, 7, {2, 0, 0, 0, 0, 1}};
	static struct simulator_net simulated;
	static struct virtio_net net;
	struct simulator *simulator = &simulated.simulator;
	struct device *device = &net.card.device;
	uint8_t *memory;

	simulator_net_create(&simulated, features);
	simulator->queue_sizes[SIMULATOR_NET_RECEIVE] = 32;
	damage(simulator);
	if (virtio_net_start(&net, &simulator->access, &options)) {
		simulator_destroy(simulator);
		return;
	}
	started++;
	net.card.events = &events;
	net.card.context = &net;
	kept_count = 0;
	memset(frame_ends, 0, sizeof(frame_ends));
	memory = device_allocate(device, PAGE);
	for (uint32_t i = 0; i < REQUESTS; i++) {
		uint32_t length = 1 + below(1600);

		frames[i] = (struct net_frame){.length = length,
		                               .segment_count = 1,
		                               .segments = {{memory, length}},
		                               .done = frame_done};
		frames[i].header.flags = (uint8_t)below(3);
		net_transmit(&net.card, &frames[i]);
	}
	for (uint32_t i = 0; i < STEPS; i++)
		step(simulator, device, 2);
	faults += device->fault != NULL;
	virtio_net_stop(&net);
	for (uint32_t i = 0; i < REQUESTS; i++)
		require(frame_ends[i] == 1);
	simulator_destroy(simulator);
}

START_TEST(cards)
{
	const uint64_t features =
		BIT(VIRTIO_NET_F_CSUM) | BIT(VIRTIO_NET_F_GUEST_CSUM) | BIT(VIRTIO_NET_F_MTU) |
		BIT(VIRTIO_NET_F_MAC) | BIT(VIRTIO_NET_F_GUEST_TSO4) | BIT(VIRTIO_NET_F_HOST_TSO4) |
		BIT(VIRTIO_NET_F_MRG_RXBUF) | BIT(VIRTIO_NET_F_STATUS) | BIT(VIRTIO_RING_F_EVENT_IDX);

	for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
		random_state = seed * 0x9e3779b97f4a7c15ull;
		run_card(features);
	}
	ck_assert_uint_gt(started, ROUNDS / 4);
	ck_assert_uint_lt(started, ROUNDS);
	ck_assert_uint_gt(faults, ROUNDS / 20);
}
END_TEST

UNIT_RUN("virtio_fuzz", disks, cards)
