/* `drydock exec`: a Linux command in the network namespace of an instance (drydock run --netns). */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"

struct exec_options {
	const char *instance;
	char **command; /* NULL-terminated */
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
	struct exec_options *options = state->input;

	(void)argument;
	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case ARGP_KEY_ARGS:
		/* The rest is the command's. */
		options->command = state->argv + state->next;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which command?");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp argp = {
	.parser = parse,
	.args_doc = "[--] COMMAND [ARGUMENT...]",
	.doc = "Run a Linux command where an instance's card has its other end: in the namespace that `drydock run "
	       "--netns' has made."
	       "\v"
	       "The command runs as root of that namespace, which is nobody's outside. The exit status is the "
	       "command's; 1 if there is no such namespace, 127 if there is no such command.\n"
	       "\n"
	       "Examples:\n"
	       "  drydock run -d --netns\n"
	       "  drydock exec -- ping -c 1 10.77.0.2\n"
	       "  drydock exec -- sh",
	.children = cli_instance_child,
};

/* The process that keeps the namespace; 0 where there is none, which is then said. */
static pid_t find_keeper(const char *instance)
{
	cJSON *processes = ask_list(instance, "ps");
	const cJSON *kernel = processes ? ask_process(processes, "kernel") : NULL;
	pid_t keeper = kernel ? (pid_t)ask_number(kernel, "network_namespace") : 0;

	if (processes != NULL && keeper == 0)
		cli_error("exec: instance '%s' has no network namespace of its own; boot it by: drydock run --netns", instance);
	cJSON_Delete(processes);
	return keeper;
}

/* One's own user namespace cannot be joined again. */
static bool join(pid_t keeper, const char *kind, int type)
{
	char theirs[64], ours[64];
	struct stat their, our;
	int file;
	bool good;

	snprintf(theirs, sizeof(theirs), "/proc/%d/ns/%s", (int)keeper, kind);
	snprintf(ours, sizeof(ours), "/proc/self/ns/%s", kind);
	if (stat(theirs, &their) == 0 && stat(ours, &our) == 0 && their.st_ino == our.st_ino)
		return true;
	file = open(theirs, O_RDONLY | O_CLOEXEC);
	good = file >= 0 && setns(file, type) == 0;
	if (!good)
		cli_error("exec: cannot join the namespace %s: %s", theirs, strerror(errno));
	if (file >= 0)
		close(file);
	return good;
}

int command_exec(int argc, char **argv)
{
	struct exec_options options = {0};
	pid_t keeper;

	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &options);
	keeper = find_keeper(options.instance);
	if (keeper == 0 || !join(keeper, "user", CLONE_NEWUSER) || !join(keeper, "net", CLONE_NEWNET))
		return CLI_FAILED;
	execvp(options.command[0], options.command);
	cli_error("exec: cannot run %s: %s", options.command[0], strerror(errno));
	return errno == ENOENT ? 127 : CLI_FAILED;
}
