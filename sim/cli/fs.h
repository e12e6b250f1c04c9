/* What the files behind `drydock fs` share. */
#ifndef DRYDOCK_CLI_FS_H
#define DRYDOCK_CLI_FS_H

#include <drydock/files.h>
#include <drydock/server.h>
#include <stdbool.h>

/* How data is moved: so many calls in flight, of so many bytes each. */
#define FS_STREAM_CALLS 8
#define FS_STREAM_CHUNK (128 * 1024)

/* One `drydock fs` at work. */
struct fs {
	struct runtime *runtime;
	struct client *client;
	const char *command; /* "ls" */
	bool flag;           /* its one option was given: ls -l, rm -r */
	char **operands;
	int count;
};

/* The work of each subcommand, in a fiber; returns an enum cli_exit. */
int fs_ls(struct fs *fs);
int fs_stat(struct fs *fs);
int fs_df(struct fs *fs);
int fs_cat(struct fs *fs);
int fs_get(struct fs *fs);
int fs_put(struct fs *fs);
int fs_mkdir(struct fs *fs);
int fs_rm(struct fs *fs);
int fs_mv(struct fs *fs);

/* Says that `path` met `status`, or that a file of Linux met `error`. Returns CLI_FAILED. */
int fs_error(const struct fs *fs, const char *path, int32_t status);

/* What an operand means in the vfs (text_path), or false after saying that it is no path. */
bool fs_path(const struct fs *fs, const char *operand, char path[POSIX_PATH_MAX]);

/* As fs_path, and where that is a directory the path in it that has `name`'s last component. */
bool fs_target(const struct fs *fs, const char *operand, const char *name, char path[POSIX_PATH_MAX]);

struct fs_name {
	uint32_t mode; /* type bits */
	char *name;
};

/* The names in a directory, sorted, without `.` and `..`. */
struct fs_directory {
	struct fs_name *names;
	size_t count;
};

/* Reads `path`; returns a status (drydock/client.h), and on 0 `directory` is to be freed. */
int32_t fs_directory_read(const struct fs *fs, const char *path, struct fs_directory *directory);
void fs_directory_sort(struct fs_directory *directory);
void fs_directory_free(struct fs_directory *directory);

/* Adds an entry, unless it is `.` or `..`. POSIX_ENOMEM. */
int32_t fs_directory_add(struct fs_directory *directory, const struct files_entry *entry);

#endif
