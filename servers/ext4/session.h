/*
 * What a connection holds: references to nodes, which it gets with whatever
 * gives it attributes. A number is of use to it only while it holds one. They go
 * with the connection, so that none can give back what another one holds.
 */
#ifndef EXT4_SESSION_H
#define EXT4_SESSION_H

#include <drydock/hash.h>
#include <drydock/locks.h>

#include "volume.h"

struct session;

/* `key` is of the table; it comes into the list `sessions` until it ends. NULL without memory. */
struct session *session_create(struct lock_table *locks, const struct hash_key *key, struct list *sessions);
void session_destroy(struct session *session);

/* Takes one reference to `node`. POSIX_ENOMEM. */
int32_t session_hold(struct session *session, uint64_t node);

/* Whether any of `sessions`, a list of session_link, holds any. */
bool sessions_hold(const struct list *sessions, uint64_t node);

/* The locks that it holds; those on a node go with the last reference. */
struct lock_session *session_locks(struct session *session);

/* Whether it holds any. */
bool session_holds(const struct session *session, uint64_t node);

/* Gives `count` references back. POSIX_EINVAL: it does not hold as many; then none. */
int32_t session_forget(struct session *session, uint64_t node, uint64_t count);

#endif
