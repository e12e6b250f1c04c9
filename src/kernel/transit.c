/*
 * Capabilities between the two ends of a lane. A cookie names one for one
 * acceptance, by the other end of the same lane; numbers are not used twice on
 * a lane. The sender pays a handle for each until it is accepted or freed.
 */
#include "kernel/core.h"

static void transit_free(struct kernel *kernel, struct lane_end *end, struct transit *transit)
{
	list_remove(&transit->link);
	end->parked_count--;
	account_return_handle(end->process->account);
	platform_free(kernel->machine, transit, sizeof(*transit));
}

void transit_clear(struct kernel *kernel, struct lane *lane)
{
	for (int side = LANE_CLIENT; side <= LANE_SERVER; side++) {
		struct lane_end *end = &lane->ends[side];

		while (!list_empty(&end->parked)) {
			struct transit *transit = list_entry(end->parked.next, struct transit, link);
			struct capability capability = transit->capability;

			transit_free(kernel, end, transit);
			capability_release(kernel, &capability);
		}
	}
}

/* The caller's end of an accepted lane. */
static enum error transit_lane(struct call *call, struct lane_end **end)
{
	struct capability *capability;
	enum error error = handle_lookup(call->process, call->argument[0], OBJECT_LANE, 0, &capability);

	if (error != E_OK)
		return error;
	*end = capability->end;
	switch (capability->end->lane->state) {
	case LANE_ACCEPTED:
		return E_OK;
	case LANE_OPENING:
		return E_BUSY;
	case LANE_CLOSED:
		break;
	}
	return E_PEER_DEAD;
}

uint64_t sys_cap_move(struct call *call)
{
	struct kernel *kernel = call->kernel;
	struct handle_slot *slot;
	struct transit *transit;
	struct lane_end *end;
	enum error error = transit_lane(call, &end);

	if (error != E_OK)
		return error_result(error);
	slot = handle_find(call->process, call->argument[1]);
	if (slot == NULL)
		return error_result(E_CAP_INVALID);
	error = capability_narrow(&slot->capability, call->argument[2]);
	if (error != E_OK)
		return error_result(error);
	/* It would leave a port that nobody can receive from. */
	if (slot->capability.kind == OBJECT_PORT && (slot->capability.rights & RIGHT_RECEIVE))
		return error_result(E_NO_RIGHTS);
	if (end->parked_count >= end->lane->depth)
		return error_result(E_QUOTA);
	transit = platform_allocate(kernel->machine, sizeof(*transit));
	if (transit == NULL)
		return error_result(E_NOMEM);
	transit->capability = handle_take(kernel, call->process, (handle_t)call->argument[1]);
	transit->capability.rights = (rights_t)call->argument[2];
	/* The handle that the table gave back a moment ago: there is one. */
	account_take_handle(call->process->account);
	transit->cookie = end->lane->next_cookie++;
	list_add_tail(&end->parked, &transit->link);
	end->parked_count++;
	return transit->cookie;
}

uint64_t sys_cap_accept(struct call *call)
{
	struct kernel *kernel = call->kernel;
	struct lane_end *end, *peer;
	enum error error = transit_lane(call, &end);

	if (error != E_OK)
		return error_result(error);
	peer = lane_end_peer(end);
	list_for_each(link, &peer->parked) {
		struct transit *transit = list_entry(link, struct transit, link);
		struct capability capability = transit->capability;
		handle_t handle;

		if (transit->cookie != call->argument[1])
			continue;
		/* Where it does not fit it stays parked. */
		error = handle_install(kernel, call->process, &capability, &handle);
		if (error != E_OK)
			return error_result(error);
		transit_free(kernel, peer, transit);
		capability_release(kernel, &capability);
		return handle;
	}
	return error_result(E_CAP_INVALID);
}
