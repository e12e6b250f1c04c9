/*
 * `drydock bench ipc`: what a call costs, beside what Linux itself needs for a
 * ping-pong between two processes. Every round measures every row once, so
 * that rows of one round saw the same machine.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drydock/proto/bench.h>
#include <drydock/server.h>

#include "bench.h"
#include "clock.h"
#include "orders.h"
#include "raw.h"
#include "sim/cli/cli.h"

enum lane_row {
	LANE_SLEEP,
	LANE_YIELD,
	LANE_HOG,
	LANE_SPIN,
	LANE_TWO,
	LANE_FREE,
	LANE_EIGHT,
	LANE_SIXTY_FOUR,
	LANE_SIXTY_FOUR_TWO,
	LANE_FOUR_CLIENTS,
	LANE_DATAGRAM,
	LANE_ROWS,
};

/* Where client and server run. */
enum where { ONE, TWO, ANYWHERE };

static const struct {
	const char *name;
	enum where where;
	enum waiting waiting;
	uint32_t kind;
	uint32_t in_flight;
	uint32_t clients;
	bool hog;
} plans[LANE_ROWS] = {
	[LANE_SLEEP] = {"lane call, one CPU, sleeping", ONE, WAITING_SLEEP, BENCH_CALLS, 1, 1, false},
	[LANE_YIELD] = {"lane call, one CPU, adaptive", ONE, WAITING_ADAPTIVE, BENCH_CALLS, 1, 1, false},
	[LANE_HOG] = {"lane call, one CPU, beside a CPU hog", ONE, WAITING_ADAPTIVE, BENCH_CALLS, 1, 1, true},
	[LANE_SPIN] = {"lane call, two CPUs, spinning", TWO, WAITING_SPIN, BENCH_CALLS, 1, 1, false},
	[LANE_TWO] = {"lane call, two CPUs, adaptive", TWO, WAITING_ADAPTIVE, BENCH_CALLS, 1, 1, false},
	[LANE_FREE] = {"lane call, not pinned, adaptive", ANYWHERE, WAITING_ADAPTIVE, BENCH_CALLS, 1, 1, false},
	[LANE_EIGHT] = {"8 calls in flight, one CPU", ONE, WAITING_ADAPTIVE, BENCH_CALLS_IN_FLIGHT, 8, 1, false},
	[LANE_SIXTY_FOUR] = {"64 calls in flight, one CPU", ONE, WAITING_ADAPTIVE, BENCH_CALLS_IN_FLIGHT, 64, 1, false},
	[LANE_SIXTY_FOUR_TWO] = {"64 calls in flight, two CPUs", TWO, WAITING_SPIN, BENCH_CALLS_IN_FLIGHT, 64, 1, false},
	[LANE_FOUR_CLIENTS] = {"4 clients, one call each, one CPU", ONE, WAITING_ADAPTIVE, BENCH_CALLS, 1, 4, false},
	[LANE_DATAGRAM] = {"port datagram and back, one CPU", ONE, WAITING_ADAPTIVE, BENCH_DATAGRAMS, 1, 1, false},
};

struct bench_ipc {
	const struct bench_options *options;
	struct bench_instance instance;
	struct orders orders;
	pid_t server, clients[CLIENTS];
	int first, second; /* CPUs; second -1: there is one only */
	struct row raw_one[RAW_KINDS], raw_two[RAW_KINDS]; /* ns a round trip */
	struct row lane[LANE_ROWS];                        /* ns a call */
	struct row rate[LANE_ROWS];                        /* millions of calls a second */
};

static pid_t start_hog(int processor)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	clock_pin(0, processor);
	for (;;)
		__asm__ volatile("");
}

static bool set_server_policy(struct bench_ipc *bench, enum waiting waiting)
{
	const struct order order = {.policy = waiting};
	double rate;

	return orders_give(&bench->orders, &order, &rate);
}

static void place(struct bench_ipc *bench, enum where where)
{
	int server = where == ONE ? bench->first : where == TWO ? bench->second : -1;
	int client = where == ANYWHERE ? -1 : bench->first;

	clock_pin(bench->server, server);
	/* Datagrams go through the host. */
	clock_pin(bench->instance.host, server);
	for (int i = 0; i < CLIENTS; i++)
		clock_pin(bench->clients[i], client);
}

/* Millions of calls a second of all the row's clients together, 0 if one failed. */
static double run_clients(struct bench_ipc *bench, enum lane_row row)
{
	const struct order order = {.clients = plans[row].clients, .kind = plans[row].kind,
	                            .policy = plans[row].waiting, .in_flight = plans[row].in_flight,
	                            .duration = bench->options->duration};
	double rate;

	return orders_give(&bench->orders, &order, &rate) ? 1000.0 * rate : 0;
}

static bool measure_lane(struct bench_ipc *bench, enum lane_row row)
{
	pid_t hog = -1;
	double rate;

	if (plans[row].where == TWO && bench->second < 0)
		return true;
	place(bench, plans[row].where);
	if (!set_server_policy(bench, plans[row].waiting))
		return false;
	if (plans[row].hog)
		hog = start_hog(bench->first);
	rate = run_clients(bench, row);
	if (hog > 0) {
		kill(hog, SIGKILL);
		waitpid(hog, NULL, 0);
	}
	if (rate <= 0 || !set_server_policy(bench, WAITING_ADAPTIVE))
		return false;
	row_add(&bench->rate[row], rate);
	row_add(&bench->lane[row], 1000.0 / rate);
	return true;
}

static bool measure_raw(struct bench_ipc *bench, enum raw_kind kind)
{
	double one = -1, two = -1;

	if (kind != RAW_SPIN) {
		one = raw_measure(kind, bench->first, bench->first, bench->options->duration);
		if (one < 0)
			return false;
		row_add(&bench->raw_one[kind], one);
	}
	if (bench->second >= 0 && kind != RAW_YIELD) {
		two = raw_measure(kind, bench->first, bench->second, bench->options->duration);
		if (two < 0)
			return false;
		row_add(&bench->raw_two[kind], two);
	}
	return true;
}

static bool is_wanted(const struct bench_ipc *bench, const char *name)
{
	return bench->options->only == NULL || strstr(name, bench->options->only) != NULL;
}

static bool measure_round(struct bench_ipc *bench)
{
	for (int kind = 0; kind < RAW_KINDS; kind++) {
		if (is_wanted(bench, raw_names[kind]) && !measure_raw(bench, (enum raw_kind)kind))
			return false;
	}
	for (int row = 0; row < LANE_ROWS; row++) {
		if (is_wanted(bench, plans[row].name) && !measure_lane(bench, (enum lane_row)row))
			return false;
	}
	return true;
}

#define CLAIMS 8

static unsigned make_claims(struct bench_ipc *bench, struct claim claims[CLAIMS])
{
	const struct row *const sleepers[] = {&bench->raw_one[RAW_FUTEX], &bench->raw_one[RAW_PIPE],
	                                      &bench->raw_one[RAW_EVENTFD]};
	struct row fastest = {.name = "fastest"};

	row_least(&fastest, sleepers, 3);
	claims[0] = (struct claim){{.name = "sleeping call / fastest raw primitive"}, true, 1.0};
	row_ratio(&claims[0].row, &bench->lane[LANE_SLEEP], &fastest);
	claims[1] = (struct claim){{.name = "yielding call / fastest raw primitive"}, true, 0.8};
	row_ratio(&claims[1].row, &bench->lane[LANE_YIELD], &fastest);
	claims[2] = (struct claim){{.name = "spinning call / bare spin ping-pong"}, true, 2.0};
	row_ratio(&claims[2].row, &bench->lane[LANE_SPIN], &bench->raw_two[RAW_SPIN]);
	claims[3] = (struct claim){{.name = "rate beside a hog / without one"}, false, 0.5};
	row_ratio(&claims[3].row, &bench->rate[LANE_HOG], &bench->rate[LANE_YIELD]);
	claims[4] = (struct claim){bench->rate[LANE_SIXTY_FOUR], false, 8.0};
	claims[5] = (struct claim){bench->rate[LANE_SIXTY_FOUR_TWO], false, 15.0};
	claims[6] = (struct claim){bench->rate[LANE_FOUR_CLIENTS], false, 0.4};
	for (int i = 4; i < 7; i++)
		claims[i].row.unit = "M calls/s";
	claims[4].row.name = "64 in flight, one CPU, M calls/s";
	claims[5].row.name = "64 in flight, two CPUs, M calls/s";
	claims[6].row.name = "4 clients, M calls/s";
	return 7;
}

static void name_rows(struct bench_ipc *bench)
{
	for (int kind = 0; kind < RAW_KINDS; kind++) {
		bench->raw_one[kind] = (struct row){.name = raw_names[kind], .unit = "ns"};
		bench->raw_two[kind] = (struct row){.name = raw_names[kind], .unit = "ns"};
	}
	for (int row = 0; row < LANE_ROWS; row++) {
		bench->lane[row] = (struct row){.name = plans[row].name, .unit = "ns"};
		bench->rate[row] = (struct row){.name = plans[row].name, .unit = "M calls/s"};
	}
}

static void report(struct bench_ipc *bench)
{
	const struct row *one[RAW_KINDS], *two[RAW_KINDS], *lane[LANE_ROWS], *rate[LANE_ROWS];
	struct claim claims[CLAIMS];
	unsigned count = make_claims(bench, claims), ones = 0, twos = 0;

	for (int i = 0; i < RAW_KINDS; i++) {
		if (i != RAW_SPIN)
			one[ones++] = &bench->raw_one[i];
		if (i != RAW_YIELD)
			two[twos++] = &bench->raw_two[i];
	}
	for (int i = 0; i < LANE_ROWS; i++) {
		lane[i] = &bench->lane[i];
		rate[i] = &bench->rate[i];
	}
	if (bench->options->json) {
		cJSON *object = cJSON_CreateObject();

		cJSON_AddItemToObject(object, "raw_one_cpu", json_rows(one, ones));
		cJSON_AddItemToObject(object, "raw_two_cpus", json_rows(two, twos));
		cJSON_AddItemToObject(object, "lane", json_rows(lane, LANE_ROWS));
		cJSON_AddItemToObject(object, "rate", json_rows(rate, LANE_ROWS));
		cJSON_AddItemToObject(object, "claims", json_claims(claims, count));
		bench_print_json(object);
		return;
	}
	print_rows("Raw ping-pong, one CPU, ns a round trip", one, ones);
	print_rows("Raw ping-pong, two CPUs, ns a round trip", two, twos);
	print_rows("Lanes, ns a call", lane, LANE_ROWS);
	print_rows("Lanes, millions of calls a second", rate, LANE_ROWS);
	print_claims(claims, count);
}

/* Everything that the rows need; false, having said why. */
static bool set_up(struct bench_ipc *bench)
{
	char name[32];

	if (!orders_start(&bench->orders, bench->instance.directory))
		return false;
	bench->server = bench_instance_process(&bench->instance, "bench");
	for (int i = 0; i < CLIENTS; i++) {
		snprintf(name, sizeof(name), "bench-client-%d", i + 1);
		bench->clients[i] = bench_instance_process(&bench->instance, name);
	}
	return true;
}

int bench_ipc(const struct bench_options *options)
{
	static struct bench_ipc bench; /* hosted: the rows are large */
	bool good;

	bench.options = options;
	name_rows(&bench);
	clock_processors(&bench.first, &bench.second);
	if (!bench_instance_boot(&bench.instance, options->name, true, NULL, NULL))
		return CLI_FAILED;
	good = set_up(&bench);
	for (unsigned round = 0; round < options->rounds && good; round++) {
		bench_progress(options, round);
		good = measure_round(&bench);
	}
	bench_progress(options, options->rounds);
	orders_end(&bench.orders);
	bench_instance_end(&bench.instance);
	clock_pin(0, -1);
	if (!good)
		return cli_error("bench: a measurement failed; see the log above");
	report(&bench);
	return CLI_OK;
}
