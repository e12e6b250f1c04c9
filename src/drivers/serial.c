/* The serial port (serial.h). */
#include "drivers/serial.h"

/* Registers (data sheet, 8). With DLAB set the first two are the divisor. */
#define DATA             0u
#define INTERRUPT_ENABLE 1u
#define FIFO_CONTROL     2u
#define LINE_CONTROL     3u
#define MODEM_CONTROL    4u
#define LINE_STATUS      5u

#define DIVISOR_115200  1
#define LINE_8N1        0x03
#define LINE_DIVISOR    0x80
#define FIFO_ON_CLEAR   0x07 /* it interrupts for each byte */
#define FIFO_SIZE       16
#define MODEM_READY     0x0b /* DTR, RTS, and OUT2, which lets interrupts through */
#define STATUS_RECEIVED 0x01 /* the receiver's FIFO is not empty */
#define STATUS_OVERRUN  0x02 /* it was full when one more came; reading the status clears this */
#define STATUS_EMPTY    0x20 /* the transmitter's FIFO is */

#define INTERRUPT_RECEIVED 0x01
#define INTERRUPT_EMPTY    0x02

static uint8_t read_register(struct serial *serial, uint32_t number)
{
	return serial->access->read(serial->access, number);
}

static void write_register(struct serial *serial, uint32_t number, uint8_t value)
{
	serial->access->write(serial->access, number, value);
}

void serial_initialize(struct serial *serial, struct serial_access *access)
{
	serial->access = access;
	serial->interrupts = serial->sending = false;
	serial->head = serial->tail = serial->input_head = serial->input_tail = serial->dropped = 0;
	write_register(serial, INTERRUPT_ENABLE, 0);
	write_register(serial, LINE_CONTROL, LINE_DIVISOR);
	write_register(serial, DATA, DIVISOR_115200);
	write_register(serial, INTERRUPT_ENABLE, 0);
	write_register(serial, LINE_CONTROL, LINE_8N1);
	write_register(serial, FIFO_CONTROL, FIFO_ON_CLEAR);
	write_register(serial, MODEM_CONTROL, MODEM_READY);
}

/* Moves as much as the empty port takes. */
static void fill(struct serial *serial)
{
	for (int room = FIFO_SIZE; room > 0 && serial->head != serial->tail; room--)
		write_register(serial, DATA, serial->ring[serial->head++ % SERIAL_RING_SIZE]);
}

static void fill_when_empty(struct serial *serial)
{
	while ((read_register(serial, LINE_STATUS) & STATUS_EMPTY) == 0)
		;
	fill(serial);
}

/* Which interrupts are wanted now. */
static void enable(struct serial *serial)
{
	uint8_t wanted = INTERRUPT_RECEIVED;

	if (serial->sending)
		wanted |= INTERRUPT_EMPTY;
	write_register(serial, INTERRUPT_ENABLE, wanted);
}

void serial_write(struct serial *serial, const void *bytes, size_t length)
{
	const uint8_t *from = bytes;

	for (size_t at = 0; at < length; at++) {
		if (serial->tail - serial->head == SERIAL_RING_SIZE)
			fill_when_empty(serial);
		serial->ring[serial->tail++ % SERIAL_RING_SIZE] = from[at];
	}
	if (!serial->interrupts) {
		while (serial->head != serial->tail)
			fill_when_empty(serial);
	} else if (!serial->sending && serial->head != serial->tail) {
		serial->sending = true;
		/* It interrupts when the port is empty, at once where it is. */
		enable(serial);
	}
}

void serial_use_interrupts(struct serial *serial)
{
	serial->interrupts = true;
	enable(serial);
}

/* Keeps what has come in, a FIFO's worth at most. Returns whether something had. */
static bool receive(struct serial *serial)
{
	bool any = false;
	uint8_t status, byte;

	for (int left = FIFO_SIZE; left > 0; left--) {
		status = read_register(serial, LINE_STATUS);
		serial->dropped += (status & STATUS_OVERRUN) != 0;
		if ((status & STATUS_RECEIVED) == 0)
			break;
		any = true;
		byte = read_register(serial, DATA);
		if (serial->input_tail - serial->input_head < SERIAL_RING_SIZE)
			serial->input[serial->input_tail++ % SERIAL_RING_SIZE] = byte;
		else
			serial->dropped++;
	}
	return any;
}

bool serial_interrupt(struct serial *serial)
{
	bool received;

	/*
	 * Where interrupts are edges, what comes meanwhile would keep the line up and make
	 * none: so it is taken down first, and rises again for what is left.
	 */
	write_register(serial, INTERRUPT_ENABLE, 0);
	received = receive(serial);
	if (read_register(serial, LINE_STATUS) & STATUS_EMPTY)
		fill(serial);
	if (serial->head == serial->tail)
		serial->sending = false;
	enable(serial);
	return received;
}

size_t serial_read(struct serial *serial, void *bytes, size_t size)
{
	uint8_t *to = bytes;
	size_t count = 0;

	while (count < size && serial->input_head != serial->input_tail)
		to[count++] = serial->input[serial->input_head++ % SERIAL_RING_SIZE];
	return count;
}

uint32_t serial_take_dropped(struct serial *serial)
{
	uint32_t dropped = serial->dropped;

	serial->dropped = 0;
	return dropped;
}

void serial_stop_interrupts(struct serial *serial)
{
	write_register(serial, INTERRUPT_ENABLE, 0);
	serial->interrupts = serial->sending = false;
	while (serial->head != serial->tail)
		fill_when_empty(serial);
}
