/* CPUs for measuring (clock.h). */
#include "clock.h"

/* What this process was allowed when it started: hosted code, one benchmark a process. */
static cpu_set_t allowed;

void clock_processors(int *first, int *second)
{
	*first = *second = -1;
	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (!CPU_ISSET(i, &allowed))
			continue;
		if (*first < 0)
			*first = i;
		else if (*second < 0)
			*second = i;
	}
}

bool clock_pin(pid_t pid, int processor)
{
	cpu_set_t set;

	if (processor < 0)
		return sched_setaffinity(pid, sizeof(allowed), &allowed) == 0;
	CPU_ZERO(&set);
	CPU_SET(processor, &set);
	return sched_setaffinity(pid, sizeof(set), &set) == 0;
}

int clock_processor_of(pid_t pid, int other)
{
	cpu_set_t set;

	if (sched_getaffinity(pid, sizeof(set), &set) != 0 || CPU_COUNT(&set) != 1)
		return other;
	for (int i = 0; i < CPU_SETSIZE; i++) {
		if (CPU_ISSET(i, &set))
			return i;
	}
	return other;
}
