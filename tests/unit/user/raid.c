/* Clients that keep no rule (raid.h). */
#include "raid.h"

#include <check.h>
#include <string.h>

#include <drydock/abi/manifest.h>

/* ---- the service: init itself, which speaks `log` and `init` ---------------------------- */

struct harbour *harbour;

static int32_t serve_read(struct request *request, const struct log_read_arguments *arguments,
                          struct log_read_results *results)
{
	(void)request;
	if (arguments->entries_capacity > 0)
		memset(arguments->entries, (int)arguments->from, arguments->entries_capacity);
	results->entries_length = arguments->entries_capacity;
	results->next = arguments->from + 1;
	return 0;
}

static int32_t serve_write(struct request *request, const struct log_write_arguments *arguments)
{
	(void)request;
	/* Copies of what was validated: they end where they say. */
	ck_assert_uint_le(arguments->source_length, 31);
	ck_assert_uint_le(arguments->text_length, 512);
	return memchr(arguments->source, '\0', arguments->source_length) ? POSIX_EINVAL : 0;
}

static void watch_cancelled(struct request *request)
{
	struct request **link = &harbour->kept;

	while (*link != request)
		link = &(*link)->next;
	*link = request->next;
	harbour->kept_count--;
	harbour->cancels++;
	log_watch_reply(request, POSIX_ECANCELED);
}

static int32_t serve_watch(struct request *request, const struct log_watch_arguments *arguments)
{
	(void)arguments;
	request->on_cancel = watch_cancelled;
	request->next = harbour->kept;
	harbour->kept = request;
	harbour->kept_count++;
	return REQUEST_DETACHED;
}

static const struct log_operations log_operations = {.read = serve_read,
                                                     .write = serve_write,
                                                     .watch = serve_watch};

/* Hands out a capability for its port, parked in the caller's lane. */
static int32_t serve_lookup(struct request *request, const struct init_lookup_arguments *arguments,
                            struct init_lookup_results *results)
{
	uint64_t handle = runtime_trap(harbour->runtime, SYS_PORT_DERIVE,
	                               runtime_start(harbour->runtime)->init, badge_make(7, 0), 0, 0);

	(void)arguments;
	ck_assert(!result_is_error(handle));
	results->port = connection_move(request->connection, (handle_t)handle, RIGHT_SEND);
	if (!result_is_error(results->port))
		return 0;
	runtime_trap(harbour->runtime, SYS_CAP_DROP, handle, 0, 0, 0);
	return POSIX_ENFILE;
}

static int32_t serve_register(struct request *request, const struct init_register_arguments *arguments)
{
	uint64_t handle = connection_accept(request->connection, arguments->port);

	if (result_is_error(handle))
		return POSIX_EINVAL;
	runtime_trap(harbour->runtime, SYS_CAP_DROP, handle, 0, 0, 0);
	return 0;
}

static const struct init_operations init_operations = {.lookup = serve_lookup, .register_ = serve_register};

static enum error connected(struct connection *connection, void *server)
{
	(void)connection;
	((struct harbour *)server)->connects++;
	return E_OK;
}

static void disconnected(struct connection *connection, void *server)
{
	(void)connection;
	((struct harbour *)server)->disconnects++;
}

static void harbour_start(struct runtime *runtime, void *state)
{
	static const struct service_limits limits = {.depth = SERVICE_DEPTH, .area = 1 << 20};
	static const struct service_events events = {.connected = connected, .disconnected = disconnected};
	struct service *service;
	enum error error;

	harbour = state;
	harbour->runtime = runtime;
	service = service_create_at(runtime, runtime_start(runtime)->home, state, &limits, &events, &error);
	ck_assert_ptr_nonnull(service);
	service_add(service, &log_protocol, &log_operations);
	service_add(service, &init_protocol, &init_operations);
}

static const struct server_definition harbour_definition = {.name = "init",
                                                            .source = "init",
                                                            .state_size = sizeof(struct harbour),
                                                            .start = harbour_start};

/* ---- the neighbour: a client that keeps the rules ------------------------------------------ */

struct basin *basin;
static struct process *neighbour_process;
static struct runtime *neighbour;
static struct fiber *neighbour_fiber;
static uint64_t asked, answered;

static void neighbour_start(struct runtime *runtime, void *state)
{
	static const struct client_options options = {.depth = DEPTH, .area = AREA};
	struct log_read_results results;
	uint8_t data[64];
	int32_t status;
	struct client *client =
		client_open_port(runtime, runtime_start(runtime)->init, &log_protocol, &options, &status);

	(void)state;
	ck_assert_int_eq(status, 0);
	neighbour_fiber = fiber_current(runtime);
	for (;;) {
		fiber_wait(runtime);
		ck_assert_int_eq(log_read(client, asked, data, sizeof(data), &results), 0);
		ck_assert_uint_eq(results.next, asked + 1);
		for (size_t i = 0; i < sizeof(data); i++)
			ck_assert_uint_eq(data[i], (uint8_t)asked);
		answered++;
	}
}

static const struct server_definition neighbour_definition = {.name = "neighbour",
                                                              .source = "neighbour",
                                                              .quiet = true,
                                                              .start = neighbour_start};

static void run(void)
{
	unsigned idle = 0;

	while (idle < 2) {
		idle = runtime_round(neighbour) ? 0 : idle + 1;
		basin_run(basin);
	}
}

void neighbour_is_served(void)
{
	asked++;
	fiber_wake(neighbour_fiber);
	run();
	ck_assert_uint_eq(answered, asked);
}

static struct manifest manifest = {.magic = MANIFEST_MAGIC,
                                   .version = MANIFEST_VERSION,
                                   .size = sizeof(manifest),
                                   .role_count = 1};

void boot(void)
{
	static const struct basin_image images[] = {{"init", &harbour_definition}, {NULL, NULL}};
	struct os *os;

	strcpy(manifest.roles[0].name, "user");
	manifest.roles[0].quota = (struct quota){.memory = 1 << 24, .handles = 100, .ports = 4, .lanes = 8};
	basin = basin_create(images);
	ck_assert_int_eq(kernel_start_init(basin_kernel(basin), &manifest), E_OK);
	basin_run(basin);
	os = basin_attach(basin, ROLE, "neighbour", &neighbour_process);
	asked = answered = 0;
	neighbour = runtime_create(os, &neighbour_definition);
	ck_assert_ptr_nonnull(neighbour);
	run();
	neighbour_is_served();
}

void finish(void)
{
	neighbour_is_served();
	runtime_destroy(neighbour);
	kernel_process_exited(basin_kernel(basin), neighbour_process, 0);
	basin_run(basin);
	/* Of all that came nothing is left with the service. */
	ck_assert_uint_eq(harbour->connects, harbour->disconnects);
	ck_assert_uint_eq(harbour->kept_count, 0);
	basin_destroy(basin);
}

/* ---- the raider: a client without a runtime ---------------------------------------------------- */

uint64_t trap(const struct raider *raider, enum system_call call, uint64_t a, uint64_t b, uint64_t c,
              uint64_t d)
{
	return os_trap(raider->os, call, (uint64_t[6]){a, b, c, d}, NULL);
}

void raider_arrive(struct raider *raider)
{
	memset(raider, 0, sizeof(*raider));
	raider->os = basin_attach(basin, ROLE, "raider", &raider->process);
}

void raider_open_protocol(struct raider *raider, const struct protocol *protocol)
{
	const struct start_block *start = os_start(raider->os);
	uint64_t lane = trap(raider, SYS_LANE_OPEN, start->init,
	                     protocol->number | (uint64_t)protocol->version << 16, DEPTH, AREA);
	struct receipt receipt;

	ck_assert(!result_is_error(lane));
	basin_run(basin);
	do {
		ck_assert(!result_is_error(trap(raider, SYS_PORT_RECEIVE, start->home, 0, 0, 0)));
		memcpy(&receipt, os_buffer(raider->os), sizeof(receipt));
	} while (receipt.kind != RECEIPT_LANE || receipt.handle != lane);
	ck_assert_uint_eq(receipt.bits, EVENT_LANE_ACCEPTED);
	raider->lane = (handle_t)lane;
	ck_assert_int_eq(os_lane_attach(raider->os, raider->lane, DEPTH, AREA, &raider->memory), E_OK);
	raider->tail = raider->taken = 0;
}

void raider_open(struct raider *raider)
{
	raider_open_protocol(raider, &log_protocol);
}

void raider_close(struct raider *raider)
{
	os_lane_detach(raider->os, &raider->memory);
	ck_assert_uint_eq(trap(raider, SYS_LANE_CLOSE, raider->lane, E_PEER_DEAD, 0, 0), 0);
	basin_run(basin);
}

void raider_leave(struct raider *raider)
{
	basin_kill(basin, raider->process);
	basin_run(basin);
}

uint32_t *raider_index(const struct raider *raider, uint32_t offset)
{
	return (uint32_t *)(void *)(raider->memory.memory + offset);
}

void raider_put(struct raider *raider, uint32_t at, struct message message)
{
	uint32_t slot = at % lane_request_slots(DEPTH);

	memcpy(raider->memory.memory + LANE_RINGS + slot * MESSAGE_SIZE, &message, sizeof(message));
}

void raider_show(struct raider *raider, uint32_t tail)
{
	raider->tail = tail;
	*raider_index(raider, LANE_REQUEST_TAIL) = tail;
	basin_run(basin);
}

void raider_send(struct raider *raider, struct message message)
{
	raider_put(raider, raider->tail, message);
	raider_show(raider, raider->tail + 1);
}

bool raider_take(struct raider *raider, struct message *reply)
{
	uint32_t slot = raider->taken % DEPTH;

	if (*raider_index(raider, LANE_REPLY_TAIL) == raider->taken)
		return false;
	memcpy(reply, raider->memory.memory + lane_reply_ring(DEPTH) + slot * MESSAGE_SIZE, sizeof(*reply));
	raider->taken++;
	*raider_index(raider, LANE_REPLY_HEAD) = raider->taken;
	return true;
}

int32_t raider_status(struct raider *raider, uint32_t tag)
{
	struct message reply, none;

	ck_assert(raider_take(raider, &reply));
	ck_assert_uint_eq(message_tag(&reply), tag);
	ck_assert(!raider_take(raider, &none));
	return (int32_t)word_low(reply.word[1]);
}

void lane_state(const struct raider *raider, struct lane_info *info)
{
	ck_assert_uint_eq(trap(raider, SYS_LANE_INFO, raider->lane, 0, 0, 0), 0);
	memcpy(info, os_buffer(raider->os), sizeof(*info));
}

void breach(struct raider *raider)
{
	struct lane_info info;

	basin_run(basin);
	lane_state(raider, &info);
	ck_assert_uint_eq(info.state, LANE_CLOSED);
	ck_assert_uint_eq(info.reason, E_VIOLATION);
	neighbour_is_served();
	raider_close(raider);
	raider_open(raider);
}

struct message request(uint16_t op, uint16_t flags, uint32_t tag)
{
	return (struct message){.word = {message_header(op, flags, tag)}};
}

struct message request_read(uint32_t tag, uint32_t offset, uint32_t length)
{
	struct message message = request(LOG_READ, MESSAGE_OUT, tag);

	message.word[1] = 0x5a;
	message.word[MESSAGE_WORD_OUT] = word_pair(offset, length);
	return message;
}

void alive(struct raider *raider)
{
	raider_send(raider, request_read(0, 0, 16));
	ck_assert_int_eq(raider_status(raider, 0), 0);
	ck_assert_uint_eq(raider->memory.memory[lane_area_offset(DEPTH) + 15], 0x5a);
	neighbour_is_served();
}

struct raider pirate;

void set_out(void)
{
	boot();
	raider_arrive(&pirate);
	raider_open(&pirate);
	alive(&pirate);
}
