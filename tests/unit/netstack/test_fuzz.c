/*
 * Frames that somebody invents who sees the wire: of every protocol that the stack
 * speaks, nearly right, with bits that are not, to a stack that has a listener, a
 * connection and a socket of UDP. Nothing breaks, little is kept, and who means it
 * is answered afterwards.
 */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "harbour_wire.h"
#include "servers/netstack/bytes.h"
#include "servers/netstack/checksum.h"

#define FRAMES       700 /* a round; each may be answered by more than one, and the wire keeps WIRE_SEEN */
#define ROUNDS       10
#define PIECES_MOST  3000 /* of memory that the stack has at once */
#define PORT         80u
#define PEER_PORT    5000u
#define FRAME_SIZE   1514u
#define ETHERNET     14u
#define IPV4         20u
#define TCP          20u

static struct wire wire;
static struct stream_socket listener, accepted;
static bool is_accepted;
static uint32_t ours, theirs; /* numbers of the connection's ends, near enough */
static uint64_t state;

static uint32_t pick(uint32_t of)
{
	state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((state >> 33) % of);
}

/* ---- frames that would be right ------------------------------------------------------ */

static uint32_t ethernet(uint8_t *frame, uint32_t type)
{
	static const uint8_t own[] = {2, 0, 0, 0, 0, 1}, all[] = {255, 255, 255, 255, 255, 255}, peer[] = {2, 0, 0, 0, 0, 2};

	memcpy(frame, pick(10) == 0 ? all : own, 6);
	memcpy(frame + 6, peer, 6);
	bytes_put16(frame + 12, type);
	return ETHERNET;
}

static uint32_t arp(uint8_t *frame)
{
	static const uint8_t fixed[] = {0, 1, 8, 0, 6, 4, 0};
	uint8_t *packet = frame + ethernet(frame, 0x0806);

	memcpy(packet, fixed, sizeof(fixed));
	packet[7] = (uint8_t)(1 + pick(2));
	memcpy(packet + 8, frame + 6, 6);
	bytes_put32(packet + 14, WIRE_PEER + pick(3));
	bytes_put32(packet + 24, WIRE_ADDRESS - pick(2));
	return ETHERNET + 28;
}

static uint32_t ipv4(uint8_t *frame, uint32_t protocol, uint32_t length)
{
	uint8_t *packet = frame + ethernet(frame, 0x0800);

	packet[0] = 0x45;
	bytes_put16(packet + 2, IPV4 + length);
	bytes_put16(packet + 4, pick(4));
	/* A fragment, now and then. */
	if (pick(6) == 0)
		bytes_put16(packet + 6, pick(8) << 13 | pick(40));
	packet[8] = 64;
	packet[9] = (uint8_t)protocol;
	bytes_put32(packet + 12, WIRE_PEER);
	bytes_put32(packet + 16, pick(20) == 0 ? 0x0a4d00ff : WIRE_ADDRESS);
	return ETHERNET + IPV4 + length;
}

static uint32_t icmp(uint8_t *frame)
{
	static const uint8_t types[] = {0, 3, 4, 5, 8, 11, 12, 13};
	uint32_t length = 8 + pick(100);
	uint8_t *message = frame + ETHERNET + IPV4;

	message[0] = types[pick(sizeof(types))];
	message[1] = (uint8_t)pick(5);
	/* An error quotes what it is about: a segment of ours. */
	if (length >= 36) {
		message[8] = 0x45;
		bytes_put16(message + 10, 40);
		message[17] = IP_PROTOCOL_TCP;
		bytes_put32(message + 20, WIRE_ADDRESS);
		bytes_put32(message + 24, WIRE_PEER);
		bytes_put16(message + 28, PORT);
		bytes_put16(message + 30, PEER_PORT);
		bytes_put32(message + 32, ours - pick(3));
	}
	length = ipv4(frame, 1, length);
	bytes_put16(message + 2, (uint16_t)~checksum_sum(message, length - ETHERNET - IPV4));
	return length;
}

static uint32_t udp(uint8_t *frame)
{
	uint32_t length = 8 + pick(200);
	uint8_t *datagram = frame + ETHERNET + IPV4;

	bytes_put16(datagram, 53);
	bytes_put16(datagram + 2, pick(2) ? 5353 : pick(65536));
	bytes_put16(datagram + 4, length);
	return ipv4(frame, 17, length);
}

static uint32_t tcp(uint8_t *frame)
{
	uint32_t options = pick(5) == 0 ? 4 * pick(11) : 0, length = TCP + options + pick(300);
	uint8_t *segment = frame + ETHERNET + IPV4;

	bytes_put16(segment, pick(8) == 0 ? pick(65536) : PEER_PORT);
	bytes_put16(segment + 2, PORT);
	bytes_put32(segment + 4, theirs + pick(2000) - 200);
	bytes_put32(segment + 8, ours + pick(4) - 1);
	segment[12] = (uint8_t)((TCP + options) / 4 << 4);
	segment[13] = (uint8_t)(pick(4) == 0 ? pick(256) : 0x10);
	bytes_put16(segment + 14, pick(65536));
	for (uint32_t i = 0; i < options; i++)
		segment[TCP + i] = (uint8_t)pick(9);
	return ipv4(frame, IP_PROTOCOL_TCP, length);
}

static uint32_t other(uint8_t *frame)
{
	static const uint32_t types[] = {0x0800, 0x0806, 0x86dd, 0x8100, 46, 0};
	uint32_t length = pick(200), at = ethernet(frame, types[pick(6)]);

	for (uint32_t i = 0; i < length; i++)
		frame[at + i] = (uint8_t)pick(256);
	if (frame[12] == 0x86)
		frame[at] = 0x60;
	return at + length;
}

/* ---- and what is done to them --------------------------------------------------------- */

static void right_checksums(uint8_t *frame, uint32_t length)
{
	uint8_t *packet = frame + ETHERNET;
	const struct net_address from = net_address_ipv4(WIRE_PEER), to = net_address_ipv4(WIRE_ADDRESS);
	struct checksum sum = {0};

	if (bytes_get16(frame + 12) != 0x0800 || length < ETHERNET + IPV4 + TCP)
		return;
	bytes_put16(packet + 10, 0);
	bytes_put16(packet + 10, (uint16_t)~checksum_sum(packet, IPV4));
	if (packet[9] != IP_PROTOCOL_TCP)
		return;
	length -= ETHERNET + IPV4;
	bytes_put16(packet + 36, 0);
	sum.sum = checksum_pseudo(&from, &to, IP_PROTOCOL_TCP, length);
	checksum_add(&sum, packet + IPV4, length);
	bytes_put16(packet + 36, (uint16_t)~checksum_fold(&sum));
}

static void inject(uint8_t *frame, uint32_t length)
{
	const struct net_header header = {0};

	if (memory_net_inject(&wire.net.cards[0], &header, frame, length))
		wire_run(&wire);
}

static void attack(void)
{
	static uint32_t (*const kinds[])(uint8_t *frame) = {arp, icmp, udp, tcp, tcp, tcp, other};
	uint8_t frame[FRAME_SIZE] = {0};
	uint32_t length = kinds[pick(sizeof(kinds) / sizeof(kinds[0]))](frame);

	for (uint32_t flips = pick(3) == 0 ? pick(4) : 0; flips > 0; flips--)
		frame[ETHERNET + pick(length > ETHERNET ? length - ETHERNET : 1)] ^= (uint8_t)(1u << pick(8));
	if (pick(5) != 0)
		right_checksums(frame, length);
	if (pick(12) == 0)
		length = ETHERNET + pick(length - ETHERNET + 1);
	inject(frame, length);
}

/* ---- the stack, and what its own programs do meanwhile ---------------------------------- */

/* What the stack has sent says how far it is. */
static void look_at_numbers(void)
{
	const char *text;

	while ((text = wire_take(&wire)) != NULL) {
		char digits[9] = "";

		if (strlen(text) < 2 * (ETHERNET + IPV4 + TCP) || strncmp(text + 2 * 23, "06", 2) != 0)
			continue;
		memcpy(digits, text + 2 * (ETHERNET + IPV4 + 4), 8);
		ours = (uint32_t)strtoul(digits, NULL, 16) + 1;
	}
}

static void begin(void)
{
	static const uint8_t secret[STREAM_SECRET_SIZE] = {7};
	const struct endpoint local = {.port = PORT};

	wire_create(&wire, NULL);
	wire_meet_peer(&wire);
	is_accepted = false;
	ck_assert_int_eq(streams_create(&wire.stack, secret), 0);
	ck_assert_int_eq(stream_open(&wire.stack, &listener), 0);
	ck_assert_int_eq(stream_bind(&listener, &local), 0);
	ck_assert_int_eq(stream_listen(&listener, 8), 0);
}

static void play(void)
{
	static uint8_t bytes[3000];
	uint32_t count;

	if (!is_accepted)
		return;
	if (pick(3) == 0)
		stream_receive(&accepted, bytes, pick(sizeof(bytes)), pick(2), &count);
	if (pick(3) == 0)
		stream_send(&accepted, bytes, pick(sizeof(bytes)), 0, &count);
	if (pick(200) == 0) {
		stream_close(&accepted, pick(2));
		is_accepted = false;
	}
}

/* The header of a packet to the stack's address, whole. */
static uint8_t *header(uint8_t *frame, uint32_t protocol, uint32_t length)
{
	static const uint8_t own[] = {2, 0, 0, 0, 0, 1};

	ipv4(frame, protocol, length);
	memcpy(frame, own, sizeof(own));
	bytes_put16(frame + ETHERNET + 6, 0);
	bytes_put32(frame + ETHERNET + 16, WIRE_ADDRESS);
	return frame + ETHERNET + IPV4;
}

static void meet(void)
{
	uint8_t frame[ETHERNET + IPV4 + TCP] = {0};

	theirs = pick(UINT32_MAX);
	for (uint32_t flags = 0x02; flags != 0; flags = flags == 0x02 ? 0x10 : 0) {
		uint8_t *segment = header(frame, IP_PROTOCOL_TCP, TCP);

		bytes_put16(segment, PEER_PORT);
		bytes_put16(segment + 2, PORT);
		bytes_put32(segment + 4, theirs);
		bytes_put32(segment + 8, flags == 0x10 ? ours : 0);
		segment[12] = TCP / 4 << 4;
		segment[13] = (uint8_t)flags;
		bytes_put16(segment + 14, 65535);
		right_checksums(frame, sizeof(frame));
		inject(frame, sizeof(frame));
		look_at_numbers();
		theirs++;
	}
	is_accepted = stream_accept(&listener, &accepted) == 0;
}

/* The peer's hardware address may have been another's for a while. */
static void expect_an_answer(void)
{
	uint8_t frame[ETHERNET + IPV4 + TCP] = {0}, *request = header(frame, 1, TCP);
	const char *text;
	bool answered = false;

	request[0] = 8;
	bytes_put16(request + 2, (uint16_t)~checksum_sum(request, TCP));
	right_checksums(frame, sizeof(frame));
	wire_meet_peer(&wire);
	inject(frame, sizeof(frame));
	while ((text = wire_take(&wire)) != NULL)
		answered |= strlen(text) >= 70 && strncmp(text + 2 * 23, "01", 2) == 0 &&
		            strncmp(text + 2 * (ETHERNET + IPV4), "00", 2) == 0;
	ck_assert(answered);
}

START_TEST(no_frame_breaks_the_stack)
{
	uint32_t met = 0;

	for (uint32_t round = 0; round < ROUNDS; round++) {
		state = round;
		begin();
		meet();
		met += is_accepted;
		for (uint32_t i = 0; i < FRAMES; i++) {
			attack();
			play();
			look_at_numbers();
			if (pick(10) == 0)
				wire_pass(&wire, pick(2) ? 10000000 : 1000000000);
			ck_assert_int_lt(wire.allocations, PIECES_MOST);
			if (wire.seen_count > WIRE_SEEN / 2)
				break;
		}
		/* All that waits for a time has had it. */
		wire_pass(&wire, 300 * NETSTACK_SECOND);
		look_at_numbers();
		expect_an_answer();
		if (is_accepted)
			stream_close(&accepted, true);
		stream_close(&listener, true);
		streams_destroy(&wire.stack);
		wire_destroy(&wire);
	}
	/* The frames meant for a connection had one. */
	ck_assert_uint_eq(met, ROUNDS);
}
END_TEST

UNIT_RUN("netstack-fuzz", no_frame_breaks_the_stack)
