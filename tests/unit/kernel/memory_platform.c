/* platform.h in memory, for unit tests of the kernel core. */
#include "memory_platform.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

void machine_init(struct machine *machine)
{
	memset(machine, 0, sizeof(*machine));
	machine->time = 1000;
	machine->timer = DEADLINE_NEVER;
	machine->can_switch = true;
	machine->typed = "";
}

void machine_check_empty(const struct machine *machine)
{
	ck_assert_uint_eq(machine->bytes, 0);
	ck_assert_uint_eq(machine->memory_bytes, 0);
	ck_assert_uint_eq(machine->memories, 0);
	ck_assert_uint_eq(machine->processes, 0);
	for (unsigned i = 0; i < MACHINE_DEVICES; i++) {
		ck_assert_ptr_null(machine->devices[i].claim);
		ck_assert_uint_eq(machine->devices[i].bound, 0);
	}
	ck_assert_ptr_null(machine->sides);
}

bool side_notice(const struct process *process, handle_t port)
{
	uint32_t index = port & HANDLE_INDEX_MASK;

	return side_of(process)->notice.bits[index / 64] >> index % 64 & 1;
}

void machine_pass(struct machine *machine, struct kernel *kernel, uint64_t until)
{
	while (machine->timer <= until && machine->timer != DEADLINE_NEVER) {
		if (machine->timer > machine->time)
			machine->time = machine->timer;
		machine->timer = DEADLINE_NEVER;
		kernel_tick(kernel);
	}
	machine->time = until;
}

/* Whether this request is the one to be refused. */
static bool machine_refuses(struct machine *machine)
{
	return ++machine->requests == machine->fail_at;
}

void *platform_allocate(struct machine *machine, size_t size)
{
	void *address;

	if (machine_refuses(machine))
		return NULL;
	address = calloc(1, size);
	if (address == NULL)
		abort();
	machine->bytes += size;
	return address;
}

void platform_free(struct machine *machine, void *address, size_t size)
{
	/* Only failures go through ck_: it reports every success to the runner, which takes long. */
	if (address == NULL || machine->bytes < size)
		ck_abort_msg("freed what was not allocated");
	machine->bytes -= size;
	memset(address, 0xa5, size); /* faults if `size` is a lie, under ASan and valgrind */
	free(address);
}

uint64_t platform_time(struct machine *machine)
{
	return machine->time;
}

bool platform_random(struct machine *machine, void *bytes, size_t size)
{
	if (machine->no_random)
		return false;
	for (size_t at = 0; at < size; at++)
		((uint8_t *)bytes)[at] = ++machine->random;
	return true;
}

void platform_timer(struct machine *machine, uint64_t deadline)
{
	machine->timer = deadline;
	machine->timer_calls++;
}

void platform_console(struct machine *machine, const char *text, size_t length)
{
	/* What no longer fits is dropped: tests look at the first lines. */
	if (length > CONSOLE_SIZE - machine->console_length)
		length = CONSOLE_SIZE - machine->console_length;
	memcpy(machine->console + machine->console_length, text, length);
	machine->console_length += length;
}

enum error platform_console_read(struct machine *machine, void *bytes, size_t size, size_t *count)
{
	if (machine->typed == NULL)
		return E_INVALID_SYSCALL;
	*count = strnlen(machine->typed, size);
	memcpy(bytes, machine->typed, *count);
	machine->typed += *count;
	return E_OK;
}

enum error platform_process_create(struct machine *machine, struct process *process, const char *image)
{
	struct side *side;

	if (machine->create_error != E_OK)
		return machine->create_error;
	if (machine_refuses(machine))
		return E_NOMEM;
	if (image != NULL && strcmp(image, "missing") == 0)
		return E_PROCESS_NOT_FOUND;
	side = calloc(1, sizeof(*side));
	ck_assert_ptr_nonnull(side);
	memset(side->buffer, 0xee, sizeof(side->buffer)); /* what a guest may have left there */
	side->process = process;
	side->guest = image == NULL;
	side->next = machine->sides;
	machine->sides = side;
	machine->processes++;
	process->machine = side;
	process->buffer = side->buffer;
	process->notice = &side->notice;
	return E_OK;
}

enum error platform_process_start(struct machine *machine, struct process *process)
{
	if (machine->start_error != E_OK)
		return machine->start_error;
	if (machine_refuses(machine))
		return E_IO;
	ck_assert(!side_of(process)->guest);
	side_of(process)->started = true;
	return E_OK;
}

void platform_process_kill(struct machine *machine, struct process *process)
{
	(void)machine;
	ck_assert(!side_of(process)->killed);
	side_of(process)->killed = true;
}

void platform_process_destroy(struct machine *machine, struct process *process)
{
	struct side **link = &machine->sides;

	while (*link != side_of(process))
		link = &(*link)->next;
	*link = side_of(process)->next;
	free(process->machine);
	machine->processes--;
}

void platform_process_complete(struct machine *machine, struct process *process, uint64_t result)
{
	(void)machine;
	ck_assert(!side_of(process)->killed);
	side_of(process)->completions++;
	side_of(process)->result = result;
}

void platform_process_wake(struct machine *machine, struct process *process)
{
	(void)machine;
	if (side_of(process)->killed)
		ck_abort_msg("rings the dead");
	side_of(process)->wakes++;
}

enum error platform_process_switch(struct machine *machine, struct process *process)
{
	side_of(process)->switches++;
	return machine->can_switch ? E_OK : E_INVAL;
}

void platform_process_schedule(struct machine *machine, struct process *process, uint32_t priority,
                               uint32_t slice)
{
	(void)machine;
	side_of(process)->schedules++;
	side_of(process)->priority = priority;
	side_of(process)->slice = slice;
}

uint64_t platform_process_name(struct machine *machine, struct process *process)
{
	(void)machine;
	return process->id + 4000;
}

enum error platform_memory_create(struct machine *machine, struct memory *memory, uint64_t size,
                                  uint32_t flags)
{
	ck_assert_uint_eq(flags & ~(MEMORY_SHARED | MEMORY_GUARDS | MEMORY_CONTIGUOUS), 0);
	ck_assert_uint_eq(size % PAGE_SIZE, 0);
	/* A machine does not have a terabyte. */
	if (machine_refuses(machine) || size > 1ull << 40)
		return E_NOMEM;
	/* Only what a test looks into is backed: see platform_memory_view. */
	memory->machine = NULL;
	machine->memory_bytes += size;
	machine->memories++;
	return E_OK;
}

void platform_memory_destroy(struct machine *machine, struct memory *memory)
{
	free(memory->machine);
	machine->memory_bytes -= memory->size;
	machine->memories--;
}

enum error platform_memory_map(struct machine *machine, struct process *process, struct memory *memory,
                               rights_t access, uint64_t *address)
{
	ck_assert_uint_ne(access, 0);
	if (machine->map_error != E_OK)
		return machine->map_error;
	side_of(process)->maps++;
	*address = 0x10000 + memory->size;
	return E_OK;
}

void platform_memory_unmap(struct machine *machine, struct process *process, struct memory *memory,
                           uint64_t address)
{
	(void)machine;
	ck_assert_uint_eq(address, 0x10000 + memory->size);
	side_of(process)->unmaps++;
	ck_assert_uint_le(side_of(process)->unmaps, side_of(process)->maps);
}

void platform_memory_state(struct machine *machine, uint64_t *total, uint64_t *free)
{
	*total = 1ull << 40;
	*free = *total - machine->memory_bytes;
}

void *platform_memory_view(struct machine *machine, struct memory *memory)
{
	if (memory->machine == NULL && !machine_refuses(machine))
		memory->machine = calloc(1, memory->size);
	return memory->machine;
}

enum error platform_lane_attach(struct machine *machine, struct process *process, struct lane *lane,
                                struct process *peer, uint64_t *address, uint64_t *peer_page)
{
	ck_assert_ptr_nonnull(peer);
	ck_assert_ptr_nonnull(lane->memory);
	/* The peer's record lives as long as the lane, be it dead itself. */
	ck_assert_ptr_nonnull(peer->machine);
	if (machine->attach_error != E_OK)
		return machine->attach_error;
	machine->attach_peer = peer;
	side_of(process)->attaches++;
	*address = 0x1000;
	*peer_page = 0x2000;
	return E_OK;
}

void platform_lane_detach(struct machine *machine, struct process *process, struct lane *lane, uint64_t address,
                          uint64_t peer_page)
{
	machine->detaches++;
	/* What was mapped is still there to be taken away. */
	ck_assert_ptr_nonnull(lane->memory);
	ck_assert_uint_eq(address, 0x1000);
	ck_assert_uint_eq(peer_page, 0x2000);
	side_of(process)->detaches++;
	ck_assert_uint_le(side_of(process)->detaches, side_of(process)->attaches);
}

bool platform_traced(struct machine *machine)
{
	return machine->traced;
}

void platform_announce(struct machine *machine, enum announcement announcement, const char *text,
                       size_t length)
{
	machine->announcements++;
	machine->announcement = announcement;
	memcpy(machine->announced, text, length);
	machine->announced[length] = '\0';
	machine->announced_length = length;
}
