/* Time and CPUs for measuring. */
#ifndef DRYDOCK_BENCH_CLOCK_H
#define DRYDOCK_BENCH_CLOCK_H

#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Monotonic nanoseconds. */
static inline uint64_t clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

/* Puts process `pid` (0: this one) on one CPU, or with -1 on those of `clock_processors`. */
bool clock_pin(pid_t pid, int processor);

/* Two CPUs this process may use: its first, and another one, -1 if there is none. Remembers them all. */
void clock_processors(int *first, int *second);

/* The CPU that process `pid` is bound to; `other` where it may use several. */
int clock_processor_of(pid_t pid, int other);

#endif
