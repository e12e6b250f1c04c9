/*
 * The vfs server: files for programs (protocol `vfs`, by path) and for the
 * FUSE bridge (protocol `fs`, by node), at one port.
 *
 *   vfs.c            the beginning
 *   storage.c        memory for tmpfs, and its options
 *   session.c        what a connection holds: references and open files
 *   permission.c     who may do what; pure functions
 *   node.c           operations on nodes with permissions: all of tmpfs that the rest sees
 *   walk.c           from paths to nodes
 *   mount.c          file systems of other servers, and whether they are there
 *   remote*.c        nodes of these
 *   open_file.c      open files of a session
 *   node_protocol.c  the handlers of `fs`,
 *   node_directory.c those of directories with attributes, and of unnamed files,
 *   node_space.c     those of a file's space,
 *   node_xattr.c     and those of extended attributes, with their permissions
 *   node_acl.c       access control lists, which come as such attributes; acl.c
 *   node_lock.c      locks of files, and those handlers of both protocols
 *   device.c         devices that are memory: null, zero, …
 *   view.c           processes and ports as files
 *   watch.c          telling clients that remember what others have changed
 *   path_protocol.c  the handlers of `vfs` that work on names,
 *   path_files.c     those that work on open files,
 *   path_attributes.c  and those for attributes, of names and of open files
 *
 * tmpfs never suspends, so neither does a handler that has to do with it alone:
 * what one has looked at does not change before it is done. Where another
 * server is asked that is not so; docs/ARCHITECTURE.md ("Mounts") says what holds.
 */
#ifndef VFS_VFS_H
#define VFS_VFS_H

#include <stdbool.h>
#include <stdint.h>

#include <drydock/hash.h>
#include <drydock/list.h>
#include <drydock/locks.h>
#include <drydock/posix.h>
#include <drydock/server.h>

#include "arena.h"
#include "tmpfs.h"

struct mount;
struct session;

/* A file that shows the system (view.c). */
#define VIEWS 2u
struct view {
	uint64_t node;
	uint64_t written; /* when, by runtime_time; 0: never yet */
};

struct vfs {
	struct runtime *runtime;
	struct hash_key key; /* of the sessions' tables */
	struct tmpfs tmpfs;
	struct arena arena;
	struct mount *mounts; /* room for MANIFEST_MOUNTS; NULL where there are none */
	uint32_t mount_count;
	struct list watches; /* sessions' (watch.c) */
	struct lock_table locks;
	bool has_views;
	struct view views[VIEWS];
	struct hash_key random;  /* of the next reader of the device random (device.c) */
	uint64_t lock_owners; /* numbers given to sessions and open files so far */
};

/* On whose behalf something is done. */
struct caller {
	struct vfs *vfs;
	struct session *session;
	const struct identity *who;
};

/* `type` is one of POSIX_S_IF*. */
static inline bool attributes_type_is(const struct tmpfs_attributes *attributes, uint32_t type)
{
	return (attributes->mode & POSIX_S_IFMT) == type;
}

/* Fills in who makes `request`; POSIX_EINVAL: its actor is unknown. */
int32_t caller_find(const struct request *request, struct caller *caller);

/* Now, for time stamps. */
struct tmpfs_time vfs_now(const struct vfs *vfs);

/*
 * storage.c: sets up vfs->tmpfs, empty, as `options` (text of the start block) says:
 *
 *   size=N       bytes, with K, M or G, rounded up to pages; 0 for no limit; by
 *                default STORAGE_SIZE_DEFAULT. The process's memory quota limits
 *                it, too, and better be larger.
 *   nr_inodes=N  at most so many nodes, with K, M or G; 0 for no limit; by
 *                default one for each page
 *   mode=N       the root's permission bits, octal; by default 755
 *   uid=N        the root's owner,
 *   gid=N        and group; by default those whom the system runs for
 *
 * They are those of Linux's tmpfs(5), but that a size is no percentage: of how
 * much, this process does not know. In the manifest it may be one, of which bytes are made.
 *
 * POSIX_EINVAL: one of them is no such number, and *wrong is its name.
 * POSIX_ENOSPC: no memory even for an empty file system.
 */
#define STORAGE_SIZE_DEFAULT (512ull << 20)

int32_t storage_open(struct vfs *vfs, const char *options, const char **wrong);

#endif
