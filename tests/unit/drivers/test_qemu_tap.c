/*
 * The card driver against QEMU's virtio-net on a TAP device, so that Linux's own
 * network is at the other end and all offloads are agreed on: datagrams to the
 * echo responder through Linux's UDP, and segments of 40,000 bytes both ways. In
 * a network namespace of the test's own, which takes root or user namespaces.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/virtio_net.h>

#include "apps/echo/echo.h"
#include "apps/echo/packet.h"
#include "drivers/virtio_net.h"

#include "machine.h"
#include "machine_main.h"

#define EVERY     (NET_OFFLOAD_CHECKSUM | NET_OFFLOAD_TCP4 | NET_OFFLOAD_TCP6)
#define OURS      0x0a4d0002u
#define LARGE     40000u
#define WIRE_HEAD 10u /* bytes of struct virtio_net_hdr on a packet socket */

static const struct virtio_net_options options = {EVERY, EVERY, {0}};

static struct machine machine;
static struct virtio_net net;
static struct device *const device = &net.card.device;
static struct echo echo;

/* ---- Linux's side ---------------------------------------------------------- */

static bool configure(int tap, struct ifreq *request)
{
	struct sockaddr_in *address = (struct sockaddr_in *)(void *)&request->ifr_addr;
	int control = socket(AF_INET, SOCK_DGRAM, 0);
	bool good;

	request->ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
	good = ioctl(tap, TUNSETIFF, request) == 0;
	*address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("10.77.0.1")};
	good = good && ioctl(control, SIOCSIFADDR, request) == 0;
	address->sin_addr.s_addr = inet_addr("255.255.255.0");
	good = good && ioctl(control, SIOCSIFNETMASK, request) == 0;
	request->ifr_flags = IFF_UP | IFF_RUNNING;
	good = good && ioctl(control, SIOCSIFFLAGS, request) == 0;
	close(control);
	return good;
}

/* A TAP device in a namespace of this process's own, up, 10.77.0.1/24; -1 where that is not permitted. */
static int open_tap(void)
{
	struct ifreq request = {.ifr_name = "drydock0"};
	int tap;

	if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return -1;
	tap = open("/dev/net/tun", O_RDWR);
	if (tap >= 0 && configure(tap, &request))
		return tap;
	return -1;
}

static bool tap_is_possible(void)
{
	int status;
	pid_t child = fork();

	if (child == 0)
		_exit(open_tap() >= 0 ? 0 : 1);
	return waitpid(child, &status, 0) == child && status == 0;
}

/* Sees and sends whole frames of the TAP device, segments unsplit. */
static int open_packets(void)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET,
	                              .sll_protocol = htons(ETH_P_ALL),
	                              .sll_ifindex = (int)if_nametoindex("drydock0")};
	int packets = socket(AF_PACKET, SOCK_RAW, htons(ETH_P_ALL));
	int on = 1;

	ck_assert_int_ge(packets, 0);
	ck_assert_int_eq(setsockopt(packets, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)), 0);
	ck_assert_int_eq(bind(packets, (struct sockaddr *)&address, sizeof(address)), 0);
	return packets;
}

/* ---- tests -------------------------------------------------------------------- */

static void start(void)
{
	char netdev[64];
	const char *arguments[] = {
		"-netdev", netdev, "-device",
		"virtio-net-pci,netdev=wire,addr=4,mac=52:54:00:12:34:56,disable-legacy=on", NULL};
	int tap = open_tap();
	const char *wrong;

	ck_assert_int_ge(tap, 0);
	snprintf(netdev, sizeof(netdev), "tap,id=wire,fd=%d", tap);
	machine_start(&machine, qemu, arguments);
	close(tap);
	wrong = virtio_net_start(&net, &machine.access, &options);
	ck_assert_msg(wrong == NULL, "%s", wrong);
	ck_assert_uint_eq(net.card.transmit_offloads, EVERY);
	ck_assert_uint_eq(net.card.receive_offloads, EVERY);
}

static void stop(void)
{
	virtio_net_stop(&net);
	machine_stop(&machine);
}

/* Linux asks by ARP who it is, leaves checksums to be made, and verifies what comes back. */
START_TEST(echoes_to_linux)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = inet_addr("10.77.0.2")};
	uint8_t data[1472], back[1500];
	int socket_fd;

	start();
	ck_assert(echo_start(&echo, &net.card, OURS));
	socket_fd = socket(AF_INET, SOCK_DGRAM, 0);
	ck_assert_int_eq(connect(socket_fd, (struct sockaddr *)&address, sizeof(address)), 0);
	for (uint32_t i = 0; i < 1000; i++) {
		uint32_t length = i * 733 % 1473;

		memset(data, (int)i, length);
		ck_assert_int_eq(send(socket_fd, data, length, 0), length);
		machine_settle(&machine, device, &echo.counts.echoed, i + 1);
		device_kick(device);
		ck_assert_int_eq(recv(socket_fd, back, sizeof(back), 0), length);
		ck_assert_int_eq(memcmp(data, back, length), 0);
	}
	ck_assert_uint_ge(echo.counts.arp, 1);
	ck_assert_uint_eq(echo.counts.bad + echo.counts.failed + echo.counts.no_room, 0);
	ck_assert_uint_eq(net.card.dropped_invalid, 0);
	close(socket_fd);
	stop();
}
END_TEST

static uint64_t ends, large_frames;
static struct net_header last;
static uint8_t content[NET_FRAME_MAXIMUM];

/* A TCP segment (RFC 9293) of LARGE bytes that is to be cut: headers as far as anybody looks at them. */
static void make_segment(uint8_t *frame, const char *to, uint32_t from_ip, uint32_t to_ip)
{
	memset(frame, 0, 54);
	memcpy(frame, to, 6);
	frame[6] = 2;
	packet_put16(frame + ETHERNET_TYPE, ETHERNET_IPV4);
	frame[IPV4_VERSION] = 0x45;
	packet_put16(frame + IPV4_LENGTH, LARGE - ETHERNET_HEADER);
	frame[IPV4_TTL] = 64;
	frame[IPV4_PROTOCOL] = 6;
	packet_put32(frame + IPV4_FROM, from_ip);
	packet_put32(frame + IPV4_TO, to_ip);
	packet_put16(frame + IPV4_CHECKSUM, (uint16_t)~packet_sum(frame + IPV4_VERSION, IPV4_HEADER, 0));
	packet_put16(frame + 34, 9);
	packet_put16(frame + 36, 9);
	frame[46] = 0x50;
	packet_put16(frame + 50, packet_sum(frame + IPV4_FROM, 8, 6 + LARGE - 34));
	for (uint32_t at = 54; at < LARGE; at++)
		frame[at] = (uint8_t)(at * 5 + at / 256);
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
		uint32_t length = 0;

		if (frames[i]->length == LARGE) {
			for (uint32_t j = 0; j < frames[i]->segment_count; j++) {
				memcpy(content + length, frames[i]->segments[j].address,
				       frames[i]->segments[j].length);
				length += frames[i]->segments[j].length;
			}
			ck_assert_uint_gt(frames[i]->segment_count, 1);
			last = frames[i]->header;
			large_frames++;
		}
		net_release(&net.card, frames[i]);
	}
}

static void link_changed(void *context)
{
	(void)context;
}

static const struct net_events events = {receive, link_changed};

START_TEST(moves_large_segments)
{
	static const struct net_header header = {.flags = NET_NEEDS_CHECKSUM,
	                                         .segmentation = NET_SEGMENT_TCP4,
	                                         .header_length = 54,
	                                         .segment_size = 1460,
	                                         .checksum_start = 34,
	                                         .checksum_offset = 16};
	static uint8_t packet[WIRE_HEAD + NET_FRAME_MAXIMUM];
	static struct net_frame frame;
	ssize_t length;
	uint8_t *memory;
	int packets;

	start();
	net.card.events = &events;
	packets = open_packets();
	memory = device_allocate(device, 16 * 4096);
	ck_assert_ptr_nonnull(memory);

	/* From here to Linux. It has things of its own to say on a new interface. */
	make_segment(memory, "\xff\xff\xff\xff\xff\xff", OURS, OURS - 1);
	frame = (struct net_frame){
		.header = header,
		.length = LARGE,
		.segment_count = 3,
		.done = done,
		.segments = {{memory, 54}, {memory + 54, 4000}, {memory + 4054, LARGE - 4054}}};
	net_transmit(&net.card, &frame);
	machine_settle(&machine, device, &ends, 1);
	do
		length = recv(packets, packet, sizeof(packet), 0);
	while (length > 0 && length != WIRE_HEAD + LARGE);
	ck_assert_int_eq(length, WIRE_HEAD + LARGE);
	ck_assert_int_eq(packet[1], VIRTIO_NET_HDR_GSO_TCPV4);
	ck_assert_int_eq(memcmp(packet + WIRE_HEAD, memory, LARGE), 0);

	/* And from Linux to here, over several pages. */
	memcpy(packet, &header, WIRE_HEAD);
	make_segment(packet + WIRE_HEAD, "\x52\x54\x00\x12\x34\x56", OURS - 1, OURS);
	ck_assert_int_eq(send(packets, packet, WIRE_HEAD + LARGE, 0), WIRE_HEAD + LARGE);
	machine_settle(&machine, device, &large_frames, 1);
	ck_assert_uint_eq(last.segmentation, NET_SEGMENT_TCP4);
	ck_assert_uint_eq(last.segment_size, 1460);
	ck_assert_int_eq(memcmp(content, packet + WIRE_HEAD, LARGE), 0);
	close(packets);
	stop();
}
END_TEST

QEMU_RUN_IF(tap_is_possible(), "no TAP device may be made here (root, or user namespaces and /dev/net/tun)",
            "qemu_tap", echoes_to_linux, moves_large_segments)
