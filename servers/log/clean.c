/* Clean text; UTF-8 as RFC 3629, section 4, has it. */
#include "clean.h"

#include <drydock/string.h>

static uint8_t byte_at(const char *text, uint32_t length, uint32_t at)
{
	return at < length ? (uint8_t)text[at] : 0;
}

static bool continues(uint8_t byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Bytes of the character that `text` begins with if it may be shown, or 0. */
static uint32_t character_length(const char *text, uint32_t length)
{
	uint8_t first = byte_at(text, length, 0), second = byte_at(text, length, 1);
	uint8_t lowest = 0x80, highest = 0xbf;
	uint32_t size;

	if (first < 0x80)
		return first >= 0x20 && first != 0x7f;
	if (first >= 0xc2 && first <= 0xdf)
		size = 2;
	else if (first >= 0xe0 && first <= 0xef)
		size = 3;
	else if (first >= 0xf0 && first <= 0xf4)
		size = 4;
	else
		return 0;
	if (first == 0xc2 || first == 0xe0)
		lowest = 0xa0; /* no control characters; nothing that fits two bytes */
	else if (first == 0xf0)
		lowest = 0x90;
	else if (first == 0xed)
		highest = 0x9f; /* no surrogates */
	else if (first == 0xf4)
		highest = 0x8f; /* nothing above U+10FFFF */
	if (second < lowest || second > highest)
		return 0;
	for (uint32_t at = 2; at < size; at++) {
		if (!continues(byte_at(text, length, at)))
			return 0;
	}
	return size;
}

void clean_copy(char *to, const char *from, uint32_t length)
{
	uint32_t at = 0;

	while (at < length) {
		uint32_t size = character_length(from + at, length - at);

		if (size > 0) {
			memcpy(to + at, from + at, size);
			at += size;
		} else {
			to[at] = from[at] >= '\t' && from[at] <= '\r' ? ' ' : '?';
			at++;
		}
	}
}
