/* mkdir, rm, mv and cp: commands that change files. */
#include "builtin.h"

#include <drydock/string.h>

#include "text.h"

int builtin_mkdir(struct shell *shell, const struct arguments *arguments)
{
	int result = 0;

	for (uint32_t index = 0; index < arguments->count; index++) {
		const char *operand = arguments->operands[index];
		char path[POSIX_PATH_MAX];
		struct client *vfs;
		int32_t error;

		if (!file_path(shell, "mkdir", operand, path)) {
			result = SHELL_FAILED;
			continue;
		}
		error = shell_client(shell, SERVER_VFS, &vfs);
		if (!error)
			error = files_mkdir(vfs, path, 0755);
		if (error)
			result = shell_status_error(shell, "mkdir", operand, error);
	}
	return result;
}

/* ---- rm -------------------------------------------------------------------------- */

static int32_t remove_name(struct shell *shell, const char *path, bool directory)
{
	struct client *vfs;
	int32_t error = shell_client(shell, SERVER_VFS, &vfs);

	if (error)
		return error;
	return directory ? files_rmdir(vfs, path) : files_unlink(vfs, path);
}

/*
 * Removes what is in the directory `path`, but for directories: the first of
 * these is appended to `path`, or nothing where there was none.
 */
static int32_t empty_directory(struct shell *shell, char path[POSIX_PATH_MAX], size_t length)
{
	struct file_name *names, *deeper = NULL;
	int32_t error = file_names(shell, path, &names);

	for (struct file_name *name = names; !error && name; name = name->next) {
		size_t name_length = string_length(name->text);

		if (name->mode == POSIX_S_IFDIR) {
			deeper = deeper ? deeper : name;
			continue;
		}
		if (input_interrupted(shell)) {
			error = -E_CANCELLED;
		} else if (length + 1 + name_length >= POSIX_PATH_MAX) {
			error = POSIX_ENAMETOOLONG;
		} else {
			path[length] = '/';
			memcpy(path + length + 1, name->text, name_length + 1);
			error = remove_name(shell, path, false);
			path[error ? length + 1 + name_length : length] = 0;
		}
	}
	if (!error && deeper) {
		if (length + 1 + string_length(deeper->text) < POSIX_PATH_MAX) {
			path[length] = '/';
			memcpy(path + length + 1, deeper->text, string_length(deeper->text) + 1);
		} else {
			error = POSIX_ENAMETOOLONG;
		}
	}
	file_names_free(shell, names);
	return error;
}

/*
 * Down to the first directory without another in it, which goes, then again
 * from the one above: no stack, however deep the tree. On failure `path` is
 * what could not be removed.
 */
static int32_t remove_tree(struct shell *shell, char path[POSIX_PATH_MAX])
{
	size_t top = string_length(path), length = top;
	int32_t error;

	for (;;) {
		error = empty_directory(shell, path, length);
		if (error)
			return error;
		if (path[length]) {
			length = string_length(path);
			continue;
		}
		error = remove_name(shell, path, true);
		if (error || length == top)
			return error;
		while (path[--length] != '/')
			;
		path[length] = 0;
	}
}

static int remove_operand(struct shell *shell, const char *operand, bool tree)
{
	char path[POSIX_PATH_MAX];
	struct vfs_status status;
	const char *base;
	size_t length;
	int32_t error;

	if (!file_path(shell, "rm", operand, path))
		return SHELL_FAILED;
	/* "a//" is a directory's name as well; what is appended to it follows one slash. */
	for (length = string_length(path); length > 1 && path[length - 1] == '/'; length--)
		path[length - 1] = 0;
	if (length == 1)
		return shell_error(shell, "rm: /: the root cannot be removed; name what is in it");
	base = text_base(path, &length);
	if (string_equal(base, ".") || string_equal(base, ".."))
		return shell_error(shell, "rm: %s: `.' and `..' cannot be removed; use a directory's name", operand);
	error = file_status(shell, path, false, &status);
	if (!error && file_is_directory(&status)) {
		if (!tree)
			return shell_error(shell,
			                   "rm: %s: Is a directory; rm -r removes it with all that is in it",
			                   operand);
		error = remove_tree(shell, path);
	} else if (!error) {
		error = remove_name(shell, path, false);
	}
	return error ? shell_status_error(shell, "rm", path, error) : 0;
}

int builtin_rm(struct shell *shell, const struct arguments *arguments)
{
	int result = 0;

	for (uint32_t index = 0; index < arguments->count; index++)
		result |= remove_operand(shell, arguments->operands[index], arguments->given & OPTION_FIRST);
	return result;
}

/* ---- mv, cp ------------------------------------------------------------------------ */

/* Does one thing to each operand but the last, which with more than two is a directory. */
static int to_target(struct shell *shell, const struct arguments *arguments,
                     int (*work)(struct shell *shell, const char *operand, const char *from, const char *to))
{
	const char *target = arguments->operands[arguments->count - 1];
	char from[POSIX_PATH_MAX], to[POSIX_PATH_MAX];
	struct vfs_status status;
	int result = 0;

	if (arguments->count > 2) {
		int32_t error;

		if (!file_path(shell, arguments->name, target, to))
			return SHELL_FAILED;
		error = file_status(shell, to, true, &status);
		if (!error && !file_is_directory(&status))
			error = POSIX_ENOTDIR;
		if (error)
			return shell_status_error(shell, arguments->name, target, error);
	}
	for (uint32_t index = 0; index + 1 < arguments->count && !input_interrupted(shell); index++) {
		const char *operand = arguments->operands[index];

		if (file_path(shell, arguments->name, operand, from) &&
		    file_target(shell, arguments->name, target, from, to))
			result |= work(shell, operand, from, to);
		else
			result = SHELL_FAILED;
	}
	return result;
}

static int move(struct shell *shell, const char *operand, const char *from, const char *to)
{
	struct client *vfs;
	int32_t error = shell_client(shell, SERVER_VFS, &vfs);

	if (!error)
		error = files_rename(vfs, from, to, 0);
	return error ? shell_status_error(shell, "mv", operand, error) : 0;
}

int builtin_mv(struct shell *shell, const struct arguments *arguments)
{
	return to_target(shell, arguments, move);
}

static int32_t copy_bytes(struct shell *shell, const struct shell_file *from, const struct shell_file *to)
{
	void *bytes = runtime_allocate(shell->runtime, CHUNK_SIZE);
	int32_t error = bytes ? 0 : POSIX_ENOMEM;
	uint32_t count = 1;

	while (!error && count > 0) {
		error = input_interrupted(shell) ? -E_CANCELLED : file_read(shell, from, bytes, &count);
		if (!error)
			error = file_write(shell, to, bytes, count);
	}
	runtime_free(shell->runtime, bytes);
	return error;
}

static int copy(struct shell *shell, const char *operand, const char *from, const char *to)
{
	struct vfs_status status, existing;
	struct shell_file source, copied;
	int32_t error = file_status(shell, from, true, &status), closed;

	if (!error && (status.mode & POSIX_S_IFMT) != POSIX_S_IFREG)
		return shell_error(shell, "cp: %s: only files are copied, and this is a %s", operand,
		                   text_file_type(status.mode));
	/* Opening the copy would empty it. */
	if (!error && file_status(shell, to, true, &existing) == 0 && existing.node == status.node)
		return shell_error(shell, "cp: %s: is the same file as %s", operand, to);
	if (!error)
		error = file_open(shell, from, VFS_OPEN_READ, 0, &source);
	if (error)
		return shell_status_error(shell, "cp", operand, error);
	error = file_open(shell, to, VFS_OPEN_WRITE | VFS_OPEN_CREATE | VFS_OPEN_TRUNCATE, status.mode & 0777,
	                  &copied);
	if (!error) {
		error = copy_bytes(shell, &source, &copied);
		closed = file_close(shell, &copied);
		error = error ? error : closed;
	}
	file_close(shell, &source);
	return error ? shell_status_error(shell, "cp", to, error) : 0;
}

int builtin_cp(struct shell *shell, const struct arguments *arguments)
{
	return to_target(shell, arguments, copy);
}
