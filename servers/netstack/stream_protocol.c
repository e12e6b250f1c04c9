/* Streams for clients: what stream.h would wait for is waited for here (stream_protocol.h). */
#include "stream_protocol.h"

#include "netstack.h"

#define BUFFER_LEAST 4096u
#define BUFFER_MOST  (16u << 20)

/* The socket, where it is a stream. */
static int32_t find_stream(const struct request *request, uint32_t number, struct held_socket **socket)
{
	*socket = session_find(session_of(request), number);
	if (*socket == NULL)
		return POSIX_EBADF;
	return (*socket)->kind == SOCKET_KIND_STREAM ? 0 : POSIX_EOPNOTSUPP;
}

/* ---- connections that come ------------------------------------------------------------ */

int32_t serve_listen(struct request *request, const struct socket_listen_arguments *arguments)
{
	struct held_socket *socket;
	int32_t status = find_stream(request, arguments->socket, &socket);

	return status != 0 ? status : stream_listen(&socket->stream, arguments->backlog);
}

static int32_t accept(struct held_socket *listener, struct socket_accept_results *results)
{
	struct tcp_information information;
	int32_t status;

	tcp_information(listener->stream.tcp, &information);
	if (information.state != TCP_STATE_LISTEN)
		return POSIX_EINVAL;
	if (information.waiting == 0)
		return POSIX_EAGAIN;
	status = session_accept(listener, &results->accepted);
	if (status != 0)
		return status;
	tcp_information(session_find(listener->session, results->accepted)->stream.tcp, &information);
	results->port = information.remote_port;
	results->family = information.remote.family;
	net_address_give(&information.remote, &results->address_high, &results->address_low);
	return 0;
}

static bool accept_again(struct held_socket *listener, struct request *request)
{
	struct socket_accept_results results = {0};
	int32_t status = accept(listener, &results);

	if (status == POSIX_EAGAIN)
		return false;
	socket_accept_reply(request, status, status == 0 ? &results : NULL);
	return true;
}

int32_t serve_accept(struct request *request, const struct socket_accept_arguments *arguments,
                     struct socket_accept_results *results)
{
	struct held_socket *listener;
	int32_t status = find_stream(request, arguments->socket, &listener);

	if (status != 0)
		return status;
	if (arguments->flags & ~(uint32_t)SOCKET_AT_ONCE)
		return POSIX_EINVAL;
	status = accept(listener, results);
	if (status != POSIX_EAGAIN || (arguments->flags & SOCKET_AT_ONCE))
		return status;
	return held_wait(listener, WAIT_ACCEPT, request, accept_again);
}

/* ---- connections that are made ---------------------------------------------------------- */

static int32_t take_error(struct held_socket *socket)
{
	uint32_t error;
	int32_t status = stream_get_option(&socket->stream, TCP_OPTION_ERROR, &error);

	return status != 0 ? status : (int32_t)error;
}

static bool connect_again(struct held_socket *socket, struct request *request)
{
	uint32_t ready = tcp_ready(socket->stream.tcp);

	if (!(ready & (TCP_CONNECTED | TCP_ERROR | TCP_CLOSED)))
		return false;
	socket_connect_reply(request, ready & TCP_ERROR ? take_error(socket) : 0);
	return true;
}

int32_t held_stream_connect(struct held_socket *socket, struct request *request,
                            const struct endpoint *remote, uint32_t flags)
{
	int32_t status;

	if (flags & ~(uint32_t)SOCKET_AT_ONCE)
		return POSIX_EINVAL;
	if (remote->address.family == NET_FAMILY_NONE)
		return POSIX_EAFNOSUPPORT;
	status = stream_connect(&socket->stream, remote);
	if (status != POSIX_EINPROGRESS || (flags & SOCKET_AT_ONCE))
		return status;
	return held_wait(socket, WAIT_CONNECT, request, connect_again);
}

int32_t serve_shutdown(struct request *request, const struct socket_shutdown_arguments *arguments)
{
	struct held_socket *socket;
	int32_t status = find_stream(request, arguments->socket, &socket);

	_Static_assert(SOCKET_SHUTDOWN_READ == TCP_SHUTDOWN_READ &&
	                       SOCKET_SHUTDOWN_WRITE == TCP_SHUTDOWN_WRITE,
	               "the protocol's numbers are the engine's");
	return status != 0 ? status : stream_shutdown(&socket->stream, arguments->which);
}

/* ---- data ------------------------------------------------------------------------------- */

/* Whether more follows no longer matters: it has waited until much could be sent. */
static bool send_again(struct held_socket *socket, struct request *request)
{
	struct socket_send_results results;
	int32_t status = stream_send(&socket->stream, request->in, request->in_length, 0, &results.sent);

	if (status == POSIX_EAGAIN)
		return false;
	socket_send_reply(request, status, status == 0 ? &results : NULL);
	return true;
}

int32_t held_stream_send(struct held_socket *socket, struct request *request,
                         const struct socket_send_arguments *arguments, struct socket_send_results *results)
{
	int32_t status;

	if (arguments->flags & ~(uint32_t)(SOCKET_AT_ONCE | SOCKET_SEND_MORE))
		return POSIX_EINVAL;
	if (arguments->family != SOCKET_FAMILY_NONE)
		return POSIX_EISCONN;
	status = stream_send(&socket->stream, arguments->data, arguments->data_length,
	                     arguments->flags & SOCKET_SEND_MORE ? TCP_SEND_MORE : 0, &results->sent);
	if (status != POSIX_EAGAIN || (arguments->flags & SOCKET_AT_ONCE))
		return status;
	return held_wait(socket, WAIT_SEND, request, send_again);
}

int32_t held_stream_receive(struct held_socket *socket, uint8_t *data, uint32_t capacity, uint32_t flags,
                            struct socket_recv_results *results)
{
	int32_t status =
		stream_receive(&socket->stream, data, capacity,
	                       flags & SOCKET_RECV_PEEK ? TCP_RECEIVE_PEEK : 0, &results->data_length);

	results->whole = results->data_length;
	return status;
}

/* ---- options ----------------------------------------------------------------------------- */

/* By SOCKET_OPTION_*; those of the protocol's own are not here. */
static bool tcp_option_of(uint32_t option, enum tcp_option *found)
{
	static const struct {
		uint32_t option;
		enum tcp_option tcp;
	} options[] = {
		{SOCKET_OPTION_RECEIVE_BUFFER, TCP_OPTION_RECEIVE_BUFFER},
		{SOCKET_OPTION_ERROR, TCP_OPTION_ERROR},
		{SOCKET_OPTION_SEND_BUFFER, TCP_OPTION_SEND_BUFFER},
		{SOCKET_OPTION_NO_DELAY, TCP_OPTION_NODELAY},
		{SOCKET_OPTION_CORK, TCP_OPTION_CORK},
		{SOCKET_OPTION_KEEPALIVE, TCP_OPTION_KEEPALIVE},
		{SOCKET_OPTION_KEEPALIVE_IDLE, TCP_OPTION_KEEPALIVE_IDLE},
		{SOCKET_OPTION_KEEPALIVE_INTERVAL, TCP_OPTION_KEEPALIVE_INTERVAL},
		{SOCKET_OPTION_KEEPALIVE_COUNT, TCP_OPTION_KEEPALIVE_COUNT},
		{SOCKET_OPTION_REUSE_ADDRESS, TCP_OPTION_REUSE_ADDRESS},
		{SOCKET_OPTION_USER_TIMEOUT, TCP_OPTION_USER_TIMEOUT},
		{SOCKET_OPTION_CONGESTION, TCP_OPTION_CONGESTION},
		{SOCKET_OPTION_SEGMENT, TCP_OPTION_MAXIMUM_SEGMENT},
	};

	for (uint32_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (options[i].option == option) {
			*found = options[i].tcp;
			return true;
		}
	}
	return false;
}

int32_t held_stream_set_option(struct held_socket *socket, uint32_t option, uint32_t value)
{
	enum tcp_option found;

	if (option == SOCKET_OPTION_RESET) {
		socket->reset = value != 0;
		return 0;
	}
	if (!tcp_option_of(option, &found))
		return POSIX_ENOPROTOOPT;
	if ((option == SOCKET_OPTION_RECEIVE_BUFFER || option == SOCKET_OPTION_SEND_BUFFER) &&
	    (value < BUFFER_LEAST || value > BUFFER_MOST))
		return POSIX_EINVAL;
	return stream_set_option(&socket->stream, found, value);
}

int32_t held_stream_get_option(struct held_socket *socket, uint32_t option, uint32_t *value)
{
	enum tcp_option found;

	if (option == SOCKET_OPTION_RESET) {
		*value = socket->reset;
		return 0;
	}
	return tcp_option_of(option, &found) ? stream_get_option(&socket->stream, found, value)
	                                     : POSIX_ENOPROTOOPT;
}

/* ---- what TCP knows ------------------------------------------------------------------------ */

int32_t serve_information(struct request *request, const struct socket_information_arguments *arguments,
                          struct socket_information_results *results)
{
	struct tcp_information known;
	struct socket_information record;
	struct held_socket *socket;
	int32_t status = find_stream(request, arguments->socket, &socket);

	if (status != 0)
		return status;
	if (arguments->information_capacity < sizeof(record))
		return POSIX_EINVAL;
	tcp_information(socket->stream.tcp, &known);
	record = (struct socket_information){
		.state = known.state,
		.segment_size = known.segment_size,
		.rtt = known.rtt,
		.rtt_variance = known.rtt_variance,
		.rtt_minimum = known.rtt_minimum,
		.timeout = known.rto,
		.congestion_window = known.congestion_window,
		.slow_start_threshold = known.slow_start_threshold,
		.in_flight = known.in_flight,
		.lost = known.lost,
		.send_window = known.send_window,
		.receive_window = known.receive_window,
		.send_queued = known.send_queued,
		.receive_queued = known.receive_queued,
		.bytes_sent = known.bytes_sent,
		.bytes_acknowledged = known.bytes_acknowledged,
		.bytes_received = known.bytes_received,
		.bytes_retransmitted = known.bytes_retransmitted,
		.retransmissions = known.retransmissions,
		.timeouts = known.timeouts,
		.recoveries = known.recoveries,
		.features = (known.sack ? 1u : 0) | (known.timestamps ? 2u : 0) | (known.ecn ? 4u : 0),
	};
	memcpy(arguments->information, &record, sizeof(record));
	results->information_length = sizeof(record);
	return 0;
}
