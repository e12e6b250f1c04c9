/* Page tables (memory/tables.h). */
#include "arch/x86_64/memory/tables.h"

#include <drydock/string.h>

#define LEVELS  4
#define ENTRIES 512u

static unsigned index_at(uint64_t address, int level)
{
	return (unsigned)(address >> (12 + 9 * level)) % ENTRIES;
}

static uint64_t *view(const struct ram *ram, uint64_t table)
{
	return ram_view(ram, table & PAGE_ADDRESS);
}

uint64_t tables_create(struct ram *ram)
{
	uint64_t table = ram_allocate(ram, 0);

	if (table != 0)
		memset(ram_view(ram, table), 0, RAM_PAGE);
	return table;
}

/* Takes the entry away from the last table of a path, and every table that this leaves empty. */
static void prune(struct ram *ram, const uint64_t path[LEVELS], int level, uint64_t address)
{
	for (; level < LEVELS; level++) {
		uint64_t table = path[level];

		view(ram, table)[index_at(address, level)] = 0;
		if (--ram_frame(ram, table)->used > 0 || level == LEVELS - 1)
			return;
		ram_free(ram, table);
	}
}

/* Walks to the table of `level` that has the entry of `address`, making what is missing. */
static bool descend(struct ram *ram, uint64_t root, uint64_t address, int level, uint64_t path[LEVELS])
{
	path[LEVELS - 1] = root;
	for (int at = LEVELS - 1; at > level; at--) {
		uint64_t *entry = &view(ram, path[at])[index_at(address, at)];

		if ((*entry & PAGE_PRESENT) == 0) {
			uint64_t table = tables_create(ram);

			if (table == 0) {
				/* What was made on the way here is empty. */
				if (at < LEVELS - 1 && ram_frame(ram, path[at])->used == 0) {
					ram_free(ram, path[at]);
					prune(ram, path, at + 1, address);
				}
				return false;
			}
			/* The last level says what may be done. */
			*entry = table | PAGE_PRESENT | PAGE_WRITE | PAGE_USER;
			ram_frame(ram, path[at])->used++;
		}
		path[at - 1] = *entry & PAGE_ADDRESS;
	}
	return true;
}

static bool map(struct ram *ram, uint64_t root, uint64_t address, int level, uint64_t entry)
{
	uint64_t path[LEVELS];

	if (!descend(ram, root, address, level, path))
		return false;
	view(ram, path[level])[index_at(address, level)] = entry;
	ram_frame(ram, path[level])->used++;
	return true;
}

bool tables_map(struct ram *ram, uint64_t root, uint64_t address, uint64_t physical, uint64_t bits)
{
	return map(ram, root, address, 0, physical | bits | PAGE_PRESENT);
}

bool tables_map_large(struct ram *ram, uint64_t root, uint64_t address, uint64_t physical, uint64_t bits)
{
	return map(ram, root, address, 1, physical | bits | PAGE_PRESENT | PAGE_LARGE);
}

/* Fills `path` down to the last level; false where a table is missing. */
static bool find(const struct ram *ram, uint64_t root, uint64_t address, uint64_t path[LEVELS])
{
	path[LEVELS - 1] = root;
	for (int at = LEVELS - 1; at > 0; at--) {
		uint64_t entry = view(ram, path[at])[index_at(address, at)];

		if ((entry & PAGE_PRESENT) == 0 || (entry & PAGE_LARGE) != 0)
			return false;
		path[at - 1] = entry & PAGE_ADDRESS;
	}
	return true;
}

void tables_unmap(struct ram *ram, uint64_t root, uint64_t address)
{
	uint64_t path[LEVELS];

	if (find(ram, root, address, path) && (view(ram, path[0])[index_at(address, 0)] & PAGE_PRESENT))
		prune(ram, path, 0, address);
}

uint64_t tables_find(const struct ram *ram, uint64_t root, uint64_t address)
{
	uint64_t path[LEVELS];

	if (!find(ram, root, address, path))
		return 0;
	return view(ram, path[0])[index_at(address, 0)];
}

static void free_table(struct ram *ram, uint64_t table, int level, unsigned entries)
{
	const uint64_t *entry = view(ram, table);

	for (unsigned i = 0; level > 0 && i < entries; i++) {
		if ((entry[i] & PAGE_PRESENT) && (entry[i] & PAGE_LARGE) == 0)
			free_table(ram, entry[i] & PAGE_ADDRESS, level - 1, ENTRIES);
	}
	ram_free(ram, table);
}

void tables_destroy(struct ram *ram, uint64_t root)
{
	free_table(ram, root, LEVELS - 1, ENTRIES / 2);
}
