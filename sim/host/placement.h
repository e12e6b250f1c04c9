/* Which CPUs an instance runs on, and why. */
#ifndef DRYDOCK_HOST_PLACEMENT_H
#define DRYDOCK_HOST_PLACEMENT_H

#include <sched.h>
#include <stdbool.h>

struct placement {
	cpu_set_t set;    /* where host and servers may run */
	bool restricted;  /* `set` is less than what this process may use */
	char reason[192]; /* one sentence for people */
};

/*
 * Chooses for `processors` CPUs (0: by policy), out of those that the calling
 * process may use. The policy: on one or two CPUs all on one, since waking a
 * sleeper on another CPU of a small virtual machine costs tens of times a
 * switch on one's own; else Linux places.
 */
void placement_choose(int processors, struct placement *placement);

/* Applies it to the calling process and its children to come. */
void placement_apply(const struct placement *placement);

#endif
