/* Memory objects and lanes: platform.h's part of memory. All of it is there from the start, and zero. */
#include "arch/x86_64/machine.h"

void *platform_allocate(struct machine *machine, size_t size)
{
	return heap_allocate(&machine->heap, size);
}

void platform_free(struct machine *machine, void *address, size_t size)
{
	heap_free(&machine->heap, address, size);
}

enum error platform_memory_create(struct machine *machine, struct memory *memory, uint64_t size,
                                  uint32_t flags)
{
	struct region *region = heap_allocate(&machine->heap, sizeof(*region));

	/* Guards are about every mapping. */
	if (region == NULL)
		return E_NOMEM;
	if (flags & MEMORY_CONTIGUOUS ? !chain_make_block(&machine->ram, &region->chain, size / RAM_PAGE)
	                              : !chain_grow(&machine->ram, &region->chain, size / RAM_PAGE)) {
		heap_free(&machine->heap, region, sizeof(*region));
		return E_NOMEM;
	}
	memory->machine = region;
	return E_OK;
}

void platform_memory_destroy(struct machine *machine, struct memory *memory)
{
	struct region *region = memory->machine;

	chain_free(&machine->ram, &region->chain);
	heap_free(&machine->heap, region, sizeof(*region));
	memory->machine = NULL;
}

enum error platform_memory_map(struct machine *machine, struct process *process, struct memory *memory,
                               rights_t access, uint64_t *address)
{
	struct region *region = memory->machine;
	struct task *task = process->machine;

	(void)machine;
	return space_map_chain(&task->space, &region->chain, access, address) ? E_OK : E_NOMEM;
}

void platform_memory_unmap(struct machine *machine, struct process *process, struct memory *memory,
                           uint64_t address)
{
	struct task *task = process->machine;

	(void)machine;
	(void)memory;
	space_unmap(&task->space, address);
}

void *platform_memory_view(struct machine *machine, struct memory *memory)
{
	const struct region *region = memory->machine;

	return chain_view(&machine->ram, &region->chain);
}

enum error platform_lane_attach(struct machine *machine, struct process *process, struct lane *lane,
                                struct process *peer, uint64_t *address, uint64_t *peer_page)
{
	struct task *task = process->machine, *other = peer->machine;
	struct region *region = lane->memory->machine;

	(void)machine;
	if (!space_map_chain(&task->space, &region->chain, RIGHT_READ | RIGHT_WRITE, address))
		return E_NOMEM;
	if (space_map_anywhere(&task->space, other->page, RIGHT_READ, peer_page))
		return E_OK;
	space_unmap(&task->space, *address);
	return E_NOMEM;
}

void platform_lane_detach(struct machine *machine, struct process *process, struct lane *lane,
                          uint64_t address, uint64_t peer_page)
{
	struct task *task = process->machine;

	(void)machine;
	(void)lane;
	space_unmap(&task->space, address);
	space_unmap(&task->space, peer_page);
}

void platform_memory_state(struct machine *machine, uint64_t *total, uint64_t *free)
{
	*total = (uint64_t)machine->ram.total * RAM_PAGE;
	*free = (uint64_t)machine->ram.free * RAM_PAGE;
}
