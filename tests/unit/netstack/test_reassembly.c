/* Fragments (servers/netstack/reassembly.c); the first three frames were made by scapy. */
#include "../unit.h"

#include <string.h>

#include "harbour_wire.h"

#define FIRST   "02000000000102000000000208004500002c12342000401133f10a4d00010a4d000213881b5800382e5c30313233343536373839616263646566"
#define SECOND  "02000000000102000000000208004500002c12342003401133ee0a4d00010a4d0002303132333435363738396162636465663031323334353637"
#define THIRD   "02000000000102000000000208004500001c12340006401153fb0a4d00010a4d00023839616263646566"
#define TOO_OLD "020000000002020000000001080045c0004800000000400165590a4d00020a4d00010b016853000000004500002c12342000401133f10a4d00010a4d000213881b5800382e5c30313233343536373839616263646566"

static struct wire wire;
static struct datagram_socket socket_7000;

static void setup(void)
{
	const struct endpoint local = {.port = 7000};

	wire_create(&wire, NULL);
	wire_meet_peer(&wire);
	wire.stack.identification = 0;
	datagram_open(&wire.stack, DATAGRAM_UDP, &socket_7000);
	ck_assert_int_eq(datagram_bind(&socket_7000, &local), 0);
}

static void teardown(void)
{
	datagram_close(&socket_7000);
	wire_destroy(&wire);
}

static bool whole_has_come(void)
{
	char bytes[64];
	uint32_t length;
	struct endpoint from;

	return datagram_receive(&socket_7000, (uint8_t *)bytes, sizeof(bytes), false, &length, &from) == 0 &&
	       length == 48 && memcmp(bytes, "0123456789abcdef0123456789abcdef0123456789abcdef", 48) == 0;
}

START_TEST(any_order_will_do)
{
	static const char *const parts[] = {FIRST, SECOND, THIRD};
	static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

	setup();
	for (int i = 0; i < 6; i++) {
		wire_send(&wire, parts[orders[i][0]]);
		wire_send(&wire, parts[orders[i][1]]);
		ck_assert(!whole_has_come());
		/* Twice is as good as once. */
		wire_send(&wire, parts[orders[i][1]]);
		wire_send(&wire, parts[orders[i][2]]);
		ck_assert(whole_has_come());
		ck_assert_uint_eq(wire.stack.reassembly.charged, 0);
	}
	teardown();
}
END_TEST

/* A fragment of UDP with any offset (in eights) and length, its IP checksum made here. */
static void send_fragment(unsigned identification, unsigned offset, bool more, unsigned length)
{
	uint8_t frame[1514] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45};
	const struct net_header header = {0};
	uint8_t *ip = frame + 14;
	uint32_t sum = 0;

	ip[2] = (uint8_t)((20 + length) >> 8);
	ip[3] = (uint8_t)(20 + length);
	ip[4] = (uint8_t)(identification >> 8);
	ip[5] = (uint8_t)identification;
	ip[6] = (uint8_t)(offset >> 8 | (more ? 0x20 : 0));
	ip[7] = (uint8_t)offset;
	ip[8] = 64;
	ip[9] = 17;
	memcpy(ip + 12, "\x0a\x4d\x00\x01\x0a\x4d\x00\x02", 8);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)(ip[i] << 8 | ip[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	ip[10] = (uint8_t)(~sum >> 8);
	ip[11] = (uint8_t)~sum;
	ck_assert(memory_net_inject(&wire.net.cards[0], &header, frame, 34 + length));
	wire_run(&wire);
}

START_TEST(overlaps_end_the_whole_packet)
{
	/* A second fragment that begins within the first, ends within the third, covers it, or goes beyond the end. */
	static const struct { unsigned offset; bool more; unsigned length; } bad[] = {
		{2, true, 24}, {3, true, 32}, {0, true, 64}, {6, false, 16}, {5, false, 8}, {7, true, 8}};

	setup();
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		uint64_t before = wire.stack.drops[DROP_FRAGMENT_OVERLAP];

		wire_send(&wire, FIRST);
		wire_send(&wire, THIRD);
		send_fragment(0x1234, bad[i].offset, bad[i].more, bad[i].length);
		ck_assert_uint_eq(wire.stack.drops[DROP_FRAGMENT_OVERLAP], before + 1);
		ck_assert_uint_eq(wire.stack.reassembly.charged, 0);
	}
	ck_assert(!whole_has_come());
	teardown();
}
END_TEST

START_TEST(malformed_ones_are_dropped)
{
	setup();
	send_fragment(1, 0, true, 12);        /* not the last, and no multiple of eight */
	send_fragment(1, 0, true, 0);
	send_fragment(1, 0x1fff, false, 100); /* the whole would be longer than IP allows */
	ck_assert_uint_eq(wire.stack.drops[DROP_FRAGMENT_MALFORMED], 3);
	ck_assert_uint_eq(wire.stack.reassembly.charged, 0);
	teardown();
}
END_TEST

START_TEST(what_is_never_completed_goes_and_its_sender_is_told)
{
	setup();
	wire_send(&wire, FIRST);
	send_fragment(2, 3, true, 24);
	wire_pass(&wire, (REASSEMBLY_SECONDS - 1) * NETSTACK_SECOND);
	wire_expect_nothing(&wire);
	neighbour_confirm(wire.interface, &(struct net_address){NET_FAMILY_IPV4, {10, 77, 0, 1}});
	wire_pass(&wire, NETSTACK_SECOND);
	/* Of the two only one has its first fragment. */
	wire_expect(&wire, TOO_OLD);
	wire_expect_nothing(&wire);
	ck_assert_uint_eq(wire.stack.drops[DROP_FRAGMENT_TIMEOUT], 2);
	ck_assert_uint_eq(wire.stack.reassembly.charged, 0);
	teardown();
}
END_TEST

START_TEST(a_flood_is_bounded_and_others_live_on)
{
	setup();
	for (unsigned i = 0; i < 5000; i++)
		send_fragment(0x4000 + i, 1 + i % 7, true, 1480);
	ck_assert_uint_le(wire.stack.reassembly.charged, REASSEMBLY_MEMORY);
	ck_assert_uint_ge(wire.stack.drops[DROP_FRAGMENT_MEMORY], 5000 - REASSEMBLY_PACKETS);
	/* One packet in more pieces than anybody sends. */
	for (unsigned i = 0; i < 200; i++)
		send_fragment(7, 2 * i, true, 8);
	wire_send(&wire, FIRST);
	wire_send(&wire, SECOND);
	wire_send(&wire, THIRD);
	ck_assert(whole_has_come());
	teardown();
}
END_TEST

START_TEST(without_memory_nothing_is_kept)
{
	setup();
	for (long failing = 1; failing <= 4; failing++) {
		wire.failing = failing;
		wire_send(&wire, FIRST);
		wire_send(&wire, SECOND);
		wire_send(&wire, THIRD);
		wire.failing = 0;
		/* Of what was lost, the last fragments may be a packet's beginning. */
		wire_pass(&wire, 2 * REASSEMBLY_SECONDS * NETSTACK_SECOND);
		ck_assert_uint_eq(wire.stack.reassembly.charged, 0);
		ck_assert(!whole_has_come());
	}
	teardown();
}
END_TEST

UNIT_RUN("reassembly", any_order_will_do, overlaps_end_the_whole_packet, malformed_ones_are_dropped,
         what_is_never_completed_goes_and_its_sender_is_told, a_flood_is_bounded_and_others_live_on,
         without_memory_nothing_is_kept)
