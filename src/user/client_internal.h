/* The client's end of a lane (src/user/client.c, call.c). */
#ifndef DRYDOCK_USER_CLIENT_INTERNAL_H
#define DRYDOCK_USER_CLIENT_INTERNAL_H

#include <drydock/list.h>
#include <drydock/server.h>

#include "user/area.h"
#include "user/lane.h"

enum call_state {
	CALL_BEGUN = 1,
	CALL_IN_FLIGHT,
	CALL_DONE,
};

/* One call in flight. A tag is {slot:16, generation:16}, the slot in the low half. */
struct slot {
	struct call *call;        /* NULL: abandoned, or free */
	struct range in, out;     /* of an abandoned call, to be released at the reply */
	uint16_t generation;
	uint16_t next_free;
	bool in_flight;
};

/*
 * One connection. Calls and reservations hold a reference, since they point
 * into its memory; so it may outlive the server's death and a reconnection.
 */
struct client_lane {
	struct lane lane;
	struct client *client;    /* NULL once disconnected */
	struct runtime *runtime;
	struct slot *slots;       /* lane.depth of them */
	struct area area;
	uint32_t first_free;      /* slot; lane.depth: none */
	uint32_t references;
	enum error reason;        /* what the peer is told at the end */
};

struct client {
	struct list link;            /* runtime->clients */
	struct list waiters;         /* struct client_waiter: for a slot, a range, a connection */
	struct runtime *runtime;
	struct client_lane *lane;    /* NULL while there is no connection */
	const struct protocol *protocol;
	char name[NAME_SIZE];        /* what to look up again; "" for a port given */
	handle_t port;               /* SEND capability; 0: none */
	handle_t opening;            /* lane that the server has not accepted yet */
	struct fiber *opener;        /* fiber that connects; others wait for it */
	struct client_options options;
	uint64_t generation;
	uint64_t session;
	uint32_t sequence;
	uint32_t actor;
	uint32_t users;              /* fibers that wait inside: it is not freed under them */
	enum error reason;           /* why the server would not accept */
	bool accepted;
	bool closed;                 /* client_close was called */
	void *companion;             /* see client_set_companion */
	void (*companion_end)(void *companion);
};

struct client_waiter {
	struct list link;
	struct fiber *fiber;
};

/*
 * Waits in the calling fiber until something about the client has changed (0),
 * it is closed (-E_CANCELLED), or `deadline` has passed (-E_TIMED_OUT).
 */
int32_t client_wait(struct client *client, uint64_t deadline);
void client_wake_waiters(struct client *client);

/* Takes the lane from the client; the peer is told `reason` once nothing refers to it. Its calls in flight end with `status`. */
void client_disconnect(struct client *client, int32_t status, enum error reason);

/* Ends every call in flight (call.c). */
void client_fail_calls(struct client_lane *lane, int32_t status);

/* Gives one of `references` back; the last one frees the lane. */
void client_lane_put(struct client_lane *lane);

#endif
