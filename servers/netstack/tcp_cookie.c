/*
 * SYN cookies (RFC 4987, section 3.6): when more connections are half open than may
 * be, a SYN is answered and forgotten. What must be known later is in the numbers
 * that the peer gives back: the segment size in the sequence number, window scale
 * and SACK in the low bits of the timestamp. Without timestamps, these are off.
 */
#include "tcp_internal.h"

#define COOKIE_PERIOD   (64 * SECOND) /* a cookie holds for one to two of these */
#define SIZE_MASK       7u
#define PERIOD_BIT      8u
#define HASH_MASK       (~15u)
#define STAMP_SCALE     15u /* 15: no window scaling */
#define STAMP_SACK      16u
#define STAMP_MASK      63u
#define HASH_COOKIE     UINT64_C(5)

/* What peers are likely to say: Ethernet with and without tunnels, IPv6, loopback. */
static const uint16_t sizes[] = {TCP_DEFAULT_MSS4, TCP_DEFAULT_MSS6, 1300, 1400, 1440, 1460, 4312, 8960};

static uint32_t cookie(const struct tcp *tcp, const struct net_address *source,
                       const struct net_address *destination, const struct tcp_segment *segment,
                       uint32_t initial, uint64_t period, uint32_t size)
{
	uint64_t purpose = HASH_COOKIE | size << 8 | (uint64_t)initial << 16 | period << 48;
	uint64_t hash = tcp_tuple_hash(tcp, purpose, destination, segment->destination_port, source,
	                               segment->source_port);

	return ((uint32_t)hash & HASH_MASK) | (period & 1 ? PERIOD_BIT : 0) | size;
}

/* The latest time that is not in the future and ends in `bits`. */
static uint32_t stamp(uint32_t now, uint32_t bits)
{
	uint32_t value = (now & ~STAMP_MASK) | bits;

	return sequence_after(value, now) ? value - (STAMP_MASK + 1) : value;
}

/* A socket that lives for one call: what a connection would have, without being one. */
static void shadow(struct tcp_socket *listener, struct tcp_socket *socket, const struct net_address *source,
                   const struct net_address *destination, const struct tcp_segment *segment)
{
	*socket = (struct tcp_socket){
		.tcp = listener->tcp,
		.state = TCP_STATE_SYN_RECEIVED,
		.local = *destination,
		.remote = *source,
		.local_port = segment->destination_port,
		.remote_port = segment->source_port,
		.maximum_segment = listener->maximum_segment,
		.receive_fixed = listener->receive_fixed,
		.receive = {.limit = listener->receive.limit},
	};
}

void tcp_cookie_answer(struct tcp_socket *listener, const struct net_address *source,
                       const struct net_address *destination, const struct tcp_segment *syn)
{
	struct tcp *tcp = listener->tcp;
	uint64_t now = tcp_now(tcp);
	struct tcp_segment offer = *syn;
	uint32_t size = sizeof(sizes) / sizeof(sizes[0]) - 1;
	struct tcp_socket socket;
	uint32_t bits;

	shadow(listener, &socket, source, destination, syn);
	if (tcp_adopt_route(&socket) < 0)
		return;
	if (!syn->has_timestamps)
		offer.has_scale = offer.sack_permitted = false;
	tcp_prepare(&socket);
	tcp_negotiate(&socket, &offer);
	while (size > 0 && sizes[size] > socket.send.peer_mss)
		size--;
	socket.send.initial = cookie(tcp, source, destination, syn, syn->sequence, now / COOKIE_PERIOD, size);
	bits = (offer.has_scale ? offer.scale : STAMP_SCALE) | (offer.sack_permitted ? STAMP_SACK : 0);
	socket.timestamps.offset += stamp(tcp_timestamp_now(&socket), bits) - tcp_timestamp_now(&socket);
	listener->cookies_until = now + 2 * COOKIE_PERIOD;
	tcp->statistics.cookies_sent++;
	tcp_transmit_syn(&socket);
}

/* An acknowledgement of a connection that nobody knows: is it of a cookie? */
bool tcp_cookie_accept(struct tcp_socket *listener, const struct net_address *source,
                       const struct net_address *destination, const struct tcp_segment *segment)
{
	struct tcp *tcp = listener->tcp;
	uint64_t now = tcp_now(tcp);
	uint64_t period = now / COOKIE_PERIOD;
	uint32_t given = segment->acknowledgement - 1;
	struct tcp_segment syn = {
		.source_port = segment->source_port,
		.destination_port = segment->destination_port,
		.sequence = segment->sequence - 1,
		.window = segment->window,
		.maximum_size = sizes[given & SIZE_MASK],
		.has_timestamps = segment->has_timestamps,
		.timestamp = segment->timestamp,
	};
	struct tcp_socket *child;

	if (now >= listener->cookies_until)
		return false;
	if ((period & 1) != !!(given & PERIOD_BIT))
		period--;
	if (given != cookie(tcp, source, destination, segment, syn.sequence, period, given & SIZE_MASK)) {
		tcp->statistics.cookies_bad++;
		return false;
	}
	/* As if it had not come: the peer's data will bring it again. */
	if (listener->waiting_count >= listener->backlog) {
		tcp->statistics.backlog_full++;
		return true;
	}
	if (segment->has_timestamps) {
		uint32_t bits = segment->timestamp_echo;

		syn.has_scale = (bits & STAMP_SCALE) != STAMP_SCALE;
		syn.scale = bits & STAMP_SCALE;
		syn.sack_permitted = bits & STAMP_SACK;
	}
	child = tcp_listen_child(listener, source, destination, &syn);
	if (child == NULL) {
		tcp->statistics.no_memory++;
		return true;
	}
	tcp->statistics.cookies_good++;
	child->send.initial = child->send.unacknowledged = given;
	child->send.next = child->send.base = child->send.small_end = given + 1;
	child->recovery.point = child->recovery.highest_sacked = child->recovery.reorder_round = given;
	tcp_input_connection(child, segment);
	return true;
}
