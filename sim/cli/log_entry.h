/* Entries of the log, taken out of a server's reply, which may be anything. */
#ifndef DRYDOCK_CLI_LOG_ENTRY_H
#define DRYDOCK_CLI_LOG_ENTRY_H

#include <drydock/proto/log.h>
#include <stddef.h>
#include <stdint.h>

/* An entry; its strings are terminated and harmless to a terminal. */
struct log_line {
	struct log_entry header;
	char source[32];
	char text[513];
};

/*
 * Takes the entry at the start of `length` bytes. Returns how many of them it
 * fills with its padding (more than `length` where the last is not padded), or
 * 0 where no sound entry is there.
 */
size_t log_entry_take(const uint8_t *bytes, size_t length, struct log_line *line);

#endif
