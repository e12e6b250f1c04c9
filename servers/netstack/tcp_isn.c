/* Initial sequence numbers (RFC 6528) and timestamp offsets (RFC 7323, section 7.1) that nobody can guess. */
#include "tcp_internal.h"

enum hash_purpose {
	HASH_ISN = 3,
	HASH_TIMESTAMP = 4,
};

uint64_t tcp_tuple_hash(const struct tcp *tcp, uint64_t purpose, const struct net_address *local,
                        uint16_t local_port, const struct net_address *remote, uint16_t remote_port)
{
	uint8_t bytes[8 + 4 + 2 * 16];

	memcpy(bytes, &purpose, sizeof(purpose));
	memcpy(bytes + 8, &local_port, sizeof(local_port));
	memcpy(bytes + 10, &remote_port, sizeof(remote_port));
	memcpy(bytes + 12, local->bytes, 16);
	memcpy(bytes + 28, remote->bytes, 16);
	return hash_bytes(&tcp->key, bytes, sizeof(bytes));
}

/* RFC 6528, section 3: M + F(connection, secret), with M counting four microseconds. */
uint32_t tcp_isn(struct tcp *tcp, const struct tcp_socket *socket)
{
	uint64_t hash = tcp_tuple_hash(tcp, HASH_ISN, &socket->local, socket->local_port, &socket->remote,
	                               socket->remote_port);

	uint32_t number = (uint32_t)hash + (uint32_t)(tcp_now(tcp) / 4000);

	/* RFC 9293, section 3.6.1: beyond all that the connection before has used, which may have outrun the clock. */
	return tcp->reusing && sequence_before(number, tcp->reused) ? tcp->reused : number;
}

/* By connection, so that the timestamps of its next life go on where the last one's ended (RFC 6191). */
uint32_t tcp_timestamp_offset(struct tcp *tcp, const struct tcp_socket *socket)
{
	return (uint32_t)tcp_tuple_hash(tcp, HASH_TIMESTAMP, &socket->local, socket->local_port, &socket->remote,
	                                socket->remote_port);
}
