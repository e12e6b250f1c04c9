/* The card driver against QEMU's virtio-net, whose wire is a datagram socket: one datagram is one frame. */
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/virtio_net.h"

#include "machine.h"
#include "machine_main.h"

#define PAGE     4096u
#define EVERY    (NET_OFFLOAD_CHECKSUM | NET_OFFLOAD_TCP4 | NET_OFFLOAD_TCP6)
#define LONGEST  1514u
#define IN_BATCH 32

static const struct virtio_net_options options = {EVERY, EVERY, {0}};

static struct machine machine;
static struct virtio_net net;
static struct device *const device = &net.card.device;
static uint8_t *memory;
static int wire;
static uint64_t ends, received;
static uint32_t seen; /* number of the last frame received */

static uint32_t length_of(uint32_t number)
{
	return 60 + number * 37 % (LONGEST - 60);
}

static void fill(uint8_t *frame, uint32_t number)
{
	static const uint8_t head[14] = {0x52, 0x54, 0, 0x12, 0x34, 0x56, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};

	memcpy(frame, head, sizeof(head));
	memcpy(frame + 14, &number, 4);
	for (uint32_t at = 18; at < length_of(number); at++)
		frame[at] = (uint8_t)(number + at * 3);
}

static void check(const uint8_t *frame, uint32_t length, uint32_t number)
{
	uint8_t wanted[LONGEST];

	fill(wanted, number);
	if (length != length_of(number) || memcmp(frame, wanted, length) != 0)
		ck_abort_msg("frame %u of %u bytes", number, length);
}

static void done(struct net_frame *frame)
{
	ck_assert_int_eq(frame->status, 0);
	ends++;
}

static void receive(void *context, struct net_frame *const *frames, uint32_t count)
{
	(void)context;
	for (uint32_t i = 0; i < count; i++) {
		ck_assert_uint_eq(frames[i]->segment_count, 1);
		check(frames[i]->segments[0].address, frames[i]->length, seen++);
		net_release(&net.card, frames[i]);
		received++;
	}
}

static void link_changed(void *context)
{
	(void)context;
}

static const struct net_events events = {receive, link_changed};

static void start(const char *features, bool no_messages)
{
	char netdev[128], card[256];
	const char *arguments[] = {"-netdev", netdev, "-device", card, NULL};
	const char *wrong;
	int sockets[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, sockets), 0);
	snprintf(netdev, sizeof(netdev), "dgram,id=wire,local.type=fd,local.str=%d", sockets[1]);
	snprintf(card, sizeof(card),
	         "virtio-net-pci,netdev=wire,addr=4,mac=52:54:00:12:34:56,disable-legacy=on%s", features);
	machine_start(&machine, qemu, arguments);
	close(sockets[1]);
	wire = sockets[0];
	machine.no_messages = no_messages;
	wrong = virtio_net_start(&net, &machine.access, &options);
	ck_assert_msg(wrong == NULL, "%s", wrong);
	net.card.events = &events;
	memory = device_allocate(device, IN_BATCH * PAGE);
	ck_assert_ptr_nonnull(memory);
	ends = received = 0;
	seen = 0;
}

static void stop(void)
{
	virtio_net_stop(&net);
	machine_stop(&machine);
	close(wire);
}

/* Transmits `count` frames in batches, of two segments each, and reads them from the wire. */
static void transmit(uint32_t count)
{
	static struct net_frame frames[IN_BATCH];
	uint8_t frame[2048];

	for (uint32_t number = 0; number < count; number += IN_BATCH) {
		for (uint32_t i = 0; i < IN_BATCH; i++) {
			uint8_t *data = memory + i * PAGE;

			fill(data, number + i);
			frames[i] = (struct net_frame){
				.length = length_of(number + i),
				.segment_count = 2,
				.segments = {{data, 20}, {data + 20, length_of(number + i) - 20}},
				.done = done};
			net_transmit(&net.card, &frames[i]);
		}
		device_kick(device);
		for (uint32_t i = 0; i < IN_BATCH; i++) {
			ssize_t length = recv(wire, frame, sizeof(frame), 0);

			ck_assert_int_gt(length, 0);
			check(frame, (uint32_t)length, number + i);
		}
		machine_settle(&machine, device, &ends, number + IN_BATCH);
	}
}

/* Frames come in by fours, which even a short socket queue holds. */
static void take_in(uint32_t count)
{
	uint8_t frame[LONGEST];

	for (uint32_t number = 0; number < count; number += 4) {
		for (uint32_t i = number; i < number + 4; i++) {
			fill(frame, i);
			ck_assert_int_eq(send(wire, frame, length_of(i), 0), length_of(i));
		}
		machine_settle(&machine, device, &received, number + 4);
	}
	ck_assert_uint_eq(net.card.dropped_invalid, 0);
}

START_TEST(both_ways_with_messages)
{
	start(",host_mtu=1400", false);
	ck_assert(net.virtio.messages);
	ck_assert_uint_eq(net.card.mtu, 1400);
	ck_assert_uint_eq(net.card.address[5], 0x56);
	ck_assert(net.card.link_up);
	/* Nobody at the other end of such a wire completes a checksum: QEMU offers none of that. */
	ck_assert_uint_eq(net.card.transmit_offloads | net.card.receive_offloads, 0);
	net.card.mtu = 1500;
	transmit(2 * IN_BATCH);
	take_in(64);
	stop();
}
END_TEST

START_TEST(both_ways_with_the_line)
{
	start(",mrg_rxbuf=off,event_idx=off,status=off", true);
	ck_assert(!net.virtio.messages);
	ck_assert(!net.transmit.event_index);
	transmit(2 * IN_BATCH);
	take_in(64);
	stop();
}
END_TEST

/* The rings' 16-bit indices pass their end. */
START_TEST(indices_wrap)
{
	start("", false);
	transmit(66560);
	stop();
}
END_TEST

START_TEST(indices_wrap_receiving)
{
	start("", false);
	take_in(66000);
	stop();
}
END_TEST

QEMU_RUN("qemu_net", both_ways_with_messages, both_ways_with_the_line, indices_wrap, indices_wrap_receiving)
