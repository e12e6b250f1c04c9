/* Handles: names local to a process, with a generation that catches stale ones. */
#include <drydock/string.h>

#include "kernel/core.h"

void handle_table_init(struct handle_table *table)
{
	table->free_head = table->free_tail = HANDLE_NO_INDEX;
}

void handle_table_free(struct kernel *kernel, struct handle_table *table)
{
	for (uint32_t chunk = 0; chunk < table->slots / HANDLE_CHUNK; chunk++)
		platform_free(kernel->machine, table->chunks[chunk],
		              HANDLE_CHUNK * sizeof(struct handle_slot));
	table->slots = 0;
}

struct handle_slot *handle_slot_at(struct handle_table *table, uint32_t index)
{
	if (index >= table->slots)
		return NULL;
	return &table->chunks[index / HANDLE_CHUNK][index % HANDLE_CHUNK];
}

handle_t handle_of_slot(const struct handle_slot *slot, uint32_t index)
{
	return slot->generation << HANDLE_INDEX_BITS | index;
}

static void handle_free_append(struct handle_table *table, uint32_t index)
{
	handle_slot_at(table, index)->next_free = HANDLE_NO_INDEX;
	if (table->free_tail == HANDLE_NO_INDEX)
		table->free_head = index;
	else
		handle_slot_at(table, table->free_tail)->next_free = index;
	table->free_tail = index;
}

static enum error handle_table_grow(struct kernel *kernel, struct handle_table *table)
{
	uint32_t first = table->slots;
	struct handle_slot *chunk;

	/* Every index is in use or worn out: the table is its own quota. */
	if (first >= HANDLE_COUNT_LIMIT)
		return E_QUOTA;
	chunk = platform_allocate(kernel->machine, HANDLE_CHUNK * sizeof(struct handle_slot));
	if (chunk == NULL)
		return E_NOMEM;
	table->chunks[first / HANDLE_CHUNK] = chunk;
	table->slots += HANDLE_CHUNK;
	for (uint32_t index = first; index < table->slots; index++) {
		handle_slot_at(table, index)->generation = 1;
		handle_free_append(table, index);
	}
	return E_OK;
}

struct handle_slot *handle_find(struct process *process, uint64_t handle)
{
	struct handle_slot *slot;

	if (handle > UINT32_MAX)
		return NULL;
	slot = handle_slot_at(&process->handles, (uint32_t)handle & HANDLE_INDEX_MASK);
	if (slot == NULL || slot->capability.kind == OBJECT_NONE ||
	    slot->generation != handle >> HANDLE_INDEX_BITS)
		return NULL;
	return slot;
}

enum error handle_lookup(struct process *process, uint64_t handle, enum object_kind kind, rights_t rights,
                         struct capability **capability)
{
	struct handle_slot *slot = handle_find(process, handle);

	if (slot == NULL)
		return E_CAP_INVALID;
	if (slot->capability.kind != kind)
		return kind == OBJECT_PORT ? E_PORT_INVALID : E_CAP_INVALID;
	if ((slot->capability.rights & rights) != rights)
		return E_NO_RIGHTS;
	*capability = &slot->capability;
	return E_OK;
}

enum error handle_lookup_port(struct process *process, uint64_t handle, rights_t rights,
                              struct capability **capability)
{
	enum error error = handle_lookup(process, handle, OBJECT_PORT, rights, capability);

	if (error == E_OK && (*capability)->port->ended)
		error = E_PORT_INVALID;
	return error;
}

enum error handle_lookup_authority(struct process *process, uint64_t handle, enum authority authority)
{
	struct handle_slot *slot = handle_find(process, handle);

	/* An authority for something else is as good as a wrong kind. */
	if (slot == NULL || slot->capability.kind != OBJECT_AUTHORITY ||
	    slot->capability.authority != authority)
		return E_CAP_INVALID;
	return slot->capability.rights & RIGHT_EXECUTE ? E_OK : E_NO_RIGHTS;
}

enum error handle_install(struct kernel *kernel, struct process *process, const struct capability *capability,
                          handle_t *handle)
{
	struct handle_table *table = &process->handles;
	struct handle_slot *slot;
	uint32_t index;

	if (!account_take_handle(process->account))
		return E_QUOTA;
	if (table->free_head == HANDLE_NO_INDEX) {
		enum error error = handle_table_grow(kernel, table);

		if (error != E_OK) {
			account_return_handle(process->account);
			return error;
		}
	}
	index = table->free_head;
	slot = handle_slot_at(table, index);
	table->free_head = slot->next_free;
	if (table->free_head == HANDLE_NO_INDEX)
		table->free_tail = HANDLE_NO_INDEX;
	capability_acquire(capability);
	slot->capability = *capability;
	slot->mapped = false;
	table->used++;
	*handle = handle_of_slot(slot, index);
	return E_OK;
}

struct capability handle_take(struct kernel *kernel, struct process *process, handle_t handle)
{
	struct handle_table *table = &process->handles;
	struct handle_slot *slot = handle_find(process, handle);
	struct capability capability = slot->capability;

	/* A dead process's mappings go with its address space. */
	if (slot->mapped && process->state != PROCESS_DEAD)
		platform_memory_unmap(kernel->machine, process, capability.memory, slot->address);
	slot->capability = (struct capability){.kind = OBJECT_NONE};
	slot->mapped = false;
	table->used--;
	if (slot->generation == HANDLE_GENERATION_MAXIMUM) {
		/* One more and an old handle would name something new: never again. */
		table->retired++;
	} else {
		slot->generation++;
		handle_free_append(table, handle & HANDLE_INDEX_MASK);
	}
	account_return_handle(process->account);
	return capability;
}

void handle_drop(struct kernel *kernel, struct process *process, handle_t handle, enum error reason)
{
	struct capability capability = handle_take(kernel, process, handle);

	if (capability.kind == OBJECT_LANE) {
		lane_end_close(kernel, capability.end, reason);
		return;
	}
	if (capability.kind == OBJECT_DEVICE) {
		device_close(kernel, capability.device);
		return;
	}
	if (capability.kind == OBJECT_PORT && (capability.rights & RIGHT_RECEIVE)) {
		/* The port of init is the kernel's: it outlives who receives from it. */
		if (capability.port == kernel->init_port) {
			capability.port->owner = NULL;
			capability.port->receive = 0;
		} else {
			port_end(kernel, capability.port);
		}
	}
	capability_release(kernel, &capability);
}

void capability_acquire(const struct capability *capability)
{
	switch (capability->kind) {
	case OBJECT_PORT:
		capability->port->references++;
		break;
	case OBJECT_MEMORY:
		capability->memory->references++;
		break;
	case OBJECT_PROCESS:
		process_acquire(capability->process);
		break;
	case OBJECT_NONE:
	case OBJECT_LANE: /* an end has one handle, and closes with it */
	case OBJECT_DEVICE: /* so has a device */
	case OBJECT_AUTHORITY:
		break;
	}
}

void capability_release(struct kernel *kernel, const struct capability *capability)
{
	switch (capability->kind) {
	case OBJECT_PORT:
		port_release(kernel, capability->port);
		break;
	case OBJECT_MEMORY:
		memory_release(kernel, capability->memory);
		break;
	case OBJECT_PROCESS:
		process_release(kernel, capability->process);
		break;
	case OBJECT_NONE:
	case OBJECT_LANE:
	case OBJECT_DEVICE:
	case OBJECT_AUTHORITY:
		break;
	}
}

enum error capability_narrow(const struct capability *capability, uint64_t rights)
{
	if (!(capability->rights & RIGHT_TRANSFER))
		return E_NO_RIGHTS;
	/* RECEIVE has exactly one holder, for ever. */
	if ((rights & ~(uint64_t)capability->rights) != 0 || (rights & RIGHT_RECEIVE))
		return E_NO_RIGHTS;
	return E_OK;
}

uint64_t sys_cap_drop(struct call *call)
{
	struct handle_slot *slot = handle_find(call->process, call->argument[0]);

	if (slot == NULL)
		return error_result(E_CAP_INVALID);
	/* Dropping RECEIVE ends the port, which takes DESTROY: a home port lives as long as its process. */
	if (slot->capability.kind == OBJECT_PORT && (slot->capability.rights & RIGHT_RECEIVE) &&
	    !(slot->capability.rights & RIGHT_DESTROY))
		return error_result(E_NO_RIGHTS);
	handle_drop(call->kernel, call->process, (handle_t)call->argument[0], E_PEER_DEAD);
	return 0;
}

uint64_t sys_cap_duplicate(struct call *call)
{
	struct handle_slot *slot = handle_find(call->process, call->argument[0]);
	struct capability copy;
	enum error error;
	handle_t handle;

	if (slot == NULL)
		return error_result(E_CAP_INVALID);
	error = capability_narrow(&slot->capability, call->argument[1]);
	if (error != E_OK)
		return error_result(error);
	copy = slot->capability;
	copy.rights = (rights_t)call->argument[1];
	error = handle_install(call->kernel, call->process, &copy, &handle);
	return error == E_OK ? handle : error_result(error);
}
