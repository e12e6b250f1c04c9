/* The benchmark's server: answers pings, and sends datagrams back. */
#include <drydock/posix.h>
#include <drydock/proto/bench.h>
#include <drydock/server.h>

struct bench {
	struct runtime *runtime;
	handle_t port; /* where datagrams come in */
	handle_t echo; /* where they go; 0: nowhere */
};

static int32_t ping(struct request *request, const struct bench_ping_arguments *arguments,
                    struct bench_ping_results *results)
{
	(void)request;
	results->value = arguments->value;
	return 0;
}

static int32_t policy(struct request *request, const struct bench_policy_arguments *arguments)
{
	struct bench *bench = request->server;

	if (arguments->policy > WAITING_SPIN)
		return POSIX_EINVAL;
	runtime_set_waiting(bench->runtime, (enum waiting)arguments->policy);
	return 0;
}

static int32_t port(struct request *request, struct bench_port_results *results)
{
	struct bench *bench = request->server;
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
	struct bench *bench = request->server;
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
	struct bench *bench = context;

	if (receipt->kind == RECEIPT_DATAGRAM && bench->echo != 0)
		runtime_trap_data(bench->runtime, SYS_PORT_SEND, bench->echo, 0, receipt->datagram,
		                  sizeof(receipt->datagram));
}

static void start(struct runtime *runtime, void *state)
{
	static const struct service_limits limits = {.depth = 256, .area = 1 << 20};
	struct bench *bench = state;
	enum error error;
	struct service *datagrams = service_create(runtime, state, &limits, NULL, &error);
	struct service *service = service_create(runtime, state, &limits, NULL, &error);

	bench->runtime = runtime;
	if (datagrams == NULL || service == NULL) {
		log_print(runtime, LOG_ERROR, "cannot make a port: error %d", error);
		runtime_stop(runtime, 1);
		return;
	}
	bench->port = service_port(datagrams);
	runtime_on_receipt(runtime, received, bench);
	service_add(service, &bench_protocol, &operations);
	if (service_register(service) != 0)
		runtime_stop(runtime, 1);
}

extern const struct server_definition bench_server;

const struct server_definition bench_server = {
	.name = "bench", .source = "bench", .state_size = sizeof(struct bench), .start = start};
