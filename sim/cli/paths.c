/* See paths.h. */
#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool paths_find(const char *built, const char *installed, char path[PATH_MAX])
{
	char program[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);

	if (length > 0) {
		program[length] = 0;
		*strrchr(program, '/') = 0;
		length = snprintf(path, PATH_MAX, "%s/%s", program, built);
		if (length < PATH_MAX && access(path, R_OK) == 0)
			return true;
	}
	snprintf(path, PATH_MAX, "%s/%s", DRYDOCK_DATA_DIRECTORY, installed);
	return access(path, R_OK) == 0;
}

bool paths_absolute(const char *given, char path[PATH_MAX])
{
	char directory[PATH_MAX];

	if (realpath(given, path))
		return true;
	/* What died at its mount point, or is not there yet, has a name all the same. */
	if (errno != ENOTCONN && errno != ECONNABORTED && errno != ENOENT)
		return false;
	if (given[0] == '/')
		directory[0] = 0;
	else if (!getcwd(directory, sizeof(directory)))
		return false;
	if (snprintf(path, PATH_MAX, "%s%s%s", directory, given[0] == '/' ? "" : "/", given) < PATH_MAX)
		return true;
	errno = ENAMETOOLONG;
	return false;
}
