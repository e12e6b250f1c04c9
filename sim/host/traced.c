/*
 * Whether anything of the instance is in a debugger: then it is not dead and
 * not late. Asked only when a deadline has passed, so /proc is read then.
 */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRESH (10u * 1000 * 1000) /* nanoseconds an answer is good for */

enum pid_state pid_state(pid_t pid)
{
	enum pid_state state = PID_RUNS;
	char path[40], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return PID_RUNS;
	while (fgets(line, sizeof(line), file) != NULL && strncmp(line, "Uid:", 4) != 0) {
		/* "State:	t (tracing stop)", "T (stopped)" */
		if (strncmp(line, "State:\t", 7) == 0 && (line[7] == 't' || line[7] == 'T'))
			state = PID_STOPPED;
		else if (strncmp(line, "TracerPid:", 10) == 0 && strtol(line + 10, NULL, 10) != 0)
			state = PID_DEBUGGED;
	}
	fclose(file);
	return state;
}

bool process_traced(const struct host_process *process)
{
	enum pid_state state;

	if (process->gone || process->pid <= 0)
		return false;
	if (process->held)
		return true;
	state = pid_state(process->pid);
	return state == PID_DEBUGGED || (state == PID_STOPPED && !process->stopped && !process->stopping);
}

bool platform_traced(struct machine *machine)
{
	uint64_t now = platform_time(machine);

	if (machine->traced_at != 0 && now - machine->traced_at < FRESH)
		return machine->traced;
	machine->traced_at = now;
	machine->traced = false;
	list_for_each(link, &machine->processes) {
		const struct host_process *process = list_entry(link, struct host_process, link);

		if (process_traced(process)) {
			machine->traced = true;
			break;
		}
	}
	return machine->traced;
}
