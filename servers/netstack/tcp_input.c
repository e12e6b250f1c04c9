/* Segments from IP: RFC 9293, section 3.10.7, with RFC 5961 against forgers and RFC 7323 against the past. */
#include "tcp_internal.h"

/* RFC 7323, section 5.5: after so long without a segment the peer's clock may have gone round. */
#define TIMESTAMP_OUTDATED (24 * 24 * 3600 * SECOND)

/* RFC 7323, section 5.3, R1; false where the segment is of the past, or of nobody who agreed on timestamps. */
static bool check_timestamps(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	struct tcp_timestamps *timestamps = &socket->timestamps;
	uint64_t now = tcp_now(socket->tcp);

	if (!timestamps->enabled || (segment->flags & TCP_FLAG_RST))
		return true;
	if (!segment->has_timestamps) {
		socket->tcp->statistics.old_timestamp++;
		return false;
	}
	if (sequence_before(segment->timestamp, timestamps->recent) &&
	    now - timestamps->recent_at < TIMESTAMP_OUTDATED) {
		socket->tcp->statistics.old_timestamp++;
		tcp_challenge(socket);
		return false;
	}
	return true;
}

/* R3: of what is acceptable and not ahead. */
static void note_timestamp(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	if (!socket->timestamps.enabled || !segment->has_timestamps ||
	    sequence_after(segment->sequence, socket->receive.acknowledged))
		return;
	socket->timestamps.recent = segment->timestamp;
	socket->timestamps.recent_at = tcp_now(socket->tcp);
}

/* RFC 9293, section 3.10.7.4, first: does any of it lie in the window? */
static bool acceptable(const struct tcp_socket *socket, const struct tcp_segment *segment)
{
	uint32_t next = socket->receive.next;
	uint32_t edge = socket->receive.advertised;
	uint32_t span = tcp_segment_span(segment);
	uint32_t last = segment->sequence + span - 1;

	if (span == 0) {
		if (next == edge)
			return segment->sequence == next;
		return !sequence_before(segment->sequence, next) && sequence_before(segment->sequence, edge);
	}
	if (next == edge)
		return false;
	return sequence_before(segment->sequence, edge) && !sequence_before(last, next);
}

/* Not acceptable: answered, so that a peer that is out of step learns where we are. */
static void refuse(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	uint32_t end = segment->sequence + segment->length;

	socket->tcp->statistics.out_of_window++;
	if (segment->flags & TCP_FLAG_RST)
		return;
	if (segment->length > 0 && !sequence_after(end, socket->receive.next)) {
		/* All old: our acknowledgement was lost. It is not rationed, for the peer is waiting. */
		if (tcp_synchronized(socket)) {
			tcp_note_duplicate(socket, segment->sequence, end);
			tcp_transmit_ack(socket);
		}
		if (socket->state == TCP_STATE_TIME_WAIT)
			tcp_time_wait(socket);
		return;
	}
	/* RFC 9293, section 3.10.7.4, eighth: a FIN again starts the wait again. */
	if (socket->state == TCP_STATE_TIME_WAIT && (segment->flags & TCP_FLAG_FIN))
		tcp_time_wait(socket);
	if (!socket->dying)
		tcp_challenge(socket);
}

/* RFC 5961, section 3.2: only the exact number resets; others in the window are asked to prove themselves. */
static void receive_reset(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	uint32_t error = POSIX_ECONNRESET;

	socket->tcp->statistics.resets_in++;
	if (segment->sequence != socket->receive.next) {
		tcp_challenge(socket);
		return;
	}
	if (socket->state == TCP_STATE_SYN_RECEIVED && socket->listener == NULL)
		error = POSIX_ECONNREFUSED;
	if (socket->state == TCP_STATE_CLOSE_WAIT)
		error = POSIX_EPIPE;
	/* RFC 1337: a reset does not cut TIME-WAIT short. */
	if (socket->state != TCP_STATE_TIME_WAIT)
		tcp_drop(socket, error);
}

/* The FIN has been acknowledged. */
static void fin_acknowledged(struct tcp_socket *socket)
{
	switch (socket->state) {
	case TCP_STATE_FIN_WAIT_1:
		socket->state = TCP_STATE_FIN_WAIT_2;
		if (socket->detached)
			tcp_timer_set(socket, TCP_TIMER_LIFETIME, tcp_now(socket->tcp) + TCP_TIME_WAIT);
		break;
	case TCP_STATE_CLOSING:
		tcp_time_wait(socket);
		break;
	case TCP_STATE_LAST_ACK:
		tcp_drop(socket, 0);
		break;
	default:
		break;
	}
}

/* Section 3.10.7.3: our SYN is out. */
static void input_syn_sent(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	bool acknowledges = segment->flags & TCP_FLAG_ACK;

	if (acknowledges && segment->acknowledgement != socket->send.next) {
		if (!(segment->flags & TCP_FLAG_RST))
			tcp_transmit_stray_reset(socket->tcp, &socket->remote, &socket->local, segment);
		return;
	}
	if (segment->flags & TCP_FLAG_RST) {
		if (acknowledges)
			tcp_drop(socket, POSIX_ECONNREFUSED);
		return;
	}
	if (!(segment->flags & TCP_FLAG_SYN))
		return;
	tcp_negotiate(socket, segment);
	if (!acknowledges) {
		/* Both have called at once: section 3.5, figure 7. */
		socket->state = TCP_STATE_SYN_RECEIVED;
		socket->ecn = false;
		tcp_transmit_syn(socket);
		return;
	}
	/* RFC 3168, section 6.1.1: ECE without CWR agrees. */
	socket->ecn = socket->want_ecn && (segment->flags & (TCP_FLAG_ECE | TCP_FLAG_CWR)) == TCP_FLAG_ECE;
	tcp_establish(socket);
	if (!tcp_acknowledged(socket, segment))
		return;
	socket->receive.ack_now = true;
	if (segment->length > 0 || (segment->flags & TCP_FLAG_FIN)) {
		struct tcp_segment rest = *segment;

		/* Text in a SYN is of the first number after it. */
		rest.sequence++;
		tcp_receive_payload(socket, &rest);
	}
	tcp_wake(socket, TCP_CONNECTED | TCP_WRITABLE);
}

/* The handshake's last acknowledgement; false where the segment is done with. */
static bool input_syn_received(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	bool passive = socket->listener != NULL;

	if (segment->acknowledgement != socket->send.next) {
		tcp_transmit_stray_reset(socket->tcp, &socket->remote, &socket->local, segment);
		return false;
	}
	if (passive && !tcp_listen_established(socket))
		return false;
	tcp_establish(socket);
	/* Unlike a SYN's, this window is scaled. */
	socket->send.window = (uint32_t)segment->window << socket->send.scale;
	socket->send.window_maximum = socket->send.window;
	socket->send.window_sequence = segment->sequence;
	if (!passive)
		tcp_wake(socket, TCP_CONNECTED | TCP_WRITABLE);
	return true;
}

/* RFC 3168, section 6.1.3: what the network has marked is echoed until the peer has heard it. */
static void note_congestion(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	if (!socket->ecn)
		return;
	if (segment->flags & TCP_FLAG_CWR)
		socket->ecn_echo = false;
	if (segment->ecn == 3 && segment->length > 0) {
		socket->ecn_echo = true;
		socket->receive.ack_now = true;
	}
}

/* Acceptable, in step, and with an acknowledgement. */
static void input_in_step(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	if (socket->state == TCP_STATE_SYN_RECEIVED && !input_syn_received(socket, segment))
		return;
	if (!tcp_acknowledged(socket, segment))
		return;
	if (socket->send.fin_queued && socket->send.unacknowledged == tcp_data_end(socket) + 1) {
		fin_acknowledged(socket);
		if (socket->state == TCP_STATE_CLOSED)
			return;
	}
	note_congestion(socket, segment);
	/* RFC 9293, section 3.6.1: data that nobody will read any more. */
	if (socket->detached && socket->listener == NULL && tcp_receives(socket) && segment->length > 0 &&
	    sequence_after(segment->sequence + segment->length, socket->receive.next)) {
		tcp_reset(socket, 0);
		return;
	}
	if (segment->flags & TCP_FLAG_URG)
		tcp_receive_urgent(socket, segment);
	if (tcp_receives(socket) && (segment->length > 0 || (segment->flags & TCP_FLAG_FIN)))
		tcp_receive_payload(socket, segment);
	else if (socket->state == TCP_STATE_TIME_WAIT && tcp_segment_span(segment) > 0)
		socket->receive.ack_now = true;
}

static void input_synchronized(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	struct tcp_segment cut = *segment;

	/* Our SYN-ACK was lost: the peer calls again. */
	if (socket->state == TCP_STATE_SYN_RECEIVED && (segment->flags & TCP_FLAG_SYN) &&
	    segment->sequence == socket->receive.initial) {
		if (segment->flags & TCP_FLAG_ACK)
			input_in_step(socket, segment);
		else
			tcp_transmit_syn(socket);
		return;
	}
	if (!check_timestamps(socket, segment))
		return;
	/* A closed window takes nothing but what else such a segment says: section 3.10.7.4, first. */
	if (socket->receive.advertised == socket->receive.next && segment->sequence == socket->receive.next &&
	    tcp_segment_span(segment) > 0 && !(segment->flags & TCP_FLAG_SYN)) {
		cut.length = 0;
		cut.flags &= (uint8_t)~TCP_FLAG_FIN;
		socket->receive.ack_now = true;
	} else if (!acceptable(socket, segment)) {
		refuse(socket, segment);
		return;
	}
	if (segment->flags & TCP_FLAG_RST) {
		receive_reset(socket, segment);
		return;
	}
	/* RFC 5961, section 4.2. */
	if (segment->flags & TCP_FLAG_SYN) {
		tcp_challenge(socket);
		return;
	}
	if (!(segment->flags & TCP_FLAG_ACK))
		return;
	note_timestamp(socket, segment);
	socket->heard = tcp_now(socket->tcp);
	input_in_step(socket, &cut);
}

void tcp_input_connection(struct tcp_socket *socket, const struct tcp_segment *segment)
{
	if (socket->state == TCP_STATE_SYN_SENT)
		input_syn_sent(socket, segment);
	else
		input_synchronized(socket, segment);
	if (socket->state == TCP_STATE_CLOSED)
		return;
	tcp_owe(socket);
	/* RFC 5681, section 4.2: of what is not in order the peer counts each acknowledgement. */
	if (socket->receive.ack_now && (socket->receive.reassembly.count > 0 || socket->receive.has_duplicate))
		tcp_flush(socket->tcp);
}

/* RFC 6191, RFC 9293, section 3.10.7.4: a new connection may take the place of one that only waits out. */
static bool may_reuse(const struct tcp_socket *socket, const struct tcp_segment *segment)
{
	uint8_t flags = segment->flags & (TCP_FLAG_SYN | TCP_FLAG_ACK | TCP_FLAG_RST);

	if (socket->state != TCP_STATE_TIME_WAIT || flags != TCP_FLAG_SYN)
		return false;
	if (socket->timestamps.enabled && segment->has_timestamps &&
	    segment->timestamp != socket->timestamps.recent)
		return sequence_after(segment->timestamp, socket->timestamps.recent);
	return sequence_after(segment->sequence, socket->receive.next);
}

static void dispatch(struct tcp *tcp, const struct net_address *source, const struct net_address *destination,
                     const struct tcp_segment *segment)
{
	struct tcp_socket *socket = tcp_table_find(tcp, destination, segment->destination_port, source,
	                                           segment->source_port);

	if (socket != NULL && may_reuse(socket, segment)) {
		tcp->reusing = true;
		tcp->reused = socket->send.next;
		tcp_drop(socket, 0);
		socket = NULL;
	}
	if (socket != NULL) {
		tcp_input_connection(socket, segment);
		return;
	}
	socket = tcp_table_listener(tcp, destination, segment->destination_port);
	if (socket != NULL) {
		tcp_listen_input(socket, source, destination, segment);
		return;
	}
	tcp->statistics.no_socket++;
	tcp_transmit_stray_reset(tcp, source, destination, segment);
}

void tcp_input(struct tcp *tcp, const struct net_address *source, const struct net_address *destination,
               uint8_t ecn, const uint8_t *bytes, uint32_t length, bool checksum_good)
{
	struct tcp_segment segment;

	tcp->statistics.segments_in++;
	if (!tcp_segment_parse(&segment, bytes, length) || segment.source_port == 0 ||
	    segment.destination_port == 0) {
		tcp->statistics.bad_header++;
		return;
	}
	if (!checksum_good && !tcp_checksum_holds(source, destination, bytes, length)) {
		tcp->statistics.bad_checksum++;
		return;
	}
	segment.ecn = ecn & 3;
	dispatch(tcp, source, destination, &segment);
	tcp->reusing = false;
	tcp_reap(tcp);
}
