/* The small system (dock.h). */
#include "tests/unit/init/dock.h"

#include <check.h>
#include <string.h>

#include <drydock/abi/manifest.h>
#include <drydock/proto/init.h>
#include <drydock/proto/log.h>

extern const struct server_definition init_server, log_server, scheduler_server;

struct basin *dock;
struct manifest dock_manifest;
bool dock_random;

/* ---- the victim ------------------------------------------------------------------ */

static const struct log_operations no_operations;

static void victim_start(struct runtime *runtime, void *state)
{
	static const struct service_limits limits = {.depth = 64, .area = 65536};
	struct service *service;
	enum error error;

	service = service_create(runtime, state, &limits, NULL, &error);
	ck_assert_ptr_nonnull(service);
	service_add(service, &log_protocol, &no_operations);
	ck_assert_int_eq(service_register(service), 0);
	log_print(runtime, LOG_INFO, "ready");
}

static void ending_start(struct runtime *runtime, void *state)
{
	(void)state;
	runtime_stop(runtime, 3);
}

static const struct server_definition victim_server = {
	.name = "victim", .source = "victim", .state_size = 1, .start = victim_start};
static const struct server_definition ending_server = {
	.name = "victim", .source = "victim", .state_size = 1, .start = ending_start};

/* ---- the guest --------------------------------------------------------------------- */

static struct process *guest_process;
static struct runtime *guest;
static void (*guest_body)(struct runtime *runtime);
static bool guest_done;

static void guest_start(struct runtime *runtime, void *state)
{
	(void)state;
	guest_body(runtime);
	guest_done = true;
}

static const struct server_definition guest_definition = {
	.name = "guest", .source = "guest", .quiet = true, .start = guest_start};

static void settle(void)
{
	unsigned idle = 0;

	/* Twice idle: what one round publishes the system answers before the next. */
	while (idle < 2) {
		idle = guest && runtime_round(guest) ? 0 : idle + 1;
		basin_run(dock);
	}
}

void dock_guest(enum dock_role role, void (*body)(struct runtime *runtime))
{
	struct os *os = basin_attach(dock, role, "guest", &guest_process);

	guest_body = body;
	guest_done = false;
	guest = runtime_create(os, &guest_definition);
	ck_assert_ptr_nonnull(guest);
	settle();
}

bool dock_guest_done(void)
{
	return guest_done;
}

void dock_guest_end(void)
{
	if (guest) {
		runtime_destroy(guest);
		kernel_process_exited(basin_kernel(dock), guest_process, 0);
	}
	guest = NULL;
	settle();
}

struct client *dock_open_init(struct runtime *runtime)
{
	int32_t status;
	struct client *client =
		client_open_port(runtime, runtime_start(runtime)->init, &init_protocol, NULL, &status);

	ck_assert_int_eq(status, 0);
	return client;
}

struct client *dock_open(struct runtime *runtime, const char *name, const struct protocol *protocol)
{
	int32_t status;
	struct client *client = client_open(runtime, name, protocol, NULL, &status);

	ck_assert_int_eq(status, 0);
	ck_assert_ptr_nonnull(client);
	return client;
}

/* ---- the system --------------------------------------------------------------------- */

static void service_add_to(const char *name, uint32_t number, uint32_t authorities)
{
	struct manifest_service *service = &dock_manifest.services[dock_manifest.service_count++];

	strcpy(service->name, name);
	strcpy(service->image, name);
	service->number = number;
	service->priority = PRIORITY_DEFAULT;
	service->authorities = authorities;
	service->quota = (struct quota){.memory = 64 << 20, .handles = 256, .ports = 8, .lanes = 16};
}

static void role_add_to(const char *name, uint32_t authorities)
{
	struct manifest_role *role = &dock_manifest.roles[dock_manifest.role_count++];

	strcpy(role->name, name);
	role->authorities = authorities;
	role->quota = (struct quota){.memory = 64 << 20, .handles = 256, .ports = 8, .lanes = 16};
	role->calls[role->call_count++].service = DOCK_LOG;
	role->calls[role->call_count++].service = DOCK_VICTIM;
}

void dock_prepare(void)
{
	struct manifest_role *admin = &dock_manifest.roles[DOCK_ADMIN];

	dock_random = true;
	dock_manifest = (struct manifest){
		.magic = MANIFEST_MAGIC, .version = MANIFEST_VERSION, .size = sizeof(dock_manifest)};
	service_add_to("log", 2, AUTHORITY_BIT(AUTHORITY_CONSOLE));
	service_add_to("scheduler", 3, AUTHORITY_BIT(AUTHORITY_SWITCH) | AUTHORITY_BIT(AUTHORITY_INSPECT));
	service_add_to("victim", 9, 0);
	for (int at = DOCK_SCHEDULER; at <= DOCK_VICTIM; at++)
		dock_manifest.services[at].calls[dock_manifest.services[at].call_count++].service = DOCK_LOG;
	role_add_to("user", 0);
	role_add_to("admin", AUTHORITY_BIT(AUTHORITY_CONTROL));
	admin->calls[admin->call_count++] = (struct manifest_call){DOCK_SCHEDULER, CALL_CONTROL};
}

void dock_boot_with(const struct server_definition *victim)
{
	static struct basin_image images[] = {{"init", &init_server},
	                                      {"log", &log_server},
	                                      {"scheduler", &scheduler_server},
	                                      {NULL, NULL},
	                                      {NULL, NULL}};

	images[3].name = victim ? "victim" : NULL;
	images[3].definition = victim;
	dock = basin_create(images);
	if (!dock_random)
		basin_without_random(dock);
	ck_assert_int_eq(kernel_start_init(basin_kernel(dock), &dock_manifest), E_OK);
	dock_pass(50 * MILLISECOND);
}

void dock_boot(enum dock_victim victim)
{
	dock_boot_with(victim == VICTIM_MISSING ? NULL : victim == VICTIM_ENDS ? &ending_server : &victim_server);
}

void dock_pass(uint64_t nanoseconds)
{
	settle();
	while (nanoseconds > 0) {
		uint64_t step = nanoseconds < MILLISECOND ? nanoseconds : MILLISECOND;

		basin_pass(dock, step);
		settle();
		nanoseconds -= step;
	}
}

void dock_end(void)
{
	dock_guest_end();
	basin_destroy(dock);
	dock = NULL;
}

unsigned dock_printed(const char *text)
{
	unsigned count = 0;

	for (const char *at = basin_console(dock); (at = strstr(at, text)) != NULL; at++)
		count++;
	return count;
}
