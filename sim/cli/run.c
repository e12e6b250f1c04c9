/* `drydock run`: boots an instance, here or in the background. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"
#include "paths.h"
#include "run_disk.h"
#include "run_net.h"
#include "sim/host/host.h"
#include "sim/manifest/manifest.h"

#define MOUNT_AUTOMATIC "auto"
#define SERVER_LOOK     20 /* milliseconds between looks for a server that is to be debugged */
#define WRAPS_MAXIMUM   MANIFEST_SERVICES
#define NOTICE_UP       "ok\n"
#define NOTICE_SIZE     (20 * 1024) /* a reason, and the end of the console */

enum {
	OPTION_MANIFEST = 0x200,
	OPTION_MOUNT,
	OPTION_CPUS,
	OPTION_SCHED,
	OPTION_GDB,
	OPTION_WRAP,
};

struct run_options {
	const char *instance;
	const char *manifest;
	const char *mount;
	bool background;
	struct host_wrap wraps[WRAPS_MAXIMUM];
	struct run_net net;
	struct run_disk disk;
	struct host_options host;
};

static const struct argp_option run_argp_options[] = {
	{"detach", 'd', NULL, 0, "In the background: return when all services are up", 0},
	{"manifest", OPTION_MANIFEST, "FILE", 0, "The system's description, where it is not the usual one", 0},
	{"mount", OPTION_MOUNT, "DIRECTORY", 0,
	 "Mount the file system there; `auto' is a directory of the instance's own, where this machine has FUSE", 0},
	{"options", 'o', "OPTIONS", 0, "Mount options, as for `drydock mount'", 0},
	{"cpus", OPTION_CPUS, "NUMBER", 0, "Run on so many CPUs (`drydock doctor' says what is usual here)", 0},
	{"sched", OPTION_SCHED, "WHO", 0,
	 "Who says when a process runs: `linux', or `server', the scheduler server, one process at a time", 0},
	{"gdb", OPTION_GDB, "SERVER", 0, "Hold that server before it does anything, until `drydock gdb SERVER' has come and continued it", 0},
	{"wrap", OPTION_WRAP, "SERVER=COMMAND", 0, "Run that server under a tool; may be given for several", 0},
	{0},
};

static int parse_cpus(const char *argument, struct argp_state *state)
{
	char *end;
	long number = strtol(argument, &end, 10);

	if (argument[0] < '0' || argument[0] > '9' || *end || number < 1 || number > 4096)
		argp_error(state, "`%s' is not a number of CPUs", argument);
	return (int)number;
}

static bool parse_sched(const char *argument, struct argp_state *state)
{
	bool by_server = strcmp(argument, "server") == 0;

	if (!by_server && strcmp(argument, "linux") != 0)
		argp_error(state, "`%s' schedules nothing here; --sched takes linux or server", argument);
	return by_server;
}

static void parse_wrap(struct run_options *options, char *argument, struct argp_state *state)
{
	char *separator = strchr(argument, '=');

	if (!separator || separator == argument || !separator[1])
		argp_error(state, "`%s' is not SERVER=COMMAND, as in --wrap vfs=\"valgrind -q\"", argument);
	if (options->host.wrap_count == WRAPS_MAXIMUM)
		argp_error(state, "more servers are wrapped than there can be");
	*separator = 0;
	options->wraps[options->host.wrap_count++] = (struct host_wrap){argument, separator + 1};
}

static error_t run_parse(int key, char *argument, struct argp_state *state)
{
	struct run_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		state->child_inputs[1] = &options->net;
		state->child_inputs[2] = &options->disk;
		return 0;
	case 'd':
		options->background = true;
		return 0;
	case OPTION_MANIFEST:
		options->manifest = argument;
		return 0;
	case OPTION_MOUNT:
		options->mount = argument;
		return 0;
	case 'o':
		options->host.mount_options = argument;
		return 0;
	case OPTION_CPUS:
		options->host.processors = parse_cpus(argument, state);
		return 0;
	case OPTION_SCHED:
		options->host.by_server = parse_sched(argument, state);
		return 0;
	case OPTION_GDB:
		options->host.gdb_server = argument;
		return 0;
	case OPTION_WRAP:
		parse_wrap(options, argument, state);
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

/* The instance's, as cli_instance_child has it, the network's and the disks'. */
static const struct argp_child run_children[] = {
	{&cli_instance_argp, 0, NULL, 0},
	{&run_net_argp, 0, "Network:", 0},
	{&run_disk_argp, 0, "Disks:", 0},
	{0},
};

static const struct argp run_argp = {
	.options = run_argp_options,
	.parser = run_parse,
	.doc = "Boot an instance. In the foreground it prints its boot log and stays until Ctrl-C."
	       "\v"
	       "Examples:\n"
	       "  drydock run --mount auto                boots and mounts, and says where\n"
	       "  drydock run -d --name test              one more, in the background\n"
	       "  drydock run --sched server              one process at a time, as on bare metal\n"
	       "  drydock run --tap auto                  answers ping at 10.77.0.2\n"
	       "  drydock run --disk root.img:ro          shows what is in an ext4 image at /disk\n"
	       "  drydock run --gdb vfs                   debugs vfs from its start\n"
	       "  drydock run --wrap vfs='valgrind -q'    runs vfs under valgrind",
	.children = run_children,
};

/* ---- what is asked for, checked ---------------------------------------------- */

static bool server_known(const struct manifest *manifest, const char *name)
{
	if (strcmp(name, "init") == 0)
		return true;
	for (uint32_t index = 0; index < manifest->service_count; index++)
		if (strcmp(manifest->services[index].name, name) == 0)
			return true;
	cli_error("run: the manifest has no server `%s'", name);
	return false;
}

static bool servers_known(const struct host_options *host)
{
	if (host->gdb_server && !server_known(host->manifest, host->gdb_server))
		return false;
	for (unsigned index = 0; index < host->wrap_count; index++)
		if (!server_known(host->manifest, host->wraps[index].server))
			return false;
	return true;
}

static bool read_manifest(const char *given, struct manifest *manifest)
{
	char path[PATH_MAX];

	if (!given && !paths_find("../manifest/default.manifest", "default.manifest", path)) {
		cli_error("run: the usual manifest, %s, is not there; name one by --manifest", path);
		return false;
	}
	/* It says itself what is wrong, with file and line. */
	return manifest_read(given ? given : path, stderr, manifest);
}

/* ---- where to mount ------------------------------------------------------------- */

/* Why --mount auto mounts nothing, or NULL. */
static const char *mount_obstacle(void)
{
	char path[PATH_MAX];

	if (access("/dev/fuse", R_OK | W_OK) != 0)
		return "this machine has no usable /dev/fuse (see: drydock doctor)";
	if (!host_image_path(NULL, "fuse", path))
		return "drydock was built without FUSE";
	return NULL;
}

/* A directory within the instance's, which the host makes sure is ours alone. */
static bool make_own_mount(const char *instance, char path[PATH_MAX])
{
	char directory[INSTANCE_PATH_SIZE], reason[256];

	if (!instance_path(instance, directory, sizeof(directory), reason, sizeof(reason))) {
		cli_error("run: %s", reason);
		return false;
	}
	snprintf(path, PATH_MAX, "%s/%s", directory, INSTANCE_MOUNT);
	for (char *slash = path + 1; (slash = strchr(slash, '/')); slash++) {
		*slash = 0;
		mkdir(path, 0700);
		*slash = '/';
	}
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	cli_error("run: cannot make %s: %s", path, strerror(errno));
	return false;
}

/* Makes host->mount what --mount means; `path` is its memory. */
static bool choose_mount(struct run_options *options, char path[PATH_MAX])
{
	const char *obstacle;

	options->host.mount = NULL;
	if (!options->mount)
		return true;
	if (strcmp(options->mount, MOUNT_AUTOMATIC) != 0) {
		if (!paths_absolute(options->mount, path)) {
			cli_error("run: %s: %s", options->mount, strerror(errno));
			return false;
		}
		options->host.mount = path;
		return true;
	}
	obstacle = mount_obstacle();
	if (obstacle) {
		cli_error("run: nothing is mounted: %s", obstacle);
		return true;
	}
	options->host.mount = path;
	return make_own_mount(options->instance, path);
}

/* ---- running -------------------------------------------------------------------- */

/* What can be done now; to be freed. NULL without memory, which only costs the hint. */
static char *make_greeting(const struct run_options *options)
{
	bool other = strcmp(options->instance, INSTANCE_NAME_DEFAULT) != 0;
	const char *flag = other ? " --name " : "", *name = other ? options->instance : "";
	const char *program = program_invocation_name;
	char *files, *text;

	if (options->host.mount ? asprintf(&files, "Files:      %s", options->host.mount) < 0
	                        : asprintf(&files, "Files:      %s fs ls -l /%s%s", program, flag, name) < 0)
		return NULL;
	if (asprintf(&text,
	             "\n%s\n"
	             "Shell:      %s sh%s%s\n"
	             "Processes:  %s ps%s%s\n"
	             "Log:        %s log -f%s%s\n"
	             "Debugger:   %s gdb vfs%s%s\n"
	             "%s\n",
	             files, program, flag, name, program, flag, name, program, flag, name, program, flag, name,
	             options->background ? "" : "Ctrl-C ends everything.\n") < 0)
		text = NULL;
	free(files);
	return text;
}

/* Takes what the host writes: NOTICE_UP, or why it failed, and all that until it has ended. */
static void read_notice(int pipe, char *text, size_t size)
{
	size_t length = 0;
	ssize_t part;

	do {
		part = read(pipe, text + length, size - 1 - length);
		length += part > 0 ? (size_t)part : 0;
		text[length] = 0;
	} while (strcmp(text, NOTICE_UP) != 0 && (part > 0 || (part < 0 && errno == EINTR)));
	close(pipe);
}

/* Whether the server that is to be debugged is there; false once the host has more to say than that. */
static bool await_server(const struct run_options *options, int pipe)
{
	struct pollfd event = {.fd = pipe, .events = POLLIN};

	while (poll(&event, 1, SERVER_LOOK) == 0) {
		cJSON *processes = ask_running(options->instance) ? ask_list(options->instance, "ps") : NULL;
		bool there = ask_process(processes, options->host.gdb_server) != NULL;

		cJSON_Delete(processes);
		if (there)
			return true;
	}
	return false;
}

static int await_host(const struct run_options *options, pid_t host, int pipe)
{
	const char *program = program_invocation_name, *instance = options->instance;
	char notice[NOTICE_SIZE];

	if (options->host.gdb_server && await_server(options, pipe)) {
		printf("%s waits for a debugger: %s gdb %s --name %s\n", options->host.gdb_server, program,
		       options->host.gdb_server, instance);
		fflush(stdout);
	}
	read_notice(pipe, notice, sizeof(notice));
	/* What failed takes itself apart: not before that is the name free again. */
	if (strcmp(notice, NOTICE_UP) != 0)
		waitpid(host, NULL, 0);
	if (strncmp(notice, "error: ", 7) == 0) {
		notice[strlen(notice) - 1] = 0;
		return cli_error("run: %s", notice + 7);
	}
	if (strcmp(notice, NOTICE_UP) != 0)
		return cli_error("run: the instance ended before it said whether it was up");
	if (options->host.mount)
		printf("Instance '%s' runs, mounted on %s. ", instance, options->host.mount);
	else
		printf("Instance '%s' runs. ", instance);
	printf("End it by: %s stop --name %s\n", program, instance);
	return CLI_OK;
}

static int run_background(struct run_options *options)
{
	int ends[2];
	pid_t host;

	if (pipe2(ends, O_CLOEXEC) != 0)
		return cli_error("run: %s", strerror(errno));
	fflush(stdout);
	host = fork();
	if (host < 0)
		return cli_error("run: cannot start a process: %s", strerror(errno));
	if (host == 0) {
		close(ends[0]);
		options->host.notify = ends[1];
		exit(host_run(&options->host));
	}
	close(ends[1]);
	return await_host(options, host, ends[0]);
}

static int run_foreground(struct run_options *options)
{
	char *greeting = make_greeting(options);
	int result;

	options->host.greeting = greeting;
	result = host_run(&options->host);
	free(greeting);
	return result == 0 ? CLI_OK : CLI_FAILED;
}

int command_run(int argc, char **argv)
{
	struct run_options options = {.host.notify = -1};
	struct manifest *manifest = malloc(sizeof(*manifest));
	char mount[PATH_MAX];
	int result = CLI_FAILED;

	if (!manifest)
		return cli_error("run: out of memory");
	argp_parse(&run_argp, argc, argv, 0, NULL, &options);
	options.host.name = options.instance;
	options.host.manifest = manifest;
	options.host.wraps = options.wraps;
	if (read_manifest(options.manifest, manifest) && run_disk_apply(&options.disk, manifest, &options.host) &&
	    servers_known(&options.host) && run_net_apply(&options.net, manifest, &options.host) && choose_mount(&options, mount))
		result = options.background ? run_background(&options) : run_foreground(&options);
	free(manifest);
	return result;
}
