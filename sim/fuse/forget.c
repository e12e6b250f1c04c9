/*
 * References that the kernel gives back. Nobody waits for that: they are
 * collected and go along with the next call, or when nothing else is to do.
 */
#include "bridge.h"

#include <stdlib.h>

#define FORGETS_IN_FLIGHT 64u /* the rest of the lane's depth is for requests */

static bool grow(struct forgets *forgets)
{
	size_t room = forgets->room ? 2 * forgets->room : 64;
	struct forget *list = reallocarray(forgets->list, room, sizeof(*list));

	if (list == NULL)
		return false;
	forgets->list = list;
	forgets->room = room;
	return true;
}

void forget_add(struct bridge *bridge, uint64_t node, uint64_t count)
{
	struct forgets *forgets = &bridge->forgets;

	/* Without memory the vfs keeps the node until the lane goes. */
	if (forgets->count == forgets->room && !grow(forgets))
		return;
	forgets->list[forgets->count++] = (struct forget){.node = node, .count = count};
}

static void forgotten(struct call *call, void *context)
{
	struct operation *operation = context;
	struct bridge *bridge = operation->bridge;

	call_end(call);
	operation_put(operation);
	bridge->forgets.in_flight--;
	bridge->retry = true;
}

void forget_flush(struct bridge *bridge)
{
	struct forgets *forgets = &bridge->forgets;

	while (forgets->count > 0 && forgets->in_flight < FORGETS_IN_FLIGHT && connection_ready(bridge)) {
		const struct forget *forget = &forgets->list[forgets->count - 1];
		struct operation *operation = operation_take(bridge);

		if (operation == NULL)
			return;
		if (fs_forget_try_prepare(&operation->call, bridge->client, forget->node, forget->count) !=
		    0) {
			operation_put(operation);
			return;
		}
		call_set_actor(&operation->call, bridge->actor);
		call_submit(&operation->call, forgotten, operation);
		forgets->in_flight++;
		forgets->count--;
	}
}
