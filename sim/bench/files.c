/*
 * `drydock bench files`: small files through the FUSE mount, beside libfuse's
 * own example passthrough_ll over a kernel tmpfs: once at its best (one
 * thread, on the benchmark's CPU), once as it is shipped.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"
#include "clock.h"
#include "sim/cli/cli.h"

#define SOURCE    "/usr/share/doc/libfuse3-dev/examples/passthrough_ll.c"
#define FILE_SIZE 512
#define PATH_SIZE 512

enum { CREATE, STAT, UNLINK, TOTAL, STEPS };
static const char *const step_names[STEPS] = {"create and write", "stat", "unlink", "total"};

enum { DRYDOCK, BEST, SHIPPED, SYSTEMS };
static const char *const system_names[SYSTEMS] = {"drydock", "passthrough_ll -s, pinned", "passthrough_ll as shipped"};

struct peer {
	char directory[PATH_SIZE]; /* where it is mounted */
	pid_t pid;                 /* of passthrough_ll; 0: not running */
};

struct bench_files {
	const struct bench_options *options;
	char work[PATH_SIZE / 4];  /* all lies below */
	char backing[PATH_SIZE / 2];
	char program[PATH_SIZE / 2];
	struct bench_instance instance;
	struct peer peers[SYSTEMS];
	int processor;
	struct row rows[SYSTEMS][STEPS];
	char names[SYSTEMS][STEPS][64];
	bool tmpfs;
};

/* ---- the peers ------------------------------------------------------------ */

static bool compile(struct bench_files *bench)
{
	char command[2 * PATH_SIZE];

	if (access(SOURCE, R_OK) != 0) {
		cli_error("bench: there is no " SOURCE "; install libfuse3-dev");
		return false;
	}
	snprintf(bench->program, sizeof(bench->program), "%s/passthrough_ll", bench->work);
	snprintf(command, sizeof(command), "cc -O2 -o %s " SOURCE " $(pkg-config --cflags --libs fuse3)",
	         bench->program);
	return system(command) == 0;
}

static bool is_mounted(const char *directory, const char *parent)
{
	struct stat here, above;

	return stat(directory, &here) == 0 && stat(parent, &above) == 0 && here.st_dev != above.st_dev;
}

static bool start_peer(struct bench_files *bench, int system)
{
	struct peer *peer = &bench->peers[system];
	const struct timespec pause = {.tv_nsec = 1000000};
	char source[PATH_SIZE];

	snprintf(source, sizeof(source), "source=%s", bench->backing);
	peer->pid = fork();
	if (peer->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (system == BEST) {
			clock_pin(0, bench->processor);
			execl(bench->program, "passthrough_ll", "-f", "-s", "-o", source, peer->directory, NULL);
		} else {
			clock_pin(0, -1);
			execl(bench->program, "passthrough_ll", "-f", "-o", source, peer->directory, NULL);
		}
		_exit(127);
	}
	for (int i = 0; i < 2000 && !is_mounted(peer->directory, bench->work); i++)
		nanosleep(&pause, NULL);
	return is_mounted(peer->directory, bench->work);
}

static void stop_peer(struct peer *peer)
{
	if (peer->pid <= 0)
		return;
	umount2(peer->directory, MNT_DETACH);
	kill(peer->pid, SIGTERM);
	waitpid(peer->pid, NULL, 0);
}

static bool prepare(struct bench_files *bench)
{
	snprintf(bench->work, sizeof(bench->work), "/tmp/drydock-bench-XXXXXX");
	if (mkdtemp(bench->work) == NULL)
		return cli_error("bench: cannot make %s: %s", bench->work, strerror(errno)), false;
	snprintf(bench->backing, sizeof(bench->backing), "%s/tmpfs", bench->work);
	mkdir(bench->backing, 0755);
	for (int i = 0; i < SYSTEMS; i++) {
		snprintf(bench->peers[i].directory, sizeof(bench->peers[i].directory), "%s/%d", bench->work, i);
		mkdir(bench->peers[i].directory, 0755);
	}
	if (!compile(bench))
		return false;
	bench->tmpfs = mount("tmpfs", bench->backing, "tmpfs", 0, "size=1g") == 0;
	if (!bench->tmpfs)
		return cli_error("bench: cannot mount a tmpfs: %s; this needs root", strerror(errno)), false;
	if (!bench_instance_boot(&bench->instance, bench->options->name, false, bench->peers[DRYDOCK].directory))
		return false;
	/* Where the instance placed itself, if that is one CPU. */
	bench->processor = clock_processor_of(bench->instance.host, bench->processor);
	return start_peer(bench, BEST) && start_peer(bench, SHIPPED);
}

static void clean(struct bench_files *bench)
{
	if (bench->instance.host > 0)
		bench_instance_end(&bench->instance);
	for (int i = 0; i < SYSTEMS; i++) {
		stop_peer(&bench->peers[i]);
		rmdir(bench->peers[i].directory);
	}
	if (bench->tmpfs)
		umount2(bench->backing, MNT_DETACH);
	rmdir(bench->backing);
	unlink(bench->program);
	rmdir(bench->work);
}

/* ---- the work --------------------------------------------------------------- */

static bool create_file(const char *path)
{
	static const char data[FILE_SIZE] = "drydock";
	int fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	bool good = fd >= 0 && write(fd, data, sizeof(data)) == sizeof(data);

	return fd >= 0 && close(fd) == 0 && good;
}

static bool step(int which, const char *path)
{
	struct stat status;

	switch (which) {
	case CREATE:
		return create_file(path);
	case STAT:
		return stat(path, &status) == 0 && status.st_size == FILE_SIZE;
	default:
		return unlink(path) == 0;
	}
}

/* Each step over all files, in microseconds a file. */
static bool measure(struct bench_files *bench, int system, unsigned round)
{
	char directory[PATH_SIZE + 16], path[PATH_SIZE + 48];
	double total = 0;

	snprintf(directory, sizeof(directory), "%s/%d-%u", bench->peers[system].directory, system, round);
	if (mkdir(directory, 0755) != 0)
		return false;
	for (int which = CREATE; which <= UNLINK; which++) {
		uint64_t start = clock_now();
		double each;

		for (unsigned i = 0; i < bench->options->files; i++) {
			snprintf(path, sizeof(path), "%s/file-%u", directory, i);
			if (!step(which, path))
				return false;
		}
		each = (double)(clock_now() - start) / 1000.0 / bench->options->files;
		total += each;
		row_add(&bench->rows[system][which], each);
	}
	row_add(&bench->rows[system][TOTAL], total);
	return rmdir(directory) == 0;
}

static bool measure_round(struct bench_files *bench, unsigned round)
{
	for (int system = 0; system < SYSTEMS; system++) {
		clock_pin(0, system == SHIPPED ? -1 : bench->processor);
		if (!measure(bench, system, round))
			return cli_error("bench: %s: %s", system_names[system], strerror(errno)), false;
	}
	return true;
}

/* ---- the report --------------------------------------------------------------- */

#define CLAIMS (STEPS + 1)

static void make_claims(struct bench_files *bench, struct claim claims[CLAIMS])
{
	static const char *const names[STEPS] = {
		"create and write: at its best / drydock", "stat: at its best / drydock",
		"unlink: at its best / drydock", "total: at its best / drydock"};

	for (int which = 0; which < STEPS; which++) {
		claims[which] = (struct claim){{.name = names[which]}, false, which == TOTAL ? 1.1 : 0.75};
		row_ratio(&claims[which].row, &bench->rows[BEST][which], &bench->rows[DRYDOCK][which]);
	}
	claims[STEPS] = (struct claim){{.name = "total: as shipped / drydock"}, false, 4};
	row_ratio(&claims[STEPS].row, &bench->rows[SHIPPED][TOTAL], &bench->rows[DRYDOCK][TOTAL]);
}

static void report(struct bench_files *bench)
{
	const struct row *rows[SYSTEMS * STEPS];
	struct claim claims[CLAIMS];
	cJSON *object;

	for (int i = 0; i < SYSTEMS * STEPS; i++)
		rows[i] = &bench->rows[i / STEPS][i % STEPS];
	make_claims(bench, claims);
	if (!bench->options->json) {
		print_rows("Small files, microseconds a file", rows, SYSTEMS * STEPS);
		print_claims(claims, CLAIMS);
		return;
	}
	object = cJSON_CreateObject();
	cJSON_AddItemToObject(object, "files", json_rows(rows, SYSTEMS * STEPS));
	cJSON_AddItemToObject(object, "claims", json_claims(claims, CLAIMS));
	bench_print_json(object);
}

int bench_files(const struct bench_options *options)
{
	static struct bench_files bench; /* hosted: the rows are large */
	int other;
	bool good;

	bench.options = options;
	clock_processors(&bench.processor, &other);
	for (int i = 0; i < SYSTEMS * STEPS; i++) {
		char *name = bench.names[i / STEPS][i % STEPS];

		snprintf(name, sizeof(bench.names[0][0]), "%s: %s", system_names[i / STEPS], step_names[i % STEPS]);
		bench.rows[i / STEPS][i % STEPS] = (struct row){.name = name, .unit = "us"};
	}
	good = prepare(&bench);
	for (unsigned round = 0; round < options->rounds && good; round++) {
		bench_progress(options, round);
		good = measure_round(&bench, round);
	}
	bench_progress(options, options->rounds);
	clock_pin(0, -1);
	clean(&bench);
	if (!good)
		return CLI_FAILED;
	report(&bench);
	return CLI_OK;
}
