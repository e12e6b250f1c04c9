/*
 * Locks of files: see drydock/locks.h.
 *
 * A file has its locks in a list, those of one owner together and in the order
 * of their ranges, which neither overlap nor, where they are of one type, touch.
 * Files and owners are there while they have locks or wait for some.
 */
#include <drydock/locks.h>
#include <drydock/posix.h>

struct lock_file {
	struct list link; /* table->files */
	uint64_t node;
	bool flock;
	struct list locks;
	struct list waiters; /* the first come first */
};

struct lock_owner {
	struct list link;    /* table->owners */
	struct list sibling; /* session->owners */
	struct lock_session *session;
	uint64_t number;
	struct list locks;
	struct list waiters;
	struct list reached; /* in a search for a deadlock */
	bool pinned;         /* somebody is at it: stays whatever it loses */
};

struct lock {
	struct list link;  /* file->locks */
	struct list owned; /* owner->locks */
	struct lock_file *file;
	struct lock_owner *owner;
	uint64_t start, end;
	uint32_t type, process;
};

struct lock_waiter {
	struct list link;    /* file->waiters */
	struct list waiting; /* owner->waiters */
	struct lock_file *file;
	struct lock_owner *owner;
	struct lock_wish wish;
	struct request *request;
};

/* ---- files and owners ------------------------------------------------------------ */

static struct list *files_of(struct lock_table *table, uint64_t node)
{
	return &table->files[hash_bytes(&table->key, &node, sizeof(node)) % LOCK_CHAINS];
}

static struct lock_file *file_find(struct lock_table *table, uint64_t node, bool flock)
{
	list_for_each(link, files_of(table, node)) {
		struct lock_file *file = list_entry(link, struct lock_file, link);

		if (file->node == node && file->flock == flock)
			return file;
	}
	return NULL;
}

static struct lock_file *file_get(struct lock_table *table, uint64_t node, bool flock)
{
	struct lock_file *file = file_find(table, node, flock);

	if (file)
		return file;
	file = runtime_allocate(table->runtime, sizeof(*file));
	if (!file)
		return NULL;
	file->node = node;
	file->flock = flock;
	list_init(&file->locks);
	list_init(&file->waiters);
	list_add_tail(files_of(table, node), &file->link);
	return file;
}

/* Ends it if it is of no use any more. NULL is harmless. */
static void file_put(struct lock_table *table, struct lock_file *file)
{
	if (!file || !list_empty(&file->locks) || !list_empty(&file->waiters))
		return;
	list_remove(&file->link);
	runtime_free(table->runtime, file);
}

static struct list *owners_of(const struct lock_session *session, uint64_t number)
{
	const uint64_t identity[] = {(uint64_t)(uintptr_t)session, number};
	struct lock_table *table = session->table;

	return &table->owners[hash_bytes(&table->key, identity, sizeof(identity)) % LOCK_CHAINS];
}

static struct lock_owner *owner_find(const struct lock_session *session, uint64_t number)
{
	list_for_each(link, owners_of(session, number)) {
		struct lock_owner *owner = list_entry(link, struct lock_owner, link);

		if (owner->session == session && owner->number == number)
			return owner;
	}
	return NULL;
}

static struct lock_owner *owner_get(struct lock_session *session, uint64_t number)
{
	struct lock_owner *owner = owner_find(session, number);

	if (owner)
		return owner;
	owner = runtime_allocate(session->table->runtime, sizeof(*owner));
	if (!owner)
		return NULL;
	owner->session = session;
	owner->number = number;
	list_init(&owner->locks);
	list_init(&owner->waiters);
	list_init(&owner->reached);
	list_add_tail(owners_of(session, number), &owner->link);
	list_add_tail(&session->owners, &owner->sibling);
	return owner;
}

/* As file_put. */
static void owner_put(struct lock_owner *owner)
{
	if (!owner || owner->pinned || !list_empty(&owner->locks) || !list_empty(&owner->waiters))
		return;
	list_remove(&owner->link);
	list_remove(&owner->sibling);
	runtime_free(owner->session->table->runtime, owner);
}

/* ---- one lock ---------------------------------------------------------------------- */

static struct lock *lock_make(struct lock_file *file, struct lock_owner *owner, uint32_t type,
                              uint32_t process)
{
	struct lock *lock = runtime_allocate(owner->session->table->runtime, sizeof(*lock));

	if (!lock)
		return NULL;
	list_init(&lock->link);
	list_add_tail(&owner->locks, &lock->owned);
	owner->session->count++;
	lock->file = file;
	lock->owner = owner;
	lock->type = type;
	lock->process = process;
	return lock;
}

static void lock_free(struct lock *lock)
{
	list_remove(&lock->link);
	list_remove(&lock->owned);
	lock->owner->session->count--;
	runtime_free(lock->owner->session->table->runtime, lock);
}

static bool overlaps(const struct lock *lock, uint64_t start, uint64_t end)
{
	return lock->start <= end && start <= lock->end;
}

/* Whether it keeps `owner`, who may be nobody yet (NULL), from what he wishes. */
static bool hinders(const struct lock *lock, const struct lock_owner *owner, const struct lock_wish *wish)
{
	return lock->owner != owner && (lock->type == FS_LOCK_WRITE || wish->type == FS_LOCK_WRITE) &&
	       overlaps(lock, wish->start, wish->end);
}

/* The first that does, or NULL. */
static struct lock *hindrance(const struct lock_file *file, const struct lock_owner *owner,
                              const struct lock_wish *wish)
{
	list_for_each(link, &file->locks) {
		struct lock *lock = list_entry(link, struct lock, link);

		if (hinders(lock, owner, wish))
			return lock;
	}
	return NULL;
}

/* ---- changing what an owner holds of a file --------------------------------------------- */

/* Whether the range lies within one of the owner's locks which is of another type, so that three come of it. */
static bool splits(const struct lock_file *file, const struct lock_owner *owner, const struct lock_wish *wish)
{
	list_for_each(link, &file->locks) {
		const struct lock *lock = list_entry(link, struct lock, link);

		if (lock->owner == owner && lock->type != wish->type && lock->start < wish->start &&
		    lock->end > wish->end)
			return true;
	}
	return false;
}

/*
 * Takes [start, end], which it overlaps, out of a lock. Where something is left on
 * both sides the second becomes `rest`. Returns what is left after the range, if anything.
 */
static struct lock *lock_cut(struct lock *lock, uint64_t start, uint64_t end, struct lock *rest)
{
	bool before = lock->start<start, after = lock->end> end;

	if (before && after) {
		rest->start = end + 1;
		rest->end = lock->end;
		rest->type = lock->type;
		rest->process = lock->process;
		list_add_head(&lock->link, &rest->link);
		lock->end = start - 1;
		return rest;
	}
	if (before) {
		lock->end = start - 1;
		return NULL;
	}
	if (after) {
		lock->start = end + 1;
		return lock;
	}
	lock_free(lock);
	return NULL;
}

/* Puts `new` (NULL: nothing) in the place of all that the owner holds of its range, joined with what it touches. */
static void replace(struct lock_file *file, const struct lock_owner *owner, const struct lock_wish *wish,
                    struct lock *new, struct lock *rest)
{
	uint64_t start = wish->start, end = wish->end;
	struct list *place = &file->locks; /* what `new` comes before */

	list_for_each(link, &file->locks) {
		struct lock *lock = list_entry(link, struct lock, link);
		bool joins = new && lock->type == new->type;

		if (lock->owner != owner)
			continue;
		if (lock->end + joins < start) {
			place = lock->link.next;
			continue;
		}
		if (lock->start > end + joins) {
			place = &lock->link;
			break;
		}
		place = lock->link.next;
		if (joins) {
			start = lock->start < start ? lock->start : start;
			end = lock->end > end ? lock->end : end;
			lock_free(lock);
		} else {
			struct lock *after = lock_cut(lock, start, end, rest);

			if (after) {
				place = &after->link;
				break;
			}
		}
	}
	if (!new)
		return;
	list_add_tail(place, &new->link);
	new->start = start;
	new->end = end;
}

/* Nobody hinders: the wish comes true. POSIX_ENOLCK: it cannot, and nothing has changed. */
static int32_t grant(struct lock_file *file, struct lock_owner *owner, const struct lock_wish *wish)
{
	bool takes = wish->type != FS_LOCK_NONE, cuts = splits(file, owner, wish);
	struct lock *new = NULL, *rest = NULL;

	if (owner->session->count + takes + cuts > LOCK_SESSION_MAXIMUM)
		return POSIX_ENOLCK;
	if (takes)
		new = lock_make(file, owner, wish->type, wish->process);
	if (cuts)
		rest = lock_make(file, owner, FS_LOCK_NONE, 0);
	if ((takes && !new) || (cuts && !rest)) {
		if (new)
			lock_free(new);
		if (rest)
			lock_free(rest);
		return POSIX_ENOLCK;
	}
	replace(file, owner, wish, new, rest);
	return 0;
}

/* ---- waiting ------------------------------------------------------------------------------ */

/* Replies; file and owner are the caller's to put. */
static void waiter_end(struct lock_waiter *waiter, int32_t status)
{
	struct request *request = waiter->request;

	list_remove(&waiter->link);
	list_remove(&waiter->waiting);
	runtime_free(waiter->wish.session->table->runtime, waiter);
	request_reply(request, status, 0, NULL);
}

/* Grants what can be granted now. What one gets may leave another more than before. */
static void file_wake(struct lock_file *file)
{
	bool any;

	do {
		any = false;
		list_for_each(link, &file->waiters) {
			struct lock_waiter *waiter = list_entry(link, struct lock_waiter, link);
			struct lock_owner *owner = waiter->owner;

			if (hindrance(file, owner, &waiter->wish))
				continue;
			waiter_end(waiter, grant(file, owner, &waiter->wish));
			owner_put(owner);
			any = true;
		}
	} while (any);
}

static void cancelled(struct request *request)
{
	struct lock_waiter *waiter = request->context;
	struct lock_table *table = waiter->wish.session->table;
	struct lock_owner *owner = waiter->owner;
	struct lock_file *file = waiter->file;

	waiter_end(waiter, POSIX_ECANCELED);
	owner_put(owner);
	file_put(table, file);
}

/* Adds those who hinder `owner` to the list of owners reached, each once. */
static void reach(const struct lock_file *file, const struct lock_owner *owner, const struct lock_wish *wish,
                  struct list *reached)
{
	list_for_each(link, &file->locks) {
		struct lock *lock = list_entry(link, struct lock, link);

		if (hinders(lock, owner, wish) && list_empty(&lock->owner->reached))
			list_add_tail(reached, &lock->owner->reached);
	}
}

/* Whether `owner` would wait for himself: goes through all whom he waits for, and whom these wait for. */
static bool would_deadlock(const struct lock_file *file, struct lock_owner *owner,
                           const struct lock_wish *wish)
{
	struct list reached;
	bool found;

	list_init(&reached);
	reach(file, owner, wish, &reached);
	/* The list grows at its end meanwhile. */
	for (struct list *at = reached.next; at != &reached; at = at->next) {
		struct lock_owner *other = list_entry(at, struct lock_owner, reached);

		list_for_each(link, &other->waiters) {
			struct lock_waiter *waiter = list_entry(link, struct lock_waiter, waiting);

			if (!waiter->file->flock)
				reach(waiter->file, other, &waiter->wish, &reached);
		}
	}
	found = !list_empty(&owner->reached);
	while (list_take(&reached))
		;
	return found;
}

static int32_t wait_for(struct lock_file *file, struct lock_owner *owner, const struct lock_wish *wish,
                        struct request *request)
{
	struct lock_waiter *waiter;

	if (!(wish->flags & FS_LOCK_WAIT))
		return POSIX_EAGAIN;
	if (!file->flock && would_deadlock(file, owner, wish))
		return POSIX_EDEADLK;
	/* The cancel came along with the call: there will be no other. */
	if (request->cancelled)
		return POSIX_ECANCELED;
	waiter = runtime_allocate(wish->session->table->runtime, sizeof(*waiter));
	if (!waiter)
		return POSIX_ENOLCK;
	waiter->file = file;
	waiter->owner = owner;
	waiter->wish = *wish;
	waiter->request = request;
	list_add_tail(&file->waiters, &waiter->link);
	list_add_tail(&owner->waiters, &waiter->waiting);
	request->context = waiter;
	request->on_cancel = cancelled;
	return REQUEST_DETACHED;
}

/* ---- what servers call ----------------------------------------------------------------------- */

static int32_t wish_check(const struct lock_wish *wish)
{
	if (wish->type > FS_LOCK_WRITE || wish->flags & ~(uint32_t)(FS_LOCK_FLOCK | FS_LOCK_WAIT) ||
	    wish->start > wish->end || wish->end > FS_LOCK_END)
		return POSIX_EINVAL;
	if (wish->flags & FS_LOCK_FLOCK && (wish->start != 0 || wish->end != FS_LOCK_END))
		return POSIX_EINVAL;
	return 0;
}

int32_t locks_test(const struct lock_wish *wish, struct fs_test_lock_results *found)
{
	const struct lock_session *session = wish->session;
	const struct lock_file *file;
	const struct lock *lock = NULL;
	int32_t error = wish_check(wish);

	if (error)
		return error;
	file = file_find(session->table, wish->node, wish->flags & FS_LOCK_FLOCK);
	if (file && wish->type != FS_LOCK_NONE)
		lock = hindrance(file, owner_find(session, wish->owner), wish);
	if (lock)
		*found = (struct fs_test_lock_results){
			.start = lock->start, .end = lock->end, .type = lock->type, .process = lock->process};
	return 0;
}

/* The owner's lock of flock(2), of which there is one at most. */
static struct lock *flock_of(const struct lock_file *file, const struct lock_owner *owner)
{
	list_for_each(link, &file->locks) {
		struct lock *lock = list_entry(link, struct lock, link);

		if (lock->owner == owner)
			return lock;
	}
	return NULL;
}

static int32_t lock_set(struct lock_file *file, struct lock_owner *owner, const struct lock_wish *wish,
                        struct request *request)
{
	struct lock *old = file->flock ? flock_of(file, owner) : NULL;
	int32_t status;

	if (old && old->type == wish->type)
		return 0;
	owner->pinned = true;
	if (old)
		lock_free(old);
	if (wish->type != FS_LOCK_NONE && hindrance(file, owner, wish))
		status = wait_for(file, owner, wish, request);
	else
		status = grant(file, owner, wish);
	file_wake(file);
	owner->pinned = false;
	return status;
}

/* The owner's locks and waits of the file end. */
static void file_leave(struct lock_file *file, struct lock_owner *owner)
{
	list_for_each(link, &owner->waiters) {
		struct lock_waiter *waiter = list_entry(link, struct lock_waiter, waiting);

		if (waiter->file == file)
			waiter_end(waiter, POSIX_ECANCELED);
	}
	list_for_each(link, &owner->locks) {
		struct lock *lock = list_entry(link, struct lock, owned);

		if (lock->file == file)
			lock_free(lock);
	}
	file_wake(file);
}

/* Of both kinds. */
static void leave(const struct lock_wish *wish)
{
	struct lock_table *table = wish->session->table;
	struct lock_owner *owner = owner_find(wish->session, wish->owner);

	if (!owner)
		return;
	owner->pinned = true;
	for (unsigned flock = 0; flock <= 1; flock++) {
		struct lock_file *file = file_find(table, wish->node, flock);

		if (!file)
			continue;
		file_leave(file, owner);
		file_put(table, file);
	}
	owner->pinned = false;
	owner_put(owner);
}

int32_t locks_set(const struct lock_wish *wish, struct request *request)
{
	struct lock_session *session = wish->session;
	struct lock_table *table = session->table;
	bool flock = wish->flags & FS_LOCK_FLOCK;
	struct lock_owner *owner;
	struct lock_file *file;
	int32_t status;

	if (wish->flags == FS_LOCK_LEAVE && wish->type == FS_LOCK_NONE) {
		leave(wish);
		return 0;
	}
	status = wish_check(wish);
	if (status)
		return status;
	if (wish->type == FS_LOCK_NONE) {
		file = file_find(table, wish->node, flock);
		owner = owner_find(session, wish->owner);
		status = file && owner ? lock_set(file, owner, wish, request) : 0;
	} else {
		file = file_get(table, wish->node, flock);
		owner = owner_get(session, wish->owner);
		status = file && owner ? lock_set(file, owner, wish, request) : POSIX_ENOLCK;
	}
	owner_put(owner);
	file_put(table, file);
	return status;
}

void locks_forget(struct lock_session *session, uint64_t node)
{
	for (unsigned flock = 0; flock <= 1 && !list_empty(&session->owners); flock++) {
		struct lock_file *file = file_find(session->table, node, flock);

		if (!file)
			continue;
		list_for_each(link, &file->waiters) {
			struct lock_waiter *waiter = list_entry(link, struct lock_waiter, link);
			struct lock_owner *owner = waiter->owner;

			if (owner->session != session)
				continue;
			waiter_end(waiter, POSIX_ESTALE);
			owner_put(owner);
		}
		list_for_each(link, &file->locks) {
			struct lock *lock = list_entry(link, struct lock, link);
			struct lock_owner *owner = lock->owner;

			if (owner->session != session)
				continue;
			lock_free(lock);
			owner_put(owner);
		}
		file_wake(file);
		file_put(session->table, file);
	}
}

void locks_begin(struct lock_table *table, struct runtime *runtime, const struct hash_key *key)
{
	table->runtime = runtime;
	table->key = *key;
	for (uint32_t i = 0; i < LOCK_CHAINS; i++) {
		list_init(&table->files[i]);
		list_init(&table->owners[i]);
	}
}

void locks_session_begin(struct lock_session *session, struct lock_table *table)
{
	session->table = table;
	session->count = 0;
	list_init(&session->owners);
}

/* Gives an owner's locks back; with the last one it is gone itself. */
static void owner_end(struct lock_owner *owner)
{
	struct lock_table *table = owner->session->table;
	bool last = false;

	while (!last) {
		struct lock *lock = list_entry(owner->locks.next, struct lock, owned);
		struct lock_file *file = lock->file;

		last = lock->owned.next == &owner->locks;
		lock_free(lock);
		if (last)
			owner_put(owner);
		file_wake(file);
		file_put(table, file);
	}
}

void locks_session_end(struct lock_session *session)
{
	while (!list_empty(&session->owners))
		owner_end(list_entry(session->owners.next, struct lock_owner, sibling));
}
