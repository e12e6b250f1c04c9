/* Files of vfs, a call at a time (internal.h). */
#include "internal.h"

#include <drydock/string.h>

#include "entry.h"
#include "text.h"

int32_t file_open(struct shell *shell, const char *path, uint32_t flags, uint32_t mode,
                  struct shell_file *file)
{
	struct vfs_open_results results = {0};
	struct client *vfs;
	int32_t status = shell_client(shell, SERVER_VFS, &vfs);

	if (!status)
		status = vfs_open(vfs, flags, mode, 0, path, (uint32_t)string_length(path), &results);
	*file = (struct shell_file){.number = results.file, .session = shell->servers[SERVER_VFS].generation};
	return status;
}

/* The client that knows the file; an interruption has ended its session. */
static int32_t file_client(struct shell *shell, const struct shell_file *file, struct client **vfs)
{
	int32_t status = shell_client(shell, SERVER_VFS, vfs);

	return !status && shell->servers[SERVER_VFS].generation != file->session ? POSIX_EBADF : status;
}

int32_t file_close(struct shell *shell, const struct shell_file *file)
{
	struct client *vfs;
	int32_t status = file_client(shell, file, &vfs);

	return status ? status : vfs_close(vfs, file->number);
}

int32_t file_read(struct shell *shell, const struct shell_file *file, void *bytes, uint32_t *count)
{
	struct vfs_read_results results = {0};
	struct client *vfs;
	int32_t status = file_client(shell, file, &vfs);

	if (!status)
		status = vfs_read(vfs, file->number, VFS_POSITION, bytes, CHUNK_SIZE, &results);
	*count = results.data_length;
	return status;
}

int32_t file_write(struct shell *shell, const struct shell_file *file, const void *bytes, uint32_t length)
{
	const uint8_t *from = bytes;

	while (length > 0) {
		struct vfs_write_results results = {0};
		struct client *vfs;
		int32_t status = file_client(shell, file, &vfs);

		if (!status)
			status = vfs_write(vfs, file->number, VFS_POSITION, from, length, &results);
		if (status)
			return status;
		/* A server that writes nothing, or more than it was given, is not to be trusted. */
		if (results.length == 0 || results.length > length)
			return POSIX_EIO;
		from += results.length;
		length -= results.length;
	}
	return 0;
}

int32_t file_status(struct shell *shell, const char *path, bool follow, struct vfs_status *status)
{
	struct client *vfs;
	int32_t error = shell_client(shell, SERVER_VFS, &vfs);

	return error ? error : vfs_stat(vfs, !follow, path, (uint32_t)string_length(path), status);
}

bool file_is_directory(const struct vfs_status *status)
{
	return (status->mode & POSIX_S_IFMT) == POSIX_S_IFDIR;
}

bool file_path(struct shell *shell, const char *command, const char *operand, char path[POSIX_PATH_MAX])
{
	if (text_path(shell->directory, operand, path) == 0)
		return true;
	shell_status_error(shell, command, operand, operand[0] ? POSIX_ENAMETOOLONG : POSIX_ENOENT);
	return false;
}

bool file_target(struct shell *shell, const char *command, const char *operand, const char *name,
                 char path[POSIX_PATH_MAX])
{
	char directory[POSIX_PATH_MAX];
	struct vfs_status status;
	int32_t error;

	if (!file_path(shell, command, operand, path))
		return false;
	error = file_status(shell, path, true, &status);
	if (error < 0) {
		shell_status_error(shell, command, operand, error);
		return false;
	}
	if (error || !file_is_directory(&status))
		return true;
	memcpy(directory, path, sizeof(directory));
	if (text_join(directory, name, path) == 0)
		return true;
	shell_status_error(shell, command, operand, POSIX_EISDIR);
	return false;
}

/* ---- directories ---------------------------------------------------------------- */

static int32_t add_names(struct shell *shell, const uint8_t *bytes, size_t length, uint64_t *cookie,
                         struct file_name **names)
{
	while (length > 0) {
		struct vfs_entry entry;
		struct file_name *added;
		const char *name;
		size_t used = directory_entry_take(bytes, length, &entry, &name);

		if (!used)
			return POSIX_EBADMSG;
		*cookie = entry.cookie;
		bytes += used < length ? used : length;
		length -= used < length ? used : length;
		if (name[0] == '.' && (entry.name_length == 1 || (entry.name_length == 2 && name[1] == '.')))
			continue;
		added = runtime_allocate(shell->runtime, sizeof(*added) + entry.name_length + 1);
		if (!added)
			return POSIX_ENOMEM;
		*added = (struct file_name){.next = *names, .mode = entry.mode & POSIX_S_IFMT};
		string_copy(added->text, entry.name_length + 1, name, entry.name_length);
		*names = added;
	}
	return 0;
}

static int32_t read_names(struct shell *shell, const struct shell_file *directory, struct file_name **names)
{
	uint8_t *bytes = runtime_allocate(shell->runtime, CHUNK_SIZE);
	uint64_t cookie = 0;
	int32_t status = bytes ? 0 : POSIX_ENOMEM;

	while (!status) {
		struct vfs_readdir_results results = {0};
		struct client *vfs;

		status = file_client(shell, directory, &vfs);
		if (!status)
			status = vfs_readdir(vfs, directory->number, cookie, bytes, CHUNK_SIZE, &results);
		if (status || results.entries_length == 0)
			break;
		status = add_names(shell, bytes, results.entries_length, &cookie, names);
	}
	runtime_free(shell->runtime, bytes);
	return status;
}

/* By their bytes. */
static bool name_before(const struct file_name *left, const struct file_name *right)
{
	const uint8_t *a = (const uint8_t *)left->text, *b = (const uint8_t *)right->text;

	while (*a && *a == *b)
		a++, b++;
	return *a < *b;
}

static struct file_name *merge(struct file_name *left, struct file_name *right)
{
	struct file_name *merged = NULL, **end = &merged;

	while (left && right) {
		struct file_name **least = name_before(right, left) ? &right : &left;

		*end = *least;
		end = &(*end)->next;
		*least = *end;
	}
	*end = left ? left : right;
	return merged;
}

/* A merge sort from below: runs[i] holds 2^i names, or none. */
static struct file_name *sort(struct file_name *names)
{
	struct file_name *runs[32] = {0}, *sorted = NULL;

	while (names) {
		struct file_name *run = names;
		unsigned int level = 0;

		names = names->next;
		run->next = NULL;
		for (; level < 31 && runs[level]; level++) {
			run = merge(runs[level], run);
			runs[level] = NULL;
		}
		runs[level] = merge(runs[level], run);
	}
	for (unsigned int level = 0; level < 32; level++)
		sorted = merge(runs[level], sorted);
	return sorted;
}

int32_t file_names(struct shell *shell, const char *path, struct file_name **names)
{
	struct shell_file directory;
	int32_t status = file_open(shell, path, VFS_OPEN_READ | VFS_OPEN_DIRECTORY, 0, &directory);

	*names = NULL;
	if (status)
		return status;
	status = read_names(shell, &directory, names);
	file_close(shell, &directory);
	*names = sort(*names);
	return status;
}

void file_names_free(struct shell *shell, struct file_name *names)
{
	while (names) {
		struct file_name *next = names->next;

		runtime_free(shell->runtime, names);
		names = next;
	}
}
