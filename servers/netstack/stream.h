/*
 * Stream sockets: the TCP engine (tcp.h) as a transport of the stack. It is entered
 * here alone, and whatever it has to say while it is in there (events of sockets,
 * segments too large for a path) is kept until it has returned: streams never call
 * their owners from within the engine, so owners may call them at once.
 */
#ifndef NETSTACK_STREAM_H
#define NETSTACK_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/list.h>

#include "alarm.h"
#include "datagram.h"
#include "ip.h"
#include "tcp.h"

#define STREAM_SECRET_SIZE 16u

/* Segments that were too large for their path, and not yet told of. Of more than these the timer tells. */
#define STREAM_TOO_BIG 8u

struct stream_socket {
	struct netstack *stack;
	struct tcp_socket *tcp;
	uint8_t family;    /* of its addresses, enum net_family; NET_FAMILY_NONE: both */
	struct list woken; /* in stack->streams.woken while its owner is to be told */
	/* Something has happened: what tcp_ready says may be otherwise. Not from within a call of its owner's. */
	void (*wake)(void *context);
	void *context;
};

struct stream_too_big {
	struct net_address source, destination;
	uint8_t quoted[8]; /* of the segment's header: ports and sequence number */
	uint32_t mtu;
};

struct streams {
	struct tcp *tcp;      /* NULL: there are no streams here */
	struct alarm alarm;   /* at tcp_deadline */
	struct list woken;    /* struct stream_socket.woken */
	bool settling;
	struct stream_too_big too_big[STREAM_TOO_BIG];
	uint32_t too_big_count;
};

/*
 * Streams exist from now on; before, segments are answered as those of any unknown protocol. `secret` is random
 * and nobody else's: it keys sequence numbers and ports (RFC 6528, 6056). POSIX_ENOMEM.
 */
int32_t streams_create(struct netstack *stack, const uint8_t secret[STREAM_SECRET_SIZE]);
void streams_destroy(struct netstack *stack);

/* All packets that came together have gone their way: what follows from them for streams. */
void streams_received(struct netstack *stack);

/* The memory is the caller's until stream_close. POSIX_ENOMEM; POSIX_EPROTONOSUPPORT: there are no streams here. */
int32_t stream_open(struct netstack *stack, struct stream_socket *socket);

/* Gives it back; with `reset` the peer is told so, else what is queued is still sent to it. */
void stream_close(struct stream_socket *socket, bool reset);

/*
 * The calls of tcp.h; each returns 0 or a positive POSIX error. Where they would wait: POSIX_EAGAIN, or
 * POSIX_EINPROGRESS of connect.
 */
int32_t stream_bind(struct stream_socket *socket, const struct endpoint *local);
int32_t stream_listen(struct stream_socket *socket, uint32_t backlog);
int32_t stream_connect(struct stream_socket *socket, const struct endpoint *remote);
int32_t stream_shutdown(struct stream_socket *socket, uint32_t which);

/* Fills `accepted`, which is as stream_open would have made it, and connected. */
int32_t stream_accept(struct stream_socket *listener, struct stream_socket *accepted);

/* Queues up to `length` bytes, at least one, and says how many. `flags`: TCP_SEND_MORE. */
int32_t stream_send(struct stream_socket *socket, const void *bytes, uint32_t length, uint32_t flags,
                    uint32_t *sent);

/* Takes up to `capacity` bytes and says how many; none at the end. `flags`: TCP_RECEIVE_PEEK. */
int32_t stream_receive(struct stream_socket *socket, void *into, uint32_t capacity, uint32_t flags,
                       uint32_t *received);

int32_t stream_set_option(struct stream_socket *socket, enum tcp_option option, uint32_t value);
int32_t stream_get_option(struct stream_socket *socket, enum tcp_option option, uint32_t *value);

#endif
