/*
 * What the peer has received out of order: RFC 2018, with the duplicates of RFC 2883.
 * Blocks are believed only within what was sent and is not acknowledged.
 */
#include "tcp_internal.h"

/* The record that holds `sequence`, looked for from where the last block ended: blocks grow at their ends. */
static struct tcp_sent *find(struct tcp_socket *socket, uint32_t sequence)
{
	struct list *head = &socket->send.sent;
	struct list *link = socket->send.hint != NULL ? &socket->send.hint->by_sequence : head->next;

	while (link != head) {
		struct tcp_sent *sent = list_entry(link, struct tcp_sent, by_sequence);

		if (sequence_before(sequence, sent->start))
			link = link->previous;
		else if (!sequence_before(sequence, sent->end))
			link = link->next;
		else
			return sent;
	}
	return NULL;
}

static void mark(struct tcp_socket *socket, struct tcp_sent *sent, struct tcp_delivery *delivery)
{
	uint32_t length = sent->end - sent->start;

	delivery->delivered += length;
	delivery->sacked += length;
	if (!sent->retransmitted && !sequence_after(sent->end, socket->recovery.point))
		delivery->original = true;
	tcp_rack_delivered(socket, sent, delivery);
	tcp_sent_set(socket, sent, TCP_SACKED);
}

static void mark_block(struct tcp_socket *socket, struct tcp_block block, struct tcp_delivery *delivery)
{
	uint32_t at = block.start;
	struct tcp_sent *sent;

	while (sequence_before(at, block.end) && (sent = find(socket, at)) != NULL) {
		uint32_t end = sent->end;

		socket->send.hint = sent;
		if (sent->fate != TCP_SACKED) {
			/* Of a record that cannot be split only the whole counts. */
			if (sent->start != at && (sent = tcp_sent_split(socket, sent, at)) == NULL) {
				at = end;
				continue;
			}
			if (sequence_after(end, block.end) && tcp_sent_split(socket, sent, block.end) == NULL)
				return;
			mark(socket, sent, delivery);
		}
		at = end;
	}
}

/* RFC 2883, section 4: a first block that is acknowledged already, or lies within the second. */
static bool is_duplicate(const struct tcp_segment *segment)
{
	const struct tcp_block *blocks = segment->blocks;

	if (!sequence_after(blocks[0].end, segment->acknowledgement))
		return true;
	return segment->block_count > 1 && !sequence_before(blocks[0].start, blocks[1].start) &&
	       !sequence_after(blocks[0].end, blocks[1].end);
}

void tcp_sack_process(struct tcp_socket *socket, const struct tcp_segment *segment, struct tcp_delivery *delivery)
{
	uint32_t first = 0;

	if (segment->block_count > 0 && is_duplicate(segment)) {
		delivery->dsack = true;
		first = 1;
	}
	for (uint32_t i = first; i < segment->block_count; i++) {
		struct tcp_block block = segment->blocks[i];

		if (!sequence_before(block.start, block.end) ||
		    !sequence_after(block.start, segment->acknowledgement) ||
		    sequence_before(block.start, socket->send.unacknowledged) ||
		    sequence_after(block.end, socket->send.next))
			continue;
		mark_block(socket, block, delivery);
	}
}
