/* See table.h. */
#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "apps/shell/text.h"
#include "cli.h"

void table_add(struct table *table, const char *format, ...)
{
	va_list arguments;
	char *cell;

	/* Grows at powers of two. */
	if ((table->count & (table->count - 1)) == 0)
		table->cells = reallocarray(table->cells, table->count ? 2 * table->count : 1, sizeof(char *));
	va_start(arguments, format);
	if (!table->cells || vasprintf(&cell, format, arguments) < 0) {
		cli_error("out of memory");
		exit(CLI_FAILED);
	}
	va_end(arguments);
	text_harmless(cell, strlen(cell), false);
	table->cells[table->count++] = cell;
}

static void print_cell(const struct table *table, unsigned int column, const char *cell, int width)
{
	if (table->right[column])
		printf("%*s", width, cell);
	else if (column + 1 == table->columns)
		fputs(cell, stdout);
	else
		printf("%-*s", width, cell);
	fputs(column + 1 == table->columns ? "\n" : "  ", stdout);
}

void table_print(struct table *table)
{
	int widths[TABLE_COLUMNS];

	for (unsigned int column = 0; column < table->columns; column++)
		widths[column] = (int)strlen(table->titles[column]);
	for (size_t index = 0; index < table->count; index++) {
		int width = (int)strlen(table->cells[index]);

		if (width > widths[index % table->columns])
			widths[index % table->columns] = width;
	}
	for (unsigned int column = 0; column < table->columns; column++)
		print_cell(table, column, table->titles[column], widths[column]);
	for (size_t index = 0; index < table->count; index++) {
		unsigned int column = (unsigned int)(index % table->columns);

		print_cell(table, column, table->cells[index], widths[column]);
		free(table->cells[index]);
	}
	free(table->cells);
	table->cells = NULL;
	table->count = 0;
}
