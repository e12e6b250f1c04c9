/*
 * The runtime and the real kernel core in a basin: calls, cancels, deadlines,
 * death, reconnection, and clients that do not keep to the rules.
 */
#include "../unit.h"

#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <drydock/abi/manifest.h>
#include <drydock/os.h>
#include <drydock/posix.h>
#include <drydock/proto/fs.h>
#include <drydock/proto/init.h>
#include <drydock/proto/log.h>

#include "basin.h"

#define ROLE  0
#define DEPTH 4
#define AREA  8192

/* ---- a server to call: it is init itself, and speaks the protocols `init`, `log` and `fs` ---- */

struct echo {
	struct runtime *runtime;
	struct request *kept[8]; /* detached */
	unsigned kept_count, cancels, connects, disconnects;
	struct fiber *gate;      /* waits in a handler until the test opens it */
	uint32_t sequence, actor, actor_uid;
};

static struct echo *echo; /* of the basin that runs */

static int32_t echo_read(struct request *request, const struct log_read_arguments *arguments,
                         struct log_read_results *results)
{
	(void)request;
	if (arguments->entries_capacity > 0)
		memset(arguments->entries, (int)arguments->from, arguments->entries_capacity);
	results->entries_length = arguments->entries_capacity;
	results->next = arguments->from + 1;
	return 0;
}

static void echo_cancelled(struct request *request)
{
	struct echo *state = request->server;

	state->cancels++;
	for (unsigned i = 0; i < state->kept_count; i++) {
		if (state->kept[i] == request)
			state->kept[i] = state->kept[--state->kept_count];
	}
	log_watch_reply(request, POSIX_ECANCELED);
}

static int32_t echo_watch(struct request *request, const struct log_watch_arguments *arguments)
{
	struct echo *state = request->server;

	(void)arguments;
	if (request->cancelled)
		return POSIX_ECANCELED;
	request->on_cancel = echo_cancelled;
	state->kept[state->kept_count++] = request;
	return REQUEST_DETACHED;
}

static const struct log_operations log_operations = {.read = echo_read, .watch = echo_watch};

/* Suspends in the handler, as one that calls another server would. */
static int32_t echo_sync(struct request *request, const struct fs_sync_arguments *arguments)
{
	struct echo *state = request->server;

	(void)arguments;
	state->gate = fiber_current(state->runtime);
	fiber_wait(state->runtime);
	state->gate = NULL;
	return 0;
}

static int32_t echo_write(struct request *request, const struct fs_write_arguments *arguments,
                          struct fs_write_results *results)
{
	struct echo *state = request->server;
	const struct identity *identity = request_identity(request);

	if (identity == NULL)
		return POSIX_EINVAL;
	state->sequence = request->sequence;
	state->actor = request->actor;
	state->actor_uid = identity->uid;
	results->length = arguments->data_length;
	return 0;
}

static const struct fs_operations fs_operations = {.sync = echo_sync, .write = echo_write};

/* What a test's clients look up: the same port, badged so that they may impersonate. */
static int32_t echo_lookup(struct request *request, const struct init_lookup_arguments *arguments,
                           struct init_lookup_results *results)
{
	struct echo *state = request->server;
	uint64_t handle;

	if (strcmp(arguments->name, "echo") != 0)
		return POSIX_ENOENT;
	handle = runtime_trap(state->runtime, SYS_PORT_DERIVE, runtime_start(state->runtime)->init,
	                      badge_make(7, CALL_IMPERSONATE), 0, 0);
	if (result_is_error(handle))
		return POSIX_EIO;
	results->port = connection_move(request->connection, (handle_t)handle, RIGHT_SEND);
	return 0;
}

static const struct init_operations init_operations = {.lookup = echo_lookup};

static enum error echo_connected(struct connection *connection, void *server)
{
	(void)connection;
	((struct echo *)server)->connects++;
	return E_OK;
}

static void echo_disconnected(struct connection *connection, void *server)
{
	(void)connection;
	((struct echo *)server)->disconnects++;
}

static void echo_start(struct runtime *runtime, void *state)
{
	static const struct service_limits limits = {.depth = 64, .area = 1 << 20};
	static const struct service_events events = {
		.connected = echo_connected, .disconnected = echo_disconnected};
	struct service *service;
	enum error error;

	echo = state;
	echo->runtime = runtime;
	service = service_create_at(runtime, runtime_start(runtime)->home, state, &limits, &events, &error);
	ck_assert_ptr_nonnull(service);
	service_add(service, &log_protocol, &log_operations);
	service_add(service, &fs_protocol, &fs_operations);
	service_add(service, &init_protocol, &init_operations);
}

static const struct server_definition echo_definition = {
	.name = "init", .source = "init", .state_size = sizeof(struct echo), .start = echo_start};

/* ---- a guest whose fibers the tests write ------------------------------------------- */

static void (*guest_body)(struct runtime *runtime);
static bool guest_done;
static int32_t death_status; /* of a call that does not end well */

static void guest_start(struct runtime *runtime, void *state)
{
	(void)state;
	guest_body(runtime);
	guest_done = true;
}

static const struct server_definition guest_definition = {
	.name = "guest", .source = "guest", .quiet = true, .start = guest_start};

static struct basin *basin;
static struct process *guest_process;
static struct runtime *guest;

static struct manifest manifest = {
	.magic = MANIFEST_MAGIC, .version = MANIFEST_VERSION, .size = sizeof(manifest), .role_count = 1};

static void boot(void)
{
	static const struct basin_image images[] = {{"init", &echo_definition}, {NULL, NULL}};

	strcpy(manifest.roles[0].name, "user");
	manifest.roles[0].quota = (struct quota){.memory = 1 << 24, .handles = 100, .ports = 4, .lanes = 8};
	basin = basin_create(images);
	ck_assert_int_eq(kernel_start_init(basin_kernel(basin), &manifest), E_OK);
	basin_run(basin);
}

/* Runs the system and the guest until neither has anything to do. */
static void run(void)
{
	unsigned idle = 0;

	/* Twice idle: what one round publishes the system answers before the next. */
	while (idle < 2) {
		idle = runtime_round(guest) ? 0 : idle + 1;
		basin_run(basin);
	}
}

static void start(void (*body)(struct runtime *runtime))
{
	struct os *os = basin_attach(basin, ROLE, "guest", &guest_process);

	guest_body = body;
	guest_done = false;
	guest = runtime_create(os, &guest_definition);
	ck_assert_ptr_nonnull(guest);
	run();
}

static void finish(void)
{
	if (guest != NULL) {
		runtime_destroy(guest);
		kernel_process_exited(basin_kernel(basin), guest_process, 0);
	}
	guest = NULL;
	basin_run(basin);
	basin_destroy(basin);
}

static void pass(uint64_t nanoseconds)
{
	for (uint64_t i = 0; i < nanoseconds; i += 1000000) {
		basin_pass(basin, 1000000);
		run();
	}
}

static struct client *open_log(struct runtime *runtime)
{
	static const struct client_options options = {.depth = DEPTH, .area = AREA};
	int32_t status;
	struct client *client = client_open(runtime, "echo", &log_protocol, &options, &status);

	ck_assert_int_eq(status, 0);
	ck_assert_ptr_nonnull(client);
	return client;
}

/* ---- calls ------------------------------------------------------------------------------ */

static void body_calls(struct runtime *runtime)
{
	struct client *client = open_log(runtime);
	struct log_read_results results;
	uint8_t data[300];

	for (uint64_t i = 0; i < 100; i++) {
		ck_assert_int_eq(log_read(client, i, data, sizeof(data), &results), 0);
		ck_assert_uint_eq(results.next, i + 1);
		ck_assert_uint_eq(results.entries_length, sizeof(data));
		ck_assert_uint_eq(data[0], i);
		ck_assert_uint_eq(data[sizeof(data) - 1], i);
	}
	/* No handler; no such operation; more than the area holds. */
	ck_assert_int_eq(log_write(client, 0, 3, 0, "x", 1, "y", 1), POSIX_ENOSYS);
	ck_assert_int_eq(log_read(client, 1, NULL, AREA + 1, &results), -E_TOO_LARGE);
	client_close(client);
}

START_TEST(calls_and_replies)
{
	boot();
	start(body_calls);
	ck_assert(guest_done);
	ck_assert_uint_eq(echo->connects, 2);
	ck_assert_uint_eq(echo->disconnects, 1);
	finish();
}
END_TEST

static void body_unknown(struct runtime *runtime)
{
	int32_t status;

	ck_assert_ptr_null(client_open(runtime, "nobody", &log_protocol, NULL, &status));
	ck_assert_int_eq(status, POSIX_ENOENT);
}

static void body_refused(struct runtime *runtime)
{
	static const struct client_options deep = {.depth = 128};
	struct protocol other = log_protocol;
	int32_t status;

	ck_assert_ptr_null(client_open(runtime, "echo", &log_protocol, &deep, &status));
	ck_assert_int_eq(status, -E_REFUSED);
	other.version = 99;
	ck_assert_ptr_null(client_open(runtime, "echo", &other, NULL, &status));
	ck_assert_int_eq(status, -E_REFUSED);
}

START_TEST(what_is_not_granted_or_not_served_is_refused)
{
	boot();
	start(body_unknown);
	ck_assert(guest_done);
	finish();
	boot();
	start(body_refused);
	ck_assert(guest_done);
	ck_assert_uint_eq(echo->connects, 1);
	finish();
}
END_TEST

/* ---- many in flight, cancel, abandon -------------------------------------------------------- */

static struct client *watched;
static struct call watches[DEPTH + 1];
static unsigned done_count;

static void watch_done(struct call *call, void *context)
{
	(void)context;
	done_count++;
	ck_assert_int_eq(call->status, POSIX_ECANCELED);
}

static void body_watch(struct runtime *runtime)
{
	watched = open_log(runtime);
	done_count = 0;
	for (unsigned i = 0; i < DEPTH; i++) {
		ck_assert_int_eq(log_watch_prepare(&watches[i], watched, i), 0);
		call_submit(&watches[i], watch_done, NULL);
	}
	ck_assert_int_eq(log_watch_try_prepare(&watches[DEPTH], watched, 9), -E_WOULD_BLOCK);
	/* Suspends until a slot is free. */
	ck_assert_int_eq(log_watch_prepare(&watches[DEPTH], watched, 9), 0);
	call_end(&watches[DEPTH]);
}

START_TEST(depth_is_the_limit_and_cancel_frees)
{
	boot();
	start(body_watch);
	ck_assert(!guest_done);
	ck_assert_uint_eq(echo->kept_count, DEPTH);
	call_cancel(&watches[1]);
	call_cancel(&watches[1]); /* once is enough */
	run();
	ck_assert(guest_done);
	ck_assert_uint_eq(done_count, 1);
	ck_assert_uint_eq(echo->cancels, 1);
	call_cancel(&watches[1]); /* of what is done: nothing */
	run();
	ck_assert_uint_eq(echo->cancels, 1);
	for (unsigned i = 0; i < DEPTH; i++)
		call_cancel(&watches[i]);
	run();
	ck_assert_uint_eq(done_count, DEPTH);
	for (unsigned i = 0; i < DEPTH; i++)
		call_end(&watches[i]);
	finish();
}
END_TEST

static void body_cancel_at_once(struct runtime *runtime)
{
	watched = open_log(runtime);
	ck_assert_int_eq(log_watch_prepare(&watches[0], watched, 0), 0);
	call_submit(&watches[0], NULL, NULL);
	call_cancel(&watches[0]);
	ck_assert_int_eq(call_wait(&watches[0], DEADLINE_NEVER), POSIX_ECANCELED);
	call_end(&watches[0]);
}

/* Call and cancel lie in the ring together: the handler begins when both have been seen. */
START_TEST(a_cancel_that_comes_with_its_call_is_not_lost)
{
	boot();
	start(body_cancel_at_once);
	ck_assert(guest_done);
	ck_assert_uint_eq(echo->kept_count, 0);
	finish();
}
END_TEST

static void body_no_slot(struct runtime *runtime)
{
	static const struct client_options options = {.depth = 1, .area = AREA, .deadline = 20000000};
	struct log_read_results results;
	int32_t status;

	watched = client_open(runtime, "echo", &log_protocol, &options, &status);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(log_watch_prepare(&watches[0], watched, 0), 0);
	call_submit(&watches[0], watch_done, NULL);
	death_status = log_read(watched, 1, NULL, 0, &results);
}

START_TEST(a_deadline_holds_while_all_slots_are_taken)
{
	boot();
	done_count = 0;
	start(body_no_slot);
	pass(10000000);
	ck_assert(!guest_done);
	pass(15000000);
	ck_assert(guest_done);
	ck_assert_int_eq(death_status, -E_TIMED_OUT);
	call_cancel(&watches[0]);
	run();
	call_end(&watches[0]);
	finish();
}
END_TEST

static void body_deadline(struct runtime *runtime)
{
	watched = open_log(runtime);
	ck_assert_int_eq(log_watch_prepare(&watches[0], watched, 0), 0);
	call_submit(&watches[0], NULL, NULL);
	ck_assert_int_eq(call_wait(&watches[0], runtime_time(runtime) + 5000000), -E_TIMED_OUT);
	call_end(&watches[0]);
	/* The slot is still the server's. */
	for (unsigned i = 1; i < DEPTH; i++)
		ck_assert_int_eq(log_watch_try_prepare(&watches[i], watched, 0), 0);
	ck_assert_int_eq(log_watch_try_prepare(&watches[0], watched, 0), -E_WOULD_BLOCK);
	for (unsigned i = 1; i < DEPTH; i++)
		call_end(&watches[i]);
}

START_TEST(a_deadline_abandons_the_wait_not_the_slot)
{
	boot();
	start(body_deadline);
	pass(4000000);
	ck_assert(!guest_done);
	pass(4000000);
	ck_assert(guest_done);
	/* Who waits no longer says so; the answer to that brings the slot back. */
	ck_assert_uint_eq(echo->cancels, 1);
	ck_assert_uint_eq(echo->kept_count, 0);
	run();
	ck_assert_int_eq(log_watch_try_prepare(&watches[0], watched, 0), 0);
	call_end(&watches[0]);
	finish();
}
END_TEST

START_TEST(no_deadline_fires_under_a_debugger)
{
	boot();
	start(body_deadline);
	basin_set_traced(basin, true);
	pass(1000000000);
	ck_assert(!guest_done);
	basin_set_traced(basin, false);
	pass(200000000);
	ck_assert(guest_done);
	finish();
}
END_TEST

/* ---- suspended handlers ------------------------------------------------------------------------ */

static unsigned synced;

static void sync_done(struct call *call, void *context)
{
	(void)context;
	ck_assert_int_eq(call->status, 0);
	synced++;
}

static void body_suspended(struct runtime *runtime)
{
	static const struct client_options options = {.depth = DEPTH, .area = AREA};
	struct fs_write_results results;
	uint8_t data[16] = {0};
	int32_t status;

	watched = client_open(runtime, "echo", &fs_protocol, &options, &status);
	ck_assert_int_eq(status, 0);
	synced = 0;
	ck_assert_int_eq(fs_sync_prepare(&watches[0], watched, 1), 0);
	call_submit(&watches[0], sync_done, NULL);
	/* While that one waits in its handler another is served. */
	ck_assert_int_eq(fs_write(watched, 1, 0, 0, data, sizeof(data), &results), 0);
	ck_assert_uint_eq(results.length, sizeof(data));
	ck_assert_uint_eq(synced, 0);
}

START_TEST(a_suspended_handler_holds_up_nobody)
{
	boot();
	start(body_suspended);
	ck_assert(guest_done);
	ck_assert_ptr_nonnull(echo->gate);
	fiber_wake(echo->gate);
	basin_run(basin);
	run();
	ck_assert_uint_eq(synced, 1);
	call_end(&watches[0]);
	finish();
}
END_TEST

START_TEST(a_client_that_dies_leaves_its_suspended_handler_in_peace)
{
	boot();
	start(body_suspended);
	basin_kill(basin, guest_process);
	guest = NULL;
	basin_run(basin);
	ck_assert_uint_eq(echo->disconnects, 1); /* the lane to init; the other is still in use */
	ck_assert_ptr_nonnull(echo->gate);
	fiber_wake(echo->gate);
	basin_run(basin);
	ck_assert_uint_eq(echo->disconnects, 2);
	finish();
}
END_TEST

START_TEST(a_client_that_dies_has_its_detached_requests_cancelled)
{
	boot();
	start(body_watch);
	ck_assert_uint_eq(echo->kept_count, DEPTH);
	basin_kill(basin, guest_process);
	guest = NULL;
	basin_run(basin);
	ck_assert_uint_eq(echo->cancels, DEPTH);
	ck_assert_uint_eq(echo->disconnects, 2);
	finish();
}
END_TEST

/* ---- sessions and actors --------------------------------------------------------------------------- */

static void body_actors(struct runtime *runtime)
{
	static const uint32_t groups[] = {5, 6};
	struct fs_write_results results;
	uint32_t actor = 0, again = 0, other = 0;
	uint8_t data[4] = {0};
	int32_t status;

	watched = client_open(runtime, "echo", &fs_protocol, NULL, &status);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(fs_write(watched, 1, 0, 0, data, 4, &results), 0);
	ck_assert_uint_eq(echo->sequence, 1);
	ck_assert_uint_eq(echo->actor, 0);
	ck_assert_uint_eq(echo->actor_uid, 1000);
	ck_assert_int_eq(client_register_actor(watched, 33, 34, groups, 2, IDENTITY_CHECKED, &actor), 0);
	ck_assert_int_eq(client_register_actor(watched, 33, 34, groups, 2, IDENTITY_CHECKED, &again), 0);
	ck_assert_int_eq(client_register_actor(watched, 33, 34, groups, 1, IDENTITY_CHECKED, &other), 0);
	ck_assert_uint_eq(actor, again);
	ck_assert_uint_ne(actor, other);
	client_set_actor(watched, actor);
	ck_assert_int_eq(fs_write(watched, 1, 0, 0, data, 4, &results), 0);
	ck_assert_uint_eq(echo->sequence, 2);
	ck_assert_uint_eq(echo->actor_uid, 33);
	client_set_actor(watched, 77);
	ck_assert_int_eq(fs_write(watched, 1, 0, 0, data, 4, &results), POSIX_EINVAL);
	ck_assert_int_eq(client_register_actor(watched, 1, 1, NULL, 0, 0x80, &other), POSIX_EINVAL);
}

START_TEST(sequence_numbers_and_actors)
{
	boot();
	start(body_actors);
	ck_assert(guest_done);
	finish();
}
END_TEST

/* ---- the server dies -------------------------------------------------------------------------------- */

static int32_t reborn_status;

static void body_death(struct runtime *runtime)
{
	struct log_read_results results;
	uint8_t byte;

	watched = open_log(runtime);
	death_status = log_watch(watched, 1);
	/* The port of init outlives it; the new one is looked up and connected by itself. */
	reborn_status = log_read(watched, 3, &byte, 1, &results);
}

START_TEST(death_ends_calls_and_the_next_call_connects_anew)
{
	boot();
	start(body_death);
	ck_assert(!guest_done);
	basin_kill(basin, basin_process(basin, "init"));
	run();
	ck_assert_int_eq(death_status, -E_PEER_DEAD);
	ck_assert_int_eq(kernel_start_init(basin_kernel(basin), &manifest), E_OK);
	basin_run(basin);
	run();
	ck_assert(guest_done);
	ck_assert_int_eq(reborn_status, 0);
	ck_assert_uint_eq(client_generation(watched), 2);
	finish();
}
END_TEST

static void body_close(struct runtime *runtime)
{
	watched = open_log(runtime);
	death_status = log_watch(watched, 1);
}

START_TEST(closing_the_client_ends_its_calls)
{
	boot();
	start(body_close);
	client_close(watched);
	run();
	ck_assert(guest_done);
	ck_assert_int_eq(death_status, -E_CANCELLED);
	ck_assert_uint_eq(echo->cancels, 1);
	finish();
}
END_TEST

static void close_client(struct call *call, void *context)
{
	(void)call;
	client_close(context);
}

static void body_close_in_done(struct runtime *runtime)
{
	watched = open_log(runtime);
	ck_assert_int_eq(log_watch_prepare(&watches[0], watched, 1), 0);
	call_submit(&watches[0], close_client, watched);
}

/* Such a client would be freed under the loop that ends its calls. _i: by a reply, by the server's death. */
static void close_in_done(bool death)
{
	boot();
	start(body_close_in_done);
	if (death)
		basin_kill(basin, basin_process(basin, "init"));
	else
		call_cancel(&watches[0]);
	run();
}

START_TEST(who_closes_a_client_in_done_is_ended)
{
	for (int death = 0; death < 2; death++) {
		int ends[2], status;
		char line[256];
		ssize_t length;
		pid_t child;

		ck_assert_int_eq(pipe(ends), 0);
		child = fork();
		if (child == 0) {
			dup2(ends[1], STDERR_FILENO);
			close_in_done(death);
			_exit(0);
		}
		close(ends[1]);
		length = read(ends[0], line, sizeof(line) - 1);
		ck_assert_int_gt(length, 0);
		line[length] = '\0';
		ck_assert_msg(strstr(line, "closed a client") != NULL, "%s", line);
		ck_assert_int_eq(waitpid(child, &status, 0), child);
		ck_assert_int_eq(WEXITSTATUS(status), 1);
		close(ends[0]);
	}
}
END_TEST

UNIT_RUN("runtime", calls_and_replies, what_is_not_granted_or_not_served_is_refused,
         depth_is_the_limit_and_cancel_frees, a_deadline_abandons_the_wait_not_the_slot,
         a_cancel_that_comes_with_its_call_is_not_lost, a_deadline_holds_while_all_slots_are_taken,
         no_deadline_fires_under_a_debugger, a_suspended_handler_holds_up_nobody,
         a_client_that_dies_leaves_its_suspended_handler_in_peace,
         a_client_that_dies_has_its_detached_requests_cancelled, sequence_numbers_and_actors,
         death_ends_calls_and_the_next_call_connects_anew, closing_the_client_ends_its_calls,
         who_closes_a_client_in_done_is_ended)
