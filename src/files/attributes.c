/* Attributes and extended attributes: see drydock/files.h. */
#include "internal.h"

#define XATTR_ROOM (64u * 1024) /* no value and no list of names is longer */

int32_t files_stat(struct client *client, const char *path, struct vfs_status *status)
{
	return vfs_stat(client, 0, path, text_length(path), status);
}

int32_t files_lstat(struct client *client, const char *path, struct vfs_status *status)
{
	return vfs_stat(client, 1, path, text_length(path), status);
}

int32_t files_fstat(const struct file *file, struct vfs_status *status)
{
	struct call call;
	int32_t error = file_call_run(file, &call, vfs_stat_file_prepare(&call, file->client, file->number));

	if (!error) {
		error = vfs_stat_file_finish(&call, status);
		call_end(&call);
	}
	return error;
}

int32_t files_access(struct client *client, const char *path, uint32_t mask)
{
	return vfs_access(client, mask, path, text_length(path));
}

int32_t files_statfs(struct client *client, const char *path, struct vfs_statistics *statistics)
{
	return vfs_statistics(client, path, text_length(path), statistics);
}

int32_t files_sync(struct client *client)
{
	return vfs_sync_all(client);
}

/* ---- changing ---------------------------------------------------------------------- */

/* As Linux: a file that was opened as a path is not changed through it. */
static int32_t check_opened(const struct file *file)
{
	return file->flags & VFS_OPEN_PATH ? POSIX_EBADF : 0;
}

/* What `path` names as a file that stands for it, whoever may open it. */
static int32_t open_path(struct client *client, const char *path, bool follow, struct file *file)
{
	return files_open(client, path, VFS_OPEN_PATH | (follow ? 0 : VFS_OPEN_NOFOLLOW), 0, file);
}

/* Closes it; the status is that of what was done. */
static int32_t close_path(const struct file *file, int32_t status)
{
	files_close(file);
	return status;
}

int32_t files_chmod(struct client *client, const char *path, uint32_t mode)
{
	return vfs_chmod(client, mode, path, text_length(path));
}

int32_t files_set_flags(const struct file *file, uint32_t flags)
{
	struct call call;
	int32_t status = check_opened(file);

	if (!status)
		status = file_call_run(file, &call,
		                       vfs_set_flags_prepare(&call, file->client, file->number, flags));
	if (!status) {
		status = vfs_set_flags_finish(&call);
		call_end(&call);
	}
	return status;
}

int32_t files_fchmod(const struct file *file, uint32_t mode)
{
	struct call call;
	int32_t status = check_opened(file);

	if (!status)
		status = file_call_run(file, &call,
		                       vfs_chmod_file_prepare(&call, file->client, file->number, mode));
	if (!status) {
		status = vfs_chmod_file_finish(&call);
		call_end(&call);
	}
	return status;
}

int32_t files_chown(struct client *client, const char *path, uint32_t uid, uint32_t gid)
{
	return vfs_chown(client, uid, gid, path, text_length(path));
}

static int32_t change_owner(const struct file *file, uint32_t uid, uint32_t gid)
{
	struct call call;
	int32_t status = file_call_run(
		file, &call, vfs_chown_file_prepare(&call, file->client, file->number, uid, gid));

	if (!status) {
		status = vfs_chown_file_finish(&call);
		call_end(&call);
	}
	return status;
}

int32_t files_lchown(struct client *client, const char *path, uint32_t uid, uint32_t gid)
{
	struct file file;
	int32_t status = open_path(client, path, false, &file);

	return status ? status : close_path(&file, change_owner(&file, uid, gid));
}

int32_t files_fchown(const struct file *file, uint32_t uid, uint32_t gid)
{
	int32_t status = check_opened(file);

	return status ? status : change_owner(file, uid, gid);
}

int32_t files_truncate(struct client *client, const char *path, uint64_t size)
{
	return vfs_truncate(client, size, path, text_length(path));
}

int32_t files_ftruncate(const struct file *file, uint64_t size)
{
	struct call call;
	int32_t status = file_call_run(
		file, &call, vfs_truncate_file_prepare(&call, file->client, file->number, size));

	if (!status) {
		status = vfs_truncate_file_finish(&call);
		call_end(&call);
	}
	return status;
}

int32_t files_utimens(struct client *client, const char *path, struct files_time access,
                      struct files_time modification)
{
	return vfs_set_times(client, access.seconds, access.nanoseconds, modification.nanoseconds,
	                     modification.seconds, path, text_length(path));
}

static int32_t change_times(const struct file *file, struct files_time access, struct files_time modification)
{
	struct call call;
	int32_t status = file_call_run(file, &call,
	                               vfs_set_times_file_prepare(&call, file->client, file->number,
	                                                          access.nanoseconds, access.seconds,
	                                                          modification.seconds,
	                                                          modification.nanoseconds));

	if (!status) {
		status = vfs_set_times_file_finish(&call);
		call_end(&call);
	}
	return status;
}

int32_t files_lutimens(struct client *client, const char *path, struct files_time access,
                       struct files_time modification)
{
	struct file file;
	int32_t status;

	/* As Linux: to change nothing the path need not even exist. */
	if (access.nanoseconds == VFS_TIME_OMIT && modification.nanoseconds == VFS_TIME_OMIT)
		return 0;
	status = open_path(client, path, false, &file);
	return status ? status : close_path(&file, change_times(&file, access, modification));
}

int32_t files_futimens(const struct file *file, struct files_time access, struct files_time modification)
{
	int32_t status = check_opened(file);

	return status ? status : change_times(file, access, modification);
}

/* ---- extended attributes ------------------------------------------------------------- */

static uint32_t xattr_room(size_t size)
{
	return size < XATTR_ROOM ? (uint32_t)size : XATTR_ROOM;
}

/* xattr(7): what is too long for a name is out of range, not a name that is too long. */
static int32_t check_name(const char *name)
{
	return text_length(name) > POSIX_NAME_MAX ? POSIX_ERANGE : 0;
}

/* Each of these is of an open file, and for a path of one that is opened as such. */

static int32_t get(const struct file *file, const char *name, void *value, size_t size, size_t *length)
{
	struct vfs_get_xattr_results results = {0};
	struct call call;
	int32_t status = file_call_run(file, &call,
	                               vfs_get_xattr_prepare(&call, file->client, file->number, name,
	                                                     text_length(name), xattr_room(size)));

	if (!status) {
		status = vfs_get_xattr_finish(&call, &results, value);
		call_end(&call);
	}
	*length = results.size;
	return status;
}

static int32_t set(const struct file *file, const char *name, const void *value, uint32_t size, uint32_t flags)
{
	struct call call;
	int32_t status = file_call_run(file, &call,
	                               vfs_set_xattr_prepare(&call, file->client, file->number, flags, name,
	                                                     text_length(name), size > 0 ? value : "", size));

	if (!status) {
		status = vfs_set_xattr_finish(&call);
		call_end(&call);
	}
	return status;
}

static int32_t list(const struct file *file, char *names, size_t size, size_t *length)
{
	struct vfs_list_xattrs_results results = {0};
	struct call call;
	int32_t status = file_call_run(
		file, &call, vfs_list_xattrs_prepare(&call, file->client, file->number, xattr_room(size)));

	if (!status) {
		status = vfs_list_xattrs_finish(&call, &results, names);
		call_end(&call);
	}
	*length = results.size;
	return status;
}

static int32_t remove_name(const struct file *file, const char *name)
{
	struct call call;
	int32_t status = file_call_run(file, &call,
	                               vfs_remove_xattr_prepare(&call, file->client, file->number, name,
	                                                        text_length(name)));

	if (!status) {
		status = vfs_remove_xattr_finish(&call);
		call_end(&call);
	}
	return status;
}

int32_t files_getxattr(struct client *client, const char *path, bool follow, const char *name, void *value,
                       size_t size, size_t *length)
{
	struct file file;
	int32_t status = check_name(name);

	if (!status)
		status = open_path(client, path, follow, &file);
	return status ? status : close_path(&file, get(&file, name, value, size, length));
}

int32_t files_setxattr(struct client *client, const char *path, bool follow, const char *name,
                       const void *value, size_t size, uint32_t flags)
{
	struct file file;
	int32_t status = check_name(name);

	if (!status && size > XATTR_ROOM)
		status = POSIX_E2BIG;
	if (!status)
		status = open_path(client, path, follow, &file);
	return status ? status : close_path(&file, set(&file, name, value, (uint32_t)size, flags));
}

int32_t files_listxattr(struct client *client, const char *path, bool follow, char *names, size_t size,
                        size_t *length)
{
	struct file file;
	int32_t status = open_path(client, path, follow, &file);

	return status ? status : close_path(&file, list(&file, names, size, length));
}

int32_t files_removexattr(struct client *client, const char *path, bool follow, const char *name)
{
	struct file file;
	int32_t status = check_name(name);

	if (!status)
		status = open_path(client, path, follow, &file);
	return status ? status : close_path(&file, remove_name(&file, name));
}

int32_t files_fgetxattr(const struct file *file, const char *name, void *value, size_t size, size_t *length)
{
	int32_t status = check_opened(file);

	if (!status)
		status = check_name(name);
	return status ? status : get(file, name, value, size, length);
}

int32_t files_fsetxattr(const struct file *file, const char *name, const void *value, size_t size, uint32_t flags)
{
	int32_t status = check_opened(file);

	if (!status)
		status = check_name(name);
	if (!status && size > XATTR_ROOM)
		status = POSIX_E2BIG;
	return status ? status : set(file, name, value, (uint32_t)size, flags);
}

int32_t files_flistxattr(const struct file *file, char *names, size_t size, size_t *length)
{
	int32_t status = check_opened(file);

	return status ? status : list(file, names, size, length);
}

int32_t files_fremovexattr(const struct file *file, const char *name)
{
	int32_t status = check_opened(file);

	if (!status)
		status = check_name(name);
	return status ? status : remove_name(file, name);
}
