/* The rest of platform.h: time, console, debuggers. */
#include "arch/x86_64/console.h"
#include "arch/x86_64/device/clock.h"
#include "kernel/platform.h"

uint64_t platform_time(struct machine *machine)
{
	(void)machine;
	return clock_time();
}

void platform_console(struct machine *machine, const char *text, size_t length)
{
	(void)machine;
	console_write(text, length);
}

enum error platform_console_read(struct machine *machine, void *bytes, size_t size, size_t *count)
{
	(void)machine;
	*count = console_read(bytes, size);
	return E_OK;
}

bool platform_traced(struct machine *machine)
{
	/* A debugger stops the whole computer, and its clock with it. */
	(void)machine;
	return false;
}
