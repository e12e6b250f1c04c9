/*
 * The vfs server in a test's own process: its handlers are called through the
 * generated client stubs and dispatch, over connections that lie in memory. The
 * harness stands for the runtime, and can run out of memory when it is told to.
 */
#ifndef VFS_HARNESS_H
#define VFS_HARNESS_H

#include <check.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>
#include <drydock/proto/fs.h>
#include <drydock/proto/vfs.h>
#include <drydock/server.h>

#define HARNESS_ACTORS 8u
#define HARNESS_LINES  8u
#define HARNESS_PEER   77u /* the process number of all clients */

struct connection {
	void *context;
	struct identity identity[HARNESS_ACTORS]; /* by actor */
	uint32_t actors;
};

/* One end of a connection; its calls are served inside the stubs. */
struct client {
	struct harness *harness;
	const struct protocol *protocol;
	const void *operations;
	struct connection connection;
	uint32_t actor; /* for whom calls are made; 0 at first */
	struct client *next;
};

struct harness {
	struct runtime *runtime;
	uint64_t wall_time;       /* nanoseconds; goes on by one with each look at it */
	uint64_t memory_quota;    /* bytes of memory objects, all in all */
	uint64_t memory;          /* taken of it */
	uint64_t allocations;     /* that runtime_free has not seen */
	uint64_t allocated;       /* bytes of these */
	uint64_t allocations_max; /* more fail */
	bool stopped;
	handle_t authority;       /* granted, for the console and to inspect; 0: not */
	uint64_t time;            /* monotonic nanoseconds */
	uint32_t count;           /* processes in the kernel's first reply, */
	char name[32];            /* all of this name */
	uint32_t inspected;       /* calls that asked for them, or for ports */
	char printed[8192];       /* there */
	bool registered;
	char line[HARNESS_LINES][256]; /* logged */
	uint32_t lines;
};

/* Starts the server with these options, as in the manifest. Not `stopped`: it serves. */
struct harness *harness_begin(const char *options);

/* The same without authorities, on a machine without randomness. */
struct harness *harness_begin_bare(const char *options);

/* Disconnects all, and checks that the server has kept no memory of theirs. */
void harness_end(struct harness *harness);

/* Connects with this identity (actor 0); NULL: the server refused. */
struct client *harness_connect(struct harness *harness, const struct protocol *protocol,
                               const struct identity *own);

/* Registers one more identity; returns the actor. */
uint32_t harness_actor(struct client *client, const struct identity *identity);

void harness_disconnect(struct client *client);

/*
 * A call that may be kept by the server, prepared by its stub: whether it has
 * been answered (then `served` is gone, and the call to be finished), and giving it up.
 */
struct served *harness_submit(struct call *call);
bool harness_served(struct served *served);
void harness_cancel(struct served *served);

/* Time passes: all timers that are set fire. */
void harness_fire(struct harness *harness);

/* How many nodes can still be made. */
uint64_t harness_nodes_free(struct client *client);

#define IDENTITY(user, group) (&(const struct identity){.uid = (user), .gid = (group)})

/* Short forms of the path protocol's calls, with terminated paths; they return the status. */
int32_t at_open(struct client *client, uint32_t flags, uint32_t mode, const char *path, uint32_t *file);
int32_t at_stat(struct client *client, const char *path, bool nofollow, struct vfs_status *status);
int32_t at_mkdir(struct client *client, const char *path, uint32_t mode);
int32_t at_rmdir(struct client *client, const char *path);
int32_t at_unlink(struct client *client, const char *path);
int32_t at_rename(struct client *client, const char *path, const char *new_path, uint32_t flags);
int32_t at_link(struct client *client, const char *path, const char *new_path);
int32_t at_symlink(struct client *client, const char *target, const char *path);
int32_t at_readlink(struct client *client, const char *path, char *target, uint32_t size);
int32_t at_chmod(struct client *client, const char *path, uint32_t mode);
int32_t at_chown(struct client *client, const char *path, uint32_t uid, uint32_t gid);
int32_t at_truncate(struct client *client, const char *path, uint64_t size);

/* Makes a file of that content; must succeed. */
void at_make(struct client *client, const char *path, uint32_t mode, const char *content);

/* The `main` of a test program of one suite. */
int harness_run(Suite *suite);

#endif
