/*
 * `drydock bench boot`: from the start of `drydock run -d` until it returns,
 * which it does once all services are up; and what the servers then hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "clock.h"
#include "sim/cli/ask.h"
#include "sim/cli/cli.h"

/* Resident kilobytes of a process (proc(5), status), 0 where it is gone. */
static double resident(pid_t pid)
{
	char path[64], line[256];
	double kilobytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, "VmRSS:", 6) == 0)
			kilobytes = strtod(line + 6, NULL);
	}
	fclose(file);
	return kilobytes;
}

/* MiB of all processes but the host's. */
static double servers_resident(const char *name)
{
	cJSON *processes = ask_list(name, "ps");
	const cJSON *process;
	double total = 0;

	cJSON_ArrayForEach(process, processes) {
		if (strcmp(ask_text(process, "name"), "kernel") != 0)
			total += resident((pid_t)ask_number(process, "linux_pid"));
	}
	cJSON_Delete(processes);
	return total / 1024;
}

int bench_boot(const struct bench_options *options)
{
	struct row time = {.name = "boot until all services are up", .unit = "ms"};
	struct row memory = {.name = "all servers resident", .unit = "MiB"};
	const struct row *const rows[] = {&time, &memory};
	struct claim claims[2];

	for (unsigned round = 0; round < options->rounds; round++) {
		struct bench_instance instance = {.name = options->name};
		const char *run[] = {"run", "-d", "--name", instance.name, NULL};
		uint64_t start;

		bench_progress(options, round);
		start = clock_now();
		if (bench_self(run) != 0)
			return CLI_FAILED;
		row_add(&time, (double)(clock_now() - start) / 1e6);
		row_add(&memory, servers_resident(instance.name));
		bench_instance_end(&instance);
	}
	bench_progress(options, options->rounds);
	claims[0] = (struct claim){time, true, 40};
	claims[1] = (struct claim){memory, true, 32};
	if (options->json) {
		cJSON *object = cJSON_CreateObject();

		cJSON_AddItemToObject(object, "boot", json_rows(rows, 2));
		cJSON_AddItemToObject(object, "claims", json_claims(claims, 2));
		bench_print_json(object);
		return CLI_OK;
	}
	print_rows("Boot", rows, 2);
	print_claims(claims, 2);
	return CLI_OK;
}
