/*
 * Time: the time-stamp counter and the local APIC's timer, both measured
 * against the 8254; the date from the real-time clock.
 */
#ifndef DRYDOCK_ARCH_CLOCK_H
#define DRYDOCK_ARCH_CLOCK_H

#include <stdint.h>

#include "arch/x86_64/user_layout.h"

/*
 * Measures, which takes some 30 ms. Time begins at 0 when the time-stamp
 * counter was `start`. The APIC is up, interrupts are off.
 */
void clock_initialize(uint64_t start);

/* Monotonic nanoseconds since that start. */
uint64_t clock_time(void);

/* How processes read the same time. */
struct clock_page clock_describe(void);

/* An interrupt of the timer at `deadline` or soon after, or sooner where that is far; UINT64_MAX: none. */
void clock_interrupt_at(uint64_t deadline);

#endif
