/* What the kernel says, on the serial line. */
#ifndef DRYDOCK_ARCH_CONSOLE_H
#define DRYDOCK_ARCH_CONSOLE_H

#include <stddef.h>

/* Prints `length` bytes; a newline becomes carriage return and newline. */
void console_write(const char *text, size_t length);

/* Prints a `[kernel] …` line. Works from the first instruction of C on. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
