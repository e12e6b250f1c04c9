/*
 * Interrupts: the local APIC (Intel SDM vol. 3A, 10) with its timer, and the
 * I/O APIC (82093AA data sheet), which brings the lines of the ISA bus. The
 * 8259s are shut up.
 */
#ifndef DRYDOCK_ARCH_APIC_H
#define DRYDOCK_ARCH_APIC_H

#include <stdint.h>

#define VECTOR_TIMER    64u
#define VECTOR_SERIAL   65u
#define VECTOR_SPURIOUS 255u

/* Stops where there are none: this kernel needs both. */
void apic_initialize(void);

/* Interrupts of an ISA line arrive as `vector` from now on. */
void apic_route(unsigned line, unsigned vector);

/* One interrupt of the timer after so many of its ticks; 0: none. Replaces the last one. */
void apic_timer_set(uint32_t ticks);

/* Ticks that are left. */
uint32_t apic_timer_left(void);

/* Lets the next interrupt in. */
void apic_end_of_interrupt(void);

#endif
