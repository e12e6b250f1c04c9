/*
 * Generated from bench.proto by scripts/protogen; do not edit.
 *
 * Client stubs, dispatch and descriptions.
 */
#include "bench.h"

#include <drydock/posix.h>
#include <drydock/string.h>

/* call_begin or call_try_begin. */
typedef int32_t (*begin_t)(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                           uint32_t out_length);

/* ping */
static int32_t start_ping(begin_t begin, struct call *call, struct client *client, uint64_t value)
{
	int32_t error;

	error = begin(call, client, BENCH_PING, 0, 0);
	if (error)
		return error;
	call->request.word[1] = value;
	return 0;
}

int32_t bench_ping_prepare(struct call *call, struct client *client, uint64_t value)
{
	return start_ping(call_begin, call, client, value);
}

int32_t bench_ping_try_prepare(struct call *call, struct client *client, uint64_t value)
{
	return start_ping(call_try_begin, call, client, value);
}

int32_t bench_ping_finish(struct call *call, struct bench_ping_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->value = call->reply.word[2];
	return 0;
}

int32_t bench_ping(struct client *client, uint64_t value, struct bench_ping_results *results)
{
	struct call call;
	int32_t error;

	error = bench_ping_prepare(&call, client, value);
	if (error)
		return error;
	call_run(&call);
	error = bench_ping_finish(&call, results);
	call_end(&call);
	return error;
}

void bench_ping_reply(struct request *request, int32_t error, const struct bench_ping_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = results->value;
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_ping(struct request *request,
                                                 const struct bench_operations *operations)
{
	struct bench_ping_arguments arguments;
	struct bench_ping_results results = {0};
	int32_t error = 0;

	if (!operations->ping)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.value = request->message.word[1];
	if (!error)
		error = operations->ping(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		bench_ping_reply(request, error, &results);
}

/* policy */
static int32_t start_policy(begin_t begin, struct call *call, struct client *client, uint32_t policy)
{
	int32_t error;

	error = begin(call, client, BENCH_POLICY, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(policy, 0);
	return 0;
}

int32_t bench_policy_prepare(struct call *call, struct client *client, uint32_t policy)
{
	return start_policy(call_begin, call, client, policy);
}

int32_t bench_policy_try_prepare(struct call *call, struct client *client, uint32_t policy)
{
	return start_policy(call_try_begin, call, client, policy);
}

int32_t bench_policy_finish(struct call *call)
{
	return call->status;
}

int32_t bench_policy(struct client *client, uint32_t policy)
{
	struct call call;
	int32_t error;

	error = bench_policy_prepare(&call, client, policy);
	if (error)
		return error;
	call_run(&call);
	error = bench_policy_finish(&call);
	call_end(&call);
	return error;
}

void bench_policy_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_policy(struct request *request,
                                                   const struct bench_operations *operations)
{
	struct bench_policy_arguments arguments;
	int32_t error = 0;

	if (!operations->policy)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.policy = word_low(request->message.word[1]);
	if (!error)
		error = operations->policy(request, &arguments);
	if (error != REQUEST_DETACHED)
		bench_policy_reply(request, error);
}

/* port */
static int32_t start_port(begin_t begin, struct call *call, struct client *client)
{
	int32_t error;

	error = begin(call, client, BENCH_PORT, 0, 0);
	if (error)
		return error;
	return 0;
}

int32_t bench_port_prepare(struct call *call, struct client *client)
{
	return start_port(call_begin, call, client);
}

int32_t bench_port_try_prepare(struct call *call, struct client *client)
{
	return start_port(call_try_begin, call, client);
}

int32_t bench_port_finish(struct call *call, struct bench_port_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->port = call->reply.word[2];
	return 0;
}

int32_t bench_port(struct client *client, struct bench_port_results *results)
{
	struct call call;
	int32_t error;

	error = bench_port_prepare(&call, client);
	if (error)
		return error;
	call_run(&call);
	error = bench_port_finish(&call, results);
	call_end(&call);
	return error;
}

void bench_port_reply(struct request *request, int32_t error, const struct bench_port_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = results->port;
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_port(struct request *request,
                                                 const struct bench_operations *operations)
{
	struct bench_port_results results = {0};
	int32_t error = 0;

	if (!operations->port)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	if (!error)
		error = operations->port(request, &results);
	if (error != REQUEST_DETACHED)
		bench_port_reply(request, error, &results);
}

/* echo */
static int32_t start_echo(begin_t begin, struct call *call, struct client *client, uint64_t port)
{
	int32_t error;

	error = begin(call, client, BENCH_ECHO, 0, 0);
	if (error)
		return error;
	call->request.word[1] = port;
	return 0;
}

int32_t bench_echo_prepare(struct call *call, struct client *client, uint64_t port)
{
	return start_echo(call_begin, call, client, port);
}

int32_t bench_echo_try_prepare(struct call *call, struct client *client, uint64_t port)
{
	return start_echo(call_try_begin, call, client, port);
}

int32_t bench_echo_finish(struct call *call)
{
	return call->status;
}

int32_t bench_echo(struct client *client, uint64_t port)
{
	struct call call;
	int32_t error;

	error = bench_echo_prepare(&call, client, port);
	if (error)
		return error;
	call_run(&call);
	error = bench_echo_finish(&call);
	call_end(&call);
	return error;
}

void bench_echo_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_echo(struct request *request,
                                                 const struct bench_operations *operations)
{
	struct bench_echo_arguments arguments;
	int32_t error = 0;

	if (!operations->echo)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.port = request->message.word[1];
	if (!error)
		error = operations->echo(request, &arguments);
	if (error != REQUEST_DETACHED)
		bench_echo_reply(request, error);
}

/* measure */
static int32_t start_measure(begin_t begin, struct call *call, struct client *client, uint32_t kind,
                             uint32_t policy, uint32_t in_flight, uint64_t duration)
{
	int32_t error;

	error = begin(call, client, BENCH_MEASURE, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(kind, policy);
	call->request.word[2] = word_pair(in_flight, 0);
	call->request.word[3] = duration;
	return 0;
}

int32_t bench_measure_prepare(struct call *call, struct client *client, uint32_t kind, uint32_t policy,
                              uint32_t in_flight, uint64_t duration)
{
	return start_measure(call_begin, call, client, kind, policy, in_flight, duration);
}

int32_t bench_measure_try_prepare(struct call *call, struct client *client, uint32_t kind, uint32_t policy,
                                  uint32_t in_flight, uint64_t duration)
{
	return start_measure(call_try_begin, call, client, kind, policy, in_flight, duration);
}

int32_t bench_measure_finish(struct call *call, struct bench_measure_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->count = call->reply.word[2];
		results->elapsed = call->reply.word[3];
	}
	return 0;
}

int32_t bench_measure(struct client *client, uint32_t kind, uint32_t policy, uint32_t in_flight,
                      uint64_t duration, struct bench_measure_results *results)
{
	struct call call;
	int32_t error;

	error = bench_measure_prepare(&call, client, kind, policy, in_flight, duration);
	if (error)
		return error;
	call_run(&call);
	error = bench_measure_finish(&call, results);
	call_end(&call);
	return error;
}

void bench_measure_reply(struct request *request, int32_t error, const struct bench_measure_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = results->count;
		reply.word[3] = results->elapsed;
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_measure(struct request *request,
                                                    const struct bench_operations *operations)
{
	struct bench_measure_arguments arguments;
	struct bench_measure_results results = {0};
	int32_t error = 0;

	if (!operations->measure)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.kind = word_low(request->message.word[1]);
	arguments.policy = word_high(request->message.word[1]);
	arguments.in_flight = word_low(request->message.word[2]);
	arguments.duration = request->message.word[3];
	if (!error)
		error = operations->measure(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		bench_measure_reply(request, error, &results);
}

/* make_files */
static int32_t start_make_files(begin_t begin, struct call *call, struct client *client, uint32_t entries)
{
	int32_t error;

	error = begin(call, client, BENCH_MAKE_FILES, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(entries, 0);
	return 0;
}

int32_t bench_make_files_prepare(struct call *call, struct client *client, uint32_t entries)
{
	return start_make_files(call_begin, call, client, entries);
}

int32_t bench_make_files_try_prepare(struct call *call, struct client *client, uint32_t entries)
{
	return start_make_files(call_try_begin, call, client, entries);
}

int32_t bench_make_files_finish(struct call *call)
{
	return call->status;
}

int32_t bench_make_files(struct client *client, uint32_t entries)
{
	struct call call;
	int32_t error;

	error = bench_make_files_prepare(&call, client, entries);
	if (error)
		return error;
	call_run(&call);
	error = bench_make_files_finish(&call);
	call_end(&call);
	return error;
}

void bench_make_files_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_make_files(struct request *request,
                                                       const struct bench_operations *operations)
{
	struct bench_make_files_arguments arguments;
	int32_t error = 0;

	if (!operations->make_files)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.entries = word_low(request->message.word[1]);
	if (!error)
		error = operations->make_files(request, &arguments);
	if (error != REQUEST_DETACHED)
		bench_make_files_reply(request, error);
}

/* remove_files */
static int32_t start_remove_files(begin_t begin, struct call *call, struct client *client, uint32_t entries)
{
	int32_t error;

	error = begin(call, client, BENCH_REMOVE_FILES, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(entries, 0);
	return 0;
}

int32_t bench_remove_files_prepare(struct call *call, struct client *client, uint32_t entries)
{
	return start_remove_files(call_begin, call, client, entries);
}

int32_t bench_remove_files_try_prepare(struct call *call, struct client *client, uint32_t entries)
{
	return start_remove_files(call_try_begin, call, client, entries);
}

int32_t bench_remove_files_finish(struct call *call)
{
	return call->status;
}

int32_t bench_remove_files(struct client *client, uint32_t entries)
{
	struct call call;
	int32_t error;

	error = bench_remove_files_prepare(&call, client, entries);
	if (error)
		return error;
	call_run(&call);
	error = bench_remove_files_finish(&call);
	call_end(&call);
	return error;
}

void bench_remove_files_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_remove_files(struct request *request,
                                                         const struct bench_operations *operations)
{
	struct bench_remove_files_arguments arguments;
	int32_t error = 0;

	if (!operations->remove_files)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.entries = word_low(request->message.word[1]);
	if (!error)
		error = operations->remove_files(request, &arguments);
	if (error != REQUEST_DETACHED)
		bench_remove_files_reply(request, error);
}

/* churn */
static int32_t start_churn(begin_t begin, struct call *call, struct client *client, uint32_t entries,
                           uint32_t count)
{
	int32_t error;

	error = begin(call, client, BENCH_CHURN, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(entries, count);
	return 0;
}

int32_t bench_churn_prepare(struct call *call, struct client *client, uint32_t entries, uint32_t count)
{
	return start_churn(call_begin, call, client, entries, count);
}

int32_t bench_churn_try_prepare(struct call *call, struct client *client, uint32_t entries, uint32_t count)
{
	return start_churn(call_try_begin, call, client, entries, count);
}

int32_t bench_churn_finish(struct call *call)
{
	return call->status;
}

int32_t bench_churn(struct client *client, uint32_t entries, uint32_t count)
{
	struct call call;
	int32_t error;

	error = bench_churn_prepare(&call, client, entries, count);
	if (error)
		return error;
	call_run(&call);
	error = bench_churn_finish(&call);
	call_end(&call);
	return error;
}

void bench_churn_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_churn(struct request *request,
                                                  const struct bench_operations *operations)
{
	struct bench_churn_arguments arguments;
	int32_t error = 0;

	if (!operations->churn)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.entries = word_low(request->message.word[1]);
	arguments.count = word_high(request->message.word[1]);
	if (!error)
		error = operations->churn(request, &arguments);
	if (error != REQUEST_DETACHED)
		bench_churn_reply(request, error);
}

/* grow */
static int32_t start_grow(begin_t begin, struct call *call, struct client *client, uint64_t length)
{
	int32_t error;

	error = begin(call, client, BENCH_GROW, 0, 0);
	if (error)
		return error;
	call->request.word[1] = length;
	return 0;
}

int32_t bench_grow_prepare(struct call *call, struct client *client, uint64_t length)
{
	return start_grow(call_begin, call, client, length);
}

int32_t bench_grow_try_prepare(struct call *call, struct client *client, uint64_t length)
{
	return start_grow(call_try_begin, call, client, length);
}

int32_t bench_grow_finish(struct call *call)
{
	return call->status;
}

int32_t bench_grow(struct client *client, uint64_t length)
{
	struct call call;
	int32_t error;

	error = bench_grow_prepare(&call, client, length);
	if (error)
		return error;
	call_run(&call);
	error = bench_grow_finish(&call);
	call_end(&call);
	return error;
}

void bench_grow_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_grow(struct request *request,
                                                 const struct bench_operations *operations)
{
	struct bench_grow_arguments arguments;
	int32_t error = 0;

	if (!operations->grow)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.length = request->message.word[1];
	if (!error)
		error = operations->grow(request, &arguments);
	if (error != REQUEST_DETACHED)
		bench_grow_reply(request, error);
}

static void bench_dispatch(struct request *request, const void *operations)
{
	switch (message_op(&request->message)) {
	case BENCH_PING:
		serve_ping(request, operations);
		break;
	case BENCH_POLICY:
		serve_policy(request, operations);
		break;
	case BENCH_PORT:
		serve_port(request, operations);
		break;
	case BENCH_ECHO:
		serve_echo(request, operations);
		break;
	case BENCH_MEASURE:
		serve_measure(request, operations);
		break;
	case BENCH_MAKE_FILES:
		serve_make_files(request, operations);
		break;
	case BENCH_REMOVE_FILES:
		serve_remove_files(request, operations);
		break;
	case BENCH_CHURN:
		serve_churn(request, operations);
		break;
	case BENCH_GROW:
		serve_grow(request, operations);
		break;
	default:
		request_reply(request, POSIX_ENOSYS, 0, NULL);
	}
}

static const struct field_description arguments_of_ping[] = {
	{"value", "u64", 1, 0},
};

static const struct field_description results_of_ping[] = {
	{"value", "u64", 2, 0},
};

static const struct field_description arguments_of_policy[] = {
	{"policy", "u32", 1, 0},
};

static const struct field_description results_of_port[] = {
	{"port", "cap", 2, 0},
};

static const struct field_description arguments_of_echo[] = {
	{"port", "cap", 1, 0},
};

static const struct field_description arguments_of_measure[] = {
	{"kind", "u32", 1, 0},
	{"policy", "u32", 1, 32},
	{"in_flight", "u32", 2, 0},
	{"duration", "u64", 3, 0},
};

static const struct field_description results_of_measure[] = {
	{"count", "u64", 2, 0},
	{"elapsed", "u64", 3, 0},
};

static const struct field_description arguments_of_make_files[] = {
	{"entries", "u32", 1, 0},
};

static const struct field_description arguments_of_remove_files[] = {
	{"entries", "u32", 1, 0},
};

static const struct field_description arguments_of_churn[] = {
	{"entries", "u32", 1, 0},
	{"count", "u32", 1, 32},
};

static const struct field_description arguments_of_grow[] = {
	{"length", "u64", 1, 0},
};

static const struct operation_description bench_descriptions[] = {
	{
		.number = BENCH_PING,
		.changes = false,
		.name = "ping",
		.arguments = arguments_of_ping,
		.results = results_of_ping,
		.argument_count = 1,
		.result_count = 1,
	},
	{
		.number = BENCH_POLICY,
		.changes = false,
		.name = "policy",
		.arguments = arguments_of_policy,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = BENCH_PORT,
		.changes = false,
		.name = "port",
		.arguments = NULL,
		.results = results_of_port,
		.argument_count = 0,
		.result_count = 1,
	},
	{
		.number = BENCH_ECHO,
		.changes = false,
		.name = "echo",
		.arguments = arguments_of_echo,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = BENCH_MEASURE,
		.changes = false,
		.name = "measure",
		.arguments = arguments_of_measure,
		.results = results_of_measure,
		.argument_count = 4,
		.result_count = 2,
	},
	{
		.number = BENCH_MAKE_FILES,
		.changes = false,
		.name = "make_files",
		.arguments = arguments_of_make_files,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = BENCH_REMOVE_FILES,
		.changes = false,
		.name = "remove_files",
		.arguments = arguments_of_remove_files,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = BENCH_CHURN,
		.changes = false,
		.name = "churn",
		.arguments = arguments_of_churn,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = BENCH_GROW,
		.changes = false,
		.name = "grow",
		.arguments = arguments_of_grow,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
};

const struct protocol bench_protocol = {
	.number = 15,
	.version = 1,
	.sessions = false,
	.name = "bench",
	.operations = bench_descriptions,
	.operation_count = 9,
	.dispatch = bench_dispatch,
};
