/*
 * Locks of files, for servers of file systems: what `set_lock` and `test_lock` of
 * the protocol `fs` are about. Those of byte ranges are fcntl(2)'s (POSIX.1-2017,
 * fcntl, "Advisory file locking"), those with FS_LOCK_FLOCK flock(2)'s; the two
 * kinds do not see each other. All are advisory.
 *
 * A server has one table, and one `struct lock_session` in what it keeps for
 * each connection. Nothing here suspends: who has to wait has his request detached,
 * and it is replied to once he has the lock, or the client gives up (POSIX_ECANCELED).
 */
#ifndef DRYDOCK_LOCKS_H
#define DRYDOCK_LOCKS_H

#include <stdint.h>

#include <drydock/hash.h>
#include <drydock/list.h>
#include <drydock/proto/fs.h>
#include <drydock/server.h>

#define LOCK_CHAINS          256u
#define LOCK_SESSION_MAXIMUM 16384u /* locks of one session */

/* The memory is the server's; fields are private. */
struct lock_table {
	struct runtime *runtime;
	struct hash_key key;
	struct list files[LOCK_CHAINS];
	struct list owners[LOCK_CHAINS];
};

/* What a connection holds. The memory is the server's; fields are private. */
struct lock_session {
	struct lock_table *table;
	struct list owners;
	uint32_t count; /* locks */
};

/* What is wanted. Numbers of nodes and owners are anything that is the same for the same. */
struct lock_wish {
	struct lock_session *session;
	uint64_t node;
	uint64_t owner;      /* within the session */
	uint64_t start, end; /* bytes, the last one included: FS_LOCK_END is to the end of the file */
	uint32_t type;       /* FS_LOCK_NONE, _READ, _WRITE */
	uint32_t flags;      /* FS_LOCK_FLOCK, FS_LOCK_WAIT, FS_LOCK_LEAVE */
	uint32_t process;    /* whom locks_test names */
};

/* `key` keeps strangers from choosing numbers that fall into one chain. */
void locks_begin(struct lock_table *table, struct runtime *runtime, const struct hash_key *key);

void locks_session_begin(struct lock_session *session, struct lock_table *table);

/* Gives back all that the session holds. None of its requests may be detached any more. */
void locks_session_end(struct lock_session *session);

/* The session can do nothing with the node any more: gives back what it holds there, and ends what waits (POSIX_ESTALE). */
void locks_forget(struct lock_session *session, uint64_t node);

/*
 * Who keeps the wisher from what he wants, whether he has to wait or not: of type
 * FS_LOCK_NONE nobody. POSIX_EINVAL: it makes no sense.
 */
int32_t locks_test(const struct lock_wish *wish, struct fs_test_lock_results *found);

/*
 * Locks, or gives back what is held of the range (FS_LOCK_NONE). `request` is whose
 * reply says so where it has to wait: then REQUEST_DETACHED; its `context` and
 * `on_cancel` are used. POSIX_EINVAL; POSIX_EAGAIN: others have it, and there is no
 * FS_LOCK_WAIT; POSIX_EDEADLK: one of these waits, itself or by way of others, for
 * the wisher (of ranges only, as on Linux); POSIX_ENOLCK: the session has
 * LOCK_SESSION_MAXIMUM, or there is no memory; POSIX_ECANCELED: the client has given up already.
 *
 * To give back all of a range, or with FS_LOCK_LEAVE all, never fails and needs no `request`.
 * What waits for an owner who leaves ends with POSIX_ECANCELED.
 *
 * A lock of flock(2) that is to be of the other type is given back first, and is
 * lost where the new one cannot be had (flock(2), NOTES).
 */
int32_t locks_set(const struct lock_wish *wish, struct request *request);

#endif
