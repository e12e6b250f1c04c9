/*
 * The runtime's own records (src/user). One `struct runtime` is one process;
 * everything is reached from it.
 */
#ifndef DRYDOCK_USER_RUNTIME_H
#define DRYDOCK_USER_RUNTIME_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/list.h>
#include <drydock/os.h>
#include <drydock/server.h>

#include "user/heap.h"
#include "user/lane.h"
#include "user/timer.h"
#include "user/wait.h"

#define LOG_CALLS 32 /* lines on their way to the log server at most */

/* The way to the log (src/user/log.c). */
struct log {
	struct client *client;
	struct call *calls;      /* LOG_CALLS of them */
	uint64_t free_calls;     /* a bit each */
	handle_t console;        /* authority to print while there is no log */
	uint32_t dropped;        /* lines lost since the last that got through */
	bool connecting;
};

struct runtime {
	struct os *os;
	const struct server_definition *definition;
	void *state;
	handle_t memory;           /* of this structure */
	/* What os.h says of them; each round looks there, at several. */
	handle_t home;
	const struct notice_page *notice;
	struct owner_page *page;

	struct list lanes;         /* struct lane.link: every attached lane */
	struct list dirty;         /* struct lane.dirty: has something to publish */
	struct list services;
	struct list clients;
	struct list closing;       /* connections to take apart at the end of the round */
	struct list work;          /* connections with requests that no fiber has begun */

	struct list devices;       /* struct device.link */

	struct list stillborn;     /* struct call.link: submitted to a lane that had died */

	struct list fibers;        /* all, ready, idle */
	struct list ready;
	struct list idle_fibers;
	struct fiber *current;
	void *loop_stack_pointer;
	void *loop_tool;
	uint32_t fiber_count;
	uint32_t connection_count;
	uint32_t shared_fibers;    /* fibers serving beyond the first of their connection */

	struct wait wait;
	struct heap heap;
	struct log log;
	struct client *init;       /* lane to init; NULL in init itself */

	void (*on_receipt)(void *context, const struct receipt *receipt);
	void *receipt_context;

	uint64_t stop_code;
	bool stopped;
	bool ending_calls;         /* `done` of a call may be running: clients may not be closed */
	struct wheel wheel;        /* last: it is large, and rarely looked into */
};

/* Marks a lane as having something to publish at the end of the round. */
static inline void runtime_touch(struct runtime *runtime, struct lane *lane)
{
	if (list_empty(&lane->dirty))
		list_add_tail(&runtime->dirty, &lane->dirty);
}

/* Ends the process for a mistake of its own program, which `text` (a line) names. */
_Noreturn void runtime_panic(struct runtime *runtime, const char *text);

/* Shows all peers what was put and taken, and rings those asleep. */
void runtime_publish(struct runtime *runtime);

/* Whether the kernel has something for `port`, which is this process's to receive from. */
static inline bool runtime_port_pending(const struct runtime *runtime, handle_t port)
{
	uint32_t index = port & HANDLE_INDEX_MASK;

	/* Pairs with the kernel's release when it posts. */
	return (atomic_load_acquire(&runtime->notice->bits[index / 64]) >> (index % 64)) & 1;
}

/* Whether any ring has something for this process; any ring or port. */
bool runtime_lanes_pending(const struct runtime *runtime);
bool runtime_pending(const struct runtime *runtime);

/* Takes what the kernel has for `port`, up to a bound (src/user/event.c). True if there was anything. */
bool event_drain(struct runtime *runtime, handle_t port);

/*
 * device.c: takes in what devices have (true if there was anything), shows them
 * what was submitted, and asks them to ring before sleep (false where one has
 * something already).
 */
bool devices_poll(struct runtime *runtime);
void devices_kick(struct runtime *runtime);
bool devices_arm(struct runtime *runtime);

/* A receipt of kind RECEIPT_INTERRUPT has come. */
void devices_interrupt(struct runtime *runtime, const struct receipt *receipt);

/* client.c: replies have come; an event concerns a lane that this process opened. */
void client_drain(struct lane *lane);
void client_event(struct runtime *runtime, const struct receipt *receipt);
void client_free_all(struct runtime *runtime);

/*
 * What was put on this lane is shown before what was put on others: a line of
 * the log reaches the log before anything that it may have caused.
 */
void client_publish_first(struct client *client);

/* call.c: ends the calls that were submitted to dead lanes. True if there were any. */
bool call_finish_stillborn(struct runtime *runtime);

/* Makes sure that the lane is connected, connecting it where it is not. Suspends. 0 or a status. */
int32_t client_connect(struct client *client);

/* The same for the lane to init, which it makes where there is none. */
int32_t client_connect_init(struct runtime *runtime);

/* connection.c: requests have come; a lane to `service` was opened or closed; the end of the round. */
void connection_drain(struct lane *lane);
void connection_event(struct service *service, const struct receipt *receipt);
bool connection_start_workers(struct runtime *runtime);
bool connection_finish_closing(struct runtime *runtime);
void connection_free_last(struct connection *connection);

/* service.c */
struct service *service_find(struct runtime *runtime, handle_t port);
void service_init_lost(struct runtime *runtime);
void service_free_all(struct runtime *runtime);

/* log.c */
void log_start(struct runtime *runtime);

#endif
