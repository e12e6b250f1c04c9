/*
 * Calls what scripts/protogen makes of everything.proto with what is wrong:
 * arguments over their limits, requests and replies that lie, handlers that err.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "everything_server.h"

/* Delivers a call that was tampered with: refused with `status`, and no handler saw it. */
static void refused(struct call *call, int32_t status)
{
	server.handled = 0;
	ck_assert(fake_deliver(call));
	ck_assert_int_eq(call->status, status);
	ck_assert_uint_eq(server.handled, 0);
	ck_assert_uint_eq(word_high(call->reply.word[1]), 0);
	for (uint32_t word = 2; word < MESSAGE_WORDS; word++)
		ck_assert_uint_eq(call->reply.word[word], 0);
}

START_TEST(stub_refuses_long_strings)
{
	static char longest[4097];
	struct call call;

	memset(longest, 'x', sizeof(longest));
	ck_assert_int_eq(everything_strings(&server.lane, EXACTLY("123456789"), NULL, 0, NULL, 0, NULL),
	                 POSIX_ENAMETOOLONG);
	ck_assert_int_eq(everything_strings(&server.lane, NULL, 0, longest, 4097, NULL, 0, NULL),
	                 POSIX_ENAMETOOLONG);
	ck_assert_int_eq(everything_strings(&server.lane, NULL, 0, NULL, 0, longest, UINT32_MAX, NULL),
	                 POSIX_ENAMETOOLONG);
	ck_assert_int_eq(everything_put_try_prepare(&call, &server.lane, EXACTLY("123456789"), &sample),
	                 POSIX_ENAMETOOLONG);
	ck_assert_uint_eq(server.lane.begun, 0);
	ck_assert_uint_eq(server.handled, 0);
}
END_TEST

START_TEST(in_bytes_may_not_overflow)
{
	struct call call;

	ck_assert_int_eq(
		everything_write_prepare(&call, &server.lane, 0, EXACTLY("name"), NULL, UINT32_MAX - 3),
		-E_TOO_LARGE);
	ck_assert_int_eq(everything_write_prepare(&call, &server.lane, 0, EXACTLY("name"), NULL, UINT32_MAX),
	                 -E_TOO_LARGE);
	ck_assert_uint_eq(server.lane.begun, 0);
}
END_TEST

START_TEST(errors_carry_no_results)
{
	struct everything_scalars_results results = {.e = 99};
	struct everything_record record = {.a = 99};
	struct everything_read_results read = {.next = 99};
	char data[8] = "untouch";

	server.answer = POSIX_ENOENT;
	ck_assert_int_eq(everything_scalars(&server.lane, 1, 2, 3, 4, 5, 6, 7, &results), POSIX_ENOENT);
	ck_assert_uint_eq(results.e, 99);
	for (uint32_t word = 2; word < MESSAGE_WORDS; word++)
		ck_assert_uint_eq(server.lane.reply.word[word], 0);
	server.lane.out[0] = 0xee;
	ck_assert_int_eq(everything_get(&server.lane, 1, &record), POSIX_ENOENT);
	ck_assert_uint_eq(record.a, 99);
	ck_assert_uint_eq(server.lane.out[0], 0xee);
	ck_assert_int_eq(everything_read(&server.lane, 1, data, sizeof(data), &read), POSIX_ENOENT);
	ck_assert_uint_eq(word_high(server.lane.reply.word[1]), 0);
	ck_assert_uint_eq(read.next, 99);
	ck_assert_str_eq(data, "untouch");
	ck_assert_uint_eq(server.lane.begun, server.lane.ended);
}
END_TEST

START_TEST(handlers_mistakes_become_eio)
{
	struct everything_read_results results;
	char data[8];

	server.claimed = 9;
	ck_assert_int_eq(everything_read(&server.lane, 1, data, sizeof(data), &results), POSIX_EIO);
	server.claimed = 8;
	ck_assert_int_eq(everything_read(&server.lane, 1, data, sizeof(data), &results), 0);
	server.claimed = 1;
	ck_assert_int_eq(everything_read(&server.lane, 1, NULL, 0, &results), POSIX_EIO);
	server.answer = -E_PEER_DEAD;
	ck_assert_int_eq(everything_none(&server.lane), POSIX_EIO);
	ck_assert_int_eq(everything_get(&server.lane, 1, NULL), POSIX_EIO);
}
END_TEST

START_TEST(unknown_and_unserved_operations)
{
	struct call call;

	ck_assert_int_eq(everything_unserved(&server.lane), POSIX_ENOSYS);
	ck_assert_int_eq(everything_none_prepare(&call, &server.lane), 0);
	call.request.word[0] = message_header(13, 0, 1);
	refused(&call, POSIX_ENOSYS);
	call.request.word[0] = message_header(0xffff, 0, 1);
	refused(&call, POSIX_ENOSYS);
	call.request.word[0] = message_header(OPERATION_CANCEL, 0, 1);
	refused(&call, POSIX_ENOSYS);
}
END_TEST

START_TEST(ranges_that_do_not_belong)
{
	struct call call;

	ck_assert_int_eq(everything_none_prepare(&call, &server.lane), 0);
	call.in = server.lane.in;
	refused(&call, POSIX_EBADMSG);
	call.in = NULL;
	call.out = server.lane.out;
	call.out_length = 8;
	refused(&call, POSIX_EBADMSG);
	ck_assert_int_eq(everything_read_prepare(&call, &server.lane, 1, 8), 0);
	call.in = server.lane.in;
	call.in_length = 8;
	refused(&call, POSIX_EBADMSG);
	ck_assert_int_eq(everything_put_prepare(&call, &server.lane, EXACTLY("label"), &sample), 0);
	call.out = server.lane.out;
	refused(&call, POSIX_EBADMSG);
}
END_TEST

START_TEST(structures_missing_short_or_long)
{
	struct call call;

	ck_assert_int_eq(everything_exchange_prepare(&call, &server.lane, &sample), 0);
	call.in_length--;
	refused(&call, POSIX_EBADMSG);
	call.in_length += 2;
	refused(&call, POSIX_EBADMSG);
	call.in = NULL;
	call.in_length = 0;
	refused(&call, POSIX_EBADMSG);
	ck_assert_int_eq(everything_get_prepare(&call, &server.lane, 1), 0);
	call.out_length--;
	refused(&call, POSIX_EBADMSG);
	call.out_length++;
	call.out = NULL;
	refused(&call, POSIX_EBADMSG);
	call.out = server.lane.out;
	call.out_length += 100;
	ck_assert(fake_deliver(&call));
	ck_assert_int_eq(call.status, 0);
}
END_TEST

START_TEST(string_lengths_that_do_not_add_up)
{
	struct call call;

	ck_assert_int_eq(everything_strings_prepare(&call, &server.lane, EXACTLY("one"), EXACTLY("two"),
	                                            EXACTLY("three")),
	                 0);
	ck_assert_uint_eq(call.request.word[1], word_pair(3, 3));
	call.request.word[1] = word_pair(12, 0);
	refused(&call, POSIX_EBADMSG);
	call.request.word[1] = word_pair(3, 9);
	refused(&call, POSIX_EBADMSG);
	call.request.word[1] = word_pair(3, UINT32_MAX);
	refused(&call, POSIX_EBADMSG);
	call.request.word[1] = word_pair(UINT32_MAX, 4);
	refused(&call, POSIX_EBADMSG);
	call.request.word[1] = word_pair(3, 3);
	call.in = NULL;
	call.in_length = 0;
	refused(&call, POSIX_EBADMSG);
	ck_assert_int_eq(everything_put_prepare(&call, &server.lane, EXACTLY("label"), &sample), 0);
	call.request.word[1] = word_pair(6, 0);
	refused(&call, POSIX_EBADMSG);
	call.request.word[1] = word_pair(4, 0);
	refused(&call, POSIX_EBADMSG);
	ck_assert_int_eq(everything_write_prepare(&call, &server.lane, 0, EXACTLY("name"), NULL, 0), 0);
	call.request.word[2] = word_pair(5, 0);
	refused(&call, POSIX_EBADMSG);
}
END_TEST

START_TEST(strings_over_their_limit)
{
	struct call call;

	memset(server.lane.in, 'x', sizeof(server.lane.in));
	ck_assert_int_eq(everything_strings_prepare(&call, &server.lane, NULL, 8, NULL, 4096, NULL, 8), 0);
	call.in_length = 8 + 4097 + 8;
	call.request.word[1] = word_pair(9, 4096);
	refused(&call, POSIX_ENAMETOOLONG);
	call.request.word[1] = word_pair(8, 4097);
	refused(&call, POSIX_ENAMETOOLONG);
	call.request.word[1] = word_pair(8, 4096); /* and 9 for the third */
	refused(&call, POSIX_ENAMETOOLONG);
	call.in_length = FAKE_AREA;
	call.request.word[1] = word_pair(0, 0);
	refused(&call, POSIX_ENAMETOOLONG);
}
END_TEST

START_TEST(strings_with_a_nul)
{
	struct call call;

	for (uint32_t at = 0; at < 11; at++) {
		ck_assert_int_eq(everything_strings_prepare(&call, &server.lane, EXACTLY("one"),
		                                            EXACTLY("two"), EXACTLY("three")),
		                 0);
		call.in[at] = 0;
		refused(&call, POSIX_EINVAL);
	}
}
END_TEST

START_TEST(small_types_do_not_take_large_values)
{
	struct everything_scalars_results results;
	struct call call;

	ck_assert_int_eq(everything_scalars_prepare(&call, &server.lane, 1, 2, 3, 4, 5, 6, 7), 0);
	call.request.word[1] = word_pair(256, 2);
	refused(&call, POSIX_EBADMSG);
	call.request.word[1] = word_pair(1, 65536);
	refused(&call, POSIX_EBADMSG);
	call.request.word[1] = word_pair(1, 2);
	ck_assert(fake_deliver(&call));
	ck_assert_int_eq(everything_scalars_finish(&call, &results), 0);
	call.reply.word[2] = word_pair(256, 2);
	ck_assert_int_eq(everything_scalars_finish(&call, &results), POSIX_EBADMSG);
	call.reply.word[2] = word_pair(1, 65536);
	ck_assert_int_eq(everything_scalars_finish(&call, &results), POSIX_EBADMSG);
}
END_TEST

START_TEST(replies_that_lie)
{
	struct everything_read_results results;
	struct everything_record record;
	struct call call;
	char data[16];

	ck_assert_int_eq(everything_read_prepare(&call, &server.lane, 1, 4), 0);
	ck_assert(fake_deliver(&call));
	call.reply.word[1] = word_pair(0, UINT32_MAX);
	memset(data, '-', sizeof(data));
	ck_assert_int_eq(everything_read_finish(&call, &results, data), 0);
	ck_assert_uint_eq(results.data_length, 4);
	ck_assert_mem_eq(data, "cont-", 5);
	ck_assert_int_eq(everything_get_prepare(&call, &server.lane, 1), 0);
	ck_assert(fake_deliver(&call));
	ck_assert_int_eq(everything_get_finish(&call, &record), 0);
	call.reply.word[1] = word_pair(0, sizeof(record) - 1);
	ck_assert_int_eq(everything_get_finish(&call, &record), POSIX_EBADMSG);
	call.reply.word[1] = word_pair(0, UINT32_MAX);
	ck_assert_int_eq(everything_get_finish(&call, &record), POSIX_EBADMSG);
}
END_TEST

START_TEST(no_reply_at_all)
{
	struct everything_read_results results = {.next = 99};

	server.lane.transport_status = -E_PEER_DEAD;
	ck_assert_int_eq(everything_read(&server.lane, 1, NULL, 8, &results), -E_PEER_DEAD);
	ck_assert_uint_eq(results.next, 99);
	ck_assert_uint_eq(server.lane.ended, 1);
	server.lane.begin_status = -E_WOULD_BLOCK;
	ck_assert_int_eq(everything_none(&server.lane), -E_WOULD_BLOCK);
	ck_assert_uint_eq(server.lane.ended, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("protogen hostile");
	TCase *tcase = tcase_create("hostile");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, server_setup, NULL);
	tcase_add_test(tcase, stub_refuses_long_strings);
	tcase_add_test(tcase, in_bytes_may_not_overflow);
	tcase_add_test(tcase, errors_carry_no_results);
	tcase_add_test(tcase, handlers_mistakes_become_eio);
	tcase_add_test(tcase, unknown_and_unserved_operations);
	tcase_add_test(tcase, ranges_that_do_not_belong);
	tcase_add_test(tcase, structures_missing_short_or_long);
	tcase_add_test(tcase, string_lengths_that_do_not_add_up);
	tcase_add_test(tcase, strings_over_their_limit);
	tcase_add_test(tcase, strings_with_a_nul);
	tcase_add_test(tcase, small_types_do_not_take_large_values);
	tcase_add_test(tcase, replies_that_lie);
	tcase_add_test(tcase, no_reply_at_all);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
