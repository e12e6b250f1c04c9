/* Processes: their records, what they block on, their end and its consequences. */
#include <drydock/string.h>

#include "kernel/core.h"

void text_clean(char *text, size_t length)
{
	for (size_t at = 0; at < length; at++) {
		if (text[at] < ' ' || text[at] > '~')
			text[at] = '?';
	}
}

void name_clean(char to[NAME_SIZE], const char from[NAME_SIZE])
{
	size_t length = string_length_within(from, NAME_SIZE - 1);

	memset(to, 0, NAME_SIZE);
	memcpy(to, from, length);
	text_clean(to, length);
}

void process_acquire(struct process *process)
{
	process->references++;
}

void process_release(struct kernel *kernel, struct process *process)
{
	if (--process->references > 0)
		return;
	if (process->made)
		platform_process_destroy(kernel->machine, process);
	platform_free(kernel->machine, process, sizeof(*process));
}

enum error process_create(struct kernel *kernel, struct account *payer, const struct quota *quota,
                          struct process **result)
{
	struct process *process = platform_allocate(kernel->machine, sizeof(*process));

	if (process == NULL)
		return E_NOMEM;
	list_init(&process->link);
	list_init(&process->senders);
	list_init(&process->blocked.link);
	event_init(&process->event, EVENT_OF_PROCESS);
	event_init(&process->stop, EVENT_OF_STOP);
	handle_table_init(&process->handles);
	charge_init(&process->charge);
	process->account = payer;
	if (quota != NULL) {
		struct quota amount = *quota;

		/* The child itself is one of its parent's processes. */
		amount.processes++;
		if (amount.processes == 0 || charge_take(&process->charge, payer, &amount) != E_OK) {
			platform_free(kernel->machine, process, sizeof(*process));
			return E_QUOTA;
		}
		account_init(&process->own_account, quota);
		process->account = &process->own_account;
	}
	process->id = kernel->next_process++;
	process->references = 1;
	process->state = PROCESS_STARTING;
	process->priority = PRIORITY_DEFAULT;
	process->slice = SLICE_DEFAULT;
	*result = process;
	return E_OK;
}

struct process *process_parent(struct kernel *kernel, const struct process *process)
{
	return process->of_init ? kernel->init : process->parent;
}

struct port *process_event_port(struct kernel *kernel, const struct process *process)
{
	/* Guests are init's only for their quota: the machine looks after them. */
	if (process->guest)
		return NULL;
	if (process->of_init)
		return kernel->init_port;
	return process->parent != NULL ? process->parent->home : NULL;
}

handle_t process_parent_handle(struct kernel *kernel, const struct process *process)
{
	struct process *parent = process_parent(kernel, process);
	struct handle_slot *slot = parent != NULL ? handle_find(parent, process->parent_handle) : NULL;

	if (slot == NULL || slot->capability.kind != OBJECT_PROCESS || slot->capability.process != process)
		return 0;
	return process->parent_handle;
}

static void process_tell(struct kernel *kernel, struct process *process, uint32_t bits)
{
	struct port *port = process_event_port(kernel, process);

	if (port != NULL && !port->ended)
		event_post(kernel, &process->event, port, bits);
}

void kernel_stop_process(struct kernel *kernel, struct process *process)
{
	if (process->home != NULL && !process->home->ended)
		event_post(kernel, &process->stop, process->home, 1);
}

/* The children of a dying process become its parent's. */
static void process_bequeath(struct kernel *kernel, struct process *process)
{
	list_for_each(link, &kernel->processes) {
		struct process *child = list_entry(link, struct process, link);

		if (child->of_init || child->parent != process)
			continue;
		child->parent = process->parent;
		child->of_init = process->of_init;
		child->parent_handle = 0;
	}
}

static void process_unblock(struct kernel *kernel, struct process *process)
{
	list_remove(&process->blocked.link);
	process->blocked.kind = BLOCKED_NOT;
	process->blocked.port = NULL;
	kernel_timer_update(kernel);
}

static void process_drop_handles(struct kernel *kernel, struct process *process)
{
	for (uint32_t index = 0; index < process->handles.slots; index++) {
		struct handle_slot *slot = handle_slot_at(&process->handles, index);

		if (slot->capability.kind != OBJECT_NONE)
			handle_drop(kernel, process, handle_of_slot(slot, index), E_PEER_DEAD);
	}
	handle_table_free(kernel, &process->handles);
}

void process_end(struct kernel *kernel, struct process *process, bool tell)
{
	process->state = PROCESS_DEAD;
	process_unblock(kernel, process);
	list_remove(&process->link);
	process_bequeath(kernel, process);
	sender_forget(kernel, process);
	device_close_all(kernel, process);
	process_drop_handles(kernel, process);
	event_cancel(kernel, &process->stop);
	if (process->home != NULL) {
		port_release(kernel, process->home);
		process->home = NULL;
	}
	if (kernel->scheduler == process)
		schedule_fall_back(kernel);
	if (kernel->init == process)
		kernel->init = NULL;
	/* What others keep alive of what it paid for is its parent's to pay now. */
	if (process->charge.account != NULL) {
		struct account *heir = process->charge.account;

		charge_release(&process->charge);
		account_close(&process->own_account, heir);
	}
	if (tell)
		process_tell(kernel, process, EVENT_PROCESS_EXITED);
	else
		event_cancel(kernel, &process->event);
	process_release(kernel, process);
}

void kernel_process_exited(struct kernel *kernel, struct process *process, uint64_t code)
{
	if (process->state == PROCESS_DEAD)
		return;
	/* Whoever ended it on purpose has already said with what code. */
	if (!process->dying)
		process->exit_code = code;
	if (process == kernel->init)
		kernel_print(kernel, "init ended with code %llu", (unsigned long long)process->exit_code);
	process_end(kernel, process, true);
}

void kernel_process_exception(struct kernel *kernel, struct process *process,
                              const struct exception_record *record)
{
	if (process->state == PROCESS_DEAD)
		return;
	process->exception = *record;
	process->exception.process = process->id;
	if (process->exception.backtrace_count > BACKTRACE_MAXIMUM)
		process->exception.backtrace_count = BACKTRACE_MAXIMUM;
	process->has_exception = true;
	process->state = PROCESS_FAULTED;
	if (record->vector == EXCEPTION_SIGNAL)
		kernel_print(kernel, "signal %u sent to %s (PID %u) at 0x%llx", record->signal, process->name,
		             process->number, (unsigned long long)record->rip);
	else
		kernel_print(kernel, "exception %u in %s (PID %u) at 0x%llx, address 0x%llx", record->vector,
		             process->name, process->number, (unsigned long long)record->rip,
		             (unsigned long long)record->address);
	process_tell(kernel, process, EVENT_PROCESS_EXCEPTION);
}

struct process *kernel_process_find(struct kernel *kernel, uint64_t id)
{
	list_for_each(link, &kernel->processes) {
		struct process *process = list_entry(link, struct process, link);

		if (process->id == id)
			return process;
	}
	return NULL;
}

/* ---- blocking -------------------------------------------------------- */

bool deadline_passed(struct kernel *kernel, uint64_t deadline, enum error *error)
{
	if (deadline == DEADLINE_POLL) {
		*error = E_WOULD_BLOCK;
		return true;
	}
	if (deadline > platform_time(kernel->machine) || platform_traced(kernel->machine))
		return false;
	*error = E_TIMED_OUT;
	return true;
}

void process_block(struct kernel *kernel, struct process *process, enum blocked_kind kind, struct port *port,
                   uint64_t deadline)
{
	struct list *before = kernel->blocked.next;

	while (before != &kernel->blocked &&
	       list_entry(before, struct process, blocked.link)->blocked.deadline <= deadline)
		before = before->next;
	process->blocked.kind = kind;
	process->blocked.deadline = deadline;
	process->blocked.port = port;
	list_add_tail(before, &process->blocked.link);
	kernel_timer_update(kernel);
}

void process_complete(struct kernel *kernel, struct process *process, uint64_t result, uint64_t written)
{
	process_unblock(kernel, process);
	process->written = written;
	platform_process_complete(kernel->machine, process, result);
}

void process_wake(struct kernel *kernel, struct process *process)
{
	if (process->state == PROCESS_DEAD || process->dying)
		return;
	if (process->blocked.kind == BLOCKED_WAIT) {
		process_complete(kernel, process, 0, 0);
		return;
	}
	/* A WAIT that is on its way must not sleep through this. */
	process->rung = true;
	platform_process_wake(kernel->machine, process);
}

uint64_t sys_wait(struct call *call)
{
	struct process *process = call->process;
	struct capability *capability;
	enum error error;

	if (call->argument[0] != 0) {
		struct lane_end *peer;

		error = handle_lookup(process, call->argument[0], OBJECT_LANE, 0, &capability);
		if (error != E_OK)
			return error_result(error);
		peer = lane_end_peer(capability->end);
		if (peer->open)
			process_wake(call->kernel, peer->process);
	}
	if (process->rung) {
		process->rung = false;
		return 0;
	}
	if (deadline_passed(call->kernel, call->argument[1], &error))
		return error_result(error);
	process_block(call->kernel, process, BLOCKED_WAIT, NULL, call->argument[1]);
	return SYSCALL_BLOCKED;
}

/* ---- ending ---------------------------------------------------------- */

static void process_kill(struct kernel *kernel, struct process *process, uint64_t code)
{
	if (process->dying)
		return;
	process->dying = true;
	process->exit_code = code;
	process_unblock(kernel, process);
	platform_process_kill(kernel->machine, process);
}

uint64_t sys_exit(struct call *call)
{
	/* Larger codes tell of signals, which a process cannot claim to have died of. */
	process_kill(call->kernel, call->process, call->argument[0] & 0xff);
	return SYSCALL_BLOCKED;
}

uint64_t sys_process_kill(struct call *call)
{
	struct capability *capability;
	enum error error =
		handle_lookup(call->process, call->argument[0], OBJECT_PROCESS, RIGHT_DESTROY, &capability);

	if (error != E_OK)
		return error_result(error);
	if (capability->process->state == PROCESS_DEAD)
		return error_result(E_PROCESS_NOT_FOUND);
	process_kill(call->kernel, capability->process, call->argument[1]);
	return 0;
}

uint64_t sys_process_exception(struct call *call)
{
	struct capability *capability;
	enum error error =
		handle_lookup(call->process, call->argument[0], OBJECT_PROCESS, RIGHT_READ, &capability);

	if (error != E_OK)
		return error_result(error);
	if (!capability->process->has_exception)
		return error_result(E_WOULD_BLOCK);
	call_write(call, &capability->process->exception, sizeof(struct exception_record));
	return 0;
}
