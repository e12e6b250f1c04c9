/*
 * Generated from scheduler.proto by scripts/protogen; do not edit.
 *
 * Client stubs, dispatch and descriptions.
 */
#include "scheduler.h"

#include <drydock/posix.h>
#include <drydock/string.h>

/* call_begin or call_try_begin. */
typedef int32_t (*begin_t)(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                           uint32_t out_length);

/*
 * Copies from memory shared with the other side, which may change it at any time: once, and before
 * anything looks at the copy. The empty asm keeps the compiler from reading the original again.
 */
static void copy_shared(void *to, const void *from, uint32_t length)
{
	if (length)
		memcpy(to, from, length);
	__asm__ volatile("" : : "r"(to) : "memory");
}

/* set */
static int32_t start_set(begin_t begin, struct call *call, struct client *client, uint64_t process,
                         uint32_t priority, uint32_t slice)
{
	int32_t error;

	error = begin(call, client, SCHEDULER_SET, 0, 0);
	if (error)
		return error;
	call->request.word[1] = process;
	call->request.word[2] = word_pair(priority, slice);
	return 0;
}

int32_t scheduler_set_prepare(struct call *call, struct client *client, uint64_t process, uint32_t priority,
                              uint32_t slice)
{
	return start_set(call_begin, call, client, process, priority, slice);
}

int32_t scheduler_set_try_prepare(struct call *call, struct client *client, uint64_t process,
                                  uint32_t priority, uint32_t slice)
{
	return start_set(call_try_begin, call, client, process, priority, slice);
}

int32_t scheduler_set_finish(struct call *call)
{
	return call->status;
}

int32_t scheduler_set(struct client *client, uint64_t process, uint32_t priority, uint32_t slice)
{
	struct call call;
	int32_t error;

	error = scheduler_set_prepare(&call, client, process, priority, slice);
	if (error)
		return error;
	call_run(&call);
	error = scheduler_set_finish(&call);
	call_end(&call);
	return error;
}

void scheduler_set_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_set(struct request *request,
                                                const struct scheduler_operations *operations)
{
	struct scheduler_set_arguments arguments;
	int32_t error = 0;

	if (!operations->set)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.process = request->message.word[1];
	arguments.priority = word_low(request->message.word[2]);
	arguments.slice = word_high(request->message.word[2]);
	if (!error)
		error = operations->set(request, &arguments);
	if (error != REQUEST_DETACHED)
		scheduler_set_reply(request, error);
}

/* get */
static int32_t start_get(begin_t begin, struct call *call, struct client *client, uint64_t process)
{
	int32_t error;

	error = begin(call, client, SCHEDULER_GET, 0, 0);
	if (error)
		return error;
	call->request.word[1] = process;
	return 0;
}

int32_t scheduler_get_prepare(struct call *call, struct client *client, uint64_t process)
{
	return start_get(call_begin, call, client, process);
}

int32_t scheduler_get_try_prepare(struct call *call, struct client *client, uint64_t process)
{
	return start_get(call_try_begin, call, client, process);
}

int32_t scheduler_get_finish(struct call *call, struct scheduler_get_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->priority = word_low(call->reply.word[2]);
		results->slice = word_high(call->reply.word[2]);
	}
	return 0;
}

int32_t scheduler_get(struct client *client, uint64_t process, struct scheduler_get_results *results)
{
	struct call call;
	int32_t error;

	error = scheduler_get_prepare(&call, client, process);
	if (error)
		return error;
	call_run(&call);
	error = scheduler_get_finish(&call, results);
	call_end(&call);
	return error;
}

void scheduler_get_reply(struct request *request, int32_t error, const struct scheduler_get_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = word_pair(results->priority, results->slice);
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_get(struct request *request,
                                                const struct scheduler_operations *operations)
{
	struct scheduler_get_arguments arguments;
	struct scheduler_get_results results = {0};
	int32_t error = 0;

	if (!operations->get)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.process = request->message.word[1];
	if (!error)
		error = operations->get(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		scheduler_get_reply(request, error, &results);
}

/* list */
static int32_t start_list(begin_t begin, struct call *call, struct client *client, uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, SCHEDULER_LIST, 0, entries_capacity);
	if (error)
		return error;
	return 0;
}

int32_t scheduler_list_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_list(call_begin, call, client, entries_capacity);
}

int32_t scheduler_list_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_list(call_try_begin, call, client, entries_capacity);
}

int32_t scheduler_list_finish(struct call *call, struct scheduler_list_results *results, void *entries)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->entries_length = written;
	if (entries)
		copy_shared(entries, call->out, written);
	return 0;
}

int32_t scheduler_list(struct client *client, void *entries, uint32_t entries_capacity,
                       struct scheduler_list_results *results)
{
	struct call call;
	int32_t error;

	error = scheduler_list_prepare(&call, client, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = scheduler_list_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void scheduler_list_reply(struct request *request, int32_t error,
                          const struct scheduler_list_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->entries_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->entries_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_list(struct request *request,
                                                 const struct scheduler_operations *operations)
{
	struct scheduler_list_arguments arguments;
	struct scheduler_list_results results = {0};
	int32_t error = 0;

	if (!operations->list)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->list(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		scheduler_list_reply(request, error, &results);
}

static void scheduler_dispatch(struct request *request, const void *operations)
{
	switch (message_op(&request->message)) {
	case SCHEDULER_SET:
		serve_set(request, operations);
		break;
	case SCHEDULER_GET:
		serve_get(request, operations);
		break;
	case SCHEDULER_LIST:
		serve_list(request, operations);
		break;
	default:
		request_reply(request, POSIX_ENOSYS, 0, NULL);
	}
}

static const struct field_description arguments_of_set[] = {
	{"process", "u64", 1, 0},
	{"priority", "u32", 2, 0},
	{"slice", "u32", 2, 32},
};

static const struct field_description arguments_of_get[] = {
	{"process", "u64", 1, 0},
};

static const struct field_description results_of_get[] = {
	{"priority", "u32", 2, 0},
	{"slice", "u32", 2, 32},
};

static const struct field_description arguments_of_list[] = {
	{"entries", "out", 0, 0},
};

static const struct operation_description scheduler_descriptions[] = {
	{
		.number = SCHEDULER_SET,
		.changes = false,
		.name = "set",
		.arguments = arguments_of_set,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = SCHEDULER_GET,
		.changes = false,
		.name = "get",
		.arguments = arguments_of_get,
		.results = results_of_get,
		.argument_count = 1,
		.result_count = 2,
	},
	{
		.number = SCHEDULER_LIST,
		.changes = false,
		.name = "list",
		.arguments = arguments_of_list,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
};

const struct protocol scheduler_protocol = {
	.number = 5,
	.version = 1,
	.sessions = false,
	.name = "scheduler",
	.operations = scheduler_descriptions,
	.operation_count = 3,
	.dispatch = scheduler_dispatch,
};
