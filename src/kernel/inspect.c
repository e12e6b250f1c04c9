/*
 * What people see of a system. Records come by rising id, and a cursor is the
 * last id seen: what comes and goes between two calls spoils nothing.
 */
#include <drydock/string.h>

#include "kernel/core.h"

static void inspect_process(struct kernel *kernel, const struct process *process,
                            struct inspect_process *record)
{
	const struct process *parent = process_parent(kernel, process);

	record->id = process->id;
	record->parent = parent != NULL ? parent->id : 0;
	record->number = process->number;
	record->state = process->state;
	if (process->blocked.kind != BLOCKED_NOT && process->state != PROCESS_FAULTED)
		record->state = PROCESS_BLOCKED;
	record->handles = process->handles.used;
	list_for_each(link, &kernel->ports)
		record->ports += list_entry(link, struct port, link)->owner == process;
	list_for_each(link, &kernel->lanes) {
		const struct lane *lane = list_entry(link, struct lane, link);

		for (int side = LANE_CLIENT; side <= LANE_SERVER; side++)
			record->lanes += lane->ends[side].open && lane->ends[side].process == process;
	}
	list_for_each(link, &kernel->processes)
		record->children += process_parent(kernel, list_entry(link, struct process, link)) == process;
	record->memory = process->account->used.memory;
	record->memory_quota = process->account->limit.memory;
	record->machine = platform_process_name(kernel->machine, (struct process *)process);
	record->uid = process->credentials.uid;
	record->priority = process->priority;
	memcpy(record->name, process->name, NAME_SIZE);
}

static void inspect_port(const struct port *port, struct inspect_port *record)
{
	record->id = port->id;
	record->datagrams = port->datagram_count;
	record->lanes = port->accepted_count;
	record->pending = port->pending_count;
	if (port->owner == NULL)
		return;
	record->owner = port->owner->id;
	record->owner_number = port->owner->number;
	memcpy(record->owner_name, port->owner->name, NAME_SIZE);
}

static void inspect_lane(const struct lane *lane, struct inspect_lane *record)
{
	const struct lane_end *client = &lane->ends[LANE_CLIENT], *server = &lane->ends[LANE_SERVER];

	record->id = lane->id;
	record->port = lane->port_id;
	record->badge = lane->badge;
	record->protocol = lane->protocol;
	record->version = lane->version;
	record->depth = lane->depth;
	record->state = lane->state;
	record->area = lane->area;
	if (client->open) {
		record->client = client->process->id;
		record->client_number = client->process->number;
		memcpy(record->client_name, client->process->name, NAME_SIZE);
	}
	if (server->open) {
		record->server = server->process->id;
		record->server_number = server->process->number;
		memcpy(record->server_name, server->process->name, NAME_SIZE);
	}
}

/* The list of what is asked for, and the size of its records. */
static struct list *inspect_list(struct kernel *kernel, enum inspect what, size_t *size)
{
	switch (what) {
	case INSPECT_PROCESSES:
		*size = sizeof(struct inspect_process);
		return &kernel->processes;
	case INSPECT_PORTS:
		*size = sizeof(struct inspect_port);
		return &kernel->ports;
	case INSPECT_LANES:
		*size = sizeof(struct inspect_lane);
		return &kernel->lanes;
	case INSPECT_MEMORY:
		break;
	}
	return NULL;
}

/* Describes the object at `link` and returns its id. */
static uint64_t inspect_object(struct kernel *kernel, enum inspect what, struct list *link, void *record)
{
	switch (what) {
	case INSPECT_PROCESSES:
		inspect_process(kernel, list_entry(link, struct process, link), record);
		return list_entry(link, struct process, link)->id;
	case INSPECT_PORTS:
		inspect_port(list_entry(link, struct port, link), record);
		return list_entry(link, struct port, link)->id;
	case INSPECT_LANES:
		inspect_lane(list_entry(link, struct lane, link), record);
		return list_entry(link, struct lane, link)->id;
	case INSPECT_MEMORY:
		break;
	}
	return 0;
}

static uint64_t inspect_id(enum inspect what, struct list *link)
{
	if (what == INSPECT_PROCESSES)
		return list_entry(link, struct process, link)->id;
	if (what == INSPECT_PORTS)
		return list_entry(link, struct port, link)->id;
	return list_entry(link, struct lane, link)->id;
}

static void inspect_memory(struct kernel *kernel, struct inspect_reply *reply)
{
	struct inspect_memory record;

	platform_memory_state(kernel->machine, &record.total, &record.free);
	memcpy(reply->records, &record, sizeof(record));
	reply->count = 1;
}

uint64_t kernel_inspect(struct kernel *kernel, enum inspect what, uint64_t cursor,
                        struct inspect_reply *reply)
{
	union {
		struct inspect_process process;
		struct inspect_port port;
		struct inspect_lane lane;
	} record;
	uint64_t last = cursor;
	size_t size = 0;
	struct list *list = inspect_list(kernel, what, &size);

	memset(reply, 0, sizeof(*reply));
	if (what == INSPECT_MEMORY && cursor == 0)
		inspect_memory(kernel, reply);
	if (list == NULL)
		return 0;
	list_for_each(link, list) {
		if (inspect_id(what, link) <= cursor)
			continue;
		if ((reply->count + 1) * size > sizeof(reply->records))
			return last;
		memset(&record, 0, sizeof(record));
		last = inspect_object(kernel, what, link, &record);
		memcpy(reply->records + reply->count * size, &record, size);
		reply->count++;
	}
	return 0;
}

uint64_t sys_inspect(struct call *call)
{
	struct inspect_reply *reply = &call->kernel->input.inspect;
	uint64_t what = call->argument[1], next;
	enum error error = handle_lookup_authority(call->process, call->argument[0], AUTHORITY_INSPECT);

	if (error != E_OK)
		return error_result(error);
	if (what < INSPECT_PROCESSES || what > INSPECT_MEMORY)
		return error_result(E_INVAL);
	next = kernel_inspect(call->kernel, (enum inspect)what, call->argument[2], reply);
	call_write(call, reply, sizeof(*reply));
	return next;
}
