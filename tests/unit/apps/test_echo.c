/* The responder answers what it should, nothing else, and lets nobody make it answer nonsense. */
#include "../unit.h"

#include <string.h>

#include "apps/echo/echo.h"
#include "apps/echo/packet.h"

#include "../dev/memory_net.h"

#define OURS   0x0a4d0002u /* 10.77.0.2 */
#define THEIRS 0x0a4d0001u
#define ALL    (NET_OFFLOAD_CHECKSUM | NET_OFFLOAD_TCP4)

static const uint8_t our_address[6] = {2, 0, 0, 0, 0, 1}; /* of the first card in memory */
static const uint8_t their_address[6] = {2, 0, 0, 0, 0, 2};
static const uint8_t everybody[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const struct net_header plain;

static struct memory_net net;
static struct echo echo;
static uint8_t answer[2048];
static uint32_t answer_length, answers;
static struct net_header answer_header;

static void receive(void *context, struct net_frame *const *frames, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		answer_length = frames[i]->length;
		answer_header = frames[i]->header;
		ck_assert_uint_le(answer_length, sizeof(answer));
		memcpy(answer, frames[i]->segments[0].address, answer_length);
		answers++;
		net_release(context, frames[i]);
	}
}

static const struct net_events events = {.receive = receive};

static void start(uint32_t transmit, uint32_t receive_offloads)
{
	memory_net_create(&net, &(struct memory_net_options){.transmit_offloads = {transmit, 0},
	                                                     .receive_offloads = {receive_offloads, ALL}});
	ck_assert(echo_start(&echo, &net.cards[0].card, OURS));
	net.cards[1].card.events = &events;
	net.cards[1].card.context = &net.cards[1].card;
	answers = 0;
}

/* One frame comes; whether it was answered. */
static bool ask(const struct net_header *header, const uint8_t *frame, uint32_t length)
{
	uint32_t before = answers;

	ck_assert(memory_net_inject(&net.cards[0], header, frame, length));
	do
		device_kick(&net.cards[0].card.device);
	while (device_poll(&net.cards[0].card.device) | device_poll(&net.cards[1].card.device));
	ck_assert_uint_le(answers, before + 1);
	ck_assert_uint_eq(net.cards[0].on_loan, 0);
	return answers == before + 1;
}

/* As RFC 826 draws it. */
static uint32_t make_arp(uint8_t *frame)
{
	static const uint8_t start_of_arp[8] = {0, 1, 8, 0, 6, 4, 0, 1};

	memset(frame, 0, 60);
	memcpy(frame, everybody, 6);
	memcpy(frame + 6, their_address, 6);
	packet_put16(frame + 12, 0x0806);
	memcpy(frame + 14, start_of_arp, 8);
	memcpy(frame + 22, their_address, 6);
	packet_put32(frame + 28, THEIRS);
	packet_put32(frame + 38, OURS);
	return 60;
}

/* A literal datagram with literal checksums: 10.77.0.1:4660 to 10.77.0.2:7, "ahoy!". */
static const uint8_t datagram[] = {
	2, 0,  0,    0,    0,    1, 2,  0,  0,    0,    0,   2,   8,   0,   0x45, 0,
	0, 33, 0,    1,    0x40, 0, 64, 17, 0x26, 0x2f, 10,  77,  0,   1,   10,   77,
	0, 2,  0x12, 0x34, 0,    7, 0,  13, 0xe7, 0x1a, 'a', 'h', 'o', 'y', '!',
};
#define LENGTH ((uint32_t)sizeof(datagram))

/* The header's checksum after a change to it. */
static void repair(uint8_t *frame)
{
	uint32_t words = frame[14] & 0xf;

	packet_put16(frame + IPV4_CHECKSUM, 0);
	packet_put16(frame + IPV4_CHECKSUM, (uint16_t)~packet_sum(frame + 14, 4 * words, 0));
}

/* RFC 1071, section 3, and lengths that are odd. */
START_TEST(sums)
{
	static const uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};

	ck_assert_uint_eq(packet_sum(example, 8, 0), 0xddf2);
	ck_assert_uint_eq(packet_sum(example, 7, 0), 0xdcfb);
	ck_assert_uint_eq(packet_sum(example, 0, 0xffff), 0xffff);
	ck_assert_uint_eq(packet_sum(datagram + 14, 20, 0), 0xffff);
	ck_assert_uint_eq(packet_sum(datagram + 34, 13, packet_pseudo_sum(datagram, 13)), 0xffff);
}
END_TEST

START_TEST(answers_arp)
{
	uint8_t frame[60];

	start(0, 0);
	ck_assert(ask(&plain, frame, make_arp(frame)));
	ck_assert_uint_eq(answer_length, 42);
	ck_assert_int_eq(memcmp(answer, their_address, 6), 0);
	ck_assert_int_eq(memcmp(answer + 6, our_address, 6), 0);
	ck_assert_uint_eq(packet_get16(answer + 20), 2);
	ck_assert_int_eq(memcmp(answer + 22, our_address, 6), 0);
	ck_assert_uint_eq(packet_get32(answer + 28), OURS);
	ck_assert_int_eq(memcmp(answer + 32, their_address, 6), 0);
	ck_assert_uint_eq(packet_get32(answer + 38), THEIRS);
	ck_assert_uint_eq(echo.counts.arp, 1);
	memory_net_destroy(&net);
}
END_TEST

START_TEST(ignores_other_arp)
{
	static const struct {
		uint32_t at;
		uint8_t value;
	} cases[] = {{15, 6}, {17, 1}, {18, 8}, {19, 16}, {21, 2}, {21, 3}, {41, 3}, {0, 2}, {6, 0x03}};
	uint8_t frame[60];

	start(0, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make_arp(frame);
		frame[cases[i].at] = cases[i].value;
		ck_assert_msg(!ask(&plain, frame, 60), "case %zu", i);
	}
	for (uint32_t length = 14; length < 42; length++) {
		make_arp(frame);
		ck_assert(!ask(&plain, frame, length));
	}
	ck_assert_uint_eq(echo.counts.bad, 1 + 28);
	memory_net_destroy(&net);
}
END_TEST

START_TEST(echoes)
{
	start(0, 0);
	ck_assert(ask(&plain, datagram, LENGTH));
	ck_assert_uint_eq(answer_length, LENGTH);
	ck_assert_int_eq(memcmp(answer, their_address, 6), 0);
	ck_assert_int_eq(memcmp(answer + 6, our_address, 6), 0);
	ck_assert_uint_eq(packet_get32(answer + 26), OURS);
	ck_assert_uint_eq(packet_get32(answer + 30), THEIRS);
	ck_assert_uint_eq(packet_get16(answer + 34), 7);
	ck_assert_uint_eq(packet_get16(answer + 36), 0x1234);
	ck_assert_int_eq(memcmp(answer + 42, "ahoy!", 5), 0);
	ck_assert_uint_eq(packet_sum(answer + 14, 20, 0), 0xffff);
	ck_assert_uint_eq(packet_sum(answer + 34, 13, packet_pseudo_sum(answer, 13)), 0xffff);
	ck_assert_uint_eq(answer_header.flags, 0);
	memory_net_destroy(&net);
}
END_TEST

/* Padding of short frames is not echoed, and every length is. */
START_TEST(echoes_every_length)
{
	uint8_t frame[1514];

	start(0, 0);
	for (uint32_t data = 0; data <= 1472; data++) {
		uint32_t length = 42 + data < 60 ? 60 : 42 + data;

		memset(frame, (int)data, sizeof(frame));
		memcpy(frame, datagram, 42);
		packet_put16(frame + 16, 28 + data);
		packet_put16(frame + 38, 8 + data);
		repair(frame);
		packet_put16(frame + 40, 0);
		packet_put16(frame + 40,
		             (uint16_t)~packet_sum(frame + 34, 8 + data, packet_pseudo_sum(frame, 8 + data)));
		ck_assert(ask(&plain, frame, length));
		ck_assert_uint_eq(answer_length, 42 + data);
		ck_assert_int_eq(memcmp(answer + 42, frame + 42, data), 0);
		ck_assert_uint_eq(packet_sum(answer + 34, 8 + data, packet_pseudo_sum(answer, 8 + data)),
		                  0xffff);
	}
	memory_net_destroy(&net);
}
END_TEST

/* A checksum that comes to 0 is sent as its other form, since 0 says that there is none (RFC 768). */
START_TEST(sends_no_empty_checksum)
{
	uint8_t frame[sizeof(datagram)];

	start(0, 0);
	memcpy(frame, datagram, LENGTH);
	packet_put16(frame + 40, 0);
	packet_put16(frame + 42, 0);
	packet_put16(frame + 42, (uint16_t)~packet_sum(frame + 34, 13, packet_pseudo_sum(frame, 13)));
	packet_put16(frame + 40, 0xffff);
	ck_assert(ask(&plain, frame, LENGTH));
	ck_assert_uint_eq(packet_get16(answer + 40), 0xffff);
	memory_net_destroy(&net);
}
END_TEST

/* One byte is wrong. With the header's checksum repaired, so that it is not that which is found. */
START_TEST(ignores_what_it_should)
{
	static const struct {
		uint32_t at;
		uint8_t value;
		bool bad;
	} cases[] = {
		{5, 9, false},    {13, 6, false},    {13, 0xdd, false}, {6, 1, true},   {14, 0x65, true},
		{14, 0x44, true}, {14, 0x46, false}, {16, 1, true},     {17, 19, true}, {17, 27, true},
		{17, 48, true},   {20, 0x20, false}, {20, 0x80, false}, {21, 1, false}, {23, 6, false},
		{26, 0, true},    {26, 224, true},   {29, 2, true},     {33, 9, false}, {33, 255, false},
		{37, 8, false},   {38, 1, true},     {39, 7, true},     {39, 14, true}, {46, '?', true},
	};
	uint8_t frame[sizeof(datagram)];

	start(0, 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t before = echo.counts.bad;

		memcpy(frame, datagram, LENGTH);
		frame[cases[i].at] = cases[i].value;
		if (cases[i].at >= 14 && cases[i].at < 34 && (frame[14] & 0xf) == 5)
			repair(frame);
		ck_assert_msg(!ask(&plain, frame, LENGTH), "case %zu", i);
		ck_assert_msg((echo.counts.bad > before) == cases[i].bad, "case %zu", i);
	}
	/* The header's own checksum, ports 7 and 0 as source, and frames that are too short. */
	memcpy(frame, datagram, LENGTH);
	frame[25] ^= 1;
	ck_assert(!ask(&plain, frame, LENGTH));
	for (uint8_t port = 0; port <= 7; port += 7) {
		memcpy(frame, datagram, LENGTH);
		packet_put16(frame + 34, port);
		ck_assert(!ask(&plain, frame, LENGTH));
	}
	for (uint32_t length = 14; length < LENGTH; length++)
		ck_assert(!ask(&plain, datagram, length));
	ck_assert_uint_eq(echo.counts.echoed, 0);
	memory_net_destroy(&net);
}
END_TEST

/* Checksums that were not made, not asked for, or verified by the card, and those that the card will make. */
START_TEST(follows_the_offloads)
{
	struct net_header header = {.flags = NET_NEEDS_CHECKSUM, .checksum_start = 34, .checksum_offset = 6};
	uint8_t frame[sizeof(datagram)];

	start(ALL, ALL);
	memcpy(frame, datagram, LENGTH);
	packet_put16(frame + 40, packet_pseudo_sum(frame, 13));
	ck_assert(ask(&header, frame, LENGTH));
	ck_assert_uint_eq(answer_header.flags, NET_NEEDS_CHECKSUM);
	ck_assert_uint_eq(answer_header.checksum_start, 34);
	ck_assert_uint_eq(answer_header.checksum_offset, 6);
	ck_assert_uint_eq(packet_get16(answer + 40), packet_pseudo_sum(answer, 13));
	/* Another checksum than UDP's is to be made: that is none that we can answer. */
	header.checksum_offset = 4;
	ck_assert(!ask(&header, frame, LENGTH));
	header = (struct net_header){.flags = NET_CHECKSUM_VALID};
	ck_assert(ask(&header, frame, LENGTH));
	packet_put16(frame + 40, 0);
	ck_assert(ask(&plain, frame, LENGTH));
	header = (struct net_header){.flags = NET_NEEDS_CHECKSUM,
	                             .segmentation = NET_SEGMENT_TCP4,
	                             .segment_size = 8,
	                             .checksum_start = 34,
	                             .checksum_offset = 6};
	ck_assert(!ask(&header, frame, LENGTH));
	memory_net_destroy(&net);

	/* Without the offload the checksum is made here. */
	start(0, ALL);
	header = (struct net_header){.flags = NET_NEEDS_CHECKSUM, .checksum_start = 34, .checksum_offset = 6};
	ck_assert(ask(&header, frame, LENGTH));
	ck_assert_uint_eq(answer_header.flags, 0);
	ck_assert_uint_eq(packet_sum(answer + 34, 13, packet_pseudo_sum(answer, 13)), 0xffff);
	memory_net_destroy(&net);
}
END_TEST

/* A flood: as many answers at once as there are slots, the rest counted, and it goes on. */
START_TEST(bounds_its_answers)
{
	start(0, 0);
	for (uint32_t i = 0; i < 60; i++)
		ck_assert(memory_net_inject(&net.cards[0], &plain, datagram, LENGTH));
	while (device_poll(&net.cards[0].card.device) | device_poll(&net.cards[1].card.device))
		;
	ck_assert_uint_ge(echo.counts.echoed, ECHO_SLOTS);
	ck_assert_uint_gt(echo.counts.no_room, 0);
	ck_assert_uint_eq(echo.counts.echoed + echo.counts.no_room, 60);
	ck_assert_uint_eq(answers, echo.counts.echoed);
	ck_assert_uint_eq(echo.counts.failed, 0);
	ck_assert(ask(&plain, datagram, LENGTH));
	memory_net_destroy(&net);
}
END_TEST

/* Noise, and frames that were damaged in a few places. */
START_TEST(survives_noise)
{
	uint64_t random = 4711;
	uint8_t frame[1514];

	start(ALL, ALL);
	for (int i = 0; i < 100000; i++) {
		struct net_header header = {0};
		uint32_t length = 14 + (uint32_t)(memory_random(&random) % 100);

		for (uint32_t at = 0; at < length; at++)
			frame[at] = (uint8_t)memory_random(&random);
		if (i % 2)
			memcpy(frame, datagram, length < LENGTH ? length : LENGTH);
		for (uint32_t j = 0; j < 3; j++)
			frame[memory_random(&random) % length] = (uint8_t)memory_random(&random);
		if (i % 4 == 3)
			header.flags = NET_CHECKSUM_VALID;
		ck_assert(memory_net_inject(&net.cards[0], &header, frame, length));
		do
			device_kick(&net.cards[0].card.device);
		while (device_poll(&net.cards[0].card.device) | device_poll(&net.cards[1].card.device));
	}
	ck_assert_uint_gt(echo.counts.echoed, 0);
	ck_assert_uint_eq(echo.counts.echoed + echo.counts.arp, answers);
	ck_assert_uint_eq(echo.counts.failed, 0);
	memory_net_destroy(&net);
}
END_TEST

UNIT_RUN("echo", sums, answers_arp, ignores_other_arp, echoes, echoes_every_length, sends_no_empty_checksum,
         ignores_what_it_should, follows_the_offloads, bounds_its_answers, survives_noise)
