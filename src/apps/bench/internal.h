/* The ends that the benchmark measures, of which one image is all. */
#ifndef BENCH_INTERNAL_H
#define BENCH_INTERNAL_H

#include <drydock/client.h>
#include <drydock/files.h>
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
	uint64_t start, end, count;
	uint64_t stop; /* when it was over, if that is not when all was put away; else 0 */
	int32_t status;
	/* Files (files.c). */
	struct client *files; /* of vfs; NULL until the first */
	struct file file;
	struct files_transfer transfers[IN_FLIGHT_MAXIMUM];
	uint8_t *memory; /* 1 MiB of its own, */
	uint8_t *region; /* and as much as a large file has; both NULL until they are needed */
	uint32_t kind;
	uint64_t next; /* where the next part of the file begins */
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

/* files.c: measures what has to do with files, as bench_measure_now; and the operations for directories. */
int32_t bench_measure_files(struct bench_client *client, uint32_t kind, uint32_t in_flight);
int32_t bench_serve_make_files(struct request *request, const struct bench_make_files_arguments *arguments);
int32_t bench_serve_remove_files(struct request *request, const struct bench_remove_files_arguments *arguments);
int32_t bench_serve_churn(struct request *request, const struct bench_churn_arguments *arguments);
int32_t bench_serve_grow(struct request *request, const struct bench_grow_arguments *arguments);

/* report.c: measures each thing once and logs what came of it. Suspends. False, having said why. */
bool bench_report(struct bench_client *client);

#endif
