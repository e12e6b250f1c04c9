/*
 * The console: standard output in the foreground, and always a copy in the
 * instance directory, whose end goes into crash reports. A full disk or a
 * closed terminal stops nothing.
 */
#include "machine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static void write_all(int descriptor, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t written = write(descriptor, text, length);

		if (written <= 0)
			return;
		text += written;
		length -= (size_t)written;
	}
}

void platform_console(struct machine *machine, const char *text, size_t length)
{
	if (!machine->background)
		write_all(STDOUT_FILENO, text, length);
	if (machine->console >= 0)
		write_all(machine->console, text, length);
}

enum error platform_console_read(struct machine *machine, void *bytes, size_t size, size_t *count)
{
	/* Linux's terminals belong to the commands that run at them: `drydock sh`. */
	(void)machine;
	(void)bytes;
	(void)size;
	(void)count;
	return E_INVALID_SYSCALL;
}

size_t console_tail(int console, char *text, size_t size)
{
	off_t end = console >= 0 ? lseek(console, 0, SEEK_END) : 0;
	off_t start = end > (off_t)size - 1 ? end - (off_t)size + 1 : 0;
	ssize_t length = end > 0 ? pread(console, text, size - 1, start) : 0;
	ssize_t from = length, lines = 0;

	/* The last line's end, and then one for each line before it. */
	while (from > 0 && (text[from - 1] != '\n' || lines++ < CONSOLE_TAIL_LINES))
		from--;
	if (length <= 0)
		length = from = 0;
	memmove(text, text + from, (size_t)(length - from));
	text[length - from] = '\0';
	return (size_t)(length - from);
}

void console_print(struct machine *machine, const char *format, ...)
{
	char line[1024];
	va_list arguments;
	int start, length;

	start = snprintf(line, sizeof(line), "[kernel] ");
	va_start(arguments, format);
	length = vsnprintf(line + start, sizeof(line) - (size_t)start - 1, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	length += start;
	if ((size_t)length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	platform_console(machine, line, (size_t)length);
}
