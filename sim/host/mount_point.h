/* Looking at mount points, and getting rid of mounts, without ever hanging on a dead one. */
#ifndef DRYDOCK_HOST_MOUNT_POINT_H
#define DRYDOCK_HOST_MOUNT_POINT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether a file system can be mounted on `directory`; `path` (PATH_MAX bytes)
 * becomes its absolute name. False, with the reason in `error`.
 */
bool mount_point_check(const char *directory, char *path, char *error, size_t error_size);

/* Whether something is mounted on exactly `path`, which is absolute. */
bool mount_point_mounted(const char *path);

/* Whether a FUSE file system whose server has died is mounted there. */
bool mount_point_dead(const char *path);

/* Detaches what is mounted there even if it is in use; true when nothing is mounted there any more. */
bool mount_point_detach(const char *path);

/*
 * Unmounts `path`; where it is in use, detaches it. To be run in a child
 * process, since it may have to wait for the file system. The exit code of
 * that child: 0 unmounted, 1 in use and detached, 2 failed.
 */
int mount_point_unmount(const char *path);

#endif
