/* Tables of text whose columns are as wide as what is in them. */
#ifndef DRYDOCK_CLI_TABLE_H
#define DRYDOCK_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS 10

struct table {
	const char *const *titles; /* `columns` of them; the caller's until table_print */
	const bool *right;         /* which columns are aligned to the right */
	unsigned int columns;      /* at most TABLE_COLUMNS */
	char **cells;
	size_t count;              /* of cells */
};

/* Adds a cell to the row being filled; rows follow one another. Without memory it ends the program. */
void table_add(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints the table to standard output and frees what it holds. */
void table_print(struct table *table);

#endif
