/* Placement of an instance on CPUs (placement.h). */
#include "placement.h"

#include <stdio.h>

/* Keeps the last `count` CPUs of `set`: the first ones serve most interrupts. */
static void keep_last(cpu_set_t *set, int count)
{
	int surplus = CPU_COUNT(set) - count;

	for (int cpu = 0; cpu < CPU_SETSIZE && surplus > 0; cpu++) {
		if (CPU_ISSET(cpu, set)) {
			CPU_CLR(cpu, set);
			surplus--;
		}
	}
}

static int last_of(const cpu_set_t *set)
{
	for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--) {
		if (CPU_ISSET(cpu, set))
			return cpu;
	}
	return 0;
}

void placement_choose(int processors, struct placement *placement)
{
	int available;

	placement->restricted = false;
	if (sched_getaffinity(0, sizeof(placement->set), &placement->set) != 0) {
		CPU_ZERO(&placement->set);
		snprintf(placement->reason, sizeof(placement->reason),
		         "left to Linux: the CPUs of this machine cannot be told");
		return;
	}
	available = CPU_COUNT(&placement->set);
	if (processors > 0 && processors >= available) {
		snprintf(placement->reason, sizeof(placement->reason), "all %d CPUs: %d were asked for",
		         available, processors);
	} else if (processors > 0) {
		keep_last(&placement->set, processors);
		placement->restricted = true;
		snprintf(placement->reason, sizeof(placement->reason), "%d of %d CPUs, as asked for",
		         processors, available);
	} else if (available == 1) {
		snprintf(placement->reason, sizeof(placement->reason), "the one CPU there is");
	} else if (available == 2) {
		keep_last(&placement->set, 1);
		placement->restricted = true;
		snprintf(placement->reason, sizeof(placement->reason),
		         "all on CPU %d of 2: waking a sleeper on another CPU costs more than it brings "
		         "(--cpus 2 uses both)",
		         last_of(&placement->set));
	} else {
		snprintf(placement->reason, sizeof(placement->reason),
		         "left to Linux on %d CPUs: there are idle ones to run in parallel", available);
	}
}

void placement_apply(const struct placement *placement)
{
	if (placement->restricted)
		sched_setaffinity(0, sizeof(placement->set), &placement->set);
}
