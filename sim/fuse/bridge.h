/*
 * What the files of the FUSE bridge share. The bridge is one thread, but for one
 * that does nothing but tell Linux what to forget (notice.c): requests
 * come from /dev/fuse (loop.c), become calls of the node protocol on a lane to
 * the vfs (handlers*.c, operation.c), and the replies become FUSE replies.
 *
 * A request that cannot be started (no credit, no connection, an identity that
 * the vfs does not know yet) is parked: libfuse forgets it, its message stays
 * in its buffer, no other is read meanwhile, and it is handed to libfuse once
 * more when something has changed.
 */
#ifndef DRYDOCK_SIM_FUSE_BRIDGE_H
#define DRYDOCK_SIM_FUSE_BRIDGE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>

#include <fuse_lowlevel.h>

#include <drydock/list.h>
#include <drydock/proto/fs.h>
#include <drydock/server.h>

#include "options.h"

#define BRIDGE_DEPTH         256u               /* calls in flight */
#define BRIDGE_AREA          (16u * 1024 * 1024) /* bytes of the lane's data area */
#define BRIDGE_BUFFERS       8u                 /* requests that can lie in memory at once */
#define BRIDGE_WRITE_MAXIMUM (1024u * 1024)     /* bytes of data in one WRITE */
#define BRIDGE_READ_AHEAD    (1024u * 1024)     /* bytes, where that may be set: one READ of the largest size */
#define BRIDGE_HEADER_SIZE   4096u              /* room before the data, as libfuse reckons it */
#define BRIDGE_BUFFER_SIZE   (BRIDGE_WRITE_MAXIMUM + BRIDGE_HEADER_SIZE)

struct bridge;

/* Where a request is read to: a part of the lane's data area, so that what it writes can be lent. */
struct buffer {
	struct list link; /* bridge->buffers while it is free */
	struct reservation reservation;
};

/* One request being served. */
struct operation {
	struct list link; /* bridge->operations while it is free */
	struct bridge *bridge;
	fuse_req_t request;
	struct call call;
	void (*finish)(struct operation *operation); /* replies to the request; the call is done */
	struct buffer *buffer; /* on loan to the call, or NULL */
	struct ahead *ahead;   /* attributes asked for together with this, or by this; or NULL */
	uint32_t serial;       /* of that question */
	bool others;           /* changes attributes of nodes that it does not name */
	uint64_t node;         /* whose extended attributes it asks for or sets; 0: none */
	uint32_t epoch;        /* bridge->bare_epoch when it asked */
};

/* The answer to a question that Linux is about to ask (ahead.c). */
#define AHEAD_SLOTS 16384u

struct ahead {
	struct fs_attributes attributes;
	uint64_t node;
	uint64_t expires; /* monotonic nanoseconds */
	uint32_t serial;  /* of the last question; answers to others do not count */
	uint32_t epoch;   /* bridge->ahead_epoch when the change was made */
	bool changed;     /* the change has been made */
	bool valid;
};

/* A node that has no file capabilities (bare.c). */
#define BARE_SLOTS 16384u

struct bare {
	uint64_t node;
	uint64_t expires; /* monotonic nanoseconds */
};

/* References to give back that no call has taken along yet (forget.c). */
struct forget {
	uint64_t node, count;
};

struct forgets {
	struct forget *list;
	size_t count, room;
	uint32_t in_flight;
};

/* Who has locked by which open file (handlers_lock.c). */
struct locker {
	uint64_t file, owner;
};

struct lockers {
	struct locker *list;
	size_t count, room;
};

/* Actors by uid and gid (identity.c); open addressing, 0 is no actor. */
#define IDENTITY_SLOTS   2048u
#define IDENTITY_MAXIMUM 1000u

struct identity_slot {
	uint32_t uid, gid, actor;
};

struct identities {
	struct identity_slot *slots;
	uint32_t count;
	/* The registration under way, or just done and not asked for yet. */
	uint32_t uid, gid;
	int32_t status;
	bool running, done;
};

/* Being told what others have changed (notice.c). */
#define NOTICE_SIZE (32u * 1024) /* bytes of one answer */

enum notice_state {
	NOTICE_OFF,     /* the file system does not tell, or nobody wants to know */
	NOTICE_DUE,     /* it is to be asked */
	NOTICE_ASKED,   /* the call is outstanding */
	NOTICE_TELLING, /* the thread tells Linux; events are its own */
};

struct notice {
	struct call call;
	enum notice_state state; /* the loop's, as is what follows unless it says otherwise */
	bool begun;
	pthread_t loop, thread;
	sem_t work;    /* for the thread: there is some, or it is to end */
	bool end;      /* written before that */
	uint32_t told; /* written by the thread: 1 once it is done */
	uint32_t length;
	uint8_t events[NOTICE_SIZE];
};

struct bridge {
	struct options options;
	const char *service;       /* whose file system it is */
	const char *directory;     /* where it is mounted */
	struct os *os;
	struct runtime *runtime;
	struct client *client;
	struct fuse_session *session;
	int device;                /* the session's /dev/fuse */

	/* connection.c */
	uint64_t generation;       /* of the client that buffers and actors belong to */
	uint32_t actor;            /* the bridge's own, for all that makes no file */
	int32_t status;            /* of the last try to connect */
	bool connecting;           /* a fiber is at it */
	bool given_up;             /* for too long: requests fail meanwhile */
	struct timer patience;

	struct list operations;    /* free ones */
	uint32_t outstanding;      /* calls whose requests wait for a reply */
	uint32_t waiting;          /* of these, that wait for locks */
	uint32_t fibers;           /* of the bridge, that wait for the vfs */
	struct forgets forgets;
	struct notice notice;
	struct lockers lockers;
	uint64_t opened;           /* files so far, which are numbered where locks are shared */
	struct identities identities;
	struct ahead ahead[AHEAD_SLOTS];
	uint32_t ahead_epoch;      /* answers from earlier ones count no more */
	struct bare bare[BARE_SLOTS];
	uint32_t bare_epoch;       /* answers from earlier ones count no more */

	/* loop.c */
	struct buffer buffer[BRIDGE_BUFFERS];
	struct list buffers;       /* free ones, the last used first */
	struct buffer *current;    /* being handled */
	struct buffer *parked;     /* could not be started */
	size_t parked_length;
	bool park;                 /* the current one is to be parked */
	bool retry;                /* something has changed since it was parked */
	bool watched;              /* the device, by os_sleep */
	bool nonblocking;          /* the device */
	bool readable;             /* it had something when the process slept with calls outstanding */
	bool looked;               /* the device had nothing, and nothing has happened since */
	int32_t crowd;             /* above 0: requests lately came while others were outstanding */
	uint32_t probe;            /* requests until one more look whether they do */
	bool greeted;              /* Linux has just sent INIT */
	bool ended;                /* the device is gone: unmounted */
	int error;                 /* errno of the device, where that was not the reason */
};

/* ---- connection.c -------------------------------------------------------------- */

/* Fiber: connects and prepares the lane; bridge->status says how it went. */
void connection_open(void *bridge);

/* Whether calls can be made. Starts to connect anew where they cannot. */
bool connection_ready(struct bridge *bridge);

/* ---- identity.c ----------------------------------------------------------------- */

bool identities_create(struct identities *identities);
void identities_free(struct identities *identities);

/* A new lane knows no actors. */
void identities_clear(struct identities *identities);

/* IDENTITY_* of those that the bridge registers. */
static inline uint32_t identity_flags(const struct bridge *bridge)
{
	return bridge->options.kernel_checks ? IDENTITY_CHECKED : 0;
}

enum identity_answer {
	IDENTITY_KNOWN,   /* *actor is the number */
	IDENTITY_WAIT,    /* it is being registered: park */
	IDENTITY_REFUSED, /* *status says why */
};

/* The actor for `uid` and `gid`. */
enum identity_answer identity_actor(struct bridge *bridge, uint32_t uid, uint32_t gid, uint32_t *actor,
                                    int32_t *status);

/* ---- buffer.c --------------------------------------------------------------------- */

/* Reserves all buffers that are free in the lane that is connected now. False where none could be. */
bool buffers_renew(struct bridge *bridge);

/* One to read to, or NULL. */
struct buffer *buffer_take(struct bridge *bridge);
void buffer_put(struct bridge *bridge, struct buffer *buffer);

/* ---- operation.c ---------------------------------------------------------------------- */

/*
 * An operation for `request`; NULL where it cannot be started now: then the
 * request has been parked or answered.
 */
struct operation *operation_start(fuse_req_t request, void (*finish)(struct operation *operation));

/*
 * Sends the call which `status` says to be prepared, for the bridge's own
 * actor, or parks or answers the request. True if it was sent.
 */
bool operation_submit(struct operation *operation, int32_t status);

/* The same for the identity of the process that asked: it becomes the owner of what is made. */
bool operation_submit_owned(struct operation *operation, int32_t status);

/* The `finish` of a call that brings nothing back: whether it was done. */
void operation_finish_plain(struct operation *operation);

/* For calls that belong to no request. */
struct operation *operation_take(struct bridge *bridge);
void operation_put(struct operation *operation);
void operations_free(struct bridge *bridge);

/* ---- forget.c ---------------------------------------------------------------------------- */

void forget_add(struct bridge *bridge, uint64_t node, uint64_t count);

/* Submits what the lane takes; the round after it sends them. */
void forget_flush(struct bridge *bridge);

/* ---- ahead.c ------------------------------------------------------------------------------- */

/* Asks for the attributes of `node`, which `change`, just submitted, changes. */
void ahead_ask(struct operation *change, uint64_t node);

/* The operation has been done, or has failed. */
void ahead_changed(struct operation *operation);

/* The attributes of `node`, and for how many seconds they are good; once for each question. */
bool ahead_take(struct bridge *bridge, uint64_t node, struct fs_attributes *attributes, double *timeout);

/* What was asked about `node` counts no more, nor what is asked until `change`, not submitted yet, is done. */
void ahead_drop(struct operation *change, uint64_t node);

/* What was asked about any node counts no more. */
void ahead_clear(struct bridge *bridge);

/* ---- bare.c -------------------------------------------------------------------------------- */

/* Whether the extended attribute `name` is of file capabilities. */
bool bare_concerns(const char *name);

/* `question`, about to be submitted, will tell whether a node has them, or makes a node. */
void bare_ask(struct operation *question);

/* It has told that `node` has none. */
void bare_note(struct operation *question, uint64_t node);

/* Whether `node` is known to have none. */
bool bare_known(struct bridge *bridge, uint64_t node);

/* It may be given some: before and after that. */
void bare_drop(struct bridge *bridge, uint64_t node);

/* ---- notice.c ------------------------------------------------------------------------------ */

/* Makes the thread, once there is a session. False: it cannot be had. */
bool notice_begin(struct bridge *bridge);

/* To be called in each round: goes on where an answer has come, or been told. */
void notice_tend(struct bridge *bridge);

/* Not while the thread is at work, unless the device is gone. */
void notice_end(struct bridge *bridge);

/* ---- read_ahead.c -------------------------------------------------------------------------- */

/* Has Linux read ahead BRIDGE_READ_AHEAD in what is mounted on `directory`, where this process may say so. */
void read_ahead_raise(const char *directory);

/* ---- loop.c -------------------------------------------------------------------------------- */

/* Ends loop_run soon; for signal handlers. */
void loop_stop(int signal);

/* Serves until the file system is unmounted or loop_stop. */
void loop_run(struct bridge *bridge);

/* ---- handlers*.c ----------------------------------------------------------------------------- */

extern const struct fuse_lowlevel_ops handlers;

void handle_lookup(fuse_req_t request, fuse_ino_t parent, const char *name);
void handle_mknod(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode, dev_t device);
void handle_mkdir(fuse_req_t request, fuse_ino_t parent, const char *name, mode_t mode);
void handle_symlink(fuse_req_t request, const char *target, fuse_ino_t parent, const char *name);
void handle_link(fuse_req_t request, fuse_ino_t node, fuse_ino_t parent, const char *name);
void handle_unlink(fuse_req_t request, fuse_ino_t parent, const char *name);
void handle_rmdir(fuse_req_t request, fuse_ino_t parent, const char *name);
void handle_rename(fuse_req_t request, fuse_ino_t parent, const char *name, fuse_ino_t new_parent,
                   const char *new_name, unsigned int flags);

void handle_getattr(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file);
void handle_setattr(fuse_req_t request, fuse_ino_t node, struct stat *attributes, int set,
                    struct fuse_file_info *file);
void handle_readlink(fuse_req_t request, fuse_ino_t node);
void handle_read(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *file);
void handle_write(fuse_req_t request, fuse_ino_t node, const char *data, size_t size, off_t offset,
                  struct fuse_file_info *file);
void handle_fsync(fuse_req_t request, fuse_ino_t node, int data_only, struct fuse_file_info *file);
void handle_readdir(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset,
                    struct fuse_file_info *file);
void handle_statfs(fuse_req_t request, fuse_ino_t node);
void handle_access(fuse_req_t request, fuse_ino_t node, int mask);
void handle_fallocate(fuse_req_t request, fuse_ino_t node, int flags, off_t offset, off_t length,
                      struct fuse_file_info *file);
void handle_lseek(fuse_req_t request, fuse_ino_t node, off_t offset, int whence, struct fuse_file_info *file);
void handle_copy_file_range(fuse_req_t request, fuse_ino_t node, off_t offset, struct fuse_file_info *file,
                            fuse_ino_t to, off_t to_offset, struct fuse_file_info *to_file, size_t length,
                            int flags);

void handle_ioctl(fuse_req_t request, fuse_ino_t node, unsigned int command, void *argument,
                  struct fuse_file_info *file, unsigned int flags, const void *in, size_t in_size,
                  size_t out_size);

void handle_open(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file);
void handle_flush(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file);
void handle_release(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file);
void handle_getlk(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file, struct flock *lock);
void handle_setlk(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file, struct flock *lock, int sleep);
void handle_flock(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file, int operation);

void handle_setxattr(fuse_req_t request, fuse_ino_t node, const char *name, const char *value, size_t size,
                     int flags);
void handle_getxattr(fuse_req_t request, fuse_ino_t node, const char *name, size_t size);
void handle_listxattr(fuse_req_t request, fuse_ino_t node, size_t size);
void handle_removexattr(fuse_req_t request, fuse_ino_t node, const char *name);

#endif
