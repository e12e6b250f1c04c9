/* `drydock bench`: options, and which part to run. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "sim/cli/cli.h"

struct arguments {
	struct bench_options options;
	int (*part)(const struct bench_options *options);
};

static const struct {
	const char *name;
	int (*part)(const struct bench_options *options);
} parts[] = {{"ipc", bench_ipc}, {"boot", bench_boot}, {"files", bench_files}, {"vfs", bench_vfs},
             {"net", bench_network}};

enum { KEY_ROUNDS = 'r', KEY_TIME = 't', KEY_FILES = 'f', KEY_ONLY = 'o', KEY_JSON = 'j', KEY_NAME = 0x100, KEY_SIZE };

static const struct argp_option options[] = {
	{"rounds", KEY_ROUNDS, "N", 0, "measure every row N times (default 11; at most 101)", 0},
	{"time", KEY_TIME, "MS", 0, "a row of a round takes MS milliseconds (default 50)", 0},
	{"files", KEY_FILES, "N", 0, "files that `files' and `vfs' make (default 5000)", 0},
	{"size", KEY_SIZE, "MIB", 0, "the large file of `vfs' has MIB MiB (default 256)", 0},
	{"only", KEY_ONLY, "TEXT", 0, "of `ipc' and `net', only the rows whose names contain TEXT", 0},
	{"json", KEY_JSON, NULL, 0, "print JSON, with every figure", 0},
	{"name", KEY_NAME, "NAME", 0, "what the instances are called that it boots (default bench-PID)", 0},
	{0},
};

static unsigned long number(struct argp_state *state, const char *text, unsigned long least, unsigned long most)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || value < least || value > most)
		argp_error(state, "`%s' is not a number from %lu to %lu", text, least, most);
	return value;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct arguments *arguments = state->input;

	switch (key) {
	case KEY_ROUNDS:
		arguments->options.rounds = (unsigned)number(state, argument, 1, ROUNDS_MAXIMUM);
		return 0;
	case KEY_TIME:
		arguments->options.duration = number(state, argument, 1, 10000) * 1000000;
		return 0;
	case KEY_FILES:
		arguments->options.files = (unsigned)number(state, argument, 1, 1000000);
		return 0;
	case KEY_SIZE:
		arguments->options.length = number(state, argument, 1, 65536) << 20;
		return 0;
	case KEY_ONLY:
		arguments->options.only = argument;
		return 0;
	case KEY_NAME:
		if (!instance_name_valid(argument))
			argp_error(state, "`%s' is no name for an instance: 1 to %d of A-Z a-z 0-9 _ . - are wanted",
			           argument, INSTANCE_NAME_MAXIMUM);
		arguments->options.name = argument;
		return 0;
	case KEY_JSON:
		arguments->options.json = true;
		return 0;
	case ARGP_KEY_ARG:
		for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
			if (strcmp(parts[i].name, argument) == 0 && arguments->part == NULL) {
				arguments->part = parts[i].part;
				return 0;
			}
		}
		argp_error(state, "there is no benchmark `%s'", argument);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which benchmark? ipc, boot, files, vfs or net");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "ipc|boot|files|vfs|net",
	.doc = "Measure this machine: Drydock beside what Linux itself does, in one run."
	       "\v"
	       "ipc    a lane call beside futex, pipe, eventfd and Unix sockets\n"
	       "boot   until all services are up, and what they hold in memory\n"
	       "files  small files through the FUSE mount, beside libfuse's passthrough_ll (needs root, cc "
	       "and libfuse3-dev)\n"
	       "vfs    the same, and data, beside a kernel tmpfs and bindfs, too; and files natively (tar, git)\n"
	       "net    TCP beside Linux's own over veth and beside the least that a TAP takes, in a network "
	       "namespace of its own; HTTP beside nginx, where that and wrk are installed\n"
	       "\n"
	       "Rows of one round are measured together; what counts is the ratio within a round, its median and "
	       "quartiles. Bounds that do not hold are said, and do not change the exit status.\n"
	       "It boots instances of its own and ends them; one that runs already is not touched.\n"
	       "\n"
	       "Examples:\n"
	       "  drydock bench ipc\n"
	       "  drydock bench ipc --rounds 3 --time 20    a quick look\n"
	       "  drydock bench boot --json\n"
	       "  drydock bench net --time 200 --only 'bulk in'",
};

int command_bench(int argc, char **argv)
{
	char name[INSTANCE_NAME_MAXIMUM + 1];
	struct arguments arguments = {
		.options = {.rounds = 11, .duration = 50000000, .files = 5000, .length = 256u << 20, .name = name}};

	snprintf(name, sizeof(name), "bench-%d", (int)getpid());

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	/* A worker that died is told by write(2). */
	signal(SIGPIPE, SIG_IGN);
	return arguments.part(&arguments.options);
}

void bench_progress(const struct bench_options *bench, unsigned round)
{
	if (!isatty(STDERR_FILENO))
		return;
	if (round < bench->rounds)
		fprintf(stderr, "\rround %u of %u", round + 1, bench->rounds);
	else
		fprintf(stderr, "\r                    \r");
}

void bench_print_json(cJSON *object)
{
	char *text = cJSON_Print(object);

	puts(text);
	cJSON_free(text);
	cJSON_Delete(object);
}
