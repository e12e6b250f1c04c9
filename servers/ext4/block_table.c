/* Blocks by number: see block_table.h. */
#include "block_table.h"

#include <drydock/server.h>

#define BITS_FIRST   6u
#define BITS_MAXIMUM 26u

/* Where `block` is, or the unused place where it would be. */
static struct block_table_entry *place_of(const struct block_table *table, uint64_t block)
{
	uint64_t at = block * 0x9e3779b97f4a7c15ull >> (64 - table->bits);

	while (table->entries[at].used && table->entries[at].block != block)
		at = (at + 1) & ((1ull << table->bits) - 1);
	return &table->entries[at];
}

struct block_table_entry *block_table_find(const struct block_table *table, uint64_t block)
{
	struct block_table_entry *entry;

	if (table->count == 0)
		return NULL;
	entry = place_of(table, block);
	return entry->used ? entry : NULL;
}

static bool grow(struct block_table *table, struct runtime *runtime)
{
	struct block_table old = *table;

	table->bits = old.bits ? old.bits + 1 : BITS_FIRST;
	table->entries = table->bits <= BITS_MAXIMUM
	                         ? runtime_allocate(runtime, sizeof(old.entries[0]) << table->bits)
	                         : NULL;
	if (!table->entries) {
		*table = old;
		return false;
	}
	for (uint64_t i = 0; old.bits && i < 1ull << old.bits; i++) {
		if (old.entries[i].used)
			*place_of(table, old.entries[i].block) = old.entries[i];
	}
	runtime_free(runtime, old.entries);
	return true;
}

struct block_table_entry *block_table_make(struct block_table *table, struct runtime *runtime, uint64_t block)
{
	struct block_table_entry *entry;

	if ((!table->bits || 2ull * (table->count + 1) > 1ull << table->bits) && !grow(table, runtime))
		return NULL;
	entry = place_of(table, block);
	if (!entry->used) {
		*entry = (struct block_table_entry){.block = block, .used = true};
		table->count++;
	}
	return entry;
}

void block_table_end(struct block_table *table, struct runtime *runtime)
{
	runtime_free(runtime, table->entries);
	*table = (struct block_table){0};
}
