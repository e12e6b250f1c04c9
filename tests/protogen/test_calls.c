/*
 * Calls what scripts/protogen makes of everything.proto and plain.proto, from
 * stub through dispatch to handler and back, over fake_lane.c: every type and
 * every kind of range, as meant.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

#include "everything_server.h"
#include "plain.h"

static int32_t handle_seven(struct request *request, const struct plain_seven_arguments *arguments,
                            struct plain_seven_results *results)
{
	ck_assert_uint_eq(request->actor, 0);
	ck_assert_uint_eq(arguments->g, 7);
	results->a = arguments->a;
	results->b = arguments->b;
	results->c = arguments->c;
	results->d = arguments->d;
	results->e = arguments->e;
	results->f = arguments->f;
	return 0;
}

static int32_t handle_fourteen(struct request *request, const struct plain_fourteen_arguments *arguments,
                               struct plain_fourteen_results *results)
{
	ck_assert_uint_eq(request->sequence, 0);
	results->sum = (int32_t)(arguments->a + arguments->b + arguments->c + arguments->d + arguments->e +
	                         arguments->f + arguments->g + arguments->h + arguments->i + arguments->j +
	                         arguments->k + arguments->l + arguments->m) +
	               arguments->n;
	return 0;
}

static int32_t handle_text(struct request *request, const struct plain_text_arguments *arguments,
                           struct plain_text_results *results)
{
	ck_assert_uint_ge(arguments->copy_capacity, arguments->text_length);
	if (arguments->text_length)
		memcpy(arguments->copy, arguments->text, arguments->text_length);
	results->copy_length = arguments->text_length;
	results->word = request->message.word[1];
	return 0;
}

static const struct plain_operations plain_handlers = {
	.seven = handle_seven,
	.fourteen = handle_fourteen,
	.text = handle_text,
};

START_TEST(scalars_round_trip)
{
	struct everything_scalars_results results;
	uint32_t sequence = server.lane.sequence;

	ck_assert_int_eq(everything_scalars(&server.lane, UINT8_MAX, UINT16_MAX, UINT32_MAX, INT32_MIN,
	                                    UINT64_MAX, INT64_MIN, 0xfeedfacecafebeef, &results),
	                 0);
	ck_assert_uint_eq(results.a, UINT8_MAX);
	ck_assert_uint_eq(results.b, UINT16_MAX);
	ck_assert_uint_eq(results.c, UINT32_MAX);
	ck_assert_int_eq(results.d, INT32_MIN);
	ck_assert_uint_eq(results.e, UINT64_MAX);
	ck_assert_int_eq(results.f, INT64_MIN);
	ck_assert_uint_eq(results.g, 0xfeedfacecafebeef);
	ck_assert_int_eq(everything_scalars(&server.lane, 1, 2, 3, -4, 5, -6, 7, &results), 0);
	ck_assert_uint_eq(results.a, 1);
	ck_assert_uint_eq(results.b, 2);
	ck_assert_uint_eq(results.c, 3);
	ck_assert_int_eq(results.d, -4);
	ck_assert_uint_eq(results.e, 5);
	ck_assert_int_eq(results.f, -6);
	ck_assert_uint_eq(results.g, 7);
	ck_assert_int_eq(everything_scalars(&server.lane, 1, 2, 3, -4, 5, -6, 7, NULL), 0);
	ck_assert_uint_eq(server.lane.sequence, sequence + 3);
	ck_assert_uint_eq(server.lane.begun, server.lane.ended);
}
END_TEST

START_TEST(words_lie_where_the_layout_says)
{
	struct call call;

	memset(&call, 0xa5, sizeof(call));
	ck_assert_int_eq(everything_scalars_prepare(&call, &server.lane, 1, 2, 3, -4, 5, -6, 7), 0);
	ck_assert_uint_eq(message_op(&call.request), EVERYTHING_SCALARS);
	ck_assert_uint_eq(call.request.word[1], word_pair(1, 2));
	ck_assert_uint_eq(call.request.word[2], word_pair(3, (uint32_t)-4));
	ck_assert_uint_eq(call.request.word[3], 5);
	ck_assert_uint_eq(call.request.word[4], word_pair(1, FAKE_ACTOR));
	ck_assert_uint_eq(call.request.word[5], (uint64_t)-6);
	ck_assert_uint_eq(call.request.word[6], 7);
	ck_assert_uint_eq(call.request.word[7], 0);
}
END_TEST

START_TEST(operation_without_anything)
{
	struct everything_default_results results = {0};

	ck_assert_int_eq(everything_none(&server.lane), 0);
	server.answer = POSIX_EACCES;
	ck_assert_int_eq(everything_none(&server.lane), POSIX_EACCES);
	ck_assert_uint_eq(server.lane.sequence, 0);
	ck_assert_int_eq(everything_default(&server.lane, &results), 0);
	ck_assert_uint_eq(results.value, EVERYTHING_SMALL);
}
END_TEST

START_TEST(strings_round_trip)
{
	static char longest[4097];
	struct everything_strings_results results;

	memset(longest, 'x', sizeof(longest));
	ck_assert_int_eq(
		everything_strings(&server.lane, EXACTLY("one"), EXACTLY("two"), EXACTLY("three"), &results),
		0);
	ck_assert_uint_eq(results.total, 11);
	ck_assert_mem_eq(server.lane.in, "onetwothree", 11);
	ck_assert_int_eq(everything_strings(&server.lane, NULL, 0, NULL, 0, NULL, 0, &results), 0);
	ck_assert_uint_eq(results.total, 0);
	ck_assert_int_eq(everything_strings(&server.lane, EXACTLY("12345678"), longest, 4096,
	                                    EXACTLY("12345678"), &results),
	                 0);
	ck_assert_uint_eq(results.total, 4112);
	ck_assert_uint_eq(server.handled, 3);
}
END_TEST

START_TEST(in_bytes_round_trip)
{
	struct everything_write_results results;
	struct call call;

	ck_assert_int_eq(everything_write(&server.lane, 0x123456789abcdef0, EXACTLY("name"),
	                                  EXACTLY("payload"), &results),
	                 0);
	ck_assert_uint_eq(results.length, 7);
	ck_assert_int_eq(
		everything_write(&server.lane, 0x123456789abcdef0, EXACTLY("name"), NULL, 0, &results), 0);
	ck_assert_uint_eq(results.length, 0);
	/* Data that the caller fills in himself. */
	memset(server.lane.in, 0, sizeof(server.lane.in));
	ck_assert_int_eq(
		everything_write_prepare(&call, &server.lane, 0x123456789abcdef0, EXACTLY("name"), NULL, 7),
		0);
	ck_assert_uint_eq(call.in_length, 11);
	ck_assert_uint_eq(call.in[4], 0);
	memcpy(call.in + 4, "payload", 7);
	call_run(&call);
	ck_assert_int_eq(everything_write_finish(&call, &results), 0);
	ck_assert_uint_eq(results.length, 7);
	call_end(&call);
}
END_TEST

START_TEST(out_bytes_round_trip)
{
	struct everything_read_results results;
	char data[16] = "----------";

	ck_assert_int_eq(everything_read(&server.lane, 41, data, sizeof(data), &results), 0);
	ck_assert_uint_eq(results.next, 42);
	ck_assert_uint_eq(results.data_length, 7);
	ck_assert_str_eq(data, "content---");
	memset(data, '-', sizeof(data));
	ck_assert_int_eq(everything_read(&server.lane, 41, data, 3, &results), 0);
	ck_assert_uint_eq(results.data_length, 3);
	ck_assert_mem_eq(data, "con-", 4);
	ck_assert_int_eq(everything_read(&server.lane, 41, data, 0, &results), 0);
	ck_assert_uint_eq(results.data_length, 0);
	ck_assert_mem_eq(data, "con-", 4);
	ck_assert_int_eq(everything_read(&server.lane, 41, NULL, 8, NULL), 0);
	ck_assert_uint_eq(server.lane.begun, server.lane.ended);
}
END_TEST

START_TEST(structures_round_trip)
{
	struct everything_record record;
	struct everything_exchange_results results;

	ck_assert_int_eq(everything_put(&server.lane, EXACTLY("label"), &sample), 0);
	ck_assert_mem_eq(&server.last_record, &sample, sizeof(sample));
	ck_assert_int_eq(everything_get(&server.lane, sample.a, &record), 0);
	ck_assert_mem_eq(&record, &sample, sizeof(sample));
	ck_assert_int_eq(everything_get(&server.lane, 8, NULL), 0);
	memset(&server.last_record, 7, sizeof(server.last_record));
	ck_assert_int_eq(everything_exchange(&server.lane, &sample, &record, &results), 0);
	ck_assert_uint_eq(results.revision, 9);
	ck_assert_mem_eq(&server.last_record, &sample, sizeof(sample));
	ck_assert_uint_eq(record.a, 0x0707070707070707);
	ck_assert_int_eq(everything_exchange(&server.lane, &sample, NULL, NULL), 0);
}
END_TEST

START_TEST(in_and_out_bytes_together)
{
	struct everything_transform_results results;
	char changed[8];

	ck_assert_int_eq(
		everything_transform(&server.lane, EXACTLY("Drydock"), changed, sizeof(changed), &results),
		0);
	ck_assert_uint_eq(results.changed_length, 7);
	ck_assert_mem_eq(changed, "dRYDOCK", 7);
}
END_TEST

START_TEST(small_values_share_words)
{
	struct everything_packed_results results;

	ck_assert_int_eq(everything_packed(&server.lane, 1, 2, 3, &results), 0);
	ck_assert_uint_eq(results.a, 1);
	ck_assert_uint_eq(results.b, 2);
	ck_assert_uint_eq(results.c, 3);
	ck_assert_uint_eq(server.lane.reply.word[2], word_pair(1, 3));
	ck_assert_uint_eq(server.lane.reply.word[3], 2);
}
END_TEST

START_TEST(protocol_without_sessions)
{
	struct plain_seven_results seven;
	struct plain_fourteen_results fourteen;
	struct plain_text_results text;
	char copy[8];

	fake_setup(&server.lane, &plain_protocol, &plain_handlers);
	ck_assert_int_eq(plain_seven(&server.lane, 1, 2, 3, 4, 5, 6, 7, &seven), 0);
	ck_assert_uint_eq(seven.a, 1);
	ck_assert_uint_eq(seven.b, 2);
	ck_assert_uint_eq(seven.c, 3);
	ck_assert_uint_eq(seven.d, 4);
	ck_assert_uint_eq(seven.e, 5);
	ck_assert_uint_eq(seven.f, 6);
	ck_assert_int_eq(plain_fourteen(&server.lane, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096,
	                                -1, &fourteen),
	                 0);
	ck_assert_int_eq(fourteen.sum, 8190);
	ck_assert_int_eq(plain_text(&server.lane, EXACTLY("text"), copy, sizeof(copy), &text), 0);
	ck_assert_uint_eq(text.copy_length, 4);
	ck_assert_mem_eq(copy, "text", 4);
	ck_assert_uint_eq(text.word, 0);
	ck_assert_uint_eq(server.lane.sequence, 0);
}
END_TEST

START_TEST(preparing_without_waiting)
{
	struct everything_packed_results results;
	struct call call;

	server.lane.begin_status = -E_WOULD_BLOCK;
	ck_assert_int_eq(everything_packed_try_prepare(&call, &server.lane, 1, 2, 3), -E_WOULD_BLOCK);
	server.lane.begin_status = 0;
	ck_assert_int_eq(everything_packed_try_prepare(&call, &server.lane, 1, 2, 3), 0);
	ck_assert_uint_eq(server.lane.tried, 2);
	call_run(&call);
	ck_assert_int_eq(everything_packed_finish(&call, &results), 0);
	ck_assert_uint_eq(results.c, 3);
	ck_assert_int_eq(everything_packed_prepare(&call, &server.lane, 1, 2, 3), 0);
	ck_assert_uint_eq(server.lane.tried, 2);
}
END_TEST

START_TEST(detached_requests_reply_later)
{
	struct everything_read_results sent = {.next = 5, .data_length = 2};
	struct everything_read_results results;
	struct everything_exchange_results revision = {.revision = 3};
	struct everything_record record;
	struct call call;
	char data[8] = "-----";

	server.answer = REQUEST_DETACHED;
	ck_assert_int_eq(everything_read_prepare(&call, &server.lane, 1, 8), 0);
	ck_assert(!fake_deliver(&call));
	memcpy(server.detached->out, "ok", 2);
	everything_read_reply(server.detached, 0, &sent);
	fake_complete(&call);
	ck_assert_int_eq(everything_read_finish(&call, &results, data), 0);
	ck_assert_uint_eq(results.next, 5);
	ck_assert_str_eq(data, "ok---");

	ck_assert(!fake_deliver(&call));
	everything_read_reply(server.detached, POSIX_ECANCELED, NULL);
	fake_complete(&call);
	ck_assert_int_eq(everything_read_finish(&call, &results, data), POSIX_ECANCELED);

	ck_assert_int_eq(everything_exchange_prepare(&call, &server.lane, &sample), 0);
	ck_assert(!fake_deliver(&call));
	everything_exchange_reply(server.detached, 0, &revision, &sample);
	fake_complete(&call);
	revision.revision = 0;
	ck_assert_int_eq(everything_exchange_finish(&call, &revision, &record), 0);
	ck_assert_uint_eq(revision.revision, 3);
	ck_assert_mem_eq(&record, &sample, sizeof(sample));

	ck_assert_int_eq(everything_get_prepare(&call, &server.lane, 1), 0);
	ck_assert(!fake_deliver(&call));
	everything_get_reply(server.detached, 0, &sample);
	fake_complete(&call);
	ck_assert_int_eq(everything_get_finish(&call, &record), 0);
	ck_assert_mem_eq(&record, &sample, sizeof(sample));
}
END_TEST

START_TEST(descriptions)
{
	const struct operation_description *operation = &everything_protocol.operations[2];

	ck_assert_uint_eq(everything_protocol.number, 100);
	ck_assert_uint_eq(everything_protocol.version, 7);
	ck_assert(everything_protocol.sessions);
	ck_assert_str_eq(everything_protocol.name, "everything");
	ck_assert_uint_eq(everything_protocol.operation_count, 12);
	ck_assert(everything_protocol.operations[0].changes);
	ck_assert_str_eq(operation->name, "strings");
	ck_assert_uint_eq(operation->number, EVERYTHING_STRINGS);
	ck_assert(!operation->changes);
	/* Three strings, two of whose lengths are sent. */
	ck_assert_uint_eq(operation->argument_count, 5);
	ck_assert_str_eq(operation->arguments[1].name, "second");
	ck_assert_str_eq(operation->arguments[1].type, "string(4096)");
	ck_assert_uint_eq(operation->arguments[1].word, 0);
	ck_assert_str_eq(operation->arguments[4].name, "second_length");
	ck_assert_uint_eq(operation->arguments[4].word, 1);
	ck_assert_uint_eq(operation->arguments[4].shift, 32);
	ck_assert_uint_eq(operation->result_count, 1);
	ck_assert_uint_eq(operation->results[0].word, 2);
	ck_assert_str_eq(everything_protocol.operations[7].arguments[1].type, "out record");
	ck_assert_ptr_null(everything_protocol.operations[1].arguments);
	ck_assert_uint_eq(EVERYTHING_BORDER, INT32_MAX);
	ck_assert_uint_eq(EVERYTHING_BEYOND, 0x80000000);
	ck_assert_uint_eq(EVERYTHING_LARGEST, UINT64_MAX);
	ck_assert_uint_eq(sizeof(EVERYTHING_BEYOND), 8);
	ck_assert(!plain_protocol.sessions);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("protogen calls");
	TCase *tcase = tcase_create("calls");
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tcase, server_setup, NULL);
	tcase_add_test(tcase, scalars_round_trip);
	tcase_add_test(tcase, words_lie_where_the_layout_says);
	tcase_add_test(tcase, operation_without_anything);
	tcase_add_test(tcase, strings_round_trip);
	tcase_add_test(tcase, in_bytes_round_trip);
	tcase_add_test(tcase, out_bytes_round_trip);
	tcase_add_test(tcase, structures_round_trip);
	tcase_add_test(tcase, in_and_out_bytes_together);
	tcase_add_test(tcase, small_values_share_words);
	tcase_add_test(tcase, protocol_without_sessions);
	tcase_add_test(tcase, preparing_without_waiting);
	tcase_add_test(tcase, detached_requests_reply_later);
	tcase_add_test(tcase, descriptions);
	suite_add_tcase(suite, tcase);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
