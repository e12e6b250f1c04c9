/*
 * Nodes without file capabilities. Before each write to a file Linux asks
 * whether it has the attribute "security.capability", which the write is to
 * remove, and libfuse 3.14 cannot tell it that the file system sees to that
 * itself (HANDLE_KILLPRIV_V2 of fuse(4)). So the answer "none" is kept for as
 * long as Linux keeps attributes: of a file just made, and of one that was
 * asked about. Whoever else gives a file capabilities meanwhile loses nothing:
 * the file system removes them when it writes.
 */
#include <string.h>

#include "bridge.h"

#define NANOSECONDS 1e9

static struct bare *slot_of(struct bridge *bridge, uint64_t node)
{
	return &bridge->bare[(node ^ node >> 32) % BARE_SLOTS];
}

bool bare_concerns(const char *name)
{
	return strcmp(name, "security.capability") == 0;
}

void bare_ask(struct operation *question)
{
	question->epoch = question->bridge->bare_epoch;
}

void bare_note(struct operation *question, uint64_t node)
{
	struct bridge *bridge = question->bridge;
	struct bare *bare = slot_of(bridge, node);

	/* What was set meanwhile may have come after the answer. */
	if (bridge->options.timeout == 0 || question->epoch != bridge->bare_epoch)
		return;
	bare->node = node;
	bare->expires = runtime_time(bridge->runtime) + (uint64_t)(bridge->options.timeout * NANOSECONDS);
}

bool bare_known(struct bridge *bridge, uint64_t node)
{
	const struct bare *bare = slot_of(bridge, node);

	return bare->node == node && runtime_time(bridge->runtime) < bare->expires;
}

void bare_drop(struct bridge *bridge, uint64_t node)
{
	bridge->bare_epoch++;
	slot_of(bridge, node)->expires = 0;
}
