/* Where this command finds what belongs to it: beside it in a build tree, or where it was installed. */
#ifndef DRYDOCK_CLI_PATHS_H
#define DRYDOCK_CLI_PATHS_H

#include <stdbool.h>
#include <limits.h>

/*
 * The first that exists of `built` (seen from the directory of this program)
 * and `installed` (from DATADIR/drydock), into `path`. False: neither; `path`
 * is then the second.
 */
bool paths_find(const char *built, const char *installed, char path[PATH_MAX]);

/* `given` made absolute, with links resolved as far as it exists. False, with errno. */
bool paths_absolute(const char *given, char path[PATH_MAX]);

#endif
