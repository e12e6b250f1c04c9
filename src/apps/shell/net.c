/* ping, and sockets for the shell's commands: a call to the network stack each, which an interruption ends. */
#include "net.h"

#include <drydock/network.h>
#include <drydock/string.h>

#include "builtin.h"
#include "text.h"

#define SECOND       1000000000ull
#define PING_COUNT   4u
#define PING_MOST    65535u /* sequence numbers have 16 bits */
#define PING_PAYLOAD 56u    /* bytes, as ping has always sent */

/* ---- sockets ---------------------------------------------------------------------- */

/* The client that knows the socket; an interruption has ended its connection. */
static int32_t socket_client(struct shell *shell, const struct shell_socket *socket, struct client **client)
{
	int32_t status = shell_client(shell, SERVER_NETSTACK, client);

	return !status && shell->servers[SERVER_NETSTACK].generation != socket->session ? POSIX_EBADF
	                                                                                : status;
}

int32_t shell_socket_open(struct shell *shell, uint32_t kind, struct shell_socket *socket)
{
	struct socket_create_results results = {0};
	struct client *client;
	int32_t status = shell_client(shell, SERVER_NETSTACK, &client);

	if (!status)
		status = socket_create(client, SOCKET_FAMILY_IPV6, kind, &results);
	*socket = (struct shell_socket){results.socket, shell->servers[SERVER_NETSTACK].generation};
	return status;
}

void shell_socket_close(struct shell *shell, const struct shell_socket *socket)
{
	struct client *client;

	if (!socket_client(shell, socket, &client))
		socket_close(client, socket->number);
}

int32_t shell_socket_connect(struct shell *shell, const struct shell_socket *socket,
                             const struct network_address *address)
{
	const struct network_parts to = network_address_parts(address);
	struct client *client;
	int32_t status = socket_client(shell, socket, &client);

	return status ? status
	              : socket_connect(client, socket->number, to.family, to.port, 0, to.high, to.low);
}

int32_t shell_socket_send(struct shell *shell, const struct shell_socket *socket, const void *bytes,
                          uint32_t length)
{
	const uint8_t *from = bytes;
	int32_t status = 0;

	while (!status && length > 0) {
		struct socket_send_results results = {0};
		struct client *client;

		status = socket_client(shell, socket, &client);
		if (!status)
			status = socket_send(client, socket->number, SOCKET_FAMILY_NONE, 0, 0, 0, 0, from,
			                     length, &results);
		if (!status && (results.sent == 0 || results.sent > length))
			status = POSIX_EIO;
		from += results.sent;
		length -= results.sent;
	}
	return status;
}

int32_t shell_socket_receive(struct shell *shell, const struct shell_socket *socket, void *into,
                             uint32_t capacity, uint32_t flags, uint32_t *count, uint32_t *port)
{
	struct socket_recv_results results = {0};
	struct client *client;
	int32_t status = socket_client(shell, socket, &client);

	if (!status)
		status = socket_recv(client, socket->number, flags, into, capacity, &results);
	*count = results.data_length;
	if (port)
		*port = results.port;
	return status;
}

int net_error(struct shell *shell, const char *command, const char *subject, int32_t status)
{
	return shell_error(shell, "%s: %s: %s", command, subject,
	                   status > 0 ? network_error(-status) : text_status(status));
}

/* ---- names ---------------------------------------------------------------------------- */

bool shell_resolve(struct shell *shell, const char *command, const char *text, struct network_address *address)
{
	struct socket_resolve_results results;
	struct socket_resolved found;
	struct client *client;
	int32_t status;

	if (network_address_read(text, address))
		return true;
	status = shell_client(shell, SERVER_NETSTACK, &client);
	if (!status)
		status = socket_resolve(client, SOCKET_FAMILY_NONE, text, (uint32_t)string_length(text), &found,
		                        sizeof(found), &results);
	if (!status && results.addresses_length < sizeof(found))
		status = POSIX_EPROTO;
	if (!status)
		network_address_resolved(&found, address);
	else
		shell_error(shell, "%s: %s: %s", command, text,
		            status > 0 ? network_name_error(-status) : text_status(status));
	return !status;
}

/* ---- ping --------------------------------------------------------------------------- */

struct ping {
	struct shell *shell;
	struct network_address to;
	const char *name; /* as it was given */
	struct shell_socket socket;
	uint32_t sent, received;
};

/* Waits until the socket has something to read, if it is given; at most until `deadline`. */
static int32_t wait_until(struct ping *ping, bool readable, uint64_t deadline)
{
	const struct socket_poll_entry wanted = {ping->socket.number, SOCKET_POLL_READABLE};
	uint64_t now = runtime_time(ping->shell->runtime);
	struct socket_poll_results results;
	struct socket_poll_entry ready;
	struct client *client;
	int32_t status = socket_client(ping->shell, &ping->socket, &client);

	if (status || now >= deadline)
		return status;
	return socket_poll(client, deadline - now, &wanted, readable ? sizeof(wanted) : 0, &ready,
	                   sizeof(ready), &results);
}

static int32_t send_request(struct ping *ping, uint32_t sequence)
{
	const struct network_parts to = network_address_parts(&ping->to);
	uint8_t payload[PING_PAYLOAD];
	struct socket_send_results results;
	struct client *client;
	int32_t status = socket_client(ping->shell, &ping->socket, &client);

	for (uint32_t i = 0; i < sizeof(payload); i++)
		payload[i] = (uint8_t)i;
	return status ? status
	              : socket_send(client, ping->socket.number, to.family, sequence, 0, to.high, to.low, payload,
	                            sizeof(payload), &results);
}

/* The answer to this request, up to `deadline`: POSIX_ETIMEDOUT where there is none. */
static int32_t await_answer(struct ping *ping, uint32_t sequence, uint64_t deadline, uint32_t *length)
{
	uint8_t answer[PING_PAYLOAD];
	uint32_t port;
	int32_t status;

	for (;;) {
		status = shell_socket_receive(ping->shell, &ping->socket, answer, sizeof(answer),
		                              SOCKET_AT_ONCE, length, &port);
		/* One that comes late is not this one's. */
		if (status == 0 && port == sequence)
			return 0;
		if (status == POSIX_EAGAIN) {
			if (runtime_time(ping->shell->runtime) >= deadline)
				return POSIX_ETIMEDOUT;
			status = wait_until(ping, true, deadline);
		}
		if (status)
			return status;
	}
}

/* One request a second. Returns the status that ends it all, or 0: that there was no answer does not. */
static int32_t ping_once(struct ping *ping, uint32_t sequence, bool last)
{
	struct shell *shell = ping->shell;
	uint64_t start = runtime_time(shell->runtime), taken;
	uint32_t length = 0;
	int32_t status = send_request(ping, sequence);

	if (status == POSIX_ENETUNREACH)
		return status;
	ping->sent++;
	if (!status)
		status = await_answer(ping, sequence, start + SECOND, &length);
	if (status < 0)
		return status;
	taken = (runtime_time(shell->runtime) - start) / 1000;
	if (status) {
		output_print(shell, "%s: seq=%u: %s\n", ping->name, sequence, network_error(-status));
	} else {
		ping->received++;
		output_print(shell, "%u bytes from %s: seq=%u time=%llu.%03llu ms\n", length, ping->name,
		             sequence, (unsigned long long)taken / 1000, (unsigned long long)taken % 1000);
	}
	output_flush(shell);
	return last ? 0 : wait_until(ping, false, start + SECOND);
}

int builtin_ping(struct shell *shell, const struct arguments *arguments)
{
	struct ping ping = {.shell = shell, .name = arguments->operands[0]};
	const char *given = arguments->values[0]; /* of -c */
	uint64_t count = PING_COUNT;
	int32_t status;

	if (given && (!string_to_number(given, &count) || count == 0 || count > PING_MOST)) {
		shell_error(shell, "ping: %s: this is not a number of requests, 1 to %u", given, PING_MOST);
		return SHELL_WRONG;
	}
	if (!shell_resolve(shell, "ping", ping.name, &ping.to))
		return SHELL_FAILED;
	if (ping.to.port != 0) {
		shell_error(shell, "ping: %s: an echo goes to no port", ping.name);
		return SHELL_WRONG;
	}
	status = shell_socket_open(shell, SOCKET_KIND_ECHO, &ping.socket);
	for (uint32_t sequence = 1; !status && sequence <= count; sequence++)
		status = ping_once(&ping, sequence, sequence == count);
	shell_socket_close(shell, &ping.socket);
	if (status)
		return net_error(shell, "ping", ping.name, status);
	output_print(shell, "%u sent, %u received\n", ping.sent, ping.received);
	return ping.received > 0 ? 0 : SHELL_FAILED;
}
