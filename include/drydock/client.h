/*
 * Calling a service: one `struct client` is the caller's end of a lane, one
 * `struct call` is one call in flight on it. Generated stubs (drydock/proto)
 * are made of the functions here; write code against the stubs.
 *
 * Status of a call, everywhere: 0 done; above 0 a POSIX error that the server
 * replied (drydock/posix.h); below 0 minus an `enum error`, when no reply came
 * (-E_PEER_DEAD, -E_TIMED_OUT, -E_CANCELLED, -E_VIOLATION, -E_REFUSED, …).
 */
#ifndef DRYDOCK_CLIENT_H
#define DRYDOCK_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/error.h>
#include <drydock/abi/message.h>
#include <drydock/list.h>

struct client;
struct client_lane;
struct fiber;
struct runtime;

struct call;
typedef void (*call_done_t)(struct call *call, void *context);

/*
 * One call. The caller owns the memory, from call_begin to call_end. call_begin
 * zeroes `request`; until submit its words 1 to 3, 4 (protocols without
 * sessions), 5 and 6 (where no range is named) and 7 are the caller's to fill.
 */
struct call {
	struct message request;
	struct message reply;   /* valid once done with status 0 or above */
	uint8_t *in;            /* the IN range in the data area, to be filled before submit */
	uint8_t *out;           /* the OUT range, to be read after the reply, before call_end */
	uint32_t in_length;     /* bytes */
	uint32_t out_length;    /* bytes */
	int32_t status;         /* see above; valid once done */
	/* Private to the runtime. */
	struct list link;
	struct client_lane *lane;
	struct fiber *waiter;
	call_done_t done;
	void *context;
	struct range in_range, out_range;
	uint32_t slot;
	uint8_t state;
	bool cancelled;
};

/*
 * Starts a call: takes one of the lane's `depth` slots and ranges for
 * `in_length` and `out_length` bytes (0: none) of its data area. Suspends the
 * calling fiber while all are taken. Sets word 0, and words 5 and 6 where
 * there are ranges. Returns 0, or a status below 0 (-E_TOO_LARGE: the ranges
 * can never fit; -E_PEER_DEAD, …), and then there is nothing to end.
 */
int32_t call_begin(struct call *call, struct client *client, uint16_t op, uint32_t in_length, uint32_t out_length);

/* As call_begin, but -E_WOULD_BLOCK instead of suspending; needs no fiber. */
int32_t call_try_begin(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                       uint32_t out_length);

/*
 * Fills word 4: the lane's actor, and with `changes` the session's next
 * sequence number (0 without).
 */
void call_session(struct call *call, bool changes);

/* Replaces the actor that call_session put into word 4. */
void call_set_actor(struct call *call, uint32_t actor);

/*
 * A part of the data area that the caller keeps for itself, to read data
 * straight into and lend to calls. It outlives the lane that it lies in, and
 * is of no more use then.
 */
struct reservation {
	uint8_t *data;
	uint32_t length;  /* bytes */
	uint32_t offset;  /* in the data area */
	struct client_lane *lane;
};

/* Reserves `length` bytes. False where there is no room or no connection. */
bool client_reserve(struct client *client, uint32_t length, struct reservation *reservation);

/* Gives them back; no call may have them on loan. */
void client_release(struct reservation *reservation);

/* Whether the reservation still lies in the client's lane. */
bool client_reserved(const struct client *client, const struct reservation *reservation);

/*
 * Makes `length` bytes from `offset` of the reservation the IN range of a call
 * that was begun with in_length 0. They are the server's until the call is
 * done; so such a call is waited for without a deadline. False, and no change,
 * where the reservation is of another lane.
 */
bool call_lend_in(struct call *call, const struct reservation *reservation, uint32_t offset, uint32_t length);

/*
 * Publishes the call. When the reply comes `done(call, context)` runs in the
 * event loop (never in a fiber, never inside call_submit); with `done` NULL it
 * is to be waited for.
 */
void call_submit(struct call *call, call_done_t done, void *context);

/*
 * Suspends the calling fiber until the call is done or `deadline` (absolute
 * nanoseconds, UINT64_MAX for never) has passed; returns its status. After
 * -E_TIMED_OUT the call is cancelled and abandoned: slot and ranges come back by
 * themselves when the server replies, and `call` may be ended and its memory reused.
 */
int32_t call_wait(struct call *call, uint64_t deadline);

/* Submits, waits for the client's default deadline, returns the status. */
int32_t call_run(struct call *call);

/* Asks the server to give up; the call still gets exactly one reply. */
void call_cancel(struct call *call);

/* Gives slot and ranges back. `call->in` and `out` are dead afterwards. */
void call_end(struct call *call);

#endif
