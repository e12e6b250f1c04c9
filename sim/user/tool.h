/*
 * What tools that watch stacks and memory are told: AddressSanitizer (with its
 * leak checker) in builds with it, valgrind when it runs the process. Without
 * them each of these is nothing, or a few instructions. The hooks of os.h call
 * it, on Linux (stack.c) and in tests that implement os.h themselves.
 */
#ifndef DRYDOCK_SIM_USER_TOOL_H
#define DRYDOCK_SIM_USER_TOOL_H

#include <stddef.h>
#include <stdint.h>

/* The stack of the thread that runs the loop, to which fibers switch back. */
struct tool_stack {
	const void *bottom;
	size_t size;
};

/* Fills in the calling thread's own. */
void tool_learn_stack(struct tool_stack *stack);

/* Memory of ours was mapped or is to be unmapped: leak checkers look into it. */
void tool_memory_made(const void *address, size_t size);
void tool_memory_freed(const void *address, size_t size);

/* As os_stack_made and os_stack_freed. */
uint32_t tool_stack_made(void *bottom, size_t size);
void tool_stack_freed(uint32_t id);

/* As os_switch_start and os_switch_finish; `bottom` NULL: to the loop, on `loop`. */
void tool_switch_start(const struct tool_stack *loop, void **save, const void *bottom, size_t size);
void tool_switch_finish(void *save);

#endif
