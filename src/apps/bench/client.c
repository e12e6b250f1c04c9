/*
 * A client of the benchmark: calls the server in one of several manners for a
 * while, and says how often that went. What orders it (`drydock bench`) sleeps
 * meanwhile.
 */
#include <drydock/posix.h>
#include <drydock/proto/bench.h>
#include <drydock/server.h>

#include "internal.h"

#define BATCH 16 /* calls between two readings of the clock */

static int32_t measure_calls(struct bench_client *measurer)
{
	struct bench_ping_results results;

	do {
		for (int i = 0; i < BATCH; i++) {
			int32_t status = bench_ping(measurer->client, measurer->count, &results);

			if (status != 0)
				return status;
			if (results.value != measurer->count)
				return -E_VIOLATION;
			measurer->count++;
		}
	} while (runtime_time(measurer->runtime) < measurer->end);
	return 0;
}

/* ---- calls in flight ------------------------------------------------------- */

static void ping_done(struct call *call, void *context);

static bool ping_again(struct bench_client *measurer, struct call *call)
{
	measurer->status = bench_ping_try_prepare(call, measurer->client, measurer->count);
	if (measurer->status != 0)
		return false;
	call_submit(call, ping_done, measurer);
	return true;
}

static bool is_over(const struct bench_client *measurer)
{
	return measurer->status != 0 || measurer->end == 0 ||
	       (measurer->count % IN_FLIGHT_MAXIMUM == 0 && runtime_time(measurer->runtime) >= measurer->end);
}

static void ping_done(struct call *call, void *context)
{
	struct bench_client *measurer = context;
	struct bench_ping_results results;
	int32_t status = bench_ping_finish(call, &results);

	call_end(call);
	if (status != 0)
		measurer->status = status;
	measurer->count++;
	if (!is_over(measurer) && ping_again(measurer, call))
		return;
	/* The first to see the end stops the others, too. */
	measurer->end = 0;
	if (--measurer->running == 0)
		fiber_wake(measurer->waiter);
}

static int32_t measure_in_flight(struct bench_client *measurer, uint32_t in_flight)
{
	measurer->waiter = fiber_current(measurer->runtime);
	for (measurer->running = 0; measurer->running < in_flight; measurer->running++) {
		if (!ping_again(measurer, &measurer->calls[measurer->running]))
			break;
	}
	while (measurer->running > 0)
		fiber_wait(measurer->runtime);
	return measurer->status;
}

/* ---- datagrams ---------------------------------------------------------------- */

/* Exchanges ports with the server, once. */
static int32_t open_datagrams(struct bench_client *measurer)
{
	struct bench_port_results results;
	uint64_t handle, cookie;
	int32_t status;

	if (measurer->server_port != 0)
		return 0;
	status = bench_port(measurer->client, &results);
	if (status != 0)
		return status;
	handle = client_accept(measurer->client, results.port);
	if (result_is_error(handle))
		return -(int32_t)result_error(handle);
	measurer->server_port = (handle_t)handle;
	handle = runtime_trap(measurer->runtime, SYS_PORT_ALLOCATE, 0, 0, 0, 0);
	if (result_is_error(handle))
		return -(int32_t)result_error(handle);
	measurer->own_port = (handle_t)handle;
	handle = runtime_trap(measurer->runtime, SYS_CAP_DUPLICATE, handle, RIGHT_SEND | RIGHT_TRANSFER, 0, 0);
	cookie = client_move(measurer->client, (handle_t)handle, RIGHT_SEND);
	return result_is_error(cookie) ? -(int32_t)result_error(cookie) : bench_echo(measurer->client, cookie);
}

/* Blocks the whole process, as PORT_RECEIVE does: nobody else wants anything of it. */
static int32_t measure_datagrams(struct bench_client *measurer)
{
	uint64_t datagram[8] = {0}, result;
	int32_t status = open_datagrams(measurer);

	if (status != 0)
		return status;
	do {
		result = runtime_trap_data(measurer->runtime, SYS_PORT_SEND, measurer->server_port, 0, datagram,
		                           sizeof(datagram));
		if (!result_is_error(result))
			result = runtime_trap(measurer->runtime, SYS_PORT_RECEIVE, measurer->own_port,
			                      DEADLINE_NEVER, 0, 0);
		if (result_is_error(result))
			return -(int32_t)result_error(result);
		measurer->count++;
	} while (runtime_time(measurer->runtime) < measurer->end);
	return 0;
}

/* ---- the service ------------------------------------------------------------------ */

static int32_t run(struct bench_client *measurer, const struct bench_measure_arguments *arguments)
{
	switch (arguments->kind) {
	case BENCH_CALLS:
		return measure_calls(measurer);
	case BENCH_CALLS_IN_FLIGHT:
		return measure_in_flight(measurer, arguments->in_flight);
	case BENCH_DATAGRAMS:
		return measure_datagrams(measurer);
	default:
		return bench_measure_files(measurer, arguments->kind, arguments->in_flight);
	}
}

int32_t bench_measure_now(struct bench_client *measurer, const struct bench_measure_arguments *arguments,
                          struct bench_measure_results *results)
{
	uint64_t start = runtime_time(measurer->runtime);
	int32_t status;

	if (arguments->kind < BENCH_CALLS || arguments->kind > BENCH_LARGE_WRITES_IN_PLACE ||
	    arguments->policy > WAITING_SPIN || arguments->in_flight == 0 ||
	    arguments->in_flight > IN_FLIGHT_MAXIMUM || arguments->duration > UINT64_MAX - start)
		return POSIX_EINVAL;
	if (measurer->busy)
		return POSIX_EBUSY;
	measurer->busy = true;
	measurer->status = 0;
	measurer->count = 0;
	measurer->start = start;
	measurer->stop = 0;
	measurer->end = start + arguments->duration;
	runtime_set_waiting(measurer->runtime, (enum waiting)arguments->policy);
	status = run(measurer, arguments);
	results->count = measurer->count;
	results->elapsed = (measurer->stop ? measurer->stop : runtime_time(measurer->runtime)) - measurer->start;
	runtime_set_waiting(measurer->runtime, WAITING_ADAPTIVE);
	measurer->busy = false;
	return status < 0 ? POSIX_EIO : status;
}

static int32_t measure(struct request *request, const struct bench_measure_arguments *arguments,
                       struct bench_measure_results *results)
{
	return bench_measure_now(request->server, arguments, results);
}

static const struct bench_operations operations = {
	.measure = measure,
	.make_files = bench_serve_make_files,
	.remove_files = bench_serve_remove_files,
	.churn = bench_serve_churn,
	.grow = bench_serve_grow,
};

bool bench_measure_for_others(struct bench_client *measurer, struct runtime *runtime)
{
	static const struct client_options options = {.depth = 64, .area = 4096, .deadline = DEADLINE_NEVER};
	static const struct service_limits limits = {.depth = 8, .area = 64 * 1024};
	struct service *service;
	enum error error;
	int32_t status;

	measurer->runtime = runtime;
	measurer->client = client_open(runtime, "bench", &bench_protocol, &options, &status);
	if (measurer->client == NULL) {
		log_print(runtime, LOG_ERROR, "cannot open a lane to the server: %d", status);
		return false;
	}
	service = service_create(runtime, measurer, &limits, NULL, &error);
	if (service == NULL) {
		log_print(runtime, LOG_ERROR, "cannot make a port: error %d", error);
		return false;
	}
	service_add(service, &bench_protocol, &operations);
	return service_register(service) == 0;
}
