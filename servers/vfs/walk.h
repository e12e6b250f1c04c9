/*
 * From paths to nodes, as path_resolution(7) says: symbolic links are followed,
 * at most WALK_LINKS_MAX of them (POSIX_ELOOP); every directory on the way
 * must be searchable by the caller; a path that ends with a slash names a
 * directory. Paths begin at the root: POSIX_ENOENT: it is empty, POSIX_EINVAL:
 * it is relative.
 */
#ifndef VFS_WALK_H
#define VFS_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "node.h"

#define WALK_LINKS_MAX 40u

/* What the last component of a path is. */
enum walk_last {
	WALK_NAME,
	WALK_DOT,
	WALK_DOTS,
	WALK_ROOT, /* there is none */
};

/* Fields after `last` are private. */
struct walk {
	struct node_name at; /* the last component and the directory it is in */
	bool slash;          /* slashes follow it */
	enum walk_last last;
	const struct caller *caller;
	const char *rest; /* what is still to go */
	char *buffer;     /* in which that lies, once a link was followed */
	uint32_t links;   /* followed */
};

/*
 * Goes to the directory of the path's last component; the names before it are
 * followed. `path` is NUL-terminated and must outlive the walk. Whatever is
 * returned, walk_end must follow.
 */
int32_t walk_begin(struct walk *walk, const struct caller *caller, const char *path);

/* Looks the last component up, and takes a reference to it. */
int32_t walk_last(struct walk *walk, struct tmpfs_attributes *attributes);

/*
 * The last component is the symbolic link `link`, to which the caller holds a
 * reference that is given back: goes on to the last component of its target.
 */
int32_t walk_follow(struct walk *walk, const struct tmpfs_attributes *link);

void walk_end(struct walk *walk);

/*
 * All the way: the node that `path` names, to which a reference is taken. With
 * `follow` a symbolic link at the end is followed; with a slash after it it
 * always is. POSIX_ENOTDIR: a slash after something else than a directory.
 */
int32_t walk_node(const struct caller *caller, const char *path, bool follow,
                  struct tmpfs_attributes *attributes);

#endif
