/* See character.h. */
#include "character.h"

#include <drydock/string.h>

size_t character_expected(uint8_t first)
{
	if (first < 0x80)
		return 1;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t character_length(const char *text, size_t length)
{
	const uint8_t *bytes = (const uint8_t *)text;
	uint8_t low = 0x80, high = 0xbf;
	size_t need;

	if (length == 0)
		return 0;
	need = character_expected(bytes[0]);
	if (need <= 1 || length < need)
		return need == 1 ? 1 : 0;
	if (bytes[0] == 0xe0)
		low = 0xa0; /* overlong */
	else if (bytes[0] == 0xed)
		high = 0x9f; /* surrogates */
	else if (bytes[0] == 0xf0)
		low = 0x90; /* overlong */
	else if (bytes[0] == 0xf4)
		high = 0x8f; /* beyond U+10FFFF */
	if (bytes[1] < low || bytes[1] > high)
		return 0;
	for (size_t index = 2; index < need; index++)
		if (bytes[index] < 0x80 || bytes[index] > 0xbf)
			return 0;
	return need;
}

uint32_t character_decode(const char *text, size_t length)
{
	/* What the first byte holds beside its marker. */
	static const uint8_t masks[CHARACTER_SIZE + 1] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	uint32_t code = (uint8_t)text[0] & masks[length];

	for (size_t index = 1; index < length; index++)
		code = code << 6 | ((uint8_t)text[index] & 0x3f);
	return code;
}

struct span {
	uint32_t first, last;
	unsigned int columns;
};

/*
 * The blocks that do not take one column: combining marks and format
 * characters, and what Unicode's East Asian Width (UAX #11) calls wide. Whole
 * blocks: a name in a rare script may be off by a column.
 */
static const struct span spans[] = {
	{0x0000, 0x001f, 0},   {0x007f, 0x009f, 0},   {0x0300, 0x036f, 0},   {0x0483, 0x0489, 0},
	{0x0591, 0x05bd, 0},   {0x0610, 0x061a, 0},   {0x064b, 0x065f, 0},   {0x1100, 0x115f, 2},
	{0x1ab0, 0x1aff, 0},   {0x1dc0, 0x1dff, 0},   {0x200b, 0x200f, 0},   {0x202a, 0x202e, 0},
	{0x2060, 0x2064, 0},   {0x20d0, 0x20ff, 0},   {0x2e80, 0x303e, 2},   {0x3041, 0xa4cf, 2},
	{0xa960, 0xa97f, 2},   {0xac00, 0xd7a3, 2},   {0xf900, 0xfaff, 2},   {0xfe00, 0xfe0f, 0},
	{0xfe20, 0xfe2f, 0},   {0xfe30, 0xfe6f, 2},   {0xfeff, 0xfeff, 0},   {0xff00, 0xff60, 2},
	{0xffe0, 0xffe6, 2},   {0x1f300, 0x1f64f, 2}, {0x1f680, 0x1f6ff, 2}, {0x1f900, 0x1f9ff, 2},
	{0x20000, 0x3fffd, 2},
};

unsigned int character_columns(const char *text, size_t length)
{
	uint32_t code = character_decode(text, length);

	for (size_t index = 0; index < sizeof(spans) / sizeof(spans[0]) && spans[index].first <= code;
	     index++)
		if (code <= spans[index].last)
			return spans[index].columns;
	return 1;
}

size_t character_columns_all(const char *text, size_t length)
{
	size_t columns = 0;

	while (length > 0) {
		size_t size = character_length(text, length);

		columns += size ? character_columns(text, size) : 1;
		size = size ? size : 1;
		text += size;
		length -= size;
	}
	return columns;
}
