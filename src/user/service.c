/* Services: ports that serve protocols, and their registration with init. */
#include "user/service.h"

#include <drydock/os.h>
#include <drydock/proto/init.h>

#include "user/runtime.h"

static struct service *service_make(struct runtime *runtime, handle_t port, void *server,
                                    const struct service_limits *limits, const struct service_events *events)
{
	struct service *service = runtime_allocate(runtime, sizeof(*service));

	if (service == NULL)
		return NULL;
	service->runtime = runtime;
	service->server = server;
	service->events = events;
	service->limits = *limits;
	service->port = port;
	list_init(&service->connections);
	list_add_tail(&runtime->services, &service->link);
	return service;
}

struct service *service_create_at(struct runtime *runtime, handle_t port, void *server,
                                  const struct service_limits *limits, const struct service_events *events,
                                  enum error *error)
{
	struct service *service = service_make(runtime, port, server, limits, events);

	*error = service ? E_OK : E_NOMEM;
	return service;
}

struct service *service_create(struct runtime *runtime, void *server, const struct service_limits *limits,
                               const struct service_events *events, enum error *error)
{
	uint64_t port = runtime_trap(runtime, SYS_PORT_ALLOCATE, 0, 0, 0, 0);
	struct service *service;

	*error = result_error(port);
	if (*error != E_OK)
		return NULL;
	service = service_create_at(runtime, (handle_t)port, server, limits, events, error);
	if (service == NULL)
		runtime_trap(runtime, SYS_CAP_DROP, port, 0, 0, 0);
	return service;
}

void service_add(struct service *service, const struct protocol *protocol, const void *operations)
{
	if (service->protocol_count == SERVICE_PROTOCOLS)
		__builtin_trap();
	service->protocols[service->protocol_count].protocol = protocol;
	service->protocols[service->protocol_count].operations = operations;
	service->protocol_count++;
}

handle_t service_port(const struct service *service)
{
	return service->port;
}

uint64_t service_port_id(struct service *service)
{
	return runtime_trap(service->runtime, SYS_PORT_INFO, service->port, 0, 0, 0);
}

struct service *service_find(struct runtime *runtime, handle_t port)
{
	list_for_each(link, &runtime->services) {
		struct service *service = list_entry(link, struct service, link);

		if (service->port == port)
			return service;
	}
	return NULL;
}

/* Hands init a SEND capability from which it can derive badged ones. */
static int32_t tell_init(struct service *service)
{
	struct runtime *runtime = service->runtime;
	rights_t rights = RIGHT_SEND | RIGHT_DERIVE | RIGHT_TRANSFER;
	int32_t status = client_connect_init(runtime);
	uint64_t send, cookie;

	if (status != 0)
		return status;
	send = runtime_trap(runtime, SYS_CAP_DUPLICATE, service->port, rights, 0, 0);
	if (result_is_error(send))
		return -(int32_t)result_error(send);
	cookie = client_move(runtime->init, (handle_t)send, rights);
	if (result_is_error(cookie)) {
		runtime_trap(runtime, SYS_CAP_DROP, send, 0, 0, 0);
		return -(int32_t)result_error(cookie);
	}
	return init_register(runtime->init, cookie);
}

#define REGISTER_RETRY_NANOSECONDS 100000000ull
#define REGISTER_RETRIES           100

/* Tells init, also where that dies meanwhile: it is started again. */
static int32_t tell_init_patiently(struct service *service)
{
	int32_t status = tell_init(service);

	for (int i = 0; i < REGISTER_RETRIES && status < 0; i++) {
		fiber_sleep(service->runtime, runtime_time(service->runtime) + REGISTER_RETRY_NANOSECONDS);
		status = tell_init(service);
	}
	return status;
}

int32_t service_register(struct service *service)
{
	int32_t status = tell_init_patiently(service);

	service->registered = status == 0;
	return status;
}

/* init was restarted: it knows of no service until it is told again. */
static void register_again(void *argument)
{
	struct service *service = argument;
	int32_t status = tell_init_patiently(service);

	if (status != 0)
		log_print(service->runtime, LOG_ERROR, "cannot register with init again: %d", status);
}

void service_init_lost(struct runtime *runtime)
{
	list_for_each(link, &runtime->services) {
		struct service *service = list_entry(link, struct service, link);

		if (service->registered && fiber_start(runtime, register_again, service) != E_OK)
			log_print(runtime, LOG_ERROR, "no fiber to register with init again");
	}
}

void service_free_all(struct runtime *runtime)
{
	struct list *link;

	while ((link = list_take(&runtime->closing)) != NULL)
		connection_free_last(list_entry(link, struct connection, link));
	while ((link = list_take(&runtime->services)) != NULL) {
		struct service *service = list_entry(link, struct service, link);

		while ((link = list_take(&service->connections)) != NULL)
			connection_free_last(list_entry(link, struct connection, link));
		if (service->port != os_start(runtime->os)->home)
			runtime_trap(runtime, SYS_CAP_DROP, service->port, 0, 0, 0);
		runtime_free(runtime, service);
	}
}

int32_t runtime_register(struct runtime *runtime)
{
	static const struct service_limits limits = {.depth = 1, .area = PAGE_SIZE};
	enum error error;
	struct service *service = service_create(runtime, NULL, &limits, NULL, &error);
	int32_t status = service != NULL ? service_register(service) : -(int32_t)error;

	if (status != 0)
		log_print(runtime, LOG_ERROR, "cannot register with init: %d", (int)status);
	return status;
}
