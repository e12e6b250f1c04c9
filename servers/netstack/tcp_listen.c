/* Listening sockets: connections that begin, and those that wait to be accepted. RFC 9293, section 3.10.7.2. */
#include "tcp_internal.h"

/* A connection in SYN-RECEIVED with its numbers and options, or NULL. */
struct tcp_socket *tcp_listen_child(struct tcp_socket *listener, const struct net_address *source,
                                    const struct net_address *destination, const struct tcp_segment *segment)
{
	struct tcp_socket *child = tcp_socket_create(listener->tcp, NULL);

	if (child == NULL)
		return NULL;
	child->local = *destination;
	child->remote = *source;
	child->local_port = segment->destination_port;
	child->remote_port = segment->source_port;
	child->no_delay = listener->no_delay;
	child->keepalive = listener->keepalive;
	child->keepalive_idle = listener->keepalive_idle;
	child->keepalive_interval = listener->keepalive_interval;
	child->keepalive_count = listener->keepalive_count;
	child->user_timeout = listener->user_timeout;
	child->reuse_address = listener->reuse_address;
	child->maximum_segment = listener->maximum_segment;
	child->send_fixed = listener->send_fixed;
	child->send.limit = listener->send.limit;
	child->receive_fixed = listener->receive_fixed;
	child->receive.limit = listener->receive.limit;
	child->congestion.name = listener->congestion.name;
	child->listener = listener;
	child->state = TCP_STATE_SYN_RECEIVED;
	list_add_tail(&listener->opening, &child->accept_link);
	listener->half_open++;
	tcp_table_add(child);
	tcp_table_add_port(child);
	if (tcp_adopt_route(child) < 0) {
		tcp_drop(child, 0);
		return NULL;
	}
	tcp_prepare(child);
	tcp_negotiate(child, segment);
	return child;
}

static void receive_syn(struct tcp_socket *listener, const struct net_address *source,
                        const struct net_address *destination, const struct tcp_segment *segment)
{
	struct tcp_statistics *statistics = &listener->tcp->statistics;
	struct tcp_socket *child;

	if (listener->waiting_count >= listener->backlog) {
		statistics->backlog_full++;
		return;
	}
	if (listener->half_open >= listener->backlog) {
		tcp_cookie_answer(listener, source, destination, segment);
		return;
	}
	child = tcp_listen_child(listener, source, destination, segment);
	if (child == NULL) {
		statistics->no_memory++;
		return;
	}
	/* RFC 3168, section 6.1.1: both bits ask. */
	child->ecn = (segment->flags & (TCP_FLAG_ECE | TCP_FLAG_CWR)) == (TCP_FLAG_ECE | TCP_FLAG_CWR);
	if (!tcp_sent_add(child, child->send.initial, child->send.initial + 1, tcp_now(child->tcp))) {
		tcp_drop(child, 0);
		statistics->no_memory++;
		return;
	}
	child->send.next = child->send.initial + 1;
	tcp_transmit_syn(child);
	tcp_arm_retransmit(child);
}

void tcp_listen_input(struct tcp_socket *listener, const struct net_address *source,
                      const struct net_address *destination, const struct tcp_segment *segment)
{
	if (segment->flags & TCP_FLAG_RST)
		return;
	if (segment->flags & TCP_FLAG_ACK) {
		if ((segment->flags & TCP_FLAG_SYN) || !tcp_cookie_accept(listener, source, destination, segment))
			tcp_transmit_stray_reset(listener->tcp, source, destination, segment);
		return;
	}
	if (segment->flags & TCP_FLAG_SYN)
		receive_syn(listener, source, destination, segment);
}

bool tcp_listen_established(struct tcp_socket *socket)
{
	struct tcp_socket *listener = socket->listener;

	if (listener->waiting_count >= listener->backlog) {
		/* The peer's data, or our SYN-ACK again, brings its acknowledgement once more. */
		socket->tcp->statistics.backlog_full++;
		return false;
	}
	listener->half_open--;
	listener->waiting_count++;
	list_remove(&socket->accept_link);
	list_add_tail(&listener->waiting, &socket->accept_link);
	tcp_wake(listener, TCP_ACCEPTABLE);
	return true;
}

void tcp_listen_forget(struct tcp_socket *socket)
{
	if (socket->state == TCP_STATE_SYN_RECEIVED)
		socket->listener->half_open--;
	else
		socket->listener->waiting_count--;
	list_remove(&socket->accept_link);
	socket->listener = NULL;
}

void tcp_listen_close(struct tcp_socket *listener)
{
	while (!list_empty(&listener->opening))
		tcp_reset(list_entry(listener->opening.next, struct tcp_socket, accept_link), 0);
	while (!list_empty(&listener->waiting))
		tcp_reset(list_entry(listener->waiting.next, struct tcp_socket, accept_link), 0);
}
