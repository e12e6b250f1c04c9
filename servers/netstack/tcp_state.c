/* How sockets begin, what two ends agree upon, and how it ends: RFC 9293, sections 3.3.2 and 3.6. */
#include "tcp_internal.h"

struct tcp *tcp_create(const struct tcp_environment *environment, const uint8_t secret[16])
{
	struct tcp *tcp = environment->allocate(environment->context, sizeof(*tcp));

	if (tcp == NULL)
		return NULL;
	*tcp = (struct tcp){.environment = *environment};
	memcpy(&tcp->key, secret, sizeof(tcp->key));
	list_init(&tcp->all);
	list_init(&tcp->dead);
	list_init(&tcp->owing);
	if (!tcp_table_create(tcp)) {
		environment->release(environment->context, tcp, sizeof(*tcp));
		return NULL;
	}
	return tcp;
}

static void free_buffers(struct tcp_socket *socket)
{
	const struct tcp_environment *environment = &socket->tcp->environment;

	tcp_sent_free(socket);
	tcp_buffer_free(environment, &socket->send.buffer);
	tcp_reassembly_free(environment, &socket->receive.reassembly);
}

static void socket_free(struct tcp_socket *socket)
{
	struct tcp *tcp = socket->tcp;

	free_buffers(socket);
	tcp_buffer_free(&tcp->environment, &socket->receive.buffer);
	tcp_timer_detach(socket);
	list_remove(&socket->all_link);
	list_remove(&socket->connection_link);
	list_remove(&socket->port_link);
	list_remove(&socket->accept_link);
	list_remove(&socket->owing_link);
	tcp->statistics.sockets--;
	tcp->environment.release(tcp->environment.context, socket, sizeof(*socket));
}

void tcp_destroy(struct tcp *tcp)
{
	struct tcp_environment environment = tcp->environment;

	/* Before a listener is gone, nobody may be in its queues. */
	list_for_each(link, &tcp->all)
		list_remove(&list_entry(link, struct tcp_socket, all_link)->accept_link);
	while (!list_empty(&tcp->all))
		socket_free(list_entry(tcp->all.next, struct tcp_socket, all_link));
	if (tcp->heap != NULL)
		environment.release(environment.context, tcp->heap, tcp->heap_capacity * sizeof(struct tcp_socket *));
	environment.release(environment.context, tcp->connections.buckets,
	                    tcp->connections.count * sizeof(struct list));
	environment.release(environment.context, tcp, sizeof(*tcp));
}

struct tcp_socket *tcp_socket_create(struct tcp *tcp, void *owner)
{
	struct tcp_socket *socket = tcp->environment.allocate(tcp->environment.context, sizeof(*socket));

	if (socket == NULL)
		return NULL;
	*socket = (struct tcp_socket){
		.tcp = tcp,
		.owner = owner,
		.keepalive_idle = 7200,
		.keepalive_interval = 75,
		.keepalive_count = 9,
		.send = {.limit = TCP_SEND_LIMIT},
		.receive = {.limit = TCP_RECEIVE_LIMIT},
	};
	if (!tcp_timer_attach(socket)) {
		tcp->environment.release(tcp->environment.context, socket, sizeof(*socket));
		return NULL;
	}
	list_init(&socket->connection_link);
	list_init(&socket->port_link);
	list_init(&socket->accept_link);
	list_init(&socket->owing_link);
	list_init(&socket->opening);
	list_init(&socket->waiting);
	list_add_tail(&tcp->all, &socket->all_link);
	tcp_sent_init(socket);
	tcp_rtt_init(&socket->rtt);
	tcp->statistics.sockets++;
	return socket;
}

int tcp_adopt_route(struct tcp_socket *socket)
{
	const struct tcp_environment *environment = &socket->tcp->environment;
	struct tcp_route route = {0};
	int result = environment->route(environment->context, &socket->remote, &route);

	if (result < 0)
		return result;
	if (net_address_unspecified(&socket->local))
		socket->local = route.local;
	socket->send.path_mtu = route.mtu;
	socket->segmentation = route.segmentation;
	return 0;
}

static uint32_t headers(const struct tcp_socket *socket)
{
	return TCP_HEADER_MINIMUM + (socket->remote.family == 6 ? 40 : 20);
}

/* RFC 9293, section 3.7.1: what the peer takes and the path takes, less what every segment carries. */
void tcp_set_mss(struct tcp_socket *socket)
{
	uint32_t mss = socket->send.peer_mss;
	uint32_t path = socket->send.path_mtu > headers(socket) ? socket->send.path_mtu - headers(socket) : 0;

	if (path < mss)
		mss = path;
	if (socket->maximum_segment != 0 && socket->maximum_segment < mss)
		mss = socket->maximum_segment;
	if (mss < TCP_MSS_MINIMUM)
		mss = TCP_MSS_MINIMUM;
	if (socket->timestamps.enabled)
		mss -= TCP_TIMESTAMPS_LENGTH;
	socket->send.mss = mss;
	socket->congestion.mss = mss;
}

void tcp_shrink_path(struct tcp_socket *socket, uint32_t payload)
{
	socket->send.path_mtu = headers(socket) + (socket->timestamps.enabled ? TCP_TIMESTAMPS_LENGTH : 0) + payload;
	tcp_set_mss(socket);
}

/* The shift with which the largest buffer that this one may become can be told. */
static uint8_t choose_scale(const struct tcp_socket *socket)
{
	uint32_t largest = socket->receive_fixed ? socket->receive.limit : TCP_RECEIVE_MAXIMUM;
	uint8_t scale = 0;

	while (scale < TCP_SCALE_MAXIMUM && 65535u << scale < largest)
		scale++;
	return scale;
}

void tcp_prepare(struct tcp_socket *socket)
{
	struct tcp_sender *send = &socket->send;
	uint64_t now = tcp_now(socket->tcp);

	send->initial = tcp_isn(socket->tcp, socket);
	send->unacknowledged = send->next = send->initial;
	send->base = send->small_end = send->initial + 1;
	send->last_sent = now;
	send->peer_mss = socket->remote.family == 6 ? TCP_DEFAULT_MSS6 : TCP_DEFAULT_MSS4;
	socket->recovery.point = socket->recovery.highest_sacked = socket->recovery.reorder_round = send->initial;
	socket->timestamps.offset = tcp_timestamp_offset(socket->tcp, socket);
	socket->receive.scale = choose_scale(socket);
	socket->receive.quick = TCP_QUICK_ACKS;
	socket->heard = socket->progress = now;
	tcp_set_mss(socket);
}

/* What the peer's SYN offers, of what we ask for or grant. */
void tcp_negotiate(struct tcp_socket *socket, const struct tcp_segment *syn)
{
	struct tcp_receiver *receive = &socket->receive;

	receive->initial = syn->sequence;
	receive->next = receive->acknowledged = syn->sequence + 1;
	receive->advertised = receive->next + (receive->limit < 65535 ? receive->limit : 65535);
	if (syn->maximum_size != 0)
		socket->send.peer_mss = syn->maximum_size;
	receive->mss = TCP_DEFAULT_MSS4;
	socket->sack = syn->sack_permitted;
	socket->timestamps.enabled = syn->has_timestamps;
	if (syn->has_timestamps) {
		socket->timestamps.recent = syn->timestamp;
		socket->timestamps.recent_at = tcp_now(socket->tcp);
	}
	/* RFC 7323, section 2.2: both or neither. */
	socket->scaling = syn->has_scale;
	socket->send.scale = syn->has_scale ? syn->scale : 0;
	if (!syn->has_scale)
		receive->scale = 0;
	/* A SYN's window is never scaled. */
	socket->send.window = socket->send.window_maximum = syn->window;
	socket->send.window_sequence = syn->sequence;
	socket->send.window_ack = syn->acknowledgement;
	tcp_set_mss(socket);
}

/* The handshake is done. */
void tcp_establish(struct tcp_socket *socket)
{
	enum tcp_congestion_name name = socket->congestion.name;

	socket->state = TCP_STATE_ESTABLISHED;
	tcp_congestion_init(&socket->congestion, name, socket->send.mss);
	/* RFC 6928, section 2: one SYN that is sent again may only be slow; more of them are lost. */
	if (socket->counted.retransmissions > 1)
		socket->congestion.window = socket->send.mss;
	if (socket->counted.retransmissions > 0 && socket->rtt.smoothed == 0)
		socket->rtt.rto = TCP_RTO_UNMEASURED;
	socket->receive.measure_start = tcp_now(socket->tcp);
	socket->progress = tcp_now(socket->tcp);
	tcp_arm_keepalive(socket);
}

void tcp_wake(struct tcp_socket *socket, uint32_t events)
{
	if (!socket->detached && socket->listener == NULL)
		socket->tcp->environment.wake(socket->tcp->environment.context, socket->owner, events);
}

static void leave_tables(struct tcp_socket *socket)
{
	if (!list_empty(&socket->connection_link) && socket->state != TCP_STATE_LISTEN)
		socket->tcp->connections.used--;
	list_remove(&socket->connection_link);
	list_remove(&socket->port_link);
}

void tcp_drop(struct tcp_socket *socket, uint32_t error)
{
	struct tcp *tcp = socket->tcp;
	bool was_open = socket->state != TCP_STATE_CLOSED;

	if (socket->dying)
		return;
	if (socket->state == TCP_STATE_LISTEN)
		tcp_listen_close(socket);
	if (socket->state == TCP_STATE_TIME_WAIT)
		tcp->statistics.time_waiting--;
	if (socket->listener != NULL) {
		tcp_listen_forget(socket);
		socket->detached = true;
	}
	leave_tables(socket);
	for (int i = 0; i < TCP_TIMER_COUNT; i++)
		tcp_timer_clear(socket, i);
	free_buffers(socket);
	socket->send.buffer = (struct tcp_buffer){0};
	socket->state = TCP_STATE_CLOSED;
	if (error != 0)
		socket->error = error;
	if (socket->detached) {
		socket->dying = true;
		list_remove(&socket->all_link);
		list_add_tail(&tcp->dead, &socket->all_link);
	} else if (was_open) {
		tcp_wake(socket, TCP_CLOSED | TCP_READABLE | TCP_WRITABLE | (error != 0 ? TCP_ERROR : 0));
	}
}

void tcp_reset(struct tcp_socket *socket, uint32_t error)
{
	if (tcp_synchronized(socket) || socket->state == TCP_STATE_SYN_RECEIVED)
		tcp_transmit_reset(socket);
	tcp_drop(socket, error);
}

/* RFC 9293, section 3.6: what is left of a connection is its numbers, and these for a while. */
void tcp_time_wait(struct tcp_socket *socket)
{
	struct tcp *tcp = socket->tcp;

	if (socket->state != TCP_STATE_TIME_WAIT) {
		socket->state = TCP_STATE_TIME_WAIT;
		tcp->statistics.time_waiting++;
		for (int i = 0; i < TCP_TIMER_COUNT; i++)
			tcp_timer_clear(socket, i);
		free_buffers(socket);
		tcp_wake(socket, TCP_CLOSED | TCP_WRITABLE);
	}
	if (tcp->statistics.time_waiting > TCP_TIME_WAIT_MAXIMUM)
		tcp_drop(socket, 0);
	else
		tcp_timer_set(socket, TCP_TIMER_LIFETIME, tcp_now(tcp) + TCP_TIME_WAIT);
}

void tcp_reap(struct tcp *tcp)
{
	while (!list_empty(&tcp->dead))
		socket_free(list_entry(tcp->dead.next, struct tcp_socket, all_link));
}
