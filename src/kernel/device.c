/*
 * Devices: who drives which, their registers, memory that they reach, and their
 * interrupts as events. The machine knows what they are; here is who may.
 *
 * Whoever drives a device can have it write to any memory of the machine: the
 * authority for it is given to what is trusted like the kernel.
 */
#include <drydock/string.h>

#include "kernel/core.h"

/* PCI Local Bus Specification 3.0, section 6.2.2. */
#define CONFIG_COMMAND 4u
#define COMMAND_MASTER 4u

static struct device_claim *claim_find(struct kernel *kernel, uint64_t id)
{
	list_for_each(link, &kernel->devices) {
		struct device_claim *claim = list_entry(link, struct device_claim, link);

		if (claim->id == id)
			return claim;
	}
	return NULL;
}

static enum error claim_lookup(struct call *call, struct device_claim **claim)
{
	struct capability *capability;
	enum error error = handle_lookup(call->process, call->argument[0], OBJECT_DEVICE, 0, &capability);

	if (error == E_OK)
		*claim = capability->device;
	return error;
}

/* ---- which there are, and whose ------------------------------------------------ */

uint64_t sys_device_info(struct call *call)
{
	struct device_description description = {0};
	uint64_t next = 0;
	enum error error = handle_lookup_authority(call->process, call->argument[0], AUTHORITY_DEVICES);

	if (error != E_OK)
		return error_result(error);
	if (!platform_device_find(call->kernel->machine, call->argument[1], &description, &next))
		return 0;
	description.claimed = claim_find(call->kernel, description.id) != NULL;
	call_write(call, &description, sizeof(description));
	return next;
}

static void claim_free(struct kernel *kernel, struct device_claim *claim)
{
	list_remove(&claim->link);
	platform_device_release(kernel->machine, claim);
	platform_free(kernel->machine, claim, sizeof(*claim));
}

static enum error claim_make(struct call *call, uint64_t id, struct device_claim **result)
{
	struct kernel *kernel = call->kernel;
	struct device_claim *claim;
	enum error error;

	if (claim_find(kernel, id) != NULL)
		return E_BUSY;
	claim = platform_allocate(kernel->machine, sizeof(*claim));
	if (claim == NULL)
		return E_NOMEM;
	claim->id = id;
	claim->process = call->process;
	event_init(&claim->event, EVENT_OF_DEVICE);
	list_init(&claim->memories);
	error = platform_device_claim(kernel->machine, claim);
	if (error != E_OK) {
		platform_free(kernel->machine, claim, sizeof(*claim));
		return error;
	}
	list_add_tail(&kernel->devices, &claim->link);
	*result = claim;
	return E_OK;
}

uint64_t sys_device_claim(struct call *call)
{
	struct capability capability = {.kind = OBJECT_DEVICE, .rights = RIGHT_READ | RIGHT_WRITE};
	enum error error = handle_lookup_authority(call->process, call->argument[0], AUTHORITY_DEVICES);

	if (error == E_OK)
		error = claim_make(call, call->argument[1], &capability.device);
	if (error != E_OK)
		return error_result(error);
	error = handle_install(call->kernel, call->process, &capability, &capability.device->handle);
	if (error != E_OK) {
		claim_free(call->kernel, capability.device);
		return error_result(error);
	}
	return capability.device->handle;
}

/* ---- memory that a dead driver's device may still write to ------------------------- */

/*
 * A device that is cut off from the bus begins nothing any more, but may yet end
 * what it has begun (an emulated one does so: the memory is mapped for it). So
 * its memory is nobody else's before the next driver has reset it.
 */
static void remains_keep(struct kernel *kernel, struct device_claim *claim)
{
	struct list *link;

	while ((link = list_take(&claim->memories)) != NULL) {
		struct memory *memory = list_entry(link, struct memory, device_link);

		memory->references++;
		memory->device = claim->id;
		list_add_tail(&kernel->remains, &memory->device_link);
	}
}

static void remains_free(struct kernel *kernel, uint64_t device)
{
	list_for_each(link, &kernel->remains) {
		struct memory *memory = list_entry(link, struct memory, device_link);

		if (memory->device == device)
			memory_release(kernel, memory);
	}
}

void device_forget_remains(struct kernel *kernel)
{
	while (!list_empty(&kernel->remains))
		memory_release(kernel, list_entry(kernel->remains.next, struct memory, device_link));
}

void device_close(struct kernel *kernel, struct device_claim *claim)
{
	event_cancel(kernel, &claim->event);
	for (uint32_t bar = 0; bar < DEVICE_BARS; bar++) {
		/* A dead process's mappings go with its address space. */
		if (claim->mapped & 1u << bar && claim->process->state != PROCESS_DEAD)
			platform_device_unmap(kernel->machine, claim, claim->bars[bar]);
	}
	/* Whoever drops the handle while it lives has stopped the device first: it is trusted with more. */
	if (claim->master && claim->process->state == PROCESS_DEAD)
		remains_keep(kernel, claim);
	while (list_take(&claim->memories) != NULL)
		;
	claim_free(kernel, claim);
}

void device_close_all(struct kernel *kernel, struct process *process)
{
	list_for_each(link, &kernel->devices) {
		struct device_claim *claim = list_entry(link, struct device_claim, link);

		if (claim->process == process)
			handle_drop(kernel, process, claim->handle, E_PEER_DEAD);
	}
}

/* ---- registers and memory ---------------------------------------------------------- */

uint64_t sys_device_config(struct call *call)
{
	uint64_t offset = call->argument[1], width = call->argument[2], kind = call->argument[3];
	struct machine *machine = call->kernel->machine;
	struct device_claim *claim;
	enum error error = claim_lookup(call, &claim);

	if (error != E_OK)
		return error_result(error);
	if ((width != 1 && width != 2 && width != 4) || kind > DEVICE_WRITE)
		return error_result(E_INVAL);
	if (offset >= DEVICE_CONFIG_END)
		return error_result(E_INVAL);
	if (offset % width != 0)
		return error_result(E_ALIGN);
	if (kind == DEVICE_READ)
		return platform_device_read(machine, claim, (uint32_t)offset, (uint32_t)width);
	/* Whoever has it use the bus has reset it before, which ends what was begun for others. */
	if (offset == CONFIG_COMMAND && call->argument[4] & COMMAND_MASTER) {
		claim->master = true;
		remains_free(call->kernel, claim->id);
	}
	platform_device_write(machine, claim, (uint32_t)offset, (uint32_t)width, (uint32_t)call->argument[4]);
	return 0;
}

uint64_t sys_device_map(struct call *call)
{
	uint64_t bar = call->argument[1];
	struct memory_info info = {.size = call->argument[3]};
	struct device_claim *claim;
	enum error error = claim_lookup(call, &claim);

	if (error != E_OK)
		return error_result(error);
	if (bar >= DEVICE_BARS || info.size == 0)
		return error_result(E_INVAL);
	if (info.size > DEVICE_MAP_LIMIT)
		return error_result(E_TOO_LARGE);
	if (claim->mapped & 1u << bar)
		return error_result(E_BUSY);
	error = platform_device_map(call->kernel->machine, claim, (uint32_t)bar, call->argument[2], info.size,
	                            &info.address);
	if (error != E_OK)
		return error_result(error);
	claim->mapped |= 1u << bar;
	claim->bars[bar] = info.address;
	call_write(call, &info, sizeof(info));
	return 0;
}

uint64_t sys_dma_allocate(struct call *call)
{
	struct capability capability = {.kind = OBJECT_MEMORY, .rights = RIGHT_READ | RIGHT_WRITE};
	uint64_t wanted = call->argument[1];
	struct dma_info info = {.size = PAGE_SIZE};
	struct device_claim *claim;
	enum error error = claim_lookup(call, &claim);
	handle_t handle;

	if (error != E_OK)
		return error_result(error);
	if (wanted == 0)
		return error_result(E_INVAL);
	while (info.size < wanted && info.size < 1ull << 40)
		info.size *= 2;
	if (info.size < wanted)
		return error_result(E_NOMEM);
	error = memory_create(call->kernel, info.size, MEMORY_CONTIGUOUS, call->process->account,
	                      &capability.memory);
	if (error != E_OK)
		return error_result(error);
	list_add_tail(&claim->memories, &capability.memory->device_link);
	info.device_address = platform_memory_physical(call->kernel->machine, capability.memory);
	error = handle_install(call->kernel, call->process, &capability, &handle);
	memory_release(call->kernel, capability.memory);
	if (error != E_OK)
		return error_result(error);
	error = memory_map(call->kernel, call->process, handle, capability.rights, &info.address);
	if (error != E_OK) {
		handle_drop(call->kernel, call->process, handle, E_OK);
		return error_result(error);
	}
	call_write(call, &info, sizeof(info));
	return handle;
}

/* ---- interrupts ------------------------------------------------------------------------ */

uint64_t sys_interrupt_bind(struct call *call)
{
	uint64_t vector = call->argument[1], kind = call->argument[3];
	struct interrupt_info info = {0};
	struct capability *port;
	struct device_claim *claim;
	enum error error = claim_lookup(call, &claim);

	if (error == E_OK)
		error = handle_lookup_port(call->process, call->argument[2], RIGHT_RECEIVE, &port);
	if (error != E_OK)
		return error_result(error);
	if (vector >= DEVICE_VECTORS || kind > DEVICE_LINE || (kind == DEVICE_LINE && vector != 0))
		return error_result(E_INVAL);
	if (claim->port != NULL && claim->port != port->port)
		return error_result(E_BUSY);
	error = platform_interrupt_bind(call->kernel->machine, claim, (uint32_t)vector,
	                                (enum device_interrupt_kind)kind, &info);
	if (error != E_OK)
		return error_result(error);
	claim->port = port->port;
	claim->bound |= 1u << vector;
	claim->told &= ~(1u << vector);
	claim->again &= ~(1u << vector);
	call_write(call, &info, sizeof(info));
	return 0;
}

void kernel_interrupt(struct kernel *kernel, struct device_claim *claim, uint32_t vector)
{
	uint32_t bit = 1u << vector;

	if (claim->told & bit) {
		claim->again |= bit;
		return;
	}
	claim->told |= bit;
	if (claim->port != NULL)
		event_post(kernel, &claim->event, claim->port, bit);
}

uint64_t sys_interrupt_acknowledge(struct call *call)
{
	uint64_t vector = call->argument[1];
	struct device_claim *claim;
	enum error error = claim_lookup(call, &claim);
	uint32_t bit;

	if (error != E_OK)
		return error_result(error);
	if (vector >= DEVICE_VECTORS || !(claim->bound & 1u << vector))
		return error_result(E_INVAL);
	bit = 1u << vector;
	if (!(claim->told & bit))
		return 0;
	claim->told &= ~bit;
	if (claim->again & bit) {
		claim->again &= ~bit;
		kernel_interrupt(call->kernel, claim, (uint32_t)vector);
		return 0;
	}
	platform_interrupt_unmask(call->kernel->machine, claim, (uint32_t)vector);
	return 0;
}

void device_forget_port(struct kernel *kernel, const struct port *port)
{
	list_for_each(link, &kernel->devices) {
		struct device_claim *claim = list_entry(link, struct device_claim, link);

		if (claim->port == port)
			claim->port = NULL;
	}
}
