/* Formatting text (drydock/format.h). */
#include <drydock/format.h>

#include <stdbool.h>
#include <stdint.h>

#include <drydock/string.h>

struct output {
	char *buffer;
	size_t size;
	size_t length; /* of the whole text, whether it fits or not */
};

struct directive {
	bool left, zero;
	size_t width;
	size_t precision; /* SIZE_MAX: none */
	unsigned longs;   /* 0 int, 1 or 2: 64 bits */
};

static void put(struct output *output, char character)
{
	if (output->length + 1 < output->size)
		output->buffer[output->length] = character;
	output->length++;
}

/* `length` bytes of `text` after `sign`, filled up to the width. */
static void put_padded(struct output *output, const struct directive *directive, const char *sign,
                       const char *text, size_t length)
{
	size_t sign_length = string_length(sign);
	size_t used = sign_length + length;
	size_t fill = directive->width > used ? directive->width - used : 0;
	bool zero = directive->zero && !directive->left;

	for (size_t i = 0; !directive->left && !zero && i < fill; i++)
		put(output, ' ');
	for (size_t i = 0; i < sign_length; i++)
		put(output, sign[i]);
	for (size_t i = 0; zero && i < fill; i++)
		put(output, '0');
	for (size_t i = 0; i < length; i++)
		put(output, text[i]);
	for (size_t i = 0; directive->left && i < fill; i++)
		put(output, ' ');
}

static void put_number(struct output *output, const struct directive *directive, const char *sign,
                       uint64_t number, unsigned base)
{
	char digits[20];
	size_t start = sizeof(digits);

	do {
		digits[--start] = "0123456789abcdef"[number % base];
		number /= base;
	} while (number != 0);
	put_padded(output, directive, sign, digits + start, sizeof(digits) - start);
}

static const char *parse_precision(const char *format, struct directive *directive, va_list *arguments)
{
	int precision;

	if (*format == '*') {
		precision = va_arg(*arguments, int);
		directive->precision = precision < 0 ? SIZE_MAX : (size_t)precision;
		return format + 1;
	}
	directive->precision = 0;
	for (; *format >= '0' && *format <= '9'; format++)
		directive->precision = directive->precision * 10 + (size_t)(*format - '0');
	return format;
}

static const char *parse_directive(const char *format, struct directive *directive, va_list *arguments)
{
	*directive = (struct directive){.precision = SIZE_MAX};
	for (;; format++) {
		if (*format == '-')
			directive->left = true;
		else if (*format == '0')
			directive->zero = true;
		else
			break;
	}
	for (; *format >= '0' && *format <= '9'; format++)
		directive->width = directive->width * 10 + (size_t)(*format - '0');
	if (format[0] == '.')
		format = parse_precision(format + 1, directive, arguments);
	for (; *format == 'l' || *format == 'z'; format++)
		directive->longs++;
	return format;
}

static void put_signed(struct output *output, const struct directive *directive, va_list *arguments)
{
	int64_t value = directive->longs ? va_arg(*arguments, long) : va_arg(*arguments, int);
	uint64_t magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;

	put_number(output, directive, value < 0 ? "-" : "", magnitude, 10);
}

static uint64_t unsigned_argument(const struct directive *directive, va_list *arguments)
{
	return directive->longs ? va_arg(*arguments, unsigned long) : va_arg(*arguments, unsigned);
}

/* One directive, of which `format` is the last character; false where it is none of ours. */
static bool put_directive(struct output *output, char conversion, const struct directive *directive,
                          va_list *arguments)
{
	char character;
	const char *text;

	switch (conversion) {
	case '%':
		put(output, '%');
		return true;
	case 'c':
		character = (char)va_arg(*arguments, int);
		put_padded(output, directive, "", &character, 1);
		return true;
	case 's':
		text = va_arg(*arguments, const char *);
		text = text ? text : "(null)";
		put_padded(output, directive, "", text, string_length_within(text, directive->precision));
		return true;
	case 'd':
	case 'i':
		put_signed(output, directive, arguments);
		return true;
	case 'u':
		put_number(output, directive, "", unsigned_argument(directive, arguments), 10);
		return true;
	case 'x':
		put_number(output, directive, "", unsigned_argument(directive, arguments), 16);
		return true;
	case 'p':
		put_number(output, directive, "0x", (uintptr_t)va_arg(*arguments, void *), 16);
		return true;
	default:
		return false;
	}
}

size_t format_text(char *buffer, size_t size, const char *format, va_list arguments)
{
	struct output output = {.buffer = buffer, .size = size};
	va_list copy;

	va_copy(copy, arguments);
	while (*format != '\0') {
		const char *start = format;
		struct directive directive;

		if (*format != '%') {
			put(&output, *format++);
			continue;
		}
		format = parse_directive(format + 1, &directive, &copy);
		if (*format != '\0' && put_directive(&output, *format, &directive, &copy)) {
			format++;
			continue;
		}
		while (start < format)
			put(&output, *start++);
	}
	va_end(copy);
	if (size > 0)
		buffer[output.length < size ? output.length : size - 1] = '\0';
	return output.length;
}

size_t format_string(char *buffer, size_t size, const char *format, ...)
{
	va_list arguments;
	size_t length;

	va_start(arguments, format);
	length = format_text(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}
