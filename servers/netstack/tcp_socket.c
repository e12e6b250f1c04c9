/* The calls that programs make: RFC 9293, section 3.10.1 to 3.10.6, with the errors of POSIX. */
#include "tcp_internal.h"

int tcp_open(struct tcp *tcp, void *owner, struct tcp_socket **socket)
{
	*socket = tcp_socket_create(tcp, owner);
	return *socket == NULL ? -POSIX_ENOMEM : 0;
}

void tcp_set_owner(struct tcp_socket *socket, void *owner)
{
	socket->owner = owner;
}

int tcp_bind(struct tcp_socket *socket, const struct net_address *local, uint16_t port)
{
	struct net_address none = {0};

	if (socket->state != TCP_STATE_CLOSED || socket->local_port != 0)
		return -POSIX_EINVAL;
	socket->local = local == NULL ? none : *local;
	if (port == 0)
		port = tcp_table_choose_port(socket);
	else if (!tcp_table_port_free(socket->tcp, socket, &socket->local, port, false))
		port = 0;
	if (port == 0) {
		socket->local = none;
		return -POSIX_EADDRINUSE;
	}
	socket->local_port = port;
	socket->bound = true;
	tcp_table_add_port(socket);
	return 0;
}

int tcp_listen(struct tcp_socket *socket, uint32_t backlog)
{
	int result;

	if (socket->state != TCP_STATE_CLOSED && socket->state != TCP_STATE_LISTEN)
		return -POSIX_EINVAL;
	if (backlog == 0)
		backlog = 1;
	socket->backlog = backlog < TCP_BACKLOG_MAXIMUM ? backlog : TCP_BACKLOG_MAXIMUM;
	if (socket->state == TCP_STATE_LISTEN)
		return 0;
	if (socket->local_port == 0 && (result = tcp_bind(socket, NULL, 0)) < 0)
		return result;
	if (!tcp_table_port_free(socket->tcp, socket, &socket->local, socket->local_port, true))
		return -POSIX_EADDRINUSE;
	socket->state = TCP_STATE_LISTEN;
	tcp_table_add_listener(socket);
	return 0;
}

int tcp_accept(struct tcp_socket *listener, void *owner, struct tcp_socket **socket)
{
	struct list *link;

	if (listener->state != TCP_STATE_LISTEN)
		return -POSIX_EINVAL;
	link = list_take(&listener->waiting);
	if (link == NULL)
		return -POSIX_EAGAIN;
	*socket = list_entry(link, struct tcp_socket, accept_link);
	listener->waiting_count--;
	(*socket)->listener = NULL;
	(*socket)->owner = owner;
	return 0;
}

static int connect_state(const struct tcp_socket *socket)
{
	switch (socket->state) {
	case TCP_STATE_CLOSED:
		return socket->remote_port == 0 ? 0 : -POSIX_EISCONN;
	case TCP_STATE_LISTEN:
		return -POSIX_EINVAL;
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
		return -POSIX_EALREADY;
	default:
		return -POSIX_EISCONN;
	}
}

/* Addresses and ports, so that the connection is the only one with them. */
static int connect_name(struct tcp_socket *socket)
{
	int result = tcp_adopt_route(socket);

	if (result < 0)
		return result;
	if (socket->local_port != 0)
		return tcp_table_find(socket->tcp, &socket->local, socket->local_port, &socket->remote,
		                      socket->remote_port) == NULL ? 0 : -POSIX_EADDRINUSE;
	socket->local_port = tcp_table_choose_port(socket);
	if (socket->local_port == 0)
		return -POSIX_EADDRNOTAVAIL;
	tcp_table_add_port(socket);
	return 0;
}

int tcp_connect(struct tcp_socket *socket, const struct net_address *remote, uint16_t port)
{
	struct net_address local = socket->local;
	int result = connect_state(socket);

	if (result < 0)
		return result;
	if (port == 0 || net_address_unspecified(remote))
		return -POSIX_EINVAL;
	socket->remote = *remote;
	socket->remote_port = port;
	result = connect_name(socket);
	if (result == 0) {
		tcp_prepare(socket);
		if (!tcp_sent_add(socket, socket->send.initial, socket->send.initial + 1, tcp_now(socket->tcp)))
			result = -POSIX_ENOMEM;
	}
	if (result < 0) {
		socket->local = local;
		socket->remote = (struct net_address){0};
		socket->remote_port = 0;
		return result;
	}
	socket->send.next = socket->send.initial + 1;
	socket->state = TCP_STATE_SYN_SENT;
	tcp_table_add(socket);
	tcp_transmit_syn(socket);
	tcp_arm_retransmit(socket);
	return -POSIX_EINPROGRESS;
}

/* 0 where data may be queued. */
static int send_state(struct tcp_socket *socket)
{
	uint32_t error = socket->error;

	if (error != 0) {
		socket->error = 0;
		return -(int)error;
	}
	switch (socket->state) {
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
		return -POSIX_EAGAIN;
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_CLOSE_WAIT:
		return socket->send.fin_queued ? -POSIX_EPIPE : 0;
	case TCP_STATE_LISTEN:
		return -POSIX_ENOTCONN;
	case TCP_STATE_CLOSED:
		return socket->remote_port == 0 ? -POSIX_ENOTCONN : -POSIX_EPIPE;
	default:
		return -POSIX_EPIPE;
	}
}

int tcp_send(struct tcp_socket *socket, const struct tcp_piece *pieces, uint32_t count, uint32_t flags)
{
	struct tcp_sender *send = &socket->send;
	uint32_t before = send->buffer.length;
	bool cork = socket->cork;
	uint64_t total = 0;
	uint32_t room;
	int result = send_state(socket);

	if (result < 0)
		return result;
	for (uint32_t i = 0; i < count; i++)
		total += pieces[i].length;
	room = send->limit > before ? send->limit - before : 0;
	if (total > room)
		total = room;
	if (total == 0)
		return room == 0 ? -POSIX_EAGAIN : 0;
	if (!tcp_buffer_reserve(&socket->tcp->environment, &send->buffer, before + (uint32_t)total))
		return -POSIX_ENOMEM;
	for (uint32_t i = 0, left = (uint32_t)total; i < count && left > 0; i++) {
		uint32_t size = pieces[i].length < left ? pieces[i].length : left;

		tcp_buffer_write(&send->buffer, send->buffer.length, pieces[i].address, size);
		send->buffer.length += size;
		left -= size;
	}
	if (before == 0)
		socket->progress = tcp_now(socket->tcp);
	if (flags & TCP_SEND_URGENT) {
		send->urgent = true;
		send->urgent_end = tcp_data_end(socket);
	}
	socket->cork |= !!(flags & TCP_SEND_MORE);
	tcp_output(socket);
	socket->cork = cork;
	return (int)total;
}

/* The FIN goes after the data. */
static void finish(struct tcp_socket *socket)
{
	if (socket->send.fin_queued)
		return;
	socket->send.fin_queued = true;
	socket->state = socket->state == TCP_STATE_CLOSE_WAIT ? TCP_STATE_LAST_ACK : TCP_STATE_FIN_WAIT_1;
	tcp_output(socket);
}

int tcp_shutdown(struct tcp_socket *socket, uint32_t which)
{
	if (which == 0 || which > (TCP_SHUTDOWN_READ | TCP_SHUTDOWN_WRITE))
		return -POSIX_EINVAL;
	if (!tcp_synchronized(socket))
		return -POSIX_ENOTCONN;
	if (which & TCP_SHUTDOWN_READ) {
		socket->receive.shut = true;
		tcp_wake(socket, TCP_READABLE);
	}
	if ((which & TCP_SHUTDOWN_WRITE) &&
	    (socket->state == TCP_STATE_ESTABLISHED || socket->state == TCP_STATE_CLOSE_WAIT))
		finish(socket);
	return 0;
}

void tcp_close(struct tcp_socket *socket)
{
	struct tcp *tcp = socket->tcp;

	socket->detached = true;
	socket->owner = NULL;
	switch (socket->state) {
	case TCP_STATE_CLOSED:
	case TCP_STATE_LISTEN:
	case TCP_STATE_SYN_SENT:
	case TCP_STATE_SYN_RECEIVED:
		tcp_reset(socket, 0);
		break;
	case TCP_STATE_ESTABLISHED:
	case TCP_STATE_CLOSE_WAIT:
		if (socket->receive.buffer.length > 0)
			tcp_reset(socket, 0);
		else
			finish(socket);
		break;
	case TCP_STATE_FIN_WAIT_1:
		if (socket->receive.buffer.length > 0)
			tcp_reset(socket, 0);
		break;
	case TCP_STATE_FIN_WAIT_2:
		if (socket->receive.buffer.length > 0)
			tcp_reset(socket, 0);
		else
			tcp_timer_set(socket, TCP_TIMER_LIFETIME, tcp_now(tcp) + TCP_TIME_WAIT);
		break;
	default:
		break;
	}
	tcp_reap(tcp);
}

void tcp_abort(struct tcp_socket *socket)
{
	struct tcp *tcp = socket->tcp;

	socket->detached = true;
	socket->owner = NULL;
	/* RFC 9293, section 3.10.5: the peer has already said its last word, and needs no reset. */
	if (socket->state == TCP_STATE_TIME_WAIT || socket->state == TCP_STATE_LAST_ACK ||
	    socket->state == TCP_STATE_CLOSING)
		tcp_drop(socket, 0);
	else
		tcp_reset(socket, 0);
	tcp_reap(tcp);
}

uint32_t tcp_ready(const struct tcp_socket *socket)
{
	uint32_t events = 0;

	if (socket->state == TCP_STATE_LISTEN)
		return list_empty(&socket->waiting) ? 0 : TCP_ACCEPTABLE | TCP_READABLE;
	if (socket->receive.buffer.length > 0 || socket->receive.fin_received || socket->receive.shut)
		events |= TCP_READABLE;
	if (tcp_synchronized(socket))
		events |= TCP_CONNECTED;
	if (socket->send.fin_queued ||
	    (tcp_synchronized(socket) && socket->send.buffer.length < socket->send.limit))
		events |= TCP_WRITABLE;
	if (socket->receive.urgent)
		events |= TCP_URGENT;
	if (socket->error != 0)
		events |= TCP_ERROR | TCP_READABLE | TCP_WRITABLE;
	if (socket->state == TCP_STATE_CLOSED || socket->state == TCP_STATE_TIME_WAIT)
		events |= TCP_CLOSED | TCP_READABLE | TCP_WRITABLE;
	return events;
}
