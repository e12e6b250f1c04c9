/* How the remote_*.c make calls. */
#ifndef VFS_REMOTE_INTERNAL_H
#define VFS_REMOTE_INTERNAL_H

#include <drydock/client.h>
#include <drydock/proto/fs.h>

#include "remote.h"

/*
 * One reference in a server. Its number in vfs is its address, shifted. Once
 * nobody in vfs holds it, it is itself the call that gives the reference back.
 */
struct remote_node {
	struct mount *mount;
	uint64_t generation; /* of the mount; in another one the number says nothing */
	uint64_t number;     /* the server's */
	uint64_t references; /* in vfs */
	bool held;           /* by vfs in the server; the root found by its number is not */
	bool asking;         /* for a ticket */
	uint64_t ticket;     /* offered for it, to be withdrawn before it is forgotten; 0: none */
	struct remote_node *next; /* in mount->forgotten */
	struct call forget;
};

/* An operation under way. It holds its node, so that this outlives a suspension. */
struct operation {
	struct mount *mount;
	struct client *client;
	uint64_t node;           /* in vfs */
	uint64_t number;         /* in the server */
	uint64_t generation;
	uint32_t actor;
	struct remote_node *made; /* for the node that will be found or made; NULL: none will */
	struct call call;
};

enum operation_kind {
	LOOKS = 0,
	CHANGES = 1, /* refused where the mount is read-only */
	OPENED = 2,  /* it was permitted when the file was opened */
};

/* The reference behind a number, and its number. */
struct remote_node *remote_of(uint64_t node);
uint64_t remote_handle(const struct remote_node *remote);

/* A reference of vfs's own, held once; NULL without memory. */
struct remote_node *remote_make(struct mount *mount, uint64_t number);

/*
 * Begins an operation with a node; `kind` is of enum operation_kind. POSIX_EROFS,
 * POSIX_EIO, POSIX_ESTALE and what mount_actor says: then there is nothing to end.
 */
int32_t operation_begin(const struct caller *caller, uint64_t node, unsigned kind,
                        struct operation *operation);

/* As operation_begin, for what finds or makes a node: afterwards nothing fails for want of memory. */
int32_t operation_begin_finding(const struct caller *caller, uint64_t node, unsigned kind,
                                struct operation *operation);

/*
 * Whether operation->call, if preparing it went well, can be made now: 0. Else it
 * has been ended.
 */
int32_t operation_ready(struct operation *operation, int32_t prepared);

/*
 * Makes operation->call, if preparing it went well. 0: it is done, and is to
 * be finished and ended. Else it was not made.
 */
int32_t operation_run(struct operation *operation, int32_t prepared);

/* Ends it, and makes of a call's status what a program is to see. */
int32_t operation_end(struct operation *operation, int32_t status);

/* The same, where the server has `found` a node and with it given a reference. */
int32_t operation_end_finding(struct operation *operation, int32_t status, const struct fs_attributes *found,
                              struct tmpfs_attributes *attributes);

void remote_attributes_take(struct tmpfs_attributes *to, const struct fs_attributes *from);

#endif
