/* `drydock fs ls`, `stat` and `df`: what shows. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "apps/shell/text.h"
#include "cli.h"
#include "fs.h"

#define READDIR_BUFFER (32 * 1024)

/* ---- reading a directory --------------------------------------------------- */

int32_t fs_directory_read(const struct fs *fs, const char *path, struct fs_directory *directory)
{
	struct files_directory reading;
	struct files_entry entry;
	void *buffer = malloc(READDIR_BUFFER);
	bool found = true;
	int32_t error = buffer ? files_opendir(fs->client, path, buffer, READDIR_BUFFER, &reading) : POSIX_ENOMEM;

	*directory = (struct fs_directory){0};
	if (!error) {
		while (!error && found) {
			error = files_readdir(&reading, &entry, &found);
			if (!error && found)
				error = fs_directory_add(directory, &entry);
		}
		files_closedir(&reading);
	}
	free(buffer);
	if (error)
		fs_directory_free(directory);
	else
		fs_directory_sort(directory);
	return error;
}

/* ---- ls ----------------------------------------------------------------------- */

static void print_name(const char *name)
{
	char clean[POSIX_PATH_MAX];
	size_t length = strlen(name);

	/* Programs that read the list get the name as it is. */
	if (length >= sizeof(clean) || !isatty(STDOUT_FILENO)) {
		fputs(name, stdout);
		return;
	}
	memcpy(clean, name, length + 1);
	text_harmless(clean, length, false);
	fputs(clean, stdout);
}

static void format_time(int64_t seconds, const char *format, char *text, size_t size)
{
	time_t time = (time_t)seconds;
	struct tm broken_down;

	if (!localtime_r(&time, &broken_down) || !strftime(text, size, format, &broken_down))
		snprintf(text, size, "%" PRId64, seconds);
}

static void print_link_target(const struct fs *fs, const char *path)
{
	char target[POSIX_PATH_MAX];
	size_t length;

	if (files_readlink(fs->client, path, target, sizeof(target) - 1, &length))
		return;
	target[length] = 0;
	fputs(" -> ", stdout);
	print_name(target);
}

static int print_entry(const struct fs *fs, const char *path, const char *name)
{
	char mode[TEXT_MODE_SIZE], time[64];
	struct vfs_status status;
	int32_t error;

	if (!fs->flag) {
		print_name(name);
		putchar('\n');
		return CLI_OK;
	}
	error = files_lstat(fs->client, path, &status);
	if (error)
		return fs_error(fs, path, error);
	text_mode(status.mode, mode);
	format_time(status.mtime, "%Y-%m-%d %H:%M", time, sizeof(time));
	printf("%s %3u %5u %5u %10" PRIu64 " %s ", mode, status.links, status.uid, status.gid, status.size, time);
	print_name(name);
	if ((status.mode & POSIX_S_IFMT) == POSIX_S_IFLNK)
		print_link_target(fs, path);
	putchar('\n');
	return CLI_OK;
}

static int list_directory(const struct fs *fs, const char *path)
{
	struct fs_directory directory;
	char entry[POSIX_PATH_MAX];
	int32_t error = fs_directory_read(fs, path, &directory);
	int result = CLI_OK;

	if (error)
		return fs_error(fs, path, error);
	for (size_t index = 0; index < directory.count; index++) {
		const char *name = directory.names[index].name;

		if (text_join(path, name, entry) != 0)
			result = fs_error(fs, name, POSIX_ENAMETOOLONG);
		else if (print_entry(fs, entry, name) != CLI_OK)
			result = CLI_FAILED;
	}
	fs_directory_free(&directory);
	return result;
}

static int list_operand(const struct fs *fs, const char *operand, bool heading)
{
	struct vfs_status status;
	char path[POSIX_PATH_MAX];
	int32_t error;

	if (!fs_path(fs, operand, path))
		return CLI_FAILED;
	/* A link to a directory is shown itself with -l, as ls does. */
	error = fs->flag ? files_lstat(fs->client, path, &status) : files_stat(fs->client, path, &status);
	if (error == POSIX_ENOENT && !fs->flag)
		error = files_lstat(fs->client, path, &status);
	if (error)
		return fs_error(fs, path, error);
	if ((status.mode & POSIX_S_IFMT) != POSIX_S_IFDIR)
		return print_entry(fs, path, operand);
	if (heading) {
		print_name(operand);
		puts(":");
	}
	return list_directory(fs, path);
}

int fs_ls(struct fs *fs)
{
	int result = CLI_OK;

	if (fs->count == 0)
		return list_directory(fs, "/");
	for (int index = 0; index < fs->count; index++) {
		if (index)
			putchar('\n');
		if (list_operand(fs, fs->operands[index], fs->count > 1) != CLI_OK)
			result = CLI_FAILED;
	}
	return result;
}

/* ---- stat, df -------------------------------------------------------------------- */

static void print_time(const char *label, int64_t seconds, uint32_t nanoseconds)
{
	char text[64], zone[16];

	format_time(seconds, "%Y-%m-%d %H:%M:%S", text, sizeof(text));
	format_time(seconds, "%z", zone, sizeof(zone));
	printf("  %s  %s.%09u %s\n", label, text, nanoseconds, zone);
}

static int show_status(const struct fs *fs, const char *operand)
{
	char path[POSIX_PATH_MAX], mode[TEXT_MODE_SIZE];
	struct vfs_status status;
	int32_t error;

	if (!fs_path(fs, operand, path))
		return CLI_FAILED;
	error = files_lstat(fs->client, path, &status);
	if (error)
		return fs_error(fs, path, error);
	text_mode(status.mode, mode);
	print_name(path);
	if ((status.mode & POSIX_S_IFMT) == POSIX_S_IFLNK)
		print_link_target(fs, path);
	printf("\n  type      %s\n", text_file_type(status.mode));
	printf("  mode      %04o %s\n", status.mode & 07777u, mode);
	printf("  owner     %u:%u\n", status.uid, status.gid);
	printf("  size      %" PRIu64 " bytes, %" PRIu64 " blocks of 512\n", status.size, status.blocks);
	printf("  node      %" PRIu64 ", %u links\n", status.node, status.links);
	if ((status.mode & POSIX_S_IFMT) == POSIX_S_IFCHR || (status.mode & POSIX_S_IFMT) == POSIX_S_IFBLK)
		printf("  device    %u:%u\n", status.device >> 8, status.device & 0xff);
	print_time("accessed", status.atime, status.atime_ns);
	print_time("modified", status.mtime, status.mtime_ns);
	print_time("changed ", status.ctime, status.ctime_ns);
	return CLI_OK;
}

int fs_stat(struct fs *fs)
{
	int result = CLI_OK;

	for (int index = 0; index < fs->count; index++)
		if (show_status(fs, fs->operands[index]) != CLI_OK)
			result = CLI_FAILED;
	return result;
}

static int show_statistics(const struct fs *fs, const char *operand)
{
	char path[POSIX_PATH_MAX], size[TEXT_SIZE_SIZE], used[TEXT_SIZE_SIZE], available[TEXT_SIZE_SIZE];
	struct vfs_statistics statistics;
	int32_t error;

	if (!fs_path(fs, operand, path))
		return CLI_FAILED;
	error = files_statfs(fs->client, path, &statistics);
	if (error)
		return fs_error(fs, path, error);
	text_size(statistics.blocks * statistics.block_size, size);
	text_size((statistics.blocks - statistics.blocks_free) * statistics.block_size, used);
	text_size(statistics.blocks_free * statistics.block_size, available);
	printf("%10s %10s %10s %10" PRIu64 " %10" PRIu64 "  ", size, used, available,
	       statistics.nodes - statistics.nodes_free, statistics.nodes_free);
	print_name(path);
	putchar('\n');
	return CLI_OK;
}

int fs_df(struct fs *fs)
{
	int result = CLI_OK;

	printf("%10s %10s %10s %10s %10s  %s\n", "Size", "Used", "Free", "Files", "Free files", "Path");
	if (fs->count == 0)
		return show_statistics(fs, "/");
	for (int index = 0; index < fs->count; index++)
		if (show_statistics(fs, fs->operands[index]) != CLI_OK)
			result = CLI_FAILED;
	return result;
}
