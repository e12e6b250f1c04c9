/* The DHCP client (servers/netstack/dhcp*.c) and asking for an address before it is used (arp.c); frames by scapy. */
#include "../unit.h"

#include <stdio.h>
#include <string.h>

#include "harbour_wire.h"
#include "servers/netstack/bytes.h"

#define OFFER            "ffffffffffff0200000000020800450001320001000040116f6d0a4d0001ffffffff00430044011e0000020106000000000000000000000000000a4d00320a4d000100000000020000000001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000006382536335010236040a4d0001330400000e100104ffffff0003040a4d000106080a4d000109090909ff"
#define ACK              "ffffffffffff0200000000020800450001320001000040116f6d0a4d0001ffffffff00430044011e0000020106000000000000000000000000000a4d00320a4d000100000000020000000001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000006382536335010536040a4d0001330400000e100104ffffff0003040a4d000106080a4d000109090909ff"
#define NAK              "ffffffffffff0200000000020800450001160001000040116f890a4d0001ffffffff004300440102000002010600000000000000000000000000000000000a4d000100000000020000000001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000006382536335010636040a4d0001ff"
#define OFFER_HOLES      "ffffffffffff0200000000020800450001220001000040116f7d0a4d0001ffffffff00430044010e0000020106000000000000000000000000000a4d00320a4d000100000000020000000001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000006382536335010236040a4d0001330400000e100104ff00ff00ff"
#define OFFER_NOBODY     "ffffffffffff0200000000020800450001320001000040116f6d0a4d0001ffffffff00430044011e000002010600000000000000000000000000000000000a4d000100000000020000000001000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000006382536335010236040a4d0001330400000e100104ffffff0003040a4d000106080a4d000109090909ff"
#define ARP_TAKEN        "ffffffffffff020000000002080600010800060400020200000000020a4d003202000000000100000000"
#define PROBE50          "ffffffffffff02000000000108060001080006040001020000000001000000000000000000000a4d0032"
#define DISCOVER_MESSAGE "0101060001020304000080000000000000000000000000000000000002000000000100000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000638253633501013d07010200000000013706010306333a3b390205c0ff0000000000000000000000000000000000000000000000000000000000000000000000"

#define BOOTP   42u /* where the message begins in a frame */
#define LEASED  0x0a4d0032u

static struct wire wire;

/* What the stack has asked, of which frames hold the message as it is on the wire. */
struct question {
	uint32_t type, transaction, own, destination, wanted, server;
	uint8_t bytes[BOOTP + DHCP_MESSAGE_SIZE];
};

static void from_hexadecimal(const char *text, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size && text[2 * i] != '\0'; i++) {
		unsigned byte;

		ck_assert_int_eq(sscanf(text + 2 * i, "%2x", &byte), 1);
		bytes[i] = (uint8_t)byte;
	}
}

static uint32_t option(const uint8_t *message, uint8_t code)
{
	for (const uint8_t *at = message + 240; *at != 255; at += 2 + at[1]) {
		if (*at == code)
			return at[1] == 4 ? bytes_get32(at + 2) : at[2];
	}
	return 0;
}

/* The next frame, which is a question; those of ARP before it are passed over. */
static struct question next_question(void)
{
	struct question question = {.type = 0};
	const char *seen;

	do {
		seen = wire_take(&wire);
		ck_assert_ptr_nonnull(seen);
	} while (strncmp(seen + 24, "0806", 4) == 0);
	ck_assert_uint_eq(strlen(seen), 2 * sizeof(question.bytes));
	from_hexadecimal(seen, question.bytes, sizeof(question.bytes));
	ck_assert_uint_eq(bytes_get32(question.bytes + 34), 68u << 16 | 67);
	question.destination = bytes_get32(question.bytes + 30);
	question.type = option(question.bytes + BOOTP, 53);
	question.transaction = bytes_get32(question.bytes + BOOTP + 4);
	question.own = bytes_get32(question.bytes + BOOTP + 12);
	question.wanted = option(question.bytes + BOOTP, 50);
	question.server = option(question.bytes + BOOTP, 54);
	return question;
}

/* A frame with the transaction's number in it; there is no checksum of UDP that it would spoil. */
static void answer(const char *frame, uint32_t transaction)
{
	char text[4096], digits[9];

	ck_assert_uint_lt(strlen(frame), sizeof(text));
	strcpy(text, frame);
	snprintf(digits, sizeof(digits), "%08x", transaction);
	memcpy(text + 2 * (BOOTP + 4), digits, 8);
	wire_send(&wire, text);
}

static void setup(void)
{
	wire_create(&wire, NULL);
	interface_clear_address(wire.interface);
	ck_assert_int_eq(dhcp_start(wire.interface), 0);
	wire_pass(&wire, NETSTACK_SECOND);
}

/* Up to the lease, which is asked for on the link first. */
static void lease(void)
{
	struct question question;

	setup();
	question = next_question();
	answer(OFFER, question.transaction);
	next_question();
	answer(ACK, question.transaction);
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	ck_assert_uint_eq(wire.interface->address, LEASED);
	wire.seen_taken = wire.seen_count;
}

START_TEST(an_address_is_asked_for_and_held)
{
	uint8_t expected[DHCP_MESSAGE_SIZE];
	struct question question;
	struct way way;

	setup();
	question = next_question();
	ck_assert_uint_eq(question.destination, UINT32_MAX);
	from_hexadecimal(DISCOVER_MESSAGE, expected, sizeof(expected));
	bytes_put32(expected + 4, question.transaction);
	ck_assert_mem_eq(question.bytes + BOOTP, expected, sizeof(expected));
	/* Somebody else's answer is none. */
	answer(OFFER, question.transaction + 1);
	wire_expect_nothing(&wire);
	answer(OFFER, question.transaction);
	question = next_question();
	ck_assert(question.type == DHCP_REQUEST && question.wanted == LEASED && question.server == WIRE_PEER);
	ck_assert_uint_eq(question.own, 0);
	answer(ACK, question.transaction);
	ck_assert_uint_eq(wire.interface->address, 0);
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	for (int i = 0; i < 3; i++)
		wire_expect(&wire, PROBE50);
	ck_assert_uint_eq(wire.interface->address, LEASED);
	ck_assert_uint_eq(wire.interface->prefix, 24);
	ck_assert_uint_eq(wire.addressed, 1);
	ck_assert(route_find(&wire.stack, &(struct net_address){NET_FAMILY_IPV4, {8, 8, 8, 8}}, NULL, &way));
	ck_assert_uint_eq(net_address_number(&way.next_hop), WIRE_PEER);
	wire_destroy(&wire);
}
END_TEST

/* Time until the stack says something, in steps that are that exact. */
static uint64_t silence(void)
{
	const uint64_t step = NETSTACK_SECOND / 10;
	uint64_t passed = 0;

	for (; wire.seen_taken == wire.seen_count; passed += step) {
		ck_assert_uint_lt(passed, 100 * NETSTACK_SECOND);
		wire_pass(&wire, step);
	}
	return passed;
}

START_TEST(nobody_answers)
{
	wire_create(&wire, NULL);
	interface_clear_address(wire.interface);
	ck_assert_int_eq(dhcp_start(wire.interface), 0);
	ck_assert_uint_le(silence(), NETSTACK_SECOND);
	/* 4, 8, 16, 32, 64 and 64 seconds later, give or take one: RFC 2131, section 4.1. */
	for (unsigned i = 0; i < 6; i++) {
		uint64_t wait = (UINT64_C(4) << (i < 4 ? i : 4)) * NETSTACK_SECOND, passed;

		ck_assert_uint_eq(next_question().type, DHCP_DISCOVER);
		passed = silence();
		ck_assert_uint_ge(passed, wait - 11 * NETSTACK_SECOND / 10);
		ck_assert_uint_le(passed, wait + 11 * NETSTACK_SECOND / 10);
	}
	wire_destroy(&wire);
}
END_TEST

START_TEST(the_server_goes_after_its_offer)
{
	struct question question;

	setup();
	question = next_question();
	answer(OFFER, question.transaction);
	for (int i = 0; i < 4; i++) {
		ck_assert_uint_eq(next_question().type, DHCP_REQUEST);
		wire_pass(&wire, (UINT64_C(5) << i) * NETSTACK_SECOND);
	}
	ck_assert_uint_eq(next_question().type, DHCP_DISCOVER);
	wire_destroy(&wire);
}
END_TEST

START_TEST(somebody_has_the_address)
{
	struct question question;

	setup();
	question = next_question();
	answer(OFFER, question.transaction);
	next_question();
	answer(ACK, question.transaction);
	wire_pass(&wire, 2 * NETSTACK_SECOND);
	wire_send(&wire, ARP_TAKEN);
	question = next_question();
	ck_assert(question.type == DHCP_DECLINE && question.wanted == LEASED && question.server == WIRE_PEER);
	ck_assert_uint_eq(wire.interface->address, 0);
	wire_pass(&wire, 9 * NETSTACK_SECOND);
	wire_expect_nothing(&wire);
	wire_pass(&wire, NETSTACK_SECOND);
	ck_assert_uint_eq(next_question().type, DHCP_DISCOVER);
	wire_destroy(&wire);
}
END_TEST

START_TEST(a_lease_is_renewed)
{
	struct question question;

	lease();
	/* The peer is known, so that the question is seen and not that for its hardware address. */
	wire_send(&wire, "020000000001020000000002080600010800060400010200000000020a4d00010000000000000a4d0032");
	wire.seen_taken = wire.seen_count;
	wire_pass(&wire, 1800 * NETSTACK_SECOND);
	question = next_question();
	ck_assert(question.type == DHCP_REQUEST && question.own == LEASED && question.destination == WIRE_PEER);
	ck_assert(question.wanted == 0 && question.server == 0);
	answer(ACK, question.transaction);
	wire_pass(&wire, 1700 * NETSTACK_SECOND);
	ck_assert_uint_eq(wire.interface->address, LEASED);
	ck_assert_int_eq(wire.interface->dhcp.state, DHCP_BOUND);
	/* It was ours all along. */
	ck_assert_uint_eq(wire.addressed, 1);
	wire_destroy(&wire);
}
END_TEST

START_TEST(a_lease_ends)
{
	struct question question;
	bool rebinding = false;

	lease();
	wire_pass(&wire, 3600 * NETSTACK_SECOND);
	/* The server does not answer; then anybody is asked; and then the address is no longer ours. */
	do {
		question = next_question();
		rebinding |= question.type == DHCP_REQUEST && question.destination == UINT32_MAX && question.own == LEASED;
	} while (question.type != DHCP_DISCOVER);
	ck_assert(rebinding);
	ck_assert_uint_eq(wire.interface->address, 0);
	ck_assert_uint_eq(wire.addressed, 2);
	wire_destroy(&wire);
}
END_TEST

START_TEST(the_server_says_no)
{
	struct question question;

	lease();
	wire_pass(&wire, 3300 * NETSTACK_SECOND);
	do
		question = next_question();
	while (question.destination != UINT32_MAX);
	answer(NAK, question.transaction);
	ck_assert_uint_eq(wire.interface->address, 0);
	wire_pass(&wire, 2 * NETSTACK_SECOND);
	ck_assert_uint_eq(next_question().type, DHCP_DISCOVER);
	wire_destroy(&wire);
}
END_TEST

START_TEST(there_is_a_link_again)
{
	setup();
	next_question();
	/* Long pauses by now; with a link nobody waits for the end of one. */
	wire_pass(&wire, 200 * NETSTACK_SECOND);
	wire.seen_taken = wire.seen_count;
	memory_net_link(&wire.net, false);
	wire_run(&wire);
	wire_expect_nothing(&wire);
	memory_net_link(&wire.net, true);
	wire_run(&wire);
	wire_pass(&wire, 1);
	ck_assert_uint_eq(next_question().type, DHCP_DISCOVER);
	wire_destroy(&wire);
	/* Who has an address asks whether it still has. */
	lease();
	memory_net_link(&wire.net, false);
	wire_run(&wire);
	memory_net_link(&wire.net, true);
	wire_run(&wire);
	wire_send(&wire, "020000000001020000000002080600010800060400020200000000020a4d00010200000000010a4d0032");
	ck_assert_uint_eq(next_question().own, LEASED);
	ck_assert_uint_eq(wire.interface->address, LEASED);
	wire_destroy(&wire);
}
END_TEST

START_TEST(nonsense_is_not_believed)
{
	struct question question;
	char text[sizeof(OFFER)];

	setup();
	question = next_question();
	answer(OFFER_HOLES, question.transaction);
	answer(OFFER_NOBODY, question.transaction);
	ck_assert_uint_eq(wire.stack.drops[DROP_DHCP_UNUSABLE], 2);
	/* Each byte of the options in turn is another: nothing is read beyond the end. */
	for (size_t at = BOOTP + 240; at < sizeof(OFFER) / 2; at++) {
		memcpy(text, OFFER, sizeof(text));
		memcpy(text + 2 * at, "ff", 2);
		answer(text, 0);
		memcpy(text + 2 * at, "fe", 2);
		answer(text, 0);
	}
	wire_expect_nothing(&wire);
	wire_destroy(&wire);
}
END_TEST

UNIT_RUN("dhcp", an_address_is_asked_for_and_held, nobody_answers, the_server_goes_after_its_offer,
         somebody_has_the_address, a_lease_is_renewed, a_lease_ends, the_server_says_no, there_is_a_link_again, nonsense_is_not_believed)
