/* Images for tests: see image.h. */
#include "image.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATHS      8
#define WIDE_COUNT 400
#define DEEP_COUNT 12
#define NAME_LONG  255

static char directory[64];

/* e2fsprogs' tools lie where users often have no path to. */
static const char *const search = "PATH=$PATH:/usr/sbin:/sbin";

bool image_tools(void)
{
	if (system("PATH=$PATH:/usr/sbin:/sbin; exec >/dev/null; command -v mke2fs && command -v debugfs"
	           " && command -v e2fsck && command -v tune2fs") != 0) {
		printf("1..0 # SKIP e2fsprogs are not installed (scripts/setup brings them)\n");
		return false;
	}
	/* In memory where there is such a place: the tests write much, and keep nothing. */
	strcpy(directory, "/dev/shm/drydock-ext4-XXXXXX");
	if (mkdtemp(directory))
		return true;
	strcpy(directory, "/tmp/drydock-ext4-XXXXXX");
	return mkdtemp(directory) != NULL;
}

void image_clean(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf %s", directory);
	if (system(command) != 0)
		perror(command);
}

const char *image_path(const char *name)
{
	static char paths[PATHS][128];
	static unsigned next;
	char *path = paths[next++ % PATHS];

	snprintf(path, sizeof(paths[0]), "%s/%s", directory, name);
	return path;
}

static void command_make(char *command, size_t size, const char *format, va_list arguments)
{
	int prefix = snprintf(command, size, "%s; exec 2>&1; ", search);
	int length = vsnprintf(command + prefix, size - (size_t)prefix, format, arguments);

	ck_assert_int_lt(length, (int)size - prefix);
}

/* Runs it with its output kept; returns the exit code. */
static int run(const char *command, char **output)
{
	size_t length = 0, room = 65536, got;
	char *text = malloc(room);
	FILE *pipe = popen(command, "r");
	int status;

	ck_assert_ptr_nonnull(pipe);
	while ((got = fread(text + length, 1, room - length - 1, pipe)) > 0) {
		length += got;
		room *= 2;
		text = realloc(text, room);
	}
	text[length] = '\0';
	while (length > 0 && text[length - 1] == '\n')
		text[--length] = '\0';
	*output = text;
	status = pclose(pipe);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

void image_run(int worst, const char *format, ...)
{
	char command[4096], *output;
	va_list arguments;
	int code;

	va_start(arguments, format);
	command_make(command, sizeof(command), format, arguments);
	va_end(arguments);
	code = run(command, &output);
	ck_assert_msg(code <= worst, "%s\nended with %d and said:\n%s", command, code, output);
	free(output);
}

char *image_output(const char *format, ...)
{
	char command[4096], *output;
	va_list arguments;

	va_start(arguments, format);
	command_make(command, sizeof(command), format, arguments);
	va_end(arguments);
	ck_assert_int_eq(run(command, &output), 0);
	return output;
}

/* ---- the tree -------------------------------------------------------------------- */

static void fill(const char *path, off_t offset, size_t length, unsigned seed)
{
	int file = open(path, O_WRONLY | O_CREAT, 0644);
	uint8_t *data = malloc(length);

	ck_assert_int_ge(file, 0);
	for (size_t i = 0; i < length; i++) {
		seed = seed * 1103515245 + 12345;
		data[i] = (uint8_t)(seed >> 16);
	}
	ck_assert_int_eq(pwrite(file, data, length, offset), (ssize_t)length);
	free(data);
	close(file);
}

/* Sizes around the edges of blocks, inline data and levels of block maps. */
static void make_files(const char *root)
{
	static const size_t sizes[] = {0,    1,    59,   60,    61,    100,           156,    1023,   1024,
	                               1025, 4096, 4097, 12288, 65536, 12 * 1024 + 1, 300000, 1500000};
	char path[512];

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		snprintf(path, sizeof(path), "%s/size-%zu", root, sizes[i]);
		fill(path, 0, sizes[i], (unsigned)i);
	}
	snprintf(path, sizeof(path), "%s/hole", root);
	fill(path, 0, 5000, 1);
	fill(path, 200000, 70000, 2);
	/* mke2fs 1.47.0 with inline_data forgets a hole at the end. */
	fill(path, 1500000, 1, 3);
	/* Many extents, so that a tree has levels. */
	snprintf(path, sizeof(path), "%s/comb", root);
	for (int i = 0; i < 600; i++)
		fill(path, i * 16384L, 4096, (unsigned)i);
}

static void make_directories(const char *root)
{
	char path[1024];
	int length;

	snprintf(path, sizeof(path), "%s/wide", root);
	ck_assert_int_eq(mkdir(path, 0750), 0);
	for (int i = 0; i < WIDE_COUNT; i++) {
		snprintf(path, sizeof(path), "%s/wide/%d-%.*s", root, i, i % 60,
		         "abcdefghijklmnopqrstuvwxyzäöüABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");
		fill(path, 0, (size_t)i % 5, (unsigned)i);
	}
	length = snprintf(path, sizeof(path), "%s", root);
	for (int i = 0; i < DEEP_COUNT; i++) {
		length += snprintf(path + length, sizeof(path) - (size_t)length, "/deep%d", i);
		ck_assert_int_eq(mkdir(path, 0755), 0);
	}
	snprintf(path, sizeof(path), "%s/empty", root);
	ck_assert_int_eq(mkdir(path, 01777), 0);
	length = snprintf(path, sizeof(path), "%s/", root);
	memset(path + length, 'n', NAME_LONG);
	path[length + NAME_LONG] = '\0';
	fill(path, 0, 3, 4);
}

static void make_others(const char *root)
{
	char path[512], other[512], target[1024];

	for (unsigned size = 1; size < 1000; size = size * 3 + 1) {
		snprintf(path, sizeof(path), "%s/symlink-%u", root, size);
		memset(target, 'x', size);
		target[size] = '\0';
		ck_assert_int_eq(symlink(target, path), 0);
	}
	snprintf(path, sizeof(path), "%s/size-100", root);
	snprintf(other, sizeof(other), "%s/linked", root);
	ck_assert_int_eq(link(path, other), 0);
	snprintf(path, sizeof(path), "%s/fifo", root);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	/* Only root makes devices and gives files away. */
	if (geteuid() != 0)
		return;
	snprintf(path, sizeof(path), "%s/device", root);
	ck_assert_int_eq(mknod(path, S_IFCHR | 0620, makedev(5, 17)), 0);
	snprintf(path, sizeof(path), "%s/disk", root);
	ck_assert_int_eq(mknod(path, S_IFBLK | 0660, makedev(259, 70000)), 0);
	snprintf(path, sizeof(path), "%s/size-59", root);
	ck_assert_int_eq(chown(path, 70000, 100000), 0);
	ck_assert_int_eq(chmod(path, 06751), 0);
}

void image_make(const char *name, const char *size, const char *options)
{
	const char *root = image_path("tree");

	if (mkdir(root, 0755) == 0) {
		make_files(root);
		make_directories(root);
		make_others(root);
	} else {
		ck_assert_int_eq(errno, EEXIST);
	}
	image_run(0, "rm -f %s && mke2fs -q -F %s -d %s %s %s </dev/null", image_path(name), options, root,
	          image_path(name), size);
}
