/* What the files of the HTTP server share. */
#ifndef DRYDOCK_HTTPD_INTERNAL_H
#define DRYDOCK_HTTPD_INTERNAL_H

#include <drydock/network.h>
#include <drydock/proto/vfs.h>
#include <drydock/server.h>

#include "request.h"

#define CHUNK 32768u /* bytes that are read and sent at once */

struct httpd {
	struct runtime *runtime;
	struct network *network;
	struct client *vfs;
	uint32_t connections, connections_most;
	struct fiber
		*waiting; /* takes connections, and waits until there may be another; NULL: it does not */
};

/* One connection, and what is being done for it. */
struct connection_state {
	struct httpd *httpd;
	int socket;
	struct request_head head;
	uint32_t received;          /* bytes of `in` */
	char in[REQUEST_HEAD_MOST]; /* what has come and was not yet answered */
	uint8_t chunk[CHUNK];
};

/* ---- connection.c: all with time limits ------------------------------------------------- */

enum head_result {
	HEAD_COME,
	HEAD_TOO_LONG,
	HEAD_LATE, /* it was begun, but not ended in time */
	HEAD_NONE, /* the connection is over, or nobody asks any more */
};

/* Waits for a request's head; *length of it are the first bytes of `in`. */
enum head_result connection_head(struct connection_state *connection, size_t *length);

/* Forgets the first `length` bytes of `in`. */
void connection_consume(struct connection_state *connection, size_t length);

/* Sends all of it. False: the connection is over, or nobody reads; it is of no more use. */
bool connection_send(struct connection_state *connection, const void *bytes, uint32_t length, bool more);

/* Sends what is queued and waits a little for the other end's, for whom a reset could take it away again. */
void connection_finish(struct connection_state *connection);

/* The other end shall see that something is missing. */
void connection_abort(struct connection_state *connection);

/* ---- respond.c ----------------------------------------------------------------------------- */

/*
 * Sends the beginning of a response: `status`, the fields that each has, `fields` (each with its CR LF) and the
 * empty line. `more`: a body follows.
 */
bool respond_begin(struct connection_state *connection, int status, const char *fields, bool more);

/* A whole response that says what is wrong. */
bool respond_error(struct connection_state *connection, int status);

/*
 * Answers the request in connection->head with what is at its path. False: the connection is of no more use, and
 * connection_abort was called where a body is incomplete.
 */
bool respond_path(struct connection_state *connection);

/* ---- listing.c: the names in an open directory, as a page ------------------------------------ */

bool respond_listing(struct connection_state *connection, uint32_t directory);

#endif
