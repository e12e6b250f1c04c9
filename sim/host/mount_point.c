/* Mount points (mount_point.h). */
#include "mount_point.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* Undoes the octal escapes of /proc/self/mountinfo (proc(5)) in place. */
static void unescape(char *text)
{
	char *to = text;

	while (*text != '\0') {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' && text[2] <= '7' &&
		    text[3] >= '0' && text[3] <= '7') {
			*to++ = (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 | (text[3] - '0'));
			text += 4;
		} else {
			*to++ = *text++;
		}
	}
	*to = '\0';
}

/* The type of what is mounted on `path` last (on top), into `type`; false where nothing is. */
static bool mounted_type(const char *path, char *type, size_t size)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	char *line = NULL;
	size_t line_size = 0;
	bool found = false;

	while (file != NULL && getline(&line, &line_size, file) > 0) {
		char point[PATH_MAX];
		char *rest = strstr(line, " - ");

		/* "36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw" */
		if (rest == NULL || sscanf(line, "%*s %*s %*s %*s %4095s", point) != 1)
			continue;
		unescape(point);
		if (strcmp(point, path) != 0)
			continue;
		rest += 3;
		snprintf(type, size, "%.*s", (int)strcspn(rest, " \n"), rest);
		found = true;
	}
	free(line);
	if (file != NULL)
		fclose(file);
	return found;
}

bool mount_point_mounted(const char *path)
{
	char type[64];

	return mounted_type(path, type, sizeof(type));
}

bool mount_point_dead(const char *path)
{
	char type[64];
	struct statfs status;

	if (!mounted_type(path, type, sizeof(type)) || strncmp(type, "fuse", 4) != 0)
		return false;
	/* Attributes may come from a cache; this is always asked of the server, or fails at once. */
	return statfs(path, &status) != 0 && (errno == ENOTCONN || errno == ECONNABORTED);
}

bool mount_point_check(const char *directory, char *path, char *error, size_t error_size)
{
	struct stat status;

	if (realpath(directory, path) == NULL) {
		if (errno == ENOTCONN || errno == ECONNABORTED)
			snprintf(error, error_size,
			         "%s is the mount of a file system whose server has died; "
			         "free it by: fusermount3 -uz %s",
			         directory, directory);
		else if (errno == ENOENT)
			snprintf(error, error_size, "%s does not exist; make it by: mkdir %s", directory,
			         directory);
		else
			snprintf(error, error_size, "%s: %s", directory, strerror(errno));
		return false;
	}
	if (mount_point_dead(path)) {
		snprintf(
			error, error_size,
			"%s is the mount of a file system whose server has died; "
			"free it by: fusermount3 -uz %s",
			path, path);
		return false;
	}
	if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode)) {
		snprintf(error, error_size, "%s is not a directory; name one to mount on", path);
		return false;
	}
	if (strchr(path, '\n') != NULL) {
		snprintf(error, error_size, "the name of a mount point may not have a line break in it");
		return false;
	}
	if (mount_point_mounted(path)) {
		snprintf(error, error_size,
		         "something is mounted on %s already; choose another directory or unmount it", path);
		return false;
	}
	return true;
}

/* Runs fusermount3, which may do for a user what only root can do by umount2. */
static bool run_fusermount(const char *mode, const char *path)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		freopen("/dev/null", "w", stderr);
		execlp("fusermount3", "fusermount3", mode, "--", path, (char *)NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0) {
		if (errno != EINTR)
			return false;
	}
	return child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool mount_point_detach(const char *path)
{
	if (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) != 0 && errno == EPERM)
		run_fusermount("-uz", path);
	return !mount_point_mounted(path);
}

int mount_point_unmount(const char *path)
{
	bool forbidden;

	if (umount2(path, UMOUNT_NOFOLLOW) == 0)
		return 0;
	forbidden = errno == EPERM;
	if (!mount_point_mounted(path) || (forbidden && run_fusermount("-u", path)))
		return 0;
	return mount_point_detach(path) ? 1 : 2;
}
