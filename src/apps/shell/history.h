/* The lines that were entered before, the oldest forgotten first. */
#ifndef DRYDOCK_SHELL_HISTORY_H
#define DRYDOCK_SHELL_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define HISTORY_SIZE 16384

/* Zeroed it is empty. */
struct history {
	size_t used;
	char text[HISTORY_SIZE]; /* lines with their NULs, the newest last */
};

/* Keeps a line of less than HISTORY_SIZE bytes; not an empty one, nor one like the newest. */
void history_add(struct history *history, const char *line);

/* The line that was entered `back` lines ago, 1 being the newest; NULL where there is none. */
const char *history_line(const struct history *history, uint32_t back);

#endif
