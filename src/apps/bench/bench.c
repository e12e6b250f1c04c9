/*
 * The benchmark's image: with the option "role=client" a client, with
 * "role=report" one that also measures at once, with "role=network" who listens
 * at the network stack's ports, else the server.
 */
#include <drydock/server.h>
#include <drydock/string.h>

#include "internal.h"

union bench {
	struct bench_server server;
	struct bench_client client;
	struct bench_network network;
};

static void start(struct runtime *runtime, void *state)
{
	union bench *bench = state;
	char role[8] = "";
	bool report, good;

	string_option(runtime_start(runtime)->options, "role", role, sizeof(role));
	report = string_equal(role, "report");
	if (report || string_equal(role, "client"))
		good = bench_measure_for_others(&bench->client, runtime) &&
		       (!report || bench_report(&bench->client));
	else if (string_equal(role, "network"))
		good = bench_serve_network(&bench->network, runtime);
	else
		good = bench_serve(&bench->server, runtime);
	if (!good)
		runtime_stop(runtime, 1);
}

extern const struct server_definition bench_app;

const struct server_definition bench_app = {
	.name = "bench", .source = "bench", .state_size = sizeof(union bench), .start = start};
