/* What the control socket tells of an instance: processes, ports, lanes, and the host itself. */
#include "machine.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "card.h"

static void add_number(cJSON *object, const char *name, uint64_t value)
{
	cJSON_AddNumberToObject(object, name, (double)value);
}

/* Badges have all 64 bits, more than JSON's numbers carry. */
static void add_hexadecimal(cJSON *object, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
	cJSON_AddStringToObject(object, name, text);
}

/* Ours of a process, or NULL. */
static const struct host_process *find(struct machine *machine, const struct inspect_process *record)
{
	list_for_each(link, &machine->processes) {
		const struct host_process *process = list_entry(link, struct host_process, link);

		if (process->process != NULL && process->process->id == record->id)
			return process;
	}
	return NULL;
}

static const char *state_name(const struct host_process *host_process, const struct inspect_process *process)
{
	if (host_process != NULL && process_traced(host_process))
		return "stopped";
	switch ((enum process_state)process->state) {
	case PROCESS_STARTING:
		return "starting";
	case PROCESS_RUNNING:
		return "running";
	case PROCESS_BLOCKED:
		return "blocked";
	case PROCESS_FAULTED:
		return "faulted";
	case PROCESS_DEAD:
		return "dead";
	}
	return "unknown";
}

static cJSON *process_record(struct machine *machine, const struct inspect_process *process)
{
	const struct host_process *host_process = find(machine, process);
	cJSON *record = cJSON_CreateObject();

	add_number(record, "pid", process->number);
	cJSON_AddStringToObject(record, "name", process->name);
	add_number(record, "linux_pid", process->machine);
	cJSON_AddStringToObject(record, "state", state_name(host_process, process));
	add_number(record, "id", process->id);
	add_number(record, "parent", process->parent);
	add_number(record, "priority", process->priority);
	if (host_process != NULL && host_process->scheduled)
		add_number(record, "run_time", schedule_run_time(host_process));
	add_number(record, "uid", process->uid);
	add_number(record, "memory", process->memory);
	add_number(record, "memory_quota", process->memory_quota);
	add_number(record, "handles", process->handles);
	add_number(record, "ports", process->ports);
	add_number(record, "lanes", process->lanes);
	add_number(record, "children", process->children);
	return record;
}

static cJSON *port_record(const struct inspect_port *port)
{
	cJSON *record = cJSON_CreateObject();

	add_number(record, "id", port->id);
	cJSON_AddStringToObject(record, "owner", port->owner_name);
	add_number(record, "owner_pid", port->owner_number);
	add_number(record, "owner_id", port->owner);
	add_number(record, "lanes", port->lanes);
	add_number(record, "pending", port->pending);
	add_number(record, "datagrams", port->datagrams);
	return record;
}

static const char *lane_state_name(uint32_t state)
{
	switch ((enum lane_state)state) {
	case LANE_OPENING:
		return "opening";
	case LANE_ACCEPTED:
		return "open";
	case LANE_CLOSED:
		return "closed";
	}
	return "unknown";
}

static cJSON *lane_record(const struct inspect_lane *lane)
{
	cJSON *record = cJSON_CreateObject();

	add_number(record, "id", lane->id);
	add_number(record, "port", lane->port);
	cJSON_AddStringToObject(record, "client", lane->client_name);
	add_number(record, "client_pid", lane->client_number);
	add_number(record, "client_id", lane->client);
	cJSON_AddStringToObject(record, "server", lane->server_name);
	add_number(record, "server_pid", lane->server_number);
	add_number(record, "server_id", lane->server);
	cJSON_AddStringToObject(record, "state", lane_state_name(lane->state));
	add_number(record, "protocol", lane->protocol);
	add_number(record, "version", lane->version);
	add_number(record, "depth", lane->depth);
	add_number(record, "area", lane->area);
	add_hexadecimal(record, "badge", lane->badge);
	return record;
}

/* The host itself, as people see it. */
static cJSON *kernel_record(const struct machine *machine)
{
	cJSON *record = cJSON_CreateObject();
	pid_t keeper = machine->cards != NULL && machine->options->card_count > 0 ? machine->cards[0].keeper : 0;

	add_number(record, "pid", 0);
	cJSON_AddStringToObject(record, "name", "kernel");
	add_number(record, "linux_pid", (uint64_t)getpid());
	cJSON_AddStringToObject(record, "state", "running");
	add_number(record, "uid", geteuid());
	/* Whose namespace it is in which the other end of the card is. */
	if (keeper != 0)
		add_number(record, "network_namespace", (uint64_t)keeper);
	return record;
}

/* The kernel packs records of one kind back to back; they are copied for their alignment. */
static cJSON *record_at(struct machine *machine, const struct inspect_reply *reply, enum inspect what,
                        uint32_t index)
{
	union {
		struct inspect_process process;
		struct inspect_port port;
		struct inspect_lane lane;
	} record;

	switch (what) {
	case INSPECT_PROCESSES:
		memcpy(&record.process, reply->records + index * sizeof(record.process),
		       sizeof(record.process));
		return process_record(machine, &record.process);
	case INSPECT_PORTS:
		memcpy(&record.port, reply->records + index * sizeof(record.port), sizeof(record.port));
		return port_record(&record.port);
	case INSPECT_MEMORY: /* Linux says more of it */
		break;
	case INSPECT_LANES:
		memcpy(&record.lane, reply->records + index * sizeof(record.lane), sizeof(record.lane));
		return lane_record(&record.lane);
	}
	return NULL;
}

cJSON *report_list(struct machine *machine, enum inspect what, uint64_t cursor)
{
	cJSON *answer = cJSON_CreateObject(), *records;
	struct inspect_reply reply = {0};
	uint64_t next;

	cJSON_AddBoolToObject(answer, "ok", true);
	records = cJSON_AddArrayToObject(answer, "records");
	if (what == INSPECT_PROCESSES && cursor == 0)
		cJSON_AddItemToArray(records, kernel_record(machine));
	next = kernel_inspect(machine->kernel, what, cursor, &reply);
	for (uint32_t i = 0; i < reply.count; i++)
		cJSON_AddItemToArray(records, record_at(machine, &reply, what, i));
	add_number(answer, "next", next);
	return answer;
}

cJSON *report_instance(struct machine *machine)
{
	cJSON *answer = cJSON_CreateObject(), *images;

	cJSON_AddBoolToObject(answer, "ok", true);
	cJSON_AddStringToObject(answer, "name", machine->instance.name);
	cJSON_AddStringToObject(answer, "directory", machine->instance.directory);
	cJSON_AddStringToObject(answer, "version", DRYDOCK_VERSION);
	add_number(answer, "linux_pid", (uint64_t)getpid());
	cJSON_AddNumberToObject(answer, "uptime", (double)(platform_time(machine) - machine->started) / 1e9);
	cJSON_AddBoolToObject(answer, "up", machine->up);
	cJSON_AddStringToObject(answer, "placement", machine->placement.reason);
	cJSON_AddItemToObject(answer, "mounts", mounts_report(machine));
	images = cJSON_AddArrayToObject(answer, "images");
	list_for_each(link, &machine->processes) {
		const struct host_process *process = list_entry(link, struct host_process, link);
		cJSON *image;

		if (process->gone || process->path[0] == '\0')
			continue;
		image = cJSON_CreateObject();
		cJSON_AddStringToObject(image, "name", process->name);
		cJSON_AddStringToObject(image, "path", process->path);
		add_number(image, "linux_pid", (uint64_t)process->pid);
		cJSON_AddItemToArray(images, image);
	}
	return answer;
}
