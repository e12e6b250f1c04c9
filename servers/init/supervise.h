/*
 * When a service is started again: a state machine that knows neither clocks
 * nor processes, so that a test can run years of it in a moment. Times are
 * monotonic nanoseconds, passed in.
 *
 * A service that dies is started again at once; if it dies again before it was
 * healthy for a second, then after 100 ms, 200 ms, 400 ms, … 10 s. Healthy is
 * who has registered and lives. A service that has never been healthy and dies
 * three times while the system boots is given up, and so is one whose policy
 * is never to be restarted.
 */
#ifndef SERVERS_INIT_SUPERVISE_H
#define SERVERS_INIT_SUPERVISE_H

#include <stdbool.h>
#include <stdint.h>

#define SUPERVISE_HEALTHY       1000000000ull  /* nanoseconds */
#define SUPERVISE_DELAY_FIRST   100000000ull
#define SUPERVISE_DELAY_MAXIMUM 10000000000ull
#define SUPERVISE_BOOT_ATTEMPTS 3u

struct supervision {
	uint32_t state;      /* INIT_STATE_* of <drydock/proto/init.h> */
	uint32_t restarts;   /* how often it was started again */
	uint32_t failures;   /* deaths in a row, none after a second of health */
	bool started;        /* at least once */
	bool registered;     /* at least once */
	uint64_t running;    /* since when it runs; valid in INIT_STATE_RUNNING */
	uint64_t due;        /* when to start it; valid in INIT_STATE_RESTARTING */
};

/* A service that was never started: INIT_STATE_WAITING. */
void supervise_init(struct supervision *supervision);

/* It is being started, whatever it was before: INIT_STATE_STARTING. */
void supervise_started(struct supervision *supervision);

/* It was found alive, started by another life of init: INIT_STATE_STARTING. */
void supervise_adopted(struct supervision *supervision);

/* It has registered at `now`: INIT_STATE_RUNNING. Again is harmless. */
void supervise_registered(struct supervision *supervision, uint64_t now);

/*
 * It ended at `now`, or could not be started: INIT_STATE_RESTARTING, to be
 * started at `due`, or INIT_STATE_FAILED. `restart` is an enum restart_policy,
 * `booting` says that the system is not up yet.
 */
void supervise_ended(struct supervision *supervision, uint32_t restart, bool booting, uint64_t now);

/*
 * Somebody wants it started anew: what went wrong before is forgotten. One that
 * is not `alive` is due at once; else it is ended first, and the state remains.
 */
void supervise_commanded(struct supervision *supervision, bool alive, uint64_t now);

/* It is given up. */
void supervise_failed(struct supervision *supervision);

#endif
