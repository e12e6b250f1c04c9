/* Tables whose columns are as wide as what is in them. */
#ifndef DRYDOCK_SHELL_LISTING_H
#define DRYDOCK_SHELL_LISTING_H

#include "internal.h"

#define LISTING_COLUMNS 8

/* Zero all but the first three. */
struct listing {
	struct shell *shell;
	uint32_t columns; /* at most LISTING_COLUMNS */
	uint32_t right;   /* a bit for each column that is aligned to the right */
	uint32_t cells;
	uint32_t widths[LISTING_COLUMNS];
	size_t used, size;
	char *text;  /* cells with their NULs */
	bool failed; /* for want of memory */
};

/* Adds a cell to the row being filled; rows follow one another. */
void listing_add(struct listing *listing, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints the table and frees what it holds. Returns a command's exit status. */
int listing_print(struct listing *listing, const char *command);

#endif
