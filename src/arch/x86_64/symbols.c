/* Looking addresses up in the kernel's table of symbols (symbols.h). */
#include "arch/x86_64/symbols.h"

#include <stddef.h>

/* The table: a count, so many entries by rising address, and the names, each with its NUL. */
struct symbol {
	uint32_t offset; /* from image_start */
	uint32_t name;   /* from the end of the entries */
};

struct symbol_table {
	uint32_t count;
	uint32_t reserved;
	struct symbol entries[];
};

extern const char image_start[], image_text_end[];
extern const struct symbol_table symbols_start;
extern const char symbols_end[];

const char *symbol_find(uint64_t address, uint64_t *offset)
{
	const struct symbol_table *table = &symbols_start;
	uint32_t low = 0, high, at;

	/* In the first linking there is none. */
	if ((const char *)table == symbols_end || address < (uintptr_t)image_start ||
	    address >= (uintptr_t)image_text_end)
		return NULL;
	at = (uint32_t)(address - (uintptr_t)image_start);
	for (high = table->count; low < high;) {
		uint32_t middle = low + (high - low) / 2;

		if (table->entries[middle].offset <= at)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0)
		return NULL;
	*offset = at - table->entries[low - 1].offset;
	return (const char *)&table->entries[table->count] + table->entries[low - 1].name;
}
