/*
 * Entries of directories and of the log, taken out of a server's reply, which
 * may be anything. The hosted command (sim/cli) uses it, too.
 */
#ifndef DRYDOCK_SHELL_ENTRY_H
#define DRYDOCK_SHELL_ENTRY_H

#include <drydock/proto/log.h>
#include <drydock/proto/vfs.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Takes the entry at the start of `length` bytes of a readdir's reply. *name,
 * its name, lies in `bytes` and is not terminated; it is 1 to POSIX_NAME_MAX
 * bytes without NUL and `/`, entry->name_length of them. Returns how many bytes
 * the entry fills with its padding (more than `length` where the last is not
 * padded), or 0 where no sound entry is there.
 */
size_t directory_entry_take(const uint8_t *bytes, size_t length, struct vfs_entry *entry, const char **name);

/* An entry of the log; its strings are terminated and harmless to a terminal. */
struct log_line {
	struct log_entry header;
	char source[32];
	char text[513];
};

/* The same for the entry at the start of a read's reply. */
size_t log_entry_take(const uint8_t *bytes, size_t length, struct log_line *line);

#endif
