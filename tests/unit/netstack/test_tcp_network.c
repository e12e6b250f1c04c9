/* Two engines over a bad link: whatever happens to packets, the bytes arrive, all of them and in order. */
#include <stdio.h>
#include <string.h>

#include <drydock/posix.h>

#include "network.h"
#include "tests/unit/unit.h"

#define MILLISECOND UINT64_C(1000000)
#define SECOND      (1000 * MILLISECOND)
#define CHUNK       20000u

static struct network network;

/* The stream's byte at `position`: any two positions that are confused differ somewhere nearby. */
static uint8_t stream_byte(uint64_t position)
{
	return (uint8_t)((position * UINT64_C(0x9e3779b97f4a7c15)) >> 56);
}

struct flow {
	struct tcp_socket *from, *to;
	uint64_t sent, received, total;
	bool shut, ended;
};

static void flow_write(struct flow *flow)
{
	uint8_t bytes[CHUNK];

	while (flow->sent < flow->total) {
		uint32_t size = flow->total - flow->sent < CHUNK ? (uint32_t)(flow->total - flow->sent) : CHUNK;
		struct tcp_piece pieces[2] = {{bytes, size / 3}, {bytes + size / 3, size - size / 3}};
		int result;

		for (uint32_t i = 0; i < size; i++)
			bytes[i] = stream_byte(flow->sent + i);
		result = tcp_send(flow->from, pieces, 2, 0);
		if (result == -POSIX_EAGAIN)
			return;
		require(result > 0);
		flow->sent += (uint32_t)result;
	}
	if (!flow->shut) {
		ck_assert_int_eq(tcp_shutdown(flow->from, TCP_SHUTDOWN_WRITE), 0);
		flow->shut = true;
	}
}

static void flow_read(struct flow *flow)
{
	uint8_t bytes[CHUNK];
	int result;

	while (!flow->ended && (result = tcp_receive(flow->to, bytes, sizeof(bytes), 0)) != -POSIX_EAGAIN) {
		require(result >= 0);
		flow->ended = result == 0;
		for (int i = 0; i < result; i++)
			require(bytes[i] == stream_byte(flow->received + (uint32_t)i));
		flow->received += (uint32_t)result;
	}
}

struct transfer {
	struct network_fault fault;
	uint64_t forward, backward; /* bytes */
	uint32_t send_buffer, receive_buffer;
	enum tcp_congestion_name congestion;
	bool ecn;
	struct tcp_information information; /* of the sender, before it closes */
	uint64_t duration;
};

/* Connects, moves both streams, and closes both ends. */
static void transfer_run(struct transfer *transfer, uint64_t seed)
{
	struct tcp_socket *sockets[2];
	struct flow flows[2];
	uint64_t start;

	network_create(&network, &transfer->fault, seed);
	network_connect(&network, sockets);
	start = network.now;
	for (int i = 0; i < 2; i++) {
		flows[i] = (struct flow){.from = sockets[i], .to = sockets[1 - i],
		                         .total = i == 0 ? transfer->forward : transfer->backward};
		ck_assert_int_eq(tcp_option_set(sockets[i], TCP_OPTION_CONGESTION, transfer->congestion), 0);
		if (transfer->send_buffer != 0)
			tcp_option_set(sockets[i], TCP_OPTION_SEND_BUFFER, transfer->send_buffer);
		if (transfer->receive_buffer != 0)
			tcp_option_set(sockets[i], TCP_OPTION_RECEIVE_BUFFER, transfer->receive_buffer);
	}
	while (!flows[0].ended || !flows[1].ended) {
		for (int i = 0; i < 2; i++) {
			flow_write(&flows[i]);
			flow_read(&flows[i]);
		}
		if (flows[0].ended && flows[1].ended)
			break;
		if (!network_step(&network, start + 3000 * SECOND))
			ck_abort_msg("seed %lu: stuck at %lu and %lu bytes", seed, flows[0].received,
			             flows[1].received);
	}
	transfer->duration = network.now - start;
	ck_assert_uint_eq(flows[0].received, transfer->forward);
	ck_assert_uint_eq(flows[1].received, transfer->backward);
	tcp_information(sockets[0], &transfer->information);
	tcp_close(sockets[0]);
	tcp_close(sockets[1]);
	while (network_step(&network, UINT64_MAX))
		;
	/* Both ends have forgotten everything. */
	ck_assert_uint_eq(tcp_statistics(network.ends[0].tcp)->sockets, 0);
	ck_assert_uint_eq(tcp_statistics(network.ends[1].tcp)->sockets, 0);
	network_destroy(&network);
}

static struct network_fault plain(void)
{
	return (struct network_fault){.delay = 5 * MILLISECOND, .jitter = 20 * MILLISECOND, .mtu = 1500, .family = 4};
}

START_TEST(moves_data_over_a_good_link)
{
	for (uint32_t which = 0; which < 4; which++) {
		struct transfer transfer = {.fault = plain(), .forward = 1000000, .backward = 300000};

		transfer.fault.segmentation = which & 1;
		transfer.fault.family = which & 2 ? 6 : 4;
		transfer_run(&transfer, which);
		ck_assert_uint_eq(transfer.information.retransmissions, 0);
		ck_assert_uint_eq(transfer.information.timeouts, 0);
	}
}
END_TEST

/* The next digit of a number whose digits are choices. */
static uint32_t choice(uint32_t *number, uint32_t of)
{
	uint32_t digit = *number % of;

	*number /= of;
	return digit;
}

/* Reordering, duplication, corruption, MTU, buffers of both ends, segmentation, algorithm: all with all. */
static void run_combinations(uint32_t loss)
{
	static const uint32_t reorderings[] = {0, 20, 200};
	static const uint32_t mtus[] = {576, 1500, 9000}, buffers[] = {0, 4096, 16384};

	for (uint32_t i = 0; i < 3 * 3 * 3 * 3 * 2 * 2 * 2 * 2; i++) {
		struct transfer transfer = {.fault = plain(), .forward = 20000, .backward = 6000};
		uint32_t number = i;

		transfer.fault.loss = loss;
		transfer.fault.reordering = reorderings[choice(&number, 3)];
		transfer.fault.mtu = mtus[choice(&number, 3)];
		transfer.send_buffer = buffers[choice(&number, 3)];
		transfer.receive_buffer = buffers[choice(&number, 3)];
		transfer.fault.duplication = 50 * choice(&number, 2);
		transfer.fault.corruption = 20 * choice(&number, 2);
		transfer.fault.segmentation = choice(&number, 2);
		transfer.congestion = choice(&number, 2) ? TCP_CONGESTION_NEWRENO : TCP_CONGESTION_CUBIC;
		transfer_run(&transfer, 1000 * loss + i);
	}
}

START_TEST(survives_every_combination_without_loss)
{
	run_combinations(0);
}
END_TEST

START_TEST(survives_every_combination_with_a_hundredth_lost)
{
	run_combinations(10);
}
END_TEST

START_TEST(survives_every_combination_with_a_twentieth_lost)
{
	run_combinations(50);
}
END_TEST

START_TEST(survives_every_combination_with_a_tenth_lost)
{
	run_combinations(100);
}
END_TEST

START_TEST(survives_a_thousand_seeds)
{
	struct transfer transfer = {.fault = plain(), .forward = 30000, .backward = 5000};

	transfer.fault.loss = 50;
	transfer.fault.reordering = 50;
	transfer.fault.duplication = 20;
	transfer.fault.segmentation = true;
	for (uint32_t seed = 0; seed < 1000; seed++)
		transfer_run(&transfer, 5000 + seed);
}
END_TEST

/* A narrow link with a queue: losses are of the sender's own making, and are repaired without timeouts. */
START_TEST(shares_a_bottleneck)
{
	for (int name = TCP_CONGESTION_CUBIC; name <= TCP_CONGESTION_NEWRENO; name++) {
		struct transfer transfer = {.fault = plain(), .forward = 20000000, .congestion = name};

		transfer.fault.byte_time = 80; /* 100 Mbit/s */
		transfer.fault.queue = 100;
		transfer_run(&transfer, 77);
		ck_assert_uint_gt(transfer.information.recoveries, 0);
		ck_assert_uint_eq(transfer.information.timeouts, 0);
		/* At least 80 % of what the link can do: 20 MB at 12.5 MB/s. */
		ck_assert_uint_lt(transfer.duration, 2 * SECOND);
	}
}
END_TEST

/* One percent of random loss: recovery, hardly a timeout. */
START_TEST(recovers_from_random_loss)
{
	struct transfer transfer = {.fault = plain(), .forward = 4000000};

	transfer.fault.loss = 10;
	transfer.fault.delay = MILLISECOND;
	transfer_run(&transfer, 4242);
	ck_assert_uint_gt(transfer.information.recoveries, 3);
	ck_assert_uint_le(transfer.information.timeouts, 1);
	/* Nothing was sent again in vain but what probes and races cost. */
	ck_assert_uint_lt(transfer.information.bytes_retransmitted, 4000000 / 100 * 3 / 2);
}
END_TEST

START_TEST(finds_a_narrower_path)
{
	for (uint32_t silent = 0; silent < 2; silent++) {
		struct transfer transfer = {.fault = plain(), .forward = 200000};

		transfer.fault.narrow = 1000;
		transfer.fault.narrow_silent = silent;
		transfer_run(&transfer, 9 + silent);
		ck_assert_uint_le(transfer.information.segment_size, 1000 - 52);
		ck_assert_uint_le(transfer.information.timeouts, silent ? 10 : 0);
	}
}
END_TEST

/* The buffers grow with what the path holds: 100 ms at 1 Gbit/s is 12.5 MB, more than they may. */
START_TEST(grows_its_buffers)
{
	struct transfer transfer = {.fault = plain(), .forward = 40000000};

	transfer.fault.delay = 20 * MILLISECOND;
	transfer.fault.segmentation = true;
	transfer_run(&transfer, 3);
	ck_assert_uint_gt(transfer.information.send_limit, 1000000);
	ck_assert_uint_gt(transfer.information.send_window, 1000000);
}
END_TEST

/* Every allocation in turn fails once: the transfer ends all the same, or the connection does. */
START_TEST(lives_with_little_memory)
{
	for (uint64_t limit = 6000; limit < 120000; limit += 3000) {
		struct network_fault fault = plain();
		struct tcp_socket *sockets[2];
		uint8_t bytes[3000] = {0};
		struct tcp_piece piece = {bytes, sizeof(bytes)};

		fault.loss = 100;
		network_create(&network, &fault, limit);
		network_connect(&network, sockets);
		network.ends[0].allocation_limit = network.ends[0].allocated + limit;
		network.ends[1].allocation_limit = network.ends[1].allocated + limit / 2;
		for (uint32_t i = 0; i < 400; i++) {
			tcp_send(sockets[0], &piece, 1, 0);
			if (network_random(&network) % 4 == 0)
				tcp_receive(sockets[1], bytes, sizeof(bytes), 0);
			network_step(&network, UINT64_MAX);
		}
		network_destroy(&network);
	}
}
END_TEST

UNIT_RUN("tcp-network", moves_data_over_a_good_link, survives_every_combination_without_loss,
         survives_every_combination_with_a_hundredth_lost, survives_every_combination_with_a_twentieth_lost,
         survives_every_combination_with_a_tenth_lost, survives_a_thousand_seeds,
         shares_a_bottleneck, recovers_from_random_loss, finds_a_narrower_path, grows_its_buffers,
         lives_with_little_memory)
