/* The acknowledgement of a segment: RFC 9293, section 3.10.7.4, fifth; RFC 5961, section 5. */
#include "tcp_internal.h"

/* RFC 5961, section 7: a peer is told what is right at most ten times a second. */
void tcp_challenge(struct tcp_socket *socket)
{
	uint64_t now = tcp_now(socket->tcp);

	if (now - socket->challenge_start >= SECOND) {
		socket->challenge_start = now;
		socket->challenge_count = 0;
	}
	if (socket->challenge_count++ >= 10)
		return;
	socket->tcp->statistics.challenges++;
	tcp_transmit_ack(socket);
}

/* RFC 9293, section 3.10.7.4: only from a segment that is not older than the last that said. */
static bool update_window(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	struct tcp_sender *send = &socket->send;
	uint32_t window = (uint32_t)segment->window << send->scale;
	bool changed;

	if (sequence_before(segment->sequence, send->window_sequence) ||
	    (segment->sequence == send->window_sequence &&
	     sequence_before(segment->acknowledgement, send->window_ack)))
		return false;
	changed = window != send->window;
	send->window = window;
	send->window_sequence = segment->sequence;
	send->window_ack = segment->acknowledgement;
	if (window > send->window_maximum)
		send->window_maximum = window;
	return changed;
}

/* Takes what is acknowledged out of the buffer; SYN and FIN have numbers but no bytes. */
static void release_data(struct tcp_socket *socket)
{
	struct tcp_sender *send = &socket->send;
	uint32_t end = sequence_minimum(send->unacknowledged, tcp_data_end(socket));
	uint32_t before = send->buffer.length;

	if (!sequence_after(end, send->base))
		return;
	tcp_buffer_consume(&send->buffer, end - send->base);
	send->base = end;
	/* The buffer follows the window, so that the window can grow (twice: one in flight, one behind it). */
	if (!socket->send_fixed && send->limit < 2 * (uint64_t)socket->congestion.window &&
	    send->limit < TCP_SEND_MAXIMUM)
		send->limit = 2 * socket->congestion.window < TCP_SEND_MAXIMUM ? 2 * socket->congestion.window
		                                                                 : TCP_SEND_MAXIMUM;
	/* A program is woken when a third is free, not for each segment. */
	if (before > 0 && send->buffer.length <= send->limit / 3 * 2)
		tcp_wake(socket, TCP_WRITABLE);
}

static void sample_round_trip(struct tcp_socket *socket, struct tcp_delivery *delivery)
{
	if (delivery->rtt == 0 && delivery->acknowledged > 0 && delivery->has_echo && delivery->echo != 0) {
		uint32_t elapsed = tcp_timestamp_now(socket) - delivery->echo;

		/* A stranger's number: only what can be true. */
		if (elapsed < TCP_RTO_MAXIMUM / MILLISECOND)
			delivery->rtt = elapsed == 0 ? MILLISECOND : elapsed * MILLISECOND;
	}
	if (delivery->rtt != 0)
		tcp_rtt_sample(&socket->rtt, delivery->rtt, delivery->now);
}

static void advance(struct tcp_socket *socket, struct tcp_delivery *delivery, uint32_t ack)
{
	delivery->acknowledged = ack - socket->send.unacknowledged;
	socket->counted.bytes_acknowledged += delivery->acknowledged;
	tcp_sent_acknowledge(socket, ack, delivery);
	socket->send.unacknowledged = ack;
	socket->progress = delivery->now;
	socket->retries = 0;
	socket->rtt.backoff = 0;
	if (sequence_before(socket->send.small_end, ack))
		socket->send.small_end = ack;
	if (socket->send.urgent && !sequence_before(ack, socket->send.urgent_end))
		socket->send.urgent = false;
}

/* False where the segment is to be dropped whole. */
bool tcp_acknowledged(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	struct tcp_sender *send = &socket->send;
	uint32_t ack = segment->acknowledgement;
	struct tcp_delivery delivery = {
		.now = tcp_now(socket->tcp),
		.echo = segment->timestamp_echo,
		.has_echo = socket->timestamps.enabled && segment->has_timestamps,
	};
	bool window_changed;

	if (sequence_after(ack, send->next) || sequence_before(ack, send->unacknowledged - send->window_maximum)) {
		socket->tcp->statistics.bad_acknowledgement++;
		tcp_challenge(socket);
		return false;
	}
	if (sequence_before(ack, send->unacknowledged))
		return true;
	window_changed = update_window(socket, segment);
	/* RFC 5681, section 2. */
	delivery.duplicate = ack == send->unacknowledged && send->next != ack && tcp_segment_span(segment) == 0 &&
	                     !window_changed;
	/* On a SYN the flag means something else: RFC 3168, section 6.1.1. */
	if (socket->ecn && (segment->flags & (TCP_FLAG_ECE | TCP_FLAG_SYN)) == TCP_FLAG_ECE)
		tcp_recovery_congestion_echo(socket);
	if (socket->sack)
		tcp_sack_process(socket, segment, &delivery);
	if (sequence_after(ack, send->unacknowledged))
		advance(socket, &delivery, ack);
	sample_round_trip(socket, &delivery);
	tcp_recovery_acknowledged(socket, &delivery);
	if (delivery.acknowledged > 0) {
		release_data(socket);
		tcp_timer_clear(socket, TCP_TIMER_RETRANSMIT);
		tcp_timer_clear(socket, TCP_TIMER_PROBE);
	}
	/* A window that was closed has opened, or the answer to a probe says that it has not. */
	if (send->window > 0 && tcp_timer_armed(socket, TCP_TIMER_PERSIST)) {
		tcp_timer_clear(socket, TCP_TIMER_PERSIST);
		socket->rtt.backoff = 0;
	}
	socket->probes = 0;
	return true;
}
