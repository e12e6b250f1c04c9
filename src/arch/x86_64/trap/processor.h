/*
 * What each processor has of its own. There is one for now; what reads or
 * writes it does so by a pointer, so that there can be more.
 */
#ifndef DRYDOCK_ARCH_PROCESSOR_H
#define DRYDOCK_ARCH_PROCESSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/x86_64/trap/context.h"

/* 64-bit task-state segment (Intel SDM vol. 3A, 7.7). */
struct task_state {
	uint32_t reserved0;
	uint32_t stacks[3][2]; /* for privilege levels 0 to 2: low and high half */
	uint32_t reserved1[2];
	uint32_t interrupt_stacks[7][2];
	uint32_t reserved2[2];
	uint16_t reserved3;
	uint16_t io_map; /* beyond the segment's limit: no ports for processes */
};
_Static_assert(sizeof(struct task_state) == 104, "the processor says how it looks");

struct processor {
	/* For the stub of the syscall instruction, which finds this at %gs. */
	uint64_t context_end; /* of the process that runs: where its registers are pushed */
	uint64_t user_stack;  /* its stack pointer, for a moment */
	struct task_state task_state;
	uint64_t segments[8];
};
_Static_assert(offsetof(struct processor, context_end) == PROCESSOR_CONTEXT_END, "layout.h says so to the stub");
_Static_assert(offsetof(struct processor, user_stack) == PROCESSOR_USER_STACK, "layout.h says so to the stub");

/* Gives this processor its segments, its task state, its interrupt vectors, and the syscall instruction. */
void processor_initialize(struct processor *processor);

/* Turns on what protects the kernel, where the processor has it: SMEP, SMAP, UMIP, machine checks. */
void processor_protect(void);

/* From now on what enters the kernel from a process pushes its registers into `context`. */
void processor_set_context(struct processor *processor, struct context *context);

/* Clears the vector registers and loads those of `state`, 512 bytes, aligned to 16. */
void processor_load_vectors(const void *state);
void processor_save_vectors(void *state);

/* How a new process finds them: System V psABI, 3.2.1 and 3.4.1. */
void processor_clean_vectors(void *state);

/* Loads all registers and goes on there; the context is a process's. */
_Noreturn void context_resume(struct context *context);

#endif
