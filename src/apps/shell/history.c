/* See history.h. */
#include "history.h"

#include <drydock/string.h>

const char *history_line(const struct history *history, uint32_t back)
{
	size_t start = history->used;

	while (back-- > 0) {
		if (start == 0)
			return NULL;
		/* Over its NUL, and back to that of the line before. */
		for (start--; start > 0 && history->text[start - 1] != 0; start--)
			;
	}
	return history->text + start;
}

void history_add(struct history *history, const char *line)
{
	size_t size = string_length(line) + 1, dropped = 0;
	const char *newest = history_line(history, 1);

	if (size == 1 || size > HISTORY_SIZE || (newest && string_equal(newest, line)))
		return;
	while (history->used - dropped + size > HISTORY_SIZE)
		dropped += string_length(history->text + dropped) + 1;
	history->used -= dropped;
	memmove(history->text, history->text + dropped, history->used);
	memcpy(history->text + history->used, line, size);
	history->used += size;
}
