/* IPv6, ICMPv6 and UDP over it (servers/netstack/ipv6.c, icmp6.c); frames6.h has the frames. */
#include "../unit.h"

#include <stdlib.h>
#include <string.h>

#include "frames6.h"
#include "harbour_wire.h"

static const struct net_address peer = {NET_FAMILY_IPV6, {0xfe, 0x80, [11] = 0xff, [12] = 0xfe, [15] = 2}};

static struct wire wire;

/* With the peer known, as after its question. */
static void setup(void)
{
	wire_create(&wire, NULL);
	wire_speak_ipv6(&wire);
	wire_send(&wire, ASKED);
	wire_expect(&wire, ANSWER);
	neighbour_confirm(wire.interface, &peer);
}

START_TEST(an_echo_comes_back)
{
	setup();
	wire_send(&wire, ECHO);
	wire_expect(&wire, ECHO_REPLY);
	/* To a group as well, from our own address. */
	wire_send(&wire, ECHO_ALL);
	wire_expect(&wire, ECHO_REPLY);
	/* Options that may be passed over are. */
	wire_send(&wire, ECHO_OPTIONS);
	wire_expect(&wire, ECHO_REPLY);
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

START_TEST(what_is_not_taken_is_told)
{
	setup();
	wire_send(&wire, ECHO_UNKNOWN);
	wire_expect(&wire, UNKNOWN_ERROR);
	wire_send(&wire, ROUTED);
	wire_expect(&wire, ROUTED_ERROR);
	ck_assert_uint_eq(wire.stack.drops[DROP_IPV6_EXTENSION], 2);
	wire_send(&wire, SCTP);
	wire_expect(&wire, SCTP_ERROR);
	ck_assert_uint_eq(wire.stack.drops[DROP_IPV6_PROTOCOL], 1);
	wire_send(&wire, UDP_NOBODY);
	wire_expect(&wire, UDP_ERROR);
	ck_assert_uint_eq(wire.stack.drops[DROP_UDP_PORT], 1);
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

START_TEST(errors_are_limited)
{
	unsigned answers = 0;

	setup();
	for (int i = 0; i < 60; i++)
		wire_send(&wire, UDP_NOBODY);
	while (wire_take(&wire) != NULL)
		answers++;
	ck_assert_uint_eq(answers, 50);
	ck_assert_uint_eq(wire.stack.drops[DROP_ICMP_LIMIT], 10);
	wire_destroy(&wire);
}
END_TEST

START_TEST(fragments_are_put_together)
{
	setup();
	wire_send(&wire, PART_1);
	wire_expect_nothing(&wire);
	wire_send(&wire, PART_2);
	wire_expect(&wire, PARTS_REPLY);
	wire_send(&wire, PART_2);
	wire_send(&wire, PART_1);
	wire_expect(&wire, PARTS_REPLY);
	/* RFC 6946: it is all of its fragments, and does not wait. */
	wire_send(&wire, PART_ATOMIC);
	wire_expect(&wire, PARTS_REPLY);
	/* RFC 5722: of what overlaps nothing is left, so that the rest waits in vain. */
	wire_send(&wire, PART_1);
	wire_send(&wire, PART_OVERLAP);
	ck_assert_uint_eq(wire.stack.drops[DROP_FRAGMENT_OVERLAP], 1);
	wire_send(&wire, PART_2);
	wire_expect_nothing(&wire);
	wire_pass(&wire, 59 * NETSTACK_SECOND);
	ck_assert_uint_eq(wire.stack.drops[DROP_FRAGMENT_TIMEOUT], 0);
	wire_pass(&wire, NETSTACK_SECOND);
	ck_assert_uint_eq(wire.stack.drops[DROP_FRAGMENT_TIMEOUT], 1);
	/* Its first part never came: nobody is told. */
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

START_TEST(fragments_that_cannot_be_are_told)
{
	setup();
	wire_send(&wire, PART_ODD);
	wire_expect(&wire, PART_ODD_ERROR);
	wire_send(&wire, PART_SHORT);
	wire_expect(&wire, PART_SHORT_ERROR);
	ck_assert_uint_eq(wire.stack.drops[DROP_FRAGMENT_MALFORMED], 2);
	ck_assert_uint_eq(wire.stack.reassembly.charged, 0);
	wire_destroy(&wire);
}
END_TEST

/* ECHO with one byte of its IPv6 header changed, which the checksum does not cover or is never looked at. */
static void send_changed(size_t at, uint8_t value, enum drop_reason reason)
{
	static const char digits[] = "0123456789abcdef";
	char text[sizeof(ECHO)];
	uint64_t before = wire.stack.drops[reason];

	memcpy(text, ECHO, sizeof(ECHO));
	text[2 * (14 + at)] = digits[value >> 4];
	text[2 * (14 + at) + 1] = digits[value & 15];
	wire_send(&wire, text);
	ck_assert_uint_eq(wire.stack.drops[reason], before + 1);
	wire_expect_nothing(&wire);
}

START_TEST(bad_headers_are_dropped_by_reason)
{
	char text[sizeof(ECHO)];

	setup();
	/* Cut off anywhere behind the Ethernet header. */
	for (size_t length = 14; length < sizeof(ECHO) / 2; length++) {
		memcpy(text, ECHO, 2 * length);
		text[2 * length] = '\0';
		wire_send(&wire, text);
	}
	ck_assert_uint_eq(wire.stack.drops[DROP_IPV6_HEADER], sizeof(ECHO) / 2 - 14);
	wire_expect_nothing(&wire);
	send_changed(0, 0x50, DROP_IPV6_HEADER);      /* version 5 */
	send_changed(5, 0x11, DROP_IPV6_HEADER);      /* longer than the frame */
	send_changed(8, 0xff, DROP_IPV6_SOURCE);      /* a group */
	send_changed(23, 1, DROP_IPV6_SOURCE);        /* ourselves */
	send_changed(39, 9, DROP_IPV6_DESTINATION);
	send_changed(24, 0xff, DROP_IPV6_DESTINATION); /* a group that nobody here is in */
	send_changed(47, 9, DROP_ICMP_CHECKSUM);      /* the echo's sequence number */
	wire_destroy(&wire);
}
END_TEST

START_TEST(datagrams_go_both_ways)
{
	const struct endpoint local = {.port = 7000}, to = {peer, 5000};
	const struct ip_piece piece = {"world", 5};
	struct datagram_socket socket;
	struct endpoint from;
	uint8_t bytes[8];
	uint32_t length;

	setup();
	datagram_open(&wire.stack, DATAGRAM_UDP, &socket);
	ck_assert_int_eq(datagram_bind(&socket, &local), 0);
	wire_send(&wire, UDP_PLAIN);
	ck_assert_int_eq(datagram_receive(&socket, bytes, sizeof(bytes), false, &length, &from), 0);
	ck_assert_uint_eq(length, 5);
	ck_assert(memcmp(bytes, "hello", 5) == 0 && net_address_equal(&from.address, &peer));
	/* RFC 8200, section 8.1: none without a checksum. */
	wire_send(&wire, UDP_UNSUMMED);
	ck_assert_uint_eq(wire.stack.drops[DROP_UDP_CHECKSUM], 1);
	ck_assert_int_eq(datagram_connect(&socket, &to), 0);
	ck_assert_int_eq(datagram_send(&socket, NULL, &piece, 1), 0);
	wire_run(&wire);
	wire_expect(&wire, UDP_ANSWER);
	/* An error about it; and a path that is narrower. */
	wire_send(&wire, UNREACHABLE);
	ck_assert_int_eq(datagram_receive(&socket, bytes, sizeof(bytes), false, &length, &from), POSIX_ECONNREFUSED);
	wire_send(&wire, TOO_BIG);
	ck_assert_int_eq(datagram_receive(&socket, bytes, sizeof(bytes), false, &length, &from), POSIX_EMSGSIZE);
	datagram_close(&socket);
	wire_destroy(&wire);
}
END_TEST

static uint32_t mtu_to_peer(void)
{
	struct way way;

	ck_assert(route_find(&wire.stack, &peer, NULL, &way));
	return way.mtu;
}

START_TEST(a_path_is_learnt)
{
	setup();
	ck_assert_uint_eq(mtu_to_peer(), 1500);
	path_mtu_reduce(&wire.stack, &peer, 1400, 0);
	ck_assert_uint_eq(mtu_to_peer(), 1400);
	/* RFC 8201, section 4: less than what every link carries is not believed. */
	path_mtu_reduce(&wire.stack, &peer, 1279, 0);
	ck_assert_uint_eq(mtu_to_peer(), 1400);
	path_mtu_reduce(&wire.stack, &peer, 1280, 0);
	ck_assert_uint_eq(mtu_to_peer(), 1280);
	wire_pass(&wire, PATH_LIFETIME);
	ck_assert_uint_eq(mtu_to_peer(), 1500);
	wire_destroy(&wire);
}
END_TEST

/* What goes out in fragments comes back by loopback, whole. */
START_TEST(the_longest_datagram_goes_round)
{
	const struct net_address self = {NET_FAMILY_IPV6, {[15] = 1}};
	const struct endpoint to = {self, 7000}, local = {.port = 7000};
	static uint8_t bytes[DATAGRAM_LONGEST6 + 1], back[DATAGRAM_LONGEST6];
	struct ip_piece piece = {bytes, DATAGRAM_LONGEST6 + 1};
	struct datagram_socket socket;
	struct endpoint from;
	uint32_t length;

	wire_create(&wire, NULL);
	ck_assert_int_eq(ipv6_start(wire.stack.interfaces[0]), 0);
	for (uint32_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	datagram_open(&wire.stack, DATAGRAM_UDP, &socket);
	ck_assert_int_eq(datagram_bind(&socket, &local), 0);
	ck_assert_int_eq(datagram_send(&socket, &to, &piece, 1), POSIX_EMSGSIZE);
	piece.length--;
	ck_assert_int_eq(datagram_send(&socket, &to, &piece, 1), 0);
	wire_run(&wire);
	ck_assert_int_eq(datagram_receive(&socket, back, sizeof(back), false, &length, &from), 0);
	ck_assert_uint_eq(length, DATAGRAM_LONGEST6);
	ck_assert_mem_eq(back, bytes, DATAGRAM_LONGEST6);
	datagram_close(&socket);
	wire_destroy(&wire);
}
END_TEST

START_TEST(families_have_ports_of_their_own)
{
	const struct endpoint local = {.port = 7000};
	struct datagram_socket four, six, both;

	setup();
	datagram_open(&wire.stack, DATAGRAM_UDP, &four);
	datagram_open(&wire.stack, DATAGRAM_UDP, &six);
	datagram_open(&wire.stack, DATAGRAM_UDP, &both);
	four.family = NET_FAMILY_IPV4;
	six.family = NET_FAMILY_IPV6;
	ck_assert_int_eq(datagram_bind(&four, &local), 0);
	ck_assert_int_eq(datagram_bind(&both, &local), POSIX_EADDRINUSE);
	/* That of IPv4 alone is not told of what comes by the other. */
	wire_send(&wire, UDP_PLAIN);
	ck_assert(list_empty(&four.queue));
	ck_assert_uint_eq(wire.stack.drops[DROP_UDP_PORT], 1);
	ck_assert_int_eq(datagram_bind(&six, &local), 0);
	wire_send(&wire, UDP_PLAIN);
	ck_assert(!list_empty(&six.queue));
	datagram_close(&four);
	datagram_close(&six);
	datagram_close(&both);
	wire_destroy(&wire);
}
END_TEST

START_TEST(the_checksum_of_a_raw_message_is_made)
{
	/* An answer to ECHO, but for the checksum. */
	static const uint8_t message[] = {129, 0, 0, 0, 0, 0x77, 0, 1, 'd', 'r', 'y', 'd', 'o', 'c', 'k', '!'};
	const struct endpoint protocol = {.port = IP_PROTOCOL_ICMPV6}, to = {peer, 0};
	struct ip_piece piece = {message, sizeof(message)};
	struct datagram_socket socket;

	setup();
	datagram_open(&wire.stack, DATAGRAM_RAW, &socket);
	ck_assert_int_eq(datagram_bind(&socket, &protocol), 0);
	ck_assert_int_eq(datagram_send(&socket, &to, &piece, 1), 0);
	wire_run(&wire);
	wire_expect(&wire, ECHO_REPLY);
	piece.length = 7;
	ck_assert_int_eq(datagram_send(&socket, &to, &piece, 1), POSIX_EINVAL);
	datagram_close(&socket);
	wire_destroy(&wire);
}
END_TEST

/* Good frames with bytes changed, cut off anywhere, their checksums taken for right: the stack lives on, with all memory. */
START_TEST(hostile_frames_harm_nobody)
{
	static const char *const good[] = {ECHO,      ECHO_OPTIONS, ROUTED, UDP_PLAIN, PART_1,     PART_2,  PART_ATOMIC, PART_SHORT,
	                                   ASKED,     THERE,        TAKEN,  ROUTER,    REDIRECT,   TOO_BIG, UNREACHABLE};
	const uint32_t count = sizeof(good) / sizeof(good[0]);
	const struct net_header header = {.flags = NET_CHECKSUM_VALID};
	uint8_t frames[sizeof(good) / sizeof(good[0])][256], bytes[256];
	uint64_t random = 7;

	setup();
	for (uint32_t i = 0; i < count; i++) {
		for (uint32_t at = 0; good[i][2 * at] != '\0'; at++) {
			char digits[3] = {good[i][2 * at], good[i][2 * at + 1]};

			frames[i][at] = (uint8_t)strtoul(digits, NULL, 16);
		}
	}
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t length = (uint32_t)strlen(good[i % count]) / 2;

		memcpy(bytes, frames[i % count], length);
		for (uint32_t change = 0; change < 1 + i % 4; change++) {
			random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
			/* Behind the Ethernet header and the addresses, for the most part. */
			bytes[change == 0 ? 54 + (random >> 33) % (length - 54) : 14 + (random >> 33) % (length - 14)] =
				(uint8_t)(random >> 20);
		}
		if (i % 7 == 0)
			length = 14 + (uint32_t)(random >> 40) % (length - 14);
		if (!memory_net_inject(&wire.net.cards[0], &header, bytes, length))
			ck_abort_msg("not taken");
		wire_run(&wire);
		/* What it says is of no interest, and would fill the wire's memory. */
		while (wire.seen_count > 0)
			free(wire.seen[--wire.seen_count]);
		wire.seen_taken = 0;
		if (i % 100 == 0)
			wire_pass(&wire, NETSTACK_SECOND / 10);
	}
	wire_pass(&wire, 100 * NETSTACK_SECOND);
	ck_assert_uint_eq(wire.stack.reassembly.charged, 0);
	wire_destroy(&wire);
}
END_TEST

UNIT_RUN("ipv6", an_echo_comes_back, what_is_not_taken_is_told, errors_are_limited, fragments_are_put_together,
         fragments_that_cannot_be_are_told, bad_headers_are_dropped_by_reason, datagrams_go_both_ways,
         a_path_is_learnt, the_longest_datagram_goes_round, families_have_ports_of_their_own,
         the_checksum_of_a_raw_message_is_made, hostile_frames_harm_nobody)
