/* The netstack server's beginning: the stack gets time, memory and cards from the runtime (server.h). */
#include "server.h"

#include <drydock/network.h>

#include "session.h"
#include "status.h"

/* A client has as much on its way as its data area holds. */
#define SERVICE_DEPTH 256u
#define SERVICE_AREA  (64u << 20)

static uint64_t now(void *context)
{
	return runtime_time(((struct netstack_server *)context)->runtime);
}

static void *allocate(void *context, size_t size)
{
	return runtime_allocate(((struct netstack_server *)context)->runtime, size);
}

static void release(void *context, void *memory)
{
	runtime_free(((struct netstack_server *)context)->runtime, memory);
}

static void ring(struct timer *timer, void *context)
{
	(void)timer;
	netstack_run_alarms(&((struct netstack_server *)context)->stack);
}

static void schedule(void *context, uint64_t deadline)
{
	struct netstack_server *server = context;

	timer_set(server->runtime, &server->timer, deadline);
}

static void conflict(void *context, struct interface *interface, const uint8_t hardware[NET_ADDRESS_SIZE])
{
	log_print(((struct netstack_server *)context)->runtime, LOG_ERROR,
	          "%s: another machine uses our address: %02x:%02x:%02x:%02x:%02x:%02x", interface->name, hardware[0],
	          hardware[1], hardware[2], hardware[3], hardware[4], hardware[5]);
}

static void addressed(void *context, struct interface *interface)
{
	struct runtime *runtime = ((struct netstack_server *)context)->runtime;
	const struct network_address address = {.address = interface->address};
	char text[NETWORK_ADDRESS_TEXT];

	network_host_write(&address, text);
	if (interface->address == 0)
		log_print(runtime, LOG_WARNING, "%s: its address is no longer ours (DHCP)", interface->name);
	else
		log_print(runtime, LOG_INFO, "Local IP: %s (DHCP)", text);
}

/* 16 bytes that are nobody else's, another for each `use`. Without randomness the clocks have to do, as in vfs. */
static struct hash_key make_secret(struct netstack_server *server, uint64_t use)
{
	const uint64_t material[] = {use, 0, runtime_wall_time(server->runtime), runtime_time(server->runtime)};
	const uint64_t more[] = {use, 1, material[2], material[3]};
	struct hash_key key;

	memcpy(&key, runtime_start(server->runtime)->random, sizeof(key));
	return (struct hash_key){hash_bytes(&key, material, sizeof(material)), hash_bytes(&key, more, sizeof(more))};
}

/* Streams whose sequence numbers can be foretold are open to anybody's injections: better none. */
static void make_streams(struct netstack_server *server)
{
	static const uint8_t none[START_RANDOM_SIZE];
	const struct hash_key secret = make_secret(server, 1);

	if (memcmp(runtime_start(server->runtime)->random, none, sizeof(none)) == 0)
		log_print(server->runtime, LOG_WARNING,
		          "No TCP: this machine has no source of randomness (a processor with RDRAND, such as "
		          "scripts/qemu --cpu max)");
	else if (streams_create(&server->stack, (const uint8_t *)&secret) != 0)
		log_print(server->runtime, LOG_ERROR, "No TCP: no memory; raise the quota");
}

static void make_stack(struct netstack_server *server)
{
	const struct netstack_environment environment = {.context = server,
	                                                 .now = now,
	                                                 .allocate = allocate,
	                                                 .free = release,
	                                                 .schedule = schedule,
	                                                 .conflict = conflict,
	                                                 .addressed = addressed};
	const struct hash_key secret = make_secret(server, 0);

	server->timer.fire = ring;
	server->timer.context = server;
	netstack_create(&server->stack, &environment, &secret);
	make_streams(server);
}

static enum error connected(struct connection *connection, void *server)
{
	struct session *session = session_create(server);

	connection_set_context(connection, session);
	return session != NULL ? E_OK : E_NOMEM;
}

static void disconnected(struct connection *connection, void *server)
{
	(void)server;
	session_destroy(connection_context(connection));
}

static const struct service_events events = {
	.connected = connected,
	.disconnected = disconnected,
};

static void netstack_begin(struct runtime *runtime, void *state)
{
	const struct service_limits limits = {.depth = SERVICE_DEPTH, .area = SERVICE_AREA};
	struct netstack_server *server = state;
	struct service *service;
	enum error error;
	int32_t status;

	server->runtime = runtime;
	service = service_create(runtime, server, &limits, &events, &error);
	if (service == NULL) {
		log_print(runtime, LOG_ERROR, "cannot allocate a port: error %d", (int)error);
		runtime_stop(runtime, 1);
		return;
	}
	log_print(runtime, LOG_INFO, "Allocated port %llu for networking",
	          (unsigned long long)service_port_id(service));
	make_stack(server);
	if (!server_configure(server)) {
		runtime_stop(runtime, 1);
		return;
	}
	service_add(service, &socket_protocol, &socket_handlers);
	/* Said first: once it is registered, the next server's lines may follow. */
	log_print(runtime, LOG_INFO, "Ready for network operations");
	status = service_register(service);
	if (status != 0) {
		log_print(runtime, LOG_ERROR, "cannot register with init: error %d", (int)status);
		runtime_stop(runtime, 1);
	}
}

extern const struct server_definition netstack_server;

const struct server_definition netstack_server = {
	.name = "netstack",
	.source = "net",
	.state_size = sizeof(struct netstack_server),
	.start = netstack_begin,
};
