/*
 * Data of the peer's: into order, into the buffer, and how much more of it may come.
 * RFC 9293, sections 3.8.6.2.2 (silly windows) and 3.8.6.3 (delayed acknowledgements).
 */
#include "tcp_internal.h"

static uint32_t room(const struct tcp_receiver *receive)
{
	return receive->limit > receive->buffer.length ? receive->limit - receive->buffer.length : 0;
}

/* The edge never moves back, and forward only by steps that are worth a segment. */
uint32_t tcp_receive_window(const struct tcp_socket *socket)
{
	const struct tcp_receiver *receive = &socket->receive;
	uint32_t promised = receive->advertised - receive->next;
	uint32_t window = room(receive);
	uint32_t step = receive->limit / 2 < receive->mss ? receive->limit / 2 : receive->mss;

	/* No more than the header can say. */
	if (window > 65535u << receive->scale)
		window = 65535u << receive->scale;
	if (window <= promised || window - promised < step)
		return promised;
	return window;
}

void tcp_note_duplicate(struct tcp_socket *socket, uint32_t start, uint32_t end)
{
	socket->receive.has_duplicate = true;
	socket->receive.duplicate = (struct tcp_block){start, end};
	socket->receive.ack_now = true;
}

void tcp_receive_urgent(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	struct tcp_receiver *receive = &socket->receive;
	/* RFC 6093, section 3.1: the pointer is past the last urgent byte; hosts say so or one less. Linux: this. */
	uint32_t end = segment->sequence + segment->urgent;

	if (!tcp_receives(socket) || !sequence_after(end, receive->next) ||
	    sequence_after(end, receive->advertised) || (receive->urgent && !sequence_after(end, receive->urgent_end)))
		return;
	receive->urgent = true;
	receive->urgent_end = end;
	tcp_wake(socket, TCP_URGENT);
}

static void delay_acknowledgement(struct tcp_socket *socket)
{
	struct tcp_receiver *receive = &socket->receive;

	if (receive->quick > 0 || receive->next - receive->acknowledged >= 2 * receive->mss)
		receive->ack_now = true;
	else if (!tcp_timer_armed(socket, TCP_TIMER_ACK))
		tcp_timer_set(socket, TCP_TIMER_ACK, tcp_now(socket->tcp) + TCP_DELAYED_ACK);
}

/* RFC 9293, section 3.10.7.4, eighth: the peer has sent all. */
static void receive_fin(struct tcp_socket *socket)
{
	socket->receive.next++;
	socket->receive.fin_received = true;
	socket->receive.ack_now = true;
	switch (socket->state) {
	case TCP_STATE_ESTABLISHED:
		socket->state = TCP_STATE_CLOSE_WAIT;
		break;
	case TCP_STATE_FIN_WAIT_1:
		socket->state = TCP_STATE_CLOSING;
		break;
	default:
		tcp_time_wait(socket);
		break;
	}
	tcp_wake(socket, TCP_READABLE);
}

/* `range` lies ahead of what is expected: it is kept, and the peer told at once (RFC 5681, section 4.2). */
static void receive_ahead(struct tcp_socket *socket, struct tcp_block range, const uint8_t *payload)
{
	const struct tcp_environment *environment = &socket->tcp->environment;
	struct tcp_receiver *receive = &socket->receive;
	uint32_t offset = receive->buffer.length + (range.start - receive->next);
	bool known;

	receive->ack_now = true;
	if (range.start == range.end)
		return;
	if (!tcp_buffer_reserve(environment, &receive->buffer, offset + (range.end - range.start)) ||
	    !tcp_reassembly_add(environment, &receive->reassembly, range, &known)) {
		socket->tcp->statistics.no_memory++;
		return;
	}
	tcp_buffer_write(&receive->buffer, offset, payload, range.end - range.start);
	if (known)
		tcp_note_duplicate(socket, range.start, range.end);
}

static void receive_next(struct tcp_socket *socket, struct tcp_block range, const uint8_t *payload)
{
	const struct tcp_environment *environment = &socket->tcp->environment;
	struct tcp_receiver *receive = &socket->receive;
	uint32_t size = range.end - range.start;
	uint32_t end;

	if (size == 0)
		return;
	if (!tcp_buffer_reserve(environment, &receive->buffer, receive->buffer.length + size)) {
		socket->tcp->statistics.no_memory++;
		receive->ack_now = true;
		return;
	}
	tcp_buffer_write(&receive->buffer, receive->buffer.length, payload, size);
	/* A gap that closes, wholly or in part, is acknowledged at once. */
	if (receive->reassembly.count > 0)
		receive->ack_now = true;
	end = tcp_reassembly_advance(&receive->reassembly, range.end);
	receive->buffer.length += end - receive->next;
	socket->counted.bytes_received += end - receive->next;
	receive->next = end;
	delay_acknowledgement(socket);
	tcp_wake(socket, TCP_READABLE);
}

/* The segment overlaps the window; what lies outside of that is cut off. */
void tcp_receive_payload(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	struct tcp_receiver *receive = &socket->receive;
	struct tcp_block range = {segment->sequence, segment->sequence + segment->length};
	const uint8_t *payload = segment->payload;

	if (segment->length > receive->mss && segment->length <= 65535)
		receive->mss = segment->length < socket->send.mss ? segment->length : socket->send.mss;
	if ((segment->flags & TCP_FLAG_FIN) && !sequence_after(range.end, receive->advertised)) {
		receive->fin_known = true;
		receive->fin = range.end;
	}
	if (sequence_before(range.start, receive->next)) {
		uint32_t old = receive->next - range.start;

		if (old > segment->length)
			old = segment->length;
		if (old > 0)
			tcp_note_duplicate(socket, range.start, range.start + old);
		range.start += old;
		payload += old;
	}
	if (sequence_after(range.end, receive->advertised))
		range.end = receive->advertised;
	/* Nothing comes after a FIN, whatever the peer says. */
	if (receive->fin_known && sequence_after(range.end, receive->fin))
		range.end = receive->fin;
	if (sequence_before(range.end, range.start))
		return;
	if (sequence_after(range.start, receive->next))
		receive_ahead(socket, range, payload);
	else
		receive_next(socket, range, payload);
	if (receive->fin_known && receive->next == receive->fin && !receive->fin_received)
		receive_fin(socket);
}

/*
 * The buffer grows so that it never is what limits the peer: to four times what the
 * program takes in a round trip (the idea of dynamic right-sizing, Fisk and Feng, 2001).
 */
static void autotune(struct tcp_socket *socket, uint32_t taken)
{
	struct tcp_receiver *receive = &socket->receive;
	uint64_t now = tcp_now(socket->tcp);
	uint64_t wanted;

	receive->measure_bytes += taken;
	if (socket->receive_fixed || socket->rtt.smoothed == 0 ||
	    now - receive->measure_start < socket->rtt.smoothed)
		return;
	wanted = 4 * (uint64_t)receive->measure_bytes;
	if (wanted > TCP_RECEIVE_MAXIMUM)
		wanted = TCP_RECEIVE_MAXIMUM;
	if (wanted > receive->limit)
		receive->limit = (uint32_t)wanted;
	receive->measure_bytes = 0;
	receive->measure_start = now;
}

/* What a call with nothing to take says. */
static int nothing_to_take(struct tcp_socket *socket)
{
	uint32_t error = socket->error;

	if (error != 0) {
		socket->error = 0;
		return -(int)error;
	}
	if (socket->receive.fin_received || socket->receive.shut)
		return 0;
	switch (socket->state) {
	case TCP_STATE_LISTEN:
		return -POSIX_ENOTCONN;
	case TCP_STATE_CLOSED:
		return socket->remote_port != 0 ? 0 : -POSIX_ENOTCONN;
	default:
		return -POSIX_EAGAIN;
	}
}

int tcp_receive(struct tcp_socket *socket, void *into, uint32_t size, uint32_t flags)
{
	struct tcp_receiver *receive = &socket->receive;
	uint32_t taken = size < receive->buffer.length ? size : receive->buffer.length;
	uint32_t mark;

	if (taken > INT32_MAX)
		taken = INT32_MAX;
	if (receive->buffer.length == 0)
		return nothing_to_take(socket);
	/* Reading stops at the mark, so that a program can see where it is. */
	if (receive->urgent) {
		mark = receive->buffer.length - (receive->next - receive->urgent_end);
		if (!sequence_after(receive->urgent_end, receive->next - receive->buffer.length))
			receive->urgent = false;
		else if (mark < taken)
			taken = mark;
	}
	tcp_buffer_read(&receive->buffer, 0, into, taken);
	if (flags & TCP_RECEIVE_PEEK)
		return (int)taken;
	tcp_buffer_consume(&receive->buffer, taken);
	/* What comes next goes where this was, in memory that is in the cache. */
	if (receive->buffer.length == 0 && receive->reassembly.count == 0)
		receive->buffer.start = 0;
	autotune(socket, taken);
	/* The peer hears of room when there is twice what it last knew of, or it knew of none. */
	if (tcp_receives(socket)) {
		uint32_t promised = receive->advertised - receive->next;
		uint32_t window = tcp_receive_window(socket);

		if (window > promised && (promised < 2 * receive->mss || window >= 2 * promised)) {
			receive->ack_now = true;
			tcp_owe(socket);
		}
	}
	return (int)taken;
}
