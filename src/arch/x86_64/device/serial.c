/*
 * The serial port (device/serial.h). The kernel runs with interrupts off, so
 * nobody interrupts who fills the ring of what is to be sent.
 */
#include "arch/x86_64/device/serial.h"

#include <stdbool.h>
#include <stdint.h>

#include "arch/x86_64/instructions.h"

/* Registers (data sheet, 8). With DLAB set the first two are the divisor. */
#define PORT             0x3f8
#define DATA             (PORT + 0)
#define INTERRUPT_ENABLE (PORT + 1)
#define INTERRUPT_NUMBER (PORT + 2) /* read */
#define FIFO_CONTROL     (PORT + 2) /* write */
#define LINE_CONTROL     (PORT + 3)
#define MODEM_CONTROL    (PORT + 4)
#define LINE_STATUS      (PORT + 5)

#define DIVISOR_115200  1
#define LINE_8N1        0x03
#define LINE_DIVISOR    0x80
#define FIFO_ON_CLEAR   0x07
#define FIFO_SIZE       16
#define MODEM_READY     0x0b /* DTR, RTS, and OUT2, which lets interrupts through */
#define STATUS_EMPTY    0x20 /* the transmitter's FIFO is */
#define INTERRUPT_EMPTY 0x02
#define INTERRUPT_NONE  0x01

#define RING_SIZE 4096u /* a power of two */

static struct {
	bool interrupts;
	bool sending; /* the port will interrupt when it is empty */
	uint32_t head, tail;
	char ring[RING_SIZE];
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
		port_write8(INTERRUPT_ENABLE, INTERRUPT_EMPTY);
	}
}

void serial_use_interrupts(void)
{
	serial.interrupts = true;
}

void serial_interrupt(void)
{
	/* Reading the number takes the interrupt back. */
	if (port_read8(INTERRUPT_NUMBER) & INTERRUPT_NONE)
		return;
	if (port_read8(LINE_STATUS) & STATUS_EMPTY)
		fill();
	if (serial.head == serial.tail) {
		serial.sending = false;
		port_write8(INTERRUPT_ENABLE, 0);
	}
}

void serial_stop_interrupts(void)
{
	port_write8(INTERRUPT_ENABLE, 0);
	serial.interrupts = serial.sending = false;
	while (serial.head != serial.tail)
		fill_when_empty();
}
