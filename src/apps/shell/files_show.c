/* ls, cat, stat and df: commands that show files. */
#include "builtin.h"

#include <drydock/string.h>

#include "text.h"

/* ---- ls ------------------------------------------------------------------------- */

static void print_link_target(struct shell *shell, const char *path)
{
	char target[POSIX_PATH_MAX];
	struct client *vfs;
	size_t length;

	if (shell_client(shell, SERVER_VFS, &vfs) || files_readlink(vfs, path, target, sizeof(target), &length))
		return;
	output_print(shell, " -> ");
	output_name(shell, target, length);
}

static int print_entry(struct shell *shell, bool details, const char *path, const char *name)
{
	char mode[TEXT_MODE_SIZE], date[TEXT_DATE_SIZE];
	struct vfs_status status;
	int32_t error;

	if (details) {
		error = file_status(shell, path, false, &status);
		if (error)
			return shell_status_error(shell, "ls", path, error);
		text_mode(status.mode, mode);
		text_date(status.mtime, date);
		/* Without the seconds. */
		date[string_length(date) - 3] = 0;
		output_print(shell, "%s %3u %5u %5u %10llu %s ", mode, status.links, status.uid, status.gid,
		             (unsigned long long)status.size, date);
	}
	output_name(shell, name, string_length(name));
	if (details && (status.mode & POSIX_S_IFMT) == POSIX_S_IFLNK)
		print_link_target(shell, path);
	output_write(shell, "\n", 1);
	return 0;
}

static int list_directory(struct shell *shell, bool details, const char *operand, const char *path)
{
	char entry[POSIX_PATH_MAX];
	struct file_name *names;
	int32_t error = file_names(shell, path, &names);
	int result = error ? shell_status_error(shell, "ls", operand, error) : 0;

	for (struct file_name *name = names; !error && name; name = name->next) {
		if (input_interrupted(shell))
			break;
		if (text_join(path, name->text, entry) != 0)
			result = shell_status_error(shell, "ls", name->text, POSIX_ENAMETOOLONG);
		else
			result |= print_entry(shell, details, entry, name->text);
	}
	file_names_free(shell, names);
	return result;
}

static int list_operand(struct shell *shell, bool details, const char *operand, bool heading)
{
	char path[POSIX_PATH_MAX];
	struct vfs_status status;
	int32_t error;

	if (!file_path(shell, "ls", operand, path))
		return SHELL_FAILED;
	/* A link to a directory is shown itself with -l. */
	error = file_status(shell, path, !details, &status);
	if (error == POSIX_ENOENT && !details)
		error = file_status(shell, path, false, &status);
	if (error)
		return shell_status_error(shell, "ls", operand, error);
	if (!file_is_directory(&status))
		return print_entry(shell, details, path, operand);
	if (heading) {
		output_name(shell, operand, string_length(operand));
		output_write(shell, ":\n", 2);
	}
	return list_directory(shell, details, operand, path);
}

int builtin_ls(struct shell *shell, const struct arguments *arguments)
{
	bool details = arguments->given & OPTION_FIRST;
	int result = 0;

	if (arguments->count == 0)
		return list_directory(shell, details, shell->directory, shell->directory);
	for (uint32_t index = 0; index < arguments->count; index++) {
		if (index > 0)
			output_write(shell, "\n", 1);
		result |= list_operand(shell, details, arguments->operands[index], arguments->count > 1);
	}
	return result;
}

/* ---- cat ------------------------------------------------------------------------- */

static int cat_file(struct shell *shell, const char *operand, void *bytes)
{
	char path[POSIX_PATH_MAX];
	struct vfs_status status;
	struct shell_file file;
	uint32_t count;
	int32_t error;

	if (!file_path(shell, "cat", operand, path))
		return SHELL_FAILED;
	/* It would never reach the end of what it writes. */
	if (shell->output.redirected && file_status(shell, path, true, &status) == 0 &&
	    status.node == shell->output.node)
		return shell_error(shell, "cat: %s: is where the output goes", operand);
	error = file_open(shell, path, VFS_OPEN_READ, 0, &file);
	if (error)
		return shell_status_error(shell, "cat", operand, error);
	while ((error = file_read(shell, &file, bytes, &count)) == 0 && count > 0 && !shell->output.error &&
	       !shell->output.lost && !input_interrupted(shell))
		output_write(shell, bytes, count);
	file_close(shell, &file);
	return error ? shell_status_error(shell, "cat", operand, error) : 0;
}

/* What a person types, until Ctrl-D. */
static int cat_keyboard(struct shell *shell)
{
	while (input_edited(shell, "", NULL) == INPUT_TAKEN) {
		output_write(shell, shell->editor.line, shell->editor.length);
		output_write(shell, "\n", 1);
		output_flush(shell);
	}
	return 0;
}

static int cat_input(struct shell *shell, void *bytes)
{
	uint32_t count;

	if (shell->terminal->interactive)
		return cat_keyboard(shell);
	while (input_bytes(shell, bytes, CHUNK_SIZE, &count) == INPUT_TAKEN && !shell->output.error &&
	       !shell->output.lost) {
		output_write(shell, bytes, count);
		output_flush(shell);
	}
	return 0;
}

int builtin_cat(struct shell *shell, const struct arguments *arguments)
{
	void *bytes = runtime_allocate(shell->runtime, CHUNK_SIZE);
	int result = 0;

	if (!bytes)
		return shell_status_error(shell, "cat", "reading", POSIX_ENOMEM);
	if (arguments->count == 0)
		result = cat_input(shell, bytes);
	for (uint32_t index = 0; index < arguments->count; index++)
		result |= cat_file(shell, arguments->operands[index], bytes);
	runtime_free(shell->runtime, bytes);
	return result;
}

/* ---- stat, df --------------------------------------------------------------------- */

static void print_date(struct shell *shell, const char *label, int64_t seconds, uint32_t nanoseconds)
{
	char date[TEXT_DATE_SIZE];

	text_date(seconds, date);
	output_print(shell, "  %s  %s.%09u\n", label, date, nanoseconds);
}

static int show_status(struct shell *shell, const char *operand)
{
	char path[POSIX_PATH_MAX], mode[TEXT_MODE_SIZE];
	struct vfs_status status;
	int32_t error;

	if (!file_path(shell, "stat", operand, path))
		return SHELL_FAILED;
	error = file_status(shell, path, false, &status);
	if (error)
		return shell_status_error(shell, "stat", operand, error);
	text_mode(status.mode, mode);
	output_name(shell, path, string_length(path));
	if ((status.mode & POSIX_S_IFMT) == POSIX_S_IFLNK)
		print_link_target(shell, path);
	output_print(shell, "\n  type      %s\n", text_file_type(status.mode));
	output_print(shell, "  mode      %s\n", mode);
	output_print(shell, "  owner     %u:%u\n", status.uid, status.gid);
	output_print(shell, "  size      %llu bytes, %llu blocks of 512\n", (unsigned long long)status.size,
	             (unsigned long long)status.blocks);
	output_print(shell, "  node      %llu, %u links\n", (unsigned long long)status.node, status.links);
	print_date(shell, "accessed", status.atime, status.atime_ns);
	print_date(shell, "modified", status.mtime, status.mtime_ns);
	print_date(shell, "changed ", status.ctime, status.ctime_ns);
	return 0;
}

int builtin_stat(struct shell *shell, const struct arguments *arguments)
{
	int result = 0;

	for (uint32_t index = 0; index < arguments->count; index++)
		result |= show_status(shell, arguments->operands[index]);
	return result;
}

static int show_statistics(struct shell *shell, const char *operand)
{
	char path[POSIX_PATH_MAX], size[TEXT_SIZE_SIZE], used[TEXT_SIZE_SIZE], left[TEXT_SIZE_SIZE];
	struct vfs_statistics statistics;
	struct client *vfs;
	int32_t error;

	if (!file_path(shell, "df", operand, path))
		return SHELL_FAILED;
	error = shell_client(shell, SERVER_VFS, &vfs);
	if (!error)
		error = files_statfs(vfs, path, &statistics);
	if (error)
		return shell_status_error(shell, "df", operand, error);
	text_size(statistics.blocks * statistics.block_size, size);
	text_size((statistics.blocks - statistics.blocks_free) * statistics.block_size, used);
	text_size(statistics.blocks_free * statistics.block_size, left);
	output_print(shell, "%10s %10s %10s %10llu %10llu  ", size, used, left,
	             (unsigned long long)(statistics.nodes - statistics.nodes_free),
	             (unsigned long long)statistics.nodes_free);
	output_name(shell, path, string_length(path));
	output_write(shell, "\n", 1);
	return 0;
}

int builtin_df(struct shell *shell, const struct arguments *arguments)
{
	int result = 0;

	output_print(shell, "%10s %10s %10s %10s %10s  %s\n", "Size", "Used", "Free", "Files", "Free files",
	             "Path");
	if (arguments->count == 0)
		return show_statistics(shell, shell->directory);
	for (uint32_t index = 0; index < arguments->count; index++)
		result |= show_statistics(shell, arguments->operands[index]);
	return result;
}
