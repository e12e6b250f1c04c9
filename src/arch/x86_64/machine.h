/*
 * The machine that the kernel core runs on: one computer, one processor for
 * now. What the files of src/arch/x86_64 share; the core sees it through
 * kernel/platform.h alone.
 */
#ifndef DRYDOCK_ARCH_MACHINE_H
#define DRYDOCK_ARCH_MACHINE_H

#include <drydock/abi/manifest.h>

#include "arch/x86_64/boot/archive.h"
#include "arch/x86_64/device/apic.h"
#include "arch/x86_64/device/pci.h"
#include "arch/x86_64/memory/heap.h"
#include "arch/x86_64/memory/ram.h"
#include "arch/x86_64/memory/space.h"
#include "arch/x86_64/trap/processor.h"
#include "kernel/object.h"
#include "kernel/platform.h"
#include "kernel/queue.h"

#define VECTORS_SIZE 512u /* of FXSAVE */

/* The machine's side of a process: process->machine. */
struct task {
	/* While it runs the entry stubs push its registers here, and find behind them where they go on. */
	_Alignas(16) struct context context;
	uint64_t kernel_stack;
	_Alignas(16) uint8_t vectors[VECTORS_SIZE]; /* while another runs */
	struct runnable runnable;
	struct space space;
	struct machine *machine;
	struct process *process;       /* NULL: the core has let go of it */
	uint64_t buffer, notice, page; /* physical: its kernel buffer, its notice page, its owner page */
	bool ended;                    /* it will not run again */
	uint64_t code;                 /* what the core is told of its end */
	struct list end_link;          /* in machine->ended until the core has been told */
	/* Memory that its system call makes, and has not zeroed yet; NULL: none. */
	struct region *unfinished;
	bool again; /* that call is to be made again */
};
_Static_assert(offsetof(struct task, kernel_stack) == offsetof(struct task, context) + CONTEXT_SIZE,
               "the entry stubs look for the kernel stack right behind the registers");

/* One memory object or lane: memory->machine. */
struct region {
	struct chain chain;
	uint32_t cleared; /* pages that are zero, the first ones */
};

/* Whose a vector of the processor is (device/interrupt.c). */
struct device_vector {
	struct device_claim *claim; /* NULL: nobody's */
	uint8_t number;             /* of the device's */
};

struct machine {
	struct ram ram;
	struct heap heap;
	uint64_t kernel_root; /* page tables without a process */
	struct processor processor;
	struct archive archive;
	const struct manifest *manifest;
	struct kernel *kernel;
	uint64_t clock_page; /* physical; every process maps it */

	struct queue queue;
	struct task *running; /* whose registers are in the processor, or were last */
	struct task *caller;  /* whose system call is being served; NULL: none is */
	uint64_t turn_end;    /* of its turn, as a time */
	uint64_t deadline;    /* when the core wants a tick */
	uint64_t interrupt;   /* when the timer is set for */
	struct list ended;    /* struct task */

	struct pci *pci;      /* NULL: nobody has asked for devices yet */
	struct device_vector vectors[VECTOR_DEVICES_END - VECTOR_DEVICES];

	/* init, which is the machine's to start again. */
	bool up;     /* it has said so once */
	bool failed; /* or that it cannot be */
	char failure[256];
	uint64_t init_started;
	uint64_t init_delay; /* before the next start */
	uint64_t init_start; /* when that is, or DEADLINE_NEVER */
};

/* ---- process/run.c ---- */

/* Runs whoever is to run next; in between tells the core what has become of whom. */
_Noreturn void machine_run(struct machine *machine);

/* The timer has interrupted. */
void machine_timer(struct machine *machine);

/* ---- process/task.c ---- */

/* It does not run on. The core is told `code` before anything else runs. */
void task_end(struct task *task, uint64_t code);

/* Tells the core of all that have ended. */
void tasks_settle(struct machine *machine);

/* ---- memory/region.c ---- */

/* Gives up what a call had begun to make and will not go on with, which is seldom. */
void region_free_unfinished(struct task *task);

static inline void region_abandon(struct task *task)
{
	if (task->unfinished != NULL)
		region_free_unfinished(task);
}

/* ---- process/supervise.c ---- */

/* Starts init for the first time; stops where that cannot be. */
void init_begin(struct machine *machine);
void init_ended(struct machine *machine);

/* Starts init again if it is time, and acts on what it has announced. Of use only where init_unsettled. */
void init_settle(struct machine *machine);

static inline bool init_unsettled(const struct machine *machine)
{
	return machine->failed || machine->init_start != DEADLINE_NEVER;
}

/* ---- device/interrupt.c ---- */

/* Vector `vector` of the processor, from VECTOR_DEVICES on, has come. */
void device_interrupted(struct machine *machine, unsigned vector);

/* Nothing of the claim's is bound any longer. */
void device_unbind(struct machine *machine, struct device_claim *claim);

/* ---- trap/exception.c ---- */

/* An exception of the process that runs: the core is told, and the process ends. */
void exception_of_process(struct machine *machine, struct task *task);

/* What people call it; NULL where it has no name. */
const char *exception_name(uint64_t vector);

/* ---- trap/trap.c ---- */

void trap_initialize(struct machine *machine);

#endif
