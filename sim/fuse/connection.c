/*
 * The lane to the file system: made at the start, and again after that died. What
 * was in flight has failed then; what comes meanwhile waits for a while.
 */
#include "bridge.h"

#include <unistd.h>

#define RETRY_NANOSECONDS    50000000ull   /* between two tries to connect */
#define PATIENCE_NANOSECONDS 5000000000ull /* until requests fail instead of waiting */

static const struct client_options lane_options = {
	.depth = BRIDGE_DEPTH,
	.area = BRIDGE_AREA,
};

/* Connects where that is needed, and tells the new lane what it must know. */
static int32_t prepare_lane(struct bridge *bridge)
{
	int32_t status = 0;

	if (bridge->client == NULL)
		bridge->client = client_open(bridge->runtime, bridge->service, &fs_protocol, &lane_options, &status);
	if (status == 0)
		status = client_register_actor(bridge->client, geteuid(), getegid(), NULL, 0,
		                               identity_flags(bridge), &bridge->actor);
	if (status != 0)
		return status;
	bridge->generation = client_generation(bridge->client);
	identities_clear(&bridge->identities);
	ahead_clear(bridge);
	return buffers_renew(bridge) ? 0 : -E_NOMEM;
}

void connection_open(void *argument)
{
	struct bridge *bridge = argument;

	bridge->status = prepare_lane(bridge);
	bridge->fibers--;
}

static void lose_patience(struct timer *timer, void *context)
{
	struct bridge *bridge = context;

	(void)timer;
	bridge->given_up = true;
	bridge->retry = true;
}

static void connect_again(void *argument)
{
	struct bridge *bridge = argument;

	while ((bridge->status = prepare_lane(bridge)) != 0)
		fiber_sleep(bridge->runtime, runtime_time(bridge->runtime) + RETRY_NANOSECONDS);
	timer_cancel(bridge->runtime, &bridge->patience);
	bridge->given_up = false;
	bridge->connecting = false;
	bridge->fibers--;
	bridge->retry = true;
}

bool connection_ready(struct bridge *bridge)
{
	if (bridge->connecting)
		return false;
	if (client_connected(bridge->client) && client_generation(bridge->client) == bridge->generation)
		return true;
	if (fiber_start(bridge->runtime, connect_again, bridge) != E_OK) {
		bridge->given_up = true;
		return false;
	}
	bridge->connecting = true;
	bridge->fibers++;
	bridge->patience.fire = lose_patience;
	bridge->patience.context = bridge;
	timer_set(bridge->runtime, &bridge->patience, runtime_time(bridge->runtime) + PATIENCE_NANOSECONDS);
	return false;
}
