/*
 * The end of every way into the kernel: what is left to tell is told, and
 * whoever is to run next runs. There is one kernel stack, and it is empty when
 * a process runs: no call blocks in the kernel, so there is nothing to keep.
 */
#include "arch/x86_64/device/clock.h"
#include "arch/x86_64/instructions.h"
#include "arch/x86_64/machine.h"

static struct task *task_of(struct runnable *runnable)
{
	return list_entry(runnable, struct task, runnable);
}

/* Notes how much of its turn is left of whoever stops running here. */
static void leave(struct machine *machine, uint64_t now)
{
	struct task *task = machine->running;

	if (task == NULL)
		return;
	processor_save_vectors(task->vectors);
	task->space.active = false;
	if (!task->runnable.fresh)
		task->runnable.left = machine->turn_end > now ? machine->turn_end - now : 0;
}

/* Loads what of `task` is not loaded with its registers, and lets its turn begin or go on. */
static void enter(struct machine *machine, struct task *task)
{
	uint64_t now = clock_time();

	if (task != machine->running) {
		leave(machine, now);
		cr3_write(task->space.root);
		task->space.active = true;
		processor_load_vectors(task->vectors);
		processor_set_context(&machine->processor, &task->context);
		machine->running = task;
	}
	task->runnable.fresh = false;
	machine->turn_end = now + task->runnable.left;
}

/*
 * Sets the timer for the next thing that must happen. One that is set for
 * something earlier is left alone: it looks then, and sets it anew.
 */
static void set_timer(struct machine *machine, bool turns)
{
	uint64_t next = machine->deadline;

	if (turns && machine->turn_end < next)
		next = machine->turn_end;
	if (machine->init_start < next)
		next = machine->init_start;
	if (next >= machine->interrupt)
		return;
	machine->interrupt = next;
	clock_interrupt_at(next);
}

void machine_timer(struct machine *machine)
{
	uint64_t now = clock_time();
	struct task *running = machine->running;

	machine->interrupt = DEADLINE_NEVER;
	if (machine->deadline <= now) {
		machine->deadline = DEADLINE_NEVER;
		kernel_tick(machine->kernel);
	}
	if (running != NULL && running->runnable.ready && machine->turn_end <= now)
		queue_end_turn(&machine->queue, &running->runnable);
}

void platform_timer(struct machine *machine, uint64_t deadline)
{
	machine->deadline = deadline;
}

_Noreturn void machine_run(struct machine *machine)
{
	struct runnable *next;
	struct task *task;

	for (;;) {
		if (!list_empty(&machine->ended))
			tasks_settle(machine);
		if (init_unsettled(machine))
			init_settle(machine);
		next = queue_first(&machine->queue);
		if (next != NULL)
			break;
		set_timer(machine, false);
		processor_idle();
	}
	task = task_of(next);
	if (task != machine->running || next->fresh)
		enter(machine, task);
	/* Alone, nobody waits for its turn to end. */
	set_timer(machine, machine->queue.count > 1);
	context_resume(&task->context);
}
