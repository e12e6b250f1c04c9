/* The serial port's driver against QEMU's 16550, at the other end of whose line is a socket. */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "drivers/serial.h"

#include "machine.h"
#include "machine_main.h"

#define PORT 0x3f8

#define FEW    100 /* bytes that the socket has room for, one by one */
#define LENGTH SERIAL_RING_SIZE

static struct machine machine;
static struct serial serial;
static int line; /* its far end */
static uint8_t text[LENGTH], heard[LENGTH];

static uint8_t read_port(struct serial_access *access, uint32_t number)
{
	(void)access;
	return machine_port_read(&machine, (uint16_t)(PORT + number));
}

static void write_port(struct serial_access *access, uint32_t number, uint8_t value)
{
	(void)access;
	machine_port_write(&machine, (uint16_t)(PORT + number), value);
}

static struct serial_access access_of_port = {read_port, write_port};

static void start(void)
{
	char channel[64];
	const char *arguments[] = {"-chardev", channel, "-device", "isa-serial,chardev=line,index=0", NULL};
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	snprintf(channel, sizeof(channel), "socket,id=line,fd=%d", ends[1]);
	machine_start(&machine, qemu, arguments);
	close(ends[1]);
	line = ends[0];
	serial_initialize(&serial, &access_of_port);
	for (uint32_t at = 0; at < LENGTH; at++)
		text[at] = (uint8_t)(at * 7 + at / 256);
}

static void stop(void)
{
	machine_stop(&machine);
	close(line);
}

/* From number `from` on all is heard that comes up to `length`. */
static void check_heard(size_t from, size_t length)
{
	ck_assert_int_eq(recv(line, heard + from, length - from, MSG_WAITALL), (ssize_t)(length - from));
	ck_assert_mem_eq(heard, text, length);
}

/* What has been sent so far; the port holds when the socket has no room. */
static size_t listen_for_now(size_t from)
{
	ssize_t got = recv(line, heard + from, LENGTH - from, MSG_DONTWAIT);

	return got > 0 ? (size_t)got : 0;
}

START_TEST(sends)
{
	size_t count = 0;

	start();
	/* First while nobody serves interrupts, then with them, and to the end without again. */
	serial_write(&serial, text, FEW);
	check_heard(0, FEW);
	serial_use_interrupts(&serial);
	serial_write(&serial, text, LENGTH);
	while (serial.sending) {
		count += listen_for_now(count);
		machine_await_line(&machine);
		serial_interrupt(&serial);
	}
	check_heard(count, LENGTH);
	serial_write(&serial, text, FEW);
	serial_stop_interrupts(&serial);
	check_heard(0, FEW);
	stop();
}
END_TEST

START_TEST(receives)
{
	size_t count = 0;

	start();
	serial_use_interrupts(&serial);
	/* A FIFO's worth at a time is in the port. */
	ck_assert_int_eq(send(line, text, LENGTH, 0), LENGTH);
	while (count < LENGTH) {
		machine_await_line(&machine);
		serial_interrupt(&serial);
		count += serial_read(&serial, heard + count, LENGTH - count);
	}
	ck_assert_mem_eq(heard, text, LENGTH);
	ck_assert_uint_eq(serial_take_dropped(&serial), 0);
	stop();
}
END_TEST

QEMU_RUN("qemu_serial", sends, receives)
