/* The ends that the benchmark measures, of which one image is all. */
#ifndef BENCH_INTERNAL_H
#define BENCH_INTERNAL_H

#include <drydock/client.h>
#include <drydock/proto/bench.h>
#include <drydock/server.h>

#define IN_FLIGHT_MAXIMUM 64

/* server.c: answers pings, and sends datagrams back. */
struct bench_server {
	struct runtime *runtime;
	handle_t port; /* where datagrams come in */
	handle_t echo; /* where they go; 0: nowhere */
};

/* client.c: calls the server, and says how often that went. */
struct bench_client {
	struct runtime *runtime;
	struct client *client;
	handle_t server_port; /* for datagrams; 0 until the first */
	handle_t own_port;
	bool busy;
	/* Calls in flight. */
	struct fiber *waiter;
	struct call calls[IN_FLIGHT_MAXIMUM];
	uint32_t running;
	uint64_t end, count;
	int32_t status;
};

/* network.c: listens at ports, and serves who connects. */
struct bench_network {
	struct runtime *runtime;
};

/* Each makes its service; false, having said why, where it cannot. The last one suspends. */
bool bench_serve(struct bench_server *server, struct runtime *runtime);
bool bench_measure_for_others(struct bench_client *client, struct runtime *runtime);
bool bench_serve_network(struct bench_network *network, struct runtime *runtime);

/* The call `measure` without anybody calling: 0, or a POSIX error. Suspends. */
int32_t bench_measure_now(struct bench_client *client, const struct bench_measure_arguments *arguments,
                          struct bench_measure_results *results);

/* report.c: measures each thing once and logs what came of it. Suspends. False, having said why. */
bool bench_report(struct bench_client *client);

#endif
