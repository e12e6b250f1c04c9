/* Taking apart what --disk is given (disk_option.h). */
#include "disk_option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* The last `separator` of the text; NULL: there is none, or nothing before it. */
static char *last(char *text, char separator)
{
	char *at = strrchr(text, separator);

	return at != NULL && at != text ? at : NULL;
}

static bool parse_offset(const char *text, uint64_t *offset)
{
	unsigned long long value;
	unsigned shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 0);
	if (*end == 'K' || *end == 'M' || *end == 'G') {
		shift = *end == 'K' ? 10 : *end == 'M' ? 20 : 30;
		end++;
	}
	if (*end != '\0' || errno != 0 || value > (uint64_t)INT64_MAX >> shift)
		return false;
	*offset = (uint64_t)value << shift;
	return true;
}

/* "p" and a number, of which partition tables have at most a few hundred. */
static bool parse_partition(const char *text, unsigned *partition)
{
	unsigned long value;
	char *end;

	if (text[0] != 'p' || text[1] < '1' || text[1] > '9')
		return false;
	value = strtoul(text + 1, &end, 10);
	if (*end != '\0' || value > 1024)
		return false;
	*partition = (unsigned)value;
	return true;
}

const char *disk_option_parse(char *text, struct disk_option *option)
{
	char *at;

	*option = (struct disk_option){.image = text};
	at = last(text, ':');
	if (at != NULL && strcmp(at, ":ro") == 0) {
		option->read_only = true;
		*at = '\0';
		at = last(text, ':');
	}
	if (at != NULL && at[1] == '/') {
		option->directory = at + 1;
		*at = '\0';
		at = last(text, ':');
	}
	if (at != NULL && parse_partition(at + 1, &option->partition)) {
		*at = '\0';
		at = NULL;
	}
	at = last(text, '@');
	if (at != NULL && parse_offset(at + 1, &option->offset))
		*at = '\0';
	if (*text == '\0')
		return "no image is named";
	if (option->partition > 0 && option->offset > 0)
		return "a partition and an offset cannot both be given";
	return NULL;
}
