/* Memory objects: named and charged here, made and mapped by the platform. */
#include "kernel/core.h"

enum error memory_create(struct kernel *kernel, uint64_t size, uint32_t flags, struct account *account,
                         struct memory **result)
{
	const struct quota amount = {.memory = size};
	struct memory *memory = platform_allocate(kernel->machine, sizeof(*memory));
	enum error error = E_OK;

	if (memory == NULL)
		return E_NOMEM;
	charge_init(&memory->charge);
	memory->size = size;
	memory->flags = flags;
	memory->references = 1;
	list_init(&memory->device_link);
	if (account != NULL)
		error = charge_take(&memory->charge, account, &amount);
	if (error == E_OK)
		error = platform_memory_create(kernel->machine, memory, size, flags);
	if (error != E_OK) {
		charge_release(&memory->charge);
		platform_free(kernel->machine, memory, sizeof(*memory));
		return error;
	}
	*result = memory;
	return E_OK;
}

void memory_release(struct kernel *kernel, struct memory *memory)
{
	if (--memory->references > 0)
		return;
	list_remove(&memory->device_link);
	charge_release(&memory->charge);
	platform_memory_destroy(kernel->machine, memory);
	platform_free(kernel->machine, memory, sizeof(*memory));
}

uint64_t sys_vm_allocate(struct call *call)
{
	uint64_t size = call->argument[0], flags = call->argument[1];
	struct capability capability = {.kind = OBJECT_MEMORY, .rights = RIGHT_READ | RIGHT_WRITE};
	enum error error;
	handle_t handle;

	/* Guards go around private memory only: others map shared memory as they like. */
	if (flags != 0 && flags != MEMORY_SHARED && flags != MEMORY_GUARDS)
		return error_result(E_INVAL);
	if (size == 0)
		return error_result(E_INVAL);
	if (size % PAGE_SIZE != 0)
		return error_result(E_ALIGN);
	error = memory_create(call->kernel, size, (uint32_t)flags, call->process->account,
	                      &capability.memory);
	if (error != E_OK)
		return error_result(error);
	if (flags & MEMORY_SHARED)
		capability.rights |= RIGHT_TRANSFER;
	error = handle_install(call->kernel, call->process, &capability, &handle);
	memory_release(call->kernel, capability.memory);
	return error == E_OK ? handle : error_result(error);
}

uint64_t sys_vm_deallocate(struct call *call)
{
	struct capability *capability;
	enum error error = handle_lookup(call->process, call->argument[0], OBJECT_MEMORY, 0, &capability);

	if (error != E_OK)
		return error_result(error);
	handle_drop(call->kernel, call->process, (handle_t)call->argument[0], E_OK);
	return 0;
}

enum error memory_map(struct kernel *kernel, struct process *process, handle_t handle, rights_t access,
                      uint64_t *address)
{
	struct handle_slot *slot = handle_find(process, handle);
	enum error error;

	/* One handle, one mapping: it goes when the handle does. */
	if (slot->mapped)
		return E_BUSY;
	error = platform_memory_map(kernel->machine, process, slot->capability.memory, access, address);
	if (error != E_OK)
		return error;
	slot->mapped = true;
	slot->address = *address;
	return E_OK;
}

uint64_t sys_memory_map(struct call *call)
{
	const uint64_t accesses = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;
	uint64_t access = call->argument[1];
	struct capability *capability;
	struct memory_info info = {0};
	enum error error = handle_lookup(call->process, call->argument[0], OBJECT_MEMORY, 0, &capability);

	if (error != E_OK)
		return error_result(error);
	if (access == 0 || (access & ~accesses) != 0)
		return error_result(E_INVAL);
	if ((access & ~(uint64_t)capability->rights) != 0)
		return error_result(E_NO_RIGHTS);
	error = memory_map(call->kernel, call->process, (handle_t)call->argument[0], (rights_t)access,
	                   &info.address);
	if (error != E_OK)
		return error_result(error);
	info.size = capability->memory->size;
	call_write(call, &info, sizeof(info));
	return 0;
}
