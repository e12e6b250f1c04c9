/*
 * Generated from socket.proto by scripts/protogen; do not edit.
 *
 * Client stubs, dispatch and descriptions.
 */
#include "socket.h"

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

/* create */
static int32_t start_create(begin_t begin, struct call *call, struct client *client, uint32_t family,
                            uint32_t kind)
{
	int32_t error;

	error = begin(call, client, SOCKET_CREATE, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(family, kind);
	return 0;
}

int32_t socket_create_prepare(struct call *call, struct client *client, uint32_t family, uint32_t kind)
{
	return start_create(call_begin, call, client, family, kind);
}

int32_t socket_create_try_prepare(struct call *call, struct client *client, uint32_t family, uint32_t kind)
{
	return start_create(call_try_begin, call, client, family, kind);
}

int32_t socket_create_finish(struct call *call, struct socket_create_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->socket = word_low(call->reply.word[2]);
	return 0;
}

int32_t socket_create(struct client *client, uint32_t family, uint32_t kind,
                      struct socket_create_results *results)
{
	struct call call;
	int32_t error;

	error = socket_create_prepare(&call, client, family, kind);
	if (error)
		return error;
	call_run(&call);
	error = socket_create_finish(&call, results);
	call_end(&call);
	return error;
}

void socket_create_reply(struct request *request, int32_t error, const struct socket_create_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = word_pair(results->socket, 0);
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_create(struct request *request,
                                                   const struct socket_operations *operations)
{
	struct socket_create_arguments arguments;
	struct socket_create_results results = {0};
	int32_t error = 0;

	if (!operations->create)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.family = word_low(request->message.word[1]);
	arguments.kind = word_high(request->message.word[1]);
	if (!error)
		error = operations->create(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_create_reply(request, error, &results);
}

/* bind */
static int32_t start_bind(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                          uint32_t family, uint32_t port, uint64_t address_high, uint64_t address_low)
{
	int32_t error;

	error = begin(call, client, SOCKET_BIND, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, family);
	call->request.word[2] = word_pair(port, 0);
	call->request.word[3] = address_high;
	call->request.word[4] = address_low;
	return 0;
}

int32_t socket_bind_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                            uint32_t port, uint64_t address_high, uint64_t address_low)
{
	return start_bind(call_begin, call, client, socket, family, port, address_high, address_low);
}

int32_t socket_bind_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                uint32_t port, uint64_t address_high, uint64_t address_low)
{
	return start_bind(call_try_begin, call, client, socket, family, port, address_high, address_low);
}

int32_t socket_bind_finish(struct call *call)
{
	return call->status;
}

int32_t socket_bind(struct client *client, uint32_t socket, uint32_t family, uint32_t port,
                    uint64_t address_high, uint64_t address_low)
{
	struct call call;
	int32_t error;

	error = socket_bind_prepare(&call, client, socket, family, port, address_high, address_low);
	if (error)
		return error;
	call_run(&call);
	error = socket_bind_finish(&call);
	call_end(&call);
	return error;
}

void socket_bind_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_bind(struct request *request,
                                                 const struct socket_operations *operations)
{
	struct socket_bind_arguments arguments;
	int32_t error = 0;

	if (!operations->bind)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.family = word_high(request->message.word[1]);
	arguments.port = word_low(request->message.word[2]);
	arguments.address_high = request->message.word[3];
	arguments.address_low = request->message.word[4];
	if (!error)
		error = operations->bind(request, &arguments);
	if (error != REQUEST_DETACHED)
		socket_bind_reply(request, error);
}

/* listen */
static int32_t start_listen(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                            uint32_t backlog)
{
	int32_t error;

	error = begin(call, client, SOCKET_LISTEN, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, backlog);
	return 0;
}

int32_t socket_listen_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t backlog)
{
	return start_listen(call_begin, call, client, socket, backlog);
}

int32_t socket_listen_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t backlog)
{
	return start_listen(call_try_begin, call, client, socket, backlog);
}

int32_t socket_listen_finish(struct call *call)
{
	return call->status;
}

int32_t socket_listen(struct client *client, uint32_t socket, uint32_t backlog)
{
	struct call call;
	int32_t error;

	error = socket_listen_prepare(&call, client, socket, backlog);
	if (error)
		return error;
	call_run(&call);
	error = socket_listen_finish(&call);
	call_end(&call);
	return error;
}

void socket_listen_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_listen(struct request *request,
                                                   const struct socket_operations *operations)
{
	struct socket_listen_arguments arguments;
	int32_t error = 0;

	if (!operations->listen)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.backlog = word_high(request->message.word[1]);
	if (!error)
		error = operations->listen(request, &arguments);
	if (error != REQUEST_DETACHED)
		socket_listen_reply(request, error);
}

/* accept */
static int32_t start_accept(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                            uint32_t flags)
{
	int32_t error;

	error = begin(call, client, SOCKET_ACCEPT, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, flags);
	return 0;
}

int32_t socket_accept_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t flags)
{
	return start_accept(call_begin, call, client, socket, flags);
}

int32_t socket_accept_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t flags)
{
	return start_accept(call_try_begin, call, client, socket, flags);
}

int32_t socket_accept_finish(struct call *call, struct socket_accept_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->accepted = word_low(call->reply.word[2]);
		results->port = word_high(call->reply.word[2]);
		results->family = word_low(call->reply.word[3]);
		results->address_high = call->reply.word[4];
		results->address_low = call->reply.word[5];
	}
	return 0;
}

int32_t socket_accept(struct client *client, uint32_t socket, uint32_t flags,
                      struct socket_accept_results *results)
{
	struct call call;
	int32_t error;

	error = socket_accept_prepare(&call, client, socket, flags);
	if (error)
		return error;
	call_run(&call);
	error = socket_accept_finish(&call, results);
	call_end(&call);
	return error;
}

void socket_accept_reply(struct request *request, int32_t error, const struct socket_accept_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = word_pair(results->accepted, results->port);
		reply.word[3] = word_pair(results->family, 0);
		reply.word[4] = results->address_high;
		reply.word[5] = results->address_low;
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_accept(struct request *request,
                                                   const struct socket_operations *operations)
{
	struct socket_accept_arguments arguments;
	struct socket_accept_results results = {0};
	int32_t error = 0;

	if (!operations->accept)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.flags = word_high(request->message.word[1]);
	if (!error)
		error = operations->accept(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_accept_reply(request, error, &results);
}

/* connect */
static int32_t start_connect(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                             uint32_t family, uint32_t port, uint32_t flags, uint64_t address_high,
                             uint64_t address_low)
{
	int32_t error;

	error = begin(call, client, SOCKET_CONNECT, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, family);
	call->request.word[2] = word_pair(port, flags);
	call->request.word[3] = address_high;
	call->request.word[4] = address_low;
	return 0;
}

int32_t socket_connect_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                               uint32_t port, uint32_t flags, uint64_t address_high, uint64_t address_low)
{
	return start_connect(call_begin, call, client, socket, family, port, flags, address_high,
	                     address_low);
}

int32_t socket_connect_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                   uint32_t port, uint32_t flags, uint64_t address_high, uint64_t address_low)
{
	return start_connect(call_try_begin, call, client, socket, family, port, flags, address_high,
	                     address_low);
}

int32_t socket_connect_finish(struct call *call)
{
	return call->status;
}

int32_t socket_connect(struct client *client, uint32_t socket, uint32_t family, uint32_t port, uint32_t flags,
                       uint64_t address_high, uint64_t address_low)
{
	struct call call;
	int32_t error;

	error = socket_connect_prepare(&call, client, socket, family, port, flags, address_high, address_low);
	if (error)
		return error;
	call_run(&call);
	error = socket_connect_finish(&call);
	call_end(&call);
	return error;
}

void socket_connect_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_connect(struct request *request,
                                                    const struct socket_operations *operations)
{
	struct socket_connect_arguments arguments;
	int32_t error = 0;

	if (!operations->connect)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.family = word_high(request->message.word[1]);
	arguments.port = word_low(request->message.word[2]);
	arguments.flags = word_high(request->message.word[2]);
	arguments.address_high = request->message.word[3];
	arguments.address_low = request->message.word[4];
	if (!error)
		error = operations->connect(request, &arguments);
	if (error != REQUEST_DETACHED)
		socket_connect_reply(request, error);
}

/* send */
static int32_t start_send(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                          uint32_t family, uint32_t port, uint32_t flags, uint64_t address_high,
                          uint64_t address_low, const void *data, uint32_t data_length)
{
	int32_t error;

	error = begin(call, client, SOCKET_SEND, data_length, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, family);
	call->request.word[2] = word_pair(port, flags);
	call->request.word[3] = address_high;
	call->request.word[4] = address_low;
	put_bytes(call->in, data, data_length);
	return 0;
}

int32_t socket_send_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                            uint32_t port, uint32_t flags, uint64_t address_high, uint64_t address_low,
                            const void *data, uint32_t data_length)
{
	return start_send(call_begin, call, client, socket, family, port, flags, address_high, address_low,
	                  data, data_length);
}

int32_t socket_send_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                uint32_t port, uint32_t flags, uint64_t address_high, uint64_t address_low,
                                const void *data, uint32_t data_length)
{
	return start_send(call_try_begin, call, client, socket, family, port, flags, address_high,
	                  address_low, data, data_length);
}

int32_t socket_send_finish(struct call *call, struct socket_send_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->sent = word_low(call->reply.word[2]);
	return 0;
}

int32_t socket_send(struct client *client, uint32_t socket, uint32_t family, uint32_t port, uint32_t flags,
                    uint64_t address_high, uint64_t address_low, const void *data, uint32_t data_length,
                    struct socket_send_results *results)
{
	struct call call;
	int32_t error;

	error = socket_send_prepare(&call, client, socket, family, port, flags, address_high, address_low,
	                            data, data_length);
	if (error)
		return error;
	call_run(&call);
	error = socket_send_finish(&call, results);
	call_end(&call);
	return error;
}

void socket_send_reply(struct request *request, int32_t error, const struct socket_send_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = word_pair(results->sent, 0);
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_send(struct request *request,
                                                 const struct socket_operations *operations)
{
	struct socket_send_arguments arguments;
	struct socket_send_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->send)
		error = POSIX_ENOSYS;
	else if (request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.family = word_high(request->message.word[1]);
	arguments.port = word_low(request->message.word[2]);
	arguments.flags = word_high(request->message.word[2]);
	arguments.address_high = request->message.word[3];
	arguments.address_low = request->message.word[4];
	arguments.data = input.bytes;
	arguments.data_length = input.length;
	if (!error)
		error = operations->send(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_send_reply(request, error, &results);
}

/* recv */
static int32_t start_recv(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                          uint32_t flags, uint32_t data_capacity)
{
	int32_t error;

	error = begin(call, client, SOCKET_RECV, 0, data_capacity);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, flags);
	return 0;
}

int32_t socket_recv_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t flags,
                            uint32_t data_capacity)
{
	return start_recv(call_begin, call, client, socket, flags, data_capacity);
}

int32_t socket_recv_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t flags,
                                uint32_t data_capacity)
{
	return start_recv(call_try_begin, call, client, socket, flags, data_capacity);
}

int32_t socket_recv_finish(struct call *call, struct socket_recv_results *results, void *data)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results) {
		results->whole = word_low(call->reply.word[2]);
		results->port = word_high(call->reply.word[2]);
		results->family = word_low(call->reply.word[3]);
		results->address_high = call->reply.word[4];
		results->address_low = call->reply.word[5];
		results->data_length = written;
	}
	if (data)
		copy_shared(data, call->out, written);
	return 0;
}

int32_t socket_recv(struct client *client, uint32_t socket, uint32_t flags, void *data,
                    uint32_t data_capacity, struct socket_recv_results *results)
{
	struct call call;
	int32_t error;

	error = socket_recv_prepare(&call, client, socket, flags, data_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_recv_finish(&call, results, data);
	call_end(&call);
	return error;
}

void socket_recv_reply(struct request *request, int32_t error, const struct socket_recv_results *results)
{
	struct message reply = {{0}};
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->data_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = word_pair(results->whole, results->port);
		reply.word[3] = word_pair(results->family, 0);
		reply.word[4] = results->address_high;
		reply.word[5] = results->address_low;
		written = results->data_length;
	}
	request_reply(request, error, written, &reply);
}

static __attribute__((noinline)) void serve_recv(struct request *request,
                                                 const struct socket_operations *operations)
{
	struct socket_recv_arguments arguments;
	struct socket_recv_results results = {0};
	int32_t error = 0;

	if (!operations->recv)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.flags = word_high(request->message.word[1]);
	arguments.data = request->out;
	arguments.data_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->recv(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_recv_reply(request, error, &results);
}

/* close */
static int32_t start_close(begin_t begin, struct call *call, struct client *client, uint32_t socket)
{
	int32_t error;

	error = begin(call, client, SOCKET_CLOSE, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, 0);
	return 0;
}

int32_t socket_close_prepare(struct call *call, struct client *client, uint32_t socket)
{
	return start_close(call_begin, call, client, socket);
}

int32_t socket_close_try_prepare(struct call *call, struct client *client, uint32_t socket)
{
	return start_close(call_try_begin, call, client, socket);
}

int32_t socket_close_finish(struct call *call)
{
	return call->status;
}

int32_t socket_close(struct client *client, uint32_t socket)
{
	struct call call;
	int32_t error;

	error = socket_close_prepare(&call, client, socket);
	if (error)
		return error;
	call_run(&call);
	error = socket_close_finish(&call);
	call_end(&call);
	return error;
}

void socket_close_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_close(struct request *request,
                                                  const struct socket_operations *operations)
{
	struct socket_close_arguments arguments;
	int32_t error = 0;

	if (!operations->close)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	if (!error)
		error = operations->close(request, &arguments);
	if (error != REQUEST_DETACHED)
		socket_close_reply(request, error);
}

/* name */
static int32_t start_name(begin_t begin, struct call *call, struct client *client, uint32_t socket)
{
	int32_t error;

	error = begin(call, client, SOCKET_NAME, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, 0);
	return 0;
}

int32_t socket_name_prepare(struct call *call, struct client *client, uint32_t socket)
{
	return start_name(call_begin, call, client, socket);
}

int32_t socket_name_try_prepare(struct call *call, struct client *client, uint32_t socket)
{
	return start_name(call_try_begin, call, client, socket);
}

int32_t socket_name_finish(struct call *call, struct socket_name_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->port = word_low(call->reply.word[2]);
		results->family = word_high(call->reply.word[2]);
		results->address_high = call->reply.word[3];
		results->address_low = call->reply.word[4];
	}
	return 0;
}

int32_t socket_name(struct client *client, uint32_t socket, struct socket_name_results *results)
{
	struct call call;
	int32_t error;

	error = socket_name_prepare(&call, client, socket);
	if (error)
		return error;
	call_run(&call);
	error = socket_name_finish(&call, results);
	call_end(&call);
	return error;
}

void socket_name_reply(struct request *request, int32_t error, const struct socket_name_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = word_pair(results->port, results->family);
		reply.word[3] = results->address_high;
		reply.word[4] = results->address_low;
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_name(struct request *request,
                                                 const struct socket_operations *operations)
{
	struct socket_name_arguments arguments;
	struct socket_name_results results = {0};
	int32_t error = 0;

	if (!operations->name)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	if (!error)
		error = operations->name(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_name_reply(request, error, &results);
}

/* set_option */
static int32_t start_set_option(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                                uint32_t option, uint32_t value)
{
	int32_t error;

	error = begin(call, client, SOCKET_SET_OPTION, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, option);
	call->request.word[2] = word_pair(value, 0);
	return 0;
}

int32_t socket_set_option_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t option,
                                  uint32_t value)
{
	return start_set_option(call_begin, call, client, socket, option, value);
}

int32_t socket_set_option_try_prepare(struct call *call, struct client *client, uint32_t socket,
                                      uint32_t option, uint32_t value)
{
	return start_set_option(call_try_begin, call, client, socket, option, value);
}

int32_t socket_set_option_finish(struct call *call)
{
	return call->status;
}

int32_t socket_set_option(struct client *client, uint32_t socket, uint32_t option, uint32_t value)
{
	struct call call;
	int32_t error;

	error = socket_set_option_prepare(&call, client, socket, option, value);
	if (error)
		return error;
	call_run(&call);
	error = socket_set_option_finish(&call);
	call_end(&call);
	return error;
}

void socket_set_option_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_set_option(struct request *request,
                                                       const struct socket_operations *operations)
{
	struct socket_set_option_arguments arguments;
	int32_t error = 0;

	if (!operations->set_option)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.option = word_high(request->message.word[1]);
	arguments.value = word_low(request->message.word[2]);
	if (!error)
		error = operations->set_option(request, &arguments);
	if (error != REQUEST_DETACHED)
		socket_set_option_reply(request, error);
}

/* get_option */
static int32_t start_get_option(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                                uint32_t option)
{
	int32_t error;

	error = begin(call, client, SOCKET_GET_OPTION, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, option);
	return 0;
}

int32_t socket_get_option_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t option)
{
	return start_get_option(call_begin, call, client, socket, option);
}

int32_t socket_get_option_try_prepare(struct call *call, struct client *client, uint32_t socket,
                                      uint32_t option)
{
	return start_get_option(call_try_begin, call, client, socket, option);
}

int32_t socket_get_option_finish(struct call *call, struct socket_get_option_results *results)
{
	if (call->status)
		return call->status;
	if (results)
		results->value = word_low(call->reply.word[2]);
	return 0;
}

int32_t socket_get_option(struct client *client, uint32_t socket, uint32_t option,
                          struct socket_get_option_results *results)
{
	struct call call;
	int32_t error;

	error = socket_get_option_prepare(&call, client, socket, option);
	if (error)
		return error;
	call_run(&call);
	error = socket_get_option_finish(&call, results);
	call_end(&call);
	return error;
}

void socket_get_option_reply(struct request *request, int32_t error,
                             const struct socket_get_option_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results)
		reply.word[2] = word_pair(results->value, 0);
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_get_option(struct request *request,
                                                       const struct socket_operations *operations)
{
	struct socket_get_option_arguments arguments;
	struct socket_get_option_results results = {0};
	int32_t error = 0;

	if (!operations->get_option)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.option = word_high(request->message.word[1]);
	if (!error)
		error = operations->get_option(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_get_option_reply(request, error, &results);
}

/* shutdown */
static int32_t start_shutdown(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                              uint32_t which)
{
	int32_t error;

	error = begin(call, client, SOCKET_SHUTDOWN, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, which);
	return 0;
}

int32_t socket_shutdown_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t which)
{
	return start_shutdown(call_begin, call, client, socket, which);
}

int32_t socket_shutdown_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t which)
{
	return start_shutdown(call_try_begin, call, client, socket, which);
}

int32_t socket_shutdown_finish(struct call *call)
{
	return call->status;
}

int32_t socket_shutdown(struct client *client, uint32_t socket, uint32_t which)
{
	struct call call;
	int32_t error;

	error = socket_shutdown_prepare(&call, client, socket, which);
	if (error)
		return error;
	call_run(&call);
	error = socket_shutdown_finish(&call);
	call_end(&call);
	return error;
}

void socket_shutdown_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_shutdown(struct request *request,
                                                     const struct socket_operations *operations)
{
	struct socket_shutdown_arguments arguments;
	int32_t error = 0;

	if (!operations->shutdown)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.which = word_high(request->message.word[1]);
	if (!error)
		error = operations->shutdown(request, &arguments);
	if (error != REQUEST_DETACHED)
		socket_shutdown_reply(request, error);
}

/* peer */
static int32_t start_peer(begin_t begin, struct call *call, struct client *client, uint32_t socket)
{
	int32_t error;

	error = begin(call, client, SOCKET_PEER, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, 0);
	return 0;
}

int32_t socket_peer_prepare(struct call *call, struct client *client, uint32_t socket)
{
	return start_peer(call_begin, call, client, socket);
}

int32_t socket_peer_try_prepare(struct call *call, struct client *client, uint32_t socket)
{
	return start_peer(call_try_begin, call, client, socket);
}

int32_t socket_peer_finish(struct call *call, struct socket_peer_results *results)
{
	if (call->status)
		return call->status;
	if (results) {
		results->port = word_low(call->reply.word[2]);
		results->family = word_high(call->reply.word[2]);
		results->address_high = call->reply.word[3];
		results->address_low = call->reply.word[4];
	}
	return 0;
}

int32_t socket_peer(struct client *client, uint32_t socket, struct socket_peer_results *results)
{
	struct call call;
	int32_t error;

	error = socket_peer_prepare(&call, client, socket);
	if (error)
		return error;
	call_run(&call);
	error = socket_peer_finish(&call, results);
	call_end(&call);
	return error;
}

void socket_peer_reply(struct request *request, int32_t error, const struct socket_peer_results *results)
{
	struct message reply = {{0}};

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results) {
		reply.word[2] = word_pair(results->port, results->family);
		reply.word[3] = results->address_high;
		reply.word[4] = results->address_low;
	}
	request_reply(request, error, 0, &reply);
}

static __attribute__((noinline)) void serve_peer(struct request *request,
                                                 const struct socket_operations *operations)
{
	struct socket_peer_arguments arguments;
	struct socket_peer_results results = {0};
	int32_t error = 0;

	if (!operations->peer)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	if (!error)
		error = operations->peer(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_peer_reply(request, error, &results);
}

/* poll */
static int32_t start_poll(begin_t begin, struct call *call, struct client *client, uint64_t wait,
                          const void *entries, uint32_t entries_length, uint32_t ready_capacity)
{
	int32_t error;

	error = begin(call, client, SOCKET_POLL, entries_length, ready_capacity);
	if (error)
		return error;
	call->request.word[1] = wait;
	put_bytes(call->in, entries, entries_length);
	return 0;
}

int32_t socket_poll_prepare(struct call *call, struct client *client, uint64_t wait, const void *entries,
                            uint32_t entries_length, uint32_t ready_capacity)
{
	return start_poll(call_begin, call, client, wait, entries, entries_length, ready_capacity);
}

int32_t socket_poll_try_prepare(struct call *call, struct client *client, uint64_t wait, const void *entries,
                                uint32_t entries_length, uint32_t ready_capacity)
{
	return start_poll(call_try_begin, call, client, wait, entries, entries_length, ready_capacity);
}

int32_t socket_poll_finish(struct call *call, struct socket_poll_results *results, void *ready)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->ready_length = written;
	if (ready)
		copy_shared(ready, call->out, written);
	return 0;
}

int32_t socket_poll(struct client *client, uint64_t wait, const void *entries, uint32_t entries_length,
                    void *ready, uint32_t ready_capacity, struct socket_poll_results *results)
{
	struct call call;
	int32_t error;

	error = socket_poll_prepare(&call, client, wait, entries, entries_length, ready_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_poll_finish(&call, results, ready);
	call_end(&call);
	return error;
}

void socket_poll_reply(struct request *request, int32_t error, const struct socket_poll_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->ready_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->ready_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_poll(struct request *request,
                                                 const struct socket_operations *operations)
{
	struct socket_poll_arguments arguments;
	struct socket_poll_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->poll)
		error = POSIX_ENOSYS;
	arguments.wait = request->message.word[1];
	arguments.ready = request->out;
	arguments.ready_capacity = request->out ? request->out_length : 0;
	arguments.entries = input.bytes;
	arguments.entries_length = input.length;
	if (!error)
		error = operations->poll(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_poll_reply(request, error, &results);
}

/* information */
static int32_t start_information(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                                 uint32_t information_capacity)
{
	int32_t error;

	error = begin(call, client, SOCKET_INFORMATION, 0, information_capacity);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, 0);
	return 0;
}

int32_t socket_information_prepare(struct call *call, struct client *client, uint32_t socket,
                                   uint32_t information_capacity)
{
	return start_information(call_begin, call, client, socket, information_capacity);
}

int32_t socket_information_try_prepare(struct call *call, struct client *client, uint32_t socket,
                                       uint32_t information_capacity)
{
	return start_information(call_try_begin, call, client, socket, information_capacity);
}

int32_t socket_information_finish(struct call *call, struct socket_information_results *results,
                                  void *information)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->information_length = written;
	if (information)
		copy_shared(information, call->out, written);
	return 0;
}

int32_t socket_information(struct client *client, uint32_t socket, void *information,
                           uint32_t information_capacity, struct socket_information_results *results)
{
	struct call call;
	int32_t error;

	error = socket_information_prepare(&call, client, socket, information_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_information_finish(&call, results, information);
	call_end(&call);
	return error;
}

void socket_information_reply(struct request *request, int32_t error,
                              const struct socket_information_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->information_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->information_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_information(struct request *request,
                                                        const struct socket_operations *operations)
{
	struct socket_information_arguments arguments;
	struct socket_information_results results = {0};
	int32_t error = 0;

	if (!operations->information)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.information = request->out;
	arguments.information_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->information(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_information_reply(request, error, &results);
}

/* join */
static int32_t start_join(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                          uint32_t family, uint64_t address_high, uint64_t address_low)
{
	int32_t error;

	error = begin(call, client, SOCKET_JOIN, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, family);
	call->request.word[2] = address_high;
	call->request.word[3] = address_low;
	return 0;
}

int32_t socket_join_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                            uint64_t address_high, uint64_t address_low)
{
	return start_join(call_begin, call, client, socket, family, address_high, address_low);
}

int32_t socket_join_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                uint64_t address_high, uint64_t address_low)
{
	return start_join(call_try_begin, call, client, socket, family, address_high, address_low);
}

int32_t socket_join_finish(struct call *call)
{
	return call->status;
}

int32_t socket_join(struct client *client, uint32_t socket, uint32_t family, uint64_t address_high,
                    uint64_t address_low)
{
	struct call call;
	int32_t error;

	error = socket_join_prepare(&call, client, socket, family, address_high, address_low);
	if (error)
		return error;
	call_run(&call);
	error = socket_join_finish(&call);
	call_end(&call);
	return error;
}

void socket_join_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_join(struct request *request,
                                                 const struct socket_operations *operations)
{
	struct socket_join_arguments arguments;
	int32_t error = 0;

	if (!operations->join)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.family = word_high(request->message.word[1]);
	arguments.address_high = request->message.word[2];
	arguments.address_low = request->message.word[3];
	if (!error)
		error = operations->join(request, &arguments);
	if (error != REQUEST_DETACHED)
		socket_join_reply(request, error);
}

/* leave */
static int32_t start_leave(begin_t begin, struct call *call, struct client *client, uint32_t socket,
                           uint32_t family, uint64_t address_high, uint64_t address_low)
{
	int32_t error;

	error = begin(call, client, SOCKET_LEAVE, 0, 0);
	if (error)
		return error;
	call->request.word[1] = word_pair(socket, family);
	call->request.word[2] = address_high;
	call->request.word[3] = address_low;
	return 0;
}

int32_t socket_leave_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                             uint64_t address_high, uint64_t address_low)
{
	return start_leave(call_begin, call, client, socket, family, address_high, address_low);
}

int32_t socket_leave_try_prepare(struct call *call, struct client *client, uint32_t socket, uint32_t family,
                                 uint64_t address_high, uint64_t address_low)
{
	return start_leave(call_try_begin, call, client, socket, family, address_high, address_low);
}

int32_t socket_leave_finish(struct call *call)
{
	return call->status;
}

int32_t socket_leave(struct client *client, uint32_t socket, uint32_t family, uint64_t address_high,
                     uint64_t address_low)
{
	struct call call;
	int32_t error;

	error = socket_leave_prepare(&call, client, socket, family, address_high, address_low);
	if (error)
		return error;
	call_run(&call);
	error = socket_leave_finish(&call);
	call_end(&call);
	return error;
}

void socket_leave_reply(struct request *request, int32_t error)
{
	if (error < 0)
		error = POSIX_EIO;
	request_reply(request, error, 0, NULL);
}

static __attribute__((noinline)) void serve_leave(struct request *request,
                                                  const struct socket_operations *operations)
{
	struct socket_leave_arguments arguments;
	int32_t error = 0;

	if (!operations->leave)
		error = POSIX_ENOSYS;
	else if (request->in || request->out)
		error = POSIX_EBADMSG;
	arguments.socket = word_low(request->message.word[1]);
	arguments.family = word_high(request->message.word[1]);
	arguments.address_high = request->message.word[2];
	arguments.address_low = request->message.word[3];
	if (!error)
		error = operations->leave(request, &arguments);
	if (error != REQUEST_DETACHED)
		socket_leave_reply(request, error);
}

/* resolve */
static int32_t start_resolve(begin_t begin, struct call *call, struct client *client, uint32_t family,
                             const char *name, uint32_t name_length, uint32_t addresses_capacity)
{
	int32_t error;

	if (name_length > 254)
		return POSIX_ENAMETOOLONG;
	error = begin(call, client, SOCKET_RESOLVE, name_length, addresses_capacity);
	if (error)
		return error;
	call->request.word[1] = word_pair(family, 0);
	put_bytes(call->in, name, name_length);
	return 0;
}

int32_t socket_resolve_prepare(struct call *call, struct client *client, uint32_t family, const char *name,
                               uint32_t name_length, uint32_t addresses_capacity)
{
	return start_resolve(call_begin, call, client, family, name, name_length, addresses_capacity);
}

int32_t socket_resolve_try_prepare(struct call *call, struct client *client, uint32_t family,
                                   const char *name, uint32_t name_length, uint32_t addresses_capacity)
{
	return start_resolve(call_try_begin, call, client, family, name, name_length, addresses_capacity);
}

int32_t socket_resolve_finish(struct call *call, struct socket_resolve_results *results, void *addresses)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->addresses_length = written;
	if (addresses)
		copy_shared(addresses, call->out, written);
	return 0;
}

int32_t socket_resolve(struct client *client, uint32_t family, const char *name, uint32_t name_length,
                       void *addresses, uint32_t addresses_capacity, struct socket_resolve_results *results)
{
	struct call call;
	int32_t error;

	error = socket_resolve_prepare(&call, client, family, name, name_length, addresses_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_resolve_finish(&call, results, addresses);
	call_end(&call);
	return error;
}

void socket_resolve_reply(struct request *request, int32_t error,
                          const struct socket_resolve_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->addresses_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->addresses_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_resolve(struct request *request,
                                                    const struct socket_operations *operations)
{
	struct socket_resolve_arguments arguments;
	char name[254 + 1];
	struct socket_resolve_results results = {0};
	struct input input = request_input(request);
	int32_t error = 0;

	if (!operations->resolve)
		error = POSIX_ENOSYS;
	arguments.family = word_low(request->message.word[1]);
	arguments.addresses = request->out;
	arguments.addresses_capacity = request->out ? request->out_length : 0;
	arguments.name_length = input.length;
	arguments.name = name;
	if (!error)
		error = take_string(&input, arguments.name_length, name, 254);
	if (!error)
		error = operations->resolve(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_resolve_reply(request, error, &results);
}

/* interfaces */
static int32_t start_interfaces(begin_t begin, struct call *call, struct client *client,
                                uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, SOCKET_INTERFACES, 0, entries_capacity);
	if (error)
		return error;
	return 0;
}

int32_t socket_interfaces_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_interfaces(call_begin, call, client, entries_capacity);
}

int32_t socket_interfaces_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_interfaces(call_try_begin, call, client, entries_capacity);
}

int32_t socket_interfaces_finish(struct call *call, struct socket_interfaces_results *results, void *entries)
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

int32_t socket_interfaces(struct client *client, void *entries, uint32_t entries_capacity,
                          struct socket_interfaces_results *results)
{
	struct call call;
	int32_t error;

	error = socket_interfaces_prepare(&call, client, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_interfaces_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void socket_interfaces_reply(struct request *request, int32_t error,
                             const struct socket_interfaces_results *results)
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

static __attribute__((noinline)) void serve_interfaces(struct request *request,
                                                       const struct socket_operations *operations)
{
	struct socket_interfaces_arguments arguments;
	struct socket_interfaces_results results = {0};
	int32_t error = 0;

	if (!operations->interfaces)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->interfaces(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_interfaces_reply(request, error, &results);
}

/* routes */
static int32_t start_routes(begin_t begin, struct call *call, struct client *client,
                            uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, SOCKET_ROUTES, 0, entries_capacity);
	if (error)
		return error;
	return 0;
}

int32_t socket_routes_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_routes(call_begin, call, client, entries_capacity);
}

int32_t socket_routes_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_routes(call_try_begin, call, client, entries_capacity);
}

int32_t socket_routes_finish(struct call *call, struct socket_routes_results *results, void *entries)
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

int32_t socket_routes(struct client *client, void *entries, uint32_t entries_capacity,
                      struct socket_routes_results *results)
{
	struct call call;
	int32_t error;

	error = socket_routes_prepare(&call, client, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_routes_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void socket_routes_reply(struct request *request, int32_t error, const struct socket_routes_results *results)
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

static __attribute__((noinline)) void serve_routes(struct request *request,
                                                   const struct socket_operations *operations)
{
	struct socket_routes_arguments arguments;
	struct socket_routes_results results = {0};
	int32_t error = 0;

	if (!operations->routes)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->routes(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_routes_reply(request, error, &results);
}

/* neighbours */
static int32_t start_neighbours(begin_t begin, struct call *call, struct client *client,
                                uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, SOCKET_NEIGHBOURS, 0, entries_capacity);
	if (error)
		return error;
	return 0;
}

int32_t socket_neighbours_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_neighbours(call_begin, call, client, entries_capacity);
}

int32_t socket_neighbours_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_neighbours(call_try_begin, call, client, entries_capacity);
}

int32_t socket_neighbours_finish(struct call *call, struct socket_neighbours_results *results, void *entries)
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

int32_t socket_neighbours(struct client *client, void *entries, uint32_t entries_capacity,
                          struct socket_neighbours_results *results)
{
	struct call call;
	int32_t error;

	error = socket_neighbours_prepare(&call, client, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_neighbours_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void socket_neighbours_reply(struct request *request, int32_t error,
                             const struct socket_neighbours_results *results)
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

static __attribute__((noinline)) void serve_neighbours(struct request *request,
                                                       const struct socket_operations *operations)
{
	struct socket_neighbours_arguments arguments;
	struct socket_neighbours_results results = {0};
	int32_t error = 0;

	if (!operations->neighbours)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->neighbours(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_neighbours_reply(request, error, &results);
}

/* sockets */
static int32_t start_sockets(begin_t begin, struct call *call, struct client *client,
                             uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, SOCKET_SOCKETS, 0, entries_capacity);
	if (error)
		return error;
	return 0;
}

int32_t socket_sockets_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_sockets(call_begin, call, client, entries_capacity);
}

int32_t socket_sockets_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_sockets(call_try_begin, call, client, entries_capacity);
}

int32_t socket_sockets_finish(struct call *call, struct socket_sockets_results *results, void *entries)
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

int32_t socket_sockets(struct client *client, void *entries, uint32_t entries_capacity,
                       struct socket_sockets_results *results)
{
	struct call call;
	int32_t error;

	error = socket_sockets_prepare(&call, client, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_sockets_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void socket_sockets_reply(struct request *request, int32_t error,
                          const struct socket_sockets_results *results)
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

static __attribute__((noinline)) void serve_sockets(struct request *request,
                                                    const struct socket_operations *operations)
{
	struct socket_sockets_arguments arguments;
	struct socket_sockets_results results = {0};
	int32_t error = 0;

	if (!operations->sockets)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->sockets(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_sockets_reply(request, error, &results);
}

/* drops */
static int32_t start_drops(begin_t begin, struct call *call, struct client *client, uint32_t text_capacity)
{
	int32_t error;

	error = begin(call, client, SOCKET_DROPS, 0, text_capacity);
	if (error)
		return error;
	return 0;
}

int32_t socket_drops_prepare(struct call *call, struct client *client, uint32_t text_capacity)
{
	return start_drops(call_begin, call, client, text_capacity);
}

int32_t socket_drops_try_prepare(struct call *call, struct client *client, uint32_t text_capacity)
{
	return start_drops(call_try_begin, call, client, text_capacity);
}

int32_t socket_drops_finish(struct call *call, struct socket_drops_results *results, void *text)
{
	uint32_t written;

	if (call->status)
		return call->status;
	written = word_high(call->reply.word[1]);
	if (written > call->out_length)
		written = call->out_length;
	if (results)
		results->text_length = written;
	if (text)
		copy_shared(text, call->out, written);
	return 0;
}

int32_t socket_drops(struct client *client, void *text, uint32_t text_capacity,
                     struct socket_drops_results *results)
{
	struct call call;
	int32_t error;

	error = socket_drops_prepare(&call, client, text_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_drops_finish(&call, results, text);
	call_end(&call);
	return error;
}

void socket_drops_reply(struct request *request, int32_t error, const struct socket_drops_results *results)
{
	uint32_t written = 0;

	if (error < 0)
		error = POSIX_EIO;
	if (!error && results && results->text_length > request->out_length)
		error = POSIX_EIO;
	if (!error && results)
		written = results->text_length;
	request_reply(request, error, written, NULL);
}

static __attribute__((noinline)) void serve_drops(struct request *request,
                                                  const struct socket_operations *operations)
{
	struct socket_drops_arguments arguments;
	struct socket_drops_results results = {0};
	int32_t error = 0;

	if (!operations->drops)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.text = request->out;
	arguments.text_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->drops(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_drops_reply(request, error, &results);
}

/* addresses */
static int32_t start_addresses(begin_t begin, struct call *call, struct client *client,
                               uint32_t entries_capacity)
{
	int32_t error;

	error = begin(call, client, SOCKET_ADDRESSES, 0, entries_capacity);
	if (error)
		return error;
	return 0;
}

int32_t socket_addresses_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_addresses(call_begin, call, client, entries_capacity);
}

int32_t socket_addresses_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity)
{
	return start_addresses(call_try_begin, call, client, entries_capacity);
}

int32_t socket_addresses_finish(struct call *call, struct socket_addresses_results *results, void *entries)
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

int32_t socket_addresses(struct client *client, void *entries, uint32_t entries_capacity,
                         struct socket_addresses_results *results)
{
	struct call call;
	int32_t error;

	error = socket_addresses_prepare(&call, client, entries_capacity);
	if (error)
		return error;
	call_run(&call);
	error = socket_addresses_finish(&call, results, entries);
	call_end(&call);
	return error;
}

void socket_addresses_reply(struct request *request, int32_t error,
                            const struct socket_addresses_results *results)
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

static __attribute__((noinline)) void serve_addresses(struct request *request,
                                                      const struct socket_operations *operations)
{
	struct socket_addresses_arguments arguments;
	struct socket_addresses_results results = {0};
	int32_t error = 0;

	if (!operations->addresses)
		error = POSIX_ENOSYS;
	else if (request->in)
		error = POSIX_EBADMSG;
	arguments.entries = request->out;
	arguments.entries_capacity = request->out ? request->out_length : 0;
	if (!error)
		error = operations->addresses(request, &arguments, &results);
	if (error != REQUEST_DETACHED)
		socket_addresses_reply(request, error, &results);
}

static void socket_dispatch(struct request *request, const void *operations)
{
	switch (message_op(&request->message)) {
	case SOCKET_CREATE:
		serve_create(request, operations);
		break;
	case SOCKET_BIND:
		serve_bind(request, operations);
		break;
	case SOCKET_LISTEN:
		serve_listen(request, operations);
		break;
	case SOCKET_ACCEPT:
		serve_accept(request, operations);
		break;
	case SOCKET_CONNECT:
		serve_connect(request, operations);
		break;
	case SOCKET_SEND:
		serve_send(request, operations);
		break;
	case SOCKET_RECV:
		serve_recv(request, operations);
		break;
	case SOCKET_CLOSE:
		serve_close(request, operations);
		break;
	case SOCKET_NAME:
		serve_name(request, operations);
		break;
	case SOCKET_SET_OPTION:
		serve_set_option(request, operations);
		break;
	case SOCKET_GET_OPTION:
		serve_get_option(request, operations);
		break;
	case SOCKET_SHUTDOWN:
		serve_shutdown(request, operations);
		break;
	case SOCKET_PEER:
		serve_peer(request, operations);
		break;
	case SOCKET_POLL:
		serve_poll(request, operations);
		break;
	case SOCKET_INFORMATION:
		serve_information(request, operations);
		break;
	case SOCKET_JOIN:
		serve_join(request, operations);
		break;
	case SOCKET_LEAVE:
		serve_leave(request, operations);
		break;
	case SOCKET_RESOLVE:
		serve_resolve(request, operations);
		break;
	case SOCKET_INTERFACES:
		serve_interfaces(request, operations);
		break;
	case SOCKET_ROUTES:
		serve_routes(request, operations);
		break;
	case SOCKET_NEIGHBOURS:
		serve_neighbours(request, operations);
		break;
	case SOCKET_SOCKETS:
		serve_sockets(request, operations);
		break;
	case SOCKET_DROPS:
		serve_drops(request, operations);
		break;
	case SOCKET_ADDRESSES:
		serve_addresses(request, operations);
		break;
	default:
		request_reply(request, POSIX_ENOSYS, 0, NULL);
	}
}

static const struct field_description arguments_of_create[] = {
	{"family", "u32", 1, 0},
	{"kind", "u32", 1, 32},
};

static const struct field_description results_of_create[] = {
	{"socket", "u32", 2, 0},
};

static const struct field_description arguments_of_bind[] = {
	{"socket", "u32", 1, 0},
	{"family", "u32", 1, 32},
	{"port", "u32", 2, 0},
	{"address_high", "u64", 3, 0},
	{"address_low", "u64", 4, 0},
};

static const struct field_description arguments_of_listen[] = {
	{"socket", "u32", 1, 0},
	{"backlog", "u32", 1, 32},
};

static const struct field_description arguments_of_accept[] = {
	{"socket", "u32", 1, 0},
	{"flags", "u32", 1, 32},
};

static const struct field_description results_of_accept[] = {
	{"accepted", "u32", 2, 0},
	{"port", "u32", 2, 32},
	{"family", "u32", 3, 0},
	{"address_high", "u64", 4, 0},
	{"address_low", "u64", 5, 0},
};

static const struct field_description arguments_of_connect[] = {
	{"socket", "u32", 1, 0},
	{"family", "u32", 1, 32},
	{"port", "u32", 2, 0},
	{"flags", "u32", 2, 32},
	{"address_high", "u64", 3, 0},
	{"address_low", "u64", 4, 0},
};

static const struct field_description arguments_of_send[] = {
	{"socket", "u32", 1, 0},
	{"family", "u32", 1, 32},
	{"port", "u32", 2, 0},
	{"flags", "u32", 2, 32},
	{"address_high", "u64", 3, 0},
	{"address_low", "u64", 4, 0},
	{"data", "in", 0, 0},
};

static const struct field_description results_of_send[] = {
	{"sent", "u32", 2, 0},
};

static const struct field_description arguments_of_recv[] = {
	{"socket", "u32", 1, 0},
	{"flags", "u32", 1, 32},
	{"data", "out", 0, 0},
};

static const struct field_description results_of_recv[] = {
	{"whole", "u32", 2, 0},
	{"port", "u32", 2, 32},
	{"family", "u32", 3, 0},
	{"address_high", "u64", 4, 0},
	{"address_low", "u64", 5, 0},
};

static const struct field_description arguments_of_close[] = {
	{"socket", "u32", 1, 0},
};

static const struct field_description arguments_of_name[] = {
	{"socket", "u32", 1, 0},
};

static const struct field_description results_of_name[] = {
	{"port", "u32", 2, 0},
	{"family", "u32", 2, 32},
	{"address_high", "u64", 3, 0},
	{"address_low", "u64", 4, 0},
};

static const struct field_description arguments_of_set_option[] = {
	{"socket", "u32", 1, 0},
	{"option", "u32", 1, 32},
	{"value", "u32", 2, 0},
};

static const struct field_description arguments_of_get_option[] = {
	{"socket", "u32", 1, 0},
	{"option", "u32", 1, 32},
};

static const struct field_description results_of_get_option[] = {
	{"value", "u32", 2, 0},
};

static const struct field_description arguments_of_shutdown[] = {
	{"socket", "u32", 1, 0},
	{"which", "u32", 1, 32},
};

static const struct field_description arguments_of_peer[] = {
	{"socket", "u32", 1, 0},
};

static const struct field_description results_of_peer[] = {
	{"port", "u32", 2, 0},
	{"family", "u32", 2, 32},
	{"address_high", "u64", 3, 0},
	{"address_low", "u64", 4, 0},
};

static const struct field_description arguments_of_poll[] = {
	{"wait", "u64", 1, 0},
	{"entries", "in", 0, 0},
	{"ready", "out", 0, 0},
};

static const struct field_description arguments_of_information[] = {
	{"socket", "u32", 1, 0},
	{"information", "out", 0, 0},
};

static const struct field_description arguments_of_join[] = {
	{"socket", "u32", 1, 0},
	{"family", "u32", 1, 32},
	{"address_high", "u64", 2, 0},
	{"address_low", "u64", 3, 0},
};

static const struct field_description arguments_of_leave[] = {
	{"socket", "u32", 1, 0},
	{"family", "u32", 1, 32},
	{"address_high", "u64", 2, 0},
	{"address_low", "u64", 3, 0},
};

static const struct field_description arguments_of_resolve[] = {
	{"family", "u32", 1, 0},
	{"name", "string(254)", 0, 0},
	{"addresses", "out", 0, 0},
};

static const struct field_description arguments_of_interfaces[] = {
	{"entries", "out", 0, 0},
};

static const struct field_description arguments_of_routes[] = {
	{"entries", "out", 0, 0},
};

static const struct field_description arguments_of_neighbours[] = {
	{"entries", "out", 0, 0},
};

static const struct field_description arguments_of_sockets[] = {
	{"entries", "out", 0, 0},
};

static const struct field_description arguments_of_drops[] = {
	{"text", "out", 0, 0},
};

static const struct field_description arguments_of_addresses[] = {
	{"entries", "out", 0, 0},
};

static const struct operation_description socket_descriptions[] = {
	{
		.number = SOCKET_CREATE,
		.changes = false,
		.name = "create",
		.arguments = arguments_of_create,
		.results = results_of_create,
		.argument_count = 2,
		.result_count = 1,
	},
	{
		.number = SOCKET_BIND,
		.changes = false,
		.name = "bind",
		.arguments = arguments_of_bind,
		.results = NULL,
		.argument_count = 5,
		.result_count = 0,
	},
	{
		.number = SOCKET_LISTEN,
		.changes = false,
		.name = "listen",
		.arguments = arguments_of_listen,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = SOCKET_ACCEPT,
		.changes = false,
		.name = "accept",
		.arguments = arguments_of_accept,
		.results = results_of_accept,
		.argument_count = 2,
		.result_count = 5,
	},
	{
		.number = SOCKET_CONNECT,
		.changes = false,
		.name = "connect",
		.arguments = arguments_of_connect,
		.results = NULL,
		.argument_count = 6,
		.result_count = 0,
	},
	{
		.number = SOCKET_SEND,
		.changes = false,
		.name = "send",
		.arguments = arguments_of_send,
		.results = results_of_send,
		.argument_count = 7,
		.result_count = 1,
	},
	{
		.number = SOCKET_RECV,
		.changes = false,
		.name = "recv",
		.arguments = arguments_of_recv,
		.results = results_of_recv,
		.argument_count = 3,
		.result_count = 5,
	},
	{
		.number = SOCKET_CLOSE,
		.changes = false,
		.name = "close",
		.arguments = arguments_of_close,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = SOCKET_NAME,
		.changes = false,
		.name = "name",
		.arguments = arguments_of_name,
		.results = results_of_name,
		.argument_count = 1,
		.result_count = 4,
	},
	{
		.number = SOCKET_SET_OPTION,
		.changes = false,
		.name = "set_option",
		.arguments = arguments_of_set_option,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = SOCKET_GET_OPTION,
		.changes = false,
		.name = "get_option",
		.arguments = arguments_of_get_option,
		.results = results_of_get_option,
		.argument_count = 2,
		.result_count = 1,
	},
	{
		.number = SOCKET_SHUTDOWN,
		.changes = false,
		.name = "shutdown",
		.arguments = arguments_of_shutdown,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = SOCKET_PEER,
		.changes = false,
		.name = "peer",
		.arguments = arguments_of_peer,
		.results = results_of_peer,
		.argument_count = 1,
		.result_count = 4,
	},
	{
		.number = SOCKET_POLL,
		.changes = false,
		.name = "poll",
		.arguments = arguments_of_poll,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = SOCKET_INFORMATION,
		.changes = false,
		.name = "information",
		.arguments = arguments_of_information,
		.results = NULL,
		.argument_count = 2,
		.result_count = 0,
	},
	{
		.number = SOCKET_JOIN,
		.changes = false,
		.name = "join",
		.arguments = arguments_of_join,
		.results = NULL,
		.argument_count = 4,
		.result_count = 0,
	},
	{
		.number = SOCKET_LEAVE,
		.changes = false,
		.name = "leave",
		.arguments = arguments_of_leave,
		.results = NULL,
		.argument_count = 4,
		.result_count = 0,
	},
	{
		.number = SOCKET_RESOLVE,
		.changes = false,
		.name = "resolve",
		.arguments = arguments_of_resolve,
		.results = NULL,
		.argument_count = 3,
		.result_count = 0,
	},
	{
		.number = SOCKET_INTERFACES,
		.changes = false,
		.name = "interfaces",
		.arguments = arguments_of_interfaces,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = SOCKET_ROUTES,
		.changes = false,
		.name = "routes",
		.arguments = arguments_of_routes,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = SOCKET_NEIGHBOURS,
		.changes = false,
		.name = "neighbours",
		.arguments = arguments_of_neighbours,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = SOCKET_SOCKETS,
		.changes = false,
		.name = "sockets",
		.arguments = arguments_of_sockets,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = SOCKET_DROPS,
		.changes = false,
		.name = "drops",
		.arguments = arguments_of_drops,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
	{
		.number = SOCKET_ADDRESSES,
		.changes = false,
		.name = "addresses",
		.arguments = arguments_of_addresses,
		.results = NULL,
		.argument_count = 1,
		.result_count = 0,
	},
};

const struct protocol socket_protocol = {
	.number = 7,
	.version = 1,
	.sessions = false,
	.name = "socket",
	.operations = socket_descriptions,
	.operation_count = 24,
	.dispatch = socket_dispatch,
};
