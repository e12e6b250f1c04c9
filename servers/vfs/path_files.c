/*
 * The path protocol's open files: opening with all its flags, as open(2), and
 * what is done with a file that is open. Permissions count when a file is
 * opened and not afterwards.
 */
#include <drydock/posix.h>
#include <drydock/string.h>

#include "device.h"
#include "handlers.h"
#include "node.h"
#include "permission.h"
#include "remote.h"
#include "session.h"
#include "walk.h"

#define OPEN_FLAGS                                                                                   \
	(VFS_OPEN_READ | VFS_OPEN_WRITE | VFS_OPEN_CREATE | VFS_OPEN_EXCLUSIVE | VFS_OPEN_TRUNCATE | \
	 VFS_OPEN_APPEND | VFS_OPEN_DIRECTORY | VFS_OPEN_NOFOLLOW | VFS_OPEN_UNNAMED | VFS_OPEN_PATH)
#define PATH_FLAGS (VFS_OPEN_PATH | VFS_OPEN_DIRECTORY | VFS_OPEN_NOFOLLOW)
#define OPENED     (VFS_OPEN_READ | VFS_OPEN_WRITE) /* not as a path only */
#define MODE_BITS  07777u

/* ---- opening ------------------------------------------------------------- */

static bool flags_valid(uint32_t flags)
{
	if (flags & VFS_OPEN_PATH)
		return !(flags & ~(uint32_t)PATH_FLAGS);
	if (flags & ~(uint32_t)OPEN_FLAGS || !(flags & (VFS_OPEN_READ | VFS_OPEN_WRITE)))
		return false;
	if (flags & VFS_OPEN_UNNAMED)
		return flags & VFS_OPEN_WRITE &&
		       !(flags & (VFS_OPEN_CREATE | VFS_OPEN_EXCLUSIVE | VFS_OPEN_TRUNCATE));
	if (flags & VFS_OPEN_CREATE && flags & VFS_OPEN_DIRECTORY)
		return false;
	return flags & VFS_OPEN_CREATE || !(flags & VFS_OPEN_EXCLUSIVE);
}

/* Finds what the last component names, or makes it; `*made` says which. Takes a reference. */
static int32_t find_or_make(struct walk *walk, const struct vfs_open_arguments *arguments,
                            struct tmpfs_attributes *attributes, bool *made)
{
	const uint32_t flags = arguments->flags;
	int32_t error;

	*made = false;
	if (flags & VFS_OPEN_CREATE && walk->last == WALK_NAME && walk->slash)
		return POSIX_EISDIR;
	error = walk_last(walk, attributes);
	if (error == POSIX_ENOENT && flags & VFS_OPEN_CREATE && walk->last == WALK_NAME) {
		*made = true;
		return node_create(walk->caller, &walk->at, POSIX_S_IFREG | (arguments->mode & MODE_BITS),
		                   arguments->umask, 0, attributes);
	}
	if (!error && flags & VFS_OPEN_EXCLUSIVE) {
		node_forget(walk->caller, attributes->node);
		return POSIX_EEXIST;
	}
	return error;
}

/*
 * The number of the device that is opened by such a node, 0: none is. Those on
 * mounted file systems mean none here, whoever has made them.
 */
static uint32_t device_of(const struct caller *caller, uint32_t flags, const struct tmpfs_attributes *attributes)
{
	return !(flags & VFS_OPEN_PATH) && !node_is_remote(attributes->node) && device_served(caller->vfs, attributes)
	               ? attributes->device
	               : 0;
}

/* Whether what is there may be opened so. */
static int32_t check_open(const struct caller *caller, uint32_t flags, bool slash,
                          const struct tmpfs_attributes *attributes)
{
	bool is_directory = attributes_type_is(attributes, POSIX_S_IFDIR);
	uint32_t wanted = 0;
	int32_t error;

	if ((flags & VFS_OPEN_DIRECTORY || slash) && !is_directory)
		return POSIX_ENOTDIR;
	if (flags & VFS_OPEN_PATH)
		return 0;
	if (attributes_type_is(attributes, POSIX_S_IFLNK))
		return POSIX_ELOOP;
	if (is_directory && flags & (VFS_OPEN_CREATE | VFS_OPEN_WRITE | VFS_OPEN_TRUNCATE))
		return POSIX_EISDIR;
	if (flags & VFS_OPEN_READ)
		wanted |= ACCESS_READ;
	if (flags & (VFS_OPEN_WRITE | VFS_OPEN_TRUNCATE))
		wanted |= ACCESS_WRITE;
	error = node_check(caller, attributes->node, wanted);
	if (error)
		return error;
	/* What may only be added to is opened to be added to. */
	if (attributes->flags & TMPFS_FLAG_APPEND &&
	    (flags & VFS_OPEN_TRUNCATE || (flags & (VFS_OPEN_WRITE | VFS_OPEN_APPEND)) == VFS_OPEN_WRITE))
		return POSIX_EPERM;
	/* Pipes, sockets and most devices are names here; who would open them is not a file system's matter. */
	return is_directory || attributes_type_is(attributes, POSIX_S_IFREG) || device_of(caller, flags, attributes)
	               ? 0
	               : POSIX_EOPNOTSUPP;
}

/* Walks to the file, makes it if that is asked for, checks it, truncates it. Takes a reference. */
static int32_t open_node(const struct caller *caller, const struct vfs_open_arguments *arguments,
                         struct tmpfs_attributes *attributes)
{
	const uint32_t flags = arguments->flags;
	bool made = false, follow = !(flags & (VFS_OPEN_NOFOLLOW | VFS_OPEN_EXCLUSIVE));
	const struct tmpfs_attributes empty = {0};
	struct walk walk;
	int32_t error = walk_begin(&walk, caller, arguments->path);

	for (;;) {
		if (!error)
			error = find_or_make(&walk, arguments, attributes, &made);
		if (error || !attributes_type_is(attributes, POSIX_S_IFLNK) || !(follow || walk.slash))
			break;
		error = walk_follow(&walk, attributes);
	}
	walk_end(&walk);
	if (error || made)
		return error;
	error = check_open(caller, flags, walk.slash, attributes);
	if (!error && flags & VFS_OPEN_TRUNCATE && attributes_type_is(attributes, POSIX_S_IFREG))
		error = node_set_attributes(caller, attributes->node, TMPFS_SET_SIZE, &empty, NULL);
	if (error)
		node_forget(caller, attributes->node);
	return error;
}

/* Makes a file that is in no directory. Takes a reference. */
static int32_t open_unnamed(const struct caller *caller, const struct vfs_open_arguments *arguments,
                            struct tmpfs_attributes *attributes)
{
	struct tmpfs_attributes directory;
	int32_t error = walk_node(caller, arguments->path, !(arguments->flags & VFS_OPEN_NOFOLLOW), &directory);

	if (error)
		return error;
	error = node_create_unnamed(caller, directory.node, arguments->mode & MODE_BITS, arguments->umask, attributes);
	node_forget(caller, directory.node);
	return error;
}

/* Of the mount whose server has the file's data; 0: of none, or there are no data. */
static uint32_t mount_number(const struct vfs *vfs, const struct tmpfs_attributes *attributes)
{
	const struct mount *mount = remote_mount(attributes->node);

	return mount && attributes_type_is(attributes, POSIX_S_IFREG) ? (uint32_t)(mount - vfs->mounts) + 1 : 0;
}

int32_t path_open(struct request *request, const struct vfs_open_arguments *arguments,
                  struct vfs_open_results *results)
{
	struct tmpfs_attributes attributes;
	struct open_file *file;
	struct caller caller;
	uint32_t number;
	int32_t error = caller_find(request, &caller);

	if (!error && !flags_valid(arguments->flags))
		error = POSIX_EINVAL;
	/* The number first: what was made could not be unmade for want of one. */
	if (!error)
		error = open_file_take(caller.vfs, &caller.session->files, &number, &file);
	if (error)
		return error;
	error = arguments->flags & VFS_OPEN_UNNAMED
	                ? open_unnamed(&caller, arguments, &attributes)
	                : open_node(&caller, arguments, &attributes);
	if (error) {
		open_file_give(&caller.session->files, number);
		return error;
	}
	file->node = attributes.node;
	file->flags = arguments->flags;
	file->device = device_of(&caller, file->flags, &attributes);
	results->file = number;
	results->mount = mount_number(caller.vfs, &attributes);
	return 0;
}

int32_t path_hand_over(struct request *request, const struct vfs_hand_over_arguments *arguments,
                       struct vfs_hand_over_results *results)
{
	const uint64_t process = connection_info(request->connection)->peer;
	const char *service;
	struct open_file *file;
	struct caller caller;
	uint32_t rights = 0, length;
	int32_t error = path_begin(request, arguments->file, OPENED, &caller, &file);

	if (error)
		return error;
	if (!node_is_remote(file->node))
		return POSIX_EINVAL;
	service = remote_mount(file->node)->service;
	length = (uint32_t)string_length(service);
	if (length > arguments->service_capacity)
		return POSIX_EINVAL;
	if (file->flags & VFS_OPEN_READ)
		rights |= FS_TICKET_READ;
	if (file->flags & VFS_OPEN_WRITE)
		rights |= FS_TICKET_WRITE;
	if (file->flags & VFS_OPEN_APPEND)
		rights |= FS_TICKET_APPEND;
	error = remote_ticket(&caller, file->node, process, rights, &results->ticket, &results->secret);
	if (error)
		return error;
	memcpy(arguments->service, service, length);
	results->service_length = length;
	return 0;
}

/* ---- open files ------------------------------------------------------------ */

int32_t path_begin(const struct request *request, uint32_t number, uint32_t flags, struct caller *caller,
                   struct open_file **file)
{
	int32_t error = caller_find(request, caller);

	if (error)
		return error;
	*file = open_file_find(&caller->session->files, number);
	return *file && (!flags || (*file)->flags & flags) ? 0 : POSIX_EBADF;
}

/*
 * Moves the position that was `serial`'s, if that is still open: in a file of
 * another server's, reading and writing suspend.
 */
static void move_position(struct open_file *file, uint64_t serial, uint64_t position)
{
	if (file->node != 0 && file->serial == serial)
		file->position = position;
}

int32_t path_close(struct request *request, const struct vfs_close_arguments *arguments)
{
	struct open_file *file;
	struct caller caller;
	uint64_t serial;
	int32_t error = path_begin(request, arguments->file, 0, &caller, &file);

	if (error)
		return error;
	serial = file->serial;
	node_lock_closed(&caller, file);
	if (file->node == 0 || file->serial != serial) /* closed meanwhile */
		return POSIX_EBADF;
	open_file_close(caller.vfs, &caller.session->files, arguments->file);
	return 0;
}

/* As Linux, which has a range that ends beyond all offsets refused before a file system sees it. */
static bool range_valid(uint64_t offset, uint32_t length)
{
	return offset <= INT64_MAX && length <= INT64_MAX - offset;
}

int32_t path_read(struct request *request, const struct vfs_read_arguments *arguments,
                  struct vfs_read_results *results)
{
	bool at_position = arguments->offset == VFS_POSITION;
	uint64_t offset, serial;
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, VFS_OPEN_READ, &caller, &file);

	if (error)
		return error;
	serial = file->serial;
	offset = at_position ? file->position : arguments->offset;
	if (!range_valid(offset, arguments->data_capacity))
		return POSIX_EINVAL;
	if (file->device != 0)
		return device_read(caller.vfs, file->device, arguments->data, arguments->data_capacity,
		                   &results->data_length);
	error = node_read(&caller, file->node, offset, arguments->data, arguments->data_capacity,
	                  &results->data_length);
	if (!error && at_position)
		move_position(file, serial, offset + results->data_length);
	return error;
}

int32_t path_write(struct request *request, const struct vfs_write_arguments *arguments,
                   struct vfs_write_results *results)
{
	bool at_position = arguments->offset == VFS_POSITION;
	uint64_t offset = arguments->offset;
	struct open_file *file, opened;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, VFS_OPEN_WRITE, &caller, &file);

	if (error)
		return error;
	opened = *file;
	if (at_position)
		offset = opened.position;
	if (!range_valid(offset, arguments->data_length))
		return POSIX_EINVAL;
	if (opened.device != 0)
		return device_write(caller.vfs, opened.device, arguments->data, arguments->data_length,
		                    &results->length);
	error = node_hold(&caller, opened.node);
	if (error)
		return error;
	/* With APPEND always at the end, whatever was asked for, as Linux does it. */
	error = opened.flags & VFS_OPEN_APPEND
	                ? node_append(&caller, opened.node, arguments->data, arguments->data_length, &offset,
	                              &results->length)
	                : node_write(&caller, opened.node, offset, arguments->data, arguments->data_length,
	                             &results->length);
	node_forget(&caller, opened.node);
	if (!error && at_position && results->length > 0)
		move_position(file, opened.serial, offset + results->length);
	return error;
}

/* Where a seek goes to. The caller holds the node: `file` may be another's once a server has been asked. */
static int32_t seek_to(const struct caller *caller, const struct open_file *file, int64_t offset,
                       uint32_t whence, uint64_t *found)
{
	struct tmpfs_attributes attributes;
	int64_t from = 0, to;
	int32_t error = node_attributes_get(caller, file->node, &attributes);

	if (error)
		return error;
	if (attributes_type_is(&attributes, POSIX_S_IFDIR)) /* read by cookies */
		return POSIX_EISDIR;
	if (whence == VFS_SEEK_DATA || whence == VFS_SEEK_HOLE)
		return node_seek(caller, file->node, (uint64_t)offset, whence, found);
	if (whence == VFS_SEEK_CURRENT)
		from = (int64_t)file->position;
	else if (whence == VFS_SEEK_END)
		from = (int64_t)attributes.size;
	else if (whence != VFS_SEEK_SET)
		return POSIX_EINVAL;
	if (__builtin_add_overflow(from, offset, &to) || to < 0)
		return POSIX_EINVAL;
	*found = (uint64_t)to;
	return 0;
}

int32_t path_seek(struct request *request, const struct vfs_seek_arguments *arguments,
                  struct vfs_seek_results *results)
{
	struct open_file *file, opened;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, OPENED, &caller, &file);

	if (!error && file->device != 0)
		return device_seek(file->device);
	if (!error)
		error = node_hold(&caller, file->node);
	if (error)
		return error;
	opened = *file;
	error = seek_to(&caller, &opened, arguments->offset, arguments->whence, &results->offset);
	node_forget(&caller, opened.node);
	if (!error)
		move_position(file, opened.serial, results->offset);
	return error;
}

int32_t path_readdir(struct request *request, const struct vfs_readdir_arguments *arguments,
                     struct vfs_readdir_results *results)
{
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, VFS_OPEN_READ, &caller, &file);

	if (!error)
		error = node_readdir(&caller, file->node, arguments->cookie, arguments->entries,
		                     arguments->entries_capacity, &results->entries_length);
	return error;
}

int32_t path_stat_file(struct request *request, const struct vfs_stat_file_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, 0, &caller, &file);

	if (!error)
		error = node_attributes_get(&caller, file->node, &attributes);
	if (!error)
		path_status_fill(arguments->status, &attributes);
	return error;
}

int32_t path_allocate(struct request *request, const struct vfs_allocate_arguments *arguments)
{
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, OPENED, &caller, &file);

	if (!error && (arguments->length == 0 || arguments->length > INT64_MAX || arguments->offset > INT64_MAX))
		error = POSIX_EINVAL;
	if (!error && !(file->flags & VFS_OPEN_WRITE))
		error = POSIX_EBADF;
	return error ? error
	             : node_allocate(&caller, file->node, arguments->mode, arguments->offset,
	                             arguments->length);
}

int32_t path_copy_range(struct request *request, const struct vfs_copy_range_arguments *arguments,
                        struct vfs_copy_range_results *results)
{
	bool at_position = arguments->offset == VFS_POSITION, to_position = arguments->to_offset == VFS_POSITION;
	struct open_file *file, *to, from_opened, to_opened;
	uint64_t offset, to_offset;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, VFS_OPEN_READ, &caller, &file);

	if (!error)
		error = path_begin(request, arguments->to, VFS_OPEN_WRITE, &caller, &to);
	if (!error && to->flags & VFS_OPEN_APPEND) /* as Linux: where it would go was said */
		error = POSIX_EBADF;
	if (!error)
		error = node_hold(&caller, file->node);
	if (error)
		return error;
	from_opened = *file;
	to_opened = *to;
	offset = at_position ? file->position : arguments->offset;
	to_offset = to_position ? to->position : arguments->to_offset;
	error = node_copy(&caller, from_opened.node, offset, to_opened.node, to_offset, arguments->length,
	                  &results->length);
	node_forget(&caller, from_opened.node);
	if (!error && at_position)
		move_position(file, from_opened.serial, offset + results->length);
	if (!error && to_position)
		move_position(to, to_opened.serial, to_offset + results->length);
	return error;
}

int32_t path_sync(struct request *request, const struct vfs_sync_arguments *arguments)
{
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, OPENED, &caller, &file);

	return error ? error : node_sync(&caller, file->node);
}
