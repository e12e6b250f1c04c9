/*
 * The scoreboard of a sender: one record for each run of bytes that was sent at one
 * time, in the order of sequence numbers; those in flight also in the order of
 * sending, which is what RACK looks at. Neighbours sent at the same time are one
 * record; a record is split where a selective acknowledgement ends within it.
 */
#include "tcp_internal.h"

static uint32_t span(const struct tcp_sent *sent)
{
	return sent->end - sent->start;
}

static uint32_t *counter(struct tcp_socket *socket, enum tcp_fate fate)
{
	switch (fate) {
	case TCP_SACKED:
		return &socket->send.sacked;
	case TCP_LOST:
		return &socket->send.lost;
	default:
		return &socket->send.in_flight;
	}
}

void tcp_sent_init(struct tcp_socket *socket)
{
	list_init(&socket->send.sent);
	list_init(&socket->send.sent_by_time);
}

struct tcp_sent *tcp_sent_head(const struct tcp_socket *socket)
{
	return list_empty(&socket->send.sent) ? NULL
	                                      : list_entry(socket->send.sent.next, struct tcp_sent, by_sequence);
}

/* Notes new data; false without memory or with too many records: then it must not be sent. */
bool tcp_sent_add(struct tcp_socket *socket, uint32_t start, uint32_t end, uint64_t now)
{
	struct tcp_sender *send = &socket->send;
	const struct tcp_environment *environment = &socket->tcp->environment;
	struct tcp_sent *sent;

	if (!list_empty(&send->sent)) {
		sent = list_entry(send->sent.previous, struct tcp_sent, by_sequence);
		if (sent->end == start && sent->at == now && sent->fate == TCP_IN_FLIGHT && !sent->retransmitted) {
			sent->end = end;
			send->in_flight += end - start;
			return true;
		}
	}
	if (send->sent_count >= TCP_SENT_MAXIMUM)
		return false;
	sent = environment->allocate(environment->context, sizeof(*sent));
	if (sent == NULL)
		return false;
	*sent = (struct tcp_sent){.start = start, .end = end, .at = now, .fate = TCP_IN_FLIGHT};
	list_add_tail(&send->sent, &sent->by_sequence);
	list_add_tail(&send->sent_by_time, &sent->by_time);
	send->sent_count++;
	send->in_flight += end - start;
	return true;
}

void tcp_sent_again(struct tcp_socket *socket, struct tcp_sent *sent, uint64_t now)
{
	tcp_sent_set(socket, sent, TCP_IN_FLIGHT);
	list_remove(&sent->by_time);
	list_add_tail(&socket->send.sent_by_time, &sent->by_time);
	sent->at = now;
	sent->retransmitted = true;
}

void tcp_sent_set(struct tcp_socket *socket, struct tcp_sent *sent, enum tcp_fate fate)
{
	if (sent->fate == fate)
		return;
	*counter(socket, sent->fate) -= span(sent);
	*counter(socket, fate) += span(sent);
	list_remove(&sent->by_time);
	/* In flight after all: older than everything that is. */
	if (fate == TCP_IN_FLIGHT)
		list_add_head(&socket->send.sent_by_time, &sent->by_time);
	sent->fate = fate;
}

/*
 * A peer chooses where: it gets no more than twice the records that the sender
 * made by itself. NULL without memory or beyond that; the record is then whole.
 */
struct tcp_sent *tcp_sent_split(struct tcp_socket *socket, struct tcp_sent *sent, uint32_t at)
{
	const struct tcp_environment *environment = &socket->tcp->environment;
	struct tcp_sent *second;

	if (socket->send.sent_count >= 2 * TCP_SENT_MAXIMUM)
		return NULL;
	second = environment->allocate(environment->context, sizeof(*second));
	if (second == NULL)
		return NULL;
	*second = *sent;
	second->start = at;
	sent->end = at;
	list_add_head(&sent->by_sequence, &second->by_sequence);
	list_init(&second->by_time);
	if (sent->fate == TCP_IN_FLIGHT)
		list_add_head(&sent->by_time, &second->by_time);
	socket->send.sent_count++;
	return second;
}

struct tcp_sent *tcp_sent_next_lost(const struct tcp_socket *socket)
{
	if (socket->send.lost == 0)
		return NULL;
	list_for_each(link, &socket->send.sent) {
		struct tcp_sent *sent = list_entry(link, struct tcp_sent, by_sequence);

		if (sent->fate == TCP_LOST)
			return sent;
	}
	return NULL;
}

static void forget(struct tcp_socket *socket, struct tcp_sent *sent)
{
	const struct tcp_environment *environment = &socket->tcp->environment;

	*counter(socket, sent->fate) -= span(sent);
	if (socket->send.hint == sent)
		socket->send.hint = NULL;
	list_remove(&sent->by_sequence);
	list_remove(&sent->by_time);
	socket->send.sent_count--;
	environment->release(environment->context, sent, sizeof(*sent));
}

/* What `part` bytes of a record tell when they are acknowledged cumulatively. */
static void note_acknowledged(struct tcp_socket *socket, const struct tcp_sent *sent, uint32_t part,
                              bool *ambiguous, struct tcp_delivery *delivery)
{
	if (sent->retransmitted)
		*ambiguous = true;
	if (sent->fate == TCP_SACKED)
		return;
	delivery->delivered += part;
	tcp_rack_delivered(socket, sent, delivery);
	if (!sent->retransmitted) {
		/* The oldest one: with the peer's delay of acknowledgements in it. */
		if (delivery->rtt == 0)
			delivery->rtt = delivery->now - sent->at;
		if (!sequence_after(sent->end, socket->recovery.point))
			delivery->original = true;
	}
}

/* Everything before `ack` has arrived. */
void tcp_sent_acknowledge(struct tcp_socket *socket, uint32_t ack, struct tcp_delivery *delivery)
{
	bool ambiguous = false;
	struct tcp_sent *sent;

	while ((sent = tcp_sent_head(socket)) != NULL && sequence_before(sent->start, ack)) {
		if (sequence_after(sent->end, ack)) {
			note_acknowledged(socket, sent, ack - sent->start, &ambiguous, delivery);
			*counter(socket, sent->fate) -= ack - sent->start;
			sent->start = ack;
			break;
		}
		note_acknowledged(socket, sent, span(sent), &ambiguous, delivery);
		forget(socket, sent);
	}
	/* Karn: who knows which transmission it was. Without SACK, nor whether the others arrived by themselves. */
	if (ambiguous)
		delivery->rtt = 0;
	if (ambiguous && !socket->sack)
		delivery->original = false;
}

void tcp_sent_free(struct tcp_socket *socket)
{
	struct tcp_sent *sent;

	while ((sent = tcp_sent_head(socket)) != NULL)
		forget(socket, sent);
}
