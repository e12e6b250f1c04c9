/* What brings the processor into the kernel: system calls, interrupts, exceptions. */
#include "arch/x86_64/console.h"
#include "arch/x86_64/device/apic.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/panic.h"
#include "arch/x86_64/user_layout.h"

/* Called by trap/vectors.S, and nobody else. */
_Noreturn void trap_from_user(struct context *context);
void trap_from_kernel(struct context *context);
_Noreturn void trap_fatal(struct context *context);

#define SYSCALL_LENGTH 2 /* bytes of the instruction */

/* What was interrupted in the kernel has no record of a process to lead here. */
static struct machine *the_machine;

void trap_initialize(struct machine *machine)
{
	the_machine = machine;
	processor_initialize(&machine->processor);
}

/*
 * docs/ABI.md, "System calls": number in rax, arguments in rdi, rsi, rdx, r10,
 * r8 and r9, bytes of the kernel buffer in rbx; results in rax and rbx.
 */
static void serve_call(struct machine *machine, struct task *task)
{
	struct context *context = &task->context;
	uint64_t number = context->rax, length = context->rbx, result;

	machine->caller = task;
	result = kernel_syscall(machine->kernel, task->process, number, context->arguments, &length);
	machine->caller = NULL;
	if (task->ended)
		return;
	if (task->again) {
		task->again = false;
		context->rip -= SYSCALL_LENGTH;
		return;
	}
	region_abandon(task);
	if (result == SYSCALL_BLOCKED) {
		queue_remove(&machine->queue, &task->runnable);
		return;
	}
	context->rax = result;
	context->rbx = length;
	if (number == SYS_SCHED_YIELD)
		queue_end_turn(&machine->queue, &task->runnable);
}

static void serve_interrupt(struct machine *machine, uint64_t vector)
{
	if (vector == VECTOR_TIMER)
		machine_timer(machine);
	else if (vector == VECTOR_SERIAL && console_interrupt())
		kernel_console_input(machine->kernel);
	else if (vector >= VECTOR_DEVICES && vector < VECTOR_DEVICES_END)
		device_interrupted(machine, (unsigned)vector);
	/* What was spurious is not to be ended (Intel SDM vol. 3A, 10.9). */
	if (vector != VECTOR_SPURIOUS)
		apic_end_of_interrupt();
}

_Noreturn void trap_from_user(struct context *context)
{
	struct task *task = list_entry(context, struct task, context);
	struct machine *machine = task->machine;

	if (context->vector == VECTOR_SYSCALL)
		serve_call(machine, task);
	else if (context->vector < VECTOR_EXCEPTIONS)
		exception_of_process(machine, task);
	else
		serve_interrupt(machine, context->vector);
	machine_run(machine);
}

/* Interrupts come where machine_run idles. */
void trap_from_kernel(struct context *context)
{
	if (context->vector < VECTOR_EXCEPTIONS)
		panic_at(context, exception_name(context->vector));
	serve_interrupt(the_machine, context->vector);
}

_Noreturn void trap_fatal(struct context *context)
{
	panic_at(context, exception_name(context->vector));
}
