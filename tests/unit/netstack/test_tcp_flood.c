/*
 * Strangers who do not see the connection, and peers who mean harm, beside one that is
 * good: what they make us keep is bounded, and the good one's bytes arrive as they were.
 */
#include <string.h>

#include <drydock/posix.h>

#include "network.h"
#include "servers/netstack/tcp_internal.h"
#include "tests/unit/unit.h"

#define TOTAL 400000u
#define SLOW  40u /* connections that nobody reads */

static struct network network;

static const struct network_fault path = {.delay = MILLISECOND, .mtu = 1500, .family = 4};

static uint32_t pick(uint32_t of)
{
	return (uint32_t)(network_random(&network) % of);
}

static uint8_t stream_byte(uint32_t position)
{
	return (uint8_t)(position * 131 >> 3 ^ position);
}

/* As much of the stream as goes now, and what has come of it. True once all has. */
static bool move(struct tcp_socket *sockets[2], uint32_t *sent, uint32_t *received)
{
	uint8_t bytes[5000];
	struct tcp_piece piece = {bytes, sizeof(bytes)};
	int count;

	if (piece.length > TOTAL - *sent)
		piece.length = TOTAL - *sent;
	for (uint32_t i = 0; i < piece.length; i++)
		bytes[i] = stream_byte(*sent + i);
	count = piece.length > 0 ? tcp_send(sockets[0], &piece, 1, 0) : 0;
	require(count >= 0 || count == -POSIX_EAGAIN);
	*sent += count > 0 ? (uint32_t)count : 0;
	while ((count = tcp_receive(sockets[1], bytes, sizeof(bytes), 0)) > 0) {
		for (int i = 0; i < count; i++)
			require(bytes[i] == stream_byte(*received + (uint32_t)i));
		*received += (uint32_t)count;
	}
	require(count == -POSIX_EAGAIN);
	return *received == TOTAL;
}

static void put(struct network_end *to, const struct tcp_segment *segment)
{
	static const uint8_t zeros[1460];
	uint8_t bytes[TCP_HEADER_MAXIMUM + sizeof(zeros)];
	uint32_t header = tcp_segment_build(segment, bytes);

	memcpy(bytes + header, zeros, segment->length);
	tcp_input(to->tcp, &network.ends[1 - to->index].address, &to->address, 0, bytes, header + segment->length, true);
}

/* Who knows addresses and ports, but no numbers: RFC 5961, section 1. */
static void guess(struct network_end *to, const struct tcp_socket *socket)
{
	static const uint8_t flags[] = {TCP_FLAG_RST, TCP_FLAG_RST | TCP_FLAG_ACK, TCP_FLAG_SYN, TCP_FLAG_ACK,
	                                TCP_FLAG_ACK | TCP_FLAG_FIN, TCP_FLAG_ACK | TCP_FLAG_URG};
	struct tcp_segment segment = {
		.source_port = socket->remote_port,
		.destination_port = socket->local_port,
		.sequence = (uint32_t)network_random(&network),
		.acknowledgement = (uint32_t)network_random(&network),
		.flags = flags[pick(sizeof(flags))],
		.window = (uint16_t)pick(65536),
		.length = pick(1460),
	};

	put(to, &segment);
}

START_TEST(guesses_do_no_harm)
{
	struct tcp_socket *sockets[2];
	uint32_t sent = 0, received = 0;

	network_create(&network, &path, 11);
	network_connect(&network, sockets);
	while (!move(sockets, &sent, &received)) {
		for (uint32_t i = 0; i < 40; i++) {
			guess(&network.ends[0], sockets[0]);
			guess(&network.ends[1], sockets[1]);
		}
		require(network_step(&network, network.now + SECOND));
	}
	/* And what they are told is rationed: RFC 5961, section 7. */
	ck_assert_uint_le(tcp_statistics(network.ends[0].tcp)->challenges, 10 * (network.now / SECOND + 1));
	ck_assert_uint_gt(tcp_statistics(network.ends[0].tcp)->out_of_window, 1000);
	network_destroy(&network);
}
END_TEST

/* Peers that ask for much and take nothing: each costs what a socket may queue, and no more. */
START_TEST(slow_readers_are_bounded)
{
	struct tcp_socket *good[2], *listener, *slow, *unread;
	uint8_t bytes[10000] = {0};
	struct tcp_piece piece = {bytes, sizeof(bytes)};
	uint32_t sent = 0, received = 0;

	network_create(&network, &path, 12);
	network_connect(&network, good);
	ck_assert_int_eq(tcp_open(network.ends[1].tcp, NULL, &listener), 0);
	ck_assert_int_eq(tcp_bind(listener, NULL, 81), 0);
	ck_assert_int_eq(tcp_listen(listener, 32), 0);
	for (uint32_t i = 0; i < SLOW; i++) {
		ck_assert_int_eq(tcp_open(network.ends[0].tcp, NULL, &slow), 0);
		ck_assert_int_eq(tcp_connect(slow, &network.ends[1].address, 81), -POSIX_EINPROGRESS);
		while (tcp_accept(listener, NULL, &unread) != 0)
			require(network_step(&network, network.now + SECOND));
		/* Nobody reads it, so in the end there is room neither here nor there. */
		for (uint32_t step = 0; step < 300; step++) {
			tcp_send(slow, &piece, 1, 0);
			network_step(&network, network.now + 10 * MILLISECOND);
		}
		ck_assert_int_eq(tcp_send(slow, &piece, 1, 0), -POSIX_EAGAIN);
	}
	while (!move(good, &sent, &received))
		require(network_step(&network, network.now + SECOND));
	/* A ring is at most twice what it may hold, and the windows of all are full. */
	ck_assert_uint_lt(network.ends[0].allocated, (SLOW + 1) * (2 * (2 * TCP_RECEIVE_LIMIT + TCP_SEND_LIMIT) + 8192));
	ck_assert_uint_lt(network.ends[1].allocated, (SLOW + 1) * (2 * TCP_RECEIVE_LIMIT + 8192) + 2 * TCP_RECEIVE_MAXIMUM);
	network_destroy(&network);
}
END_TEST

/* Single bytes with a gap before each: what is kept of them is bounded by the window, not by their number. */
START_TEST(gaps_without_end_are_bounded)
{
	struct tcp_socket *sockets[2];
	uint64_t before;

	network_create(&network, &path, 13);
	network_connect(&network, sockets);
	before = network.ends[1].allocated;
	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t offset = 1; offset < 100000; offset += 2) {
			struct tcp_segment segment = {
				.source_port = sockets[1]->remote_port,
				.destination_port = sockets[1]->local_port,
				.sequence = sockets[1]->receive.next + offset,
				.acknowledgement = sockets[1]->send.next,
				.flags = TCP_FLAG_ACK,
				.window = 65535,
				.length = 1,
			};

			put(&network.ends[1], &segment);
		}
	}
	ck_assert_uint_lt(network.ends[1].allocated - before, 2 * TCP_RECEIVE_LIMIT + 65536);
	network_destroy(&network);
}
END_TEST

/* Calls that are never completed, with a good call among each hundred of them: all of these are answered. */
START_TEST(half_open_connections_hinder_nobody)
{
	struct tcp_socket *listener, *client, *server;
	uint64_t before;

	network_create(&network, &path, 14);
	ck_assert_int_eq(tcp_open(network.ends[1].tcp, NULL, &listener), 0);
	ck_assert_int_eq(tcp_bind(listener, NULL, 80), 0);
	ck_assert_int_eq(tcp_listen(listener, 32), 0);
	before = network.ends[1].allocated;
	for (uint32_t good = 0; good < 50; good++) {
		for (uint32_t i = 0; i < 100; i++) {
			struct tcp_segment segment = {
				.source_port = (uint16_t)(1024 + pick(30000)),
				.destination_port = 80,
				.sequence = (uint32_t)network_random(&network),
				.flags = TCP_FLAG_SYN,
				.window = 1000,
				.maximum_size = 1460,
			};

			put(&network.ends[1], &segment);
		}
		ck_assert_int_eq(tcp_open(network.ends[0].tcp, NULL, &client), 0);
		ck_assert_int_eq(tcp_connect(client, &network.ends[1].address, 80), -POSIX_EINPROGRESS);
		while (tcp_accept(listener, NULL, &server) != 0)
			require(network_step(&network, network.now + SECOND));
		tcp_abort(client);
		tcp_abort(server);
	}
	ck_assert_uint_lt(network.ends[1].allocated - before, 64 * 4096);
	network_destroy(&network);
}
END_TEST

UNIT_RUN("tcp-flood", guesses_do_no_harm, slow_readers_are_bounded, gaps_without_end_are_bounded,
         half_open_connections_hinder_nobody)
