/* The resolver (servers/netstack/resolver.c, name_message.c) at a wire; messages were made by scapy. */
#include "../unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harbour_wire.h"
#include "servers/netstack/bytes.h"

#define ASK_A            "00000100000100000000000003777777076578616d706c65036f72670000010001"
#define ASK_AAAA         "00000100000100000000000003777777076578616d706c65036f726700001c0001"
#define IS_A             "00008180000100020000000003777777076578616d706c65036f7267000001000103777777076578616d706c65036f726700000100010000003c0004c000020103777777076578616d706c65036f726700000100010000001e0004c0000202"
#define IS_ALIAS         "00008180000100030000000003777777076578616d706c65036f726700000100010163076578616d706c65036f726700000100010000003c0004c000020303575757076578616d706c65036f7267000005000100000014000f0162076578616d706c65036f7267000162076578616d706c65036f7267000005000100000028000f0163076578616d706c65036f726700"
#define IS_LOOP          "00008180000100020000000003777777076578616d706c65036f7267000001000103777777076578616d706c65036f7267000005000100000014000f0162076578616d706c65036f7267000162076578616d706c65036f7267000005000100000028001103777777076578616d706c65036f726700"
#define IS_NOBODY        "00008183000100000001000003777777076578616d706c65036f72670000010001076578616d706c65036f726700000600010000006400320161076578616d706c65036f7267000168076578616d706c65036f7267000000000100000001000000010000000100000032"
#define IS_NO_A          "00008180000100000001000003777777076578616d706c65036f72670000010001076578616d706c65036f726700000600010000006400320161076578616d706c65036f7267000168076578616d706c65036f7267000000000100000001000000010000000100000032"
#define IS_AAAA          "00008180000100010000000003777777076578616d706c65036f726700001c000103777777076578616d706c65036f726700001c00010000003c001020010db8000000000000000000000007"
#define IS_FAILURE       "00008182000100000000000003777777076578616d706c65036f72670000010001"
#define IS_OTHER         "000081800001000100000000046576696c076578616d706c65036f72670000010001046576696c076578616d706c65036f726700000100010000003c0004c0000242"
#define IS_CUT           "00008380000100000000000003777777076578616d706c65036f72670000010001"

#define NAME   "www.example.org"
#define HEADER 42u /* of Ethernet, IPv4 and UDP */
#define SERVER 0x0a4d0001u

static struct wire wire;

/* Who waits, and what was said. */
struct waiter {
	struct name_request request;
	unsigned told;
	int32_t status;
	uint32_t count;
	struct net_address first;
};

static void told(void *context, int32_t status, const struct net_address *addresses, uint32_t count)
{
	struct waiter *waiter = context;

	waiter->told++;
	waiter->status = status;
	waiter->count = count;
	if (count > 0)
		waiter->first = addresses[0];
}

static int32_t ask(struct waiter *waiter, const char *name, uint8_t family)
{
	int32_t status;

	*waiter = (struct waiter){.request = {.done = told, .context = waiter}};
	status = resolver_ask(&wire.stack, name, (uint32_t)strlen(name), family, &waiter->request);
	wire_run(&wire);
	return status;
}

static void setup(void)
{
	const struct net_address server = net_address_ipv4(SERVER);

	wire_create(&wire, NULL);
	wire_meet_peer(&wire);
	ck_assert_int_eq(resolver_add_server(&wire.stack, &server), 0);
}

static uint32_t from_hexadecimal(const char *text, uint8_t *bytes, uint32_t size)
{
	uint32_t length = 0;

	for (; *text != '\0'; text += 2) {
		unsigned byte;

		ck_assert_uint_lt(length, size);
		ck_assert_int_eq(sscanf(text, "%2x", &byte), 1);
		bytes[length++] = (uint8_t)byte;
	}
	return length;
}

/* The question that is next on the wire: its port and number; its message must be this one but for that. */
static uint32_t question(const char *message)
{
	uint8_t frame[600], expected[600];
	const char *seen;
	uint32_t length;

	/* While nobody answers the server's hardware address is asked for again, too. */
	do {
		seen = wire_take(&wire);
		ck_assert_ptr_nonnull(seen);
	} while (strncmp(seen + 24, "0806", 4) == 0);
	length = from_hexadecimal(seen, frame, sizeof(frame));
	ck_assert_uint_eq(bytes_get32(frame + 30), SERVER);
	ck_assert_uint_eq(bytes_get16(frame + 36), 53);
	from_hexadecimal(message, expected, sizeof(expected));
	memcpy(expected, frame + HEADER, 2);
	ck_assert_mem_eq(frame + HEADER, expected, length - HEADER);
	return (uint32_t)bytes_get16(frame + 34) << 16 | bytes_get16(frame + HEADER);
}

/* The server's answer to a question; UDP without a checksum. */
static void answer(const char *message, uint32_t port_and_number)
{
	static const char start[] = "0200000000010200000000020800450000000001000040110000" "0a4d00010a4d0002" "0035000000000000";
	uint8_t frame[600];
	uint32_t length = from_hexadecimal(start, frame, sizeof(frame)), sum = 0;
	char text[1201];

	ck_assert_uint_eq(length, HEADER);
	length += from_hexadecimal(message, frame + HEADER, sizeof(frame) - HEADER);
	bytes_put16(frame + 16, length - 14);
	bytes_put16(frame + 36, port_and_number >> 16);
	bytes_put16(frame + 38, length - 34);
	bytes_put16(frame + HEADER, port_and_number);
	for (uint32_t at = 14; at < 34; at += 2)
		sum += bytes_get16(frame + at);
	bytes_put16(frame + 24, ~((sum & 0xffff) + (sum >> 16)));
	for (uint32_t i = 0; i < length; i++)
		snprintf(text + 2 * i, 3, "%02x", frame[i]);
	wire_send(&wire, text);
}

START_TEST(a_name_is_asked_for_once)
{
	struct waiter first, second;
	uint32_t number;

	setup();
	ck_assert_int_eq(ask(&first, NAME, NET_FAMILY_IPV4), 0);
	number = question(ASK_A);
	ck_assert_uint_ge(number >> 16, 49152);
	/* Another who wants the same waits with the first. */
	ck_assert_int_eq(ask(&second, "WWW.Example.ORG.", NET_FAMILY_IPV4), 0);
	wire_expect_nothing(&wire);
	answer(IS_A, number);
	ck_assert(first.told == 1 && first.status == 0 && first.count == 2 && second.told == 1);
	ck_assert_uint_eq(net_address_number(&first.first), 0xc0000201);
	/* Known for as long as the shorter of the two holds. */
	wire_pass(&wire, 29 * NETSTACK_SECOND);
	ck_assert_int_eq(ask(&first, NAME, NET_FAMILY_IPV4), 0);
	ck_assert(first.told == 1 && first.count == 2);
	wire_pass(&wire, 2 * NETSTACK_SECOND);
	ck_assert_int_eq(ask(&first, NAME, NET_FAMILY_IPV4), 0);
	ck_assert_uint_ne(question(ASK_A), number);
	ck_assert_uint_eq(first.told, 0);
	resolver_cancel(&wire.stack, &first.request);
	wire_destroy(&wire);
}
END_TEST

START_TEST(aliases_are_followed)
{
	struct waiter waiter;

	setup();
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_IPV4), 0);
	answer(IS_ALIAS, question(ASK_A));
	ck_assert(waiter.told == 1 && waiter.status == 0 && waiter.count == 1);
	ck_assert_uint_eq(net_address_number(&waiter.first), 0xc0000203);
	/* It holds no longer than its shortest part; and an alias of itself is nobody's. */
	wire_pass(&wire, 20 * NETSTACK_SECOND);
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_IPV4), 0);
	answer(IS_LOOP, question(ASK_A));
	ck_assert(waiter.told == 1 && waiter.status == POSIX_ENODATA);
	wire_destroy(&wire);
}
END_TEST

START_TEST(that_there_is_nothing_is_known_too)
{
	struct waiter waiter;

	setup();
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_IPV4), 0);
	answer(IS_NOBODY, question(ASK_A));
	ck_assert(waiter.told == 1 && waiter.status == POSIX_ENODATA && waiter.count == 0);
	wire_pass(&wire, 49 * NETSTACK_SECOND);
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_IPV4), 0);
	ck_assert(waiter.told == 1 && waiter.status == POSIX_ENODATA);
	wire_pass(&wire, 2 * NETSTACK_SECOND);
	wire_expect_nothing(&wire);
	/* Of either family: the other one is asked for. */
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_NONE), 0);
	answer(IS_NO_A, question(ASK_A));
	ck_assert_uint_eq(waiter.told, 0);
	answer(IS_AAAA, question(ASK_AAAA));
	ck_assert(waiter.told == 1 && waiter.status == 0 && waiter.first.family == NET_FAMILY_IPV6);
	/* And both are known. */
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_NONE), 0);
	ck_assert(waiter.told == 1 && waiter.first.family == NET_FAMILY_IPV6);
	wire_destroy(&wire);
}
END_TEST

START_TEST(forged_answers_are_none)
{
	struct waiter waiter;
	uint32_t number;

	setup();
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_IPV4), 0);
	number = question(ASK_A);
	answer(IS_A, number ^ 1);
	answer(IS_OTHER, number);
	ck_assert_uint_eq(wire.stack.drops[DROP_NAME_UNUSABLE], 2);
	answer(IS_A, number ^ 1u << 16);
	ck_assert_uint_eq(waiter.told, 0);
	answer(IS_A, number);
	ck_assert(waiter.told == 1 && waiter.status == 0);
	wire_destroy(&wire);
}
END_TEST

START_TEST(nobody_answers)
{
	struct waiter waiter;
	uint32_t number = 0;

	setup();
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_IPV4), 0);
	/* Four times, two seconds apart, each from another port. */
	for (int i = 0; i < 4; i++) {
		uint32_t next = question(ASK_A);

		ck_assert_uint_ne(next >> 16, number >> 16);
		number = next;
		ck_assert_uint_eq(waiter.told, 0);
		wire_pass(&wire, 2 * NETSTACK_SECOND);
	}
	ck_assert(waiter.told == 1 && waiter.status == POSIX_ETIMEDOUT);
	/* One that says it cannot is asked again at once, and no more often. */
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_IPV4), 0);
	for (int i = 0; i < 4; i++)
		answer(IS_FAILURE, question(ASK_A));
	ck_assert(waiter.told == 1 && waiter.status == POSIX_EPROTO);
	/* Too long, and there is no TCP here. */
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_IPV4), 0);
	for (int i = 0; i < 4; i++)
		answer(IS_CUT, question(ASK_A));
	ck_assert(waiter.told == 1 && waiter.status == POSIX_EPROTO);
	wire_destroy(&wire);
}
END_TEST

START_TEST(the_configuration_comes_first)
{
	const struct net_address four = net_address_ipv4(0x01020304), six = {NET_FAMILY_IPV6, {0xfd, [15] = 9}};
	struct waiter waiter;

	wire_create(&wire, NULL);
	ck_assert_int_eq(resolver_add_host(&wire.stack, "Box", 3, &four), 0);
	ck_assert_int_eq(resolver_add_host(&wire.stack, "six", 3, &six), 0);
	ck_assert_int_eq(resolver_add_host(&wire.stack, "not a name", 10, &six), POSIX_EINVAL);
	ck_assert_int_eq(ask(&waiter, "box", NET_FAMILY_NONE), 0);
	ck_assert(waiter.told == 1 && net_address_equal(&waiter.first, &four));
	ck_assert_int_eq(ask(&waiter, "six", NET_FAMILY_NONE), 0);
	ck_assert(waiter.told == 1 && net_address_equal(&waiter.first, &six));
	ck_assert_int_eq(ask(&waiter, "localhost", NET_FAMILY_IPV6), 0);
	ck_assert(waiter.told == 1 && net_address_loopback(&waiter.first));
	ck_assert_int_eq(ask(&waiter, NAME, NET_FAMILY_NONE), POSIX_ENETUNREACH);
	ck_assert_int_eq(ask(&waiter, "a..b", NET_FAMILY_NONE), POSIX_EINVAL);
	ck_assert_int_eq(ask(&waiter, "", NET_FAMILY_NONE), POSIX_EINVAL);
	ck_assert_int_eq(ask(&waiter, "a b", NET_FAMILY_NONE), POSIX_EINVAL);
	wire_destroy(&wire);
}
END_TEST

START_TEST(there_are_bounds)
{
	static struct waiter waiters[RESOLVER_WAITING + 1];
	char name[16];

	setup();
	for (uint32_t i = 0; i < RESOLVER_QUERIES + 1; i++) {
		snprintf(name, sizeof(name), "n%u", i);
		ck_assert_int_eq(ask(&waiters[i], name, NET_FAMILY_IPV4), i < RESOLVER_QUERIES ? 0 : POSIX_EAGAIN);
	}
	for (uint32_t i = RESOLVER_QUERIES; i < RESOLVER_WAITING + 1; i++)
		ck_assert_int_eq(ask(&waiters[i], "n0", NET_FAMILY_IPV4), i < RESOLVER_WAITING ? 0 : POSIX_EAGAIN);
	wire_pass(&wire, 60 * NETSTACK_SECOND);
	for (uint32_t i = 0; i < RESOLVER_WAITING; i++)
		ck_assert(waiters[i].told == 1 && waiters[i].status != 0);
	ck_assert_uint_eq(wire.stack.resolver.waiting, 0);
	wire_destroy(&wire);
}
END_TEST

/* Any bytes at all, and good ones with each byte changed or cut off anywhere: they end, and within their memory. */
START_TEST(hostile_messages_end)
{
	static const char *const good[] = {IS_A, IS_ALIAS, IS_LOOP, IS_NOBODY};
	uint8_t messages[4][600], bytes[600], *exact;
	uint32_t lengths[4], most = 0;
	struct name_answer found;
	uint64_t random = 1;

	for (uint32_t i = 0; i < 4; i++)
		lengths[i] = from_hexadecimal(good[i], messages[i], sizeof(messages[i]));
	for (uint32_t i = 0; i < 4 * 3000; i++) {
		uint32_t length = lengths[i % 4], cut;

		memcpy(bytes, messages[i % 4], length);
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
		cut = i % 3 == 0 ? (uint32_t)(random >> 33) % length : length;
		bytes[(random >> 20) % length] = (uint8_t)(random >> 40);
		bytes[(random >> 50) % length] |= i % 5 == 0 ? 0xc0 : 0;
		bytes[0] = bytes[1] = 0;
		/* Of exactly that size, so that sanitizers and valgrind see what lies beyond. */
		exact = malloc(cut > 0 ? cut : 1);
		if (exact == NULL)
			ck_abort_msg("no memory");
		memcpy(exact, bytes, cut);
		name_read(exact, cut, 0, NAME, NET_FAMILY_IPV4, &found);
		most = found.count > most ? found.count : most;
		free(exact);
	}
	ck_assert_uint_le(most, NAME_ADDRESSES);
}
END_TEST

UNIT_RUN("resolver", a_name_is_asked_for_once, aliases_are_followed, that_there_is_nothing_is_known_too,
         forged_answers_are_none, nobody_answers, the_configuration_comes_first, there_are_bounds, hostile_messages_end)
