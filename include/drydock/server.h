/*
 * The runtime that a server (or any other program on Drydock) stands on: its
 * event loop, fibers, services, clients, timers, memory and log. One runtime
 * is one process and one thread; the first argument is always the context.
 *
 * "Suspends": the calling fiber waits and others run; only to be called from a
 * fiber. Everything else may be called from anywhere in the process.
 */
#ifndef DRYDOCK_SERVER_H
#define DRYDOCK_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/abi/error.h>
#include <drydock/abi/lane.h>
#include <drydock/abi/sys.h>
#include <drydock/client.h>
#include <drydock/service.h>

struct os;
struct runtime;
struct service;

/* ---- a process -------------------------------------------------------- */

/* What a program is. Constant; there may be many instances in one process. */
struct server_definition {
	const char *name;   /* "vfs" */
	const char *source; /* how its lines begin in the log: "vfs" */
	size_t state_size;  /* bytes of its state, zeroed, given to start */
	bool quiet;         /* does not say that it started (programs, not servers) */
	/* Runs in a fiber once the runtime is up; when it returns the loop goes on. */
	void (*start)(struct runtime *runtime, void *state);
};

/* Runs the process until runtime_stop; returns the code given there. */
uint64_t runtime_main(struct os *os, const struct server_definition *definition);

/*
 * The pieces of runtime_main, for programs with a loop of their own and for
 * tests: make it (NULL without memory), do one round of all that can be done
 * without sleeping (true if anything was), sleep until there is more to do
 * (not at all where there is already), end it.
 */
struct runtime *runtime_create(struct os *os, const struct server_definition *definition);
bool runtime_round(struct runtime *runtime);
void runtime_sleep(struct runtime *runtime);

/*
 * For programs that also sleep elsewhere: peers ring this process's bell from
 * runtime_arm on, until runtime_disarm, as they do while runtime_sleep sleeps.
 * False: there is something to be done, nobody rings, and it had better not sleep.
 */
bool runtime_arm(struct runtime *runtime);
void runtime_disarm(struct runtime *runtime);

bool runtime_stopped(const struct runtime *runtime, uint64_t *code);
void runtime_destroy(struct runtime *runtime);

/* Ends the loop after this round. */
void runtime_stop(struct runtime *runtime, uint64_t code);

struct os *runtime_os(struct runtime *runtime);

/* The state that `start` is given; a program may fill it before the first round. */
void *runtime_state(struct runtime *runtime);

const struct start_block *runtime_start(struct runtime *runtime);

/* The handle granted under `name`, or 0. */
handle_t runtime_grant(struct runtime *runtime, const char *name);

/* Monotonic nanoseconds. */
uint64_t runtime_time(struct runtime *runtime);

/* Nanoseconds since 1970, for time stamps; may jump. */
uint64_t runtime_wall_time(struct runtime *runtime);

/*
 * One system call. Completes at once: not for WAIT and PORT_RECEIVE with a
 * deadline. What the kernel writes is in os_buffer() until the next call.
 */
uint64_t runtime_trap(struct runtime *runtime, enum system_call call, uint64_t a, uint64_t b, uint64_t c,
                      uint64_t d);

/* The same for calls that take bulk arguments: `length` bytes of `data` go into the kernel buffer. */
uint64_t runtime_trap_data(struct runtime *runtime, enum system_call call, uint64_t a, uint64_t b,
                           const void *data, uint64_t length);

/*
 * Events of processes that this one started (kind RECEIPT_PROCESS), datagrams
 * to the home port, and that the system is about to end (RECEIPT_STOP), which
 * only processes with a disk are told; `handler` runs in the loop.
 */
void runtime_on_receipt(struct runtime *runtime, void (*handler)(void *context, const struct receipt *receipt),
                        void *context);

/*
 * From now on the loop runs this device (drydock/dev/device.h): polls it each
 * round, kicks it when fibers have run, arms it before it sleeps. So its user
 * submits, and may suspend until a completion wakes the fiber. The memory stays
 * the caller's, who takes the device out before it ends; not from within a
 * completion.
 */
struct device;
void runtime_add_device(struct runtime *runtime, struct device *device);
void runtime_remove_device(struct runtime *runtime, struct device *device);

/* How the runtime waits when there is nothing to do (docs/ARCHITECTURE.md, "Waiting"). */
enum waiting {
	WAITING_ADAPTIVE = 0, /* the default: yield, spin or sleep, as has paid lately */
	WAITING_SLEEP = 1,
	WAITING_SPIN = 2,     /* never sleeps; for measuring */
};
void runtime_set_waiting(struct runtime *runtime, enum waiting waiting);

/* ---- fibers and timers -------------------------------------------------- */

/* Runs `function(argument)` in a new fiber, soon. E_QUOTA, E_NOMEM. */
enum error fiber_start(struct runtime *runtime, void (*function)(void *argument), void *argument);

/* Suspends until `deadline`. */
void fiber_sleep(struct runtime *runtime, uint64_t deadline);

/* The running fiber; NULL in the loop itself. */
struct fiber *fiber_current(struct runtime *runtime);

/* Suspends until fiber_wake; a wake that came first is not lost. */
void fiber_wait(struct runtime *runtime);
void fiber_wake(struct fiber *fiber);

/* A timer; the memory is the caller's while it is set. Zero it first. */
struct timer {
	struct timer *next, **link; /* private */
	uint64_t deadline;
	void (*fire)(struct timer *timer, void *context);
	void *context;
	uint8_t level, slot;        /* private */
	bool call;                  /* waits for another: put off while anything is in a debugger */
};

/* Calls `fire` in the loop at `deadline` or up to 2 ms later. Sets it anew if it was set. */
void timer_set(struct runtime *runtime, struct timer *timer, uint64_t deadline);
void timer_cancel(struct runtime *runtime, struct timer *timer);

/* ---- services ------------------------------------------------------------ */

/* How big a lane clients may ask for. */
struct service_limits {
	uint32_t depth; /* calls in flight */
	uint32_t area;  /* bytes */
};

/* Called in the loop. `connected` may refuse: E_OK accepts. Either may be NULL. */
struct service_events {
	enum error (*connected)(struct connection *connection, void *server);
	/* All its requests have ended by then; those detached are gone (on_cancel was called). */
	void (*disconnected)(struct connection *connection, void *server);
};

/*
 * A new port that serves; `server` is handed to handlers as request->server.
 * NULL, and the reason in *error, without quota or memory.
 */
struct service *service_create(struct runtime *runtime, void *server, const struct service_limits *limits,
                               const struct service_events *events, enum error *error);

/*
 * Serves at a port that exists already: init at its own, which may have lanes
 * waiting from before; so it is called in start before anything suspends.
 */
struct service *service_create_at(struct runtime *runtime, handle_t port, void *server,
                                  const struct service_limits *limits, const struct service_events *events,
                                  enum error *error);

/* Serves `protocol` there, too (at most 4). `operations` is the protocol's structure of handlers. */
void service_add(struct service *service, const struct protocol *protocol, const void *operations);

/* Tells init that this process serves here, now and after each restart of init. Suspends. */
int32_t service_register(struct service *service);

/*
 * The same for a program that serves nothing: init starts what comes after it,
 * and watches over it, as over a server. Suspends. 0, or why not (in the log, too).
 */
int32_t runtime_register(struct runtime *runtime);

/* The handle with RECEIVE, which stays the service's. */
handle_t service_port(const struct service *service);

/* The port's number, for people. */
uint64_t service_port_id(struct service *service);

/* What the kernel vouches for about the lane's other end. */
const struct lane_info *connection_info(const struct connection *connection);

/* The server's own pointer for this lane; NULL at first. */
void *connection_context(const struct connection *connection);
void connection_set_context(struct connection *connection, void *context);

/* Closes a lane that broke the rules, after this round. */
void connection_close(struct connection *connection, enum error reason);

/* Whom a request acts for. */
struct identity {
	uint32_t uid, gid;
	uint32_t flags; /* IDENTITY_* */
	uint32_t group_count;
	uint32_t groups[LANE_GROUPS_MAXIMUM];
};

/* The client (one that may impersonate) has checked permissions itself, as Linux does for the FUSE bridge. */
#define IDENTITY_CHECKED 1u

/*
 * The identity behind request->actor: 0 is the lane's own, others are those
 * registered on the lane. NULL: no such actor (reply EINVAL). Valid while the
 * request is not replied to.
 */
const struct identity *request_identity(const struct request *request);

/*
 * Capabilities over a lane that is served: `connection_move` hands `handle`
 * over with `rights` and returns the cookie for the reply; `connection_accept`
 * takes what a cookie names. Both return a system call's result.
 */
uint64_t connection_move(struct connection *connection, handle_t handle, rights_t rights);
uint64_t connection_accept(struct connection *connection, uint64_t cookie);

/* ---- clients -------------------------------------------------------------- */

struct client_options {
	uint32_t depth;    /* calls in flight; 0: 8 */
	uint32_t area;     /* bytes of data area; 0: 64 KiB */
	/*
	 * Nanoseconds that a call may wait for a free slot, and again for its
	 * reply; 0: 30 s; DEADLINE_NEVER. A service that is down is waited for
	 * without limit, until init gives it up.
	 */
	uint64_t deadline;
};

/*
 * A lane to the service that init knows as `name`, of which this process must
 * be granted calls. Suspends until the service runs and has accepted. A client
 * whose service dies connects anew at the next call. NULL, with *status < 0
 * or a POSIX error (ENOENT: not granted).
 */
struct client *client_open(struct runtime *runtime, const char *name, const struct protocol *protocol,
                           const struct client_options *options, int32_t *status);

/* The same to a port that this process holds a SEND capability for, which becomes the client's. */
struct client *client_open_port(struct runtime *runtime, handle_t port, const struct protocol *protocol,
                                const struct client_options *options, int32_t *status);

/*
 * Ends all its calls with -E_CANCELLED and closes the lane. In the `done` of a
 * call it is a panic: start a fiber for it.
 */
void client_close(struct client *client);

/* Whose it is. */
struct runtime *client_runtime(const struct client *client);

/* Calls in flight at most, bytes of the data area, and whether the lane is connected now. */
uint32_t client_depth(const struct client *client);
uint32_t client_area(const struct client *client);
bool client_connected(const struct client *client);

/* How often the lane was made anew; what the server knew of an older one may be gone. */
uint64_t client_generation(const struct client *client);

/*
 * What a library over a protocol keeps for each client, one thing; NULL at first.
 * `end` runs when the client is closed.
 */
void client_set_companion(struct client *client, void *companion, void (*end)(void *companion));
void *client_companion(const struct client *client);

/* The actor that call_session puts into calls; 0 is the lane's own identity. */
void client_set_actor(struct client *client, uint32_t actor);

/* Registers an identity that this lane may act for (needs CALL_IMPERSONATE). Suspends. */
int32_t client_register_actor(struct client *client, uint32_t uid, uint32_t gid, const uint32_t *groups,
                              uint32_t group_count, uint32_t flags, uint32_t *actor);

uint64_t client_move(struct client *client, handle_t handle, rights_t rights);
uint64_t client_accept(struct client *client, uint64_t cookie);

/* ---- memory ----------------------------------------------------------------- */

/* Zeroed memory, aligned to 16; NULL without quota. Freed by runtime_free; NULL is harmless there. */
void *runtime_allocate(struct runtime *runtime, size_t size);
void runtime_free(struct runtime *runtime, void *address);

/* ---- log ---------------------------------------------------------------------- */

enum log_level {
	LOG_ERROR = 1,
	LOG_WARNING = 2,
	LOG_INFO = 3,
	LOG_DEBUG = 4,
};

/*
 * Writes a line of at most 512 bytes to the log server, or to the console
 * while there is none. Never waits; what cannot be sent is counted, and the
 * count goes with the next line.
 */
void log_print(struct runtime *runtime, enum log_level level, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/*
 * From now on lines go to the log server at `port`, a SEND capability that
 * becomes the log's. For init, which cannot ask itself. Suspends.
 */
int32_t log_connect(struct runtime *runtime, handle_t port);

/*
 * Waits until all that this process (or whoever it heard from) has logged is on
 * the console, for a second at most. Suspends. Returns a call's status
 * (drydock/client.h); 0 at once where there is no log server.
 */
int32_t log_flush(struct runtime *runtime);

#endif
