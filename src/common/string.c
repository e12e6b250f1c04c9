/* Text without a C library (drydock/string.h). */
#include <drydock/string.h>

size_t string_length(const char *text)
{
	return string_length_within(text, SIZE_MAX);
}

size_t string_length_within(const char *text, size_t limit)
{
	size_t length = 0;

	while (length < limit && text[length] != '\0')
		length++;
	return length;
}

bool string_equal(const char *left, const char *right)
{
	while (*left != '\0' && *left == *right) {
		left++;
		right++;
	}
	return *left == *right;
}

void string_copy(char *to, size_t size, const char *from, size_t length)
{
	if (size == 0)
		return;
	if (length > size - 1)
		length = size - 1;
	memcpy(to, from, length);
	to[length] = '\0';
}

/* Value of a digit in `base`, or -1. */
static int digit_value(char character, unsigned base)
{
	int value = -1;

	if (character >= '0' && character <= '9')
		value = character - '0';
	else if (character >= 'a' && character <= 'f')
		value = character - 'a' + 10;
	else if (character >= 'A' && character <= 'F')
		value = character - 'A' + 10;
	return value < (int)base ? value : -1;
}

static unsigned suffix_shift(char character)
{
	switch (character) {
	case 'K': case 'k': return 10;
	case 'M': case 'm': return 20;
	case 'G': case 'g': return 30;
	default: return 0;
	}
}

bool string_to_number(const char *text, uint64_t *number)
{
	unsigned base = 10, shift;
	uint64_t value = 0;
	bool any = false;

	if (text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	for (int digit; (digit = digit_value(*text, base)) >= 0; text++, any = true) {
		if (__builtin_mul_overflow(value, (uint64_t)base, &value) ||
		    __builtin_add_overflow(value, (uint64_t)digit, &value))
			return false;
	}
	shift = suffix_shift(*text);
	if (shift != 0)
		text++;
	if (!any || *text != '\0' || (shift != 0 && value >> (64 - shift) != 0))
		return false;
	*number = value << shift;
	return true;
}

static bool is_separator(char character)
{
	return character == ' ' || character == ',' || character == '\t';
}

bool string_option(const char *options, const char *key, char *value, size_t size)
{
	size_t key_length = string_length(key);

	while (*options != '\0') {
		const char *start = options;
		size_t length;

		while (*options != '\0' && !is_separator(*options))
			options++;
		length = (size_t)(options - start);
		if (length > key_length && start[key_length] == '=' && memcmp(start, key, key_length) == 0) {
			string_copy(value, size, start + key_length + 1, length - key_length - 1);
			return true;
		}
		while (is_separator(*options))
			options++;
	}
	return false;
}
