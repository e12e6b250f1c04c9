/*
 * Serving a protocol: what generated dispatch code and handlers see of one
 * call that came in. A handler runs in a fiber, may suspend, and returns a
 * status: 0, a POSIX error (drydock/posix.h), or REQUEST_DETACHED when it has
 * kept the request and will reply later.
 */
#ifndef DRYDOCK_SERVICE_H
#define DRYDOCK_SERVICE_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/message.h>

struct connection; /* the server's end of one lane */
struct identity;
struct runtime;

#define REQUEST_DETACHED INT32_MIN

/*
 * One call being served. It belongs to the runtime, and is valid until the
 * reply. `message` is a private copy. `in` and `out` lie in memory shared with
 * the client: within the data area for certain, but their bytes may change at
 * any time, so what is validated is copied first.
 */
struct request {
	struct message message;
	const uint8_t *in;  /* NULL without an IN range */
	uint8_t *out;       /* NULL without an OUT range */
	uint32_t in_length;
	uint32_t out_length;
	uint32_t sequence;  /* word 4 of a protocol with sessions, else 0 */
	uint32_t actor;
	struct connection *connection;
	void *server;       /* the pointer given when the service was registered */
	bool cancelled;     /* the client has asked to give up, or is gone */
	bool in_use;        /* private to the runtime */
	const struct identity *acting; /* the same: whom it is for instead of `actor` */
	/*
	 * For a handler that detaches the request: called in the loop when the
	 * client cancels or goes; it must see to it that the request is replied to
	 * soon (with ECANCELED; nobody may be there to read it). NULL: nobody is told.
	 * A cancel may have come before the handler ran, or while it was suspended:
	 * who means to detach looks at `cancelled` first, and then does not.
	 */
	void (*on_cancel)(struct request *request);
	void *context;      /* the handler's own */
	struct request *next; /* the handler's own once it runs */
};

/*
 * Replies, once: words 2 to 7 are taken from `results` (NULL: zero), word 1 is
 * {status, length}. `length` is how many bytes of the OUT range were written.
 * Afterwards the request may not be touched. May be called from anywhere in
 * the server's process: it never blocks.
 */
void request_reply(struct request *request, int32_t status, uint32_t length, const struct message *results);

/* One field, structure or operation of a protocol, for tracing and documents. */
struct field_description {
	const char *name;
	const char *type;     /* as in the definition: u32, string, out, … */
	uint8_t word;         /* where it lies; 0 for what lies in a range */
	uint8_t shift;        /* bits */
};

struct operation_description {
	uint16_t number;
	bool changes;         /* carries a sequence number */
	const char *name;
	const struct field_description *arguments;
	const struct field_description *results;
	uint8_t argument_count;
	uint8_t result_count;
};

/* A protocol, generated from its definition. */
struct protocol {
	uint16_t number;
	uint16_t version;
	bool sessions;
	const char *name;
	const struct operation_description *operations;
	uint32_t operation_count;
	/*
	 * Unmarshals one request, runs its handler of `operations` (the protocol's
	 * own structure of function pointers; one that is NULL is not supported:
	 * ENOSYS), and replies unless detached.
	 */
	void (*dispatch)(struct request *request, const void *operations);
};

#endif
