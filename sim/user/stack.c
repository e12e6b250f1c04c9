/* The hooks of os.h for fibers' stacks. */
#include "internal.h"

void os_stack_made(struct os *os, void *bottom, size_t size, uint32_t *id)
{
	(void)os;
	*id = tool_stack_made(bottom, size);
}

void os_stack_freed(struct os *os, uint32_t id)
{
	(void)os;
	tool_stack_freed(id);
}

void os_switch_start(struct os *os, void **save, const void *bottom, size_t size)
{
	tool_switch_start(&os->stack, save, bottom, size);
}

void os_switch_finish(struct os *os, void *save)
{
	(void)os;
	tool_switch_finish(save);
}
