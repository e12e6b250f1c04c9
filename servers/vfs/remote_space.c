/*
 * What is done with the space of files in mounted file systems, and how they are
 * made safe: see remote.h. What a server does not have is POSIX_EOPNOTSUPP, as
 * Linux's programs expect it, or done without.
 */
#include <drydock/posix.h>

#include "remote_internal.h"

static int32_t unsupported(int32_t error)
{
	return error == POSIX_ENOSYS ? POSIX_EOPNOTSUPP : error;
}

int32_t remote_create_unnamed(const struct caller *caller, uint64_t directory, uint32_t mode,
                              uint32_t umask, struct tmpfs_attributes *attributes)
{
	struct fs_attributes found;
	struct operation operation;
	int32_t status = operation_begin_finding(caller, directory, CHANGES, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_create_unnamed_prepare(&operation.call, operation.client,
	                                                             operation.number, mode, umask));
	if (!status) {
		status = fs_create_unnamed_finish(&operation.call, &found);
		call_end(&operation.call);
	}
	return unsupported(operation_end_finding(&operation, status, &found, attributes));
}

int32_t remote_copy(const struct caller *caller, uint64_t node, uint64_t offset, uint64_t to,
                    uint64_t to_offset, uint32_t length, uint32_t *done)
{
	struct fs_copy_range_results results = {0};
	struct operation operation;
	int32_t status = operation_begin(caller, to, CHANGES | OPENED, &operation);

	if (status)
		return status;
	/* The other one is held by whoever calls, but may be of a server that is no more. */
	if (remote_of(node)->generation != operation.generation)
		return operation_end(&operation, POSIX_ESTALE);
	status = operation_run(&operation, fs_copy_range_prepare(&operation.call, operation.client,
	                                                         remote_number(node), offset,
	                                                         operation.number, to_offset, length));
	if (!status) {
		status = fs_copy_range_finish(&operation.call, &results);
		call_end(&operation.call);
	}
	if (!status && results.length > length)
		status = POSIX_EIO;
	*done = results.length;
	return unsupported(operation_end(&operation, status));
}

int32_t remote_allocate(const struct caller *caller, uint64_t node, uint32_t mode, uint64_t offset,
                        uint64_t length)
{
	struct operation operation;
	int32_t status = operation_begin(caller, node, CHANGES | OPENED, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_allocate_prepare(&operation.call, operation.client,
	                                                       operation.number, offset, length, mode));
	if (!status) {
		status = fs_allocate_finish(&operation.call);
		call_end(&operation.call);
	}
	return unsupported(operation_end(&operation, status));
}

/* Of a server that does not know where its holes are, all of a file is data, as lseek(2) allows. */
static int32_t seek_plain(const struct caller *caller, uint64_t node, uint64_t offset, uint32_t whence,
                          uint64_t *result)
{
	struct tmpfs_attributes attributes;
	int32_t error = remote_attributes_get(caller, node, &attributes);

	if (error)
		return error;
	if (offset >= attributes.size)
		return POSIX_ENXIO;
	*result = whence == FS_SEEK_DATA ? offset : attributes.size;
	return 0;
}

int32_t remote_seek(const struct caller *caller, uint64_t node, uint64_t offset, uint32_t whence,
                    uint64_t *result)
{
	struct fs_seek_results results = {0};
	struct operation operation;
	int32_t status = operation_begin(caller, node, OPENED, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_seek_prepare(&operation.call, operation.client,
	                                                   operation.number, offset, whence));
	if (!status) {
		status = fs_seek_finish(&operation.call, &results);
		call_end(&operation.call);
	}
	*result = results.offset;
	status = operation_end(&operation, status);
	return status == POSIX_ENOSYS ? seek_plain(caller, node, offset, whence, result) : status;
}

/* ---- safety ------------------------------------------------------------------ */

int32_t remote_sync(const struct caller *caller, uint64_t node)
{
	struct operation operation;
	int32_t status = operation_begin(caller, node, OPENED, &operation);

	if (status)
		return status;
	status = operation_run(&operation,
	                       fs_sync_prepare(&operation.call, operation.client, operation.number));
	if (!status) {
		status = fs_sync_finish(&operation.call);
		call_end(&operation.call);
	}
	status = operation_end(&operation, status);
	return status == POSIX_ENOSYS ? 0 : status;
}

int32_t remote_sync_all(const struct caller *caller, struct mount *mount)
{
	struct tmpfs_attributes root;
	struct operation operation;
	int32_t status;

	/* One that is not there has nothing that could be made safe. */
	if (!mount->ready || remote_root(caller, mount, &root) != 0)
		return 0;
	status = operation_begin(caller, root.node, LOOKS, &operation);
	if (!status) {
		status = operation_run(&operation, fs_sync_all_prepare(&operation.call, operation.client));
		if (!status) {
			status = fs_sync_all_finish(&operation.call);
			call_end(&operation.call);
		}
		status = operation_end(&operation, status);
	}
	remote_forget(root.node);
	return status == POSIX_ENOSYS ? 0 : status;
}
