/* The rings of a lane (src/user/ring.h, lane.h): two ends over one memory, starting near wrap-around. */
#include "../unit.h"

#include <string.h>

#include "user/lane.h"

#define DEPTH 4
#define AREA  4096

static _Alignas(4096) uint8_t memory[3 * 4096];
static struct lane client, server;
static struct owner_page page;

/* Both ends as they would be after `start` calls and replies. */
static void make(uint32_t start)
{
	memset(memory, 0, sizeof(memory));
	client.os = (struct os_lane){.memory = memory, .size = sizeof(memory), .peer = &page};
	server.os = client.os;
	ck_assert_uint_le(lane_size(DEPTH, AREA), sizeof(memory));
	lane_init(&client, true, DEPTH, AREA);
	lane_init(&server, false, DEPTH, AREA);
	*client.out.tail = *server.in.head = *server.out.tail = *client.in.head = start;
	client.out.put = client.out.published = start;
	server.in.taken = server.in.released = server.in.seen = start;
	server.out.put = server.out.published = start;
	client.in.taken = client.in.released = client.in.seen = start;
	server.admitted = server.replies_taken = start;
}

static enum ring_state take(struct ring_in *ring, struct message *message)
{
	uint64_t header;
	enum ring_state state = ring_look(ring, &header);

	if (state == RING_MESSAGE)
		ring_take(ring, header, message);
	return state;
}

static struct message numbered(uint64_t number)
{
	struct message message;

	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		message.word[i] = number * MESSAGE_WORDS + i;
	return message;
}

static void check_numbered(const struct message *message, uint64_t number)
{
	for (unsigned i = 0; i < MESSAGE_WORDS; i++)
		ck_assert_uint_eq(message->word[i], number * MESSAGE_WORDS + i);
}

START_TEST(messages_cross_in_order_over_the_wrap)
{
	struct message message;

	make(UINT32_MAX - 5);
	for (uint64_t i = 0; i < 50; i++) {
		message = numbered(i);
		ring_put(&client.out, &message);
		ck_assert_int_eq(take(&server.in, &message), RING_EMPTY);
		lane_publish(&client);
		ck_assert(ring_pending(&server.in));
		ck_assert_int_eq(take(&server.in, &message), RING_MESSAGE);
		check_numbered(&message, i);
		ck_assert(lane_admit(&server));
		ring_put(&server.out, &message);
		lane_publish(&server);
		ck_assert_int_eq(take(&client.in, &message), RING_MESSAGE);
		check_numbered(&message, i);
		lane_publish(&client);
	}
	ck_assert(!ring_pending(&server.in));
	ck_assert(!ring_pending(&client.in));
}
END_TEST

START_TEST(all_slots_can_be_filled)
{
	struct message message = numbered(0);

	make(UINT32_MAX - 3);
	for (uint64_t i = 0; i < LANE_REQUEST_FACTOR * DEPTH; i++) {
		message = numbered(i);
		ring_put(&client.out, &message);
	}
	lane_publish(&client);
	for (uint64_t i = 0; i < LANE_REQUEST_FACTOR * DEPTH; i++) {
		ck_assert_int_eq(take(&server.in, &message), RING_MESSAGE);
		check_numbered(&message, i);
	}
	ck_assert_int_eq(take(&server.in, &message), RING_EMPTY);
}
END_TEST

START_TEST(a_tail_that_cannot_be_is_a_violation)
{
	static const uint32_t starts[] = {0, 7, UINT32_MAX - 2};
	struct message message;

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		make(starts[i]);
		*client.out.tail = starts[i] + LANE_REQUEST_FACTOR * DEPTH + 1;
		ck_assert_int_eq(take(&server.in, &message), RING_VIOLATION);
		make(starts[i]);
		*client.out.tail = starts[i] - 1;
		ck_assert_int_eq(take(&server.in, &message), RING_VIOLATION);
		make(starts[i]);
		*server.out.tail = starts[i] + DEPTH + 1;
		ck_assert_int_eq(take(&client.in, &message), RING_VIOLATION);
	}
}
END_TEST

START_TEST(credit_is_the_depth)
{
	make(UINT32_MAX - 1);
	for (unsigned i = 0; i < DEPTH; i++)
		ck_assert(lane_admit(&server));
	ck_assert(!lane_admit(&server));
}
END_TEST

START_TEST(credit_comes_back_with_taken_replies)
{
	struct message message = numbered(1);

	make(UINT32_MAX - 1);
	for (unsigned i = 0; i < DEPTH; i++)
		ck_assert(lane_admit(&server));
	ring_put(&server.out, &message);
	lane_publish(&server);
	ck_assert(!lane_admit(&server));
	ck_assert_int_eq(take(&client.in, &message), RING_MESSAGE);
	ck_assert(!lane_admit(&server));
	lane_publish(&client);
	ck_assert(lane_admit(&server));
	ck_assert(!lane_admit(&server));
}
END_TEST

START_TEST(a_client_cannot_take_replies_that_were_not_given)
{
	make(0);
	for (unsigned i = 0; i < DEPTH; i++)
		ck_assert(lane_admit(&server));
	*client.in.head = 1;
	ck_assert(!lane_admit(&server));
	*client.in.head = UINT32_MAX;
	ck_assert(!lane_admit(&server));
}
END_TEST

START_TEST(the_peer_scribbling_moves_no_private_index)
{
	struct message message = numbered(3);

	make(100);
	ring_put(&client.out, &message);
	lane_publish(&client);
	ck_assert_int_eq(take(&server.in, &message), RING_MESSAGE);
	memset(memory, 0xa5, LANE_RINGS);
	/* The server's own head and tail were overwritten: it does not care, and writes them anew. */
	ck_assert_uint_eq(server.in.taken, 101);
	lane_publish(&server);
	ck_assert_uint_eq(*server.in.head, 101);
	ck_assert_int_eq(take(&server.in, &message), RING_VIOLATION);
}
END_TEST

START_TEST(ranges)
{
	make(0);
	ck_assert(lane_range_valid(&server, (struct range){0, AREA}));
	ck_assert(lane_range_valid(&server, (struct range){AREA, 0}));
	ck_assert(!lane_range_valid(&server, (struct range){AREA, 1}));
	ck_assert(!lane_range_valid(&server, (struct range){1, AREA}));
	ck_assert(!lane_range_valid(&server, (struct range){UINT32_MAX, 2}));
	ck_assert(!lane_range_valid(&server, (struct range){2, UINT32_MAX}));
}
END_TEST

/*
 * In place of the system's: counts, and notes whose bell it was. The comparison
 * is the tests': gcc 12's interprocedural constant propagation takes "argument ==
 * &static_object.member", in a function that it inlines where &object->member is
 * passed, for "object == &static_object.member", which is never true, and drops
 * all behind it. F code has no static objects to compare with.
 */
static unsigned rings;
static const struct os_lane *rung;

void os_lane_ring(struct os *os, const struct os_lane *lane)
{
	(void)os;
	rung = lane;
	rings++;
}

static void put_requests(unsigned count)
{
	struct message message = numbered(0);

	for (unsigned i = 0; i < count; i++) {
		ring_put(&client.out, &message);
		lane_publish_part(&client);
	}
}

START_TEST(a_long_batch_is_shown_in_parts_and_rung_once)
{
	make(UINT32_MAX - 3);
	rings = 0;
	page.armed = 1;
	put_requests(LANE_PART - 1);
	ck_assert(!ring_pending(&server.in));
	put_requests(1);
	ck_assert(ring_pending(&server.in));
	/* All was shown already; the ring is still due, and due once. */
	lane_publish(&client);
	ck_assert_uint_eq(rings, 0);
	lane_wake(NULL, &client);
	lane_wake(NULL, &client);
	ck_assert_uint_eq(rings, 1);
	ck_assert_ptr_eq(rung, &client.os);
}
END_TEST

START_TEST(who_is_awake_or_gets_no_message_is_not_rung)
{
	struct message message = numbered(0);

	make(0);
	rings = 0;
	page.armed = 0;
	put_requests(1);
	lane_publish(&client);
	lane_wake(NULL, &client);
	/* The client takes a reply: credit for itself, and nothing that the server waits for. */
	page.armed = 1;
	ring_put(&server.out, &message);
	lane_publish(&server);
	ck_assert_int_eq(take(&client.in, &message), RING_MESSAGE);
	lane_publish(&client);
	ck_assert_uint_eq(*client.in.head, 1);
	lane_wake(NULL, &client);
	ck_assert_uint_eq(rings, 0);
}
END_TEST

UNIT_RUN("ring", messages_cross_in_order_over_the_wrap, all_slots_can_be_filled, a_tail_that_cannot_be_is_a_violation,
         credit_is_the_depth, credit_comes_back_with_taken_replies,
         a_client_cannot_take_replies_that_were_not_given, the_peer_scribbling_moves_no_private_index, ranges,
         a_long_batch_is_shown_in_parts_and_rung_once, who_is_awake_or_gets_no_message_is_not_rung)
