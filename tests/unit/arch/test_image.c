/* ELF files: a sound one, and each lie in one. */
#include "tests/unit/unit.h"

#include <elf.h>
#include <string.h>

#include "arch/x86_64/process/image.h"
#include "arch/x86_64/user_layout.h"

#define TEXT 0x400000ull
#define DATA 0x402000ull

static struct {
	Elf64_Ehdr header;
	Elf64_Phdr segments[2];
	uint8_t text[64], data[32];
} file;

static struct image image;

static void make(void)
{
	memset(&file, 0, sizeof(file));
	memcpy(file.header.e_ident, ELFMAG, SELFMAG);
	file.header.e_ident[EI_CLASS] = ELFCLASS64;
	file.header.e_ident[EI_DATA] = ELFDATA2LSB;
	file.header.e_ident[EI_VERSION] = EV_CURRENT;
	file.header.e_type = ET_EXEC;
	file.header.e_machine = EM_X86_64;
	file.header.e_entry = TEXT + 8;
	file.header.e_phoff = offsetof(__typeof__(file), segments);
	file.header.e_phentsize = sizeof(Elf64_Phdr);
	file.header.e_phnum = 2;
	file.segments[0] = (Elf64_Phdr){.p_type = PT_LOAD,
	                                .p_flags = PF_R | PF_X,
	                                .p_offset = offsetof(__typeof__(file), text),
	                                .p_vaddr = TEXT,
	                                .p_filesz = sizeof(file.text),
	                                .p_memsz = sizeof(file.text)};
	file.segments[1] = (Elf64_Phdr){.p_type = PT_LOAD,
	                                .p_flags = PF_R | PF_W,
	                                .p_offset = offsetof(__typeof__(file), data),
	                                .p_vaddr = DATA,
	                                .p_filesz = sizeof(file.data),
	                                .p_memsz = 0x5000};
}

static const char *read(void)
{
	return image_read(&image, (const uint8_t *)&file, sizeof(file));
}

START_TEST(sound)
{
	make();
	ck_assert_ptr_null(read());
	ck_assert_uint_eq(image.entry, TEXT + 8);
	ck_assert_uint_eq(image.count, 2);
	ck_assert_uint_eq(image.segments[0].access, RIGHT_READ | RIGHT_EXECUTE);
	ck_assert_uint_eq(image.segments[1].access, RIGHT_READ | RIGHT_WRITE);
	ck_assert_uint_eq(image.segments[1].address, DATA);
	ck_assert_uint_eq(image.segments[1].size, 0x5000);
	ck_assert_ptr_eq(image.segments[1].data, file.data);
	ck_assert_uint_eq(image.segments[1].data_size, 32);
	/* Empty ones are none. */
	file.segments[1].p_memsz = file.segments[1].p_filesz = 0;
	ck_assert_ptr_null(read());
	ck_assert_uint_eq(image.count, 1);
}
END_TEST

/* Makes a sound file, tells one lie, and looks whether it was seen. */
#define LIE(lie, wanted)                         \
	do {                                     \
		make();                          \
		lie;                             \
		ck_assert_ptr_nonnull(read());   \
		ck_assert_str_eq(read(), wanted); \
	} while (0)

START_TEST(lies_of_the_header)
{
	LIE(file.header.e_ident[0] = 0, "it is no 64-bit ELF file");
	LIE(file.header.e_ident[EI_CLASS] = ELFCLASS32, "it is no 64-bit ELF file");
	LIE(file.header.e_type = ET_DYN, "it is no executable for x86-64 with fixed addresses");
	LIE(file.header.e_machine = EM_386, "it is no executable for x86-64 with fixed addresses");
	LIE(file.header.e_phentsize = 55, "its program headers are of another kind");
	LIE(file.header.e_phnum = 0xffff, "its program headers are of another kind");
	LIE(file.header.e_phoff = UINT64_MAX, "it is cut off");
	LIE(file.header.e_phoff = sizeof(file) - 8, "it is cut off");
	LIE(file.header.e_phnum = 0, "its entry point is in no executable segment");
	LIE(file.header.e_entry = TEXT + 64, "its entry point is in no executable segment");
	LIE(file.header.e_entry = DATA, "its entry point is in no executable segment");
	LIE(file.header.e_entry = 0xffff800000000000ull, "its entry point is in no executable segment");
}
END_TEST

START_TEST(lies_of_segments)
{
	LIE(file.segments[1].p_filesz = 0x5001, "a segment is cut off");
	LIE(file.segments[0].p_offset = UINT64_MAX - 8, "a segment is cut off");
	LIE(file.segments[0].p_offset = sizeof(file) - 63, "a segment is cut off");
	LIE(file.segments[0].p_vaddr = 0, "a segment lies outside of where images may");
	LIE(file.segments[0].p_vaddr = USER_KERNEL_BUFFER, "a segment lies outside of where images may");
	LIE(file.segments[1].p_vaddr = 0xffffffff80100000ull, "a segment lies outside of where images may");
	LIE(file.segments[1].p_memsz = UINT64_MAX, "a segment lies outside of where images may");
	LIE(file.segments[1].p_memsz = USER_IMAGE_END - DATA + 1, "a segment lies outside of where images may");
	LIE(file.segments[1].p_vaddr = TEXT, "its segments share pages");
	LIE(file.segments[1].p_vaddr = TEXT + 64, "its segments share pages");
	LIE(file.segments[0].p_memsz = 0x2001, "its segments share pages");
	LIE(file.segments[1].p_flags = PF_R | PF_W | PF_X, "a segment is writable and executable");
	LIE(file.segments[1].p_type = PT_INTERP, "it is linked dynamically, or has thread-local storage");
	LIE(file.segments[1].p_type = PT_DYNAMIC, "it is linked dynamically, or has thread-local storage");
	LIE(file.segments[1].p_type = PT_TLS, "it is linked dynamically, or has thread-local storage");
}
END_TEST

START_TEST(cut_off_anywhere)
{
	make();
	for (size_t size = 0; size < sizeof(file) - 1; size++) {
		uint8_t *copy = malloc(size > 0 ? size : 1);

		memcpy(copy, &file, size);
		if (size < offsetof(__typeof__(file), data) + sizeof(file.data))
			ck_assert_ptr_nonnull(image_read(&image, copy, size));
		free(copy);
	}
}
END_TEST

START_TEST(damaged_bytes)
{
	unsigned seed = 1;

	for (int turn = 0; turn < 100000; turn++) {
		make();
		for (int byte = 0; byte < 3; byte++) {
			seed = seed * 1103515245u + 12345u;
			((uint8_t *)&file)[(seed >> 16) % sizeof(file)] = (uint8_t)(seed >> 8);
		}
		if (read() != NULL)
			continue;
		for (unsigned i = 0; i < image.count; i++) {
			const struct image_segment *segment = &image.segments[i];

			ck_assert_uint_ge(segment->address, USER_IMAGE_START);
			ck_assert_uint_le(segment->size, USER_IMAGE_END - segment->address);
			ck_assert_uint_le(segment->data_size, segment->size);
			ck_assert_uint_le((uintptr_t)segment->data + segment->data_size,
			                  (uintptr_t)(&file + 1));
		}
	}
}
END_TEST

UNIT_RUN("image", sound, lies_of_the_header, lies_of_segments, cut_off_anywhere, damaged_bytes)
