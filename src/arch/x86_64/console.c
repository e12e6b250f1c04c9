/* The console (console.h). */
#include "arch/x86_64/console.h"

#include <drydock/format.h>
#include <drydock/string.h>

#include "arch/x86_64/device/serial.h"

#define LINE_MAXIMUM 512

void console_write(const char *text, size_t length)
{
	size_t start = 0;

	for (size_t at = 0; at < length; at++) {
		if (text[at] != '\n')
			continue;
		serial_write(text + start, at - start);
		serial_write("\r\n", 2);
		start = at + 1;
	}
	serial_write(text + start, length - start);
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
