/* The beginning of init: its manifest, what lives already, and the services in their order. */
#include "init.h"

#include <drydock/format.h>
#include <drydock/os.h>
#include <drydock/proto/init.h>
#include <drydock/string.h>

#include "check.h"
#include "grants.h"

/* Lanes to init carry few and short calls; a list of all services fits the area. */
#define INIT_DEPTH 64u
#define INIT_AREA  65536u

static void announce(struct init *init, enum announcement announcement, const char *text)
{
	handle_t control = runtime_grant(init->runtime, grants_authority_name(AUTHORITY_CONTROL));

	runtime_trap_data(init->runtime, SYS_ANNOUNCE, control, announcement, text, string_length(text));
}

static void fail(struct init *init, const char *reason)
{
	log_print(init->runtime, LOG_ERROR, "%s", reason);
	/* The announcement may end everything; what led to it is to be read first. */
	log_flush(init->runtime);
	announce(init, ANNOUNCE_FAILED, reason);
}

/* Copies the manifest before it looks at it. False, and the reason, where it is no good. */
static bool manifest_take(struct init *init, char *why, size_t size)
{
	struct os *os = runtime_os(init->runtime);
	handle_t handle = runtime_grant(init->runtime, "manifest");
	uint64_t mapped;
	enum error error;
	void *memory;

	error = os_memory_map(os, handle, RIGHT_READ, &memory, &mapped);
	if (error) {
		format_string(why, size, "it cannot be mapped (error %d)", (int)error);
		return false;
	}
	if (mapped >= sizeof(init->manifest))
		memcpy(&init->manifest, memory, sizeof(init->manifest));
	os_memory_free(os, handle, memory, mapped);
	/* One too small was not copied, and zeros are no manifest. */
	return check_manifest(&init->manifest, why, size);
}

static void units_init(struct init *init)
{
	for (uint32_t index = 0; index < init->manifest.service_count; index++) {
		struct unit *unit = &init->units[index];

		unit->init = init;
		unit->index = index;
		unit->timer.fire = unit_timer;
		unit->timer.context = unit;
		supervise_init(&unit->supervision);
	}
}

/* After init's own restart: the services that live. They will register again by themselves. */
static uint32_t units_adopt(struct init *init)
{
	const struct start_block *start = runtime_start(init->runtime);
	uint32_t adopted = 0;

	for (uint32_t at = 0; at < start->grant_count && at < SPAWN_GRANTS_MAXIMUM; at++) {
		const struct grant *grant = &start->grants[at];
		uint32_t index = grants_find(&init->manifest, grant->name);

		if (grant->kind != GRANT_PROCESS || index == SERVICE_NONE ||
		    init->manifest.services[index].number != grant->number)
			continue;
		init->units[index].process = grant->handle;
		init->units[index].process_id = grant->value;
		supervise_adopted(&init->units[index].supervision);
		adopted++;
	}
	return adopted;
}

/* Starts a unit and waits until it has registered (and, if it is the log, is used), or is given up. */
static bool unit_bring_up(struct unit *unit)
{
	struct init *init = unit->init;

	unit_start(unit);
	while ((!unit_available(unit) && unit->supervision.state != INIT_STATE_FAILED) ||
	       init->log_connecting) {
		init->boot = fiber_current(init->runtime);
		fiber_wait(init->runtime);
	}
	init->boot = NULL;
	return unit->supervision.state != INIT_STATE_FAILED;
}

/* Boots: each service after the one before has registered. False where one is given up. */
static bool units_bring_up(struct init *init)
{
	for (uint32_t index = 0; index < init->manifest.service_count; index++) {
		if (!unit_bring_up(&init->units[index]))
			return false;
	}
	return true;
}

/* Starts what does not live. One that will not start must not keep the others from it. */
static void units_complete(struct init *init)
{
	for (uint32_t index = 0; index < init->manifest.service_count; index++) {
		if (init->units[index].supervision.state == INIT_STATE_WAITING)
			unit_start(&init->units[index]);
	}
}

static bool serve(struct init *init)
{
	const struct service_limits limits = {.depth = INIT_DEPTH, .area = INIT_AREA};
	handle_t port = runtime_start(init->runtime)->init;
	struct service *service;
	char reason[96];
	enum error error;

	service = service_create_at(init->runtime, port, init, &limits, &serve_events, &error);
	if (service) {
		serve_add(service);
		return true;
	}
	format_string(reason, sizeof(reason), "init cannot serve at its port (error %d)", (int)error);
	fail(init, reason);
	return false;
}

static void boot(struct init *init)
{
	init->booting = true;
	if (!units_bring_up(init)) {
		fail(init, init->failure);
		return;
	}
	init->booting = false;
	log_print(init->runtime, LOG_INFO, "All services started");
	log_print(init->runtime, LOG_INFO, "Waiting for events...");
	/* Who waits for the announcement prints to the same terminal. Without a log it is still news. */
	log_flush(init->runtime);
	announce(init, ANNOUNCE_SERVICES_UP, "");
}

static void init_start(struct runtime *runtime, void *state)
{
	uint32_t restarts = runtime_start(runtime)->restarts;
	struct init *init = state;
	char why[160], reason[256];

	init->runtime = runtime;
	if (!manifest_take(init, why, sizeof(why))) {
		format_string(reason, sizeof(reason), "the manifest is no good: %s", why);
		fail(init, reason);
		return;
	}
	units_init(init);
	runtime_on_receipt(runtime, lifecycle_receipt, init);
	if (restarts > 0)
		log_print(runtime, LOG_WARNING, "init was restarted (%u so far); %u of %u services live on",
		          restarts, units_adopt(init), init->manifest.service_count);
	if (!serve(init))
		return;
	if (restarts > 0)
		units_complete(init);
	else
		boot(init);
}

extern const struct server_definition init_server;

const struct server_definition init_server = {
	.name = "init",
	.source = "init",
	.state_size = sizeof(struct init),
	.start = init_start,
};
