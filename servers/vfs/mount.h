/*
 * Mounts: file systems of other servers, which speak `fs`, at directories of
 * the tmpfs. Which there are, the options that init gives to vfs say:
 *
 *   mount=PATH:SERVICE        and
 *   mount=PATH:SERVICE:ro     through which nothing can be changed
 *
 * A mount is there from the beginning, whether its server is or not: while that
 * is not to be had, what leads into it is POSIX_EIO and all else is served.
 * The mounts' directories are made at the start, and cannot be removed.
 */
#ifndef VFS_MOUNT_H
#define VFS_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/abi/manifest.h>

#include "vfs.h"

#define MOUNT_ACTORS 64u /* identities that are remembered; others are registered anew, which costs a call */

/* An identity as the server knows it. */
struct mount_actor {
	struct identity who;
	uint32_t actor; /* 0: unused */
};

struct remote_node;

struct mount {
	struct vfs *vfs;
	char service[NAME_SIZE];
	char path[MANIFEST_PATH_SIZE];
	bool read_only;
	uint64_t point;                /* the directory in tmpfs; a reference to it is held */
	struct client *client;         /* NULL: never connected yet */
	uint64_t generation;           /* of the client, when it was found to serve */
	bool ready;                    /* it was, and nothing else has been heard since */
	bool connecting;               /* a fiber does */
	bool said;                     /* that it cannot be had */
	uint64_t since;                /* when that fiber began */
	uint32_t waiting;              /* calls, for locks */
	struct remote_node *forgotten; /* to be told to the server once there is room for a call */
	struct mount_actor actors[MOUNT_ACTORS];
};

/* Reads the options and makes the directories. POSIX_EINVAL: they are wrong, or too many; POSIX_ENOMEM, POSIX_ENOSPC. */
int32_t mounts_open(struct vfs *vfs, const char *options);

/*
 * Makes what is not there yet of the directories that lead to `path`, and takes a
 * reference to the last one. POSIX_EINVAL: it does not begin with a slash.
 */
int32_t point_make(struct vfs *vfs, const char *path, uint64_t *point);

/* Begins to connect all of them. Does not wait. */
void mounts_connect(struct vfs *vfs);

/* What is mounted on a directory of tmpfs, or NULL. */
struct mount *mount_at(struct vfs *vfs, uint64_t directory);

/*
 * Whether the server is there; if not, sees to it that it is looked for. For a
 * server that has just been lost it waits a moment. Suspends.
 */
bool mount_ready(struct mount *mount);

/*
 * The actor that stands for `who` with `flags` besides. POSIX_EIO, or what the
 * server says. Suspends where it is not known yet; the mount may have another generation then.
 */
int32_t mount_actor(struct mount *mount, const struct identity *who, uint32_t flags, uint32_t *actor);

#endif
