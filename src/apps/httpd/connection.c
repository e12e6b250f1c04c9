/*
 * Reading and writing a connection, so that nobody is waited for without end: not
 * who asks for nothing, sends a head letter by letter, or does not read.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "internal.h"

#define SECOND      1000000000ull
#define IDLE_TIME   (30 * SECOND) /* between requests */
#define HEAD_TIME   (10 * SECOND) /* from the first byte of a head to its last */
#define SEND_TIME   (30 * SECOND) /* without a byte that found room */
#define FINISH_TIME (2 * SECOND)

/* Whether the socket becomes ready for `events` before `deadline`. */
static bool wait_for(struct connection_state *connection, uint32_t events, uint64_t deadline)
{
	struct httpd *httpd = connection->httpd;
	struct network_poll poll = {.socket = connection->socket, .wanted = events};
	uint64_t now = runtime_time(httpd->runtime);

	return now < deadline && network_poll(httpd->network, &poll, 1, deadline - now) > 0;
}

/* Bytes, up to `capacity`; 0 at the end, or where something is wrong, or once `deadline` has passed. */
static uint32_t receive(struct connection_state *connection, void *into, uint32_t capacity, uint64_t deadline)
{
	struct network *network = connection->httpd->network;
	int count;

	while ((count = network_receive(network, connection->socket, into, capacity, NETWORK_AT_ONCE,
	                                NULL)) == -POSIX_EAGAIN) {
		if (!wait_for(connection, SOCKET_POLL_READABLE, deadline))
			return 0;
	}
	return count > 0 ? (uint32_t)count : 0;
}

enum head_result connection_head(struct connection_state *connection, size_t *length)
{
	struct runtime *runtime = connection->httpd->runtime;
	uint64_t deadline = runtime_time(runtime) + (connection->received > 0 ? HEAD_TIME : IDLE_TIME);

	while ((*length = request_head_length(connection->in, connection->received)) == 0) {
		uint32_t room = REQUEST_HEAD_MOST - connection->received, count;

		if (room == 0)
			return HEAD_TOO_LONG;
		count = receive(connection, connection->in + connection->received, room, deadline);
		if (count == 0)
			return connection->received > 0 && runtime_time(runtime) >= deadline ? HEAD_LATE
			                                                                     : HEAD_NONE;
		if (connection->received == 0)
			deadline = runtime_time(runtime) + HEAD_TIME;
		connection->received += count;
	}
	return HEAD_COME;
}

void connection_consume(struct connection_state *connection, size_t length)
{
	connection->received -= (uint32_t)length;
	memmove(connection->in, connection->in + length, connection->received);
}

bool connection_send(struct connection_state *connection, const void *bytes, uint32_t length, bool more)
{
	struct httpd *httpd = connection->httpd;
	const uint32_t flags = NETWORK_AT_ONCE | (more ? NETWORK_MORE : 0);
	uint32_t done = 0;

	while (done < length) {
		int count = network_send(httpd->network, connection->socket, (const uint8_t *)bytes + done,
		                         length - done, flags);

		if (count > 0)
			done += (uint32_t)count;
		else if (count != -POSIX_EAGAIN || !wait_for(connection, SOCKET_POLL_WRITABLE,
		                                             runtime_time(httpd->runtime) + SEND_TIME))
			return false;
	}
	return true;
}

/* RFC 9112, section 9.6: what is not read makes TCP reset the connection. */
void connection_finish(struct connection_state *connection)
{
	struct httpd *httpd = connection->httpd;
	uint64_t deadline = runtime_time(httpd->runtime) + FINISH_TIME;

	if (network_shutdown(httpd->network, connection->socket, SOCKET_SHUTDOWN_WRITE) != 0)
		return;
	while (runtime_time(httpd->runtime) < deadline &&
	       receive(connection, connection->chunk, CHUNK, deadline) > 0)
		continue;
}

void connection_abort(struct connection_state *connection)
{
	network_set_option(connection->httpd->network, connection->socket, SOCKET_OPTION_RESET, 1);
}
