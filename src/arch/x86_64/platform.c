/* The rest of platform.h: time, console, debuggers. */
#include "arch/x86_64/console.h"
#include "arch/x86_64/device/clock.h"
#include "arch/x86_64/instructions.h"
#include "kernel/platform.h"

#include <drydock/string.h>

#define LEAF_BASIC     1u
#define FEATURE_RDRAND (1u << 30) /* Intel SDM vol. 2, CPUID, leaf 1, ECX */

uint64_t platform_time(struct machine *machine)
{
	(void)machine;
	return clock_time();
}

bool platform_random(struct machine *machine, void *bytes, size_t size)
{
	uint8_t *to = bytes;

	(void)machine;
	if ((cpuid_read(LEAF_BASIC, 0).c & FEATURE_RDRAND) == 0)
		return false;
	for (size_t at = 0; at < size; at += sizeof(uint64_t)) {
		uint64_t number;

		if (!random_read(&number)) {
			memset(bytes, 0, at);
			return false;
		}
		memcpy(to + at, &number, size - at < sizeof(number) ? size - at : sizeof(number));
	}
	return true;
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
