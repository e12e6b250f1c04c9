/* The rest of platform.h: time, console, debuggers. */
#include "arch/x86_64/console.h"
#include "arch/x86_64/device/clock.h"
#include "arch/x86_64/device/serial.h"
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
	uint32_t dropped = serial_take_dropped();

	(void)machine;
	if (dropped > 0)
		console_print("%u bytes that came over the serial line are lost: nobody read them in time",
		              dropped);
	*count = serial_read(bytes, size);
	return E_OK;
}

bool platform_traced(struct machine *machine)
{
	/* A debugger stops the whole computer, and its clock with it. */
	(void)machine;
	return false;
}
