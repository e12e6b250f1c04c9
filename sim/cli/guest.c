/* See guest.h. */
#include "guest.h"

#include "apps/shell/text.h"
#include "ask.h"
#include "cli.h"
#include "sim/user/linux.h"

struct guest {
	struct runtime *runtime;
	guest_work_t work;
	void *context;
};

/* The work begins in a fiber of its own, which has a context. */
static void guest_started(struct runtime *runtime, void *state)
{
	(void)runtime;
	(void)state;
}

static void guest_work(void *argument)
{
	struct guest *guest = argument;

	runtime_stop(guest->runtime, (uint64_t)guest->work(guest->runtime, guest->context));
}

static int guest_loop(struct guest *guest)
{
	enum error error = fiber_start(guest->runtime, guest_work, guest);
	uint64_t code;

	if (error)
		return cli_error("cannot begin: %s", text_status(-(int32_t)error));
	while (!runtime_stopped(guest->runtime, &code))
		if (!runtime_round(guest->runtime))
			runtime_sleep(guest->runtime);
	return (int)code;
}

int guest_run(const char *instance, const char *role, const char *name, guest_work_t work, void *context)
{
	const struct server_definition definition = {
		.name = name,
		.source = name,
		.quiet = true,
		.start = guest_started,
	};
	struct guest guest = {.work = work, .context = context};
	char directory[INSTANCE_PATH_SIZE], reason[256];
	struct os *os;
	int result;

	if (!ask_directory(instance, directory))
		return CLI_FAILED;
	os = os_attach(directory, role, name, reason, sizeof(reason));
	if (!os)
		return cli_error("cannot attach to instance '%s': %s", instance, reason);
	guest.runtime = runtime_create(os, &definition);
	if (!guest.runtime) {
		os_destroy(os);
		return cli_error("cannot attach to instance '%s': out of memory", instance);
	}
	result = guest_loop(&guest);
	runtime_destroy(guest.runtime);
	os_destroy(os);
	return result;
}

struct client *guest_client(struct runtime *runtime, const char *command, const char *name,
                            const struct protocol *protocol, const struct client_options *options)
{
	int32_t status = 0;
	struct client *client = client_open(runtime, name, protocol, options, &status);

	if (!client)
		cli_error("%s: no connection to the %s server: %s", command, name, text_status(status));
	return client;
}
