/* Reading the boot archive (boot/archive.h), which may be broken anywhere. */
#include "arch/x86_64/boot/archive.h"

#include <drydock/string.h>

#define HEADER_SIZE  110u
#define MAGIC        "070701"
#define MAGIC_SIZE   6u
#define FIELD_SIZE   8u
#define FIELD_LENGTH 6u  /* of the fields after the magic: the file's size */
#define FIELD_NAME   11u /* and its name's, with the NUL */
#define TRAILER      "TRAILER!!!"

struct entry {
	const char *name;
	size_t name_size;
	const uint8_t *data;
	size_t size;
	size_t next; /* offset of the next header */
};

static bool read_field(const uint8_t *header, unsigned field, size_t *value)
{
	const uint8_t *digits = header + MAGIC_SIZE + field * FIELD_SIZE;

	*value = 0;
	for (unsigned i = 0; i < FIELD_SIZE; i++) {
		uint8_t digit = digits[i];

		if (digit >= '0' && digit <= '9')
			digit = (uint8_t)(digit - '0');
		else if ((digit | 0x20) >= 'a' && (digit | 0x20) <= 'f')
			digit = (uint8_t)((digit | 0x20) - 'a' + 10);
		else
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

static size_t align4(size_t offset)
{
	return (offset + 3) & ~(size_t)3;
}

/* Reads the entry at `at`; returns what is wrong with it, or NULL. */
static const char *read_entry(const struct archive *archive, size_t at, struct entry *entry)
{
	const uint8_t *header = archive->data + at;
	size_t start;

	if (at > archive->size || archive->size - at < HEADER_SIZE)
		return "it is cut off";
	if (memcmp(header, MAGIC, MAGIC_SIZE) != 0)
		return "it is no cpio archive of the new ASCII format";
	/* Of 32 bits both, so that no sum below overflows. */
	if (!read_field(header, FIELD_LENGTH, &entry->size) || !read_field(header, FIELD_NAME, &entry->name_size))
		return "a header is damaged";
	start = align4(at + HEADER_SIZE + entry->name_size);
	if (start > archive->size || archive->size - start < entry->size)
		return "it is cut off";
	entry->name = (const char *)header + HEADER_SIZE;
	if (entry->name_size == 0 || entry->name[entry->name_size - 1] != '\0')
		return "a name is damaged";
	entry->data = archive->data + start;
	entry->next = align4(start + entry->size);
	return NULL;
}

const char *archive_open(struct archive *archive, const uint8_t *data, size_t size)
{
	struct entry entry;
	size_t at = 0;

	archive->data = data;
	archive->size = size;
	for (;;) {
		const char *wrong = read_entry(archive, at, &entry);

		if (wrong != NULL)
			return wrong;
		if (string_equal(entry.name, TRAILER))
			return NULL;
		at = entry.next;
	}
}

bool archive_find(const struct archive *archive, const char *name, const uint8_t **data, size_t *size)
{
	struct entry entry;

	for (size_t at = 0; read_entry(archive, at, &entry) == NULL; at = entry.next) {
		if (string_equal(entry.name, TRAILER))
			return false;
		if (!string_equal(entry.name, name))
			continue;
		*data = entry.data;
		*size = entry.size;
		return true;
	}
	return false;
}
