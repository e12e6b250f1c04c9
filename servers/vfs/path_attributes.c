/*
 * The path protocol's handlers for attributes and extended attributes, of what
 * a path names and of open files. An open file stands for its node: what may be
 * done is asked for each time, whatever it was opened for.
 */
#include <drydock/posix.h>

#include "handlers.h"
#include "node.h"
#include "open_file.h"
#include "permission.h"
#include "walk.h"

_Static_assert(VFS_XATTR_CREATE == TMPFS_XATTR_CREATE && VFS_XATTR_REPLACE == TMPFS_XATTR_REPLACE,
               "the flags of set_xattr are handed on as they are");

/* Finds who calls and the node that he names, to which a reference is taken. */
static int32_t begin_path(const struct request *request, const char *path, struct caller *caller,
                          struct tmpfs_attributes *attributes)
{
	int32_t error = caller_find(request, caller);

	return error ? error : walk_node(caller, path, true, attributes);
}

/* The same for an open file. Held, since it may be closed while another server is asked. */
static int32_t begin_file(const struct request *request, uint32_t number, struct caller *caller,
                          struct tmpfs_attributes *attributes)
{
	struct open_file *file;
	uint64_t node;
	int32_t error = path_begin(request, number, 0, caller, &file);

	if (error)
		return error;
	node = file->node;
	error = node_hold(caller, node);
	if (error)
		return error;
	error = node_attributes_get(caller, node, attributes);
	if (error)
		node_forget(caller, node);
	return error;
}

/* Changes what was begun with, and gives the reference back. */
static int32_t change(const struct caller *caller, const struct tmpfs_attributes *attributes, uint32_t valid,
                      const struct tmpfs_attributes *values)
{
	int32_t error = node_set_attributes(caller, attributes->node, valid, values, NULL);

	node_forget(caller, attributes->node);
	return error;
}

/* ---- mode and owner --------------------------------------------------------- */

/* On Linux a symbolic link has no permissions to be changed. */
static int32_t change_mode(const struct caller *caller, const struct tmpfs_attributes *attributes, uint32_t mode)
{
	const struct tmpfs_attributes values = {.mode = mode};

	if (attributes_type_is(attributes, POSIX_S_IFLNK)) {
		node_forget(caller, attributes->node);
		return POSIX_EOPNOTSUPP;
	}
	return change(caller, attributes, TMPFS_SET_MODE, &values);
}

int32_t path_chmod(struct request *request, const struct vfs_chmod_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error = begin_path(request, arguments->path, &caller, &attributes);

	return error ? error : change_mode(&caller, &attributes, arguments->mode);
}

int32_t path_chmod_file(struct request *request, const struct vfs_chmod_file_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error = begin_file(request, arguments->file, &caller, &attributes);

	return error ? error : change_mode(&caller, &attributes, arguments->mode);
}

static int32_t change_owner(const struct caller *caller, const struct tmpfs_attributes *attributes, uint32_t uid,
                            uint32_t gid)
{
	struct tmpfs_attributes values = {.uid = uid, .gid = gid};
	uint32_t valid = 0;

	if (uid != VFS_UNCHANGED)
		valid |= TMPFS_SET_UID;
	if (gid != VFS_UNCHANGED)
		valid |= TMPFS_SET_GID;
	/* Privileges go even so (chown(2)); for the file system that is a change of the mode. */
	if (!valid) {
		values.mode = permission_mode_chowned(caller->who, attributes);
		if (values.mode != (attributes->mode & ~(uint32_t)POSIX_S_IFMT))
			valid = TMPFS_SET_MODE;
	}
	return change(caller, attributes, valid, &values);
}

int32_t path_chown(struct request *request, const struct vfs_chown_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error = begin_path(request, arguments->path, &caller, &attributes);

	return error ? error : change_owner(&caller, &attributes, arguments->uid, arguments->gid);
}

int32_t path_chown_file(struct request *request, const struct vfs_chown_file_arguments *arguments)
{
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error = begin_file(request, arguments->file, &caller, &attributes);

	return error ? error : change_owner(&caller, &attributes, arguments->uid, arguments->gid);
}

/* Also of a file that was opened to read: it is no matter of content. */
int32_t path_set_flags(struct request *request, const struct vfs_set_flags_arguments *arguments)
{
	const struct tmpfs_attributes values = {.flags = arguments->flags};
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, VFS_OPEN_READ | VFS_OPEN_WRITE, &caller, &file);

	if (!error && file->device != 0)
		error = POSIX_ENOTTY;
	return error ? error : node_set_attributes(&caller, file->node, TMPFS_SET_FLAGS, &values, NULL);
}

/* ---- size --------------------------------------------------------------------- */

int32_t path_truncate(struct request *request, const struct vfs_truncate_arguments *arguments)
{
	const struct tmpfs_attributes values = {.size = arguments->size};
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error;

	if (arguments->size > INT64_MAX)
		return POSIX_EINVAL;
	error = begin_path(request, arguments->path, &caller, &attributes);
	return error ? error : change(&caller, &attributes, TMPFS_SET_SIZE, &values);
}

int32_t path_truncate_file(struct request *request, const struct vfs_truncate_file_arguments *arguments)
{
	struct tmpfs_attributes attributes, values = {.size = arguments->size};
	uint32_t valid = TMPFS_SET_SIZE;
	struct open_file *file;
	struct identity checked;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, VFS_OPEN_READ | VFS_OPEN_WRITE, &caller, &file);

	if (error)
		return error;
	if (arguments->size > INT64_MAX || !(file->flags & VFS_OPEN_WRITE))
		return POSIX_EINVAL;
	error = begin_file(request, arguments->file, &caller, &attributes);
	if (error)
		return error;
	/* Privileges go as with a write, and that he may write was found when it was opened. */
	values.mode = permission_mode_written(caller.who, &attributes);
	if (values.mode != (attributes.mode & ~(uint32_t)POSIX_S_IFMT))
		valid |= TMPFS_SET_MODE;
	checked = *caller.who;
	checked.flags |= IDENTITY_CHECKED;
	caller.who = &checked;
	return change(&caller, &attributes, valid, &values);
}

/* ---- times -------------------------------------------------------------------- */

/* The bit to be set for one of the two times, by its nanoseconds. */
static uint32_t time_bit(uint32_t nanoseconds, uint32_t now, uint32_t explicit)
{
	if (nanoseconds == VFS_TIME_OMIT)
		return 0;
	return nanoseconds == VFS_TIME_NOW ? now : explicit;
}

static uint32_t times_valid(const struct tmpfs_attributes *values)
{
	return time_bit(values->atime.nanoseconds, TMPFS_SET_ATIME_NOW, TMPFS_SET_ATIME) |
	       time_bit(values->mtime.nanoseconds, TMPFS_SET_MTIME_NOW, TMPFS_SET_MTIME);
}

int32_t path_set_times(struct request *request, const struct vfs_set_times_arguments *arguments)
{
	const struct tmpfs_attributes values = {
		.atime = {arguments->atime, arguments->atime_ns},
		.mtime = {arguments->mtime, arguments->mtime_ns},
	};
	uint32_t valid = times_valid(&values);
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error;

	/* As Linux: to change nothing the path need not even exist. */
	if (!valid)
		return 0;
	error = begin_path(request, arguments->path, &caller, &attributes);
	return error ? error : change(&caller, &attributes, valid, &values);
}

int32_t path_set_times_file(struct request *request, const struct vfs_set_times_file_arguments *arguments)
{
	const struct tmpfs_attributes values = {
		.atime = {arguments->atime, arguments->atime_ns},
		.mtime = {arguments->mtime, arguments->mtime_ns},
	};
	uint32_t valid = times_valid(&values);
	struct tmpfs_attributes attributes;
	struct caller caller;
	int32_t error;

	if (!valid)
		return 0;
	error = begin_file(request, arguments->file, &caller, &attributes);
	return error ? error : change(&caller, &attributes, valid, &values);
}

/* ---- extended attributes ---------------------------------------------------------- */

/* No value and no list of names is longer; so nothing longer is asked of another server. */
static uint32_t xattr_capacity(uint32_t capacity)
{
	return capacity < TMPFS_XATTR_SIZE_MAX ? capacity : TMPFS_XATTR_SIZE_MAX;
}

int32_t path_get_xattr(struct request *request, const struct vfs_get_xattr_arguments *arguments,
                       struct vfs_get_xattr_results *results)
{
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, 0, &caller, &file);

	if (!error)
		error = node_xattr_get(&caller, file->node, arguments->name, arguments->name_length,
		                       arguments->value, xattr_capacity(arguments->value_capacity),
		                       &results->size);
	if (!error && arguments->value_capacity > 0)
		results->value_length = results->size;
	return error;
}

int32_t path_set_xattr(struct request *request, const struct vfs_set_xattr_arguments *arguments)
{
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, 0, &caller, &file);

	return error ? error
	             : node_xattr_set(&caller, file->node, arguments->name, arguments->name_length,
	                              arguments->flags, arguments->value, arguments->value_length);
}

int32_t path_list_xattrs(struct request *request, const struct vfs_list_xattrs_arguments *arguments,
                         struct vfs_list_xattrs_results *results)
{
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, 0, &caller, &file);

	if (!error)
		error = node_xattr_list(&caller, file->node, arguments->names,
		                        xattr_capacity(arguments->names_capacity), &results->size);
	if (!error && arguments->names_capacity > 0)
		results->names_length = results->size;
	return error;
}

int32_t path_remove_xattr(struct request *request, const struct vfs_remove_xattr_arguments *arguments)
{
	struct open_file *file;
	struct caller caller;
	int32_t error = path_begin(request, arguments->file, 0, &caller, &file);

	return error ? error
	             : node_xattr_remove(&caller, file->node, arguments->name, arguments->name_length);
}
