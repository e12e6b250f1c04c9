/* Orders to the benchmark's clients (orders.h). */
#include "orders.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drydock/os.h>
#include <drydock/proto/bench.h>
#include <drydock/server.h>

#include "sim/cli/cli.h"
#include "sim/user/linux.h"

struct outcome {
	int32_t status; /* 0, or what a call said */
	double rate;    /* calls a nanosecond */
};

/* In the process that gives them. */
struct giver {
	struct runtime *runtime;
	struct client *server;
	struct client *clients[CLIENTS];
	int orders, outcomes;
};

static int32_t open_all(struct giver *giver)
{
	static const struct client_options options = {.deadline = DEADLINE_NEVER};
	int32_t status;

	giver->server = client_open(giver->runtime, "bench", &bench_protocol, &options, &status);
	for (int i = 0; i < CLIENTS && status == 0; i++) {
		char name[32];

		snprintf(name, sizeof(name), "bench-client-%d", i + 1);
		giver->clients[i] = client_open(giver->runtime, name, &bench_protocol, &options, &status);
	}
	return status;
}

static int32_t carry_out_files(struct client *client, const struct order *order)
{
	switch (order->files) {
	case ORDER_MAKE_FILES:
		return bench_make_files(client, order->entries);
	case ORDER_REMOVE_FILES:
		return bench_remove_files(client, order->entries);
	case ORDER_CHURN:
		return bench_churn(client, order->entries, (uint32_t)order->amount);
	default:
		return bench_grow(client, order->amount);
	}
}

static int32_t carry_out(struct giver *giver, const struct order *order, double *rate)
{
	struct call calls[CLIENTS];
	uint32_t begun = 0;
	int32_t status = 0;

	*rate = 0;
	if (order->files != ORDER_NO_FILES)
		return carry_out_files(giver->clients[0], order);
	if (order->clients == 0)
		return bench_policy(giver->server, order->policy);
	while (begun < order->clients && status == 0) {
		status = bench_measure_prepare(&calls[begun], giver->clients[begun], order->kind, order->policy,
		                               order->in_flight, order->duration);
		if (status == 0)
			call_submit(&calls[begun++], NULL, NULL);
	}
	for (uint32_t i = 0; i < begun; i++) {
		struct bench_measure_results results;
		int32_t error;

		call_wait(&calls[i], DEADLINE_NEVER);
		error = bench_measure_finish(&calls[i], &results);
		call_end(&calls[i]);
		if (error == 0 && results.elapsed > 0)
			*rate += (double)results.count / (double)results.elapsed;
		else if (status == 0)
			status = error;
	}
	return status;
}

static void give_orders(struct runtime *runtime, void *state)
{
	struct giver *giver = *(struct giver **)state;
	struct outcome outcome = {0};
	struct order order;

	giver->runtime = runtime;
	runtime_set_waiting(runtime, WAITING_SLEEP);
	outcome.status = open_all(giver);
	/* That it is ready, or why not. Between orders nothing is in flight: reading may block the process. */
	while (write(giver->outcomes, &outcome, sizeof(outcome)) == sizeof(outcome) && outcome.status == 0 &&
	       read(giver->orders, &order, sizeof(order)) == sizeof(order))
		outcome.status = carry_out(giver, &order, &outcome.rate);
	runtime_stop(runtime, 0);
}

static int giver_main(const char *directory, struct giver *giver)
{
	static const struct server_definition definition = {
		.name = "bench", .source = "bench", .quiet = true, .state_size = sizeof(struct giver *),
		.start = give_orders};
	char error[256];
	struct os *os = os_attach(directory, "admin", "bench", error, sizeof(error));
	struct runtime *runtime = os ? runtime_create(os, &definition) : NULL;
	uint64_t code;

	if (runtime == NULL)
		return cli_error("bench: cannot attach: %s", os ? "no memory" : error);
	*(struct giver **)runtime_state(runtime) = giver;
	runtime_round(runtime);
	while (!runtime_stopped(runtime, &code)) {
		runtime_sleep(runtime);
		runtime_round(runtime);
	}
	runtime_destroy(runtime);
	os_destroy(os);
	return (int)code;
}

static bool await(const struct orders *orders, struct outcome *outcome)
{
	if (read(orders->outcomes, outcome, sizeof(*outcome)) != sizeof(*outcome))
		return false;
	if (outcome->status != 0)
		cli_error("bench: a call failed with status %d", outcome->status);
	return outcome->status == 0;
}

bool orders_start(struct orders *orders, const char *directory)
{
	int given[2], outcomes[2];
	struct outcome ready;

	if (pipe(given) != 0 || pipe(outcomes) != 0)
		return false;
	orders->pid = fork();
	if (orders->pid == 0) {
		static struct giver giver; /* in a process of its own */

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(given[1]);
		close(outcomes[0]);
		giver.orders = given[0];
		giver.outcomes = outcomes[1];
		_exit(giver_main(directory, &giver));
	}
	close(given[0]);
	close(outcomes[1]);
	orders->orders = given[1];
	orders->outcomes = outcomes[0];
	return orders->pid > 0 && await(orders, &ready);
}

bool orders_give(const struct orders *orders, const struct order *order, double *rate)
{
	struct outcome outcome;

	if (write(orders->orders, order, sizeof(*order)) != sizeof(*order) || !await(orders, &outcome))
		return false;
	*rate = outcome.rate;
	return true;
}

void orders_end(struct orders *orders)
{
	if (orders->pid <= 0)
		return;
	/* The end of the pipe is the end of the orders. */
	close(orders->orders);
	close(orders->outcomes);
	waitpid(orders->pid, NULL, 0);
}
