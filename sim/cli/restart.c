/* `drydock restart`: has init start a server again, from the executable as it is now. */
#include <drydock/posix.h>
#include <drydock/proto/init.h>
#include <string.h>

#include "apps/shell/text.h"
#include "cli.h"
#include "guest.h"

struct restart_options {
	const char *instance;
	const char *server;
};

/* What goes with a server's process. */
static const char *lost_state(const char *server)
{
	if (strcmp(server, "vfs") == 0)
		return "all files of its tmpfs, and which files were open";
	if (strcmp(server, "log") == 0)
		return "the entries it kept";
	if (strcmp(server, "scheduler") == 0)
		return "priorities and slices set by hand";
	return "what it kept in its memory";
}

/* init is nobody's service: every process is born with a way to its port. */
static struct client *restart_client(struct runtime *runtime)
{
	/* It takes as long as the new process takes to serve, which may be in a debugger. */
	const struct client_options limits = {.deadline = DEADLINE_NEVER};
	int32_t status;
	struct client *client = client_open_port(runtime, runtime_start(runtime)->init, &init_protocol, &limits,
	                                         &status);

	if (!client)
		cli_error("restart: no connection to init: %s", text_status(status));
	return client;
}

static int restart_work(struct runtime *runtime, void *context)
{
	const struct restart_options *options = context;
	struct client *client = restart_client(runtime);
	int result = CLI_OK;
	int32_t error;

	if (!client)
		return CLI_FAILED;
	error = init_restart(client, options->server, (uint32_t)strlen(options->server));
	if (error == POSIX_ENOENT)
		result = cli_error("restart: there is no server `%s' that init could restart; see: drydock ps",
		                   options->server);
	else if (error == POSIX_EIO)
		result = cli_error("restart: %s did not start; see: drydock log", options->server);
	else if (error)
		result = cli_error("restart: %s: %s", options->server, text_status(error));
	else
		printf("%s runs again. Lost: %s.\n", options->server, lost_state(options->server));
	client_close(client);
	return result;
}

static error_t restart_parse(int key, char *argument, struct argp_state *state)
{
	struct restart_options *options = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &options->instance;
		return 0;
	case ARGP_KEY_ARG:
		if (options->server)
			argp_error(state, "one too many: `%s'", argument);
		options->server = argument;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which server? See: drydock ps");
		return 0;
	}
	return ARGP_ERR_UNKNOWN;
}

static const struct argp restart_argp = {
	.parser = restart_parse,
	.args_doc = "SERVER",
	.doc = "Start a server of an instance again, as after a rebuild, and say what is lost by it."
	       "\v"
	       "The server is killed and started from its executable as it is now; its clients connect anew. "
	       "The command returns when it serves again.\n"
	       "\n"
	       "Example:\n"
	       "  ninja -C build && drydock restart vfs",
	.children = cli_instance_child,
};

int command_restart(int argc, char **argv)
{
	struct restart_options options = {0};

	argp_parse(&restart_argp, argc, argv, 0, NULL, &options);
	return guest_run(options.instance, "admin", "restart", restart_work, &options);
}
