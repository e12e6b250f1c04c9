/* `drydock gdb`: a debugger on one server, while the others run on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"
#include "paths.h"

struct gdb_options {
	const char *instance;
	const char *server;
	char **arguments; /* gdb's own */
	int count;
};

static error_t gdb_parse(int key, char *argument, struct argp_state *state)
{
	struct gdb_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case ARGP_KEY_ARG:
		if (options->server)
			argp_error(state, "one too many: `%s' (gdb's own arguments follow --)", argument);
		options->server = argument;
		return 0;
	case ARGP_KEY_END:
		if (!options->server)
			argp_error(state, "which server? See: drydock ps");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp gdb_argp = {
	.parser = gdb_parse,
	.args_doc = "SERVER [-- GDB-ARGUMENT...]",
	.doc = "Attach gdb to one server of an instance; `kernel' is the host that runs the kernel core."
	       "\v"
	       "The others run on, and nobody is restarted meanwhile. Besides gdb's own commands there are "
	       "dd-ports (what it serves), dd-lanes (to whom it is connected) and dd-fibers (what it is at; -b "
	       "with a backtrace of each).\n"
	       "\n"
	       "Examples:\n"
	       "  drydock gdb vfs\n"
	       "  drydock gdb vfs -- -ex 'break tmpfs_read' -ex continue\n"
	       "  drydock gdb vfs -- -batch -ex 'dd-fibers -b'",
	.children = cli_instance_child,
};

/* Linux pid of the server, or 0 after saying what there is instead. */
static int find_server(const struct gdb_options *options)
{
	cJSON *processes = ask_list(options->instance, "ps");
	const cJSON *process;
	int pid = 0;

	if (!processes)
		return 0;
	process = ask_process(processes, options->server);
	if (process)
		pid = (int)ask_number(process, "linux_pid");
	if (!process)
		cli_error("gdb: there is no server `%s' in instance '%s'; see: drydock ps", options->server,
		          options->instance);
	else if (pid <= 0)
		cli_error("gdb: %s does not run now; see: drydock log", options->server);
	cJSON_Delete(processes);
	return pid;
}

/* Splits gdb's own arguments off at `--`; returns how many are left. */
static int split_arguments(struct gdb_options *options, int argc, char **argv)
{
	for (int index = 1; index < argc; index++) {
		if (strcmp(argv[index], "--") == 0) {
			options->arguments = argv + index + 1;
			options->count = argc - index - 1;
			return index;
		}
	}
	return argc;
}

int command_gdb(int argc, char **argv)
{
	struct gdb_options options = {0};
	char helpers[PATH_MAX], *source = NULL, *pid = NULL;
	int number, next = 0;
	const char **command;

	argp_parse(&gdb_argp, split_arguments(&options, argc, argv), argv, 0, NULL, &options);
	number = find_server(&options);
	if (!number)
		return CLI_FAILED;
	command = calloc((size_t)options.count + 8, sizeof(*command));
	if (!command || asprintf(&pid, "%d", number) < 0)
		return cli_error("gdb: out of memory");
	command[next++] = "gdb";
	command[next++] = "--quiet";
	command[next++] = "-p";
	command[next++] = pid;
	if (!paths_find("drydock.py", "gdb/drydock.py", helpers)) {
		cli_error("gdb: %s is missing: there will be no dd- commands", helpers);
	} else if (asprintf(&source, "source %s", helpers) >= 0) {
		command[next++] = "-ex";
		command[next++] = source;
	}
	for (int index = 0; index < options.count; index++)
		command[next++] = options.arguments[index];
	/* execvp takes what it does not change as if it did. */
	execvp("gdb", (char *const *)command);
	number = errno;
	cli_error("gdb: cannot start gdb: %s%s", strerror(number),
	          number == ENOENT ? "; install it with: apt-get install gdb" : "");
	free(source);
	free(pid);
	free(command);
	return CLI_FAILED;
}
