/*
 * What a connection holds: see session.h. References are kept in a hash table
 * with open addressing and linear probing (Knuth, The Art of Computer
 * Programming 6.4, algorithms L and R), which is at most three quarters full;
 * it shrinks when it is under an eighth.
 */
#include "session.h"

#include "handlers.h"
#include "watch.h"

#include <drydock/posix.h>

#define CAPACITY_MINIMUM 64u
#define CAPACITY_MAXIMUM (1u << 30)

static uint32_t home_of(const struct session *session, uint64_t node)
{
	return (uint32_t)hash_bytes(&session->vfs->key, &node, sizeof(node)) & (session->capacity - 1);
}

/* Where `node` is, or the unused place where it would be. There is one: the table is never full. */
static struct session_reference *place_of(const struct session *session, uint64_t node)
{
	uint32_t at = home_of(session, node);

	while (session->references[at].node != 0 && session->references[at].node != node)
		at = (at + 1) & (session->capacity - 1);
	return &session->references[at];
}

/* Moves the table; without memory it stays as it is, and false is returned. */
static bool resize(struct session *session, uint32_t capacity)
{
	struct session_reference *old = session->references, *new;
	uint32_t old_capacity = session->capacity;

	new = runtime_allocate(session->vfs->runtime, capacity * sizeof(*new));
	if (!new)
		return false;
	session->references = new;
	session->capacity = capacity;
	for (uint32_t at = 0; at < old_capacity; at++) {
		if (old[at].node != 0)
			*place_of(session, old[at].node) = old[at];
	}
	runtime_free(session->vfs->runtime, old);
	return true;
}

int32_t session_reserve(struct session *session)
{
	if (session->used + 1 <= session->capacity / 4 * 3)
		return 0;
	if (session->capacity == CAPACITY_MAXIMUM)
		return POSIX_ENOMEM;
	return resize(session, session->capacity ? 2 * session->capacity : CAPACITY_MINIMUM) ? 0
	                                                                                     : POSIX_ENOMEM;
}

void session_hold(struct session *session, uint64_t node)
{
	struct session_reference *reference = place_of(session, node);

	if (reference->node == 0) {
		reference->node = node;
		session->used++;
	}
	reference->count++;
}

struct session_reference *session_find(const struct session *session, uint64_t node)
{
	struct session_reference *reference = session->used > 0 ? place_of(session, node) : NULL;

	return node != 0 && reference && reference->node == node ? reference : NULL;
}

bool session_holds(const struct session *session, uint64_t node)
{
	return session_find(session, node) != NULL;
}

/* Empties a place; those after it that could not be nearer to their home because of it move up. */
static void remove_reference(struct session *session, struct session_reference *reference)
{
	uint32_t mask = session->capacity - 1, hole = (uint32_t)(reference - session->references), at = hole;

	for (;;) {
		at = (at + 1) & mask;
		if (session->references[at].node == 0)
			break;
		/* Whether its home lies at or before the hole, going round. */
		if (((at - home_of(session, session->references[at].node)) & mask) >= ((at - hole) & mask)) {
			session->references[hole] = session->references[at];
			hole = at;
		}
	}
	session->references[hole] = (struct session_reference){0};
	session->used--;
	if (session->capacity > CAPACITY_MINIMUM && session->used < session->capacity / 8)
		resize(session, session->capacity / 2);
}

int32_t session_forget(struct session *session, uint64_t node, uint64_t count)
{
	struct session_reference *reference = session_find(session, node);

	if (!reference || count > reference->count)
		return POSIX_EINVAL;
	tmpfs_forget(&session->vfs->tmpfs, node, count);
	reference->count -= count;
	if (reference->count == 0) {
		watch_forgotten(session->watch, reference);
		locks_forget(&session->locks, node);
		remove_reference(session, reference);
	}
	return 0;
}

struct session *session_create(struct vfs *vfs)
{
	struct session *session = runtime_allocate(vfs->runtime, sizeof(*session));

	if (!session)
		return NULL;
	session->vfs = vfs;
	session->lock_owner = ++vfs->lock_owners;
	locks_session_begin(&session->locks, &vfs->locks);
	return session;
}

void session_destroy(struct session *session)
{
	struct vfs *vfs = session->vfs;

	watch_end(session->watch);
	node_locks_end(session);
	open_files_end(vfs, &session->files);
	for (uint32_t at = 0; at < session->capacity; at++) {
		if (session->references[at].node != 0)
			tmpfs_forget(&vfs->tmpfs, session->references[at].node,
			             session->references[at].count);
	}
	runtime_free(vfs->runtime, session->references);
	runtime_free(vfs->runtime, session);
}
