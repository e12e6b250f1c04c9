/* Files of vfs, a call at a time (internal.h). */
#include "internal.h"

#include <drydock/string.h>

#include "text.h"

int32_t file_open(struct shell *shell, const char *path, uint32_t flags, uint32_t mode,
                  struct shell_file *file)
{
	struct client *vfs;
	int32_t status = shell_client(shell, SERVER_VFS, &vfs);

	*file = (struct shell_file){.session = shell->servers[SERVER_VFS].generation};
	return status ? status : files_open(vfs, path, flags, mode, &file->file);
}

/* Whether the client is there that knows the file; an interruption has ended its session. */
static int32_t file_check(struct shell *shell, uint64_t session)
{
	struct client *vfs;
	int32_t status = shell_client(shell, SERVER_VFS, &vfs);

	return !status && shell->servers[SERVER_VFS].generation != session ? POSIX_EBADF : status;
}

int32_t file_close(struct shell *shell, const struct shell_file *file)
{
	int32_t status = file_check(shell, file->session);

	return status ? status : files_close(&file->file);
}

int32_t file_read(struct shell *shell, const struct shell_file *file, void *bytes, uint32_t *count)
{
	size_t done = 0;
	int32_t status = file_check(shell, file->session);

	if (!status)
		status = files_read(&file->file, bytes, CHUNK_SIZE, &done);
	*count = (uint32_t)done;
	return status;
}

int32_t file_write(struct shell *shell, const struct shell_file *file, const void *bytes, uint32_t length)
{
	const uint8_t *from = bytes;

	while (length > 0) {
		size_t done = 0;
		int32_t status = file_check(shell, file->session);

		if (!status)
			status = files_write(&file->file, from, length, &done);
		if (status)
			return status;
		/* A server that writes nothing is not to be asked for ever. */
		if (done == 0)
			return POSIX_EIO;
		from += done;
		length -= (uint32_t)done;
	}
	return 0;
}

int32_t file_status(struct shell *shell, const char *path, bool follow, struct vfs_status *status)
{
	struct client *vfs;
	int32_t error = shell_client(shell, SERVER_VFS, &vfs);

	if (error)
		return error;
	return follow ? files_stat(vfs, path, status) : files_lstat(vfs, path, status);
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

static int32_t add_name(struct shell *shell, const struct files_entry *entry, struct file_name **names)
{
	struct file_name *added;

	if (string_equal(entry->name, ".") || string_equal(entry->name, ".."))
		return 0;
	added = runtime_allocate(shell->runtime, sizeof(*added) + entry->name_length + 1);
	if (!added)
		return POSIX_ENOMEM;
	*added = (struct file_name){.next = *names, .mode = entry->mode};
	string_copy(added->text, entry->name_length + 1, entry->name, entry->name_length);
	*names = added;
	return 0;
}

/* Checks before each step that an interruption has not taken the client away. */
static int32_t read_names(struct shell *shell, struct files_directory *directory, uint64_t session,
                          struct file_name **names)
{
	struct files_entry entry;
	bool found = true;
	int32_t status = 0;

	while (!status && found) {
		status = file_check(shell, session);
		if (!status)
			status = files_readdir(directory, &entry, &found);
		if (!status && found)
			status = add_name(shell, &entry, names);
	}
	if (file_check(shell, session) == 0)
		files_closedir(directory);
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
	void *buffer = runtime_allocate(shell->runtime, CHUNK_SIZE);
	struct files_directory directory;
	struct client *vfs;
	int32_t status = buffer ? shell_client(shell, SERVER_VFS, &vfs) : POSIX_ENOMEM;
	uint64_t session = shell->servers[SERVER_VFS].generation;

	*names = NULL;
	if (!status)
		status = files_opendir(vfs, path, buffer, CHUNK_SIZE, &directory);
	if (!status)
		status = read_names(shell, &directory, session, names);
	runtime_free(shell->runtime, buffer);
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
