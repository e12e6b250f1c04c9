/* The rest of platform.h: records, time, the timer. */
#include "machine.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

void *platform_allocate(struct machine *machine, size_t size)
{
	(void)machine;
	return calloc(1, size);
}

void platform_free(struct machine *machine, void *address, size_t size)
{
	(void)machine;
	(void)size;
	free(address);
}

uint64_t platform_time(struct machine *machine)
{
	struct timespec now;

	(void)machine;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

bool platform_random(struct machine *machine, void *bytes, size_t size)
{
	(void)machine;
	/* getrandom(2): up to 256 bytes come whole, and are never interrupted once the kernel's pool is ready. */
	return getrandom(bytes, size, 0) == (ssize_t)size;
}

void platform_timer(struct machine *machine, uint64_t deadline)
{
	uint64_t now = platform_time(machine);

	ev_timer_stop(machine->loop, &machine->tick);
	if (deadline == DEADLINE_NEVER)
		return;
	/* libev counts from when the loop last looked at the clock. */
	ev_now_update(machine->loop);
	ev_timer_set(&machine->tick, deadline > now ? (double)(deadline - now) / 1e9 : 0., 0.);
	ev_timer_start(machine->loop, &machine->tick);
}

void platform_announce(struct machine *machine, enum announcement announcement, const char *text,
                       size_t length)
{
	machine->announced = true;
	if (announcement == ANNOUNCE_SERVICES_UP) {
		machine->up = true;
		return;
	}
	machine->failed = true;
	if (length >= sizeof(machine->failure))
		length = sizeof(machine->failure) - 1;
	for (size_t i = 0; i < length; i++)
		machine->failure[i] = text[i] >= ' ' ? text[i] : ' ';
	machine->failure[length] = '\0';
}
