/* `drydock stop`: ends an instance, and says what stood in the way. */
#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "ask.h"
#include "cli.h"

static error_t stop_parse(int key, char *argument, struct argp_state *state)
{
	(void)argument;
	if (key != ARGP_KEY_INIT)
		return ARGP_ERR_UNKNOWN;
	state->child_inputs[0] = state->input;
	return 0;
}

static const struct argp stop_argp = {
	.parser = stop_parse,
	.doc = "End an instance: unmount, and end all its processes. Returns when nothing of it is left."
	       "\v"
	       "A mount that is in use is detached: what uses it sees errors from then on.\n"
	       "\n"
	       "Example:\n"
	       "  drydock stop",
	.children = cli_instance_child,
};

/* Becomes readable when the host has ended; -1 without an instance, which was said. */
static int watch_host(const char *instance)
{
	cJSON *answer = ask(instance, "info", NULL);
	int descriptor;

	if (!answer)
		return -1;
	descriptor = (int)syscall(SYS_pidfd_open, (pid_t)ask_number(answer, "linux_pid"), 0);
	cJSON_Delete(answer);
	if (descriptor < 0)
		cli_error("stop: the instance has just ended");
	return descriptor;
}

/* The answer comes a moment before the last things go. */
static void await_end(int host)
{
	struct pollfd event = {.fd = host, .events = POLLIN};

	while (poll(&event, 1, -1) < 0 && errno == EINTR)
		;
	close(host);
}

int command_stop(int argc, char **argv)
{
	const char *instance = NULL;
	const cJSON *directory;
	cJSON *answer;
	int host;

	argp_parse(&stop_argp, argc, argv, 0, NULL, &instance);
	host = watch_host(instance);
	if (host < 0)
		return CLI_FAILED;
	answer = ask(instance, "stop", NULL);
	if (!answer) {
		close(host);
		return CLI_FAILED;
	}
	await_end(host);
	cJSON_ArrayForEach(directory, cJSON_GetObjectItemCaseSensitive(answer, "detached"))
		if (cJSON_IsString(directory))
			printf("%s was in use and is detached: what uses it sees errors now.\n",
			       directory->valuestring);
	printf("Instance '%s' has ended.\n", instance);
	cJSON_Delete(answer);
	return CLI_OK;
}
