/* The benchmark's server: answers pings, and sends datagrams back. */
#include <drydock/posix.h>
#include <drydock/proto/bench.h>
#include <drydock/server.h>

#include "internal.h"

static int32_t ping(struct request *request, const struct bench_ping_arguments *arguments,
                    struct bench_ping_results *results)
{
	(void)request;
	results->value = arguments->value;
	return 0;
}

static int32_t policy(struct request *request, const struct bench_policy_arguments *arguments)
{
	struct bench_server *bench = request->server;

	if (arguments->policy > WAITING_SPIN)
		return POSIX_EINVAL;
	runtime_set_waiting(bench->runtime, (enum waiting)arguments->policy);
	return 0;
}

static int32_t port(struct request *request, struct bench_port_results *results)
{
	struct bench_server *bench = request->server;
	uint64_t handle = runtime_trap(bench->runtime, SYS_CAP_DUPLICATE, bench->port,
	                               RIGHT_SEND | RIGHT_TRANSFER, 0, 0);

	if (!result_is_error(handle))
		handle = connection_move(request->connection, (handle_t)handle, RIGHT_SEND);
	if (result_is_error(handle))
		return POSIX_EIO;
	results->port = handle;
	return 0;
}

static int32_t echo(struct request *request, const struct bench_echo_arguments *arguments)
{
	struct bench_server *bench = request->server;
	uint64_t handle = connection_accept(request->connection, arguments->port);

	if (result_is_error(handle))
		return POSIX_EINVAL;
	if (bench->echo != 0)
		runtime_trap(bench->runtime, SYS_CAP_DROP, bench->echo, 0, 0, 0);
	bench->echo = (handle_t)handle;
	return 0;
}

static const struct bench_operations operations = {.ping = ping, .policy = policy, .port = port, .echo = echo};

static void received(void *context, const struct receipt *receipt)
{
	struct bench_server *bench = context;

	if (receipt->kind == RECEIPT_DATAGRAM && bench->echo != 0)
		runtime_trap_data(bench->runtime, SYS_PORT_SEND, bench->echo, 0, receipt->datagram,
		                  sizeof(receipt->datagram));
}

bool bench_serve(struct bench_server *bench, struct runtime *runtime)
{
	static const struct service_limits limits = {.depth = 256, .area = 1 << 20};
	enum error error;
	struct service *datagrams = service_create(runtime, bench, &limits, NULL, &error);
	struct service *service = service_create(runtime, bench, &limits, NULL, &error);

	bench->runtime = runtime;
	if (datagrams == NULL || service == NULL) {
		log_print(runtime, LOG_ERROR, "cannot make a port: error %d", error);
		return false;
	}
	bench->port = service_port(datagrams);
	runtime_on_receipt(runtime, received, bench);
	service_add(service, &bench_protocol, &operations);
	return service_register(service) == 0;
}
