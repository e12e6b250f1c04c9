/* See listing.h. */
#include "listing.h"

#include <drydock/format.h>
#include <drydock/string.h>

#include "character.h"
#include "text.h"

#define CELL_SIZE 128

static bool make_room(struct listing *listing, size_t length)
{
	struct runtime *runtime = listing->shell->runtime;
	size_t size = listing->size ? 2 * listing->size : 4096;
	char *text;

	if (listing->used + length <= listing->size)
		return true;
	text = runtime_allocate(runtime, size);
	if (!text)
		return false;
	if (listing->text)
		memcpy(text, listing->text, listing->used);
	runtime_free(runtime, listing->text);
	listing->text = text;
	listing->size = size;
	return true;
}

void listing_add(struct listing *listing, const char *format, ...)
{
	uint32_t column = listing->cells % listing->columns, width;
	char cell[CELL_SIZE];
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text(cell, sizeof(cell), format, arguments);
	va_end(arguments);
	if (length >= sizeof(cell))
		length = sizeof(cell) - 1;
	text_harmless(cell, length, false);
	if (listing->failed || !make_room(listing, length + 1)) {
		listing->failed = true;
		return;
	}
	memcpy(listing->text + listing->used, cell, length + 1);
	listing->used += length + 1;
	listing->cells++;
	width = (uint32_t)character_columns_all(cell, length);
	if (width > listing->widths[column])
		listing->widths[column] = width;
}

static void print_cell(struct listing *listing, uint32_t column, const char *cell)
{
	size_t length = string_length(cell);
	uint32_t fill = listing->widths[column] - (uint32_t)character_columns_all(cell, length);
	bool right = listing->right & 1u << column, last = column + 1 == listing->columns;

	for (uint32_t index = 0; right && index < fill; index++)
		output_write(listing->shell, " ", 1);
	output_write(listing->shell, cell, length);
	for (uint32_t index = 0; !right && !last && index < fill; index++)
		output_write(listing->shell, " ", 1);
	output_write(listing->shell, last ? "\n" : "  ", last ? 1 : 2);
}

int listing_print(struct listing *listing, const char *command)
{
	const char *cell = listing->text;
	int result = 0;

	for (uint32_t index = 0; !listing->failed && index < listing->cells; index++) {
		print_cell(listing, index % listing->columns, cell);
		cell += string_length(cell) + 1;
	}
	if (listing->failed)
		result = shell_status_error(listing->shell, command, "the list", POSIX_ENOMEM);
	runtime_free(listing->shell->runtime, listing->text);
	listing->text = NULL;
	return result;
}
