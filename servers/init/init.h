/*
 * init: process 1. It starts what the manifest says, finds services for those
 * who may call them, and starts again what dies.
 *
 *   check.c      is the manifest sound
 *   grants.c     who may do what, by the manifest
 *   supervise.c  when is a service started again
 *   lifecycle.c  starting services, and what happens when they end
 *   serve.c      the protocol `init`
 *   init.c       the beginning
 */
#ifndef SERVERS_INIT_INIT_H
#define SERVERS_INIT_INIT_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/manifest.h>
#include <drydock/server.h>

#include "supervise.h"

struct init;
struct waiter; /* a call that waits for a service (serve.c) */

/* A service of the manifest, as it is now. */
struct unit {
	struct init *init;
	uint32_t index;                 /* in the manifest */
	struct supervision supervision;
	handle_t process;               /* 0: none */
	uint64_t process_id;            /* 0: not known before it has registered */
	uint64_t ended_id;              /* the last one that ended */
	handle_t port;                  /* SEND and DERIVE; 0: not registered */
	bool commanded;                 /* was killed in order to be started again */
	bool killed;                    /* was killed because somebody asked for that */
	struct timer timer;             /* starts it again */
	struct waiter *waiters;
};

struct init {
	struct runtime *runtime;
	bool booting;
	bool log_connecting;            /* a fiber is making the lane to the log */
	struct fiber *boot;             /* waits for a unit to run or fail */
	char failure[256];              /* why a unit was given up last */
	struct manifest manifest;       /* private copy, checked */
	struct unit units[MANIFEST_SERVICES];
};

static inline const struct manifest_service *unit_service(const struct unit *unit)
{
	return &unit->init->manifest.services[unit->index];
}

/* ---- lifecycle.c ---- */

/* Starts a unit that has no process. What goes wrong is logged, and tried again later or given up. */
void unit_start(struct unit *unit);

/* A unit's timer: it is due to be started again. `context` is the unit. */
void unit_timer(struct timer *timer, void *context);

/* Ends its process so that it is started again, or has it started soon where there is none. */
void unit_restart(struct unit *unit);

/* Ends its process, which there must be; what follows is supervision's. */
void unit_kill(struct unit *unit);

/* It has registered: `port` becomes the unit's. */
void unit_registered(struct unit *unit, handle_t port, uint64_t process_id);

/* Whether its port can be given out. */
bool unit_available(const struct unit *unit);

/* An event of a process that init has started. `context` is the struct init. */
void lifecycle_receipt(void *context, const struct receipt *receipt);

/* ---- serve.c ---- */

extern const struct service_events serve_events;

/* Serves the protocol `init` at `service`. */
void serve_add(struct service *service);

/* The unit is available: answers who waits for it. */
void serve_available(struct unit *unit);

/* The unit's process has ended: answers who waits for that. */
void serve_ended(struct unit *unit);

/* The unit could not be started now. `given_up`: nor will it be tried again. */
void serve_not_started(struct unit *unit, bool given_up);

#endif
