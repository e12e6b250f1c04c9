/* Setting up memory (memory/paging.h). */
#include "arch/x86_64/memory/paging.h"

#include <drydock/string.h>

#include "arch/x86_64/instructions.h"
#include "arch/x86_64/memory/tables.h"
#include "arch/x86_64/panic.h"

#define EARLY_LIMIT  0x100000000ull /* what boot/entry.S has mapped */
#define KERNEL_HALF  256u /* first PML4 entry of the upper half */
#define ENTRIES      512u

extern const char image_start[], image_text_end[], image_rodata_end[], image_end[], stacks_start[],
	machine_check_stack_end[];

struct range {
	uint64_t start, end;
};

/* What of the memory is in use already: the image, the boot archive, the page records. */
enum { TAKEN_IMAGE, TAKEN_ARCHIVE, TAKEN_FRAMES, TAKEN };

static uint64_t image_physical(const char *symbol)
{
	return (uintptr_t)symbol - IMAGE_BASE;
}

static uint64_t page_down(uint64_t address)
{
	return address & ~(uint64_t)(SMALL_PAGE - 1);
}

static uint64_t page_up(uint64_t address)
{
	return page_down(address + SMALL_PAGE - 1);
}

static bool overlap(const struct range *left, const struct range *right)
{
	return left->start < right->end && right->start < left->end;
}

/* Looks in `ram` for `size` bytes, at its beginning or behind what is taken. */
static bool find_room(const struct range *ram, const struct range *taken, uint64_t size, struct range *room)
{
	uint64_t starts[1 + TAKEN_FRAMES] = {ram->start, taken[TAKEN_IMAGE].end, taken[TAKEN_ARCHIVE].end};

	for (unsigned i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		room->start = page_up(starts[i]);
		room->end = room->start + page_up(size);
		if (room->start >= ram->start && room->end <= ram->end && room->end <= EARLY_LIMIT &&
		    !overlap(room, &taken[TAKEN_IMAGE]) && !overlap(room, &taken[TAKEN_ARCHIVE]))
			return true;
	}
	return false;
}

/* Gives [start, end) but for what is taken. */
static void give(struct ram *ram, uint64_t start, uint64_t end, const struct range *taken, unsigned count)
{
	const struct range whole = {start, end};

	if (start >= end)
		return;
	if (count == 0) {
		ram_give(ram, start, end);
		return;
	}
	if (!overlap(&whole, taken)) {
		give(ram, start, end, taken + 1, count - 1);
		return;
	}
	give(ram, start, taken->start, taken + 1, count - 1);
	give(ram, taken->end, end, taken + 1, count - 1);
}

static void set_up_ram(struct ram *ram, const struct boot_information *information)
{
	struct range taken[TAKEN] = {
		[TAKEN_IMAGE] = {image_physical(image_start), image_physical(image_end)},
		[TAKEN_ARCHIVE] = {page_down(information->archive),
	                           page_up(information->archive + information->archive_size)},
	};
	uint64_t highest = 0, size;
	bool found = false;

	for (unsigned i = 0; i < information->range_count; i++) {
		if (information->ranges[i].end > highest)
			highest = information->ranges[i].end;
	}
	size = highest / RAM_PAGE * sizeof(struct frame);
	for (unsigned i = 0; i < information->range_count && !found; i++) {
		const struct range range = {information->ranges[i].start, information->ranges[i].end};

		found = find_room(&range, taken, size, &taken[TAKEN_FRAMES]);
	}
	if (!found)
		stop("there is too little memory to begin with");
	memset(direct_view(taken[TAKEN_FRAMES].start), 0, page_up(size));
	ram_initialize(ram, direct_view(0), direct_view(taken[TAKEN_FRAMES].start),
	               (uint32_t)(highest / RAM_PAGE));
	for (unsigned i = 0; i < information->range_count; i++)
		give(ram, information->ranges[i].start, information->ranges[i].end, taken, TAKEN);
}

static void must(bool done)
{
	if (!done)
		stop("there is too little memory for the kernel's page tables");
}

/* The page beneath each stack, so that what overflows faults. */
static bool is_guard(uint64_t address)
{
	uint64_t start = (uintptr_t)stacks_start;

	return address >= start && address < (uintptr_t)machine_check_stack_end &&
	       (address - start) % (SMALL_PAGE + STACK_SIZE) == 0;
}

/* What may be done with a page of the image, seen where it is linked or in the direct map. */
static uint64_t image_bits(uint64_t address, bool linked)
{
	if (address < (uintptr_t)image_text_end)
		return linked ? 0 : PAGE_NO_EXECUTE;
	if (address < (uintptr_t)image_rodata_end)
		return PAGE_NO_EXECUTE;
	return PAGE_WRITE | PAGE_NO_EXECUTE;
}

static void map_image(struct ram *ram, uint64_t root)
{
	for (uint64_t address = (uintptr_t)image_start; address < (uintptr_t)image_end;
	     address += SMALL_PAGE) {
		if (!is_guard(address))
			must(tables_map(ram, root, address, address - IMAGE_BASE,
			                image_bits(address, true) | PAGE_GLOBAL));
	}
	/* The direct map must not be a way around that: here it has small pages. */
	for (uint64_t physical = 0; physical < IMAGE_LIMIT; physical += SMALL_PAGE) {
		uint64_t address = IMAGE_BASE + physical, bits = PAGE_WRITE | PAGE_NO_EXECUTE;

		if (address >= (uintptr_t)image_start && address < (uintptr_t)image_end)
			bits = image_bits(address, false);
		must(tables_map(ram, root, DIRECT_BASE + physical, physical, bits | PAGE_GLOBAL));
	}
}

static void map_direct(struct ram *ram, uint64_t root, const struct boot_information *information)
{
	uint64_t done = IMAGE_LIMIT;

	/* Ranges come by rising address; two may share a large page. */
	for (unsigned i = 0; i < information->range_count; i++) {
		uint64_t at = information->ranges[i].start & ~(uint64_t)(LARGE_PAGE - 1);

		if (at < done)
			at = done;
		for (; at < information->ranges[i].end; at += LARGE_PAGE)
			must(tables_map_large(ram, root, DIRECT_BASE + at, at,
			                      PAGE_WRITE | PAGE_NO_EXECUTE | PAGE_GLOBAL));
		if (at > done)
			done = at;
	}
	for (uint64_t at = DEVICES_START; at < DEVICES_END; at += LARGE_PAGE)
		must(tables_map_large(ram, root, DIRECT_BASE + at, at,
		                      PAGE_WRITE | PAGE_NO_EXECUTE | PAGE_GLOBAL | PAGE_UNCACHED));
}

uint64_t paging_initialize(struct ram *ram, const struct boot_information *information)
{
	uint64_t root;

	set_up_ram(ram, information);
	root = tables_create(ram);
	must(root != 0);
	map_image(ram, root);
	map_direct(ram, root, information);
	cr3_write(root);
	return root;
}

uint64_t paging_create(struct ram *ram, uint64_t kernel_root)
{
	uint64_t root = tables_create(ram);

	if (root != 0)
		memcpy((uint64_t *)ram_view(ram, root) + KERNEL_HALF,
		       (const uint64_t *)ram_view(ram, kernel_root) + KERNEL_HALF,
		       (ENTRIES - KERNEL_HALF) * sizeof(uint64_t));
	return root;
}
