/* Groups, and reports of them by IGMP and MLD (servers/netstack/group.c, listener.c); the frames were made by scapy. */
#include "../unit.h"

#include <string.h>

#include "frames6.h"
#include "harbour_wire.h"

#define JOINED4          "01005e000016020000000001080046c00028000040000102f9aa0a4d0002e0000016940400002200e8f90000000104000000ef010203"
#define LEFT4            "01005e000016020000000001080046c00028000040000102f9aa0a4d0002e0000016940400002200e9f90000000103000000ef010203"
#define CURRENT4         "01005e000016020000000001080046c00028000040000102f9aa0a4d0002e0000016940400002200eaf90000000102000000ef010203"
#define QUERY4           "01005e000001020000000002080046c0002400010000010239c40a4d0001e0000001940400001164ee9b0000000000000000"
#define QUERY4_OLD       "01005e000001020000000002080046c0002000010000010239c80a4d0001e0000001940400001164ee9b00000000"
#define REPORT4_OLD      "01005e010203020000000001080046c00020000040000102e8c40a4d0002ef010203940400001600f8faef010203"
#define LEAVE4_OLD       "01005e000002020000000001080046c00020000040000102f9c60a4d0002e0000002940400001700f7faef010203"
#define JOINED6          "33330000001602000000000186dd6000000000240001fe80000000000000000000fffe000001ff0200000000000000000000000000163a000502000001008f0070800000000104000000ff150000000000000000000000000077"
#define LEFT6            "33330000001602000000000186dd6000000000240001fe80000000000000000000fffe000001ff0200000000000000000000000000163a000502000001008f0071800000000103000000ff150000000000000000000000000077"
#define CURRENT6         "33330000001602000000000186dd6000000000240001fe80000000000000000000fffe000001ff0200000000000000000000000000163a000502000001008f0072800000000102000000ff150000000000000000000000000077"
#define QUERY6           "33330000000102000000000286dd6000000000240001fe80000000000000000000fffe000002ff0200000000000000000000000000013a0005020000010082005a12271000000000000000000000000000000000000000000000"
#define QUERY6_OLD       "33330000000102000000000286dd6000000000200001fe80000000000000000000fffe000002ff0200000000000000000000000000013a0005020000010082005a162710000000000000000000000000000000000000"
#define REPORT6_OLD      "33330000007702000000000186dd6000000000200001fe80000000000000000000fffe000001ff1500000000000000000000000000773a000502000001008300801100000000ff150000000000000000000000000077"
#define DONE6_OLD        "33330000000202000000000186dd6000000000200001fe80000000000000000000fffe000001ff0200000000000000000000000000023a0005020000010084007f9900000000ff150000000000000000000000000077"
#define DATAGRAM4        "01005e010203020000000002080045000021000100000111be790a4d0001ef01020313881b58000d91cf68656c6c6f"
#define DATAGRAM6        "33330000007702000000000286dd60000000000d1101fe80000000000000000000fffe000002ff15000000000000000000000000007713881b58000d901268656c6c6f"
#define TO_GROUP         "01005e010203020000000001080045000021000000000111be790a4d0002ef0102031b581388000d87c4776f726c64"

static const struct net_address group4 = {NET_FAMILY_IPV4, {239, 1, 2, 3}};
static const struct net_address group6 = {NET_FAMILY_IPV6, {0xff, 0x15, [15] = 0x77}};

static struct wire wire;
static struct datagram_socket socket;

static void setup(void)
{
	const struct endpoint local = {.port = 7000};

	wire_create(&wire, NULL);
	wire_speak_ipv6(&wire);
	datagram_open(&wire.stack, DATAGRAM_UDP, &socket);
	ck_assert_int_eq(datagram_bind(&socket, &local), 0);
}

static void finish(void)
{
	datagram_close(&socket);
	wire_destroy(&wire);
}

/* Two of a change, at most a second apart. */
static void expect_twice(const char *frame)
{
	wire_run(&wire);
	wire_expect(&wire, frame);
	wire_expect_nothing(&wire);
	wire_pass(&wire, NETSTACK_SECOND);
	wire_expect(&wire, frame);
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	wire_expect_nothing(&wire);
}

static unsigned received(void)
{
	struct endpoint from;
	uint8_t bytes[8];
	uint32_t length;
	unsigned count = 0;

	while (datagram_receive(&socket, bytes, sizeof(bytes), false, &length, &from) == 0)
		count += length == 5 && memcmp(bytes, "hello", 5) == 0;
	return count;
}

static void join_and_leave(const struct net_address *group, const char *joined, const char *left,
                           const char *datagram, enum drop_reason reason)
{
	uint64_t before;

	setup();
	before = wire.stack.drops[reason];
	wire_send(&wire, datagram);
	ck_assert_uint_eq(received(), 0);
	ck_assert_uint_eq(wire.stack.drops[reason], before + 1);
	ck_assert_int_eq(datagram_join(&socket, group), 0);
	expect_twice(joined);
	ck_assert_int_eq(datagram_join(&socket, group), POSIX_EADDRINUSE);
	wire_send(&wire, datagram);
	ck_assert_uint_eq(received(), 1);
	ck_assert_int_eq(datagram_leave(&socket, group), 0);
	expect_twice(left);
	ck_assert_int_eq(datagram_leave(&socket, group), POSIX_EADDRNOTAVAIL);
	wire_send(&wire, datagram);
	ck_assert_uint_eq(received(), 0);
	/* A socket that is closed leaves. */
	ck_assert_int_eq(datagram_join(&socket, group), 0);
	expect_twice(joined);
	datagram_close(&socket);
	expect_twice(left);
	wire_destroy(&wire);
}

START_TEST(members_are_told_of)
{
	join_and_leave(&group4, JOINED4, LEFT4, DATAGRAM4, DROP_IPV4_DESTINATION);
	join_and_leave(&group6, JOINED6, LEFT6, DATAGRAM6, DROP_IPV6_DESTINATION);
}
END_TEST

/* Within ten seconds of the question; the older version for 260 seconds once somebody speaks it. */
static void ask(const struct net_address *group, const char *joined, const char *query, const char *current)
{
	setup();
	ck_assert_int_eq(datagram_join(&socket, group), 0);
	expect_twice(joined);
	/* IPv6 tells of its own group, too: that is not looked at. */
	wire.ignored = group->family == NET_FAMILY_IPV6 ? "3333ff00" : NULL;
	wire_send(&wire, query);
	wire_expect_nothing(&wire);
	wire_pass(&wire, 10 * NETSTACK_SECOND);
	for (const char *seen = ""; seen != NULL && strcmp(seen, current) != 0;) {
		seen = wire_take(&wire);
		ck_assert_ptr_nonnull(seen);
	}
}

START_TEST(routers_ask)
{
	ask(&group4, JOINED4, QUERY4, CURRENT4);
	wire_expect_nothing(&wire);
	finish();
	ask(&group6, JOINED6, QUERY6, CURRENT6);
	finish();
}
END_TEST

START_TEST(older_routers_ask)
{
	ask(&group4, JOINED4, QUERY4_OLD, REPORT4_OLD);
	ck_assert_int_eq(datagram_leave(&socket, &group4), 0);
	expect_twice(LEAVE4_OLD);
	wire_pass(&wire, 260 * NETSTACK_SECOND);
	ck_assert_int_eq(datagram_join(&socket, &group4), 0);
	expect_twice(JOINED4);
	finish();
	ask(&group6, JOINED6, QUERY6_OLD, REPORT6_OLD);
	wire_pass(&wire, NETSTACK_SECOND);
	wire.seen_taken = wire.seen_count;
	ck_assert_int_eq(datagram_leave(&socket, &group6), 0);
	expect_twice(DONE6_OLD);
	finish();
}
END_TEST

START_TEST(there_is_a_bound)
{
	struct net_address group = group4;
	uint32_t joined = 0;

	setup();
	ck_assert_int_eq(datagram_join(&socket, &(struct net_address){NET_FAMILY_IPV4, {10, 1, 1, 1}}), POSIX_EINVAL);
	for (uint32_t i = 0; i < DATAGRAM_GROUPS + 1; i++) {
		group.bytes[3] = (uint8_t)i;
		ck_assert_int_eq(datagram_join(&socket, &group), i < DATAGRAM_GROUPS ? 0 : POSIX_ENOBUFS);
	}
	while (group_join(wire.interface, &group) == 0 && joined < 2 * GROUPS_MAXIMUM) {
		group.bytes[2]++;
		joined++;
	}
	/* One is IPv6's own. */
	ck_assert_uint_eq(joined, GROUPS_MAXIMUM - DATAGRAM_GROUPS - 1);
	finish();
}
END_TEST

START_TEST(what_is_sent_stays_on_the_link)
{
	const struct endpoint to = {group4, 5000};
	const struct ip_piece piece = {"world", 5};

	setup();
	wire.stack.identification = 0;
	ck_assert_int_eq(datagram_send(&socket, &to, &piece, 1), 0);
	wire_run(&wire);
	wire_expect(&wire, TO_GROUP);
	finish();
}
END_TEST

START_TEST(nonsense_is_dropped)
{
	char text[sizeof(QUERY4)];

	setup();
	/* Its checksum wrong. */
	memcpy(text, QUERY4, sizeof(text));
	text[sizeof(QUERY4) - 2] = '1';
	wire_send(&wire, text);
	ck_assert_uint_eq(wire.stack.drops[DROP_GROUP_MALFORMED], 1);
	wire_pass(&wire, 20 * NETSTACK_SECOND);
	wire_expect_nothing(&wire);
	finish();
}
END_TEST

UNIT_RUN("group", members_are_told_of, routers_ask, older_routers_ask, there_is_a_bound, what_is_sent_stays_on_the_link,
         nonsense_is_dropped)
