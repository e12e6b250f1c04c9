/* Services and the lanes that they serve (src/user/service.c, connection.c). */
#ifndef DRYDOCK_USER_SERVICE_H
#define DRYDOCK_USER_SERVICE_H

#include <drydock/list.h>
#include <drydock/server.h>

#include "user/lane.h"

#define SERVICE_PROTOCOLS 4

/* Fibers that connections share beyond the one that each may always have. */
#define SHARED_FIBERS 16u

/* Identities registered on one lane at most. */
#define CONNECTION_ACTORS 1024u

struct tickets;
struct kept_identity;

struct service {
	struct list link; /* runtime->services */
	struct runtime *runtime;
	void *server;
	const struct service_events *events;
	struct service_limits limits;
	handle_t port;
	uint32_t protocol_count;
	struct {
		const struct protocol *protocol;
		const void *operations;
	} protocols[SERVICE_PROTOCOLS];
	struct list connections;
	bool registered;
	struct tickets *tickets; /* of a file system (ticket.c), or NULL */
};

struct connection {
	struct lane lane;
	struct list link;    /* service->connections, or runtime->closing */
	struct list work;    /* runtime->work */
	struct service *service;
	const struct protocol *protocol;
	const void *operations;
	struct request *requests; /* lane.depth of them; a tag's low half says which */
	struct request *first, *last; /* not begun yet */
	void *context;
	struct identity **actors; /* number 1 is the first */
	uint32_t actor_count;
	uint64_t session;     /* what OPERATION_SESSION bound to the lane */
	uint32_t outstanding; /* requests not replied to */
	uint32_t active;      /* fibers at work */
	enum error reason;    /* why it closes */
	bool closed;
	struct identity own;  /* actor 0 */
	struct kept_identity *kept; /* see connection_keep_identity */
	struct lane_info info;
};

/*
 * A copy of `identity` with `flags` besides that lives as long as the connection,
 * for request->acting; equal ones are one. NULL: no memory, or too many.
 */
const struct identity *connection_keep_identity(struct connection *connection, const struct identity *identity,
                                                uint32_t flags);

#endif
