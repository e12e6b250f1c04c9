/*
 * A guest in the role `admin` that has the scheduler set a service's priority:
 *
 *   priority INSTANCE-DIRECTORY NUMBER PRIORITY
 *
 * Exits with 0 where the scheduler took it.
 */
#include <stdio.h>
#include <stdlib.h>

#include <drydock/proto/scheduler.h>
#include <drydock/server.h>

#include "sim/user/linux.h"

#define ENTRIES 32

static uint32_t number, priority;

/* The process id of the service; 0 where there is none. */
static uint64_t find(struct client *client)
{
	struct scheduler_entry entries[ENTRIES];
	struct scheduler_list_results results;

	if (scheduler_list(client, entries, sizeof(entries), &results) != 0)
		return 0;
	for (uint32_t i = 0; i < results.entries_length / sizeof(entries[0]); i++) {
		if (entries[i].number == number)
			return entries[i].process;
	}
	return 0;
}

static void start(struct runtime *runtime, void *state)
{
	int32_t status;
	struct client *client = client_open(runtime, "scheduler", &scheduler_protocol, NULL, &status);

	(void)state;
	if (client != NULL)
		status = scheduler_set(client, find(client), priority, SCHEDULER_SLICE_DEFAULT);
	if (status != 0)
		fprintf(stderr, "priority: %d\n", status);
	runtime_stop(runtime, status == 0 ? EXIT_SUCCESS : EXIT_FAILURE);
}

static const struct server_definition definition = {
	.name = "priority", .source = "priority", .quiet = true, .start = start};

int main(int argument_count, char **arguments)
{
	struct runtime *runtime;
	char error[256];
	struct os *os;
	uint64_t code;

	if (argument_count != 4)
		return 2;
	number = (uint32_t)strtoul(arguments[2], NULL, 10);
	priority = (uint32_t)strtoul(arguments[3], NULL, 10);
	os = os_attach(arguments[1], "admin", "priority", error, sizeof(error));
	if (os == NULL) {
		fprintf(stderr, "priority: %s\n", error);
		return EXIT_FAILURE;
	}
	runtime = runtime_create(os, &definition);
	while (!runtime_stopped(runtime, &code)) {
		if (!runtime_round(runtime))
			runtime_sleep(runtime);
	}
	runtime_destroy(runtime);
	os_destroy(os);
	return (int)code;
}
