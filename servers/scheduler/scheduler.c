/*
 * The scheduler server: policy. It keeps the priority and the slice that each
 * process was given, in a table that the kernel reads (schedule.c); applying
 * them is the kernel's. A process that nobody has set anything for has the
 * priority it was started with and the default slice.
 */
#include <drydock/abi/manifest.h>
#include <drydock/os.h>
#include <drydock/posix.h>
#include <drydock/proto/scheduler.h>
#include <drydock/server.h>
#include <drydock/string.h>

#include "schedule.h"

#define SERVICE_DEPTH 64u
#define SERVICE_AREA  65536u

/* More living processes than this and rows of the dead are kept: the table stays full rather than wrong. */
#define LIVING_MAXIMUM 4096u

struct scheduler {
	struct runtime *runtime;
	handle_t switching, inspect; /* authorities */
	struct schedule schedule;
	uint64_t living[LIVING_MAXIMUM];
};

/* ---- what the kernel knows ------------------------------------------------------ */

/* Calls `each` for every process, by rising id, until it returns false. False where the kernel refused. */
static bool for_each_process(struct scheduler *scheduler,
                             bool (*each)(void *context, const struct inspect_process *process),
                             void *context)
{
	struct inspect_reply reply;
	uint64_t cursor = 0;

	do {
		cursor = runtime_trap(scheduler->runtime, SYS_INSPECT, scheduler->inspect, INSPECT_PROCESSES,
		                      cursor, 0);
		if (result_is_error(cursor))
			return false;
		memcpy(&reply, os_buffer(runtime_os(scheduler->runtime)), sizeof(reply));
		for (uint32_t at = 0; at < reply.count; at++) {
			struct inspect_process process;

			memcpy(&process, reply.records + at * sizeof(process), sizeof(process));
			if (process.state != PROCESS_DEAD && !each(context, &process))
				return true;
		}
	} while (cursor != 0);
	return true;
}

struct search {
	uint64_t id;
	bool found;
	struct inspect_process process;
};

static bool search_step(void *context, const struct inspect_process *process)
{
	struct search *search = context;

	search->found = process->id == search->id;
	if (search->found)
		search->process = *process;
	return process->id < search->id;
}

static bool process_find(struct scheduler *scheduler, uint64_t id, struct inspect_process *process)
{
	struct search search = {.id = id};

	if (!for_each_process(scheduler, search_step, &search) || !search.found)
		return false;
	*process = search.process;
	return true;
}

struct census {
	uint64_t *ids;
	uint32_t count;
};

static bool census_step(void *context, const struct inspect_process *process)
{
	struct census *census = context;

	if (census->count < LIVING_MAXIMUM)
		census->ids[census->count] = process->id;
	return census->count++ < LIVING_MAXIMUM;
}

/* The table is full: rows of the dead make room. */
static bool forget_dead(struct scheduler *scheduler)
{
	struct census census = {.ids = scheduler->living};

	if (!for_each_process(scheduler, census_step, &census) || census.count > LIVING_MAXIMUM)
		return false;
	return schedule_keep(&scheduler->schedule, census.ids, census.count) > 0;
}

/* Values in force for a living process. */
static struct schedule_entry process_values(const struct scheduler *scheduler,
                                            const struct inspect_process *process)
{
	const struct schedule_entry *row = schedule_find(&scheduler->schedule, process->id);

	if (row)
		return *row;
	return (struct schedule_entry){process->id, process->priority, SLICE_DEFAULT};
}

/* ---- operations ------------------------------------------------------------------- */

static int32_t serve_set(struct request *request, const struct scheduler_set_arguments *arguments)
{
	struct scheduler *scheduler = request->server;
	struct schedule *schedule = &scheduler->schedule;
	struct inspect_process process;

	if (!(badge_flags(connection_info(request->connection)->badge) & CALL_CONTROL))
		return POSIX_EPERM;
	if (!schedule_valid(arguments->priority, arguments->slice))
		return POSIX_EINVAL;
	if (!process_find(scheduler, arguments->process, &process))
		return POSIX_ENOENT;
	if (!schedule_set(schedule, process.id, arguments->priority, arguments->slice) &&
	    !(forget_dead(scheduler) &&
	      schedule_set(schedule, process.id, arguments->priority, arguments->slice)))
		return POSIX_ENFILE;
	if (result_is_error(
		    runtime_trap(scheduler->runtime, SYS_SCHED_SWITCH, scheduler->switching, 0, 0, 0)))
		return POSIX_EIO;
	return 0;
}

static int32_t serve_get(struct request *request, const struct scheduler_get_arguments *arguments,
                         struct scheduler_get_results *results)
{
	struct scheduler *scheduler = request->server;
	struct inspect_process process;
	struct schedule_entry values;

	if (!process_find(scheduler, arguments->process, &process))
		return POSIX_ENOENT;
	values = process_values(scheduler, &process);
	results->priority = values.priority;
	results->slice = values.slice;
	return 0;
}

struct listing {
	const struct scheduler *scheduler;
	uint8_t *data;
	uint32_t capacity, length;
};

static bool list_step(void *context, const struct inspect_process *process)
{
	struct listing *listing = context;
	struct schedule_entry values = process_values(listing->scheduler, process);
	struct scheduler_entry entry = {
		.number = process->number,
		.priority = values.priority,
		.slice = values.slice,
		.process = process->id,
	};

	if (listing->capacity - listing->length < sizeof(entry))
		return false;
	memcpy(listing->data + listing->length, &entry, sizeof(entry));
	listing->length += (uint32_t)sizeof(entry);
	return true;
}

static int32_t serve_list(struct request *request, const struct scheduler_list_arguments *arguments,
                          struct scheduler_list_results *results)
{
	struct scheduler *scheduler = request->server;
	struct listing listing = {scheduler, arguments->entries, arguments->entries_capacity, 0};

	if (!for_each_process(scheduler, list_step, &listing))
		return POSIX_EIO;
	results->entries_length = listing.length;
	return 0;
}

static const struct scheduler_operations operations = {
	.set = serve_set,
	.get = serve_get,
	.list = serve_list,
};

/* ---- the beginning ------------------------------------------------------------------ */

/* Makes the table and shows it to the kernel. */
static enum error table_share(struct scheduler *scheduler)
{
	enum error error;
	handle_t handle;
	void *address;

	error = os_memory_allocate(runtime_os(scheduler->runtime), PAGE_SIZE, MEMORY_SHARED, &handle,
	                           &address);
	if (error)
		return error;
	schedule_init(&scheduler->schedule, address);
	return result_error(
		runtime_trap(scheduler->runtime, SYS_SCHED_TABLE, scheduler->switching, handle, 0, 0));
}

static void fail(struct scheduler *scheduler, const char *what, int32_t error)
{
	log_print(scheduler->runtime, LOG_ERROR, "%s: error %d", what, error);
	runtime_stop(scheduler->runtime, 1);
}

static void scheduler_begin(struct runtime *runtime, void *state)
{
	const struct service_limits limits = {.depth = SERVICE_DEPTH, .area = SERVICE_AREA};
	struct scheduler *scheduler = state;
	struct service *service;
	enum error error;
	int32_t status;

	scheduler->runtime = runtime;
	scheduler->switching = runtime_grant(runtime, "switch");
	scheduler->inspect = runtime_grant(runtime, "inspect");
	error = table_share(scheduler);
	if (error) {
		fail(scheduler, "the kernel does not take the table (is \"switch\" granted?)",
		     (int32_t)error);
		return;
	}
	service = service_create(runtime, scheduler, &limits, NULL, &error);
	if (!service) {
		fail(scheduler, "cannot make a port", (int32_t)error);
		return;
	}
	service_add(service, &scheduler_protocol, &operations);
	status = service_register(service);
	if (status)
		fail(scheduler, "init does not take the port", status);
}

extern const struct server_definition scheduler_server;

const struct server_definition scheduler_server = {
	.name = "scheduler",
	.source = "scheduler",
	.state_size = sizeof(struct scheduler),
	.start = scheduler_begin,
};
