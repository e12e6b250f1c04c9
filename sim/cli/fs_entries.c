/* The names in a directory. */
#include <stdlib.h>
#include <string.h>

#include "fs.h"

int32_t fs_directory_add(struct fs_directory *directory, const struct files_entry *entry)
{
	struct fs_name *names = directory->names;
	size_t count = directory->count;

	if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
		return 0;
	/* Grows at powers of two. */
	if ((count & (count - 1)) == 0) {
		names = reallocarray(names, count ? 2 * count : 1, sizeof(*names));
		if (!names)
			return POSIX_ENOMEM;
		directory->names = names;
	}
	names[count] = (struct fs_name){.mode = entry->mode, .name = strdup(entry->name)};
	if (!names[count].name)
		return POSIX_ENOMEM;
	directory->count++;
	return 0;
}

static int name_compare(const void *left, const void *right)
{
	const struct fs_name *left_name = left, *right_name = right;

	return strcmp(left_name->name, right_name->name);
}

void fs_directory_sort(struct fs_directory *directory)
{
	if (directory->count)
		qsort(directory->names, directory->count, sizeof(directory->names[0]), name_compare);
}

void fs_directory_free(struct fs_directory *directory)
{
	for (size_t index = 0; index < directory->count; index++)
		free(directory->names[index].name);
	free(directory->names);
	*directory = (struct fs_directory){0};
}
