/* Loss by time rather than by count, and a probe for lost tails: RACK-TLP, RFC 8985. */
#include "tcp_internal.h"

#define DUPLICATE_THRESHOLD 3u
#define REORDER_PERSIST     16u /* recoveries for which a widened window stays: section 6.2, step 4 */

/* Section 6.2, steps 1 to 3: the latest transmission that has arrived, and whether something overtook another. */
void tcp_rack_delivered(struct tcp_socket *socket, const struct tcp_sent *sent, struct tcp_delivery *delivery)
{
	struct tcp_recovery *recovery = &socket->recovery;
	uint64_t rtt = delivery->now - sent->at;

	if (sequence_after(sent->end, recovery->highest_sacked))
		recovery->highest_sacked = sent->end;
	else if (sequence_before(sent->end, recovery->highest_sacked) && !sent->retransmitted)
		recovery->reorder_seen = true;
	if (sent->retransmitted) {
		uint32_t sent_stamp = (uint32_t)(sent->at / MILLISECOND) + socket->timestamps.offset;

		/* It may be the first transmission that has arrived. */
		if (delivery->has_echo && sequence_before(delivery->echo, sent_stamp))
			return;
		if (rtt < socket->rtt.minimum)
			return;
	}
	if (sent->at > recovery->rack_at ||
	    (sent->at == recovery->rack_at && sequence_after(sent->end, recovery->rack_end))) {
		recovery->rack_at = sent->at;
		recovery->rack_end = sent->end;
		recovery->rack_rtt = rtt;
	}
}

/* Section 6.2, step 4: RACK_update_reo_wnd. */
static uint64_t reorder_window(const struct tcp_socket *socket)
{
	const struct tcp_recovery *recovery = &socket->recovery;
	uint64_t window;

	if (!recovery->reorder_seen) {
		if (recovery->phase >= TCP_RECOVERY || socket->send.sacked >= DUPLICATE_THRESHOLD * socket->send.mss)
			return 0;
	}
	if (socket->rtt.minimum == UINT64_MAX)
		return 0;
	window = socket->rtt.minimum / 4 * (recovery->reorder_steps + 1);
	return window < socket->rtt.smoothed ? window : socket->rtt.smoothed;
}

/* The window widens with each round in which the peer got something twice, and narrows after recoveries without. */
void tcp_rack_reordering(struct tcp_socket *socket, const struct tcp_delivery *delivery)
{
	struct tcp_recovery *recovery = &socket->recovery;

	if (!delivery->dsack || sequence_before(socket->send.unacknowledged, recovery->reorder_round))
		return;
	recovery->reorder_round = socket->send.next;
	recovery->reorder_persist = REORDER_PERSIST;
	if (recovery->reorder_steps < 255)
		recovery->reorder_steps++;
}

/* Section 6.2, step 5. */
bool tcp_rack_detect(struct tcp_socket *socket, uint64_t now)
{
	struct tcp_recovery *recovery = &socket->recovery;
	uint64_t allowed = recovery->rack_rtt + reorder_window(socket);
	uint64_t latest = 0;
	bool found = false;

	if (recovery->rack_rtt == 0)
		return false;
	list_for_each(link, &socket->send.sent_by_time) {
		struct tcp_sent *sent = list_entry(link, struct tcp_sent, by_time);

		if (sent->at > recovery->rack_at ||
		    (sent->at == recovery->rack_at && !sequence_before(sent->end, recovery->rack_end)))
			break;
		if (sent->at + allowed <= now) {
			tcp_sent_set(socket, sent, TCP_LOST);
			found = true;
		} else {
			latest = sent->at + allowed;
		}
	}
	if (latest != 0)
		tcp_timer_set(socket, TCP_TIMER_REORDER, latest);
	else
		tcp_timer_clear(socket, TCP_TIMER_REORDER);
	return found;
}

/* Section 6.3: after a timeout, the first is lost and all that had their time. Without SACK nothing is known: all. */
void tcp_rack_timeout(struct tcp_socket *socket, uint64_t now)
{
	uint64_t allowed = socket->recovery.rack_rtt + reorder_window(socket);
	const struct tcp_sent *head = tcp_sent_head(socket);

	list_for_each(link, &socket->send.sent_by_time) {
		struct tcp_sent *sent = list_entry(link, struct tcp_sent, by_time);

		if (sent == head || !socket->sack || sent->at + allowed <= now)
			tcp_sent_set(socket, sent, TCP_LOST);
	}
}

/* Section 7.2: only where SACK will tell what the probe found, and once for each flight. */
bool tcp_probe_wanted(const struct tcp_socket *socket)
{
	return socket->sack && tcp_synchronized(socket) && socket->recovery.phase == TCP_OPEN &&
	       !socket->recovery.probing && socket->rtt.smoothed != 0 && socket->send.sacked == 0 &&
	       socket->send.lost == 0 && socket->rtt.backoff == 0;
}

uint64_t tcp_probe_delay(const struct tcp_socket *socket)
{
	uint64_t delay = 2 * socket->rtt.smoothed;
	uint64_t timeout = tcp_rtt_timeout(&socket->rtt);

	if (socket->send.in_flight <= socket->send.mss)
		delay += TCP_DELAYED_ACK_WORST;
	return delay < timeout ? delay : timeout;
}

/* Section 7.3: new data where there is some and the window has room, else the last segment again. */
void tcp_probe_send(struct tcp_socket *socket)
{
	struct tcp_sender *send = &socket->send;
	struct tcp_recovery *recovery = &socket->recovery;
	uint64_t now = tcp_now(socket->tcp);
	uint32_t end = sequence_minimum(tcp_data_end(socket), send->unacknowledged + send->window);
	struct tcp_sent *last;

	recovery->probe_retransmitted = false;
	if (sequence_after(end, send->next)) {
		end = sequence_minimum(end, send->next + send->mss);
		if (!tcp_sent_add(socket, send->next, end, now))
			return;
		tcp_transmit_data(socket, send->next, end, false);
		send->next = end;
	} else {
		last = list_entry(send->sent.previous, struct tcp_sent, by_sequence);
		if (last->end - last->start > send->mss)
			last = tcp_sent_split(socket, last, last->end - send->mss);
		if (last == NULL)
			return;
		tcp_sent_again(socket, last, now);
		tcp_transmit_data(socket, last->start, last->end, true);
		recovery->probe_retransmitted = true;
	}
	socket->counted.probes++;
	recovery->probing = true;
	recovery->probe_end = send->next;
}

/* Section 7.4.2: a loss that the probe itself has repaired is congestion all the same. */
void tcp_probe_acknowledged(struct tcp_socket *socket, uint32_t ack, const struct tcp_delivery *delivery)
{
	struct tcp_recovery *recovery = &socket->recovery;

	if (!recovery->probing || sequence_before(ack, recovery->probe_end))
		return;
	if (!recovery->probe_retransmitted || delivery->dsack) {
		recovery->probing = false;
	} else if (sequence_after(ack, recovery->probe_end)) {
		recovery->probing = false;
		if (recovery->phase == TCP_OPEN)
			tcp_recovery_enter(socket, TCP_REDUCED, delivery->acknowledged);
	} else if (delivery->duplicate && delivery->sacked == 0) {
		recovery->probing = false;
	}
}
