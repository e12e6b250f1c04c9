/* Watching: see watch.h. */
#include "watch.h"

#include <drydock/list.h>
#include <drydock/posix.h>
#include <drydock/proto/fs.h>
#include <drydock/string.h>

#include "session.h"

#define RECENT 64u  /* changed nodes that are found without a search */
#define NAMES  128u /* names that are kept */

/* What happens within this time is told together: who is told has to do with each reply. */
#define DELAY_NANOSECONDS 1000000ull

struct watch_name {
	uint64_t directory;
	uint8_t length;
	char name[POSIX_NAME_MAX];
};

struct watch {
	struct list link; /* vfs->watches */
	struct session *session;
	struct request *request; /* outstanding, or NULL */
	uint8_t *events;         /* where it wants its answer, */
	uint32_t capacity;       /* and how many bytes */
	struct timer timer;      /* set while the answer is put off */
	bool put_off;
	struct session_reference root; /* which sessions know without a reference */
	uint64_t marked;               /* references with a mark, the root's included */
	uint64_t recent[RECENT];       /* nodes that were marked last */
	uint32_t recent_count;
	uint32_t name_count;
	struct watch_name names[NAMES];
};

/* ---- what has happened ---------------------------------------------------------- */

static struct session_reference *reference_of(struct watch *watch, uint64_t node)
{
	return node == TMPFS_ROOT ? &watch->root : session_find(watch->session, node);
}

static bool is_marked(const struct session_reference *reference)
{
	return reference->changed || reference->names;
}

static bool anything(const struct watch *watch)
{
	return watch->marked > 0 || watch->name_count > 0;
}

/* Puts events into the answer's range. */
struct answer {
	uint8_t *to;
	uint32_t capacity;
	uint32_t length;
};

static bool put(struct answer *answer, uint64_t node, uint32_t kind, const char *name, uint32_t name_length)
{
	const struct fs_event event = {.node = node, .kind = kind, .name_length = name_length};
	uint32_t padded = (name_length + 7) & ~7u;
	uint8_t *to = answer->to + answer->length;

	if ((uint32_t)sizeof(event) + padded > answer->capacity - answer->length)
		return false;
	memcpy(to, &event, sizeof(event));
	to += sizeof(event);
	memset(to, 0, padded);
	if (name_length > 0)
		memcpy(to, name, name_length);
	answer->length += (uint32_t)sizeof(event) + padded;
	return true;
}

/* Tells what a reference is marked with, and takes the marks away. */
static bool put_marks(struct watch *watch, struct session_reference *reference, struct answer *answer)
{
	if (reference->names && !put(answer, reference->node, FS_EVENT_NAME, NULL, 0))
		return false;
	reference->names = 0;
	if (reference->changed && !put(answer, reference->node, FS_EVENT_NODE, NULL, 0))
		return false;
	reference->changed = 0;
	watch->marked--;
	return true;
}

static bool put_recent(struct watch *watch, struct answer *answer)
{
	struct session_reference *reference;

	for (; watch->recent_count > 0; watch->recent_count--) {
		reference = reference_of(watch, watch->recent[watch->recent_count - 1]);
		if (reference && is_marked(reference) && !put_marks(watch, reference, answer))
			return false;
	}
	return true;
}

static bool put_others(struct watch *watch, struct answer *answer)
{
	struct session *session = watch->session;

	if (is_marked(&watch->root) && !put_marks(watch, &watch->root, answer))
		return false;
	for (uint32_t at = 0; at < session->capacity && watch->marked > 0; at++) {
		struct session_reference *reference = &session->references[at];

		if (reference->node != 0 && is_marked(reference) && !put_marks(watch, reference, answer))
			return false;
	}
	return true;
}

/* Fills an answer with as much as has happened and fits. */
static uint32_t answer_fill(struct watch *watch, uint8_t *events, uint32_t capacity)
{
	struct answer answer = {.to = events, .capacity = capacity};
	const struct watch_name *name;

	for (; watch->name_count > 0; watch->name_count--) {
		name = &watch->names[watch->name_count - 1];
		if (!put(&answer, name->directory, FS_EVENT_NAME, name->name, name->length))
			return answer.length;
	}
	if (put_recent(watch, &answer))
		put_others(watch, &answer);
	return answer.length;
}

/* ---- answering -------------------------------------------------------------------- */

static void answer_request(struct watch *watch, int32_t status)
{
	struct request *request = watch->request;
	struct fs_watch_results results = {0};

	watch->request = NULL;
	if (!status)
		results.events_length = answer_fill(watch, watch->events, watch->capacity);
	fs_watch_reply(request, status, &results);
}

static void answer_due(struct timer *timer, void *context)
{
	struct watch *watch = context;

	(void)timer;
	watch->put_off = false;
	if (watch->request && anything(watch))
		answer_request(watch, 0);
}

static void answer_soon(struct watch *watch)
{
	struct runtime *runtime = watch->session->vfs->runtime;

	if (!watch->request || watch->put_off)
		return;
	watch->put_off = true;
	watch->timer.fire = answer_due;
	watch->timer.context = watch;
	timer_set(runtime, &watch->timer, runtime_time(runtime) + DELAY_NANOSECONDS);
}

/* The client has given up, or is gone. */
static void cancelled(struct request *request)
{
	answer_request(request->context, POSIX_ECANCELED);
}

/* ---- noting ------------------------------------------------------------------------ */

/* About to mark a reference for something. */
static void note(struct watch *watch, const struct session_reference *reference)
{
	if (!is_marked(reference)) {
		watch->marked++;
		if (watch->recent_count < RECENT)
			watch->recent[watch->recent_count++] = reference->node;
	}
	answer_soon(watch);
}

static void note_node(struct watch *watch, uint64_t node)
{
	struct session_reference *reference = reference_of(watch, node);

	if (!reference)
		return;
	note(watch, reference);
	reference->changed = 1;
}

static void note_name(struct watch *watch, const struct node_name *at)
{
	struct session_reference *reference = reference_of(watch, at->directory);
	struct watch_name *name;

	if (!reference || reference->names)
		return;
	if (watch->name_count == NAMES) {
		note(watch, reference);
		reference->names = 1;
		return;
	}
	name = &watch->names[watch->name_count++];
	name->directory = at->directory;
	name->length = (uint8_t)at->length;
	memcpy(name->name, at->name, at->length);
	answer_soon(watch);
}

bool watch_others(const struct caller *caller)
{
	const struct list *watches = &caller->vfs->watches;

	return !list_empty(watches) && (watches->next->next != watches || caller->session->watch == NULL);
}

void watch_node(const struct caller *caller, uint64_t node)
{
	list_for_each(link, &caller->vfs->watches) {
		struct watch *watch = list_entry(link, struct watch, link);

		if (watch->session != caller->session)
			note_node(watch, node);
	}
}

void watch_name(const struct caller *caller, const struct node_name *at)
{
	list_for_each(link, &caller->vfs->watches) {
		struct watch *watch = list_entry(link, struct watch, link);

		if (watch->session != caller->session)
			note_name(watch, at);
	}
}

void watch_forgotten(struct watch *watch, const struct session_reference *reference)
{
	if (watch && is_marked(reference))
		watch->marked--;
}

/* ---- beginning and end ---------------------------------------------------------------- */

static struct watch *watch_begin(struct session *session)
{
	struct watch *watch = runtime_allocate(session->vfs->runtime, sizeof(*watch));

	if (!watch)
		return NULL;
	watch->session = session;
	watch->root.node = TMPFS_ROOT;
	list_add_tail(&session->vfs->watches, &watch->link);
	session->watch = watch;
	return watch;
}

int32_t watch_serve(struct request *request, const struct caller *caller, uint8_t *events, uint32_t capacity,
                    uint32_t *length)
{
	struct watch *watch = caller->session->watch;

	if (capacity < sizeof(struct fs_event) + ((POSIX_NAME_MAX + 7) & ~7u))
		return POSIX_EINVAL;
	if (!watch)
		watch = watch_begin(caller->session);
	if (!watch)
		return POSIX_ENOMEM;
	if (watch->request)
		return POSIX_EBUSY;
	/* The cancel came along with the call: there will be no other. */
	if (request->cancelled)
		return POSIX_ECANCELED;
	if (anything(watch)) {
		*length = answer_fill(watch, events, capacity);
		return 0;
	}
	watch->request = request;
	watch->events = events;
	watch->capacity = capacity;
	request->context = watch;
	request->on_cancel = cancelled;
	return REQUEST_DETACHED;
}

void watch_end(struct watch *watch)
{
	struct runtime *runtime;

	if (!watch)
		return;
	runtime = watch->session->vfs->runtime;
	if (watch->put_off)
		timer_cancel(runtime, &watch->timer);
	list_remove(&watch->link);
	runtime_free(runtime, watch);
}
