/*
 * Fibers: stacks that take turns in one thread. A fiber runs until it waits;
 * the loop (on the process's own stack) runs those that are ready.
 */
#ifndef DRYDOCK_USER_FIBER_H
#define DRYDOCK_USER_FIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <drydock/list.h>
#include <drydock/server.h>

#define FIBER_STACK_SIZE (64u * 1024)
#define FIBER_LIMIT      4096u /* fibers of a process */

enum fiber_state {
	FIBER_IDLE,    /* no work; in runtime->idle_fibers */
	FIBER_READY,   /* in runtime->ready */
	FIBER_RUNNING,
	FIBER_WAITING,
};

struct fiber {
	struct list link;      /* ready or idle list */
	struct list all;       /* in runtime->fibers */
	struct runtime *runtime;
	void *stack_pointer;   /* of a fiber that does not run */
	void *stack;           /* lowest address, FIBER_STACK_SIZE bytes */
	void (*function)(void *argument);
	void *argument;
	void *tool;            /* what os_switch_start saved */
	handle_t memory;       /* of the stack */
	uint32_t stack_id;
	uint8_t state;         /* enum fiber_state */
	bool woken;            /* fiber_wake came while it did not wait */
};

/* Makes sure that there are `count` fibers, running or idle. E_NOMEM, E_QUOTA. */
enum error fiber_reserve(struct runtime *runtime, uint32_t count);

/* Runs the ready fibers, and those that become ready, until none is. True if any ran. */
bool fiber_run_ready(struct runtime *runtime);

/* Frees all stacks. No fiber may be running. */
void fiber_free_all(struct runtime *runtime);

/* In fiber_x86_64.S. */
void fiber_switch(void **save, void *load);
void fiber_begin(void);

#endif
