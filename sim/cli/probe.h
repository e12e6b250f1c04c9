/* Trying out what this machine can do, one probe for each thing that Drydock uses (`drydock doctor`). */
#ifndef DRYDOCK_CLI_PROBE_H
#define DRYDOCK_CLI_PROBE_H

#include <stdbool.h>
#include <stddef.h>

struct probe_result {
	bool works;
	char detail[256]; /* what was found */
	char advice[256]; /* what to do, or empty where nothing is to be done */
};

struct probe {
	const char *name;
	bool essential;      /* nothing boots without it */
	const char *purpose; /* what needs it */
	void (*run)(struct probe_result *result);
};

extern const struct probe probes[];
extern const size_t probe_count;

#endif
