/* Address spaces (memory/space.h). */
#include "arch/x86_64/memory/space.h"

#include <drydock/string.h>

#include "arch/x86_64/instructions.h"
#include "arch/x86_64/memory/tables.h"
#include "arch/x86_64/user_layout.h"

struct mapping {
	struct list link;
	uint64_t address, pages;
};

static struct mapping *mapping_of(struct list *link)
{
	return list_entry(link, struct mapping, link);
}

static uint64_t mapping_end(const struct mapping *mapping)
{
	return mapping->address + mapping->pages * RAM_PAGE;
}

void space_initialize(struct space *space, struct ram *ram, struct heap *heap, uint64_t root)
{
	memset(space, 0, sizeof(*space));
	space->ram = ram;
	space->heap = heap;
	space->root = root;
	list_init(&space->mappings);
	space->cursor = &space->mappings;
}

void space_destroy(struct space *space)
{
	struct list *link;

	if (space->root == 0)
		return;
	while ((link = list_take(&space->mappings)) != NULL)
		heap_free(space->heap, mapping_of(link), sizeof(struct mapping));
	tables_destroy(space->ram, space->root);
	chain_free(space->ram, &space->pages);
	space->root = 0;
}

static uint64_t bits_of(rights_t access)
{
	return PAGE_USER | (access & RIGHT_WRITE ? PAGE_WRITE : 0) |
	       (access & RIGHT_EXECUTE ? 0 : PAGE_NO_EXECUTE);
}

bool space_map_page(struct space *space, uint64_t address, uint64_t physical, rights_t access)
{
	return tables_map(space->ram, space->root, address, physical, bits_of(access));
}

void *space_add_page(struct space *space, uint64_t address, rights_t access)
{
	uint64_t physical;

	if (!chain_grow(space->ram, &space->pages, 1))
		return NULL;
	physical = (uint64_t)space->pages.last * RAM_PAGE;
	if (!space_map_page(space, address, physical, access))
		return NULL;
	return memset(ram_view(space->ram, physical), 0, RAM_PAGE);
}

/* ---- mappings where there is room ------------------------------------------- */

/* Where `pages` fit between the mapping at `link` and the next, with a page free on either side; 0: nowhere. */
static uint64_t room_after(const struct space *space, struct list *link, uint64_t pages)
{
	uint64_t start = link == &space->mappings ? USER_MAP_START : mapping_end(mapping_of(link));
	uint64_t end = link->next == &space->mappings ? USER_MAP_END : mapping_of(link->next)->address;

	/* Of `pages` no more than there is memory for. */
	return end - start >= (pages + 2) * RAM_PAGE ? start + RAM_PAGE : 0;
}

/* Reserves addresses; NULL without. From the last one made onwards, so that one is found at once as a rule. */
static struct mapping *reserve(struct space *space, uint64_t pages)
{
	struct list *link = space->cursor;
	struct mapping *mapping;
	uint64_t address;

	while ((address = room_after(space, link, pages)) == 0) {
		link = link->next;
		if (link == space->cursor)
			return NULL;
	}
	mapping = heap_allocate(space->heap, sizeof(*mapping));
	if (mapping == NULL)
		return NULL;
	mapping->address = address;
	mapping->pages = pages;
	list_add_head(link, &mapping->link);
	space->cursor = &mapping->link;
	return mapping;
}

static void release(struct space *space, struct mapping *mapping)
{
	for (uint64_t at = mapping->address; at < mapping_end(mapping); at += RAM_PAGE) {
		tables_unmap(space->ram, space->root, at);
		/* An inactive space's translations went when the processor left it. */
		if (space->active)
			tlb_forget(at);
	}
	if (space->cursor == &mapping->link)
		space->cursor = mapping->link.previous;
	list_remove(&mapping->link);
	heap_free(space->heap, mapping, sizeof(*mapping));
}

/* Maps so many pages in a row; false where the tables find no memory. */
static bool map_block(struct space *space, uint64_t address, uint64_t physical, uint64_t pages, uint64_t bits)
{
	for (uint64_t at = 0; at < pages * RAM_PAGE; at += RAM_PAGE) {
		if (!tables_map(space->ram, space->root, address + at, physical + at, bits))
			return false;
	}
	return true;
}

bool space_map_chain(struct space *space, const struct chain *chain, rights_t access, uint64_t *address)
{
	struct mapping *mapping = reserve(space, chain->pages);
	uint64_t at;

	if (mapping == NULL)
		return false;
	at = mapping->address;
	for (uint32_t block = chain->first; block != 0; block = space->ram->frames[block].next) {
		uint64_t pages = 1ull << space->ram->frames[block].order;

		if (!map_block(space, at, (uint64_t)block * RAM_PAGE, pages, bits_of(access))) {
			release(space, mapping);
			return false;
		}
		at += pages * RAM_PAGE;
	}
	*address = mapping->address;
	return true;
}

bool space_map_anywhere(struct space *space, uint64_t physical, rights_t access, uint64_t *address)
{
	struct mapping *mapping = reserve(space, 1);

	if (mapping == NULL)
		return false;
	if (!space_map_page(space, mapping->address, physical, access)) {
		release(space, mapping);
		return false;
	}
	*address = mapping->address;
	return true;
}

bool space_map_device(struct space *space, uint64_t physical, uint64_t pages, uint64_t *address)
{
	struct mapping *mapping = reserve(space, pages);

	if (mapping == NULL)
		return false;
	if (!map_block(space, mapping->address, physical, pages,
	               bits_of(RIGHT_READ | RIGHT_WRITE) | PAGE_UNCACHED)) {
		release(space, mapping);
		return false;
	}
	*address = mapping->address;
	return true;
}

void space_unmap(struct space *space, uint64_t address)
{
	list_for_each(link, &space->mappings) {
		if (mapping_of(link)->address == address) {
			release(space, mapping_of(link));
			return;
		}
	}
}

bool space_read(const struct space *space, uint64_t address, void *to, size_t size)
{
	uint8_t *bytes = to;

	if (space->root == 0 || address >= USER_END || size > USER_END - address)
		return false;
	while (size > 0) {
		uint64_t entry = tables_find(space->ram, space->root, address);
		size_t part = RAM_PAGE - address % RAM_PAGE;

		if ((entry & (PAGE_PRESENT | PAGE_USER)) != (PAGE_PRESENT | PAGE_USER) || entry & PAGE_UNCACHED)
			return false;
		if (part > size)
			part = size;
		memcpy(bytes, (uint8_t *)ram_view(space->ram, entry & PAGE_ADDRESS) + address % RAM_PAGE,
		       part);
		bytes += part;
		address += part;
		size -= part;
	}
	return true;
}
