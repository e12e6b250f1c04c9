/*
 * A client that measures: a process of its own, attached to the instance,
 * which does what it is ordered to over a pipe.
 */
#ifndef DRYDOCK_BENCH_WORKER_H
#define DRYDOCK_BENCH_WORKER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum order_kind {
	ORDER_CALLS,     /* one call after the other, from a fiber */
	ORDER_IN_FLIGHT, /* `in_flight` calls at once */
	ORDER_DATAGRAMS, /* a datagram to the server's port, and back */
	ORDER_POLICY,    /* how the server waits from now on */
	ORDER_QUIT,
};

struct order {
	uint32_t kind;      /* enum order_kind */
	uint32_t policy;    /* enum waiting: the worker's, or with ORDER_POLICY the server's */
	uint32_t in_flight;
	uint64_t duration;  /* nanoseconds to measure */
};

struct outcome {
	int32_t status;     /* 0, or what a call said */
	uint64_t count;     /* calls */
	uint64_t elapsed;   /* nanoseconds */
};

struct worker {
	pid_t pid;
	int orders, outcomes; /* pipes: to it, from it */
};

/* Starts one for the instance in `directory`. False, having said why. */
bool worker_start(struct worker *worker, const char *directory);

/* Gives an order; its outcome is to be waited for. False where the worker is gone. */
bool worker_order(const struct worker *worker, const struct order *order);
bool worker_wait(const struct worker *worker, struct outcome *outcome);

void worker_stop(struct worker *worker);

#endif
