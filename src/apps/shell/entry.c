/* See entry.h. */
#include "entry.h"

#include <drydock/posix.h>
#include <drydock/string.h>

#include "text.h"

static size_t padded(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

size_t directory_entry_take(const uint8_t *bytes, size_t length, struct vfs_entry *entry, const char **name)
{
	if (length < sizeof(*entry))
		return 0;
	memcpy(entry, bytes, sizeof(*entry));
	*name = (const char *)bytes + sizeof(*entry);
	if (entry->name_length == 0 || entry->name_length > POSIX_NAME_MAX ||
	    entry->name_length > length - sizeof(*entry))
		return 0;
	for (uint32_t index = 0; index < entry->name_length; index++)
		if ((*name)[index] == 0 || (*name)[index] == '/')
			return 0;
	return padded(sizeof(*entry) + entry->name_length);
}

size_t log_entry_take(const uint8_t *bytes, size_t length, struct log_line *line)
{
	struct log_entry *header = &line->header;
	size_t text_length;

	if (length < sizeof(*header))
		return 0;
	memcpy(header, bytes, sizeof(*header));
	if (header->length > length - sizeof(*header) || header->source_length > header->length)
		return 0;
	text_length = header->length - header->source_length;
	if (header->source_length >= sizeof(line->source) || text_length >= sizeof(line->text))
		return 0;
	bytes += sizeof(*header);
	memcpy(line->source, bytes, header->source_length);
	line->source[header->source_length] = 0;
	memcpy(line->text, bytes + header->source_length, text_length);
	line->text[text_length] = 0;
	text_harmless(line->source, header->source_length, false);
	text_harmless(line->text, text_length, false);
	return padded(sizeof(*header) + header->length);
}
