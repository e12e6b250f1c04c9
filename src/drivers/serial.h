/*
 * A serial port: the 16550 (National Semiconductor PC16550D data sheet), 115200
 * baud, 8N1. The one driver that the kernel links, since it is its console: what
 * stops the machine is to be said without any process. It has no memory but what
 * it is given, and calls nothing but the functions of `struct serial_access`.
 */
#ifndef DRYDOCK_DRIVERS_SERIAL_H
#define DRYDOCK_DRIVERS_SERIAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * How the machine reaches the port's registers, `number` 0 to 7 (data sheet,
 * table II): one access each, in program order. Whoever implements it begins its
 * own structure with this one.
 */
struct serial_access {
	uint8_t (*read)(struct serial_access *access, uint32_t number);
	void (*write)(struct serial_access *access, uint32_t number, uint8_t value);
};

#define SERIAL_RING_SIZE 4096u /* bytes, a power of two */

/*
 * Whoever calls sees to it that no call begins while another is at work:
 * serial_interrupt() is one of them.
 */
struct serial {
	struct serial_access *access;
	bool interrupts;     /* the machine calls serial_interrupt() */
	bool sending;        /* the port will interrupt when it is empty */
	uint32_t head, tail; /* of what is to be sent, counted on for ever: places modulo the ring's size */
	uint8_t ring[SERIAL_RING_SIZE];
	uint32_t input_head, input_tail; /* of what came in, likewise */
	uint8_t input[SERIAL_RING_SIZE];
	uint32_t dropped; /* bytes that came in and did not fit, not yet told */
};

/* Sets up the port, without interrupts. `access` is the caller's, and is kept. */
void serial_initialize(struct serial *serial, struct serial_access *access);

/*
 * Sends `length` bytes. Without interrupts it waits until all is in the port; with
 * them what does not fit the port is kept, and only what does not fit there is
 * waited for: for ever, where whoever listens has told the port to hold.
 */
void serial_write(struct serial *serial, const void *bytes, size_t length);

/*
 * From now on serial_interrupt() is called when the port interrupts, be it by an
 * edge or by a level, and what comes in is kept. It returns whether something came.
 */
void serial_use_interrupts(struct serial *serial);
bool serial_interrupt(struct serial *serial);

/* Takes up to `size` bytes of what has come in; returns how many. */
size_t serial_read(struct serial *serial, void *bytes, size_t size);

/* How many bytes came in for which there was no room, since this was last asked. */
uint32_t serial_take_dropped(struct serial *serial);

/* Sends what is kept, and from now on waits, as before serial_use_interrupts(). */
void serial_stop_interrupts(struct serial *serial);

#endif
