/*
 * Generated from log.proto by scripts/protogen; do not edit.
 *
 * The log: a ring of the last 16,384 entries. Writing is fire and forget: the writer neither waits for the
 * reply nor looks at it.
 */
#ifndef DRYDOCK_PROTO_LOG_H
#define DRYDOCK_PROTO_LOG_H

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

#define LOG_LEVEL_ERROR 1
#define LOG_LEVEL_WARNING 2
#define LOG_LEVEL_INFO 3
#define LOG_LEVEL_DEBUG 4

/* One entry of read's data; the text follows, padded to a multiple of 8. */
struct log_entry {
	uint64_t sequence;
	uint64_t time; /* monotonic nanoseconds */
	uint32_t process; /* the writer's number; 0 for the kernel */
	uint32_t level;
	uint32_t dropped; /* messages of this writer lost before this one */
	uint32_t length; /* bytes of source name and text together */
	uint32_t source_length; /* bytes of the source name, which comes first */
	uint32_t reserved;
};

_Static_assert(sizeof(struct log_entry) == 40, "size");
_Static_assert(offsetof(struct log_entry, sequence) == 0, "sequence");
_Static_assert(offsetof(struct log_entry, time) == 8, "time");
_Static_assert(offsetof(struct log_entry, process) == 16, "process");
_Static_assert(offsetof(struct log_entry, level) == 20, "level");
_Static_assert(offsetof(struct log_entry, dropped) == 24, "dropped");
_Static_assert(offsetof(struct log_entry, length) == 28, "length");
_Static_assert(offsetof(struct log_entry, source_length) == 32, "source_length");
_Static_assert(offsetof(struct log_entry, reserved) == 36, "reserved");

enum log_operation {
	LOG_WRITE = 1,
	LOG_READ = 2,
	LOG_WATCH = 3,
	LOG_SYNC = 4,
};

/* write (1) */
struct log_write_arguments {
	uint64_t time;
	uint32_t level;
	uint32_t dropped;
	const char *source; /* at most 31 bytes */
	uint32_t source_length;
	const char *text; /* at most 512 bytes */
	uint32_t text_length;
};

int32_t log_write(struct client *client, uint64_t time, uint32_t level, uint32_t dropped, const char *source,
                  uint32_t source_length, const char *text, uint32_t text_length);
int32_t log_write_prepare(struct call *call, struct client *client, uint64_t time, uint32_t level,
                          uint32_t dropped, const char *source, uint32_t source_length, const char *text,
                          uint32_t text_length);
int32_t log_write_try_prepare(struct call *call, struct client *client, uint64_t time, uint32_t level,
                              uint32_t dropped, const char *source, uint32_t source_length, const char *text,
                              uint32_t text_length);
int32_t log_write_finish(struct call *call);
void log_write_reply(struct request *request, int32_t error);

/* read (2): Entries from sequence number `from` on, as many as fit; `next` is where to go on. */
struct log_read_arguments {
	uint64_t from;
	uint8_t *entries; /* shared with the client; may be NULL if of capacity 0 */
	uint32_t entries_capacity;
};

struct log_read_results {
	uint64_t next;
	uint32_t entries_length; /* bytes written, at most the capacity */
};

int32_t log_read(struct client *client, uint64_t from, void *entries, uint32_t entries_capacity,
                 struct log_read_results *results);
int32_t log_read_prepare(struct call *call, struct client *client, uint64_t from, uint32_t entries_capacity);
int32_t log_read_try_prepare(struct call *call, struct client *client, uint64_t from,
                             uint32_t entries_capacity);
int32_t log_read_finish(struct call *call, struct log_read_results *results, void *entries);
void log_read_reply(struct request *request, int32_t error, const struct log_read_results *results);

/* watch (3): Replies when there is an entry with sequence number `from` or above. */
struct log_watch_arguments {
	uint64_t from;
};

int32_t log_watch(struct client *client, uint64_t from);
int32_t log_watch_prepare(struct call *call, struct client *client, uint64_t from);
int32_t log_watch_try_prepare(struct call *call, struct client *client, uint64_t from);
int32_t log_watch_finish(struct call *call);
void log_watch_reply(struct request *request, int32_t error);

/* sync (4): Replies once all that anybody wrote before is on the console. */
int32_t log_sync(struct client *client);
int32_t log_sync_prepare(struct call *call, struct client *client);
int32_t log_sync_try_prepare(struct call *call, struct client *client);
int32_t log_sync_finish(struct call *call);
void log_sync_reply(struct request *request, int32_t error);

/* The handlers of a server; one that is NULL is answered with POSIX_ENOSYS. */
struct log_operations {
	int32_t (*write)(struct request *request, const struct log_write_arguments *arguments);
	int32_t (*read)(struct request *request, const struct log_read_arguments *arguments,
	                struct log_read_results *results);
	int32_t (*watch)(struct request *request, const struct log_watch_arguments *arguments);
	int32_t (*sync)(struct request *request);
};

extern const struct protocol log_protocol;

#endif
