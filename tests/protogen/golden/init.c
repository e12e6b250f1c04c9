/*
 * Generated from init.proto by scripts/protogen; do not edit.
 *
 * Client stubs, dispatch and descriptions.
 */
#include "init.h"

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

/* lookup */
static int32_t start_lookup(begin_t begin, struct call *call, struct client *client, const char *name,
                            uint32_t name_length)
{
	int32_t error;

	if (name_length > 31)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, INIT_LOOKUP, name_length, 0);
	if (error)
		return error;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t init_lookup_prepare(struct call *call, struct client *client, const char *name, uint32_t name_length)
{
	return start_lookup(call_begin, call, client, name, name_length);
}

int32_t init_lookup_try_prepare(struct call *call, struct client *client, const char *name,
                                uint32_t name_length)
{
	return start_lookup(call_try_begin, call, client, name, name_length);
}

int32_t init_lookup_finish(struct call *call, struct init_lookup_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->port = call->reply.word[2];
	return 0;
}

int32_t init_lookup(struct client *client, const char *name, uint32_t name_length,
                    struct init_lookup_results *results)
{
	struct call call;
	int32_t error;

	error = init_lookup_prepare(&call, client, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = init_lookup_finish(&call, results);
	call_end(&call);
	return error;
}

void init_lookup_reply(struct request *request, int32_t error, const struct init_lookup_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = results->port;
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_lookup(struct request *request,
                                                   const struct init_operations *operations)
{
	struct init_lookup_arguments arguments;
	char name[31 + 1];
	struct init_lookup_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->lookup)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 31);
	if (!error)
		error = operations->lookup(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		init_lookup_reply(request, error, &results);
}

/* register */
static int32_t start_register(begin_t begin, struct call *call, struct client *client, uint64_t port)
{
	int32_t error;

	error = begin(call, client, INIT_REGISTER, 0, 0);
	if (error)
		return error;
	call->request.word[1] = port;
	return 0;
}

int32_t init_register_prepare(struct call *call, struct client *client, uint64_t port)
{
	return start_register(call_begin, call, client, port);
}

int32_t init_register_try_prepare(struct call *call, struct client *client, uint64_t port)
{
	return start_register(call_try_begin, call, client, port);
}

int32_t init_register_finish(struct call *call)
{
	return call->status;
}

int32_t init_register(struct client *client, uint64_t port)
{
	struct call call;
	int32_t error;

	error = init_register_prepare(&call, client, port);
	if (error)
		return error;
	call_run(&call);
	error = init_register_finish(&call);
	call_end(&call);
	return error;
}

void init_register_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_register(struct request *request,
                                                     const struct init_operations *operations)
{
	struct init_register_arguments arguments;
	int32_t error = 0;

	if (!operations->register_)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.port = request->message.word[1];
	if (!error)
		error = operations->register_(request, &arguments);
	if (error != REQUEST_DETACHED)
		init_register_reply(request, error);
}

/* list */
static int32_t start_list(begin_t begin, struct call *call, struct client *client, uint32_t services_capacity)
{
	int32_t error;

	error = begin(call, client, INIT_LIST, 0, services_capacity);
	if (error)
		return error;
	return 0;
}

int32_t init_list_prepare(struct call *call, struct client *client, uint32_t services_capacity)
{
	return start_list(call_begin, call, client, services_capacity);
}

int32_t init_list_try_prepare(struct call *call, struct client *client, uint32_t services_capacity)
{
	return start_list(call_try_begin, call, client, services_capacity);
}

int32_t init_list_finish(struct call *call, struct init_list_results *results, void *services)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->services_length = written;
	if (services)
		copy_shared(services, call->out, written);
	return 0;
}

int32_t init_list(struct client *client, void *services, uint32_t services_capacity,
                  struct init_list_results *results)
{
	struct call call;
	int32_t error;

	error = init_list_prepare(&call, client, services_capacity);
	if (error)
		return error;
	call_run(&call);
	error = init_list_finish(&call, results, services);
	call_end(&call);
	return error;
}

void init_list_reply(struct request *request, int32_t error, const struct init_list_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->services_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->services_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_list(struct request *request,
                                                 const struct init_operations *operations)
{
	struct init_list_arguments arguments;
	struct init_list_results results = {0};
	int32_t error = 0;

	if (!operations->list)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.services = request->out;
	arguments.services_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->list(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		init_list_reply(request, error, &results);
}

/* restart */
static int32_t start_restart(begin_t begin, struct call *call, struct client *client, const char *name,
                             uint32_t name_length)
{
	int32_t error;

	if (name_length > 31)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, INIT_RESTART, name_length, 0);
	if (error)
		return error;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t init_restart_prepare(struct call *call, struct client *client, const char *name, uint32_t name_length)
{
	return start_restart(call_begin, call, client, name, name_length);
}

int32_t init_restart_try_prepare(struct call *call, struct client *client, const char *name,
                                 uint32_t name_length)
{
	return start_restart(call_try_begin, call, client, name, name_length);
}

int32_t init_restart_finish(struct call *call)
{
	return call->status;
}

int32_t init_restart(struct client *client, const char *name, uint32_t name_length)
{
	struct call call;
	int32_t error;

	error = init_restart_prepare(&call, client, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = init_restart_finish(&call);
	call_end(&call);
	return error;
}

void init_restart_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_restart(struct request *request,
                                                    const struct init_operations *operations)
{
	struct init_restart_arguments arguments;
	char name[31 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->restart)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 31);
	if (!error)
		error = operations->restart(request, &arguments);
	if (error != REQUEST_DETACHED)
		init_restart_reply(request, error);
}

/* watch */
static int32_t start_watch(begin_t begin, struct call *call, struct client *client, const char *name,
                           uint32_t name_length)
{
	int32_t error;

	if (name_length > 31)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, INIT_WATCH, name_length, 0);
	if (error)
		return error;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t init_watch_prepare(struct call *call, struct client *client, const char *name, uint32_t name_length)
{
	return start_watch(call_begin, call, client, name, name_length);
}

int32_t init_watch_try_prepare(struct call *call, struct client *client, const char *name,
                               uint32_t name_length)
{
	return start_watch(call_try_begin, call, client, name, name_length);
}

int32_t init_watch_finish(struct call *call)
{
	return call->status;
}

int32_t init_watch(struct client *client, const char *name, uint32_t name_length)
{
	struct call call;
	int32_t error;

	error = init_watch_prepare(&call, client, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = init_watch_finish(&call);
	call_end(&call);
	return error;
}

void init_watch_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_watch(struct request *request,
                                                  const struct init_operations *operations)
{
	struct init_watch_arguments arguments;
	char name[31 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->watch)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 31);
	if (!error)
		error = operations->watch(request, &arguments);
	if (error != REQUEST_DETACHED)
		init_watch_reply(request, error);
}

/* kill */
static int32_t start_kill(begin_t begin, struct call *call, struct client *client, const char *name,
                          uint32_t name_length)
{
	int32_t error;

	if (name_length > 31)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, INIT_KILL, name_length, 0);
	if (error)
		return error;
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t init_kill_prepare(struct call *call, struct client *client, const char *name, uint32_t name_length)
{
	return start_kill(call_begin, call, client, name, name_length);
}

int32_t init_kill_try_prepare(struct call *call, struct client *client, const char *name,
                              uint32_t name_length)
{
	return start_kill(call_try_begin, call, client, name, name_length);
}

int32_t init_kill_finish(struct call *call)
{
	return call->status;
}

int32_t init_kill(struct client *client, const char *name, uint32_t name_length)
{
	struct call call;
	int32_t error;

	error = init_kill_prepare(&call, client, name, name_length);
	if (error)
		return error;
	call_run(&call);
	error = init_kill_finish(&call);
	call_end(&call);
	return error;
}

void init_kill_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_kill(struct request *request,
                                                 const struct init_operations *operations)
{
	struct init_kill_arguments arguments;
	char name[31 + 1];
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->kill)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 31);
	if (!error)
		error = operations->kill(request, &arguments);
	if (error != REQUEST_DETACHED)
		init_kill_reply(request, error);
}

static void init_dispatch(struct request *request, const void *operations)
{
	switch (message_op(&request->message)) {
	case INIT_LOOKUP:
		serve_lookup(request, operations);
		break;
	case INIT_REGISTER:
		serve_register(request, operations);
		break;
	case INIT_LIST:
		serve_list(request, operations);
		break;
	case INIT_RESTART:
		serve_restart(request, operations);
		break;
	case INIT_WATCH:
		serve_watch(request, operations);
		break;
	case INIT_KILL:
		serve_kill(request, operations);
		break;
	default:
		request_reply(request, POSIX_ENOSYS, 0, NULL);
	}
}

static const struct field_description arguments_of_lookup[] = {
	{"name", "string(31)", 0, 0},
};

static const struct field_description results_of_lookup[] = {
	{"port", "cap", 2, 0},
};

static const struct field_description arguments_of_register[] = {
	{"port", "cap", 1, 0},
};

static const struct field_description arguments_of_list[] = {
	{"services", "out", 0, 0},
};

static const struct field_description arguments_of_restart[] = {
	{"name", "string(31)", 0, 0},
};

static const struct field_description arguments_of_watch[] = {
	{"name", "string(31)", 0, 0},
};

static const struct field_description arguments_of_kill[] = {
	{"name", "string(31)", 0, 0},
};

static const struct operation_description init_descriptions[] = {
	{
		.number = INIT_LOOKUP,
		.changes = false,
		.name = "lookup",
		.arguments = arguments_of_lookup,
		.results = results_of_lookup,
		.argument_count = 1,
		.result_count = 1,
	},
	{
		.number = INIT_REGISTER,
		.changes = false,
		.name = "register",
		.arguments = arguments_of_register,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = INIT_LIST,
		.changes = false,
		.name = "list",
		.arguments = arguments_of_list,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = INIT_RESTART,
		.changes = false,
		.name = "restart",
		.arguments = arguments_of_restart,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = INIT_WATCH,
		.changes = false,
		.name = "watch",
		.arguments = arguments_of_watch,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = INIT_KILL,
		.changes = false,
		.name = "kill",
		.arguments = arguments_of_kill,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
};

const struct protocol init_protocol = {
	.number = 1,
	.version = 1,
	.sessions = false,
	.name = "init",
	.operations = init_descriptions,
	.operation_count = 6,
	.dispatch = init_dispatch,
};
