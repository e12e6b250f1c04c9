/* What is done with nodes of mounted file systems themselves: see remote.h. */
#include <drydock/posix.h>

#include "permission.h"
#include "remote_internal.h"

/* ---- attributes -------------------------------------------------------------------- */

int32_t remote_attributes_get(const struct caller *caller, uint64_t node, struct tmpfs_attributes *attributes)
{
	struct fs_attributes found;
	struct operation operation;
	int32_t status = operation_begin(caller, node, LOOKS, &operation);

	if (status)
		return status;
	status = operation_run(
		&operation, fs_get_attributes_prepare(&operation.call, operation.client, operation.number));
	if (!status) {
		status = fs_get_attributes_finish(&operation.call, &found);
		call_end(&operation.call);
	}
	if (!status) {
		remote_attributes_take(attributes, &found);
		attributes->node = node;
	}
	return operation_end(&operation, status);
}

int32_t remote_root(const struct caller *caller, struct mount *mount, struct tmpfs_attributes *attributes)
{
	struct remote_node *root;
	int32_t error;

	if (!mount_ready(mount))
		return POSIX_EIO;
	root = remote_make(mount, FS_ROOT);
	if (!root)
		return POSIX_ENOMEM;
	error = remote_attributes_get(caller, remote_handle(root), attributes);
	if (!error && !attributes_type_is(attributes, POSIX_S_IFDIR))
		error = POSIX_EIO;
	if (error)
		remote_forget(remote_handle(root));
	return error;
}

/* By what the mode says, for a server that cannot be asked. */
static int32_t check_mode(const struct caller *caller, uint64_t node, uint32_t wanted)
{
	struct tmpfs_attributes attributes;
	int32_t error = remote_attributes_get(caller, node, &attributes);

	return error ? error : permission_check(caller->who, &attributes, wanted);
}

int32_t remote_check(const struct caller *caller, uint64_t node, uint32_t wanted)
{
	struct operation operation;
	int32_t status;

	if (wanted & ACCESS_WRITE && remote_mount(node)->read_only)
		return POSIX_EROFS;
	if (caller->who->flags & IDENTITY_CHECKED)
		return 0;
	status = operation_begin(caller, node, LOOKS, &operation);
	if (status)
		return status;
	status = operation_run(
		&operation, fs_access_prepare(&operation.call, operation.client, operation.number, wanted));
	if (!status) {
		status = fs_access_finish(&operation.call);
		call_end(&operation.call);
	}
	status = operation_end(&operation, status);
	return status == POSIX_ENOSYS ? check_mode(caller, node, wanted) : status;
}

int32_t remote_set_attributes(const struct caller *caller, uint64_t node, uint32_t valid,
                              const struct tmpfs_attributes *values, struct tmpfs_attributes *result)
{
	const struct fs_attributes wanted = {
		.size = values->size,
		.atime = values->atime.seconds,
		.atime_ns = values->atime.nanoseconds,
		.mtime = values->mtime.seconds,
		.mtime_ns = values->mtime.nanoseconds,
		.mode = values->mode,
		.uid = values->uid,
		.gid = values->gid,
		.flags = values->flags,
	};
	struct fs_attributes found;
	struct operation operation;
	int32_t status = operation_begin(caller, node, CHANGES, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_set_attributes_prepare(&operation.call, operation.client,
	                                                             operation.number, valid, &wanted));
	if (!status) {
		status = fs_set_attributes_finish(&operation.call, &found);
		call_end(&operation.call);
	}
	if (!status && result) {
		remote_attributes_take(result, &found);
		result->node = node;
	}
	return operation_end(&operation, status);
}

int32_t remote_statistics(const struct caller *caller, uint64_t node, struct tmpfs_statistics *statistics)
{
	struct fs_statistics found;
	struct operation operation;
	int32_t status = operation_begin(caller, node, LOOKS, &operation);

	if (status)
		return status;
	status = operation_run(&operation,
	                       fs_statistics_prepare(&operation.call, operation.client, operation.number));
	if (!status) {
		status = fs_statistics_finish(&operation.call, &found);
		call_end(&operation.call);
	}
	if (!status)
		*statistics = (struct tmpfs_statistics){found.block_size, found.blocks, found.blocks_free,
		                                        found.nodes, found.nodes_free};
	return operation_end(&operation, status);
}

/* ---- content -------------------------------------------------------------------------- */

int32_t remote_readlink(const struct caller *caller, uint64_t node, void *buffer, uint32_t capacity,
                        uint32_t *length)
{
	struct fs_readlink_results results = {0};
	struct operation operation;
	int32_t status = operation_begin(caller, node, LOOKS, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_readlink_prepare(&operation.call, operation.client,
	                                                       operation.number, capacity));
	if (!status) {
		status = fs_readlink_finish(&operation.call, &results, buffer);
		call_end(&operation.call);
	}
	*length = results.target_length;
	return operation_end(&operation, status);
}

int32_t remote_read(const struct caller *caller, uint64_t node, uint64_t offset, void *buffer,
                    uint32_t length, uint32_t *done)
{
	struct fs_read_results results = {0};
	struct operation operation;
	int32_t status = operation_begin(caller, node, OPENED, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_read_prepare(&operation.call, operation.client,
	                                                   operation.number, offset, length));
	if (!status) {
		status = fs_read_finish(&operation.call, &results, buffer);
		call_end(&operation.call);
	}
	*done = results.data_length;
	return operation_end(&operation, status);
}

int32_t remote_write(const struct caller *caller, uint64_t node, uint64_t *offset, uint32_t flags,
                     const void *data, uint32_t length, uint32_t *done)
{
	struct fs_write_results results = {0};
	struct operation operation;
	int32_t status = operation_begin(caller, node, CHANGES | OPENED, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_write_prepare(&operation.call, operation.client,
	                                                    operation.number, *offset, flags, data, length));
	if (!status) {
		status = fs_write_finish(&operation.call, &results);
		call_end(&operation.call);
	}
	if (!status && results.length > length)
		status = POSIX_EIO;
	if (!status && flags & FS_WRITE_APPEND)
		*offset = results.offset;
	*done = results.length;
	return operation_end(&operation, status);
}

int32_t remote_ticket(const struct caller *caller, uint64_t node, uint64_t process, uint32_t rights,
                      uint64_t *ticket, uint64_t *secret)
{
	struct remote_node *remote = remote_of(node);
	struct fs_offer_ticket_results results = {0};
	struct operation operation;
	int32_t status = operation_begin(caller, node, OPENED, &operation);
	if (status)
		return status;
	if (remote->asking || remote->ticket != 0)
		return operation_end(&operation, POSIX_EBUSY);
	remote->asking = true;
	status = operation_run(&operation, fs_offer_ticket_prepare(&operation.call, operation.client,
	                                                           operation.number, process, rights));
	if (!status) {
		status = fs_offer_ticket_finish(&operation.call, &results);
		call_end(&operation.call);
	}
	remote->asking = false;
	/* The operation still holds the node: where it is forgotten next, the ticket is known. */
	if (!status)
		remote->ticket = results.ticket;
	*ticket = results.ticket;
	*secret = results.secret;
	return operation_end(&operation, status);
}

int32_t remote_readdir(const struct caller *caller, uint64_t directory, uint64_t cookie, uint8_t *buffer,
                       uint32_t capacity, uint32_t *length)
{
	struct fs_readdir_results results = {0};
	struct operation operation;
	int32_t status = operation_begin(caller, directory, OPENED, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_readdir_prepare(&operation.call, operation.client,
	                                                      operation.number, cookie, capacity));
	if (!status) {
		status = fs_readdir_finish(&operation.call, &results, buffer);
		call_end(&operation.call);
	}
	*length = results.entries_length;
	return operation_end(&operation, status);
}
