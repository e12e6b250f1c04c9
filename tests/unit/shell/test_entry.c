/* src/apps/shell/entry.h: lines of the log. */
#include "../unit.h"

#include <string.h>

#include "apps/shell/entry.h"

static size_t put_line(uint8_t *bytes, uint32_t length, uint32_t source_length, const char *both)
{
	const struct log_entry entry = {.sequence = 7, .level = 3, .length = length, .source_length = source_length};

	memcpy(bytes, &entry, sizeof(entry));
	memcpy(bytes + sizeof(entry), both, strlen(both));
	return sizeof(entry) + strlen(both);
}

START_TEST(takes_a_line)
{
	struct log_line line;
	uint8_t bytes[1024] = {0};
	size_t length = put_line(bytes, 11, 3, "vfshi \033[m");

	ck_assert_uint_eq(log_entry_take(bytes, length + 2, &line), (sizeof(struct log_entry) + 11 + 7) & ~7u);
	ck_assert_str_eq(line.source, "vfs");
	ck_assert_mem_eq(line.text, "hi ?[m", 6);
	ck_assert_uint_eq(line.header.sequence, 7);
}
END_TEST

START_TEST(refuses_lines_that_are_none)
{
	static const char letters[600] = {[0 ... 598] = 'x'};
	struct log_line line;
	uint8_t bytes[1024] = {0};
	size_t length = put_line(bytes, 5, 3, "vfshi");

	ck_assert_uint_eq(log_entry_take(bytes, sizeof(struct log_entry) - 1, &line), 0);
	ck_assert_uint_eq(log_entry_take(bytes, length - 1, &line), 0);
	put_line(bytes, UINT32_MAX, 3, "vfshi");
	ck_assert_uint_eq(log_entry_take(bytes, sizeof(bytes), &line), 0);
	put_line(bytes, 5, 6, "vfshi"); /* a source longer than all */
	ck_assert_uint_eq(log_entry_take(bytes, sizeof(bytes), &line), 0);
	put_line(bytes, 32, 32, letters); /* a source that does not fit */
	ck_assert_uint_eq(log_entry_take(bytes, sizeof(bytes), &line), 0);
	put_line(bytes, 3 + 513, 3, letters); /* a text that does not */
	ck_assert_uint_eq(log_entry_take(bytes, sizeof(bytes), &line), 0);
	put_line(bytes, 31 + 512, 31, letters);
	ck_assert_uint_ne(log_entry_take(bytes, sizeof(bytes), &line), 0);
	ck_assert_uint_eq(strlen(line.text), 512);
}
END_TEST

UNIT_RUN("entry", takes_a_line, refuses_lines_that_are_none)
