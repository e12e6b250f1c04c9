/* The console (console.h). */
#include "arch/x86_64/console.h"

#include <drydock/format.h>
#include <drydock/string.h>

#include "arch/x86_64/device/apic.h"
#include "arch/x86_64/instructions.h"
#include "drivers/serial.h"

#define LINE_MAXIMUM 512

/* The first serial port, where every PC has it. */
#define SERIAL_PORT 0x3f8
#define SERIAL_LINE 4 /* on the ISA bus */

static uint8_t read_port(struct serial_access *access, uint32_t number)
{
	(void)access;
	return port_read8((uint16_t)(SERIAL_PORT + number));
}

static void write_port(struct serial_access *access, uint32_t number, uint8_t value)
{
	(void)access;
	port_write8((uint16_t)(SERIAL_PORT + number), value);
}

static struct serial_access access = {read_port, write_port};

/* The kernel runs with interrupts off, so nobody interrupts who uses it. */
static struct serial serial;

void console_initialize(void)
{
	serial_initialize(&serial, &access);
}

void console_use_interrupts(void)
{
	apic_route(SERIAL_LINE, VECTOR_SERIAL);
	serial_use_interrupts(&serial);
}

bool console_interrupt(void)
{
	return serial_interrupt(&serial);
}

void console_stop_interrupts(void)
{
	serial_stop_interrupts(&serial);
}

size_t console_read(void *bytes, size_t size)
{
	uint32_t dropped = serial_take_dropped(&serial);

	if (dropped > 0)
		console_print("%u bytes that came over the serial line are lost: nobody read them in time",
		              dropped);
	return serial_read(&serial, bytes, size);
}

void console_write(const char *text, size_t length)
{
	size_t start = 0;

	for (size_t at = 0; at < length; at++) {
		if (text[at] != '\n')
			continue;
		serial_write(&serial, text + start, at - start);
		serial_write(&serial, "\r\n", 2);
		start = at + 1;
	}
	serial_write(&serial, text + start, length - start);
}

void console_print(const char *format, ...)
{
	static const char prefix[] = "[kernel] ";
	char line[LINE_MAXIMUM];
	size_t start = sizeof(prefix) - 1, length;
	va_list arguments;

	memcpy(line, prefix, start);
	va_start(arguments, format);
	length = start + format_text(line + start, sizeof(line) - start - 1, format, arguments);
	va_end(arguments);
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	console_write(line, length);
}

void console_print_frame(unsigned number, uint64_t address, const char *name, uint64_t offset)
{
	if (name != NULL)
		console_print("  #%-2u 0x%016llx %s+0x%llx", number, (unsigned long long)address, name,
		              (unsigned long long)offset);
	else
		console_print("  #%-2u 0x%016llx", number, (unsigned long long)address);
}
