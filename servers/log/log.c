/*
 * The log server: it keeps the last lines of everybody and prints them.
 *
 *   clean.c  text fit to be shown
 *   order.c  lines are published in the order in which they happened
 *   ring.c   the lines kept
 *
 * The kernel vouches for the number of the process that wrote a line; the
 * source's name is the writer's own.
 */
#include <drydock/format.h>
#include <drydock/os.h>
#include <drydock/posix.h>
#include <drydock/proto/log.h>
#include <drydock/server.h>
#include <drydock/string.h>

#include "clean.h"
#include "order.h"
#include "ring.h"

#define SERVICE_DEPTH 64u
#define SERVICE_AREA  (1024u * 1024) /* bytes; readers choose it */

/* Never touched where it is not used, so that a quiet log costs little. */
struct log_memory {
	struct ring_memory ring;
	struct line lines[ORDER_LINES];
};

/* A call that waits: `watch` for entries, `sync` for what was written before it. */
struct watcher {
	struct watcher *next;
	struct log_server *log;
	struct request *request;
	uint64_t from; /* watch: a sequence number; sync: the time it came in */
	bool sync;
};

struct log_server {
	struct runtime *runtime;
	handle_t console;
	struct timer timer; /* makes cuts while lines are held, or syncs wait for one */
	bool timing;        /* it is set */
	struct watcher *watchers;
	struct ring ring;
	struct order order;
	uint32_t printed;   /* bytes in `print` */
	char print[KERNEL_BUFFER_SIZE];
};

/* ---- the console ----------------------------------------------------------- */

static void console_flush(struct log_server *log)
{
	if (log->printed > 0)
		runtime_trap_data(log->runtime, SYS_CONSOLE, log->console, 0, log->print, log->printed);
	log->printed = 0;
}

/* Lines go out together: printing is a system call. */
static void console_add(struct log_server *log, const struct line *line)
{
	char text[LINE_SOURCE + LINE_TEXT + 64];
	int source_length = (int)line->source_length, text_length = (int)line->text_length;
	size_t length = 0;

	if (line->dropped > 0)
		length = format_string(text, sizeof(text), "[%.*s] (%u lines lost)\n", source_length,
		                       line->source, line->dropped);
	length += format_string(text + length, sizeof(text) - length, "[%.*s] %.*s\n", source_length,
	                        line->source, text_length, line->text);
	if (log->printed + length > sizeof(log->print))
		console_flush(log);
	memcpy(log->print + log->printed, text, length);
	log->printed += (uint32_t)length;
}

/* ---- publishing ---------------------------------------------------------------- */

static void publish(struct log_server *log, const struct line *line)
{
	ring_add(&log->ring, line);
	if (line->level <= LOG_LEVEL_INFO)
		console_add(log, line);
}

static bool watcher_due(const struct watcher *watcher)
{
	const struct log_server *log = watcher->log;

	return watcher->sync ? watcher->from <= log->order.complete : ring_has(&log->ring, watcher->from);
}

static void watcher_reply(const struct watcher *watcher, int32_t error)
{
	if (watcher->sync)
		log_sync_reply(watcher->request, error);
	else
		log_watch_reply(watcher->request, error);
}

/* Answers those who waited for what there is now. True where some wait for cuts to come. */
static bool watchers_answer(struct log_server *log)
{
	struct watcher **link = &log->watchers;
	bool syncs = false;

	while (*link) {
		struct watcher *watcher = *link;

		if (!watcher_due(watcher)) {
			syncs |= watcher->sync;
			link = &watcher->next;
			continue;
		}
		*link = watcher->next;
		watcher_reply(watcher, 0);
		runtime_free(log->runtime, watcher);
	}
	return syncs;
}

static bool published(struct log_server *log)
{
	console_flush(log);
	return watchers_answer(log);
}

static void make_cut(struct timer *timer, void *context)
{
	struct log_server *log = context;
	uint64_t now = runtime_time(log->runtime);
	const struct line *line;

	order_cut(&log->order, now);
	while ((line = order_take(&log->order)) != NULL)
		publish(log, line);
	log->timing = published(log) || !order_empty(&log->order);
	if (log->timing)
		timer_set(log->runtime, timer, now);
}

/* Lines that are held, and syncs, need cuts. */
static void cuts_begin(struct log_server *log, uint64_t now)
{
	if (!log->timing)
		timer_set(log->runtime, &log->timer, now);
	log->timing = true;
}

/* A flood: half of what is held goes out as it is. */
static void make_room(struct log_server *log)
{
	for (uint32_t count = 0; count < ORDER_LINES / 2; count++)
		publish(log, order_take_anyway(&log->order));
	published(log);
}

/* ---- operations ------------------------------------------------------------------ */

static int32_t serve_write(struct request *request, const struct log_write_arguments *arguments)
{
	struct log_server *log = request->server;
	uint64_t now = runtime_time(log->runtime);
	struct line *line;

	if (arguments->level < LOG_LEVEL_ERROR || arguments->level > LOG_LEVEL_DEBUG ||
	    arguments->source_length == 0)
		return POSIX_EINVAL;
	line = order_reserve(&log->order);
	if (!line) {
		make_room(log);
		line = order_reserve(&log->order);
	}
	line->time = arguments->time;
	line->process = connection_info(request->connection)->peer_number;
	line->level = arguments->level;
	line->dropped = arguments->dropped;
	line->source_length = arguments->source_length;
	line->text_length = arguments->text_length;
	clean_copy(line->source, arguments->source, arguments->source_length);
	clean_copy(line->text, arguments->text, arguments->text_length);
	order_add(&log->order, line, now);
	cuts_begin(log, now);
	return 0;
}

static int32_t serve_read(struct request *request, const struct log_read_arguments *arguments,
                          struct log_read_results *results)
{
	struct log_server *log = request->server;

	results->entries_length = ring_read(&log->ring, arguments->from, arguments->entries,
	                                    arguments->entries_capacity, &results->next);
	/* Something is there, and not even the first of it fits. */
	if (results->entries_length == 0 && results->next < log->ring.next)
		return POSIX_ERANGE;
	return 0;
}

/* The caller has given up, or is gone. */
static void watcher_cancelled(struct request *request)
{
	struct watcher *watcher = request->context;
	struct log_server *log = watcher->log;
	struct watcher **link = &log->watchers;

	while (*link != watcher)
		link = &(*link)->next;
	*link = watcher->next;
	watcher_reply(watcher, POSIX_ECANCELED);
	runtime_free(log->runtime, watcher);
}

static int32_t watcher_add(struct request *request, uint64_t from, bool sync)
{
	struct log_server *log = request->server;
	struct watcher *watcher;

	/* The cancel came along with the call: there will be no other. */
	if (request->cancelled)
		return POSIX_ECANCELED;
	watcher = runtime_allocate(log->runtime, sizeof(*watcher));
	if (!watcher)
		return POSIX_ENOMEM;
	*watcher = (struct watcher){log->watchers, log, request, from, sync};
	log->watchers = watcher;
	request->context = watcher;
	request->on_cancel = watcher_cancelled;
	return REQUEST_DETACHED;
}

static int32_t serve_watch(struct request *request, const struct log_watch_arguments *arguments)
{
	const struct log_server *log = request->server;

	return ring_has(&log->ring, arguments->from) ? 0 : watcher_add(request, arguments->from, false);
}

/* A cut that is complete from now on has all that was published before now (order.h). */
static int32_t serve_sync(struct request *request)
{
	struct log_server *log = request->server;
	uint64_t now = runtime_time(log->runtime);
	int32_t status = watcher_add(request, now, true);

	if (status == REQUEST_DETACHED)
		cuts_begin(log, now);
	return status;
}

static const struct log_operations operations = {
	.write = serve_write,
	.read = serve_read,
	.watch = serve_watch,
	.sync = serve_sync,
};

/* ---- the beginning ---------------------------------------------------------------- */

static enum error memory_take(struct log_server *log)
{
	uint64_t size = (sizeof(struct log_memory) + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
	struct log_memory *memory;
	handle_t handle;
	void *address;
	enum error error;

	error = os_memory_allocate(runtime_os(log->runtime), size, 0, &handle, &address);
	if (error)
		return error;
	memory = address;
	ring_init(&log->ring, &memory->ring);
	order_init(&log->order, memory->lines);
	return E_OK;
}

static void log_begin(struct runtime *runtime, void *state)
{
	const struct service_limits limits = {.depth = SERVICE_DEPTH, .area = SERVICE_AREA};
	struct log_server *log = state;
	struct service *service = NULL;
	int32_t status = 0;
	enum error error;

	log->runtime = runtime;
	log->console = runtime_grant(runtime, "console");
	log->timer.fire = make_cut;
	log->timer.context = log;
	error = memory_take(log);
	if (!error)
		service = service_create(runtime, log, &limits, NULL, &error);
	if (service) {
		service_add(service, &log_protocol, &operations);
		status = service_register(service);
	}
	if (error || status) {
		log_print(runtime, LOG_ERROR, "cannot begin to serve: error %d",
		          error ? (int)error : (int)status);
		runtime_stop(runtime, 1);
	}
}

extern const struct server_definition log_server;

const struct server_definition log_server = {
	.name = "log",
	.source = "log",
	.state_size = sizeof(struct log_server),
	.start = log_begin,
};
