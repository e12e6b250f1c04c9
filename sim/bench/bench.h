/* `drydock bench`: its parts. */
#ifndef DRYDOCK_BENCH_BENCH_H
#define DRYDOCK_BENCH_BENCH_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <cjson/cJSON.h>

#include "sim/host/instance.h"
#include "statistics.h"

struct bench_options {
	unsigned rounds;   /* each measures every row once */
	uint64_t duration; /* nanoseconds a row of a round is measured for */
	unsigned files;    /* of `files` and `vfs`: how many small ones */
	uint64_t length;   /* of `vfs`: bytes of the large file */
	const char *only;  /* of `ipc` and `net`: rows whose names contain this; NULL: all */
	const char *name;  /* of the instances that are booted */
	bool json;
};

/* Each measures, prints, and returns an enum cli_exit. */
int bench_ipc(const struct bench_options *options);
int bench_boot(const struct bench_options *options);
int bench_files(const struct bench_options *options);
int bench_vfs(const struct bench_options *options);
int bench_network(const struct bench_options *options);

/* An instance of the benchmark's own. */
struct bench_instance {
	const char *name;
	char directory[INSTANCE_PATH_SIZE];
	pid_t host; /* Linux pid */
};

/*
 * Boots an instance named `name`, of the benchmark's own manifest if `own`, else of the default one, mounted on
 * `directory` unless that is NULL. `more` are arguments of `drydock run` besides (NULL-terminated), or NULL. False,
 * having said why.
 */
bool bench_instance_boot(struct bench_instance *instance, const char *name, bool own, const char *directory,
                         const char *const *more);
void bench_instance_end(struct bench_instance *instance);

/* The Linux pid of the instance's process `name`; 0 if there is none. */
pid_t bench_instance_process(const struct bench_instance *instance, const char *name);

/*
 * Runs this program with `arguments` (argv from 1 on, NULL-terminated), silent
 * but for errors. Returns its exit code, or -1.
 */
int bench_self(const char *const *arguments);

/* On a terminal, which round it is. */
void bench_progress(const struct bench_options *options, unsigned round);

/* Prints and frees. */
void bench_print_json(cJSON *object);

#endif
