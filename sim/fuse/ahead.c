/*
 * Attributes asked for ahead. Linux forgets those of a file that it has
 * written to, and those of a directory in which it has changed a name; who
 * looks at the one, or checks permissions by the other, asks for them anew, and
 * waits. We ask together with the change, which costs the vfs next to nothing,
 * and keep the answer for that question, no longer than Linux itself would.
 */
#include "bridge.h"

#define NANOSECONDS 1e9

static struct ahead *slot_of(struct bridge *bridge, uint64_t node)
{
	return &bridge->ahead[(node ^ node >> 32) % AHEAD_SLOTS];
}

static void answered(struct call *call, void *context)
{
	struct operation *operation = context;
	struct bridge *bridge = operation->bridge;
	struct ahead *ahead = operation->ahead;

	/* One that came before the change was done may have been read before it. */
	if (ahead->serial == operation->serial && ahead->changed &&
	    fs_get_attributes_finish(call, &ahead->attributes) == 0) {
		ahead->expires =
			runtime_time(bridge->runtime) + (uint64_t)(bridge->options.timeout * NANOSECONDS);
		ahead->valid = true;
	}
	call_end(call);
	operation_put(operation);
	bridge->retry = true;
}

void ahead_ask(struct operation *change, uint64_t node)
{
	struct bridge *bridge = change->bridge;
	struct ahead *ahead = slot_of(bridge, node);
	struct operation *operation;

	if (bridge->options.timeout == 0)
		return;
	ahead->valid = ahead->changed = false;
	ahead->node = node;
	ahead->serial++;
	operation = operation_take(bridge);
	if (operation == NULL)
		return;
	if (fs_get_attributes_try_prepare(&operation->call, bridge->client, node) != 0) {
		operation_put(operation);
		return;
	}
	call_set_actor(&operation->call, bridge->actor);
	change->ahead = operation->ahead = ahead;
	change->serial = operation->serial = ahead->serial;
	call_submit(&operation->call, answered, operation);
}

void ahead_changed(struct operation *operation)
{
	struct bridge *bridge = operation->bridge;
	struct ahead *ahead = operation->ahead;

	if (operation->others)
		bridge->ahead_epoch++;
	if (ahead == NULL)
		return;
	if (ahead->serial == operation->serial) {
		ahead->changed = true;
		ahead->epoch = bridge->ahead_epoch;
	} else {
		/* Another change overtook this one; what was asked with that may not have seen this. */
		ahead->valid = false;
		ahead->serial++;
	}
}

bool ahead_take(struct bridge *bridge, uint64_t node, struct fs_attributes *attributes, double *timeout)
{
	struct ahead *ahead = slot_of(bridge, node);
	uint64_t now;

	if (!ahead->valid || ahead->node != node || ahead->epoch != bridge->ahead_epoch)
		return false;
	ahead->valid = false;
	now = runtime_time(bridge->runtime);
	if (now >= ahead->expires)
		return false;
	*attributes = ahead->attributes;
	*timeout = (double)(ahead->expires - now) / NANOSECONDS;
	return true;
}

void ahead_drop(struct operation *change, uint64_t node)
{
	struct ahead *ahead = slot_of(change->bridge, node);

	ahead->valid = false;
	ahead->serial++;
	change->ahead = ahead;
	change->serial = ahead->serial;
}

void ahead_clear(struct bridge *bridge)
{
	bridge->ahead_epoch++;
}
