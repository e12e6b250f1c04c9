/*
 * Generated from bench.proto by scripts/protogen; do not edit.
 *
 * The benchmark: a server that does nothing but answer, and clients that call it and say what that took. The
 * server knows all but `measure`, a client only that.
 */
#ifndef DRYDOCK_PROTO_BENCH_H
#define DRYDOCK_PROTO_BENCH_H

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

/*
 * What `measure` does: one call after the other; `in_flight` calls at once (1 to 64); datagrams to the server
 * and back.
 */
#define BENCH_CALLS 1
#define BENCH_CALLS_IN_FLIGHT 2
#define BENCH_DATAGRAMS 3
/*
 * With a file of vfs, natively: 4 KiB read after 4 KiB, each into the reader's own memory; `in_flight` of
 * them at once; 1 MiB after 1 MiB of a large file, read where they arrive, and written, out of the writer's
 * own memory or where he has made them, `in_flight` at once. And for comparison 1 MiB after 1 MiB of as much
 * memory, copied by memcpy into 1 MiB and out of it.
 */
#define BENCH_FILE_READS 4
#define BENCH_FILE_READS_IN_FLIGHT 5
#define BENCH_LARGE_READS 6
#define BENCH_LARGE_WRITES 7
#define BENCH_LARGE_WRITES_IN_PLACE 10
#define BENCH_COPIES_IN 8
#define BENCH_COPIES_OUT 9

enum bench_operation {
	BENCH_PING = 1,
	BENCH_POLICY = 2,
	BENCH_PORT = 3,
	BENCH_ECHO = 4,
	BENCH_MEASURE = 5,
	BENCH_MAKE_FILES = 6,
	BENCH_REMOVE_FILES = 7,
	BENCH_CHURN = 8,
	BENCH_GROW = 9,
};

/* ping (1) */
struct bench_ping_arguments {
	uint64_t value;
};

struct bench_ping_results {
	uint64_t value;
};

int32_t bench_ping(struct client *client, uint64_t value, struct bench_ping_results *results);
int32_t bench_ping_prepare(struct call *call, struct client *client, uint64_t value);
int32_t bench_ping_try_prepare(struct call *call, struct client *client, uint64_t value);
int32_t bench_ping_finish(struct call *call, struct bench_ping_results *results);
void bench_ping_reply(struct request *request, int32_t error, const struct bench_ping_results *results);

/* policy (2): How the server waits from now on: enum waiting of drydock/server.h. */
struct bench_policy_arguments {
	uint32_t policy;
};

int32_t bench_policy(struct client *client, uint32_t policy);
int32_t bench_policy_prepare(struct call *call, struct client *client, uint32_t policy);
int32_t bench_policy_try_prepare(struct call *call, struct client *client, uint32_t policy);
int32_t bench_policy_finish(struct call *call);
void bench_policy_reply(struct request *request, int32_t error);

/*
 * port (3): A SEND capability for a port of the server. Datagrams to it are sent on to the one that `echo`
 * named.
 */
struct bench_port_results {
	uint64_t port; /* cookie */
};

int32_t bench_port(struct client *client, struct bench_port_results *results);
int32_t bench_port_prepare(struct call *call, struct client *client);
int32_t bench_port_try_prepare(struct call *call, struct client *client);
int32_t bench_port_finish(struct call *call, struct bench_port_results *results);
void bench_port_reply(struct request *request, int32_t error, const struct bench_port_results *results);

/* echo (4) */
struct bench_echo_arguments {
	uint64_t port; /* cookie */
};

int32_t bench_echo(struct client *client, uint64_t port);
int32_t bench_echo_prepare(struct call *call, struct client *client, uint64_t port);
int32_t bench_echo_try_prepare(struct call *call, struct client *client, uint64_t port);
int32_t bench_echo_finish(struct call *call);
void bench_echo_reply(struct request *request, int32_t error);

/*
 * measure (5): Measures for `duration` nanoseconds, waiting by `policy` (enum waiting); `count` is what was
 * done in `elapsed` nanoseconds. One at a time: EBUSY.
 */
struct bench_measure_arguments {
	uint32_t kind;
	uint32_t policy;
	uint32_t in_flight;
	uint64_t duration;
};

struct bench_measure_results {
	uint64_t count;
	uint64_t elapsed;
};

int32_t bench_measure(struct client *client, uint32_t kind, uint32_t policy, uint32_t in_flight,
                      uint64_t duration, struct bench_measure_results *results);
int32_t bench_measure_prepare(struct call *call, struct client *client, uint32_t kind, uint32_t policy,
                              uint32_t in_flight, uint64_t duration);
int32_t bench_measure_try_prepare(struct call *call, struct client *client, uint32_t kind, uint32_t policy,
                                  uint32_t in_flight, uint64_t duration);
int32_t bench_measure_finish(struct call *call, struct bench_measure_results *results);
void bench_measure_reply(struct request *request, int32_t error, const struct bench_measure_results *results);

/*
 * make_files (6): Empty files in a directory of vfs of their own: makes and removes `entries` of them.
 * `churn` looks at one, removes it and makes it again, `count` times, with names all over the directory.
 * `grow` makes a file of `length` bytes that are not zero, and with 0 removes it.
 */
struct bench_make_files_arguments {
	uint32_t entries;
};

int32_t bench_make_files(struct client *client, uint32_t entries);
int32_t bench_make_files_prepare(struct call *call, struct client *client, uint32_t entries);
int32_t bench_make_files_try_prepare(struct call *call, struct client *client, uint32_t entries);
int32_t bench_make_files_finish(struct call *call);
void bench_make_files_reply(struct request *request, int32_t error);

/* remove_files (7) */
struct bench_remove_files_arguments {
	uint32_t entries;
};

int32_t bench_remove_files(struct client *client, uint32_t entries);
int32_t bench_remove_files_prepare(struct call *call, struct client *client, uint32_t entries);
int32_t bench_remove_files_try_prepare(struct call *call, struct client *client, uint32_t entries);
int32_t bench_remove_files_finish(struct call *call);
void bench_remove_files_reply(struct request *request, int32_t error);

/* churn (8) */
struct bench_churn_arguments {
	uint32_t entries;
	uint32_t count;
};

int32_t bench_churn(struct client *client, uint32_t entries, uint32_t count);
int32_t bench_churn_prepare(struct call *call, struct client *client, uint32_t entries, uint32_t count);
int32_t bench_churn_try_prepare(struct call *call, struct client *client, uint32_t entries, uint32_t count);
int32_t bench_churn_finish(struct call *call);
void bench_churn_reply(struct request *request, int32_t error);

/* grow (9) */
struct bench_grow_arguments {
	uint64_t length;
};

int32_t bench_grow(struct client *client, uint64_t length);
int32_t bench_grow_prepare(struct call *call, struct client *client, uint64_t length);
int32_t bench_grow_try_prepare(struct call *call, struct client *client, uint64_t length);
int32_t bench_grow_finish(struct call *call);
void bench_grow_reply(struct request *request, int32_t error);

/* The handlers of a server; one that is NULL is answered with POSIX_ENOSYS. */
struct bench_operations {
	int32_t (*ping)(struct request *request, const struct bench_ping_arguments *arguments,
	                struct bench_ping_results *results);
	int32_t (*policy)(struct request *request, const struct bench_policy_arguments *arguments);
	int32_t (*port)(struct request *request, struct bench_port_results *results);
	int32_t (*echo)(struct request *request, const struct bench_echo_arguments *arguments);
	int32_t (*measure)(struct request *request, const struct bench_measure_arguments *arguments,
	                   struct bench_measure_results *results);
	int32_t (*make_files)(struct request *request, const struct bench_make_files_arguments *arguments);
	int32_t (*remove_files)(struct request *request,
	                        const struct bench_remove_files_arguments *arguments);
	int32_t (*churn)(struct request *request, const struct bench_churn_arguments *arguments);
	int32_t (*grow)(struct request *request, const struct bench_grow_arguments *arguments);
};

extern const struct protocol bench_protocol;

#endif
