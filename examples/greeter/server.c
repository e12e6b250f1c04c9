/* A server: a structure and handlers. */
#include <drydock/server.h>

#include "greeter.h"

struct greeter_state {
	struct runtime *runtime;
	uint32_t count;
};

static int32_t serve_greet(struct request *request, const struct greeter_greet_arguments *arguments,
                           struct greeter_greet_results *results)
{
	struct greeter_state *greeter = request->server;

	log_print(greeter->runtime, LOG_INFO, "hello %.*s", (int)arguments->name_length, arguments->name);
	results->count = ++greeter->count;
	return 0;
}

static const struct greeter_operations operations = {.greet = serve_greet};

static void greeter_start(struct runtime *runtime, void *state)
{
	const struct service_limits limits = {.depth = 16, .area = 64 * 1024};
	struct greeter_state *greeter = state;
	struct service *service;
	enum error error;

	greeter->runtime = runtime;
	service = service_create(runtime, greeter, &limits, NULL, &error);
	if (service != NULL) {
		service_add(service, &greeter_protocol, &operations);
		if (service_register(service) == 0)
			return;
	}
	runtime_stop(runtime, 1);
}

const struct server_definition drydock_server = {
	.name = "greeter",
	.source = "greeter",
	.state_size = sizeof(struct greeter_state),
	.start = greeter_start,
};
