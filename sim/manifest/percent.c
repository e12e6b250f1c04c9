/*
 * Options that are a part of a service's memory: `size=N%`, as tmpfs(5) has it. The
 * service knows its options and not its quota, so that it is told bytes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim/manifest/reader.h"

/* N of the word `size=N%`; false: it is something else. */
static bool percent_of(const char *word, size_t length, unsigned long *percent)
{
	static const char key[] = "size=";
	const size_t key_length = sizeof(key) - 1;
	char *end;

	if (length < key_length + 2 || memcmp(word, key, key_length) != 0 || word[length - 1] != '%' ||
	    word[key_length] < '0' || word[key_length] > '9')
		return false;
	*percent = strtoul(word + key_length, &end, 10);
	return end == word + length - 1;
}

/* Writes one word, as it is or in bytes; false where it has no room. */
static bool put_word(char *to, size_t size, size_t *used, const char *word, size_t length, uint64_t memory)
{
	unsigned long percent;
	int more = percent_of(word, length, &percent)
	                   ? snprintf(to + *used, size - *used, "size=%llu",
	                              (unsigned long long)(memory * percent / 100))
	                   : snprintf(to + *used, size - *used, "%.*s", (int)length, word);

	*used += (size_t)more;
	return *used < size;
}

const char *percent_expand(struct manifest_service *service)
{
	char expanded[SPAWN_OPTIONS_SIZE];
	const char *at = service->options;
	unsigned long percent;
	size_t used = 0;

	while (*at != '\0') {
		size_t length = strcspn(at, " ,");

		if (percent_of(at, length, &percent) && (percent == 0 || percent > 100))
			return "size is from 1% to 100% of the service's memory";
		if (!put_word(expanded, sizeof(expanded), &used, at, length, service->quota.memory) ||
		    (at[length] != '\0' && !put_word(expanded, sizeof(expanded), &used, at + length, 1, 0)))
			return "options are too long with size in bytes";
		at += length + (at[length] != '\0');
	}
	expanded[used] = '\0';
	memcpy(service->options, expanded, used + 1);
	return NULL;
}
