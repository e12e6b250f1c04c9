/* Walks a kernel's records and compares every count with what it counts. */
#include "invariants.h"

#include <check.h>
#include <stdlib.h>

/* As ck_assert, which reports every success to the runner: there are millions of them here. */
#define HOLDS(condition)                                        \
	do {                                                    \
		if (!(condition))                               \
			ck_abort_msg("not so: %s", #condition); \
	} while (0)

/* Things with a reference count, and the references found. */
struct found {
	const void *object;
	enum object_kind kind;
	uint32_t references;
};

struct walk {
	struct kernel *kernel;
	struct found *found;
	size_t count, room;
};

static void walk_reference(struct walk *walk, enum object_kind kind, const void *object)
{
	for (size_t at = 0; at < walk->count; at++) {
		if (walk->found[at].object == object) {
			HOLDS(walk->found[at].kind == kind);
			walk->found[at].references++;
			return;
		}
	}
	if (walk->count == walk->room) {
		walk->room = walk->room * 2 + 64;
		walk->found = realloc(walk->found, walk->room * sizeof(*walk->found));
		HOLDS(walk->found != NULL);
	}
	walk->found[walk->count++] = (struct found){.object = object, .kind = kind, .references = 1};
}

static uint32_t list_length(const struct list *list)
{
	uint32_t length = 0;

	list_for_each(link, list) {
		HOLDS(link->next->previous == link);
		length++;
	}
	return length;
}

static void check_capability(struct walk *walk, const struct capability *capability)
{
	HOLDS((capability->rights & ~RIGHTS_ALL) == 0);
	switch (capability->kind) {
	case OBJECT_PORT:
		walk_reference(walk, OBJECT_PORT, capability->port);
		break;
	case OBJECT_MEMORY:
		walk_reference(walk, OBJECT_MEMORY, capability->memory);
		break;
	case OBJECT_PROCESS:
		walk_reference(walk, OBJECT_PROCESS, capability->process);
		break;
	case OBJECT_LANE:
		break;
	case OBJECT_AUTHORITY:
		HOLDS(capability->authority >= AUTHORITY_SPAWN);
		HOLDS(capability->authority <= AUTHORITY_LAST);
		break;
	case OBJECT_DEVICE:
		HOLDS(capability->device->id != 0);
		HOLDS((capability->device->told & ~capability->device->bound) == 0);
		HOLDS((capability->device->again & ~capability->device->told) == 0);
		HOLDS(capability->device->port == NULL || !capability->device->port->ended);
		break;
	case OBJECT_NONE:
		ck_abort_msg("a capability for nothing");
	}
}

/* ---- events ---------------------------------------------------------- */

static void check_events(struct walk *walk, struct port *port)
{
	list_for_each(link, &port->events) {
		struct event *event = list_entry(link, struct event, link);

		HOLDS(event->port == port);
		HOLDS(event->bits != 0);
		if (event->source == EVENT_OF_PROCESS) {
			struct process *process = list_entry(event, struct process, event);

			walk_reference(walk, OBJECT_PROCESS, process);
			/* It waits where its parent looks, and that parent lives. */
			if (!process->of_init)
				HOLDS(kernel_process_find(walk->kernel, process->parent->id) ==
				      process->parent);
			HOLDS(port == (process->of_init ? walk->kernel->init_port : process->parent->home));
		} else if (event->source == EVENT_OF_LANE_END) {
			struct lane_end *end = list_entry(event, struct lane_end, event);

			HOLDS(end->open || end->lane->state == LANE_OPENING);
		} else if (event->source == EVENT_OF_CONSOLE) {
			HOLDS(event == &walk->kernel->console_event);
			HOLDS(port == walk->kernel->console_port);
		} else {
			HOLDS(list_entry(event, struct sender, event)->process != NULL);
		}
	}
}

/* ---- ports ----------------------------------------------------------- */

static void check_port(struct walk *walk, struct port *port)
{
	uint32_t sent = 0;

	HOLDS(!port->ended);
	HOLDS(port->id < walk->kernel->next_port);
	HOLDS(list_length(&port->datagrams) == port->datagram_count);
	HOLDS(list_length(&port->pending) == port->pending_count);
	HOLDS(list_length(&port->accepted) == port->accepted_count);
	list_for_each(link, &port->senders) {
		struct sender *sender = list_entry(link, struct sender, port_link);

		HOLDS(sender->port == port);
		HOLDS(sender->count <= DATAGRAMS_PER_SENDER);
		HOLDS(sender->count > 0 || sender->event.port != NULL);
		HOLDS(!sender->waiting || sender->process != NULL);
		sent += sender->count;
	}
	HOLDS(sent == port->datagram_count);
	list_for_each(link, &port->pending) {
		struct lane *lane = list_entry(link, struct lane, port_link);

		HOLDS(lane->port == port);
		HOLDS(lane->state == LANE_OPENING);
	}
	list_for_each(link, &port->accepted) {
		struct lane *lane = list_entry(link, struct lane, port_link);

		HOLDS(lane->port == port);
		HOLDS(lane->ends[LANE_SERVER].open);
	}
	check_events(walk, port);
	if (port == walk->kernel->init_port) {
		walk_reference(walk, OBJECT_PORT, port);
		HOLDS(port->owner == walk->kernel->init);
	} else {
		HOLDS(port->owner != NULL);
	}
}

/* A port that lives, and the page in which its owner sees whether there is something. */
static void check_owner(struct port *port)
{
	struct process *owner = port->owner;
	uint32_t index = port->receive & HANDLE_INDEX_MASK;
	bool noticed, empty = port->datagram_count == 0 && list_empty(&port->events);
	struct handle_slot *slot = &owner->handles.chunks[index / HANDLE_CHUNK][index % HANDLE_CHUNK];

	HOLDS(owner->state != PROCESS_DEAD);
	HOLDS(slot->capability.kind == OBJECT_PORT);
	HOLDS(slot->capability.port == port);
	HOLDS(slot->capability.rights & RIGHT_RECEIVE);
	HOLDS(slot->generation == port->receive >> HANDLE_INDEX_BITS);
	noticed = owner->notice->bits[index / 64] >> index % 64 & 1;
	HOLDS(noticed == !empty);
	if (owner->blocked.kind == BLOCKED_RECEIVE && owner->blocked.port == port)
		HOLDS(empty);
}

/* ---- lanes ----------------------------------------------------------- */

static void check_lane_end(struct walk *walk, struct lane_end *end)
{
	uint64_t last = 0;

	HOLDS(list_length(&end->parked) == end->parked_count);
	HOLDS(end->parked_count <= end->lane->depth);
	list_for_each(link, &end->parked) {
		struct transit *transit = list_entry(link, struct transit, link);

		HOLDS(transit->cookie > last);
		last = transit->cookie;
		HOLDS(!(transit->capability.rights & RIGHT_RECEIVE));
		HOLDS(transit->capability.kind != OBJECT_LANE);
		check_capability(walk, &transit->capability);
	}
	HOLDS(last < end->lane->next_cookie);
	if (end->process != NULL)
		walk_reference(walk, OBJECT_PROCESS, end->process);
	if (end->open) {
		uint32_t index = end->handle & HANDLE_INDEX_MASK;
		struct handle_slot *slot =
			&end->process->handles.chunks[index / HANDLE_CHUNK][index % HANDLE_CHUNK];

		HOLDS(end->process->state != PROCESS_DEAD);
		HOLDS(slot->capability.kind == OBJECT_LANE);
		HOLDS(slot->capability.end == end);
	} else {
		HOLDS(end->event.port == NULL || end->lane->state == LANE_OPENING);
	}
}

static void check_lane(struct walk *walk, struct lane *lane)
{
	struct lane_end *client = &lane->ends[LANE_CLIENT], *server = &lane->ends[LANE_SERVER];

	HOLDS(client->open || server->open);
	HOLDS(lane->charge.account != NULL);
	HOLDS(lane->charge.amount.memory == lane_size(lane->depth, lane->area));
	if (lane->memory != NULL)
		walk_reference(walk, OBJECT_MEMORY, lane->memory);
	if (lane->state == LANE_OPENING) {
		HOLDS(client->open && !server->open);
		HOLDS(lane->port != NULL);
	} else if (lane->state == LANE_ACCEPTED) {
		HOLDS(client->open && server->open);
		HOLDS(lane->memory != NULL);
	} else {
		HOLDS(lane->state == LANE_CLOSED);
		HOLDS(!client->open || !server->open);
		HOLDS(client->parked_count + server->parked_count == 0);
	}
	check_lane_end(walk, client);
	check_lane_end(walk, server);
}

/* ---- processes ------------------------------------------------------- */

static void check_table(struct walk *walk, struct process *process)
{
	struct handle_table *table = &process->handles;
	uint32_t used = 0, unused = 0, last = HANDLE_NO_INDEX;

	for (uint32_t index = 0; index < table->slots; index++) {
		struct handle_slot *slot = &table->chunks[index / HANDLE_CHUNK][index % HANDLE_CHUNK];

		HOLDS(slot->generation >= 1);
		HOLDS(slot->generation <= HANDLE_GENERATION_MAXIMUM);
		if (slot->capability.kind == OBJECT_NONE)
			continue;
		used++;
		check_capability(walk, &slot->capability);
		if (slot->capability.kind == OBJECT_PORT && (slot->capability.rights & RIGHT_RECEIVE)) {
			HOLDS(slot->capability.port->owner == process);
			check_owner(slot->capability.port);
		}
		if (slot->capability.kind == OBJECT_LANE)
			HOLDS(slot->capability.end->process == process);
		if (slot->capability.kind == OBJECT_DEVICE) {
			HOLDS(slot->capability.device->process == process);
			HOLDS((slot->capability.device->handle & HANDLE_INDEX_MASK) == index);
		}
	}
	for (uint32_t index = table->free_head; index != HANDLE_NO_INDEX;) {
		struct handle_slot *slot = &table->chunks[index / HANDLE_CHUNK][index % HANDLE_CHUNK];

		HOLDS(slot->capability.kind == OBJECT_NONE);
		HOLDS(unused < table->slots);
		unused++;
		last = index;
		index = slot->next_free;
	}
	HOLDS(last == table->free_tail);
	HOLDS(used == table->used);
	HOLDS(used + unused + table->retired == table->slots);
}

/* Handles that a process pays for: its own and those it has parked. */
static uint32_t handles_paid(struct kernel *kernel, const struct account *account)
{
	uint32_t count = 0;

	list_for_each(link, &kernel->processes) {
		struct process *process = list_entry(link, struct process, link);

		if (process->account == account)
			count += process->handles.used;
	}
	list_for_each(link, &kernel->lanes) {
		struct lane *lane = list_entry(link, struct lane, link);

		for (int side = 0; side < 2; side++) {
			if (lane->ends[side].process != NULL && lane->ends[side].process->account == account)
				count += lane->ends[side].parked_count;
		}
	}
	return count;
}

static void check_account(struct kernel *kernel, struct account *account)
{
	struct quota sum = {.handles = handles_paid(kernel, account)};

	list_for_each(link, &account->charges) {
		struct charge *charge = list_entry(link, struct charge, link);

		HOLDS(charge->account == account);
		sum.memory += charge->amount.memory;
		sum.handles += charge->amount.handles;
		sum.ports += charge->amount.ports;
		sum.lanes += charge->amount.lanes;
		sum.processes += charge->amount.processes;
	}
	HOLDS(sum.memory == account->used.memory);
	HOLDS(sum.handles == account->used.handles);
	HOLDS(sum.ports == account->used.ports);
	HOLDS(sum.lanes == account->used.lanes);
	HOLDS(sum.processes == account->used.processes);
	HOLDS(sum.memory <= account->limit.memory);
	HOLDS(sum.handles <= account->limit.handles);
	HOLDS(sum.ports <= account->limit.ports);
	HOLDS(sum.lanes <= account->limit.lanes);
	HOLDS(sum.processes <= account->limit.processes);
}

static void check_process(struct walk *walk, struct process *process)
{
	struct kernel *kernel = walk->kernel;

	HOLDS(process->state != PROCESS_DEAD);
	walk_reference(walk, OBJECT_PROCESS, process);
	walk_reference(walk, OBJECT_PORT, process->home);
	HOLDS(process->home->owner == process);
	if (process == kernel->init || process->of_init)
		HOLDS(process->parent == NULL);
	else
		HOLDS(kernel_process_find(kernel, process->parent->id) == process->parent);
	if (process != kernel->init) {
		struct process *parent = process->parent;

		HOLDS(process->charge.account == (parent != NULL ? parent->account : &kernel->root));
		check_account(kernel, process->account);
	}
	list_for_each(link, &process->senders) {
		struct sender *sender = list_entry(link, struct sender, process_link);

		HOLDS(sender->process == process);
	}
	HOLDS(process->dying ? process->blocked.kind == BLOCKED_NOT : true);
	check_table(walk, process);
}

static void check_blocked(struct kernel *kernel)
{
	uint64_t last = 0;

	list_for_each(link, &kernel->blocked) {
		struct process *process = list_entry(link, struct process, blocked.link);

		HOLDS(process->blocked.kind != BLOCKED_NOT);
		HOLDS(process->state != PROCESS_DEAD);
		HOLDS(process->blocked.deadline >= last);
		last = process->blocked.deadline;
	}
}

/* Senders hold their ports: those of ports that live, and those that wait to be told of an end. */
static void walk_senders(struct walk *walk)
{
	list_for_each(link, &walk->kernel->ports) {
		struct port *port = list_entry(link, struct port, link);

		list_for_each(sender_link, &port->senders)
			walk_reference(walk, OBJECT_PORT, port);
	}
	list_for_each(link, &walk->kernel->processes) {
		struct process *process = list_entry(link, struct process, link);

		list_for_each(sender_link, &process->senders) {
			struct sender *sender = list_entry(sender_link, struct sender, process_link);

			if (sender->port->ended)
				walk_reference(walk, OBJECT_PORT, sender->port);
		}
	}
}

static void check_references(const struct walk *walk)
{
	for (size_t at = 0; at < walk->count; at++) {
		const struct found *found = &walk->found[at];

		if (found->kind == OBJECT_PORT)
			HOLDS(((const struct port *)found->object)->references == found->references);
		else if (found->kind == OBJECT_MEMORY)
			HOLDS(((const struct memory *)found->object)->references == found->references);
		else
			HOLDS(((const struct process *)found->object)->references == found->references);
	}
}

void kernel_check(struct kernel *kernel)
{
	struct walk walk = {.kernel = kernel};

	list_for_each(link, &kernel->processes)
		check_process(&walk, list_entry(link, struct process, link));
	list_for_each(link, &kernel->ports)
		check_port(&walk, list_entry(link, struct port, link));
	list_for_each(link, &kernel->lanes)
		check_lane(&walk, list_entry(link, struct lane, link));
	if (kernel->schedule != NULL)
		walk_reference(&walk, OBJECT_MEMORY, kernel->schedule);
	walk_senders(&walk);
	if (kernel->console_port != NULL)
		HOLDS(!kernel->console_port->ended);
	check_account(kernel, &kernel->root);
	check_blocked(kernel);
	check_references(&walk);
	free(walk.found);
}
