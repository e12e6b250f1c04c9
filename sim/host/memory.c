/*
 * Memory objects and lanes: sealed memfds. Private memory is only charged for;
 * the process maps it by itself (sim/user/memory.c).
 *
 * A reader of a memory object gets a read-only open file description. That
 * keeps mistakes out, not malice: it can be reopened writable through /proc,
 * and F_SEAL_FUTURE_WRITE cannot help, since writers may yet come.
 */
#include "machine.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct host_memory {
	int descriptor;
	uint64_t size;
	void *view; /* NULL: not looked at yet */
};

enum error platform_memory_create(struct machine *machine, struct memory *memory, uint64_t size,
                                  uint32_t flags)
{
	struct host_memory *host_memory;

	(void)machine;
	memory->machine = NULL;
	if ((flags & MEMORY_SHARED) == 0)
		return E_OK;
	host_memory = calloc(1, sizeof(*host_memory));
	if (host_memory == NULL)
		return E_NOMEM;
	host_memory->size = size;
	host_memory->descriptor = memory_file("drydock-memory", size, F_SEAL_SEAL);
	if (host_memory->descriptor < 0) {
		free(host_memory);
		return E_NOMEM;
	}
	memory->machine = host_memory;
	return E_OK;
}

void platform_memory_destroy(struct machine *machine, struct memory *memory)
{
	struct host_memory *host_memory = memory->machine;

	(void)machine;
	if (host_memory == NULL)
		return;
	if (host_memory->view != NULL)
		munmap(host_memory->view, host_memory->size);
	close(host_memory->descriptor);
	free(host_memory);
	memory->machine = NULL;
}

void *platform_memory_view(struct machine *machine, struct memory *memory)
{
	struct host_memory *host_memory = memory->machine;
	void *view;

	(void)machine;
	if (host_memory == NULL)
		return NULL;
	if (host_memory->view == NULL) {
		view = mmap(NULL, host_memory->size, PROT_READ | PROT_WRITE, MAP_SHARED,
		            host_memory->descriptor, 0);
		host_memory->view = view != MAP_FAILED ? view : NULL;
	}
	return host_memory->view;
}

/* Queues a descriptor to go with the reply, and owns it; false if it is none, or there is no room. */
static bool pass(struct host_process *process, int descriptor)
{
	if (descriptor < 0)
		return false;
	if (process->pass_count == DESCRIPTOR_MAXIMUM) {
		close(descriptor);
		return false;
	}
	process->pass[process->pass_count++] = descriptor;
	return true;
}

static void drop_passes(struct host_process *process)
{
	while (process->pass_count > 0)
		close(process->pass[--process->pass_count]);
}

enum error platform_memory_map(struct machine *machine, struct process *process, struct memory *memory,
                               rights_t access, uint64_t *address)
{
	struct host_memory *host_memory = memory->machine;
	int flags = access & RIGHT_WRITE ? O_RDWR : O_RDONLY;

	(void)machine;
	*address = 0;
	if (host_memory == NULL)
		return E_INVAL;
	if (!pass(process->machine, descriptor_reopen(host_memory->descriptor, flags)))
		return E_NOMEM;
	return E_OK;
}

void platform_memory_unmap(struct machine *machine, struct process *process, struct memory *memory,
                           uint64_t address)
{
	/* The process unmaps for itself: nothing is taken from under a living one. */
	(void)machine;
	(void)process;
	(void)memory;
	(void)address;
}

/*
 * Before a page goes to its first peer: its owner has made a call, so it has
 * mapped the page, and nobody is to map it writable any more.
 */
static bool seal_page(struct host_process *process)
{
	if (!process->page_sealed)
		process->page_sealed =
			fcntl(process->page_descriptor, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SEAL) == 0;
	return process->page_sealed;
}

enum error platform_lane_attach(struct machine *machine, struct process *process, struct lane *lane,
                                struct process *peer, uint64_t *address, uint64_t *peer_page)
{
	struct host_process *host_process = process->machine, *host_peer = peer->machine;
	struct host_memory *memory = lane->memory->machine;

	(void)machine;
	*address = *peer_page = 0;
	if (memory == NULL || host_peer == NULL)
		return E_INVAL;
	if (!seal_page(host_peer)) {
		process_breach(host_peer, "has sealed its owner page");
		return E_PEER_DEAD;
	}
	/*
	 * The bell's description is this process's own: what it does to it (such as
	 * making it blocking) is not felt by others.
	 */
	if (pass(host_process, descriptor_reopen(memory->descriptor, O_RDWR)) &&
	    pass(host_process, descriptor_reopen(host_peer->page_reader, O_RDONLY)) &&
	    pass(host_process, descriptor_reopen(host_peer->doorbell_write, O_WRONLY | O_NONBLOCK)))
		return E_OK;
	drop_passes(host_process);
	return E_NOMEM;
}

void platform_lane_detach(struct machine *machine, struct process *process, struct lane *lane, uint64_t address,
                          uint64_t peer_page)
{
	/* As with memory: the process unmaps for itself. */
	(void)machine;
	(void)process;
	(void)lane;
	(void)address;
	(void)peer_page;
}

void platform_memory_state(struct machine *machine, uint64_t *total, uint64_t *free)
{
	(void)machine;
	*total = (uint64_t)sysconf(_SC_PHYS_PAGES) * PAGE_SIZE;
	*free = (uint64_t)sysconf(_SC_AVPHYS_PAGES) * PAGE_SIZE;
}
