/* The first serial port, a 16550 (National Semiconductor PC16550D data sheet), 115200 baud, 8N1. */
#ifndef DRYDOCK_ARCH_SERIAL_H
#define DRYDOCK_ARCH_SERIAL_H

#include <stddef.h>

#define SERIAL_INTERRUPT 4 /* its line, on the ISA bus */

void serial_initialize(void);

/*
 * Sends. Without interrupts it waits until all is in the port; with them what
 * does not fit the port is kept, and only what does not fit there is waited for.
 */
void serial_write(const char *text, size_t length);

/* From now on serial_interrupt is called when the port interrupts. */
void serial_use_interrupts(void);
void serial_interrupt(void);

/* The kernel is about to stop: sends what is kept, and from now on waits. */
void serial_stop_interrupts(void);

#endif
