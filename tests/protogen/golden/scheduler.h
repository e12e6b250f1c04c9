/*
 * Generated from scheduler.proto by scripts/protogen; do not edit.
 *
 * The scheduler: policy. Priorities run from 0 (idle) to 31 (most urgent); the default is 16. A slice is in
 * microseconds. Setting needs the grant to.
 */
#ifndef DRYDOCK_PROTO_SCHEDULER_H
#define DRYDOCK_PROTO_SCHEDULER_H

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

#define SCHEDULER_PRIORITY_DEFAULT 16
#define SCHEDULER_PRIORITY_MAXIMUM 31
#define SCHEDULER_SLICE_DEFAULT 10000

struct scheduler_entry {
	uint32_t number; /* process number; 0 for a guest */
	uint32_t priority;
	uint32_t slice; /* microseconds */
	uint32_t reserved;
	uint64_t process;
};

_Static_assert(sizeof(struct scheduler_entry) == 24, "size");
_Static_assert(offsetof(struct scheduler_entry, number) == 0, "number");
_Static_assert(offsetof(struct scheduler_entry, priority) == 4, "priority");
_Static_assert(offsetof(struct scheduler_entry, slice) == 8, "slice");
_Static_assert(offsetof(struct scheduler_entry, reserved) == 12, "reserved");
_Static_assert(offsetof(struct scheduler_entry, process) == 16, "process");

enum scheduler_operation {
	SCHEDULER_SET = 1,
	SCHEDULER_GET = 2,
	SCHEDULER_LIST = 3,
};

/* set (1) */
struct scheduler_set_arguments {
	uint64_t process;
	uint32_t priority;
	uint32_t slice;
};

int32_t scheduler_set(struct client *client, uint64_t process, uint32_t priority, uint32_t slice);
int32_t scheduler_set_prepare(struct call *call, struct client *client, uint64_t process, uint32_t priority,
                              uint32_t slice);
int32_t scheduler_set_try_prepare(struct call *call, struct client *client, uint64_t process,
                                  uint32_t priority, uint32_t slice);
int32_t scheduler_set_finish(struct call *call);
void scheduler_set_reply(struct request *request, int32_t error);

/* get (2) */
struct scheduler_get_arguments {
	uint64_t process;
};

struct scheduler_get_results {
	uint32_t priority;
	uint32_t slice;
};

int32_t scheduler_get(struct client *client, uint64_t process, struct scheduler_get_results *results);
int32_t scheduler_get_prepare(struct call *call, struct client *client, uint64_t process);
int32_t scheduler_get_try_prepare(struct call *call, struct client *client, uint64_t process);
int32_t scheduler_get_finish(struct call *call, struct scheduler_get_results *results);
void scheduler_get_reply(struct request *request, int32_t error, const struct scheduler_get_results *results);

/* list (3) */
struct scheduler_list_arguments {
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct scheduler_list_results {
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t scheduler_list(struct client *client, void *entries, uint32_t entries_capacity,
                       struct scheduler_list_results *results);
int32_t scheduler_list_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t scheduler_list_try_prepare(struct call *call, struct client *client, uint32_t entries_capacity);
int32_t scheduler_list_finish(struct call *call, struct scheduler_list_results *results, void *entries);
void scheduler_list_reply(struct request *request, int32_t error,
                          const struct scheduler_list_results *results);

/* The handlers of a server; one that is NULL is answered with POSIX_ENOSYS. */
struct scheduler_operations {
	int32_t (*set)(struct request *request, const struct scheduler_set_arguments *arguments);
	int32_t (*get)(struct request *request, const struct scheduler_get_arguments *arguments,
	               struct scheduler_get_results *results);
	int32_t (*list)(struct request *request, const struct scheduler_list_arguments *arguments,
	                struct scheduler_list_results *results);
};

extern const struct protocol scheduler_protocol;

#endif
