/*
 * Generated from init.proto by scripts/protogen; do not edit.
 *
 * init: finding services within one's grants, registering them, supervision.
 */
#ifndef DRYDOCK_PROTO_INIT_H
#define DRYDOCK_PROTO_INIT_H

#include <stddef.h>
#include <stdint.h>

#include <drydock/client.h>
#include <drydock/service.h>

/*
 * Client, for each operation; a status is as in <drydock/client.h>:
 *   NAME()             makes the call and waits for it, in a fiber
 *   NAME_prepare()     begins `call` and marshals; suspends while the lane is full. After 0 the caller
 *                      submits it, has it done, finishes it, and ends it; otherwise there is nothing to end.
 *                      A string over its limit is POSIX_ENAMETOOLONG, and nothing is sent
 *   NAME_try_prepare() as NAME_prepare, but -E_WOULD_BLOCK instead of suspending
 *   NAME_finish()      returns the status of a call that is done; on 0 fills in what is not NULL.
 *                      POSIX_EBADMSG: the server's reply is malformed
 * Strings are given with their length and need no terminator. IN data that is NULL is reserved, but
 * left to the caller, who fills `call->in` (behind the strings) before submitting; to lend it with
 * call_lend_in, give length 0. Where OUT data goes there must be room for the capacity named; as many
 * bytes were written as the results say.
 *
 * Server: a handler of the operations table returns 0, a POSIX error, or REQUEST_DETACHED, and then
 * replies later, once, by NAME_reply(). What `arguments` points to is the handler's until it returns:
 * strings are private, checked copies with a terminator and without NUL inside; structures are private
 * copies; IN and OUT bytes are memory shared with the client, who may change it at any time: copy
 * first, then validate. Results, and structures for OUT data, start as zeros and are sent only with
 * status 0. A status below 0, or a length over the capacity, is the handler's mistake: POSIX_EIO.
 */

/* State of a service. */
#define INIT_STATE_WAITING 1 /* not started yet */
#define INIT_STATE_STARTING 2 /* started, has not registered */
#define INIT_STATE_RUNNING 3
#define INIT_STATE_RESTARTING 4 /* died; a restart is due */
#define INIT_STATE_FAILED 5 /* given up */

struct init_service {
	uint32_t number;
	uint32_t state;
	uint64_t process; /* process id, 0 without one */
	uint32_t restarts;
	uint32_t name_length;
	uint64_t name0; /* the name, padded with zeros */
	uint64_t name1;
	uint64_t name2;
	uint64_t name3;
};

_Static_assert(sizeof(struct init_service) == 56, "size");
_Static_assert(offsetof(struct init_service, number) == 0, "number");
_Static_assert(offsetof(struct init_service, state) == 4, "state");
_Static_assert(offsetof(struct init_service, process) == 8, "process");
_Static_assert(offsetof(struct init_service, restarts) == 16, "restarts");
_Static_assert(offsetof(struct init_service, name_length) == 20, "name_length");
_Static_assert(offsetof(struct init_service, name0) == 24, "name0");
_Static_assert(offsetof(struct init_service, name1) == 32, "name1");
_Static_assert(offsetof(struct init_service, name2) == 40, "name2");
_Static_assert(offsetof(struct init_service, name3) == 48, "name3");

enum init_operation {
	INIT_LOOKUP = 1,
	INIT_REGISTER = 2,
	INIT_LIST = 3,
	INIT_RESTART = 4,
	INIT_WATCH = 5,
	INIT_KILL = 6,
};

/* lookup (1): A SEND capability for the named service's port, as a cookie of this lane. */
struct init_lookup_arguments {
	const char *name; /* at most 31 bytes */
	uint32_t name_length;
};

struct init_lookup_results {
	uint64_t port; /* cookie */
};

int32_t init_lookup(struct client *client, const char *name, uint32_t name_length,
                    struct init_lookup_results *results);
int32_t init_lookup_prepare(struct call *call, struct client *client, const char *name, uint32_t name_length);
int32_t init_lookup_try_prepare(struct call *call, struct client *client, const char *name,
                                uint32_t name_length);
int32_t init_lookup_finish(struct call *call, struct init_lookup_results *results);
void init_lookup_reply(struct request *request, int32_t error, const struct init_lookup_results *results);

/* register (2): Says that the caller serves at `port`. Only for what init started. */
struct init_register_arguments {
	uint64_t port; /* cookie */
};

int32_t init_register(struct client *client, uint64_t port);
int32_t init_register_prepare(struct call *call, struct client *client, uint64_t port);
int32_t init_register_try_prepare(struct call *call, struct client *client, uint64_t port);
int32_t init_register_finish(struct call *call);
void init_register_reply(struct request *request, int32_t error);

/* list (3): All services, as an array of `service`. */
struct init_list_arguments {
	uint8_t *services; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t services_capacity;
};

struct init_list_results {
	uint32_t services_length; /* bytes written, at most the capacity */
};

int32_t init_list(struct client *client, void *services, uint32_t services_capacity,
                  struct init_list_results *results);
int32_t init_list_prepare(struct call *call, struct client *client, uint32_t services_capacity);
int32_t init_list_try_prepare(struct call *call, struct client *client, uint32_t services_capacity);
int32_t init_list_finish(struct call *call, struct init_list_results *results, void *services);
void init_list_reply(struct request *request, int32_t error, const struct init_list_results *results);

/* restart (4): Kills and starts a service again. */
struct init_restart_arguments {
	const char *name; /* at most 31 bytes */
	uint32_t name_length;
};

int32_t init_restart(struct client *client, const char *name, uint32_t name_length);
int32_t init_restart_prepare(struct call *call, struct client *client, const char *name,
                             uint32_t name_length);
int32_t init_restart_try_prepare(struct call *call, struct client *client, const char *name,
                                 uint32_t name_length);
int32_t init_restart_finish(struct call *call);
void init_restart_reply(struct request *request, int32_t error);

/* watch (5): Replies when the named service runs. */
struct init_watch_arguments {
	const char *name; /* at most 31 bytes */
	uint32_t name_length;
};

int32_t init_watch(struct client *client, const char *name, uint32_t name_length);
int32_t init_watch_prepare(struct call *call, struct client *client, const char *name, uint32_t name_length);
int32_t init_watch_try_prepare(struct call *call, struct client *client, const char *name,
                               uint32_t name_length);
int32_t init_watch_finish(struct call *call);
void init_watch_reply(struct request *request, int32_t error);

/*
 * kill (6): Kills a service's process, and replies when it has ended. Whether and when another follows, its
 * restart policy says.
 */
struct init_kill_arguments {
	const char *name; /* at most 31 bytes */
	uint32_t name_length;
};

int32_t init_kill(struct client *client, const char *name, uint32_t name_length);
int32_t init_kill_prepare(struct call *call, struct client *client, const char *name, uint32_t name_length);
int32_t init_kill_try_prepare(struct call *call, struct client *client, const char *name,
                              uint32_t name_length);
int32_t init_kill_finish(struct call *call);
void init_kill_reply(struct request *request, int32_t error);

/*
 * The handlers of a server; one that is NULL is answered with POSIX_ENOSYS. A name that is a keyword of C has
 * an underscore behind it.
 */
struct init_operations {
	int32_t (*lookup)(struct request *request, const struct init_lookup_arguments *arguments,
	                  struct init_lookup_results *results);
	int32_t (*register_)(struct request *request, const struct init_register_arguments *arguments);
	int32_t (*list)(struct request *request, const struct init_list_arguments *arguments,
	                struct init_list_results *results);
	int32_t (*restart)(struct request *request, const struct init_restart_arguments *arguments);
	int32_t (*watch)(struct request *request, const struct init_watch_arguments *arguments);
	int32_t (*kill)(struct request *request, const struct init_kill_arguments *arguments);
};

extern const struct protocol init_protocol;

#endif
