/* READDIR: from the node protocol's entries to FUSE's. */
#include "bridge.h"

#include <errno.h>
#include <string.h>

#include "reply.h"

#define NAME_MAXIMUM  255u
#define READDIR_LIMIT (128u * 1024) /* bytes that are asked for at once */

/* FUSE's entries have the same size as ours, so that a reply has room for what came (FUSE_DIRENT_ALIGN). */
_Static_assert(sizeof(struct fs_entry) == 24 && sizeof(struct fs_entry) % 8 == 0, "as struct fuse_dirent");

/*
 * Takes the entry at `*at`; `name` has room for a terminator. False at the
 * end, or where it is no entry: the vfs may have written anything.
 */
static bool take_entry(const uint8_t *entries, uint32_t length, uint32_t *at, struct fs_entry *entry,
                       char *name)
{
	uint32_t left = length - *at;

	if (left < sizeof(*entry))
		return false;
	memcpy(entry, entries + *at, sizeof(*entry));
	left -= (uint32_t)sizeof(*entry);
	if (entry->name_length == 0 || entry->name_length > NAME_MAXIMUM || entry->name_length > left)
		return false;
	memcpy(name, entries + *at + sizeof(*entry), entry->name_length);
	name[entry->name_length] = '\0';
	*at += (uint32_t)sizeof(*entry) + ((entry->name_length + 7) & ~7u);
	if (*at > length)
		*at = length;
	return true;
}

static size_t convert(fuse_req_t request, const uint8_t *entries, uint32_t length, char *reply, size_t room)
{
	char name[NAME_MAXIMUM + 1];
	struct fs_entry entry;
	size_t used = 0;
	uint32_t at = 0;

	while (take_entry(entries, length, &at, &entry, name)) {
		const struct stat stat = {.st_ino = entry.node, .st_mode = entry.mode};
		size_t size = fuse_add_direntry(request, reply + used, room - used, name, &stat,
		                                (off_t)entry.cookie);

		if (size > room - used)
			break;
		used += size;
	}
	return used;
}

static void finish_readdir(struct operation *operation)
{
	struct fs_readdir_results results;
	char reply[READDIR_LIMIT];
	int32_t status = fs_readdir_finish(&operation->call, &results, NULL);
	size_t length;

	if (status != 0) {
		fuse_reply_err(operation->request, reply_errno(status));
		return;
	}
	length = convert(operation->request, operation->call.out, results.entries_length, reply,
	                 operation->call.out_length);
	fuse_reply_buf(operation->request, reply, length);
}

void handle_readdir(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset,
                    struct fuse_file_info *file)
{
	struct operation *operation = operation_start(request, finish_readdir);

	(void)file;
	if (size > READDIR_LIMIT)
		size = READDIR_LIMIT;
	if (operation == NULL)
		return;
	ahead_drop(operation, node);
	operation_submit(operation, fs_readdir_try_prepare(&operation->call, operation->bridge->client, node,
	                                                   (uint64_t)offset, (uint32_t)size));
}
