/* What is done to names: see drydock/files.h. */
#include "internal.h"

int32_t files_mkdir(struct client *client, const char *path, uint32_t mode)
{
	return vfs_mkdir(client, mode_part(mode), umask_part(mode), path, text_length(path));
}

int32_t files_rmdir(struct client *client, const char *path)
{
	return vfs_rmdir(client, path, text_length(path));
}

int32_t files_unlink(struct client *client, const char *path)
{
	return vfs_unlink(client, path, text_length(path));
}

int32_t files_mknod(struct client *client, const char *path, uint32_t mode, uint32_t device)
{
	return vfs_mknod(client, mode_part(mode), umask_part(mode), device, path, text_length(path));
}

int32_t files_rename(struct client *client, const char *path, const char *new_path, uint32_t flags)
{
	return vfs_rename(client, flags, path, text_length(path), new_path, text_length(new_path));
}

int32_t files_link(struct client *client, const char *path, const char *new_path)
{
	return vfs_link(client, path, text_length(path), new_path, text_length(new_path));
}

int32_t files_symlink(struct client *client, const char *target, const char *path)
{
	return vfs_symlink(client, target, text_length(target), path, text_length(path));
}

int32_t files_readlink(struct client *client, const char *path, char *target, size_t size, size_t *length)
{
	struct vfs_readlink_results results = {0};
	uint32_t capacity = size < POSIX_PATH_MAX ? (uint32_t)size : POSIX_PATH_MAX;
	int32_t status = vfs_readlink(client, path, text_length(path), target, capacity, &results);

	*length = results.target_length;
	return status;
}
