/* Requests about a node: its attributes, its data, what is in it. */
#include "bridge.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "reply.h"

#define TARGET_MAXIMUM 4095u /* bytes of a symbolic link's target */

static void finish_attributes(struct operation *operation, int32_t status,
                              const struct fs_attributes *attributes)
{
	struct stat stat;

	if (status != 0) {
		fuse_reply_err(operation->request, reply_errno(status));
		return;
	}
	reply_stat(attributes, &stat);
	fuse_reply_attr(operation->request, &stat, operation->bridge->options.timeout);
}

static void finish_getattr(struct operation *operation)
{
	struct fs_attributes attributes;

	finish_attributes(operation, fs_get_attributes_finish(&operation->call, &attributes), &attributes);
}

void handle_getattr(fuse_req_t request, fuse_ino_t node, struct fuse_file_info *file)
{
	struct bridge *bridge = fuse_req_userdata(request);
	struct fs_attributes attributes;
	struct operation *operation;
	struct stat stat;
	double timeout;

	(void)file;
	if (ahead_take(bridge, node, &attributes, &timeout)) {
		reply_stat(&attributes, &stat);
		fuse_reply_attr(request, &stat, timeout);
		return;
	}
	operation = operation_start(request, finish_getattr);
	if (operation != NULL)
		operation_submit(operation,
		                 fs_get_attributes_try_prepare(&operation->call, bridge->client, node));
}

static void finish_setattr(struct operation *operation)
{
	struct fs_attributes attributes;

	finish_attributes(operation, fs_set_attributes_finish(&operation->call, &attributes), &attributes);
}

void handle_setattr(fuse_req_t request, fuse_ino_t node, struct stat *attributes, int set,
                    struct fuse_file_info *file)
{
	struct operation *operation = operation_start(request, finish_setattr);
	struct fs_attributes values;
	uint32_t valid;

	(void)file;
	if (operation == NULL)
		return;
	ahead_drop(operation, node);
	valid = reply_set_attributes(attributes, set, &values);
	operation_submit(operation, fs_set_attributes_try_prepare(&operation->call, operation->bridge->client,
	                                                          node, valid, &values));
}

static void finish_statfs(struct operation *operation)
{
	struct fs_statistics statistics;
	struct statvfs result;
	int32_t status = fs_statistics_finish(&operation->call, &statistics);

	if (status != 0) {
		fuse_reply_err(operation->request, reply_errno(status));
		return;
	}
	reply_statistics(&statistics, &result);
	fuse_reply_statfs(operation->request, &result);
}

void handle_statfs(fuse_req_t request, fuse_ino_t node)
{
	struct operation *operation = operation_start(request, finish_statfs);

	if (operation != NULL)
		operation_submit(operation, fs_statistics_try_prepare(&operation->call,
		                                                      operation->bridge->client, node));
}

/* Comes only where Linux does not check permissions: what is nobody's to execute is not root's either. */
void handle_access(fuse_req_t request, fuse_ino_t node, int mask)
{
	struct operation *operation = operation_start(request, operation_finish_plain);

	if (operation != NULL)
		operation_submit(operation, fs_access_try_prepare(&operation->call, operation->bridge->client, node,
		                                                  (uint32_t)mask));
}

/* ---- data ------------------------------------------------------------------ */

static void finish_read(struct operation *operation)
{
	struct fs_read_results results;
	int32_t status = fs_read_finish(&operation->call, &results, NULL);

	/* The kernel takes it straight from the lane. */
	if (status == 0)
		fuse_reply_buf(operation->request, (const char *)operation->call.out, results.data_length);
	else
		fuse_reply_err(operation->request, reply_errno(status));
}

void handle_read(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset, struct fuse_file_info *file)
{
	struct operation *operation = operation_start(request, finish_read);

	(void)file;
	if (operation == NULL)
		return;
	/* It may change the time of access. */
	ahead_drop(operation, node);
	operation_submit(operation, fs_read_try_prepare(&operation->call, operation->bridge->client, node,
	                                                (uint64_t)offset, (uint32_t)size));
}

static void finish_write(struct operation *operation)
{
	struct fs_write_results results;
	int32_t status = fs_write_finish(&operation->call, &results);

	if (status == 0)
		fuse_reply_write(operation->request, results.length);
	else
		fuse_reply_err(operation->request, reply_errno(status));
}

/* Lends what lies in the request's buffer. False where that is of another lane. */
static bool lend(struct operation *operation, const char *data, size_t size)
{
	struct bridge *bridge = operation->bridge;
	struct buffer *buffer = bridge->current;
	size_t offset = (size_t)((const uint8_t *)data - buffer->reservation.data);

	if (!call_lend_in(&operation->call, &buffer->reservation, (uint32_t)offset, (uint32_t)size))
		return false;
	operation->buffer = buffer;
	bridge->current = NULL;
	return true;
}

void handle_write(fuse_req_t request, fuse_ino_t node, const char *data, size_t size, off_t offset,
                  struct fuse_file_info *file)
{
	struct operation *operation = operation_start(request, finish_write);
	/* Where the end is now only the server knows; pages that Linux has collected have their place. */
	const uint32_t flags = file->flags & O_APPEND && !file->writepage ? FS_WRITE_APPEND : 0;
	struct client *client;
	int32_t status;

	if (operation == NULL)
		return;
	client = operation->bridge->client;
	status = fs_write_try_prepare(&operation->call, client, node, (uint64_t)offset, flags, NULL, 0);
	if (status == 0 && !lend(operation, data, size)) {
		/* The lane is newer than the buffer. */
		call_end(&operation->call);
		status = fs_write_try_prepare(&operation->call, client, node, (uint64_t)offset, flags, data,
		                              (uint32_t)size);
	}
	if (operation_submit(operation, status))
		ahead_ask(operation, node);
}

void handle_fsync(fuse_req_t request, fuse_ino_t node, int data_only, struct fuse_file_info *file)
{
	struct operation *operation = operation_start(request, operation_finish_plain);

	(void)data_only;
	(void)file;
	if (operation != NULL)
		operation_submit(operation,
		                 fs_sync_try_prepare(&operation->call, operation->bridge->client, node));
}

static void finish_readlink(struct operation *operation)
{
	struct fs_readlink_results results;
	char target[TARGET_MAXIMUM + 1];
	int32_t status = fs_readlink_finish(&operation->call, &results, target);

	if (status != 0) {
		fuse_reply_err(operation->request, reply_errno(status));
		return;
	}
	target[results.target_length] = '\0';
	fuse_reply_readlink(operation->request, target);
}

void handle_readlink(fuse_req_t request, fuse_ino_t node)
{
	struct operation *operation = operation_start(request, finish_readlink);

	if (operation != NULL)
		operation_submit(operation,
		                 fs_readlink_try_prepare(&operation->call, operation->bridge->client, node,
		                                         TARGET_MAXIMUM));
}
