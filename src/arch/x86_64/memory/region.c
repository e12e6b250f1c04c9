/* Memory objects and lanes: platform.h's part of memory. All of it is there from the start, and zero. */
#include "arch/x86_64/machine.h"

#define REGION_PIECE 64u /* pages that are zeroed at once: some ten microseconds */

void *platform_allocate(struct machine *machine, size_t size)
{
	return heap_allocate(&machine->heap, size);
}

void platform_free(struct machine *machine, void *address, size_t size)
{
	heap_free(&machine->heap, address, size);
}

static bool take_pages(struct machine *machine, struct chain *chain, uint64_t pages, uint32_t flags)
{
	/* Guards are about every mapping. */
	if (flags & MEMORY_CONTIGUOUS)
		return chain_make_block(&machine->ram, chain, pages);
	return chain_grow(&machine->ram, chain, pages);
}

static struct region *region_make(struct machine *machine, uint64_t pages, uint32_t flags)
{
	struct region *region = heap_allocate(&machine->heap, sizeof(*region));

	if (region != NULL && !take_pages(machine, &region->chain, pages, flags)) {
		heap_free(&machine->heap, region, sizeof(*region));
		return NULL;
	}
	return region;
}

static void region_free(struct machine *machine, struct region *region)
{
	chain_free(&machine->ram, &region->chain);
	heap_free(&machine->heap, region, sizeof(*region));
}

void region_free_unfinished(struct task *task)
{
	region_free(task->machine, task->unfinished);
	task->unfinished = NULL;
}

/*
 * Zeroing takes long, and interrupts are off: so a system call zeroes a piece,
 * and is then made again, for the next one, after whoever else is to run. To
 * the core it has failed meanwhile, without memory; it has undone all.
 */
static bool region_clear(struct machine *machine, struct region *region)
{
	struct task *caller = machine->caller;
	uint32_t piece = caller != NULL ? REGION_PIECE : region->chain.pages;

	chain_clear(&machine->ram, &region->chain, region->cleared, piece);
	region->cleared += piece;
	if (region->cleared >= region->chain.pages)
		return true;
	caller->unfinished = region;
	caller->again = true;
	return false;
}

/* What the call had begun to make when it was made before; NULL: nothing. */
static struct region *region_go_on(struct task *caller, uint64_t pages)
{
	struct region *region;

	if (caller == NULL || caller->unfinished == NULL || caller->unfinished->chain.pages < pages)
		return NULL;
	region = caller->unfinished;
	caller->unfinished = NULL;
	return region;
}

enum error platform_memory_create(struct machine *machine, struct memory *memory, uint64_t size,
                                  uint32_t flags)
{
	struct region *region = region_go_on(machine->caller, size / RAM_PAGE);

	if (region == NULL)
		region = region_make(machine, size / RAM_PAGE, flags);
	if (region == NULL || !region_clear(machine, region))
		return E_NOMEM;
	memory->machine = region;
	return E_OK;
}

void platform_memory_destroy(struct machine *machine, struct memory *memory)
{
	region_free(machine, memory->machine);
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
