/*
 * What a sender does about loss: recovery by the scoreboard (RFC 6675, with RACK for
 * detection) or by duplicate acknowledgements (RFC 6582), with the window reduced in
 * proportion (PRR, RFC 9937); timeouts (RFC 5681, section 3.1), and finding out that
 * one was wrong (F-RTO, RFC 5682).
 */
#include "tcp_internal.h"

#define DUPLICATE_THRESHOLD 3u

/* Begins REDUCED or RECOVERY; `acknowledged` bytes have just left what was in flight. */
void tcp_recovery_enter(struct tcp_socket *socket, enum tcp_phase phase, uint32_t acknowledged)
{
	struct tcp_recovery *recovery = &socket->recovery;
	struct tcp_congestion *congestion = &socket->congestion;
	uint32_t outstanding = socket->send.next - socket->send.unacknowledged + acknowledged;

	/* RFC 5681, section 3.2, step 2: what was sent by limited transmit does not count. */
	if (!socket->sack && outstanding > congestion->window)
		outstanding = congestion->window;
	if (recovery->phase == TCP_OPEN) {
		congestion->threshold = congestion->operations->reduce(congestion, outstanding);
		recovery->delivered = 0;
		recovery->sent = 0;
		recovery->flight = outstanding == 0 ? 1 : outstanding;
		recovery->point = socket->send.next;
	}
	if (phase == TCP_RECOVERY) {
		socket->counted.recoveries++;
		recovery->sent = 0;
		recovery->point = socket->send.next;
	}
	recovery->phase = phase;
}

/* RFC 9937, section 6: what may be sent upon this acknowledgement. */
static void reduce_in_proportion(struct tcp_socket *socket, const struct tcp_delivery *delivery)
{
	struct tcp_recovery *recovery = &socket->recovery;
	struct tcp_congestion *congestion = &socket->congestion;
	uint32_t in_flight = socket->send.in_flight;
	uint32_t count = 0;

	recovery->delivered += delivery->delivered;
	if (in_flight > congestion->threshold) {
		uint64_t share = ((uint64_t)recovery->delivered * congestion->threshold + recovery->flight - 1) /
		                 recovery->flight;

		if (share > recovery->sent)
			count = (uint32_t)share - recovery->sent;
	} else {
		if (recovery->delivered > recovery->sent)
			count = recovery->delivered - recovery->sent;
		if (count < delivery->delivered)
			count = delivery->delivered;
		/* SafeACK: progress, and nothing new was lost. */
		if (delivery->acknowledged > 0 && !delivery->lost)
			count += socket->send.mss;
		if (count > congestion->threshold - in_flight)
			count = congestion->threshold - in_flight;
	}
	if (recovery->sent == 0 && count < socket->send.mss)
		count = socket->send.mss;
	congestion->window = in_flight + count;
}

static void end_phase(struct tcp_socket *socket)
{
	struct tcp_recovery *recovery = &socket->recovery;

	if (recovery->phase != TCP_LOSS)
		socket->congestion.window = socket->congestion.threshold;
	if (recovery->phase == TCP_RECOVERY && recovery->reorder_persist > 0 && --recovery->reorder_persist == 0)
		recovery->reorder_steps = 0;
	recovery->phase = TCP_OPEN;
	recovery->duplicates = 0;
	recovery->frto = false;
}

/* The timeout came too early: all that was thought lost is in flight, and the window is as before. */
static void undo_timeout(struct tcp_socket *socket)
{
	struct tcp_recovery *recovery = &socket->recovery;
	struct list *head = &socket->send.sent;

	for (struct list *link = head->previous; link != head; link = link->previous) {
		struct tcp_sent *sent = list_entry(link, struct tcp_sent, by_sequence);

		if (sent->fate == TCP_LOST)
			tcp_sent_set(socket, sent, TCP_IN_FLIGHT);
	}
	socket->congestion.window = recovery->prior_window;
	socket->congestion.threshold = recovery->prior_threshold;
	socket->counted.spurious_timeouts++;
	end_phase(socket);
}

/* RFC 5682, section 3.1, in the phase LOSS. */
static void judge_timeout(struct tcp_socket *socket, const struct tcp_delivery *delivery)
{
	struct tcp_recovery *recovery = &socket->recovery;

	if (delivery->original) {
		undo_timeout(socket);
	} else if (recovery->frto_new_data || delivery->acknowledged == 0) {
		recovery->frto = false;
	} else {
		/* Step 2b: two new segments rather than retransmissions (tcp_output.c). */
		recovery->frto_new_data = true;
		socket->congestion.window = socket->send.in_flight + 2 * socket->send.mss;
	}
}

/* Without SACK: three duplicates say that the first is lost, an advance within recovery that the next one is, too. */
static void count_duplicates(struct tcp_socket *socket, struct tcp_delivery *delivery)
{
	struct tcp_recovery *recovery = &socket->recovery;
	struct tcp_sent *head = tcp_sent_head(socket);
	bool lost = false;

	if (delivery->duplicate) {
		recovery->duplicates++;
		lost = recovery->duplicates == DUPLICATE_THRESHOLD && recovery->phase <= TCP_REDUCED;
		if (recovery->phase == TCP_RECOVERY || lost)
			delivery->delivered += socket->send.mss;
	} else if (delivery->acknowledged > 0) {
		recovery->duplicates = 0;
		lost = recovery->phase == TCP_RECOVERY;
	}
	if (!lost || head == NULL || head->fate != TCP_IN_FLIGHT)
		return;
	if (head->end - head->start > socket->send.mss &&
	    tcp_sent_split(socket, head, head->start + socket->send.mss) == NULL)
		return;
	tcp_sent_set(socket, head, TCP_LOST);
	delivery->lost = true;
}

/*
 * Whether the window is what it could be found out by. In slow start half of it will do (RFC 7661, section 4.1):
 * a buffer that grows with the window must not keep it from growing.
 */
static bool window_used(const struct tcp_socket *socket, const struct tcp_delivery *delivery)
{
	const struct tcp_congestion *congestion = &socket->congestion;

	return socket->send.congestion_limited ||
	       (congestion->window < congestion->threshold &&
	        socket->send.in_flight + delivery->delivered >= congestion->window / 2);
}

/* Everything that an acknowledgement means for phase and window; the scoreboard knows it already. */
void tcp_recovery_acknowledged(struct tcp_socket *socket, struct tcp_delivery *delivery)
{
	struct tcp_recovery *recovery = &socket->recovery;

	if (recovery->phase != TCP_OPEN && !sequence_before(socket->send.unacknowledged, recovery->point)) {
		/* All of it at once: nothing can be learnt about the timeout (step 2a). */
		end_phase(socket);
	} else if (recovery->phase == TCP_LOSS && recovery->frto) {
		judge_timeout(socket, delivery);
	}
	tcp_rack_reordering(socket, delivery);
	if (socket->sack) {
		if (tcp_rack_detect(socket, delivery->now))
			delivery->lost = true;
	} else {
		count_duplicates(socket, delivery);
	}
	if (socket->send.lost > 0 && recovery->phase <= TCP_REDUCED)
		tcp_recovery_enter(socket, TCP_RECOVERY, delivery->acknowledged);
	tcp_probe_acknowledged(socket, socket->send.unacknowledged, delivery);
	if (recovery->phase == TCP_RECOVERY || recovery->phase == TCP_REDUCED)
		reduce_in_proportion(socket, delivery);
	else if (delivery->acknowledged > 0 && !recovery->frto)
		tcp_congestion_acknowledged(&socket->congestion, delivery->acknowledged,
		                            socket->send.unacknowledged, socket->send.next, delivery->rtt,
		                            window_used(socket, delivery) || recovery->phase == TCP_LOSS,
		                            socket->rtt.smoothed, delivery->now);
}

/* RFC 3168, section 6.1.2: once in a window, as for a loss but with nothing to send again. */
void tcp_recovery_congestion_echo(struct tcp_socket *socket)
{
	if (socket->recovery.phase != TCP_OPEN)
		return;
	tcp_recovery_enter(socket, TCP_REDUCED, 0);
	socket->ecn_reduced = true;
}

/* RFC 2018, section 8: a peer that has first what it does not acknowledge has thrown it away, and maybe the rest. */
static void forget_reneged(struct tcp_socket *socket)
{
	const struct tcp_sent *head = tcp_sent_head(socket);

	if (head == NULL || head->fate != TCP_SACKED)
		return;
	list_for_each(link, &socket->send.sent) {
		struct tcp_sent *sent = list_entry(link, struct tcp_sent, by_sequence);

		if (sent->fate == TCP_SACKED)
			tcp_sent_set(socket, sent, TCP_LOST);
	}
}

void tcp_recovery_timeout(struct tcp_socket *socket)
{
	struct tcp_recovery *recovery = &socket->recovery;
	struct tcp_congestion *congestion = &socket->congestion;
	bool first = socket->retries == 0;

	socket->counted.timeouts++;
	if (first && recovery->phase != TCP_LOSS) {
		recovery->prior_window = congestion->window;
		recovery->prior_threshold = congestion->threshold;
		congestion->threshold = congestion->operations->reduce(
			congestion, socket->send.next - socket->send.unacknowledged);
	}
	/* RFC 5682, section 2.1, step 1: not for a second timeout of the same segment. */
	recovery->frto = first && recovery->phase == TCP_OPEN;
	recovery->frto_new_data = false;
	recovery->phase = TCP_LOSS;
	recovery->point = socket->send.next;
	recovery->duplicates = 0;
	recovery->probing = false;
	tcp_timer_clear(socket, TCP_TIMER_REORDER);
	forget_reneged(socket);
	tcp_rack_timeout(socket, tcp_now(socket->tcp));
	congestion->operations->forget(congestion);
	congestion->window = socket->send.in_flight + socket->send.mss;
}
