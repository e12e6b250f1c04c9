/* What is done when a timer has run out: RFC 9293, section 3.8; RFC 6298, section 5. */
#include "tcp_internal.h"

#define BLACK_HOLE_RETRIES 3u    /* timeouts in a row after which large segments are suspected */
#define BLACK_HOLE_SIZE    512u  /* and no smaller than this: RFC 4821, section 7.7 */

/* The timer of what is in flight: the probe first, where it may help. */
void tcp_arm_retransmit(struct tcp_socket *socket)
{
	uint64_t now = tcp_now(socket->tcp);

	/* What has been learnt meanwhile makes a probe pointless. */
	if (!tcp_probe_wanted(socket))
		tcp_timer_clear(socket, TCP_TIMER_PROBE);
	if (socket->send.next == socket->send.unacknowledged) {
		tcp_timer_clear(socket, TCP_TIMER_RETRANSMIT);
		tcp_timer_clear(socket, TCP_TIMER_PROBE);
	} else if (!tcp_timer_armed(socket, TCP_TIMER_RETRANSMIT) && !tcp_timer_armed(socket, TCP_TIMER_PROBE)) {
		if (tcp_probe_wanted(socket))
			tcp_timer_set(socket, TCP_TIMER_PROBE, now + tcp_probe_delay(socket));
		else
			tcp_timer_set(socket, TCP_TIMER_RETRANSMIT, now + tcp_rtt_timeout(&socket->rtt));
	}
}

void tcp_arm_keepalive(struct tcp_socket *socket)
{
	if (socket->keepalive && tcp_synchronized(socket) && socket->state != TCP_STATE_TIME_WAIT)
		tcp_timer_set(socket, TCP_TIMER_KEEPALIVE, socket->heard + socket->keepalive_idle * SECOND);
	else
		tcp_timer_clear(socket, TCP_TIMER_KEEPALIVE);
}

/* What is said of a peer that does not answer: what ICMP said of it, if anything. */
static uint32_t silence(const struct tcp_socket *socket)
{
	return socket->soft_error != 0 ? socket->soft_error : POSIX_ETIMEDOUT;
}

/* Whether the peer has had its time; `retries` in a row were without an answer. */
static bool given_up(const struct tcp_socket *socket, uint32_t retries)
{
	if (socket->user_timeout != 0 &&
	    tcp_now(socket->tcp) - socket->progress >= socket->user_timeout * MILLISECOND)
		return true;
	return retries >= (socket->detached ? TCP_RETRIES_ORPHAN : TCP_RETRIES);
}

static void retransmit_syn(struct tcp_socket *socket)
{
	struct tcp_sent *head = tcp_sent_head(socket);

	if (socket->retries >= TCP_RETRIES_SYN || given_up(socket, socket->retries)) {
		tcp_drop(socket, silence(socket));
		return;
	}
	socket->retries++;
	socket->rtt.backoff++;
	socket->counted.retransmissions++;
	if (head != NULL)
		tcp_sent_again(socket, head, tcp_now(socket->tcp));
	tcp_transmit_syn(socket);
	tcp_arm_retransmit(socket);
}

/* Perhaps it is only large segments that do not arrive, and nobody says so: RFC 2923, section 2.1. */
static void suspect_black_hole(struct tcp_socket *socket)
{
	uint32_t half = socket->send.mss / 2;

	if (socket->retries < BLACK_HOLE_RETRIES || socket->send.mss <= BLACK_HOLE_SIZE)
		return;
	if (half < BLACK_HOLE_SIZE)
		half = BLACK_HOLE_SIZE;
	tcp_shrink_path(socket, half);
}

static void retransmit(struct tcp_socket *socket)
{
	if (socket->state == TCP_STATE_SYN_SENT || socket->state == TCP_STATE_SYN_RECEIVED) {
		retransmit_syn(socket);
		return;
	}
	if (given_up(socket, socket->retries)) {
		tcp_reset(socket, silence(socket));
		return;
	}
	suspect_black_hole(socket);
	tcp_recovery_timeout(socket);
	socket->retries++;
	socket->rtt.backoff++;
	tcp_output(socket);
	tcp_arm_retransmit(socket);
}

static void persist(struct tcp_socket *socket)
{
	/* A peer that answers may keep its window closed for as long as it likes, but not to nobody's data. */
	if (given_up(socket, socket->detached ? socket->rtt.backoff : socket->probes)) {
		tcp_reset(socket, silence(socket));
		return;
	}
	socket->probes++;
	if (socket->send.window > 0)
		tcp_output_forced(socket);
	if (socket->send.next == socket->send.unacknowledged) {
		socket->rtt.backoff++;
		tcp_transmit_probe(socket);
		tcp_timer_set(socket, TCP_TIMER_PERSIST, tcp_now(socket->tcp) + tcp_rtt_timeout(&socket->rtt));
	}
}

/* RFC 9293, section 3.8.4. */
static void keepalive(struct tcp_socket *socket)
{
	uint64_t now = tcp_now(socket->tcp);

	if (now - socket->heard < socket->keepalive_idle * SECOND) {
		socket->probes = 0;
		tcp_arm_keepalive(socket);
		return;
	}
	/* What is in flight asks by itself. */
	if (socket->send.next == socket->send.unacknowledged && !tcp_timer_armed(socket, TCP_TIMER_PERSIST)) {
		if (socket->probes >= socket->keepalive_count) {
			tcp_reset(socket, silence(socket));
			return;
		}
		socket->probes++;
		tcp_transmit_probe(socket);
	}
	tcp_timer_set(socket, TCP_TIMER_KEEPALIVE, now + socket->keepalive_interval * SECOND);
}

/* A segment was overtaken for so long that it counts as lost. */
static void reorder(struct tcp_socket *socket)
{
	if (!tcp_rack_detect(socket, tcp_now(socket->tcp)))
		return;
	if (socket->recovery.phase <= TCP_REDUCED)
		tcp_recovery_enter(socket, TCP_RECOVERY, 0);
	if (socket->recovery.phase == TCP_RECOVERY)
		socket->congestion.window = socket->send.in_flight + socket->send.mss;
	tcp_output(socket);
}

void tcp_expire(struct tcp_socket *socket, enum tcp_timer timer)
{
	switch (timer) {
	case TCP_TIMER_RETRANSMIT:
		retransmit(socket);
		break;
	case TCP_TIMER_PROBE:
		tcp_probe_send(socket);
		tcp_timer_set(socket, TCP_TIMER_RETRANSMIT, tcp_now(socket->tcp) + tcp_rtt_timeout(&socket->rtt));
		break;
	case TCP_TIMER_REORDER:
		reorder(socket);
		break;
	case TCP_TIMER_PERSIST:
		persist(socket);
		break;
	case TCP_TIMER_ACK:
		tcp_transmit_ack(socket);
		break;
	case TCP_TIMER_KEEPALIVE:
		keepalive(socket);
		break;
	case TCP_TIMER_LIFETIME:
		tcp_drop(socket, 0);
		break;
	case TCP_TIMER_COUNT:
		break;
	}
}
