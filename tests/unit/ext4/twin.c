/* Two trees: see twin.h. This runs in a fiber, whose stack is small. */
#define _GNU_SOURCE
#include "twin.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"

#define WRITE_MAXIMUM (1u << 20)

static char root[128];

const char *twin_begin(void)
{
	snprintf(root, sizeof(root), "%s", image_path("twin"));
	image_run(0, "rm -rf %s && mkdir %s", root, root);
	umask(0);
	return root;
}

/* The path in Linux's tree; to be freed. */
static char *outside(const char *path)
{
	char *whole;

	ck_assert_int_gt(asprintf(&whole, "%s/%s", root, path), 0);
	return whole;
}

int32_t twin_find(struct pier *pier, const char *path, struct fs_attributes *found)
{
	int32_t error = fs_get_attributes(pier->client, FS_ROOT, found);

	while (!error && *path) {
		const char *end = strchrnul(path, '/');

		error = fs_lookup(pier->client, found->node, path, (uint32_t)(end - path), found);
		if (!error)
			fs_forget(pier->client, found->node, 1);
		path = *end ? end + 1 : end;
	}
	return error;
}

/* The directory that a path lies in, and the last component of it. */
static int32_t parent_find(struct pier *pier, const char *path, struct fs_attributes *parent,
                           const char **name)
{
	const char *slash = strrchr(path, '/');
	char *above = slash ? strndup(path, (size_t)(slash - path)) : strdup("");
	int32_t error = twin_find(pier, above, parent);

	free(above);
	*name = slash ? slash + 1 : path;
	return error;
}

/* Both sides have to say the same. */
static bool agree(const char *what, const char *path, int32_t inside, int result)
{
	const int expected = result < 0 ? errno : 0;

	ck_assert_msg(inside == expected, "%s of %s: %d, and Linux says %d\n%s", what, path, (int)inside,
	              expected, pier_console());
	return inside == 0;
}

static void drop(struct pier *pier, int32_t error, const struct fs_attributes *made)
{
	if (!error)
		ck_assert_int_eq(fs_forget(pier->client, made->node, 1), 0);
}

bool twin_create(struct pier *pier, const char *path, uint32_t mode)
{
	struct fs_attributes parent, made;
	const char *name;
	char *whole = outside(path);
	int32_t error = parent_find(pier, path, &parent, &name);
	int file = mknod(whole, mode, 0);

	if (!error) {
		error = fs_create(pier->client, parent.node, mode, 0, 0, name, (uint32_t)strlen(name), &made);
		drop(pier, error, &made);
	}
	agree("create", path, error, file);
	free(whole);
	return error == 0;
}

bool twin_make_directory(struct pier *pier, const char *path, uint32_t mode)
{
	struct fs_attributes parent, made;
	const char *name;
	char *whole = outside(path);
	int32_t error = parent_find(pier, path, &parent, &name);
	int result = mkdir(whole, mode);

	if (!error) {
		error = fs_make_directory(pier->client, parent.node, mode, 0, name, (uint32_t)strlen(name),
		                          &made);
		drop(pier, error, &made);
	}
	agree("mkdir", path, error, result);
	free(whole);
	return error == 0;
}

bool twin_symlink(struct pier *pier, const char *path, const char *target)
{
	struct fs_attributes parent, made;
	const char *name;
	char *whole = outside(path);
	int32_t error = parent_find(pier, path, &parent, &name);
	int result = symlink(target, whole);

	if (!error) {
		error = fs_symlink(pier->client, parent.node, name, (uint32_t)strlen(name), target,
		                   (uint32_t)strlen(target), &made);
		drop(pier, error, &made);
	}
	agree("symlink", path, error, result);
	free(whole);
	return error == 0;
}

bool twin_link(struct pier *pier, const char *path, const char *new_path)
{
	struct fs_attributes node, parent, made;
	const char *name;
	char *whole = outside(path), *new_whole = outside(new_path);
	int32_t error = twin_find(pier, path, &node);
	int result = link(whole, new_whole);

	if (!error)
		error = parent_find(pier, new_path, &parent, &name);
	if (!error) {
		error = fs_link(pier->client, node.node, parent.node, name, (uint32_t)strlen(name), &made);
		drop(pier, error, &made);
	}
	agree("link", path, error, result);
	free(whole);
	free(new_whole);
	return error == 0;
}

static bool remove_either(struct pier *pier, const char *path, bool is_directory)
{
	struct fs_attributes parent;
	const char *name;
	char *whole = outside(path);
	int32_t error = parent_find(pier, path, &parent, &name);
	int result = is_directory ? rmdir(whole) : unlink(whole);

	if (!error && is_directory)
		error = fs_remove_directory(pier->client, parent.node, name, (uint32_t)strlen(name));
	else if (!error)
		error = fs_unlink(pier->client, parent.node, name, (uint32_t)strlen(name));
	agree(is_directory ? "rmdir" : "unlink", path, error, result);
	free(whole);
	return error == 0;
}

bool twin_unlink(struct pier *pier, const char *path)
{
	return remove_either(pier, path, false);
}

bool twin_remove_directory(struct pier *pier, const char *path)
{
	return remove_either(pier, path, true);
}

bool twin_rename(struct pier *pier, const char *path, const char *new_path, uint32_t flags)
{
	struct fs_attributes parent, new_parent;
	const char *name, *new_name;
	char *whole = outside(path), *new_whole = outside(new_path);
	int32_t error = parent_find(pier, path, &parent, &name);
	int result = renameat2(AT_FDCWD, whole, AT_FDCWD, new_whole, flags);

	if (!error)
		error = parent_find(pier, new_path, &new_parent, &new_name);
	if (!error)
		error = fs_rename(pier->client, parent.node, new_parent.node, flags, name,
		                  (uint32_t)strlen(name), new_name, (uint32_t)strlen(new_name));
	agree("rename", path, error, result);
	free(whole);
	free(new_whole);
	return error == 0;
}

bool twin_write(struct pier *pier, const char *path, uint64_t offset, uint32_t length, uint32_t seed)
{
	struct fs_write_results results;
	struct fs_attributes node;
	uint8_t *data = malloc(length);
	char *whole = outside(path);
	int file = open(whole, O_WRONLY);
	int32_t error = twin_find(pier, path, &node);

	ck_assert_uint_le(length, WRITE_MAXIMUM);
	for (uint32_t i = 0; i < length; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = (uint8_t)(seed >> 16);
	}
	agree("open", path, error, file);
	if (!error) {
		error = fs_write(pier->client, node.node, offset, 0, data, length, &results);
		ck_assert_msg(error == 0 && results.length == length, "%s: write says %d\n%s", path,
		              (int)error, pier_console());
		ck_assert_int_eq(pwrite(file, data, length, (off_t)offset), (ssize_t)length);
		close(file);
	}
	free(data);
	free(whole);
	return error == 0;
}

static bool attributes_set(struct pier *pier, const char *path, uint32_t valid,
                           const struct fs_attributes *values, int result)
{
	struct fs_attributes node, changed;
	const int reason = errno;
	int32_t error = twin_find(pier, path, &node);

	if (!error)
		error = fs_set_attributes(pier->client, node.node, valid, values, &changed);
	errno = reason;
	return agree("set_attributes", path, error, result);
}

bool twin_truncate(struct pier *pier, const char *path, uint64_t size)
{
	const struct fs_attributes values = {.size = size};
	char *whole = outside(path);
	int result = truncate(whole, (off_t)size);

	free(whole);
	return attributes_set(pier, path, FS_SET_SIZE, &values, result);
}

bool twin_chmod(struct pier *pier, const char *path, uint32_t mode)
{
	const struct fs_attributes values = {.mode = mode};
	char *whole = outside(path);
	int result = chmod(whole, mode);

	free(whole);
	return attributes_set(pier, path, FS_SET_MODE, &values, result);
}

static void times_take(struct pier *pier, const char *path)
{
	char *whole = outside(path);
	struct fs_attributes found;
	struct timespec times[2];
	struct stat status;

	if (lstat(whole, &status) == 0 && S_ISDIR(status.st_mode)) {
		DIR *directory = opendir(whole);
		struct dirent *entry;

		while ((entry = readdir(directory))) {
			char *below;

			if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
				continue;
			ck_assert_int_gt(asprintf(&below, "%s%s%s", path, *path ? "/" : "", entry->d_name),
			                 0);
			times_take(pier, below);
			free(below);
		}
		closedir(directory);
	}
	if (twin_find(pier, path, &found) == 0) {
		times[0] = times[1] = (struct timespec){found.mtime, found.mtime_ns};
		ck_assert_int_eq(utimensat(AT_FDCWD, whole, times, AT_SYMLINK_NOFOLLOW), 0);
	}
	free(whole);
}

void twin_end(struct pier *pier)
{
	times_take(pier, "");
}
