/*
 * What a connection holds: references to nodes, counted for each node, and
 * open files. All of it goes with the connection, so that a client that dies
 * leaves nothing behind, and none can give back what another one holds.
 */
#ifndef VFS_SESSION_H
#define VFS_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "open_file.h"
#include "vfs.h"

struct session_reference {
	uint64_t node;       /* 0: unused */
	uint64_t count : 62; /* of tmpfs references that are this session's */
	uint64_t changed : 1; /* what watch.c is to tell: attributes or content, */
	uint64_t names : 1;   /* and any names in it */
};

struct session {
	struct vfs *vfs;
	struct session_reference *references; /* open addressing, linear probing */
	uint32_t capacity;                    /* a power of two, or 0 */
	uint32_t used;
	struct open_files files;
	struct watch *watch; /* NULL until it watches */
	struct lock_session locks;
	bool locks_remote;   /* it has asked for locks in mounted file systems */
	uint64_t lock_owner; /* whom its locks of bytes belong to by the path protocol */
};

/* NULL without memory. */
struct session *session_create(struct vfs *vfs);

/* Gives back all that the session holds, and the session itself. */
void session_destroy(struct session *session);

/* Makes room so that the next session_hold cannot fail. POSIX_ENOMEM. */
int32_t session_reserve(struct session *session);

/* One tmpfs reference to `node`, taken by the caller, becomes the session's. */
void session_hold(struct session *session, uint64_t node);

/* The session's references to a node, or NULL; good until it gets or loses any. */
struct session_reference *session_find(const struct session *session, uint64_t node);

/* Whether it holds any. */
bool session_holds(const struct session *session, uint64_t node);

/* Gives `count` references back. POSIX_EINVAL: the session does not hold as many; then none. */
int32_t session_forget(struct session *session, uint64_t node, uint64_t count);

#endif
