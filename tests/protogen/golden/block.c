/*
 * Generated from block.proto by scripts/protogen; do not edit.
 *
 * Client stubs, dispatch and descriptions.
 */
#include "block.h"

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

/* read */
static int32_t start_read(begin_t begin, struct call *call, struct client *client, uint64_t offset,
                          uint32_t data_capacity)
{
	int32_t error;

	error = begin(call, client, BLOCK_READ, 0, data_capacity);
	if (error)
		return error;
	call->request.word[1] = offset;
	return 0;
}

int32_t block_read_prepare(struct call *call, struct client *client, uint64_t offset, uint32_t data_capacity)
{
	return start_read(call_begin, call, client, offset, data_capacity);
}

int32_t block_read_try_prepare(struct call *call, struct client *client, uint64_t offset,
                               uint32_t data_capacity)
{
	return start_read(call_try_begin, call, client, offset, data_capacity);
}

int32_t block_read_finish(struct call *call, struct block_read_results *results, void *data)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->data_length = written;
	if (data)
		copy_shared(data, call->out, written);
	return 0;
}

int32_t block_read(struct client *client, uint64_t offset, void *data, uint32_t data_capacity,
                   struct block_read_results *results)
{
	struct call call;
	int32_t error;

	error = block_read_prepare(&call, client, offset, data_capacity);
	if (error)
		return error;
	call_run(&call);
	error = block_read_finish(&call, results, data);
	call_end(&call);
	return error;
}

void block_read_reply(struct request *request, int32_t error, const struct block_read_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->data_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->data_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_read(struct request *request,
                                                 const struct block_operations *operations)
{
	struct block_read_arguments arguments;
	struct block_read_results results = {0};
	int32_t error = 0;

	if (!operations->read)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.offset = request->message.word[1];
	arguments.data = request->out;
	arguments.data_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->read(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		block_read_reply(request, error, &results);
}

/* write */
static int32_t start_write(begin_t begin, struct call *call, struct client *client, uint64_t offset,
                           const void *data, uint32_t data_length)
{
	int32_t error;

	error = begin(call, client, BLOCK_WRITE, data_length, 0);
	if (error)
		return error;
	call->request.word[1] = offset;
	put_bytes(call->in, data, data_length);
	return 0;
}

int32_t block_write_prepare(struct call *call, struct client *client, uint64_t offset, const void *data,
                            uint32_t data_length)
{
	return start_write(call_begin, call, client, offset, data, data_length);
}

int32_t block_write_try_prepare(struct call *call, struct client *client, uint64_t offset, const void *data,
                                uint32_t data_length)
{
	return start_write(call_try_begin, call, client, offset, data, data_length);
}

int32_t block_write_finish(struct call *call)
{
	return call->status;
}

int32_t block_write(struct client *client, uint64_t offset, const void *data, uint32_t data_length)
{
	struct call call;
	int32_t error;

	error = block_write_prepare(&call, client, offset, data, data_length);
	if (error)
		return error;
	call_run(&call);
	error = block_write_finish(&call);
	call_end(&call);
	return error;
}

void block_write_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_write(struct request *request,
                                                  const struct block_operations *operations)
{
	struct block_write_arguments arguments;
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->write)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.offset = request->message.word[1];
	arguments.data = input.bytes;
	arguments.data_length = input.length;
	if (!error)
		error = operations->write(request, &arguments);
	if (error != REQUEST_DETACHED)
		block_write_reply(request, error);
}

/* sync */
static int32_t start_sync(begin_t begin, struct call *call, struct client *client)
{
	int32_t error;

	error = begin(call, client, BLOCK_SYNC, 0, 0);
	if (error)
		return error;
	return 0;
}

int32_t block_sync_prepare(struct call *call, struct client *client)
{
	return start_sync(call_begin, call, client);
}

int32_t block_sync_try_prepare(struct call *call, struct client *client)
{
	return start_sync(call_try_begin, call, client);
}

int32_t block_sync_finish(struct call *call)
{
	return call->status;
}

int32_t block_sync(struct client *client)
{
	struct call call;
	int32_t error;

	error = block_sync_prepare(&call, client);
	if (error)
		return error;
	call_run(&call);
	error = block_sync_finish(&call);
	call_end(&call);
	return error;
}

void block_sync_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_sync(struct request *request,
                                                 const struct block_operations *operations)
{
	int32_t error = 0;

	if (!operations->sync)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	if (!error)
		error = operations->sync(request);
	if (error != REQUEST_DETACHED)
		block_sync_reply(request, error);
}

/* info */
static int32_t start_info(begin_t begin, struct call *call, struct client *client)
{
	int32_t error;

	error = begin(call, client, BLOCK_INFO, 0, 0);
	if (error)
		return error;
	return 0;
}

int32_t block_info_prepare(struct call *call, struct client *client)
{
	return start_info(call_begin, call, client);
}

int32_t block_info_try_prepare(struct call *call, struct client *client)
{
	return start_info(call_try_begin, call, client);
}

int32_t block_info_finish(struct call *call, struct block_info_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->size = call->reply.word[2];
		results->block_size = word_low(call->reply.word[3]);
		results->flags = word_high(call->reply.word[3]);
	}
	return 0;
}

int32_t block_info(struct client *client, struct block_info_results *results)
{
	struct call call;
	int32_t error;

	error = block_info_prepare(&call, client);
	if (error)
		return error;
	call_run(&call);
	error = block_info_finish(&call, results);
	call_end(&call);
	return error;
}

void block_info_reply(struct request *request, int32_t error, const struct block_info_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = results->size;
		reply.word[3] = word_pair(results->block_size, results->flags);
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_info(struct request *request,
                                                 const struct block_operations *operations)
{
	struct block_info_results results = {0};
	int32_t error = 0;

	if (!operations->info)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	if (!error)
		error = operations->info(request, &results);
	if (error != REQUEST_DETACHED)
		block_info_reply(request, error, &results);
}

static void block_dispatch(struct request *request, const void *operations)
{
	switch (message_op(&request->message)) {
	case BLOCK_READ:
		serve_read(request, operations);
		break;
	case BLOCK_WRITE:
		serve_write(request, operations);
		break;
	case BLOCK_SYNC:
		serve_sync(request, operations);
		break;
	case BLOCK_INFO:
		serve_info(request, operations);
		break;
	default:
		request_reply(request, POSIX_ENOSYS, 0, NULL);
	}
}

static const struct field_description arguments_of_read[] = {
	{"offset", "u64", 1, 0},
	{"data", "out", 0, 0},
};

static const struct field_description arguments_of_write[] = {
	{"offset", "u64", 1, 0},
	{"data", "in", 0, 0},
};

static const struct field_description results_of_info[] = {
	{"size", "u64", 2, 0},
	{"block_size", "u32", 3, 0},
	{"flags", "u32", 3, 32},
};

static const struct operation_description block_descriptions[] = {
	{
		.number = BLOCK_READ,
		.changes = false,
		.name = "read",
		.arguments = arguments_of_read,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = BLOCK_WRITE,
		.changes = false,
		.name = "write",
		.arguments = arguments_of_write,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = BLOCK_SYNC,
		.changes = false,
		.name = "sync",
		.arguments = NULL,
		.results = NULL,
		.argument_count = 0,
		.result_count = 0,
	},
	{
		.number = BLOCK_INFO,
		.changes = false,
		.name = "info",
		.arguments = NULL,
		.results = results_of_info,
		.argument_count = 0,
		.result_count = 3,
	},
};

const struct protocol block_protocol = {
	.number = 6,
	.version = 1,
	.sessions = false,
	.name = "block",
	.operations = block_descriptions,
	.operation_count = 4,
	.dispatch = block_dispatch,
};
