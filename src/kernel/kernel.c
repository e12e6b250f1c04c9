/* The whole: making and ending a system, its calls, its time, its voice. */
#include <drydock/format.h>
#include <drydock/string.h>

#include "kernel/core.h"

#define PRINT_MAXIMUM 256

/* What a call does, and whether the caller's buffer holds input for it. */
struct call_description {
	uint64_t (*run)(struct call *call);
	bool takes_input;
};

static const struct call_description calls[] = {
	[SYS_PORT_ALLOCATE] = {sys_port_allocate, false},
	[SYS_PORT_SEND] = {sys_port_send, true},
	[SYS_PORT_RECEIVE] = {sys_port_receive, false},
	[SYS_VM_ALLOCATE] = {sys_vm_allocate, false},
	[SYS_VM_DEALLOCATE] = {sys_vm_deallocate, false},
	[SYS_CAP_MOVE] = {sys_cap_move, false},
	[SYS_SCHED_SPAWN] = {sys_sched_spawn, true},
	[SYS_SCHED_YIELD] = {sys_sched_yield, false},
	[SYS_SCHED_SWITCH] = {sys_sched_switch, false},
	[SYS_TIME] = {sys_time, false},
	[SYS_WAIT] = {sys_wait, false},
	[SYS_LANE_OPEN] = {sys_lane_open, false},
	[SYS_LANE_ACCEPT] = {sys_lane_accept, false},
	[SYS_LANE_REFUSE] = {sys_lane_refuse, false},
	[SYS_LANE_INFO] = {sys_lane_info, false},
	[SYS_LANE_ATTACH] = {sys_lane_attach, false},
	[SYS_LANE_CLOSE] = {sys_lane_close, false},
	[SYS_CAP_ACCEPT] = {sys_cap_accept, false},
	[SYS_CAP_DROP] = {sys_cap_drop, false},
	[SYS_CAP_DUPLICATE] = {sys_cap_duplicate, false},
	[SYS_PORT_DERIVE] = {sys_port_derive, false},
	[SYS_MEMORY_MAP] = {sys_memory_map, false},
	[SYS_EXIT] = {sys_exit, false},
	[SYS_CONSOLE] = {sys_console, true},
	[SYS_INSPECT] = {sys_inspect, false},
	[SYS_PROCESS_KILL] = {sys_process_kill, false},
	[SYS_DEADLINE_CHECK] = {sys_deadline_check, false},
	[SYS_ANNOUNCE] = {sys_announce, true},
	[SYS_SCHED_TABLE] = {sys_sched_table, false},
	[SYS_INTERRUPT_ACKNOWLEDGE] = {sys_interrupt_acknowledge, false},
	[SYS_PORT_INFO] = {sys_port_info, false},
	[SYS_PROCESS_EXCEPTION] = {sys_process_exception, false},
	[SYS_CONSOLE_READ] = {sys_console_read, false},
	[SYS_DEVICE_INFO] = {sys_device_info, false},
	[SYS_DEVICE_CLAIM] = {sys_device_claim, false},
	[SYS_DEVICE_CONFIG] = {sys_device_config, false},
	[SYS_DEVICE_MAP] = {sys_device_map, false},
	[SYS_DMA_ALLOCATE] = {sys_dma_allocate, false},
	[SYS_INTERRUPT_BIND] = {sys_interrupt_bind, false},
};

void call_write(struct call *call, const void *data, size_t size)
{
	memcpy(call->process->buffer, data, size);
	call->written = size;
}

static enum error call_admit(const struct process *process, uint64_t number, uint64_t length)
{
	/* The machine has been told to end it: it gets nothing more. */
	if (process->state == PROCESS_DEAD || process->dying)
		return E_CANCELLED;
	if (process->blocked.kind != BLOCKED_NOT)
		return E_BUSY;
	if (number >= sizeof(calls) / sizeof(calls[0]) || calls[number].run == NULL)
		return E_INVALID_SYSCALL;
	return length <= KERNEL_BUFFER_SIZE ? E_OK : E_INVAL;
}

uint64_t kernel_syscall(struct kernel *kernel, struct process *process, uint64_t number,
                        const uint64_t arguments[6], uint64_t *length)
{
	struct call call = {
		.kernel = kernel, .process = process, .argument = arguments, .length = *length};
	enum error error = call_admit(process, number, *length);
	uint64_t result;

	*length = 0;
	if (error != E_OK)
		return error_result(error);
	if (process->state == PROCESS_STARTING)
		process->state = PROCESS_RUNNING;
	if (calls[number].takes_input)
		memcpy(kernel->input.bytes, process->buffer, call.length);
	result = calls[number].run(&call);
	*length = call.written;
	return result;
}

/* ---- small calls ----------------------------------------------------- */

uint64_t sys_time(struct call *call)
{
	return platform_time(call->kernel->machine);
}

uint64_t sys_deadline_check(struct call *call)
{
	struct machine *machine = call->kernel->machine;

	return platform_traced(machine) ? platform_time(machine) + TRACED_DELAY : 0;
}

uint64_t sys_announce(struct call *call)
{
	char *text = (char *)call->kernel->input.bytes;
	uint64_t announcement = call->argument[1];
	enum error error = handle_lookup_authority(call->process, call->argument[0], AUTHORITY_CONTROL);

	if (error != E_OK)
		return error_result(error);
	if (announcement != ANNOUNCE_SERVICES_UP && announcement != ANNOUNCE_FAILED)
		return error_result(E_INVAL);
	text_clean(text, call->length);
	platform_announce(call->kernel->machine, (enum announcement)announcement, text, call->length);
	return 0;
}

/* ---- time ------------------------------------------------------------ */

/* The earliest deadline. */
static struct process *kernel_first_blocked(struct kernel *kernel)
{
	if (list_empty(&kernel->blocked))
		return NULL;
	return list_entry(kernel->blocked.next, struct process, blocked.link);
}

static void kernel_set_timer(struct kernel *kernel, uint64_t deadline)
{
	if (kernel->timer == deadline)
		return;
	kernel->timer = deadline;
	platform_timer(kernel->machine, deadline);
}

void kernel_timer_update(struct kernel *kernel)
{
	struct process *first = kernel_first_blocked(kernel);

	kernel_set_timer(kernel, first != NULL ? first->blocked.deadline : DEADLINE_NEVER);
}

void kernel_tick(struct kernel *kernel)
{
	uint64_t now = platform_time(kernel->machine);
	struct process *first = kernel_first_blocked(kernel);

	/* The timer has fired and must be set anew, be it for the same time. */
	kernel->timer = DEADLINE_NEVER;
	if (first != NULL && first->blocked.deadline <= now && platform_traced(kernel->machine)) {
		/* Somebody sits at a breakpoint: nothing is late until they go on. */
		kernel_set_timer(kernel, now + TRACED_DELAY);
		return;
	}
	while (first != NULL && first->blocked.deadline <= now) {
		process_complete(kernel, first, error_result(E_TIMED_OUT), 0);
		first = kernel_first_blocked(kernel);
	}
	kernel_timer_update(kernel);
}

/* ---- voice ----------------------------------------------------------- */

void kernel_print(struct kernel *kernel, const char *format, ...)
{
	static const char prefix[] = "[kernel] ";
	char line[PRINT_MAXIMUM];
	size_t start = sizeof(prefix) - 1, length;
	va_list arguments;

	memcpy(line, prefix, start);
	va_start(arguments, format);
	/* One byte is kept for the newline. */
	length = start + format_text(line + start, sizeof(line) - start - 1, format, arguments);
	va_end(arguments);
	if (length > sizeof(line) - 2)
		length = sizeof(line) - 2;
	line[length++] = '\n';
	platform_console(kernel->machine, line, length);
}

/* ---- beginning and end ----------------------------------------------- */

struct kernel *kernel_create(struct machine *machine, const struct quota *quota,
                             const struct credentials *owner)
{
	struct kernel *kernel;

	if (owner->group_count > LANE_GROUPS_MAXIMUM)
		return NULL;
	kernel = platform_allocate(machine, sizeof(*kernel));
	if (kernel == NULL)
		return NULL;
	kernel->machine = machine;
	kernel->owner = *owner;
	kernel->timer = DEADLINE_NEVER;
	account_init(&kernel->root, quota);
	list_init(&kernel->processes);
	list_init(&kernel->ports);
	list_init(&kernel->lanes);
	list_init(&kernel->blocked);
	list_init(&kernel->devices);
	list_init(&kernel->remains);
	event_init(&kernel->console_event, EVENT_OF_CONSOLE);
	kernel->next_process = 1;
	kernel->next_port = 1;
	kernel->next_lane = 1;
	kernel->init_port = port_create(kernel);
	if (kernel->init_port == NULL) {
		platform_free(machine, kernel, sizeof(*kernel));
		return NULL;
	}
	return kernel;
}

void kernel_destroy(struct kernel *kernel)
{
	struct machine *machine = kernel->machine;

	while (!list_empty(&kernel->processes)) {
		struct process *process = list_entry(kernel->processes.next, struct process, link);

		if (!process->dying)
			platform_process_kill(machine, process);
		process->dying = true;
		process_end(kernel, process, false);
	}
	device_forget_remains(kernel);
	/* Who has died untold waits here, and nowhere else. */
	port_end(kernel, kernel->init_port);
	port_release(kernel, kernel->init_port);
	if (kernel->manifest != NULL)
		platform_free(machine, kernel->manifest, sizeof(*kernel->manifest));
	platform_free(machine, kernel, sizeof(*kernel));
}
