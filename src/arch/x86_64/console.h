/* The console: what the kernel says on the serial line, and what is typed there. */
#ifndef DRYDOCK_ARCH_CONSOLE_H
#define DRYDOCK_ARCH_CONSOLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sets up the line. Until console_use_interrupts() whoever prints waits until all is sent. */
void console_initialize(void);

/*
 * From now on what is typed is kept, and so is what is printed faster than the
 * line goes. The APIC is up; VECTOR_SERIAL calls console_interrupt(), which
 * returns whether something was typed.
 */
void console_use_interrupts(void);
bool console_interrupt(void);

/* The kernel is about to stop: sends what is kept, and waits again from now on. */
void console_stop_interrupts(void);

/* Takes up to `size` bytes of what was typed; returns how many. Prints how many were lost, if any were. */
size_t console_read(void *bytes, size_t size);

/* Prints `length` bytes; a newline becomes carriage return and newline. */
void console_write(const char *text, size_t length);

/* Prints a `[kernel] …` line. */
void console_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Prints a line of a backtrace. `name` is of the function, and `offset` into it; NULL: not known. */
void console_print_frame(unsigned number, uint64_t address, const char *name, uint64_t offset);

#endif
