/* `drydock sh`: the system's own shell (src/apps/shell), as a guest with this process's terminal. */
#include "apps/shell/shell.h"
#include "cli.h"
#include "guest.h"
#include "terminal.h"

struct sh_options {
	const char *instance;
	const char *commands; /* -c; NULL: what standard input has */
};

static int sh_work(struct runtime *runtime, void *context)
{
	const struct sh_options *options = context;
	struct linux_terminal linux;
	int status;

	terminal_open(&linux, runtime, !options->commands);
	status = shell_run(runtime, &linux.terminal, options->commands);
	terminal_close(&linux);
	return status;
}

static const struct argp_option sh_argp_options[] = {
	{"command", 'c', "COMMANDS", 0, "Run these, instead of what standard input has", 0},
	{0},
};

static error_t sh_parse(int key, char *argument, struct argp_state *state)
{
	struct sh_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case 'c':
		options->commands = argument;
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp sh_argp = {
	.options = sh_argp_options,
	.parser = sh_parse,
	.doc = "A shell on the system itself: its files, its processes, its log."
	       "\v"
	       "At a terminal lines are edited by the arrow keys, Home, End and Ctrl-A, -E, -K, -U, -W; the up "
	       "arrow brings back earlier ones, Ctrl-C abandons a line or interrupts a command, Ctrl-D ends the "
	       "shell. Else standard input is a script. `help' lists the commands.\n"
	       "\n"
	       "The exit status is that of the last command: 0 done, 1 failed, 2 wrong usage or a wrong line, "
	       "127 no such command, 130 interrupted.\n"
	       "\n"
	       "Examples:\n"
	       "  drydock sh\n"
	       "  drydock sh -c 'echo hello > /greeting; ls -l /'\n"
	       "  drydock sh < script",
	.children = cli_instance_child,
};

int command_sh(int argc, char **argv)
{
	struct sh_options options = {0};

	argp_parse(&sh_argp, argc, argv, 0, NULL, &options);
	return guest_run(options.instance, "admin", "sh", sh_work, &options);
}
