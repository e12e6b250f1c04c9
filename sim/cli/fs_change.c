/* `drydock fs mkdir`, `rm` and `mv`: what changes names. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "apps/shell/text.h"
#include "cli.h"
#include "fs.h"

int fs_mkdir(struct fs *fs)
{
	mode_t mask = umask(0);
	int result = CLI_OK;

	umask(mask);
	for (int index = 0; index < fs->count; index++) {
		char path[POSIX_PATH_MAX];
		int32_t error;

		if (!fs_path(fs, fs->operands[index], path)) {
			result = CLI_FAILED;
			continue;
		}
		error = files_mkdir(fs->client, path, 0777 | FILES_UMASK(mask));
		if (error)
			result = fs_error(fs, path, error);
	}
	return result;
}

/* ---- rm ---------------------------------------------------------------------- */

/*
 * A directory that is being emptied. On the heap and in a list, not in
 * recursive calls: a tree may be deeper than a fiber's stack.
 */
struct level {
	struct level *up;
	struct fs_directory directory;
	size_t next;        /* the name to be looked at next */
	size_t path_length; /* of this directory's path */
};

static int32_t level_enter(const struct fs *fs, const char *path, struct level **top)
{
	struct level *level = calloc(1, sizeof(*level));
	int32_t error;

	if (!level)
		return POSIX_ENOMEM;
	error = fs_directory_read(fs, path, &level->directory);
	if (error) {
		free(level);
		return error;
	}
	level->path_length = strlen(path);
	level->up = *top;
	*top = level;
	return 0;
}

static void level_leave(struct level **top)
{
	struct level *level = *top;

	*top = level->up;
	fs_directory_free(&level->directory);
	free(level);
}

/* Deals with the next name of the directory on top; `path` is that directory's, and ends as the name's. */
static int32_t remove_next(const struct fs *fs, char path[POSIX_PATH_MAX], struct level **top)
{
	struct level *level = *top;
	const struct fs_name *name = &level->directory.names[level->next++];
	size_t length = strlen(name->name);

	if (level->path_length + 1 + length >= POSIX_PATH_MAX)
		return POSIX_ENAMETOOLONG;
	path[level->path_length] = '/';
	memcpy(path + level->path_length + 1, name->name, length + 1);
	if (name->mode == POSIX_S_IFDIR)
		return level_enter(fs, path, top);
	return files_unlink(fs->client, path);
}

/* On failure `path` is what could not be removed. */
static int32_t remove_tree(const struct fs *fs, char path[POSIX_PATH_MAX])
{
	struct level *top = NULL;
	int32_t error = level_enter(fs, path, &top);

	while (top) {
		path[top->path_length] = 0;
		if (!error && top->next < top->directory.count) {
			error = remove_next(fs, path, &top);
			if (error)
				break;
			continue;
		}
		error = files_rmdir(fs->client, path);
		if (error)
			break;
		level_leave(&top);
	}
	while (top)
		level_leave(&top);
	return error;
}

static int remove_operand(const struct fs *fs, const char *operand)
{
	char path[POSIX_PATH_MAX];
	struct vfs_status status;
	size_t length;
	int32_t error;

	if (!fs_path(fs, operand, path))
		return CLI_FAILED;
	/* "a//" is a directory's name as well; what is appended to it follows one slash. */
	for (length = strlen(path); length > 1 && path[length - 1] == '/'; length--)
		path[length - 1] = 0;
	if (length == 1)
		return cli_error("fs: rm: /: The root cannot be removed; name what is in it");
	error = files_lstat(fs->client, path, &status);
	if (!error && (status.mode & POSIX_S_IFMT) == POSIX_S_IFDIR) {
		if (!fs->flag)
			return cli_error("fs: rm: %s: Is a directory; rm -r removes it with all that is in it", path);
		error = remove_tree(fs, path);
	} else if (!error) {
		error = files_unlink(fs->client, path);
	}
	return error ? fs_error(fs, path, error) : CLI_OK;
}

int fs_rm(struct fs *fs)
{
	int result = CLI_OK;

	for (int index = 0; index < fs->count; index++)
		if (remove_operand(fs, fs->operands[index]) != CLI_OK)
			result = CLI_FAILED;
	return result;
}

/* ---- mv ---------------------------------------------------------------------- */

int fs_mv(struct fs *fs)
{
	const char *to = fs->operands[fs->count - 1];
	int result = CLI_OK;

	if (fs->count > 2) {
		struct vfs_status status;
		char path[POSIX_PATH_MAX];
		int32_t error;

		if (!fs_path(fs, to, path))
			return CLI_FAILED;
		error = files_stat(fs->client, path, &status);
		if (!error && (status.mode & POSIX_S_IFMT) != POSIX_S_IFDIR)
			error = POSIX_ENOTDIR;
		if (error)
			return fs_error(fs, to, error);
	}
	for (int index = 0; index < fs->count - 1; index++) {
		char from[POSIX_PATH_MAX], target[POSIX_PATH_MAX];
		int32_t error;

		if (!fs_path(fs, fs->operands[index], from) || !fs_target(fs, to, from, target)) {
			result = CLI_FAILED;
			continue;
		}
		error = files_rename(fs->client, from, target, 0);
		if (error)
			result = fs_error(fs, from, error);
	}
	return result;
}
