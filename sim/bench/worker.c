/* A client that measures (worker.h). */
#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drydock/os.h>
#include <drydock/proto/bench.h>
#include <drydock/server.h>

#include "clock.h"
#include "sim/cli/cli.h"
#include "sim/user/linux.h"

#define IN_FLIGHT_MAXIMUM 64
#define BATCH             16 /* calls between two readings of the clock */

/* The measuring side, in the worker process. */
struct measurer {
	struct runtime *runtime;
	struct client *client;
	int orders, outcomes;
	handle_t server_port; /* for datagrams; 0 until the first */
	handle_t own_port;
	/* Calls in flight. */
	struct fiber *waiter;
	struct call calls[IN_FLIGHT_MAXIMUM];
	unsigned running;
	uint64_t end, count;
	int32_t status;
};

static int32_t measure_calls(struct measurer *measurer, uint64_t end, uint64_t *count)
{
	struct bench_ping_results results;

	do {
		for (int i = 0; i < BATCH; i++) {
			int32_t status = bench_ping(measurer->client, *count, &results);

			if (status != 0)
				return status;
			if (results.value != *count)
				return -E_VIOLATION;
			(*count)++;
		}
	} while (clock_now() < end);
	return 0;
}

static void ping_done(struct call *call, void *context);

static bool ping_again(struct measurer *measurer, struct call *call)
{
	measurer->status = bench_ping_try_prepare(call, measurer->client, measurer->count);
	if (measurer->status != 0)
		return false;
	call_submit(call, ping_done, measurer);
	return true;
}

static void ping_done(struct call *call, void *context)
{
	struct measurer *measurer = context;
	struct bench_ping_results results;
	int32_t status = bench_ping_finish(call, &results);

	call_end(call);
	if (status != 0)
		measurer->status = status;
	measurer->count++;
	if (measurer->status == 0 && (measurer->count % IN_FLIGHT_MAXIMUM != 0 || clock_now() < measurer->end) &&
	    measurer->end != 0 && ping_again(measurer, call))
		return;
	/* The first to see the end stops the others, too. */
	measurer->end = 0;
	if (--measurer->running == 0)
		fiber_wake(measurer->waiter);
}

static int32_t measure_in_flight(struct measurer *measurer, uint32_t in_flight, uint64_t end, uint64_t *count)
{
	measurer->waiter = fiber_current(measurer->runtime);
	measurer->status = 0;
	measurer->count = 0;
	measurer->end = end;
	for (measurer->running = 0; measurer->running < in_flight; measurer->running++) {
		if (!ping_again(measurer, &measurer->calls[measurer->running]))
			break;
	}
	while (measurer->running > 0)
		fiber_wait(measurer->runtime);
	*count = measurer->count;
	return measurer->status;
}

/* Exchanges ports with the server, once. */
static int32_t open_datagrams(struct measurer *measurer)
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

static int32_t measure_datagrams(struct measurer *measurer, uint64_t end, uint64_t *count)
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
		(*count)++;
	} while (clock_now() < end);
	return 0;
}

static int32_t measure(struct measurer *measurer, const struct order *order, uint64_t end, uint64_t *count)
{
	switch (order->kind) {
	case ORDER_CALLS:
		return measure_calls(measurer, end, count);
	case ORDER_IN_FLIGHT:
		return measure_in_flight(measurer, order->in_flight, end, count);
	case ORDER_DATAGRAMS:
		return measure_datagrams(measurer, end, count);
	default:
		return bench_policy(measurer->client, order->policy);
	}
}

static void serve_orders(struct runtime *runtime, void *state)
{
	struct measurer *measurer = *(struct measurer **)state;
	static const struct client_options options = {.depth = 64, .area = 4096, .deadline = DEADLINE_NEVER};
	struct outcome outcome = {0};
	struct order order;

	measurer->runtime = runtime;
	measurer->client = client_open(runtime, "bench", &bench_protocol, &options, &outcome.status);
	/* That it is ready, or why not. Between orders nothing is in flight: reading may block the process. */
	while (write(measurer->outcomes, &outcome, sizeof(outcome)) == sizeof(outcome) &&
	       measurer->client != NULL && read(measurer->orders, &order, sizeof(order)) == sizeof(order) &&
	       order.kind != ORDER_QUIT) {
		uint64_t start = clock_now();

		if (order.kind != ORDER_POLICY)
			runtime_set_waiting(runtime, (enum waiting)order.policy);
		outcome.count = 0;
		outcome.status = measure(measurer, &order, start + order.duration, &outcome.count);
		outcome.elapsed = clock_now() - start;
		runtime_set_waiting(runtime, WAITING_ADAPTIVE);
	}
	runtime_stop(runtime, 0);
}

static int worker_main(const char *directory, int orders, int outcomes)
{
	static const struct server_definition definition = {
		.name = "bench", .source = "bench", .quiet = true, .state_size = sizeof(struct measurer *),
		.start = serve_orders};
	struct measurer *measurer = calloc(1, sizeof(*measurer));
	char error[256] = "no memory";
	struct os *os = measurer ? os_attach(directory, "admin", "bench", error, sizeof(error)) : NULL;
	struct runtime *runtime = os ? runtime_create(os, &definition) : NULL;
	uint64_t code;

	if (runtime == NULL)
		return cli_error("bench: cannot attach: %s", error);
	measurer->orders = orders;
	measurer->outcomes = outcomes;
	*(struct measurer **)runtime_state(runtime) = measurer;
	runtime_round(runtime);
	while (!runtime_stopped(runtime, &code)) {
		runtime_sleep(runtime);
		runtime_round(runtime);
	}
	runtime_destroy(runtime);
	os_destroy(os);
	free(measurer);
	return (int)code;
}

bool worker_start(struct worker *worker, const char *directory)
{
	int orders[2], outcomes[2];
	struct outcome ready;

	if (pipe(orders) != 0 || pipe(outcomes) != 0)
		return false;
	worker->pid = fork();
	if (worker->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(orders[1]);
		close(outcomes[0]);
		_exit(worker_main(directory, orders[0], outcomes[1]));
	}
	close(orders[0]);
	close(outcomes[1]);
	worker->orders = orders[1];
	worker->outcomes = outcomes[0];
	return worker->pid > 0 && worker_wait(worker, &ready) && ready.status == 0;
}

bool worker_order(const struct worker *worker, const struct order *order)
{
	return write(worker->orders, order, sizeof(*order)) == sizeof(*order);
}

bool worker_wait(const struct worker *worker, struct outcome *outcome)
{
	return read(worker->outcomes, outcome, sizeof(*outcome)) == sizeof(*outcome) && outcome->status == 0;
}

void worker_stop(struct worker *worker)
{
	const struct order order = {.kind = ORDER_QUIT};

	/* Closing the pipe would not do: workers forked later hold it, too. */
	if (!worker_order(worker, &order))
		kill(worker->pid, SIGKILL);
	close(worker->orders);
	close(worker->outcomes);
	waitpid(worker->pid, NULL, 0);
}
