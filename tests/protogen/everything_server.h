/*
 * A server of everything.proto for the tests of generated code, and the lane
 * on which it is called.
 */
#ifndef EVERYTHING_SERVER_H
#define EVERYTHING_SERVER_H

#include "everything.h"
#include "fake_lane.h"

/* A text and its length, as stubs take strings. */
#define EXACTLY(text) (text), (uint32_t)(sizeof(text) - 1)

struct everything_server {
	struct client lane;
	struct everything_record last_record; /* what put and exchange were given */
	struct request *detached;             /* what a handler has kept */
	uint32_t handled;                     /* calls that reached a handler */
	int32_t answer;   /* what handlers return, but strings, write, put, transform, packed */
	uint32_t claimed; /* the length that read says it has written, if not 0 */
};

extern struct everything_server server;

/* A record with a value of its own in each field. */
extern const struct everything_record sample;

/* Starts afresh; the fixture of every test. */
void server_setup(void);

#endif
