/* Operations on nodes with permissions: see node.h. */
#include "node.h"

#include <drydock/posix.h>
#include <drydock/proto/fs.h>
#include <drydock/string.h>

#include "permission.h"
#include "remote.h"
#include "view.h"
#include "watch.h"

#define NANOSECONDS_PER_SECOND 1000000000u
#define MODE_BITS              07777u
#define MODE_DIRECTORY_BITS    01777u /* that can be asked for when a directory is made */

/* Nothing that can fail: who gives a reference back holds it. */
void node_forget(const struct caller *caller, uint64_t node)
{
	if (node_is_remote(node)) {
		remote_forget(node);
		return;
	}
	tmpfs_forget(&caller->vfs->tmpfs, node, 1);
}

int32_t node_hold(const struct caller *caller, uint64_t node)
{
	if (!node_is_remote(node))
		return tmpfs_reference(&caller->vfs->tmpfs, node, 1);
	remote_reference(node);
	return 0;
}

int32_t node_reference(const struct caller *caller, uint64_t node, struct tmpfs_attributes *attributes)
{
	int32_t error;

	if (node_is_remote(node)) {
		error = remote_attributes_get(caller, node, attributes);
		if (!error)
			remote_reference(node);
		return error;
	}
	view_look(caller, node);
	error = tmpfs_reference(&caller->vfs->tmpfs, node, 1);
	return error ? error : tmpfs_get_attributes(&caller->vfs->tmpfs, node, attributes);
}

int32_t node_attributes_get(const struct caller *caller, uint64_t node, struct tmpfs_attributes *attributes)
{
	if (node_is_remote(node))
		return remote_attributes_get(caller, node, attributes);
	view_look(caller, node);
	return tmpfs_get_attributes(&caller->vfs->tmpfs, node, attributes);
}

int32_t node_check(const struct caller *caller, uint64_t node, uint32_t wanted)
{
	struct tmpfs_attributes attributes;
	int32_t error;

	if (node_is_remote(node))
		return remote_check(caller, node, wanted);
	error = tmpfs_get_attributes(&caller->vfs->tmpfs, node, &attributes);
	return error ? error : permission_check(caller->who, &attributes, wanted);
}

/* Tells those who watch, if it has been done. */
static int32_t changed(const struct caller *caller, uint64_t node, int32_t error)
{
	if (!error)
		watch_node(caller, node);
	return error;
}

static int32_t name_changed(const struct caller *caller, const struct node_name *at, int32_t error)
{
	if (!error)
		watch_name(caller, at);
	return error;
}

/* What a name that is about to change names, 0 for nothing; found only where there is somebody to be told. */
static uint64_t named(const struct caller *caller, const struct node_name *at)
{
	struct tmpfs_attributes attributes;

	return watch_others(caller) && node_peek(caller, at, &attributes) == 0 ? attributes.node : 0;
}

/* Checks that it is a directory with which `caller` may do `wanted`, and returns its attributes. */
static int32_t check_directory(const struct caller *caller, uint64_t directory, uint32_t wanted,
                               struct tmpfs_attributes *attributes)
{
	int32_t error = tmpfs_get_attributes(&caller->vfs->tmpfs, directory, attributes);

	if (error)
		return error;
	if (!attributes_type_is(attributes, POSIX_S_IFDIR))
		return POSIX_ENOTDIR;
	return permission_check(caller->who, attributes, wanted);
}

int32_t node_check_search(const struct caller *caller, uint64_t directory)
{
	struct tmpfs_attributes attributes;

	if (node_is_remote(directory))
		return remote_check(caller, directory, ACCESS_EXECUTE);
	return check_directory(caller, directory, ACCESS_EXECUTE, &attributes);
}

int32_t node_lookup(const struct caller *caller, const struct node_name *at,
                    struct tmpfs_attributes *attributes)
{
	int32_t error;

	if (node_is_remote(at->directory))
		return remote_lookup(caller, at, attributes);
	error = node_check_search(caller, at->directory);
	if (!error)
		error = tmpfs_lookup(&caller->vfs->tmpfs, at->directory, at->name, at->length, attributes);
	if (error || !caller->vfs->has_views)
		return error;
	view_look(caller, attributes->node);
	return tmpfs_get_attributes(&caller->vfs->tmpfs, attributes->node, attributes);
}

int32_t node_peek(const struct caller *caller, const struct node_name *at,
                  struct tmpfs_attributes *attributes)
{
	int32_t error = node_lookup(caller, at, attributes);

	if (!error)
		node_forget(caller, attributes->node);
	return error;
}

/* ---- attributes ---------------------------------------------------------- */

/* What is wrong whoever asks for it, and so comes before permissions. */
static int32_t check_values(const struct tmpfs_attributes *node, uint32_t valid,
                            const struct tmpfs_attributes *values)
{
	if ((valid & TMPFS_SET_ATIME && values->atime.nanoseconds >= NANOSECONDS_PER_SECOND) ||
	    (valid & TMPFS_SET_MTIME && values->mtime.nanoseconds >= NANOSECONDS_PER_SECOND))
		return POSIX_EINVAL;
	if (valid & TMPFS_SET_SIZE && !attributes_type_is(node, POSIX_S_IFREG))
		return attributes_type_is(node, POSIX_S_IFDIR) ? POSIX_EISDIR : POSIX_EINVAL;
	return 0;
}

int32_t node_set_attributes(const struct caller *caller, uint64_t node, uint32_t valid,
                            const struct tmpfs_attributes *values, struct tmpfs_attributes *result)
{
	struct tmpfs_attributes old, wanted = *values;
	int32_t error;

	if (node_is_remote(node))
		return remote_set_attributes(caller, node, valid, values, result);
	error = tmpfs_get_attributes(&caller->vfs->tmpfs, node, &old);
	if (error)
		return error;
	error = check_values(&old, valid, values);
	if (!error)
		error = permission_set(caller->who, &old, valid, values);
	if (error)
		return error;
	wanted.mode = permission_mode_after(caller->who, &old, valid, values);
	if (wanted.mode != (old.mode & MODE_BITS))
		valid |= TMPFS_SET_MODE;
	error = tmpfs_set_attributes(&caller->vfs->tmpfs, node, valid, &wanted, vfs_now(caller->vfs), result);
	return changed(caller, node, error);
}

/* ---- names ----------------------------------------------------------------- */

/*
 * Checks that `at` is free and may be made, and says how: a name that is taken
 * is POSIX_EEXIST even for those who may not write here, as on Linux.
 */
static int32_t prepare_new(const struct caller *caller, const struct node_name *at, bool is_directory,
                           struct tmpfs_creation *creation)
{
	struct tmpfs_attributes directory, present;
	int32_t error = check_directory(caller, at->directory, ACCESS_EXECUTE, &directory);

	if (error)
		return error;
	if (!(caller->who->flags & IDENTITY_CHECKED)) {
		error = node_peek(caller, at, &present);
		if (error != POSIX_ENOENT)
			return error ? error : POSIX_EEXIST;
		error = permission_check(caller->who, &directory, ACCESS_WRITE);
		if (error)
			return error;
	}
	permission_inherit(caller->who, &directory, is_directory, creation);
	return 0;
}

int32_t node_create(const struct caller *caller, const struct node_name *at, uint32_t mode, uint32_t umask,
                    uint32_t device, struct tmpfs_attributes *attributes)
{
	struct tmpfs_creation creation = {.mode = mode, .umask = umask, .device = device};
	uint32_t type = mode & POSIX_S_IFMT;
	int32_t error;

	if (node_is_remote(at->directory))
		return remote_create(caller, at, mode, umask, device, attributes);
	error = prepare_new(caller, at, false, &creation);
	if (error)
		return error;
	if ((type == POSIX_S_IFCHR || type == POSIX_S_IFBLK) && caller->who->uid != 0 &&
	    !(caller->who->flags & IDENTITY_CHECKED))
		return POSIX_EPERM;
	error = tmpfs_create(&caller->vfs->tmpfs, at->directory, at->name, at->length, &creation,
	                     vfs_now(caller->vfs), attributes);
	return name_changed(caller, at, error);
}

int32_t node_create_unnamed(const struct caller *caller, uint64_t number, uint32_t mode, uint32_t umask,
                            struct tmpfs_attributes *attributes)
{
	struct tmpfs_creation creation = {.mode = mode, .umask = umask};
	struct tmpfs_attributes directory;
	int32_t error;

	if (node_is_remote(number))
		return remote_create_unnamed(caller, number, mode, umask, attributes);
	error = check_directory(caller, number, ACCESS_WRITE | ACCESS_EXECUTE, &directory);
	if (error)
		return error;
	permission_inherit(caller->who, &directory, false, &creation);
	return tmpfs_create_unnamed(&caller->vfs->tmpfs, number, &creation, vfs_now(caller->vfs), attributes);
}

int32_t node_make_directory(const struct caller *caller, const struct node_name *at, uint32_t mode,
                            uint32_t umask, struct tmpfs_attributes *attributes)
{
	struct tmpfs_creation creation = {.mode = mode & MODE_DIRECTORY_BITS, .umask = umask};
	int32_t error;

	if (node_is_remote(at->directory))
		return remote_make_directory(caller, at, mode, umask, attributes);
	error = prepare_new(caller, at, true, &creation);
	if (error)
		return error;
	error = tmpfs_make_directory(&caller->vfs->tmpfs, at->directory, at->name, at->length, &creation,
	                             vfs_now(caller->vfs), attributes);
	return name_changed(caller, at, error);
}

int32_t node_symlink(const struct caller *caller, const struct node_name *at, const char *target,
                     uint32_t target_length, struct tmpfs_attributes *attributes)
{
	struct tmpfs_creation creation = {0};
	int32_t error;

	if (node_is_remote(at->directory))
		return remote_symlink(caller, at, target, target_length, attributes);
	error = prepare_new(caller, at, false, &creation);
	if (error)
		return error;
	error = tmpfs_symlink(&caller->vfs->tmpfs, at->directory, at->name, at->length, target, target_length,
	                      &creation, vfs_now(caller->vfs), attributes);
	return name_changed(caller, at, error);
}

int32_t node_link(const struct caller *caller, uint64_t node, const struct node_name *at,
                  struct tmpfs_attributes *attributes)
{
	struct tmpfs_creation creation = {0};
	int32_t error;

	if (remote_mount(node) != remote_mount(at->directory))
		return POSIX_EXDEV;
	if (node_is_remote(node))
		return remote_link(caller, node, at, attributes);
	error = prepare_new(caller, at, false, &creation);
	if (error)
		return error;
	error = tmpfs_link(&caller->vfs->tmpfs, node, at->directory, at->name, at->length,
	                   vfs_now(caller->vfs), attributes);
	return name_changed(caller, at, changed(caller, node, error));
}

/* Whether the name at `at` may be taken away; returns what it names. */
static int32_t check_remove(const struct caller *caller, const struct node_name *at,
                            struct tmpfs_attributes *victim)
{
	struct tmpfs_attributes directory;
	int32_t error = check_directory(caller, at->directory, ACCESS_EXECUTE, &directory);

	if (!error)
		error = node_peek(caller, at, victim);
	return error ? error : permission_remove(caller->who, &directory, victim);
}

/* Whether a file system is mounted on what `at` names. Only directories of tmpfs are mounted on. */
static bool is_mounted_on(const struct caller *caller, const struct node_name *at)
{
	struct tmpfs_attributes victim;

	return caller->vfs->mount_count > 0 && node_peek(caller, at, &victim) == 0 &&
	       mount_at(caller->vfs, victim.node);
}

int32_t node_unlink(const struct caller *caller, const struct node_name *at)
{
	struct tmpfs_attributes victim;
	uint64_t node;
	int32_t error;

	if (node_is_remote(at->directory))
		return remote_unlink(caller, at);
	error = caller->who->flags & IDENTITY_CHECKED ? 0 : check_remove(caller, at, &victim);
	if (error)
		return error;
	node = named(caller, at);
	error = tmpfs_unlink(&caller->vfs->tmpfs, at->directory, at->name, at->length, vfs_now(caller->vfs));
	return name_changed(caller, at, changed(caller, node, error));
}

int32_t node_remove_directory(const struct caller *caller, const struct node_name *at)
{
	struct tmpfs_attributes victim;
	uint64_t node;
	int32_t error;

	if (node_is_remote(at->directory))
		return remote_remove_directory(caller, at);
	error = caller->who->flags & IDENTITY_CHECKED ? 0 : check_remove(caller, at, &victim);
	if (!error && is_mounted_on(caller, at))
		error = POSIX_EBUSY;
	if (error)
		return error;
	node = named(caller, at);
	error = tmpfs_remove_directory(&caller->vfs->tmpfs, at->directory, at->name, at->length,
	                               vfs_now(caller->vfs));
	return name_changed(caller, at, changed(caller, node, error));
}

/* A directory that comes into another one has its ".." changed: that is writing to it. */
static int32_t check_move(const struct caller *caller, const struct tmpfs_attributes *node)
{
	return attributes_type_is(node, POSIX_S_IFDIR) ? permission_check(caller->who, node, ACCESS_WRITE)
	                                               : 0;
}

/* A directory takes only a directory's place, and nothing else does. */
static int32_t check_replace(const struct tmpfs_attributes *moved, const struct tmpfs_attributes *replaced)
{
	if (attributes_type_is(moved, POSIX_S_IFDIR) == attributes_type_is(replaced, POSIX_S_IFDIR))
		return 0;
	return attributes_type_is(moved, POSIX_S_IFDIR) ? POSIX_ENOTDIR : POSIX_EISDIR;
}

static int32_t check_rename(const struct caller *caller, const struct node_name *from,
                            const struct node_name *to, uint32_t flags)
{
	struct tmpfs_attributes moved, replaced, directory;
	int32_t error, found;

	/* Search first in both, then what is there, then what may be done about it. */
	error = node_check_search(caller, from->directory);
	if (!error)
		error = check_directory(caller, to->directory, ACCESS_EXECUTE, &directory);
	if (!error)
		error = node_peek(caller, from, &moved);
	if (error)
		return error;
	found = node_peek(caller, to, &replaced);
	if (found != 0 && (found != POSIX_ENOENT || flags & TMPFS_RENAME_EXCHANGE))
		return found;
	if (found == 0 && flags & TMPFS_RENAME_NOREPLACE)
		return POSIX_EEXIST;
	/* A directory into itself, or over one that it is in, is refused to everybody. */
	if (tmpfs_lies_within(&caller->vfs->tmpfs, to->directory, moved.node))
		return POSIX_EINVAL;
	if (found == 0 && tmpfs_lies_within(&caller->vfs->tmpfs, from->directory, replaced.node))
		return flags & TMPFS_RENAME_EXCHANGE ? POSIX_EINVAL : POSIX_ENOTEMPTY;
	if (found == 0 && replaced.node == moved.node)
		return 0;
	error = check_remove(caller, from, &moved);
	if (error)
		return error;
	if (found == 0)
		error = permission_remove(caller->who, &directory, &replaced);
	else
		error = permission_check(caller->who, &directory, ACCESS_WRITE);
	if (!error && found == 0 && !(flags & TMPFS_RENAME_EXCHANGE))
		error = check_replace(&moved, &replaced);
	if (error || from->directory == to->directory)
		return error;
	error = check_move(caller, &moved);
	if (!error && flags & TMPFS_RENAME_EXCHANGE)
		error = check_move(caller, &replaced);
	return error;
}

int32_t node_rename(const struct caller *caller, const struct node_name *from, const struct node_name *to,
                    uint32_t flags)
{
	uint64_t moved, replaced;
	int32_t error;

	if (remote_mount(from->directory) != remote_mount(to->directory))
		return POSIX_EXDEV;
	if (node_is_remote(from->directory))
		return remote_rename(caller, from, to, flags);
	error = caller->who->flags & IDENTITY_CHECKED ? 0 : check_rename(caller, from, to, flags);
	if (!error && (is_mounted_on(caller, from) || is_mounted_on(caller, to)))
		error = POSIX_EBUSY;
	if (error)
		return error;
	moved = named(caller, from);
	replaced = named(caller, to);
	error = tmpfs_rename(&caller->vfs->tmpfs, from->directory, from->name, from->length, to->directory,
	                     to->name, to->length, flags, vfs_now(caller->vfs));
	error = changed(caller, moved, changed(caller, replaced, error));
	return name_changed(caller, from, name_changed(caller, to, error));
}

/* ---- content ----------------------------------------------------------------- */

int32_t node_readlink(const struct caller *caller, uint64_t node, void *buffer, uint32_t capacity,
                      uint32_t *length)
{
	if (node_is_remote(node))
		return remote_readlink(caller, node, buffer, capacity, length);
	return tmpfs_readlink(&caller->vfs->tmpfs, node, buffer, capacity, length, vfs_now(caller->vfs));
}

static uint32_t transfer_length(uint32_t length)
{
	return length < NODE_TRANSFER_MAXIMUM ? length : NODE_TRANSFER_MAXIMUM;
}

int32_t node_read(const struct caller *caller, uint64_t node, uint64_t offset, void *buffer, uint32_t length,
                  uint32_t *done)
{
	if (offset > INT64_MAX)
		return POSIX_EINVAL;
	if (node_is_remote(node))
		return remote_read(caller, node, offset, buffer, transfer_length(length), done);
	return tmpfs_read(&caller->vfs->tmpfs, node, offset, buffer, transfer_length(length), done,
	                  vfs_now(caller->vfs));
}

/* Takes the privileges away that a file must not have with new content. */
static int32_t drop_privileges(const struct caller *caller, uint64_t node)
{
	struct tmpfs_attributes attributes;
	int32_t error = tmpfs_get_attributes(&caller->vfs->tmpfs, node, &attributes);
	uint32_t mode;

	if (error || !attributes_type_is(&attributes, POSIX_S_IFREG))
		return error;
	mode = permission_mode_written(caller->who, &attributes);
	if (mode == (attributes.mode & MODE_BITS))
		return 0;
	attributes.mode = mode;
	return tmpfs_set_attributes(&caller->vfs->tmpfs, node, TMPFS_SET_MODE, &attributes,
	                            vfs_now(caller->vfs), NULL);
}

int32_t node_write(const struct caller *caller, uint64_t node, uint64_t offset, const void *data,
                   uint32_t length, uint32_t *done)
{
	int32_t error;

	if (offset > INT64_MAX)
		return POSIX_EINVAL;
	if (node_is_remote(node))
		return remote_write(caller, node, &offset, 0, data, transfer_length(length), done);
	/* Before, so that nobody ever runs new content with old privileges. */
	error = length > 0 ? drop_privileges(caller, node) : 0;
	if (error)
		return error;
	error = tmpfs_write(&caller->vfs->tmpfs, node, offset, data, transfer_length(length), done,
	                    vfs_now(caller->vfs));
	watch_node(caller, node);
	return error;
}

int32_t node_append(const struct caller *caller, uint64_t node, const void *data, uint32_t length,
                    uint64_t *offset, uint32_t *done)
{
	struct tmpfs_attributes attributes;
	int32_t error;

	/* Only its server knows where the end is when the data come. */
	if (node_is_remote(node))
		return remote_write(caller, node, offset, FS_WRITE_APPEND, data, transfer_length(length), done);
	error = tmpfs_get_attributes(&caller->vfs->tmpfs, node, &attributes);
	if (error)
		return error;
	*offset = attributes.size;
	return node_write(caller, node, *offset, data, length, done);
}

int32_t node_copy(const struct caller *caller, uint64_t node, uint64_t offset, uint64_t to,
                  uint64_t to_offset, uint32_t length, uint32_t *done)
{
	struct tmpfs_attributes attributes;
	int32_t error;

	if (remote_mount(node) != remote_mount(to))
		return POSIX_EXDEV;
	if (offset > INT64_MAX || to_offset > INT64_MAX)
		return POSIX_EINVAL;
	if (node_is_remote(node))
		return remote_copy(caller, node, offset, to, to_offset, transfer_length(length), done);
	error = tmpfs_get_attributes(&caller->vfs->tmpfs, to, &attributes);
	if (!error && attributes.flags & TMPFS_FLAG_IMMUTABLE)
		error = POSIX_EPERM;
	if (!error && length > 0)
		error = drop_privileges(caller, to);
	if (error)
		return error;
	error = tmpfs_copy(&caller->vfs->tmpfs, node, offset, to, to_offset, transfer_length(length), done,
	                   vfs_now(caller->vfs));
	watch_node(caller, to);
	return error;
}

int32_t node_allocate(const struct caller *caller, uint64_t node, uint32_t mode, uint64_t offset,
                      uint64_t length)
{
	bool adds = mode == TMPFS_ALLOCATE_GROW || mode == TMPFS_ALLOCATE_KEEP;
	struct tmpfs_attributes attributes;
	int32_t error;

	if (node_is_remote(node))
		return remote_allocate(caller, node, mode, offset, length);
	error = tmpfs_get_attributes(&caller->vfs->tmpfs, node, &attributes);
	if (!error)
		error = adds ? permission_write_at(&attributes, UINT64_MAX) : permission_change(&attributes);
	if (error)
		return error;
	error = tmpfs_allocate(&caller->vfs->tmpfs, node, mode, offset, length, vfs_now(caller->vfs));
	return changed(caller, node, error ? error : drop_privileges(caller, node));
}

int32_t node_seek(const struct caller *caller, uint64_t node, uint64_t offset, uint32_t whence,
                  uint64_t *result)
{
	if (whence != TMPFS_SEEK_DATA && whence != TMPFS_SEEK_HOLE)
		return POSIX_EINVAL;
	if (node_is_remote(node))
		return remote_seek(caller, node, offset, whence, result);
	return tmpfs_seek(&caller->vfs->tmpfs, node, offset, whence, result);
}

int32_t node_sync(const struct caller *caller, uint64_t node)
{
	return node_is_remote(node) ? remote_sync(caller, node) : 0;
}

int32_t node_sync_all(const struct caller *caller)
{
	int32_t first = 0;

	for (uint32_t at = 0; at < caller->vfs->mount_count; at++) {
		int32_t error = remote_sync_all(caller, &caller->vfs->mounts[at]);

		first = first ? first : error;
	}
	return first;
}

struct entries {
	uint8_t *buffer;
	uint32_t capacity;
	uint32_t length;
	bool full;
};

uint32_t node_entry_size(const struct tmpfs_entry *entry)
{
	return (uint32_t)sizeof(struct fs_entry) + ((entry->length + 7) & ~7u);
}

void node_entry_put(uint8_t *to, const struct tmpfs_entry *entry)
{
	const struct fs_entry head = {entry->node, entry->cookie, entry->mode, entry->length};
	uint32_t used = (uint32_t)sizeof(head) + entry->length;

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), entry->name, entry->length);
	memset(to + used, 0, node_entry_size(entry) - used);
}

static bool entries_add(void *context, const struct tmpfs_entry *entry)
{
	struct entries *entries = context;

	if (node_entry_size(entry) > entries->capacity - entries->length) {
		entries->full = true;
		return false;
	}
	node_entry_put(entries->buffer + entries->length, entry);
	entries->length += node_entry_size(entry);
	return true;
}

int32_t node_readdir(const struct caller *caller, uint64_t directory, uint64_t cookie, uint8_t *buffer,
                     uint32_t capacity, uint32_t *length)
{
	struct entries entries = {.buffer = buffer, .capacity = transfer_length(capacity)};
	int32_t error;

	if (node_is_remote(directory))
		return remote_readdir(caller, directory, cookie, buffer, entries.capacity, length);
	error = tmpfs_readdir(&caller->vfs->tmpfs, directory, cookie, entries_add, &entries,
	                      vfs_now(caller->vfs));
	if (!error && entries.full && entries.length == 0)
		error = POSIX_EINVAL;
	*length = entries.length;
	return error;
}

int32_t node_statistics(const struct caller *caller, uint64_t node, struct tmpfs_statistics *statistics)
{
	if (node_is_remote(node))
		return remote_statistics(caller, node, statistics);
	tmpfs_statistics(&caller->vfs->tmpfs, statistics);
	return 0;
}

/* ---- mounts ------------------------------------------------------------------ */

int32_t node_walk(const struct caller *caller, const struct node_name *at,
                  struct tmpfs_attributes *attributes)
{
	const bool up = at->length == 2 && at->name[0] == '.' && at->name[1] == '.';
	struct mount *mount = up ? remote_root_of(at->directory) : NULL;
	struct node_name from = *at;
	int32_t error = mount ? node_check_search(caller, at->directory) : 0;

	if (mount)
		from.directory = mount->point;
	if (!error)
		error = node_lookup(caller, &from, attributes);
	if (error || node_is_remote(attributes->node))
		return error;
	mount = mount_at(caller->vfs, attributes->node);
	if (!mount)
		return 0;
	node_forget(caller, attributes->node);
	return remote_root(caller, mount, attributes);
}

uint64_t node_number(uint64_t node)
{
	return node_is_remote(node) ? remote_number(node) : node;
}
