/*
 * Memory and lanes: the kernel charges and names, this maps. Around every
 * mapping lies an inaccessible page on either side, asked for or not, so that
 * all of them are freed alike.
 */
#include "internal.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Maps `size` bytes of `descriptor` (or, with -1, of nothing) between guards; NULL without memory. */
static void *map_guarded(int descriptor, uint64_t size, int protection)
{
	int flags = descriptor >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
	uint8_t *whole;

	if (size == 0 || size > SIZE_MAX - 2 * PAGE_SIZE)
		return NULL;
	whole = mmap(NULL, size + 2 * PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
	             0);
	if (whole == MAP_FAILED)
		return NULL;
	if (mmap(whole + PAGE_SIZE, size, protection, flags | MAP_FIXED, descriptor, 0) == MAP_FAILED) {
		munmap(whole, size + 2 * PAGE_SIZE);
		return NULL;
	}
	if (descriptor >= 0)
		madvise(whole + PAGE_SIZE, size, MADV_DONTFORK);
	return whole + PAGE_SIZE;
}

static void unmap_guarded(void *address, uint64_t size)
{
	munmap((uint8_t *)address - PAGE_SIZE, size + 2 * PAGE_SIZE);
}

enum error os_lane_attach(struct os *os, handle_t lane, uint32_t depth, uint32_t area, struct os_lane *result)
{
	const uint64_t arguments[6] = {lane};
	int descriptors[ATTACH_DESCRIPTORS];
	void *peer;
	uint64_t status;

	status = kernel_lane_call(os, SYS_LANE_ATTACH, arguments, NULL, descriptors, ATTACH_DESCRIPTORS);
	if (result_is_error(status))
		return result_error(status);
	result->size = lane_size(depth, area);
	result->memory = map_guarded(descriptors[ATTACH_LANE], result->size, PROT_READ | PROT_WRITE);
	peer = map_guarded(descriptors[ATTACH_PEER_PAGE], PAGE_SIZE, PROT_READ);
	close(descriptors[ATTACH_LANE]);
	close(descriptors[ATTACH_PEER_PAGE]);
	if (result->memory == NULL || peer == NULL) {
		if (result->memory != NULL)
			unmap_guarded(result->memory, result->size);
		if (peer != NULL)
			unmap_guarded(peer, PAGE_SIZE);
		close(descriptors[ATTACH_PEER_DOORBELL]);
		return E_NOMEM;
	}
	result->peer = peer;
	result->doorbell = (uint64_t)descriptors[ATTACH_PEER_DOORBELL];
	if (os->scheduling != SCHEDULING_LINUX) {
		/* The kernel rings, and knows the lane by its handle. */
		close(descriptors[ATTACH_PEER_DOORBELL]);
		result->doorbell = lane;
	}
	return E_OK;
}

void os_lane_detach(struct os *os, struct os_lane *lane)
{
	unmap_guarded(lane->memory, lane->size);
	unmap_guarded((void *)(uintptr_t)lane->peer, PAGE_SIZE);
	if (os->scheduling == SCHEDULING_LINUX)
		close((int)lane->doorbell);
	*lane = (struct os_lane){0};
}

void os_lane_ring(struct os *os, const struct os_lane *lane)
{
	ssize_t written;

	if (os->scheduling != SCHEDULING_LINUX) {
		/* Without sleeping; who rings is awake, and looks before it sleeps. */
		os_trap(os, SYS_WAIT, (const uint64_t[6]){lane->doorbell, DEADLINE_POLL}, NULL);
		return;
	}
	/* EAGAIN: the pipe is full of rings already. The host keeps a read end, so there is no SIGPIPE. */
	do {
		written = write((int)lane->doorbell, "", 1);
	} while (written < 0 && errno == EINTR);
}

enum error os_memory_allocate(struct os *os, uint64_t size, uint32_t flags, handle_t *handle, void **address)
{
	const uint64_t arguments[6] = {size, flags};
	uint64_t status = os_trap(os, SYS_VM_ALLOCATE, arguments, NULL);
	enum error error = E_OK;
	uint64_t mapped;

	if (result_is_error(status))
		return result_error(status);
	*handle = (handle_t)status;
	if (flags & MEMORY_SHARED) {
		error = os_memory_map(os, *handle, RIGHT_READ | RIGHT_WRITE, address, &mapped);
	} else {
		*address = map_guarded(-1, size, PROT_READ | PROT_WRITE);
		if (*address == NULL)
			error = E_NOMEM;
		else
			tool_memory_made(*address, size);
	}
	if (error != E_OK)
		os_trap(os, SYS_VM_DEALLOCATE, (const uint64_t[6]){*handle}, NULL);
	return error;
}

enum error os_memory_map(struct os *os, handle_t handle, rights_t access, void **address, uint64_t *size)
{
	const uint64_t arguments[6] = {handle, access};
	int protection = 0, descriptor;
	struct stat status;
	uint64_t result, length = 0;

	result = kernel_lane_call(os, SYS_MEMORY_MAP, arguments, &length, &descriptor, 1);
	if (result_is_error(result))
		return result_error(result);
	if (access & RIGHT_READ)
		protection |= PROT_READ;
	if (access & RIGHT_WRITE)
		protection |= PROT_WRITE;
	if (access & RIGHT_EXECUTE)
		protection |= PROT_EXEC;
	if (fstat(descriptor, &status) != 0) {
		close(descriptor);
		return E_IO;
	}
	*size = (uint64_t)status.st_size;
	*address = map_guarded(descriptor, *size, protection);
	close(descriptor);
	if (*address == NULL)
		return E_NOMEM;
	tool_memory_made(*address, *size);
	return E_OK;
}

void os_memory_free(struct os *os, handle_t handle, void *address, uint64_t size)
{
	tool_memory_freed(address, size);
	unmap_guarded(address, size);
	os_trap(os, SYS_VM_DEALLOCATE, (const uint64_t[6]){handle}, NULL);
}
