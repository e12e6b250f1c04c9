/*
 * Interrupts: the local APIC (Intel SDM vol. 3A, 10) with its timer, and the
 * I/O APIC (82093AA data sheet), which brings the lines of the ISA bus. The
 * 8259s are shut up.
 */
#ifndef DRYDOCK_ARCH_APIC_H
#define DRYDOCK_ARCH_APIC_H

#include <stdbool.h>
#include <stdint.h>

#define VECTOR_TIMER    64u
#define VECTOR_SERIAL   65u
#define VECTOR_DEVICES  80u /* to VECTOR_DEVICES_END - 1: interrupts of devices that processes drive */
#define VECTOR_DEVICES_END 240u
#define VECTOR_SPURIOUS 255u

/* Stops where there are none: this kernel needs both. */
void apic_initialize(void);

/* Interrupts of an ISA line arrive as `vector` from now on. */
void apic_route(unsigned line, unsigned vector);

/*
 * The same for a line that stays up until its cause is gone, as PCI's are, and
 * masked: apic_unmask lets it in. False where there is no such line.
 */
bool apic_route_level(unsigned line, unsigned vector);
void apic_mask(unsigned line);
void apic_unmask(unsigned line);

/* Where a device writes `vector` to interrupt this processor (Intel SDM vol. 3A, 10.11.1). */
uint64_t apic_message_address(void);

/* One interrupt of the timer after so many of its ticks; 0: none. Replaces the last one. */
void apic_timer_set(uint32_t ticks);

/* Ticks that are left. */
uint32_t apic_timer_left(void);

/* Lets the next interrupt in. */
void apic_end_of_interrupt(void);

#endif
