/*
 * References of a connection: see session.h. A hash table with chains, which
 * doubles when there are more references than chains.
 */
#include "session.h"

#include <drydock/posix.h>

#define CHAINS_FIRST   64u
#define CHAINS_MAXIMUM (1u << 24)

struct reference {
	uint64_t node;
	uint64_t count;
	struct reference *next;
};

struct session {
	struct list link; /* in the server's sessions */
	struct runtime *runtime;
	struct hash_key key;
	struct reference **chains;
	uint32_t chain_count; /* a power of two, or 0 */
	uint32_t used;        /* references */
	struct lock_session locks;
};

static uint32_t chain_of(const struct session *session, uint64_t node, uint32_t chain_count)
{
	return (uint32_t)hash_bytes(&session->key, &node, sizeof(node)) & (chain_count - 1);
}

/* Where a reference to `node` hangs, or would. */
static struct reference **link_of(const struct session *session, uint64_t node)
{
	struct reference **link = &session->chains[chain_of(session, node, session->chain_count)];

	while (*link && (*link)->node != node)
		link = &(*link)->next;
	return link;
}

/* Makes the table larger; without memory the chains grow longer, unless there are none yet. */
static bool grow(struct session *session)
{
	uint32_t count = session->chain_count ? 2 * session->chain_count : CHAINS_FIRST;
	struct reference **chains;

	if (count > CHAINS_MAXIMUM)
		return true;
	chains = runtime_allocate(session->runtime, count * sizeof(*chains));
	if (!chains)
		return session->chain_count > 0;
	for (uint32_t i = 0; i < session->chain_count; i++) {
		struct reference *reference = session->chains[i], *next;

		for (; reference; reference = next) {
			struct reference **chain = &chains[chain_of(session, reference->node, count)];

			next = reference->next;
			reference->next = *chain;
			*chain = reference;
		}
	}
	runtime_free(session->runtime, session->chains);
	session->chains = chains;
	session->chain_count = count;
	return true;
}

int32_t session_hold(struct session *session, uint64_t node)
{
	struct reference **link;

	if (session->used >= session->chain_count && !grow(session))
		return POSIX_ENOMEM;
	link = link_of(session, node);
	if (!*link) {
		*link = runtime_allocate(session->runtime, sizeof(**link));
		if (!*link)
			return POSIX_ENOMEM;
		(*link)->node = node;
		session->used++;
	}
	(*link)->count++;
	return 0;
}

bool session_holds(const struct session *session, uint64_t node)
{
	return session->used > 0 && *link_of(session, node);
}

bool sessions_hold(const struct list *sessions, uint64_t node)
{
	list_for_each(link, sessions) {
		if (session_holds(list_entry(link, struct session, link), node))
			return true;
	}
	return false;
}

int32_t session_forget(struct session *session, uint64_t node, uint64_t count)
{
	struct reference **link, *reference;

	if (!session_holds(session, node))
		return POSIX_EINVAL;
	link = link_of(session, node);
	reference = *link;
	if (count > reference->count)
		return POSIX_EINVAL;
	reference->count -= count;
	if (reference->count > 0)
		return 0;
	*link = reference->next;
	runtime_free(session->runtime, reference);
	session->used--;
	locks_forget(&session->locks, node);
	return 0;
}

struct lock_session *session_locks(struct session *session)
{
	return &session->locks;
}

struct session *session_create(struct lock_table *locks, const struct hash_key *key, struct list *sessions)
{
	struct session *session = runtime_allocate(locks->runtime, sizeof(*session));

	if (session) {
		session->runtime = locks->runtime;
		locks_session_begin(&session->locks, locks);
		session->key = *key;
		list_add_tail(sessions, &session->link);
	}
	return session;
}

void session_destroy(struct session *session)
{
	locks_session_end(&session->locks);
	for (uint32_t i = 0; i < session->chain_count; i++) {
		while (session->chains[i]) {
			struct reference *reference = session->chains[i];

			session->chains[i] = reference->next;
			runtime_free(session->runtime, reference);
		}
	}
	list_remove(&session->link);
	runtime_free(session->runtime, session->chains);
	runtime_free(session->runtime, session);
}
