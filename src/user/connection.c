/*
 * The server's end of a lane: requests taken off the ring, handed to fibers,
 * replied to (drydock/service.h). The client is not trusted with anything; a
 * breach closes its lane and harms nobody else.
 */
#include <drydock/abi/manifest.h>
#include <drydock/os.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "user/fiber.h"
#include "user/runtime.h"
#include "user/service.h"

/* ---- requests ------------------------------------------------------------ */

static struct request *connection_pop(struct connection *connection)
{
	struct request *request = connection->first;

	if (request == NULL)
		return NULL;
	connection->first = request->next;
	if (connection->first == NULL) {
		connection->last = NULL;
		list_remove(&connection->work);
	}
	return request;
}

static void connection_push(struct connection *connection, struct request *request)
{
	request->next = NULL;
	if (connection->last != NULL)
		connection->last->next = request;
	else
		connection->first = request;
	connection->last = request;
	if (list_empty(&connection->work))
		list_add_tail(&connection->service->runtime->work, &connection->work);
}

void request_reply(struct request *request, int32_t status, uint32_t length, const struct message *results)
{
	static const struct message none;
	const uint64_t *words = results != NULL ? results->word : none.word;
	struct connection *connection = request->connection;
	struct ring_out *ring = &connection->lane.out;
	uint64_t *slot = ring_slot(ring);

	request->in_use = false;
	connection->outstanding--;
	if (connection->closed)
		return;
	/* Word by word: a wider copy of what was just written word by word stalls the processor. */
	atomic_store_relaxed(&slot[0], message_header(message_op(&request->message), 0,
	                                              message_tag(&request->message)));
	atomic_store_relaxed(&slot[1], word_pair((uint32_t)status, length));
#pragma GCC unroll 8
	for (unsigned i = 2; i < MESSAGE_WORDS; i++)
		atomic_store_relaxed(&slot[i], words[i]);
	ring_filled(ring);
	lane_publish_part(&connection->lane);
	runtime_touch(connection->service->runtime, &connection->lane);
}

static void request_cancel(struct request *request)
{
	request->cancelled = true;
	if (request->on_cancel != NULL)
		request->on_cancel(request);
}

/* Everything but the message; `connection` and `server` of a slot never change. */
static void request_clear(struct request *request)
{
	request->in = NULL;
	request->out = NULL;
	request->in_length = request->out_length = 0;
	request->sequence = request->actor = 0;
	request->cancelled = false;
	request->in_use = true;
	request->on_cancel = NULL;
	request->context = NULL;
	request->acting = NULL;
}

/* Finds the ranges of a request. False where one is outside of the data area, or a flag is unknown. */
static bool request_find_ranges(struct request *request, const struct lane *lane)
{
	uint16_t flags = message_flags(&request->message);

	if ((flags & ~MESSAGE_FLAGS) != 0)
		return false;
	if (flags & MESSAGE_IN) {
		struct range in = word_range(request->message.word[MESSAGE_WORD_IN]);

		if (!lane_range_valid(lane, in))
			return false;
		request->in = lane->area + in.offset;
		request->in_length = in.length;
	}
	if (flags & MESSAGE_OUT) {
		struct range out = word_range(request->message.word[MESSAGE_WORD_OUT]);

		if (!lane_range_valid(lane, out))
			return false;
		request->out = lane->area + out.offset;
		request->out_length = out.length;
	}
	return true;
}

/* Takes the call with that header off the ring. False: a violation. */
static bool connection_take(struct connection *connection, uint64_t header)
{
	uint32_t slot = (uint32_t)(header >> 32) & 0xffff;
	struct request *request;

	if (slot >= connection->lane.depth || connection->requests[slot].in_use || !lane_admit(&connection->lane))
		return false;
	request = &connection->requests[slot];
	ring_take(&connection->lane.in, header, &request->message);
	request_clear(request);
	connection->outstanding++;
	if (!request_find_ranges(request, &connection->lane)) {
		request_reply(request, POSIX_EFAULT, 0, NULL);
		return true;
	}
	if (connection->protocol->sessions) {
		request->sequence = word_low(request->message.word[MESSAGE_WORD_SESSION]);
		request->actor = word_high(request->message.word[MESSAGE_WORD_SESSION]);
	}
	connection_push(connection, request);
	return true;
}

/* A call that is not there any more, or never was, is none of anybody's business: no reply, no error. */
static void connection_cancel(struct connection *connection, uint64_t header)
{
	struct message message;
	uint32_t tag, slot;

	ring_take(&connection->lane.in, header, &message);
	tag = (uint32_t)message.word[1];
	slot = tag & 0xffff;

	if (slot < connection->lane.depth && connection->requests[slot].in_use &&
	    message_tag(&connection->requests[slot].message) == tag)
		request_cancel(&connection->requests[slot]);
}

void connection_drain(struct lane *lane)
{
	struct connection *connection = list_entry(lane, struct connection, lane);
	/* One ring full a round: a client that fills it as fast as it is emptied gets no more than its turn. */
	uint32_t turn = lane_request_slots(lane->depth);
	enum ring_state state;
	uint64_t header;
	bool valid = true;

	while (!connection->closed && valid && turn-- > 0 &&
	       (state = ring_look(&lane->in, &header)) != RING_EMPTY) {
		if (state == RING_VIOLATION)
			valid = false;
		else if ((uint16_t)header == OPERATION_CANCEL)
			connection_cancel(connection, header);
		else
			valid = connection_take(connection, header);
	}
	runtime_touch(connection->service->runtime, lane);
	if (!valid)
		connection_close(connection, E_VIOLATION);
}

/* ---- identities ------------------------------------------------------------ */

const struct identity *request_identity(const struct request *request)
{
	const struct connection *connection = request->connection;

	if (request->acting != NULL)
		return request->acting;
	if (request->actor == 0)
		return &connection->own;
	if (request->actor > connection->actor_count)
		return NULL;
	return connection->actors[request->actor - 1];
}

static bool identity_equal(const struct identity *left, const struct identity *right)
{
	return memcmp(left, right, sizeof(*left)) == 0;
}

/* OPERATION_ACTOR: word 1 {uid, gid}, word 2 {flags, group count}, IN the groups. */
static int32_t register_actor(struct request *request, uint32_t *number)
{
	struct connection *connection = request->connection;
	struct runtime *runtime = connection->service->runtime;
	struct identity identity = {
		.uid = word_low(request->message.word[1]),
		.gid = word_high(request->message.word[1]),
		.flags = word_low(request->message.word[2]),
		.group_count = word_high(request->message.word[2]),
	};
	struct identity *copy;

	if ((badge_flags(connection->info.badge) & CALL_IMPERSONATE) == 0)
		return POSIX_EPERM;
	if (identity.group_count > LANE_GROUPS_MAXIMUM || (identity.flags & ~IDENTITY_CHECKED) != 0 ||
	    request->in_length != identity.group_count * sizeof(identity.groups[0]))
		return POSIX_EINVAL;
	if (identity.group_count > 0)
		memcpy(identity.groups, request->in, request->in_length);
	for (uint32_t i = 0; i < connection->actor_count; i++) {
		if (identity_equal(connection->actors[i], &identity)) {
			*number = i + 1;
			return 0;
		}
	}
	if (connection->actor_count == CONNECTION_ACTORS)
		return POSIX_ENFILE;
	if (connection->actors == NULL)
		connection->actors = runtime_allocate(runtime, CONNECTION_ACTORS * sizeof(*connection->actors));
	copy = connection->actors ? runtime_allocate(runtime, sizeof(*copy)) : NULL;
	if (copy == NULL)
		return POSIX_ENOMEM;
	*copy = identity;
	connection->actors[connection->actor_count++] = copy;
	*number = connection->actor_count;
	return 0;
}

/* Not an actor: those the client may name. */
struct kept_identity {
	struct kept_identity *next;
	struct identity identity;
};

const struct identity *connection_keep_identity(struct connection *connection, const struct identity *identity,
                                                uint32_t flags)
{
	struct identity wanted = *identity;
	struct kept_identity *kept;
	uint32_t count = 0;

	wanted.flags |= flags;
	for (kept = connection->kept; kept != NULL; kept = kept->next, count++) {
		if (identity_equal(&kept->identity, &wanted))
			return &kept->identity;
	}
	kept = count < CONNECTION_ACTORS ? runtime_allocate(connection->service->runtime, sizeof(*kept)) : NULL;
	if (kept == NULL)
		return NULL;
	*kept = (struct kept_identity){.next = connection->kept, .identity = wanted};
	connection->kept = kept;
	return &kept->identity;
}

/* Operations that every protocol with sessions has; true where this was one. */
static bool common_operation(struct request *request)
{
	struct connection *connection = request->connection;
	struct message results = {0};
	uint32_t actor = 0;
	int32_t status;

	if (!connection->protocol->sessions)
		return false;
	switch (message_op(&request->message)) {
	case OPERATION_SESSION:
		/* The session is the lane's; a client that comes back names its old one. */
		connection->session = request->message.word[1] != 0 ? request->message.word[1]
		                                                     : connection->info.id;
		results.word[2] = connection->session;
		request_reply(request, 0, 0, &results);
		return true;
	case OPERATION_ACTOR:
		status = register_actor(request, &actor);
		results.word[2] = actor;
		request_reply(request, status, 0, &results);
		return true;
	default:
		return false;
	}
}

/* ---- fibers at work ---------------------------------------------------------- */

static void worker(void *argument)
{
	struct connection *connection = argument;
	struct runtime *runtime = connection->service->runtime;
	struct request *request;

	while ((request = connection_pop(connection)) != NULL) {
		/* A handler may keep the request, or have replied long since: not to be touched after. */
		if (!common_operation(request))
			connection->protocol->dispatch(request, connection->operations);
	}
	connection->active--;
	if (connection->active > 0)
		runtime->shared_fibers--;
}

bool connection_start_workers(struct runtime *runtime)
{
	bool started = false;

	list_for_each(link, &runtime->work) {
		struct connection *connection = list_entry(link, struct connection, work);

		if (connection->active > 0 && runtime->shared_fibers == SHARED_FIBERS)
			continue;
		if (fiber_start(runtime, worker, connection) != E_OK)
			continue;
		if (connection->active++ > 0)
			runtime->shared_fibers++;
		started = true;
	}
	return started;
}

/* ---- lanes opened and closed ----------------------------------------------------- */

const struct lane_info *connection_info(const struct connection *connection)
{
	return &connection->info;
}

void *connection_context(const struct connection *connection)
{
	return connection->context;
}

void connection_set_context(struct connection *connection, void *context)
{
	connection->context = context;
}

uint64_t connection_move(struct connection *connection, handle_t handle, rights_t rights)
{
	return runtime_trap(connection->service->runtime, SYS_CAP_MOVE, connection->lane.handle, handle, rights, 0);
}

uint64_t connection_accept(struct connection *connection, uint64_t cookie)
{
	return runtime_trap(connection->service->runtime, SYS_CAP_ACCEPT, connection->lane.handle, cookie, 0, 0);
}

/* The service's protocol of that number and version. */
static bool find_protocol(struct connection *connection)
{
	const struct service *service = connection->service;

	for (uint32_t i = 0; i < service->protocol_count; i++) {
		const struct protocol *protocol = service->protocols[i].protocol;

		if (protocol->number != connection->info.protocol || protocol->version != connection->info.version)
			continue;
		connection->protocol = protocol;
		connection->operations = service->protocols[i].operations;
		return true;
	}
	return false;
}

static void set_own_identity(struct connection *connection)
{
	const struct lane_info *info = &connection->info;
	struct identity *own = &connection->own;

	own->uid = info->uid;
	own->gid = info->gid;
	own->group_count = info->group_count < LANE_GROUPS_MAXIMUM ? info->group_count : LANE_GROUPS_MAXIMUM;
	memcpy(own->groups, info->groups, own->group_count * sizeof(own->groups[0]));
}

/* All that a lane needs before its first request; what fails is refused, for everything is charged to the server. */
static enum error connection_prepare(struct connection *connection)
{
	struct service *service = connection->service;
	struct runtime *runtime = service->runtime;
	const struct lane_info *info = &connection->info;
	enum error error;

	error = result_error(runtime_trap(runtime, SYS_LANE_INFO, connection->lane.handle, 0, 0, 0));
	if (error != E_OK)
		return error;
	memcpy(&connection->info, os_buffer(runtime->os), sizeof(connection->info));
	if (!find_protocol(connection) || info->depth > service->limits.depth || info->area > service->limits.area)
		return E_REFUSED;
	set_own_identity(connection);
	connection->requests = runtime_allocate(runtime, info->depth * sizeof(*connection->requests));
	if (connection->requests == NULL)
		return E_NOMEM;
	for (uint32_t i = 0; i < info->depth; i++) {
		connection->requests[i].connection = connection;
		connection->requests[i].server = service->server;
	}
	error = fiber_reserve(runtime, runtime->connection_count + 1);
	if (error != E_OK)
		return error;
	if (service->events != NULL && service->events->connected != NULL)
		error = service->events->connected(connection, service->server);
	if (error != E_OK)
		return error;
	error = os_lane_attach(runtime->os, connection->lane.handle, info->depth, info->area, &connection->lane.os);
	if (error != E_OK && service->events != NULL && service->events->disconnected != NULL)
		service->events->disconnected(connection, service->server);
	return error;
}

static void connection_free(struct connection *connection)
{
	struct runtime *runtime = connection->service->runtime;

	for (struct kept_identity *kept = connection->kept, *next; kept != NULL; kept = next) {
		next = kept->next;
		runtime_free(runtime, kept);
	}
	for (uint32_t i = 0; i < connection->actor_count; i++)
		runtime_free(runtime, connection->actors[i]);
	runtime_free(runtime, connection->actors);
	runtime_free(runtime, connection->requests);
	runtime_free(runtime, connection);
}

static void connection_opened(struct service *service, uint64_t lane_id)
{
	struct runtime *runtime = service->runtime;
	struct connection *connection = runtime_allocate(runtime, sizeof(*connection));
	uint64_t handle;
	enum error error;

	if (connection == NULL) {
		runtime_trap(runtime, SYS_LANE_REFUSE, service->port, lane_id, 0, 0);
		return;
	}
	handle = runtime_trap(runtime, SYS_LANE_ACCEPT, service->port, lane_id, 0, 0);
	if (result_is_error(handle)) {
		runtime_trap(runtime, SYS_LANE_REFUSE, service->port, lane_id, 0, 0);
		runtime_free(runtime, connection);
		return;
	}
	connection->service = service;
	connection->lane.handle = (handle_t)handle;
	list_init(&connection->work);
	error = connection_prepare(connection);
	if (error != E_OK) {
		runtime_trap(runtime, SYS_LANE_CLOSE, handle, error, 0, 0);
		connection_free(connection);
		return;
	}
	lane_init(&connection->lane, false, connection->info.depth, connection->info.area);
	list_add_tail(&service->connections, &connection->link);
	list_add_tail(&runtime->lanes, &connection->lane.link);
	runtime->connection_count++;
	/* The client may have published before this end looked, and found nobody to ring. */
	if (ring_pending(&connection->lane.in))
		connection_drain(&connection->lane);
}

void connection_close(struct connection *connection, enum error reason)
{
	struct runtime *runtime = connection->service->runtime;
	struct request *request;

	if (connection->closed)
		return;
	connection->closed = true;
	connection->reason = reason;
	while ((request = connection_pop(connection)) != NULL) {
		request->in_use = false;
		connection->outstanding--;
	}
	for (uint32_t i = 0; i < connection->lane.depth; i++) {
		if (connection->requests[i].in_use)
			request_cancel(&connection->requests[i]);
	}
	/* Not now: the caller may be going through the list of lanes. */
	list_remove(&connection->link);
	list_add_tail(&runtime->closing, &connection->link);
}

void connection_event(struct service *service, const struct receipt *receipt)
{
	if (receipt->bits & EVENT_LANE_OPENED)
		connection_opened(service, receipt->object);
	if ((receipt->bits & EVENT_LANE_CLOSED) == 0 || receipt->handle == 0)
		return;
	list_for_each(link, &service->connections) {
		struct connection *connection = list_entry(link, struct connection, link);

		if (connection->lane.handle != receipt->handle)
			continue;
		connection_close(connection, E_PEER_DEAD);
		return;
	}
}

static void connection_finish(struct connection *connection)
{
	struct service *service = connection->service;
	struct runtime *runtime = service->runtime;

	if (service->events != NULL && service->events->disconnected != NULL)
		service->events->disconnected(connection, service->server);
	list_remove(&connection->link);
	list_remove(&connection->lane.link);
	list_remove(&connection->lane.dirty);
	/* The memory of `peer` goes with the lane. */
	if (runtime->wait.lane == &connection->lane)
		runtime->wait.lane = NULL;
	os_lane_detach(runtime->os, &connection->lane.os);
	runtime_trap(runtime, SYS_LANE_CLOSE, connection->lane.handle, connection->reason, 0, 0);
	runtime->connection_count--;
	connection_free(connection);
}

bool connection_finish_closing(struct runtime *runtime)
{
	bool any = false;

	list_for_each(link, &runtime->closing) {
		struct connection *connection = list_entry(link, struct connection, link);

		/* Handlers that wait in a fiber, or kept a request, still use it. */
		if (connection->outstanding != 0 || connection->active != 0) {
			list_remove(&connection->lane.link);
			continue;
		}
		connection_finish(connection);
		any = true;
	}
	return any;
}

/* The process ends: nothing runs any more. */
void connection_free_last(struct connection *connection)
{
	os_lane_detach(connection->service->runtime->os, &connection->lane.os);
	connection_free(connection);
}
