/* os.h by the syscall instruction and the pages that the kernel has mapped (user_layout.h). */
#include <drydock/string.h>

#include "arch/x86_64/user/process.h"
#include "arch/x86_64/user_layout.h"

/* The page at a fixed address. */
static void *page(uint64_t address)
{
	return (void *)(uintptr_t)address;
}

uint64_t os_trap(struct os *os, enum system_call call, const uint64_t arguments[6], uint64_t *length)
{
	register uint64_t fourth __asm__("r10") = arguments[3];
	register uint64_t fifth __asm__("r8") = arguments[4];
	register uint64_t sixth __asm__("r9") = arguments[5];
	uint64_t bytes = length != NULL ? *length : 0;
	uint64_t result = call;

	(void)os;
	__asm__ volatile("syscall"
	                 : "+a"(result), "+b"(bytes)
	                 : "D"(arguments[0]), "S"(arguments[1]), "d"(arguments[2]), "r"(fourth), "r"(fifth),
	                   "r"(sixth)
	                 : "rcx", "r11", "memory");
	if (length != NULL)
		*length = bytes;
	return result;
}

static uint64_t trap(struct os *os, enum system_call call, uint64_t first, uint64_t second)
{
	return os_trap(os, call, (const uint64_t[6]){first, second}, NULL);
}

void os_initialize(struct os *os)
{
	memcpy(&os->start, page(USER_KERNEL_BUFFER), sizeof(os->start));
	os->console = 0;
	for (uint32_t i = 0; i < os->start.grant_count; i++) {
		const struct grant *grant = &os->start.grants[i];

		if (grant->kind == GRANT_AUTHORITY && grant->value == AUTHORITY_CONSOLE)
			os->console = grant->handle;
	}
}

void *os_buffer(struct os *os)
{
	(void)os;
	return page(USER_KERNEL_BUFFER);
}

const struct start_block *os_start(struct os *os)
{
	return &os->start;
}

const struct notice_page *os_notice(struct os *os)
{
	(void)os;
	return page(USER_NOTICE_PAGE);
}

struct owner_page *os_page(struct os *os)
{
	(void)os;
	return page(USER_OWNER_PAGE);
}

/* ---- time and waiting --------------------------------------------------------- */

uint64_t os_time(struct os *os)
{
	const struct clock_page *clock = page(USER_CLOCK_PAGE);
	uint32_t low, high;

	(void)os;
	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)((unsigned __int128)(((uint64_t)high << 32 | low) - clock->base) * clock->multiplier >> 32);
}

uint64_t os_wall_time(struct os *os)
{
	const struct clock_page *clock = page(USER_CLOCK_PAGE);

	return clock->wall + os_time(os);
}

uint32_t os_processor(struct os *os)
{
	/* There is one. */
	(void)os;
	return 0;
}

void os_yield(struct os *os)
{
	trap(os, SYS_SCHED_YIELD, 0, 0);
}

void os_sleep(struct os *os, uint64_t deadline)
{
	trap(os, SYS_WAIT, 0, deadline);
}

/* ---- lanes and memory ------------------------------------------------------------ */

enum error os_lane_attach(struct os *os, handle_t lane, uint32_t depth, uint32_t area, struct os_lane *result)
{
	uint64_t status = trap(os, SYS_LANE_ATTACH, lane, 0);
	uint64_t addresses[2];

	if (result_is_error(status))
		return result_error(status);
	memcpy(addresses, os_buffer(os), sizeof(addresses));
	result->memory = (uint8_t *)page(addresses[0]);
	result->size = lane_size(depth, area);
	result->peer = page(addresses[1]);
	result->doorbell = lane;
	return E_OK;
}

void os_lane_detach(struct os *os, struct os_lane *lane)
{
	/* The kernel unmaps when the handle goes. */
	(void)os;
	*lane = (struct os_lane){0};
}

void os_lane_ring(struct os *os, const struct os_lane *lane)
{
	/*
	 * Without sleeping. That takes a ring of this process's own, if there is
	 * one; but who rings here is awake, and looks before it sleeps.
	 */
	trap(os, SYS_WAIT, lane->doorbell, DEADLINE_POLL);
}

enum error os_memory_map(struct os *os, handle_t handle, rights_t access, void **address, uint64_t *size)
{
	uint64_t status = trap(os, SYS_MEMORY_MAP, handle, access);
	struct memory_info info;

	if (result_is_error(status))
		return result_error(status);
	memcpy(&info, os_buffer(os), sizeof(info));
	*address = page(info.address);
	*size = info.size;
	return E_OK;
}

enum error os_memory_allocate(struct os *os, uint64_t size, uint32_t flags, handle_t *handle, void **address)
{
	uint64_t status = trap(os, SYS_VM_ALLOCATE, size, flags);
	enum error error;
	uint64_t mapped;

	if (result_is_error(status))
		return result_error(status);
	*handle = (handle_t)status;
	error = os_memory_map(os, *handle, RIGHT_READ | RIGHT_WRITE, address, &mapped);
	if (error != E_OK)
		trap(os, SYS_VM_DEALLOCATE, *handle, 0);
	return error;
}

void os_memory_free(struct os *os, handle_t handle, void *address, uint64_t size)
{
	(void)address;
	(void)size;
	trap(os, SYS_VM_DEALLOCATE, handle, 0);
}

/* ---- the end ------------------------------------------------------------------------ */

_Noreturn void os_exit(struct os *os, uint64_t code)
{
	trap(os, SYS_EXIT, code, 0);
	__builtin_trap();
}

void os_panic_print(struct os *os, const char *text, size_t length)
{
	uint64_t bytes = length < KERNEL_BUFFER_SIZE ? length : KERNEL_BUFFER_SIZE;

	/* Without the authority to print, its exit code is all that a process can say. */
	memcpy(os_buffer(os), text, bytes);
	os_trap(os, SYS_CONSOLE, (const uint64_t[6]){os->console}, &bytes);
}

/* ---- no tools watch stacks here ------------------------------------------------------ */

void os_stack_made(struct os *os, void *bottom, size_t size, uint32_t *id)
{
	(void)os;
	(void)bottom;
	(void)size;
	*id = 0;
}

void os_stack_freed(struct os *os, uint32_t id)
{
	(void)os;
	(void)id;
}

void os_switch_start(struct os *os, void **save, const void *bottom, size_t size)
{
	(void)os;
	(void)save;
	(void)bottom;
	(void)size;
}

void os_switch_finish(struct os *os, void *save)
{
	(void)os;
	(void)save;
}
