/*
 * Actors: whom new files are to belong to. The vfs knows an identity by a
 * number that is registered on the lane, which takes a call; so a fiber does
 * it, and the request that needs it is parked.
 */
#include "bridge.h"

#include <stdlib.h>
#include <string.h>

#include <drydock/posix.h>

bool identities_create(struct identities *identities)
{
	identities->slots = calloc(IDENTITY_SLOTS, sizeof(*identities->slots));
	return identities->slots != NULL;
}

void identities_free(struct identities *identities)
{
	free(identities->slots);
}

void identities_clear(struct identities *identities)
{
	memset(identities->slots, 0, IDENTITY_SLOTS * sizeof(*identities->slots));
	identities->count = 0;
	identities->done = false;
}

/* The slot of an identity, or the free one where it belongs. There is one: the table is never full. */
static struct identity_slot *find(struct identities *identities, uint32_t uid, uint32_t gid)
{
	uint32_t index = (uid * 2654435761u ^ gid * 2246822519u) % IDENTITY_SLOTS;

	for (;;) {
		struct identity_slot *slot = &identities->slots[index];

		if (slot->actor == 0 || (slot->uid == uid && slot->gid == gid))
			return slot;
		index = (index + 1) % IDENTITY_SLOTS;
	}
}

static void register_identity(void *argument)
{
	struct bridge *bridge = argument;
	struct identities *identities = &bridge->identities;
	uint32_t uid = identities->uid, gid = identities->gid, actor;
	int32_t status;

	status = client_register_actor(bridge->client, uid, gid, NULL, 0, identity_flags(bridge), &actor);
	/* It may have been registered on a lane that was made anew for it: connection.c does that first. */
	if (status == 0 && client_generation(bridge->client) == bridge->generation) {
		*find(identities, uid, gid) = (struct identity_slot){.uid = uid, .gid = gid, .actor = actor};
		identities->count++;
	}
	identities->status = status;
	identities->running = false;
	identities->done = status != 0 && status != -E_PEER_DEAD;
	bridge->fibers--;
	bridge->retry = true;
}

enum identity_answer identity_actor(struct bridge *bridge, uint32_t uid, uint32_t gid, uint32_t *actor,
                                    int32_t *status)
{
	struct identities *identities = &bridge->identities;
	const struct identity_slot *slot = find(identities, uid, gid);

	*actor = slot->actor;
	if (slot->actor != 0)
		return IDENTITY_KNOWN;
	if (identities->running)
		return IDENTITY_WAIT;
	*status = identities->status;
	if (identities->done && identities->uid == uid && identities->gid == gid) {
		identities->done = false;
		return IDENTITY_REFUSED;
	}
	*status = POSIX_ENFILE;
	if (identities->count == IDENTITY_MAXIMUM)
		return IDENTITY_REFUSED;
	identities->uid = uid;
	identities->gid = gid;
	*status = -(int32_t)fiber_start(bridge->runtime, register_identity, bridge);
	if (*status != 0)
		return IDENTITY_REFUSED;
	identities->running = true;
	bridge->fibers++;
	return IDENTITY_WAIT;
}
