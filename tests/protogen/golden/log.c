/*
 * Generated from log.proto by scripts/protogen; do not edit.
 *
 * Client stubs, dispatch and descriptions.
 */
#include "log.h"

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

/* Appends to the IN range; bytes that are NULL are left to the caller. Returns where the next go. */
static uint8_t *put_bytes(uint8_t *place, const void *bytes, uint32_t length)
{
	if (!length)
		return place;
	if (bytes)
		memcpy(place, bytes, length);
	return place + length;
}

/* What is left of a request's IN range. */
struct input {
	const uint8_t *bytes;
	uint32_t length;
};

static struct input request_input(const struct request *request)
{
	return (struct input){.bytes = request->in, .length = request->in ? request->in_length : 0};
}

/* Takes a string of `length` bytes; `string` has room for `maximum` and a terminator. */
static int32_t take_string(struct input *input, uint32_t length, char *string, uint32_t maximum)
{
	if (length > input->length)
		return POSIX_EBADMSG;
	if (length > maximum)
		return POSIX_ENAMETOOLONG;
	copy_shared(string, input->bytes, length);
	for (uint32_t index = 0; index < length; index++)
		if (!string[index])
			return POSIX_EINVAL;
	string[length] = 0;
	if (length)
		input->bytes += length;
	input->length -= length;
	return 0;
}

/* write */
static int32_t start_write(begin_t begin, struct call *call, struct client *client, uint64_t time,
                           uint32_t level, uint32_t dropped, const char *source, uint32_t source_length,
                           const char *text, uint32_t text_length)
{
	uint8_t *place;
	int32_t error;

	if (source_length > 31)
		return POSIX_ENAMETOOLONG;
	if (text_length > 512)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, LOG_WRITE, source_length + text_length, 0);
	if (error)
		return error;
	call->request.word[1] = time;
	call->request.word[2] = word_pair(level, dropped);
	call->request.word[3] = word_pair(source_length, 0);
	place = put_bytes(call->in, source, source_length);
	put_bytes(place, text, text_length);
	return 0;
}

int32_t log_write_prepare(struct call *call, struct client *client, uint64_t time, uint32_t level,
                          uint32_t dropped, const char *source, uint32_t source_length, const char *text,
                          uint32_t text_length)
{
	return start_write(call_begin, call, client, time, level, dropped, source, source_length, text,
	                   text_length);
}

int32_t log_write_try_prepare(struct call *call, struct client *client, uint64_t time, uint32_t level,
                              uint32_t dropped, const char *source, uint32_t source_length, const char *text,
                              uint32_t text_length)
{
	return start_write(call_try_begin, call, client, time, level, dropped, source, source_length, text,
	                   text_length);
}

int32_t log_write_finish(struct call *call)
{
	return call->status;
}

int32_t log_write(struct client *client, uint64_t time, uint32_t level, uint32_t dropped, const char *source,
                  uint32_t source_length, const char *text, uint32_t text_length)
{
	struct call call;
	int32_t error;

	error = log_write_prepare(&call, client, time, level, dropped, source, source_length, text,
	                          text_length);
	if (error)
		return error;
	call_run(&call);
	error = log_write_finish(&call);
	call_end(&call);
	return error;
}

void log_write_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_write(struct request *request,
                                                  const struct log_operations *operations)
{
	struct log_write_arguments arguments;
	char source[31 + 1];
	char text[512 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->write)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.time = request->message.word[1];
	arguments.level = word_low(request->message.word[2]);
	arguments.dropped = word_high(request->message.word[2]);
	arguments.source_length = word_low(request->message.word[3]);
	arguments.source = source;
	if (!error)
		error = take_string(&input, arguments.source_length, source, 31);
	arguments.text_length = input.length;
	arguments.text = text;
	if (!error)
		error = take_string(&input, arguments.text_length, text, 512);
	if (!error)
		error = operations->write(request, &arguments);
	if (error != REQUEST_DETACHED)
		log_write_reply(request, error);
}

/* read */
static int32_t start_read(begin_t begin, struct call *call, struct client *client, uint64_t from,
                          uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, LOG_READ, 0, entries_capacity);
	if (error)
		return error;
	call->request.word[1] = from;
	return 0;
}

int32_t log_read_prepare(struct call *call, struct client *client, uint64_t from, uint32_t entries_capacity)
{
	return start_read(call_begin, call, client, from, entries_capacity);
}

int32_t log_read_try_prepare(struct call *call, struct client *client, uint64_t from,
                             uint32_t entries_capacity)
{
	return start_read(call_try_begin, call, client, from, entries_capacity);
}

int32_t log_read_finish(struct call *call, struct log_read_results *results, void *entries)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results) {
		results->next = call->reply.word[2];
		results->entries_length = written;
	}
	if (entries)
		copy_shared(entries, call->out, written);
	return 0;
}

int32_t log_read(struct client *client, uint64_t from, void *entries, uint32_t entries_capacity,
                 struct log_read_results *results)
{
	struct call call;
	int32_t error;

	error = log_read_prepare(&call, client, from, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = log_read_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void log_read_reply(struct request *request, int32_t error, const struct log_read_results *results)
{
	struct message reply = {{0}};
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->entries_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = results->next;
		written = results->entries_length;
	}
	request_reply(request, error, written, &reply);
}

static __attribute__((noinline)) void serve_read(struct request *request,
                                                 const struct log_operations *operations)
{
	struct log_read_arguments arguments;
	struct log_read_results results = {0};
	int32_t error = 0;

	if (!operations->read)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.from = request->message.word[1];
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->read(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		log_read_reply(request, error, &results);
}

/* watch */
static int32_t start_watch(begin_t begin, struct call *call, struct client *client, uint64_t from)
{
	int32_t error;

	error = begin(call, client, LOG_WATCH, 0, 0);
	if (error)
		return error;
	call->request.word[1] = from;
	return 0;
}

int32_t log_watch_prepare(struct call *call, struct client *client, uint64_t from)
{
	return start_watch(call_begin, call, client, from);
}

int32_t log_watch_try_prepare(struct call *call, struct client *client, uint64_t from)
{
	return start_watch(call_try_begin, call, client, from);
}

int32_t log_watch_finish(struct call *call)
{
	return call->status;
}

int32_t log_watch(struct client *client, uint64_t from)
{
	struct call call;
	int32_t error;

	error = log_watch_prepare(&call, client, from);
	if (error)
		return error;
	call_run(&call);
	error = log_watch_finish(&call);
	call_end(&call);
	return error;
}

void log_watch_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_watch(struct request *request,
                                                  const struct log_operations *operations)
{
	struct log_watch_arguments arguments;
	int32_t error = 0;

	if (!operations->watch)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.from = request->message.word[1];
	if (!error)
		error = operations->watch(request, &arguments);
	if (error != REQUEST_DETACHED)
		log_watch_reply(request, error);
}

/* sync */
static int32_t start_sync(begin_t begin, struct call *call, struct client *client)
{
	int32_t error;

	error = begin(call, client, LOG_SYNC, 0, 0);
	if (error)
		return error;
	return 0;
}

int32_t log_sync_prepare(struct call *call, struct client *client)
{
	return start_sync(call_begin, call, client);
}

int32_t log_sync_try_prepare(struct call *call, struct client *client)
{
	return start_sync(call_try_begin, call, client);
}

int32_t log_sync_finish(struct call *call)
{
	return call->status;
}

int32_t log_sync(struct client *client)
{
	struct call call;
	int32_t error;

	error = log_sync_prepare(&call, client);
	if (error)
		return error;
	call_run(&call);
	error = log_sync_finish(&call);
	call_end(&call);
	return error;
}

void log_sync_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_sync(struct request *request,
                                                 const struct log_operations *operations)
{
	int32_t error = 0;

	if (!operations->sync)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	if (!error)
		error = operations->sync(request);
	if (error != REQUEST_DETACHED)
		log_sync_reply(request, error);
}

static void log_dispatch(struct request *request, const void *operations)
{
	switch (message_op(&request->message)) {
	case LOG_WRITE:
		serve_write(request, operations);
		break;
	case LOG_READ:
		serve_read(request, operations);
		break;
	case LOG_WATCH:
		serve_watch(request, operations);
		break;
	case LOG_SYNC:
		serve_sync(request, operations);
		break;
	default:
		request_reply(request, POSIX_ENOSYS, 0, NULL);
	}
}

static const struct field_description arguments_of_write[] = {
	{"time", "u64", 1, 0},
	{"level", "u32", 2, 0},
	{"dropped", "u32", 2, 32},
	{"source", "string(31)", 0, 0},
	{"text", "string(512)", 0, 0},
	{"source_length", "u32", 3, 0},
};

static const struct field_description arguments_of_read[] = {
	{"from", "u64", 1, 0},
	{"entries", "out", 0, 0},
};

static const struct field_description results_of_read[] = {
	{"next", "u64", 2, 0},
};

static const struct field_description arguments_of_watch[] = {
	{"from", "u64", 1, 0},
};

static const struct operation_description log_descriptions[] = {
	{
		.number = LOG_WRITE,
		.changes = false,
		.name = "write",
		.arguments = arguments_of_write,
		.results = NULL,
		.argument_count = 6,
		.result_count = 0,
	},
	{
		.number = LOG_READ,
		.changes = false,
		.name = "read",
		.arguments = arguments_of_read,
		.results = results_of_read,
		.argument_count = 2,
		.result_count = 1,
	},
	{
		.number = LOG_WATCH,
		.changes = false,
		.name = "watch",
		.arguments = arguments_of_watch,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = LOG_SYNC,
		.changes = false,
		.name = "sync",
		.arguments = NULL,
		.results = NULL,
		.argument_count = 0,
		.result_count = 0,
	},
};

const struct protocol log_protocol = {
	.number = 4,
	.version = 1,
	.sessions = false,
	.name = "log",
	.operations = log_descriptions,
	.operation_count = 4,
	.dispatch = log_dispatch,
};
