/*
 * The credit of a lane (docs/ABI.md, "Ownership"): a client with `depth` calls
 * in flight, each of which it may cancel once at any time until it has the
 * reply, finds room in a request ring of FACTOR * depth slots always, and a
 * server that takes requests in order and replies in any order finds room in a
 * reply ring of depth slots always.
 *
 * What counts is the room that each sees: the other's head in shared memory,
 * which may lag behind how far the other has read. The server must publish its
 * request head before a reply to anything beyond it. (Three times depth would
 * do; four keeps the slots a power of two.)
 *
 * -DFACTOR=2 is too small, and -DLATE_HEAD, where replies are published before
 * the head, breaks even four: both must be found to fail.
 */

#ifndef DEPTH
#define DEPTH 2
#endif
#ifndef FACTOR
#define FACTOR 4
#endif

#define SLOTS (FACTOR * DEPTH)

mtype = { call, cancel };
mtype = { free, in_flight, cancelled };
mtype = { idle, admitted };

/*
 * What is in the rings. The channels are larger than the rings, so that the
 * assertions, not the channels, say what does not fit.
 */
chan requests = [SLOTS + 1] of { mtype, byte };
chan replies = [DEPTH + 1] of { byte };

/* Taken by the server, but not yet to be seen in the head it has published. */
byte unpublished;

mtype tag_state[DEPTH] = free;  /* the client's */
mtype call_state[DEPTH] = idle; /* the server's */

inline request(operation, tag)
{
	assert(len(requests) + unpublished < SLOTS);
	requests ! operation, tag
}

active proctype client()
{
	byte tag;
end:
	do
	:: atomic {
		select(tag : 0 .. DEPTH - 1);
		if
		:: tag_state[tag] == free -> tag_state[tag] = in_flight; request(call, tag)
		:: tag_state[tag] == in_flight -> tag_state[tag] = cancelled; request(cancel, tag)
		:: tag_state[tag] == cancelled
		fi;
		tag = 0
	}
	:: atomic { replies ? tag -> assert(tag_state[tag] != free); tag_state[tag] = free; tag = 0 }
	od
}

active proctype server()
{
	mtype operation = idle;
	byte tag;
end:
	do
	/* Takes the next request; a cancel for what is done is no error. */
	:: atomic {
		requests ? operation, tag ->
		unpublished++;
		if
		:: operation == call -> assert(call_state[tag] == idle); call_state[tag] = admitted
		:: operation == cancel
		fi;
		operation = idle;
		tag = 0
	}
	:: atomic { unpublished > 0 -> unpublished = 0 }
	:: atomic {
		select(tag : 0 .. DEPTH - 1);
		if
		:: call_state[tag] == admitted ->
#ifndef LATE_HEAD
			unpublished = 0;
#endif
			call_state[tag] = idle;
			assert(len(replies) < DEPTH);
			replies ! tag
		:: else
		fi;
		tag = 0
	}
	od
}
