/* Reading ELF files (process/image.h). */
#include "arch/x86_64/process/image.h"

#include <stdbool.h>

#include <drydock/string.h>

#include "arch/x86_64/layout.h"
#include "arch/x86_64/user_layout.h"

/* System V ABI, "ELF Header" and "Program Header"; psABI 4.1. */
#define IDENT_64_LSB       "\177ELF\2\1\1"
#define IDENT_SIZE         7u
#define TYPE_EXECUTABLE    2u
#define MACHINE_X86_64     62u
#define SEGMENT_LOAD       1u
#define SEGMENT_DYNAMIC    2u
#define SEGMENT_INTERPRETER 3u
#define SEGMENT_TLS        7u
#define FLAG_EXECUTE       1u
#define FLAG_WRITE         2u
#define FLAG_READ          4u
#define HEADERS_MAXIMUM    32u

struct elf_header {
	uint8_t ident[16];
	uint16_t type, machine;
	uint32_t version;
	uint64_t entry, program_headers, section_headers;
	uint32_t flags;
	uint16_t size, program_header_size, program_header_count;
	uint16_t section_header_size, section_header_count, section_names;
};

struct elf_program_header {
	uint32_t type, flags;
	uint64_t offset, address, physical, file_size, memory_size, alignment;
};

static const char *read_header(const uint8_t *file, size_t size, struct elf_header *header)
{
	uint64_t table;

	if (size < sizeof(*header))
		return "it is cut off";
	memcpy(header, file, sizeof(*header));
	if (memcmp(header->ident, IDENT_64_LSB, IDENT_SIZE) != 0)
		return "it is no 64-bit ELF file";
	if (header->type != TYPE_EXECUTABLE || header->machine != MACHINE_X86_64)
		return "it is no executable for x86-64 with fixed addresses";
	if (header->program_header_size != sizeof(struct elf_program_header) ||
	    header->program_header_count > HEADERS_MAXIMUM)
		return "its program headers are of another kind";
	table = header->program_header_count * sizeof(struct elf_program_header);
	if (header->program_headers > size || size - header->program_headers < table)
		return "it is cut off";
	return NULL;
}

static rights_t access_of(uint32_t flags)
{
	return (flags & FLAG_READ ? RIGHT_READ : 0) | (flags & FLAG_WRITE ? RIGHT_WRITE : 0) |
	       (flags & FLAG_EXECUTE ? RIGHT_EXECUTE : 0);
}

static uint64_t page_of(uint64_t address)
{
	return address / SMALL_PAGE;
}

/* Adds a segment to load. */
static const char *add(struct image *image, const struct elf_program_header *header, const uint8_t *file,
                       size_t size)
{
	const struct image_segment *last = image->count > 0 ? &image->segments[image->count - 1] : NULL;

	if (header->memory_size == 0)
		return NULL;
	if (image->count == IMAGE_SEGMENTS)
		return "it has too many segments";
	if (header->file_size > header->memory_size || header->offset > size ||
	    size - header->offset < header->file_size)
		return "a segment is cut off";
	if (header->address < USER_IMAGE_START || header->address >= USER_IMAGE_END ||
	    header->memory_size > USER_IMAGE_END - header->address)
		return "a segment lies outside of where images may";
	if (last != NULL && page_of(header->address) <= page_of(last->address + last->size - 1))
		return "its segments share pages";
	if ((header->flags & FLAG_WRITE) && (header->flags & FLAG_EXECUTE))
		return "a segment is writable and executable";
	image->segments[image->count++] = (struct image_segment){
		.address = header->address,
		.size = header->memory_size,
		.data = file + header->offset,
		.data_size = header->file_size,
		.access = access_of(header->flags),
	};
	return NULL;
}

static bool entry_valid(const struct image *image)
{
	for (unsigned i = 0; i < image->count; i++) {
		const struct image_segment *segment = &image->segments[i];

		if ((segment->access & RIGHT_EXECUTE) && image->entry >= segment->address &&
		    image->entry - segment->address < segment->size)
			return true;
	}
	return false;
}

const char *image_read(struct image *image, const uint8_t *file, size_t size)
{
	struct elf_header header;
	const char *wrong = read_header(file, size, &header);

	memset(image, 0, sizeof(*image));
	for (unsigned i = 0; wrong == NULL && i < header.program_header_count; i++) {
		struct elf_program_header program;

		memcpy(&program, file + header.program_headers + i * sizeof(program), sizeof(program));
		if (program.type == SEGMENT_LOAD)
			wrong = add(image, &program, file, size);
		else if (program.type == SEGMENT_DYNAMIC || program.type == SEGMENT_INTERPRETER ||
		         program.type == SEGMENT_TLS)
			wrong = "it is linked dynamically, or has thread-local storage";
	}
	if (wrong != NULL)
		return wrong;
	image->entry = header.entry;
	return entry_valid(image) ? NULL : "its entry point is in no executable segment";
}
