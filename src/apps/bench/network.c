/*
 * The benchmark's program at the network: what TCP is measured against. By port it
 * sends back (RFC 862), swallows (RFC 863) or sends without end (RFC 864, but for
 * the pattern); and it holds connections that nothing happens on.
 */
#include <drydock/network.h>
#include <drydock/server.h>

#include "internal.h"

#define ECHO_PORT    7
#define DISCARD_PORT 9
#define SOURCE_PORT  19
#define HELD_PORT    1000 /* and the next ones, for each table of held sockets */
#define HELD_TABLES  10
#define HELD_EACH    1000 /* sockets that one connection to the network stack may have, a listener beside them */
#define BACKLOG      1024
#define BUFFER_SIZE  (128u << 10)
#define CALLS        32u

/* A port, or a connection that came there. */
struct bench_socket {
	struct bench_network *bench;
	struct network *network;
	int socket;
	void (*serve)(struct bench_socket *connection, uint8_t *buffer);
};

static void echo(struct bench_socket *connection, uint8_t *buffer)
{
	int count;

	while ((count = network_receive(connection->network, connection->socket, buffer, BUFFER_SIZE, 0, NULL)) > 0) {
		if (network_send(connection->network, connection->socket, buffer, (uint32_t)count, 0) != count)
			return;
	}
}

static void discard(struct bench_socket *connection, uint8_t *buffer)
{
	while (network_receive(connection->network, connection->socket, buffer, BUFFER_SIZE, 0, NULL) > 0)
		continue;
}

static void source(struct bench_socket *connection, uint8_t *buffer)
{
	while (network_send(connection->network, connection->socket, buffer, BUFFER_SIZE, 0) > 0)
		continue;
}

static void serve_connection(void *argument)
{
	struct bench_socket *connection = argument;
	struct runtime *runtime = connection->bench->runtime;
	uint8_t *buffer = runtime_allocate(runtime, BUFFER_SIZE);

	if (buffer != NULL)
		connection->serve(connection, buffer);
	network_close_socket(connection->network, connection->socket);
	runtime_free(runtime, buffer);
	runtime_free(runtime, connection);
}

static void accept_and_serve(void *argument)
{
	struct bench_socket *listener = argument;
	struct runtime *runtime = listener->bench->runtime;
	int socket;

	while ((socket = network_accept(listener->network, listener->socket, NULL, 0)) > 0) {
		struct bench_socket *connection = runtime_allocate(runtime, sizeof(*connection));

		if (connection != NULL) {
			*connection = *listener;
			connection->socket = socket;
			if (fiber_start(runtime, serve_connection, connection) == E_OK)
				continue;
			runtime_free(runtime, connection);
		}
		network_close_socket(listener->network, socket);
	}
}

/* They end with the connection to the network stack, which is with this process. */
static void accept_and_hold(void *argument)
{
	struct bench_socket *listener = argument;

	for (int held = 0; held < HELD_EACH; held++) {
		if (network_accept(listener->network, listener->socket, NULL, 0) <= 0)
			return;
	}
}

static bool listen_at(struct bench_network *bench, struct network *network, uint16_t port,
                      void (*serve)(struct bench_socket *, uint8_t *))
{
	struct bench_socket *listener = runtime_allocate(bench->runtime, sizeof(*listener));
	const struct network_address address = {.port = port};

	if (listener == NULL)
		return false;
	*listener = (struct bench_socket){bench, network, network_socket(network, NETWORK_STREAM), serve};
	return listener->socket > 0 &&
	       network_set_option(network, listener->socket, SOCKET_OPTION_NO_DELAY, 1) == 0 &&
	       network_set_option(network, listener->socket, SOCKET_OPTION_REUSE_ADDRESS, 1) == 0 &&
	       network_bind(network, listener->socket, &address) == 0 &&
	       network_listen(network, listener->socket, BACKLOG) == 0 &&
	       fiber_start(bench->runtime, serve != NULL ? accept_and_serve : accept_and_hold, listener) == E_OK;
}

bool bench_serve_network(struct bench_network *bench, struct runtime *runtime)
{
	const struct network_options many = {.depth = CALLS, .area = CALLS * BUFFER_SIZE};
	const struct network_options held = {.depth = 2, .area = 8192};
	struct network *network;
	bool good;
	int error;

	bench->runtime = runtime;
	if (runtime_register(runtime) != 0)
		return false;
	network = network_open(runtime, &many, &error);
	good = network != NULL && listen_at(bench, network, ECHO_PORT, echo) &&
	       listen_at(bench, network, DISCARD_PORT, discard) && listen_at(bench, network, SOURCE_PORT, source);
	for (uint16_t i = 0; i < HELD_TABLES && good; i++) {
		network = network_open(runtime, &held, &error);
		good = network != NULL && listen_at(bench, network, HELD_PORT + i, NULL);
	}
	if (!good)
		log_print(runtime, LOG_ERROR, "cannot listen: the network stack does not serve this program");
	return good;
}
