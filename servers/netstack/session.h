/* What a connection of a client holds: its sockets, which go with it, and the requests that wait for them. */
#ifndef NETSTACK_SESSION_H
#define NETSTACK_SESSION_H

#include <drydock/server.h>

#include "datagram.h"
#include "stream.h"

#define SESSION_SOCKETS 1024u

struct netstack_server;
struct session;

/* What a request waits for. */
enum wait_kind {
	WAIT_CONNECT, /* the first to be told of an error, which is told but once */
	WAIT_RECEIVE,
	WAIT_SEND,
	WAIT_ACCEPT,
	WAIT_KINDS
};

/* A socket of a client's. */
struct held_socket {
	struct session *session;
	uint32_t kind;                        /* SOCKET_KIND_* */
	union {
		struct datagram_socket datagram;
		struct stream_socket stream;  /* of SOCKET_KIND_STREAM */
	};
	bool reset;                           /* closing resets the connection */
	struct request *waiting[WAIT_KINDS];  /* by request->next, the first to be served first */
	/* Tries again what those wait for: true once it is replied to. */
	bool (*again[WAIT_KINDS])(struct held_socket *socket, struct request *request);
	struct list polls;                    /* struct poll_member.link (poll.c) */
};

struct session {
	struct netstack_server *server;
	struct held_socket *sockets[SESSION_SOCKETS]; /* by number, from 1 on; NULL: none */
};

/* NULL without memory. */
struct session *session_create(struct netstack_server *server);

/* Closes all sockets. Nobody waits any more: their calls were cancelled. */
void session_destroy(struct session *session);

/* A socket of SOCKET_KIND_*. POSIX_EMFILE, POSIX_ENOMEM, POSIX_EPROTONOSUPPORT. */
int32_t session_open(struct session *session, uint32_t kind, uint32_t *number);

/* The oldest connection of a listening socket as a socket of the session's. POSIX_EAGAIN, …_EMFILE, …_ENOMEM. */
int32_t session_accept(struct held_socket *listener, uint32_t *number);

/* NULL: there is none of that number. */
struct held_socket *session_find(const struct session *session, uint32_t number);

/* Who waits is told POSIX_ECANCELED. False: there is none of that number. */
bool session_close(struct session *session, uint32_t number);

/*
 * Detaches the request: when something happens at the socket `again` is called, those of one kind in their
 * order, until it returns true. To be returned by a handler: REQUEST_DETACHED, or POSIX_ECANCELED.
 */
int32_t held_wait(struct held_socket *socket, enum wait_kind kind, struct request *request,
                  bool (*again)(struct held_socket *socket, struct request *request));

/* The session behind a request. */
static inline struct session *session_of(const struct request *request)
{
	return connection_context(request->connection);
}

/* ---- poll.c ------------------------------------------------------------------------ */

struct socket_poll_arguments;
struct socket_poll_results;

int32_t serve_poll(struct request *request, const struct socket_poll_arguments *arguments,
                   struct socket_poll_results *results);

/* Something has happened at the socket: who polls it may be told. */
void poll_woken(struct held_socket *socket);

/* The socket goes: who polls it is told that there is none. */
void poll_closed(struct held_socket *socket);

#endif
