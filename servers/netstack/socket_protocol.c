/* The handlers of protocol `socket` that work on sockets. None suspends: who would wait detaches its request. */
#include <drydock/proto/socket.h>

#include "bytes.h"
#include "server.h"
#include "session.h"
#include "status.h"
#include "stream_protocol.h"

#define PORT_LAST           65535u
#define RECEIVE_BUFFER_LEAST 4096u
#define RECEIVE_BUFFER_MOST  (16u << 20)

/* ---- addresses as they travel ---------------------------------------------------- */

static int32_t take_endpoint(uint32_t family, uint32_t port, uint64_t high, struct endpoint *endpoint)
{
	*endpoint = (struct endpoint){.port = (uint16_t)port};
	if (port > PORT_LAST)
		return POSIX_EINVAL;
	if (family == SOCKET_FAMILY_NONE)
		return 0;
	if (family != SOCKET_FAMILY_IPV4)
		return POSIX_EAFNOSUPPORT;
	endpoint->address = net_address_ipv4((uint32_t)(high >> 32));
	return 0;
}

/* 0.0.0.0 is nobody's: to bind to it is to bind to none. */
static int32_t take_local(uint32_t family, uint32_t port, uint64_t high, struct endpoint *endpoint)
{
	int32_t status = take_endpoint(family, port, high, endpoint);

	if (status == 0 && endpoint->address.family != NET_FAMILY_NONE && net_address_unspecified(&endpoint->address))
		endpoint->address.family = NET_FAMILY_NONE;
	return status;
}

static uint64_t give_high(const struct net_address *address)
{
	return (uint64_t)net_address_number(address) << 32;
}

/* ---- making and naming ------------------------------------------------------------- */

static int32_t serve_create(struct request *request, const struct socket_create_arguments *arguments,
                            struct socket_create_results *results)
{
	if (arguments->family != SOCKET_FAMILY_IPV4)
		return POSIX_EAFNOSUPPORT;
	if (arguments->kind < SOCKET_KIND_STREAM || arguments->kind > SOCKET_KIND_ECHO)
		return POSIX_EPROTONOSUPPORT;
	return session_open(session_of(request), arguments->kind, &results->socket);
}

static int32_t serve_bind(struct request *request, const struct socket_bind_arguments *arguments)
{
	struct held_socket *socket = session_find(session_of(request), arguments->socket);
	struct endpoint local;
	int32_t status;

	if (socket == NULL)
		return POSIX_EBADF;
	status = take_local(arguments->family, arguments->port, arguments->address_high, &local);
	if (status != 0)
		return status;
	return socket->kind == SOCKET_KIND_STREAM ? stream_bind(&socket->stream, &local)
	                                          : datagram_bind(&socket->datagram, &local);
}

static int32_t serve_connect(struct request *request, const struct socket_connect_arguments *arguments)
{
	struct held_socket *socket = session_find(session_of(request), arguments->socket);
	struct endpoint remote;
	int32_t status;

	if (socket == NULL)
		return POSIX_EBADF;
	status = take_endpoint(arguments->family, arguments->port, arguments->address_high, &remote);
	if (status != 0)
		return status;
	if (socket->kind == SOCKET_KIND_STREAM)
		return held_stream_connect(socket, request, &remote, arguments->flags);
	if (arguments->flags & ~(uint32_t)SOCKET_AT_ONCE)
		return POSIX_EINVAL;
	return datagram_connect(&socket->datagram, &remote);
}

/* The two ends of a socket, as far as they are known. */
static void ends_of(const struct held_socket *socket, struct endpoint *local, struct endpoint *remote)
{
	struct tcp_information information;

	if (socket->kind != SOCKET_KIND_STREAM) {
		*local = socket->datagram.local;
		*remote = socket->datagram.remote;
		return;
	}
	tcp_information(socket->stream.tcp, &information);
	*local = (struct endpoint){information.local, information.local_port};
	*remote = (struct endpoint){information.remote, information.remote_port};
}

static int32_t serve_name(struct request *request, const struct socket_name_arguments *arguments,
                          struct socket_name_results *results)
{
	const struct held_socket *socket = session_find(session_of(request), arguments->socket);
	struct endpoint local, remote;

	if (socket == NULL)
		return POSIX_EBADF;
	ends_of(socket, &local, &remote);
	results->port = local.port;
	results->family = local.address.family;
	results->address_high = give_high(&local.address);
	return 0;
}

static int32_t serve_peer(struct request *request, const struct socket_peer_arguments *arguments,
                          struct socket_peer_results *results)
{
	const struct held_socket *socket = session_find(session_of(request), arguments->socket);
	struct endpoint local, remote;

	if (socket == NULL)
		return POSIX_EBADF;
	ends_of(socket, &local, &remote);
	if (remote.address.family == NET_FAMILY_NONE ||
	    (socket->kind == SOCKET_KIND_STREAM && !(tcp_ready(socket->stream.tcp) & TCP_CONNECTED)))
		return POSIX_ENOTCONN;
	results->port = remote.port;
	results->family = remote.address.family;
	results->address_high = give_high(&remote.address);
	return 0;
}

static int32_t serve_close(struct request *request, const struct socket_close_arguments *arguments)
{
	return session_close(session_of(request), arguments->socket) ? 0 : POSIX_EBADF;
}

/* ---- options ----------------------------------------------------------------------- */

static int32_t serve_set_option(struct request *request, const struct socket_set_option_arguments *arguments)
{
	struct held_socket *socket = session_find(session_of(request), arguments->socket);

	if (socket == NULL)
		return POSIX_EBADF;
	if (socket->kind == SOCKET_KIND_STREAM)
		return held_stream_set_option(socket, arguments->option, arguments->value);
	switch (arguments->option) {
	case SOCKET_OPTION_BROADCAST:
		socket->datagram.broadcast = arguments->value != 0;
		return 0;
	case SOCKET_OPTION_RECEIVE_BUFFER:
		if (arguments->value < RECEIVE_BUFFER_LEAST || arguments->value > RECEIVE_BUFFER_MOST)
			return POSIX_EINVAL;
		socket->datagram.queue_limit = arguments->value;
		return 0;
	}
	return POSIX_ENOPROTOOPT;
}

static int32_t serve_get_option(struct request *request, const struct socket_get_option_arguments *arguments,
                                struct socket_get_option_results *results)
{
	struct held_socket *socket = session_find(session_of(request), arguments->socket);

	if (socket == NULL)
		return POSIX_EBADF;
	if (socket->kind == SOCKET_KIND_STREAM)
		return held_stream_get_option(socket, arguments->option, &results->value);
	switch (arguments->option) {
	case SOCKET_OPTION_BROADCAST:
		results->value = socket->datagram.broadcast;
		return 0;
	case SOCKET_OPTION_RECEIVE_BUFFER:
		results->value = socket->datagram.queue_limit;
		return 0;
	case SOCKET_OPTION_ERROR:
		results->value = (uint32_t)socket->datagram.error;
		socket->datagram.error = 0;
		return 0;
	}
	return POSIX_ENOPROTOOPT;
}

/* ---- data ----------------------------------------------------------------------------- */

static int32_t serve_send(struct request *request, const struct socket_send_arguments *arguments,
                          struct socket_send_results *results)
{
	struct held_socket *socket = session_find(session_of(request), arguments->socket);
	const struct ip_piece piece = {arguments->data, arguments->data_length};
	struct endpoint to;
	int32_t status;

	if (socket == NULL)
		return POSIX_EBADF;
	if (socket->kind == SOCKET_KIND_STREAM)
		return held_stream_send(socket, request, arguments, results);
	if (arguments->flags & ~(uint32_t)SOCKET_AT_ONCE)
		return POSIX_EINVAL;
	status = take_endpoint(arguments->family, arguments->port, arguments->address_high, &to);
	if (status != 0)
		return status;
	results->sent = arguments->data_length;
	return datagram_send(&socket->datagram, arguments->family == SOCKET_FAMILY_NONE ? NULL : &to, &piece,
	                     arguments->data_length > 0 ? 1 : 0);
}

static int32_t receive(struct held_socket *socket, uint8_t *data, uint32_t capacity, uint32_t flags,
                       struct socket_recv_results *results)
{
	struct endpoint from;
	int32_t status;

	if (socket->kind == SOCKET_KIND_STREAM)
		return held_stream_receive(socket, data, capacity, flags, results);
	status = datagram_receive(&socket->datagram, data, capacity, flags & SOCKET_RECV_PEEK, &results->whole,
	                          &from);
	if (status != 0)
		return status;
	results->data_length = results->whole < capacity ? results->whole : capacity;
	results->port = from.port;
	results->family = from.address.family;
	results->address_high = give_high(&from.address);
	return 0;
}

static bool receive_again(struct held_socket *socket, struct request *request)
{
	struct socket_recv_results results = {0};
	int32_t status = receive(socket, request->out, request->out_length, 0, &results);

	if (status == POSIX_EAGAIN)
		return false;
	socket_recv_reply(request, status, status == 0 ? &results : NULL);
	return true;
}

static int32_t serve_recv(struct request *request, const struct socket_recv_arguments *arguments,
                          struct socket_recv_results *results)
{
	struct held_socket *socket = session_find(session_of(request), arguments->socket);
	int32_t status;

	if (socket == NULL)
		return POSIX_EBADF;
	/* Who looks without taking does not wait: those who wait are served in order, and take. */
	if ((arguments->flags & ~(uint32_t)(SOCKET_RECV_PEEK | SOCKET_AT_ONCE)) ||
	    arguments->flags == SOCKET_RECV_PEEK)
		return POSIX_EINVAL;
	status = receive(socket, arguments->data, arguments->data_capacity, arguments->flags, results);
	if (status != POSIX_EAGAIN || (arguments->flags & SOCKET_AT_ONCE))
		return status;
	return held_wait(socket, WAIT_RECEIVE, request, receive_again);
}

const struct socket_operations socket_handlers = {
	.create = serve_create,
	.bind = serve_bind,
	.listen = serve_listen,
	.accept = serve_accept,
	.connect = serve_connect,
	.send = serve_send,
	.recv = serve_recv,
	.close = serve_close,
	.name = serve_name,
	.set_option = serve_set_option,
	.get_option = serve_get_option,
	.shutdown = serve_shutdown,
	.peer = serve_peer,
	.poll = serve_poll,
	.information = serve_information,
	.interfaces = serve_interfaces,
	.routes = serve_routes,
	.neighbours = serve_neighbours,
	.sockets = serve_sockets,
	.drops = serve_drops,
};
