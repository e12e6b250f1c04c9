/*
 * What the host does about the whole: restarting init, acting on what init
 * says of the boot, and the orderly end.
 */
#include "machine.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define HEALTHY       1000000000u /* nanoseconds of life that make init's next restart prompt */
#define DELAY_FIRST   1.0         /* seconds */
#define DELAY_MAXIMUM 30.0
#define STOP_SECONDS  2.0         /* for mounts to go */
#define STOP_DISK_SECONDS 30.0    /* for file systems on disks, from then on */

/* What led to a failure stands on the console, which goes with the instance: who waits gets its end. */
static void send_error(struct machine *machine, const char *error)
{
	char tail[CONSOLE_TAIL_SIZE];
	int console;

	dprintf(machine->notify, "error: %s\n", error);
	if (machine->up || machine->console < 0)
		return;
	console = openat(machine->instance.handle, "console", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (console_tail(console, tail, sizeof(tail)) > 0)
		dprintf(machine->notify, "The console ends with:\n%s", tail);
	descriptor_close(&console);
}

void machine_notify(struct machine *machine, const char *error)
{
	const char *greeting = machine->options->greeting;

	if (machine->notify < 0 && error != NULL)
		fprintf(stderr, "drydock: run: %s\n", error);
	else if (machine->notify < 0 && greeting != NULL)
		(void)!write(STDOUT_FILENO, greeting, strlen(greeting));
	else if (machine->notify >= 0 && error != NULL)
		send_error(machine, error);
	else if (machine->notify >= 0)
		dprintf(machine->notify, "ok\n");
	descriptor_close(&machine->notify);
}

static void start_init(struct machine *machine)
{
	enum error error = kernel_start_init(machine->kernel, machine->options->manifest);

	machine->init_started = platform_time(machine);
	if (error == E_OK)
		return;
	console_print(machine, "cannot start init again (error %d)", error);
	init_died(machine);
}

static void on_init_restart(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	start_init(timer->data);
}

void init_died(struct machine *machine)
{
	double delay;

	if (machine->stopping)
		return;
	if (!machine->up && !machine->failed) {
		machine_stop(machine, "init died before all services were up");
		return;
	}
	if (platform_time(machine) - machine->init_started >= HEALTHY)
		machine->init_delay = 0;
	delay = machine->init_delay;
	machine->init_delay = delay == 0                  ? DELAY_FIRST
	                      : delay * 2 < DELAY_MAXIMUM ? delay * 2
	                                                  : DELAY_MAXIMUM;
	if (delay == 0)
		console_print(machine, "init died; starting it again");
	else
		console_print(machine, "init died again; starting it in %.0f s", delay);
	ev_timer_stop(machine->loop, &machine->init_restart);
	ev_timer_init(&machine->init_restart, on_init_restart, delay, 0.);
	machine->init_restart.data = machine;
	ev_now_update(machine->loop);
	ev_timer_start(machine->loop, &machine->init_restart);
}

void announcement_settle(struct machine *machine)
{
	const struct host_options *options = machine->options;
	char error[512];

	if (!machine->announced)
		return;
	machine->announced = false;
	if (machine->failed && !machine->up) {
		machine_stop(machine, machine->failure);
		return;
	}
	/* init says so again when it was restarted; mounts are made once. */
	if (machine->mounted_boot)
		return;
	machine->mounted_boot = true;
	if (options->mount == NULL) {
		machine_notify(machine, NULL);
		return;
	}
	if (!mount_start(machine, options->mount, options->mount_options, NULL, error, sizeof(error)))
		machine_stop(machine, error);
}

static void on_stop_timeout(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

void machine_stop(struct machine *machine, const char *failure)
{
	if (machine->stopping) {
		ev_break(machine->loop, EVBREAK_ALL);
		return;
	}
	machine->stopping = true;
	if (failure != NULL) {
		machine->boot_failed = true;
		console_print(machine, "boot failed: %s", failure);
		machine_notify(machine, failure);
	}
	ev_timer_stop(machine->loop, &machine->init_restart);
	ev_timer_init(&machine->stop_timeout, on_stop_timeout, STOP_SECONDS, 0.);
	ev_now_update(machine->loop);
	ev_timer_start(machine->loop, &machine->stop_timeout);
	mounts_end(machine);
	machine_stop_step(machine);
}

/* Whether a server that writes to a disk is still there; with `tell` each of them hears that it is to end. */
static bool disks_remain(struct machine *machine, bool tell)
{
	bool any = false;

	list_for_each(link, &machine->processes) {
		struct host_process *process = list_entry(link, struct host_process, link);

		if (process->gone || process->killed || process->process == NULL || !disk_is_written_by(process))
			continue;
		any = true;
		if (tell)
			kernel_stop_process(machine->kernel, process->process);
	}
	return any;
}

void machine_stop_step(struct machine *machine)
{
	bool tell = !machine->disks_told;

	if (!machine->stopping || !list_empty(&machine->mounts))
		return;
	machine->disks_told = true;
	if (!disks_remain(machine, tell)) {
		ev_break(machine->loop, EVBREAK_ALL);
	} else if (tell) {
		ev_timer_stop(machine->loop, &machine->stop_timeout);
		ev_timer_set(&machine->stop_timeout, STOP_DISK_SECONDS, 0.);
		ev_timer_start(machine->loop, &machine->stop_timeout);
	}
}
