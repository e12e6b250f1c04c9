/* The first serial port, a 16550 (National Semiconductor PC16550D data sheet), 115200 baud, 8N1. */
#ifndef DRYDOCK_ARCH_SERIAL_H
#define DRYDOCK_ARCH_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERIAL_INTERRUPT 4 /* its line, on the ISA bus */

void serial_initialize(void);

/*
 * Sends. Without interrupts it waits until all is in the port; with them what
 * does not fit the port is kept, and only what does not fit there is waited for.
 */
void serial_write(const char *text, size_t length);

/*
 * From now on serial_interrupt is called when the port interrupts, and what
 * comes in is kept. It returns whether something came.
 */
void serial_use_interrupts(void);
bool serial_interrupt(void);

/* Takes up to `size` bytes of what has come in; returns how many. */
size_t serial_read(void *bytes, size_t size);

/* How many bytes came in for which there was no room, since this was last asked. */
uint32_t serial_take_dropped(void);

/* The kernel is about to stop: sends what is kept, and from now on waits. */
void serial_stop_interrupts(void);

#endif
