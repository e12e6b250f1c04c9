/*
 * Lanes: opened by a holder of SEND, accepted by the holder of RECEIVE, closed
 * by either. The record and its memory stay, at the opener's charge, until
 * both ends have closed.
 */
#include "kernel/core.h"

struct lane_end *lane_end_peer(struct lane_end *end)
{
	struct lane *lane = end->lane;

	return end == &lane->ends[LANE_CLIENT] ? &lane->ends[LANE_SERVER] : &lane->ends[LANE_CLIENT];
}

static void lane_free(struct kernel *kernel, struct lane *lane)
{
	list_remove(&lane->link);
	charge_release(&lane->charge);
	if (lane->memory != NULL)
		memory_release(kernel, lane->memory);
	for (int side = LANE_CLIENT; side <= LANE_SERVER; side++) {
		if (lane->ends[side].process != NULL)
			process_release(kernel, lane->ends[side].process);
	}
	platform_free(kernel->machine, lane, sizeof(*lane));
}

/* Takes the lane off its port's lists. */
static void lane_leave_port(struct lane *lane)
{
	struct port *port = lane->port;

	if (port == NULL)
		return;
	list_remove(&lane->port_link);
	if (lane->ends[LANE_SERVER].open)
		port->accepted_count--;
	else
		port->pending_count--;
	lane->port = NULL;
}

/* Tells an end that the lane is closed, if there is anybody to tell. */
static void lane_tell_closed(struct kernel *kernel, struct lane_end *end)
{
	struct port *port = end->process->home;

	/* A server hears of it where it accepted, or at home once that port has ended. */
	if (end == &end->lane->ends[LANE_SERVER] && end->lane->port != NULL)
		port = end->lane->port;
	/* An ended home is a dying process's, whose end closes in a moment. */
	if (!port->ended)
		event_post(kernel, &end->event, port, EVENT_LANE_CLOSED);
}

void lane_end_close(struct kernel *kernel, struct lane_end *end, enum error reason)
{
	struct lane *lane = end->lane;
	struct lane_end *peer = lane_end_peer(end);

	event_cancel(kernel, &end->event);
	if (end == &lane->ends[LANE_SERVER] || !peer->open) {
		/* No server end is left that a port should list. */
		event_cancel(kernel, &lane->ends[LANE_SERVER].event);
		lane_leave_port(lane);
	}
	/* A dead process's mappings go with its address space. */
	if (end->attached && end->process->state != PROCESS_DEAD)
		platform_lane_detach(kernel->machine, end->process, lane, end->address, end->peer_page);
	end->attached = false;
	end->open = false;
	end->handle = 0;
	if (lane->state != LANE_CLOSED) {
		lane->state = LANE_CLOSED;
		lane->reason = reason;
		transit_clear(kernel, lane);
	}
	if (peer->open)
		lane_tell_closed(kernel, peer);
	else
		lane_free(kernel, lane);
}

void lane_turn_away(struct kernel *kernel, struct lane *lane, enum error reason)
{
	event_cancel(kernel, &lane->ends[LANE_SERVER].event);
	lane_leave_port(lane);
	lane->state = LANE_CLOSED;
	lane->reason = reason;
	lane_tell_closed(kernel, &lane->ends[LANE_CLIENT]);
}

static struct lane *lane_create(struct kernel *kernel, struct process *process, struct capability *capability,
                                uint32_t depth, uint32_t area)
{
	struct lane *lane = platform_allocate(kernel->machine, sizeof(*lane));

	if (lane == NULL)
		return NULL;
	lane->id = kernel->next_lane++;
	lane->port = capability->port;
	lane->port_id = capability->port->id;
	lane->badge = capability->badge;
	lane->depth = depth;
	lane->area = area;
	lane->state = LANE_OPENING;
	lane->next_cookie = 1;
	lane->credentials = process->credentials;
	charge_init(&lane->charge);
	for (int side = LANE_CLIENT; side <= LANE_SERVER; side++) {
		lane->ends[side].lane = lane;
		event_init(&lane->ends[side].event, EVENT_OF_LANE_END);
		list_init(&lane->ends[side].parked);
	}
	lane->ends[LANE_CLIENT].process = process;
	lane->ends[LANE_CLIENT].open = true;
	process_acquire(process);
	list_init(&lane->port_link);
	list_add_tail(&kernel->lanes, &lane->link);
	return lane;
}

/* Gives `process` the handle of its end. Without TRANSFER: lanes stay with those who made them. */
static enum error lane_install(struct kernel *kernel, struct process *process, struct lane_end *end)
{
	const struct capability capability = {
		.kind = OBJECT_LANE,
		.rights = RIGHT_READ | RIGHT_WRITE,
		.end = end,
	};

	return handle_install(kernel, process, &capability, &end->handle);
}

uint64_t sys_lane_open(struct call *call)
{
	uint64_t protocol = call->argument[1], depth = call->argument[2], area = call->argument[3];
	struct kernel *kernel = call->kernel;
	struct capability *capability;
	struct quota amount = {.lanes = 1};
	struct lane *lane;
	struct port *port;
	enum error error = handle_lookup_port(call->process, call->argument[0], RIGHT_SEND, &capability);

	if (error != E_OK)
		return error_result(error);
	if (protocol > UINT32_MAX || !lane_geometry_valid(depth, area))
		return error_result(E_INVAL);
	port = capability->port;
	amount.memory = lane_size((uint32_t)depth, (uint32_t)area);
	lane = lane_create(kernel, call->process, capability, (uint32_t)depth, (uint32_t)area);
	if (lane == NULL)
		return error_result(E_NOMEM);
	lane->protocol = (uint32_t)protocol & 0xffff;
	lane->version = (uint32_t)protocol >> 16;
	error = charge_take(&lane->charge, call->process->account, &amount);
	if (error == E_OK)
		error = lane_install(kernel, call->process, &lane->ends[LANE_CLIENT]);
	if (error != E_OK) {
		lane_free(kernel, lane);
		return error_result(error);
	}
	list_add_tail(&port->pending, &lane->port_link);
	port->pending_count++;
	event_post(kernel, &lane->ends[LANE_SERVER].event, port, EVENT_LANE_OPENED);
	return lane->ends[LANE_CLIENT].handle;
}

/* The pending lane that the caller, who must hold RECEIVE of the port, names by its id. */
static enum error lane_find_pending(struct call *call, struct lane **result)
{
	struct capability *capability;
	enum error error = handle_lookup_port(call->process, call->argument[0], RIGHT_RECEIVE, &capability);

	if (error != E_OK)
		return error;
	list_for_each(link, &capability->port->pending) {
		struct lane *lane = list_entry(link, struct lane, port_link);

		if (lane->id == call->argument[1]) {
			*result = lane;
			return E_OK;
		}
	}
	/* Never was, is another port's, or its opener has gone. */
	return E_CAP_INVALID;
}

uint64_t sys_lane_accept(struct call *call)
{
	struct kernel *kernel = call->kernel;
	struct lane_end *server;
	struct lane *lane;
	enum error error = lane_find_pending(call, &lane);

	if (error != E_OK)
		return error_result(error);
	/* The lane's own charge has paid for the memory since it was opened. */
	error = memory_create(kernel, lane_size(lane->depth, lane->area), MEMORY_SHARED, NULL, &lane->memory);
	if (error != E_OK)
		return error_result(error);
	server = &lane->ends[LANE_SERVER];
	error = lane_install(kernel, call->process, server);
	if (error != E_OK) {
		memory_release(kernel, lane->memory);
		lane->memory = NULL;
		return error_result(error);
	}
	event_cancel(kernel, &server->event);
	server->process = call->process;
	process_acquire(call->process);
	server->open = true;
	lane->state = LANE_ACCEPTED;
	list_remove(&lane->port_link);
	lane->port->pending_count--;
	list_add_tail(&lane->port->accepted, &lane->port_link);
	lane->port->accepted_count++;
	event_post(kernel, &lane->ends[LANE_CLIENT].event, lane->ends[LANE_CLIENT].process->home,
	           EVENT_LANE_ACCEPTED);
	return server->handle;
}

uint64_t sys_lane_refuse(struct call *call)
{
	struct lane *lane;
	enum error error = lane_find_pending(call, &lane);

	if (error != E_OK)
		return error_result(error);
	lane_turn_away(call->kernel, lane, E_REFUSED);
	return 0;
}

uint64_t sys_lane_info(struct call *call)
{
	struct capability *capability;
	struct lane_info info = {0};
	const struct process *peer;
	const struct lane *lane;
	enum error error = handle_lookup(call->process, call->argument[0], OBJECT_LANE, 0, &capability);

	if (error != E_OK)
		return error_result(error);
	lane = capability->end->lane;
	info.id = lane->id;
	info.badge = lane->badge;
	peer = lane_end_peer(capability->end)->process;
	if (peer != NULL) {
		info.peer = peer->id;
		info.peer_number = peer->number;
	}
	info.protocol = lane->protocol;
	info.version = lane->version;
	info.depth = lane->depth;
	info.area = lane->area;
	info.state = lane->state;
	info.is_client = capability->end == &lane->ends[LANE_CLIENT];
	info.reason = lane->reason;
	info.uid = lane->credentials.uid;
	info.gid = lane->credentials.gid;
	info.group_count = lane->credentials.group_count;
	for (uint32_t group = 0; group < info.group_count; group++)
		info.groups[group] = lane->credentials.groups[group];
	call_write(call, &info, sizeof(info));
	return 0;
}

uint64_t sys_lane_attach(struct call *call)
{
	uint64_t addresses[2] = {0}; /* of the lane and of the peer's page, where the kernel maps */
	struct capability *capability;
	struct lane_end *end;
	struct lane *lane;
	enum error error = handle_lookup(call->process, call->argument[0], OBJECT_LANE, 0, &capability);

	if (error != E_OK)
		return error_result(error);
	end = capability->end;
	lane = end->lane;
	if (lane->state == LANE_OPENING || end->attached)
		return error_result(E_BUSY);
	/* Closed by the peer after acceptance it may still hold published replies. */
	if (lane->memory == NULL)
		return error_result(E_PEER_DEAD);
	error = platform_lane_attach(call->kernel->machine, call->process, lane,
	                             lane_end_peer(end)->process, &addresses[0], &addresses[1]);
	if (error != E_OK)
		return error_result(error);
	end->attached = true;
	end->address = addresses[0];
	end->peer_page = addresses[1];
	call_write(call, addresses, sizeof(addresses));
	return 0;
}

uint64_t sys_lane_close(struct call *call)
{
	struct capability *capability;
	enum error error = handle_lookup(call->process, call->argument[0], OBJECT_LANE, 0, &capability);

	if (error != E_OK)
		return error_result(error);
	if (call->argument[1] > E_LAST)
		return error_result(E_INVAL);
	handle_drop(call->kernel, call->process, (handle_t)call->argument[0], (enum error)call->argument[1]);
	return 0;
}
