/* Single segments: what each kind of them says. When one is due is for others to know. */
#include "tcp_internal.h"

uint32_t tcp_timestamp_now(const struct tcp_socket *socket)
{
	return (uint32_t)(tcp_now(socket->tcp) / MILLISECOND) + socket->timestamps.offset;
}

/* Hands a segment to IP; `packet` has the payload, `segment` everything else. */
void tcp_transmit(struct tcp *tcp, const struct net_address *local, const struct net_address *remote,
                  const struct tcp_segment *segment, struct tcp_packet *packet)
{
	uint8_t header[TCP_HEADER_MAXIMUM];
	uint16_t sum;

	packet->source = *local;
	packet->destination = *remote;
	packet->header = header;
	packet->header_length = tcp_segment_build(segment, header);
	packet->ecn = segment->ecn;
	sum = tcp_pseudo_sum(local, remote, packet->header_length + packet->payload_length);
	header[16] = (uint8_t)(sum >> 8);
	header[17] = (uint8_t)sum;
	tcp->statistics.segments_out++;
	if (segment->flags & TCP_FLAG_RST)
		tcp->statistics.resets_out++;
	tcp->environment.output(tcp->environment.context, packet);
}

/* The window for the header; the edge that it says is kept. */
static uint16_t advertise(struct tcp_socket *socket)
{
	struct tcp_receiver *receive = &socket->receive;
	uint32_t promised = receive->advertised - receive->next;
	uint32_t window = tcp_receive_window(socket);
	uint32_t field = window >> receive->scale;

	/* Scaling cuts; what was promised is rounded up instead, for the edge does not move back. */
	if (field << receive->scale < promised)
		field = (promised + (1u << receive->scale) - 1) >> receive->scale;
	if (field > 65535)
		field = 65535;
	if (sequence_after(receive->next + (field << receive->scale), receive->advertised))
		receive->advertised = receive->next + (field << receive->scale);
	return (uint16_t)field;
}

/* Everything that any segment of a connection in step says; the peer has our acknowledgement with it. */
static struct tcp_segment segment_of(struct tcp_socket *socket, uint8_t flags, uint32_t sequence)
{
	struct tcp_receiver *receive = &socket->receive;
	struct tcp_segment segment = {
		.source_port = socket->local_port,
		.destination_port = socket->remote_port,
		.sequence = sequence,
		.acknowledgement = receive->next,
		.flags = flags | TCP_FLAG_ACK,
		.has_timestamps = socket->timestamps.enabled,
		.timestamp = tcp_timestamp_now(socket),
		.timestamp_echo = socket->timestamps.recent,
	};

	segment.window = advertise(socket);
	if (socket->ecn_echo)
		segment.flags |= TCP_FLAG_ECE;
	receive->acknowledged = receive->next;
	receive->ack_now = false;
	tcp_timer_clear(socket, TCP_TIMER_ACK);
	return segment;
}

/* A duplicate first (RFC 2883), then what is out of order, as many as fit beside timestamps. */
static void add_blocks(struct tcp_socket *socket, struct tcp_segment *segment)
{
	struct tcp_receiver *receive = &socket->receive;
	uint32_t limit = socket->timestamps.enabled ? 3 : 4;
	uint32_t count = 0;

	if (!socket->sack)
		return;
	if (receive->has_duplicate) {
		const struct tcp_block *around = tcp_reassembly_find(&receive->reassembly, receive->duplicate);

		segment->blocks[count++] = receive->duplicate;
		/* Section 4.2: what is around a duplicate above the acknowledgement comes second. */
		if (around != NULL)
			segment->blocks[count++] = *around;
		receive->has_duplicate = false;
	}
	segment->block_count = count;
	if (count < 2) {
		segment->block_count += tcp_reassembly_blocks(&receive->reassembly, segment->blocks + count,
		                                              limit - count);
		return;
	}
	{
		struct tcp_block others[TCP_SACK_BLOCKS_MAXIMUM];
		uint32_t found = tcp_reassembly_blocks(&receive->reassembly, others, limit);

		for (uint32_t i = 0; i < found && segment->block_count < limit; i++) {
			if (others[i].start != segment->blocks[1].start)
				segment->blocks[segment->block_count++] = others[i];
		}
	}
}

void tcp_transmit_ack(struct tcp_socket *socket)
{
	struct tcp_segment segment = segment_of(socket, 0, socket->send.next);
	struct tcp_packet packet = {0};

	if (socket->receive.quick > 0)
		socket->receive.quick--;
	add_blocks(socket, &segment);
	tcp_transmit(socket->tcp, &socket->local, &socket->remote, &segment, &packet);
}

/* RFC 9293, section 3.8.4: the number before the first that is unacknowledged, which is never acceptable. */
void tcp_transmit_probe(struct tcp_socket *socket)
{
	struct tcp_segment segment = segment_of(socket, 0, socket->send.unacknowledged - 1);
	struct tcp_packet packet = {0};

	socket->counted.probes++;
	tcp_transmit(socket->tcp, &socket->local, &socket->remote, &segment, &packet);
}

void tcp_transmit_reset(struct tcp_socket *socket)
{
	struct tcp_segment segment = segment_of(socket, TCP_FLAG_RST, socket->send.next);
	struct tcp_packet packet = {0};

	tcp_transmit(socket->tcp, &socket->local, &socket->remote, &segment, &packet);
}

/* What the other end may send us in one segment. */
static uint16_t maximum_size(const struct tcp_socket *socket)
{
	uint32_t size = socket->send.path_mtu - TCP_HEADER_MINIMUM - (socket->remote.family == 6 ? 40 : 20);

	if (socket->maximum_segment != 0 && socket->maximum_segment < size)
		size = socket->maximum_segment;
	return size < 65535 ? (uint16_t)size : 65535;
}

void tcp_transmit_syn(struct tcp_socket *socket)
{
	struct tcp_receiver *receive = &socket->receive;
	bool answer = socket->state == TCP_STATE_SYN_RECEIVED;
	uint32_t window = receive->limit < 65535 ? receive->limit : 65535;
	struct tcp_segment segment = {
		.source_port = socket->local_port,
		.destination_port = socket->remote_port,
		.sequence = socket->send.initial,
		.flags = TCP_FLAG_SYN,
		.window = (uint16_t)window,
		.maximum_size = maximum_size(socket),
		.has_scale = !answer || socket->scaling,
		.scale = receive->scale,
		.sack_permitted = !answer || socket->sack,
		.has_timestamps = !answer || socket->timestamps.enabled,
		.timestamp = tcp_timestamp_now(socket),
	};
	struct tcp_packet packet = {0};

	if (answer) {
		segment.flags |= TCP_FLAG_ACK | (socket->ecn ? TCP_FLAG_ECE : 0);
		segment.acknowledgement = receive->next;
		segment.timestamp_echo = socket->timestamps.recent;
	} else if (socket->want_ecn && socket->retries == 0) {
		/* RFC 3168, section 6.1.1.1: who gets no answer tries without. */
		segment.flags |= TCP_FLAG_ECE | TCP_FLAG_CWR;
	}
	tcp_transmit(socket->tcp, &socket->local, &socket->remote, &segment, &packet);
}

/*
 * Sends [start, end), which the scoreboard has: data, and the FIN where `end` is
 * past the last of it. The payload stays in the buffer.
 */
void tcp_transmit_data(struct tcp_socket *socket, uint32_t start, uint32_t end, bool retransmission)
{
	struct tcp_sender *send = &socket->send;
	uint32_t data_end = sequence_minimum(end, tcp_data_end(socket));
	struct tcp_segment segment = segment_of(socket, 0, start);
	struct tcp_packet packet = {0};

	packet.payload_length = data_end - start;
	packet.piece_count = tcp_buffer_pieces(&send->buffer, start - send->base, packet.payload_length, packet.pieces);
	if (packet.payload_length > send->mss)
		packet.segment_size = send->mss;
	if (sequence_after(end, data_end))
		segment.flags |= TCP_FLAG_FIN;
	if (data_end == tcp_data_end(socket) && packet.payload_length > 0)
		segment.flags |= TCP_FLAG_PSH;
	if (send->urgent && sequence_after(send->urgent_end, start) && send->urgent_end - start <= 65535) {
		segment.flags |= TCP_FLAG_URG;
		segment.urgent = (uint16_t)(send->urgent_end - start);
	}
	if (socket->ecn && !retransmission && packet.payload_length > 0) {
		segment.ecn = 2;
		if (socket->ecn_reduced)
			segment.flags |= TCP_FLAG_CWR;
		socket->ecn_reduced = false;
	}
	/* Blocks go with data only where it leaves them room; pure acknowledgements have told of them before. */
	if (packet.payload_length + 8 * TCP_SACK_BLOCKS_MAXIMUM <= send->mss)
		add_blocks(socket, &segment);
	socket->counted.bytes_sent += packet.payload_length;
	send->last_sent = tcp_now(socket->tcp);
	if (retransmission) {
		socket->counted.retransmissions++;
		socket->counted.bytes_retransmitted += packet.payload_length;
	}
	if (socket->recovery.phase == TCP_RECOVERY || socket->recovery.phase == TCP_REDUCED)
		socket->recovery.sent += end - start;
	tcp_transmit(socket->tcp, &socket->local, &socket->remote, &segment, &packet);
}

/* RFC 9293, section 3.5.2, group 1: a segment of no connection is answered so that its sender accepts it. */
void tcp_transmit_stray_reset(struct tcp *tcp, const struct net_address *source,
                              const struct net_address *destination, const struct tcp_segment *segment)
{
	struct tcp_segment reset = {
		.source_port = segment->destination_port,
		.destination_port = segment->source_port,
		.flags = TCP_FLAG_RST,
	};
	struct tcp_packet packet = {0};

	if (segment->flags & TCP_FLAG_RST)
		return;
	if (segment->flags & TCP_FLAG_ACK) {
		reset.sequence = segment->acknowledgement;
	} else {
		reset.flags |= TCP_FLAG_ACK;
		reset.acknowledgement = segment->sequence + tcp_segment_span(segment);
	}
	tcp_transmit(tcp, destination, source, &reset, &packet);
}
