/* Help for servers of file systems: see drydock/filesystem.h. */
#include <drydock/filesystem.h>
#include <drydock/posix.h>
#include <drydock/string.h>

/* What the FUSE bridge asks for (sim/fuse/bridge.h) is the most that anybody does. */
#define LANE_DEPTH 256u
#define LANE_AREA  (64u << 20)

#define MODE_EXECUTE 00111u

int32_t filesystem_serve(struct runtime *runtime, void *server, const struct fs_operations *operations,
                         const struct service_events *events)
{
	const struct service_limits limits = {.depth = LANE_DEPTH, .area = LANE_AREA};
	enum error error;
	struct service *service = service_create(runtime, server, &limits, events, &error);

	if (service == NULL)
		return -(int32_t)error;
	error = filesystem_add(service, operations);
	return error != E_OK ? -(int32_t)error : service_register(service);
}

bool filesystem_entry_add(struct filesystem_entries *entries, uint64_t node, uint64_t cookie, uint32_t mode,
                          const char *name, uint32_t length)
{
	const struct fs_entry head = {node, cookie, mode & POSIX_S_IFMT, length};
	uint32_t padded = (length + 7) & ~7u;
	uint8_t *to = entries->buffer + entries->length;

	if (entries->full || sizeof(head) + padded > entries->capacity - entries->length) {
		entries->full = true;
		return false;
	}
	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), name, length);
	memset(to + sizeof(head) + length, 0, padded - length);
	entries->length += (uint32_t)sizeof(head) + padded;
	return true;
}

int32_t filesystem_entries_end(const struct filesystem_entries *entries)
{
	return entries->full && entries->length == 0 ? POSIX_EINVAL : 0;
}

static bool in_group(const struct identity *who, uint32_t gid)
{
	for (uint32_t at = 0; at < who->group_count; at++) {
		if (who->groups[at] == gid)
			return true;
	}
	return who->gid == gid;
}

int32_t filesystem_check(const struct identity *who, const struct fs_attributes *attributes, uint32_t wanted)
{
	bool is_directory = (attributes->mode & POSIX_S_IFMT) == POSIX_S_IFDIR;
	uint32_t bits = attributes->mode;

	if (who->flags & IDENTITY_CHECKED)
		return 0;
	if (who->uid == 0)
		return is_directory || !(wanted & 1) || bits & MODE_EXECUTE ? 0 : POSIX_EACCES;
	/* Only the first class that fits counts, even where a later one would allow more. */
	if (who->uid == attributes->uid)
		bits >>= 6;
	else if (in_group(who, attributes->gid))
		bits >>= 3;
	return wanted & ~bits & 7 ? POSIX_EACCES : 0;
}
