/* A client of the greeter: a process that greets once, and then serves nobody. */
#include <drydock/client.h>
#include <drydock/server.h>

#include "greeter.h"

struct visitor_state {
	struct client *client;
};

static void visitor_start(struct runtime *runtime, void *state)
{
	static const struct service_limits limits = {.depth = 1, .area = 4096};
	struct visitor_state *visitor = state;
	struct greeter_greet_results results;
	struct service *service;
	enum error error;
	int32_t status;

	visitor->client = client_open(runtime, "greeter", &greeter_protocol, NULL, &status);
	if (visitor->client != NULL)
		status = greeter_greet(visitor->client, "Ada", 3, &results);
	if (status == 0)
		log_print(runtime, LOG_INFO, "greeted as number %u", results.count);
	else
		log_print(runtime, LOG_ERROR, "nobody to greet: status %d", status);
	/* init waits until a service has registered; one that offers nothing does so, too. */
	service = service_create(runtime, visitor, &limits, NULL, &error);
	if (service == NULL || service_register(service) != 0)
		runtime_stop(runtime, 1);
}

const struct server_definition drydock_server = {
	.name = "visitor",
	.source = "visitor",
	.state_size = sizeof(struct visitor_state),
	.start = visitor_start,
};
