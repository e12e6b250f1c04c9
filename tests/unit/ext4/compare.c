/* Comparing trees: see compare.h. This runs in a fiber, whose stack is small: paths lie in the heap. */
#include "compare.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <drydock/posix.h>

#define TARGET_SIZE 1024
#define NAMES       4096

struct names {
	char *name[NAMES];
	uint32_t mode[NAMES];
	unsigned count;
};

static void names_add(struct names *names, const char *name, size_t length, uint32_t mode)
{
	ck_assert_uint_lt(names->count, NAMES);
	names->mode[names->count] = mode;
	names->name[names->count++] = strndup(name, length);
}

static void names_free(struct names *names)
{
	for (unsigned i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names);
}

/* Reads a directory through a buffer so small that it takes many calls. */
static struct names *names_read(struct pier *pier, uint64_t directory)
{
	struct names *names = calloc(1, sizeof(*names));
	uint8_t buffer[600];
	uint64_t cookie = 0;

	for (;;) {
		struct fs_readdir_results results;
		uint32_t at = 0;

		ck_assert_int_eq(
			fs_readdir(pier->client, directory, cookie, buffer, sizeof(buffer), &results), 0);
		if (results.entries_length == 0)
			return names;
		while (at < results.entries_length) {
			struct fs_entry entry;

			memcpy(&entry, buffer + at, sizeof(entry));
			names_add(names, (char *)buffer + at + sizeof(entry), entry.name_length, entry.mode);
			at += (uint32_t)sizeof(entry) + ((entry.name_length + 7) & ~7u);
			cookie = entry.cookie;
		}
		ck_assert_uint_eq(at, results.entries_length);
	}
}

static int names_find(const struct names *names, const char *name)
{
	int found = -1;

	for (unsigned i = 0; i < names->count; i++) {
		if (strcmp(names->name[i], name) != 0)
			continue;
		ck_assert_msg(found < 0, "%s is there twice", name);
		found = (int)i;
	}
	return found;
}

static void compare_attributes(const char *path, const struct stat *status, const struct fs_attributes *found)
{
	ck_assert_msg(found->mode == status->st_mode, "%s: mode %o, not %o", path, found->mode, status->st_mode);
	ck_assert_msg(found->uid == status->st_uid && found->gid == status->st_gid, "%s: owner %u:%u", path,
	              found->uid, found->gid);
	ck_assert_msg(found->mtime == status->st_mtime, "%s: mtime %lld", path, (long long)found->mtime);
	ck_assert_msg(found->links == status->st_nlink, "%s: %u links", path, found->links);
	if (!S_ISDIR(status->st_mode))
		ck_assert_msg(found->size == (uint64_t)status->st_size, "%s: size %llu", path,
		              (unsigned long long)found->size);
	if (S_ISCHR(status->st_mode) || S_ISBLK(status->st_mode))
		ck_assert_msg(found->device == (major(status->st_rdev) << 8 | (minor(status->st_rdev) & 0xff) |
		                                (minor(status->st_rdev) & ~0xffu) << 12),
		              "%s: device %x", path, found->device);
}

static void compare_file(struct pier *pier, const char *path, const struct fs_attributes *found, uint32_t piece)
{
	uint8_t *got = pier_read(pier, found, piece), *expected = malloc(found->size + 1);
	int file = open(path, O_RDONLY);

	ck_assert_int_ge(file, 0);
	ck_assert_int_eq(read(file, expected, found->size), (ssize_t)found->size);
	ck_assert_msg(memcmp(got, expected, found->size) == 0, "%s: other content", path);
	close(file);
	free(got);
	free(expected);
}

static void compare_symlink(struct pier *pier, const char *path, const struct fs_attributes *found)
{
	char got[TARGET_SIZE], expected[TARGET_SIZE];
	ssize_t length = readlink(path, expected, sizeof(expected));
	struct fs_readlink_results results;

	ck_assert_int_eq(fs_readlink(pier->client, found->node, got, sizeof(got), &results), 0);
	ck_assert_uint_eq(results.target_length, (size_t)length);
	ck_assert_int_eq(memcmp(got, expected, (size_t)length), 0);
	/* Cut where there is no room for more. */
	ck_assert_int_eq(fs_readlink(pier->client, found->node, got, 1, &results), 0);
	ck_assert_uint_eq(results.target_length, 1);
}

static void compare_directory(struct pier *pier, const char *path, uint64_t node, uint64_t parent, uint32_t piece);

static void compare_entry(struct pier *pier, const char *path, const char *name, uint64_t directory, uint32_t mode,
                          uint32_t piece)
{
	struct fs_attributes found;
	char *below;
	struct stat status;
	int32_t error = pier_look(pier, directory, name, &found);

	ck_assert_int_gt(asprintf(&below, "%s/%s", path, name), 0);
	ck_assert_int_eq(lstat(below, &status), 0);
	ck_assert_msg(error == 0, "%s: lookup says %d\n%s", below, (int)error, pier_console());
	ck_assert_msg(mode == 0 || mode == (status.st_mode & S_IFMT), "%s: its entry has type %o", below, mode);
	compare_attributes(below, &status, &found);
	if (S_ISREG(status.st_mode))
		compare_file(pier, below, &found, piece);
	else if (S_ISLNK(status.st_mode))
		compare_symlink(pier, below, &found);
	else if (S_ISDIR(status.st_mode))
		compare_directory(pier, below, found.node, directory, piece);
	free(below);
}

static void compare_directory(struct pier *pier, const char *path, uint64_t node, uint64_t parent, uint32_t piece)
{
	struct names *names = names_read(pier, node);
	unsigned expected = parent == node && names_find(names, "lost+found") >= 0;
	struct fs_attributes dots;
	struct dirent *entry;
	DIR *directory = opendir(path);

	ck_assert_ptr_nonnull(directory);
	while ((entry = readdir(directory))) {
		int at = names_find(names, entry->d_name);

		ck_assert_msg(at >= 0, "%s/%s is not listed", path, entry->d_name);
		expected++;
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			compare_entry(pier, path, entry->d_name, node, names->mode[at], piece);
	}
	ck_assert_msg(names->count == expected, "%s: %u entries, not %u", path, names->count, expected);
	closedir(directory);
	names_free(names);
	ck_assert_int_eq(pier_look(pier, node, ".", &dots), 0);
	ck_assert_uint_eq(dots.node, node);
	ck_assert_int_eq(pier_look(pier, node, "..", &dots), 0);
	ck_assert_uint_eq(dots.node, parent);
	ck_assert_int_eq(pier_look(pier, node, "no such name", &dots), POSIX_ENOENT);
}

void compare_trees(struct pier *pier, const char *path, uint32_t piece)
{
	compare_directory(pier, path, FS_ROOT, FS_ROOT, piece);
}
