/*
 * Who gives the benchmark's clients their orders: a process of its own,
 * attached to the instance as a guest, since calls take a runtime. It sleeps
 * while they measure.
 */
#ifndef DRYDOCK_BENCH_ORDERS_H
#define DRYDOCK_BENCH_ORDERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CLIENTS 4 /* services bench-client-1 and so on of bench.manifest */

/* Of the first client, beside measuring: what of bench.proto it does. */
enum order_files {
	ORDER_NO_FILES,
	ORDER_MAKE_FILES,
	ORDER_REMOVE_FILES,
	ORDER_CHURN,
	ORDER_GROW,
};

struct order {
	enum order_files files; /* other than ORDER_NO_FILES: this, with `entries` and `amount`, and nothing else */
	uint32_t entries;
	uint64_t amount;        /* of churn: how often; of grow: bytes */
	uint32_t clients;   /* how many measure at once; 0: none, but the server waits by `policy` from now on */
	uint32_t kind;      /* enum of bench.proto: BENCH_CALLS, ... */
	uint32_t policy;    /* enum waiting */
	uint32_t in_flight;
	uint64_t duration;  /* nanoseconds to measure */
};

struct orders {
	pid_t pid;
	int orders, outcomes; /* pipes: to it, from it */
};

/* Starts it for the instance in `directory`. False, having said why. */
bool orders_start(struct orders *orders, const char *directory);

/* Has an order carried out; *rate becomes, of one that measures, the calls a nanosecond of all clients together. False where one failed. */
bool orders_give(const struct orders *orders, const struct order *order, double *rate);

void orders_end(struct orders *orders);

#endif
