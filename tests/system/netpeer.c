/*
 * A guest that speaks TCP with the tests, over drydock/network.h:
 *
 *   netpeer INSTANCE-DIRECTORY
 *
 * At port 7 it sends back what it is sent, to the end. At port 1000 it takes one
 * line: "reset" resets this connection; "ADDRESS:PORT" has it connect there, say
 * "connected" or what went wrong, and send back there what it is sent. It says
 * "ready" once it listens, and runs until it is killed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/network.h>
#include <drydock/posix.h>
#include <drydock/server.h>

#include "sim/user/linux.h"

#define ECHO_PORT    7
#define CONTROL_PORT 1000
#define BUFFER_SIZE  65536
#define LINE_SIZE    64

static struct network *network;

struct service_port {
	struct runtime *runtime;
	int listener;
	void (*serve)(void *socket);
};

static void echo(int socket)
{
	char *bytes = malloc(BUFFER_SIZE);
	int count;

	while ((count = network_receive(network, socket, bytes, BUFFER_SIZE, 0, NULL)) > 0) {
		if (network_send(network, socket, bytes, (uint32_t)count, 0) != count)
			break;
	}
	free(bytes);
}

static void serve_echo(void *argument)
{
	int socket = (int)(intptr_t)argument;

	echo(socket);
	network_close_socket(network, socket);
}

static void say(int socket, const char *text)
{
	network_send(network, socket, text, (uint32_t)strlen(text), NETWORK_MORE);
	network_send(network, socket, "\n", 1, 0);
}

static void connect_back(int control, const char *where)
{
	struct network_address address = {0};
	int socket = network_socket(network, NETWORK_STREAM), status = -POSIX_EINVAL;

	if (socket > 0 && network_address_read(where, &address))
		status = network_connect(network, socket, &address, 0);
	say(control, status == 0 ? "connected" : network_error(status));
	if (status == 0)
		echo(socket);
	network_close_socket(network, socket);
}

static void serve_control(void *argument)
{
	int socket = (int)(intptr_t)argument, count;
	char line[LINE_SIZE] = "";
	size_t length = 0;

	while (strchr(line, '\n') == NULL && length < LINE_SIZE - 1 &&
	       (count = network_receive(network, socket, line + length, (uint32_t)(LINE_SIZE - 1 - length), 0,
	                                NULL)) > 0)
		length += (size_t)count;
	line[strcspn(line, "\n")] = '\0';
	if (strcmp(line, "reset") == 0)
		network_set_option(network, socket, SOCKET_OPTION_RESET, 1);
	else
		connect_back(socket, line);
	network_close_socket(network, socket);
}

static void take_connections(void *argument)
{
	struct service_port *port = argument;
	int socket;

	while ((socket = network_accept(network, port->listener, NULL, 0)) > 0)
		fiber_start(port->runtime, port->serve, (void *)(intptr_t)socket);
	fprintf(stderr, "netpeer: accept: %s\n", network_error(socket));
	runtime_stop(port->runtime, EXIT_FAILURE);
}

static bool open_port(struct runtime *runtime, uint16_t number, void (*serve)(void *socket))
{
	struct service_port *port = malloc(sizeof(*port));

	*port = (struct service_port){runtime, network_socket(network, NETWORK_STREAM), serve};
	return network_bind(network, port->listener, &(struct network_address){.port = number}) == 0 &&
	       network_listen(network, port->listener, 64) == 0 &&
	       fiber_start(runtime, take_connections, port) == E_OK;
}

static void start(struct runtime *runtime, void *state)
{
	int error;

	(void)state;
	network = network_open(runtime, NULL, &error);
	if (network == NULL || !open_port(runtime, ECHO_PORT, serve_echo) ||
	    !open_port(runtime, CONTROL_PORT, serve_control)) {
		fprintf(stderr, "netpeer: cannot listen: %s\n", network_error(error));
		runtime_stop(runtime, EXIT_FAILURE);
		return;
	}
	puts("ready");
	fflush(stdout);
}

static const struct server_definition definition = {.name = "netpeer",
                                                    .source = "netpeer",
                                                    .quiet = true,
                                                    .start = start};

int main(int argument_count, char **arguments)
{
	struct runtime *runtime;
	char error[256];
	struct os *os;
	uint64_t code;

	if (argument_count != 2)
		return 2;
	os = os_attach(arguments[1], "user", "netpeer", error, sizeof(error));
	if (os == NULL) {
		fprintf(stderr, "netpeer: %s\n", error);
		return EXIT_FAILURE;
	}
	runtime = runtime_create(os, &definition);
	while (!runtime_stopped(runtime, &code)) {
		if (!runtime_round(runtime))
			runtime_sleep(runtime);
	}
	runtime_destroy(runtime);
	os_destroy(os);
	return (int)code;
}
