/* A server of everything.proto: see everything_server.h. */
#include "everything_server.h"

#include <check.h>
#include <string.h>

struct everything_server server;

const struct everything_record sample = {
	.a = 0x1122334455667788,
	.b = INT64_MIN,
	.c = UINT32_MAX,
	.d = -2,
	.e = 0xfffe,
	.f = 1,
	.g = 0xfd,
	.h = 2,
	.i = 3,
};

static int32_t handle_scalars(struct request *request, const struct everything_scalars_arguments *arguments,
                              struct everything_scalars_results *results)
{
	server.handled++;
	ck_assert_uint_eq(request->sequence, server.lane.sequence);
	ck_assert_uint_eq(request->actor, FAKE_ACTOR);
	results->a = arguments->a;
	results->b = arguments->b;
	results->c = arguments->c;
	results->d = arguments->d;
	results->e = arguments->e;
	results->f = arguments->f;
	results->g = arguments->g;
	return server.answer;
}

static int32_t handle_none(struct request *request)
{
	server.handled++;
	ck_assert_uint_eq(request->sequence, 0);
	return server.answer;
}

static int32_t handle_strings(struct request *request, const struct everything_strings_arguments *arguments,
                              struct everything_strings_results *results)
{
	server.handled++;
	ck_assert_ptr_eq(request, &server.lane.request);
	/* Terminated, without a NUL before, and not in the client's memory. */
	ck_assert_uint_eq(strlen(arguments->first), arguments->first_length);
	ck_assert_uint_eq(strlen(arguments->second), arguments->second_length);
	ck_assert_uint_eq(strlen(arguments->third), arguments->third_length);
	ck_assert(arguments->first < (char *)server.lane.in ||
	          arguments->first >= (char *)server.lane.in + FAKE_AREA);
	results->total = arguments->first_length + arguments->second_length + arguments->third_length;
	if (arguments->second_length == 3)
		ck_assert_str_eq(arguments->second, "two");
	return 0;
}

static int32_t handle_write(struct request *request, const struct everything_write_arguments *arguments,
                            struct everything_write_results *results)
{
	server.handled++;
	ck_assert_uint_eq(request->sequence, server.lane.sequence);
	ck_assert_uint_eq(arguments->offset, 0x123456789abcdef0);
	ck_assert_str_eq(arguments->name, "name");
	ck_assert_uint_eq(arguments->name_length, 4);
	if (arguments->data_length)
		ck_assert_mem_eq(arguments->data, "payload", arguments->data_length);
	results->length = arguments->data_length;
	return 0;
}

static int32_t handle_read(struct request *request, const struct everything_read_arguments *arguments,
                           struct everything_read_results *results)
{
	uint32_t length = arguments->data_capacity < 7 ? arguments->data_capacity : 7;

	server.handled++;
	if (server.answer == REQUEST_DETACHED)
		server.detached = request;
	if (length)
		memcpy(arguments->data, "content", length);
	results->data_length = server.claimed ? server.claimed : length;
	results->next = arguments->offset + 1;
	return server.answer;
}

static int32_t handle_put(struct request *request, const struct everything_put_arguments *arguments)
{
	server.handled++;
	ck_assert_str_eq(arguments->label, "label");
	ck_assert_ptr_eq(request, &server.lane.request);
	server.last_record = *arguments->values;
	return 0;
}

static int32_t handle_get(struct request *request, const struct everything_get_arguments *arguments)
{
	server.handled++;
	if (server.answer == REQUEST_DETACHED)
		server.detached = request;
	ck_assert_ptr_ne(arguments->values, (void *)server.lane.out);
	ck_assert_uint_eq(arguments->values->a, 0);
	*arguments->values = sample;
	arguments->values->a = arguments->key;
	return server.answer;
}

static int32_t handle_exchange(struct request *request, const struct everything_exchange_arguments *arguments,
                               struct everything_exchange_results *results)
{
	server.handled++;
	if (server.answer == REQUEST_DETACHED)
		server.detached = request;
	*arguments->after = server.last_record;
	server.last_record = *arguments->before;
	results->revision = 9;
	return server.answer;
}

static int32_t handle_default(struct request *request, struct everything_default_results *results)
{
	server.handled++;
	ck_assert_ptr_eq(request, &server.lane.request);
	results->value = EVERYTHING_SMALL;
	return 0;
}

static int32_t handle_transform(struct request *request,
                                const struct everything_transform_arguments *arguments,
                                struct everything_transform_results *results)
{
	server.handled++;
	ck_assert_ptr_eq(request, &server.lane.request);
	ck_assert_uint_ge(arguments->changed_capacity, arguments->data_length);
	for (uint32_t index = 0; index < arguments->data_length; index++)
		arguments->changed[index] = arguments->data[index] ^ 0x20;
	results->changed_length = arguments->data_length;
	return 0;
}

static int32_t handle_packed(struct request *request, const struct everything_packed_arguments *arguments,
                             struct everything_packed_results *results)
{
	server.handled++;
	ck_assert_uint_eq(request->message.word[1], 0x0000000300000001);
	ck_assert_uint_eq(request->message.word[2], 2);
	results->a = arguments->a;
	results->b = arguments->b;
	results->c = arguments->c;
	return 0;
}

static const struct everything_operations everything_handlers = {
	.scalars = handle_scalars,
	.none = handle_none,
	.strings = handle_strings,
	.write = handle_write,
	.read = handle_read,
	.put = handle_put,
	.get = handle_get,
	.exchange = handle_exchange,
	.default_ = handle_default,
	.transform = handle_transform,
	.packed = handle_packed,
};

void server_setup(void)
{
	memset(&server, 0, sizeof(server));
	fake_setup(&server.lane, &everything_protocol, &everything_handlers);
}
