/* What a connection of a client holds: its sockets, which go with it. */
#ifndef NETSTACK_SESSION_H
#define NETSTACK_SESSION_H

#include <drydock/server.h>

#include "datagram.h"

#define SESSION_SOCKETS 1024u

struct netstack_server;
struct session;

/* A socket of a client's, and who waits to receive from it. */
struct held_socket {
	struct datagram_socket datagram;
	struct session *session;
	struct request *waiting; /* by request->next, the first to be served first */
};

struct session {
	struct netstack_server *server;
	struct held_socket *sockets[SESSION_SOCKETS]; /* by number, from 1 on; NULL: none */
};

/* NULL without memory. */
struct session *session_create(struct netstack_server *server);

/* Closes all sockets. Nobody waits any more: their calls were cancelled. */
void session_destroy(struct session *session);

/* POSIX_EMFILE, POSIX_ENOMEM. */
int32_t session_open(struct session *session, enum datagram_kind kind, uint32_t *number);

/* NULL: there is none of that number. */
struct held_socket *session_find(struct session *session, uint32_t number);

/* Who waits is told POSIX_ECANCELED. False: there is none of that number. */
bool session_close(struct session *session, uint32_t number);

#endif
