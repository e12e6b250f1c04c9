/*
 * The node protocol's handlers for directories read with attributes, and for
 * files that are in none.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "handlers.h"
#include "node.h"
#include "permission.h"
#include "session.h"

#define LAST_DOTS 2u /* cookie of "..", the last entry that gives no reference */

struct listing {
	const struct caller *caller;
	uint8_t *buffer;
	uint32_t capacity;
	uint32_t length;
	int32_t error; /* why it has ended; 0: at the end */
};

/* Gives the session a reference to what it is told about. */
static int32_t reference(const struct caller *caller, uint64_t node)
{
	int32_t error = session_reserve(caller->session);

	if (!error)
		error = tmpfs_reference(&caller->vfs->tmpfs, node, 1);
	if (!error)
		session_hold(caller->session, node);
	return error;
}

static bool listing_add(void *context, const struct tmpfs_entry *entry)
{
	struct listing *listing = context;
	struct tmpfs_attributes found;
	struct fs_attributes attributes;
	uint32_t size = (uint32_t)sizeof(attributes) + node_entry_size(entry);

	if (size > listing->capacity - listing->length)
		listing->error = POSIX_EINVAL;
	else
		listing->error = tmpfs_get_attributes(&listing->caller->vfs->tmpfs, entry->node, &found);
	if (!listing->error && entry->cookie > LAST_DOTS)
		listing->error = reference(listing->caller, entry->node);
	if (listing->error)
		return false;
	node_attributes_fill(&attributes, &found);
	memcpy(listing->buffer + listing->length, &attributes, sizeof(attributes));
	node_entry_put(listing->buffer + listing->length + sizeof(attributes), entry);
	listing->length += size;
	return true;
}

int32_t node_serve_readdir_attributes(struct request *request,
                                      const struct fs_readdir_attributes_arguments *arguments,
                                      struct fs_readdir_attributes_results *results)
{
	struct listing listing = {.buffer = arguments->entries, .capacity = arguments->entries_capacity};
	struct caller caller;
	int32_t error = node_begin(request, arguments->directory, &caller);

	if (listing.capacity > NODE_TRANSFER_MAXIMUM)
		listing.capacity = NODE_TRANSFER_MAXIMUM;
	listing.caller = &caller;
	/* It also looks all of them up. */
	if (!error)
		error = node_check(&caller, arguments->directory, ACCESS_READ | ACCESS_EXECUTE);
	if (!error)
		error = tmpfs_readdir(&caller.vfs->tmpfs, arguments->directory, arguments->cookie, listing_add,
		                      &listing, vfs_now(caller.vfs));
	/* What ended it will come again at the entry where it did. */
	if (!error && listing.length == 0)
		error = listing.error;
	results->entries_length = listing.length;
	return error;
}

int32_t node_serve_create_unnamed(struct request *request,
                                  const struct fs_create_unnamed_arguments *arguments)
{
	struct tmpfs_attributes made;
	struct caller caller;
	int32_t error = node_begin(request, arguments->directory, &caller);

	if (!error)
		error = session_reserve(caller.session);
	if (!error)
		error = node_create_unnamed(&caller, arguments->directory, arguments->mode, arguments->umask, &made);
	if (error)
		return error;
	session_hold(caller.session, made.node);
	node_attributes_fill(arguments->attributes, &made);
	return 0;
}
