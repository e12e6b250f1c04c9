/* What is done with names in mounted file systems: see remote.h. */
#include <drydock/posix.h>

#include "remote_internal.h"

/* The stubs want to be given what the protocol can carry. */
static int32_t name_check(const struct node_name *at)
{
	return at->length > POSIX_NAME_MAX ? POSIX_ENAMETOOLONG : 0;
}

int32_t remote_lookup(const struct caller *caller, const struct node_name *at,
                      struct tmpfs_attributes *attributes)
{
	struct fs_attributes found;
	struct operation operation;
	int32_t status = name_check(at);

	if (!status)
		status = operation_begin_finding(caller, at->directory, LOOKS, &operation);
	if (status)
		return status;
	status = operation_run(&operation, fs_lookup_prepare(&operation.call, operation.client,
	                                                     operation.number, at->name, at->length));
	if (!status) {
		status = fs_lookup_finish(&operation.call, &found);
		call_end(&operation.call);
	}
	return operation_end_finding(&operation, status, &found, attributes);
}

int32_t remote_create(const struct caller *caller, const struct node_name *at, uint32_t mode, uint32_t umask,
                      uint32_t device, struct tmpfs_attributes *attributes)
{
	struct fs_attributes found;
	struct operation operation;
	int32_t status = name_check(at);

	if (!status)
		status = operation_begin_finding(caller, at->directory, CHANGES, &operation);
	if (status)
		return status;
	status = operation_run(&operation,
	                       fs_create_prepare(&operation.call, operation.client, operation.number, mode,
	                                         umask, device, at->name, at->length));
	if (!status) {
		status = fs_create_finish(&operation.call, &found);
		call_end(&operation.call);
	}
	return operation_end_finding(&operation, status, &found, attributes);
}

int32_t remote_make_directory(const struct caller *caller, const struct node_name *at, uint32_t mode,
                              uint32_t umask, struct tmpfs_attributes *attributes)
{
	struct fs_attributes found;
	struct operation operation;
	int32_t status = name_check(at);

	if (!status)
		status = operation_begin_finding(caller, at->directory, CHANGES, &operation);
	if (status)
		return status;
	status = operation_run(&operation,
	                       fs_make_directory_prepare(&operation.call, operation.client, operation.number,
	                                                 mode, umask, at->name, at->length));
	if (!status) {
		status = fs_make_directory_finish(&operation.call, &found);
		call_end(&operation.call);
	}
	return operation_end_finding(&operation, status, &found, attributes);
}

int32_t remote_symlink(const struct caller *caller, const struct node_name *at, const char *target,
                       uint32_t target_length, struct tmpfs_attributes *attributes)
{
	struct fs_attributes found;
	struct operation operation;
	int32_t status = name_check(at);

	if (!status)
		status = operation_begin_finding(caller, at->directory, CHANGES, &operation);
	if (status)
		return status;
	status = operation_run(&operation,
	                       fs_symlink_prepare(&operation.call, operation.client, operation.number,
	                                          at->name, at->length, target, target_length));
	if (!status) {
		status = fs_symlink_finish(&operation.call, &found);
		call_end(&operation.call);
	}
	return operation_end_finding(&operation, status, &found, attributes);
}

int32_t remote_link(const struct caller *caller, uint64_t node, const struct node_name *at,
                    struct tmpfs_attributes *attributes)
{
	struct fs_attributes found;
	struct operation operation;
	int32_t status = name_check(at);

	if (!status)
		status = operation_begin_finding(caller, at->directory, CHANGES, &operation);
	if (status)
		return status;
	/* The other one is held by whoever calls, but may be of a server that is no more. */
	if (remote_of(node)->generation != operation.generation)
		return operation_end(&operation, POSIX_ESTALE);
	status = operation_run(&operation,
	                       fs_link_prepare(&operation.call, operation.client, remote_number(node),
	                                       operation.number, at->name, at->length));
	if (!status) {
		status = fs_link_finish(&operation.call, &found);
		call_end(&operation.call);
	}
	return operation_end_finding(&operation, status, &found, attributes);
}

int32_t remote_unlink(const struct caller *caller, const struct node_name *at)
{
	struct operation operation;
	int32_t status = name_check(at);

	if (!status)
		status = operation_begin(caller, at->directory, CHANGES, &operation);
	if (status)
		return status;
	status = operation_run(&operation, fs_unlink_prepare(&operation.call, operation.client,
	                                                     operation.number, at->name, at->length));
	if (!status) {
		status = fs_unlink_finish(&operation.call);
		call_end(&operation.call);
	}
	return operation_end(&operation, status);
}

int32_t remote_remove_directory(const struct caller *caller, const struct node_name *at)
{
	struct operation operation;
	int32_t status = name_check(at);

	if (!status)
		status = operation_begin(caller, at->directory, CHANGES, &operation);
	if (status)
		return status;
	status = operation_run(&operation,
	                       fs_remove_directory_prepare(&operation.call, operation.client,
	                                                   operation.number, at->name, at->length));
	if (!status) {
		status = fs_remove_directory_finish(&operation.call);
		call_end(&operation.call);
	}
	return operation_end(&operation, status);
}

int32_t remote_rename(const struct caller *caller, const struct node_name *from, const struct node_name *to,
                      uint32_t flags)
{
	struct operation operation;
	int32_t status = name_check(from);

	if (!status)
		status = name_check(to);
	if (!status)
		status = operation_begin(caller, from->directory, CHANGES, &operation);
	if (status)
		return status;
	/* The other one is held by whoever calls, but may be of a server that is no more. */
	if (remote_of(to->directory)->generation != operation.generation)
		return operation_end(&operation, POSIX_ESTALE);
	status = operation_run(&operation,
	                       fs_rename_prepare(&operation.call, operation.client, operation.number,
	                                         remote_number(to->directory), flags, from->name,
	                                         from->length, to->name, to->length));
	if (!status) {
		status = fs_rename_finish(&operation.call);
		call_end(&operation.call);
	}
	return operation_end(&operation, status);
}
