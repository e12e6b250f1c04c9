/* The node protocol: what directories hold. See node.h. */
#include <drydock/filesystem.h>
#include <drydock/posix.h>
#include <drydock/string.h>

#include "directory.h"
#include "file.h"
#include "node.h"
#include "permission.h"

static bool entries_add(void *context, const struct directory_entry *entry)
{
	return filesystem_entry_add(context, node_of(entry->inode), entry->cookie, entry->mode, entry->name,
	                            entry->length);
}

static uint32_t capacity_of(uint32_t capacity)
{
	return capacity < READ_MAXIMUM ? capacity : READ_MAXIMUM;
}

int32_t node_serve_readdir(struct request *request, const struct fs_readdir_arguments *arguments,
                           struct fs_readdir_results *results)
{
	struct filesystem_entries entries = {.buffer = arguments->entries,
	                                     .capacity = capacity_of(arguments->entries_capacity)};
	struct caller caller;
	struct inode *directory;
	int32_t error = node_begin(request, arguments->directory, &caller, &directory);

	if (!error && !inode_is(directory, POSIX_S_IFDIR))
		error = POSIX_ENOTDIR;
	if (!error)
		error = permission_check(caller.who, directory, ACCESS_READ);
	if (!error)
		error = directory_read(directory, arguments->cookie, entries_add, &entries);
	if (!error)
		error = filesystem_entries_end(&entries);
	results->entries_length = entries.length;
	node_finish(&caller, directory);
	return error;
}

/* ---- with attributes ------------------------------------------------------------- */

struct listing {
	const struct caller *caller;
	const struct inode *directory;
	struct filesystem_entries entries;
	int32_t error; /* why it has ended; 0: at the end */
};

static bool is_dots(const struct directory_entry *entry)
{
	return entry->length <= 2 && memcmp(entry->name, "..", entry->length) == 0;
}

/* Puts attributes and entry, if there is room for both, and counts the reference. */
static int32_t listing_put(struct listing *listing, const struct directory_entry *entry,
                           const struct inode *inode)
{
	struct filesystem_entries *entries = &listing->entries;
	const uint32_t before = entries->length;
	struct fs_attributes attributes;
	int32_t error;

	if (sizeof(attributes) > entries->capacity - before)
		return POSIX_EINVAL;
	entries->length += (uint32_t)sizeof(attributes);
	error = entries_add(entries, entry) ? 0 : POSIX_EINVAL;
	if (!error && !is_dots(entry))
		error = session_hold(listing->caller->session, node_of(inode->number));
	if (error) {
		entries->length = before;
		return error;
	}
	node_attributes_fill(&attributes, inode);
	memcpy(entries->buffer + before, &attributes, sizeof(attributes));
	return 0;
}

/* Suspends; meanwhile the directory, which is locked, stays as it is. */
static bool listing_add(void *context, const struct directory_entry *entry)
{
	struct listing *listing = context;
	struct inode *inode;

	listing->error = node_entry_get(listing->directory, entry->inode, &inode);
	if (!listing->error) {
		listing->error = listing_put(listing, entry, inode);
		inode_put(listing->caller->volume, inode);
	}
	return listing->error == 0;
}

int32_t node_serve_readdir_attributes(struct request *request,
                                      const struct fs_readdir_attributes_arguments *arguments,
                                      struct fs_readdir_attributes_results *results)
{
	struct caller caller;
	struct listing listing = {.caller = &caller,
	                          .entries = {.buffer = arguments->entries,
	                                      .capacity = capacity_of(arguments->entries_capacity)}};
	struct inode *directory;
	int32_t error = node_begin(request, arguments->directory, &caller, &directory);

	if (!error && !inode_is(directory, POSIX_S_IFDIR))
		error = POSIX_ENOTDIR;
	/* It also looks all of them up. */
	if (!error)
		error = permission_check(caller.who, directory, ACCESS_READ | ACCESS_EXECUTE);
	listing.directory = directory;
	if (!error)
		error = directory_read(directory, arguments->cookie, listing_add, &listing);
	/* What ended it will come again at the entry where it did. */
	if (!error && listing.entries.length == 0)
		error = listing.error;
	results->entries_length = listing.entries.length;
	node_finish(&caller, directory);
	return error;
}
