/*
 * The `drydock` command: finds the command named in the first argument and
 * calls it. Each command parses its own options by argp.
 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"

struct command {
	const char *name;
	cli_command_t function;
};

static const struct command commands[] = {
	{"run", command_run},       {"stop", command_stop},   {"restart", command_restart},
	{"ps", command_ps},         {"ports", command_ports}, {"lanes", command_lanes},
	{"log", command_log},       {"mount", command_mount}, {"umount", command_umount},
	{"fs", command_fs},         {"net", command_net},     {"sh", command_sh},
	{"gdb", command_gdb},       {"doctor", command_doctor}, {"bench", command_bench},
	{"nice", command_nice},     {"exec", command_exec},
};

const char *argp_program_version = "drydock " DRYDOCK_VERSION;

static const char main_documentation[] =
	"Drydock: a microkernel whose servers are ordinary Linux processes."
	"\v"
	"Commands:\n"
	"  run       boot an instance, here or in the background\n"
	"  stop      end an instance\n"
	"  restart   start a server again, after a rebuild\n"
	"  nice      show or set who runs first, and for how long\n"
	"  ps        list the processes of an instance\n"
	"  ports     list its ports\n"
	"  lanes     list its lanes: who is connected to whom\n"
	"  log       show its log, or follow it\n"
	"  mount     mount its file system on a directory\n"
	"  umount    unmount it\n"
	"  fs        work with its files without mounting them\n"
	"  net       show its network\n"
	"  exec      run a Linux command in its network namespace\n"
	"  sh        a shell on the system itself\n"
	"  gdb       debug one server while the others run on\n"
	"  doctor    say what this machine can and cannot do\n"
	"  bench     measure it\n"
	"\n"
	"Every command explains itself: drydock COMMAND --help. Those that speak to an instance speak to the "
	"one named `default', or to the one that --name says.\n"
	"\n"
	"Examples:\n"
	"  drydock run --mount /tmp/dock    boots, mounts, and stays; Ctrl-C ends it\n"
	"  drydock ps                       what runs\n"
	"  drydock gdb vfs                  a debugger on the file-system server\n"
	"\n"
	"Exit status: 0 done, 1 failed, 2 wrong usage.";

int cli_error(const char *format, ...)
{
	va_list arguments;

	/* What a command has printed so far comes first, wherever the two go. */
	fflush(stdout);
	fputs("drydock: ", stderr);
	va_start(arguments, format);
	vfprintf(stderr, format, arguments);
	va_end(arguments);
	fputc('\n', stderr);
	return CLI_FAILED;
}

bool cli_colour(FILE *stream)
{
	const char *none = getenv("NO_COLOR");

	return isatty(fileno(stream)) && (!none || !none[0]);
}

static cli_command_t command_find(const char *name)
{
	for (size_t index = 0; index < sizeof(commands) / sizeof(commands[0]); index++)
		if (strcmp(commands[index].name, name) == 0)
			return commands[index].function;
	return NULL;
}

struct main_options {
	cli_command_t function;
	int first; /* argv's index of the command's name */
};

static error_t main_parse(int key, char *argument, struct argp_state *state)
{
	struct main_options *options = state->input;

	switch (key) {
	case ARGP_KEY_ARG:
		options->function = command_find(argument);
		if (!options->function)
			argp_error(state, "there is no command `%s'", argument);
		/* The rest is the command's. */
		options->first = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which command?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp main_argp = {
	.parser = main_parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc = main_documentation,
};

/* Written out as what people type, so that usage and errors say "drydock run". */
static char *full_name(const char *command)
{
	char *name;

	if (asprintf(&name, "drydock %s", command) < 0)
		abort();
	return name;
}

/* A full disk or a closed pipe must not look like success. */
static int finish_output(int result)
{
	if ((fflush(stdout) != 0 || ferror(stdout)) && result == CLI_OK)
		return cli_error("the output could not be written");
	return result;
}

int main(int argc, char **argv)
{
	struct main_options options = {0};
	char *name;
	int result;

	argp_err_exit_status = CLI_USAGE;
	argp_parse(&main_argp, argc, argv, ARGP_IN_ORDER, NULL, &options);
	argc -= options.first;
	argv += options.first;
	name = full_name(argv[0]);
	argv[0] = name;
	result = finish_output(options.function(argc, argv));
	free(name);
	return result;
}
