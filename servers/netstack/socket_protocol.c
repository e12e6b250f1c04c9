/* The handlers of protocol `socket` that work on sockets. None suspends: who would wait detaches its request. */
#include <drydock/abi/manifest.h>
#include <drydock/proto/socket.h>

#include "name_protocol.h"
#include "server.h"
#include "session.h"
#include "status.h"
#include "stream_protocol.h"

#define PORT_LAST           65535u
#define RECEIVE_BUFFER_LEAST 4096u
#define RECEIVE_BUFFER_MOST  (16u << 20)

/* ---- addresses as they travel ---------------------------------------------------- */

/* The families of addresses that the socket takes: one, or NET_FAMILY_NONE for both. */
static uint8_t *family_of(struct held_socket *socket)
{
	return socket->kind == SOCKET_KIND_STREAM ? &socket->stream.family : &socket->datagram.family;
}

/* An address for that socket. */
static int32_t take_endpoint(struct held_socket *socket, uint32_t family, uint32_t port, uint64_t high, uint64_t low,
                             struct endpoint *endpoint)
{
	uint8_t wanted = *family_of(socket);

	*endpoint = (struct endpoint){.port = (uint16_t)port};
	if (port > PORT_LAST)
		return POSIX_EINVAL;
	if (family == SOCKET_FAMILY_NONE)
		return 0;
	if ((family != SOCKET_FAMILY_IPV4 && family != SOCKET_FAMILY_IPV6) ||
	    (wanted != NET_FAMILY_NONE && wanted != family))
		return POSIX_EAFNOSUPPORT;
	endpoint->address = net_address_take((uint8_t)family, high, low);
	return net_address_mapped(&endpoint->address) ? POSIX_EINVAL : 0;
}

/* ---- making and naming ------------------------------------------------------------- */

static int32_t serve_create(struct request *request, const struct socket_create_arguments *arguments,
                            struct socket_create_results *results)
{
	struct session *session = session_of(request);
	int32_t status;

	if (arguments->family != SOCKET_FAMILY_IPV4 && arguments->family != SOCKET_FAMILY_IPV6)
		return POSIX_EAFNOSUPPORT;
	if (arguments->kind < SOCKET_KIND_STREAM || arguments->kind > SOCKET_KIND_RAW)
		return POSIX_EPROTONOSUPPORT;
	if (arguments->kind == SOCKET_KIND_RAW &&
	    !(badge_flags(connection_info(request->connection)->badge) & CALL_CONTROL))
		return POSIX_EPERM;
	status = session_open(session, arguments->kind, &results->socket);
	if (status == 0 && arguments->family == SOCKET_FAMILY_IPV4)
		*family_of(session_find(session, results->socket)) = NET_FAMILY_IPV4;
	return status;
}

static int32_t serve_bind(struct request *request, const struct socket_bind_arguments *arguments)
{
	struct held_socket *socket = session_find(session_of(request), arguments->socket);
	struct endpoint local;
	int32_t status;

	if (socket == NULL)
		return POSIX_EBADF;
	status = take_endpoint(socket, arguments->family, arguments->port, arguments->address_high,
	                       arguments->address_low, &local);
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
	status = take_endpoint(socket, arguments->family, arguments->port, arguments->address_high,
	                       arguments->address_low, &remote);
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
	net_address_give(&local.address, &results->address_high, &results->address_low);
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
	net_address_give(&remote.address, &results->address_high, &results->address_low);
	return 0;
}

static int32_t serve_close(struct request *request, const struct socket_close_arguments *arguments)
{
	return session_close(session_of(request), arguments->socket) ? 0 : POSIX_EBADF;
}

/* ---- options ----------------------------------------------------------------------- */

/* RFC 3493, section 5.3. Once it has a port, that is of what it was of. */
static int32_t set_ipv6_only(struct held_socket *socket, bool only)
{
	uint8_t *family = family_of(socket);
	struct endpoint local, remote;

	if (*family == NET_FAMILY_IPV4)
		return POSIX_ENOPROTOOPT;
	ends_of(socket, &local, &remote);
	if (local.port != 0)
		return POSIX_EINVAL;
	*family = only ? NET_FAMILY_IPV6 : NET_FAMILY_NONE;
	return 0;
}

static int32_t serve_set_option(struct request *request, const struct socket_set_option_arguments *arguments)
{
	struct held_socket *socket = session_find(session_of(request), arguments->socket);

	if (socket == NULL)
		return POSIX_EBADF;
	if (arguments->option == SOCKET_OPTION_IPV6_ONLY)
		return set_ipv6_only(socket, arguments->value != 0);
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
	if (arguments->option == SOCKET_OPTION_IPV6_ONLY) {
		results->value = *family_of(socket) == NET_FAMILY_IPV6;
		return *family_of(socket) == NET_FAMILY_IPV4 ? POSIX_ENOPROTOOPT : 0;
	}
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

/* ---- groups ------------------------------------------------------------------------ */

static int32_t take_group(struct request *request, uint32_t number, uint32_t family, uint64_t high, uint64_t low,
                          struct held_socket **socket, struct endpoint *group)
{
	*socket = session_find(session_of(request), number);
	if (*socket == NULL)
		return POSIX_EBADF;
	if ((*socket)->kind != SOCKET_KIND_DATAGRAM)
		return POSIX_EOPNOTSUPP;
	if (family == SOCKET_FAMILY_NONE)
		return POSIX_EAFNOSUPPORT;
	return take_endpoint(*socket, family, 0, high, low, group);
}

static int32_t serve_join(struct request *request, const struct socket_join_arguments *arguments)
{
	struct held_socket *socket;
	struct endpoint group;
	int32_t status = take_group(request, arguments->socket, arguments->family, arguments->address_high,
	                            arguments->address_low, &socket, &group);

	return status != 0 ? status : datagram_join(&socket->datagram, &group.address);
}

static int32_t serve_leave(struct request *request, const struct socket_leave_arguments *arguments)
{
	struct held_socket *socket;
	struct endpoint group;
	int32_t status = take_group(request, arguments->socket, arguments->family, arguments->address_high,
	                            arguments->address_low, &socket, &group);

	return status != 0 ? status : datagram_leave(&socket->datagram, &group.address);
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
	status = take_endpoint(socket, arguments->family, arguments->port, arguments->address_high,
	                       arguments->address_low, &to);
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
	net_address_give(&from.address, &results->address_high, &results->address_low);
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
	.join = serve_join,
	.leave = serve_leave,
	.resolve = serve_resolve,
	.interfaces = serve_interfaces,
	.routes = serve_routes,
	.neighbours = serve_neighbours,
	.sockets = serve_sockets,
	.drops = serve_drops,
	.addresses = serve_addresses,
};
