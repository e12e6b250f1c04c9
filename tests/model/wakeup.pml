/*
 * The wake-up handshake of a lane (docs/ABI.md, "Waking"): client and server
 * are each a producer (of requests, of replies) and a sleeper (for the other).
 *
 * Memory is modelled weaker than the processor's: every store waits in a
 * buffer of its own writer and address, first in first out, and the buffers
 * drain in any order at any time, so that stores to different addresses
 * overtake each other and later loads overtake them all. A fence waits until
 * its process's buffers are empty. System calls (ring, sleep) are no fences.
 * The contents of messages are no part of the model; their order with the
 * index is the release store's.
 *
 * What must hold: the system never stops. The client always has a call to make
 * or waits for a reply, so a lost wake-up leaves both asleep: a deadlock, which
 * Spin reports as an invalid end state. And no cycle goes on without a call
 * being finished (pan -l).
 *
 * -DNO_PRODUCER_FENCE=S and -DNO_SLEEPER_FENCE=S remove that fence from a side
 * (0 client, 1 server), -DNO_SECOND_LOOK=S makes it sleep without looking at
 * the ring once more, -DNO_BELL_READ=S makes it leave its doorbell full (and
 * then run in circles). Each must be found to fail.
 */

#define CLIENT 0
#define SERVER 1
#define OTHER(side) (1 - (side))

#ifndef NO_PRODUCER_FENCE
#define NO_PRODUCER_FENCE 2
#endif
#ifndef NO_SLEEPER_FENCE
#define NO_SLEEPER_FENCE 2
#endif
#ifndef NO_SECOND_LOOK
#define NO_SECOND_LOOK 2
#endif
#ifndef NO_BELL_READ
#define NO_BELL_READ 2
#endif

#define DEPTH         2 /* calls in flight */
#define INDEX_MODULUS 4 /* indices wrap; more than DEPTH, so that full is not empty */
#define BELL_SIZE     2 /* bytes that the doorbell's pipe holds */

/* What both sides see. Side s alone writes tail[s] and armed[s]. */
byte tail[2];
bool armed[2];

/* The store buffers: chan of values not yet in memory. */
chan tail_buffer[2] = [2] of { byte };
chan armed_buffer[2] = [2] of { bool };

/* Bytes in each side's doorbell. */
byte bell[2];

/* Each buffer drains in order, and at its own time. */
proctype drain_tail(byte side)
{
	byte value;
end:
	do
	:: d_step { tail_buffer[side] ? value -> tail[side] = value; value = 0 }
	od
}

proctype drain_armed(byte side)
{
	bool value;
end:
	do
	:: d_step { armed_buffer[side] ? value -> armed[side] = value; value = 0 }
	od
}

inline fence(side)
{
	empty(tail_buffer[side]) && empty(armed_buffer[side])
}

/* Publishes what was written up to `index`, and rings whoever means to sleep. */
inline publish(side, index)
{
	tail_buffer[side] ! index;
	if
	:: NO_PRODUCER_FENCE != side -> fence(side)
	:: else
	fi;
	if
	:: armed[OTHER(side)] ->
		d_step {
			if
			:: bell[OTHER(side)] < BELL_SIZE -> bell[OTHER(side)]++
			:: else /* EAGAIN: it has been rung */
			fi
		}
	:: else
	fi
}

/* Sleeps if the other side has published nothing beyond `head`. */
inline sleep(side, head)
{
	armed_buffer[side] ! 1;
	if
	:: NO_SLEEPER_FENCE != side -> fence(side)
	:: else
	fi;
	if
	:: NO_SECOND_LOOK == side || tail[OTHER(side)] == head ->
		bell[side] > 0; /* the sleep itself */
		armed_buffer[side] ! 0;
		/* A read of the pipe may leave bytes: the next sleep ends at once. */
		do
		:: NO_BELL_READ != side && bell[side] > 0 -> bell[side]--; if :: break :: skip fi
		:: NO_BELL_READ == side || bell[side] == 0 -> break
		od
	:: else ->
		armed_buffer[side] ! 0
	fi
}

proctype client()
{
	byte calls;      /* request index, private */
	byte replies;    /* reply index, private */
	byte in_flight;

	do
	/* One call or as many as credit allows, then one bell for all. */
	:: in_flight < DEPTH ->
		do
		:: d_step { in_flight < DEPTH -> calls = (calls + 1) % INDEX_MODULUS; in_flight++ };
			if :: break :: in_flight < DEPTH fi
		od;
		publish(CLIENT, calls)
	:: tail[SERVER] != replies ->
progress:	d_step { replies = (replies + 1) % INDEX_MODULUS; in_flight-- }
	:: in_flight > 0 && tail[SERVER] == replies ->
		sleep(CLIENT, replies)
	od
}

proctype server()
{
	byte calls;
	byte replies;
	byte served;     /* taken and not yet replied */

	do
	:: d_step { tail[CLIENT] != calls -> calls = (calls + 1) % INDEX_MODULUS; served++ }
	/* One reply or as many as are due, then one bell for all. */
	:: served > 0 ->
		do
		:: d_step { served > 0 -> replies = (replies + 1) % INDEX_MODULUS; served-- };
			if :: break :: served > 0 fi
		od;
		publish(SERVER, replies)
	:: served == 0 && tail[CLIENT] == calls ->
		sleep(SERVER, calls)
	od
}

init {
	atomic {
		run drain_tail(CLIENT);
		run drain_tail(SERVER);
		run drain_armed(CLIENT);
		run drain_armed(SERVER);
		run client();
		run server()
	}
}
