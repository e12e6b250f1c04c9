/* The benchmark's own instances (bench.h). */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "sim/cli/ask.h"
#include "sim/cli/cli.h"
#include "sim/cli/paths.h"

#define ARGUMENTS 20

int bench_self(const char *const *arguments)
{
	const char *argv[ARGUMENTS] = {"drydock"};
	int status;
	pid_t pid;

	for (int i = 0; arguments[i] != NULL && i + 2 < ARGUMENTS; i++)
		argv[i + 1] = arguments[i];
	pid = fork();
	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		execv("/proc/self/exe", (char *const *)argv);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool bench_instance_boot(struct bench_instance *instance, const char *name, bool own, const char *directory,
                         const char *const *more)
{
	char manifest[PATH_MAX];
	const char *run[ARGUMENTS] = {"run", "-d", "--name", name};
	int next = 4;

	memset(instance, 0, sizeof(*instance));
	instance->name = name;
	if (own) {
		if (!paths_find("../bench/bench.manifest", "bench.manifest", manifest)) {
			cli_error("bench: there is no %s", manifest);
			return false;
		}
		run[next++] = "--manifest";
		run[next++] = manifest;
	}
	if (directory != NULL) {
		run[next++] = "--mount";
		run[next++] = directory;
	}
	while (more != NULL && *more != NULL && next < ARGUMENTS - 2)
		run[next++] = *more++;
	if (bench_self(run) != 0)
		return false;
	if (ask_directory(instance->name, instance->directory))
		instance->host = bench_instance_process(instance, "kernel");
	if (instance->host == 0)
		bench_instance_end(instance);
	return instance->host > 0;
}

pid_t bench_instance_process(const struct bench_instance *instance, const char *name)
{
	cJSON *processes = ask_list(instance->name, "ps");
	const cJSON *process = processes ? ask_process(processes, name) : NULL;
	pid_t pid = process ? (pid_t)ask_number(process, "linux_pid") : 0;

	cJSON_Delete(processes);
	return pid;
}

void bench_instance_end(struct bench_instance *instance)
{
	const char *stop[] = {"stop", "--name", instance->name, NULL};

	bench_self(stop);
}
