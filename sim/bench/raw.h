/*
 * The raw primitives that a lane is compared with: a 64-byte ping-pong between
 * this process and a child, and nothing else.
 */
#ifndef DRYDOCK_BENCH_RAW_H
#define DRYDOCK_BENCH_RAW_H

#include <stdint.h>
#include <sys/types.h>

enum raw_kind {
	RAW_FUTEX,
	RAW_PIPE,
	RAW_EVENTFD,
	RAW_SEQPACKET,
	RAW_YIELD, /* on shared memory, yielding until the other has written: for one CPU */
	RAW_SPIN,  /* on shared memory, never sleeping: for two CPUs */
	RAW_KINDS,
};

extern const char *const raw_names[RAW_KINDS];

/*
 * Nanoseconds of one round trip, measured over about `duration` nanoseconds,
 * with this process on CPU `here` and the child on CPU `there`. Below 0 where
 * it could not be measured, with errno.
 */
double raw_measure(enum raw_kind kind, int here, int there, uint64_t duration);

#endif
