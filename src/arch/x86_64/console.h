/* What the kernel says, on the serial line. */
#ifndef DRYDOCK_ARCH_CONSOLE_H
#define DRYDOCK_ARCH_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

/* Prints `length` bytes; a newline becomes carriage return and newline. */
void console_write(const char *text, size_t length);

/* Prints a `[kernel] …` line. Works from the first instruction of C on. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a line of a backtrace. `name` is of the function, and `offset` into it; NULL: not known. */
void console_print_frame(unsigned number, uint64_t address, const char *name, uint64_t offset);

#endif
