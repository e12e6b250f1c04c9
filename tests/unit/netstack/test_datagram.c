/* UDP and echo sockets (servers/netstack/datagram.c, udp.c); the frames were made by scapy. */
#include "../unit.h"

#include <string.h>

#include "harbour_wire.h"

#define HELLO       "02000000000102000000000208004500002112340000401153fc0a4d00010a4d000213881b58000d788568656c6c6f"
#define HELLO_BAD   "02000000000102000000000208004500002112340000401153fc0a4d00010a4d000213881b58000d111168656c6c6f"
#define WORLD       "02000000000202000000000108004500002100000000401166300a4d00020a4d00011b581388000d6e7b776f726c64"
#define UNREACHABLE "02000000000102000000000208004500003d12340000400153f00a4d00010a4d0002030311b8000000004500002100000000401166300a4d00020a4d00011b581388000d6e7b776f726c64"

static struct wire wire;
static struct datagram_socket udp;
static unsigned wakes;
static const struct endpoint peer = {{4, {10, 77, 0, 1}}, 5000};

static void woken(void *context)
{
	ck_assert_ptr_eq(context, &udp);
	wakes++;
}

static void setup(void)
{
	const struct endpoint local = {.port = 7000};

	wire_create(&wire, NULL);
	wire_meet_peer(&wire);
	wire.stack.identification = 0;
	wakes = 0;
	datagram_open(&wire.stack, DATAGRAM_UDP, &udp);
	ck_assert_int_eq(datagram_bind(&udp, &local), 0);
	udp.wake = woken;
	udp.context = &udp;
}

static void teardown(void)
{
	datagram_close(&udp);
	wire_destroy(&wire);
}

static int32_t receive(struct datagram_socket *socket, const char *expected, const struct endpoint *from)
{
	uint8_t bytes[64];
	uint32_t length;
	struct endpoint source;
	int32_t status = datagram_receive(socket, bytes, sizeof(bytes), false, &length, &source);

	if (status == 0) {
		ck_assert_uint_eq(length, strlen(expected));
		ck_assert_int_eq(memcmp(bytes, expected, length), 0);
		ck_assert(net_address_equal(&source.address, &from->address));
		ck_assert_uint_eq(source.port, from->port);
	}
	return status;
}

START_TEST(datagrams_come_and_go)
{
	const struct ip_piece pieces[] = {{"wor", 3}, {"ld", 2}};

	setup();
	wire_send(&wire, HELLO);
	ck_assert_uint_eq(wakes, 1);
	ck_assert_int_eq(receive(&udp, "hello", &peer), 0);
	ck_assert_int_eq(receive(&udp, "", &peer), POSIX_EAGAIN);
	ck_assert_int_eq(datagram_send(&udp, &peer, pieces, 2), 0);
	wire_run(&wire);
	wire_expect(&wire, WORLD);
	wire_send(&wire, HELLO_BAD);
	ck_assert_uint_eq(wire.stack.drops[DROP_UDP_CHECKSUM], 1);
	ck_assert_int_eq(receive(&udp, "", &peer), POSIX_EAGAIN);
	teardown();
}
END_TEST

START_TEST(a_connected_socket_hears_only_its_peer_and_its_errors)
{
	const struct endpoint other = {net_address_ipv4(0x0a4d0005), 5000}, nobody = {.port = 0};
	const struct ip_piece piece = {"world", 5};

	setup();
	/* Who talks to anybody is not told. */
	ck_assert_int_eq(datagram_send(&udp, &peer, &piece, 1), 0);
	wire_send(&wire, UNREACHABLE);
	ck_assert_int_eq(receive(&udp, "", &peer), POSIX_EAGAIN);
	ck_assert_int_eq(datagram_connect(&udp, &other), 0);
	wire_send(&wire, HELLO);
	ck_assert_uint_eq(wakes, 0);
	ck_assert_int_eq(datagram_connect(&udp, &peer), 0);
	wire_send(&wire, UNREACHABLE);
	ck_assert_uint_eq(wakes, 1);
	ck_assert_int_eq(receive(&udp, "", &peer), POSIX_ECONNREFUSED);
	wire_send(&wire, UNREACHABLE);
	ck_assert_int_eq(datagram_send(&udp, NULL, &piece, 1), POSIX_ECONNREFUSED);
	ck_assert_int_eq(datagram_send(&udp, NULL, &piece, 1), 0);
	ck_assert_int_eq(datagram_connect(&udp, &nobody), 0);
	ck_assert_int_eq(datagram_send(&udp, NULL, &piece, 1), POSIX_EDESTADDRREQ);
	teardown();
}
END_TEST

START_TEST(ports_are_nobody_elses)
{
	const struct endpoint same = {.port = 7000}, ours = {net_address_ipv4(WIRE_ADDRESS), 8000},
			      self = {net_address_ipv4(0x7f000001), 8000}, not_ours = {net_address_ipv4(WIRE_PEER), 9000},
			      free = {.port = 0};
	struct datagram_socket others[3];

	setup();
	for (int i = 0; i < 3; i++)
		datagram_open(&wire.stack, DATAGRAM_UDP, &others[i]);
	ck_assert_int_eq(datagram_bind(&others[0], &same), POSIX_EADDRINUSE);
	ck_assert_int_eq(datagram_bind(&others[0], &not_ours), POSIX_EADDRNOTAVAIL);
	ck_assert_int_eq(datagram_bind(&others[0], &ours), 0);
	ck_assert_int_eq(datagram_bind(&others[0], &free), POSIX_EINVAL);
	ck_assert_int_eq(datagram_bind(&others[1], &ours), POSIX_EADDRINUSE);
	/* Another address of ours is another place. */
	ck_assert_int_eq(datagram_bind(&others[1], &self), 0);
	ck_assert_int_eq(datagram_bind(&others[2], &free), 0);
	ck_assert_uint_ge(others[2].local.port, 49152);
	for (int i = 0; i < 3; i++)
		datagram_close(&others[i]);
	teardown();
}
END_TEST

START_TEST(loopback_brings_everything_back)
{
	const struct endpoint self = {net_address_ipv4(0x7f000001), 7000};
	static uint8_t large[60000], back[60000];
	const struct ip_piece piece = {large, sizeof(large)};
	struct endpoint from;
	uint32_t length;

	setup();
	for (size_t i = 0; i < sizeof(large); i++)
		large[i] = (uint8_t)(i * 31 >> 3);
	ck_assert_int_eq(datagram_send(&udp, &self, &piece, 1), 0);
	wire_run(&wire);
	ck_assert_int_eq(datagram_receive(&udp, back, sizeof(back), true, &length, &from), 0);
	ck_assert_uint_eq(length, sizeof(large));
	ck_assert_int_eq(memcmp(large, back, sizeof(back)), 0);
	/* It was but looked at. */
	ck_assert_int_eq(datagram_receive(&udp, back, 10, false, &length, &from), 0);
	ck_assert_uint_eq(length, sizeof(large));
	ck_assert_int_eq(datagram_receive(&udp, back, 10, false, &length, &from), POSIX_EAGAIN);
	wire_expect_nothing(&wire);
	teardown();
}
END_TEST

START_TEST(a_socket_that_is_not_read_is_bounded)
{
	setup();
	udp.queue_limit = 3 * (5 + sizeof(struct datagram));
	for (int i = 0; i < 10; i++)
		wire_send(&wire, HELLO);
	ck_assert_uint_eq(wire.stack.drops[DROP_SOCKET_FULL], 7);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(receive(&udp, "hello", &peer), 0);
	wire_send(&wire, HELLO);
	ck_assert_int_eq(receive(&udp, "hello", &peer), 0);
	teardown();
}
END_TEST

START_TEST(what_cannot_be_sent_is_refused)
{
	static uint8_t large[70000];
	const struct endpoint far = {net_address_ipv4(0x08080808), 53},
			      everybody = {net_address_ipv4(0x0a4d00ff), 53}, nowhere = {net_address_ipv4(WIRE_PEER), 0};
	const struct ip_piece most = {large, DATAGRAM_LONGEST + 1};

	setup();
	ck_assert_int_eq(datagram_send(&udp, &far, NULL, 0), POSIX_ENETUNREACH);
	ck_assert_int_eq(datagram_send(&udp, &everybody, NULL, 0), POSIX_EACCES);
	ck_assert_int_eq(datagram_send(&udp, &nowhere, NULL, 0), POSIX_EINVAL);
	ck_assert_int_eq(datagram_send(&udp, &peer, &most, 1), POSIX_EMSGSIZE);
	udp.broadcast = true;
	ck_assert_int_eq(datagram_send(&udp, &everybody, NULL, 0), 0);
	wire_run(&wire);
	ck_assert_int_eq(memcmp(wire_take(&wire), "ffffffffffff", 12), 0);
	teardown();
}
END_TEST

START_TEST(a_card_that_is_behind_stops_senders)
{
	const struct ip_piece piece = {"world", 5};
	uint32_t sent = 0;

	setup();
	while (datagram_send(&udp, &peer, &piece, 1) == 0 && sent < 10000)
		sent++;
	ck_assert_uint_eq(sent, OUTPUT_FRAMES);
	ck_assert_int_eq(datagram_send(&udp, &peer, &piece, 1), POSIX_ENOBUFS);
	wire_run(&wire);
	ck_assert_int_eq(datagram_send(&udp, &peer, &piece, 1), 0);
	teardown();
}
END_TEST

UNIT_RUN("datagram", datagrams_come_and_go, a_connected_socket_hears_only_its_peer_and_its_errors,
         ports_are_nobody_elses, loopback_brings_everything_back, a_socket_that_is_not_read_is_bounded,
         what_cannot_be_sent_is_refused, a_card_that_is_behind_stops_senders)
