/*
 * Extended attributes of nodes in mounted file systems: see remote.h. Their
 * servers check names and permissions.
 */
#include <drydock/posix.h>

#include "remote_internal.h"

/* What Linux says where a file system has none at all. */
static int32_t finish(struct operation *operation, int32_t status)
{
	status = operation_end(operation, status);
	return status == POSIX_ENOSYS ? POSIX_EOPNOTSUPP : status;
}

/* What is too long for the protocol is so for every file system, as xattr(7) has it. */
static int32_t check_name(uint32_t length)
{
	return length > POSIX_NAME_MAX ? POSIX_ERANGE : 0;
}

int32_t remote_xattr_get(const struct caller *caller, uint64_t node, const char *name, uint32_t length,
                         void *buffer, uint32_t capacity, uint32_t *size)
{
	struct fs_get_xattr_results results = {0};
	struct operation operation;
	int32_t status = check_name(length);

	if (!status)
		status = operation_begin(caller, node, LOOKS, &operation);
	if (status)
		return status;
	status = operation_run(&operation, fs_get_xattr_prepare(&operation.call, operation.client,
	                                                        operation.number, name, length, capacity));
	if (!status) {
		status = fs_get_xattr_finish(&operation.call, &results, buffer);
		call_end(&operation.call);
	}
	/* With room given, as much as came; else the server could have vfs reply with what is not there. */
	*size = capacity > 0 ? results.value_length : results.size;
	return finish(&operation, status);
}

int32_t remote_xattr_set(const struct caller *caller, uint64_t node, const char *name, uint32_t length,
                         uint32_t flags, const void *value, uint32_t size)
{
	struct operation operation;
	int32_t status = check_name(length);

	if (!status && size > TMPFS_XATTR_SIZE_MAX)
		status = POSIX_E2BIG;
	if (!status)
		status = operation_begin(caller, node, CHANGES, &operation);
	if (status)
		return status;
	status = operation_run(&operation,
	                       fs_set_xattr_prepare(&operation.call, operation.client, operation.number,
	                                            flags, name, length, value, size));
	if (!status) {
		status = fs_set_xattr_finish(&operation.call);
		call_end(&operation.call);
	}
	return finish(&operation, status);
}

int32_t remote_xattr_remove(const struct caller *caller, uint64_t node, const char *name, uint32_t length)
{
	struct operation operation;
	int32_t status = check_name(length);

	if (!status)
		status = operation_begin(caller, node, CHANGES, &operation);
	if (status)
		return status;
	status = operation_run(&operation, fs_remove_xattr_prepare(&operation.call, operation.client,
	                                                           operation.number, name, length));
	if (!status) {
		status = fs_remove_xattr_finish(&operation.call);
		call_end(&operation.call);
	}
	return finish(&operation, status);
}

int32_t remote_xattr_list(const struct caller *caller, uint64_t node, uint8_t *buffer, uint32_t capacity,
                          uint32_t *size)
{
	struct fs_list_xattrs_results results = {0};
	struct operation operation;
	int32_t status = operation_begin(caller, node, LOOKS, &operation);

	if (status)
		return status;
	status = operation_run(&operation, fs_list_xattrs_prepare(&operation.call, operation.client,
	                                                          operation.number, capacity));
	if (!status) {
		status = fs_list_xattrs_finish(&operation.call, &results, buffer);
		call_end(&operation.call);
	}
	*size = capacity > 0 ? results.names_length : results.size;
	return finish(&operation, status);
}
