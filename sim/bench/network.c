/*
 * `drydock bench net`: the network stack, with a program behind it, beside Linux's
 * own at a veth pair and beside the least that anybody at a TAP must do (the floor).
 * All is in a network namespace of the benchmark's own, in which this process is the
 * program on Linux that uses each of them.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drydock/proto/bench.h>
#include <drydock/server.h>

#include "clock.h"
#include "network.h"
#include "network_floor.h"
#include "network_load.h"
#include "sim/cli/ask.h"
#include "sim/cli/cli.h"

#define LOSS        10 /* in a thousand */
#define LOSS_LONGER 10 /* the time that loss is measured for: it waits for timers now and then */
#define FILE_SIZE   1024
#define IDLE_TIME   10 /* seconds */

/* ---- beginning and ending ----------------------------------------------------------- */

static bool boot(struct bench_net *bench, enum net_help help)
{
	char tap[16], address[32];
	const char *more[] = {"--tap", tap, "--ip", address, help == NET_NONE ? "--no-offload" : NULL, NULL};

	net_tap_name(NET_DRYDOCK, help, tap);
	snprintf(address, sizeof(address), "10.77.%d.2/24", help);
	snprintf(bench->names[help], sizeof(bench->names[help]), "%.*s%s", INSTANCE_NAME_MAXIMUM - 6,
	         bench->options->name, help == NET_NONE ? "-plain" : "");
	return bench_instance_boot(&bench->instances[help], bench->names[help], true, NULL, more);
}

/* The file that is fetched, for both servers. */
static bool put_file(struct bench_net *bench)
{
	char path[96];
	const char *put[] = {"fs", "put", "--name", bench->names[NET_OFFLOADS], path, "/", NULL};
	static const char bytes[FILE_SIZE];
	FILE *file;
	bool good;

	snprintf(path, sizeof(path), "%s/files", bench->directory);
	mkdir(path, 0755);
	snprintf(path, sizeof(path), "%s/files/1k", bench->directory);
	file = fopen(path, "w");
	good = file != NULL && fwrite(bytes, 1, FILE_SIZE, file) == FILE_SIZE;
	if (file != NULL && fclose(file) != 0)
		good = false;
	return good && bench_self(put) == 0;
}

static bool set_up(struct bench_net *bench)
{
	bool good;

	if (!net_space_enter(bench->directory) || !net_linux_start(&bench->linux_peer) ||
	    !net_links_make(bench->linux_peer.pid))
		return false;
	for (int help = 0; help < NET_HELPS; help++) {
		bench->floors[help] = net_floor_start((enum net_help)help);
		if (bench->floors[help] < 0 || !boot(bench, (enum net_help)help))
			return false;
	}
	good = put_file(bench) && net_linux_serve(&bench->linux_peer, bench->directory) &&
	       orders_start(&bench->orders, bench->instances[NET_OFFLOADS].directory);
	if (!good)
		cli_error("bench: the peers do not serve: %s", strerror(errno));
	return good;
}

static void tear_down(struct bench_net *bench)
{
	orders_end(&bench->orders);
	for (int help = 0; help < NET_HELPS; help++) {
		if (bench->instances[help].host > 0)
			bench_instance_end(&bench->instances[help]);
		if (bench->floors[help] > 0) {
			kill(bench->floors[help], SIGKILL);
			waitpid(bench->floors[help], NULL, 0);
		}
	}
	net_linux_end(&bench->linux_peer);
	net_space_leave(bench->directory);
}

/* ---- a round ------------------------------------------------------------------------- */

/* All processes that take part on one CPU, or wherever Linux puts them. */
static bool place(const struct bench_net *bench, enum net_place where)
{
	int processor = where == NET_ONE ? bench->processor : -1;

	for (int help = 0; help < NET_HELPS; help++) {
		cJSON *processes = ask_list(bench->instances[help].name, "ps");
		const cJSON *process;

		if (processes == NULL)
			return false;
		cJSON_ArrayForEach(process, processes)
			clock_pin((pid_t)ask_number(process, "linux_pid"), processor);
		cJSON_Delete(processes);
		clock_pin(bench->floors[help], processor);
	}
	clock_pin(bench->linux_peer.pid, processor);
	if (bench->linux_peer.nginx > 0)
		clock_pin(bench->linux_peer.nginx, processor);
	clock_pin(bench->orders.pid, processor);
	return clock_pin(0, processor);
}

static bool wanted(const struct bench_net *bench, const struct row *row)
{
	return bench->options->only == NULL || strstr(row->name, bench->options->only) != NULL;
}

static bool measure_link(struct bench_net *bench, enum net_place where, enum net_help help, enum net_peer peer)
{
	struct in_addr address = net_address_of(peer, help);
	struct row *in = &bench->bulk[where][help][NET_TO_PEER][peer];
	struct row *out = &bench->bulk[where][help][NET_FROM_PEER][peer];
	double rate;

	if (wanted(bench, in)) {
		if (!net_load_send(address, bench->options->duration, &rate))
			return false;
		row_add(in, rate);
	}
	if (wanted(bench, out)) {
		if (!net_load_receive(address, bench->options->duration, 0, &rate))
			return false;
		row_add(out, rate);
	}
	return true;
}

static bool measure_bulk(struct bench_net *bench, enum net_place where)
{
	for (int help = 0; help < NET_HELPS; help++) {
		for (int peer = 0; peer < NET_PEERS; peer++) {
			if (!measure_link(bench, where, (enum net_help)help, (enum net_peer)peer))
				return false;
		}
	}
	return true;
}

static bool measure_echo(struct bench_net *bench, enum net_place where)
{
	const struct order order = {.clients = 1, .kind = BENCH_CALLS, .policy = WAITING_ADAPTIVE, .in_flight = 1,
	                            .duration = bench->options->duration};
	double median, rate;

	for (int peer = 0; peer < NET_PEERS; peer++) {
		if (!wanted(bench, &bench->echo[where][peer]) && !wanted(bench, &bench->requests[where][peer]))
			continue;
		if (!net_load_echo(net_address_of((enum net_peer)peer, NET_OFFLOADS), bench->options->duration, &median,
		                   &rate))
			return false;
		row_add(&bench->echo[where][peer], median / 1000);
		row_add(&bench->requests[where][peer], rate * 1e6);
	}
	if (!wanted(bench, &bench->lane[where]))
		return true;
	if (!orders_give(&bench->orders, &order, &rate) || rate <= 0)
		return false;
	row_add(&bench->lane[where], 1 / rate / 1000);
	return true;
}

static bool measure_loss(struct bench_net *bench, enum net_place where)
{
	static const enum net_peer peers[] = {NET_DRYDOCK, NET_LINUX};
	double rate;

	for (size_t i = 0; i < 2; i++) {
		if (!wanted(bench, &bench->loss[where][peers[i]]))
			continue;
		if (!net_load_receive(net_address_of(peers[i], NET_NONE), LOSS_LONGER * bench->options->duration, LOSS,
		                      &rate))
			return false;
		row_add(&bench->loss[where][peers[i]], rate);
	}
	return true;
}

/* Both, or none of them: neither wrk nor nginx is anybody's dependency. */
static void measure_http(struct bench_net *bench, enum net_place where)
{
	double drydock, nginx;

	if (bench->no_http || !wanted(bench, &bench->http[where][NET_DRYDOCK]))
		return;
	bench->no_http = !net_load_http(net_address_of(NET_LINUX, NET_OFFLOADS), &nginx) ||
	                 !net_load_http(net_address_of(NET_DRYDOCK, NET_OFFLOADS), &drydock);
	if (bench->no_http) {
		fprintf(stderr, "bench: HTTP is left out: it wants wrk and nginx, and both servers to answer\n");
		return;
	}
	row_add(&bench->http[where][NET_DRYDOCK], drydock / 1000);
	row_add(&bench->http[where][NET_LINUX], nginx / 1000);
}

static bool measure_round(struct bench_net *bench)
{
	for (int where = 0; where < NET_PLACES; where++) {
		if (!place(bench, (enum net_place)where) || !measure_bulk(bench, (enum net_place)where) ||
		    !measure_echo(bench, (enum net_place)where) || !measure_loss(bench, (enum net_place)where))
			return false;
		measure_http(bench, (enum net_place)where);
	}
	return true;
}

/* ---- what idles ---------------------------------------------------------------------- */

/* What the kernel has charged to the network stack and the program that holds sockets, in bytes. */
static double charged(const struct bench_net *bench)
{
	cJSON *processes = ask_list(bench->names[NET_OFFLOADS], "ps");
	const cJSON *stack = processes ? ask_process(processes, "netstack") : NULL;
	const cJSON *holder = processes ? ask_process(processes, "bench-network") : NULL;
	double bytes = stack && holder ? ask_number(stack, "memory") + ask_number(holder, "memory") : -1;

	cJSON_Delete(processes);
	return bytes;
}

/* How often a process has gone to sleep since it began: whoever makes a system call has woken before. */
static long sleeps(const struct bench_net *bench, const char *name)
{
	char path[64], line[128];
	pid_t pid = bench_instance_process(&bench->instances[NET_OFFLOADS], name);
	long count = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file != NULL && fgets(line, sizeof(line), file) != NULL)
		sscanf(line, "voluntary_ctxt_switches: %ld", &count);
	if (file != NULL)
		fclose(file);
	return count;
}

static bool measure_idle(struct bench_net *bench)
{
	static const char *const names[] = {"netstack", "bench-network", "httpd"};
	static int sockets[NET_HELD_TABLES * NET_HELD_EACH];
	long before[3], woken = 0;
	double bytes = charged(bench);

	memset(sockets, -1, sizeof(sockets));
	if (!net_load_hold(net_address_of(NET_DRYDOCK, NET_OFFLOADS), sockets)) {
		for (int i = 0; i < NET_HELD_TABLES * NET_HELD_EACH && sockets[i] >= 0; i++)
			close(sockets[i]);
		return true;
	}
	/* Acknowledgements and what else is due soon is not what idling is about. */
	sleep(1);
	row_add(&bench->memory, (charged(bench) - bytes) / (1 << 20));
	for (int i = 0; i < 3; i++)
		before[i] = sleeps(bench, names[i]);
	sleep(IDLE_TIME);
	for (int i = 0; i < 3; i++)
		woken += sleeps(bench, names[i]) - before[i];
	row_add(&bench->wakeups, (double)woken);
	for (int i = 0; i < NET_HELD_TABLES * NET_HELD_EACH; i++)
		close(sockets[i]);
	return true;
}

int bench_network(const struct bench_options *options)
{
	static struct bench_net bench; /* hosted: the rows are large */
	bool good;
	int other;

	bench.options = options;
	network_name_rows(&bench);
	clock_processors(&bench.processor, &other);
	good = set_up(&bench);
	for (unsigned round = 0; round < options->rounds && good; round++) {
		bench_progress(options, round);
		good = measure_round(&bench);
	}
	bench_progress(options, options->rounds);
	good = good && (!wanted(&bench, &bench.memory) || measure_idle(&bench));
	clock_pin(0, -1);
	tear_down(&bench);
	if (!good)
		return CLI_FAILED;
	network_report(&bench);
	return CLI_OK;
}
