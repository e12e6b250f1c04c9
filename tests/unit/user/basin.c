/* A whole system in one process (tests/unit/user/basin.h). */
#include "basin.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <drydock/os.h>

#include "kernel/platform.h"
#include "sim/user/tool.h"

#define CONSOLE_SIZE 65536

/* One process: what the machine knows of it, and its os.h at once. */
struct os {
	struct os *next;
	struct basin *basin;
	struct process *process;
	const struct server_definition *definition; /* NULL: driven by the test */
	struct runtime *runtime;
	struct owner_page page;
	struct notice_page notice;
	_Alignas(64) uint8_t buffer[KERNEL_BUFFER_SIZE];
	struct start_block start;
	bool started, dead, blocked;
	uint64_t completed;
	struct memory *mapped; /* by the system call that runs */
	struct lane *attached;
	struct process *peer;
};

struct basin {
	struct kernel *kernel;
	const struct basin_image *images;
	struct os *processes;
	uint64_t time, timer;
	uint64_t boot_wall_time; /* nanoseconds since 1970 when `time` was 0 */
	bool traced, announced;
	bool no_random;
	uint8_t random; /* the last that was given: they count */
	struct tool_stack stack; /* the test's: all loops run on it */
	size_t records, memories;
	size_t failed_at;
	char console[CONSOLE_SIZE];
	size_t console_length;
};

/* The platform's `struct machine` is the basin. */
static struct basin *basin_of(struct machine *machine)
{
	return (struct basin *)machine;
}

/* ---- platform.h ---------------------------------------------------------- */

void *platform_allocate(struct machine *machine, size_t size)
{
	basin_of(machine)->records += size;
	return calloc(1, size);
}

void platform_free(struct machine *machine, void *address, size_t size)
{
	basin_of(machine)->records -= size;
	free(address);
}

uint64_t platform_time(struct machine *machine)
{
	return basin_of(machine)->time;
}

bool platform_random(struct machine *machine, void *bytes, size_t size)
{
	struct basin *basin = basin_of(machine);

	if (basin->no_random)
		return false;
	for (size_t at = 0; at < size; at++)
		((uint8_t *)bytes)[at] = ++basin->random;
	return true;
}

void platform_timer(struct machine *machine, uint64_t deadline)
{
	basin_of(machine)->timer = deadline;
}

void platform_console(struct machine *machine, const char *text, size_t length)
{
	struct basin *basin = basin_of(machine);

	ck_assert_uint_lt(basin->console_length + length, CONSOLE_SIZE);
	memcpy(basin->console + basin->console_length, text, length);
	basin->console_length += length;
}

enum error platform_console_read(struct machine *machine, void *bytes, size_t size, size_t *count)
{
	(void)machine;
	(void)bytes;
	(void)size;
	(void)count;
	return E_INVALID_SYSCALL;
}

static const struct server_definition *find_image(const struct basin *basin, const char *name)
{
	for (const struct basin_image *image = basin->images; image->name != NULL; image++) {
		if (strcmp(image->name, name) == 0)
			return image->definition;
	}
	return NULL;
}

enum error platform_process_create(struct machine *machine, struct process *process, const char *image)
{
	struct basin *basin = basin_of(machine);
	const struct server_definition *definition = image ? find_image(basin, image) : NULL;
	struct os *os;

	if (image != NULL && definition == NULL)
		return E_PROCESS_NOT_FOUND;
	os = calloc(1, sizeof(*os));
	ck_assert_ptr_nonnull(os);
	os->basin = basin;
	os->process = process;
	os->definition = definition;
	os->next = basin->processes;
	basin->processes = os;
	process->machine = os;
	process->buffer = os->buffer;
	process->notice = &os->notice;
	return E_OK;
}

enum error platform_process_start(struct machine *machine, struct process *process)
{
	struct os *os = process->machine;

	(void)machine;
	memcpy(&os->start, os->buffer, sizeof(os->start));
	os->started = true;
	return E_OK;
}

void platform_process_kill(struct machine *machine, struct process *process)
{
	(void)machine;
	((struct os *)process->machine)->dead = true;
}

void platform_process_destroy(struct machine *machine, struct process *process)
{
	struct basin *basin = basin_of(machine);
	struct os *os = process->machine;

	for (struct os **link = &basin->processes; *link != NULL; link = &(*link)->next) {
		if (*link != os)
			continue;
		*link = os->next;
		break;
	}
	free(os);
}

void platform_process_complete(struct machine *machine, struct process *process, uint64_t result)
{
	struct os *os = process->machine;

	(void)machine;
	os->blocked = false;
	os->completed = result;
}

void platform_process_wake(struct machine *machine, struct process *process)
{
	(void)machine;
	(void)process; /* every process is looked at in every turn */
}

enum error platform_process_switch(struct machine *machine, struct process *process)
{
	(void)machine;
	(void)process;
	return E_INVAL;
}

void platform_process_schedule(struct machine *machine, struct process *process, uint32_t priority, uint32_t slice)
{
	(void)machine;
	process->priority = priority;
	process->slice = slice;
}

uint64_t platform_process_name(struct machine *machine, struct process *process)
{
	(void)machine;
	return process->id;
}

enum error platform_memory_create(struct machine *machine, struct memory *memory, uint64_t size, uint32_t flags)
{
	(void)flags;
	memory->machine = aligned_alloc(PAGE_SIZE, size);
	if (memory->machine == NULL)
		return E_NOMEM;
	memset(memory->machine, 0, size);
	basin_of(machine)->memories++;
	return E_OK;
}

void platform_memory_destroy(struct machine *machine, struct memory *memory)
{
	basin_of(machine)->memories--;
	free(memory->machine);
}

enum error platform_memory_map(struct machine *machine, struct process *process, struct memory *memory,
                               rights_t access, uint64_t *address)
{
	(void)machine;
	(void)access;
	((struct os *)process->machine)->mapped = memory;
	*address = (uintptr_t)memory->machine;
	return E_OK;
}

void platform_memory_unmap(struct machine *machine, struct process *process, struct memory *memory,
                           uint64_t address)
{
	(void)machine;
	(void)process;
	(void)memory;
	(void)address;
}

void platform_memory_state(struct machine *machine, uint64_t *total, uint64_t *free)
{
	(void)machine;
	*total = *free = 0;
}

void *platform_memory_view(struct machine *machine, struct memory *memory)
{
	(void)machine;
	return memory->machine;
}

enum error platform_lane_attach(struct machine *machine, struct process *process, struct lane *lane,
                                struct process *peer, uint64_t *address, uint64_t *peer_page)
{
	struct os *os = process->machine;

	(void)machine;
	os->attached = lane;
	os->peer = peer;
	*address = (uintptr_t)lane->memory->machine;
	*peer_page = (uintptr_t)&((struct os *)peer->machine)->page;
	return E_OK;
}

void platform_lane_detach(struct machine *machine, struct process *process, struct lane *lane, uint64_t address,
                          uint64_t peer_page)
{
	(void)machine;
	(void)process;
	(void)lane;
	(void)address;
	(void)peer_page;
}

bool platform_traced(struct machine *machine)
{
	return basin_of(machine)->traced;
}

void platform_announce(struct machine *machine, enum announcement announcement, const char *text, size_t length)
{
	(void)text;
	(void)length;
	basin_of(machine)->announced = announcement == ANNOUNCE_SERVICES_UP;
	if (announcement == ANNOUNCE_FAILED)
		basin_of(machine)->failed_at = basin_of(machine)->console_length;
}

/* ---- os.h ------------------------------------------------------------------ */

uint64_t os_trap(struct os *os, enum system_call call, const uint64_t arguments[6], uint64_t *length)
{
	uint64_t none = 0;

	ck_assert(!os->blocked);
	return kernel_syscall(os->basin->kernel, os->process, call, arguments, length ? length : &none);
}

void *os_buffer(struct os *os)
{
	return os->buffer;
}

const struct start_block *os_start(struct os *os)
{
	return &os->start;
}

const struct notice_page *os_notice(struct os *os)
{
	return &os->notice;
}

struct owner_page *os_page(struct os *os)
{
	return &os->page;
}

uint64_t os_time(struct os *os)
{
	return os->basin->time;
}

uint64_t os_wall_time(struct os *os)
{
	return os->basin->boot_wall_time + os->basin->time;
}

uint32_t os_processor(struct os *os)
{
	(void)os;
	return 0;
}

void os_yield(struct os *os)
{
	(void)os;
}

void os_sleep(struct os *os, uint64_t deadline)
{
	(void)os;
	(void)deadline;
	ck_abort_msg("nobody sleeps in a basin");
}

enum error os_lane_attach(struct os *os, handle_t lane, uint32_t depth, uint32_t area, struct os_lane *result)
{
	enum error error = result_error(os_trap(os, SYS_LANE_ATTACH, (uint64_t[6]){lane}, NULL));

	if (error != E_OK)
		return error;
	ck_assert_uint_eq(os->attached->depth, depth);
	ck_assert_uint_eq(os->attached->area, area);
	result->memory = os->attached->memory->machine;
	result->size = lane_size(depth, area);
	result->peer = &((struct os *)os->peer->machine)->page;
	result->doorbell = 0;
	return E_OK;
}

void os_lane_detach(struct os *os, struct os_lane *lane)
{
	(void)os;
	lane->memory = NULL;
}

void os_lane_ring(struct os *os, const struct os_lane *lane)
{
	(void)os;
	(void)lane;
}

enum error os_memory_allocate(struct os *os, uint64_t size, uint32_t flags, handle_t *handle, void **address)
{
	uint64_t result = os_trap(os, SYS_VM_ALLOCATE, (uint64_t[6]){size, flags}, NULL);

	if (result_is_error(result))
		return result_error(result);
	*handle = (handle_t)result;
	return os_memory_map(os, *handle, RIGHT_READ | RIGHT_WRITE, address, &size);
}

enum error os_memory_map(struct os *os, handle_t handle, rights_t access, void **address, uint64_t *size)
{
	enum error error = result_error(os_trap(os, SYS_MEMORY_MAP, (uint64_t[6]){handle, access}, NULL));

	if (error != E_OK)
		return error;
	*address = os->mapped->machine;
	*size = os->mapped->size;
	return E_OK;
}

void os_memory_free(struct os *os, handle_t handle, void *address, uint64_t size)
{
	(void)address;
	(void)size;
	os_trap(os, SYS_VM_DEALLOCATE, (uint64_t[6]){handle}, NULL);
}

void os_exit(struct os *os, uint64_t code)
{
	/* The test's process with it, in the midst of whatever it does. */
	fputs(basin_console(os->basin), stderr);
	_exit((int)code);
}

void os_panic_print(struct os *os, const char *text, size_t length)
{
	platform_console((struct machine *)os->basin, text, length);
}

void os_stack_made(struct os *os, void *bottom, size_t size, uint32_t *id)
{
	(void)os;
	*id = tool_stack_made(bottom, size);
}

void os_stack_freed(struct os *os, uint32_t id)
{
	(void)os;
	tool_stack_freed(id);
}

void os_switch_start(struct os *os, void **save, const void *bottom, size_t size)
{
	tool_switch_start(&os->basin->stack, save, bottom, size);
}

void os_switch_finish(struct os *os, void *save)
{
	(void)os;
	tool_switch_finish(save);
}

/* ---- the basin --------------------------------------------------------------- */

struct basin *basin_create(const struct basin_image *images)
{
	static const struct quota quota = {
		.memory = 1ull << 30, .handles = 8192, .ports = 512, .lanes = 1024, .processes = 64};
	static const struct credentials owner = {.uid = 1000, .gid = 1000};
	struct basin *basin = calloc(1, sizeof(*basin));

	ck_assert_ptr_nonnull(basin);
	basin->images = images;
	basin->time = 1000000000;
	basin->timer = DEADLINE_NEVER;
	tool_learn_stack(&basin->stack);
	basin->kernel = kernel_create((struct machine *)basin, &quota, &owner);
	ck_assert_ptr_nonnull(basin->kernel);
	return basin;
}

void basin_set_wall_time(struct basin *basin, uint64_t nanoseconds)
{
	basin->boot_wall_time = nanoseconds - basin->time;
}

void basin_without_random(struct basin *basin)
{
	basin->no_random = true;
}

struct kernel *basin_kernel(struct basin *basin)
{
	return basin->kernel;
}

/* A dead process's runtime is memory of its process, and goes with it. */
static bool bury(struct basin *basin)
{
	for (struct os *os = basin->processes; os != NULL; os = os->next) {
		if (!os->dead || os->process->state == PROCESS_DEAD)
			continue;
		os->runtime = NULL;
		kernel_process_exited(basin->kernel, os->process, 256 + 9);
		return true;
	}
	return false;
}

/* One turn of one process; false where it had nothing to do. */
static bool turn(struct os *os)
{
	uint64_t code;

	if (!os->started || os->dead || os->definition == NULL)
		return false;
	if (os->runtime == NULL) {
		os->runtime = runtime_create(os, os->definition);
		ck_assert_ptr_nonnull(os->runtime);
	}
	if (runtime_stopped(os->runtime, &code)) {
		runtime_destroy(os->runtime);
		os->runtime = NULL;
		os->dead = true;
		return true;
	}
	return runtime_round(os->runtime);
}

void basin_run(struct basin *basin)
{
	for (unsigned turns = 0;; turns++) {
		bool any = false;

		for (struct os *os = basin->processes; os != NULL; os = os->next)
			any |= turn(os);
		while (bury(basin))
			any = true;
		if (!any)
			return;
		ck_assert_msg(turns < 1000000, "the system never comes to rest");
	}
}

void basin_pass(struct basin *basin, uint64_t nanoseconds)
{
	uint64_t end = basin->time + nanoseconds;

	basin_run(basin);
	while (basin->time < end) {
		/* In steps of the runtime's tick, so that timers fire in order. */
		uint64_t next = basin->time + (1u << 20);

		basin->time = next < end ? next : end;
		if (basin->timer <= basin->time)
			kernel_tick(basin->kernel);
		basin_run(basin);
	}
}

struct os *basin_attach(struct basin *basin, uint32_t role, const char *name, struct process **process)
{
	static const struct credentials credentials = {.uid = 1000, .gid = 1000};
	struct os *os;

	ck_assert_int_eq(kernel_attach_guest(basin->kernel, role, name, &credentials, process), E_OK);
	os = (*process)->machine;
	memcpy(&os->start, os->buffer, sizeof(os->start));
	return os;
}

struct process *basin_process(struct basin *basin, const char *image)
{
	for (struct os *os = basin->processes; os != NULL; os = os->next) {
		if (!os->dead && strcmp(os->process->image, image) == 0)
			return os->process;
	}
	return NULL;
}

void basin_kill(struct basin *basin, struct process *process)
{
	((struct os *)process->machine)->dead = true;
	while (bury(basin))
		;
}

const char *basin_console(struct basin *basin)
{
	basin->console[basin->console_length] = '\0';
	return basin->console;
}

bool basin_announced(const struct basin *basin)
{
	return basin->announced;
}

size_t basin_failed_at(const struct basin *basin)
{
	return basin->failed_at;
}

void basin_set_traced(struct basin *basin, bool traced)
{
	basin->traced = traced;
}

void basin_destroy(struct basin *basin)
{
	kernel_destroy(basin->kernel);
	ck_assert_uint_eq(basin->records, 0);
	ck_assert_uint_eq(basin->memories, 0);
	ck_assert_ptr_null(basin->processes);
	free(basin);
}
