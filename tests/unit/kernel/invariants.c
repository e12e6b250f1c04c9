/* Walks a kernel's records and compares every count with what it counts. */
#include "invariants.h"

#include <check.h>
#include <stdlib.h>

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
			ck_assert_int_eq(walk->found[at].kind, kind);
			walk->found[at].references++;
			return;
		}
	}
	if (walk->count == walk->room) {
		walk->room = walk->room * 2 + 64;
		walk->found = realloc(walk->found, walk->room * sizeof(*walk->found));
		ck_assert_ptr_nonnull(walk->found);
	}
	walk->found[walk->count++] = (struct found){.object = object, .kind = kind, .references = 1};
}

static uint32_t list_length(const struct list *list)
{
	uint32_t length = 0;

	list_for_each(link, list) {
		ck_assert_ptr_eq(link->next->previous, link);
		length++;
	}
	return length;
}

static void check_capability(struct walk *walk, const struct capability *capability)
{
	ck_assert_uint_eq(capability->rights & ~RIGHTS_ALL, 0);
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
		ck_assert_uint_ge(capability->authority, AUTHORITY_SPAWN);
		ck_assert_uint_le(capability->authority, AUTHORITY_CONTROL);
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

		ck_assert_ptr_eq(event->port, port);
		ck_assert_uint_ne(event->bits, 0);
		if (event->source == EVENT_OF_PROCESS) {
			struct process *process = list_entry(event, struct process, event);

			walk_reference(walk, OBJECT_PROCESS, process);
			/* It waits where its parent looks, and that parent lives. */
			if (!process->of_init)
				ck_assert_ptr_eq(kernel_process_find(walk->kernel, process->parent->id), process->parent);
			ck_assert_ptr_eq(port, process->of_init ? walk->kernel->init_port : process->parent->home);
		} else if (event->source == EVENT_OF_LANE_END) {
			struct lane_end *end = list_entry(event, struct lane_end, event);

			ck_assert(end->open || end->lane->state == LANE_OPENING);
		} else {
			ck_assert_ptr_nonnull(list_entry(event, struct sender, event)->process);
		}
	}
}

/* ---- ports ----------------------------------------------------------- */

static void check_port(struct walk *walk, struct port *port)
{
	uint32_t sent = 0;

	ck_assert(!port->ended);
	ck_assert_uint_lt(port->id, walk->kernel->next_port);
	ck_assert_uint_eq(list_length(&port->datagrams), port->datagram_count);
	ck_assert_uint_eq(list_length(&port->pending), port->pending_count);
	ck_assert_uint_eq(list_length(&port->accepted), port->accepted_count);
	list_for_each(link, &port->senders) {
		struct sender *sender = list_entry(link, struct sender, port_link);

		ck_assert_ptr_eq(sender->port, port);
		ck_assert_uint_le(sender->count, DATAGRAMS_PER_SENDER);
		ck_assert(sender->count > 0 || sender->event.port != NULL);
		ck_assert(!sender->waiting || sender->process != NULL);
		sent += sender->count;
	}
	ck_assert_uint_eq(sent, port->datagram_count);
	list_for_each(link, &port->pending) {
		struct lane *lane = list_entry(link, struct lane, port_link);

		ck_assert_ptr_eq(lane->port, port);
		ck_assert_int_eq(lane->state, LANE_OPENING);
	}
	list_for_each(link, &port->accepted) {
		struct lane *lane = list_entry(link, struct lane, port_link);

		ck_assert_ptr_eq(lane->port, port);
		ck_assert(lane->ends[LANE_SERVER].open);
	}
	check_events(walk, port);
	if (port == walk->kernel->init_port) {
		walk_reference(walk, OBJECT_PORT, port);
		ck_assert_ptr_eq(port->owner, walk->kernel->init);
	} else {
		ck_assert_ptr_nonnull(port->owner);
	}
}

/* A port that lives, and the page in which its owner sees whether there is something. */
static void check_owner(struct port *port)
{
	struct process *owner = port->owner;
	uint32_t index = port->receive & HANDLE_INDEX_MASK;
	bool noticed, empty = port->datagram_count == 0 && list_empty(&port->events);
	struct handle_slot *slot = &owner->handles.chunks[index / HANDLE_CHUNK][index % HANDLE_CHUNK];

	ck_assert_int_ne(owner->state, PROCESS_DEAD);
	ck_assert_int_eq(slot->capability.kind, OBJECT_PORT);
	ck_assert_ptr_eq(slot->capability.port, port);
	ck_assert(slot->capability.rights & RIGHT_RECEIVE);
	ck_assert_uint_eq(slot->generation, port->receive >> HANDLE_INDEX_BITS);
	noticed = owner->notice->bits[index / 64] >> index % 64 & 1;
	ck_assert_msg(noticed == !empty, "port %llu: noticed %d, empty %d", (unsigned long long)port->id, noticed,
	              empty);
	if (owner->blocked.kind == BLOCKED_RECEIVE && owner->blocked.port == port)
		ck_assert(empty);
}

/* ---- lanes ----------------------------------------------------------- */

static void check_lane_end(struct walk *walk, struct lane_end *end)
{
	uint64_t last = 0;

	ck_assert_uint_eq(list_length(&end->parked), end->parked_count);
	ck_assert_uint_le(end->parked_count, end->lane->depth);
	list_for_each(link, &end->parked) {
		struct transit *transit = list_entry(link, struct transit, link);

		ck_assert_uint_gt(transit->cookie, last);
		last = transit->cookie;
		ck_assert(!(transit->capability.rights & RIGHT_RECEIVE));
		ck_assert_int_ne(transit->capability.kind, OBJECT_LANE);
		check_capability(walk, &transit->capability);
	}
	ck_assert_uint_lt(last, end->lane->next_cookie);
	if (end->process != NULL)
		walk_reference(walk, OBJECT_PROCESS, end->process);
	if (end->open) {
		uint32_t index = end->handle & HANDLE_INDEX_MASK;
		struct handle_slot *slot = &end->process->handles.chunks[index / HANDLE_CHUNK][index % HANDLE_CHUNK];

		ck_assert_int_ne(end->process->state, PROCESS_DEAD);
		ck_assert_int_eq(slot->capability.kind, OBJECT_LANE);
		ck_assert_ptr_eq(slot->capability.end, end);
	} else {
		ck_assert(end->event.port == NULL || end->lane->state == LANE_OPENING);
	}
}

static void check_lane(struct walk *walk, struct lane *lane)
{
	struct lane_end *client = &lane->ends[LANE_CLIENT], *server = &lane->ends[LANE_SERVER];

	ck_assert(client->open || server->open);
	ck_assert_ptr_nonnull(lane->charge.account);
	ck_assert_uint_eq(lane->charge.amount.memory, lane_size(lane->depth, lane->area));
	if (lane->memory != NULL)
		walk_reference(walk, OBJECT_MEMORY, lane->memory);
	if (lane->state == LANE_OPENING) {
		ck_assert(client->open && !server->open);
		ck_assert_ptr_nonnull(lane->port);
	} else if (lane->state == LANE_ACCEPTED) {
		ck_assert(client->open && server->open);
		ck_assert_ptr_nonnull(lane->memory);
	} else {
		ck_assert_int_eq(lane->state, LANE_CLOSED);
		ck_assert(!client->open || !server->open);
		ck_assert_uint_eq(client->parked_count + server->parked_count, 0);
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

		ck_assert_uint_ge(slot->generation, 1);
		ck_assert_uint_le(slot->generation, HANDLE_GENERATION_MAXIMUM);
		if (slot->capability.kind == OBJECT_NONE)
			continue;
		used++;
		check_capability(walk, &slot->capability);
		if (slot->capability.kind == OBJECT_PORT && (slot->capability.rights & RIGHT_RECEIVE)) {
			ck_assert_ptr_eq(slot->capability.port->owner, process);
			check_owner(slot->capability.port);
		}
		if (slot->capability.kind == OBJECT_LANE)
			ck_assert_ptr_eq(slot->capability.end->process, process);
	}
	for (uint32_t index = table->free_head; index != HANDLE_NO_INDEX;) {
		struct handle_slot *slot = &table->chunks[index / HANDLE_CHUNK][index % HANDLE_CHUNK];

		ck_assert_int_eq(slot->capability.kind, OBJECT_NONE);
		ck_assert_uint_lt(unused, table->slots);
		unused++;
		last = index;
		index = slot->next_free;
	}
	ck_assert_uint_eq(last, table->free_tail);
	ck_assert_uint_eq(used, table->used);
	ck_assert_uint_eq(used + unused + table->retired, table->slots);
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

		ck_assert_ptr_eq(charge->account, account);
		sum.memory += charge->amount.memory;
		sum.handles += charge->amount.handles;
		sum.ports += charge->amount.ports;
		sum.lanes += charge->amount.lanes;
		sum.processes += charge->amount.processes;
	}
	ck_assert_uint_eq(sum.memory, account->used.memory);
	ck_assert_uint_eq(sum.handles, account->used.handles);
	ck_assert_uint_eq(sum.ports, account->used.ports);
	ck_assert_uint_eq(sum.lanes, account->used.lanes);
	ck_assert_uint_eq(sum.processes, account->used.processes);
	ck_assert_uint_le(sum.memory, account->limit.memory);
	ck_assert_uint_le(sum.handles, account->limit.handles);
	ck_assert_uint_le(sum.ports, account->limit.ports);
	ck_assert_uint_le(sum.lanes, account->limit.lanes);
	ck_assert_uint_le(sum.processes, account->limit.processes);
}

static void check_process(struct walk *walk, struct process *process)
{
	struct kernel *kernel = walk->kernel;

	ck_assert_int_ne(process->state, PROCESS_DEAD);
	walk_reference(walk, OBJECT_PROCESS, process);
	walk_reference(walk, OBJECT_PORT, process->home);
	ck_assert_ptr_eq(process->home->owner, process);
	if (process == kernel->init || process->of_init)
		ck_assert_ptr_null(process->parent);
	else
		ck_assert_ptr_eq(kernel_process_find(kernel, process->parent->id), process->parent);
	if (process != kernel->init) {
		struct process *parent = process->parent;

		ck_assert_ptr_eq(process->charge.account, parent != NULL ? parent->account : &kernel->root);
		check_account(kernel, process->account);
	}
	list_for_each(link, &process->senders) {
		struct sender *sender = list_entry(link, struct sender, process_link);

		ck_assert_ptr_eq(sender->process, process);
	}
	ck_assert(process->dying ? process->blocked.kind == BLOCKED_NOT : true);
	check_table(walk, process);
}

static void check_blocked(struct kernel *kernel)
{
	uint64_t last = 0;

	list_for_each(link, &kernel->blocked) {
		struct process *process = list_entry(link, struct process, blocked.link);

		ck_assert_int_ne(process->blocked.kind, BLOCKED_NOT);
		ck_assert_int_ne(process->state, PROCESS_DEAD);
		ck_assert_uint_ge(process->blocked.deadline, last);
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
			ck_assert_uint_eq(((const struct port *)found->object)->references, found->references);
		else if (found->kind == OBJECT_MEMORY)
			ck_assert_uint_eq(((const struct memory *)found->object)->references, found->references);
		else
			ck_assert_uint_eq(((const struct process *)found->object)->references, found->references);
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
	check_account(kernel, &kernel->root);
	check_blocked(kernel);
	check_references(&walk);
	free(walk.found);
}
