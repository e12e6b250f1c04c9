/* IPv4 and ICMP (servers/netstack/ipv4*.c, icmp.c); the frames were made by scapy. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "harbour_wire.h"

#define ECHO        "02000000000102000000000208004500002412340000400154090a4d00010a4d000208003f2c00770001647279646f636b21"
#define ECHO_REPLY  "020000000002020000000001080045000024000000004001663d0a4d00020a4d00010000472c00770001647279646f636b21"
#define ECHO_NOPS   "02000000000102000000000208004600002812340000400151040a4d00010a4d00020101010008003f2c00770001647279646f636b21"
#define ECHO_ROUTED "02000000000102000000000208004700002c123400004001c9ef0a4d00010a4d00028307040a0000010008003f2c00770001647279646f636b21"
#define SCTP        "02000000000102000000000208004500001c123400004084538e0a4d00010a4d00023132333435363738"
#define SCTP_ERROR  "020000000002020000000001080045c0003800000000400165690a4d00020a4d000103022c29000000004500001c123400004084538e0a4d00010a4d00023132333435363738"
#define UDP_NOBODY  "02000000000102000000000208004500002212340000401153fb0a4d00010a4d000213881b59000e86fc6e6f626f6479"
#define UDP_ERROR   "020000000002020000000001080045c0003e00000000400165630a4d00020a4d0001030311b9000000004500002212340000401153fb0a4d00010a4d000213881b59000e86fc6e6f626f6479"
#define RAW_SENT    "02000000000202000000000108004500001c00000000408465c20a4d00020a4d0001647279646f636b21"

static struct wire wire;

static void setup(void)
{
	wire_create(&wire, NULL);
	wire_meet_peer(&wire);
	wire.stack.identification = 0;
}

START_TEST(an_echo_comes_back)
{
	setup();
	wire_send(&wire, ECHO);
	wire_expect(&wire, ECHO_REPLY);
	wire.stack.identification = 0;
	/* What options there are changes nothing. */
	wire_send(&wire, ECHO_NOPS);
	wire_expect(&wire, ECHO_REPLY);
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

START_TEST(errors_quote_what_they_are_about)
{
	setup();
	wire_send(&wire, SCTP);
	wire_expect(&wire, SCTP_ERROR);
	wire.stack.identification = 0;
	wire_send(&wire, UDP_NOBODY);
	wire_expect(&wire, UDP_ERROR);
	ck_assert_uint_eq(wire.stack.drops[DROP_IPV4_PROTOCOL], 1);
	ck_assert_uint_eq(wire.stack.drops[DROP_UDP_PORT], 1);
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
	wire_pass(&wire, 2 * NETSTACK_SECOND / 1000);
	for (int i = 0; i < 5; i++)
		wire_send(&wire, UDP_NOBODY);
	while (wire_take(&wire) != NULL)
		answers++;
	ck_assert_uint_eq(answers, 52);
	wire_destroy(&wire);
}
END_TEST

/* ECHO with a byte of the IP header changed and its checksum right again. */
static void send_changed(size_t at, uint8_t value, enum drop_reason reason)
{
	char text[sizeof(ECHO)], digits[5];
	uint8_t bytes[20];
	uint64_t before = wire.stack.drops[reason];
	uint32_t sum = 0;

	memcpy(text, ECHO, sizeof(ECHO));
	snprintf(digits, sizeof(digits), "%02x", value);
	memcpy(text + 2 * (14 + at), digits, 2);
	memcpy(text + 2 * (14 + 10), "0000", 4);
	for (size_t i = 0; i < sizeof(bytes); i++) {
		unsigned byte;

		ck_assert_int_eq(sscanf(text + 2 * (14 + i), "%2x", &byte), 1);
		sum += i % 2 == 0 ? byte << 8 : byte;
	}
	sum = (sum & 0xffff) + (sum >> 16);
	snprintf(digits, sizeof(digits), "%04x", ~((sum & 0xffff) + (sum >> 16)) & 0xffff);
	memcpy(text + 2 * (14 + 10), digits, 4);
	wire_send(&wire, text);
	ck_assert_uint_eq(wire.stack.drops[reason], before + 1);
	wire_expect_nothing(&wire);
}

START_TEST(bad_headers_are_dropped_by_reason)
{
	setup();
	send_changed(0, 0x55, DROP_IPV4_HEADER);       /* version 5 */
	send_changed(0, 0x44, DROP_IPV4_HEADER);       /* a header of 16 bytes */
	send_changed(0, 0x4f, DROP_IPV4_HEADER);       /* of more than the packet */
	send_changed(3, 0x13, DROP_IPV4_HEADER);       /* a packet shorter than its header */
	send_changed(3, 0x25, DROP_IPV4_HEADER);       /* longer than the frame */
	send_changed(12, 127, DROP_IPV4_SOURCE);
	send_changed(12, 0, DROP_IPV4_SOURCE);
	send_changed(12, 224, DROP_IPV4_SOURCE);
	send_changed(15, 2, DROP_IPV4_SOURCE);         /* ourselves */
	send_changed(15, 255, DROP_IPV4_SOURCE);       /* the network's broadcast */
	send_changed(16, 127, DROP_IPV4_DESTINATION);
	send_changed(19, 3, DROP_IPV4_DESTINATION);
	send_changed(19, 255, DROP_ICMP_UNKNOWN);      /* a broadcast is for us, but not answered */
	wire_send(&wire, ECHO_ROUTED);
	ck_assert_uint_eq(wire.stack.drops[DROP_IPV4_SOURCE_ROUTE], 1);
	/* The checksum itself; a frame that ends early; one for another machine. */
	wire_send(&wire, "020000000001020000000002080045000024123400004001540a0a4d00010a4d000208003f2c00770001647279646f636b21");
	ck_assert_uint_eq(wire.stack.drops[DROP_IPV4_CHECKSUM], 1);
	wire_send(&wire, "0200000000010200000000020800450000");
	ck_assert_uint_eq(wire.stack.drops[DROP_IPV4_HEADER], 6);
	wire_send(&wire, "02000000000902000000000208004500002412340000400154090a4d00010a4d000208003f2c00770001647279646f636b21");
	ck_assert_uint_eq(wire.stack.drops[DROP_ETHERNET_OTHER], 1);
	/* ICMP's own. */
	wire_send(&wire, "02000000000102000000000208004500002412340000400154090a4d00010a4d000208003f2d00770001647279646f636b21");
	ck_assert_uint_eq(wire.stack.drops[DROP_ICMP_CHECKSUM], 1);
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

/* Every beginning of every frame above, in a place of its own, so that sanitizers see a byte read too much. */
START_TEST(no_frame_is_read_beyond_its_end)
{
	static const char *const frames[] = {ECHO, ECHO_NOPS, ECHO_ROUTED, SCTP, UDP_NOBODY, SCTP_ERROR};

	setup();
	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		for (size_t length = 28; length < strlen(frames[i]); length += 2) {
			char *text = strndup(frames[i], length);

			wire_send(&wire, text);
			free(text);
		}
	}
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

START_TEST(a_large_echo_is_cut_and_put_together)
{
	const struct endpoint to = {net_address_ipv4(WIRE_PEER), 1};
	struct datagram_socket socket;
	static uint8_t data[4000];
	const struct ip_piece pieces[] = {{data, 1999}, {data + 1999, 2001}};
	const char *frame;
	unsigned count = 0;
	size_t total = 0;

	setup();
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7);
	datagram_open(&wire.stack, DATAGRAM_ECHO, &socket);
	ck_assert_int_eq(datagram_send(&socket, &to, pieces, 2), 0);
	wire_run(&wire);
	while ((frame = wire_take(&wire)) != NULL) {
		unsigned fragment, check[5], identification;

		ck_assert_int_eq(sscanf(frame + 2 * 18, "%4x%4x", &identification, &fragment), 2);
		ck_assert_uint_eq(identification, 0);
		ck_assert_uint_eq(fragment & 0x1fff, total / 8);
		ck_assert_int_eq(sscanf(frame + 2 * 34, "%2x%2x%2x%2x%2x", &check[0], &check[1], &check[2],
		                        &check[3], &check[4]), 5);
		for (int i = 0; total > 0 && i < 5; i++)
			ck_assert_uint_eq(check[i], data[total - 8 + (size_t)i]);
		total += strlen(frame) / 2 - 34;
		ck_assert_int_eq((fragment & 0x2000) != 0, total < sizeof(data) + 8);
		count++;
	}
	ck_assert_uint_eq(count, 3);
	ck_assert_uint_eq(total, sizeof(data) + 8);
	ck_assert_uint_eq(wire.interface->free_pages, OUTPUT_PAGES);
	datagram_close(&socket);
	wire_destroy(&wire);
}
END_TEST

START_TEST(the_card_makes_checksums_where_it_can)
{
	const struct memory_net_options options = {.transmit_offloads = {NET_OFFLOAD_CHECKSUM, 0},
	                                           .receive_offloads = {0, NET_OFFLOAD_CHECKSUM}};

	wire_create(&wire, &options);
	wire_meet_peer(&wire);
	wire.stack.identification = 0;
	wire_send(&wire, ECHO);
	/* ICMP has no pseudo header: the field is zero. */
	wire_expect(&wire, "020000000002020000000001080045000024000000004001663d0a4d00020a4d00010000000000770001647279646f636b21");
	wire_destroy(&wire);
}
END_TEST

static unsigned take_all(struct datagram_socket *socket, const char *expected, uint32_t expected_length)
{
	struct endpoint from;
	uint8_t bytes[64];
	uint32_t length;
	unsigned count = 0;

	while (datagram_receive(socket, bytes, sizeof(bytes), false, &length, &from) == 0) {
		ck_assert_uint_eq(net_address_number(&from.address), WIRE_PEER);
		if (expected != NULL)
			ck_assert(length == expected_length && memcmp(bytes, expected, length) == 0);
		count++;
	}
	return count;
}

START_TEST(raw_sockets_get_their_protocol)
{
	const struct endpoint sctp = {.port = 132}, icmp = {.port = IP_PROTOCOL_ICMP}, nothing = {.port = 256};
	const struct endpoint to = {net_address_ipv4(WIRE_PEER), 0};
	const struct ip_piece piece = {"drydock!", 8};
	struct datagram_socket first, second, third;

	setup();
	datagram_open(&wire.stack, DATAGRAM_RAW, &first);
	datagram_open(&wire.stack, DATAGRAM_RAW, &second);
	datagram_open(&wire.stack, DATAGRAM_RAW, &third);
	ck_assert_int_eq(datagram_bind(&first, &nothing), POSIX_EINVAL);
	ck_assert_int_eq(datagram_send(&first, &to, &piece, 1), POSIX_EINVAL);
	ck_assert_int_eq(datagram_bind(&first, &sctp), 0);
	ck_assert_int_eq(datagram_bind(&second, &sctp), 0);
	ck_assert_int_eq(datagram_bind(&third, &icmp), 0);
	/* Both get it, and nobody is told that there is no such protocol. */
	wire_send(&wire, SCTP);
	wire_expect_nothing(&wire);
	ck_assert_uint_eq(take_all(&first, "12345678", 8), 1);
	ck_assert_uint_eq(take_all(&second, "12345678", 8), 1);
	/* What the stack itself speaks it goes on to answer. */
	wire_send(&wire, ECHO);
	wire_expect(&wire, ECHO_REPLY);
	ck_assert_uint_eq(take_all(&third, NULL, 0), 1);
	ck_assert_uint_eq(take_all(&first, NULL, 0), 0);
	wire.stack.identification = 0;
	ck_assert_int_eq(datagram_send(&first, &to, &piece, 1), 0);
	wire_run(&wire);
	wire_expect(&wire, RAW_SENT);
	datagram_close(&first);
	datagram_close(&second);
	wire_send(&wire, SCTP);
	ck_assert_uint_eq(wire.stack.drops[DROP_IPV4_PROTOCOL], 1);
	datagram_close(&third);
	wire_destroy(&wire);
}
END_TEST

UNIT_RUN("ip", an_echo_comes_back, raw_sockets_get_their_protocol, errors_quote_what_they_are_about, errors_are_limited,
         bad_headers_are_dropped_by_reason, no_frame_is_read_beyond_its_end,
         a_large_echo_is_cut_and_put_together, the_card_makes_checksums_where_it_can)
