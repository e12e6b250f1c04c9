/* Scheduling: what the kernel does of what the scheduler server decides. */
#include <drydock/atomic.h>

#include "kernel/core.h"

#define TABLE_ATTEMPTS 64 /* a scheduler that never lets go of its table is told so */

static void schedule_forget(struct kernel *kernel)
{
	struct memory *memory = kernel->schedule;

	kernel->schedule = NULL;
	kernel->scheduler = NULL;
	if (memory != NULL)
		memory_release(kernel, memory);
}

/*
 * Copies the table as it was at one version. The scheduler writes it at the
 * same time: an odd version, or another one after than before, means that the
 * copy is a mixture. Every word is loaded once.
 */
static bool schedule_copy(const struct schedule_table *shared, struct schedule_table *copy)
{
	/* Pairs with the scheduler's release of its last change. */
	uint32_t version = atomic_load_acquire(&shared->version);
	uint32_t count = atomic_load_relaxed(&shared->count);

	if (version % 2 != 0)
		return false;
	copy->count = count < SCHEDULE_MAXIMUM ? count : SCHEDULE_MAXIMUM;
	for (uint32_t row = 0; row < copy->count; row++) {
		copy->entry[row].process = atomic_load_relaxed(&shared->entry[row].process);
		copy->entry[row].priority = atomic_load_relaxed(&shared->entry[row].priority);
		copy->entry[row].slice = atomic_load_relaxed(&shared->entry[row].slice);
	}
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return atomic_load_relaxed(&shared->version) == version;
}

static void schedule_values(struct kernel *kernel, struct process *process, uint32_t priority, uint32_t slice)
{
	if (process->priority == priority && process->slice == slice)
		return;
	process->priority = priority;
	process->slice = slice;
	platform_process_schedule(kernel->machine, process, priority, slice);
}

void schedule_fall_back(struct kernel *kernel)
{
	schedule_forget(kernel);
	list_for_each(link, &kernel->processes) {
		struct process *process = list_entry(link, struct process, link);

		if (process->state != PROCESS_DEAD && !process->dying && !process->guest)
			schedule_values(kernel, process, PRIORITY_DEFAULT, SLICE_DEFAULT);
	}
}

static void schedule_apply(struct kernel *kernel, const struct schedule_entry *entry)
{
	struct process *process = kernel_process_find(kernel, entry->process);

	/* Rows may be of the dead. Guests are the machine's own to schedule. */
	if (process == NULL || process->guest || entry->priority > PRIORITY_MAXIMUM || entry->slice == 0)
		return;
	schedule_values(kernel, process, entry->priority, entry->slice);
}

static enum error schedule_read(struct kernel *kernel)
{
	const struct schedule_table *shared;
	struct schedule_table *copy = &kernel->input.table;
	int attempts = 0;

	if (kernel->schedule == NULL)
		return E_INVAL;
	shared = platform_memory_view(kernel->machine, kernel->schedule);
	if (shared == NULL)
		return E_NOMEM;
	while (!schedule_copy(shared, copy)) {
		if (++attempts == TABLE_ATTEMPTS)
			return E_BUSY;
	}
	for (uint32_t row = 0; row < copy->count; row++) {
		if (copy->entry[row].process != 0)
			schedule_apply(kernel, &copy->entry[row]);
	}
	return E_OK;
}

uint64_t sys_sched_yield(struct call *call)
{
	/* Where the machine has a processor to give away it does so after the call. */
	(void)call;
	return 0;
}

/* With process 0: the table has changed. */
uint64_t sys_sched_switch(struct call *call)
{
	struct process *process;
	enum error error = handle_lookup_authority(call->process, call->argument[0], AUTHORITY_SWITCH);

	if (error != E_OK)
		return error_result(error);
	if (call->argument[1] == 0) {
		error = schedule_read(call->kernel);
		return error == E_OK ? 0 : error_result(error);
	}
	process = kernel_process_find(call->kernel, call->argument[1]);
	if (process == NULL)
		return error_result(E_PROCESS_NOT_FOUND);
	if (process->guest)
		return error_result(E_INVAL);
	error = platform_process_switch(call->kernel->machine, process);
	return error == E_OK ? 0 : error_result(error);
}

uint64_t sys_sched_table(struct call *call)
{
	struct kernel *kernel = call->kernel;
	struct capability *capability;
	enum error error = handle_lookup_authority(call->process, call->argument[0], AUTHORITY_SWITCH);

	if (error == E_OK)
		error = handle_lookup(call->process, call->argument[1], OBJECT_MEMORY, RIGHT_READ,
		                      &capability);
	if (error != E_OK)
		return error_result(error);
	if (capability->memory->size < sizeof(struct schedule_table))
		return error_result(E_INVAL);
	capability->memory->references++;
	schedule_forget(kernel);
	kernel->schedule = capability->memory;
	kernel->scheduler = call->process;
	return 0;
}
