/* Does a socket add up? What must hold between any two events; tests ask after each. */
#include "tcp_internal.h"

static const char *check_scoreboard(const struct tcp_socket *socket)
{
	const struct tcp_sender *send = &socket->send;
	uint32_t spans[3] = {0};
	uint32_t at = send->unacknowledged, count = 0, timed = 0, flying = 0;
	uint64_t when = 0;

	list_for_each(link, &send->sent) {
		const struct tcp_sent *sent = list_entry(link, struct tcp_sent, by_sequence);

		if (sent->start != at)
			return "the scoreboard has a gap";
		if (!sequence_before(sent->start, sent->end))
			return "a record is empty";
		spans[sent->fate] += sent->end - sent->start;
		flying += sent->fate == TCP_IN_FLIGHT;
		at = sent->end;
		count++;
	}
	if (count > 0 && at != send->next)
		return "the scoreboard ends before what was sent";
	if (count != send->sent_count)
		return "records are miscounted";
	if (spans[TCP_IN_FLIGHT] != send->in_flight || spans[TCP_SACKED] != send->sacked ||
	    spans[TCP_LOST] != send->lost)
		return "bytes in flight are miscounted";
	list_for_each(link, &send->sent_by_time) {
		const struct tcp_sent *sent = list_entry(link, struct tcp_sent, by_time);

		if (sent->at < when && socket->counted.spurious_timeouts == 0)
			return "records are not in the order of sending";
		when = sent->at;
		timed++;
	}
	return timed == flying ? NULL : "what is in flight is not what is ordered by time";
}

static const char *check_reassembly(const struct tcp_socket *socket)
{
	const struct tcp_reassembly *reassembly = &socket->receive.reassembly;
	uint32_t after = socket->receive.next;

	for (uint32_t i = 0; i < reassembly->count; i++) {
		if (!sequence_after(reassembly->ranges[i].start, after))
			return "ranges touch or are out of order";
		if (!sequence_after(reassembly->ranges[i].end, reassembly->ranges[i].start))
			return "a range is empty";
		after = reassembly->ranges[i].end;
	}
	return sequence_after(after, socket->receive.advertised) ? "a range is beyond the window" : NULL;
}

const char *tcp_check(const struct tcp_socket *socket)
{
	const struct tcp_sender *send = &socket->send;
	const char *problem;

	if (!tcp_synchronized(socket) || socket->state == TCP_STATE_TIME_WAIT)
		return NULL;
	if (sequence_after(send->unacknowledged, send->next))
		return "more is acknowledged than sent";
	if (sequence_after(send->next, tcp_data_end(socket) + send->fin_queued))
		return "more is sent than there is";
	if (send->buffer.length > 0 && send->base != send->unacknowledged)
		return "the buffer does not begin with what is unacknowledged";
	if (sequence_after(socket->receive.next, socket->receive.advertised + 1))
		return "more was received than offered";
	if (socket->congestion.window < send->in_flight && socket->congestion.window == 0)
		return "the congestion window is closed";
	if (send->next != send->unacknowledged && !tcp_timer_armed(socket, TCP_TIMER_RETRANSMIT) &&
	    !tcp_timer_armed(socket, TCP_TIMER_PROBE))
		return "something is in flight and no timer runs";
	problem = check_scoreboard(socket);
	return problem != NULL ? problem : check_reassembly(socket);
}
