/* The names in a directory, taken out of a server's replies, which may be anything. */
#include <stdlib.h>
#include <string.h>

#include "apps/shell/entry.h"
#include "fs.h"

static int32_t directory_add_name(struct fs_directory *directory, const char *name, size_t length, uint32_t mode)
{
	struct fs_name *names = directory->names;
	size_t count = directory->count;

	if ((length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.'))
		return 0;
	/* Grows at powers of two. */
	if ((count & (count - 1)) == 0) {
		names = reallocarray(names, count ? 2 * count : 1, sizeof(*names));
		if (!names)
			return POSIX_ENOMEM;
		directory->names = names;
	}
	names[count] = (struct fs_name){.mode = mode, .name = strndup(name, length)};
	if (!names[count].name)
		return POSIX_ENOMEM;
	directory->count++;
	return 0;
}

int32_t fs_directory_add(struct fs_directory *directory, const uint8_t *bytes, size_t length, uint64_t *cookie)
{
	size_t place = 0;

	while (place < length) {
		struct vfs_entry entry;
		const char *name;
		size_t used = directory_entry_take(bytes + place, length - place, &entry, &name);
		int32_t error;

		if (!used)
			return POSIX_EBADMSG;
		error = directory_add_name(directory, name, entry.name_length, entry.mode & POSIX_S_IFMT);
		if (error)
			return error;
		*cookie = entry.cookie;
		place += used;
	}
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
