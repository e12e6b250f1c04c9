/* See entry.h. */
#include "entry.h"

#include <drydock/string.h>

#include "text.h"

static size_t padded(size_t length)
{
	return (length + 7) & ~(size_t)7;
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
