/*
 * The protocol `init`. Who calls is told by the lane's badge, which the kernel
 * vouches for: a service by its index in the manifest, a guest by its role.
 * What a caller may not call does not exist for it.
 */
#include "init.h"

#include <drydock/abi/rights.h>
#include <drydock/posix.h>
#include <drydock/proto/init.h>
#include <drydock/string.h>

#include "grants.h"

/* ---- calls that wait ----------------------------------------------------- */

enum waiter_kind {
	WAITER_LOOKUP,
	WAITER_WATCH,
	WAITER_RESTART,
	WAITER_KILL,
};

struct waiter {
	struct waiter *next;
	struct unit *unit;
	struct request *request;
	enum waiter_kind kind;
	uint64_t badge; /* of the capability that a lookup gets */
};

static void waiter_reply(const struct waiter *waiter, int32_t error,
                         const struct init_lookup_results *results)
{
	switch (waiter->kind) {
	case WAITER_LOOKUP:
		init_lookup_reply(waiter->request, error, results);
		break;
	case WAITER_WATCH:
		init_watch_reply(waiter->request, error);
		break;
	case WAITER_RESTART:
		init_restart_reply(waiter->request, error);
		break;
	case WAITER_KILL:
		init_kill_reply(waiter->request, error);
		break;
	}
}

/* The caller has given up, or is gone. */
static void waiter_cancelled(struct request *request)
{
	struct waiter *waiter = request->context;
	struct init *init = waiter->unit->init;
	struct waiter **link = &waiter->unit->waiters;

	while (*link != waiter)
		link = &(*link)->next;
	*link = waiter->next;
	waiter_reply(waiter, POSIX_ECANCELED, NULL);
	runtime_free(init->runtime, waiter);
}

/* Keeps the call until the unit is available. At the list's end: first come, first served. */
static int32_t waiter_add(struct request *request, struct unit *unit, enum waiter_kind kind, uint64_t badge)
{
	struct waiter **link = &unit->waiters;
	struct waiter *waiter;

	/* The cancel came along with the call: there will be no other. */
	if (request->cancelled)
		return POSIX_ECANCELED;
	waiter = runtime_allocate(unit->init->runtime, sizeof(*waiter));
	if (!waiter)
		return POSIX_ENOMEM;
	while (*link)
		link = &(*link)->next;
	*waiter = (struct waiter){.unit = unit, .request = request, .kind = kind, .badge = badge};
	*link = waiter;
	request->context = waiter;
	request->on_cancel = waiter_cancelled;
	return REQUEST_DETACHED;
}

/* ---- handing out ports ---------------------------------------------------- */

/* Parks a badged capability for the unit's port in the caller's lane. */
static int32_t port_hand_out(struct unit *unit, struct connection *connection, uint64_t badge,
                             uint64_t *cookie)
{
	struct runtime *runtime = unit->init->runtime;
	uint64_t derived = runtime_trap(runtime, SYS_PORT_DERIVE, unit->port, badge, 0, 0);

	if (result_is_error(derived))
		return POSIX_EAGAIN;
	*cookie = connection_move(connection, (handle_t)derived, RIGHT_SEND);
	if (result_is_error(*cookie)) {
		runtime_trap(runtime, SYS_CAP_DROP, derived, 0, 0, 0);
		return POSIX_ENFILE; /* the transit set is full: it takes nothing of what it asks for */
	}
	return 0;
}

static void waiter_serve(struct waiter *waiter)
{
	struct init_lookup_results results = {0};
	int32_t error = 0;

	if (waiter->kind == WAITER_LOOKUP)
		error = port_hand_out(waiter->unit, waiter->request->connection, waiter->badge,
		                      &results.port);
	waiter_reply(waiter, error, &results);
}

void serve_available(struct unit *unit)
{
	struct waiter *waiter = unit->waiters;

	unit->waiters = NULL;
	while (waiter) {
		struct waiter *next = waiter->next;

		waiter_serve(waiter);
		runtime_free(unit->init->runtime, waiter);
		waiter = next;
	}
}

void serve_not_started(struct unit *unit, bool given_up)
{
	struct waiter **link = &unit->waiters;

	while (*link) {
		struct waiter *waiter = *link;

		if (!given_up && waiter->kind != WAITER_RESTART) {
			link = &waiter->next;
			continue;
		}
		*link = waiter->next;
		waiter_reply(waiter, waiter->kind == WAITER_RESTART ? POSIX_EIO : POSIX_ENODEV, NULL);
		runtime_free(unit->init->runtime, waiter);
	}
}

void serve_ended(struct unit *unit)
{
	struct waiter **link = &unit->waiters;

	while (*link) {
		struct waiter *waiter = *link;

		if (waiter->kind != WAITER_KILL) {
			link = &waiter->next;
			continue;
		}
		*link = waiter->next;
		waiter_reply(waiter, 0, NULL);
		runtime_free(unit->init->runtime, waiter);
	}
}

/* ---- operations ------------------------------------------------------------- */

/* Who calls; lanes of nobody were refused. */
static struct caller request_caller(const struct request *request)
{
	const struct init *init = request->server;
	struct caller caller = {.service = SERVICE_NONE};

	grants_caller(&init->manifest, connection_info(request->connection)->badge, &caller);
	return caller;
}

/* The unit of this name, if the caller may call it, or may control them all and `control` counts. */
static struct unit *unit_find(const struct request *request, const struct caller *caller, const char *name,
                              bool control, uint32_t *flags)
{
	struct init *init = request->server;
	uint32_t index = grants_find(&init->manifest, name);

	*flags = 0;
	if (index == SERVICE_NONE)
		return NULL;
	if (!grants_call(caller, index, flags) && !(control && grants_control(caller)))
		return NULL;
	return &init->units[index];
}

static int32_t serve_lookup(struct request *request, const struct init_lookup_arguments *arguments,
                            struct init_lookup_results *results)
{
	struct caller caller = request_caller(request);
	uint32_t flags;
	struct unit *unit = unit_find(request, &caller, arguments->name, false, &flags);
	uint64_t badge;

	if (!unit)
		return POSIX_ENOENT;
	badge = badge_make(caller.id, flags);
	if (unit_available(unit)) {
		int32_t error = port_hand_out(unit, request->connection, badge, &results->port);

		/* The port has just ended, and its process will be missed soon: who comes next is waited for. */
		if (error != POSIX_EAGAIN)
			return error;
	}
	if (unit->supervision.state == INIT_STATE_FAILED)
		return POSIX_ENODEV;
	return waiter_add(request, unit, WAITER_LOOKUP, badge);
}

/* Whether init could hand out capabilities derived from `port`. */
static bool port_derivable(struct runtime *runtime, handle_t port)
{
	uint64_t derived = runtime_trap(runtime, SYS_PORT_DERIVE, port, 0, 0, 0);

	if (result_is_error(derived))
		return false;
	runtime_trap(runtime, SYS_CAP_DROP, derived, 0, 0, 0);
	return true;
}

static int32_t serve_register(struct request *request, const struct init_register_arguments *arguments)
{
	struct init *init = request->server;
	struct caller caller = request_caller(request);
	uint64_t process = connection_info(request->connection)->peer;
	struct unit *unit;
	uint64_t port;

	if (caller.service == SERVICE_NONE)
		return POSIX_EPERM;
	unit = &init->units[caller.service];
	/* What a dead one had said before it died is no news of the one that follows it. */
	if (!unit->process || process == unit->ended_id || (unit->process_id && process != unit->process_id))
		return POSIX_ESTALE;
	port = connection_accept(request->connection, arguments->port);
	if (result_is_error(port))
		return POSIX_EINVAL;
	if (!port_derivable(init->runtime, (handle_t)port)) {
		runtime_trap(init->runtime, SYS_CAP_DROP, port, 0, 0, 0);
		return POSIX_EINVAL;
	}
	unit_registered(unit, (handle_t)port, process);
	return 0;
}

static int32_t serve_list(struct request *request, const struct init_list_arguments *arguments,
                          struct init_list_results *results)
{
	struct init *init = request->server;
	uint32_t length = 0;

	for (uint32_t index = 0; index < init->manifest.service_count; index++) {
		const struct unit *unit = &init->units[index];
		const struct manifest_service *service = unit_service(unit);
		struct init_service entry = {
			.number = service->number,
			.state = unit->supervision.state,
			.process = unit->process_id,
			.restarts = unit->supervision.restarts,
			.name_length = (uint32_t)string_length(service->name),
		};

		if (arguments->services_capacity - length < sizeof(entry))
			break;
		_Static_assert(sizeof(service->name) == 4 * sizeof(entry.name0), "a name is four words");
		memcpy(&entry.name0, service->name, 8);
		memcpy(&entry.name1, service->name + 8, 8);
		memcpy(&entry.name2, service->name + 16, 8);
		memcpy(&entry.name3, service->name + 24, 8);
		memcpy(arguments->services + length, &entry, sizeof(entry));
		length += (uint32_t)sizeof(entry);
	}
	results->services_length = length;
	return 0;
}

static int32_t serve_restart(struct request *request, const struct init_restart_arguments *arguments)
{
	struct caller caller = request_caller(request);
	uint32_t flags;
	struct unit *unit = unit_find(request, &caller, arguments->name, true, &flags);
	int32_t error;

	if (!grants_control(&caller))
		return POSIX_EPERM;
	if (!unit)
		return POSIX_ENOENT;
	if (unit->supervision.state == INIT_STATE_WAITING)
		return POSIX_EBUSY;
	/* It waits first: starting may fail at once, and then this is to hear of it. */
	error = waiter_add(request, unit, WAITER_RESTART, 0);
	if (error == REQUEST_DETACHED)
		unit_restart(unit);
	return error;
}

static int32_t serve_kill(struct request *request, const struct init_kill_arguments *arguments)
{
	struct caller caller = request_caller(request);
	uint32_t flags;
	struct unit *unit = unit_find(request, &caller, arguments->name, true, &flags);
	int32_t error;

	if (!grants_control(&caller))
		return POSIX_EPERM;
	if (!unit)
		return POSIX_ENOENT;
	if (!unit->process)
		return POSIX_ESRCH;
	error = waiter_add(request, unit, WAITER_KILL, 0);
	if (error == REQUEST_DETACHED)
		unit_kill(unit);
	return error;
}

static int32_t serve_watch(struct request *request, const struct init_watch_arguments *arguments)
{
	struct caller caller = request_caller(request);
	uint32_t flags;
	struct unit *unit = unit_find(request, &caller, arguments->name, true, &flags);

	if (!unit)
		return POSIX_ENOENT;
	if (unit_available(unit))
		return 0;
	if (unit->supervision.state == INIT_STATE_FAILED)
		return POSIX_ENODEV;
	return waiter_add(request, unit, WAITER_WATCH, 0);
}

static const struct init_operations operations = {
	.lookup = serve_lookup,
	.register_ = serve_register,
	.list = serve_list,
	.restart = serve_restart,
	.watch = serve_watch,
	.kill = serve_kill,
};

static enum error serve_connected(struct connection *connection, void *server)
{
	const struct init *init = server;
	struct caller caller;

	return grants_caller(&init->manifest, connection_info(connection)->badge, &caller) ? E_OK : E_REFUSED;
}

const struct service_events serve_events = {.connected = serve_connected};

void serve_add(struct service *service)
{
	service_add(service, &init_protocol, &operations);
}
