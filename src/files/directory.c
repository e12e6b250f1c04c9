/* Reading directories, out of replies that may be anything: see drydock/files.h. */
#include "internal.h"

static size_t padded(size_t length)
{
	return (length + 7) & ~(size_t)7;
}

size_t files_entry_take(const uint8_t *bytes, size_t length, struct files_entry *entry)
{
	struct vfs_entry head;
	size_t size;

	if (length < sizeof(head))
		return 0;
	memcpy(&head, bytes, sizeof(head));
	if (head.name_length == 0 || head.name_length > POSIX_NAME_MAX || head.name_length > length - sizeof(head))
		return 0;
	entry->node = head.node;
	entry->cookie = head.cookie;
	entry->mode = head.mode & POSIX_S_IFMT;
	entry->name_length = head.name_length;
	memcpy(entry->name, bytes + sizeof(head), head.name_length);
	entry->name[head.name_length] = '\0';
	for (uint32_t index = 0; index < head.name_length; index++) {
		if (entry->name[index] == '\0' || entry->name[index] == '/')
			return 0;
	}
	/* The last one may come without its padding. */
	size = padded(sizeof(head) + head.name_length);
	return size < length ? size : length;
}

int32_t files_opendir(struct client *client, const char *path, void *buffer, size_t size,
                      struct files_directory *directory)
{
	uint32_t maximum = files_transfer_maximum(client);

	*directory = (struct files_directory){
		.buffer = buffer,
		.size = size < maximum ? (uint32_t)size : maximum,
	};
	return files_open(client, path, VFS_OPEN_READ | VFS_OPEN_DIRECTORY, 0, &directory->file);
}

static int32_t fill(struct files_directory *directory)
{
	const struct file *file = &directory->file;
	struct vfs_readdir_results results = {0};
	struct call call;
	int32_t status = file_call_run(file, &call,
	                               vfs_readdir_prepare(&call, file->client, file->number,
	                                                   directory->cookie, directory->size));

	if (!status) {
		status = vfs_readdir_finish(&call, &results, directory->buffer);
		call_end(&call);
	}
	directory->length = results.entries_length;
	directory->place = 0;
	return status;
}

int32_t files_readdir(struct files_directory *directory, struct files_entry *entry, bool *found)
{
	size_t used;
	int32_t status;

	*found = false;
	if (directory->place == directory->length) {
		status = fill(directory);
		if (status || directory->length == 0)
			return status;
	}
	used = files_entry_take(directory->buffer + directory->place, directory->length - directory->place, entry);
	if (used == 0)
		return POSIX_EBADMSG;
	directory->place += (uint32_t)used;
	directory->cookie = entry->cookie;
	*found = true;
	return 0;
}

void files_seekdir(struct files_directory *directory, uint64_t cookie)
{
	directory->cookie = cookie;
	directory->length = directory->place = 0;
}

int32_t files_closedir(const struct files_directory *directory)
{
	return files_close(&directory->file);
}
