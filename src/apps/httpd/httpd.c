/*
 * An HTTP/1.1 server (RFC 9110, 9112) for the files of vfs, all of them from the
 * root on: GET and HEAD, ranges, connections that stay. Options:
 *
 *   port=N         80 where it is not given
 *   connections=N  at most, 1 to 240; 128 where it is not given. More wait to be accepted.
 *
 * Each connection has a fiber. It runs with the rights of the instance's owner.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "internal.h"

#define PORT_DEFAULT        80u
#define CONNECTIONS_DEFAULT 128u
#define CONNECTIONS_MOST    240u
#define BACKLOG             1024u
#define VFS_CALLS           8u
#define VFS_AREA            (VFS_CALLS * (CHUNK + 8192u)) /* a chunk each, or a path */

/* One request, whose head is the first `length` bytes. False: the connection ends. */
static bool serve_request(struct connection_state *connection, size_t length)
{
	struct request_head *head = &connection->head;
	int status = request_parse(connection->in, length, head);

	connection_consume(connection, length);
	if (status == 0 && head->method == METHOD_OTHER)
		status = 405;
	if (status == 0)
		return respond_path(connection) && head->keep_alive;
	/* What follows a request that was not understood is not understood, either. */
	if (status != 405)
		head->keep_alive = false;
	return respond_error(connection, status) && head->keep_alive;
}

/* A request that never came whole has no head, and all that it may be told is this. */
static void refuse(struct connection_state *connection, int status)
{
	memset(&connection->head, 0, sizeof(connection->head));
	respond_error(connection, status);
}

static void serve_connection(void *argument)
{
	struct connection_state *connection = argument;
	struct httpd *httpd = connection->httpd;
	enum head_result result;
	size_t length;

	while ((result = connection_head(connection, &length)) == HEAD_COME) {
		if (!serve_request(connection, length))
			break;
	}
	if (result == HEAD_TOO_LONG)
		refuse(connection, 431);
	else if (result == HEAD_LATE)
		refuse(connection, 408);
	connection_finish(connection);
	network_close_socket(httpd->network, connection->socket);
	runtime_free(httpd->runtime, connection);
	httpd->connections--;
	if (httpd->waiting != NULL)
		fiber_wake(httpd->waiting);
}

static void begin_connection(struct httpd *httpd, int socket)
{
	struct connection_state *connection = runtime_allocate(httpd->runtime, sizeof(*connection));

	if (connection != NULL) {
		connection->httpd = httpd;
		connection->socket = socket;
		httpd->connections++;
		if (fiber_start(httpd->runtime, serve_connection, connection) == E_OK)
			return;
		httpd->connections--;
		runtime_free(httpd->runtime, connection);
	}
	log_print(httpd->runtime, LOG_WARNING,
	          "no memory for another connection; raise the quota, or connections=%u", httpd->connections);
	network_close_socket(httpd->network, socket);
}

static void wait_for_room(struct httpd *httpd)
{
	httpd->waiting = fiber_current(httpd->runtime);
	while (httpd->connections >= httpd->connections_most)
		fiber_wait(httpd->runtime);
	httpd->waiting = NULL;
}

/* ---- the beginning ------------------------------------------------------------------------- */

static uint32_t option(struct httpd *httpd, const char *key, uint32_t most, uint32_t usual)
{
	char text[16];
	uint64_t number;

	if (!string_option(runtime_start(httpd->runtime)->options, key, text, sizeof(text)))
		return usual;
	if (string_to_number(text, &number) && number >= 1 && number <= most)
		return (uint32_t)number;
	log_print(httpd->runtime, LOG_ERROR, "option %s=%s is not 1 to %u; %u is used", key, text, most,
	          usual);
	return usual;
}

/* The socket that listens, or a negative POSIX error. */
static int open_listener(struct httpd *httpd, uint32_t port)
{
	const struct network_address address = {.port = (uint16_t)port};
	int socket = network_socket(httpd->network, NETWORK_STREAM), status;

	if (socket < 0)
		return socket;
	/* A response ends with a short segment, which shall not wait; what is connected inherits it. */
	status = network_set_option(httpd->network, socket, SOCKET_OPTION_NO_DELAY, 1);
	/* Connections of a server before this one, which the stack still remembers, do not keep the port. */
	if (status == 0)
		status = network_set_option(httpd->network, socket, SOCKET_OPTION_REUSE_ADDRESS, 1);
	if (status == 0)
		status = network_bind(httpd->network, socket, &address);
	if (status == 0)
		status = network_listen(httpd->network, socket, BACKLOG);
	return status == 0 ? socket : status;
}

/* Takes connections until the network stack has ended; then whoever started this starts it anew. */
static void serve(struct httpd *httpd, uint32_t port)
{
	int listener = open_listener(httpd, port), socket;

	if (listener < 0) {
		log_print(httpd->runtime, LOG_ERROR, "cannot listen at port %u: %s", port,
		          network_error(listener));
		return;
	}
	log_print(httpd->runtime, LOG_INFO, "Serving HTTP at port %u", port);
	for (;;) {
		wait_for_room(httpd);
		socket = network_accept(httpd->network, listener, NULL, 0);
		if (socket > 0)
			begin_connection(httpd, socket);
		else if (socket != -POSIX_EMFILE && socket != -POSIX_ENOMEM)
			break;
		else
			fiber_sleep(httpd->runtime, runtime_time(httpd->runtime) + 100000000);
	}
	log_print(httpd->runtime, LOG_ERROR, "cannot accept connections: %s", network_error(socket));
}

static void httpd_begin(struct runtime *runtime, void *state)
{
	const struct client_options vfs_options = {.depth = VFS_CALLS, .area = VFS_AREA};
	struct network_options options = {0};
	struct httpd *httpd = state;
	uint32_t port;
	int32_t status;
	int error;

	httpd->runtime = runtime;
	if (runtime_register(runtime) != 0) {
		runtime_stop(runtime, 1);
		return;
	}
	port = option(httpd, "port", UINT16_MAX, PORT_DEFAULT);
	httpd->connections_most = option(httpd, "connections", CONNECTIONS_MOST, CONNECTIONS_DEFAULT);
	/* A call for each, and the one that accepts. */
	options.depth = 2;
	while (options.depth < httpd->connections_most + 1)
		options.depth *= 2;
	options.area = options.depth * CHUNK;
	httpd->network = network_open(runtime, &options, &error);
	httpd->vfs = httpd->network != NULL
	                     ? client_open(runtime, "vfs", &vfs_protocol, &vfs_options, &status)
	                     : NULL;
	if (httpd->network == NULL)
		log_print(runtime, LOG_ERROR, "no network: %s", network_error(error));
	else if (httpd->vfs == NULL)
		log_print(runtime, LOG_ERROR, "no files: vfs does not serve this program (error %d)",
		          (int)status);
	else
		serve(httpd, port);
	runtime_stop(runtime, 1);
}

extern const struct server_definition httpd_server;

const struct server_definition httpd_server = {
	.name = "httpd",
	.source = "httpd",
	.state_size = sizeof(struct httpd),
	.start = httpd_begin,
};
