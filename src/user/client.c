/*
 * Clients: lanes to services, connected when first needed and again after the
 * service was restarted (drydock/server.h).
 */
#include <drydock/os.h>
#include <drydock/posix.h>
#include <drydock/proto/init.h>
#include <drydock/string.h>

#include "user/client_internal.h"
#include "user/fiber.h"
#include "user/runtime.h"
#include "user/service.h"

#define DEPTH_DEFAULT    8u
#define AREA_DEFAULT     (64u * 1024)
#define DEADLINE_DEFAULT 30000000000ull /* ns */

/* ---- waiting for a change ---------------------------------------------------- */

static void client_free(struct client *client)
{
	list_remove(&client->link);
	if (client->port != 0 && client->port != os_start(client->runtime->os)->init)
		runtime_trap(client->runtime, SYS_CAP_DROP, client->port, 0, 0, 0);
	runtime_free(client->runtime, client);
}

static void wait_expired(struct timer *timer, void *context)
{
	(void)timer;
	fiber_wake(context);
}

int32_t client_wait(struct client *client, uint64_t deadline)
{
	struct runtime *runtime = client->runtime;
	struct client_waiter waiter = {.fiber = runtime->current};
	struct timer timer = {.fire = wait_expired, .context = runtime->current, .call = true};
	bool expired, closed;

	client->users++;
	list_add_tail(&client->waiters, &waiter.link);
	timer_set(runtime, &timer, deadline);
	fiber_wait(runtime);
	expired = deadline != DEADLINE_NEVER && timer.link == NULL;
	timer_cancel(runtime, &timer);
	list_remove(&waiter.link);
	client->users--;
	closed = client->closed;
	if (closed && client->users == 0)
		client_free(client);
	return closed ? -E_CANCELLED : expired ? -E_TIMED_OUT : 0;
}

void client_wake_waiters(struct client *client)
{
	for (struct list *link; (link = list_take(&client->waiters)) != NULL;)
		fiber_wake(list_entry(link, struct client_waiter, link)->fiber);
}

/* ---- one connection ------------------------------------------------------------ */

void client_lane_put(struct client_lane *lane)
{
	struct runtime *runtime = lane->runtime;

	if (--lane->references > 0)
		return;
	if (runtime->wait.lane == &lane->lane)
		runtime->wait.lane = NULL;
	os_lane_detach(runtime->os, &lane->lane.os);
	/* Only now: with the handle goes the right to the memory. */
	runtime_trap(runtime, SYS_LANE_CLOSE, lane->lane.handle, lane->reason, 0, 0);
	runtime_free(runtime, lane);
}

/* The lane with its slots and bitmap behind it, in one block. */
static struct client_lane *client_lane_make(struct client *client, handle_t handle)
{
	uint32_t depth = client->options.depth, area = client->options.area;
	struct runtime *runtime = client->runtime;
	size_t slots = depth * sizeof(struct slot);
	struct client_lane *lane = runtime_allocate(runtime, sizeof(*lane) + slots + area_bitmap_size(area));

	if (lane == NULL)
		return NULL;
	if (os_lane_attach(runtime->os, handle, depth, area, &lane->lane.os) != E_OK) {
		runtime_free(runtime, lane);
		return NULL;
	}
	lane_init(&lane->lane, true, depth, area);
	lane->lane.handle = handle;
	lane->client = client;
	lane->runtime = runtime;
	lane->references = 1;
	lane->slots = (struct slot *)(void *)(lane + 1);
	area_init(&lane->area, (uint64_t *)(void *)((char *)(lane + 1) + slots), area);
	for (uint32_t i = 0; i < depth; i++)
		lane->slots[i].next_free = (uint16_t)(i + 1);
	list_add_tail(&runtime->lanes, &lane->lane.link);
	return lane;
}

void client_disconnect(struct client *client, int32_t status, enum error reason)
{
	struct client_lane *lane = client->lane;

	if (lane == NULL)
		return;
	client->lane = NULL;
	lane->client = NULL;
	list_remove(&lane->lane.link);
	list_remove(&lane->lane.dirty);
	lane->reason = reason;
	client_fail_calls(lane, status);
	client_lane_put(lane);
	client_wake_waiters(client);
	if (client == client->runtime->init)
		service_init_lost(client->runtime);
}

/* ---- connecting ---------------------------------------------------------------- */

/* Finds the port by name, through init. */
static int32_t find_port(struct client *client)
{
	struct runtime *runtime = client->runtime;
	struct init_lookup_results results;
	uint64_t handle;
	int32_t status;

	if (client->port != 0)
		return 0;
	if (runtime->init == NULL)
		return POSIX_ENOENT;
	status = init_lookup(runtime->init, client->name, (uint32_t)string_length(client->name), &results);
	if (status != 0)
		return status;
	handle = client_accept(runtime->init, results.port);
	if (result_is_error(handle))
		return -(int32_t)result_error(handle);
	client->port = (handle_t)handle;
	return 0;
}

/* Opens a lane to the port and waits until the server has said yes or no. */
static int32_t open_lane(struct client *client)
{
	struct runtime *runtime = client->runtime;
	uint64_t protocol = client->protocol->number | (uint64_t)client->protocol->version << 16;
	uint64_t handle = runtime_trap(runtime, SYS_LANE_OPEN, client->port, protocol, client->options.depth,
	                               client->options.area);

	if (result_is_error(handle))
		return -(int32_t)result_error(handle);
	client->opening = (handle_t)handle;
	client->accepted = false;
	client->reason = E_OK;
	while (!client->accepted && client->reason == E_OK && !client->closed)
		fiber_wait(runtime);
	client->opening = 0;
	if (client->accepted && !client->closed)
		client->lane = client_lane_make(client, (handle_t)handle);
	if (client->lane != NULL)
		return 0;
	runtime_trap(runtime, SYS_LANE_CLOSE, handle, E_PEER_DEAD, 0, 0);
	return client->reason != E_OK ? -(int32_t)client->reason : -E_NOMEM;
}

/* Binds the session to the new lane: its first call. */
static int32_t bind_session(struct client *client)
{
	struct call call;
	int32_t status;

	if (!client->protocol->sessions)
		return 0;
	status = call_try_begin(&call, client, OPERATION_SESSION, 0, 0);
	if (status != 0)
		return status;
	call.request.word[1] = client->session;
	status = call_run(&call);
	if (status == 0)
		client->session = call.reply.word[2];
	call_end(&call);
	return status;
}

static int32_t connect_once(struct client *client)
{
	int32_t status = find_port(client);

	if (status == 0)
		status = open_lane(client);
	if (status == 0) {
		client->generation++;
		status = bind_session(client);
		if (status != 0)
			client_disconnect(client, status, E_PEER_DEAD);
	}
	if (status < 0 && client->name[0] != '\0' && client->port != 0) {
		/* The service may be back at another port. */
		runtime_trap(client->runtime, SYS_CAP_DROP, client->port, 0, 0, 0);
		client->port = 0;
	}
	return status;
}

int32_t client_connect(struct client *client)
{
	struct runtime *runtime = client->runtime;
	int32_t status;

	while (client->opener != NULL && client->opener != runtime->current) {
		status = client_wait(client, DEADLINE_NEVER);
		if (status != 0)
			return status;
	}
	if (client->lane != NULL)
		return 0;
	client->opener = runtime->current;
	client->users++;
	status = connect_once(client);
	/* Once more: what init gave, or held, may have died in between, and so may the port kept from before. */
	if ((status == -E_PEER_DEAD || status == -E_PORT_INVALID) && !client->closed)
		status = connect_once(client);
	client->users--;
	client->opener = NULL;
	client_wake_waiters(client);
	if (client->closed && client->users == 0) {
		client_disconnect(client, -E_CANCELLED, E_PEER_DEAD);
		client_free(client);
		return -E_CANCELLED;
	}
	return status;
}

void client_event(struct runtime *runtime, const struct receipt *receipt)
{
	list_for_each(link, &runtime->clients) {
		struct client *client = list_entry(link, struct client, link);

		if (client->opening == receipt->handle) {
			client->accepted = (receipt->bits & EVENT_LANE_ACCEPTED) != 0;
			if (receipt->bits & EVENT_LANE_CLOSED)
				client->reason = receipt->value ? (enum error)receipt->value : E_PEER_DEAD;
			if (client->reason != E_OK)
				client->accepted = false;
			fiber_wake(client->opener);
			return;
		}
		if (client->lane != NULL && client->lane->lane.handle == receipt->handle) {
			if ((receipt->bits & EVENT_LANE_CLOSED) == 0)
				return;
			/* Replies that were published before the end count. */
			client_drain(&client->lane->lane);
			client_disconnect(client, -(int32_t)(receipt->value ? receipt->value : E_PEER_DEAD),
			                  E_PEER_DEAD);
			return;
		}
	}
}

/* ---- the client --------------------------------------------------------------------- */

static struct client *client_make(struct runtime *runtime, const struct protocol *protocol,
                                  const struct client_options *options)
{
	struct client *client = runtime_allocate(runtime, sizeof(*client));

	if (client == NULL)
		return NULL;
	client->runtime = runtime;
	client->protocol = protocol;
	if (options != NULL)
		client->options = *options;
	if (client->options.depth == 0)
		client->options.depth = DEPTH_DEFAULT;
	if (client->options.area == 0)
		client->options.area = AREA_DEFAULT;
	if (client->options.deadline == 0)
		client->options.deadline = DEADLINE_DEFAULT;
	list_init(&client->waiters);
	list_add_tail(&runtime->clients, &client->link);
	return client;
}

static struct client *client_connect_first(struct client *client, int32_t *status)
{
	/* Others may find it meanwhile, and close it. */
	client->users++;
	*status = client_connect(client);
	client->users--;
	if (*status == 0 && !client->closed)
		return client;
	if (!client->closed)
		client_close(client);
	else if (client->users == 0)
		client_free(client);
	return NULL;
}

/* The lane to init, which everybody may call. Made by the first who needs it. */
int32_t client_connect_init(struct runtime *runtime)
{
	static const struct client_options options = {.deadline = DEADLINE_NEVER};
	const struct start_block *start = os_start(runtime->os);

	if (start->home == start->init)
		return 0;
	if (runtime->init == NULL) {
		runtime->init = client_make(runtime, &init_protocol, &options);
		if (runtime->init == NULL)
			return -E_NOMEM;
		runtime->init->port = start->init;
	}
	return client_connect(runtime->init);
}

struct client *client_open(struct runtime *runtime, const char *name, const struct protocol *protocol,
                           const struct client_options *options, int32_t *status)
{
	struct client *client;

	*status = client_connect_init(runtime);
	if (*status != 0)
		return NULL;
	client = client_make(runtime, protocol, options);
	if (client == NULL) {
		*status = -E_NOMEM;
		return NULL;
	}
	string_copy(client->name, sizeof(client->name), name, string_length(name));
	return client_connect_first(client, status);
}

struct client *client_open_port(struct runtime *runtime, handle_t port, const struct protocol *protocol,
                                const struct client_options *options, int32_t *status)
{
	struct client *client = client_make(runtime, protocol, options);

	if (client == NULL) {
		runtime_trap(runtime, SYS_CAP_DROP, port, 0, 0, 0);
		*status = -E_NOMEM;
		return NULL;
	}
	client->port = port;
	return client_connect_first(client, status);
}

void client_close(struct client *client)
{
	if (client->runtime->ending_calls)
		runtime_panic(client->runtime, "drydock: `done` of a call closed a client; a fiber has to\n");
	client->closed = true;
	if (client->companion != NULL)
		client->companion_end(client->companion);
	client_disconnect(client, -E_CANCELLED, E_PEER_DEAD);
	if (client->opener != NULL)
		fiber_wake(client->opener);
	client_wake_waiters(client);
	if (client->users == 0)
		client_free(client);
}

void client_publish_first(struct client *client)
{
	struct runtime *runtime = client->runtime;

	list_remove(&client->lane->lane.dirty);
	list_add_head(&runtime->dirty, &client->lane->lane.dirty);
}

void client_set_companion(struct client *client, void *companion, void (*end)(void *companion))
{
	client->companion = companion;
	client->companion_end = end;
}

void *client_companion(const struct client *client)
{
	return client->companion;
}

struct runtime *client_runtime(const struct client *client)
{
	return client->runtime;
}

uint32_t client_area(const struct client *client)
{
	return client->options.area;
}

uint32_t client_depth(const struct client *client)
{
	return client->options.depth;
}

bool client_connected(const struct client *client)
{
	return client->lane != NULL;
}

uint64_t client_generation(const struct client *client)
{
	return client->generation;
}

void client_set_actor(struct client *client, uint32_t actor)
{
	client->actor = actor;
}

int32_t client_register_actor(struct client *client, uint32_t uid, uint32_t gid, const uint32_t *groups,
                              uint32_t group_count, uint32_t flags, uint32_t *actor)
{
	uint32_t length = group_count * (uint32_t)sizeof(*groups);
	struct call call;
	int32_t status;

	if (group_count > LANE_GROUPS_MAXIMUM)
		return POSIX_EINVAL;
	status = call_begin(&call, client, OPERATION_ACTOR, length, 0);
	if (status != 0)
		return status;
	call.request.word[1] = word_pair(uid, gid);
	call.request.word[2] = word_pair(flags, group_count);
	if (length > 0)
		memcpy(call.in, groups, length);
	status = call_run(&call);
	if (status == 0)
		*actor = word_low(call.reply.word[2]);
	call_end(&call);
	return status;
}

uint64_t client_move(struct client *client, handle_t handle, rights_t rights)
{
	if (client->lane == NULL)
		return error_result(E_PEER_DEAD);
	return runtime_trap(client->runtime, SYS_CAP_MOVE, client->lane->lane.handle, handle, rights, 0);
}

uint64_t client_accept(struct client *client, uint64_t cookie)
{
	if (client->lane == NULL)
		return error_result(E_PEER_DEAD);
	return runtime_trap(client->runtime, SYS_CAP_ACCEPT, client->lane->lane.handle, cookie, 0, 0);
}

void client_free_all(struct runtime *runtime)
{
	struct list *link;

	runtime->init = NULL;
	while ((link = list_take(&runtime->clients)) != NULL) {
		struct client *client = list_entry(link, struct client, link);

		if (client->lane != NULL)
			os_lane_detach(runtime->os, &client->lane->lane.os);
		runtime_free(runtime, client);
	}
}
