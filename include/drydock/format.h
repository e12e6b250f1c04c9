/*
 * Formatting text, a subset of printf: %s %c %d %i %u %x %p %%, with l, ll
 * and z, width, zero padding, `-`, and a precision for %s. Anything else is printed as it stands.
 */
#ifndef DRYDOCK_FORMAT_H
#define DRYDOCK_FORMAT_H

#include <stdarg.h>
#include <stddef.h>

/*
 * Writes at most `size` bytes with the NUL (none if size is 0). Returns the
 * length that the whole text has, as snprintf does.
 */
size_t format_text(char *buffer, size_t size, const char *format, va_list arguments)
	__attribute__((format(printf, 3, 0)));
size_t format_string(char *buffer, size_t size, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
