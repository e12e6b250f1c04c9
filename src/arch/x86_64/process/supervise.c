/* init: the machine starts it, and again when it dies, as sim/host/supervise.c does on Linux. */
#include <drydock/string.h>

#include "arch/x86_64/console.h"
#include "arch/x86_64/device/clock.h"
#include "arch/x86_64/machine.h"
#include "arch/x86_64/panic.h"

#define MILLISECOND   1000000ull
#define SECOND        1000000000ull
#define HEALTHY       SECOND /* of life make init's next restart prompt */
#define DELAY_FIRST   SECOND
#define DELAY_MAXIMUM (30 * SECOND)

static enum error init_start(struct machine *machine)
{
	machine->init_start = DEADLINE_NEVER;
	machine->init_started = clock_time();
	return kernel_start_init(machine->kernel, machine->manifest);
}

void init_begin(struct machine *machine)
{
	enum error error = init_start(machine);

	if (error == E_NOMEM)
		stop("boot failed: there is too little memory for init");
	if (error != E_OK)
		stop("boot failed: init cannot be started (error %d)", error);
}

void init_ended(struct machine *machine)
{
	uint64_t now = clock_time(), delay;

	if (!machine->up)
		stop("boot failed: init died before all services were up");
	if (now - machine->init_started >= HEALTHY)
		machine->init_delay = 0;
	delay = machine->init_delay;
	machine->init_delay = delay == 0 ? DELAY_FIRST : delay * 2 < DELAY_MAXIMUM ? delay * 2 : DELAY_MAXIMUM;
	machine->init_start = now + delay;
	if (delay == 0)
		console_print("init died; starting it again");
	else
		console_print("init died again; starting it in %llu s", (unsigned long long)(delay / SECOND));
}

void init_settle(struct machine *machine)
{
	if (machine->failed && !machine->up)
		stop("boot failed: %s", machine->failure);
	if (machine->init_start == DEADLINE_NEVER || machine->init_start > clock_time())
		return;
	if (init_start(machine) == E_OK)
		return;
	console_print("init cannot be started again");
	init_ended(machine);
}

void platform_announce(struct machine *machine, enum announcement announcement, const char *text, size_t length)
{
	if (announcement == ANNOUNCE_SERVICES_UP) {
		if (!machine->up)
			console_print("services are up %llu ms after entry, %u of %u pages are free",
			              (unsigned long long)(clock_time() / MILLISECOND), machine->ram.free,
			              machine->ram.total);
		machine->up = true;
		return;
	}
	/* It stops the machine, but not in the middle of init's call. */
	machine->failed = true;
	string_copy(machine->failure, sizeof(machine->failure), text, length);
}
