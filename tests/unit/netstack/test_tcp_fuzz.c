/*
 * A hostile peer: at established connections, segments in which every field may be
 * anything, but often is nearly right. Nothing breaks, memory is bounded, and sockets
 * add up after every event.
 */
#include <string.h>

#include <drydock/posix.h>

#include "network.h"
#include "servers/netstack/tcp_internal.h"
#include "tests/unit/unit.h"

#define MEMORY_MAXIMUM (16u << 20) /* bytes that one connection may cost, both buffers being full */

static struct network network;

static uint32_t pick(uint32_t limit)
{
	return (uint32_t)(network_random(&network) % limit);
}

/* Near a number that matters, or anything. */
static uint32_t near_number(const struct tcp_socket *victim)
{
	const uint32_t numbers[] = {
		victim->receive.next, victim->receive.advertised, victim->receive.initial, victim->send.next,
		victim->send.unacknowledged, victim->send.initial, victim->send.base, victim->receive.fin,
	};
	uint32_t number = numbers[pick(8)];

	switch (pick(4)) {
	case 0:
		return number;
	case 1:
		return number + pick(5) - 2;
	case 2:
		return number + pick(200000) - 100000;
	default:
		return (uint32_t)network_random(&network);
	}
}

static struct tcp_segment invent(const struct tcp_socket *victim, uint8_t *payload)
{
	struct tcp_segment segment = {
		.source_port = victim->remote_port,
		.destination_port = victim->local_port,
		.sequence = pick(2) ? victim->receive.next : near_number(victim),
		.acknowledgement = pick(2) ? victim->send.unacknowledged + pick(3000) : near_number(victim),
		.flags = pick(3) ? TCP_FLAG_ACK : (uint8_t)pick(256),
		.window = (uint16_t)(pick(3) ? 0xffff : pick(0x10000)),
		.urgent = (uint16_t)pick(0x10000),
		.has_timestamps = pick(8) != 0 && victim->timestamps.enabled,
		.timestamp = victim->timestamps.recent + pick(3),
		.timestamp_echo = pick(2) ? tcp_timestamp_now(victim) : (uint32_t)network_random(&network),
		.block_count = (uint8_t)pick(4),
		.payload = payload,
		.length = pick(3) ? pick(1500) : 0,
		.ecn = (uint8_t)pick(4),
	};

	/* Resets and FINs rarely, or there is nothing left to attack. */
	if (pick(50) != 0)
		segment.flags &= (uint8_t)~(TCP_FLAG_RST | TCP_FLAG_FIN);
	for (uint32_t i = 0; i < segment.block_count; i++) {
		uint32_t span = victim->send.next - victim->send.unacknowledged;

		segment.blocks[i].start = pick(4) ? victim->send.unacknowledged + pick(span + 1) : near_number(victim);
		segment.blocks[i].end = segment.blocks[i].start + pick(pick(2) ? 3 : 5000);
	}
	return segment;
}

static void attack(struct network_end *end, const struct tcp_socket *victim)
{
	static uint8_t bytes[TCP_HEADER_MAXIMUM + 1500];
	struct tcp_segment segment = invent(victim, bytes);
	struct net_address from = victim->remote, to = victim->local;
	uint32_t length = tcp_segment_build(&segment, bytes);

	for (uint32_t i = 0; i < segment.length; i++)
		bytes[length + i] = (uint8_t)i;
	length += segment.length;
	/* Options and lengths that lie. */
	if (pick(10) == 0)
		bytes[12 + pick(48)] ^= (uint8_t)(1u << pick(8));
	if (pick(50) == 0)
		length = pick(length);
	tcp_input(end->tcp, &from, &to, segment.ecn, bytes, length, true);
	if (pick(100) == 0)
		tcp_icmp(end->tcp, &to, &from, bytes, pick(9), pick(5), pick(1600));
}

static void play(struct tcp_socket *socket)
{
	static uint8_t bytes[5000];
	struct tcp_piece piece = {bytes, pick(sizeof(bytes))};

	switch (pick(12)) {
	case 0:
	case 1:
		tcp_send(socket, &piece, 1, pick(4));
		break;
	case 2:
	case 3:
		tcp_receive(socket, bytes, pick(sizeof(bytes)), pick(2));
		break;
	case 4:
		tcp_option_set(socket, pick(20), pick(3));
		break;
	case 5:
		if (pick(100) == 0)
			tcp_shutdown(socket, pick(4));
		break;
	default:
		break;
	}
}

static void check_socket(void *context, const struct tcp_socket *socket)
{
	const char *problem = tcp_check(socket);

	(void)context;
	if (problem != NULL)
		ck_abort_msg("%s", problem);
}

START_TEST(no_segment_breaks_a_connection)
{
	const struct network_fault fault = {.delay = 1000000, .mtu = 1500, .family = 4, .segmentation = _i & 1};

	for (uint32_t round = 0; round < 60; round++) {
		struct tcp_socket *sockets[2];

		network_create(&network, &fault, (uint64_t)_i << 32 | round);
		network_connect(&network, sockets);
		for (uint32_t i = 0; i < 1500 && sockets[0]->state != TCP_STATE_CLOSED; i++) {
			/* Several at once, now and then. */
			do {
				attack(&network.ends[0], sockets[0]);
			} while (pick(4) == 0);
			tcp_flush(network.ends[0].tcp);
			tcp_each(network.ends[0].tcp, check_socket, NULL);
			play(sockets[0]);
			if (pick(3) == 0)
				network_step(&network, UINT64_MAX);
			require(network.ends[0].allocated < MEMORY_MAXIMUM);
		}
		if (pick(2))
			tcp_close(sockets[0]);
		network_destroy(&network);
	}
}
END_TEST

/* Every byte of it random: only the parser sees these, and a listener. */
START_TEST(no_bytes_break_the_parser)
{
	const struct network_fault fault = {.delay = 1000000, .mtu = 1500, .family = 4};
	struct tcp_socket *listener;
	uint8_t bytes[200];

	network_create(&network, &fault, 1);
	ck_assert_int_eq(tcp_open(network.ends[0].tcp, NULL, &listener), 0);
	ck_assert_int_eq(tcp_listen(listener, 10), 0);
	for (uint32_t i = 0; i < 200000; i++) {
		uint32_t length = pick(sizeof(bytes) + 1);

		for (uint32_t at = 0; at < length; at++)
			bytes[at] = (uint8_t)pick(256);
		if (length > 13) {
			bytes[2] = (uint8_t)(listener->local_port >> 8);
			bytes[3] = (uint8_t)listener->local_port;
			bytes[12] |= 0x50;
		}
		tcp_input(network.ends[0].tcp, &network.ends[1].address, &network.ends[0].address, 0, bytes, length,
		          true);
	}
	require(network.ends[0].allocated < MEMORY_MAXIMUM);
	network_destroy(&network);
}
END_TEST

/* A flood of calls costs no more than the backlog; who means it gets through. */
START_TEST(a_flood_of_calls_is_bounded)
{
	const struct network_fault fault = {.delay = 1000000, .mtu = 1500, .family = 4};
	struct tcp_socket *listener, *client, *server;
	uint8_t bytes[TCP_HEADER_MAXIMUM];
	uint64_t before;

	network_create(&network, &fault, 7);
	ck_assert_int_eq(tcp_open(network.ends[1].tcp, NULL, &listener), 0);
	ck_assert_int_eq(tcp_bind(listener, NULL, 80), 0);
	ck_assert_int_eq(tcp_listen(listener, 16), 0);
	before = network.ends[1].allocated;
	for (uint32_t i = 0; i < 100000; i++) {
		struct tcp_segment segment = {
			.source_port = (uint16_t)(1024 + pick(60000)),
			.destination_port = 80,
			.sequence = (uint32_t)network_random(&network),
			.flags = TCP_FLAG_SYN,
			.window = 1000,
			.maximum_size = 1460,
		};
		uint32_t length = tcp_segment_build(&segment, bytes);

		tcp_input(network.ends[1].tcp, &network.ends[0].address, &network.ends[1].address, 0, bytes, length, true);
	}
	ck_assert_uint_lt(network.ends[1].allocated - before, 16 * 2048);
	ck_assert_uint_gt(tcp_statistics(network.ends[1].tcp)->cookies_sent, 90000);
	ck_assert_int_eq(tcp_open(network.ends[0].tcp, NULL, &client), 0);
	ck_assert_int_eq(tcp_connect(client, &network.ends[1].address, 80), -POSIX_EINPROGRESS);
	while (tcp_accept(listener, NULL, &server) != 0)
		require(network_step(&network, network.now + 10 * SECOND));
	ck_assert_uint_eq(tcp_ready(server) & TCP_CONNECTED, TCP_CONNECTED);
	network_destroy(&network);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("tcp-fuzz");
	TCase *tcase = tcase_create("tcp-fuzz");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tcase, no_segment_breaks_a_connection, 0, 8);
	tcase_add_test(tcase, no_bytes_break_the_parser);
	tcase_add_test(tcase, a_flood_of_calls_is_bounded);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
