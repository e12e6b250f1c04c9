/*
 * A lane within one process, for testing generated code: call_begin and its
 * kin (drydock/client.h) over a small data area, and request_reply. A call is
 * dispatched inside fake_deliver, or when it is run.
 */
#ifndef FAKE_LANE_H
#define FAKE_LANE_H

#include <drydock/client.h>
#include <drydock/service.h>

#define FAKE_AREA  8192u
#define FAKE_ACTOR 77u

struct client {
	const struct protocol *protocol;
	const void *operations; /* the server's handlers */
	uint8_t in[FAKE_AREA];
	uint8_t out[FAKE_AREA];
	uint32_t sequence;        /* the last one given */
	int32_t begin_status;     /* what call_begin is to return, if not 0 */
	int32_t transport_status; /* how calls end, if below 0: no reply comes */
	uint32_t begun, tried, ended;
	struct request request; /* the last one delivered */
	uint32_t replies;       /* to the last one delivered */
	struct message reply;
};

/* A client whose calls `operations` answer. */
void fake_setup(struct client *client, const struct protocol *protocol, const void *operations);

/*
 * Gives the request of `call`, as it lies there, to the server. If the server
 * replies, so that the call is done, returns true.
 */
bool fake_deliver(struct call *call);

/* Ends `call` with the reply that a detached request has got since. */
void fake_complete(struct call *call);

#endif
