/* The runtime's place around the vfs server's handlers: see vfs_harness.h. */
#include "vfs_harness.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/mman.h>

#include <drydock/filesystem.h>
#include <drydock/os.h>

extern const struct server_definition vfs_server;

#define MAPPINGS 256

struct runtime {
	struct harness harness;
	struct start_block start;
	struct inspect_reply reply;
	void *state;
	void *server;
	const struct service_events *events;
	struct {
		const struct protocol *protocol;
		const void *operations;
	} protocols[2];
	uint32_t protocol_count;
	struct client *clients;
	struct timer *timers; /* that are set */
	struct {
		void *address;
		uint64_t size;
	} mappings[MAPPINGS];
	uint32_t mapping_count;
};

/* ---- what the server calls of the runtime --------------------------------------- */

uint64_t runtime_wall_time(struct runtime *runtime)
{
	return runtime->harness.wall_time++;
}

uint64_t runtime_time(struct runtime *runtime)
{
	return runtime->harness.time;
}

const struct start_block *runtime_start(struct runtime *runtime)
{
	return &runtime->start;
}

handle_t runtime_grant(struct runtime *runtime, const char *name)
{
	return strcmp(name, "console") == 0 || strcmp(name, "inspect") == 0 ? runtime->harness.authority : 0;
}

/* Two replies: so many processes or ports as the test has set, and one more. */
uint64_t runtime_trap(struct runtime *runtime, enum system_call call, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
	struct harness *harness = &runtime->harness;

	ck_assert_int_eq(call, SYS_INSPECT);
	ck_assert_uint_eq(a, harness->authority);
	ck_assert_uint_eq(d, 0);
	harness->inspected++;
	memset(&runtime->reply, 0, sizeof(runtime->reply));
	if (b == INSPECT_PROCESSES) {
		struct inspect_process process = {
			.id = 1000 + c, .parent = 1, .number = 7 + (uint32_t)c, .state = PROCESS_BLOCKED, .priority = 16,
			.uid = 5, .memory = 4096, .memory_quota = 1ull << 40, .handles = 3, .ports = 2, .lanes = 1, .machine = 4321};

		memcpy(process.name, harness->name, sizeof(process.name));
		for (; runtime->reply.count < (c == 0 ? harness->count : 1); runtime->reply.count++)
			memcpy(runtime->reply.records + runtime->reply.count * sizeof(process), &process, sizeof(process));
	} else {
		const struct inspect_port port = {.id = 11 + c, .owner = 1000, .owner_number = 7, .datagrams = 4, .lanes = 9,
		                                  .owner_name = "vfs"};

		memcpy(runtime->reply.records, &port, sizeof(port));
		runtime->reply.count = 1;
	}
	return c == 0 ? 1 : 0;
}

void *os_buffer(struct os *os)
{
	return &((struct runtime *)os)->reply;
}

uint64_t runtime_trap_data(struct runtime *runtime, enum system_call call, uint64_t a, uint64_t b,
                           const void *data, uint64_t length)
{
	struct harness *harness = &runtime->harness;

	ck_assert_int_eq(call, SYS_CONSOLE);
	ck_assert_uint_eq(a, harness->authority);
	ck_assert_uint_eq(b, 0);
	ck_assert_uint_lt(strlen(harness->printed) + length, sizeof(harness->printed));
	strncat(harness->printed, data, length);
	return 0;
}

struct os *runtime_os(struct runtime *runtime)
{
	return (struct os *)runtime;
}

enum error os_memory_allocate(struct os *os, uint64_t size, uint32_t flags, handle_t *handle, void **address)
{
	struct runtime *runtime = (struct runtime *)os;

	ck_assert_uint_eq(size % PAGE_SIZE, 0);
	ck_assert_uint_eq(flags, MEMORY_SHARED);
	memset(&runtime->reply, 0, sizeof(runtime->reply)); /* as any system call may */
	if (size > runtime->harness.memory_quota - runtime->harness.memory)
		return E_QUOTA;
	ck_assert_uint_lt(runtime->mapping_count, MAPPINGS);
	*address = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(*address, MAP_FAILED);
	runtime->harness.memory += size;
	runtime->mappings[runtime->mapping_count].address = *address;
	runtime->mappings[runtime->mapping_count++].size = size;
	*handle = runtime->mapping_count;
	return E_OK;
}

/* In front of what is allocated. */
struct block {
	_Alignas(16) size_t size;
};

void *runtime_allocate(struct runtime *runtime, size_t size)
{
	struct block *block;

	if (runtime->harness.allocations >= runtime->harness.allocations_max)
		return NULL;
	block = calloc(1, sizeof(*block) + size);
	ck_assert_ptr_nonnull(block);
	block->size = size;
	runtime->harness.allocations++;
	runtime->harness.allocated += size;
	return block + 1;
}

void runtime_free(struct runtime *runtime, void *address)
{
	struct block *block = address;

	if (!block)
		return;
	block--;
	runtime->harness.allocations--;
	runtime->harness.allocated -= block->size;
	free(block);
}

void runtime_stop(struct runtime *runtime, uint64_t code)
{
	ck_assert_uint_ne(code, 0);
	runtime->harness.stopped = true;
}

void log_print(struct runtime *runtime, enum log_level level, const char *format, ...)
{
	struct harness *harness = &runtime->harness;
	va_list arguments;

	(void)level;
	ck_assert_uint_lt(harness->lines, HARNESS_LINES);
	va_start(arguments, format);
	vsnprintf(harness->line[harness->lines++], sizeof(harness->line[0]), format, arguments);
	va_end(arguments);
}

struct service *service_create(struct runtime *runtime, void *server, const struct service_limits *limits,
                               const struct service_events *events, enum error *error)
{
	ck_assert_uint_eq(limits->area % PAGE_SIZE, 0);
	runtime->server = server;
	runtime->events = events;
	*error = E_OK;
	return (struct service *)runtime;
}

void service_add(struct service *service, const struct protocol *protocol, const void *operations)
{
	struct runtime *runtime = (struct runtime *)service;

	ck_assert_uint_lt(runtime->protocol_count, 2);
	runtime->protocols[runtime->protocol_count].protocol = protocol;
	runtime->protocols[runtime->protocol_count++].operations = operations;
}

/* Tickets are the real runtime's (src/user/ticket.c); there are none here. */
enum error filesystem_add(struct service *service, const struct fs_operations *operations)
{
	service_add(service, &fs_protocol, operations);
	return E_OK;
}

uint64_t service_port_id(struct service *service)
{
	(void)service;
	return 7;
}

int32_t service_register(struct service *service)
{
	((struct runtime *)service)->harness.registered = true;
	return 0;
}

const struct identity *request_identity(const struct request *request)
{
	return request->actor < request->connection->actors ? &request->connection->identity[request->actor]
	                                                    : NULL;
}

const struct lane_info *connection_info(const struct connection *connection)
{
	static const struct lane_info info = {.peer = 77, .peer_number = HARNESS_PEER};

	(void)connection;
	return &info;
}

void *connection_context(const struct connection *connection)
{
	return connection->context;
}

void connection_set_context(struct connection *connection, void *context)
{
	connection->context = context;
}

/* ---- calls ------------------------------------------------------------------------ */

static struct client *client_of(struct call *call)
{
	return (struct client *)call->lane;
}

/* The ranges have exactly the length asked for, so that ASan sees who goes beyond. */
int32_t call_begin(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                   uint32_t out_length)
{
	uint16_t flags = (in_length ? MESSAGE_IN : 0) | (out_length ? MESSAGE_OUT : 0);

	call->lane = (struct client_lane *)client;
	call->request.word[0] = message_header(op, flags, 1);
	call->in = in_length ? malloc(in_length) : NULL;
	call->out = out_length ? malloc(out_length) : NULL;
	call->in_length = in_length;
	call->out_length = out_length;
	return 0;
}

int32_t call_try_begin(struct call *call, struct client *client, uint16_t op, uint32_t in_length,
                       uint32_t out_length)
{
	return call_begin(call, client, op, in_length, out_length);
}

void call_session(struct call *call, bool changes)
{
	(void)changes;
	call->request.word[MESSAGE_WORD_SESSION] = word_pair(0, client_of(call)->actor);
}

/* A request is its handler's to keep; what it answers is found by where it lies. */
struct served {
	struct request request;
	struct call *call;
};

void request_reply(struct request *request, int32_t status, uint32_t length, const struct message *results)
{
	struct call *call = ((struct served *)request)->call;

	ck_assert(request->in_use);
	request->in_use = false;
	memset(&call->reply, 0, sizeof(call->reply));
	if (results)
		call->reply = *results;
	call->reply.word[1] = word_pair((uint32_t)status, length);
	call->status = status;
}

static struct served serve(struct call *call)
{
	struct client *client = client_of(call);
	const struct request request = {
		.message = call->request,
		.in = call->in,
		.in_length = call->in_length,
		.out = call->out,
		.out_length = call->out_length,
		.actor = client->actor,
		.connection = &client->connection,
		.server = client->harness->runtime->server,
		.in_use = true,
	};

	return (struct served){request, call};
}

int32_t call_run(struct call *call)
{
	struct client *client = client_of(call);
	struct served served = serve(call);

	client->protocol->dispatch(&served.request, client->operations);
	ck_assert(!served.request.in_use);
	return call->status;
}

struct served *harness_submit(struct call *call)
{
	struct served *served = malloc(sizeof(*served));

	ck_assert_ptr_nonnull(served);
	*served = serve(call);
	client_of(call)->protocol->dispatch(&served->request, client_of(call)->operations);
	return served;
}

bool harness_served(struct served *served)
{
	if (served->request.in_use)
		return false;
	free(served);
	return true;
}

void harness_cancel(struct served *served)
{
	served->request.cancelled = true;
	served->request.on_cancel(&served->request);
}

/* ---- timers ----------------------------------------------------------------------------- */

void timer_set(struct runtime *runtime, struct timer *timer, uint64_t deadline)
{
	timer->deadline = deadline;
	timer->next = runtime->timers;
	runtime->timers = timer;
}

void timer_cancel(struct runtime *runtime, struct timer *timer)
{
	struct timer **link = &runtime->timers;

	while (*link != timer)
		link = &(*link)->next;
	*link = timer->next;
}

void harness_fire(struct harness *harness)
{
	struct timer *timer;

	while ((timer = harness->runtime->timers) != NULL) {
		harness->runtime->timers = timer->next;
		timer->fire(timer, timer->context);
	}
}

void call_end(struct call *call)
{
	free(call->in);
	free(call->out);
}

/* ---- what only mounts need: there are none here (test_mount.c has them) ------------- */

struct client *client_open(struct runtime *runtime, const char *name, const struct protocol *protocol,
                           const struct client_options *options, int32_t *status)
{
	(void)runtime;
	(void)protocol;
	(void)options;
	(void)status;
	ck_abort_msg("%s is called", name);
	return NULL;
}

int32_t client_register_actor(struct client *client, uint32_t uid, uint32_t gid, const uint32_t *groups,
                              uint32_t group_count, uint32_t flags, uint32_t *actor)
{
	(void)client;
	(void)uid;
	(void)gid;
	(void)groups;
	(void)group_count;
	(void)flags;
	(void)actor;
	ck_abort_msg("an actor is registered");
	return 0;
}

bool client_connected(const struct client *client)
{
	(void)client;
	return false;
}

uint64_t client_generation(const struct client *client)
{
	(void)client;
	return 0;
}

void call_submit(struct call *call, call_done_t done, void *context)
{
	(void)call;
	(void)done;
	(void)context;
	ck_abort_msg("a call is made");
}

void call_cancel(struct call *call)
{
	(void)call;
	ck_abort_msg("a call is cancelled");
}

void call_set_actor(struct call *call, uint32_t actor)
{
	(void)call;
	(void)actor;
	ck_abort_msg("a call is made");
}

enum error fiber_start(struct runtime *runtime, void (*function)(void *argument), void *argument)
{
	(void)runtime;
	(void)function;
	(void)argument;
	ck_abort_msg("a fiber is started");
	return E_NOMEM;
}

void fiber_sleep(struct runtime *runtime, uint64_t deadline)
{
	(void)runtime;
	(void)deadline;
	ck_abort_msg("a fiber sleeps");
}

/* ---- the harness itself -------------------------------------------------------------- */

static struct harness *begin(const char *options, handle_t authority, uint8_t random)
{
	struct runtime *runtime = calloc(1, sizeof(*runtime));

	ck_assert_ptr_nonnull(runtime);
	runtime->state = calloc(1, vfs_server.state_size);
	ck_assert_ptr_nonnull(runtime->state);
	runtime->start.process = 4;
	snprintf(runtime->start.options, sizeof(runtime->start.options), "%s", options);
	memset(runtime->start.random, random, sizeof(runtime->start.random));
	runtime->harness.runtime = runtime;
	runtime->harness.authority = authority;
	runtime->harness.time = 12345;
	runtime->harness.wall_time = 1700000000000000000ull;
	runtime->harness.memory_quota = UINT64_MAX;
	runtime->harness.allocations_max = UINT64_MAX;
	vfs_server.start(runtime, runtime->state);
	return &runtime->harness;
}

struct harness *harness_begin(const char *options)
{
	return begin(options, 99, 0x5a);
}

struct harness *harness_begin_bare(const char *options)
{
	return begin(options, 0, 0);
}

void harness_end(struct harness *harness)
{
	struct runtime *runtime = harness->runtime;

	while (runtime->clients)
		harness_disconnect(runtime->clients);
	ck_assert_uint_eq(harness->allocations, 0);
	for (uint32_t i = 0; i < runtime->mapping_count; i++)
		munmap(runtime->mappings[i].address, runtime->mappings[i].size);
	free(runtime->state);
	free(runtime);
}

struct client *harness_connect(struct harness *harness, const struct protocol *protocol,
                               const struct identity *own)
{
	struct runtime *runtime = harness->runtime;
	struct client *client = calloc(1, sizeof(*client));

	ck_assert_ptr_nonnull(client);
	client->harness = harness;
	client->protocol = protocol;
	for (uint32_t i = 0; i < runtime->protocol_count; i++) {
		if (runtime->protocols[i].protocol == protocol)
			client->operations = runtime->protocols[i].operations;
	}
	ck_assert_ptr_nonnull(client->operations);
	harness_actor(client, own);
	if (runtime->events->connected(&client->connection, runtime->server) != E_OK) {
		free(client);
		return NULL;
	}
	client->next = runtime->clients;
	runtime->clients = client;
	return client;
}

uint32_t harness_actor(struct client *client, const struct identity *identity)
{
	ck_assert_uint_lt(client->connection.actors, HARNESS_ACTORS);
	client->connection.identity[client->connection.actors] = *identity;
	return client->connection.actors++;
}

void harness_disconnect(struct client *client)
{
	struct runtime *runtime = client->harness->runtime;
	struct client **link = &runtime->clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	runtime->events->disconnected(&client->connection, runtime->server);
	free(client);
}

uint64_t harness_nodes_free(struct client *client)
{
	struct fs_statistics by_node;
	struct vfs_statistics by_path;

	if (client->protocol == &vfs_protocol) {
		ck_assert_int_eq(vfs_statistics(client, "/", 1, &by_path), 0);
		return by_path.nodes_free;
	}
	ck_assert_int_eq(fs_statistics(client, FS_ROOT, &by_node), 0);
	return by_node.nodes_free;
}

int harness_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* ---- short forms ----------------------------------------------------------------------- */

static uint32_t length_of(const char *text)
{
	return (uint32_t)strlen(text);
}

int32_t at_open(struct client *client, uint32_t flags, uint32_t mode, const char *path, uint32_t *file)
{
	struct vfs_open_results results = {0};
	int32_t status = vfs_open(client, flags, mode, 0, path, length_of(path), &results);

	*file = results.file;
	return status;
}

int32_t at_stat(struct client *client, const char *path, bool nofollow, struct vfs_status *status)
{
	return vfs_stat(client, nofollow, path, length_of(path), status);
}

int32_t at_mkdir(struct client *client, const char *path, uint32_t mode)
{
	return vfs_mkdir(client, mode, 0, path, length_of(path));
}

int32_t at_rmdir(struct client *client, const char *path)
{
	return vfs_rmdir(client, path, length_of(path));
}

int32_t at_unlink(struct client *client, const char *path)
{
	return vfs_unlink(client, path, length_of(path));
}

int32_t at_rename(struct client *client, const char *path, const char *new_path, uint32_t flags)
{
	return vfs_rename(client, flags, path, length_of(path), new_path, length_of(new_path));
}

int32_t at_link(struct client *client, const char *path, const char *new_path)
{
	return vfs_link(client, path, length_of(path), new_path, length_of(new_path));
}

int32_t at_symlink(struct client *client, const char *target, const char *path)
{
	return vfs_symlink(client, target, length_of(target), path, length_of(path));
}

int32_t at_readlink(struct client *client, const char *path, char *target, uint32_t size)
{
	struct vfs_readlink_results results = {0};
	int32_t status = vfs_readlink(client, path, length_of(path), target, size - 1, &results);

	target[results.target_length] = '\0';
	return status;
}

int32_t at_chmod(struct client *client, const char *path, uint32_t mode)
{
	return vfs_chmod(client, mode, path, length_of(path));
}

int32_t at_chown(struct client *client, const char *path, uint32_t uid, uint32_t gid)
{
	return vfs_chown(client, uid, gid, path, length_of(path));
}

int32_t at_truncate(struct client *client, const char *path, uint64_t size)
{
	return vfs_truncate(client, size, path, length_of(path));
}

void at_make(struct client *client, const char *path, uint32_t mode, const char *content)
{
	struct vfs_write_results written;
	uint32_t file;

	ck_assert_int_eq(at_open(client, VFS_OPEN_WRITE | VFS_OPEN_CREATE, mode, path, &file), 0);
	ck_assert_int_eq(vfs_write(client, file, 0, content, length_of(content), &written), 0);
	ck_assert_uint_eq(written.length, length_of(content));
	ck_assert_int_eq(vfs_close(client, file), 0);
}
