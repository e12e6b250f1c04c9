/*
 * Entries of the log, taken out of a server's reply, which may be anything. The
 * hosted command (sim/cli) uses it, too.
 */
#ifndef DRYDOCK_SHELL_ENTRY_H
#define DRYDOCK_SHELL_ENTRY_H

#include <drydock/proto/log.h>
#include <stddef.h>
#include <stdint.h>

/* An entry of the log; its strings are terminated and harmless to a terminal. */
struct log_line {
	struct log_entry header;
	char source[32];
	char text[513];
};

/*
 * Takes the entry at the start of `length` bytes of a read's reply. Returns how
 * many bytes it fills with its padding (more than `length` where the last is not
 * padded), or 0 where no sound entry is there.
 */
size_t log_entry_take(const uint8_t *bytes, size_t length, struct log_line *line);

#endif
