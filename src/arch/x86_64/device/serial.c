/*
 * The serial port (device/serial.h). The kernel runs with interrupts off, so
 * nobody interrupts who uses the rings of what is to be sent and what came in.
 */
#include "arch/x86_64/device/serial.h"

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/instructions.h"

/* Registers (data sheet, 8). With DLAB set the first two are the divisor. */
#define PORT             0x3f8
#define DATA             (PORT + 0)
#define INTERRUPT_ENABLE (PORT + 1)
#define FIFO_CONTROL     (PORT + 2)
#define LINE_CONTROL     (PORT + 3)
#define MODEM_CONTROL    (PORT + 4)
#define LINE_STATUS      (PORT + 5)

#define DIVISOR_115200  1
#define LINE_8N1        0x03
#define LINE_DIVISOR    0x80
#define FIFO_ON_CLEAR   0x07
#define FIFO_SIZE       16
#define MODEM_READY     0x0b /* DTR, RTS, and OUT2, which lets interrupts through */
#define STATUS_RECEIVED 0x01 /* the receiver's FIFO is not empty */
#define STATUS_OVERRUN  0x02 /* it was full when one more came; reading the status clears this */
#define STATUS_EMPTY    0x20 /* the transmitter's FIFO is */

#define INTERRUPT_RECEIVED 0x01
#define INTERRUPT_EMPTY    0x02

#define RING_SIZE 4096u /* a power of two */

static struct {
	bool interrupts;
	bool sending;        /* the port will interrupt when it is empty */
	uint32_t head, tail; /* of what is to be sent */
	char ring[RING_SIZE];
	uint32_t input_head, input_tail; /* of what came in */
	uint8_t input[RING_SIZE];
	uint32_t dropped; /* what came in and did not fit, not yet told */
} serial;

void serial_initialize(void)
{
	port_write8(INTERRUPT_ENABLE, 0);
	port_write8(LINE_CONTROL, LINE_DIVISOR);
	port_write8(DATA, DIVISOR_115200);
	port_write8(INTERRUPT_ENABLE, 0);
	port_write8(LINE_CONTROL, LINE_8N1);
	port_write8(FIFO_CONTROL, FIFO_ON_CLEAR);
	port_write8(MODEM_CONTROL, MODEM_READY);
}

/* Moves as much as the empty port takes. */
static void fill(void)
{
	for (int room = FIFO_SIZE; room > 0 && serial.head != serial.tail; room--)
		port_write8(DATA, (uint8_t)serial.ring[serial.head++ % RING_SIZE]);
}

static void fill_when_empty(void)
{
	while ((port_read8(LINE_STATUS) & STATUS_EMPTY) == 0)
		;
	fill();
}

/* Which interrupts are wanted now. */
static void enable(void)
{
	uint8_t wanted = INTERRUPT_RECEIVED;

	if (serial.sending)
		wanted |= INTERRUPT_EMPTY;
	port_write8(INTERRUPT_ENABLE, wanted);
}

void serial_write(const char *text, size_t length)
{
	for (size_t at = 0; at < length; at++) {
		if (serial.tail - serial.head == RING_SIZE)
			fill_when_empty();
		serial.ring[serial.tail++ % RING_SIZE] = text[at];
	}
	if (!serial.interrupts) {
		while (serial.head != serial.tail)
			fill_when_empty();
	} else if (!serial.sending && serial.head != serial.tail) {
		serial.sending = true;
		/* It interrupts at once: the port is empty. */
		enable();
	}
}

void serial_use_interrupts(void)
{
	serial.interrupts = true;
	enable();
}

/* Keeps what has come in, a FIFO's worth at most. Returns whether something had. */
static bool receive(void)
{
	bool any = false;
	uint8_t status, byte;

	for (int left = FIFO_SIZE; left > 0; left--) {
		status = port_read8(LINE_STATUS);
		serial.dropped += (status & STATUS_OVERRUN) != 0;
		if ((status & STATUS_RECEIVED) == 0)
			break;
		any = true;
		byte = port_read8(DATA);
		if (serial.input_tail - serial.input_head < RING_SIZE)
			serial.input[serial.input_tail++ % RING_SIZE] = byte;
		else
			serial.dropped++;
	}
	return any;
}

bool serial_interrupt(void)
{
	bool received;

	/*
	 * Interrupts are edges. What comes meanwhile would keep the line up and make none: so
	 * it is taken down first, and rises again for what is left.
	 */
	port_write8(INTERRUPT_ENABLE, 0);
	received = receive();
	if (port_read8(LINE_STATUS) & STATUS_EMPTY)
		fill();
	if (serial.head == serial.tail)
		serial.sending = false;
	enable();
	return received;
}

size_t serial_read(void *bytes, size_t size)
{
	uint8_t *to = bytes;
	size_t count = 0;

	while (count < size && serial.input_head != serial.input_tail)
		to[count++] = serial.input[serial.input_head++ % RING_SIZE];
	return count;
}

uint32_t serial_take_dropped(void)
{
	uint32_t dropped = serial.dropped;

	serial.dropped = 0;
	return dropped;
}

void serial_stop_interrupts(void)
{
	port_write8(INTERRUPT_ENABLE, 0);
	serial.interrupts = serial.sending = false;
	while (serial.head != serial.tail)
		fill_when_empty();
}
