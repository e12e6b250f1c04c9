/* What ICMP says of segments: RFC 9293, section 3.9.2.2, believed as little as RFC 5927 advises. */
#include "tcp_internal.h"

#define PATH_MINIMUM4 552u  /* bytes; as Linux: a forger shall not make us send crumbs */
#define PATH_MINIMUM6 1280u /* RFC 8200, section 5 */

static uint32_t error_of(enum tcp_icmp_kind kind)
{
	switch (kind) {
	case TCP_ICMP_NET_UNREACHABLE:
		return POSIX_ENETUNREACH;
	case TCP_ICMP_HOST_UNREACHABLE:
		return POSIX_EHOSTUNREACH;
	case TCP_ICMP_PROTOCOL_UNREACHABLE:
		return POSIX_ENOPROTOOPT;
	default:
		return POSIX_ECONNREFUSED;
	}
}

/* RFC 1191, 8201: smaller segments from now on, and those that were too large again; it is no congestion. */
static void path_shrinks(struct tcp_socket *socket, uint32_t mtu)
{
	uint32_t least = socket->remote.family == 6 ? PATH_MINIMUM6 : PATH_MINIMUM4;

	if (mtu < least)
		mtu = least;
	if (mtu >= socket->send.path_mtu)
		return;
	socket->send.path_mtu = mtu;
	tcp_set_mss(socket);
	if (!tcp_sends(socket) || socket->send.in_flight == 0)
		return;
	list_for_each(link, &socket->send.sent_by_time)
		tcp_sent_set(socket, list_entry(link, struct tcp_sent, by_time), TCP_LOST);
	if (socket->recovery.phase == TCP_OPEN) {
		socket->recovery.phase = TCP_LOSS;
		socket->recovery.frto = false;
		socket->recovery.point = socket->send.next;
	}
	tcp_output(socket);
}

void tcp_icmp(struct tcp *tcp, const struct net_address *local, const struct net_address *remote,
              const uint8_t *quoted, uint32_t length, enum tcp_icmp_kind kind, uint32_t mtu)
{
	struct tcp_socket *socket;
	uint32_t sequence;

	if (length < 8)
		return;
	sequence = (uint32_t)quoted[4] << 24 | (uint32_t)quoted[5] << 16 | (uint32_t)quoted[6] << 8 | quoted[7];
	socket = tcp_table_find(tcp, local, (uint16_t)(quoted[0] << 8 | quoted[1]), remote,
	                        (uint16_t)(quoted[2] << 8 | quoted[3]));
	if (socket == NULL || sequence_before(sequence, socket->send.unacknowledged) ||
	    !sequence_before(sequence, socket->send.next))
		return;
	if (kind == TCP_ICMP_TOO_BIG)
		path_shrinks(socket, mtu);
	else if (socket->state == TCP_STATE_SYN_SENT)
		tcp_drop(socket, error_of(kind));
	else
		socket->soft_error = error_of(kind);
	tcp_reap(tcp);
}
