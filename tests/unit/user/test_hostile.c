/* What is a breach of a lane, what only an error of the call, and what neither (raid.h). */
#include "../unit.h"

#include <string.h>

#include "raid.h"

/* ---- indices that cannot be ---------------------------------------------------- */

START_TEST(request_tails_that_cannot_be)
{
	static const uint32_t steps[] = {LANE_REQUEST_FACTOR * DEPTH + 1, 1u << 31, UINT32_MAX,
	                                 UINT32_MAX - 5, 1000};

	set_out();
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		raider_show(&pirate, pirate.tail + steps[i]);
		breach(&pirate);
		alive(&pirate);
	}
	raider_leave(&pirate);
	finish();
}
END_TEST

START_TEST(reply_heads_that_cannot_be)
{
	static const uint32_t heads[] = {1000, 1u << 31, UINT32_MAX, 6, 2};

	set_out();
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		/* The credit is used up: the next call makes the server look at the head. */
		for (uint32_t slot = 1; slot < DEPTH; slot++)
			raider_send(&pirate, request(LOG_WATCH, 0, slot));
		*raider_index(&pirate, LANE_REPLY_HEAD) = heads[i];
		raider_send(&pirate, request_read(0, 0, 16));
		breach(&pirate);
		alive(&pirate);
	}
	raider_leave(&pirate);
	finish();
}
END_TEST

START_TEST(indices_of_the_server_are_not_read_back)
{
	set_out();
	*raider_index(&pirate, LANE_REQUEST_HEAD) = 0xdeadbeef;
	*raider_index(&pirate, LANE_REPLY_TAIL) = 0xdeadbeef;
	raider_send(&pirate, request_read(1, 0, 16));
	/* Its own are what it says next. */
	ck_assert_uint_eq(*raider_index(&pirate, LANE_REQUEST_HEAD), pirate.tail);
	ck_assert_uint_eq(*raider_index(&pirate, LANE_REPLY_TAIL), pirate.taken + 1);
	ck_assert_int_eq(raider_status(&pirate, 1), 0);
	alive(&pirate);
	raider_leave(&pirate);
	finish();
}
END_TEST

/* ---- credit, slots and tags ---------------------------------------------------- */

START_TEST(calls_beyond_the_credit)
{
	set_out();
	/* All at once, to slots that are free. */
	for (uint32_t i = 0; i <= DEPTH; i++)
		raider_put(&pirate, pirate.tail + i, request(LOG_WATCH, 0, i % DEPTH));
	raider_show(&pirate, pirate.tail + DEPTH + 1);
	breach(&pirate);
	/* Replies were given, and not taken: the slots are free, the credit is not. */
	for (uint32_t i = 0; i < DEPTH; i++)
		raider_send(&pirate, request_read(i, 0, 16));
	ck_assert_uint_eq(*raider_index(&pirate, LANE_REPLY_TAIL), DEPTH);
	neighbour_is_served();
	raider_send(&pirate, request_read(0, 0, 16));
	breach(&pirate);
	alive(&pirate);
	raider_leave(&pirate);
	finish();
}
END_TEST

START_TEST(slots_that_cannot_be)
{
	static const uint32_t tags[] = {DEPTH, 0xffff, 0xffffffff, 0x10000 + DEPTH};

	set_out();
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		raider_send(&pirate, request_read(tags[i], 0, 16));
		breach(&pirate);
	}
	/* One in flight, by the same tag and by another of the same slot. */
	for (uint32_t upper = 0; upper < 2; upper++) {
		raider_send(&pirate, request(LOG_WATCH, 0, 3));
		raider_send(&pirate, request(LOG_WATCH, 0, upper << 16 | 3));
		breach(&pirate);
	}
	/* The upper half alone is the client's own. */
	raider_send(&pirate, request_read(0xabcd0001, 0, 16));
	ck_assert_int_eq(raider_status(&pirate, 0xabcd0001), 0);
	raider_leave(&pirate);
	finish();
}
END_TEST

START_TEST(one_who_never_reads_replies)
{
	set_out();
	for (uint32_t i = 0; i < DEPTH; i++)
		raider_send(&pirate, request_read(i, 0, 16));
	for (int i = 0; i < 100; i++)
		neighbour_is_served();
	/* When it reads at last, all is well. */
	for (uint32_t i = 0; i < DEPTH; i++) {
		struct message reply;

		ck_assert(raider_take(&pirate, &reply));
		ck_assert_uint_eq(message_tag(&reply), i);
	}
	alive(&pirate);
	raider_leave(&pirate);
	finish();
}
END_TEST

START_TEST(cancels)
{
	struct message cancel = request(OPERATION_CANCEL, 0, 0);

	set_out();
	/* Of nothing, of what is done, of slots that cannot be, with flags: none has a reply, none does harm. */
	static const uint64_t tags[] = {0, 2, DEPTH, 0xffff, UINT32_MAX, UINT64_MAX, 0x12340000};
	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		cancel.word[1] = tags[i];
		raider_send(&pirate, cancel);
		cancel.word[0] |= 0xffff0000;
		raider_send(&pirate, cancel);
		alive(&pirate);
	}
	/* Twice, of what is in flight, and of another tag in its slot: one reply. */
	raider_send(&pirate, request(LOG_WATCH, 0, 0x50002));
	cancel.word[1] = 2;
	raider_send(&pirate, cancel);
	ck_assert_uint_eq(harbour->kept_count, 1);
	cancel.word[1] = 0x50002;
	raider_send(&pirate, cancel);
	raider_send(&pirate, cancel);
	ck_assert_int_eq(raider_status(&pirate, 0x50002), POSIX_ECANCELED);
	ck_assert_uint_eq(harbour->cancels, 1);
	alive(&pirate);
	raider_leave(&pirate);
	finish();
}
END_TEST

/* ---- what is the call's own error ---------------------------------------------------- */

START_TEST(ranges_outside_the_area)
{
	static const struct range ranges[] = {
		{AREA, 1},
		{AREA - 1, 2},
		{0, AREA + 1},
		{UINT32_MAX, 1},
		{1, UINT32_MAX},
		{UINT32_MAX, UINT32_MAX},
		{0x80000000, 0x80000000},
		{AREA + 1, 0},
	};

	set_out();
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		struct message message = request(LOG_WRITE, MESSAGE_IN, 1);

		message.word[MESSAGE_WORD_IN] = range_word(ranges[i]);
		raider_send(&pirate, message);
		ck_assert_int_eq(raider_status(&pirate, 1), POSIX_EFAULT);
		raider_send(&pirate, request_read(2, ranges[i].offset, ranges[i].length));
		ck_assert_int_eq(raider_status(&pirate, 2), POSIX_EFAULT);
		alive(&pirate);
	}
	/* At its very end, and nothing at all there. */
	raider_send(&pirate, request_read(1, AREA - 16, 16));
	ck_assert_int_eq(raider_status(&pirate, 1), 0);
	raider_send(&pirate, request_read(1, AREA, 0));
	ck_assert_int_eq(raider_status(&pirate, 1), 0);
	raider_leave(&pirate);
	finish();
}
END_TEST

START_TEST(unknown_flags_and_operations)
{
	set_out();
	for (uint32_t bit = 2; bit < 16; bit++) {
		raider_send(&pirate, request(LOG_READ, (uint16_t)(1u << bit), 1));
		ck_assert_int_eq(raider_status(&pirate, 1), POSIX_EFAULT);
	}
	/* The protocol has no sessions, so that their operations are unknown, too. */
	static const uint16_t operations[] = {5, 99, 0x7fff, OPERATION_SESSION, OPERATION_ACTOR, 0xffff};
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++) {
		raider_send(&pirate, request(operations[i], 0, 2));
		ck_assert_int_eq(raider_status(&pirate, 2), POSIX_ENOSYS);
	}
	alive(&pirate);
	raider_leave(&pirate);
	finish();
}
END_TEST

static struct message request_write(uint32_t source_length, uint32_t in_length)
{
	struct message message = request(LOG_WRITE, MESSAGE_IN, 1);

	message.word[3] = word_pair(source_length, 0);
	message.word[MESSAGE_WORD_IN] = word_pair(0, in_length);
	return message;
}

START_TEST(parts_that_do_not_fit)
{
	static const struct {
		uint32_t source, in;
		int32_t error;
	} lengths[] = {
		{1, 0, POSIX_EBADMSG},          {4, 3, POSIX_EBADMSG},
		{UINT32_MAX, 4, POSIX_EBADMSG}, {0x80000000, 16, POSIX_EBADMSG},
		{32, 40, POSIX_ENAMETOOLONG},   {31, 31 + 513, POSIX_ENAMETOOLONG},
		{0, AREA, POSIX_ENAMETOOLONG},
	};
	struct message message;

	set_out();
	memset(pirate.memory.memory + lane_area_offset(DEPTH), 'x', AREA);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		raider_send(&pirate, request_write(lengths[i].source, lengths[i].in));
		ck_assert_int_eq(raider_status(&pirate, 1), lengths[i].error);
	}
	message = request_write(4, 8);
	message.word[0] = message_header(LOG_WRITE, 0, 1); /* without the range that it needs */
	raider_send(&pirate, message);
	ck_assert_int_eq(raider_status(&pirate, 1), POSIX_EBADMSG);
	alive(&pirate);
	raider_leave(&pirate);
	finish();
}
END_TEST

/* ---- death ---------------------------------------------------- */

START_TEST(one_who_dies_in_the_midst_of_calls)
{
	set_out();
	for (uint32_t slot = 0; slot < DEPTH; slot++)
		raider_send(&pirate, request(LOG_WATCH, 0, slot));
	ck_assert_uint_eq(harbour->kept_count, DEPTH);
	raider_leave(&pirate);
	ck_assert_uint_eq(harbour->kept_count, 0);
	ck_assert_uint_eq(harbour->cancels, DEPTH);
	neighbour_is_served();
	/* Published, and dead before the server has looked; published by half. */
	raider_arrive(&pirate);
	raider_open(&pirate);
	raider_put(&pirate, 0, request(LOG_WATCH, 0, 0));
	raider_put(&pirate, 1, request(LOG_WATCH, 0, 1));
	*raider_index(&pirate, LANE_REQUEST_TAIL) = 1;
	raider_leave(&pirate);
	ck_assert_uint_eq(harbour->kept_count, 0);
	finish();
}
END_TEST

START_TEST(one_who_opens_lanes_and_vanishes)
{
	boot();
	for (int round = 0; round < 50; round++) {
		struct raider other;
		uint64_t lane;

		raider_arrive(&other);
		for (int i = 0; i < 20; i++) {
			lane = trap(&other, SYS_LANE_OPEN, os_start(other.os)->init,
			            log_protocol.number | (uint64_t)log_protocol.version << 16, DEPTH, AREA);
			if (i < 8)
				ck_assert(!result_is_error(lane));
			else
				ck_assert_uint_eq(lane, error_result(E_QUOTA));
		}
		/* Before the server has seen any of them, and after it has accepted all. */
		if (round % 2)
			basin_run(basin);
		raider_leave(&other);
		neighbour_is_served();
	}
	finish();
}
END_TEST

UNIT_RUN("hostile", request_tails_that_cannot_be, reply_heads_that_cannot_be,
         indices_of_the_server_are_not_read_back, calls_beyond_the_credit, slots_that_cannot_be,
         one_who_never_reads_replies, cancels, ranges_outside_the_area, unknown_flags_and_operations,
         parts_that_do_not_fit, one_who_dies_in_the_midst_of_calls, one_who_opens_lanes_and_vanishes)
