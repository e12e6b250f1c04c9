/* TCP as a transport of the stack (servers/netstack/stream.c): what of it is seen on the wire. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "harbour_wire.h"
#include "servers/netstack/bytes.h"
#include "servers/netstack/checksum.h"

#define FIN  0x01u
#define SYN  0x02u
#define RST  0x04u
#define PUSH 0x08u
#define ACK  0x10u

#define BROADCAST 0x0a4d00ffu
#define PORT      80u
#define PEER_PORT 5000u

static struct wire wire;
static struct stream_socket listener, accepted;

/* A segment from or to the stack. */
struct segment {
	uint32_t sequence, acknowledged, flags, length; /* length of its payload */
	uint16_t source, destination;
};

static void setup(void)
{
	static const uint8_t secret[STREAM_SECRET_SIZE] = {1, 2, 3};

	wire_create(&wire, NULL);
	wire_meet_peer(&wire);
	ck_assert_int_eq(streams_create(&wire.stack, secret), 0);
}

static uint16_t tcp_sum(const uint8_t *packet, uint32_t length)
{
	const struct net_address source = net_address_ipv4(bytes_get32(packet + 12));
	const struct net_address destination = net_address_ipv4(bytes_get32(packet + 16));
	struct checksum sum = {0};

	sum.sum = checksum_pseudo(&source, &destination, IP_PROTOCOL_TCP, length);
	checksum_add(&sum, packet + 20, length);
	return checksum_fold(&sum);
}

static void send_packet(uint32_t destination, uint8_t protocol, const uint8_t *payload, uint32_t length)
{
	uint8_t frame[2048] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45}, *packet = frame + 14;
	char text[2 * sizeof(frame) + 1];

	bytes_put16(packet + 2, 20 + length);
	packet[8] = 64;
	packet[9] = protocol;
	bytes_put32(packet + 12, WIRE_PEER);
	bytes_put32(packet + 16, destination);
	bytes_put16(packet + 10, (uint16_t)~checksum_sum(packet, 20));
	memcpy(packet + 20, payload, length);
	if (protocol == IP_PROTOCOL_TCP)
		bytes_put16(packet + 36, (uint16_t)~tcp_sum(packet, length));
	for (uint32_t i = 0; i < 34 + length; i++)
		snprintf(text + 2 * i, 3, "%02x", frame[i]);
	wire_send(&wire, text);
}

/* From the peer, with zeros for its payload; a SYN says that it takes 1460 bytes (RFC 9293, section 3.7.1). */
static void send_segment(uint32_t destination, const struct segment *segment)
{
	uint32_t header = segment->flags & SYN ? 24 : 20;
	uint8_t bytes[1600] = {0};

	bytes_put16(bytes, segment->source);
	bytes_put16(bytes + 2, segment->destination);
	bytes_put32(bytes + 4, segment->sequence);
	bytes_put32(bytes + 8, segment->acknowledged);
	bytes[12] = (uint8_t)(header / 4 << 4);
	bytes[13] = (uint8_t)segment->flags;
	bytes_put16(bytes + 14, 65535);
	if (segment->flags & SYN)
		bytes_put32(bytes + 20, 0x02040000u | 1460);
	send_packet(destination, IP_PROTOCOL_TCP, bytes, header + segment->length);
}

/* The next segment from the stack, whose checksums must be right; false where there is none. */
static bool take_segment(struct segment *segment, uint8_t header[8])
{
	const char *text = wire_take(&wire);
	uint8_t frame[2048] = {0}, *packet = frame + 14;
	uint32_t length;

	if (text == NULL)
		return false;
	for (size_t i = 0; i < strlen(text) / 2; i++) {
		unsigned byte;

		sscanf(text + 2 * i, "%2x", &byte);
		frame[i] = (uint8_t)byte;
	}
	ck_assert_uint_eq(packet[9], IP_PROTOCOL_TCP);
	ck_assert_uint_eq(checksum_sum(packet, 20), 0xffff);
	length = bytes_get16(packet + 2) - 20u;
	ck_assert_uint_eq(tcp_sum(packet, length), 0xffff);
	packet += 20;
	*segment = (struct segment){
		.sequence = bytes_get32(packet + 4),
		.acknowledged = bytes_get32(packet + 8),
		.flags = packet[13],
		.length = length - (packet[12] >> 4) * 4u,
		.source = bytes_get16(packet),
		.destination = bytes_get16(packet + 2),
	};
	if (header != NULL)
		memcpy(header, packet, 8);
	return true;
}

START_TEST(nobody_listens)
{
	struct segment segment = {.sequence = 1000, .flags = SYN, .source = PEER_PORT, .destination = PORT};

	setup();
	send_segment(WIRE_ADDRESS, &segment);
	ck_assert(take_segment(&segment, NULL));
	ck_assert_uint_eq(segment.flags, RST | ACK);
	ck_assert_uint_eq(segment.acknowledged, 1001);
	ck_assert_uint_eq(segment.destination, PEER_PORT);
	wire_expect_nothing(&wire);
	ck_assert_uint_eq(tcp_statistics(wire.stack.streams.tcp)->no_socket, 1);
	wire_destroy(&wire);
}
END_TEST

START_TEST(without_streams_there_is_no_such_protocol)
{
	const struct segment segment = {.flags = SYN, .source = PEER_PORT, .destination = PORT};
	struct stream_socket socket;

	wire_create(&wire, NULL);
	wire_meet_peer(&wire);
	send_segment(WIRE_ADDRESS, &segment);
	ck_assert_ptr_nonnull(wire_take(&wire));
	ck_assert_uint_eq(wire.stack.drops[DROP_IPV4_PROTOCOL], 1);
	ck_assert_int_eq(stream_open(&wire.stack, &socket), POSIX_EPROTONOSUPPORT);
	wire_destroy(&wire);
}
END_TEST

START_TEST(many_are_not_answered)
{
	const struct segment segment = {.flags = SYN, .source = PEER_PORT, .destination = PORT};

	setup();
	send_segment(BROADCAST, &segment);
	send_segment(UINT32_MAX, &segment);
	wire_expect_nothing(&wire);
	ck_assert_uint_eq(wire.stack.drops[DROP_TCP_MANY], 2);
	wire_destroy(&wire);
}
END_TEST

/* The peer connects to `listener`; its side of the sequence numbers begins at 1000, ours is returned. */
static uint32_t connect_peer(void)
{
	const struct endpoint local = {.port = PORT};
	struct segment segment = {.sequence = 1000, .flags = SYN, .source = PEER_PORT, .destination = PORT};
	uint32_t ours;

	ck_assert_int_eq(stream_open(&wire.stack, &listener), 0);
	ck_assert_int_eq(stream_bind(&listener, &local), 0);
	ck_assert_int_eq(stream_listen(&listener, 4), 0);
	ck_assert_int_eq(stream_accept(&listener, &accepted), POSIX_EAGAIN);
	send_segment(WIRE_ADDRESS, &segment);
	ck_assert(take_segment(&segment, NULL));
	ck_assert_uint_eq(segment.flags, SYN | ACK);
	ck_assert_uint_eq(segment.acknowledged, 1001);
	ours = segment.sequence + 1;
	segment = (struct segment){1001, ours, ACK, 0, PEER_PORT, PORT};
	send_segment(WIRE_ADDRESS, &segment);
	ck_assert_int_eq(stream_accept(&listener, &accepted), 0);
	wire_expect_nothing(&wire);
	return ours;
}

static void close_all(void)
{
	stream_close(&accepted, true);
	stream_close(&listener, false);
	wire_destroy(&wire);
}

/* Data that nobody acknowledges comes again, for the alarm rings; once it is acknowledged there is peace. */
START_TEST(what_is_lost_comes_again)
{
	struct segment segment;
	uint32_t ours, sent;
	unsigned times = 0;

	setup();
	ours = connect_peer();
	ck_assert_int_eq(stream_send(&accepted, "hello", 5, 0, &sent), 0);
	wire_pass(&wire, 5 * NETSTACK_SECOND);
	while (take_segment(&segment, NULL)) {
		ck_assert_uint_eq(segment.sequence, ours);
		ck_assert_uint_eq(segment.length, 5);
		times++;
	}
	ck_assert_uint_ge(times, 3);
	segment = (struct segment){1001, ours + 5, ACK, 0, PEER_PORT, PORT};
	send_segment(WIRE_ADDRESS, &segment);
	wire_pass(&wire, 3600 * NETSTACK_SECOND);
	while (wire_take(&wire) != NULL)
		ck_abort_msg("something is still sent");
	close_all();
}
END_TEST

static unsigned woken, depth;

static void wake(void *context)
{
	struct stream_socket *socket = context;
	uint8_t bytes[64];
	uint32_t received;

	ck_assert_uint_eq(depth++, 0);
	while (stream_receive(socket, bytes, sizeof(bytes), 0, &received) == 0 && received > 0)
		continue;
	/* This has news for its owner, who is not to be told from within. */
	if (woken == 0)
		ck_assert_int_eq(stream_shutdown(socket, TCP_SHUTDOWN_READ), 0);
	woken++;
	depth--;
}

START_TEST(owners_may_call_back)
{
	struct segment segment;
	uint32_t ours;

	setup();
	ours = connect_peer();
	accepted.wake = wake;
	accepted.context = &accepted;
	woken = 0;
	segment = (struct segment){1001, ours, ACK | PUSH, 1000, PEER_PORT, PORT};
	send_segment(WIRE_ADDRESS, &segment);
	ck_assert_uint_eq(woken, 2);
	close_all();
}
END_TEST

/* Somebody else has learnt that the path takes less: what is too large for it goes in smaller segments at once. */
START_TEST(a_path_that_others_found_narrow)
{
	static const uint8_t bytes[1400];
	struct segment segment;
	uint32_t sent, total = 0;

	setup();
	connect_peer();
	path_mtu_reduce(&wire.stack, &(struct net_address){NET_FAMILY_IPV4, {10, 77, 0, 1}}, 600, 0);
	ck_assert_int_eq(stream_send(&accepted, bytes, sizeof(bytes), 0, &sent), 0);
	wire_run(&wire);
	while (take_segment(&segment, NULL)) {
		ck_assert_uint_le(segment.length, 560);
		total += segment.length;
	}
	ck_assert_uint_eq(total, sizeof(bytes));
	close_all();
}
END_TEST

START_TEST(an_error_of_the_network)
{
	const struct endpoint remote = {net_address_ipv4(WIRE_PEER), 9};
	uint8_t message[36] = {3, 3, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 40, 0, 0, 0x40, 0, 64, IP_PROTOCOL_TCP};
	struct stream_socket socket;
	struct segment segment;
	uint32_t error;

	setup();
	ck_assert_int_eq(stream_open(&wire.stack, &socket), 0);
	ck_assert_int_eq(stream_connect(&socket, &remote), POSIX_EINPROGRESS);
	wire_run(&wire);
	bytes_put32(message + 20, WIRE_ADDRESS);
	bytes_put32(message + 24, WIRE_PEER);
	ck_assert(take_segment(&segment, message + 28));
	ck_assert_uint_eq(segment.flags & 0x3f, SYN);
	/* One about something that was never sent is not believed. */
	message[35] ^= 0xff;
	bytes_put16(message + 2, (uint16_t)~checksum_sum(message, sizeof(message)));
	send_packet(WIRE_ADDRESS, IP_PROTOCOL_ICMP, message, sizeof(message));
	ck_assert_int_eq(stream_get_option(&socket, TCP_OPTION_ERROR, &error), 0);
	ck_assert_uint_eq(error, 0);
	message[35] ^= 0xff;
	bytes_put16(message + 2, 0);
	bytes_put16(message + 2, (uint16_t)~checksum_sum(message, sizeof(message)));
	send_packet(WIRE_ADDRESS, IP_PROTOCOL_ICMP, message, sizeof(message));
	ck_assert_int_eq(stream_get_option(&socket, TCP_OPTION_ERROR, &error), 0);
	ck_assert_uint_eq(error, POSIX_ECONNREFUSED);
	stream_close(&socket, false);
	wire_destroy(&wire);
}
END_TEST

/* Strangers who begin and never go on: what they take has an end, and others still get in. */
START_TEST(a_flood_of_beginnings)
{
	struct segment segment = {.sequence = 1000, .flags = SYN, .destination = PORT};
	long before;

	setup();
	connect_peer();
	for (uint16_t port = 6000; port < 6010; port++) {
		segment.source = port;
		send_segment(WIRE_ADDRESS, &segment);
	}
	before = wire.allocations;
	for (uint16_t port = 7000; port < 7500; port++) {
		segment.source = port;
		send_segment(WIRE_ADDRESS, &segment);
	}
	ck_assert_int_eq(wire.allocations, before);
	/* The last of them was no stranger: its cookie comes back, and it is in. */
	while (take_segment(&segment, NULL)) {
		if (segment.destination == 7499)
			break;
	}
	ck_assert_uint_eq(segment.flags & (SYN | ACK), SYN | ACK);
	segment = (struct segment){1001, segment.sequence + 1, ACK, 0, 7499, PORT};
	send_segment(WIRE_ADDRESS, &segment);
	stream_close(&accepted, true);
	ck_assert_int_eq(stream_accept(&listener, &accepted), 0);
	close_all();
}
END_TEST

START_TEST(no_memory)
{
	static const uint8_t secret[STREAM_SECRET_SIZE] = {1};
	int32_t status = POSIX_ENOMEM;

	for (long failing = 1; status != 0; failing++) {
		ck_assert_int_lt(failing, 10);
		wire_create(&wire, NULL);
		wire.failing = failing;
		status = streams_create(&wire.stack, secret);
		ck_assert(status == 0 || status == POSIX_ENOMEM);
		wire_destroy(&wire);
	}
}
END_TEST

UNIT_RUN("transport", nobody_listens, without_streams_there_is_no_such_protocol, many_are_not_answered,
         what_is_lost_comes_again, owners_may_call_back, a_path_that_others_found_narrow,
         an_error_of_the_network, a_flood_of_beginnings, no_memory)
