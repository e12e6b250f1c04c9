/* Reading what loaders say (boot/information.h). */
#include "arch/x86_64/boot/information.h"

#include <drydock/string.h>

#include "arch/x86_64/layout.h"

#define LOWEST 0x100000ull /* below lie the firmware's things, and page 0 */

/* ---- PVH ------------------------------------------------------------------ */

#define PVH_MAGIC      0x336ec578u
#define PVH_MEMORY_MAP 1u /* the version that brought it */
#define PVH_RAM        1u

struct pvh_start_info {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, command_line, rsdp;
	uint64_t memory_map; /* since version 1 */
	uint32_t memory_map_count, reserved;
};

struct pvh_module {
	uint64_t address, size, command_line, reserved;
};

struct pvh_memory {
	uint64_t address, size;
	uint32_t type, reserved;
};

/* ---- Multiboot2 ------------------------------------------------------------ */

#define MULTIBOOT2_END    0u
#define MULTIBOOT2_MODULE 3u
#define MULTIBOOT2_MEMORY 6u
#define MULTIBOOT2_RAM    1u

struct multiboot2_tag {
	uint32_t type, size;
};

struct multiboot2_module {
	struct multiboot2_tag tag;
	uint32_t start, end;
};

struct multiboot2_memory_map {
	struct multiboot2_tag tag;
	uint32_t entry_size, entry_version;
};

struct multiboot2_memory {
	uint64_t address, size;
	uint32_t type, reserved;
};

/* ---------------------------------------------------------------------------- */

/* Makes room at `at` in the list. */
static void insert(struct boot_information *information, unsigned at, uint64_t start, uint64_t end)
{
	for (unsigned i = information->range_count; i > at; i--)
		information->ranges[i] = information->ranges[i - 1];
	information->ranges[at] = (struct boot_range){start, end};
	information->range_count++;
}

void boot_add_memory(struct boot_information *information, uint64_t start, uint64_t size)
{
	uint64_t end = start + size;
	unsigned at = 0;

	if (end < start || end > DIRECT_SIZE)
		end = DIRECT_SIZE;
	if (start < LOWEST)
		start = LOWEST;
	start = (start + SMALL_PAGE - 1) & ~(uint64_t)(SMALL_PAGE - 1);
	end &= ~(uint64_t)(SMALL_PAGE - 1);
	while (at < information->range_count && information->ranges[at].end <= start)
		at++;
	/* What was said before stands: of an overlap only the part before counts. */
	if (at < information->range_count && information->ranges[at].start < end)
		end = information->ranges[at].start;
	if (start < end && information->range_count < BOOT_RANGES)
		insert(information, at, start, end);
}

const char *boot_read_pvh(struct boot_information *information, const uint8_t *memory, uint64_t address)
{
	struct pvh_start_info start;
	struct pvh_module module;

	memset(information, 0, sizeof(*information));
	memcpy(&start, memory + address, sizeof(start));
	if (start.magic != PVH_MAGIC)
		return "the loader's PVH structure has the wrong magic";
	if (start.version < PVH_MEMORY_MAP)
		return "the loader's PVH structure has no memory map";
	for (uint32_t i = 0; i < start.memory_map_count; i++) {
		struct pvh_memory entry;

		memcpy(&entry, memory + start.memory_map + i * sizeof(entry), sizeof(entry));
		if (entry.type == PVH_RAM)
			boot_add_memory(information, entry.address, entry.size);
	}
	if (start.module_count > 0) {
		memcpy(&module, memory + start.modules, sizeof(module));
		information->archive = module.address;
		information->archive_size = module.size;
	}
	return NULL;
}

static void multiboot2_memory_map(struct boot_information *information, const uint8_t *tag, uint32_t size)
{
	struct multiboot2_memory_map map;
	uint64_t at = sizeof(map);

	memcpy(&map, tag, sizeof(map));
	while (map.entry_size >= sizeof(struct multiboot2_memory) && at + map.entry_size <= size) {
		struct multiboot2_memory entry;

		memcpy(&entry, tag + at, sizeof(entry));
		if (entry.type == MULTIBOOT2_RAM)
			boot_add_memory(information, entry.address, entry.size);
		at += map.entry_size;
	}
}

const char *boot_read_multiboot2(struct boot_information *information, const uint8_t *memory, uint64_t address)
{
	uint64_t at = 8; /* the size of it all, and a reserved word */
	uint32_t total;

	memset(information, 0, sizeof(*information));
	memcpy(&total, memory + address, sizeof(total));
	for (;;) {
		const uint8_t *here = memory + address + at;
		struct multiboot2_tag tag;

		if (at + sizeof(tag) > total)
			return "the loader's Multiboot2 tags have no end";
		memcpy(&tag, here, sizeof(tag));
		if (tag.size < sizeof(tag) || tag.size > total - at)
			return "a Multiboot2 tag of the loader's is longer than all of them";
		if (tag.type == MULTIBOOT2_END)
			return NULL;
		if (tag.type == MULTIBOOT2_MEMORY && tag.size >= sizeof(struct multiboot2_memory_map))
			multiboot2_memory_map(information, here, tag.size);
		if (tag.type == MULTIBOOT2_MODULE && tag.size >= sizeof(struct multiboot2_module) &&
		    information->archive_size == 0) {
			struct multiboot2_module module;

			memcpy(&module, here, sizeof(module));
			information->archive = module.start;
			information->archive_size = module.end > module.start ? module.end - module.start : 0;
		}
		at += (tag.size + 7) & ~7ull;
	}
}
