/* Fibers (src/user/fiber.h). */
#include "user/fiber.h"

#include <drydock/os.h>

#include "user/runtime.h"

/* Registers that fiber_switch pops before the return address. */
#define SAVED_REGISTERS 6

static void switch_to_loop(struct fiber *fiber)
{
	struct runtime *runtime = fiber->runtime;

	os_switch_start(runtime->os, &fiber->tool, NULL, 0);
	fiber_switch(&fiber->stack_pointer, runtime->loop_stack_pointer);
	os_switch_finish(runtime->os, fiber->tool);
}

/* What every fiber runs: its work, then idling until there is more. */
static void fiber_main(void *argument)
{
	struct fiber *fiber = argument;

	os_switch_finish(fiber->runtime->os, NULL);
	for (;;) {
		fiber->function(fiber->argument);
		fiber->state = FIBER_IDLE;
		list_add_head(&fiber->runtime->idle_fibers, &fiber->link);
		switch_to_loop(fiber);
	}
}

/* Lays the stack out as fiber_switch leaves one, "returning" to fiber_begin. */
static void prepare_stack(struct fiber *fiber)
{
	/* One word above stays free: at fiber_begin's call rsp is a multiple of 16 (psABI 3.2.2). */
	uint64_t *top = (uint64_t *)(void *)((char *)fiber->stack + FIBER_STACK_SIZE) - 2;
	uint64_t *frame = top - SAVED_REGISTERS - 1;

	for (int i = 0; i < SAVED_REGISTERS; i++)
		frame[i] = 0;
	frame[2] = (uintptr_t)fiber_main; /* r13 */
	frame[3] = (uintptr_t)fiber;      /* r12 */
	frame[SAVED_REGISTERS] = (uintptr_t)fiber_begin;
	fiber->stack_pointer = frame;
}

static enum error fiber_make(struct runtime *runtime)
{
	struct fiber *fiber;
	enum error error;

	if (runtime->fiber_count >= FIBER_LIMIT)
		return E_QUOTA;
	fiber = runtime_allocate(runtime, sizeof(*fiber));
	if (fiber == NULL)
		return E_NOMEM;
	error = os_memory_allocate(runtime->os, FIBER_STACK_SIZE, MEMORY_GUARDS, &fiber->memory, &fiber->stack);
	if (error != E_OK) {
		runtime_free(runtime, fiber);
		return error;
	}
	fiber->runtime = runtime;
	os_stack_made(runtime->os, fiber->stack, FIBER_STACK_SIZE, &fiber->stack_id);
	prepare_stack(fiber);
	list_add_tail(&runtime->fibers, &fiber->all);
	list_add_tail(&runtime->idle_fibers, &fiber->link);
	runtime->fiber_count++;
	return E_OK;
}

enum error fiber_reserve(struct runtime *runtime, uint32_t count)
{
	enum error error = E_OK;

	while (error == E_OK && runtime->fiber_count < count)
		error = fiber_make(runtime);
	return error;
}

enum error fiber_start(struct runtime *runtime, void (*function)(void *argument), void *argument)
{
	struct list *link = list_take(&runtime->idle_fibers);
	struct fiber *fiber;

	if (link == NULL) {
		enum error error = fiber_make(runtime);

		if (error != E_OK)
			return error;
		link = list_take(&runtime->idle_fibers);
	}
	fiber = list_entry(link, struct fiber, link);
	fiber->function = function;
	fiber->argument = argument;
	fiber->woken = false;
	fiber->state = FIBER_READY;
	list_add_tail(&runtime->ready, &fiber->link);
	return E_OK;
}

bool fiber_run_ready(struct runtime *runtime)
{
	struct list *link;
	bool any = false;

	while ((link = list_take(&runtime->ready)) != NULL) {
		struct fiber *fiber = list_entry(link, struct fiber, link);

		any = true;
		fiber->state = FIBER_RUNNING;
		runtime->current = fiber;
		os_switch_start(runtime->os, &runtime->loop_tool, fiber->stack, FIBER_STACK_SIZE);
		fiber_switch(&runtime->loop_stack_pointer, fiber->stack_pointer);
		os_switch_finish(runtime->os, runtime->loop_tool);
		runtime->current = NULL;
	}
	return any;
}

struct fiber *fiber_current(struct runtime *runtime)
{
	return runtime->current;
}

void fiber_wait(struct runtime *runtime)
{
	struct fiber *fiber = runtime->current;

	if (!fiber->woken) {
		fiber->state = FIBER_WAITING;
		switch_to_loop(fiber);
	}
	fiber->woken = false;
}

void fiber_wake(struct fiber *fiber)
{
	fiber->woken = true;
	if (fiber->state != FIBER_WAITING)
		return;
	fiber->state = FIBER_READY;
	list_add_tail(&fiber->runtime->ready, &fiber->link);
}

static void wake_sleeper(struct timer *timer, void *context)
{
	(void)timer;
	fiber_wake(context);
}

void fiber_sleep(struct runtime *runtime, uint64_t deadline)
{
	struct timer timer = {.fire = wake_sleeper, .context = runtime->current};

	timer_set(runtime, &timer, deadline);
	while (runtime_time(runtime) < deadline)
		fiber_wait(runtime);
	timer_cancel(runtime, &timer);
}

void fiber_free_all(struct runtime *runtime)
{
	struct list *link;

	while ((link = list_take(&runtime->fibers)) != NULL) {
		struct fiber *fiber = list_entry(link, struct fiber, all);

		os_stack_freed(runtime->os, fiber->stack_id);
		os_memory_free(runtime->os, fiber->memory, fiber->stack, FIBER_STACK_SIZE);
		runtime_free(runtime, fiber);
	}
	list_init(&runtime->idle_fibers);
	list_init(&runtime->ready);
	runtime->fiber_count = 0;
}
