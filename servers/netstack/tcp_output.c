/* What may be sent now: lost data first, then new, as far as both windows, Nagle and silly windows allow. */
#include "tcp_internal.h"

/* How much one call of output() may carry. */
static uint32_t largest(const struct tcp_socket *socket)
{
	uint32_t mss = socket->send.mss;

	return socket->segmentation && mss < TCP_SEGMENTED_MAXIMUM ? TCP_SEGMENTED_MAXIMUM / mss * mss : mss;
}

/* RFC 3042, section 2: the first two duplicates say that two segments have left the path. SACK says so by itself. */
static uint32_t limited_transmit(const struct tcp_socket *socket)
{
	const struct tcp_recovery *recovery = &socket->recovery;

	return !socket->sack && recovery->phase == TCP_OPEN && recovery->duplicates < 3
	               ? recovery->duplicates * socket->send.mss
	               : 0;
}

/* `wanted` bytes, cut to whole segments that the congestion window has room for; 0 for none. */
static uint32_t congestion_room(const struct tcp_socket *socket, uint32_t wanted)
{
	uint32_t window = socket->congestion.window + limited_transmit(socket);
	uint32_t in_flight = socket->send.in_flight;
	uint32_t room = window > in_flight ? window - in_flight : 0;

	if (room >= wanted)
		return wanted;
	room -= room % socket->send.mss;
	if (room == 0 && in_flight == 0)
		return wanted < socket->send.mss ? wanted : socket->send.mss;
	return room;
}

static bool retransmit_one(struct tcp_socket *socket, uint64_t now)
{
	struct tcp_sent *sent = tcp_sent_next_lost(socket);
	uint32_t length, room;

	if (sent == NULL)
		return false;
	length = sent->end - sent->start;
	if (length > largest(socket))
		length = largest(socket);
	room = congestion_room(socket, length);
	if (room == 0)
		return false;
	if (room < sent->end - sent->start && tcp_sent_split(socket, sent, sent->start + room) == NULL)
		return false;
	tcp_sent_again(socket, sent, now);
	tcp_transmit_data(socket, sent->start, sent->end, true);
	return true;
}

/*
 * May a segment that is not full leave? RFC 9293, sections 3.7.4 and 3.8.6.2.1.
 * `all`: nothing is left behind it.
 */
static bool may_be_small(const struct tcp_socket *socket, uint32_t length, bool all)
{
	const struct tcp_sender *send = &socket->send;

	if (all) {
		if (send->fin_queued || (send->urgent && sequence_after(send->urgent_end, send->next)))
			return true;
		if (socket->cork)
			return false;
		/* Nagle as Minshall would have it: one short segment at a time, rather than one of any kind. */
		if (socket->no_delay || !sequence_after(send->small_end, send->unacknowledged))
			return true;
	}
	return length >= send->window_maximum / 2;
}

/* How many new bytes may leave in one call; 0 for none. */
static uint32_t new_length(struct tcp_socket *socket, bool forced)
{
	struct tcp_sender *send = &socket->send;
	uint32_t edge = send->unacknowledged + send->window;
	uint32_t unsent = sequence_after(tcp_data_end(socket), send->next) ? tcp_data_end(socket) - send->next : 0;
	uint32_t offered = sequence_after(edge, send->next) ? edge - send->next : 0;
	uint32_t length = unsent < offered ? unsent : offered;

	if (length == 0)
		return 0;
	if (length > largest(socket))
		length = largest(socket);
	if (congestion_room(socket, length) < length) {
		send->congestion_limited = true;
		length = congestion_room(socket, length);
	}
	if (length > send->mss)
		return length - length % send->mss;
	if (length < send->mss && !forced && !may_be_small(socket, length, length == unsent))
		return 0;
	return length;
}

static bool send_new(struct tcp_socket *socket, uint64_t now, bool forced)
{
	struct tcp_sender *send = &socket->send;
	uint32_t start = send->next;
	uint32_t end, length;
	bool fin;

	/* The FIN has gone: nothing is new any more. */
	if (sequence_after(start, tcp_data_end(socket)))
		return false;
	length = new_length(socket, forced);
	end = start + length;
	fin = send->fin_queued && end == tcp_data_end(socket) &&
	      (sequence_after(send->unacknowledged + send->window, end) || send->unacknowledged == end);
	if (length == 0 && !fin)
		return false;
	if (!tcp_sent_add(socket, start, end + fin, now))
		return false;
	send->next = end + fin;
	if (length % send->mss != 0)
		send->small_end = end;
	tcp_transmit_data(socket, start, end + fin, false);
	return true;
}

/* RFC 5681, section 4.1: what was known of the path before a pause is not true any more. */
static void restart_after_idle(struct tcp_socket *socket, uint64_t now)
{
	if (socket->send.next == socket->send.unacknowledged && socket->recovery.phase == TCP_OPEN &&
	    now - socket->send.last_sent > socket->rtt.rto)
		tcp_congestion_restart(&socket->congestion);
}

/* Data waits, nothing is in flight, and the peer's window holds it: only asking can help (section 3.8.6.1). */
static void arm_persist(struct tcp_socket *socket, uint64_t now)
{
	struct tcp_sender *send = &socket->send;
	bool waits = send->next != tcp_data_end(socket) + send->fin_queued;

	if (!waits || send->next != send->unacknowledged ||
	    (socket->cork && send->window >= tcp_data_end(socket) - send->next)) {
		tcp_timer_clear(socket, TCP_TIMER_PERSIST);
		return;
	}
	if (!tcp_timer_armed(socket, TCP_TIMER_PERSIST))
		tcp_timer_set(socket, TCP_TIMER_PERSIST, now + tcp_rtt_timeout(&socket->rtt));
}

/* Sends all that may leave. */
static void output(struct tcp_socket *socket, bool forced)
{
	struct tcp_recovery *recovery = &socket->recovery;
	uint64_t now = tcp_now(socket->tcp);

	if (!tcp_sends(socket))
		return;
	restart_after_idle(socket, now);
	socket->send.congestion_limited = false;
	/* F-RTO, step 2b; where there is nothing new to send, it cannot be done. */
	if (recovery->phase == TCP_LOSS && recovery->frto && recovery->frto_new_data) {
		if (!send_new(socket, now, true) && socket->send.next == recovery->point)
			recovery->frto = false;
	}
	if (!recovery->frto || !recovery->frto_new_data) {
		while (retransmit_one(socket, now))
			;
	}
	if (socket->send.lost == 0 || recovery->frto_new_data) {
		while (send_new(socket, now, forced))
			;
	} else {
		socket->send.congestion_limited = true;
	}
	arm_persist(socket, now);
	tcp_arm_retransmit(socket);
}

void tcp_output(struct tcp_socket *socket)
{
	output(socket, false);
}

void tcp_output_forced(struct tcp_socket *socket)
{
	output(socket, true);
}

void tcp_owe(struct tcp_socket *socket)
{
	if (list_empty(&socket->owing_link))
		list_add_tail(&socket->tcp->owing, &socket->owing_link);
}

void tcp_flush(struct tcp *tcp)
{
	struct list *link;

	while ((link = list_take(&tcp->owing)) != NULL) {
		struct tcp_socket *socket = list_entry(link, struct tcp_socket, owing_link);

		if (socket->state == TCP_STATE_CLOSED)
			continue;
		/* Data takes the acknowledgement along. */
		tcp_output(socket);
		if (socket->receive.ack_now)
			tcp_transmit_ack(socket);
	}
	tcp_reap(tcp);
}
